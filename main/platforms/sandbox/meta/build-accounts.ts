/**
 * Builds the shop's Meta accounts from a seed and a day. Pure: same seed, size and day, same world.
 * Never reads a clock, a file or the network.
 */
import { dayNumber } from '../calendar.ts'
import { digits, mix } from '../random.ts'
import { type Build, buildCampaign, makeId } from './build.ts'
import { metaOffset } from './currency.ts'
import { type CampaignPlan, DISABLED_SHOP, EU_SHOP, HU_SHOP, JP_SHOP, READ_ONLY_SHOP } from './plan.ts'
import { demoPlans } from './plan-demo.ts'
import type { MetaAccount, MetaBusiness, MetaPixel } from './types.ts'

const DAY_MS = 86_400_000

type AccountPlan = Pick<
  MetaAccount,
  'name' | 'currency' | 'euroRate' | 'timeZone' | 'timeZoneId' | 'status' | 'disableReason' | 'relation' | 'userTasks'
> & {
  readonly business: MetaBusiness
  readonly hasShop: boolean
  readonly pixels: readonly { readonly name: string; readonly health: MetaPixel['health'] }[]
}

function buildAccount(build: Build, plan: AccountPlan): MetaAccount {
  const key = build.nextKey++
  const account: MetaAccount = {
    kind: 'account',
    // Sixteen digits above 2^53, as new accounts have; odd, so that a rounding client is caught.
    id: `92${digits(13, build.seed, key, 14)}${(key % 5) * 2 + 1}`,
    key,
    name: plan.name,
    currency: plan.currency,
    offset: metaOffset(plan.currency),
    euroRate: plan.euroRate,
    timeZone: plan.timeZone,
    timeZoneId: plan.timeZoneId,
    status: plan.status,
    disableReason: plan.disableReason,
    business: plan.business,
    relation: plan.relation,
    userTasks: plan.userTasks,
    campaigns: [],
    pixels: [],
    customConversions: [],
    hasShop: plan.hasShop,
  }
  for (const { name, health } of plan.pixels) {
    const pixelKey = build.nextKey++
    const pixel: MetaPixel = {
      kind: 'pixel',
      id: makeId(build, '7', pixelKey).slice(0, 15),
      key: pixelKey,
      account,
      name,
      health,
      createdAtMs: (build.anchorDay - 900 - (pixelKey % 200)) * DAY_MS,
    }
    account.pixels.push(pixel)
  }
  const [main] = account.pixels
  if (main !== undefined && plan.hasShop)
    for (const [index, name] of ['Newsletter bestätigt', 'Kauf über 200 €', 'Alte Danke-Seite'].entries())
      account.customConversions.push({
        kind: 'custom_conversion',
        id: makeId(build, '1206', build.nextKey++).slice(0, 16),
        account,
        name,
        pixel: main,
        isArchived: index === 2,
        eventType: index === 0 ? 'LEAD' : 'PURCHASE',
        hasFired: index !== 1,
      })
  return account
}

export interface BuiltWorld {
  readonly businesses: readonly MetaBusiness[]
  readonly userId: string
  readonly accounts: readonly MetaAccount[]
}

const FULL = ['DRAFT', 'ANALYZE', 'ADVERTISE', 'MANAGE'] as const

/** The accounts that the user's business reaches, as they stand on `anchorDate`. */
export function buildWorld(seed: number, anchorDate: string, size: 'small' | 'demo'): BuiltWorld {
  const build: Build = { seed, anchorDay: dayNumber(anchorDate), nextKey: 1 }
  const business: MetaBusiness = { id: `10${digits(13, seed, 1, 15)}`, name: 'Fjellkant Outdoor & Home GmbH' }
  const client: MetaBusiness = { id: `10${digits(13, seed, 2, 15)}`, name: 'Kletterhalle Nord <Klient>' }
  const home = { status: 1, disableReason: 0, relation: 'owned', userTasks: FULL, business } as const
  const euro = { currency: 'EUR', euroRate: 1, timeZone: 'Europe/Berlin', timeZoneId: 47 } as const
  const europe = buildAccount(build, {
    ...home,
    ...euro,
    name: 'Fjellkant Outdoor & Home (EU)',
    hasShop: true,
    pixels: [
      { name: 'Shop-Pixel DE', health: 'fresh' },
      { name: 'Alter Shop (Magento)', health: 'stale' },
      { name: 'Test <script>alert(1)</script>', health: 'never' },
      { name: 'Partner-Dataset', health: 'unavailable' },
    ],
  }) // prettier-ignore
  const japan = buildAccount(build, {
    ...home,
    name: 'Fjellkant Japan',
    currency: 'JPY',
    euroRate: 160,
    timeZone: 'Asia/Tokyo',
    timeZoneId: 71,
    hasShop: false,
    pixels: [{ name: 'ショップ', health: 'fresh' }],
  }) // prettier-ignore
  const hungary = buildAccount(build, {
    ...home,
    name: 'Fjellkant Magyarország',
    currency: 'HUF',
    euroRate: 395,
    timeZone: 'Europe/Budapest',
    timeZoneId: 66,
    hasShop: false,
    pixels: [{ name: 'Bolt HU', health: 'no_value' }],
  }) // prettier-ignore
  const disabled = buildAccount(build, {
    ...home,
    name: 'Fjellkant (alt)',
    currency: 'USD',
    euroRate: 1.1,
    timeZone: 'America/Los_Angeles',
    timeZoneId: 1,
    status: 2,
    disableReason: 1,
    hasShop: false,
    pixels: [],
  }) // prettier-ignore
  const readOnly = buildAccount(build, {
    ...euro,
    name: 'Kletterhalle Nord',
    status: 1,
    disableReason: 0,
    relation: 'client',
    userTasks: ['ANALYZE'],
    business: client,
    hasShop: false,
    pixels: [{ name: 'Kursbuchung', health: 'fresh' }],
  }) // prettier-ignore
  const isDemo = size === 'demo'
  const add = (account: MetaAccount, plans: readonly CampaignPlan[]) => {
    for (const plan of plans) buildCampaign(build, account, plan)
  }
  add(europe, EU_SHOP)
  add(japan, JP_SHOP)
  add(hungary, HU_SHOP)
  add(disabled, DISABLED_SHOP)
  add(readOnly, READ_ONLY_SHOP)
  if (isDemo) {
    add(europe, demoPlans(seed, 'EU', { evergreen: 4, seasonal: 48 }))
    add(japan, demoPlans(seed, 'JP', { evergreen: 2, seasonal: 20 }))
    add(hungary, demoPlans(seed, 'HU', { evergreen: 1, seasonal: 11 }))
  }
  return {
    businesses: [business, client],
    userId: `61${digits(13, seed, 3, 16)}${(mix(seed, 4) % 5) * 2 + 1}`,
    accounts: [europe, japan, hungary, disabled, readOnly],
  }
}
