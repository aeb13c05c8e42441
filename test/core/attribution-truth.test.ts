/**
 * What platforms claim, and what one order, one credit makes of it, against who really caused the orders of twenty invented shops.
 * The truth comes from people of the sandbox who know nothing of how anybody credits orders (main/platforms/sandbox/shop/causes.ts).
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { createGoogleAdsAdapter } from '../../main/platforms/google-ads/adapter.ts'
import type { PlatformAdapter } from '../../main/platforms/adapter.ts'
import { createMetaAdapter } from '../../main/platforms/meta/adapter.ts'
import { type Sandbox, startSandbox } from '../../main/platforms/sandbox/index.ts'
import { priceInCents, type Shop, type ShopModel, type ShopOrder } from '../../main/platforms/sandbox/shop/index.ts'
import { createTiktokAdapter } from '../../main/platforms/tiktok/adapter.ts'
import { mergeVersions, type OrderVersion } from '../../main/reporting/dedupe/credit-order.ts'
import { fraction } from '../../main/reporting/dedupe/fraction.ts'
import { canonicalOrderId } from '../../main/reporting/dedupe/order-id.ts'
import { byPlatform, type ByPlatform, createTally, type TallyResult } from '../../main/reporting/dedupe/tally.ts'
import { type AccountId, PLATFORMS, type Platform, splitAccountId, splitEntityId } from '../../shared/domain/ids.ts'
import { handClock } from '../support/facts-rig.ts'
import { type Reported, reportedBy, type ShopRig, shopRig, type Sum } from '../support/shop-world.ts'

const SEEDS = Array.from({ length: 20 }, (_, index) => index + 1)
/** Long enough ago that no platform adds anything any more. */
const START = '2026-08-20'
const END = '2026-10-18'
const NAMES = { google_ads: 'google', meta: 'meta', tiktok: 'tiktok' } as const

interface Figures {
  /** Orders and euro cents. */
  readonly orders: ByPlatform<number>
  readonly cents: ByPlatform<number>
}

function claimedIn(sums: readonly Sum[]): Figures {
  const figures = { orders: byPlatform(() => 0), cents: byPlatform(() => 0) }
  for (const { platform, currency, conversionMicros, valueMicros } of sums) {
    figures.orders[NAMES[platform]] += conversionMicros / 1e6
    figures.cents[NAMES[platform]] += priceInCents(valueMicros, currency)
  }
  return figures
}

const isLive = (order: ShopOrder): boolean => order.netCents > 0 && !order.isTest

function trueOf(orders: readonly ShopOrder[]): Figures {
  const figures = { orders: byPlatform(() => 0), cents: byPlatform(() => 0) }
  for (const order of orders.filter(isLive)) {
    const { cause } = order.truth
    if (cause === null) continue
    figures.orders[NAMES[cause.platform]] += 1
    figures.cents[NAMES[cause.platform]] += order.netCents
  }
  return figures
}

/** The shop's export through the very functions that reports credit orders with. */
function credited(orders: readonly ShopOrder[], claimed: Figures): TallyResult {
  const tally = createTally<OrderVersion>()
  for (const order of orders) {
    const version: OrderVersion = {
      rawOrderId: order.orderId,
      atS: BigInt(order.atMs / 1000),
      updatedAtS: BigInt(order.updatedAtMs / 1000),
      netValue: BigInt(order.netCents),
      isTest: order.isTest,
    }
    const touches = order.touches.map(({ atMs, utmCampaign, ...touch }) => ({
      ...touch,
      kind: 'click',
      atS: atMs === null ? null : BigInt(atMs / 1000),
      campaign: utmCampaign,
    }))
    const versions: [OrderVersion, ...OrderVersion[]] = order.isExportedTwice ? [version, version] : [version]
    tally.add(mergeVersions(canonicalOrderId(order.orderId), versions, touches))
  }
  const click7 = (name: keyof ByPlatform<number>) => fraction(BigInt(Math.round(claimed.orders[name] * 100)), 100n)
  return tally.finish(byPlatform((name) => ({ click7: click7(name), view: null })))
}

