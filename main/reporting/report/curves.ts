/** The maturity curve of an account: measured from what its days said when they were first seen, else the default one. Kept per state of the data. */
import type { StoredAccount } from '../../store/account-table.ts'
import { factsReaders } from '../../store/facts-tables.ts'
import type { FactsReadDb } from '../../store/open.ts'
import { type DayHistory, defaultCurve, type MaturityCurve, measuredCurve } from './maturity.ts'

/** How far back final days are looked at: far enough for two weeks of them, near enough to be the account of today. */
const LOOK_BACK_DAYS = 120

interface Kept {
  readonly state: string
  readonly curve: MaturityCurve
}
// Keyed by connection, and gone with it; an account's curve only changes when something is synced or imported, or a day passes.
const kept = new WeakMap<FactsReadDb, Map<number, Kept>>()

/** @param asOfDay the day its numbers are of, in its own calendar */
export function curveOf(facts: FactsReadDb, account: StoredAccount, asOfDay: number): MaturityCurve {
  const ofFile = kept.get(facts) ?? new Map<number, Kept>()
  kept.set(facts, ofFile)
  const state = `${asOfDay} ${account.lastSyncAtMs} ${account.restatementDays}`
  const known = ofFile.get(account.accountKey)
  if (known?.state === state) return known.curve
  const curve =
    measuredCurve(finalDays(facts, account, asOfDay), account.restatementDays) ?? defaultCurve(account.restatementDays)
  ofFile.set(account.accountKey, { state, curve })
  return curve
}

function finalDays(facts: FactsReadDb, { accountKey, restatementDays }: StoredAccount, asOfDay: number): DayHistory[] {
  const { restatements } = factsReaders(facts)
  const endDay = asOfDay - restatementDays
  const startDay = endDay - LOOK_BACK_DAYS + 1
  const moves = new Map<number, { ageDays: number; movedMicros: bigint }[]>()
  for (const { day, ageDays, clickConversionMovedMicros } of restatements.movesByAge(
    accountKey,
    'campaign',
    startDay,
    endDay,
  ))
    moves.set(day, [...(moves.get(day) ?? []), { ageDays, movedMicros: clickConversionMovedMicros }])
  return restatements.firstSeen(accountKey, 'campaign', startDay, endDay).flatMap((seen) => {
    const final = seen.now.clickConversionMicros
    if (!seen.isFinal || seen.firstAgeDays === null || final === null) return []
    return [{ firstSeenAge: seen.firstAgeDays, finalConversionMicros: final, moves: moves.get(seen.day) ?? [] }]
  })
}
