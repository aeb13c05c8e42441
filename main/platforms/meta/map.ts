/** Meta's accounts, campaigns, ad sets and ads in our words. Pure; amounts go through money.ts. An "ad set" is an ad group here. */
import type { Account, Entity } from '../../../shared/domain/entity.ts'
import { type AccountId, accountId, entityId } from '../../../shared/domain/ids.ts'
import { OperationError } from '../../../shared/errors.ts'
import { adSetBids, campaignStrategy } from './bids.ts'
import { creativeFacts } from './creative.ts'
import { toDelivery, toReview, toStatus } from './delivery.ts'
import {
  type AccountFacts,
  type BudgetKind,
  budgetField,
  type CampaignFacts,
  campaignFacts,
  hasAmount,
  isWritable,
  type Minimums,
  minimumFor,
  refusalOf,
  statusField,
  zoneOf,
} from './editable.ts'
import { microsFromMinor } from './money.ts'
import { toTargeting } from './targeting.ts'
import type { WireAccount, WireAd, WireAdSet, WireCampaign } from './wire.ts'

/** Everything but the object itself that decides how it reads. */
export interface MapContext {
  readonly accountId: AccountId
  readonly account: AccountFacts
  readonly minimums: Minimums
  readonly nowMs: number
}

/** account_status by number (marketing-api reference, AdAccount). */
const ACCOUNT_STATUS: Readonly<Record<number, readonly [Account['status'], string]>> = {
  1: ['active', 'ACTIVE'],
  2: ['disabled', 'DISABLED'],
  3: ['limited', 'UNSETTLED'],
  7: ['limited', 'PENDING_RISK_REVIEW'],
  8: ['limited', 'PENDING_SETTLEMENT'],
  9: ['limited', 'IN_GRACE_PERIOD'],
  100: ['disabled', 'PENDING_CLOSURE'],
  101: ['disabled', 'CLOSED'],
  201: ['active', 'ANY_ACTIVE'],
  202: ['disabled', 'ANY_CLOSED'],
}

export interface Manager {
  readonly externalId: string
  readonly name: string
}

export function toAccount(wire: WireAccount, manager: Manager | undefined): Account {
  const number = wire.account_status
  const [status, rawStatus] = (number === undefined ? undefined : ACCOUNT_STATUS[number]) ?? [
    'unknown' as const,
    String(number ?? ''),
  ]
  const digits = wire.id.slice('act_'.length)
  const isOpen = isWritable(wire)
  return {
    accountId: accountId('meta', digits),
    platform: 'meta',
    name: wire.name ?? digits,
    currency: wire.currency,
    timeZone: zoneOf(wire.timezone_name),
    status,
    rawStatus,
    ...(manager === undefined ? {} : { manager }),
    ...(isOpen === undefined ? {} : { isWritable: isOpen }),
  }
}

function optional<Key extends string, Value>(key: Key, value: Value | undefined): Partial<Record<Key, Value>> {
  return value === undefined ? {} : ({ [key]: value } as Partial<Record<Key, Value>>)
}

interface ReadBudget {
  readonly kind: BudgetKind
  readonly micros: bigint | undefined
  /** Why a daily budget could not be read. */
  readonly problem: string | undefined
}

function readBudget(wire: Pick<WireCampaign, 'daily_budget' | 'lifetime_budget'>, currency: string): ReadBudget {
  if (hasAmount(wire.daily_budget)) {
    try {
      return { kind: 'daily', micros: microsFromMinor(wire.daily_budget, currency), problem: undefined }
    } catch (error) {
      if (!(error instanceof OperationError)) throw error
      return { kind: 'daily', micros: undefined, problem: error.message }
    }
  }
  return { kind: hasAmount(wire.lifetime_budget) ? 'lifetime' : 'none', micros: undefined, problem: undefined }
}

export function factsOf(wire: WireCampaign, account: AccountFacts): CampaignFacts {
  return campaignFacts(wire, toStatus(wire.status ?? wire.configured_status, wire.effective_status), account)
}

