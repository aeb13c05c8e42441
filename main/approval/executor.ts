/**
 * Carries an approved draft to its platforms: intent, then for one change after the other: live value once more → one write → read back →
 * outcome, each step durable before the next. It performs at most one write per approved item, never repeats one, and sends nothing more of
 * a draft once a change of it did not go through.
 */
import type { Clock } from '../../shared/clock.ts'
import type { AccountId } from '../../shared/domain/ids.ts'
import type { AuditLog } from '../audit/append.ts'
import type { Actor } from '../audit/record.ts'
import { itemsData, valueData } from '../audit/record-items.ts'
import { MAX_REFUSAL } from '../drafts/value.ts'
import type { Logger } from '../logger.ts'
import type { ApplyResult, LiveValue, PlatformAdapter } from '../platforms/adapter.ts'
import { cleanUntrusted } from '../reporting/untrusted.ts'
import type { DraftTable } from '../store/draft-table.ts'
import { READ_BACK } from './conclude.ts'
import { driftOf, noteEverywhere, valueInWords } from './drift.ts'
import type { ApprovedChange, Gate } from './gate.ts'
import { noEffectMessage, settleVerdict, type Verdict } from './settle.ts'

/** The moments at which a crash must leave the truth behind; a test stops the process at each. */
export type ExecutorStep = 'approved' | 'intent' | 'sent' | 'answered' | 'read_back'

export interface ExecutorDeps {
  readonly drafts: DraftTable
  readonly audit: AuditLog
  readonly clock: Clock
  readonly log: Logger
  readonly gate: Pick<Gate, 'isApproved'>
  readonly adapterFor: (accountId: AccountId) => PlatformAdapter
  /** Tells facts.db of a value that this app has written and read back. */
  readonly noteLive: (live: LiveValue) => void
  /** Tells it of a value that was found: another than the known one is somebody else's. */
  readonly noticeLive: (live: LiveValue) => void
  readonly onChange: () => void
  /** Why nothing may be sent at the moment although it was approved; undefined when nothing speaks against it. */
  readonly stopped?: () => string | undefined
  /** Told of every outcome. */
  readonly onOutcome?: (outcome: Verdict['outcome']) => void
  /** Whether the person lets changes be made in an account: they may have thought better of it since they confirmed. */
  readonly writesAllowed: (accountId: AccountId) => boolean
  /** Waits; injected so that tests need not. */
  readonly sleep: (ms: number) => Promise<void>
  readonly onStep?: (step: ExecutorStep) => void | Promise<void>
}

const LIVE_READ_TIMEOUT_MS = 20_000
/** Read-backs after a write: platforms may take seconds to show it. */
const READ_BACK_WAITS_MS = [0, 500, 1_500, 3_000, 5_000] as const
/** No read-back begins later than this after the answer: where readings hang, the outcome is openly unknown and reconcile goes on. */
const READ_BACK_MS = 30_000

const SYSTEM: Actor = { kind: 'system', id: 'executor' }

export type Executor = ReturnType<typeof createExecutor>

