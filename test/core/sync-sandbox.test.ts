/** The real TikTok adapter against the sandbox's real wire: what the shop did is what the report says. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../main/platforms/sandbox/index.ts'
import { createTiktokAdapter } from '../../main/platforms/tiktok/adapter.ts'
import { dateOf, dayOf, localDay } from '../../main/reporting/calendar.ts'
import { listEntities } from '../../main/reporting/entities.ts'
import { listAccounts } from '../../main/reporting/list-accounts.ts'
import { queryMetrics } from '../../main/reporting/query-metrics.ts'
import { factsReaders } from '../../main/store/facts-tables.ts'
import { parseDecimal } from '../../shared/domain/money.ts'
import { accountId } from '../../shared/domain/ids.ts'
import { DAY_MS, type HandClock, handClock, type PaperPlatform, type SyncRig, syncRig } from '../support/facts-rig.ts'

describe('a shop on the sandbox', () => {
  let sandbox: Sandbox
  let clock: HandClock
  let rig: SyncRig
  beforeAll(async () => {
    clock = handClock()
    sandbox = await startSandbox({ seed: 11, clock })
    const { appId, appSecret, accessToken } = sandbox.tiktok.credentials
    const adapter = createTiktokAdapter({
      baseUrl: sandbox.tiktok.baseUrl,
      credentials: async () => ({ accessToken, appId, appSecret }),
      clock,
      random: () => 0.5,
      sleep: async () => undefined,
    })
    rig = syncRig({ adapter } as PaperPlatform, { clock })
    const { state } = await rig.run(60)
    if (state !== 'done') throw new Error(`the first sync ended as ${state}`)
  }, 120_000)
  afterAll(() => sandbox.close())

  /** Every whole day in the store against the shop's own books, in smallest units. */
  function expectBooksToAgree(): number {
    let days = 0
    for (const advertiser of sandbox.world.advertisers) {
      const id = accountId('tiktok', advertiser.id)
      const yesterday = localDay(clock.nowMs(), advertiser.timeZone) - 1
      const answer = queryMetrics(
        { ...rig, clock },
        {
          metrics: ['spend', 'conversions'],
          dimensions: ['date'],
          account_ids: [id],
          start_date: dateOf(yesterday - 40),
          end_date: dateOf(yesterday),
          limit: 100,
        },
      )
      expect(answer.is_partial).toBe(false)
      for (const row of answer.rows) {
        const books = sandbox.world.advertiserDay(advertiser, row.date ?? '')
        const unit = 10n ** BigInt(6 - advertiser.decimals)
        expect([row.date, parseDecimal(String(row.metrics.spend), advertiser.currency)]).toEqual([
          row.date,
          BigInt(books.spendMinor) * unit,
        ])
        days += 1
      }
    }
    return days
  }

  test('is stored to the last cent, for every account and day', () => {
    expect(expectBooksToAgree()).toBeGreaterThan(40)
  })

  test('adds up: ads make ad groups, ad groups make campaigns', () => {
    for (const { account_id } of listAccounts({ ...rig, connectionState: () => 'ok', writesAllowed: () => true }, {})
      .accounts) {
      const sums = (['campaign', 'ad_group', 'ad'] as const).map((level) => {
        let cents = 0n
        for (let cursor: string | undefined; ; ) {
          const page = queryMetrics(rig, {
            metrics: ['spend'],
            dimensions: [level],
            account_ids: [account_id],
            start_date: '2026-10-25',
            end_date: '2026-11-20',
            limit: 100,
            ...(cursor === undefined ? {} : { cursor }),
          })
          for (const row of page.rows) cents += parseDecimal(String(row.metrics.spend), row.currency)
          if (page.next_cursor === null) return cents
          cursor = page.next_cursor
        }
      })
      expect(new Set(sums).size).toBe(1)
    }
  })

  test('lists every campaign, ad group and ad the shop has', () => {
    for (const advertiser of sandbox.world.advertisers) {
      const id = accountId('tiktok', advertiser.id)
      const { campaigns } = advertiser
      const adGroups = campaigns.flatMap((campaign) => campaign.adGroups)
      expect(listEntities(rig, { account_id: id, type: 'campaign', status: 'any' }).total).toBe(campaigns.length)
      expect(listEntities(rig, { account_id: id, type: 'ad_group', status: 'any' }).total).toBe(adGroups.length)
      expect(listEntities(rig, { account_id: id, type: 'ad', status: 'any' }).total).toBe(
        adGroups.flatMap((adGroup) => adGroup.ads).length,
      )
    }
  })

  test('is followed over the next days, with conversions that arrive late recorded as restatements', async () => {
    clock.advance(3 * DAY_MS)
    sandbox.requests.clear()
    expect(await rig.run(60)).toMatchObject({ state: 'done' })
    expectBooksToAgree()
    const moved = factsReaders(rig.facts)
      .accounts.all()
      .flatMap((account) =>
        factsReaders(rig.facts).restatements.inRange(account.accountKey, 'campaign', 0, dayOf('2026-12-31') ?? 0),
      )
    expect(moved.length).toBeGreaterThan(0)
    // Days that were final are not asked for again.
    const oldest =
      sandbox.requests.entries
        .map((entry) => entry.query['start_date'])
        .filter((date) => date !== undefined)
        .toSorted()[0] ?? ''
    expect(oldest >= '2026-10-25').toBe(true)
  })

  test('survives bad days of the network without losing or doubling anything', async () => {
    clock.advance(DAY_MS)
    for (const kind of ['half_page', 'http_500', 'throttle', 'truncated_json', 'reset_before_effect'] as const)
      sandbox.faults.add({ kind, path: '/report/integrated/get/', after: 1 })
    await rig.run(60)
    sandbox.faults.clear()
    clock.advance(7_200_000)
    expect(await rig.run(60)).toMatchObject({ state: 'done' })
    expectBooksToAgree()
  })

  test('says so when its token has died', async () => {
    clock.advance(DAY_MS)
    sandbox.faults.add({ kind: 'expired_token', path: '/campaign/get/', times: 50 })
    expect(await rig.run(60)).toMatchObject({ state: 'failed', accountsSynced: 0 })
    expect(rig.troubles).toEqual([{ connectionId: 'c1', code: 'needs_reconnect' }])
    sandbox.faults.clear()
  })
})
