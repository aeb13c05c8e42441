/** Builds the Google Ads accounts from a seed and a day. Pure: same seed and day, same world. Never reads a clock, a file or the network. */
import { addDays } from '../calendar.ts'
import { between, digits } from '../random.ts'
import { addAds, addAssetGroup } from './build-ads.ts'
import { bidMicros, type Build, newId, tidyMicros } from './build-ids.ts'
import { campaignCriteria, conversionActions, groupCriteria } from './build-parts.ts'
import { type CampaignPlan, CUSTOMERS, type CustomerPlan, PLANS } from './plans.ts'
import { demoPlans } from './plans-demo.ts'
import type { AdGroup, Asset, Budget, Campaign, Customer, Status, Strategy, SwitchPoint } from './types.ts'

export type WorldSize = 'small' | 'demo'

function customerId(build: Build, index: number): string {
  return `${1 + (index % 8)}${digits(8, build.seed, index, 901)}${index}`
}

function newCustomer(
  build: Build,
  index: number,
  plan: Pick<CustomerPlan, 'name' | 'currency' | 'billableUnitMicros' | 'minimumDailyMicros' | 'scale' | 'timeZone'> &
    Partial<CustomerPlan>,
  place: { isManager: boolean; managerId: string | undefined },
): Customer {
  const id = customerId(build, index)
  return {
    kind: 'customer',
    id,
    key: build.nextKey++,
    resourceName: `customers/${id}`,
    name: plan.name,
    currency: plan.currency,
    billableUnitMicros: plan.billableUnitMicros,
    minimumDailyMicros: plan.minimumDailyMicros,
    scale: plan.scale,
    timeZone: plan.timeZone,
    status: plan.status ?? 'ENABLED',
    isManager: place.isManager,
    isHidden: plan.isHidden ?? false,
    isTest: false,
    managerId: place.managerId,
    campaigns: [],
    budgets: [],
    strategies: [],
    assets: [],
    conversionActions: [],
  }
}

function strategyOf(customer: Customer, plan: CampaignPlan): Strategy {
  const { member, values = {} } = plan.strategy
  if (member === 'bidding_strategy')
    return { member, values: { bidding_strategy: customer.strategies[0]?.resourceName ?? '' } }
  const inMicros = Object.entries(values).map(([name, value]) => [
    name,
    name.endsWith('_micros') && typeof value === 'number' ? bidMicros(customer, value) : value,
  ])
  return { member, values: Object.fromEntries(inMicros) as Strategy['values'] }
}

function budgetFor(build: Build, customer: Customer, plan: CampaignPlan): Budget {
  const shared = plan.budget.startsWith('shared:') ? plan.budget.slice('shared:'.length) : undefined
  const known = shared === undefined ? undefined : customer.budgets.find((budget) => budget.name === shared)
  if (known !== undefined) return known
  const { id, key } = newId(build, '1')
  const isTotal = plan.budget === 'total'
  const days = plan.ageDays + (plan.endsInDays ?? 0)
  const micros = tidyMicros(customer, plan.dailySpend * (isTotal ? days : shared === undefined ? 1.2 : 3))
  const budget: Budget = {
    kind: 'campaignBudget',
    id,
    key,
    resourceName: `${customer.resourceName}/campaignBudgets/${id}`,
    customer,
    name: shared ?? `${plan.name.slice(0, 60)} #${key}`,
    period: isTotal ? 'CUSTOM_PERIOD' : 'DAILY',
    amountMicros: isTotal ? undefined : micros,
    totalAmountMicros: isTotal ? micros : undefined,
    initialMicros: micros,
    steps: [],
    isShared: shared !== undefined,
    status: plan.status === 'REMOVED' ? 'REMOVED' : 'ENABLED',
    recommendedMicros: plan.hint?.reasons.includes('BUDGET_CONSTRAINED') === true ? micros * 2 : undefined,
  }
  customer.budgets.push(budget)
  return budget
}

function switchesFor(startDate: string, offDate: string | undefined): SwitchPoint[] {
  const first: SwitchPoint = { date: startDate, minuteOfDay: 0, isOn: true }
  return offDate === undefined ? [first] : [first, { date: offDate, minuteOfDay: 0, isOn: false }]
}

const GROUP_TYPES: Readonly<Record<string, string>> = {
  SEARCH: 'SEARCH_STANDARD',
  DISPLAY: 'DISPLAY_STANDARD',
  VIDEO: 'VIDEO_RESPONSIVE',
}

function addGroup(build: Build, campaign: Campaign, plan: CampaignPlan, index: number, share: number): AdGroup {
  const { customer } = campaign
  const { id, key } = newId(build, '2')
  const status: Status =
    plan.pausedGroup === index
      ? 'PAUSED'
      : plan.removedGroup === index || plan.status === 'REMOVED'
        ? 'REMOVED'
        : 'ENABLED'
  const offDate = plan.pausedGroup === index ? addDays(build.anchorDate, -20) : undefined
  const { member, values } = campaign.strategy
  const group: AdGroup = {
    kind: 'adGroup',
    id,
    key,
    resourceName: `${customer.resourceName}/adGroups/${id}`,
    customer,
    name: plan.groups[index] ?? '',
    status,
    switches: switchesFor(campaign.startDate, offDate),
    campaign,
    type: GROUP_TYPES[campaign.channel] ?? 'UNSPECIFIED',
    share,
    cpcBidMicros:
      member === 'manual_cpc' || member === 'target_spend'
        ? bidMicros(customer, between(0.5, 1.1, build.seed, key, 61))
        : undefined,
    cpmBidMicros: undefined,
    cpvBidMicros: member === 'manual_cpv' ? bidMicros(customer, 0.05) : undefined,
    // One group with a target of its own beside the campaign's.
    targetCpaMicros:
      index === 1 && typeof values['target_cpa_micros'] === 'number' ? values['target_cpa_micros'] : undefined,
    targetRoas: index === 1 && typeof values['target_roas'] === 'number' ? values['target_roas'] + 0.5 : undefined,
    ads: [],
    criteria: [],
  }
  campaign.adGroups.push(group)
  group.criteria.push(...groupCriteria(build, group))
  return group
}

