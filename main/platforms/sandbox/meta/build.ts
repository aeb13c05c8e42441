/** Builds campaigns, ad sets and ads from plans. Pure: same seed and day, same campaigns. Never reads a clock, a file or the network. */
import { between, digits } from '../random.ts'
import { type AdSetPlan, type CampaignPlan, CLIPS } from './plan.ts'
import { ATTRIBUTIONS, targetingFor } from './targeting.ts'
import type {
  CreativeFormat,
  MetaAccount,
  MetaAd,
  MetaAdSet,
  MetaBidStrategy,
  MetaCampaign,
  MetaCreative,
  Review,
  SwitchPoint,
} from './types.ts'

const DAY_MS = 86_400_000

export interface Build {
  readonly seed: number
  /** The day the history was built for. */
  readonly anchorDay: number
  nextKey: number
}

/** Ids of 18 digits that end oddly: never representable as a double, so any client that rounds is caught. */
export function makeId(build: Build, prefix: string, key: number): string {
  return `${prefix}${digits(17 - prefix.length, build.seed, key, 11)}${(key % 5) * 2 + 1}`
}

/** Makes amounts look chosen by people, in main units: full fives below 100, tens above. */
function tidy(amount: number): number {
  const step = amount < 100 ? 5 : amount < 10_000 ? 10 : 500
  return Math.max(step, Math.round(amount / step) * step)
}

function switches(fromDay: number, offDay: number | undefined): SwitchPoint[] {
  const first: SwitchPoint = { day: fromDay, minuteOfDay: 0, isOn: true }
  return offDay === undefined ? [first] : [first, { day: offDay, minuteOfDay: 0, isOn: false }]
}

const FORMATS: readonly CreativeFormat[] = ['video', 'image', 'carousel', 'video', 'asset_feed', 'existing_post']

function buildCreative(build: Build, account: MetaAccount, name: string): MetaCreative {
  const key = build.nextKey++
  return {
    kind: 'creative',
    id: makeId(build, '1205', key),
    key,
    account,
    name: `${name} ${build.anchorDay - (key % 300)}-${digits(8, build.seed, key, 12)}`,
    format: FORMATS[key % FORMATS.length] ?? 'image',
    text: `Draußen zu Hause. ${CLIPS[key % CLIPS.length] ?? ''}`,
    landingPage: `https://shop.example/p/${digits(5, build.seed, key, 13)}?utm_source=meta&utm_campaign=${key}`,
  }
}

interface Life {
  readonly fromDay: number
  readonly offDay: number | undefined
}

/** One ad's own turn, when the ads of an ad set take turns. */
function turnOf(build: Build, life: Life, index: number, count: number, liveAds: number | undefined): Life {
  if (liveAds === undefined) return life
  const endDay = life.offDay ?? build.anchorDay + 1
  const slot = (endDay - life.fromDay) / Math.max(1, count - liveAds + 1)
  const fromDay = life.fromDay + Math.floor(slot * Math.max(0, index - liveAds + 1))
  const offDay = life.fromDay + Math.floor(slot * (index + 1))
  return { fromDay, offDay: offDay >= endDay ? life.offDay : offDay }
}

function buildAds(build: Build, adSet: MetaAdSet, plan: AdSetPlan, life: Life, liveAds: number | undefined): void {
  const count = plan.ads ?? 2 + (adSet.key % 2)
  const reviews = plan.reviews ?? []
  const weights = Array.from({ length: count }, (_, index) => between(0.6, 1.4, build.seed, adSet.key, index, 21))
  const live = liveAds ?? count
  const total = (weights.reduce((sum, weight) => sum + weight, 0) * live) / count
  for (let index = 0; index < count; index += 1) {
    const key = build.nextKey++
    const review: Review = reviews[index - (count - reviews.length)] ?? 'approved'
    const turn = turnOf(build, life, index, count, liveAds)
    const name = `${CLIPS[key % CLIPS.length] ?? 'Clip'} – V${index + 1}`
    const isOver = turn.offDay !== undefined && turn.offDay !== life.offDay
    const startMs = turn.fromDay * DAY_MS + 9 * 3_600_000
    const ad: MetaAd = {
      kind: 'ad',
      id: makeId(build, '1204', key),
      key,
      name,
      status: isOver ? 'PAUSED' : 'ACTIVE',
      switches:
        review === 'approved'
          ? switches(turn.fromDay, turn.offDay)
          : review === 'issues'
            ? switches(turn.fromDay, build.anchorDay - 5)
            : [],
      createdAtMs: startMs,
      updatedAtMs: isOver ? (turn.offDay ?? 0) * DAY_MS : startMs,
      adSet,
      creative: buildCreative(build, adSet.campaign.account, name),
      share: (weights[index] ?? 1) / total,
      review,
    }
    adSet.ads.push(ad)
  }
}

function bidFor(strategy: MetaBidStrategy, account: MetaAccount, goal: string): number | undefined {
  const unitMinor = account.euroRate * account.offset
  if (strategy === 'LOWEST_COST_WITH_BID_CAP') return Math.round((goal === 'LINK_CLICKS' ? 0.8 : 6.5) * unitMinor)
  return strategy === 'COST_CAP' ? Math.round(9 * unitMinor) : undefined
}

function resultEventOf(objective: string): 'PURCHASE' | 'LEAD' | undefined {
  return objective === 'OUTCOME_SALES' ? 'PURCHASE' : objective === 'OUTCOME_LEADS' ? 'LEAD' : undefined
}

