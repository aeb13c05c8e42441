/** What each operation does while a workspace is open: short, one after the other, in the table's order. No rule of its own. */
import { clientHandlers } from './session-clients.ts'
import { connectHandlers } from './session-connect.ts'
import { connectionHandlers } from './session-connections.ts'
import { decisionHandlers, draftHandlers } from './session-drafts.ts'
import { logHandlers } from './session-log.ts'
import { readHandlers } from './session-reads.ts'
import { signOffHandlers } from './session-sign-off.ts'
import type { Handlers } from './run-operation.ts'
import type { Session } from './session.ts'

export function sessionHandlers(session: Session): Handlers {
  return {
    ...readHandlers(session),
    ...draftHandlers(session),
    ...decisionHandlers(session),
    ...session.policies.handlers,
    ...session.history.handlers,
    ...auditHandlers(session),
    ...logHandlers(session.sessionLog),
    ...connectionHandlers(session),
    ...connectHandlers(session),
    ...clientHandlers(session),
    ...signOffHandlers(session),
    ...session.imports.handlers,
    ...session.reports.handlers,
    ...session.auditJobs.handlers,
  }
}

function auditHandlers(session: Session): Handlers {
  const { audit } = session
  return {
    list_audit: (input) => {
      const limit = input.limit ?? 50
      const rows = audit.list({
        limit,
        ...(input.before_seq === undefined ? {} : { beforeSeq: input.before_seq }),
        ...(input.draft_id === undefined ? {} : { draftId: input.draft_id }),
      })
      const last = rows.at(-1)
      return {
        size: audit.head().size,
        next_before_seq: last === undefined || rows.length < limit || last.seq === 0 ? null : last.seq,
        records: rows.map((row) => ({
          seq: row.seq,
          type: row.record?.type ?? 'unreadable',
          at: row.record?.ts ?? '',
          actor: { kind: row.record?.actor.kind ?? 'unknown', id: row.record?.actor.id ?? 'unknown' },
          draft_id:
            row.record !== undefined && 'draft' in row.record.data && typeof row.record.data.draft === 'string'
              ? row.record.data.draft
              : null,
          line: row.line,
          leaf: row.leaf,
          disclosed: Object.fromEntries(
            Object.entries(row.text).map(([name, value]) => [
              name,
              typeof value === 'string' ? value : value.join(' › '),
            ]),
          ),
        })),
      }
    },
  }
}
