/**
 * The demo's campaigns: an account that has been run for years. Most of it ended long ago; a quarter of it is live. Seeded, so that
 * the same shop comes back every day.
 */
import { between, mix, unit } from '../random.ts'
import { type CampaignPlan, PLANS } from './plans.ts'

const PRODUCTS = [
  'Zelte',
  'Schlafsäcke',
  'Rucksäcke',
  'Daunenjacken',
  'Regenjacken',
  'Kocher',
  'Stirnlampen',
  'Wanderschuhe',
  'Geschirr',
  'Decken',
  'Thermosflaschen',
  'Hängematten',
  'Isomatten',
  'Kerzen',
  'Trekkingstöcke',
] // prettier-ignore
const MARKETS = ['DE', 'AT', 'CH', 'NL', 'DACH']
const SEASONS = [
  'Frühjahr 2026',
  'Sommer 2026',
  'Herbst 2026',
  'Winter 25/26',
  'Herbst 2025',
  'Ostern 2026',
  'Prime-Woche',
]

/** A campaign that ran for some weeks and stopped. */
function endedPlan(seed: number, index: number): CampaignPlan {
  const pick = <T>(list: readonly T[], salt: number): T => list[mix(seed, index, salt) % list.length] as T
  const stoppedDaysAgo = Math.round(between(31, 385, seed, index, 1))
  const isDisplay = unit(seed, index, 2) < 0.2
  const groups = 2 + (mix(seed, index, 3) % 2)
  const product = pick(PRODUCTS, 4)
  return {
    name: `${isDisplay ? 'Display' : 'Search'} | ${product} | ${pick(MARKETS, 5)} | ${pick(SEASONS, 6)} ${index + 1}`,
    channel: isDisplay ? 'DISPLAY' : 'SEARCH',
    strategy: unit(seed, index, 7) < 0.3 ? { member: 'manual_cpc' } : { member: 'maximize_conversions' },
    budget: 'own',
    ageDays: stoppedDaysAgo + Math.round(between(18, 45, seed, index, 8)),
    stoppedDaysAgo,
    ...(unit(seed, index, 9) < 0.5 ? { status: 'PAUSED' as const } : { hasEnded: true }),
    groups: Array.from({ length: groups }, (_, group) => `${product} ${['breit', 'exakt', 'Wettbewerb'][group] ?? ''}`),
    ads: 5,
    dailySpend: Math.round(between(15, 90, seed, index, 10)),
  }
}

/** A live campaign beside the ones of the small sandbox. */
function livePlan(seed: number, index: number): CampaignPlan {
  const product = PRODUCTS[index % PRODUCTS.length] ?? ''
  return {
    name: `Search | ${product} | ${MARKETS[index % MARKETS.length] ?? ''} | laufend`,
    channel: 'SEARCH',
    strategy: { member: 'maximize_conversions', values: { target_cpa_micros: 14 + (index % 9) } },
    budget: 'own',
    ageDays: Math.round(between(60, 320, seed, index, 21)),
    groups: [`${product} generisch`, `${product} Kauf`],
    ads: 4,
    dailySpend: Math.round(between(30, 120, seed, index, 22)),
  }
}

/** Per account: which campaigns of the small sandbox it has, and how many live and ended ones beside them. */
const SHAPES: readonly (readonly [kept: readonly number[], live: number, ended: number])[] = [
  [PLANS.map((_, index) => index), 5, 59],
  [[0, 1, 2, 7, 8], 2, 14],
  [[0, 2, 13], 0, 0],
]

/** The plans of the n-th client account of the demo. Together about 105 campaigns, 230 ad groups and 1,100 ads. */
export function demoPlans(seed: number, account: number): readonly CampaignPlan[] {
  const [kept, live, ended] = SHAPES[account] ?? []
  if (kept === undefined || live === undefined || ended === undefined) return []
  return [
    ...PLANS.filter((_, index) => kept.includes(index)).map((plan) => ({
      ...plan,
      ads: Math.max(plan.ads ?? 3, 3),
    })),
    ...Array.from({ length: live }, (_, index) => livePlan(seed + account, index)),
    ...Array.from({ length: ended }, (_, index) => endedPlan(seed + account, index)),
  ]
}
