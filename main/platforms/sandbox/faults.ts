/** Faults on demand: what a real platform or network does on a bad day, counted, per path. */

/** Every way a request can go wrong here. "After effect" means the platform did the work and the answer got lost. */
export const FAULT_KINDS = [
  'throttle', // HTTP 200, code 40100
  'http_500',
  'http_502_html',
  'timeout_before_effect', // never answered, nothing done
  'timeout_after_effect', // done, never answered
  'reset_before_effect',
  'reset_after_effect', // done, then the connection dies
  'half_page', // full Content-Length promised, half sent, connection cut
  'truncated_json', // a complete HTTP answer whose JSON stops in the middle
  'html_200', // a proxy's page instead of JSON
  'expired_token', // 40102
  'invalid_token', // 40105
  'redirect', // 302 to `location`
  'partial', // 20001, every id of the request listed as failed
  'success_without_effect', // says yes, does nothing
  'latency', // answers after `latencyMs`
  'code', // any code and message
  'empty_body',
] as const
export type FaultKind = (typeof FAULT_KINDS)[number]

export interface Fault {
  readonly kind: FaultKind
  /** Path below /open_api/v1.3, e.g. "/adgroup/update/"; "*" for any. Google's names stand at the top of google/server.ts. */
  readonly path: string
  /** How many requests it hits; 1 unless told. */
  readonly times?: number
  /** Requests to let through before the first hit. */
  readonly after?: number
  readonly latencyMs?: number
  readonly location?: string
  readonly code?: number
  readonly message?: string
}

export interface Faults {
  add(fault: Fault): void
  clear(): void
  /** Requests per second and app before 40100; undefined switches the limit off. */
  limitRate(perSecond: number | undefined): void
  /** The fault for this request, used up by asking. `others` are further names that the same request goes by. */
  take(path: string, ...others: readonly string[]): Fault | undefined
  /** Whether one more request now is over the limit. */
  isOverRate(monotonicMs: number): boolean
}

interface Armed {
  readonly fault: Fault
  after: number
  times: number
}

export function createFaults(): Faults {
  let armed: Armed[] = []
  let perSecond: number | undefined
  let recent: number[] = []
  return {
    add: (fault) => {
      armed.push({ fault, after: fault.after ?? 0, times: fault.times ?? 1 })
    },
    clear: () => {
      armed = []
    },
    limitRate: (limit) => {
      perSecond = limit
      recent = []
    },
    take: (path, ...others) => {
      for (const entry of armed) {
        const wanted = entry.fault.path
        if (wanted !== '*' && wanted !== path && !others.includes(wanted)) continue
        if (entry.after > 0) {
          entry.after -= 1
          continue
        }
        entry.times -= 1
        if (entry.times <= 0) armed = armed.filter((other) => other !== entry)
        return entry.fault
      }
      return undefined
    },
    isOverRate: (monotonicMs) => {
      if (perSecond === undefined) return false
      recent = recent.filter((at) => at > monotonicMs - 1000)
      if (recent.length >= perSecond) return true
      recent.push(monotonicMs)
      return false
    },
  }
}
