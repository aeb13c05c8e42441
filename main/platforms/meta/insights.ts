/**
 * Daily reports: asked for directly, in pieces that shrink when Meta says that they are too much, and as a report that Meta prepares
 * ("async") only where a single day still is. Changes nothing of the advertiser's.
 */
import type { Clock } from '../../../shared/clock.ts'
import type { AccountId } from '../../../shared/domain/ids.ts'
import type { MetricFact, MetricLevel } from '../../../shared/domain/metric.ts'
import { OperationError } from '../../../shared/errors.ts'
import { type DayRange } from '../days.ts'
import { ReadFailure } from '../http.ts'
import type { MetaClient } from './client.ts'
import { errorFor, errorForFailure, isTooMuch, parseError, serverTrouble, unreadable } from './codes.ts'
import { REPORT_LEVELS, reportFields, toFact, WINDOWS } from './map-facts.ts'
import { halves, splitRange, todayIn } from './ranges.ts'
import { digitsOf, type Listing, type MetaReads, type Query } from './reads.ts'
import * as wire from './wire.ts'

/** Looks at a report in preparation: about ten minutes in all. */
const MAX_LOOKS = 60
const FIRST_LOOK_MS = 1000
const LOOK_EVERY_MS = 10_000
/** Below that a report's trouble is not its pages. */
const SMALLEST_PAGE = 100

export interface InsightsDeps {
  readonly client: MetaClient
  readonly reads: MetaReads
  readonly clock: Clock
}

export interface InsightsRequest {
  readonly accountId: AccountId
  readonly level: MetricLevel
  readonly startDate: string
  readonly endDate: string
}

function queryOf(level: MetricLevel, { startDate, endDate }: DayRange): Query {
  const report = REPORT_LEVELS[level]
  return {
    level: report.level,
    fields: reportFields(report),
    time_range: { since: startDate, until: endDate },
    time_increment: 1,
    action_attribution_windows: [...WINDOWS],
    action_breakdowns: ['action_type'],
    filtering: [{ field: `${report.level}.effective_status`, operator: 'IN', value: [...report.statuses] }],
  }
}

type Row = wire.WireInsight
type InsightListing = Listing<typeof wire.insightSchema>

function reportFailed(): OperationError {
  return new OperationError(
    'platform_unreachable',
    'Meta could not prepare this report.',
    'Nothing was stored. Try again later, or ask for fewer days.',
    { retryable: true, details: { platform: 'meta', reason: 'report_failed' } },
  )
}

/** Has Meta prepare one report, and waits for it. @returns the run's id */
async function prepared({ client }: InsightsDeps, subject: string, query: Query, signal: AbortSignal): Promise<string> {
  const outcome = await client.post({ path: `/act_${subject}/insights`, body: query, kind: 'report', subject, signal })
  if (outcome.kind !== 'answer') throw signal.aborted ? errorForFailure(new ReadFailure('cancelled')) : reportFailed()
  const { status, text } = outcome.answer
  if (status !== 200) {
    const wireError = parseError(text)
    throw wireError === undefined ? serverTrouble(status) : errorFor(wireError, status)
  }
  let run: string | undefined
  try {
    run = wire.reportRunSchema.safeParse(JSON.parse(text)).data?.report_run_id
  } catch {
    run = undefined
  }
  if (run === undefined) throw unreadable('no report in it')
  const fields = 'async_status,async_percent_completion'
  for (let look = 0; look < MAX_LOOKS; look += 1) {
    await client.pause(Math.min(LOOK_EVERY_MS, FIRST_LOOK_MS * 2 ** look), signal)
    const asked = { path: `/${run}`, query: { fields }, schema: wire.reportStateSchema, subject, signal }
    const { async_status: state, async_percent_completion: percent } = (await client.get(asked)).data
    // "Completed" below 100 percent is still being written (marketing-api/insights/best-practices).
    if (state === 'Job Completed' && percent === 100) return run
    if (state === 'Job Failed' || state === 'Job Skipped') throw reportFailed()
  }
  throw reportFailed()
}

/**
 * Every row of some days, each once. What becomes too much in the middle of its pages starts again in smaller pieces, of which the rows that
 * came already are left out.
 */
async function* rowsOf(
  deps: InsightsDeps,
  request: InsightsRequest,
  days: DayRange,
  signal: AbortSignal,
): AsyncGenerator<readonly Row[]> {
  const subject = digitsOf(request.accountId)
  const query = queryOf(request.level, days)
  const path = `/act_${subject}/insights`
  const listing: InsightListing = { path, query, item: wire.insightSchema, subject, smallestPage: SMALLEST_PAGE }
  const parts = halves(days)
  const keyOf = (row: Row) => `${row[REPORT_LEVELS[request.level].idField] ?? ''} ${row.date_start}`
  const came = new Set<string>()
  try {
    for await (const page of deps.reads.pages({ ...listing, isSplittable: parts !== undefined }, signal)) {
      yield page
      for (const row of page) came.add(keyOf(row))
    }
    return
  } catch (error) {
    if (!isTooMuch(error)) throw error
  }
  for await (const page of smallerPieces(deps, request, listing, parts, signal))
    yield came.size === 0 ? page : page.filter((row) => !came.has(keyOf(row)))
}

async function* smallerPieces(
  deps: InsightsDeps,
  request: InsightsRequest,
  listing: InsightListing,
  parts: readonly DayRange[] | undefined,
  signal: AbortSignal,
): AsyncGenerator<readonly Row[]> {
  if (parts !== undefined) {
    for (const part of parts) yield* rowsOf(deps, request, part, signal)
    return
  }
  const run = await prepared(deps, listing.subject, listing.query, signal)
  yield* deps.reads.pages({ ...listing, path: `/${run}/insights`, query: {} }, signal)
}

/** Facts of whole account-local days. @throws OperationError range_too_long beyond 37 months, and what the reads throw */
export async function* dailyFacts(
  deps: InsightsDeps,
  request: InsightsRequest,
  signal: AbortSignal,
): AsyncGenerator<readonly MetricFact[]> {
  const { accountId: id, level } = request
  const { currency, timeZone } = await deps.reads.account(id, signal)
  const pieces = splitRange(request, todayIn(timeZone, deps.clock.nowMs()))
  for (const days of pieces)
    for await (const page of rowsOf(deps, request, days, signal)) {
      for (const row of page)
        if (row.date_start < days.startDate || row.date_start > days.endDate)
          throw unreadable('a day that was not asked for')
      yield page.map((row) => toFact(id, currency, level, row))
    }
}
