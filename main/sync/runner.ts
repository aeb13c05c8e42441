/**
 * One run of a sync, from the lists of accounts to the oldest day. Reads platforms, writes facts.db, and decides nothing about when to run.
 * Connections run side by side, each with at most two requests in flight. An expected failure costs its account (or only one of its levels),
 * a dead token its connection, a fault of this app the run.
 */
import type { Clock } from '../../shared/clock.ts'
import { ENTITY_TYPES, type EntityType } from '../../shared/domain/ids.ts'
import { METRIC_LEVELS, type MetricLevel } from '../../shared/domain/metric.ts'
import { OperationError } from '../../shared/errors.ts'
import type { Logger } from '../logger.ts'
import { dateOf, localDay } from '../reporting/calendar.ts'
import { hasKnownCurrency, unknownCurrency } from '../reporting/freshness.ts'
import type { StoredAccount } from '../store/account-table.ts'
import { factsReaders, factsWriters } from '../store/facts-tables.ts'
import type { FactsDb } from '../store/open.ts'
import type { UnsettledWrite } from '../store/outside-change-table.ts'
import type { SyncRun } from '../store/sync-table.ts'
import { type Connection, Outcome, type SyncSummary } from './outcome.ts'
import { type Chunk, GAP_DAYS, neededChunks } from './plan.ts'
import { createTurns, inPool } from './pool.ts'
import type { Progress } from './progress.ts'
import {
  type PullDeps,
  pullAccounts,
  pullEntities,
  pullMetrics,
  pullTrackers,
  refreshWeeks,
  stopIfCancelled,
  WRONG_ANSWER,
} from './pull.ts'

export interface SyncDeps {
  readonly facts: FactsDb
  readonly connections: () => readonly Connection[]
  readonly clock: Clock
  readonly log: Logger
  readonly onChange: () => void
  readonly onFinished: (summary: SyncSummary) => void
  /**
   * What this app is writing just now and has not settled: a listing that brings it is not bringing somebody else's edit. Default: nothing.
   */
  readonly unsettled?: () => readonly UnsettledWrite[]
  /** The platform no longer accepts the connection's token. Told once per connection and run. */
  readonly onConnectionTrouble: (connectionId: string, error: OperationError) => void
}

/** More would be neither faster, with one processor to store what comes, nor polite. */
const CONNECTIONS_AT_ONCE = 3
const REQUESTS_PER_CONNECTION = 2

/** How heavy a step is, roughly, against a listing of campaigns. Only the estimated time hangs on it. */
const LISTING_EFFORT: Readonly<Record<EntityType | 'trackers', number>> = {
  campaign: 1,
  ad_group: 1,
  ad: 2,
  creative: 1,
  trackers: 1,
}
const LEVEL_EFFORT: Readonly<Record<MetricLevel, number>> = { campaign: 2, ad_group: 4, ad: 10 }

/** One account's share of a run. */
interface Work {
  readonly account: StoredAccount
  readonly chunks: readonly Chunk[]
}

export class SyncRunner {
  readonly #deps: SyncDeps
  readonly #connections: readonly Connection[]
  readonly #run: SyncRun
  readonly #progress: Progress
  readonly #pull: PullDeps
  readonly #outcome: Outcome
  /** Fires when the person cancels, and when a fault of this app ends the run. */
  readonly #halt = new AbortController()
  readonly #cancelled: AbortSignal
  /** "account level" that the platform will not report on, for instance because it has too many ads. */
  readonly #refusedLevels = new Set<string>()