function addCampaign(build: Build, customer: Customer, plan: CampaignPlan, isLean: boolean): void {
  const { id, key } = newId(build, '2')
  const startDate = addDays(build.anchorDate, -plan.ageDays)
  const offDate = plan.stoppedDaysAgo === undefined ? undefined : addDays(build.anchorDate, -plan.stoppedDaysAgo)
  const endDate =
    plan.hasEnded === true
      ? offDate
      : plan.endsInDays === undefined
        ? undefined
        : addDays(build.anchorDate, plan.endsInDays)
  const campaign: Campaign = {
    kind: 'campaign',
    id,
    key,
    resourceName: `${customer.resourceName}/campaigns/${id}`,
    customer,
    status: plan.status ?? 'ENABLED',
    switches: switchesFor(startDate, plan.hasEnded === true ? undefined : offDate),
    name: plan.name,
    channel: plan.channel,
    subType: plan.subType,
    strategy: strategyOf(customer, plan),
    strategyChangedOn: undefined,
    budget: budgetFor(build, customer, plan),
    startDate,
    endDate,
    hint: plan.hint,
    typicalMicros: plan.dailySpend * customer.scale * 1e6,
    isMeasured: plan.isMeasured ?? true,
    adGroups: [],
    assetGroups: [],
    criteria: [],
  }
  customer.campaigns.push(campaign)
  campaign.criteria.push(...campaignCriteria(build, campaign))
  const names = isLean ? plan.groups.slice(0, 1) : plan.groups
  const weights = names.map((_, index) => between(0.6, 1.4, build.seed, key, index, 71))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  for (let index = 0; index < names.length; index += 1) {
    const share = (weights[index] ?? 0) / total
    if (plan.channel === 'PERFORMANCE_MAX') addAssetGroup(build, campaign, names[index] ?? '', share)
    else
      addAds(
        build,
        addGroup(build, campaign, plan, index, share),
        plan,
        isLean ? Math.min(2, plan.ads ?? 1) : (plan.ads ?? 2),
      )
  }
}

function addAssets(build: Build, customer: Customer, count: number): void {
  for (let index = 0; index < count; index += 1) {
    const { id, key } = newId(build, '3')
    const isVideo = index % 4 === 3
    const asset: Asset = {
      kind: 'asset',
      id,
      key,
      resourceName: `${customer.resourceName}/assets/${id}`,
      customer,
      name: isVideo ? `Film ${index}` : `Bild ${index}`,
      type: isVideo ? 'YOUTUBE_VIDEO' : 'IMAGE',
      text: undefined,
      youtubeId: isVideo ? `sb${digits(9, build.seed, key, 81)}` : undefined,
      width: isVideo ? 0 : 1200,
      height: isVideo ? 0 : 628,
    }
    customer.assets.push(asset)
  }
}

function fill(build: Build, customer: Customer, plans: readonly CampaignPlan[], isLean: boolean): void {
  addAssets(build, customer, isLean ? 4 : 8)
  customer.conversionActions.push(...conversionActions(build, customer))
  const { id, key } = newId(build, '4')
  customer.strategies.push({
    kind: 'biddingStrategy',
    id,
    key,
    resourceName: `${customer.resourceName}/biddingStrategies/${id}`,
    customer,
    name: 'Portfolio tCPA Sale',
    type: 'TARGET_CPA',
    targetMicros: bidMicros(customer, 16),
  })
  for (const plan of plans) addCampaign(build, customer, plan, isLean)
}

/** The manager, its sub-manager and the client accounts as they stand on `anchorDate`. The manager comes first. */
export function buildCustomers(seed: number, anchorDate: string, size: WorldSize): readonly Customer[] {
  const build: Build = { seed, anchorDate, nextKey: 1 }
  const money = { currency: 'EUR', billableUnitMicros: 10_000, minimumDailyMicros: 1_000_000, scale: 1 }
  const zone = { timeZone: 'Europe/Berlin' }
  const manager = newCustomer(
    build,
    9,
    { name: 'Fjellkant MCC', ...money, ...zone },
    { isManager: true, managerId: undefined },
  )
  const subManager = newCustomer(
    build,
    8,
    { name: 'Fjellkant Asia (Agentur)', ...money, ...zone },
    { isManager: true, managerId: manager.id },
  )
  const customers = [manager, subManager]
  for (const [index, plan] of CUSTOMERS.entries()) {
    const managerId = plan.isNested === true ? subManager.id : manager.id
    const customer = newCustomer(build, index + 1, plan, { isManager: false, managerId })
    customers.push(customer)
    const plans = size === 'demo' ? demoPlans(seed, index) : plan.size === 'empty' ? [] : PLANS
    if (plans.length > 0) fill(build, customer, plans, size === 'small' && plan.size === 'lean')
  }
  return customers
}

/** Client accounts that the user is also directly on, beside the manager. */
export function directPlans(): readonly string[] {
  return CUSTOMERS.filter((plan) => plan.isDirect === true).map((plan) => plan.name)
}
