/** What the session writes into the log by itself: syncs, and AI clients that were turned away at the door. */
import type { AuditLog } from './audit/append.ts'
import { asCode } from './audit/record.ts'
import type { AgentPort } from './mcp/agent-port.ts'
import type { SyncSummary } from './sync/sync.ts'

/** One record for each platform that took part. */
export function recordSync(audit: AuditLog, summary: SyncSummary): void {
  audit.transaction((append) => {
    for (const { platform, outcome, rows, code } of summary.platforms)
      append({
        type: 'sync.finished',
        actor: { kind: 'system', id: 'sync' },
        data: { platform, outcome, rows, code: asCode(code) },
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
