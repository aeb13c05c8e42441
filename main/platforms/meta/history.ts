/**
 * Meta's change history of one account: `/act_<id>/activities`. Reads only.
 * Rules from the marketing-api reference, "Ad Account, Activities": newest first, one week unless `since` is given, no end of its own that is
 * documented, no request ids. How late a line may come is not documented either; a quarter of an hour is what other numbers of Meta's take.
 */
import { z } from 'zod'
import type { AccountId } from '../../../shared/domain/ids.ts'
import { OperationError } from '../../../shared/errors.ts'
import { type ChangeHistory, type HistoryRange, keptRange, rowLimit } from '../history.ts'
import { ACTIVITY_FIELDS, activitySchema, adSetsToAsk, toChanges, type WireActivity } from './history-map.ts'
import { digitsOf, type MetaReads } from './reads.ts'

export const HISTORY_LAG_MS = 15 * 60_000

const SECOND_MS = 1_000
/** A request covers so much at first, half as much each time that it holds too many lines, and more again after that. */
const PIECE_MS = 5 * 86_400_000
const SMALLEST_PIECE_MS = SECOND_MS
/** Ad sets whose strategy is looked up to read a line about a bid; beyond them the line stays without its field. */
const MAX_LOOKUPS = 25

const strategySchema = z.object({
  id: z.string().regex(/^[0-9]{1,24}$/),
  account_id: z
    .string()
    .regex(/^[0-9]{1,24}$/)
    .optional(),
  bid_strategy: z.string().max(200).nullish(),
})

interface Collected {
  /** Oldest first. */
  readonly wires: readonly WireActivity[]
  readonly untilMs: number
  readonly isWhole: boolean
}

/** Pieces of the range one after the other, oldest first, so that what is cut off is the newest end. */
async function collect(
  reads: MetaReads,
  subject: string,
  range: { readonly fromMs: number; readonly untilMs: number },
  limit: number,
  signal: AbortSignal,
): Promise<Collected> {
  const wires: WireActivity[] = []
  let startMs = Math.floor(range.fromMs / SECOND_MS) * SECOND_MS
  let pieceMs = PIECE_MS
  while (startMs <= range.untilMs) {
    // Meta counts whole seconds, both ends included.
    const endMs = Math.min(range.untilMs, startMs + pieceMs - SECOND_MS)
    const room = limit - wires.length
    if (room === 0) return { wires, untilMs: startMs - 1, isWhole: false }
    const listing = {
      path: `/act_${subject}/activities`,
      query: {
        fields: ACTIVITY_FIELDS,
        since: Math.floor(startMs / SECOND_MS),
        until: Math.floor(endMs / SECOND_MS),
        // The words in a line are in the reader's language otherwise.
        locale: 'en_US',
      },
      item: activitySchema,
      subject,
      maxRows: room + 1,
    }
    const piece: WireActivity[] = []
    for await (const page of reads.pages(listing, signal)) piece.push(...page)
    if (piece.length > room) {
      if (pieceMs <= SMALLEST_PIECE_MS) return { wires, untilMs: startMs - 1, isWhole: false }
      pieceMs = Math.max(SMALLEST_PIECE_MS, Math.floor(pieceMs / 2 / SECOND_MS) * SECOND_MS)
      continue
    }
    wires.push(...piece.toReversed())
    startMs = endMs + SECOND_MS
    pieceMs = Math.min(PIECE_MS, pieceMs * 2)
  }
  return { wires, untilMs: range.untilMs, isWhole: true }
}

async function strategiesOf(
  reads: MetaReads,
  id: AccountId,
  adSets: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  for (const adSet of adSets.slice(-MAX_LOOKUPS))
    try {
      const { data } = await reads.node(id, adSet, 'id,account_id,bid_strategy', strategySchema, signal)
      if (data.bid_strategy !== null && data.bid_strategy !== undefined) found.set(adSet, data.bid_strategy)
    } catch (error) {
      // Gone meanwhile: the line is kept, without a field.
      if (!(error instanceof OperationError) || error.code !== 'unknown_entity') throw error
    }
  return found
}

/** Changes of one account, oldest first. @throws OperationError */
export async function readChanges(
  reads: MetaReads,
  asked: { readonly id: AccountId; readonly range: HistoryRange; readonly nowMs: number },
  signal: AbortSignal,
): Promise<ChangeHistory> {
  const { id, range } = asked
  const kept = keptRange(range, asked.nowMs)
  const { currency } = await reads.account(id, signal)
  const { wires, untilMs, isWhole } = await collect(reads, digitsOf(id), kept, rowLimit(range), signal)
  const strategies = await strategiesOf(reads, id, adSetsToAsk(wires), signal)
  const rows = toChanges(wires, { account: id, currency, untilMs, strategyNow: (adSet) => strategies.get(adSet) })
  const coveredUntilMs = Math.max(kept.fromMs, untilMs)
  return { rows, coveredFromMs: kept.fromMs, coveredUntilMs, isComplete: isWhole && kept.fromMs <= range.sinceMs }
}
