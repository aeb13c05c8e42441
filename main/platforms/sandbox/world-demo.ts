/**
 * The demo's additional campaigns: about a year of an account that many people worked on. Most ended long ago; some twenty-five run at
 * any time, so that 400 days of daily rows stay below 180,000. Pure: same seed, same plans.
 */
import { HISTORY_DAYS } from './calendar.ts'
import { between, mix, unit } from './random.ts'
import type { CampaignPlan, GroupBid } from './world-plans.ts'

export interface DemoTaste {
  readonly count: number
  readonly salt: number
  readonly themes: readonly string[]
  readonly audiences: readonly string[]
  /** Everything ended at least this many days ago. */
  readonly quietDays: number
}

export const DEMO_EU: DemoTaste = {
  count: 62,
  salt: 1,
  themes: [
    'Zelte',
    'Rucksäcke',
    'Wanderschuhe',
    'Schlafsäcke',
    'Campingküche',
    'Regenjacken',
    'Stirnlampen',
    'Gartenmöbel',
    'Grillabend',
    'Trinkflaschen',
    'Klettersteig',
    'Hängematten',
    'Fahrradtaschen',
    'Winterjacken',
  ],
  audiences: [
    'Breit',
    'Frauen 25-44',
    'Männer 25-44',
    'Lookalike 1 %',
    'Wanderer',
    'Familien',
    'Städter',
    'Newsletter',
  ],
  quietDays: 0,
} // prettier-ignore

export const DEMO_JAPAN: DemoTaste = {
  count: 17,
  salt: 2,
  themes: ['テント', '寝袋', '登山靴', 'ランタン', '焚き火', '雨具', 'チェア'],
  audiences: ['ブロード', '関東', '関西', 'ソロキャンプ', 'ファミリー'],
  quietDays: 0,
}

export const DEMO_UK: DemoTaste = {
  count: 15,
  salt: 3,
  themes: ['Tents', 'Boots', 'Camp kitchen', 'Rainwear', 'Headlamps', 'Garden'],
  audiences: ['Broad', 'Women 25-44', 'Men 25-44', 'Hikers', 'Families'],
  quietDays: 40,
}

const SEASONS = ['Frühjahr', 'Sommer', 'Herbst', 'Winter', 'Sale', 'Launch', 'Test']
const OBJECTIVES = ['WEB_CONVERSIONS', 'WEB_CONVERSIONS', 'WEB_CONVERSIONS', 'TRAFFIC', 'VIDEO_VIEWS', 'PRODUCT_SALES']

function bidFor(seed: number, salt: number, objective: string): GroupBid | undefined {
  const draw = unit(seed, salt, 401)
  if (objective === 'TRAFFIC') return draw < 0.4 ? { kind: 'bid_cap', units: 0.6 } : undefined
  if (objective === 'VIDEO_VIEWS') return undefined
  if (draw < 0.35) return { kind: 'lowest_cost' }
  return draw < 0.45 ? { kind: 'min_roas', hundredths: 180 + (mix(seed, salt, 402) % 120) } : undefined
}

function planFor(seed: number, taste: DemoTaste, index: number): CampaignPlan {
  const salt = taste.salt * 1000 + index
  const pick = <T>(items: readonly T[], purpose: number): T => items[mix(seed, salt, purpose) % items.length] as T
  // Starts spread over the whole history; a campaign runs one to four months.
  const ageDays = Math.round(4 + taste.quietDays + ((HISTORY_DAYS - 5 - taste.quietDays) * (index + 0.5)) / taste.count)
  const runDays = Math.round(between(30, 125, seed, salt, 403))
  const endedAgo = Math.max(taste.quietDays, ageDays - runDays)
  const objective = pick(OBJECTIVES, 404)
  const groupCount = 1 + (mix(seed, salt, 405) % 3) + (index % 8 === 0 ? 1 : 0)
  const bid = bidFor(seed, salt, objective)
  const isOver = endedAgo > 0
  const isSwitchedOff = unit(seed, salt, 406) < 0.6
  const budget = unit(seed, salt, 407) < 0.3 ? 'campaign' : unit(seed, salt, 408) < 0.12 ? 'smart' : 'groups'
  return {
    name: `${pick(taste.themes, 409)} | ${pick(SEASONS, 410)} ${index + 1}`,
    objective,
    budget,
    ageDays,
    groups: Array.from({ length: groupCount }, (_, group) => pick(taste.audiences, 411 + group)),
    dailySpend: Math.round(between(45, 190, seed, salt, 420)),
    deniedAd: index % 9 === 4,
    adsPerGroup: 4 + (mix(seed, salt, 421) % 3),
    hasRotation: true,
    ...(bid === undefined
      ? {}
      : { bids: Object.fromEntries(Array.from({ length: groupCount }, (_, group) => [group, bid])) }),
    ...(isOver ? (isSwitchedOff ? { pausedDaysAgo: endedAgo } : { endedDaysAgo: endedAgo }) : {}),
  }
}

/** The plans of one account, oldest last. */
export function demoPlans(seed: number, taste: DemoTaste): readonly CampaignPlan[] {
  return Array.from({ length: taste.count }, (_, index) => planFor(seed, taste, index))
}
