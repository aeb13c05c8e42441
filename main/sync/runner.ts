/**
 * One run of a sync, from the lists of accounts to the oldest day. Reads platforms, writes facts.db, and decides nothing about when to run.
 * An expected failure costs its account (or only one of its levels), a dead token its connection, a fault of this app the run.
 */
import type { Clock } from '../../shared/clock.ts'
import { type AccountId, ENTITY_TYPES } from '../../shared/domain/ids.ts'
import { METRIC_LEVELS, type MetricLevel } from '../../shared/domain/metric.ts'
import { type ErrorCode, OperationError } from '../../shared/errors.ts'
import type { Logger } from '../logger.ts'
import type { PlatformAdapter } from '../platforms/adapter.ts'
import { dateOf, localDay } from '../reporting/calendar.ts'
import { hasKnownCurrency, unknownCurrency } from '../reporting/freshness.ts'
import type { StoredAccount } from '../store/account-table.ts'
import { factsReaders, factsWriters } from '../store/facts-tables.ts'
import type { FactsDb } from '../store/open.ts'
import type { SyncRun } from '../store/sync-table.ts'
import { type Chunk, GAP_DAYS, neededChunks } from './plan.ts'
import type { Progress } from './progress.ts'
import { type PullDeps, pullAccounts, pullEntities, pullMetrics, stopIfCancelled, WRONG_ANSWER } from './pull.ts'

export interface Connection {
  readonly connectionId: string
  readonly adapter: PlatformAdapter
}

export interface SyncSummary {
  readonly state: 'done' | 'cancelled' | 'failed'
  readonly startedAtMs: number
  readonly finishedAtMs: number
  /** Accounts whose data is now complete and fresh. */
  readonly accountsSynced: number
  readonly failedAccounts: readonly { readonly accountId: AccountId; readonly code: ErrorCode }[]
  readonly rows: number
}

export interface SyncDeps {
  readonly facts: FactsDb
  readonly connections: () => readonly Connection[]
  readonly clock: Clock
  readonly log: Logger
  readonly onChange: () => void
  readonly onFinished: (summary: SyncSummary) => void
  /** The platform no longer accepts the connection's token. Told once per connection and run. */
  readonly onConnectionTrouble: (connectionId: string, error: OperationError) => void
}

/** One account's share of a run. */
interface Work {
  readonly account: StoredAccount
  readonly connection: Connection
  readonly chunks: readonly Chunk[]
}

export class SyncRunner {
  readonly #deps: SyncDeps
  readonly #connections: readonly Connection[]
  readonly #run: SyncRun
  readonly #progress: Progress
  readonly #pull: PullDeps
  readonly #failedAccounts = new Map<AccountId, OperationError>()
  /** Nothing more is asked for these in this run. */
  readonly #blockedAccounts = new Set<AccountId>()
  readonly #failedConnections = new Map<string, OperationError>()
  /** "account level" that the platform will not report on, for instance because it has too many ads. */
  readonly #refusedLevels = new Set<string>()
  #accountsSynced = 0

