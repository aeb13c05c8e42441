/** Which drafts are shown, and under which headings. Pure. */
import type { CHANGE_KINDS } from '../../../shared/domain/draft.ts'
import type { AccountId } from '../../../shared/domain/ids.ts'
import type { DraftView } from '../../../shared/operations.ts'
import { type Platform, pathOf, platformName, visible } from '../../parts/words.ts'
import { QUEUE_TEXTS } from '../../texts-queue.ts'

export type Grouping = keyof typeof QUEUE_TEXTS.filters.groups
export interface Filters {
  /** Empty: all. */
  readonly platform: Platform | ''
  readonly accountId: AccountId | ''
  readonly kind: (typeof CHANGE_KINDS)[number] | ''
  readonly origin: DraftView['origin']['kind'] | ''
  readonly group: Grouping
}
export const NO_FILTERS: Filters = { platform: '', accountId: '', kind: '', origin: '', group: 'none' }

export function isAnyFilter({ platform, accountId, kind, origin }: Filters): boolean {
  return platform !== '' || accountId !== '' || kind !== '' || origin !== ''
}

export interface Group {
  readonly key: string
  /** Null: the list has no headings. Account names are written by others. */
  readonly title: string | null
  readonly drafts: readonly DraftView[]
}

/** Groups in the order of their newest draft. A draft with several kinds or accounts stands under a heading of its own. */
export function groupDrafts(drafts: readonly DraftView[], by: Grouping): readonly Group[] {
  if (by === 'none') return [{ key: 'all', title: null, drafts }]
  const groups = Map.groupBy(drafts, (draft) => (by === 'kind' ? kindOf(draft) : accountOf(draft)))
  return [...groups].map(([title, own]) => ({ key: title, title, drafts: own }))
}

function kindOf(draft: DraftView): string {
  const kinds = new Set(draft.operations.map((each) => each.kind))
  const [kind] = kinds
  return kind === undefined || kinds.size > 1 ? QUEUE_TEXTS.kinds.several : QUEUE_TEXTS.kinds[kind]
}

function accountOf(draft: DraftView): string {
  const names = new Set(
    draft.operations.map((each) => `${platformName(each.platform)} · ${visible(pathOf(each).account)}`),
  )
  return [...names].slice(0, 3).join(', ')
}
