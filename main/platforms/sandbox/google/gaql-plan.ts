/** Checks a parsed query against the catalog, the way Google refuses it, and turns it into a plan that can be run. */
import { addDays, dayDate, dayNumber } from '../calendar.ts'
import { type FieldDef, type ResourceDef, RESOURCES, type Row } from './catalog.ts'
import { invalid } from './failure.ts'
import { ACCOUNT_FIELDS } from './fields-account.ts'
import { AD_LEVEL_FIELDS } from './fields-ad.ts'
import { CAMPAIGN_LEVEL_FIELDS } from './fields-campaign.ts'
import { checkCondition, type Test, testOf } from './gaql-conditions.ts'
import type { Condition, Query } from './gaql-parse.ts'
import { scalarText } from './proto-json.ts'
import type { Customer } from './types.ts'

export const FIELDS: ReadonlyMap<string, FieldDef> = new Map(
  [...ACCOUNT_FIELDS, ...CAMPAIGN_LEVEL_FIELDS, ...AD_LEVEL_FIELDS].map((field) => [field.name, field]),
)

const CORE_DATES = new Set(['segments.date', 'segments.week', 'segments.month'])
const CONVERSION_SEGMENTS = /^segments\.conversion_/
const CONVERSION_METRICS = new Set([
  'metrics.conversions',
  'metrics.conversions_value',
  'metrics.all_conversions',
  'metrics.all_conversions_value',
])
const HEALTH_METRICS = /^metrics\.conversion_last_/
const USER_METRICS = new Set(['metrics.unique_users', 'metrics.average_impression_frequency_per_user'])
const MAX_USER_DAYS = 92
const MAX_CHANGE_DAYS = 30
const MAX_CHANGE_LIMIT = 10_000

export interface Plan {
  readonly resource: ResourceDef
  /** What is asked for, and the resource names that Google always adds. */
  readonly output: readonly FieldDef[]
  readonly selected: readonly string[]
  /** Conditions on the entity alone; checked before anything is added up. */
  readonly entityTests: readonly Test[]
  /** Conditions on segments other than the date range. */
  readonly segmentTests: readonly Test[]
  readonly metricTests: readonly Test[]
  readonly orderBy: readonly { readonly field: FieldDef; readonly isDescending: boolean }[]
  readonly limit: number | undefined
  /** First and last day; undefined: everything there is. */
  readonly range: { readonly first: string; readonly last: string } | undefined
  readonly isMeasured: boolean
  /** Which segments split rows. */
  readonly splitBy: ReadonlySet<string>
}

const prefixOf = (field: string) => field.slice(0, field.indexOf('.'))
const quote = (field: string) => `'${field}'`

function fieldOf(name: string): FieldDef {
  const field = FIELDS.get(name)
  if (field === undefined)
    throw invalid('queryError.UNRECOGNIZED_FIELD', `Unrecognized field in the query: ${quote(name)}.`)
  return field
}

/** Whether a resource has this metric. */
function hasMetric(resource: ResourceDef, name: string): boolean {
  if (resource.metrics !== 'performance') return resource.metrics === 'conversion_action' && HEALTH_METRICS.test(name)
  return !HEALTH_METRICS.test(name) && (resource.hasUsers || !USER_METRICS.has(name))
}

/** What a metric or segment may be selected with: resources, metrics and segments. */
export function selectableWith(name: string): readonly string[] {
  const isSegment = name.startsWith('segments.')
  const resources = RESOURCES.filter((each) => (isSegment ? each.metrics === 'performance' : hasMetric(each, name)))
  const others = [...FIELDS.keys()].filter((other) => {
    if (other === name) return false
    if (other.startsWith('segments.'))
      return isSegment || !CONVERSION_SEGMENTS.test(other) || CONVERSION_METRICS.has(name)
    if (!other.startsWith('metrics.') || !resources.some((each) => hasMetric(each, other))) return false
    return !CONVERSION_SEGMENTS.test(name) || CONVERSION_METRICS.has(other)
  })
  return [...resources.map((each) => each.name), ...others]
}

function checkPlace(resource: ResourceDef, name: string, clause: 'SELECT' | 'WHERE'): void {
  const prefix = prefixOf(name)
  if (prefix === 'metrics') {
    if (!hasMetric(resource, name))
      throw invalid(
        'queryError.PROHIBITED_METRIC_IN_SELECT_OR_WHERE_CLAUSE',
        `The following field cannot be selected or filtered on with FROM ${resource.name}: ${quote(name)}.`,
      )
    return
  }
  if (prefix === 'segments') {
    if (resource.metrics !== 'performance')
      throw invalid(
        'queryError.PROHIBITED_SEGMENT_IN_SELECT_OR_WHERE_CLAUSE',
        `The following segment cannot be selected or filtered on with FROM ${resource.name}: ${quote(name)}.`,
      )
    return
  }
  if (prefix !== resource.name && !resource.attributed.includes(prefix))
    throw invalid(
      `queryError.PROHIBITED_RESOURCE_TYPE_IN_${clause}_CLAUSE`,
      `The resource ${prefix} cannot be used in the ${clause} clause with FROM ${resource.name}.`,
    )
}

