/**
 * The platforms' own change histories against our records, account by account: what somebody else changed is reported, and what we wrote and
 * the history does not show, too. Only reads from platforms, and never changes a draft or an outcome: it reports.
 */
import { setImmediate } from 'node:timers/promises'
import { z } from 'zod'
import type { Clock } from '../../shared/clock.ts'
import type { AccountId } from '../../shared/domain/ids.ts'
import { OperationError } from '../../shared/errors.ts'
import type { AuditLog } from '../audit/append.ts'
import type { Logger } from '../logger.ts'
import type { PlatformAdapter } from '../platforms/adapter.ts'
import type { ChangeHistory, PlatformChange } from '../platforms/history.ts'
import type { PlatformChangeTable, StoredChange } from '../store/platform-change-table.ts'
import type { SettingTable } from '../store/setting-table.ts'
import { judgeChanges, type MatchWindow, missingWrites, usedKey, writeKey } from './match.ts'
import { changeRecord, contradictions, HISTORY, iso, named, platformOf, toStored } from './records.ts'

/** The account and whose connection reads it. */
export interface ComparedAccount {
  readonly accountId: AccountId
  readonly name: string
  readonly connectionId: string
  readonly connectedAtMs: number
}

export interface CompareDeps {
  readonly changes: PlatformChangeTable
  readonly settings: SettingTable
  readonly audit: AuditLog
  readonly clock: Clock
  readonly log: Logger
  /** Accounts that a connection lists now. */
  readonly accounts: () => readonly ComparedAccount[]
  /** @throws OperationError account_not_available */
  readonly adapterFor: (accountId: AccountId) => PlatformAdapter
  /** Names of an entity, as written on the platform: untrusted. Undefined when it is not known. */
  readonly nameOf: (entityId: NonNullable<StoredChange['entityId']>) => string | undefined
  readonly onChange: () => void
}

export interface AccountResult {
  readonly accountId: AccountId
  readonly state: 'compared' | 'failed' | 'skipped'
  /** Our error code where it failed. */
  readonly code: string | null
  readonly ours: number
  readonly outside: number
  readonly unclear: number
  readonly missing: number
  /** False when the platform did not give all of the range. */
  readonly isWhole: boolean
}

/** How far an account has been compared. */
export interface Reached {
  /** From here to `reachedMs` the history is known without a gap; null before the first comparison. */
  readonly fromMs: number | null
  readonly reachedMs: number | null
  readonly triedAtMs: number
  /** Our error code when the last attempt failed. */
  readonly code: string | null
}

const stateForm = z.strictObject({
  accounts: z.record(
    z.string(),
    z.strictObject({
      fromMs: z.int().nullable(),
      reachedMs: z.int().nullable(),
      triedAtMs: z.int(),
      code: z.string().nullable(),
    }),
  ),
})

/** Our clock and the platform's may differ by so much without notice. */
const EARLY_MS = 120_000
const SLACK_MS = 60_000
/** One account may hold up the others for so long; TikTok prepares a file first. */
const ACCOUNT_TIMEOUT_MS = 150_000
/** By itself an account is not asked again sooner than this. */
const QUIET_MS = 600_000
/** How long a missing write is looked for again. */
const LOOK_AGAIN_MS = 3 * 86_400_000
const MAX_RECORDS = 200
const MAX_MISSING = 100
/** Rows per transaction: each is a signed checkpoint on disk, and none may hold up the window. */
const BATCH = 100
/** Looks into the table between two breaths. */
const LOOKUPS = 500

export type Comparison = ReturnType<typeof createComparison>

