/** Pixels and whether what they send can be used. Reads only. All names are untrusted; the problems are our words. */
import { z } from 'zod'
import type { Clock } from '../../../shared/clock.ts'
import type { AccountId } from '../../../shared/domain/ids.ts'
import type { Tracker, TrackerState } from '../../../shared/domain/tracker.ts'
import { OperationError } from '../../../shared/errors.ts'
import { timeOf } from './delivery.ts'
import { digitsOf, type Listing, type MetaReads } from './reads.ts'
import * as wire from './wire.ts'

const DAY_MS = 86_400_000
/** A shop's pixel fires every day; a week of silence means that something broke. */
const STALE_AFTER_MS = 7 * DAY_MS
const MAX_PIXELS = 500
/** Pixels looked into; every one costs two more requests. */
const MAX_DETAILED = 50
const MAX_EVENTS = 50
/** One row per hour; a week has 168. */
const MAX_STAT_ROWS = 1000
const MAX_CHECKS = 200
/** So many checkouts in a week without one purchase are no slow week. */
const MANY_CHECKOUTS = 20

const FIELDS = 'id,name,last_fired_time,is_unavailable,creation_time'
const checkSchema = z.object({
  key: z.string().max(200).nullish(),
  result: z.string().max(200).nullish(),
})
type Check = z.infer<typeof checkSchema>

interface TrackerDeps {
  readonly reads: MetaReads
  readonly clock: Clock
}

type Counts = readonly { readonly name: string; readonly count: number }[]

/** A part that a connection may not see is left out: a pixel can belong to another business. */
async function ifAllowed<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    const isKept =
      error instanceof OperationError && (error.code === 'platform_refused' || error.code === 'unknown_entity')
    if (isKept) return undefined
    throw error
  }
}

async function eventsOf(
  { reads, clock }: TrackerDeps,
  pixel: string,
  subject: string,
  signal: AbortSignal,
): Promise<Counts> {
  const endMs = clock.nowMs()
  const query = {
    aggregation: 'event',
    start_time: Math.floor((endMs - STALE_AFTER_MS) / 1000),
    end_time: Math.floor(endMs / 1000),
  }
  const listing: Listing<typeof wire.pixelStatsSchema> = {
    path: `/${pixel}/stats`,
    query,
    item: wire.pixelStatsSchema,
    subject,
    maxRows: MAX_STAT_ROWS,
  }
  const sums = new Map<string, number>()
  for await (const page of reads.pages(listing, signal))
    for (const hour of page)
      for (const { value, count } of hour.data)
        if (Number.isSafeInteger(count) && count >= 0) sums.set(value, (sums.get(value) ?? 0) + count)
  return [...sums]
    .map(([name, count]) => ({ name, count }))
    .toSorted((left, right) => right.count - left.count || (left.name < right.name ? -1 : 1))
    .slice(0, MAX_EVENTS)
}

interface Verdict {
  readonly state: TrackerState
  readonly problems: readonly string[]
}

/** Pure: what a pixel's facts come to. */
export function judgePixel(facts: {
  readonly isUnavailable: boolean
  readonly lastFiredAtMs: number | null
  readonly events: Counts | undefined
  readonly checks: readonly Check[] | undefined
  readonly nowMs: number
}): Verdict {
  const { isUnavailable, lastFiredAtMs, events, checks, nowMs } = facts
  if (isUnavailable)
    return {
      state: 'misconfigured',
      problems: [
        'Meta says that this pixel is unavailable: it is not shared with this ad account, or it was switched off.',
      ],
    }
  if (lastFiredAtMs === null)
    return {
      state: 'unverified',
      problems: ['This pixel has never received anything. Check whether it is built into the website.'],
    }
  if (nowMs - lastFiredAtMs > STALE_AFTER_MS) {
    const days = Math.floor((nowMs - lastFiredAtMs) / DAY_MS)
    return { state: 'stale', problems: [`This pixel last received something ${days} days ago.`] }
  }
  const problems: string[] = []
  const countOf = (name: string) => events?.find((each) => each.name === name)?.count ?? 0
  const checkouts = countOf('InitiateCheckout') + countOf('AddToCart')
  if (events !== undefined && checkouts >= MANY_CHECKOUTS && countOf('Purchase') === 0)
    problems.push('Carts and checkouts arrive, but not one purchase in seven days: the purchase event is missing.')
  const failed = (checks ?? []).filter((check) => check.result === 'failed')
  if (failed.some((check) => check.key === 'purchase_value'))
    problems.push('Purchases arrive without a value or a currency, so a return on ad spend cannot be counted.')
  const others = failed.filter((check) => check.key !== 'purchase_value').length
  if (others > 0)
    problems.push(
      `Meta’s own diagnostics report ${others} more ${others === 1 ? 'problem' : 'problems'}: see Events Manager.`,
    )
  return { state: problems.length === 0 ? 'healthy' : 'misconfigured', problems }
}

async function toTracker(
  deps: TrackerDeps,
  id: AccountId,
  pixel: wire.WirePixel,
  isDetailed: boolean,
  signal: AbortSignal,
): Promise<Tracker> {
  const subject = digitsOf(id)
  const lastFiredAtMs = timeOf(pixel.last_fired_time) ?? null
  const isUnavailable = pixel.is_unavailable === true
  const hasEvents = isDetailed && lastFiredAtMs !== null && !isUnavailable
  const events = hasEvents ? await ifAllowed(eventsOf(deps, pixel.id, subject, signal)) : undefined
  const checkListing = { path: `/${pixel.id}/da_checks`, query: {}, item: checkSchema, subject, maxRows: MAX_CHECKS }
  const checks = hasEvents ? await ifAllowed(deps.reads.all(checkListing, signal)) : undefined
  const { state, problems } = judgePixel({ isUnavailable, lastFiredAtMs, events, checks, nowMs: deps.clock.nowMs() })
  return {
    accountId: id,
    externalId: pixel.id,
    kind: 'pixel',
    name: pixel.name ?? pixel.id,
    state,
    rawStatus: isUnavailable ? 'is_unavailable' : (pixel.last_fired_time ?? ''),
    lastReceivedAtMs: lastFiredAtMs,
    ...(events === undefined ? {} : { events }),
    problems,
  }
}

/** Pixels of one account, at most 500; the first 50 with their events of seven days. */
export async function listTrackers(deps: TrackerDeps, id: AccountId, signal: AbortSignal): Promise<readonly Tracker[]> {
  const subject = digitsOf(id)
  const listing = { path: `/act_${subject}/adspixels`, query: { fields: FIELDS }, item: wire.pixelSchema, subject }
  const pixels = (await deps.reads.all(listing, signal)).slice(0, MAX_PIXELS)
  const trackers: Tracker[] = []
  for (const [index, pixel] of pixels.entries())
    trackers.push(await toTracker(deps, id, pixel, index < MAX_DETAILED, signal))
  return trackers
}
