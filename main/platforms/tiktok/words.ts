/** TikTok's words for delivery, review and targeting in ours. Pure; a word we do not know becomes "unknown", never a guess. */
import type { Delivery, Review, Targeting } from '../../../shared/domain/entity.ts'
import type { WireAdGroup, WireTargeting } from './wire.ts'

/** What follows "…_STATUS_" (platform docs, "Enumerations", secondary status). */
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
}

function wordOf(secondaryStatus: string | undefined | null): string {
  return /_STATUS_([A-Z_]+)$/.exec(secondaryStatus ?? '')?.[1] ?? ''
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
