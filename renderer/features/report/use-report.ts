/** Reads what the report shows. Levels of the table come page by page; everything else is one answer. */
import { keepPreviousData, type UseQueryOptions, useQuery } from '@tanstack/react-query'
import { api } from '../../api.ts'
import { clock } from '../../clock.ts'
import { chosenRange } from '../../day-range.ts'
import { todayIn } from '../../format.ts'
import { useRead } from '../../queries.ts'
import type { ReportChoices } from '../../report-choices.ts'
import { useSettings } from '../../settings.ts'
import {
  type Account,
  baseInput,
  type Focus,
  firstLevel,
  grainOf,
  type ReportAnswer,
  type ReportInput,
  type ReportRow,
  type Scope,
  seriesEnd,
} from './scope.ts'

/** Rows asked for at once. */
export const PAGE = 500
/** A year by day on three platforms in two currencies is a little more than one page of the largest size. */
const SERIES_PAGE = 1_500
const MAX_SERIES_PAGES = 4

/** A currency that no rate is known for any more would be refused: each is then shown by itself. */
function useKnownCurrency(choices: ReportChoices): ReportChoices {
  const rates = useRead('get_exchange_rates', {}, { isEnabled: choices.currency !== null })
  const isKnown = rates.data?.currencies.includes(choices.currency ?? '') !== false
  return isKnown ? choices : { ...choices, currency: null }
}

/** What the screen is about. null while there is no account. */
export function useScope(accounts: readonly Account[] | undefined, focus: Focus): Scope | null {
  const settings = useSettings()
  const choices = useKnownCurrency(settings.report)
  const first = accounts?.[0]
  if (accounts === undefined || first === undefined) return null
  const today = todayIn(first.time_zone, clock.nowMs())
  return { accounts, today, range: chosenRange(settings, today), choices, focus }
}

export interface LevelData {
  /** The first page: totals, comparison and notes are its. */
  readonly answer: ReportAnswer
  readonly rows: readonly ReportRow[]
  readonly hasMore: boolean
}
async function readLevel(input: ReportInput, pages: number, signal: AbortSignal): Promise<LevelData> {
  const answer = await api.get_cross_platform_report({ ...input, limit: PAGE }, signal)
  const rows = [...answer.rows]
  let cursor = answer.next_cursor
  for (let page = 1; page < pages && cursor !== null; page += 1) {
    // One page needs the cursor of the one before.
    // oxlint-disable-next-line no-await-in-loop
    const next = await api.get_cross_platform_report({ ...input, limit: PAGE, cursor }, signal)
    rows.push(...next.rows)
    cursor = next.next_cursor
  }
  return { answer, rows, hasMore: cursor !== null }
}
export function levelQuery(input: ReportInput, pages: number) {
  return {
    queryKey: ['get_cross_platform_report', 'level', input, pages],
    queryFn: ({ signal }: { signal: AbortSignal }) => readLevel(input, pages, signal),
  } satisfies UseQueryOptions<LevelData>
}

/** The order as the core knows it. Both directions of a level that is whole are sorted here; see tree.ts. */
export function rootInput(scope: Scope): ReportInput {
  const { compare, sort } = scope.choices
  return {
    ...baseInput(scope),
    group_by: firstLevel(scope.focus),
    order_by: sort,
    ...(compare === 'off' ? {} : { compare_to: compare }),
  }
}
export function useTopLevel(scope: Scope) {
  return useQuery<LevelData>({ ...levelQuery(rootInput(scope), 1), placeholderData: keepPreviousData })
}

async function readSeries(input: ReportInput, signal: AbortSignal): Promise<ReportAnswer> {
  const first = await api.get_cross_platform_report(input, signal)
  const rows = [...first.rows]
  let cursor = first.next_cursor
  for (let page = 1; page < MAX_SERIES_PAGES && cursor !== null; page += 1) {
    // oxlint-disable-next-line no-await-in-loop
    const next = await api.get_cross_platform_report({ ...input, cursor }, signal)
    rows.push(...next.rows)
    cursor = next.next_cursor
  }
  return { ...first, rows }
}
export function useSeries(scope: Scope) {
  const grain = grainOf(scope.choices.grain, scope.range)
  const end = seriesEnd(scope.range, scope.today, grain)
  const input: ReportInput = {
    ...baseInput(scope),
    end_date: end,
    group_by: grain,
    by_platform: true,
    limit: SERIES_PAGE,
  }
  const query = useQuery<ReportAnswer>({
    queryKey: ['get_cross_platform_report', 'series', input],
    queryFn: ({ signal }) => readSeries(input, signal),
    placeholderData: keepPreviousData,
  })
  return { query, grain, range: { start: scope.range.start, end, today: scope.today } }
}

/** Which of the report's currencies the figures and charts show. The table has them all. */
export function useShownCurrency(answer: ReportAnswer | undefined): string | null {
  const chosen = useSettings((state) => state.currency)
  const all = answer?.totals.map((each) => each.currency) ?? []
  return all.find((each) => each === chosen) ?? all[0] ?? null
}