function buildAdSet(build: Build, campaign: MetaCampaign, plan: CampaignPlan, index: number, life: Life): void {
  const adSetPlan = plan.adSets[index] as AdSetPlan
  const { account } = campaign
  const unitMinor = account.euroRate * account.offset
  const key = build.nextKey++
  const typical = (plan.dailySpend / plan.adSets.length) * between(0.8, 1.2, build.seed, key, 71)
  const isOwn = campaign.budgetKind === undefined
  const isLifetime = isOwn && adSetPlan.budget === 'lifetime'
  const budgetMinor = !isOwn
    ? 0
    : (isLifetime ? tidy(42_000 * account.euroRate) : tidy(typical * 1.15 * account.euroRate)) * account.offset
  const strategy = campaign.bidStrategy ?? adSetPlan.strategy ?? 'LOWEST_COST_WITHOUT_CAP'
  const resultEvent = resultEventOf(plan.objective)
  const goal = adSetPlan.goal ?? (resultEvent === undefined ? 'LINK_CLICKS' : 'OFFSITE_CONVERSIONS')
  const pausedDay = adSetPlan.isPaused === true ? build.anchorDay - 30 : undefined
  const endsDay =
    adSetPlan.endedDaysAgo !== undefined
      ? build.anchorDay - adSetPlan.endedDaysAgo
      : isLifetime || campaign.budgetKind === 'lifetime'
        ? build.anchorDay + 60
        : undefined
  const createdAtMs = campaign.createdAtMs + (index + 1) * 540_000
  const adSet: MetaAdSet = {
    kind: 'adset',
    id: makeId(build, '1203', key),
    key,
    name: adSetPlan.name,
    status: adSetPlan.isPaused === true ? 'PAUSED' : 'ACTIVE',
    switches: switches(life.fromDay, pausedDay),
    createdAtMs,
    updatedAtMs: createdAtMs,
    budgetKind: isOwn ? (isLifetime ? 'lifetime' : 'daily') : undefined,
    budgetMinor,
    initialBudgetMinor: budgetMinor,
    budgetSteps: [],
    budgetChangesAtMs: [],
    campaign,
    bidStrategy: strategy,
    bidMinor: bidFor(strategy, account, goal),
    roasFloor: strategy === 'LOWEST_COST_WITH_MIN_ROAS' ? 15_000 + (key % 4) * 2500 : undefined,
    optimizationGoal: goal,
    billingEvent: adSetPlan.billing ?? 'IMPRESSIONS',
    attribution: ATTRIBUTIONS[adSetPlan.attribution ?? 0] ?? [],
    targeting: targetingFor(build.seed, key, account, plan.isLegacyAdvantage === true),
    pixelId: resultEvent === undefined ? undefined : account.pixels[0]?.id,
    resultEvent,
    learning:
      adSetPlan.learning === undefined
        ? undefined
        : { status: adSetPlan.learning, conversions: adSetPlan.learning === 'SUCCESS' ? 50 : 12 },
    endsAtMs: endsDay === undefined ? undefined : endsDay * DAY_MS,
    typicalSpendMinor: Math.round(typical * unitMinor),
    ads: [],
  }
  campaign.adSets.push(adSet)
  const offDay = [life.offDay, pausedDay, endsDay].filter((day) => day !== undefined && day <= build.anchorDay)
  buildAds(
    build,
    adSet,
    adSetPlan,
    { fromDay: life.fromDay, offDay: offDay.length === 0 ? undefined : Math.min(...(offDay as number[])) },
    plan.liveAds,
  ) // prettier-ignore
}

/** One campaign with its ad sets, ads and creatives, put into its account. */
export function buildCampaign(build: Build, account: MetaAccount, plan: CampaignPlan): void {
  const key = build.nextKey++
  const fromDay = build.anchorDay - plan.ageDays
  const offDay = plan.offDaysAgo === undefined ? undefined : build.anchorDay - plan.offDaysAgo
  const createdAtMs = fromDay * DAY_MS + 8 * 3_600_000
  const isLifetime = plan.budget === 'campaign_lifetime'
  const budgetMinor =
    plan.budget === 'adsets'
      ? 0
      : tidy((isLifetime ? plan.dailySpend * 120 : plan.dailySpend * 1.15) * account.euroRate) * account.offset
  const campaign: MetaCampaign = {
    kind: 'campaign',
    id: makeId(build, '1202', key),
    key,
    name: plan.name,
    status: plan.status ?? (offDay === undefined ? 'ACTIVE' : 'PAUSED'),
    switches: switches(fromDay, offDay),
    createdAtMs,
    updatedAtMs: offDay === undefined ? createdAtMs : offDay * DAY_MS + 10 * 3_600_000,
    budgetKind: plan.budget === 'adsets' ? undefined : isLifetime ? 'lifetime' : 'daily',
    budgetMinor,
    initialBudgetMinor: budgetMinor,
    budgetSteps: [],
    budgetChangesAtMs: [],
    account,
    objective: plan.objective,
    buyingType: 'AUCTION',
    bidStrategy: plan.budget === 'adsets' ? undefined : (plan.strategy ?? 'LOWEST_COST_WITHOUT_CAP'),
    smartPromotionType: plan.isLegacyAdvantage === true ? 'AUTOMATED_SHOPPING_ADS' : undefined,
    isLegacyAdvantage: plan.isLegacyAdvantage === true,
    stopsAtMs: isLifetime ? (build.anchorDay + 60) * DAY_MS : undefined,
    adSets: [],
  }
  account.campaigns.push(campaign)
  for (let index = 0; index < plan.adSets.length; index += 1)
    buildAdSet(build, campaign, plan, index, { fromDay, offDay })
}
