/**
 * The demo's size: the small shop plus what some years of advertising leave behind. Pure function of the seed.
 * Most of it ended long ago; what runs at any one time stays small, as in real accounts.
 */
import { mix, unit } from '../random.ts'
import type { AdSetPlan, CampaignPlan } from './plan.ts'
import { HISTORY_DAYS } from './plan.ts'

const TOPICS = [
  'Zelte',
  'Schlafsäcke',
  'Isomatten',
  'Rucksäcke',
  'Wanderschuhe',
  'Regenjacken',
  'Kocher',
  'Stirnlampen',
  'Hängematten',
  'Trinkflaschen',
  'Campingstühle',
  'Fleece',
  'Kletterseile',
  'Feuerschalen',
] as const // prettier-ignore
const STAGES = ['Prospecting', 'Retargeting', 'Katalog', 'UGC-Test', 'Launch', 'Sale', 'Creator'] as const
const AUDIENCES = [
  'Breit',
  'Interessen',
  'Lookalike 1 %',
  'Lookalike 5 %',
  'Warenkorb',
  'Newsletter',
  'Engagement 90 T',
] as const
const MARKETS = {
  EU: ['DE', 'AT', 'CH', 'DACH', 'FR', 'NL'],
  JP: ['全国', '関東', '関西'],
  HU: ['HU', 'Budapest'],
} as const

const pick = <T>(items: readonly T[], ...parts: readonly number[]): T => items[mix(...parts) % items.length] as T

function adSetPlans(seed: number, key: number, count: number, ads: number, capped: boolean): readonly AdSetPlan[] {
  return Array.from({ length: count }, (_, index): AdSetPlan => {
    const strategy = capped && unit(seed, key, index, 1) < 0.4 ? 'COST_CAP' : undefined
    return {
      name: `${pick(AUDIENCES, seed, key, index, 2)} ${index + 1}`,
      ads: ads + (unit(seed, key, index, 3) < 0.3 ? 1 : 0),
      attribution: unit(seed, key, 4) < 0.75 ? 0 : 1,
      ...(strategy === undefined ? {} : { strategy }),
    }
  })
}

/** Campaigns that run all the time, their ads taking turns. */
function evergreen(seed: number, market: keyof typeof MARKETS, index: number): CampaignPlan {
  const key = 7000 + index
  return {
    name: `Evergreen ${index + 1} | ${pick(TOPICS, seed, key, 1)} | ${pick(MARKETS[market], seed, key, 2)}`,
    objective: 'OUTCOME_SALES',
    budget: index % 2 === 0 ? 'campaign' : 'adsets',
    strategy: 'LOWEST_COST_WITHOUT_CAP',
    ageDays: HISTORY_DAYS - (index % 4) * 5,
    adSets: adSetPlans(seed, key, 4, 14, true),
    dailySpend: 60 + (mix(seed, key, 5) % 90),
    liveAds: 2,
  }
}

/** A campaign of a few weeks, most of them long over. */
function seasonal(seed: number, market: keyof typeof MARKETS, index: number): CampaignPlan {
  const key = 8000 + index
  const lifeDays = 18 + (mix(seed, key, 1) % 40)
  const ageDays = lifeDays + (mix(seed, key, 2) % (HISTORY_DAYS - lifeDays))
  const offDaysAgo = ageDays - lifeDays
  const fate = unit(seed, key, 3)
  const endsByItself = fate > 0.88 && offDaysAgo > 0
  const count = index % 11 === 0 ? 3 : 2
  const plans = adSetPlans(seed, key, count, 3, true)
  return {
    name: `${pick(STAGES, seed, key, 4)} | ${pick(TOPICS, seed, key, 5)} | ${pick(MARKETS[market], seed, key, 6)} #${index + 1}`,
    objective: fate < 0.8 ? 'OUTCOME_SALES' : fate < 0.9 ? 'OUTCOME_TRAFFIC' : 'OUTCOME_AWARENESS',
    budget: endsByItself || unit(seed, key, 7) < 0.5 ? 'adsets' : 'campaign',
    strategy: 'LOWEST_COST_WITHOUT_CAP',
    ageDays,
    // Ended by their own end time the ad sets still read ACTIVE: what real accounts are full of.
    adSets: endsByItself
      ? plans.map((plan): AdSetPlan => ({ ...plan, budget: 'lifetime', endedDaysAgo: offDaysAgo }))
      : plans,
    ...(endsByItself || offDaysAgo === 0
      ? {}
      : { offDaysAgo, status: fate < 0.1 ? ('ARCHIVED' as const) : ('PAUSED' as const) }),
    dailySpend: 30 + (mix(seed, key, 8) % 120),
  }
}

/** What the demo adds to one account. */
export function demoPlans(
  seed: number,
  market: keyof typeof MARKETS,
  counts: { readonly evergreen: number; readonly seasonal: number },
): readonly CampaignPlan[] {
  // Markets draw from ranges of their own, so that no two share a draw.
  const first = market === 'EU' ? 0 : market === 'JP' ? 200 : 400
  return [
    ...Array.from({ length: counts.evergreen }, (_, index) => evergreen(seed, market, first + index)),
    ...Array.from({ length: counts.seasonal }, (_, index) => seasonal(seed, market, first + index)),
  ]
}
