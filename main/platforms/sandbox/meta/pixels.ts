/** What pixels received: hourly counts by event, the last time anything arrived, and Meta's own checks. */
import { between, mix } from '../random.ts'
import { metaTime } from './stamp.ts'
import type { MetaPixel } from './types.ts'
import { type Call, invalid } from './wire.ts'

const HOUR_MS = 3_600_000
const EVENTS = ['PageView', 'ViewContent', 'AddToCart', 'InitiateCheckout', 'Purchase'] as const
/** Events of one hour at noon, in the order of EVENTS. */
const RATES = [420, 190, 31, 14, 6] as const
/** A month of hours; longer ranges are refused. */
const MAX_HOURS = 24 * 32

/** When the pixel last fired; undefined when it never did. */
export function lastFiredMs(pixel: MetaPixel, nowMs: number): number | undefined {
  if (pixel.health === 'never') return undefined
  if (pixel.health === 'stale') return Math.floor(nowMs / HOUR_MS) * HOUR_MS - 40 * 24 * HOUR_MS
  if (pixel.health === 'unavailable') return Math.floor(nowMs / HOUR_MS) * HOUR_MS - 9 * 24 * HOUR_MS
  return Math.floor(nowMs / 60_000) * 60_000 - (pixel.key % 7) * 60_000
}

function hourCounts(seed: number, pixel: MetaPixel, hourMs: number): readonly { value: string; count: number }[] {
  const hour = Math.floor(hourMs / HOUR_MS)
  const rhythm = 0.3 + 0.7 * Math.sin((Math.PI * (hour % 24)) / 24)
  const counts = EVENTS.map((value, index) => {
    // A shop that lost its purchase event on a relaunch: what "no value" means on this wire.
    const isLost = pixel.health === 'no_value' && value === 'Purchase'
    return {
      value,
      count: isLost ? 0 : Math.floor((RATES[index] ?? 0) * rhythm * between(0.7, 1.3, seed, pixel.key, hour, index)),
    } // prettier-ignore
  })
  return counts.filter(({ count }) => count > 0)
}

/** Seconds since 1970, or a date. */
function momentOf(call: Call, name: string): number | undefined {
  const text = call.params.text(name)
  if (text === undefined) return undefined
  const ms = /^\d{9,11}$/.test(text) ? Number(text) * 1000 : Date.parse(text)
  if (Number.isNaN(ms)) throw invalid(`Param ${name} must be a valid time`)
  return ms
}

/** GET /{pixel}/stats: hourly buckets, only hours in which something arrived. The last hour before now is still filling. */
export function pixelStats(call: Call, pixel: MetaPixel): unknown {
  const aggregation = call.params.text('aggregation') ?? 'event'
  if (!['event', 'event_source', 'event_total_counts', 'match_keys'].includes(aggregation))
    throw invalid(`Param aggregation must be one of {EVENT, EVENT_SOURCE, EVENT_TOTAL_COUNTS, MATCH_KEYS}`)
  const nowMs = call.world.nowMs()
  const endMs = Math.min(momentOf(call, 'end_time') ?? nowMs, nowMs)
  const startMs = momentOf(call, 'start_time') ?? endMs - 24 * HOUR_MS
  const untilMs = lastFiredMs(pixel, nowMs) ?? Number.NEGATIVE_INFINITY
  const buckets: unknown[] = []
  const first = Math.floor(startMs / HOUR_MS) * HOUR_MS
  if (endMs - first > MAX_HOURS * HOUR_MS) throw invalid('The time range is too long')
  for (let at = first; at < endMs && at <= untilMs; at += HOUR_MS) {
    const counts = hourCounts(call.world.seed, pixel, at)
    const total = counts.reduce((sum, { count }) => sum + count, 0)
    const data =
      aggregation === 'event'
        ? counts
        : aggregation === 'event_total_counts'
          ? [{ value: 'total', count: total }]
          : aggregation === 'event_source'
            ? [{ value: 'BROWSER_ONLY', count: total }]
            : [{ value: 'em', count: Math.floor(total / 3) }]
    if (total > 0) buckets.push({ start_time: metaTime(at, 'UTC'), aggregation, data })
  }
  return { data: buckets }
}

/** GET /{pixel}/da_checks: Meta's own findings. */
export function pixelChecks(pixel: MetaPixel): unknown {
  const check = (key: string, passed: boolean, title: string) => ({
    key,
    result: passed ? 'passed' : 'failed',
    title,
    description: title,
    user_message: title,
    action_uri: 'https://business.facebook.com/events_manager2',
  })
  return {
    data: [
      check('pixel_fired', pixel.health === 'fresh' || pixel.health === 'no_value', 'Pixel fired in the last 14 days'),
      check('purchase_value', pixel.health === 'fresh', 'Purchase events carry a value and a currency'),
    ],
  }
}

/** GET /{pixel}/event_last_fired_time. */
export function pixelLastFired(call: Call, pixel: MetaPixel): unknown {
  const last = lastFiredMs(pixel, call.world.nowMs())
  if (last === undefined) return { data: [] }
  return {
    data: EVENTS.filter((event) => pixel.health !== 'no_value' || event !== 'Purchase').map((event, index) => ({
      event,
      last_fired_time: metaTime(last - (mix(pixel.key, index) % 50) * 60_000, 'UTC'),
    })),
  }
}
