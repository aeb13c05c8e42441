/**
 * Rows of one entity and day put together: a breakdown that the file does not show, or ads that share a name. Money and counts add up; reach
 * never does; conversions only where both rows count the same thing.
 */
import type { ImportedFact } from './parsed.ts'
import type { ReadRow } from './report-rows.ts'
import type { Counted, Numbers } from './report-spec.ts'

interface Group {
  readonly row: ReadRow
  readonly counted: Counted
  numbers: Numbers
  sums: Counted
  rows: number
  isMixed: boolean
  unknownImpressions: boolean
  unknownClicks: boolean
  status: ReadRow['status']
  budget: bigint | undefined
  isBudgetSure: boolean
}

const SUMMED = [
  'clickConversionMicros',
  'clickValueMicros',
  'viewConversionMicros',
  'viewValueMicros',
  'engagedViewConversionMicros',
  'reportedConversionMicros',
  'reportedValueMicros',
] as const

export class FactGroups {
  readonly #groups = new Map<string, Group>()
  /** Rows that fell together with an earlier one. */
  repeats = 0

  add(row: ReadRow, counted: Counted): void {
    const key = keyOf(row)
    const group = this.#groups.get(key)
    if (group === undefined) {
      this.#groups.set(key, newGroup(row, counted))
      return
    }
    this.repeats += 1
    merge(group, row, counted)
  }

  facts(): ImportedFact[] {
    return [...this.#groups.values()].map(factOf)
  }
}

/** Names and ids are untrusted: the separator cannot be in them, because names hold no control characters. */
function keyOf(row: ReadRow): string {
  const entity = (each: ReadRow['ad']): string => (each === undefined ? '' : (each.id ?? `"${each.name}`))
  return [row.startDate, row.endDate, row.currency, entity(row.campaign), entity(row.adGroup), entity(row.ad)].join(
    '\u001f',
  )
}

function newGroup(row: ReadRow, counted: Counted): Group {
  return {
    row,
    counted,
    numbers: row.numbers,
    sums: counted,
    rows: 1,
    isMixed: false,
    unknownImpressions: isUnknown(row.numbers.impressions),
    unknownClicks: isUnknown(row.numbers.clicks),
    status: row.status,
    budget: row.dailyBudgetMicros,
    isBudgetSure: true,
  }
}

const isUnknown = (value: bigint | null | undefined): boolean => value === null || value === undefined

/** The sum of what is known; null when nothing is. */
function plus(a: bigint | null | undefined, b: bigint | null | undefined): bigint | null {
  if (a === null || a === undefined) return b ?? null
  return a + (b ?? 0n)
}

function merge(group: Group, row: ReadRow, counted: Counted): void {
  const numbers = { ...group.numbers }
  for (const measure of Object.keys(row.numbers) as (keyof Numbers)[])
    Object.assign(numbers, { [measure]: plus(numbers[measure], row.numbers[measure]) })
  const sums = { ...group.sums }
  for (const name of SUMMED) Object.assign(sums, { [name]: plus(sums[name], counted[name]) })
  group.numbers = numbers
  group.sums = sums
  group.rows += 1
  group.isMixed ||= counted.group !== group.counted.group
  group.unknownImpressions ||= isUnknown(row.numbers.impressions)
  group.unknownClicks ||= isUnknown(row.numbers.clicks)
  if (row.status !== group.status) group.status = row.status === undefined ? group.status : 'unknown'
  group.isBudgetSure &&= row.dailyBudgetMicros === group.budget
}

function factOf(group: Group): ImportedFact {
  const { row, sums, numbers } = group
  const { group: _, ...counted } = sums
  const unknownCounts = [
    ...(group.unknownImpressions ? (['impressions'] as const) : []),
    ...(group.unknownClicks ? (['clicks'] as const) : []),
  ]
  const budget = group.isBudgetSure && row.adGroup === undefined ? group.budget : undefined
  return {
    line: row.line,
    campaign: row.campaign,
    ...(row.adGroup === undefined ? {} : { adGroup: row.adGroup }),
    ...(row.ad === undefined ? {} : { ad: row.ad }),
    startDate: row.startDate,
    endDate: row.endDate,
    currency: row.currency,
    spendMicros: numbers.spend ?? 0n,
    impressions: Number(numbers.impressions ?? 0n),
    clicks: Number(numbers.clicks ?? 0n),
    videoViews: numberOrNull(numbers.videoViews),
    // One person can be in both rows.
    reach: group.rows > 1 ? null : numberOrNull(numbers.reach),
    ...counted,
    ...(group.isMixed ? NOT_ONE_KIND : {}),
    ...otherWindows(numbers),
    ...(unknownCounts.length === 0 ? {} : { unknownCounts }),
    ...(group.status === undefined || row.adGroup !== undefined ? {} : { status: group.status }),
    ...(budget === undefined ? {} : { dailyBudgetMicros: budget }),
  }
}

/** Rows counted by different settings cannot be one number of clicks. */
const NOT_ONE_KIND = {
  clickConversionMicros: null,
  clickValueMicros: null,
  clickWindowDays: null,
} as const

const numberOrNull = (value: bigint | null | undefined): number | null =>
  value === null || value === undefined ? null : Number(value)

function otherWindows(numbers: Numbers) {
  const { click1dConversions, click1dValue, click28dConversions, click28dValue } = numbers
  return {
    ...(typeof click1dConversions === 'bigint' ? { click1dConversionMicros: click1dConversions } : {}),
    ...(typeof click1dValue === 'bigint' ? { click1dValueMicros: click1dValue } : {}),
    ...(typeof click28dConversions === 'bigint' ? { click28dConversionMicros: click28dConversions } : {}),
    ...(typeof click28dValue === 'bigint' ? { click28dValueMicros: click28dValue } : {}),
  }
}
