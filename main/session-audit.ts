/** The audit log as the window lists it. Shows what is stored; the checks are jobs, see session-audit-jobs.ts. */
import { isoTime } from './drafts/view.ts'
import type { ParsedInputOf, OutputOf } from '../shared/operations.ts'
import type { DraftId } from '../shared/domain/ids.ts'
import { groupOf } from './audit/groups.ts'
import type { AuditRow } from './audit/list.ts'
import { type AuditSearch, searchLog } from './audit/search.ts'
import type { Handlers } from './run-operation.ts'
import type { Session } from './session.ts'
import { openAuditTable } from './store/audit-table.ts'

const DAY_MS = 86_400_000
const DEFAULT_LIMIT = 50

export function auditHandlers(session: Session): Handlers {
  const { audit, drafts, opened, ports } = session
  const table = openAuditTable(opened.ledger)
  const deps = {
    table,
    monotonicMs: () => ports.clock.monotonicMs(),
    accountsOf: (draftId: string) => drafts.get(draftId as DraftId)?.items.map((item) => item.accountId) ?? [],
  }
  return {
    list_audit: async (input, { signal }) => {
      const { rows, lookedAt, nextBeforeSeq } = await searchLog(searchOf(input), deps, signal)
      return {
        records: rows.map(rowView),
        size: audit.head().size,
        looked_at: lookedAt,
        next_before_seq: nextBeforeSeq,
      }
    },
  }
}

function searchOf(input: ParsedInputOf<'list_audit'>): AuditSearch {
  return {
    limit: input.limit ?? DEFAULT_LIMIT,
    beforeSeq: input.before_seq,
    draftId: input.draft_id,
    groups: input.groups,
    actorKind: input.actor_kind,
    accountId: input.account_id,
    fromTime: input.from === undefined ? undefined : isoTime(Date.parse(input.from)),
    beforeTime: input.to === undefined ? undefined : isoTime(Date.parse(input.to) + DAY_MS),
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
    disclosed: Object.fromEntries(
      Object.entries(row.text).map(([name, value]) => [name, typeof value === 'string' ? value : value.join(' › ')]),
    ),
    withheld: [...row.withheld],
  }
}
