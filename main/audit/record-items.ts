import { z } from 'zod'
import { type BidStrategy, STRATEGY_TARGETS } from '../../shared/domain/bid.ts'
import type { DraftItem, PolicyResult } from '../../shared/domain/draft.ts'
import { isMoneyField } from '../../shared/domain/entity.ts'
import { accountIdSchema, entityIdSchema } from '../../shared/domain/ids.ts'

/**
 * What was changed, from what to what, as it stands in the log: ids, fields, values and verdicts, no names and no sentences.
 * The lists here are of their own on purpose: a word once written must verify for ever, whatever the product drops later.
 */

const count = z.int().min(0)
const opaque = z.string().regex(/^[A-Za-z0-9_.:/+=~-]{1,128}$/)
const code = z.string().regex(/^[A-Za-z0-9_.:/-]{1,96}$/)
const decimal = z.string().regex(/^-?\d{1,16}(?:\.\d{1,6})?$/)

const money = z.strictObject({
  amount: z.string().regex(/^-?\d{1,12}(?:\.\d{1,3})?$/),
  cur: z.string().regex(/^[A-Z]{3}$/),
})
/** A return on ad spend. */
const ratio = z.strictObject({ ratio: z.string().regex(/^\d{1,5}\.\d{2,4}$/) })
/** How a platform is told to bid, with the amount or ratio that goes with it. */
const strategy = z.strictObject({
  strategy: z.enum([
    'manual_cpc',
    'maximize_clicks',
    'maximize_conversions',
    'maximize_conversion_value',
    'target_cpa',
    'target_roas',
    'lowest_cost',
    'bid_cap',
    'cost_cap',
    'min_roas',
    'other',
  ]),
  target: z.union([money, ratio]).optional(),
})
/** Money, a ratio, a strategy, or a word: a status, or `none` where a platform holds no such value. */
export const valueSchema = z.union([money, ratio, strategy, z.string().regex(/^[a-z_]{1,32}$/)])

const item = z.strictObject({
  k: count,
  account: accountIdSchema,
  entity: entityIdSchema,
  field: z.enum([
    'daily_budget',
    'scheduled_budget',
    'status',
    'cpc_bid',
    'target_cpa',
    'target_roas',
    'bid_cap',
    'cost_cap',
    'bid_strategy',
  ]),
  before: valueSchema,
  /** What was asked for, where the policy may have clamped it to `after`. */
  requested: valueSchema.optional(),
  after: valueSchema,
  /** What the one write touches, where that is not the entity: a budget that several campaigns share. */
  target: opaque.optional(),
  /** Everything else the write changes, by id. */
  affects: z.array(entityIdSchema).min(1).max(500).optional(),
})
export const itemsSchema = z.array(item).min(1).max(100)
export const policySchema = z.strictObject({
  version: count,
  outcome: z.enum(['pass', 'clamp', 'block']),
  rules: z.array(z.strictObject({ rule: code, outcome: z.enum(['clamp', 'block']), limit: decimal })).max(400),
})
export const liveSchema = z
  .array(
    z.strictObject({
      k: count,
      value: valueSchema,
      expected: valueSchema.optional(),
      platformRequestId: opaque.optional(),
    }),
  )
  .max(100)

type ItemData = z.input<typeof item>

/** The clear part of draft items: ids, field and values, no names. */
export function itemsData(draftItems: readonly DraftItem[]): ItemData[] {
  return draftItems.map(({ k, accountId, entityId, field, before, requested, after, currency, target, affects }) => ({
    k,
    account: accountId,
    entity: entityId,
    field,
    before: valueData(field, before, currency),
    requested: valueData(field, requested, currency),
    after: valueData(field, after, currency),
    ...(target === entityId ? {} : { target }),
    ...(affects.length === 0 ? {} : { affects: affects.map((each) => each.entityId) }),
  }))
}

/**
 * A wire value ("120.00", "paused", "3.50", "cost_cap:9.00") as it stands in the log. '' is what a platform holds that has no such value
 * (any more): the word `none`. Any other text keeps its kind, so that one that is no such value is refused by the schema.
 */
export function valueData(field: DraftItem['field'], wire: string, currency: string): ItemData['before'] {
  if (field === 'status') return wire
  if (wire === '') return 'none'
  if (isMoneyField(field)) return { amount: wire, cur: currency }
  if (field === 'target_roas') return { ratio: wire }
  const [name = '', target] = wire.split(':', 2)
  const known = name as BidStrategy
  if (target === undefined) return { strategy: known }
  const isRatio = Object.hasOwn(STRATEGY_TARGETS, name) && STRATEGY_TARGETS[known].kind === 'ratio'
  return { strategy: known, target: isRatio ? { ratio: target } : { amount: target, cur: currency } }
}

/** The names of draft items, for `text`. */
export function pathTexts(draftItems: readonly DraftItem[]): Record<string, readonly string[]> {
  return Object.fromEntries(draftItems.map((each) => [`path.${each.k}`, each.path]))
}

/** The clear part of a policy verdict: rule names and limits, not the sentences. */
export function policyData(result: PolicyResult): z.input<typeof policySchema> {
  const { version, outcome, rules } = result
  return {
    version,
    outcome,
    rules: rules.map((verdict) => ({ rule: verdict.rule, outcome: verdict.outcome, limit: verdict.limit })),
  }
}
