/** TikTok's accounts, campaigns, ad groups, ads and creatives as ours. Pure; never reads the network. Amounts go through amounts.ts. */
import type { Account, Entity, EntityStatus } from '../../../shared/domain/entity.ts'
import { type AccountId, accountId, entityId } from '../../../shared/domain/ids.ts'
import { formatDecimal } from '../../../shared/domain/money.ts'
import { isZone } from '../days.ts'
import { exactly, microsFromNumber } from './amounts.ts'
import { bidFields, bidsOf, bidValues } from './bids.ts'
import {
  type Automation,
  type BudgetKind,
  budgetField,
  budgetRefusal,
  type CampaignFacts,
  scheduledBudgetField,
  statusField,
} from './editable.ts'
import type { WireAd, WireAdGroup, WireAsset, WireAdvertiser, WireCampaign, WireSmartAd } from './wire.ts'
import { deliveryOf, reviewOf, targetingOf } from './words.ts'

/** The account's zone. `timezone` is a fixed offset ("Etc/GMT-1"), which is wrong half of the year where clocks change. */
export function zoneOf(wire: WireAdvertiser): string {
  if (isZone(wire.display_timezone)) return wire.display_timezone
  return isZone(wire.timezone) ? wire.timezone : 'UTC'
}

const ACCOUNT_STATUS: Readonly<Record<string, Account['status']>> = {
  STATUS_ENABLE: 'active',
  STATUS_DISABLE: 'disabled',
  STATUS_LIMIT: 'limited',
  STATUS_PENDING_CONFIRM: 'limited',
}

const WRITING_ROLES: ReadonlySet<string> = new Set(['ADMIN', 'OPERATOR'])

/** What a Business Center says of one of its accounts. */
export interface Membership {
  readonly manager: NonNullable<Account['manager']>
  /** "ADMIN", "OPERATOR" or "ANALYST", which may only look (platform docs, "Roles in Business Center"). */
  readonly role: string | undefined
}

export function toAccount(wire: WireAdvertiser, fallbackName: string, membership: Membership | undefined): Account {
  const rawStatus = wire.status ?? ''
  return {
    accountId: accountId('tiktok', wire.advertiser_id),
    platform: 'tiktok',
    name: wire.name ?? fallbackName,
    currency: wire.currency,
    timeZone: zoneOf(wire),
    status: (Object.hasOwn(ACCOUNT_STATUS, rawStatus) ? ACCOUNT_STATUS[rawStatus] : undefined) ?? 'unknown',
    rawStatus,
    ...(membership === undefined ? {} : { manager: membership.manager }),
    ...(membership?.role === undefined ? {} : { isWritable: WRITING_ROLES.has(membership.role) }),
  }
}

/** The advertiser's own switch. TikTok tells deletion, its own or of what it is in, only through the secondary status. */
export function toStatus(operationStatus: string, secondaryStatus: string | null | undefined): EntityStatus {
  if (/STATUS_(?:CAMPAIGN_|ADGROUP_)?DELETE$/.test(secondaryStatus ?? '')) return 'deleted'
  if (operationStatus === 'ENABLE') return 'enabled'
  return operationStatus === 'DISABLE' ? 'paused' : 'unknown'
}

const WINDOW_DAYS: Readonly<Record<string, number | null>> = {
  OFF: null,
  ONE_DAY: 1,
  SEVEN_DAYS: 7,
  FOURTEEN_DAYS: 14,
  TWENTY_EIGHT_DAYS: 28,
}
function windowDays(raw: string | null | undefined): number | null | undefined {
  return Object.hasOwn(WINDOW_DAYS, raw ?? '') ? WINDOW_DAYS[raw ?? ''] : undefined
}

function budgetKindOf(mode: string | null | undefined): BudgetKind {
  if (mode === 'BUDGET_MODE_DAY' || mode === 'BUDGET_MODE_DYNAMIC_DAILY_BUDGET') return 'daily'
  return mode === 'BUDGET_MODE_TOTAL' ? 'lifetime' : 'none'
}

function automationOf({ campaign_automation_type: type, campaign_system_origin: origin }: WireCampaign): Automation {
  if (origin === 'PROMOTE') return 'other'
  if (type === undefined || type === null || type === 'MANUAL') return 'manual'
  return type === 'UPGRADED_SMART_PLUS' ? 'smart_plus' : 'other'
}

export function campaignFacts(wire: WireCampaign): CampaignFacts {
  return {
    name: wire.campaign_name ?? wire.campaign_id,
    automation: automationOf(wire),
    ownsBudget: wire.budget_optimize_on === true,
    isDeleted: toStatus(wire.operation_status, wire.secondary_status) === 'deleted',
    isShop: wire.campaign_product_source === 'STORE',
  }
}

