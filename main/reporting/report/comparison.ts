/** Whether two periods compare like with like, and if not, why. Pure. Never hides a number: it only says what stands between the two. */
import { type Attribution, DEFINITION_BREAKS } from '../../../shared/domain/attribution.ts'
import type { Platform } from '../../../shared/domain/ids.ts'
import { dateOf } from '../calendar.ts'
import type { PeriodBasis } from './basis.ts'
import type { RowDraft } from './drafts.ts'
import { differMaterially, maturityOf } from './maturity.ts'
import { windowOf } from './window.ts'

export interface Comparability {
  readonly is_comparable: boolean
  readonly reasons: string[]
}
interface Side {
  readonly period: PeriodBasis
  /** One per currency. */
  readonly totals: readonly RowDraft[]
}
const MAX_REASONS = 6

export function comparabilityOf(
  attribution: Attribution,
  platforms: ReadonlySet<Platform>,
  current: Side,
  previous: Side,
): Comparability {
  const reasons = [
    ...maturityReasons(current.totals, previous.totals),
    ...missingDayReasons(current.period, previous.period),
    ...windowReasons(attribution, current.totals, previous.totals),
    ...breakReasons(platforms, current.period, previous.period),
  ]
  return { is_comparable: reasons.length === 0, reasons: reasons.slice(0, MAX_REASONS) }
}

function pairs(
  current: readonly RowDraft[],
  previous: readonly RowDraft[],
): readonly (readonly [RowDraft, RowDraft])[] {
  const before = new Map(previous.map((total) => [total.currency, total]))
  return current.flatMap((total) => {
    const found = before.get(total.currency)
    return found === undefined ? [] : [[total, found] as const]
  })
}

function maturityReasons(current: readonly RowDraft[], previous: readonly RowDraft[]): readonly string[] {
  const uneven = pairs(current, previous).find(([now, before]) => differMaterially(now.ripeness, before.ripeness))
  if (uneven === undefined) return []
  const [now, before] = uneven.map((total) => percent(maturityOf(total.ripeness).known_share))
  return [
    `Conversions are still arriving: about ${now} of this period’s are known, and ${before} of the earlier one’s. Spend can be compared.`,
  ]
}

const percent = (share: number | null): string => (share === null ? 'an unknown part' : `${Math.floor(share * 100)}%`)

function missingDayReasons(current: PeriodBasis, previous: PeriodBasis): readonly string[] {
  return [
    { name: 'This period', open: openDays(current) },
    { name: 'The earlier period', open: openDays(previous) },
  ].flatMap(({ name, open }) =>
    open === 0 ? [] : [`${name} has ${open === 1 ? 'a day' : `${open} days`} that had not ended or was not fetched.`],
  )
}

/** Days that at least one account lacks. */
function openDays({ openDays: ofAccounts }: PeriodBasis): number {
  return new Set([...ofAccounts.values()].flatMap((days) => [...days])).size
}

function windowReasons(
  attribution: Attribution,
  current: readonly RowDraft[],
  previous: readonly RowDraft[],
): readonly string[] {
  const differs = pairs(current, previous).some(([now, before]) => {
    const [a, b] = [windowOf(attribution, now.cell), windowOf(attribution, before.cell)]
    return a.status !== b.status || a.click_days !== b.click_days
  })
  return differs ? ['The conversions of the two periods are not counted by the same window.'] : []
}

function breakReasons(
  platforms: ReadonlySet<Platform>,
  current: PeriodBasis,
  previous: PeriodBasis,
): readonly string[] {
  // A definition that changes on the very first day holds for both periods alike.
  return DEFINITION_BREAKS.filter(
    ({ date, platform }) =>
      platforms.has(platform) && date > dateOf(previous.startDay) && date <= dateOf(current.endDay),
  ).map(({ date, text }) => `Definition changed on ${date}: ${text}`)
}
