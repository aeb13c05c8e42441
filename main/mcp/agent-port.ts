import type { Reply } from '../../shared/api.ts'
import type { Caller } from '../ports.ts'

export type AgentCaller = Extract<Caller, { kind: 'agent' }>

/**
 * All that the MCP code is given of the core. It can run an operation as an agent, and nothing else:
 * run-operation refuses every effect but `read` and `draft`, whatever name arrives here.
 */
export interface AgentPort {
  run(caller: AgentCaller, name: string, input: unknown, signal: AbortSignal): Promise<Reply<unknown>>
  /** Records an attempt that never became an operation (unknown tool, bad token), for the audit log. Bounded by the caller. */
  noteRefusal(what: { readonly clientId: string; readonly tool: string; readonly code: string }): void
}
