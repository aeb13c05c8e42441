/** TikTok's pixels and whether events arrive through them. Reads only. */
import type { AccountId } from '../../../shared/domain/ids.ts'
import type { Tracker, TrackerState } from '../../../shared/domain/tracker.ts'
import type { TiktokClient } from './client.ts'
import { advertiserOf, PIXELS, type TiktokReads } from './reads.ts'
import * as wire from './wire.ts'

const DAY_MS = 86_400_000
/** Events are counted over a week; a longer look back tells "silent lately" from "never heard of". */
const WEEK_DAYS = 7
const LOOK_BACK_DAYS = 30
const MAX_TRACKERS = 500
const MAX_EVENTS = 50

interface Counted {
  readonly total: number
  readonly tests: number
  readonly events: readonly { readonly name: string; readonly count: number }[]
}

function counted(stats: wire.WirePixelStats | undefined): Counted {
  let total = 0
  let tests = 0
  const events: { name: string; count: number }[] = []
  for (const item of stats?.statistics ?? []) {
    const count = item.total_count ?? 0
    total += count
    tests += item.preview_count ?? 0
    const own = item.custom_event_type ?? ''
    const name = own === '' ? item.pixel_event_type : own
    if (count > 0) events.push({ name: name ?? 'unnamed', count })
  }
  return { total, tests, events: events.toSorted((left, right) => right.count - left.count).slice(0, MAX_EVENTS) }
}

function judge(week: Counted, month: Counted): { readonly state: TrackerState; readonly problems: readonly string[] } {
  if (week.total > 0 && week.tests >= week.total)
    return {
      state: 'misconfigured',
      problems: ['Only test events arrive. No visit or order of a customer is counted.'],
    }
  if (week.total > 0) return { state: 'healthy', problems: [] }
  if (month.total > 0)
    return { state: 'stale', problems: [`Nothing has arrived for ${WEEK_DAYS} days, although events came before.`] }
  return { state: 'unverified', problems: [`Nothing has arrived in the last ${LOOK_BACK_DAYS} days.`] }
}

/** "2026-11-20 10:00:00", UTC, to milliseconds; undefined when it is no time. */
function timeOf(stamp: string | null | undefined): number | undefined {
  const match = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})Z?$/.exec(stamp ?? '')
  const ms = match === null ? Number.NaN : Date.parse(`${match[1]}T${match[2]}Z`)
  return Number.isNaN(ms) ? undefined : ms
}

/** All pixels of an account, at most 500. */
export async function readTrackers(
  client: TiktokClient,
  reads: TiktokReads,
  asked: { readonly accountId: AccountId; readonly nowMs: number },
  signal: AbortSignal,
): Promise<readonly Tracker[]> {
  const { accountId, nowMs } = asked
  const advertiser = advertiserOf(accountId)
  const dayBefore = (days: number) => new Date(nowMs - days * DAY_MS).toISOString().slice(0, 10)
  const statsOver = async (ids: readonly string[], days: number) => {
    const range = { start_date: dayBefore(days - 1), end_date: dayBefore(0) }
    const query = { advertiser_id: advertiser, pixel_ids: ids, date_range: range }
    const { data } = await client.get('/pixel/event/stats/', query, wire.pixelStatsSchema, signal)
    return new Map(data.list.map((item) => [item.pixel_id, counted(item)]))
  }
  const trackers: Tracker[] = []
  for await (const { data } of reads.pages('/pixel/list/', { advertiser_id: advertiser }, PIXELS, signal)) {
    const ids = data.map((pixel) => pixel.pixel_id)
    if (ids.length === 0) continue
    const week = await statsOver(ids, WEEK_DAYS)
    const quiet = ids.filter((id) => (week.get(id)?.total ?? 0) === 0)
    const month = quiet.length === 0 ? new Map<string, Counted>() : await statsOver(quiet, LOOK_BACK_DAYS)
    for (const pixel of data) {
      const nothing = counted(undefined)
      const recent = week.get(pixel.pixel_id) ?? nothing
      const { state, problems } = judge(recent, month.get(pixel.pixel_id) ?? nothing)
      const createdAtMs = timeOf(pixel.create_time)
      // Younger than our look back and silent in all of it: it has never received anything.
      const isNew = createdAtMs !== undefined && nowMs - createdAtMs < (LOOK_BACK_DAYS - 1) * DAY_MS
      trackers.push({
        accountId,
        externalId: pixel.pixel_id,
        kind: 'pixel',
        name: pixel.pixel_name ?? pixel.pixel_id,
        state,
        rawStatus: pixel.activity_status ?? '',
        ...(state === 'unverified' && isNew ? { lastReceivedAtMs: null } : {}),
        events: recent.events,
        problems,
      })
    }
    if (trackers.length >= MAX_TRACKERS) break
  }
  return trackers.slice(0, MAX_TRACKERS)
}
