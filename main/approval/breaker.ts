/**
 * The circuit breaker: stops proposals of the loop, arming, confirming and what is approved but not yet sent, after repeated platform errors,
 * a fault of the log, or spend that looks wrong. It can only stop: it never sends, approves or undoes anything, and only a person at the
 * window closes it again.
 */
import { z } from 'zod'
import type { Clock } from '../../shared/clock.ts'
import { accountIdSchema, type AccountId } from '../../shared/domain/ids.ts'
import { OperationError } from '../../shared/errors.ts'
import type { AuditLog } from '../audit/append.ts'
import { asCode, type NewRecord } from '../audit/record.ts'
import type { BreakerState } from '../drafts/guardrails.ts'
import type { Logger } from '../logger.ts'
import type { SteadyClock } from '../steady-clock.ts'
import type { SettingTable } from '../store/setting-table.ts'

/** So many platform errors or unknown outcomes in a row … */
export const TRIPS_AT = 3
/** … within so many minutes of steady time. */
export const WITHIN_MINUTES = 30

/**
 * How one write went. `applied` ends a row of failures; `refused`, `unknown`, `no_effect` and `unreachable` add to it. A write that was not
 * sent for another reason (drift, stopped), and what a later reading finds, say nothing about the platform.
 */
export type BreakerOutcome =
  | 'applied'
  | 'refused'
  | 'unknown'
  | 'no_effect'
  | 'unreachable'
  | 'not_sent'
  | 'not_applied'
  | 'conflict'

export interface TripFacts {
  readonly accountId?: AccountId
  readonly count?: number
  /** Our words, for the person and as a disclosure in the log: no secret, no platform text. */
  readonly detail?: string
}

export type Breaker = ReturnType<typeof createBreaker>
type Append = (record: NewRecord) => number

const FAILURES: readonly BreakerOutcome[] = ['refused', 'unknown', 'no_effect', 'unreachable']
/** Failures that are kept at most; more than TRIPS_AT never matter. */
const MAX_FAILURES = 20

const stored = z.object({
  open: z
    .object({
      reason: z.string(),
      trippedAtMs: z.number(),
      accountId: accountIdSchema.optional(),
      count: z.number().optional(),
      detail: z.string().optional(),
    })
    .nullable(),
  failures: z.array(z.number()).max(MAX_FAILURES).readonly(),
})
type Stored = z.infer<typeof stored>

const CLOSED: Stored = { open: null, failures: [] }
/** A setting that cannot be read has perhaps been damaged while it stood open. */
const UNREADABLE: Stored = { open: { reason: 'unreadable', trippedAtMs: 0 }, failures: [] }

const WORDS: Readonly<Record<string, string>> = {
  platform_errors: 'Several changes in a row failed on a platform, or got no clear answer.',
  integrity: 'The audit log does not verify.',
  anomalous_spend: 'Spend looks wrong.',
  unreadable: 'Whether it had stopped before cannot be read.',
}