  constructor(
    deps: SyncDeps,
    connections: readonly Connection[],
    run: SyncRun,
    progress: Progress,
    cancelled: AbortSignal,
  ) {
    this.#deps = deps
    this.#connections = connections
    this.#run = run
    this.#progress = progress
    this.#cancelled = cancelled
    this.#outcome = new Outcome(connections)
    this.#pull = {
      facts: deps.facts,
      read: factsReaders(deps.facts),
      write: factsWriters(deps.facts),
      clock: deps.clock,
      runId: run.runId,
      signal: AbortSignal.any([cancelled, this.#halt.signal]),
      unsettled: deps.unsettled ?? (() => []),
      turn: createTurns(),
      onRows: () => undefined,
    }
  }

  /** Never throws. */
  async run(): Promise<void> {
    // Let start() return before the first callback.
    await Promise.resolve()
    try {
      await inPool(this.#connections, CONNECTIONS_AT_ONCE, (each) => this.#connection(each), this.#stop)
      const failure = this.#outcome.failure()
      this.#finish(failure === undefined ? 'done' : 'failed', failure)
    } catch (error) {
      const isCancelled = this.#cancelled.aborted
      if (!isCancelled) this.#deps.log.error('sync failed', error)
      const known = error instanceof OperationError ? error : unexpected(error)
      this.#finish(isCancelled ? 'cancelled' : 'failed', isCancelled ? undefined : known)
    }
  }

  readonly #stop = (): void => this.#halt.abort()

  async #connection(connection: Connection): Promise<void> {
    const { runId, write } = this.#pull
    const pull: PullDeps = {
      ...this.#pull,
      onRows: (rows) => {
        this.#outcome.addRows(connection.adapter.platform, rows)
        this.#progress.addRows(rows)
      },
    }
    const isListed = write.sync.isListed(runId, connection.connectionId, 'accounts')
    if (!isListed) {
      this.#progress.step('accounts', null)
      await this.#guarded(undefined, connection, () => pullAccounts(pull, connection.connectionId, connection.adapter))
    }
    const accounts = this.#accountsOf(connection)
    for (const account of accounts)
      if (!hasKnownCurrency(account)) this.#fail(account, unknownCurrency(account.currency))
    for (const work of this.#workOf(connection)) this.#progress.setLeft(work.account.accountId, this.#leftOf(work))
    this.#progress.listSettled(!isListed && !this.#outcome.isDead(connection.connectionId))
    await this.#listings(connection, pull)
    await this.#metrics(connection, pull)
  }

  async #listings(connection: Connection, pull: PullDeps): Promise<void> {
    const steps = this.#accountsOf(connection).flatMap((account) =>
      [...ENTITY_TYPES, 'trackers' as const]
        .filter((step) => !this.#isListed(account, step))
        .map((step) => ({ account, step })),
    )
    await this.#inOrder(steps, async ({ account, step }) => {
      if (this.#isBlocked(account)) return
      const { accountId } = account
      this.#progress.step(step === 'trackers' ? 'tracking' : `${step.replace('_', ' ')}s`, accountId)
      const isDone =
        step === 'trackers'
          ? await this.#trackers(account, connection, pull)
          : await this.#guarded(account, connection, () => pullEntities(pull, account, step, connection.adapter))
      if (isDone) this.#progress.stepDone(accountId, LISTING_EFFORT[step])
    })
  }

