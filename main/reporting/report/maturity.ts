/**
 * How much of a day's final conversions has arrived at an age, and what that makes of a row. Pure. Spend is final after a couple of days and
 * is never called immature; all of this is about conversions and their value.
 */
import type { Maturity } from '../../../shared/domain/attribution.ts'

/** Shares are in millionths, so that they can be weighted exactly. */
export const WHOLE_SHARE = 1_000_000n
/** Below this a day's conversions are called "still arriving". */
const MATURE_SHARE = 950_000n
/** Two periods differ materially when so much more of one's conversions has arrived. */
const MATERIAL_DIFFERENCE = 50_000n

export interface MaturityCurve {
  readonly kind: 'measured' | 'default'
  /** By age in whole days, from 0 up to the platform's horizon; monotone. Ages beyond are whole. */
  readonly sharesE6: readonly bigint[]
}

/**
 * Measured on 22 daily snapshots of one real Google Ads account: share of a day's final conversions at an age in days. The measured values at
 * 5 and 7 days (.82 and .81) are made monotone. Used until an account has a curve of its own.
 */
const DEFAULT_POINTS: readonly (readonly [ageDays: number, shareE6: number])[] = [
  [0, 0],
  [1, 460_000],
  [2, 800_000],
  [5, 820_000],
  [14, 820_000],
  [21, 860_000],
  [28, 930_000],
]
/** Longest horizon that is kept as a curve; no platform restates for longer. */
const MAX_HORIZON_DAYS = 94

/** @param horizonDays how far back the account's platform restates: from that age on a day is whole */
export function defaultCurve(horizonDays: number): MaturityCurve {
  const horizon = Math.max(0, Math.min(horizonDays, MAX_HORIZON_DAYS))
  const points = [...DEFAULT_POINTS.filter(([age]) => age < horizon), [horizon, Number(WHOLE_SHARE)] as const]
  return {
    kind: 'default',
    sharesE6: Array.from({ length: horizon + 1 }, (_, age) => interpolate(points, age)),
  }
}

function interpolate(points: readonly (readonly [number, number])[], age: number): bigint {
  const after = points.findIndex(([at]) => at >= age)
  const [toAge, toShare] = points[after] ?? [age, Number(WHOLE_SHARE)]
  const [fromAge, fromShare] = points[Math.max(0, after - 1)] ?? [toAge, toShare]
  if (toAge === age || toAge === fromAge) return BigInt(toShare)
  return BigInt(fromShare + Math.floor(((toShare - fromShare) * (age - fromAge)) / (toAge - fromAge)))
}

/** One day that is final now, and what it was when it was first read and after each restatement. */
export interface DayHistory {
  /** Age in days at which it was first read after it was over. */
  readonly firstSeenAge: number
  readonly finalConversionMicros: bigint
  /** How much it moved, by the age at which the move was noticed. */
  readonly moves: readonly { readonly ageDays: number; readonly movedMicros: bigint }[]
}

const MIN_DAYS = 14
const MIN_CONVERSION_MICROS = 50_000_000n
const LATEST_FIRST_SIGHT = 1

/**
 * The account's own curve: of all its final days that were watched from the first day on, the share that was known at each age. A day whose
 * conversions were taken back counts as whole, never as more. undefined with fewer than 14 such days or 50 conversions.
 */
export function measuredCurve(days: readonly DayHistory[], horizonDays: number): MaturityCurve | undefined {
  const horizon = Math.max(0, Math.min(horizonDays, MAX_HORIZON_DAYS))
  const watched = days.filter((day) => day.firstSeenAge <= LATEST_FIRST_SIGHT)
  const final = watched.reduce((sum, day) => sum + day.finalConversionMicros, 0n)
  if (watched.length < MIN_DAYS || final < MIN_CONVERSION_MICROS) return undefined
  const movedAt = new Map<number, bigint>()
  for (const { moves } of watched)
    for (const { ageDays, movedMicros } of moves) movedAt.set(ageDays, (movedAt.get(ageDays) ?? 0n) + movedMicros)
  const sharesE6: bigint[] = []
  for (let age = 0; age <= horizon; age += 1) {
    // What is noticed at an age was not known the day before.
    const later = [...movedAt].reduce((sum, [at, moved]) => (at > age ? sum + moved : sum), 0n)
    const share = ((final - later) * WHOLE_SHARE) / final
    const bounded = age === 0 || share < 0n ? 0n : share > WHOLE_SHARE ? WHOLE_SHARE : share
    const before = sharesE6.at(-1) ?? 0n
    sharesE6.push(age === horizon ? WHOLE_SHARE : bounded < before ? before : bounded)
  }
  return { kind: 'measured', sharesE6 }
}

/** @param ageDays whole days since the day; 0 is today */
export function shareAt(curve: MaturityCurve, ageDays: number): bigint {
  if (ageDays < 0) return 0n
  return curve.sharesE6[ageDays] ?? WHOLE_SHARE
}

/** The first immature day as seen from `today`; every later one is immature too, because curves are monotone. null: there is none. */
export function immatureSince(curve: MaturityCurve, today: number): number | null {
  const matureAge = curve.sharesE6.findIndex((share) => share >= MATURE_SHARE)
  const youngDays = matureAge === -1 ? curve.sharesE6.length : matureAge
  return youngDays === 0 ? null : today - youngDays + 1
}

/** Shares of several days, weighted by what was spent on them; by their number where nothing was spent. Can be added in any order. */
export interface Ripeness {
  readonly days: bigint
  readonly shareSumE6: bigint
  readonly spend: bigint
  readonly spendShareE6: bigint
}
export const NO_DAYS: Ripeness = { days: 0n, shareSumE6: 0n, spend: 0n, spendShareE6: 0n }

export function ripenessOf(shareE6: bigint, spend: bigint): Ripeness {
  return { days: 1n, shareSumE6: shareE6, spend, spendShareE6: spend * shareE6 }
}

export function addRipeness(a: Ripeness, b: Ripeness): Ripeness {
  return {
    days: a.days + b.days,
    shareSumE6: a.shareSumE6 + b.shareSumE6,
    spend: a.spend + b.spend,
    spendShareE6: a.spendShareE6 + b.spendShareE6,
  }
}

function shareOf({ days, shareSumE6, spend, spendShareE6 }: Ripeness): bigint | null {
  if (days === 0n) return null
  return spend > 0n ? spendShareE6 / spend : shareSumE6 / days
}

/** `unknown` where no day was fetched. */
export function maturityOf(ripeness: Ripeness): { state: Maturity; known_share: number | null } {
  const share = shareOf(ripeness)
  if (share === null) return { state: 'unknown', known_share: null }
  return { state: share < MATURE_SHARE ? 'immature' : 'mature', known_share: Number(share / 100n) / 10_000 }
}

/** One mature and the other not, or clearly more of one has arrived. */
export function differMaterially(a: Ripeness, b: Ripeness): boolean {
  const [first, second] = [shareOf(a), shareOf(b)]
  if (first === null || second === null) return false
  const difference = first > second ? first - second : second - first
  return first >= MATURE_SHARE !== second >= MATURE_SHARE || difference >= MATERIAL_DIFFERENCE
}
