/** The explorer's tree as one flat list of rows, known or still to be read. Pure: reads nothing itself. */
import type { BrowseRow, InputOf, OutputOf } from '../../../shared/operations.ts'

export type Account = OutputOf<'list_accounts'>['accounts'][number]
export type BrowseInput = InputOf<'browse_entities'>
export type BrowseAnswer = OutputOf<'browse_entities'>

/** Rows asked for at once. */
export const PAGE = 100

/** A run of siblings, read page by page. */
export interface Segment {
  readonly input: BrowseInput
  readonly level: number
  /** Its account has never been read through: what is not there may still come. */
  readonly isUnread?: boolean
}

export type Row =
  | { readonly kind: 'account'; readonly key: string; readonly account: Account; readonly isOpen: boolean }
  | {
      readonly kind: 'entity'
      readonly key: string
      readonly row: BrowseRow
      readonly segment: Segment
      readonly page: number
      readonly level: number
      readonly isOpen: boolean
    }
  | {
      readonly kind: 'waiting'
      readonly key: string
      readonly segment: Segment
      readonly page: number
      readonly level: number
    }
  | { readonly kind: 'nothing'; readonly key: string; readonly level: number; readonly isUnread: boolean }

export function pageInput(segment: Segment, page: number): BrowseInput {
  return { ...segment.input, offset: page * PAGE, limit: PAGE }
}

export interface Known {
  readonly isOpen: (key: string) => boolean
  /** A page that has been read, if it has. */
  readonly pageOf: (input: BrowseInput) => BrowseAnswer | undefined
}

/** Ads have creatives, which are looked at in the inspector and not as rows. */
export function canOpen(row: BrowseRow): boolean {
  return (row.type === 'campaign' || row.type === 'ad_group') && row.children > 0
}

/** The rows of one page of a long list, kept as they are while its answer is the same: 50,000 rows are not made anew for each page. */
const listPages = new WeakMap<BrowseInput, Map<number, { answer: BrowseAnswer | undefined; rows: readonly Row[] }>>()

function listPage(segment: Segment, page: number, answer: BrowseAnswer | undefined, length: number): readonly Row[] {
  const pages = listPages.get(segment.input) ?? new Map()
  listPages.set(segment.input, pages)
  const kept = pages.get(page)
  if (kept !== undefined && kept.answer === answer && kept.rows.length === length) return kept.rows
  const rows = Array.from({ length }, (_, index): Row => {
    const row = answer?.rows[index]
    const { level } = segment
    return row === undefined
      ? { kind: 'waiting', key: `#${page * PAGE + index}`, segment, page, level }
      : { kind: 'entity', key: row.entity_id, row, segment, page, level, isOpen: false }
  })
  pages.set(page, { answer, rows })
  return rows
}

function segmentRows(segment: Segment, known: Known, rows: Row[]): void {
  const { level } = segment
  const base = `${segment.input.account_id ?? ''}${segment.input.parent_id ?? ''}`
  const first = known.pageOf(pageInput(segment, 0))
  if (first === undefined) {
    rows.push({ kind: 'waiting', key: `${base}#0`, segment, page: 0, level })
    return
  }
  if (first.total === 0) {
    rows.push({ kind: 'nothing', key: `${base}#none`, level, isUnread: segment.isUnread === true })
    return
  }
  for (let page = 0; page * PAGE < first.total; page += 1) {
    const answer = page === 0 ? first : known.pageOf(pageInput(segment, page))
    const length = Math.min(PAGE, first.total - page * PAGE)
    if (segment.input.type !== undefined) {
      rows.push(...listPage(segment, page, answer, length))
      continue
    }
    for (let index = 0; index < length; index += 1) {
      const row = answer?.rows[index]
      if (row === undefined) {
        rows.push({ kind: 'waiting', key: `${base}#${page * PAGE + index}`, segment, page, level })
        continue
      }
      const isOpen = canOpen(row) && known.isOpen(row.entity_id)
      rows.push({ kind: 'entity', key: row.entity_id, row, segment, page, level, isOpen })
      if (isOpen) segmentRows(childrenOf(segment, row), known, rows)
    }
  }
}

function childrenOf(segment: Segment, row: BrowseRow): Segment {
  const { order_by: order, descending } = segment.input
  return {
    input: {
      parent_id: row.entity_id,
      ...(order === undefined ? {} : { order_by: order }),
      ...(descending === undefined ? {} : { descending }),
    },
    level: segment.level + 1,
  }
}

/** Account → campaign → ad group → ad, as far as it is open. */
export function treeRows(
  accounts: readonly Account[],
  sort: Pick<BrowseInput, 'order_by' | 'descending'>,
  known: Known,
): readonly Row[] {
  const rows: Row[] = []
  for (const account of accounts) {
    const isOpen = known.isOpen(account.account_id)
    rows.push({ kind: 'account', key: account.account_id, account, isOpen })
    if (!isOpen) continue
    const isUnread = account.last_sync_at === null
    segmentRows({ input: { ...sort, account_id: account.account_id }, level: 2, isUnread }, known, rows)
  }
  return rows
}

/** Everything that a search or filter finds, in one sorted list. */
export function listRows(input: BrowseInput, known: Known): readonly Row[] {
  const rows: Row[] = []
  segmentRows({ input, level: 1 }, known, rows)
  return rows
}