  constructor(
    deps: SyncDeps,
    connections: readonly Connection[],
    run: SyncRun,
    progress: Progress,
    signal: AbortSignal,
  ) {
    this.#deps = deps
    this.#connections = connections
    this.#run = run
    this.#progress = progress
    this.#pull = {
      read: factsReaders(deps.facts),
      write: factsWriters(deps.facts),
      clock: deps.clock,
      runId: run.runId,
      signal,
      onRows: (rows) => progress.addRows(rows),
    }
  }

  /** Never throws. */
  async run(): Promise<void> {
    // Let start() return before the first callback.
    await Promise.resolve()
    try {
      await this.#accounts()
      await this.#entities()
      await this.#metrics()
      this.#finish(this.#failure() === undefined ? 'done' : 'failed', this.#failure())
    } catch (error) {
      const isCancelled = this.#pull.signal.aborted
      if (!isCancelled) this.#deps.log.error('sync failed', error)
      const known = error instanceof OperationError ? error : unexpected(error)
      this.#finish(isCancelled ? 'cancelled' : 'failed', isCancelled ? undefined : known)
    }
  }

  async #accounts(): Promise<void> {
    const { write, runId } = this.#pull
    const open = this.#connections.filter(({ connectionId }) => !write.sync.isListed(runId, connectionId, 'accounts'))
    this.#progress.setTotal(this.#run.unitsDone + open.length + this.#remaining(this.#work()))
    for (const connection of open) {
      this.#progress.step('accounts', null)
      await this.#guarded(undefined, connection, () =>
        pullAccounts(this.#pull, connection.connectionId, connection.adapter),
      )
    }
  }

  async #entities(): Promise<void> {
    for (const { account } of this.#work())
      if (!hasKnownCurrency(account)) this.#block(account.accountId, unknownCurrency(account.currency))
    const work = this.#work()
    this.#recount(work)
    for (const { account, connection } of work) {
      for (const type of ENTITY_TYPES) {
        if (this.#isBlocked(account) || this.#isListed(account, type)) continue
        this.#progress.step(`${type.replace('_', ' ')}s`, account.accountId)
        await this.#guarded(account, connection, () => pullEntities(this.#pull, account, type, connection.adapter))
      }
      if (this.#hasFailed(account)) this.#recount(this.#work())
    }
  }

  /** Newest days of every account first: the screens people open are right long before the history is in. */
  async #metrics(): Promise<void> {
    const work = this.#work()
    this.#recount(work)
    const queue = work
      .flatMap(({ account, connection, chunks }) =>
        chunks.map((chunk, k) => ({
          account,
          connection,
          chunk,
          isLast: k === chunks.length - 1,
          age: this.#today(account) - chunk.endDay,
        })),
      )
      .toSorted((a, b) => a.age - b.age)
    for (const { account, connection, chunk, isLast } of queue) {
      const isRefused = this.#refusedLevels.has(`${account.accountId} ${chunk.level}`)
      if (isRefused && isLast && !this.#hasFailed(account)) this.#accountDone(account)
      if (isRefused || this.#isBlocked(account)) continue
      this.#progress.step(`metrics ${dateOf(chunk.startDay)} to ${dateOf(chunk.endDay)}`, account.accountId)
      await this.#guarded(
        account,
        connection,
        () => pullMetrics(this.#pull, account, chunk, connection.adapter),
        chunk.level,
      )
      if (this.#hasFailed(account) || this.#refusedLevels.has(`${account.accountId} ${chunk.level}`))
        this.#recount(this.#work())
      if (isLast && !this.#hasFailed(account)) this.#accountDone(account)
    }
    // A run that was killed after an account's last chunk has nothing left to fetch for it, but has not said so yet.
    for (const { account, chunks } of work)
      if (chunks.length === 0 && !this.#hasFailed(account)) this.#accountDone(account)
  }

  /** With the levels its platform reports on: one that it refuses for good does not make the others stale. */
  #accountDone(account: StoredAccount): void {
    const { write, runId } = this.#pull
    const levels = METRIC_LEVELS.filter((level) => !this.#refusedLevels.has(`${account.accountId} ${level}`))
    const sinceDay = this.#today(account) - GAP_DAYS
    write.accounts.setCompleteThrough(
      account.accountKey,
      write.sync.completeThrough(account.accountKey, levels, sinceDay),
    )
    const freshAtMs = write.sync.earliestFetch(account.accountKey, runId)
    if (freshAtMs !== null) write.accounts.setSynced(account.accountKey, freshAtMs)
    this.#accountsSynced += 1
  }

  /** Runs one step. An expected failure is kept and costs its account or connection; cancelling and bugs end the run. */
  async #guarded(
    account: StoredAccount | undefined,
    connection: Connection,
    step: () => Promise<void>,
    level?: MetricLevel,
  ): Promise<void> {
    stopIfCancelled(this.#pull.signal)
    try {
      await step()
      this.#progress.stepDone()
    } catch (error) {
      if (this.#pull.signal.aborted || !(error instanceof OperationError)) throw error
      this.#deps.log.error('sync step failed', error, { code: error.code, accountId: account?.accountId ?? null })
      const isDead = error.code === 'needs_reconnect'
      if (account !== undefined && level !== undefined && error.code === 'platform_refused') {
        this.#refusedLevels.add(`${account.accountId} ${level}`)
        // Totals are summed from campaigns: an account without them is not read, one without ads is.
        if (level === 'campaign' || error.details?.['reason'] === WRONG_ANSWER)
          this.#failedAccounts.set(account.accountId, error)
      } else if (account !== undefined) this.#block(account.accountId, error)
      if (account === undefined || isDead) this.#failedConnections.set(connection.connectionId, error)
      if (isDead) this.#deps.onConnectionTrouble(connection.connectionId, error)
    }
  }

  #block(accountId: AccountId, error: OperationError): void {
    this.#failedAccounts.set(accountId, error)
    this.#blockedAccounts.add(accountId)
  }

  #work(): readonly Work[] {
    const { read, write, runId } = this.#pull
    const byId = new Map(this.#connections.map((connection) => [connection.connectionId, connection]))
    return read.accounts.all().flatMap((account) => {
      const connection = byId.get(account.connectionId)
      if (connection === undefined || !account.isListed || this.#isBlocked(account)) return []
      const held = (...range: Parameters<Parameters<typeof neededChunks>[0]['held']>) =>
        write.sync.heldDays(account.accountKey, ...range)
      const nowMs = this.#deps.clock.nowMs()
      const chunks = neededChunks({
        runId,
        today: localDay(nowMs, account.timeZone),
        firstOpenDay: localDay(nowMs - connection.adapter.metricSettleMs, account.timeZone),
        days: this.#run.days,
        held,
      })
      return [
        {
          account,
          connection,
          chunks: chunks.filter(({ level }) => !this.#refusedLevels.has(`${account.accountId} ${level}`)),
        },
      ]
    })
  }

  #remaining(work: readonly Work[]): number {
    return work.reduce(
      (sum, { account, chunks }) =>
        sum + chunks.length + ENTITY_TYPES.filter((type) => !this.#isListed(account, type)).length,
      0,
    )
  }

  #recount(work: readonly Work[]): void {
    this.#progress.setTotal(this.#progress.view().done + this.#remaining(work))
  }

  #today(account: StoredAccount): number {
    return localDay(this.#deps.clock.nowMs(), account.timeZone)
  }

  #isListed(account: StoredAccount, type: string): boolean {
    return this.#pull.write.sync.isListed(this.#pull.runId, account.accountId, `entities:${type}`)
  }

  #isBlocked(account: StoredAccount): boolean {
    return this.#blockedAccounts.has(account.accountId) || this.#failedConnections.has(account.connectionId)
  }

  #hasFailed(account: StoredAccount): boolean {
    return this.#failedAccounts.has(account.accountId) || this.#failedConnections.has(account.connectionId)
  }

  #failure(): OperationError | undefined {
    const first = [...this.#failedConnections.values(), ...this.#failedAccounts.values()][0]
    if (first === undefined) return undefined
    const what =
      this.#failedAccounts.size === 0
        ? `${this.#failedConnections.size} of ${this.#connections.length} connections could not be read`
        : `${this.#failedAccounts.size} of ${this.#failedAccounts.size + this.#accountsSynced} accounts could not be read completely`
    return new OperationError(first.code, `${what}; the rest is up to date. ${first.message}`, first.hint, {
      retryable: first.retryable,
      cause: first,
    })
  }

  #finish(state: SyncSummary['state'], error: OperationError | undefined): void {
    const { clock, log, onFinished } = this.#deps
    const finishedAtMs = clock.nowMs()
    try {
      this.#pull.write.sync.finishRun(this.#run.runId, state, finishedAtMs)
    } catch (storeError) {
      // The file is gone or full: the run stays open in it and is resumed, the window still has to hear of it.
      log.error('sync could not be closed', storeError)
    }
    this.#progress.end(state, error)
    const failedAccounts = [...this.#failedAccounts].map(([accountId, { code }]) => ({ accountId, code }))
    const { rows } = this.#progress.view()
    try {
      onFinished({
        state,
        startedAtMs: this.#run.startedAtMs,
        finishedAtMs,
        accountsSynced: this.#accountsSynced,
        failedAccounts,
        rows,
      })
    } catch (listenerError) {
      log.error('sync listener failed', listenerError)
    }
  }
}

function unexpected(error: unknown): OperationError {
  return new OperationError(
    'internal',
    'The sync stopped because of a fault in this app. What was stored before is untouched.',
    'Start it again; if it fails the same way, see the local log.',
    { cause: error },
  )
}
