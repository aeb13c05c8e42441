/** Reads what the overview shows. Days are the account's own; presets end yesterday, the chart adds today. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { InputOf, OutputOf } from '../../../shared/operations.ts'
import { api } from '../../api.ts'
import { clock } from '../../clock.ts'
import { addDays, dayOfTime, todayIn } from '../../format.ts'
import { useRead } from '../../queries.ts'
import { chosenRange, type DayRange } from '../../day-range.ts'
import { useSettings } from '../../settings.ts'
import type { Metrics } from './figures.ts'

export type Account = OutputOf<'list_accounts'>['accounts'][number]
const METRICS = ['spend', 'roas', 'conversions', 'cpa', 'conversions_view', 'conversion_value'] as const
const PAGE = 100
/** The longest range anybody can pick has 400 days: four pages. */
const MAX_PAGES = 4
const MAX_CAMPAIGNS = 100

/** All days of a range: pages are joined, up to the limit. */
async function readDays(input: InputOf<'query_metrics'>, signal: AbortSignal): Promise<Metrics> {
  const first = await api.query_metrics({ ...input, limit: PAGE }, signal)
  const rows = [...first.rows]
  let cursor = first.next_cursor
  for (let page = 1; page < MAX_PAGES && cursor !== null; page += 1) {
    const next = await api.query_metrics({ ...input, limit: PAGE, cursor }, signal)
    rows.push(...next.rows)
    cursor = next.next_cursor
  }
  return { ...first, rows }
}

export interface Scope {
  readonly accounts: readonly Account[]
  readonly currency: string
  readonly today: string
  readonly timeZone: string
  readonly range: DayRange
}

/** Which accounts, currency and days are shown. null while there is no account. */
export function useScope(accounts: readonly Account[] | undefined): Scope | null {
  const settings = useSettings()
  const first = accounts?.[0]
  if (accounts === undefined || first === undefined) return null
  const currency = accounts.find((account) => account.currency === settings.currency)?.currency ?? first.currency
  const inCurrency = accounts.filter((account) => account.currency === currency).slice(0, 50)
  const timeZone = inCurrency[0]?.time_zone ?? first.time_zone
  const today = todayIn(timeZone, clock.nowMs())
  return { accounts: inCurrency, currency, today, timeZone, range: chosenRange(settings, today) }
}

export function useTotals(scope: Scope) {
  return useRead(
    'query_metrics',
    {
      account_ids: scope.accounts.map((account) => account.account_id),
      metrics: [...METRICS],
      start_date: scope.range.start,
      end_date: scope.range.end,
      compare_to: 'previous_period',
    },
    { keepsPrevious: true },
  )
}

export function useDays(scope: Scope) {
  // A preset ends yesterday; today follows, marked as incomplete.
  const end = scope.range.end === addDays(scope.today, -1) ? scope.today : scope.range.end
  const input: InputOf<'query_metrics'> = {
    account_ids: scope.accounts.map((account) => account.account_id),
    metrics: ['spend', 'roas'],
    dimensions: ['date'],
    start_date: scope.range.start,
    end_date: end,
    order_by: 'date',
  }
  const query = useQuery<Metrics>({
    queryKey: ['query_metrics', 'days', input],
    queryFn: ({ signal }) => readDays(input, signal),
    placeholderData: keepPreviousData,
  })
  return { query, start: scope.range.start, end }
}

export function useCampaigns(scope: Scope) {
  return useRead(
    'query_metrics',
    {
      account_ids: scope.accounts.map((account) => account.account_id),
      metrics: [...METRICS],
      dimensions: ['campaign'],
      start_date: scope.range.start,
      end_date: scope.range.end,
      order_by: 'spend',
      limit: MAX_CAMPAIGNS,
    },
    { keepsPrevious: true },
  )
}

/** Applied changes by account-local day, for the marks on the time axis. */
export function useMarkers(scope: Scope): ReadonlyMap<string, readonly string[]> {
  const drafts = useRead('list_drafts', { state: 'applied', group: 'any', limit: 100 })
  const ids = new Set<string>(scope.accounts.map((account) => account.account_id))
  const days = new Map<string, string[]>()
  for (const draft of drafts.data?.drafts ?? []) {
    const change = draft.operations[0]
    if (draft.decided_at === null || change === undefined || !ids.has(change.account_id)) continue
    const day = dayOfTime(draft.decided_at, scope.timeZone)
    days.set(day, [...(days.get(day) ?? []), change.untrusted.path.at(-1) ?? change.entity_id])
  }
  return days
}