function checkSegments(query: Query, names: readonly string[]): void {
  const segments = names.filter((name) => CONVERSION_SEGMENTS.test(name))
  const metrics = names.filter((name) => name.startsWith('metrics.') && !CONVERSION_METRICS.has(name))
  if (segments.length > 0 && metrics.length > 0)
    throw invalid(
      'queryError.PROHIBITED_SEGMENT_WITH_METRIC_IN_SELECT_OR_WHERE_CLAUSE',
      `Cannot select or filter on the following segments: ${segments.map(quote).join(', ')}, with the following metrics: ${metrics.map(quote).join(', ')}.`,
    )
  for (const { field } of query.where)
    if (field.startsWith('segments.') && !CORE_DATES.has(field) && !query.select.includes(field))
      throw invalid(
        'queryError.EXPECTED_REFERENCED_FIELD_IN_SELECT_CLAUSE',
        `The following field must be present in SELECT clause: ${quote(field)}.`,
      )
}

/** Days of the account's calendar that DURING means. All but TODAY and THIS_… leave today out. */
function during(word: string, today: string): { first: string; last: string } | undefined {
  const weekday = (dayNumber(today) + 4) % 7
  const yesterday = addDays(today, -1)
  const lastDays = /^LAST_(7|14|30)_DAYS$/.exec(word)
  if (lastDays !== null) return { first: addDays(today, -Number(lastDays[1])), last: yesterday }
  const monday = addDays(today, -((weekday + 6) % 7))
  const sunday = addDays(today, -weekday)
  const month = `${today.slice(0, 7)}-01`
  switch (word) {
    case 'TODAY':
      return { first: today, last: today }
    case 'YESTERDAY':
      return { first: yesterday, last: yesterday }
    case 'THIS_MONTH':
      return { first: month, last: today }
    case 'LAST_MONTH':
      return { first: `${addDays(month, -1).slice(0, 7)}-01`, last: addDays(month, -1) }
    case 'THIS_WEEK_MON_TODAY':
      return { first: monday, last: today }
    case 'THIS_WEEK_SUN_TODAY':
      return { first: sunday, last: today }
    case 'LAST_WEEK_MON_SUN':
      return { first: addDays(monday, -7), last: addDays(monday, -1) }
    case 'LAST_WEEK_SUN_SAT':
      return { first: addDays(sunday, -7), last: addDays(sunday, -1) }
    case 'LAST_BUSINESS_WEEK':
      return { first: addDays(monday, -7), last: addDays(monday, -3) }
    default:
      return undefined
  }
}

function monthEnd(day: string): string {
  const next = new Date(`${day.slice(0, 7)}-01T00:00:00Z`)
  next.setUTCMonth(next.getUTCMonth() + 1)
  return dayDate(next.getTime() / 86_400_000 - 1)
}

/** The days that one condition on a core date segment leaves; open ends stay undefined. */
function daysOf(condition: Condition, today: string): { first?: string; last?: string } {
  const { field, operator } = condition
  const [one = '', two = ''] = condition.values.map((value) => value.text.slice(0, 10))
  const endOf = (day: string) =>
    field === 'segments.week' ? addDays(day, 6) : field === 'segments.month' ? monthEnd(day) : day
  switch (operator) {
    case '=':
      return { first: one, last: endOf(one) }
    case 'BETWEEN':
      return { first: one, last: endOf(two) }
    case 'DURING': {
      const range = during(condition.values[0]?.text.toUpperCase() ?? '', today)
      if (range === undefined)
        throw invalid('queryError.INVALID_VALUE_WITH_DURING_OPERATOR', 'Invalid value with the DURING operator.')
      return range
    }
    case '>=':
      return { first: one }
    case '>':
      return { first: addDays(one, 1) }
    case '<=':
      return { last: endOf(one) }
    case '<':
      return { last: addDays(one, -1) }
    default:
      throw invalid(
        'queryError.OPERATOR_FIELD_MISMATCH',
        `The operator ${operator} cannot be used with ${quote(field)}.`,
      )
  }
}

function rangeOf(
  conditions: readonly Condition[],
  today: string,
): { first: string | undefined; last: string | undefined } {
  let first: string | undefined
  let last: string | undefined
  for (const condition of conditions) {
    const days = daysOf(condition, today)
    if (days.first !== undefined && (first === undefined || days.first > first)) ({ first } = days)
    if (days.last !== undefined && (last === undefined || days.last < last)) ({ last } = days)
  }
  return { first, last }
}

/** The change history needs a finite range of at most 30 days and a limit. */
function checkChanges(query: Query, today: string): void {
  const dates = query.where.filter((condition) => condition.field === 'change_event.change_date_time')
  const { first, last } = rangeOf(dates, today)
  if (first === undefined || last === undefined)
    throw invalid('changeEventError.CHANGE_DATE_RANGE_INFINITE', 'The change_date_time filter must be a finite range.')
  if (last < first)
    throw invalid('changeEventError.CHANGE_DATE_RANGE_NEGATIVE', 'The change_date_time range is negative.')
  if (first < addDays(today, -MAX_CHANGE_DAYS))
    throw invalid('changeEventError.START_DATE_TOO_OLD', 'The requested start date is more than 30 days ago.')
  if (query.limit === undefined) throw invalid('changeEventError.LIMIT_NOT_SPECIFIED', 'A LIMIT clause is needed.')
  if (query.limit > MAX_CHANGE_LIMIT)
    throw invalid('changeEventError.INVALID_LIMIT_CLAUSE', 'The LIMIT must not exceed 10000.')
}

