/** The audit log as the window lists it. Shows what is stored; the checks are jobs, see session-audit-jobs.ts. */
import type { DraftId } from '../shared/domain/ids.ts'
import { OperationError } from '../shared/errors.ts'
import type { ParsedInputOf, OutputOf } from '../shared/operations.ts'
import { groupOf } from './audit/groups.ts'
import { type AuditRow, shownText } from './audit/list.ts'
import { type AuditSearch, type SearchDeps, searchLog } from './audit/search.ts'
import type { Handlers } from './run-operation.ts'
import type { Session } from './session.ts'
import { openAuditTable } from './store/audit-table.ts'

const DEFAULT_LIMIT = 50
const MAX_WITHHELD = 200

export function auditHandlers(session: Session): Handlers {
  const { drafts, opened, ports } = session
  const table = openAuditTable(opened.ledger)
  const deps: SearchDeps = {
    table,
    monotonicMs: () => ports.clock.monotonicMs(),
    accountsOf: (draftId) => drafts.get(draftId as DraftId)?.items.map((item) => item.accountId) ?? [],
    relatedTo: (draftId) => relatedDrafts(drafts, draftId as DraftId),
  }
  return {
    list_audit: async (input, { signal }) => {
      const found = await searchLog(searchOf(input), deps, () => {
        if (signal.aborted || session.isClosing()) throw cancelled()
      })
      return {
        records: found.rows.map(rowView),
        // What is stored, also when it is less than was committed: the log's own head would refuse to answer then.
        size: Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, (table.lastEntry()?.seq ?? -1) + 1)),
        looked_at: found.lookedAt,
        next_before_seq: found.nextBeforeSeq,
      }
    },
  }
}

function relatedDrafts(drafts: Session['drafts'], draftId: DraftId): readonly DraftId[] {
  const draft = drafts.get(draftId)
  const before = [draft?.undoOf, draft?.revises].filter((each) => each !== undefined)
  const after = drafts.linkedTo(draftId).map((each) => each.draftId)
  return [...new Set([...before, ...after])]
}

function cancelled(): OperationError {
  return new OperationError('cancelled', 'The search was stopped. Nothing was changed.', 'Search again.', {
    retryable: true,
  })
}

function searchOf(input: ParsedInputOf<'list_audit'>): AuditSearch {
  return {
    limit: input.limit ?? DEFAULT_LIMIT,
    beforeSeq: input.before_seq,
    draftId: input.draft_id,
    groups: input.groups,
    actorKind: input.actor_kind,
    accountId: input.account_id,
    fromDay: input.from,
    toDay: input.to,
    text: input.search,
  }
}

function rowView(row: AuditRow): OutputOf<'list_audit'>['records'][number] {
  const { record } = row
  return {
    seq: row.seq,
    type: record?.type ?? 'unreadable',
    group: groupOf(record?.type),
    at: record?.ts ?? '',
    actor: { kind: record?.actor.kind ?? 'unknown', id: record?.actor.id ?? 'unknown' },
    draft_id:
      record !== undefined && 'draft' in record.data && typeof record.data.draft === 'string'
        ? record.data.draft
        : null,
    line: row.line,
    leaf: row.leaf,
    checkpoint_size: row.checkpointSize ?? null,
    disclosed: Object.fromEntries(Object.entries(row.text).map(([name, value]) => [name, shownText(value)])),
    withheld: row.withheld.slice(0, MAX_WITHHELD),
  }
}
