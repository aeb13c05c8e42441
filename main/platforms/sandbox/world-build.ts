/**
 * Builds the shop's TikTok accounts from a seed and a day. Pure: same seed and day, same world.
 * Never reads a clock, a file or the network.
 */
import { addDays, dayNumber } from './calendar.ts'
import { between, digits, unit } from './random.ts'
import { DEMO_EU, DEMO_JAPAN, DEMO_UK, demoPlans } from './world-demo.ts'
import { type CampaignPlan, MAIN_SHOP, SMALL_SHOP } from './world-plans.ts'
import { biddingFor, targetingFor } from './world-targeting.ts'
import type {
  BudgetMode,
  OperationStatus,
  SandboxAd,
  SandboxAdGroup,
  SandboxAdvertiser,
  SandboxBusinessCenter,
  SandboxCampaign,
  SandboxPixel,
  SwitchPoint,
  WorldSize,
} from './world-types.ts'

const DAY_MS = 86_400_000

const CLIPS = [
  'Aufbau in 90 Sekunden',
  'UGC Lena am See',
  'Regentest',
  'Packliste Wochenende',
  'Morgenkaffee draußen',
  'Studio-Dreh 3',
] // prettier-ignore

function switchesFor(plan: { createdDate: string; offDate: string | undefined }): SwitchPoint[] {
  const first: SwitchPoint = { date: plan.createdDate, minuteOfDay: 0, isOn: true }
  return plan.offDate === undefined ? [first] : [first, { date: plan.offDate, minuteOfDay: 0, isOn: false }]
}

/** Makes amounts look chosen by people: full fives below 100, tens above. */
function tidy(amount: number): number {
  const step = amount < 100 ? 5 : 10
  return Math.max(step, Math.round(amount / step) * step)
}

interface Build {
  readonly seed: number
  readonly anchorDate: string
  nextKey: number
}

function makeId(build: Build, prefix: string, key: number): string {
  // Odd last digit: such an id is never representable as a double, so any client that rounds is caught.
  return `${prefix}${digits(18 - prefix.length, build.seed, key, 11)}${(key % 5) * 2 + 1}`
}

/** When an ad of a rotation is on: the first always, the others for a part of their group's life. */
function rotation(build: Build, key: number, group: SandboxAdGroup, index: number): SwitchPoint[] {
  const [first] = group.switches
  const last = group.switches.at(-1)
  if (index === 0 || first === undefined || last === undefined) return [...group.switches]
  const groupOff = last.isOn ? undefined : last.date
  const start = dayNumber(first.date)
  const end = dayNumber(groupOff ?? build.anchorDate)
  const length = Math.max(1, end - start)
  const on = start + Math.floor(length * between(0, 0.5, build.seed, key, 101))
  const off = on + Math.max(3, Math.floor(length * between(0.4, 0.9, build.seed, key, 102)))
  const epoch = '1970-01-01'
  return switchesFor({ createdDate: addDays(epoch, on), offDate: off < end ? addDays(epoch, off) : groupOff })
}

interface AdsPlan {
  readonly count: number
  readonly hasDeniedAd: boolean
  readonly hasRotation: boolean
}

function buildAds(build: Build, group: SandboxAdGroup, plan: AdsPlan): void {
  const { count } = plan
  const weights = Array.from({ length: count }, (_, index) => between(0.6, 1.4, build.seed, group.key, index, 21))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  for (let index = 0; index < count; index += 1) {
    const key = build.nextKey++
    const isImage = unit(build.seed, key, 31) < 0.15
    const isDenied = plan.hasDeniedAd && index === count - 1
    const switches = isDenied ? [] : plan.hasRotation ? rotation(build, key, group, index) : [...group.switches]
    const isOut =
      plan.hasRotation && !isDenied && switches.at(-1)?.isOn === false && group.switches.at(-1)?.isOn === true
    const createdAtMs =
      plan.hasRotation && switches[0] !== undefined ? dayNumber(switches[0].date) * DAY_MS : group.createdAtMs
    const ad: SandboxAd = {
      kind: 'ad',
      id: makeId(build, '1766', key),
      key,
      name: `${CLIPS[key % CLIPS.length] ?? 'Clip'} – V${index + 1}`,
      operationStatus: isOut ? 'DISABLE' : 'ENABLE',
      switches,
      createdAtMs,
      modifiedAtMs: createdAtMs,
      adGroup: group,
      share: (weights[index] ?? 1) / total,
      isDenied,
      isInReview:
        plan.hasRotation &&
        !isDenied &&
        index === count - 2 &&
        createdAtMs > dayNumber(build.anchorDate) * DAY_MS - 5 * DAY_MS,
      videoId: isImage ? undefined : `v10033g5${digits(12, build.seed, key, 41)}`,
      imageIds: [`ad-site-i18n-sg/${digits(16, build.seed, key, 51)}`],
      text: `Draußen zu Hause. ${CLIPS[(key + 1) % CLIPS.length] ?? ''}`,
      landingPage: `https://shop.example/p/${digits(5, build.seed, key, 61)}`,
    }
    group.ads.push(ad)
  }
}

