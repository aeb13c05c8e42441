/** Which records an export is about. Reads every record once, page by page; the search index is not asked, because it proves nothing. */
import type { LogPages, StoredEntry } from '../../store/audit-table.ts'
import type { JsonValue } from '../jcs.ts'

export type ExportScope =
  | { readonly kind: 'all' }
  /** UTC days, both included. Undefined: from the beginning, or to the end. */
  | { readonly kind: 'days'; readonly from: string | undefined; readonly to: string | undefined }
  | { readonly kind: 'draft'; readonly draftId: string }
  | { readonly kind: 'account'; readonly accountId: string }

/** Records per page. */
export const PAGE = 256

/** Feed it every record in order, then ask. */
export interface Selector {
  take(entry: StoredEntry): void
  /** Record numbers in order; for days the first and the last, as everything between them belongs too. Undefined: nothing fits. */
  result():
    | { readonly from: number; readonly through: number; readonly seqs: readonly number[] | undefined }
    | undefined
}

export function createSelector(scope: Exclude<ExportScope, { kind: 'all' }>): Selector {
  return scope.kind === 'days' ? selectDays(scope) : selectMatching(matcherOf(scope))
}

/** Everything from the first record of the days to the last: a clock that was set back in between does not tear a hole. */
function selectDays({ from, to }: Extract<ExportScope, { kind: 'days' }>): Selector {
  let first: number | undefined
  let last: number | undefined
  return {
    take(entry) {
      const ts = member(parsed(entry), 'ts')
      const day = typeof ts === 'string' ? ts.slice(0, 10) : ''
      if ((from !== undefined && day < from) || (to !== undefined && day > to)) return
      first ??= entry.seq
      last = entry.seq
    },
    result: () =>
      first === undefined || last === undefined ? undefined : { from: first, through: last, seqs: undefined },
  }
}

function selectMatching(matches: (line: JsonValue) => boolean): Selector {
  const seqs: number[] = []
  return {
    take(entry) {
      if (matches(parsed(entry))) seqs.push(entry.seq)
    },
    result: () => {
      const [from, through] = [seqs[0], seqs.at(-1)]
      return from === undefined || through === undefined ? undefined : { from, through, seqs }
    },
  }
}

function matcherOf(scope: Extract<ExportScope, { kind: 'draft' | 'account' }>): (line: JsonValue) => boolean {
  if (scope.kind === 'draft') return (line) => member(member(line, 'data'), 'draft') === scope.draftId
  const { accountId } = scope
  /** A write names its draft, not the account: drafts that touch the account belong to it with all their records. */
  const drafts = new Set<string>()
  return (line) => {
    const data = member(line, 'data')
    const draft = member(data, 'draft')
    const items = member(data, 'items')
    const isNamed =
      member(member(line, 'subj'), 'account') === accountId ||
      member(data, 'account') === accountId ||
      (Array.isArray(items) && items.some((item) => member(item, 'account') === accountId))
    if (isNamed && typeof draft === 'string') drafts.add(draft)
    return isNamed || (typeof draft === 'string' && drafts.has(draft))
  }
}

/** A page at a time; records that are not there are left to whoever checks the log. */
export function* pagesOf(
  pages: Pick<LogPages, 'entries'>,
  from: number,
  until: number,
): Generator<readonly StoredEntry[]> {
  for (let at = from; at < until; at += PAGE)
    yield pages.entries(at, Math.min(PAGE, until - at)).filter(({ seq }) => seq < until)
}

function parsed({ bytes }: StoredEntry): JsonValue {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as JsonValue
  } catch {
    // Damaged: it belongs to nothing. The bundle's own check names it, where it matters.
    return null
  }
}

function member(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, name)
    ? (value as { readonly [key: string]: JsonValue })[name]
    : undefined
}
