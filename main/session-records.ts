/** What the session writes into the log by itself: syncs, and callers that were turned away. */
import type { AuditLog } from './audit/append.ts'
import { asCode } from './audit/record.ts'
import type { AgentPort } from './mcp/agent-port.ts'
import type { Caller } from './ports.ts'
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

/** Somebody asked for what is not theirs. */
export function recordRefusal(audit: AuditLog | undefined, caller: Caller, name: string, code: string): void {
  audit?.transaction((append) => {
    const isKnownName = /^[a-z_]{1,64}$/.test(name) && code !== 'unknown_operation'
    append({
      type: 'call.refused',
      actor:
        caller.kind === 'agent'
          ? { kind: 'agent', id: caller.clientId }
          : { kind: caller.kind === 'loop' ? 'loop' : 'system', id: caller.kind },
      data: {
        op: isKnownName ? name : 'unknown',
        caller: caller.kind,
        code,
        ...(caller.kind === 'agent' ? { client: caller.clientId } : {}),
      },
      text: isKnownName ? {} : { op: name.slice(0, 120) },
    })
  })
}