  /** Newest days of every account first: the screens people open are right long before the history is in. */
  async #metrics(connection: Connection, pull: PullDeps): Promise<void> {
    const work = this.#workOf(connection)
    const open = new Map<number, number>()
    for (const each of work) {
      this.#progress.setLeft(each.account.accountId, this.#leftOf(each))
      open.set(each.account.accountKey, each.chunks.length)
      // A run that was killed after an account's last chunk has nothing left to fetch for it, but has not said so yet.
      if (each.chunks.length === 0) await this.#accountDone(each.account)
    }
    const queue = work
      .flatMap(({ account, chunks }) =>
        chunks.map((chunk) => ({ account, chunk, age: this.#today(account) - chunk.endDay })),
      )
      .toSorted((a, b) => a.age - b.age)
    await this.#inOrder(queue, async ({ account, chunk }) => {
      if (this.#isBlocked(account)) return
      const { accountId, accountKey } = account
      const level = `${accountId} ${chunk.level}`
      let isDone = false
      if (!this.#refusedLevels.has(level)) {
        this.#progress.step(`metrics ${dateOf(chunk.startDay)} to ${dateOf(chunk.endDay)}`, accountId)
        isDone = await this.#guarded(
          account,
          connection,
          () => pullMetrics(pull, account, chunk, connection.adapter),
          chunk.level,
        )
      }
      if (this.#isBlocked(account)) return
      if (isDone) this.#progress.stepDone(accountId, effortOf(chunk))
      else this.#progress.stepDropped(accountId, effortOf(chunk))
      const left = (open.get(accountKey) ?? 0) - 1
      open.set(accountKey, left)
      if (left === 0) await this.#accountDone(account)
    })
  }

  #inOrder<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
    return inPool(items, REQUESTS_PER_CONNECTION, work, this.#stop)
  }

  /** What cannot be read of tracking is said where tracking is shown, and costs nothing else. */
  async #trackers(account: StoredAccount, connection: Connection, pull: PullDeps): Promise<boolean> {
    return this.#guarded(account, connection, async () => {
      try {
        await pullTrackers(pull, account, connection.adapter)
      } catch (error) {
        if (this.#pull.signal.aborted || !(error instanceof OperationError) || error.code === 'needs_reconnect')
          throw error
        this.#deps.log.error('trackers not read', error, { code: error.code, accountId: account.accountId })
        this.#pull.write.trackers.noteFailure(account.accountKey, error.code)
      }
    })
  }

  /** With the levels its platform reports on: one that it refuses for good does not make the others stale. */
  async #accountDone(account: StoredAccount): Promise<void> {
    if (this.#outcome.hasFailed(account)) return
    const { write, runId } = this.#pull
    const levels = METRIC_LEVELS.filter((level) => !this.#refusedLevels.has(`${account.accountId} ${level}`))
    const sinceDay = this.#today(account) - GAP_DAYS
    write.accounts.setCompleteThrough(
      account.accountKey,
      write.sync.completeThrough(account.accountKey, levels, sinceDay),
    )
    await refreshWeeks(this.#pull, account.accountKey)
    const freshAtMs = write.sync.earliestFetch(account.accountKey, runId)
    if (freshAtMs !== null) write.accounts.setSynced(account.accountKey, freshAtMs, this.#deps.clock.nowMs())
    this.#outcome.synced(account)
    this.#progress.accountDone(account.accountId)
  }

  /** Runs one step. An expected failure is kept and costs its account or connection; cancelling and bugs end the run. */
  async #guarded(
    account: StoredAccount | undefined,
    connection: Connection,
    step: () => Promise<void>,
    level?: MetricLevel,
  ): Promise<boolean> {
    stopIfCancelled(this.#pull.signal)
    try {
      await step()
      return true
    } catch (error) {
      if (this.#pull.signal.aborted || !(error instanceof OperationError)) throw error
      this.#deps.log.error('sync step failed', error, { code: error.code, accountId: account?.accountId ?? null })
      const isInTrouble = account?.status === 'disabled' || account?.status === 'limited'
      if (isInTrouble && level === undefined && error.code === 'platform_refused') {
        this.#outcome.accountShut(account)
        this.#progress.accountFailed(account.accountId, error)
        return false
      }
      const isDead = error.code === 'needs_reconnect'
      const isRefused = account !== undefined && level !== undefined && error.code === 'platform_refused'
      if (isRefused) {
        this.#refusedLevels.add(`${account.accountId} ${level}`)
        // Totals are summed from campaigns: an account without them is not read, one without ads is.
        if (level === 'campaign' || error.details?.['reason'] === WRONG_ANSWER) {
          this.#outcome.accountFailed(account, error)
          this.#progress.accountFailed(account.accountId, error)
        }
      } else if (account !== undefined) this.#fail(account, error)
      if (account === undefined || isDead) {
        const isNews = !this.#outcome.isDead(connection.connectionId)
        this.#outcome.connectionFailed(connection, error)
        if (isDead && isNews) {
          for (const each of this.#listedBy(connection)) this.#progress.accountFailed(each.accountId, error)
          this.#deps.onConnectionTrouble(connection.connectionId, error)
        }
      }
      return false
    }
  }

  /** Nothing more is asked for the account in this run. */
  #fail(account: StoredAccount, error: OperationError): void {
    this.#outcome.accountBlocked(account, error)
    this.#progress.accountFailed(account.accountId, error)
  }

  #listedBy({ connectionId }: Connection): readonly StoredAccount[] {
    return this.#pull.read.accounts.all().filter((account) => account.isListed && account.connectionId === connectionId)
  }

  /** Those that may still be asked for something. */
  #accountsOf(connection: Connection): readonly StoredAccount[] {
    return this.#listedBy(connection).filter((account) => !this.#isBlocked(account))
  }

  #workOf(connection: Connection): readonly Work[] {
    const { write, runId } = this.#pull
    return this.#accountsOf(connection).map((account) => {
      const nowMs = this.#deps.clock.nowMs()
      const chunks = neededChunks({
        runId,
        nowMs,
        today: localDay(nowMs, account.timeZone),
        dayAt: (atMs) => localDay(atMs, account.timeZone),
        firstOpenDay: localDay(nowMs - connection.adapter.metricSettleMs, account.timeZone),
        days: this.#run.days,
        held: (...range) => write.sync.heldDays(account.accountKey, ...range),
      })
      return { account, chunks }
    })
  }

  #leftOf({ account, chunks }: Work): { readonly steps: number; readonly effort: number } {
    const lists = [...ENTITY_TYPES, 'trackers' as const].filter((step) => !this.#isListed(account, step))
    const efforts = [...lists.map((step) => LISTING_EFFORT[step]), ...chunks.map(effortOf)]
    return { steps: efforts.length, effort: efforts.reduce((sum, effort) => sum + effort, 0) }
  }

  #today(account: StoredAccount): number {
    return localDay(this.#deps.clock.nowMs(), account.timeZone)
  }

  #isListed(account: StoredAccount, step: EntityType | 'trackers'): boolean {
    const name = step === 'trackers' ? step : `entities:${step}`
    return this.#pull.write.sync.isListed(this.#pull.runId, account.accountId, name)
  }

  #isBlocked(account: StoredAccount): boolean {
    return this.#outcome.isBlocked(account)
  }

  #finish(state: SyncSummary['state'], error: OperationError | undefined): void {
    const { clock, log, onFinished } = this.#deps
    const finishedAtMs = clock.nowMs()
    try {
      this.#pull.write.sync.finishRun(this.#run.runId, state, finishedAtMs)
      this.#pull.write.entities.forgetOldChanges(finishedAtMs)
    } catch (storeError) {
      // The file is gone or full: the run stays open in it and is resumed, the window still has to hear of it.
      log.error('sync could not be closed', storeError)
    }
    this.#progress.end(state, error)
    try {
      const { rows } = this.#progress.view()
      onFinished(this.#outcome.summary({ state, startedAtMs: this.#run.startedAtMs, finishedAtMs, rows }))
    } catch (listenerError) {
      log.error('sync listener failed', listenerError)
    }
  }
}

function effortOf({ level, startDay, endDay }: Chunk): number {
  return Math.max(0.2, (LEVEL_EFFORT[level] * (endDay - startDay + 1)) / 30)
}

function unexpected(error: unknown): OperationError {
  return new OperationError(
    'internal',
    'The sync stopped because of a fault in this app. What was stored before is untouched.',
    'Start it again; if it fails the same way, see the local log.',
    { cause: error },
  )
}
