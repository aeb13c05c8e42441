/**
 * Google's change history (`change_event`, v25) of one account. Reads only.
 * Rules from change_event.proto and the guide "Change event": the last 30 days, a finite date range, a LIMIT of at most 10,000, up to three
 * minutes late, old and new values of the changed fields only. It names no request, so a write of ours is known by place, value and time.
 */
import { z } from 'zod'
import { type AccountId, type EntityId, entityId } from '../../../shared/domain/ids.ts'
import { type ChangeHistory, cutHistory, type HistoryRange, keptRange, rowLimit } from '../history.ts'
import { type BudgetOwner, type ChangeEvent, changeRowSchema, momentOf, toRows } from './history-map.ts'
import { idOf } from './map.ts'
import { sortedIds } from './map-entities.ts'
import * as queries from './queries.ts'
import type { AccountContext, GoogleReads } from './reads.ts'

/** "ChangeEvent could have up to 3 minutes delay to reflect a new change" (change_event.proto). */
export const HISTORY_LAG_MS = 180_000

const HOUR_MS = 3_600_000
/** Budgets per question of who draws on them. */
const BUDGETS_AT_ONCE = 100

const budgetOwnerSchema = z.object({
  campaign: z.object({ id: z.string().regex(/^[0-9]{1,19}$/), campaignBudget: z.string().max(200).optional() }),
  campaignBudget: z
    .object({
      explicitlyShared: z.boolean().optional(),
      referenceCount: z
        .string()
        .regex(/^-?[0-9]{1,19}$/)
        .optional(),
    })
    .optional(),
})

/** Which campaigns draw on these budgets now. One that feeds none any more is left out. */
async function ownersOf(
  reads: GoogleReads,
  context: AccountContext,
  budgets: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, BudgetOwner>> {
  const { account } = context
  const owners = new Map<string, BudgetOwner>()
  for (let from = 0; from < budgets.length; from += BUDGETS_AT_ONCE) {
    const ids = budgets.slice(from, from + BUDGETS_AT_ONCE).map(idOf)
    const campaigns = new Map<string, { readonly ids: EntityId[]; isShared: boolean }>()
    const query = { gaql: queries.budgetOwners(context.route.customerId, ids), row: budgetOwnerSchema }
    for await (const page of reads.pages(context, query, signal))
      for (const { campaign, campaignBudget } of page.rows) {
        const name = campaign.campaignBudget ?? ''
        const known = campaigns.get(name) ?? { ids: [], isShared: false }
        known.ids.push(entityId(account, 'campaign', campaign.id))
        known.isShared ||=
          campaignBudget?.explicitlyShared === true || BigInt(campaignBudget?.referenceCount ?? '1') > 1n
        campaigns.set(name, known)
      }
    for (const [name, { ids: found, isShared }] of campaigns) {
      const [first] = sortedIds(found)
      if (first !== undefined)
        owners.set(name, { entityId: first, target: isShared ? `${account}/budget/${idOf(name)}` : first })
    }
  }
  return owners
}

/** A moment on the account's clock as GAQL writes it. */
function localText(atMs: number, timeZone: string): string {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' })
  return format.format(atMs).replace(',', '')
}

/** An hour's margin where the account's clock repeats or leaves out one around that moment, and none elsewhere: it would use up the limit. */
function marginMs(atMs: number, timeZone: string): number {
  const offsetMs = (momentMs: number) =>
    Date.parse(`${localText(momentMs, timeZone).replace(' ', 'T')}Z`) - Math.floor(momentMs / 1000) * 1000
  return offsetMs(atMs - HOUR_MS) === offsetMs(atMs + HOUR_MS) ? 0 : HOUR_MS
}

/** Changes of one account, oldest first. @throws OperationError */
export async function readChanges(
  reads: GoogleReads,
  asked: { readonly id: AccountId; readonly range: HistoryRange; readonly nowMs: number },
  signal: AbortSignal,
): Promise<ChangeHistory> {
  const { range } = asked
  const { fromMs, untilMs } = keptRange(range, asked.nowMs)
  const limit = rowLimit(range)
  const context = await reads.context(asked.id, signal)
  const { timeZone } = context.details
  const earliestMs = fromMs - marginMs(fromMs, timeZone)
  // Google counts finer than seconds: the last one is asked for as a whole.
  const latestMs = untilMs + marginMs(untilMs, timeZone) + 1000
  const gaql = queries.changeEvents(
    { from: localText(earliestMs, timeZone), until: localText(latestMs, timeZone) },
    limit,
  )
  const events: { readonly event: ChangeEvent; readonly atMs: number }[] = []
  let received = 0
  for await (const page of reads.pages(context, { gaql, row: changeRowSchema }, signal))
    for (const { changeEvent: event } of page.rows) {
      received += 1
      const atMs = momentOf(event, timeZone)
      if (atMs !== undefined && atMs >= fromMs && atMs <= untilMs) events.push({ event, atMs })
    }
  const budgets = new Set(
    events
      .filter(({ event }) => event.changeResourceType === 'CAMPAIGN_BUDGET')
      .flatMap(({ event }) => event.changeResourceName ?? []),
  )
  const owners = await ownersOf(reads, context, [...budgets], signal)
  const rows = events
    .flatMap(({ event, atMs }) => toRows(event, atMs, context, owners))
    .toSorted((one, two) => one.atMs - two.atMs)
  if (received >= limit) return cutHistory(rows, fromMs)
  return { rows, coveredFromMs: fromMs, coveredUntilMs: untilMs, isComplete: fromMs <= range.sinceMs }
}