export function createBreaker(deps: {
  readonly settings: Pick<SettingTable, 'read' | 'write'>
  readonly audit: Pick<AuditLog, 'transaction' | 'append' | 'fault'>
  readonly clock: Clock
  readonly steady: Pick<SteadyClock, 'nowMs'>
  readonly log: Pick<Logger, 'error'>
  /** Whether the caller is inside a transaction of ledger.db: then what is written here is part of it. */
  readonly isInTransaction: () => boolean
  readonly onChange: () => void
}) {
  /** Where the ledger takes nothing any more, the stop still holds for this run. */
  let held: Stored['open'] = null

  function read(): Stored {
    const value = deps.settings.read('breaker')
    if (value === undefined) return { ...CLOSED, open: held }
    const parsed = stored.safeParse(value)
    const found = parsed.success ? parsed.data : UNREADABLE
    return { ...found, open: found.open ?? held }
  }

  function within(record: NewRecord, write: () => void): void {
    if (deps.isInTransaction()) {
      write()
      deps.audit.append([record])
    } else
      deps.audit.transaction((append: Append) => {
        write()
        append(record)
      })
  }

  function open(next: NonNullable<Stored['open']>, failures: readonly number[]): void {
    const { reason, accountId, count, detail } = next
    const write = (): void => deps.settings.write('breaker', { open: next, failures } satisfies Stored)
    try {
      within(
        {
          type: 'breaker.tripped',
          actor: { kind: 'system', id: 'breaker' },
          data: {
            reason,
            ...(accountId === undefined ? {} : { account: accountId }),
            ...(count === undefined ? {} : { count }),
          },
          text: { detail },
        },
        write,
      )
    } catch (error) {
      // A log that is broken, or a full disk: it stops all the same.
      held = next
      deps.log.error('breaker_not_recorded', error)
    }
    deps.onChange()
  }

  function state(): BreakerState {
    const { open: now, failures } = read()
    const isBroken = deps.audit.fault() !== undefined
    if (now === null && !isBroken) return { isOpen: false, count: recent(failures).length }
    const reason = now?.reason ?? 'integrity'
    return {
      isOpen: true,
      reason,
      message: now?.detail ?? WORDS[reason] ?? 'It was stopped.',
      ...(now === null ? {} : { trippedAtMs: now.trippedAtMs }),
      ...(now?.accountId === undefined ? {} : { accountId: now.accountId }),
      count: now?.count ?? recent(failures).length,
    }
  }

  /** Those that still count. */
  function recent(failures: readonly number[]): readonly number[] {
    const sinceMs = deps.steady.nowMs() - WITHIN_MINUTES * 60_000
    return failures.filter((atMs) => atMs > sinceMs)
  }

  /**
   * Opens it. One that is open stays as it is: the first reason is the one to look at.
   * @param reason a code: "platform_errors", "integrity", "anomalous_spend"
   */
  function trip(reason: string, facts: TripFacts = {}): void {
    const { open: now, failures } = read()
    if (now !== null) return
    open({ reason: asCode(reason) ?? 'unknown', trippedAtMs: deps.clock.nowMs(), ...facts }, failures)
  }

  return {
    state,
    trip,

    /** Why nothing may be sent now, in a sentence; undefined while it is closed. */
    stopped(): string | undefined {
      const now = state()
      return now.isOpen ? `The circuit breaker has stopped changes. ${now.message ?? ''}`.trim() : undefined
    },

    /** @throws OperationError breaker_open */
    refuseIfOpen(): void {
      const now = state()
      if (!now.isOpen) return
      throw new OperationError(
        'breaker_open',
        `The circuit breaker has stopped changes. ${now.message ?? ''} Nothing was sent.`,
        'Find out what is wrong, then reset it under Settings.',
        { details: { reason: now.reason ?? 'unknown' } },
      )
    },

    /** Takes note of how a write went; trips on a row of failures. May be called inside the transaction that records the outcome. */
    noteOutcome(outcome: BreakerOutcome, facts: Pick<TripFacts, 'accountId'> = {}): void {
      const { open: now, failures } = read()
      if (outcome === 'applied') {
        if (failures.length > 0) deps.settings.write('breaker', { open: now, failures: [] } satisfies Stored)
        return
      }
      if (!FAILURES.includes(outcome)) return
      const row = [...recent(failures), deps.steady.nowMs()].slice(-MAX_FAILURES)
      if (now === null && row.length >= TRIPS_AT)
        open({ reason: 'platform_errors', trippedAtMs: deps.clock.nowMs(), count: row.length, ...facts }, row)
      else deps.settings.write('breaker', { open: now, failures: row } satisfies Stored)
    },

    /**
     * The person lets changes go on. Nothing that was stopped is sent by it.
     * @throws OperationError ledger_broken while the log does not verify
     */
    reset(reason?: string): BreakerState {
      if (deps.audit.fault() !== undefined)
        throw new OperationError(
          'ledger_broken',
          'The audit log does not verify, so the circuit breaker stays open. Nothing was changed.',
          'Look at the audit page first.',
        )
      if (read().open === null) return state()
      within({ type: 'breaker.reset', actor: { kind: 'user', id: 'owner' }, data: {}, text: { reason } }, () =>
        deps.settings.write('breaker', CLOSED),
      )
      held = null
      deps.onChange()
      return state()
    },
  }
}
