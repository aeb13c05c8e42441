/** What each operation does while a workspace is open: short, one after the other, in the table's order. No rule of its own. */
import type { AuditLog } from './audit/append.ts'
import { LedgerBroken, type LogFault } from './audit/fault.ts'
import { asCode } from './audit/record.ts'
import { verifyLog } from './audit/verify.ts'
import { describePolicy } from './drafts/policy.ts'
import type { Caller } from './ports.ts'
import { clientHandlers } from './session-clients.ts'
import { connectHandlers } from './session-connect.ts'
import { connectionHandlers } from './session-connections.ts'
import { decisionHandlers, draftHandlers } from './session-drafts.ts'
import { readHandlers } from './session-reads.ts'
import type { Handlers } from './run-operation.ts'
import type { Session } from './session.ts'

export function sessionHandlers(session: Session): Handlers {
  return {
    ...readHandlers(session),
    ...draftHandlers(session),
    ...decisionHandlers(session),
    ...policyHandlers(session),
    ...auditHandlers(session),
    ...connectionHandlers(session),
    ...connectHandlers(session),
    ...clientHandlers(session),
    ...session.imports.handlers,
    ...session.reports.handlers,
  }
}

function policyHandlers(session: Session): Handlers {
  return {
    get_policy: () => ({
      version: session.policy.version,
      rules: describePolicy(session.policy).map(({ rule, text }) => ({ rule, text })),
    }),
  }
}

function auditHandlers(session: Session): Handlers {
  const { audit, opened, ports } = session
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
    verify_audit: async (_input, { signal, caller }) => {
      const startedMs = ports.clock.monotonicMs()
      const headPin = await opened.vault.headPin.read()
      const result = await verifyLog({
        db: opened.ledger,
        vkey: audit.vkey,
        signal,
        ...(headPin === undefined ? {} : { headPin }),
      })
      if (!result.ok) audit.markBroken(result.fault)
      const cut = recordVerified(audit, caller, result.ok ? undefined : result.fault)
      const fault = result.ok ? cut : result.fault
      return {
        is_ok: result.ok && fault === undefined,
        size: result.ok ? result.size : 0,
        root: result.ok ? result.root : '',
        vkey: audit.vkey,
        checkpoints: result.ok ? result.checkpoints : 0,
        took_ms: Math.round(ports.clock.monotonicMs() - startedMs),
        fault: fault === undefined ? null : { kind: fault.kind, seq: fault.seq ?? null, message: fault.message },
        limits: [...result.limits].slice(0, 8),
      }
    },
  }
}

/**
 * Records that the log was checked, and with what result. A log that was cut or rewritten while the app ran takes no more records:
 * then the fault comes back instead.
 */
function recordVerified(audit: AuditLog, caller: Caller, fault: LogFault | undefined): LogFault | undefined {
  try {
    const { size, root } = audit.head()
    audit.transaction((append) =>
      append({
        type: 'log.verified',
        actor: { kind: 'user', id: caller.kind === 'cli' ? 'command-line' : 'owner' },
        data: { ok: fault === undefined, size, root, fault: asCode(fault?.kind), faultSeq: fault?.seq },
      }),
    )
    return undefined
  } catch (error) {
    if (error instanceof LedgerBroken) return error.fault
    throw error
  }
}