export function createExecutor(deps: ExecutorDeps) {
  const step = async (name: ExecutorStep): Promise<void> => {
    deps.onChange()
    await deps.onStep?.(name)
  }

  async function readLive(adapter: PlatformAdapter, change: ApprovedChange): Promise<LiveValue> {
    return adapter.readLive(change.entityId, change.field, AbortSignal.timeout(LIVE_READ_TIMEOUT_MS))
  }

  /** All changes of the draft become intents at once, before any is sent. */
  function recordIntent(changes: readonly ApprovedChange[]): void {
    const [change] = changes
    const draft = change === undefined ? undefined : deps.drafts.get(change.draftId)
    if (change === undefined || draft === undefined) throw new Error('an approved draft is gone')
    deps.audit.transaction((append) => {
      deps.drafts.transition(change.draftId, 'approved', 'applying', deps.clock.nowMs())
      for (const each of changes) deps.drafts.moveOutbox(each.draftId, each.k, 'queued', 'intent')
      append({
        type: 'apply.intent',
        actor: SYSTEM,
        ...(changes.length > 1
          ? {}
          : { subj: { platform: change.platform, account: change.accountId, entity: change.entityId } }),
        data: {
          draft: change.draftId,
          draftHash: draft.draftHash,
          challengeHash: change.challengeHash,
          items: itemsData(draft.items),
        },
      })
    })
  }

  /** The last look before the write; undefined when the platform could not be read. */
  async function lastLook(adapter: PlatformAdapter, change: ApprovedChange): Promise<LiveValue | undefined> {
    try {
      return await readLive(adapter, change)
    } catch (error) {
      deps.log.error('live_read_failed', error)
      return undefined
    }
  }

  /** Why the change may not go out after all, or the durable note that it goes out and undefined. */
  async function refusalBeforeSending(
    change: ApprovedChange,
    live: LiveValue | undefined,
  ): Promise<Verdict | undefined> {
    if (live === undefined)
      return {
        outcome: 'not_sent',
        reason: 'live_read_failed',
        message: 'The live value could not be read again, so nothing was sent.',
      }
    noteEverywhere(deps.noticeLive, live)
    const drift = driftOf(change, live)
    if (drift !== undefined)
      return { outcome: 'not_sent', reason: drift.reason, message: `${drift.message} Nothing was sent.`, live }
    if (live.refusal !== undefined)
      return {
        outcome: 'not_sent',
        reason: 'not_editable',
        message: `${cleanUntrusted(live.refusal, MAX_REFUSAL)} Nothing was sent.`,
        live,
      }
    if (!deps.writesAllowed(change.accountId))
      return {
        outcome: 'not_sent',
        reason: 'writes_off',
        message: 'Changes were switched off for this account after the confirmation, so nothing was sent.',
        live,
      }
    const stopped = deps.stopped?.()
    if (stopped !== undefined)
      return { outcome: 'not_sent', reason: 'breaker', message: `${stopped} Nothing was sent.`, live }
    const fault = deps.audit.fault()
    if (fault !== undefined)
      return {
        outcome: 'not_sent',
        reason: 'ledger_broken',
        message: 'The audit log does not verify, so nothing was sent.',
        live,
      }
    deps.audit.transaction((append) => {
      deps.drafts.moveOutbox(change.draftId, change.k, 'intent', 'sent', { sentAtMs: deps.clock.nowMs() })
      append({
        type: 'apply.sent',
        actor: SYSTEM,
        data: {
          draft: change.draftId,
          k: change.k,
          challengeHash: change.challengeHash,
          live: valueData(change.field, live.value, change.currency),
        },
      })
    })
    try {
      // The newest head must be outside the file before the platform hears anything: a rolled-back ledger is then noticed.
      await deps.audit.pinHead()
    } catch (error) {
      deps.log.error('head_pin_failed', error)
      return {
        outcome: 'not_sent',
        reason: 'head_not_pinned',
        message: 'The log’s newest state could not be stored in the vault, so nothing was sent.',
        live,
      }
    }
    return undefined
  }

  async function judge(adapter: PlatformAdapter, change: ApprovedChange, result: ApplyResult): Promise<Verdict> {
    const answeredMs = deps.clock.monotonicMs()
    switch (result.kind) {
      case 'refused':
        return {
          outcome: 'refused',
          reason: 'refused_by_platform',
          message: 'The platform refused the change. Nothing was changed.',
          requestId: result.platformRequestId,
          platformCode: result.platformCode,
          platformMessage: result.platformMessage,
        }
      case 'not_sent':
        return {
          outcome: 'not_sent',
          reason: 'not_sent',
          message: `Nothing was sent: ${cleanUntrusted(result.reason, MAX_REFUSAL).replace(/\.$/, '')}.`,
        }
      case 'unknown':
        return {
          outcome: 'unknown',
          reason: 'no_clear_answer',
          message:
            'The platform gave no clear answer. It is being read until the truth is known; nothing is sent again.',
        }
      case 'accepted':
        break
    }
    return readBack(adapter, change, result, answeredMs)
  }

  /**
   * A yes is not proof: the value is read until it shows, or the waits are used up. A read that fails or is throttled decides nothing: what
   * cannot be read is unknown, and reconcile goes on.
   */
  async function readBack(
    adapter: PlatformAdapter,
    change: ApprovedChange,
    result: Extract<ApplyResult, { kind: 'accepted' }>,
    answeredMs: number,
  ): Promise<Verdict> {
    const evidence = { requestId: result.platformRequestId, platformDate: result.platformDate }
    let live: LiveValue | undefined
    // When the newest value was asked for, and how many readings in all there were: what failed to be read proves nothing.
    let seenMs = answeredMs
    let reads = 0
    for (const waitMs of READ_BACK_WAITS_MS) {
      if (waitMs > 0) await deps.sleep(waitMs)
      const askedMs = deps.clock.monotonicMs()
      if (askedMs - answeredMs > READ_BACK_MS) break
      try {
        live = await readLive(adapter, change)
        seenMs = askedMs
        reads += 1
      } catch (error) {
        deps.log.error('read_back_failed', error)
        continue
      }
      if (live.value === change.after)
        return { outcome: 'applied', reason: 'read_back', message: READ_BACK, live, ...evidence }
      if (live.value !== change.before) break
    }
    if (live === undefined)
      return {
        outcome: 'unknown',
        reason: 'read_back_failed',
        message: 'The platform said yes but could not be read back. It is being read until the truth is known.',
        ...evidence,
      }
    if (live.value === change.before && reads > 1 && seenMs - answeredMs >= adapter.readAfterWriteMs)
      return {
        outcome: 'no_effect',
        reason: 'no_effect',
        message: noEffectMessage(live, result.platformRequestId),
        live,
        ...evidence,
      }
    if (live.value === change.before)
      return {
        outcome: 'unknown',
        reason: 'no_effect_yet',
        message: `The platform said yes, but still says ${live.value}. It can take minutes to show; it is being read until the truth is known.`,
        live,
        ...evidence,
      }
    return {
      outcome: 'conflict',
      reason: 'different_value',
      message: `The platform said yes, but now says ${valueInWords(live)}: somebody else changed it too.`,
      live,
      ...evidence,
    }
  }

  async function carryOut(change: ApprovedChange): Promise<Verdict> {
    let adapter: PlatformAdapter
    try {
      adapter = deps.adapterFor(change.accountId)
    } catch (error) {
      deps.log.error('no_adapter', error)
      return {
        outcome: 'not_sent',
        reason: 'account_not_available',
        message: 'The account is not connected any more, so nothing was sent.',
      }
    }
    const before = await lastLook(adapter, change)
    const refusal = await refusalBeforeSending(change, before)
    if (refusal !== undefined) return refusal
    await step('sent')
    const result = await adapter.apply(change).catch((error: unknown): ApplyResult => {
      deps.log.error('apply_threw', error)
      return { kind: 'unknown', reason: 'adapter_error' }
    })
    await step('answered')
    const verdict = besidesKept(before, await judge(adapter, change, result))
    await step('read_back')
    return verdict
  }

  return {
    /**
     * Runs the approved changes of one draft to their end, what lowers spend first.
     * @throws what the ledger or a host's observer throws; the caller then has the rows recovered, as after a crash.
     */
    async run(changes: readonly ApprovedChange[]): Promise<void> {
      for (const change of changes)
        if (!deps.gate.isApproved(change) || change.draftId !== changes[0]?.draftId)
          throw new TypeError('not the approval of one draft by this gate')
      await step('approved')
      recordIntent(changes)
      await step('intent')
      for (const change of changes) {
        const verdict = await carryOut(change)
        settleVerdict(deps, change, verdict)
        deps.onOutcome?.(verdict.outcome)
        deps.onChange()
        if (deps.drafts.get(change.draftId)?.state !== 'applying') break
      }
      await deps.audit.pinHead().catch((error: unknown) => deps.log.error('head_pin_failed', error))
    },
  }
}

/** An applied change that moved, or was accompanied by, something nobody approved: said as loudly as a failure. */
function besidesKept(before: LiveValue | undefined, verdict: Verdict): Verdict {
  if (verdict.outcome !== 'applied' || before?.besides === verdict.live?.besides) return verdict
  return {
    ...verdict,
    reason: 'side_effects',
    message:
      'Written and read back. But its targeting, schedule or goal is not what it was right before: look at it on the platform. Nothing else is sent.',
  }
}
