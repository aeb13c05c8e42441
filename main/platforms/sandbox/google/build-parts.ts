/** Targeting criteria and conversion actions of the sandbox's accounts. Pure. */
import { bidMicros, type Build, newId } from './build-ids.ts'
import type { AdGroup, Campaign, ConversionAction, Criterion, Customer } from './types.ts'

interface CriterionPlan {
  readonly type: string
  readonly values: Readonly<Record<string, string>>
  readonly isNegative?: boolean
  readonly bid?: number
  readonly status?: 'PAUSED'
}

const SEARCH_TARGETS: readonly CriterionPlan[] = [
  { type: 'KEYWORD', values: { 'keyword.text': 'trekking zelt kaufen', 'keyword.match_type': 'PHRASE' }, bid: 0.9 },
  { type: 'KEYWORD', values: { 'keyword.text': 'zelt 2 personen', 'keyword.match_type': 'EXACT' } },
  { type: 'KEYWORD', values: { 'keyword.text': 'zelt gebraucht', 'keyword.match_type': 'BROAD' }, isNegative: true },
  { type: 'AGE_RANGE', values: { 'age_range.type': 'AGE_RANGE_25_34' } },
  { type: 'AGE_RANGE', values: { 'age_range.type': 'AGE_RANGE_65_UP' }, isNegative: true },
]

const AUDIENCE_TARGETS: readonly CriterionPlan[] = [
  { type: 'GENDER', values: { 'gender.type': 'FEMALE' } },
  { type: 'AGE_RANGE', values: { 'age_range.type': 'AGE_RANGE_35_44' } },
  { type: 'PLACEMENT', values: { 'placement.url': 'wandermagazin.example' } },
  { type: 'PLACEMENT', values: { 'placement.url': 'spiele.example' }, isNegative: true },
  { type: 'TOPIC', values: { 'topic.topic_constant': 'topicConstants/542' } },
  { type: 'USER_LIST', values: { 'user_list.user_list': 'userLists/7001' } },
  { type: 'USER_INTEREST', values: { 'user_interest.user_interest_category': 'userInterests/92948' } },
]

const CAMPAIGN_TARGETS: readonly CriterionPlan[] = [
  { type: 'LOCATION', values: { 'location.geo_target_constant': 'geoTargetConstants/2276' } },
  { type: 'LOCATION', values: { 'location.geo_target_constant': 'geoTargetConstants/2756' }, isNegative: true },
  { type: 'LANGUAGE', values: { 'language.language_constant': 'languageConstants/1001' } },
  { type: 'DEVICE', values: { 'device.type': 'MOBILE' } },
]

/** Criterion ids are global constants for demographics on the platform; here they only need to be unique. */
export function groupCriteria(build: Build, group: AdGroup): Criterion[] {
  const plans = group.campaign.channel === 'SEARCH' ? SEARCH_TARGETS : AUDIENCE_TARGETS
  return plans.map((plan): Criterion => {
    const { id, key } = newId(build, '5')
    return {
      kind: 'adGroupCriterion',
      id,
      key,
      resourceName: `${group.customer.resourceName}/adGroupCriteria/${group.id}~${id}`,
      customer: group.customer,
      campaign: group.campaign,
      adGroup: group,
      type: plan.type,
      isNegative: plan.isNegative ?? false,
      status: plan.status ?? 'ENABLED',
      bidModifier: undefined,
      cpcBidMicros:
        plan.bid !== undefined && group.cpcBidMicros !== undefined ? bidMicros(group.customer, plan.bid) : undefined,
      values: withOwner(group.customer, plan),
    }
  })
}

export function campaignCriteria(build: Build, campaign: Campaign): Criterion[] {
  return CAMPAIGN_TARGETS.map((plan): Criterion => {
    const { id, key } = newId(build, '5')
    return {
      kind: 'campaignCriterion',
      id,
      key,
      resourceName: `${campaign.customer.resourceName}/campaignCriteria/${campaign.id}~${id}`,
      customer: campaign.customer,
      campaign,
      adGroup: undefined,
      type: plan.type,
      isNegative: plan.isNegative ?? false,
      status: 'ENABLED',
      bidModifier: plan.type === 'DEVICE' ? 0.8 : undefined,
      cpcBidMicros: undefined,
      values: plan.values,
    }
  })
}

/** Lists and interests belong to an account: their resource names start with it. */
function withOwner(customer: Customer, plan: CriterionPlan): Readonly<Record<string, string>> {
  if (plan.type !== 'USER_LIST' && plan.type !== 'USER_INTEREST') return plan.values
  return Object.fromEntries(
    Object.entries(plan.values).map(([name, value]) => [name, `${customer.resourceName}/${value}`]),
  )
}

const ACTIONS: readonly (Pick<
  ConversionAction,
  'name' | 'type' | 'category' | 'isPrimary' | 'clickDays' | 'viewDays' | 'share'
> & {
  readonly status?: ConversionAction['status']
  readonly defaultValue?: number
  readonly lastReceivedDaysAgo?: number
})[] = [
  {
    name: 'Kauf',
    type: 'WEBPAGE',
    category: 'PURCHASE',
    isPrimary: true,
    clickDays: 30,
    viewDays: 1,
    share: 0.7,
    lastReceivedDaysAgo: 0,
  },
  {
    name: 'Newsletter',
    type: 'WEBPAGE',
    category: 'SIGNUP',
    isPrimary: true,
    clickDays: 30,
    viewDays: 1,
    share: 0.12,
    defaultValue: 0,
    lastReceivedDaysAgo: 0,
  },
  {
    name: 'Warenkorb',
    type: 'WEBPAGE',
    category: 'ADD_TO_CART',
    isPrimary: false,
    clickDays: 30,
    viewDays: 1,
    share: 0.18,
    defaultValue: 0,
    lastReceivedDaysAgo: 0,
  },
  {
    name: 'Kauf (altes Tag)',
    type: 'WEBPAGE',
    category: 'PURCHASE',
    isPrimary: true,
    clickDays: 90,
    viewDays: 1,
    share: 0,
    lastReceivedDaysAgo: 41,
  },
  {
    name: 'Offline-Kauf',
    type: 'UPLOAD_CLICKS',
    category: 'PURCHASE',
    isPrimary: true,
    clickDays: 60,
    viewDays: 1,
    share: 0,
  },
  {
    name: 'Test <script>alert(1)</script>',
    type: 'WEBPAGE',
    category: 'PURCHASE',
    isPrimary: true,
    clickDays: 30,
    viewDays: 1,
    share: 0,
    status: 'REMOVED',
    lastReceivedDaysAgo: 200,
  },
] // prettier-ignore

/** A healthy one, one without a value, one that is not primary, a stale one, one that never received anything, and a removed one. */
export function conversionActions(build: Build, customer: Customer): ConversionAction[] {
  return ACTIONS.map((plan): ConversionAction => {
    const { id, key } = newId(build, '6')
    return {
      kind: 'conversionAction',
      id,
      key,
      resourceName: `${customer.resourceName}/conversionActions/${id}`,
      customer,
      name: plan.name,
      status: plan.status ?? 'ENABLED',
      type: plan.type,
      category: plan.category,
      isPrimary: plan.isPrimary,
      clickDays: plan.clickDays,
      viewDays: plan.viewDays,
      defaultValue: plan.defaultValue,
      share: plan.share,
      lastReceivedDaysAgo: plan.lastReceivedDaysAgo,
    }
  })
}
