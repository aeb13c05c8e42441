/**
 * TikTok's change history of one account: a file that TikTok is asked to prepare, looked for until it is there, and fetched. Reads only.
 * Rules from the platform docs, "Change Log": at most 30 days at a time, times to the minute and in UTC, no request ids. How late a line may
 * come is not documented; half an hour is what TikTok's real-time numbers take.
 */
import { z } from 'zod'
import { type AccountId, type EntityId, splitEntityId } from '../../../shared/domain/ids.ts'
import { OperationError } from '../../../shared/errors.ts'
import { type ChangeHistory, cutHistory, type HistoryRange, keptRange, rowLimit } from '../history.ts'
import type { Branches } from './branches.ts'
import type { TiktokClient } from './client.ts'
import { unreadable } from './codes.ts'
import { csvOf, groupsToAsk, type LogContext, logLines, toChanges } from './history-map.ts'
import { readEntity } from './live.ts'
import { advertiserOf, type TiktokReads } from './reads.ts'

export const HISTORY_LAG_MS = 30 * 60_000

const MINUTE_MS = 60_000
/** A file is ready within seconds as a rule; after so many looks it is not waited for any longer. */
const MAX_LOOKS = 20
const LOOK_PAUSE_MS = 3_000
/** Ad groups that are looked up to tell which kind of bid a line is about. */
const MAX_LOOKUPS = 25

const createdSchema = z.object({ task_id: z.union([z.string().regex(/^[0-9]{1,30}$/), z.int()]).transform(String) })
const checkedSchema = z.object({ status: z.string().max(40) })
const downloadSchema = z.object({ status: z.string().max(40), changelog: z.string().max(30_000_000).nullish() })

/** "2026-11-23 09:00:00", UTC. */
function stamp(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')
}

function notReady(): OperationError {
  return new OperationError(
    'timeout',
    'TikTok has not finished preparing the change log.',
    'It is asked for again with the next synchronisation.',
    { retryable: true, details: { platform: 'tiktok' } },
  )
}

async function download(
  client: TiktokClient,
  advertiserId: string,
  range: { readonly fromMs: number; readonly untilMs: number },
  signal: AbortSignal,
): Promise<string> {
  const body = { advertiser_id: advertiserId, start_time: stamp(range.fromMs), end_time: stamp(range.untilMs) }
  const { data: created } = await client.request('/changelog/task/create/', body, createdSchema, signal)
  const query = { advertiser_id: advertiserId, task_id: created.task_id }
  for (let looks = 0; looks < MAX_LOOKS; looks += 1) {
    const { data } = await client.get('/changelog/task/check/', query, checkedSchema, signal)
    if (data.status === 'SUCCESS') {
      const { data: file } = await client.get('/changelog/task/download/', query, downloadSchema, signal)
      if (file.status !== 'SUCCESS') throw unreadable('a change log that is ready and is not')
      return file.changelog ?? ''
    }
    if (data.status !== 'PROCESSING') throw unreadable(`a change log that it could not prepare`)
    await client.pause(LOOK_PAUSE_MS, signal)
  }
  throw notReady()
}

type BidNow = LogContext['bidNow']

/** Which kind of bid these ad groups have now. */
async function bidsOf(
  reads: TiktokReads,
  branches: Branches,
  groups: readonly EntityId[],
  signal: AbortSignal,
): Promise<BidNow> {
  const found = new Map<EntityId, ReturnType<BidNow>>()
  for (const group of groups.slice(-MAX_LOOKUPS)) {
    if (splitEntityId(group).type !== 'ad_group') continue
    try {
      const { entity } = await readEntity(reads, branches, group, signal)
      found.set(
        group,
        (['cost_cap', 'bid_cap', 'target_roas'] as const).find((field) => entity.values?.[field] !== undefined),
      )
    } catch (error) {
      // Gone meanwhile: the line is kept, without a field.
      if (!(error instanceof OperationError) || error.code !== 'unknown_entity') throw error
    }
  }
  return (group) => found.get(group)
}

/** Changes of one account, oldest first. @throws OperationError; timeout when TikTok takes too long to prepare the file */
export async function readChanges(
  parts: { readonly client: TiktokClient; readonly reads: TiktokReads; readonly branches: Branches },
  asked: { readonly id: AccountId; readonly range: HistoryRange; readonly nowMs: number },
  signal: AbortSignal,
): Promise<ChangeHistory> {
  const { client, reads, branches } = parts
  const { id, range } = asked
  const kept = keptRange(range, asked.nowMs)
  // The log counts minutes: one that has only begun would come in pieces.
  const fromMs = Math.floor(kept.fromMs / MINUTE_MS) * MINUTE_MS
  const untilMs = Math.max(fromMs, kept.untilMs)
  const currency = await reads.currencyOf(id, signal)
  const changelog = await download(client, advertiserOf(id), { fromMs, untilMs }, signal)
  const csv = csvOf(changelog)
  const lines = changelog === '' ? [] : csv === undefined ? undefined : logLines(csv)
  if (lines === undefined) throw unreadable('a change log in a form that is not known')
  const inRange = lines.filter(({ atMs }) => atMs >= fromMs && atMs <= untilMs)
  const bidNow = await bidsOf(reads, branches, groupsToAsk(inRange, id), signal)
  const rows = toChanges(inRange, { account: id, currency, bidNow })
  const limit = rowLimit(range)
  if (rows.length > limit) return cutHistory(rows.slice(0, limit), fromMs)
  return { rows, coveredFromMs: fromMs, coveredUntilMs: untilMs, isComplete: kept.fromMs <= range.sinceMs }
}