function buildGroup(build: Build, campaign: SandboxCampaign, plan: CampaignPlan, index: number, adCount: number): void {
  const { advertiser } = campaign
  const unitMinor = 10 ** advertiser.decimals * advertiser.minimumRatio
  const key = build.nextKey++
  const hasOwnBudget = !campaign.isCbo
  const typical = (plan.dailySpend / plan.groups.length) * between(0.8, 1.2, build.seed, key, 71)
  const isLifetime = plan.lifetimeGroup === index
  const budgetMode: BudgetMode = !hasOwnBudget
    ? 'BUDGET_MODE_INFINITE'
    : isLifetime
      ? 'BUDGET_MODE_TOTAL'
      : 'BUDGET_MODE_DAY'
  const ownMinor = isLifetime ? 42_000 * unitMinor : Math.max(20, tidy(typical * 1.15)) * unitMinor
  const budgetMinor = hasOwnBudget ? ownMinor : 0
  const isPaused = plan.pausedGroup === index
  const isDone = plan.endedDaysAgo !== undefined
  const ended = isDone ? addDays(build.anchorDate, -(plan.endedDaysAgo ?? 0)) : undefined
  const createdDate = addDays(build.anchorDate, -plan.ageDays)
  const isMeasured = plan.objective === 'WEB_CONVERSIONS' || plan.objective === 'PRODUCT_SALES'
  const createdAtMs = campaign.createdAtMs + (index + 1) * 540_000
  const group: SandboxAdGroup = {
    kind: 'ad_group',
    id: makeId(build, '1744', key),
    key,
    name: plan.groups[index] ?? '',
    operationStatus: isPaused ? 'DISABLE' : 'ENABLE',
    switches: switchesFor({ createdDate, offDate: isPaused ? addDays(build.anchorDate, -30) : ended }),
    createdAtMs,
    modifiedAtMs: createdAtMs,
    budgetMode,
    budgetMinor,
    initialBudgetMinor: budgetMinor,
    budgetSteps: [],
    campaign,
    typicalSpendMinor: Math.round(typical * unitMinor),
    isMeasured,
    ...biddingFor(plan.objective, isMeasured, plan.bids?.[index], unitMinor),
    clickWindow: unit(build.seed, key, 81) < 0.85 ? 'SEVEN_DAYS' : 'ONE_DAY',
    viewWindow: unit(build.seed, key, 91) < 0.8 ? 'ONE_DAY' : 'OFF',
    scheduled: undefined,
    ends: isLifetime ? addDays(build.anchorDate, 60) : ended,
    isDone,
    targeting: targetingFor(build.seed, key, advertiser.currency),
    ads: [],
  }
  campaign.adGroups.push(group)
  buildAds(build, group, {
    count: adCount,
    hasDeniedAd: plan.deniedAd === true && index === 0,
    hasRotation: plan.hasRotation === true,
  })
}

const MODES: Readonly<Record<CampaignPlan['budget'], BudgetMode>> = {
  groups: 'BUDGET_MODE_INFINITE',
  campaign: 'BUDGET_MODE_DAY',
  dynamic: 'BUDGET_MODE_DYNAMIC_DAILY_BUDGET',
  smart: 'BUDGET_MODE_DYNAMIC_DAILY_BUDGET',
  catalog: 'BUDGET_MODE_DYNAMIC_DAILY_BUDGET',
}

function automationOf(budget: CampaignPlan['budget']): SandboxCampaign['automation'] {
  if (budget === 'smart') return 'UPGRADED_SMART_PLUS'
  return budget === 'catalog' ? 'SMART_PLUS' : 'MANUAL'
}

function buildCampaign(build: Build, advertiser: SandboxAdvertiser, plan: CampaignPlan): void {
  const unitMinor = 10 ** advertiser.decimals * advertiser.minimumRatio
  const key = build.nextKey++
  const isCbo = plan.budget !== 'groups'
  const budgetMinor = isCbo ? Math.max(50, tidy(plan.dailySpend * 1.15)) * unitMinor : 0
  const createdDate = addDays(build.anchorDate, -plan.ageDays)
  const createdAtMs = dayNumber(createdDate) * DAY_MS + 8 * 3_600_000
  const offDate = plan.pausedDaysAgo === undefined ? undefined : addDays(build.anchorDate, -plan.pausedDaysAgo)
  const operationStatus: OperationStatus = offDate === undefined ? 'ENABLE' : 'DISABLE'
  const campaign: SandboxCampaign = {
    kind: 'campaign',
    id: makeId(build, '1733', key),
    key,
    name: plan.name,
    operationStatus,
    switches: switchesFor({ createdDate, offDate }),
    createdAtMs,
    modifiedAtMs: offDate === undefined ? createdAtMs : dayNumber(offDate) * DAY_MS,
    budgetMode: MODES[plan.budget],
    budgetMinor,
    initialBudgetMinor: budgetMinor,
    budgetSteps: [],
    advertiser,
    objective: plan.objective,
    automation: automationOf(plan.budget),
    isCbo,
    adGroups: [],
  }
  advertiser.campaigns.push(campaign)
  // Two and three ads in turn: 60 in the big account, 14 or so in the small one.
  for (let index = 0; index < plan.groups.length; index += 1)
    buildGroup(build, campaign, plan, index, plan.adsPerGroup ?? 2 + ((index + advertiser.campaigns.length) % 2))
}

