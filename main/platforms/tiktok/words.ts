/** TikTok's words for delivery, review and targeting in ours. Pure; a word we do not know becomes "unknown", never a guess. */
import type { Delivery, Review, Targeting } from '../../../shared/domain/entity.ts'
import type { WireAdGroup, WireTargeting } from './wire.ts'

/** What follows "…_STATUS_", or "ADVERTISER_" where the account itself is the reason (platform docs, "Enumerations", secondary status). */
const DELIVERY: Readonly<Record<string, Delivery>> = {
  ENABLE: 'delivering',
  DELIVERY_OK: 'delivering',
  BUDGET_EXCEED: 'limited',
  PARTIAL_AUDIT_AND_DELIVERY_OK: 'limited',
  PARTIAL_AUDIT_DENY: 'limited',
  LEARNING: 'learning',
  NOT_START: 'pending',
  AUDIT: 'pending',
  REAUDIT: 'pending',
  ADVERTISER_AUDIT: 'pending',
  CREATE: 'pending',
  DISABLE: 'not_delivering',
  CAMPAIGN_DISABLE: 'not_delivering',
  ADGROUP_DISABLE: 'not_delivering',
  DELETE: 'not_delivering',
  CAMPAIGN_DELETE: 'not_delivering',
  ADGROUP_DELETE: 'not_delivering',
  CAMPAIGN_EXCEED: 'limited',
  BALANCE_EXCEED: 'not_delivering',
  AUDIT_DENY: 'not_delivering',
  ADGROUP_AUDIT_DENY: 'not_delivering',
  ADVERTISER_AUDIT_DENY: 'not_delivering',
  FROZEN: 'not_delivering',
  DONE: 'ended',
  TIME_DONE: 'ended',
  CLOSED: 'ended',
  CLOSED_OTHERS: 'ended',
  ADGROUP_CLOSED: 'ended',
  DELIVERY_AND_REAUDIT: 'delivering',
  DELIVERY_AND_TRANSCODING_FAIL: 'limited',
  PARTIAL_AUDIT_DELIVERY_OK: 'limited',
  REVIEW_PARTIALLY_APPROVED: 'limited',
  PARTIAL_AUDIT_NO_DELIVERY: 'not_delivering',
  ADGROUP_PARTIAL_AUDIT_NO_DELIVERY: 'not_delivering',
  TRANSCODING_FAIL: 'not_delivering',
  PIXEL_UNBIND: 'not_delivering',
  PRODUCT_UNAVAILABLE: 'not_delivering',
  LIVE_OFFLINE: 'not_delivering',
  AD_QUOTA_LIMIT: 'not_delivering',
  ADGROUP_QUOTA_LIMIT: 'not_delivering',
  ASSET_AUTHORIZATION_LOST: 'not_delivering',
  ADGROUP_ASSET_AUTHORIZATION_LOST: 'not_delivering',
  INDUSTRY_QUALIFICATION_DENY: 'not_delivering',
  INDUSTRY_QUALIFICATION_EXPIRED: 'not_delivering',
  INDUSTRY_QUALIFICATION_MISSING: 'not_delivering',
  ADGROUP_INDUSTRY_QUALIFICATION_DENY: 'not_delivering',
  ADGROUP_INDUSTRY_QUALIFICATION_EXPIRED: 'not_delivering',
  ADGROUP_INDUSTRY_QUALIFICATION_MISSING: 'not_delivering',
  PRIVACY_POLICY_REJECTED: 'not_delivering',
  ACCOUNT_INVALID: 'not_delivering',
  ACCOUNT_PUNISH: 'not_delivering',
  CONTRACT_PENDING: 'not_delivering',
  PRIVACY_POLICY_AUDIT: 'pending',
  LIVE_NOT_START: 'pending',
  AD_PRE_ONLINE: 'pending',
  ADGROUP_PRE_ONLINE: 'pending',
}

function wordOf(secondaryStatus: string | undefined | null): string {
  return /(?:_STATUS_|^ADVERTISER_)([A-Z_]+)$/.exec(secondaryStatus ?? '')?.[1] ?? ''
}

