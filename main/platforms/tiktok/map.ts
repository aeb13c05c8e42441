/**
 * TikTok's words and numbers to ours and back. The only place where TikTok amounts change their spelling.
 * Pure; never reads the network. No amount is ever computed with floats: a float from the wire is taken by its
 * shortest decimal spelling, which is exact for every amount TikTok accepts (below 10,000,000).
 */
import type { Account, Entity, EntityStatus } from '../../../shared/domain/entity.ts'
import { type AccountId, accountId, entityId } from '../../../shared/domain/ids.ts'
import { formatDecimal, parseDecimal } from '../../../shared/domain/money.ts'
import { type BudgetKind, budgetField, budgetRefusal, type CampaignFacts, statusField } from './editable.ts'
import type { WireAd, WireAdGroup, WireAdvertiser, WireCampaign } from './wire.ts'

const MICROS = 1_000_000n

/** A JSON number from TikTok as micros. @throws OperationError invalid_value when it has more decimals than the currency. */
export function microsFromNumber(value: number, currency: string): bigint {
  // String() spells the shortest decimal that reads back as the same double; exponents and NaN fail to parse.
  return parseDecimal(String(value), currency)
}

/** Micros as the digits of a JSON number: 120000000n EUR → "120.00". */
export function numberText(amountMicros: bigint, currency: string): string {
  return formatDecimal(amountMicros, currency)
}

/** A report's number: "12.34", "5", or "-" for "not measured". Up to six decimals, exact. Undefined when it is something else. */
export function microsFromReport(text: string | undefined): bigint | null | undefined {
  if (text === undefined || text === '-' || text === '') return null
  const match = /^(-?)(\d{1,12})(?:\.(\d{1,12}))?$/.exec(text)
  if (match === null) return undefined
  const fraction = (match[3] ?? '').replace(/0+$/, '')
  if (fraction.length > 6) return undefined
  const micros = BigInt(match[2] ?? '0') * MICROS + BigInt(fraction.padEnd(6, '0'))
  return match[1] === '-' ? -micros : micros
}

function isZone(name: string | undefined): name is string {
  if (name === undefined || name === '') return false
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

const ACCOUNT_STATUS: Readonly<Record<string, Account['status']>> = {
  STATUS_ENABLE: 'active',
  STATUS_DISABLE: 'disabled',
  STATUS_LIMIT: 'limited',
  STATUS_PENDING_CONFIRM: 'limited',
}

export function toAccount(wire: WireAdvertiser, fallbackName: string): Account {
  const rawStatus = wire.status ?? ''
  return {
    accountId: accountId('tiktok', wire.advertiser_id),
    platform: 'tiktok',
    name: wire.name ?? fallbackName,
    currency: wire.currency,
    // `timezone` is a fixed offset ("Etc/GMT-1"), which is wrong half of the year where clocks change.
    timeZone: isZone(wire.display_timezone) ? wire.display_timezone : isZone(wire.timezone) ? wire.timezone : 'UTC',
    status: ACCOUNT_STATUS[rawStatus] ?? 'unknown',
    rawStatus,
  }
}

/** The advertiser's own switch. TikTok tells deletion only through the secondary status. */
export function toStatus(operationStatus: string, secondaryStatus: string | undefined): EntityStatus {
  if (secondaryStatus?.endsWith('_STATUS_DELETE') === true) return 'deleted'
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
function windowDays(raw: string | undefined): number | null | undefined {
  return raw === undefined ? undefined : WINDOW_DAYS[raw]
}

function budgetKindOf(mode: string | undefined): BudgetKind {
  if (mode === 'BUDGET_MODE_DAY' || mode === 'BUDGET_MODE_DYNAMIC_DAILY_BUDGET') return 'daily'
  return mode === 'BUDGET_MODE_TOTAL' ? 'lifetime' : 'none'
}

export function campaignFacts(wire: WireCampaign): CampaignFacts {
  return {
    name: wire.campaign_name ?? wire.campaign_id,
    isAutomated: (wire.campaign_automation_type ?? 'MANUAL') !== 'MANUAL',
    ownsBudget: wire.budget_optimize_on === true,
    isDeleted: toStatus(wire.operation_status, wire.secondary_status) === 'deleted',
  }
}

function dailyBudget(kind: BudgetKind, budget: number | undefined, currency: string): { dailyBudgetMicros?: bigint } {
  return kind === 'daily' && budget !== undefined ? { dailyBudgetMicros: microsFromNumber(budget, currency) } : {}
}

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [key in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [key in K]?: V })
}

export function toCampaign(account: AccountId, currency: string, wire: WireCampaign): Entity {
  const facts = campaignFacts(wire)
  const status = toStatus(wire.operation_status, wire.secondary_status)
  const budgetKind = budgetKindOf(wire.budget_mode)
  return {
    entityId: entityId(account, 'campaign', wire.campaign_id),
    accountId: account,
    type: 'campaign',
    name: facts.name,
    status,
    rawStatus: wire.operation_status,
    deliveryStatus: wire.secondary_status ?? '',
    budgetKind,
    ...dailyBudget(budgetKind, wire.budget, currency),
    editable: [
      budgetField(budgetRefusal(budgetKind, status, facts, 'campaign'), currency, 'campaign'),
      statusField(status, facts),
    ],
    ...optional('objective', wire.objective_type),
    ...optional('modifiedAt', wire.modify_time),
  }
}

export function toAdGroup(account: AccountId, currency: string, wire: WireAdGroup, campaign: CampaignFacts): Entity {
  const status = toStatus(wire.operation_status, wire.secondary_status)
  const budgetKind = campaign.ownsBudget ? 'inherited' : budgetKindOf(wire.budget_mode)
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
    ...dailyBudget(budgetKind, wire.budget, currency),
    editable: [
      budgetField(budgetRefusal(budgetKind, status, campaign, 'ad_group'), currency, 'ad_group'),
      statusField(status, campaign),
    ],
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

export function toAd(account: AccountId, wire: WireAd, campaign: CampaignFacts): Entity {
  const status = toStatus(wire.operation_status, wire.secondary_status)
  const creativeIds = [...(wire.video_id === undefined ? [] : [wire.video_id]), ...(wire.image_ids ?? [])].map(
    creativeKey,
  )
  return {
    entityId: entityId(account, 'ad', wire.ad_id),
    accountId: account,
    type: 'ad',
    parentId: entityId(account, 'ad_group', wire.adgroup_id),
    name: wire.ad_name ?? wire.ad_id,
    status,
    rawStatus: wire.operation_status,
    deliveryStatus: wire.secondary_status ?? '',
    budgetKind: 'none',
    editable: [statusField(status, campaign)],
    creativeIds,
    ...optional('format', wire.ad_format),
    ...optional('text', wire.ad_text),
    ...optional('landingPage', wire.landing_page_url),
    ...optional('modifiedAt', wire.modify_time),
  }
}

/** A video or image that ads use. Nothing about it can be changed. */
export function toCreative(
  account: AccountId,
  externalId: string,
  wire: { file_name?: string | undefined; format?: string | undefined; displayable?: boolean | undefined },
): Entity {
  return {
    entityId: entityId(account, 'creative', creativeKey(externalId)),
    accountId: account,
    type: 'creative',
    name: wire.file_name ?? externalId,
    status: wire.displayable === undefined ? 'unknown' : wire.displayable ? 'enabled' : 'paused',
    rawStatus: wire.displayable === undefined ? '' : `displayable: ${wire.displayable}`,
    deliveryStatus: '',
    budgetKind: 'none',
    editable: [],
    ...optional('format', wire.format),
  }
}