const sumOf = (parts: ByPlatform<number>): number => parts.google + parts.meta + parts.tiktok
/** How far off, over all platforms, as a share of what ads really brought. */
function errorOf(found: ByPlatform<number>, truth: ByPlatform<number>): number {
  const off = byPlatform((name) => Math.abs(found[name] - truth[name]))
  return sumOf(off) / sumOf(truth)
}

/** How far off the platforms' shares are, whatever the total: the part of the money that would go to the wrong platform. */
function splitErrorOf(found: ByPlatform<number>, truth: ByPlatform<number>): number {
  const off = byPlatform((name) => Math.abs(found[name] / sumOf(found) - truth[name] / sumOf(truth)))
  return sumOf(off) / 2
}

interface Verdict {
  readonly seed: number
  readonly live: number
  readonly claimsPerOrder: number
  readonly creditedShare: number
  readonly claimedError: number
  readonly creditedError: number
  readonly claimedValueError: number
  readonly creditedValueError: number
  readonly claimedSplit: number
  readonly creditedSplit: number
  readonly low: number
  readonly high: number
  /** Orders that ads really caused; orders with any click on an ad in the seven days before, seen by the shop or not. */
  readonly caused: number
  readonly touched: number
}

function judge(seed: number, shop: Shop, claimed: Figures): Verdict {
  const orders = shop.orders(START, END)
  const live = orders.filter(isLive)
  const truth = trueOf(orders)
  const { platforms, totals } = credited(orders, claimed)
  const hadClick = ({ atMs, truth: { interactions } }: ShopOrder) =>
    interactions.some((each) => each.kind === 'click' && atMs - each.atMs <= 7 * 86_400_000)
  const { low, high } = totals.adDriven
  const creditedOrders = byPlatform((name) => platforms[name].credited)
  const creditedCents = byPlatform((name) => Number(platforms[name].value))
  return {
    seed,
    live: live.length,
    claimsPerOrder: sumOf(claimed.orders) / live.length,
    creditedShare: totals.credited / live.length,
    claimedError: errorOf(claimed.orders, truth.orders),
    creditedError: errorOf(creditedOrders, truth.orders),
    claimedValueError: errorOf(claimed.cents, truth.cents),
    creditedValueError: errorOf(creditedCents, truth.cents),
    claimedSplit: splitErrorOf(claimed.orders, truth.orders),
    creditedSplit: splitErrorOf(creditedOrders, truth.orders),
    low: Number(low.n) / Number(low.d),
    high: Number(high.n) / Number(high.d),
    caused: sumOf(truth.orders),
    touched: live.filter(hadClick).length,
  }
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right)
  const middle = sorted.length / 2
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle) - 1] ?? 0)) / 2
}

/** Other people than the usual ones: how far the finding carries. Nothing is asserted of these. */
const VARIANTS: readonly (readonly [string, Partial<ShopModel>])[] = [
  ['as usual', {}],
  ['nobody would have come by themselves', { ownWillWeight: 0 }],
  ['people come by themselves far more', { ownWillWeight: 1.2 }],
  ['the shop loses no click', { lostFactor: 0 }],
  ['the shop loses twice as many clicks', { lostFactor: 2 }],
  ['the shop loses three times as many clicks', { lostFactor: 3 }],
  ['no order is claimed by two platforms', { contestFactor: 0 }],
  ['no claim is invented', { inventedFactor: 0 }],
  ['no order is claimed twice, no claim is invented', { contestFactor: 0, inventedFactor: 0 }],
  ['the same, and nobody would have come by themselves', { contestFactor: 0, inventedFactor: 0, ownWillWeight: 0 }],
  [
    'the same, and the shop loses three times as many clicks',
    { contestFactor: 0, inventedFactor: 0, ownWillWeight: 0, lostFactor: 3 },
  ],
]
const VARIANT_SEEDS = [1, 2, 3]

function summaryOf(verdicts: readonly Verdict[]): string {
  const of = (pick: (verdict: Verdict) => number) => percent(median(verdicts.map(pick)))
  return (
    `attribution against known truth, ${verdicts.length} shops: median error of claimed ${of((v) => v.claimedError)} of orders, ` +
    `${of((v) => v.claimedValueError)} of value; of de-duplicated ${of((v) => v.creditedError)} and ${of((v) => v.creditedValueError)}`
  )
}