function checkDates(query: Query, names: readonly string[], today: string): Plan['range'] {
  const { first, last } = rangeOf(
    query.where.filter((condition) => CORE_DATES.has(condition.field)),
    today,
  )
  const isFinite = first !== undefined && last !== undefined
  if (query.select.some((name) => CORE_DATES.has(name)) && !isFinite)
    throw invalid(
      'queryError.EXPECTED_FILTERS_ON_DATE_RANGE',
      'There must be a finite date range filter when a core date segment is in the SELECT clause.',
    )
  if (isFinite && names.some((name) => USER_METRICS.has(name)) && dayNumber(last) - dayNumber(first) >= MAX_USER_DAYS)
    throw invalid('queryError.DATE_RANGE_TOO_WIDE', 'Unique users can be asked for over at most 92 days.')
  return isFinite ? { first, last } : undefined
}

/** The names that Google returns though nobody asked: of the FROM resource and of every attributed one that is selected. */
function outputOf(query: Query, resource: ResourceDef): readonly FieldDef[] {
  const names = [...query.select]
  if (query.isOmittingNames) return names.map(fieldOf)
  const prefixes = new Set([resource.name, ...query.select.map(prefixOf)])
  for (const prefix of prefixes)
    if (prefix !== 'metrics' && prefix !== 'segments') names.push(`${prefix}.resource_name`)
  if (query.select.some((name) => name.startsWith('ad_group_ad.ad.'))) names.push('ad_group_ad.ad.resource_name')
  return [...new Set(names)].map(fieldOf)
}

/** @throws ApiFailure with the error that Google gives for such a query */
export function planQuery(query: Query, customer: Customer, today: string): Plan {
  const resource = RESOURCES.find((each) => each.name === query.from)
  if (resource === undefined)
    throw invalid(
      'queryError.BAD_RESOURCE_TYPE_IN_FROM_CLAUSE',
      `Error in query: unexpected resource ${query.from} in the FROM clause.`,
    )
  for (const name of query.select) fieldOf(name)
  for (const condition of query.where) checkCondition(condition, fieldOf(condition.field))
  for (const name of query.select) checkPlace(resource, name, 'SELECT')
  for (const { field } of query.where) checkPlace(resource, field, 'WHERE')
  const names = [...query.select, ...query.where.map((condition) => condition.field)]
  const isMeasured = names.some((name) => name.startsWith('metrics.') || name.startsWith('segments.'))
  if (customer.isManager && isMeasured)
    throw invalid('queryError.REQUESTED_METRICS_FOR_MANAGER', 'Metrics cannot be requested for a manager account.')
  checkSegments(query, names)
  if (resource.name === 'change_event') checkChanges(query, today)
  for (const { field } of query.orderBy) {
    fieldOf(field)
    if (!query.select.includes(field) && prefixOf(field) !== resource.name)
      throw invalid(
        'queryError.EXPECTED_REFERENCED_FIELD_IN_SELECT_CLAUSE',
        `The following field must be present in SELECT clause: ${quote(field)}.`,
      )
  }
  const testsOn = (isWanted: (field: string) => boolean): readonly Test[] =>
    query.where
      .filter((condition) => isWanted(condition.field))
      .map((condition) => testOf(condition, fieldOf(condition.field), (word) => during(word, today)))
  return {
    resource,
    output: outputOf(query, resource),
    selected: query.select,
    entityTests: testsOn((field) => !field.startsWith('metrics.') && !field.startsWith('segments.')),
    segmentTests: testsOn((field) => field.startsWith('segments.') && !CORE_DATES.has(field)),
    metricTests: testsOn((field) => field.startsWith('metrics.')),
    orderBy: query.orderBy.map(({ field, isDescending }) => ({ field: fieldOf(field), isDescending })),
    limit: query.limit,
    range: checkDates(query, names, today),
    isMeasured: isMeasured && resource.metrics === 'performance',
    splitBy: new Set(query.select.filter((name) => name.startsWith('segments.'))),
  }
}

/** Reads one row's fields for sorting. */
export function compareRows(plan: Plan): (left: Row, right: Row) => number {
  return (left, right) => {
    for (const { field, isDescending } of plan.orderBy) {
      const [one, two] = [sortKey(field, left), sortKey(field, right)]
      if (one === two) continue
      const order = one < two ? -1 : 1
      return isDescending ? -order : order
    }
    return 0
  }
}

function sortKey(field: FieldDef, row: Row): string | number {
  const value = field.read(row)
  if (field.type === 'INT64' || field.type === 'DOUBLE') return value === undefined ? -Infinity : Number(value)
  return scalarText(value)
}
