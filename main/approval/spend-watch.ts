/**
 * Looks after every sync whether an account spends what nobody here approved, and has the circuit breaker stop changes if so. It can only
 * stop. Deliberately coarse: it is a fuse against slipped digits and runaway campaigns, not a detector of trends.
 */
import { z } from 'zod'
import { accountIdSchema, type AccountId } from '../../shared/domain/ids.ts'
import { currencyScale, formatRounded } from '../../shared/domain/money.ts'
import { localDay } from '../reporting/calendar.ts'
import type { SettingTable } from '../store/setting-table.ts'
import type { SpendDay, SpendReader } from '../store/spend-query.ts'
import type { Breaker } from './breaker.ts'

/** A day is anomalous from this many times the usual day on … */
export const SPIKE_FACTOR = 3n
/** … and this much above it, in units of the guardrails (about one US dollar). */
export const SPIKE_UNITS = 50n
/** The usual day is the median of so many days before, */
export const BASELINE_DAYS = 28
/** of which so many must have spend. */
export const MIN_BASELINE_DAYS = 7
/** For so many days after a stop, the spend that caused it is what the account is held against: a reset accepts it. */
export const ACCEPTED_DAYS = 7

const MAX_REMEMBERED = 200
const DAY_MS = 86_400_000

export interface SpendCase {
  /** Spend of the days before, oldest first, micros. */
  readonly before: readonly bigint[]
  /** The day in question, perhaps still running. */
  readonly spendMicros: bigint
  /** By how much approvals of the same time raised spend per day, micros; negative where they lowered it. */
  readonly raisedMicros: bigint
  readonly currency: string
  /** Spend of an earlier anomalous day that a person has accepted, micros. */
  readonly acceptedMicros?: bigint | undefined
}

/**
 * Whether a day's spend needs a person. A platform may spend twice a daily budget on one day, so an approved raise counts twice.
 * @returns the usual day in micros when it does; undefined when it does not, or when too little is known
 * @throws OperationError currency_mismatch for an unknown currency
 */
export function anomalyOf({
  before,
  spendMicros,
  raisedMicros,
  currency,
  acceptedMicros,
}: SpendCase): bigint | undefined {
  const known = before.filter((each) => each > 0n).toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  const usual = known[Math.floor(known.length / 2)]
  if (usual === undefined || known.length < MIN_BASELINE_DAYS) return undefined
  const reference = acceptedMicros !== undefined && acceptedMicros > usual ? acceptedMicros : usual
  const margin = SPIKE_UNITS * 1_000_000n * currencyScale(currency)
  const factor = SPIKE_FACTOR * reference
  const floor = reference + margin
  const ceiling = (factor > floor ? factor : floor) + 2n * (raisedMicros > 0n ? raisedMicros : 0n)
  return spendMicros > ceiling ? usual : undefined
}

const accepted = z
  .array(z.object({ accountId: accountIdSchema, day: z.int(), spendMicros: z.string().regex(/^\d{1,30}$/) }))
  .max(MAX_REMEMBERED)
type Accepted = z.infer<typeof accepted>

export interface SpendWatchDeps {
  readonly spend: SpendReader
  readonly settings: Pick<SettingTable, 'read' | 'write'>
  readonly breaker: Pick<Breaker, 'state' | 'trip'>
  /** Net effect of the approvals since a moment of steady time, per account, micros. */
  readonly raisedSince: (sinceSteadyMs: number) => ReadonlyMap<AccountId, bigint>
  readonly nowMs: () => number
  readonly steadyMs: () => number
  /** Accounts that nothing can be changed in: their files may tell of any day. */
  readonly isLeftOut: (accountId: AccountId) => boolean
}

/** @returns a function that looks once, at today and yesterday of every account, and stops everything at the first anomaly */
export function createSpendWatch(deps: SpendWatchDeps): () => void {
  const remembered = (): Accepted => accepted.safeParse(deps.settings.read('spend_watch')).data ?? []

  function look(day: SpendDay, days: readonly SpendDay[], facts: Omit<SpendCase, 'before' | 'spendMicros'>) {
    const before = days.filter((each) => each.day < day.day && each.day >= day.day - BASELINE_DAYS)
    return anomalyOf({ ...facts, before: before.map((each) => each.spendMicros), spendMicros: day.spendMicros })
  }

  return () => {
    if (deps.breaker.state().isOpen) return
    const raised = deps.raisedSince(deps.steadyMs() - BASELINE_DAYS * DAY_MS)
    for (const { accountKey, accountId, currency, timeZone } of deps.spend.accounts()) {
      if (deps.isLeftOut(accountId)) continue
      const today = localDay(deps.nowMs(), timeZone)
      const days = deps.spend.spend(accountKey, today - 1 - BASELINE_DAYS, today)
      const mine = remembered().filter((each) => each.accountId === accountId && each.day >= today - ACCEPTED_DAYS)
      const acceptedMicros = mine.reduce(
        (max, each) => (BigInt(each.spendMicros) > max ? BigInt(each.spendMicros) : max),
        0n,
      )
      const facts = { raisedMicros: raised.get(accountId) ?? 0n, currency, acceptedMicros }
      for (const day of days.filter((each) => each.day >= today - 1)) {
        const usual = look(day, days, facts)
        if (usual === undefined) continue
        const next = [...remembered(), { accountId, day: day.day, spendMicros: day.spendMicros.toString() }]
        deps.settings.write('spend_watch', next.slice(-MAX_REMEMBERED))
        deps.breaker.trip('anomalous_spend', { accountId, detail: wordsOf(day, usual, currency) })
        return
      }
    }
  }
}

function wordsOf({ day, spendMicros }: SpendDay, usualMicros: bigint, currency: string): string {
  const date = new Date(day * DAY_MS).toISOString().slice(0, 10)
  const [spent, usual] = [spendMicros, usualMicros].map((micros) => `${formatRounded(micros, currency)} ${currency}`)
  return `An account spent ${spent} on ${date}; ${usual} is usual, and no approved change explains it.`
}
