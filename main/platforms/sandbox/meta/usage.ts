/** How much of Meta's limits is used, and how Meta says so: percentages in headers, never a Retry-After. */
import type { Switches } from './oauth.ts'
import { effectiveStatus } from './status.ts'
import type { MetaAccount } from './types.ts'
import { GraphProblem } from './wire.ts'
import { entitiesOf, type MetaWorld } from './world.ts'

const HOUR_MS = 3_600_000

export type UsageKind = 'ads_management' | 'ads_insights'
/** Whose limit an answer says is used up. */
export type Throttle = 'none' | 'account' | 'app'

export interface UsageMeter {
  count(account: MetaAccount | undefined, kind: UsageKind): void
  headers(account: MetaAccount | undefined, kind: UsageKind, throttle: Throttle): Readonly<Record<string, string>>
}

/** Calls per account and hour against the documented limits. Reported only: what refuses is a fault or `limitRate`. */
export function createUsageMeter(world: MetaWorld, switches: Switches): UsageMeter {
  const calls = new Map<string, { hour: number; count: number }>()
  const activeAds = new Map<string, number>()
  const active = (account: MetaAccount): number => {
    let count = activeAds.get(account.id)
    if (count === undefined) {
      count = entitiesOf(account).filter(
        (item) => item.kind === 'ad' && effectiveStatus(item, world.nowMs()) === 'ACTIVE',
      ).length
      activeAds.set(account.id, count)
    }
    return count
  }
  const limitOf = (account: MetaAccount | undefined, kind: UsageKind): number => {
    const isFull = switches.tier === 'standard_access'
    const ads = account === undefined ? 0 : active(account)
    return kind === 'ads_insights' ? (isFull ? 190_000 : 600) + 400 * ads : (isFull ? 100_000 : 300) + 40 * ads
  }
  const keyOf = (account: MetaAccount | undefined, kind: UsageKind) => `${account?.id ?? 'app'} ${kind}`
  const percentOf = (account: MetaAccount | undefined, kind: UsageKind): number => {
    if (switches.usagePercent !== undefined) return switches.usagePercent
    const entry = calls.get(keyOf(account, kind))
    return entry === undefined ? 0 : Math.min(100, Math.floor((entry.count * 100) / limitOf(account, kind)))
  }
  return {
    count: (account, kind) => {
      const hour = Math.floor(world.nowMs() / HOUR_MS)
      const entry = calls.get(keyOf(account, kind))
      calls.set(keyOf(account, kind), { hour, count: entry?.hour === hour ? entry.count + 1 : 1 })
    },
    headers: (account, kind, throttle) => {
      const isThrottled = throttle === 'account'
      const percent = isThrottled ? 100 : percentOf(account, kind)
      const appPercent = throttle === 'app' ? 100 : percentOf(undefined, kind)
      const ads_api_access_tier = switches.tier
      const app = JSON.stringify({
        call_count: appPercent,
        total_time: appPercent,
        total_cputime: Math.floor(appPercent / 2),
      })
      if (account === undefined) return { 'x-app-usage': app }
      const usage = {
        type: kind,
        call_count: percent,
        total_cputime: Math.floor(percent / 3),
        total_time: Math.floor(percent / 2),
        estimated_time_to_regain_access: isThrottled ? switches.regainMinutes : 0,
        ads_api_access_tier,
      }
      return {
        'x-app-usage': app,
        'x-business-use-case-usage': JSON.stringify({ [account.id]: [usage] }),
        'x-ad-account-usage': JSON.stringify({
          acc_id_util_pct: percent,
          reset_time_duration: isThrottled ? switches.regainMinutes * 60 : 0,
          ads_api_access_tier,
        }),
        ...(kind === 'ads_insights'
          ? {
              'x-fb-ads-insights-throttle': JSON.stringify({
                app_id_util_pct: 0,
                acc_id_util_pct: percent,
                ads_api_access_tier,
              }),
            }
          : {}),
      }
    },
  }
}

const THROTTLES: Readonly<Record<number, readonly [string, number?]>> = {
  4: ['(#4) Application request limit reached', 1504022],
  17: ['(#17) User request limit reached', 2446079],
  32: ['(#32) Page request limit reached'],
  341: ['(#341) Feed action request limit reached'],
  368: ['(#368) The action attempted has been deemed abusive or is otherwise disallowed'],
  613: ['(#613) Calls to this api have exceeded the rate limit.', 1487742],
}

/** Meta's ways to say "later". Without a code, the one of the use case. */
export function throttled(code: number | undefined, kind: UsageKind): GraphProblem {
  const used = code ?? (kind === 'ads_insights' ? 80_000 : 80_004)
  const [message, subcode] = THROTTLES[used] ?? [
    `(#${used}) There have been too many calls from this ad-account. Wait a bit and try again. For more info, please refer to https://developers.facebook.com/docs/graph-api/overview/rate-limiting#ads-management.`,
    2446079,
  ]
  return new GraphProblem(used, message, {
    ...(subcode === undefined ? {} : { subcode }),
    title: 'Ad-account Has Too Many API Calls',
    userMessage: 'There have been too many calls from this ad-account. Wait a bit and try again.',
  })
}
