/**
 * Which fields of a Meta entity this app may change, within which bounds, and why not otherwise.
 * Pure. Nothing here is a promise of the platform: every value is read again, and asked in a dry run, before it is written.
 */
import type { EditableField, Entity, EntityStatus } from '../../../shared/domain/entity.ts'
import { MAX_MICROS } from '../../../shared/domain/money.ts'
import { OperationError } from '../../../shared/errors.ts'
import { isZone } from '../days.ts'
import { microsFromMinor, stepMicrosOf } from './money.ts'
import type { WireAccount, WireCampaign, WireMinimumBudget } from './wire.ts'

export type BudgetKind = Entity['budgetKind']

/** What decides over everything in one account. */
export interface AccountFacts {
  readonly currency: string
  readonly timeZone: string
  /** Why nothing in it can be changed, if so. */
  readonly refusal: string | undefined
  /** The account's own smallest daily budget, minor units. */
  readonly minDailyBudget: string | undefined
}

/** Account states in which Meta takes no changes: disabled, pending closure, closed. */
const CLOSED = new Set([2, 100, 101, 202])
/** Roles ("tasks") of the person or system user on the account that may change ads. */
const WRITING_TASKS = new Set(['MANAGE', 'ADVERTISE'])

/** Undefined when Meta does not say. */
export function isWritable(wire: Pick<WireAccount, 'user_tasks'>): boolean | undefined {
  return wire.user_tasks?.some((task) => WRITING_TASKS.has(task))
}

export function zoneOf(name: string | undefined): string {
  return isZone(name) ? name : 'UTC'
}

export function accountFacts(wire: WireAccount): AccountFacts {
  const refusal = CLOSED.has(wire.account_status ?? 1)
    ? 'Meta has disabled or closed this ad account, so nothing in it can be changed.'
    : isWritable(wire) === false
      ? 'This connection may only look at the ad account. Its user needs the task "manage campaigns" there, in Meta Business settings.'
      : undefined
  return {
    currency: wire.currency,
    timeZone: zoneOf(wire.timezone_name),
    refusal,
    minDailyBudget: wire.min_daily_budget,
  }
}

/** Smallest daily budgets by what is billed, micros. */
export type Minimums = Readonly<Record<'impressions' | 'frequent' | 'rare' | 'video', bigint>>

/** @param rows of /minimum_budgets: one per currency, minor units */
export function minimumsOf(account: AccountFacts, rows: readonly WireMinimumBudget[]): Minimums {
  const row = rows.find((each) => each.currency === account.currency)
  const step = stepMicrosOf(account.currency)
  const read = (text: string | undefined, fallback: bigint): bigint => {
    try {
      const micros = text === undefined ? fallback : microsFromMinor(text, account.currency)
      return micros < step ? step : micros
    } catch (error) {
      if (error instanceof OperationError) return fallback
      throw error
    }
  }
  const least = read(account.minDailyBudget, step)
  const impressions = read(row?.min_daily_budget_imp, least)
  return {
    impressions,
    frequent: read(row?.min_daily_budget_high_freq, impressions),
    rare: read(row?.min_daily_budget_low_freq, impressions),
    video: read(row?.min_daily_budget_video_views, impressions),
  }
}

const BILLED: Readonly<Record<string, keyof Minimums>> = {
  LINK_CLICKS: 'frequent',
  CLICKS: 'frequent',
  PAGE_LIKES: 'frequent',
  POST_ENGAGEMENT: 'frequent',
  THRUPLAY: 'video',
  VIDEO_VIEWS: 'video',
  APP_INSTALLS: 'rare',
  OFFER_CLAIMS: 'rare',
}
/** Which minimum holds for what an ad set is billed by. A campaign's budget has the lowest. */
export function minimumFor(minimums: Minimums, billingEvent: string | undefined): bigint {
  const kind = billingEvent !== undefined && Object.hasOwn(BILLED, billingEvent) ? BILLED[billingEvent] : undefined
  return minimums[kind ?? 'impressions']
}

