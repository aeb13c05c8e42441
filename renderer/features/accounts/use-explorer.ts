/** What the explorer shows and how it is asked for: filters, what is open, and the pages in sight. */
import { useQueries } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import type { BrowseRow } from '../../../shared/operations.ts'
import { api } from '../../api.ts'
import { queryClient, useRead } from '../../queries.ts'
import {
  type Account,
  type BrowseAnswer,
  type BrowseInput,
  listRows,
  pageInput,
  type Row,
  treeRows,
} from './explorer-rows.ts'

export type Level = 'tree' | BrowseRow['type']
export interface Filters {
  readonly level: Level
  readonly account: Account['account_id'] | null
  readonly text: string
  readonly status: BrowseRow['status'] | null
  readonly delivery: BrowseRow['delivery'] | null
  readonly review: NonNullable<BrowseRow['review']> | null
  readonly isChangedOutside: boolean
}
export const NO_FILTERS: Filters = {
  level: 'tree',
  account: null,
  text: '',
  status: null,
  delivery: null,
  review: null,
  isChangedOutside: false,
}
export type Order = NonNullable<BrowseInput['order_by']>
export interface Sort {
  readonly order: Order
  readonly isDescending: boolean
}

const key = (input: BrowseInput): readonly unknown[] => ['browse_entities', input]

function isFiltered(filters: Filters): boolean {
  return (
    filters.text.trim() !== '' ||
    filters.status !== null ||
    filters.delivery !== null ||
    filters.review !== null ||
    filters.isChangedOutside
  )
}

/** The one list that a search or filter means; null while the tree is shown. Without a level it looks among campaigns. */
export function listInput(filters: Filters, sort: Sort): BrowseInput | null {
  if (filters.level === 'tree' && !isFiltered(filters)) return null
  const text = filters.text.trim().slice(0, 80)
  return {
    type: filters.level === 'tree' ? (filters.review === null ? 'campaign' : 'ad') : filters.level,
    order_by: sort.order,
    descending: sort.isDescending,
    ...(filters.account === null ? {} : { account_id: filters.account }),
    ...(text === '' ? {} : { name_contains: text }),
    ...(filters.status === null ? {} : { status: filters.status }),
    ...(filters.delivery === null ? {} : { delivery: filters.delivery }),
    ...(filters.review === null ? {} : { review: filters.review }),
    ...(filters.isChangedOutside ? { changed_outside: true } : {}),
  }
}

/** Pages kept current at the same time: a screen shows three at most, and a handful of short ones where many rows are open. */
const MAX_PAGES = 40
/** Rows beyond the screen that are read ahead. */
const AHEAD = 40

/** The pages behind the rows in sight, without doubles. What else was read stays in the cache as it is. */
function pagesInSight(rows: readonly Row[], [first, last]: readonly [number, number]): readonly BrowseInput[] {
  const wanted = new Map<string, BrowseInput>()
  for (const row of rows.slice(Math.max(0, first - AHEAD), last + AHEAD)) {
    if (row.kind !== 'waiting' && row.kind !== 'entity') continue
    const input = pageInput(row.segment, row.page)
    wanted.set(JSON.stringify(input), input)
    if (wanted.size >= MAX_PAGES) break
  }
  return [...wanted.values()]
}

const isSame = (a: readonly BrowseInput[], b: readonly BrowseInput[]): boolean =>
  JSON.stringify(a) === JSON.stringify(b)
/** Long enough to scroll back to; what is out of sight is read again when it comes into sight and something has changed. */
const KEPT_MS = 1_800_000

export function useExplorer(firstOpen: string | null) {
  const [filters, setFilters] = useState(NO_FILTERS)
  const [sort, setSort] = useState<Sort>({ order: 'spend_7d', isDescending: true })
  /** Null until something was opened or closed: then only the first account is open. */
  const [opened, setOpened] = useState<ReadonlySet<string> | null>(null)
  const [range, setRange] = useState<readonly [number, number]>([0, 0])
  const [inSight, setInSight] = useState<readonly BrowseInput[]>([])
  const accounts = useRead('list_accounts', {})
  const pages = useQueries({
    queries: inSight.map((input) => ({
      queryKey: key(input),
      queryFn: ({ signal }: { signal: AbortSignal }) => api.browse_entities(input, signal),
      gcTime: KEPT_MS,
    })),
  })
  const version = pages.reduce((sum, page) => sum + page.dataUpdatedAt, 0)
  const list = accounts.data?.accounts
  const first = firstOpen ?? list?.[0]?.account_id
  const open = useMemo(() => opened ?? new Set(first === undefined ? [] : [first]), [opened, first])
  const input = useMemo(() => listInput(filters, sort), [filters, sort])
  const rows = useMemo(() => {
    const known = {
      isOpen: (each: string) => open.has(each),
      pageOf: (each: BrowseInput) => queryClient.getQueryData<BrowseAnswer>(key(each)),
    }
    if (input !== null) return listRows(input, known)
    const shown = (list ?? []).filter((each) => filters.account === null || each.account_id === filters.account)
    return treeRows(shown, { order_by: sort.order, descending: sort.isDescending }, known)
    // `version` stands for the pages in the cache.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [input, list, filters.account, sort, open, version])
  const wanted = pagesInSight(rows, range)
  // Adjusted while rendering: what came into sight is asked for before anything is painted.
  if (!isSame(wanted, inSight)) setInSight(wanted)
  const failed = pages.find((page) => page.isError && page.data === undefined)
  return {
    accounts,
    rows,
    filters,
    sort,
    isTree: input === null,
    error: failed?.error ?? null,
    retry: () => void Promise.all(pages.filter((page) => page.isError).map((page) => page.refetch())),
    setRange: (next: readonly [number, number]) => {
      if (next[0] !== range[0] || next[1] !== range[1]) setRange(next)
    },
    setFilters,
    setSort,
    toggle: (id: string, isOpen: boolean) => {
      const next = new Set(open)
      if (isOpen) next.add(id)
      else next.delete(id)
      setOpened(next)
    },
  }
}
export type Explorer = ReturnType<typeof useExplorer>