/** One pixel that works, one that fell silent, one that never fired, and one that only ever saw tests. */
function pixelsFor(build: Build, account: number, kinds: readonly SandboxPixel['traffic'][]): readonly SandboxPixel[] {
  const names = { lively: 'Shop', fell_silent: 'Alter Shop', never: 'Aktionsseite', test_only: 'Blog' }
  return kinds.map((traffic, index) => ({
    id: makeId(build, '7355', 910_000 + account * 10 + index),
    code: `C${digits(19, build.seed, account, index, 121)}`,
    name: names[traffic],
    createdAtMs: (dayNumber(build.anchorDate) - (traffic === 'never' ? 12 : 500)) * DAY_MS,
    traffic,
  }))
}

interface AccountPlan {
  readonly number: number
  readonly name: string
  readonly currency: string
  readonly decimals: number
  readonly minimumRatio: number
  readonly timeZone: string
  readonly offsetZone: string
  readonly balanceMinor: number
  readonly status: string
  readonly businessCenter: SandboxBusinessCenter | undefined
  readonly pixels: readonly SandboxPixel['traffic'][]
  readonly campaigns: readonly CampaignPlan[]
}

/** The shop's own Business Center. */
function houseCenter(build: Build): SandboxBusinessCenter {
  return { id: makeId(build, '7111', 920_001), name: 'Fjellkant Gruppe', role: 'ADMIN' }
}

function buildAdvertiser(build: Build, plan: AccountPlan): SandboxAdvertiser {
  const { number, campaigns, pixels, ...facts } = plan
  const advertiser: SandboxAdvertiser = {
    id: makeId(build, '7000', 900_000 + number),
    ...facts,
    pixels: pixelsFor(build, number, pixels),
    campaigns: [],
  }
  for (const campaign of campaigns) buildCampaign(build, advertiser, campaign)
  return advertiser
}

/** The shop's TikTok advertiser accounts as they stand on `anchorDate`: two, and a third that is in trouble in the demo. */
export function buildAdvertisers(seed: number, anchorDate: string, size: WorldSize): readonly SandboxAdvertiser[] {
  const build: Build = { seed, anchorDate, nextKey: 1 }
  const isDemo = size === 'demo'
  const main: AccountPlan = {
    number: 1,
    name: 'Fjellkant Outdoor & Home (EU)',
    currency: 'EUR',
    decimals: 2,
    minimumRatio: 1,
    timeZone: 'Europe/Berlin',
    offsetZone: 'Etc/GMT-1',
    balanceMinor: 1_205_000,
    status: 'STATUS_ENABLE',
    businessCenter: houseCenter(build),
    pixels: ['lively', 'fell_silent', 'never', 'test_only'],
    campaigns: isDemo ? [...MAIN_SHOP, ...demoPlans(seed, DEMO_EU)] : MAIN_SHOP,
  }
  const small: AccountPlan = {
    number: 2,
    name: 'Fjellkant Japan',
    currency: 'JPY',
    decimals: 0,
    minimumRatio: 100,
    timeZone: 'Asia/Tokyo',
    offsetZone: 'Etc/GMT-9',
    balanceMinor: 2_480_000,
    status: 'STATUS_ENABLE',
    businessCenter: undefined,
    pixels: ['lively'],
    campaigns: isDemo ? [...SMALL_SHOP, ...demoPlans(seed, DEMO_JAPAN)] : SMALL_SHOP,
  }
  const troubled: AccountPlan = {
    number: 3,
    name: 'Fjellkant UK',
    currency: 'GBP',
    decimals: 2,
    minimumRatio: 1,
    timeZone: 'Europe/London',
    offsetZone: 'Etc/GMT',
    balanceMinor: 0,
    status: 'STATUS_LIMIT',
    businessCenter: { ...houseCenter(build), role: 'ANALYST' },
    pixels: ['fell_silent'],
    campaigns: demoPlans(seed, DEMO_UK),
  }
  return (isDemo ? [main, small, troubled] : [main, small]).map((plan) => buildAdvertiser(build, plan))
}