export function deliveryOf(secondaryStatus: string | undefined | null): Delivery {
  const word = wordOf(secondaryStatus)
  return Object.hasOwn(DELIVERY, word) ? (DELIVERY[word] ?? 'unknown') : 'unknown'
}

/** Delivering, out of money or over means that the review was passed; a switch that is off says nothing about it. */
const REVIEW: Readonly<Record<string, Review>> = {
  DELIVERY_OK: 'approved',
  BALANCE_EXCEED: 'approved',
  BUDGET_EXCEED: 'approved',
  NOT_START: 'approved',
  DONE: 'approved',
  TIME_DONE: 'approved',
  PARTIAL_AUDIT_AND_DELIVERY_OK: 'limited',
  PARTIAL_AUDIT_DENY: 'limited',
  AUDIT: 'in_review',
  REAUDIT: 'in_review',
  ADGROUP_AUDIT: 'in_review',
  ADVERTISER_AUDIT: 'in_review',
  AUDIT_DENY: 'disapproved',
  ADGROUP_AUDIT_DENY: 'disapproved',
  ADVERTISER_AUDIT_DENY: 'disapproved',
  PARTIAL_AUDIT_DELIVERY_OK: 'limited',
  PARTIAL_AUDIT_NO_DELIVERY: 'limited',
  ADGROUP_PARTIAL_AUDIT_NO_DELIVERY: 'limited',
  REVIEW_PARTIALLY_APPROVED: 'limited',
  DELIVERY_AND_REAUDIT: 'in_review',
  PRIVACY_POLICY_AUDIT: 'in_review',
  PRIVACY_POLICY_REJECTED: 'disapproved',
  INDUSTRY_QUALIFICATION_DENY: 'disapproved',
  ADGROUP_INDUSTRY_QUALIFICATION_DENY: 'disapproved',
}

export function reviewOf(secondaryStatus: string | undefined | null): Review {
  const word = wordOf(secondaryStatus)
  return Object.hasOwn(REVIEW, word) ? (REVIEW[word] ?? 'unknown') : 'unknown'
}

/** At most this many of a kind are kept. */
const MAX_OF_A_KIND = 50

type Texts = readonly string[] | null | undefined

function listed(...lists: readonly Texts[]): readonly string[] {
  return lists.flatMap((list) => list ?? []).slice(0, MAX_OF_A_KIND)
}

function behaviours(actions: WireTargeting['actions']): readonly string[] {
  const texts = (actions ?? []).map((action) =>
    [action.action_scene ?? '', ...listed(action.video_user_actions), ...listed(action.action_category_ids)]
      .filter((part) => part !== '')
      .join(' '),
  )
  return listed(texts.map((text) => text.slice(0, 200)))
}

/** Whom an ad group is shown to. Smart+ nests what the classic endpoint spells beside the rest. */
export function targetingOf(wire: WireAdGroup): Targeting {
  const from: WireTargeting = wire.targeting_spec ?? wire
  const gender = from.gender ?? 'GENDER_UNLIMITED'
  const isAutomatic = wire.placement_type === 'PLACEMENT_TYPE_AUTOMATIC'
  const kinds: Targeting = {
    age: listed(from.age_groups),
    gender: gender === 'GENDER_UNLIMITED' ? [] : [gender],
    location: listed(from.location_ids),
    language: listed(from.languages),
    interest: listed(from.interest_category_ids, from.interest_keyword_ids, from.purchase_intention_keyword_ids),
    behaviour: behaviours(from.actions),
    audience: listed(
      from.audience_ids,
      from.excluded_audience_ids?.map((id) => `-${id}`),
    ),
    placement: isAutomatic ? ['PLACEMENT_TYPE_AUTOMATIC'] : listed(wire.placements),
    device: listed(from.operating_systems),
  }
  return Object.fromEntries(Object.entries(kinds).filter(([, values]) => values.length > 0))
}
