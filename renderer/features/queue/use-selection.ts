/** Which of the drafts on the screen are selected. What is no longer on it is no longer selected. */
import { useCallback, useMemo, useState } from 'react'
import type { DraftView } from '../../../shared/operations.ts'

/** What the core arms at once. */
export const MAX_SELECTED = 25

export interface Selection {
  readonly drafts: readonly DraftView[]
  readonly has: (draftId: string) => boolean
  readonly toggle: (draftId: string) => void
  /** Selects these, or takes them away when all are selected. */
  readonly toggleAll: (drafts: readonly DraftView[]) => void
  readonly clear: () => void
}

export function useSelection(drafts: readonly DraftView[]): Selection {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set())
  const shown = useMemo(() => drafts.filter((draft) => ids.has(draft.draft_id)).slice(0, MAX_SELECTED), [drafts, ids])
  const toggle = useCallback(
    (draftId: string) =>
      setIds((now) => {
        const next = new Set(now)
        if (!next.delete(draftId)) next.add(draftId)
        return next
      }),
    [],
  )
  const toggleAll = useCallback(
    (some: readonly DraftView[]) =>
      setIds((now) => {
        const own = some.map((draft) => draft.draft_id)
        const next = new Set(now)
        if (own.every((id) => now.has(id))) for (const id of own) next.delete(id)
        else for (const id of own) next.add(id)
        return next
      }),
    [],
  )
  const clear = useCallback(() => setIds(new Set()), [])
  const shownIds = useMemo(() => new Set<string>(shown.map((draft) => draft.draft_id)), [shown])
  const has = useCallback((draftId: string) => shownIds.has(draftId), [shownIds])
  return { drafts: shown, has, toggle, toggleAll, clear }
}