interface Budget {
  readonly micros: bigint | undefined
  /** Why it can't be written, if TikTok's amount is not one of the currency. It is then not shown either: nothing is rounded. */
  readonly refusal: string | undefined
}

const TOO_FINE = 'TikTok holds this budget with more decimals than the currency has. Change it in TikTok Ads Manager.'

function exactBudget(amount: number | null | undefined, currency: string): Budget {
  if (amount === undefined || amount === null) return { micros: undefined, refusal: undefined }
  const micros = exactly(() => microsFromNumber(amount, currency))
  return { micros, refusal: micros === undefined ? TOO_FINE : undefined }
}

function dailyBudget(kind: BudgetKind, amount: number | null | undefined, currency: string): Budget {
  return exactBudget(kind === 'daily' ? amount : undefined, currency)
}

function optional<K extends string, V>(key: K, value: V | null | undefined): { readonly [key in K]?: V } {
  return value === undefined || value === null ? {} : ({ [key]: value } as { readonly [key in K]?: V })
}

export function toCampaign(account: AccountId, currency: string, wire: WireCampaign): Entity {
  const facts = campaignFacts(wire)
  const status = toStatus(wire.operation_status, wire.secondary_status)
  const budgetKind = budgetKindOf(wire.budget_mode)
  const budget = dailyBudget(budgetKind, wire.budget, currency)
  const refusal = budgetRefusal(budgetKind, status, facts, 'campaign') ?? budget.refusal
  const limits = { currency, level: 'campaign', isShop: facts.isShop, currentMicros: budget.micros } as const
  return {
    entityId: entityId(account, 'campaign', wire.campaign_id),
    accountId: account,
    type: 'campaign',
    name: facts.name,
    status,
    rawStatus: wire.operation_status,
    deliveryStatus: wire.secondary_status ?? '',
    budgetKind,
    ...optional('dailyBudgetMicros', budget.micros),
    editable: [budgetField(refusal, limits), statusField(status, facts)],
    delivery: deliveryOf(wire.secondary_status),
    isAutomated: facts.automation !== 'manual',
    ...optional('objective', wire.objective_type),
    ...optional('modifiedAt', wire.modify_time),
  }
}

/** Today's budget, or the one that waits for midnight. */
function scheduledBudget(wire: WireAdGroup, today: Budget, currency: string): Budget {
  const scheduled = wire.scheduled_budget ?? 0
  return today.micros === undefined || scheduled <= 0 ? today : exactBudget(scheduled, currency)
}

export function toAdGroup(account: AccountId, currency: string, wire: WireAdGroup, campaign: CampaignFacts): Entity {
  const status = toStatus(wire.operation_status, wire.secondary_status)
  const budgetKind = campaign.ownsBudget ? 'inherited' : budgetKindOf(wire.budget_mode)
  const budget = dailyBudget(budgetKind, wire.budget, currency)
  const refusal = budgetRefusal(budgetKind, status, campaign, 'ad_group') ?? budget.refusal
  const scheduled = scheduledBudget(wire, budget, currency)
  const isShop = wire.product_source === 'STORE' || wire.product_source === 'SHOWCASE'
  const limits = { currency, level: 'ad_group', isShop, currentMicros: budget.micros } as const
  const bids = bidsOf(wire, currency)
  const targeting = targetingOf(wire)
  return {
    entityId: entityId(account, 'ad_group', wire.adgroup_id),
    accountId: account,
    type: 'ad_group',
    parentId: entityId(account, 'campaign', wire.campaign_id),
    name: wire.adgroup_name ?? wire.adgroup_id,
    status,
    rawStatus: wire.operation_status,
    deliveryStatus: wire.secondary_status ?? '',
    budgetKind,
    ...optional('dailyBudgetMicros', budget.micros),
    editable: [
      budgetField(refusal, limits),
      scheduledBudgetField(refusal ?? scheduled.refusal, limits, campaign),
      statusField(status, campaign),
      ...bidFields(bids, currency, { status, campaign, budgetMicros: budget.micros }),
    ],
    values: {
      ...(scheduled.micros === undefined ? {} : { scheduled_budget: formatDecimal(scheduled.micros, currency) }),
      ...bidValues(bids, currency),
    },
    delivery: deliveryOf(wire.secondary_status),
    isAutomated: campaign.automation !== 'manual',
    ...(Object.keys(targeting).length === 0 ? {} : { targeting }),
    ...optional('clickWindowDays', windowDays(wire.click_attribution_window)),
    ...optional('viewWindowDays', windowDays(wire.view_attribution_window)),
    ...optional('optimizationGoal', wire.optimization_goal),
    ...optional('bidStrategy', wire.bid_type),
    ...optional('startsAt', wire.schedule_start_time),
    ...optional('endsAt', wire.schedule_end_time),
    ...optional('modifiedAt', wire.modify_time),
  }
}

