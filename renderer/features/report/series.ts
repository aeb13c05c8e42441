/** Pure: the answer by day, week or month and platform, as the charts and their tables show it. */
import { DEFINITION_BREAKS, type DefinitionBreak } from '../../../shared/domain/attribution.ts'
import { PLATFORMS, type Platform } from '../../../shared/domain/ids.ts'
import type { Grain } from '../../report-choices.ts'
import { bucketOf, buckets, type ReportAnswer, type ReportRow } from './scope.ts'

export interface Slot {
  /** First day of the date, week or month. */
  readonly date: string
  readonly rows: Readonly<Partial<Record<Platform, ReportRow>>>
  /** Holds a day that was not over, or not fetched. */
  readonly isIncomplete: boolean
  readonly isImmature: boolean
  /** Share of the conversions that has arrived, weighted by spend; null where nobody can say. */
  readonly knownShare: number | null
  /** Everything of it was fetched after it was over: no row of a platform means that nothing was spent. */
  readonly isWhole: boolean
}

/** Weighted by spend. Numbers are enough: this is a hint, not money. */
export function knownShare(rows: readonly ReportRow[]): number | null {
  let spent = 0
  let known = 0
  for (const row of rows) {
    const share = row.maturity.known_share
    if (share === null) continue
    const spend = Number(row.metrics.spend)
    spent += spend
    known += spend * share
  }
  return spent === 0 ? null : known / spent
}

export function slotsOf(
  answer: ReportAnswer,
  currency: string,
  range: { readonly start: string; readonly end: string; readonly today: string },
  grain: Exclude<Grain, 'auto'>,
  /** Every day up to this one was fetched after it was over; null: not every one. */
  wholeThrough: string | null,
): readonly Slot[] {
  const byDate = new Map<string, ReportRow[]>()
  for (const row of answer.rows) {
    if (row.currency !== currency || row.date === null || row.platform === null) continue
    byDate.set(row.date, [...(byDate.get(row.date) ?? []), row])
  }
  return buckets(range.start, range.end, grain).map((date) => {
    const rows = byDate.get(date) ?? []
    return {
      date,
      rows: Object.fromEntries(rows.map((row) => [row.platform, row])),
      isIncomplete: rows.some((row) => row.is_incomplete) || date === range.today,
      isImmature: rows.some((row) => row.maturity.state === 'immature'),
      knownShare: knownShare(rows.filter((row) => row.maturity.state === 'immature')),
      isWhole: wholeThrough !== null && date <= wholeThrough,
    }
  })
}

export function platformsIn(slots: readonly Slot[]): readonly Platform[] {
  return PLATFORMS.filter((platform) => slots.some((slot) => slot.rows[platform] !== undefined))
}

/** The run of slots at the end whose conversions are still arriving, without a running one. */
export function immatureRun(
  slots: readonly Slot[],
): { readonly from: string; readonly to: string; readonly share: number | null; readonly isAll: boolean } | null {
  const immature = slots.filter((slot) => slot.isImmature && !slot.isIncomplete)
  const first = immature[0]
  const last = immature.at(-1)
  if (first === undefined || last === undefined) return null
  const share = knownShare(immature.flatMap((slot) => Object.values(slot.rows)))
  const isAll = immature.length === slots.filter((slot) => !slot.isIncomplete).length
  return { from: first.date, to: last.date, share, isAll }
}

/** Changes of what numbers mean, inside the range and of platforms that are in it. */
export function breaksIn(
  slots: readonly Slot[],
  range: { readonly start: string; readonly end: string },
  grain: Exclude<Grain, 'auto'>,
): readonly (DefinitionBreak & { readonly slot: string })[] {
  const platforms = platformsIn(slots)
  return DEFINITION_BREAKS.filter(
    (each) => each.date >= range.start && each.date <= range.end && platforms.includes(each.platform),
  ).map((each) => ({ ...each, slot: bucketOf(each.date, grain) }))
}