/** The part of a campaign that decides what may be changed below it. */
export interface CampaignFacts {
  readonly name: string
  readonly ownsBudget: boolean
  readonly strategy: string | undefined
  /** Meta runs it by itself. */
  readonly isAutomated: boolean
  /** Why nothing in it can be changed, if so. */
  readonly refusal: string | undefined
}

const DELETED = 'This was deleted or archived on Meta and can no longer be changed.'
const LEGACY =
  'This belongs to a legacy Advantage+ shopping or app campaign. Meta takes no changes to those any more; they have to be built anew in Meta Ads Manager.'
const RESERVED =
  'This was booked in advance at a fixed price (reservation buying), which this app does not change. Change it in Meta Ads Manager.'

/** Campaign types of before v25 that Meta froze on 19 May 2026. */
const LEGACY_TYPES = new Set(['AUTOMATED_SHOPPING_ADS', 'SMART_APP_PROMOTION'])

export function campaignFacts(wire: WireCampaign, status: EntityStatus, account: AccountFacts): CampaignFacts {
  const isAutomated = wire.smart_promotion_type !== undefined && LEGACY_TYPES.has(wire.smart_promotion_type)
  const isReserved = wire.buying_type !== undefined && wire.buying_type !== 'AUCTION'
  const name = wire.name ?? wire.id
  return {
    name,
    ownsBudget: hasAmount(wire.daily_budget) || hasAmount(wire.lifetime_budget),
    strategy: wire.bid_strategy,
    isAutomated,
    refusal: status === 'deleted' ? DELETED : isAutomated ? LEGACY : isReserved ? RESERVED : account.refusal,
  }
}

/** An ad set can outlive its campaign's listing for a moment: it is shown, but nothing in it is editable. */
export function missingCampaign(campaignId: string): CampaignFacts {
  return { name: campaignId, ownsBudget: false, strategy: undefined, isAutomated: false, refusal: DELETED }
}

/** Meta leaves out the budget that is not there, or writes 0. */
export function hasAmount(text: string | undefined): text is string {
  return text !== undefined && text !== '' && text !== '0'
}

/** Why nothing of an entity can be changed; undefined when nothing stands against it. */
export function refusalOf(status: EntityStatus, campaign: CampaignFacts): string | undefined {
  return status === 'deleted' ? DELETED : campaign.refusal
}

export function statusField(status: EntityStatus, refusal: string | undefined): EditableField {
  const why =
    refusal ?? (status === 'unknown' ? 'Meta reports a state of its own that cannot be switched from here.' : undefined)
  return why === undefined
    ? { field: 'status', isEditable: true, takesEffect: 'immediately' }
    : { field: 'status', isEditable: false, refusal: why }
}

export interface BudgetFacts {
  readonly kind: BudgetKind
  readonly level: 'campaign' | 'ad_group'
  readonly currency: string
  readonly minMicros: bigint
  /** Why nothing of the entity can be changed. */
  readonly refusal: string | undefined
  readonly campaignName: string
  /** What kept a daily budget from being read, in our words. */
  readonly problem: string | undefined
}

function budgetRefusal({ kind, level, refusal, campaignName, problem }: BudgetFacts): string | undefined {
  if (refusal !== undefined) return refusal
  if (kind === 'inherited')
    return `The budget is set on the campaign "${campaignName}" (Advantage campaign budget). Change it there.`
  if (kind === 'lifetime') return 'This has a lifetime budget; only daily budgets can be changed here.'
  if (kind === 'daily') return problem
  return level === 'campaign'
    ? 'The budgets are set on the ad sets of this campaign.'
    : 'This ad set has no budget of its own.'
}

/** Meta publishes no largest budget: what this app can hold is the bound, and Meta's dry run has the last word. */
export function budgetField(facts: BudgetFacts): EditableField {
  const refusal = budgetRefusal(facts)
  if (refusal !== undefined) return { field: 'daily_budget', isEditable: false, refusal }
  const stepMicros = stepMicrosOf(facts.currency)
  return {
    field: 'daily_budget',
    isEditable: true,
    minMicros: facts.minMicros,
    maxMicros: MAX_MICROS - (MAX_MICROS % stepMicros),
    stepMicros,
    takesEffect: 'immediately',
  }
}
