/** What the session writes into the log by itself: syncs, and AI clients that were turned away at the door. */
import type { AuditLog } from './audit/append.ts'
import { asCode } from './audit/record.ts'
import type { AgentPort } from './mcp/agent-port.ts'
import type { SyncSummary } from './sync/sync.ts'

export function recordSync(audit: AuditLog, summary: SyncSummary): void {
  audit.transaction((append) => {
    append({
      type: 'sync.finished',
      actor: { kind: 'system', id: 'sync' },
      data: {
        platform: 'tiktok',
        outcome: summary.state === 'done' ? (summary.failedAccounts.length > 0 ? 'partial' : 'ok') : summary.state,
        rows: summary.rows,
        code: asCode(summary.failedAccounts[0]?.code),
      },
    })
  })
}

/** An AI client asked for something that is not a tool, or came with a bad token. */
export function noteRefusal(audit: AuditLog, what: Parameters<AgentPort['noteRefusal']>[0]): void {
  audit.transaction((append) => {
    append({
      type: 'call.refused',
      actor: { kind: 'agent', id: asCode(what.clientId) ?? 'unknown' },
      data: { op: 'unknown', caller: 'agent', code: asCode(what.code) ?? 'refused' },
      text: { op: what.tool.slice(0, 120) },
    })
  })
}