function pageOf(verdicts: readonly Verdict[], variants: readonly (readonly [string, readonly Verdict[]])[]): string {
  const row = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`
  const isWithin = (value: (verdict: Verdict) => number) =>
    verdicts.filter((verdict) => verdict.low <= value(verdict) && value(verdict) <= verdict.high).length
  const below = verdicts.filter((verdict) => verdict.caused < verdict.low).length
  return [
    '# Claimed and de-duplicated orders against known truth',
    '',
    `${summaryOf(verdicts)}.`,
    '',
    `Orders from ${START} to ${END}, claims of ads clicked in the same days, 7-day click, all of them final. Error: what is off on each platform, added up, as a share of the orders (of their value) that ads really caused. Split: the part of the orders that is given to the wrong platform, whatever the total.`,
    '',
    row([
      'seed',
      'orders',
      'claims per order',
      'credited',
      'claimed: orders',
      'de-duplicated: orders',
      'claimed: value',
      'de-duplicated: value',
      'claimed: split',
      'de-duplicated: split',
      'bounds of ad-driven',
      'with a click',
      'caused',
    ]), // prettier-ignore
    row(Array.from({ length: 13 }, () => '---')),
    ...verdicts.map((v) =>
      row([
        v.seed,
        v.live,
        v.claimsPerOrder.toFixed(2),
        percent(v.creditedShare),
        percent(v.claimedError),
        percent(v.creditedError),
        percent(v.claimedValueError),
        percent(v.creditedValueError),
        percent(v.claimedSplit),
        percent(v.creditedSplit),
        `${v.low.toFixed(0)} to ${v.high.toFixed(0)}`,
        v.touched,
        v.caused,
      ]),
    ),
    '',
    `The bounds are of orders that ads had part in. Orders with a click in the week before lie within them in ${isWithin((v) => v.touched)} of ${verdicts.length} shops; orders that would not have come without the ad in ${isWithin((v) => v.caused)}, and below the lower bound in ${below}: no export tells who would have come anyway.`,
    '',
    `## Other people, other shops (median of seeds ${VARIANT_SEEDS.join(', ')})`,
    '',
    row([
      'what is different',
      'claims per order',
      'claimed: orders',
      'de-duplicated: orders',
      'claimed: value',
      'de-duplicated: value',
      'claimed: split',
      'de-duplicated: split',
    ]), // prettier-ignore
    row(Array.from({ length: 8 }, () => '---')),
    ...variants.map(([name, found]) =>
      row([
        name,
        median(found.map((v) => v.claimsPerOrder)).toFixed(2),
        percent(median(found.map((v) => v.claimedError))),
        percent(median(found.map((v) => v.creditedError))),
        percent(median(found.map((v) => v.claimedValueError))),
        percent(median(found.map((v) => v.creditedValueError))),
        percent(median(found.map((v) => v.claimedSplit))),
        percent(median(found.map((v) => v.creditedSplit))),
      ]),
    ),
    '',
    'Where ads bring nearly everything and the shop loses a fifth of the clicks, claims can be the nearer ones: both errors are then of the same size, and of opposite sign. Where the shop loses more clicks, part of what nobody caused is lost with them: that the error shrinks is luck.',
    '',
  ].join('\n')
}

describe('twenty invented shops', () => {
  const verdicts: Verdict[] = []
  beforeAll(() => {
    const rigs = new Map<number, readonly [ShopRig, Figures]>()
    for (const seed of SEEDS) {
      const rig = shopRig(seed, handClock())
      const claimed = claimedIn(reportedBy(rig, START, END))
      verdicts.push(judge(seed, rig.shop, claimed))
      if (VARIANT_SEEDS.includes(seed)) rigs.set(seed, [rig, claimed])
    }
    const variants = VARIANTS.map(
      ([name, model]) =>
        [name, [...rigs].map(([seed, [rig, claimed]]) => judge(seed, rig.shopWith(model), claimed))] as const,
    )
    const folder = join(import.meta.dirname, '../../out')
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'attribution-truth.md'), pageOf(verdicts, variants))
    console.info(summaryOf(verdicts))
  }, 120_000)

  test('de-duplicated orders are nearer to the truth than claimed ones, in every shop', () => {
    expect(verdicts.map(({ seed }) => seed)).toEqual(SEEDS)
    expect(verdicts.filter((verdict) => verdict.creditedError > verdict.claimedError)).toEqual([])
  })

  test('so is their value', () => {
    expect(verdicts.filter((verdict) => verdict.creditedValueError > verdict.claimedValueError)).toEqual([])
  })

  test('the shops are no caricatures: claims exceed orders by as much as shops report, and crediting is far from right', () => {
    expect(verdicts.filter(({ claimsPerOrder }) => claimsPerOrder < 1.1 || claimsPerOrder > 1.6)).toEqual([])
    expect(median(verdicts.map(({ creditedError }) => creditedError))).toBeGreaterThan(0.1)
  })

  test('never more orders are credited than there are, and the bounds are in order', () => {
    expect(
      verdicts.filter(({ creditedShare, low, high, live }) => creditedShare > 1 || low > high || high > live),
    ).toEqual([])
  })
})

