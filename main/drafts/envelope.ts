/**
 * The rolling 24 hours: what a draft as a whole adds to what was approved before it, per account and over all accounts. Pure integers.
 * Within a draft decreases are executed first and a failure stops the rest, so that a raise may use the room its own draft makes.
 */
import type { DraftItem, RuleVerdict } from '../../shared/domain/draft.ts'
import type { AccountId, EntityId } from '../../shared/domain/ids.ts'
import { currencyScale, formatRounded } from '../../shared/domain/money.ts'
import { limitsFor, type Policy, type Usage } from './policy.ts'

export interface AccountUsage {
  readonly accountId: AccountId
  readonly currency: string
  readonly usage: Usage
}

/** What a draft does to the envelope: micros of a currency per day. */
export interface Movement {
  /** Its raises alone. A draft without one is never held back. */
  readonly raiseMicros: bigint
  readonly netMicros: bigint
  readonly grossMicros: bigint
}

const abs = (value: bigint): bigint => (value < 0n ? -value : value)

export function movementOf(items: readonly Pick<DraftItem, 'movementMicros' | 'netMicros'>[]): Movement {
  let [raiseMicros, netMicros, grossMicros] = [0n, 0n, 0n]
  for (const item of items) {
    if (item.movementMicros > 0n) raiseMicros += item.movementMicros
    netMicros += item.netMicros
    grossMicros += abs(item.movementMicros)
  }
  return { raiseMicros, netMicros, grossMicros }
}

/**
 * Counts a cut once: pausing a campaign and lowering a budget below it stop the same money. Of changes that lie above one another, or in one
 * shared budget, only the largest cut keeps its room; raises all count. To be called on the items of a draft before it is hashed and
 * stored, as the stored `netMicros` is what later drafts are measured against. Doing it twice changes nothing.
 * @param above what an entity lies under, nearest first
 */
export function countCutsOnce(
  items: readonly DraftItem[],
  above: (entityId: EntityId) => readonly EntityId[],
): readonly DraftItem[] {
  if (items.filter((item) => item.netMicros < 0n).length < 2) return items
  const group = groupsOf(items, above)
  const largest = new Map<number, number>()
  for (const [at, item] of items.entries()) {
    if (item.netMicros >= 0n) continue
    const key = group[at] ?? at
    const best = largest.get(key)
    if (best === undefined || item.netMicros < (items[best]?.netMicros ?? 0n)) largest.set(key, at)
  }
  return items.map((item, at) =>
    item.netMicros < 0n && largest.get(group[at] ?? at) !== at ? { ...item, netMicros: 0n } : item,
  )
}

/** Items by what they touch: those that share an entity, or lie above one another, get the same number. */
function groupsOf(items: readonly DraftItem[], above: (entityId: EntityId) => readonly EntityId[]): readonly number[] {
  const parent = items.map((_, at) => at)
  const root = (at: number): number => {
    let next = at
    while (parent[next] !== next) next = parent[next] ?? next
    return next
  }
  const scopes = items.map((item) => [item.entityId, ...item.affects.map((each) => each.entityId)])
  const owner = new Map<EntityId, number>()
  const join = (id: EntityId, at: number): void => {
    const other = owner.get(id)
    if (other !== undefined) parent[root(at)] = root(other)
  }
  for (const [at, ids] of scopes.entries())
    for (const id of ids) {
      join(id, at)
      owner.set(id, at)
    }
  for (const [at, ids] of scopes.entries()) for (const id of ids) for (const higher of above(id)) join(higher, at)
  return items.map((_, at) => root(at))
}

/**
 * What the envelope says of one account. Only a draft that raises spend can be held back; what it lowers counts as gross movement.
 * @returns the verdict that blocks, or undefined.
 */
export function judgeAccount(
  policy: Policy,
  { accountId, currency, usage }: AccountUsage,
  movement: Movement,
): RuleVerdict | undefined {
  if (movement.raiseMicros <= 0n) return undefined
  const limits = limitsFor(policy, currency, accountId)
  const over = (rule: 'envelope_net' | 'envelope_gross', limitMicros: bigint, afterMicros: bigint): RuleVerdict => ({
    rule,
    outcome: 'block',
    limit: formatRounded(limitMicros, currency),
    message: `With this change approvals of the last 24 hours would ${rule === 'envelope_net' ? 'raise spend by' : 'move'} ${formatRounded(afterMicros, currency)} ${currency} per day; the limit is ${formatRounded(limitMicros, currency)}.`,
  })
  const net = usage.netMicros + movement.netMicros
  // A draft that takes more away than it adds is not held back for what others have added.
  if (movement.netMicros > 0n && net > limits.envelopeNetMicros)
    return over('envelope_net', limits.envelopeNetMicros, net)
  const gross = usage.grossMicros + movement.grossMicros
  return gross > limits.envelopeGrossMicros ? over('envelope_gross', limits.envelopeGrossMicros, gross) : undefined
}

/**
 * The same over all accounts together, in units of roughly one US dollar: amounts of several currencies are never converted, only brought
 * to the size that the default limits are scaled by. Raises are rounded up and cuts down, by less than a millionth of a unit each.
 */
export function judgeTotal(
  policy: Policy,
  used: readonly AccountUsage[],
  moved: readonly { readonly currency: string; readonly movement: Movement }[],
): RuleVerdict | undefined {
  const { totalNetUnits, totalGrossUnits } = policy
  if (totalNetUnits === undefined && totalGrossUnits === undefined) return undefined
  if (!moved.some(({ movement }) => movement.raiseMicros > 0n)) return undefined
  const draftNet = sum(moved.map(({ currency, movement }) => toUnitMicros(movement.netMicros, currency)))
  const net = draftNet + sum(used.map(({ currency, usage }) => toUnitMicros(usage.netMicros, currency)))
  const gross = sum([
    ...moved.map(({ currency, movement }) => toUnitMicros(movement.grossMicros, currency)),
    ...used.map(({ currency, usage }) => toUnitMicros(usage.grossMicros, currency)),
  ])
  const over = (rule: 'envelope_total_net' | 'envelope_total_gross', limit: bigint, units: bigint): RuleVerdict => ({
    rule,
    outcome: 'block',
    limit: String(limit),
    message: `With this change approvals of the last 24 hours in all accounts together would ${rule === 'envelope_total_net' ? 'raise spend by' : 'move'} about ${formatRounded(units, 'USD')} per day, in units of about one US dollar; the limit is ${limit}.`,
  })
  if (totalNetUnits !== undefined && draftNet > 0n && net > totalNetUnits * 1_000_000n)
    return over('envelope_total_net', totalNetUnits, net)
  return totalGrossUnits !== undefined && gross > totalGrossUnits * 1_000_000n
    ? over('envelope_total_gross', totalGrossUnits, gross)
    : undefined
}

function toUnitMicros(micros: bigint, currency: string): bigint {
  const scale = currencyScale(currency)
  // BigInt division goes towards zero: a cut is rounded down by itself.
  return micros > 0n ? (micros + scale - 1n) / scale : micros / scale
}

const sum = (values: readonly bigint[]): bigint => values.reduce((total, each) => total + each, 0n)