/** Image ids hold slashes ("ad-site-i18n-sg/2026…"), which our ids don't allow. */
export function creativeKey(externalId: string): string {
  return externalId.replace(/[^0-9A-Za-z_.-]/g, '~').slice(0, 64)
}

export interface Creatives {
  readonly videos: readonly string[]
  readonly images: readonly string[]
}

const known = (ids: readonly unknown[]) => ids.filter((id): id is string => typeof id === 'string' && id !== '')

/** What classic and Smart+ ads have in common. */
interface AdFacts {
  readonly id: string
  readonly adGroupId: string
  readonly name: string
  readonly operationStatus: string
  readonly secondaryStatus: string | null | undefined
  readonly creatives: readonly string[]
}

function adOf(account: AccountId, facts: AdFacts, campaign: CampaignFacts): Entity {
  const status = toStatus(facts.operationStatus, facts.secondaryStatus)
  return {
    entityId: entityId(account, 'ad', facts.id),
    accountId: account,
    type: 'ad',
    parentId: entityId(account, 'ad_group', facts.adGroupId),
    name: facts.name,
    status,
    rawStatus: facts.operationStatus,
    deliveryStatus: facts.secondaryStatus ?? '',
    budgetKind: 'none',
    editable: [statusField(status, campaign)],
    creativeIds: [...new Set(facts.creatives.map(creativeKey))],
    delivery: deliveryOf(facts.secondaryStatus),
    review: reviewOf(facts.secondaryStatus),
    isAutomated: campaign.automation !== 'manual',
  }
}

export function toAd(account: AccountId, wire: WireAd, campaign: CampaignFacts): Entity {
  const { videos, images } = classicCreatives(wire)
  const facts: AdFacts = {
    id: wire.ad_id,
    adGroupId: wire.adgroup_id,
    name: wire.ad_name ?? wire.ad_id,
    operationStatus: wire.operation_status,
    secondaryStatus: wire.secondary_status,
    creatives: [...videos, ...images],
  }
  return {
    ...adOf(account, facts, campaign),
    ...optional('format', wire.ad_format),
    ...optional('text', wire.ad_text),
    ...optional('landingPage', wire.landing_page_url),
    ...optional('modifiedAt', wire.modify_time),
  }
}

/** TikTok's ids of the video and the images of a classic ad. */
export function classicCreatives(wire: WireAd): Creatives {
  return { videos: known([wire.video_id]), images: known(wire.image_ids ?? []) }
}

/** TikTok's ids of the videos and images of a Smart+ ad. */
export function smartCreatives(wire: WireSmartAd): Creatives {
  const infos = (wire.creative_list ?? []).flatMap((item) => item.creative_info ?? [])
  return {
    videos: known(infos.map((info) => info.video_info?.video_id)),
    images: known(infos.flatMap((info) => (info.image_info ?? []).map((image) => image.web_uri))),
  }
}

/** A Smart+ ad, whose reasons of refusal come from a call of their own. */
export function toSmartAd(
  account: AccountId,
  wire: WireSmartAd,
  campaign: CampaignFacts,
  reviewReasons: readonly string[],
): Entity {
  const { videos, images } = smartCreatives(wire)
  const facts: AdFacts = {
    id: wire.smart_plus_ad_id,
    adGroupId: wire.adgroup_id,
    name: wire.ad_name ?? wire.smart_plus_ad_id,
    operationStatus: wire.operation_status,
    secondaryStatus: wire.secondary_status,
    creatives: [...videos, ...images],
  }
  return {
    ...adOf(account, facts, campaign),
    ...(reviewReasons.length === 0 ? {} : { reviewReasons }),
    ...optional('format', wire.creative_list?.[0]?.creative_info?.ad_format),
    ...optional('text', wire.ad_text_list?.[0]?.ad_text),
    ...optional('landingPage', wire.landing_page_url_list?.[0]?.landing_page_url),
    ...optional('modifiedAt', wire.modify_time),
  }
}

/** A video or image that ads use. Nothing about it can be changed. */
export function toCreative(
  account: AccountId,
  externalId: string,
  wire: Pick<WireAsset, 'file_name' | 'format' | 'displayable'>,
): Entity {
  const isShown = wire.displayable ?? undefined
  return {
    entityId: entityId(account, 'creative', creativeKey(externalId)),
    accountId: account,
    type: 'creative',
    name: wire.file_name ?? externalId,
    status: isShown === undefined ? 'unknown' : isShown ? 'enabled' : 'paused',
    rawStatus: isShown === undefined ? '' : `displayable: ${isShown}`,
    deliveryStatus: '',
    budgetKind: 'none',
    editable: [],
    ...optional('format', wire.format),
  }
}
