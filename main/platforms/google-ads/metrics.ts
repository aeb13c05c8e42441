/**
 * Daily metrics: one query for what was delivered, one for conversions by their lag, one for people reached; joined by entity and day.
 * Long ranges are read in pieces, so that memory holds one page and the side tables of one piece.
 */
import type { MetricFact, MetricLevel } from '../../../shared/domain/metric.ts'
import type { AccountId } from '../../../shared/domain/ids.ts'
import { OperationError } from '../../../shared/errors.ts'
import type { Logger } from '../../logger.ts'
import { type DayRange, splitDays } from '../days.ts'
import type { GoogleClient } from './client.ts'
import { isFieldRefusal } from './codes.ts'
import { addLag, type LagSums, reachOf, rowKey, toFact } from './map-facts.ts'
import * as queries from './queries.ts'
import type { AccountContext, GoogleReads } from './reads.ts'
import * as wire from './wire.ts'

/** Days per piece. Unique users are told for at most 92 days at a time; ads are many, so their pieces are short. */
const PIECE_DAYS: Readonly<Record<MetricLevel, number>> = { campaign: 90, ad_group: 60, ad: 30 }

const LAG = 'segments.conversion_lag_bucket'
const USERS = 'metrics.unique_users'

/** Which of the optional fields may be asked for together with which resource. Found out once per process. */
export interface Offered {
  lag(level: MetricLevel, signal: AbortSignal): Promise<boolean>
  reach(level: MetricLevel, signal: AbortSignal): Promise<boolean>
  /** Google refused the field after all. */
  refused(field: 'lag' | 'reach', level: MetricLevel): void
}

export function createOffered(client: GoogleClient, logger?: Logger): Offered {
  const answers = new Map<string, ReadonlySet<string> | undefined>()
  const refusals = new Set<string>()

  async function isOffered(
    name: string,
    partners: readonly string[],
    refusal: string,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (refusals.has(refusal)) return false
    if (!answers.has(name))
      try {
        answers.set(name, await client.selectableWith(name, signal))
      } catch (error) {
        // The directory of fields is a help, not a must: when it refuses to answer, the query itself will tell.
        if (!(error instanceof OperationError) || error.code !== 'platform_refused') throw error
        logger?.info('google_ads.fields_refused', { field: name })
        return true
      }
    const known = answers.get(name)
    if (known === undefined) return false
    // A directory without partners says nothing; the query itself will.
    return known.size === 0 || partners.every((partner) => known.has(partner))
  }

  return {
    lag: (level, signal) =>
      isOffered(
        LAG,
        [queries.LEVELS[level].from, 'metrics.conversions', 'metrics.conversions_value'],
        `lag ${level}`,
        signal,
      ),
    reach: (level, signal) => isOffered(USERS, [queries.LEVELS[level].from, 'segments.date'], `reach ${level}`, signal),
    refused: (field, level) => {
      refusals.add(`${field} ${level}`)
      logger?.info('google_ads.field_refused', { field, level })
    },
  }
}

interface Piece {
  readonly context: AccountContext
  readonly level: MetricLevel
  readonly range: DayRange
}

/** Lag sums of a piece; undefined where Google does not let the lag be asked for. */
async function lagsOf(
  reads: GoogleReads,
  offered: Offered,
  { context, level, range }: Piece,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, LagSums> | undefined> {
  if (!(await offered.lag(level, signal))) return undefined
  const sums = new Map<string, LagSums>()
  const query = { gaql: queries.lagBuckets(level, range), row: wire.lagRowSchema }
  try {
    for await (const { rows } of reads.pages(context, query, signal)) for (const row of rows) addLag(sums, level, row)
    return sums
  } catch (error) {
    if (!isFieldRefusal(error)) throw error
    offered.refused('lag', level)
    return undefined
  }
}

/** People reached per day. Never the reason that a report fails: what Google refuses here is simply not known. */
async function reachIn(
  reads: GoogleReads,
  offered: Offered,
  { context, level, range }: Piece,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number | null>> {
  const people = new Map<string, number | null>()
  if (!(await offered.reach(level, signal))) return people
  const query = { gaql: queries.reach(level, range), row: wire.reachRowSchema }
  try {
    for await (const { rows } of reads.pages(context, query, signal))
      for (const row of rows) people.set(rowKey(level, row), reachOf(row.metrics.uniqueUsers))
    return people
  } catch (error) {
    if (!(error instanceof OperationError) || error.code !== 'platform_refused') throw error
    // A field that Google does not combine is not asked for again; a refusal of one account's is.
    if (isFieldRefusal(error)) offered.refused('reach', level)
    return new Map()
  }
}

export async function* dailyMetrics(
  reads: GoogleReads,
  offered: Offered,
  request: {
    readonly accountId: AccountId
    readonly level: MetricLevel
    readonly startDate: string
    readonly endDate: string
  },
  signal: AbortSignal,
): AsyncGenerator<readonly MetricFact[]> {
  const { accountId: id, level } = request
  const pieces = splitDays(request, PIECE_DAYS[level])
  const context = await reads.context(id, signal)
  const account = { id, currency: context.currency }
  for (const range of pieces) {
    const piece = { context, level, range }
    const lags = await lagsOf(reads, offered, piece, signal)
    const reach = await reachIn(reads, offered, piece, signal)
    const query = { gaql: queries.metrics(level, range), row: wire.metricsRowSchema }
    for await (const { rows } of reads.pages(context, query, signal))
      yield rows.map((row) => toFact(account, level, row, { lags, reach }))
  }
}