export function createComparison(deps: CompareDeps) {
  /** The last comparison that was begun or waits for its turn. */
  let running: Promise<readonly AccountResult[]> | undefined

  function readState(): Record<string, Reached> {
    // What is not understood counts as never read: the platform is asked again, and known rows stay as they were judged.
    return { ...stateForm.safeParse(deps.settings.read('change_history')).data?.accounts }
  }
  function writeState(accountId: AccountId, reached: Reached): void {
    deps.settings.write('change_history', { accounts: { ...readState(), [accountId]: reached } })
  }

  function windowOf(adapter: PlatformAdapter): MatchWindow {
    return { earlyMs: EARLY_MS, lateMs: adapter.settleMs + SLACK_MS }
  }

  /** Where reading begins: what came late last time is read once more; the first time, with the connection or our first write. */
  function startMs(account: ComparedAccount, known: Reached | undefined, adapter: PlatformAdapter): number {
    const window = windowOf(adapter)
    if (known?.reachedMs !== undefined && known.reachedMs !== null) {
      const overlapMs = window.earlyMs + window.lateMs + adapter.historyLagMs + SLACK_MS
      // A write that is missing may only be late: it is looked for a while longer.
      const missedMs = deps.changes
        .missing(account.accountId, MAX_MISSING)
        .map(({ sentAtMs }) => sentAtMs - window.earlyMs)
        .filter((sentAtMs) => sentAtMs >= deps.clock.nowMs() - LOOK_AGAIN_MS)
      return Math.min(known.reachedMs - overlapMs, ...missedMs)
    }
    const firstMs = deps.changes.firstWriteMs(account.accountId) ?? account.connectedAtMs
    const beginMs = Math.min(firstMs, account.connectedAtMs) - window.earlyMs
    return Math.max(deps.clock.nowMs() - adapter.historyMs, beginMs)
  }

  async function compareOne(
    account: ComparedAccount,
    room: { left: number },
    signal: AbortSignal,
  ): Promise<AccountResult> {
    const { accountId } = account
    const adapter = deps.adapterFor(accountId)
    const known = readState()[accountId]
    const untilMs = deps.clock.nowMs()
    const sinceMs = Math.min(untilMs, startMs(account, known, adapter))
    const history = await adapter.readChanges(
      accountId,
      { sinceMs, untilMs },
      AbortSignal.any([signal, AbortSignal.timeout(ACCOUNT_TIMEOUT_MS)]),
    )
    signal.throwIfAborted()
    const earlierMs = known?.reachedMs ?? undefined
    const hasGap = earlierMs === undefined || history.coveredFromMs > earlierMs
    const reached = {
      fromMs: hasGap ? history.coveredFromMs : (known?.fromMs ?? history.coveredFromMs),
      reachedMs: Math.max(earlierMs ?? 0, history.coveredUntilMs),
      triedAtMs: untilMs,
      code: null,
    }
    return settle({ account, adapter, history, reached, room, nowMs: untilMs })
  }

  interface Settling {
    readonly account: ComparedAccount
    readonly adapter: PlatformAdapter
    readonly history: ChangeHistory
    readonly reached: Reached & { readonly fromMs: number; readonly reachedMs: number }
    /** Records that this comparison may still write. */
    readonly room: { left: number }
    readonly nowMs: number
  }

  /** Rows that are new, or were unclear when they were read before. */
  async function notYetJudged(accountId: AccountId, rows: readonly PlatformChange[]) {
    const fresh: PlatformChange[] = []
    const isNew = new Set<string>()
    for (const [at, row] of rows.entries()) {
      if (at % LOOKUPS === LOOKUPS - 1) await setImmediate()
      const before = deps.changes.matchOf(accountId, row.changeId)
      if (before === undefined) isNew.add(row.changeId)
      if (before === undefined || before === 'unclear') fresh.push(row)
    }
    return { fresh, isNew }
  }

  /** Judges what was read and writes it down, in batches; the time reached moves with the last of them. */
  async function settle(what: Settling): Promise<AccountResult> {
    const { account, adapter, history, reached, room, nowMs } = what
    const { accountId } = account
    const window = windowOf(adapter)
    const oldestMs = Math.min(reached.fromMs, history.coveredFromMs) - adapter.historyMs
    const writes = deps.changes.writesSince(accountId, oldestMs)
    const links = deps.changes.linked(accountId, oldestMs)
    const used = new Set(links.filter(({ match }) => match === 'ours').map((link) => usedKey(link, link.field)))
    const { fresh, isNew } = await notYetJudged(accountId, history.rows)
    const judged = judgeChanges(fresh, writes, used, window)
    const counts = { ours: 0, outside: 0, unclear: 0 }
    let unlisted = 0
    for (let from = 0; from < judged.length; from += BATCH) {
      await setImmediate()
      deps.audit.transaction((append) => {
        for (const each of judged.slice(from, from + BATCH)) {
          const stored = toStored(accountId, each, nowMs)
          deps.changes.save(stored)
          if (each.match === 'ours' && each.write !== undefined)
            deps.changes.foundAfterAll(each.write.draftId, each.write.k, nowMs)
          if (!isNew.has(each.change.changeId)) continue
          counts[each.match] += 1
          if (each.match === 'ours' || stored.field === null) continue
          if (room.left <= 0) {
            unlisted += 1
            continue
          }
          room.left -= 1
          append(changeRecord(account.name, stored, entityName(stored)))
        }
      })
    }
    const linked = new Set([
      ...links.map(writeKey),
      ...judged.flatMap(({ write }) => (write === undefined ? [] : [writeKey(write)])),
    ])
    const knownUntilMs = reached.reachedMs - adapter.historyLagMs
    const missing = missingWrites(writes, linked, { fromMs: reached.fromMs, untilMs: knownUntilMs }, window).filter(
      (write) => !deps.changes.isMissing(write.draftId, write.k),
    )
    const contradicted = contradictions(judged, isNew)
    deps.audit.transaction((append) => {
      for (const { draftId, k, sentAtMs } of missing)
        deps.changes.addMissing({ draftId, k, accountId, sentAtMs, noticedAtMs: nowMs })
      writeState(accountId, reached)
      deps.changes.forgetOld(nowMs)
      append({
        type: 'history.compared',
        actor: HISTORY,
        subj: { platform: platformOf(accountId), account: accountId },
        data: {
          platform: platformOf(accountId),
          account: accountId,
          from: iso(history.coveredFromMs),
          to: iso(history.coveredUntilMs),
          ...counts,
          missing: missing.length,
          whole: history.isComplete,
          ...named('absent', missing),
          ...named('contradicted', contradicted),
          ...(unlisted === 0 ? {} : { unlisted }),
        },
      })
    })
    return {
      accountId,
      state: 'compared',
      code: null,
      ...counts,
      missing: missing.length,
      isWhole: history.isComplete,
    }
  }

  const entityName = ({ entityId }: StoredChange): string | undefined =>
    entityId === null ? undefined : deps.nameOf(entityId)

  function failedResult(accountId: AccountId, state: 'failed' | 'skipped', code: string | null): AccountResult {
    return { accountId, state, code, ours: 0, outside: 0, unclear: 0, missing: 0, isWhole: false }
  }

  /** The time reached stays where it was: what was not read is read next time. */
  function noteFailure(accountId: AccountId, error: unknown): AccountResult {
    const code = error instanceof OperationError ? error.code : 'internal'
    deps.log.error('history_not_read', error, { accountId, code })
    const { fromMs = null, reachedMs = null } = readState()[accountId] ?? {}
    writeState(accountId, { fromMs, reachedMs, triedAtMs: deps.clock.nowMs(), code })
    return failedResult(accountId, 'failed', code)
  }

  async function run(
    only: readonly AccountId[] | undefined,
    isByItself: boolean,
    signal: AbortSignal,
  ): Promise<readonly AccountResult[]> {
    const results: AccountResult[] = []
    const dead = new Set<string>()
    const room = { left: MAX_RECORDS }
    for (const account of deps.accounts()) {
      if (signal.aborted) break
      const { accountId, connectionId } = account
      if (only !== undefined && !only.includes(accountId)) continue
      const sinceMs = deps.clock.nowMs() - (readState()[accountId]?.triedAtMs ?? Number.NEGATIVE_INFINITY)
      if ((isByItself && sinceMs >= 0 && sinceMs < QUIET_MS) || dead.has(connectionId)) {
        results.push(failedResult(accountId, 'skipped', null))
        continue
      }
      try {
        results.push(await compareOne(account, room, signal))
      } catch (error) {
        if (signal.aborted) break
        const failed = noteFailure(accountId, error)
        if (failed.code === 'needs_reconnect' || failed.code === 'platform_throttled') dead.add(connectionId)
        results.push(failed)
      }
    }
    deps.onChange()
    return results
  }

  return {
    /**
     * Reads and compares every account, or only these. One comparison at a time: whoever asks meanwhile waits for its turn.
     * @param isByItself nobody has asked: accounts that were just compared are passed over, and one that is running is enough
     */
    async compare(
      options: { readonly accountIds?: readonly AccountId[] | undefined; readonly isByItself?: boolean },
      signal: AbortSignal,
    ): Promise<readonly AccountResult[]> {
      const before = running
      if (before !== undefined && options.isByItself === true) return before
      const mine = (before ?? Promise.resolve())
        .catch(() => undefined)
        .then(() => run(options.accountIds, options.isByItself === true, signal))
      running = mine
      return mine.finally(() => {
        if (running === mine) running = undefined
      })
    },
    /** How far each account has been compared. */
    reached: (): Readonly<Record<string, Reached>> => readState(),
  }
}
