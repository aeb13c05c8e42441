/** The only place that asks the machine for the time. Everybody else is handed a clock. */
export interface Clock {
  /** Wall clock, milliseconds since 1970. A claim of this computer, never used for order. */
  nowMs(): number
  /** Monotonic milliseconds since an arbitrary point of this process; never jumps. For time-outs and token life. */
  monotonicMs(): number
}

// Both hosts have it; shared/ is compiled without either host's types.
declare const performance: { now(): number }

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
}
