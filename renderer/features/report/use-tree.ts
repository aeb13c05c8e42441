/** Which rows of the breakdown are open, and the levels behind them, read when they are opened. */
import { useQueries } from '@tanstack/react-query'
import { useState } from 'react'
import { errorReply } from '../../api.ts'
import { queryClient } from '../../queries.ts'
import { firstLevel, type Scope } from './scope.ts'
import { type LevelState, type Tree, treeOf, type Wanted } from './tree.ts'
import { type LevelData, levelQuery, rootInput } from './use-report.ts'

const TOP = 'top'
/** Levels that are kept current at the same time. */
const MAX_OPEN = 60

export function useTree(scope: Scope, top: LevelData) {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set())
  const [pages, setPages] = useState<ReadonlyMap<string, number>>(new Map())
  const [inSight, setInSight] = useState<readonly Wanted[]>([])
  const pagesOf = (key: string): number => pages.get(key) ?? 1
  const results = useQueries({
    queries: inSight.map(({ key, input }) => ({ ...levelQuery(input, pagesOf(key)), gcTime: 600_000 })),
  })
  const failed = new Map(
    inSight.flatMap(({ key }, index) => {
      const error = results[index]?.error ?? null
      return error === null ? [] : [[key, errorReply(error).message] as const]
    }),
  )
  const read = new Map(inSight.map((each, index) => [JSON.stringify(each), results[index]?.data]))
  const levelOf = ({ key, input }: Wanted): LevelState => {
    if (key === TOP && pagesOf(key) === 1) return top
    const now = read.get(JSON.stringify({ key, input }))
    if (now !== undefined) return now
    for (let count = pagesOf(key); count >= 1; count -= 1) {
      // While a further page is read, what was there before stays.
      const data = queryClient.getQueryData<LevelData>(levelQuery(input, count).queryKey)
      if (data !== undefined) return data
    }
    if (key === TOP) return top
    const why = failed.get(key)
    return why === undefined ? 'waiting' : { why }
  }
  const { compare_to: _compare, ...input } = rootInput(scope)
  const { sort, isDescending } = scope.choices
  const tree: Tree = treeOf({ key: TOP, input }, firstLevel(scope.focus), {
    isOpen: (key) => open.has(key),
    levelOf,
    sort,
    isDescending,
  })
  const wanted = tree.wanted.filter(({ key }) => key !== TOP || pagesOf(key) > 1).slice(0, MAX_OPEN)
  // Adjusted while rendering: what came into sight is asked for before anything is painted.
  if (JSON.stringify(wanted) !== JSON.stringify(inSight)) setInSight(wanted)
  const topState = levelOf({ key: TOP, input })
  return {
    rows: tree.rows,
    /** The first level as far as it is read. */
    top: typeof topState === 'string' || 'why' in topState ? top : topState,
    toggle: (key: string, isOpen: boolean) => {
      const next = new Set(open)
      if (isOpen) next.add(key)
      else next.delete(key)
      setOpen(next)
    },
    more: (key: string) => setPages(new Map(pages).set(key, pagesOf(key) + 1)),
    retry: () => void Promise.all(results.filter((each) => each.isError).map((each) => each.refetch())),
  }
}
export type ReportTree = ReturnType<typeof useTree>
