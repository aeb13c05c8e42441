/** Whom the shop's ad groups are shown to, and how they bid. Pure functions of seed and key. */
import { digits, mix, unit } from './random.ts'
import type { GroupBid } from './world-plans.ts'
import type { BidType, SandboxAdGroup, SandboxTargeting } from './world-types.ts'

const AGES = ['AGE_18_24', 'AGE_25_34', 'AGE_35_44', 'AGE_45_54', 'AGE_55_100']

/** TikTok's ids of countries: Germany and Austria, Japan, the United Kingdom. */
const LOCATIONS: Readonly<Record<string, readonly string[]>> = {
  EUR: ['2921044', '2782113'],
  JPY: ['1861060'],
  GBP: ['2635167'],
}
const LANGUAGES: Readonly<Record<string, readonly string[]>> = { EUR: ['de'], JPY: ['ja'], GBP: ['en'] }

/** The audience of one ad group. */
export function targetingFor(seed: number, key: number, currency: string): SandboxTargeting {
  const chance = (salt: number) => unit(seed, key, salt)
  const from = mix(seed, key, 301) % 3
  const isAutomatic = chance(302) < 0.7
  const isBehavioural = chance(303) < 0.4
  return {
    locationIds: LOCATIONS[currency] ?? ['6252001'],
    ageGroups: AGES.slice(from, from + 2),
    gender: chance(304) < 0.7 ? 'GENDER_UNLIMITED' : chance(305) < 0.5 ? 'GENDER_FEMALE' : 'GENDER_MALE',
    languages: chance(306) < 0.5 ? (LANGUAGES[currency] ?? []) : [],
    interestIds: chance(307) < 0.6 ? [`2${digits(4, seed, key, 308)}`, `2${digits(4, seed, key, 309)}`] : [],
    actions: isBehavioural
      ? [{ scene: 'VIDEO_RELATED', period: 15, categoryIds: [`1${digits(4, seed, key, 310)}`] }]
      : [],
    audienceIds: chance(311) < 0.4 ? [digits(9, seed, key, 312)] : [],
    excludedAudienceIds: chance(313) < 0.25 ? [digits(9, seed, key, 314)] : [],
    placementType: isAutomatic ? 'PLACEMENT_TYPE_AUTOMATIC' : 'PLACEMENT_TYPE_NORMAL',
    placements: isAutomatic ? [] : ['PLACEMENT_TIKTOK'],
    operatingSystems: chance(315) < 0.2 ? ['IOS'] : [],
  }
}

type Bidding = Pick<SandboxAdGroup, 'bidMinor' | 'roasHundredths' | 'billingEvent' | 'optimizationGoal'> & {
  readonly bidType: BidType
}

function goalOf(objective: string): Pick<Bidding, 'billingEvent' | 'optimizationGoal'> {
  if (objective === 'TRAFFIC') return { billingEvent: 'CPC', optimizationGoal: 'CLICK' }
  if (objective === 'VIDEO_VIEWS') return { billingEvent: 'CPV', optimizationGoal: 'VIDEO_VIEW' }
  return { billingEvent: 'OCPM', optimizationGoal: 'CONVERT' }
}

/** What a group aims for and how it bids; without a plan a cost cap of 9 where orders are measured, else no bid. */
export function biddingFor(
  objective: string,
  isMeasured: boolean,
  bid: GroupBid | undefined,
  unitMinor: number,
): Bidding {
  const goal = goalOf(objective)
  const none = { ...goal, bidType: 'BID_TYPE_NO_BID', bidMinor: 0, roasHundredths: 0 } as const
  const planned = bid ?? (isMeasured ? { kind: 'cost_cap' as const, units: 9 } : { kind: 'lowest_cost' as const })
  if (planned.kind === 'lowest_cost') return none
  if (planned.kind === 'min_roas')
    // Value is bid for through `deep_bid_type`; the bid type underneath must be this one.
    return { ...none, optimizationGoal: 'VALUE', roasHundredths: planned.hundredths }
  return { ...none, bidType: 'BID_TYPE_CUSTOM', bidMinor: Math.round(planned.units * unitMinor) }
}