export function toCampaign(wire: WireCampaign, context: MapContext): Entity {
  const { account } = context
  const { currency } = account
  const rawStatus = wire.status ?? wire.configured_status ?? ''
  const status = toStatus(rawStatus, wire.effective_status)
  const facts = factsOf(wire, account)
  const refusal = refusalOf(status, facts)
  const { kind, micros, problem } = readBudget(wire, currency)
  const strategy = campaignStrategy(wire.bid_strategy, facts.ownsBudget, refusal)
  const minMicros = minimumFor(context.minimums, undefined)
  const { effective_status: effective, issues_info: issues, stop_time: endsAt } = wire
  return {
    entityId: entityId(context.accountId, 'campaign', wire.id),
    accountId: context.accountId,
    type: 'campaign',
    name: facts.name,
    status,
    rawStatus,
    deliveryStatus: effective ?? '',
    ...toDelivery({ effective, issues, endsAt, nowMs: context.nowMs }),
    budgetKind: kind,
    ...optional('dailyBudgetMicros', micros),
    editable: [
      budgetField({ kind, level: 'campaign', currency, minMicros, refusal, campaignName: facts.name, problem }),
      statusField(status, refusal),
      strategy.field,
    ],
    ...optional('values', strategy.value === undefined ? undefined : { bid_strategy: strategy.value }),
    isAutomated: facts.isAutomated,
    ...optional('objective', wire.objective),
    ...optional('bidStrategy', facts.ownsBudget ? wire.bid_strategy : undefined),
    ...optional('startsAt', wire.start_time),
    ...optional('endsAt', endsAt),
    ...optional('modifiedAt', wire.updated_time),
  }
}

/** Windows by their event; null for one that a given setting leaves out, absent when Meta gives no setting at all. */
function windowsOf(wire: WireAdSet): Pick<Entity, 'clickWindowDays' | 'viewWindowDays'> {
  const spec = wire.attribution_spec ?? []
  if (spec.length === 0) return {}
  const daysOf = (event: string) => spec.find((each) => each.event_type === event)?.window_days ?? null
  return { clickWindowDays: daysOf('CLICK_THROUGH'), viewWindowDays: daysOf('VIEW_THROUGH') }
}

export function toAdSet(wire: WireAdSet, campaign: CampaignFacts, context: MapContext): Entity {
  const { currency } = context.account
  const rawStatus = wire.status ?? wire.configured_status ?? ''
  const status = toStatus(rawStatus, wire.effective_status)
  const refusal = refusalOf(status, campaign)
  const own = readBudget(wire, currency)
  const kind: BudgetKind = campaign.ownsBudget ? 'inherited' : own.kind
  const bids = adSetBids(wire, { currency, refusal, campaign })
  const minMicros = minimumFor(context.minimums, wire.billing_event)
  const targeting = toTargeting(wire.targeting)
  const { effective_status: effective, issues_info: issues, end_time: endsAt } = wire
  const learning = wire.learning_stage_info?.status
  return {
    entityId: entityId(context.accountId, 'ad_group', wire.id),
    accountId: context.accountId,
    type: 'ad_group',
    parentId: entityId(context.accountId, 'campaign', wire.campaign_id),
    name: wire.name ?? wire.id,
    status,
    rawStatus,
    deliveryStatus: effective ?? '',
    ...toDelivery({ effective, issues, learning, endsAt, nowMs: context.nowMs }),
    budgetKind: kind,
    ...optional('dailyBudgetMicros', kind === 'daily' ? own.micros : undefined),
    editable: [
      budgetField({
        kind,
        level: 'ad_group',
        currency,
        minMicros,
        refusal,
        campaignName: campaign.name,
        problem: own.problem,
      }),
      statusField(status, refusal),
      ...bids.editable,
    ],
    values: bids.values,
    isAutomated: campaign.isAutomated,
    ...windowsOf(wire),
    ...optional('targeting', targeting),
    ...optional('optimizationGoal', wire.optimization_goal),
    ...optional('bidStrategy', campaign.ownsBudget ? campaign.strategy : wire.bid_strategy),
    ...optional('startsAt', wire.start_time),
    ...optional('endsAt', endsAt),
    ...optional('modifiedAt', wire.updated_time),
  }
}

export function toAd(wire: WireAd, campaign: CampaignFacts, context: MapContext): Entity {
  const rawStatus = wire.status ?? wire.configured_status ?? ''
  const status = toStatus(rawStatus, wire.effective_status)
  const { effective_status: effective, issues_info: issues, creative } = wire
  const shown = creative === undefined ? undefined : creativeFacts(creative)
  return {
    entityId: entityId(context.accountId, 'ad', wire.id),
    accountId: context.accountId,
    type: 'ad',
    parentId: entityId(context.accountId, 'ad_group', wire.adset_id),
    name: wire.name ?? wire.id,
    status,
    rawStatus,
    deliveryStatus: effective ?? '',
    ...toDelivery({ effective, issues, nowMs: context.nowMs }),
    ...toReview(effective, wire.ad_review_feedback, issues),
    budgetKind: 'none',
    editable: [statusField(status, refusalOf(status, campaign))],
    isAutomated: campaign.isAutomated,
    creativeIds: creative === undefined ? [] : [creative.id],
    ...optional('format', shown?.format),
    ...optional('text', shown?.text),
    ...optional('landingPage', shown?.landingPage),
    ...optional('modifiedAt', wire.updated_time),
  }
}
