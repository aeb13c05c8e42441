/**
 * What Meta says about allowances in its answer headers. Pure. Percentages are of the allowance used; there is no Retry-After.
 * (developers.facebook.com/docs/graph-api/overview/rate-limiting and marketing-api/overview/rate-limiting)
 */
import type { HttpAnswer } from '../http.ts'

export interface Usage {
  /** Percent by allowance: the account's, and "app". */
  readonly percents: ReadonlyMap<string, number>
  /** How long until calls are taken again, milliseconds; 0 when Meta does not say. */
  readonly regainMs: number
}

const MAX_HEADER = 20_000
const MAX_SUBJECTS = 50
const MINUTE_MS = 60_000

function parsed(text: string | undefined): Readonly<Record<string, unknown>> {
  if (text === undefined || text.length > MAX_HEADER) return {}
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
  } catch {
    return {}
  }
}

function numberOf(value: unknown): number {
  const number = typeof value === 'string' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) && number >= 0 ? number : 0
}

/** Reads the four usage headers. `accountId`: whose answer it is, "app" for calls without an account. Never throws. */
export function readUsage(header: HttpAnswer['header'], accountId: string): Usage {
  const percents = new Map<string, number>()
  let regainMs = 0
  const note = (subject: string, percent: number): void => {
    percents.set(subject, Math.max(percent, percents.get(subject) ?? 0))
  }
  // Its keys are businesses or accounts, by use case; whichever is used most is what this account has left.
  for (const entries of Object.values(parsed(header('x-business-use-case-usage'))).slice(0, MAX_SUBJECTS)) {
    if (!Array.isArray(entries)) continue
    for (const entry of entries.slice(0, MAX_SUBJECTS)) {
      const facts: Readonly<Record<string, unknown>> = typeof entry === 'object' && entry !== null ? { ...entry } : {}
      const used = ['call_count', 'total_cputime', 'total_time'].map((name) => numberOf(facts[name]))
      note(accountId, Math.max(...used))
      regainMs = Math.max(regainMs, numberOf(facts['estimated_time_to_regain_access']) * MINUTE_MS)
    }
  }
  const account = parsed(header('x-ad-account-usage'))
  if ('acc_id_util_pct' in account && accountId !== 'app') note(accountId, numberOf(account['acc_id_util_pct']))
  const insights = parsed(header('x-fb-ads-insights-throttle'))
  if ('acc_id_util_pct' in insights && accountId !== 'app') note(accountId, numberOf(insights['acc_id_util_pct']))
  if ('app_id_util_pct' in insights) note('app', numberOf(insights['app_id_util_pct']))
  const app = parsed(header('x-app-usage'))
  if (Object.keys(app).length > 0)
    note('app', Math.max(numberOf(app['call_count']), numberOf(app['total_time']), numberOf(app['total_cputime'])))
  return { percents, regainMs }
}

/** From here on reads are spaced out, so that the last quarter of an allowance is left for the person's own work. */
const SLOW_FROM_PERCENT = 75
const MAX_PACE_MS = 10_000

/** How long to wait before the next read at this much use: nothing under 75 %, 1 s there, 6 s at 100 %, never over 10 s. */
export function paceMs(percent: number): number {
  if (percent < SLOW_FROM_PERCENT) return 0
  return Math.min(MAX_PACE_MS, 1000 + Math.round((percent - SLOW_FROM_PERCENT) * 200))
}