describe('the same claims over the wire', () => {
  function adaptersOf(sandbox: Sandbox, clock: ReturnType<typeof handClock>): readonly PlatformAdapter[] {
    const common = { clock, random: () => 0.5, sleep: async () => undefined }
    const { google, meta, tiktok } = sandbox
    const { clientId, clientSecret, refreshToken } = google.credentials
    const { accessToken, appSecret } = meta.credentials
    return [
      createGoogleAdsAdapter({
        ...common,
        addresses: { api: google.baseUrl, oauth: google.baseUrl },
        credentials: async () => ({ kind: 'oauth', clientId, clientSecret, refreshToken }),
      }),
      createMetaAdapter({ ...common, baseUrl: meta.baseUrl, credentials: async () => ({ accessToken, appSecret }) }),
      createTiktokAdapter({
        ...common,
        baseUrl: tiktok.baseUrl,
        credentials: async () => tiktok.credentials,
      }),
    ]
  }

  const spelled = ({ platform, accountId, campaignId, date, ...sums }: Reported): string =>
    `${platform} ${accountId} ${campaignId} ${date}: ${sums.conversionMicros} ${Math.round(sums.valueMicros)} ${sums.currency}`

  async function readAll(adapter: PlatformAdapter, accounts: ReadonlySet<string>): Promise<string[]> {
    const { signal } = new AbortController()
    const rows: string[] = []
    for (const { accountId: id } of await adapter.listAccounts(signal)) {
      const { platform, externalId } = splitAccountId(id)
      if (!accounts.has(`${platform} ${externalId}`)) continue
      rows.push(...(await readAccount(adapter, id, platform, externalId)))
    }
    return rows
  }

  async function readAccount(adapter: PlatformAdapter, id: AccountId, platform: Platform, externalId: string) {
    const { signal } = new AbortController()
    const rows: string[] = []
    const request = { accountId: id, level: 'campaign', startDate: START, endDate: END } as const
    for await (const page of adapter.dailyMetrics(request, signal))
      for (const fact of page) {
        const conversionMicros = Number(fact.clickConversionMicros ?? 0n)
        const valueMicros = Number(fact.clickValueMicros ?? 0n)
        if (conversionMicros + valueMicros === 0) continue
        const { externalId: campaignId } = splitEntityId(fact.entityId)
        const { date, currency } = fact
        rows.push(
          spelled({ platform, accountId: externalId, campaignId, date, currency, conversionMicros, valueMicros }),
        )
      }
    return rows
  }

  test.each([4, 13])(
    'seed %i: what the adapters read is what was judged, campaign by campaign and day by day',
    async (seed) => {
      const clock = handClock()
      const sandbox = await startSandbox({ seed, clock })
      try {
        const rig = shopRig(seed, clock)
        const expected = reportedBy(rig, START, END)
        const accounts = new Set(expected.map(({ platform, accountId }) => `${platform} ${accountId}`))
        const read: string[] = []
        for (const adapter of adaptersOf(sandbox, clock)) read.push(...(await readAll(adapter, accounts)))
        expect(new Set(expected.map(({ platform }) => platform)).size).toBe(PLATFORMS.length)
        expect(read.toSorted()).toEqual(expected.map(spelled).toSorted())
        expect(sandbox.shop.orders(END, END)).toEqual(rig.shop.orders(END, END))
      } finally {
        await sandbox.close()
      }
    },
    60_000,
  )
})
