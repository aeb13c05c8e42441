/** Conversion actions and how they are doing. What they count is what bidding and every conversion column rest on. Never writes. */
import type { Tracker, TrackerState } from '../../../shared/domain/tracker.ts'
import type { AccountId } from '../../../shared/domain/ids.ts'
import * as queries from './queries.ts'
import type { AccountContext, GoogleReads } from './reads.ts'
import { localToUtcMs } from './zones.ts'
import * as wire from './wire.ts'

const MAX_TRACKERS = 500
const DAY_MS = 86_400_000
/** Google calls a conversion action without a hit for seven days "no recent conversions". */
const STALE_MS = 7 * DAY_MS
/** Window that the app's click columns are counted in. */
const CLICK_DAYS = 7

interface Health {
  readonly receivedAtMs: number | null
}

function daysOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,3}$/.test(text) ? Number(text) : undefined
}

/** Actions that carry money: without a value of their own they say nothing about return. */
const isAboutMoney = (category: string | undefined) => category === 'PURCHASE' || category === 'SUBSCRIBE_PAID'

function problemsOf(
  action: wire.WireAction,
  health: Health,
  nowMs: number,
): { state: TrackerState; problems: string[] } {
  if (action.status !== 'ENABLED')
    return {
      state: action.status === 'HIDDEN' || action.status === 'REMOVED' ? 'inactive' : 'unknown',
      problems: [],
    }
  const problems: string[] = []
  let state: TrackerState = 'healthy'
  const isPrimary = action.primaryForGoal === true
  if (isPrimary && action.includeInConversionsMetric === false) {
    state = 'misconfigured'
    problems.push('It is a primary action, but Google does not count it in the conversions column or bid on it.')
  }
  const settings = action.valueSettings
  if (isAboutMoney(action.category) && settings?.alwaysUseDefaultValue === true && (settings.defaultValue ?? 0) <= 0) {
    state = 'misconfigured'
    problems.push('Every conversion of this action counts as worth nothing, so return on ad spend cannot be computed.')
  }
  const clickDays = daysOf(action.clickThroughLookbackWindowDays)
  if (isPrimary && clickDays !== undefined && clickDays < CLICK_DAYS)
    problems.push(
      `It credits clicks for ${clickDays} days only, so 7-day numbers hold at most ${clickDays} days of it.`,
    )
  if (health.receivedAtMs === null) {
    state = 'unverified'
    problems.unshift('Nothing has ever arrived for this conversion action.')
  } else if (nowMs - health.receivedAtMs > STALE_MS) {
    state = 'stale'
    const days = Math.floor((nowMs - health.receivedAtMs) / DAY_MS)
    problems.unshift(`Nothing has arrived for ${days} days.`)
  }
  return { state, problems }
}

/** One conversion action as a tracker. `receivedAtMs` null: never. Pure. */
export function toTracker(
  account: AccountId,
  action: wire.WireAction,
  receivedAtMs: number | null,
  nowMs: number,
): Tracker {
  const { state, problems } = problemsOf(action, { receivedAtMs }, nowMs)
  const clickWindowDays = daysOf(action.clickThroughLookbackWindowDays)
  const viewWindowDays = daysOf(action.viewThroughLookbackWindowDays)
  return {
    accountId: account,
    externalId: action.id,
    kind: 'conversion_action',
    name: action.name ?? action.id,
    state,
    rawStatus: [action.status, action.type, action.category].filter((part) => part !== undefined).join(', '),
    lastReceivedAtMs: receivedAtMs,
    ...(action.primaryForGoal === undefined ? {} : { isPrimary: action.primaryForGoal }),
    ...(clickWindowDays === undefined ? {} : { clickWindowDays }),
    ...(viewWindowDays === undefined ? {} : { viewWindowDays }),
    problems,
  }
}

async function lastReceived(
  reads: GoogleReads,
  context: AccountContext,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>()
  const query = { gaql: queries.conversionActionHealth(), row: wire.actionHealthRowSchema }
  for await (const { rows } of reads.pages(context, query, signal))
    for (const { conversionAction, metrics } of rows) {
      const text = metrics?.conversionLastReceivedRequestDateTime ?? metrics?.conversionLastConversionDate
      const atMs = text === undefined ? undefined : localToUtcMs(text, context.details.timeZone)
      if (atMs !== undefined) found.set(conversionAction.id, atMs)
    }
  return found
}

/** Whether conversions of this account are counted by its manager: its own actions then say nothing. */
async function isCountedElsewhere(reads: GoogleReads, context: AccountContext, signal: AbortSignal): Promise<boolean> {
  const query = { gaql: queries.conversionTracking(), row: wire.trackingRowSchema }
  for await (const { rows } of reads.extras(context, query, signal)) {
    const status = rows[0]?.customer.conversionTrackingSetting?.conversionTrackingStatus ?? ''
    if (/MANAGED_BY_(THIS|ANOTHER)_MANAGER$/.test(status)) return true
  }
  return false
}

/** Conversion actions of one account, at most 500. @throws OperationError */
export async function listTrackers(
  reads: GoogleReads,
  id: AccountId,
  clock: { readonly nowMs: () => number },
  signal: AbortSignal,
): Promise<readonly Tracker[]> {
  const context = await reads.context(id, signal)
  const received = await lastReceived(reads, context, signal)
  const isElsewhere = await isCountedElsewhere(reads, context, signal)
  const trackers: Tracker[] = []
  const query = { gaql: queries.conversionActions(), row: wire.actionRowSchema }
  for await (const { rows } of reads.pages(context, query, signal))
    for (const { conversionAction: action } of rows) {
      if (trackers.length >= MAX_TRACKERS) return trackers
      const tracker = toTracker(id, action, received.get(action.id) ?? null, clock.nowMs())
      trackers.push(
        isElsewhere && tracker.state !== 'inactive'
          ? {
              ...tracker,
              problems: ['Conversions of this account are counted by a manager account.', ...tracker.problems],
            }
          : tracker,
      )
    }
  return trackers
}
