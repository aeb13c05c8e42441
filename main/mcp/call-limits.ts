/**
 * How much one AI client may ask. The damage of a runaway agent is bounded here, in code: a person cannot review
 * drafts faster than they arrive. Lives in memory; a restart starts with empty windows. It never waits, it refuses.
 */
import { OperationError } from '../../shared/errors.ts'
import type { Clock } from '../../shared/clock.ts'
import type { Logger } from '../logger.ts'
import type { AgentPort } from './agent-port.ts'

export const CALLS_PER_MINUTE = 60
export const CALLS_AT_ONCE = 4
export const DRAFTS_PER_HOUR = 10
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** The only tool whose success puts a new draft before a person. Withdrawing one is never held back by its limit. */
const MAKES_A_DRAFT: ReadonlySet<string> = new Set(['propose_change'])

/** Says that the call is over. `madeDraft: false` gives the place in the hourly draft limit back. */
export type Leave = (outcome: { readonly madeDraft: boolean }) => void

export interface CallLimits {
  /** Takes a place. Throws OperationError `rate_limited` with details.retry_after_seconds. */
  enter(clientId: string, tool: string): Leave
  /** Calls still free in the current minute. */
  callsLeft(clientId: string): number
  forget(clientId: string): void
}

interface Usage {
  callsAtMs: number[]
  draftsAtMs: number[]
  running: number
}

function limited(message: string, waitMs: number): OperationError {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000))
  return new OperationError('rate_limited', message, `Wait ${seconds} seconds, then call again. Do not retry sooner.`, {
    retryable: true,
    details: { retry_after_seconds: seconds },
  })
}

export function createCallLimits(clock: Clock): CallLimits {
  const usages = new Map<string, Usage>()

  function usageOf(clientId: string): Usage {
    let usage = usages.get(clientId)
    if (usage === undefined) {
      usage = { callsAtMs: [], draftsAtMs: [], running: 0 }
      usages.set(clientId, usage)
    }
    const nowMs = clock.monotonicMs()
    usage.callsAtMs = usage.callsAtMs.filter((atMs) => atMs > nowMs - MINUTE_MS)
    usage.draftsAtMs = usage.draftsAtMs.filter((atMs) => atMs > nowMs - HOUR_MS)
    return usage
  }

  return {
    enter(clientId, tool) {
      const usage = usageOf(clientId)
      const nowMs = clock.monotonicMs()
      if (usage.callsAtMs.length >= CALLS_PER_MINUTE) {
        const waitMs = (usage.callsAtMs[0] ?? nowMs) + MINUTE_MS - nowMs
        throw limited(`This client has made ${CALLS_PER_MINUTE} calls within a minute, which is its limit.`, waitMs)
      }
      if (usage.running >= CALLS_AT_ONCE) {
        throw limited(`This client already has ${CALLS_AT_ONCE} calls running, which is its limit.`, 1000)
      }
      const countsAsDraft = MAKES_A_DRAFT.has(tool)
      if (countsAsDraft && usage.draftsAtMs.length >= DRAFTS_PER_HOUR) {
        const waitMs = (usage.draftsAtMs[0] ?? nowMs) + HOUR_MS - nowMs
        throw limited(`This client has made ${DRAFTS_PER_HOUR} drafts within an hour, which is its limit.`, waitMs)
      }
      usage.callsAtMs.push(nowMs)
      if (countsAsDraft) usage.draftsAtMs.push(nowMs)
      usage.running += 1
      let hasLeft = false
      return ({ madeDraft }) => {
        if (hasLeft) return
        hasLeft = true
        usage.running -= 1
        if (!countsAsDraft || madeDraft) return
        const place = usage.draftsAtMs.indexOf(nowMs)
        if (place >= 0) usage.draftsAtMs.splice(place, 1)
      }
    },
    callsLeft: (clientId) =>
      usages.has(clientId) ? CALLS_PER_MINUTE - usageOf(clientId).callsAtMs.length : CALLS_PER_MINUTE,
    forget(clientId) {
      usages.delete(clientId)
    },
  }
}

const REFUSALS_PER_CLIENT = 20
const REFUSALS_IN_TOTAL = 60

/**
 * The same port with a bound on noteRefusal, per minute: an attacker who guesses must show up in the log, but must
 * not be able to fill it.
 */
export function boundRefusals(port: AgentPort, clock: Clock, log: Logger): AgentPort {
  let recent: { readonly clientId: string; readonly atMs: number }[] = []
  return {
    run: (caller, name, input, signal) => port.run(caller, name, input, signal),
    noteRefusal(what) {
      const nowMs = clock.monotonicMs()
      recent = recent.filter((note) => note.atMs > nowMs - MINUTE_MS)
      if (recent.length >= REFUSALS_IN_TOTAL) return
      if (recent.filter((note) => note.clientId === what.clientId).length >= REFUSALS_PER_CLIENT) return
      recent.push({ clientId: what.clientId, atMs: nowMs })
      try {
        port.noteRefusal(what)
      } catch (error) {
        // The refusal itself stands, whether or not it could be written down.
        log.error('mcp.refusal_not_noted', error, { tool: what.tool, code: what.code })
      }
    },
  }
}
