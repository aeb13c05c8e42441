/** The sandbox's Google accounts: the same for the same seed, as varied as real ones, and their numbers add up at every level. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { DAY_MS, type GoogleWire, type Row, START_MS, startWire } from '../support/google-wire.ts'

const METRICS =
  'metrics.cost_micros, metrics.impressions, metrics.clicks, metrics.conversions, metrics.conversions_value, metrics.view_through_conversions, metrics.video_trueview_views'
const RANGE = "segments.date BETWEEN '2026-10-25' AND '2026-11-23'"

let wire: GoogleWire
const opened: GoogleWire[] = []
const folders: string[] = []
beforeAll(async () => {
  wire = await startWire()
})
afterAll(() => wire.close())
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close()
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})
async function another(options: Parameters<typeof startWire>[0] = {}): Promise<GoogleWire> {
  const started = await startWire(options)
  opened.push(started)
  return started
}

/** Integers only: fractions are compared in hundredths, money in micros. */
function exact(row: Row): Readonly<Record<string, number>> {
  const scaled: Record<string, number> = { conversions: 100, conversionsValue: 1e6 }
  const metrics = Object.entries(row).filter(([name]) => name.startsWith('metrics.'))
  return Object.fromEntries(
    metrics.map(([path, value]) => {
      const name = path.slice('metrics.'.length)
      return [name, Math.round(Number(value) * (scaled[name] ?? 1))]
    }),
  )
}
function addTo(
  sums: Map<string, Record<string, number>>,
  key: string,
  metrics: Readonly<Record<string, number>>,
): void {
  const sum = sums.get(key) ?? {}
  for (const [name, value] of Object.entries(metrics)) sum[name] = (sum[name] ?? 0) + value
  sums.set(key, sum)
}

describe('the Google sandbox’s accounts', () => {
  it('are the same for the same seed, and others for another seed', async () => {
    const query = `SELECT ad_group_ad.resource_name, segments.date, ${METRICS} FROM ad_group_ad WHERE segments.date DURING LAST_7_DAYS`
    const rows = await wire.rows(query)
    expect(rows.length).toBeGreaterThan(100)
    expect(await (await another()).rows(query)).toEqual(rows)
    expect(await (await another({ seed: 8 })).rows(query)).not.toEqual(rows)
  })

  it('hang in a tree of managers, and the user is only on some of them', async () => {
    const { credentials, world } = wire.sandbox
    const { body } = await wire.call('/v25/customers:listAccessibleCustomers')
    expect(body['resourceNames']).toEqual([`customers/${credentials.managerCustomerId}`, wire.dinar.resourceName])
    const rows = await wire.rows(
      'SELECT customer_client.id, customer_client.level, customer_client.manager, customer_client.status, customer_client.currency_code FROM customer_client',
      world.manager,
    )
    expect(
      rows.map((row) => ['level', 'manager', 'currencyCode', 'status'].map((name) => row[`customerClient.${name}`])),
    ).toEqual(
      expect.arrayContaining([
        ['0', true, 'EUR', 'ENABLED'],
        ['1', true, 'EUR', 'ENABLED'],
        ['1', false, 'EUR', 'ENABLED'],
        ['2', false, 'JPY', 'ENABLED'],
        ['1', false, 'KWD', 'ENABLED'],
        ['1', false, 'EUR', 'CANCELED'],
        ['2', false, 'EUR', 'SUSPENDED'],
      ]),
    )
  })

  it('hold every case that an adapter must get right', async () => {
    const rows = await wire.rows(
      'SELECT campaign.name, campaign.status, campaign.primary_status, campaign.bidding_strategy_type, campaign.advertising_channel_type, campaign_budget.period, campaign_budget.explicitly_shared, campaign_budget.reference_count FROM campaign',
    )
    const all = (pick: (row: Row) => unknown) => new Set(rows.map(pick))
    expect(all((row) => row['campaign.biddingStrategyType'])).toEqual(
      new Set([
        'MANUAL_CPC',
        'MAXIMIZE_CONVERSIONS',
        'MAXIMIZE_CONVERSION_VALUE',
        'TARGET_SPEND',
        'TARGET_CPA',
        'MANUAL_CPV',
      ]),
    )
    expect(all((row) => row['campaign.advertisingChannelType'])).toEqual(
      new Set(['SEARCH', 'DISPLAY', 'VIDEO', 'PERFORMANCE_MAX', 'DEMAND_GEN']),
    )
    expect(all((row) => row['campaign.primaryStatus'])).toEqual(
      new Set(['ELIGIBLE', 'LIMITED', 'LEARNING', 'MISCONFIGURED', 'PAUSED', 'REMOVED', 'ENDED']),
    )
    expect(all((row) => row['campaignBudget.period'])).toEqual(new Set(['DAILY', 'CUSTOM_PERIOD']))
    expect(
      rows.filter((row) => row['campaignBudget.explicitlyShared']).map((row) => row['campaignBudget.referenceCount']),
    ).toEqual(['3', '3', '3'])
    const ads = await wire.rows(
      'SELECT ad_group_ad.policy_summary.approval_status, ad_group_ad.primary_status FROM ad_group_ad',
    )
    expect(new Set(ads.map((row) => row['adGroupAd.policySummary.approvalStatus']))).toEqual(
      new Set(['APPROVED', 'APPROVED_LIMITED', 'DISAPPROVED', 'AREA_OF_INTEREST_ONLY', 'UNKNOWN']),
    )
  })

  it('add up: ads to ad groups, ad groups and asset groups to campaigns, campaigns to the account', async () => {
    for (const customer of [wire.euro, wire.yen, wire.dinar]) {
      const read = (from: string, key: string) =>
        wire.rows(`SELECT ${key}, segments.date, ${METRICS} FROM ${from} WHERE ${RANGE}`, customer)
      const sums = new Map<string, Record<string, number>>()
      for (const row of await read('ad_group_ad', 'ad_group.id'))
        addTo(sums, `${row['adGroup.id']} ${row['segments.date']}`, exact(row))
      const groups = await read('ad_group', 'ad_group.id, campaign.id')
      expect(groups.length).toBe(sums.size)
      for (const row of groups) expect(exact(row)).toEqual(sums.get(`${row['adGroup.id']} ${row['segments.date']}`))
      const perCampaign = new Map<string, Record<string, number>>()
      for (const row of [...groups, ...(await read('asset_group', 'asset_group.id, campaign.id'))])
        addTo(perCampaign, `${row['campaign.id']} ${row['segments.date']}`, exact(row))
      const perDay = new Map<string, Record<string, number>>()
      const campaigns = await read('campaign', 'campaign.id')
      expect(campaigns.length).toBe(perCampaign.size)
      for (const row of campaigns) {
        expect(exact(row)).toEqual(perCampaign.get(`${row['campaign.id']} ${row['segments.date']}`))
        addTo(perDay, String(row['segments.date']), exact(row))
      }
      for (const row of await read('customer', 'customer.id'))
        expect(exact(row)).toEqual(perDay.get(String(row['segments.date'])))
      expect(perDay.size).toBe(30)
    }
  })

  it('split conversions by lag so that the buckets make up the total, with fractions among them', async () => {
    const total = new Map<string, Record<string, number>>()
    const conversions = 'metrics.conversions, metrics.conversions_value, metrics.all_conversions'
    for (const row of await wire.rows(`SELECT campaign.id, segments.date, ${conversions} FROM campaign WHERE ${RANGE}`))
      addTo(total, `${row['campaign.id']} ${row['segments.date']}`, exact(row))
    const split = new Map<string, Record<string, number>>()
    const rows = await wire.rows(
      `SELECT campaign.id, segments.date, segments.conversion_lag_bucket, segments.conversion_action, ${conversions} FROM campaign WHERE ${RANGE}`,
    )
    for (const row of rows) addTo(split, `${row['campaign.id']} ${row['segments.date']}`, exact(row))
    for (const [key, sum] of split)
      for (const name of ['conversions', 'conversionsValue']) expect(sum[name]).toBe(total.get(key)?.[name])
    expect(rows.some((row) => !Number.isInteger(row['metrics.conversions']))).toBe(true)
    expect(new Set(rows.map((row) => row['segments.conversionLagBucket'])).size).toBeGreaterThan(10)
  })

  it('restate: conversions of past days only grow, and after thirty days no more; money spent stays', async () => {
    const moving = await another()
    const query = `SELECT campaign.id, segments.date, metrics.cost_micros, metrics.conversions FROM campaign WHERE segments.date BETWEEN '2026-10-10' AND '2026-11-22'`
    const read = async () =>
      new Map((await moving.rows(query)).map((row) => [`${row['campaign.id']} ${row['segments.date']}`, exact(row)]))
    const before = await read()
    moving.advance(5 * DAY_MS)
    const after = await read()
    const grown: string[] = []
    for (const [key, { costMicros, conversions }] of before) {
      const now = after.get(key)
      expect(now?.['costMicros']).toBe(costMicros)
      expect(now?.['conversions']).toBeGreaterThanOrEqual(conversions ?? 0)
      if ((now?.['conversions'] ?? 0) > (conversions ?? 0)) grown.push(key.slice(-10))
    }
    expect(grown.length).toBeGreaterThan(20)
    // Nothing older than the longest lag moved.
    expect(grown.every((date) => date >= '2026-10-24')).toBe(true)
  })

  it('count people only where Google does, and never as a sum of days', async () => {
    const daily = await wire.rows(
      `SELECT campaign.advertising_channel_type, segments.date, metrics.unique_users, metrics.impressions FROM campaign WHERE ${RANGE}`,
    )
    const counted = daily.filter((row) => row['metrics.uniqueUsers'] !== undefined)
    expect(new Set(counted.map((row) => row['campaign.advertisingChannelType']))).toEqual(
      new Set(['DISPLAY', 'VIDEO', 'DEMAND_GEN']),
    )
    const display = counted.filter((row) => row['campaign.advertisingChannelType'] === 'DISPLAY')
    const [whole] = await wire.rows(
      `SELECT campaign.id, metrics.unique_users FROM campaign WHERE ${RANGE} AND campaign.advertising_channel_type = 'DISPLAY'`,
    )
    expect(Number(whole?.['metrics.uniqueUsers'])).toBeLessThan(
      display.reduce((sum, row) => sum + Number(row['metrics.uniqueUsers']), 0),
    )
    expect(await wire.refusal(`SELECT ad_group_ad.ad.id, metrics.unique_users FROM ad_group_ad WHERE ${RANGE}`)).toBe(
      'queryError.PROHIBITED_METRIC_IN_SELECT_OR_WHERE_CLAUSE',
    )
    expect(
      await wire.refusal(
        "SELECT campaign.id, metrics.unique_users FROM campaign WHERE segments.date BETWEEN '2026-08-01' AND '2026-11-22'",
      ),
    ).toBe('queryError.DATE_RANGE_TOO_WIDE')
  })

  it('follow a new budget from the next day on, and stop when paused', async () => {
    const moving = await another()
    const campaign = moving.euro.campaigns.find(
      (each) => each.strategy.member === 'manual_cpc' && each.status === 'ENABLED',
    )
    if (campaign === undefined) throw new Error('no manual campaign')
    const spend = async (day: string) => {
      const rows = await moving.rows(
        `SELECT campaign.id, metrics.cost_micros FROM campaign WHERE campaign.id = ${campaign.id} AND segments.date = '${day}'`,
      )
      return Number(rows[0]?.['metrics.costMicros'])
    }
    const { world } = moving.sandbox
    const twin = await another()
    twin.advance(2 * DAY_MS)
    world.setOutside(campaign.id, { budgetMicros: (campaign.budget.amountMicros ?? 0) * 3 })
    moving.advance(2 * DAY_MS)
    const [usual] = await twin.rows(
      `SELECT campaign.id, metrics.cost_micros FROM campaign WHERE campaign.id = ${campaign.id} AND segments.date = '2026-11-24'`,
    )
    expect((await spend('2026-11-24')) / Number(usual?.['metrics.costMicros'])).toBeCloseTo(3, 1)
    world.setOutside(campaign.id, { status: 'PAUSED' })
    moving.advance(2 * DAY_MS)
    expect(await spend('2026-11-26')).toBe(0)
  })

  it('keep edits, the change history and tokens over a restart, and forget them for another seed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'google-sandbox-'))
    folders.push(folder)
    const statePath = join(folder, 'google.json')
    const first = await another({ statePath })
    const [campaign] = first.euro.campaigns
    if (campaign === undefined) throw new Error('no campaign')
    first.sandbox.world.setOutside(campaign.id, { status: 'PAUSED', budgetMicros: 99_000_000 })
    const { refreshToken } = first.sandbox.credentials
    const again = await another({ statePath, nowMs: START_MS + 3 * DAY_MS })
    expect(again.sandbox.credentials.refreshToken).toBe(refreshToken)
    expect(again.sandbox.world.anchorDate).toBe('2026-11-23')
    const same = again.euro.campaigns[0]
    expect([same?.id, same?.status, same?.budget.amountMicros]).toEqual([campaign.id, 'PAUSED', 99_000_000])
    expect(again.sandbox.world.changes.map((change) => change.changedFields)).toEqual([['status'], ['amount_micros']])
    const other = await another({ seed: 9, statePath })
    expect(other.euro.campaigns[0]?.status).toBe('ENABLED')
  })

  it('come in a demo size: a long past, mostly ended, and not more rows than a laptop wants', async () => {
    const demo = await another({ size: 'demo' })
    const campaigns = demo.sandbox.world.customers.flatMap((each) => each.campaigns)
    const groups = campaigns.flatMap((each) => each.adGroups)
    const ads = groups.flatMap((each) => each.ads)
    expect(campaigns.length).toBe(105)
    expect(groups.length).toBeGreaterThan(220)
    expect(ads.length).toBeGreaterThan(1000)
    const live = new Set<string>()
    let rows = 0
    for (const customer of [demo.euro, demo.yen, demo.dinar])
      for (const from of ['campaign', 'ad_group', 'ad_group_ad'])
        for (const row of await demo.rows(
          `SELECT ${from}.resource_name, campaign.id, segments.date, metrics.impressions, metrics.cost_micros FROM ${from} WHERE segments.date BETWEEN '2025-10-19' AND '2026-11-23'`,
          customer,
        )) {
          rows += 1
          if (row['segments.date'] === '2026-11-22') live.add(String(row['campaign.id']))
        }
    expect(live.size).toBeGreaterThan(20)
    expect(live.size).toBeLessThan(35)
    expect(rows).toBeGreaterThan(80_000)
    expect(rows).toBeLessThan(180_000)
  })
})
