/** The Meta sandbox keeps Meta's rules: what may be written, where, in which units, how often and by whom. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { metaOffset } from '../../main/platforms/sandbox/meta/currency.ts'
import { createMetaWorld } from '../../main/platforms/sandbox/meta/world.ts'
import { type MetaRig, START_MS, startMetaRig } from '../support/meta-graph.ts'

let meta: MetaRig
beforeEach(async () => {
  meta = await startMetaRig()
})
afterEach(() => meta.sandbox.close())

/** The world as plain data, without the ways up that would make it endless. */
function portrait(seed: number, size: 'small' | 'demo' = 'small'): string {
  const clock = { nowMs: () => START_MS, monotonicMs: () => 0 }
  const up = new Set(['account', 'campaign', 'adSet', 'pixel'])
  const { accounts } = createMetaWorld({ seed, clock, size })
  return JSON.stringify(accounts, (key, value: unknown) => (up.has(key) ? undefined : value))
}

describe('the Meta shop', () => {
  it('is the same for the same seed, and another one for another seed', () => {
    expect(portrait(7)).toBe(portrait(7))
    expect(portrait(8)).not.toBe(portrait(7))
  })

  it('has accounts in currencies with and without minor units, one switched off and one that may only be looked at', async () => {
    const { body } = await meta.get('/me/adaccounts', {
      fields:
        'id,account_id,currency,account_status,user_tasks,min_daily_budget,amount_spent,timezone_name,timezone_offset_hours_utc',
      limit: 50,
    })
    const accounts = body['data'] as Record<string, unknown>[]
    expect(accounts.map((item) => item['currency'])).toEqual(['EUR', 'JPY', 'HUF', 'USD', 'EUR'])
    expect(accounts.map((item) => item['account_status'])).toEqual([1, 1, 1, 2, 1])
    expect(accounts[4]?.['user_tasks']).toEqual(['ANALYZE'])
    expect(accounts[0]).toMatchObject({
      timezone_name: 'Europe/Berlin',
      timezone_offset_hours_utc: 1,
      min_daily_budget: 93,
    })
    for (const item of accounts) {
      expect(item['id']).toBe(`act_${String(item['account_id'])}`)
      // An id that a double can hold would let a rounding client pass.
      expect(BigInt(Number(item['account_id']))).not.toBe(BigInt(String(item['account_id'])))
    }
  })

  it('holds a demo of the promised size, most of it long over', () => {
    const clock = { nowMs: () => START_MS, monotonicMs: () => 0 }
    const world = createMetaWorld({ seed: 7, clock, size: 'demo' })
    const campaigns = world.accounts.flatMap((item) => item.campaigns)
    const adSets = campaigns.flatMap((item) => item.adSets)
    const ads = adSets.flatMap((item) => item.ads)
    expect(campaigns.length).toBeGreaterThanOrEqual(100)
    expect(campaigns.length).toBeLessThanOrEqual(112)
    expect(adSets.length).toBeGreaterThanOrEqual(215)
    expect(adSets.length).toBeLessThanOrEqual(245)
    expect(ads.length).toBeGreaterThanOrEqual(1040)
    expect(ads.length).toBeLessThanOrEqual(1160)
    const yesterday = '2026-11-22'
    const running = (items: readonly Parameters<typeof world.day>[0][]) =>
      items.filter((item) => world.day(item, yesterday) !== undefined).length
    expect(running(campaigns)).toBeGreaterThanOrEqual(18)
    expect(running(campaigns)).toBeLessThanOrEqual(40)
    expect(running(ads)).toBeGreaterThanOrEqual(100)
    expect(running(ads)).toBeLessThanOrEqual(220)
  })

  it('knows Meta’s own offsets, which are not ISO 4217’s', () => {
    for (const currency of ['JPY', 'KRW', 'CLP', 'HUF', 'TWD', 'IDR', 'COP', 'CRC'])
      expect(metaOffset(currency)).toBe(1)
    for (const currency of ['EUR', 'USD', 'KWD', 'BHD', 'JOD']) expect(metaOffset(currency)).toBe(100)
  })
})

describe('budgets', () => {
  it('sit on the campaign or on its ad sets, and are refused on the other level', async () => {
    const cbo = meta.campaign('Prospecting | Zelte')
    const abo = meta.campaign('Daunenjacken')
    expect((await meta.post(`/${cbo.adSets[0]!.id}`, { daily_budget: '6000' })).error).toBe('100/1885621')
    expect((await meta.post(`/${abo.id}`, { daily_budget: '6000' })).error).toBe('100/1885621')
    expect((await meta.post(`/${cbo.id}`, { daily_budget: '6000' })).body).toEqual({ success: true })
    expect((await meta.get(`/${cbo.id}`, { fields: 'daily_budget,lifetime_budget' })).body).toEqual({
      daily_budget: '6000',
      id: cbo.id,
    })
    const [own, , , lifetime] = abo.adSets
    expect((await meta.get(`/${own!.id}`, { fields: 'daily_budget,lifetime_budget' })).body).toMatchObject({
      lifetime_budget: '0',
    })
    expect((await meta.get(`/${lifetime!.id}`, { fields: 'daily_budget,lifetime_budget' })).body).toMatchObject({
      daily_budget: '0',
    })
    expect((await meta.post(`/${lifetime!.id}`, { daily_budget: '6000' })).error).toBe('100/1885650')
  })

  it('are whole minor units: a decimal, a sign or a word is an error, and too little or too much has its own', async () => {
    const { id } = meta.campaign('Prospecting | Zelte')
    for (const daily_budget of ['60.00', '-5', 'sixty', '6e3', '0x10'])
      expect((await meta.post(`/${id}`, { daily_budget })).error).toBe('100')
    const low = await meta.post(`/${id}`, { daily_budget: '92' })
    expect(low.body['error']).toMatchObject({
      code: 100,
      error_subcode: 1885272,
      error_user_title: 'Budget is too low',
    })
    expect((low.body['error'] as Record<string, string>)['error_user_msg']).toContain('EUR 0.93')
    expect((low.body['error'] as Record<string, string>)['fbtrace_id']).toBe(low.headers.get('x-fb-trace-id'))
    expect((await meta.post(`/${id}`, { daily_budget: '100000001' })).error).toBe('100/1885261')
    expect(meta.sandbox.world.campaign(id)?.budgetMinor).toBe(24_000)
  })

  it('count forint and yen in whole units', async () => {
    const forint = meta.campaign('Sátrak')
    expect((await meta.post(`/${forint.id}`, { daily_budget: '366' })).error).toBe('100/1885272')
    expect((await meta.post(`/${forint.id}`, { daily_budget: '20500' })).body).toEqual({ success: true })
    const yen = meta.campaign('リターゲティング')
    expect((await meta.post(`/${yen.id}`, { daily_budget: 17000 })).body).toEqual({ success: true })
  })

  it('change four times an hour, no fifth time; the same value again is no change', async () => {
    const { id } = meta.adSet('Frauen 25-54')
    for (const daily_budget of ['6000', '6000', '6100', '6200', '6300'])
      expect((await meta.post(`/${id}`, { daily_budget })).body).toEqual({ success: true })
    const fifth = await meta.post(`/${id}`, { daily_budget: '6400' })
    expect(fifth.error).toBe('613/1487632')
    expect((await meta.post(`/${id}`, { daily_budget: '6400', execution_options: ['validate_only'] })).error).toBe(
      '613/1487632',
    )
    expect((await meta.post(`/${id}`, { status: 'PAUSED' })).body).toEqual({ success: true })
    meta.clockMs += 3_600_001
    expect((await meta.post(`/${id}`, { daily_budget: '6400' })).body).toEqual({ success: true })
  })
})

describe('bids and strategies', () => {
  it('a bid belongs to a strategy that has one', async () => {
    expect((await meta.post(`/${meta.adSet('DACH (Kosten').id}`, { bid_amount: '800' })).body).toEqual({
      success: true,
    })
    expect((await meta.post(`/${meta.adSet('Frauen 25-54').id}`, { bid_amount: '800' })).error).toBe('100/1815089')
    expect((await meta.post(`/${meta.adSet('DACH (Kosten').id}`, { bid_amount: '0' })).error).toBe('100/1815088')
    expect((await meta.post(`/${meta.adSet('DACH (Kosten').id}`, { bid_amount: '999999' })).error).toBe('100/1885265')
    expect((await meta.post(`/${meta.adSet('Warenkorb 1-3').id}`, { bid_amount: '810' })).body).toEqual({
      success: true,
    })
  })

  it('leaving lowest cost takes a bid in the same request; going back drops it', async () => {
    const { id } = meta.adSet('Frauen 25-54')
    expect((await meta.post(`/${id}`, { bid_strategy: 'COST_CAP' })).error).toBe('100/1815857')
    expect((await meta.post(`/${id}`, { bid_strategy: 'COST_CAP', bid_amount: '900' })).body).toEqual({ success: true })
    const read = () => meta.get(`/${id}`, { fields: 'bid_strategy,bid_amount' })
    expect((await read()).body).toEqual({ bid_strategy: 'COST_CAP', bid_amount: 900, id })
    expect((await meta.post(`/${id}`, { bid_strategy: 'LOWEST_COST_WITHOUT_CAP' })).body).toEqual({ success: true })
    expect((await read()).body).toEqual({ bid_strategy: 'LOWEST_COST_WITHOUT_CAP', id })
    expect((await meta.post(`/${id}`, { bid_strategy: 'LOWEST_COST' })).error).toBe('100')
  })

  it('a minimum ROAS is for ad sets that optimise for value, in ten-thousandths', async () => {
    const { id } = meta.adSet('Sale Wert')
    expect((await meta.post(`/${id}`, { bid_constraints: { roas_average_floor: 25_000 } })).body).toEqual({
      success: true,
    })
    expect((await meta.get(`/${id}`, { fields: 'bid_constraints' })).body).toMatchObject({
      bid_constraints: { roas_average_floor: 25_000 },
    })
    expect((await meta.post(`/${id}`, { bid_constraints: { roas_average_floor: 2.5 } })).error).toBe('100/1815195')
    const wrong = { bid_strategy: 'LOWEST_COST_WITH_MIN_ROAS', bid_constraints: { roas_average_floor: 20_000 } }
    expect((await meta.post(`/${meta.adSet('Frauen 25-54').id}`, wrong)).error).toBe('100/1885196')
  })

  it('of a campaign with its own budget the strategy is switched on the campaign, with a bid for every ad set', async () => {
    const { id, adSets } = meta.campaign('Frühjahr')
    expect((await meta.post(`/${adSets[0]!.id}`, { bid_strategy: 'COST_CAP', bid_amount: '900' })).error).toBe(
      '100/1885737',
    )
    expect((await meta.post(`/${id}`, { bid_strategy: 'COST_CAP' })).error).toBe('100/1815857')
    const adset_bid_amounts = Object.fromEntries(adSets.map((adSet) => [adSet.id, 950]))
    expect((await meta.post(`/${id}`, { bid_strategy: 'COST_CAP', adset_bid_amounts })).body).toEqual({ success: true })
    const read = await meta.get(`/${adSets[1]!.id}`, { fields: 'bid_strategy,bid_amount' })
    expect(read.body).toMatchObject({ bid_strategy: 'COST_CAP', bid_amount: 950 })
    const abo = meta.campaign('Daunenjacken')
    expect((await meta.post(`/${abo.id}`, { bid_strategy: 'COST_CAP' })).error).toBe('100/1885737')
  })
})

describe('who may write, and what', () => {
  it('refuses without the task, without the scope, in a disabled account and on a legacy Advantage+ campaign', async () => {
    const { accounts } = meta.sandbox.world
    const pause = (id: string, token?: string) => meta.post(`/${id}`, { status: 'PAUSED' }, token)
    const readOnly = await pause(accounts[4]!.campaigns[0]!.id)
    expect([readOnly.status, readOnly.error]).toEqual([403, '200/1870088'])
    expect((await pause(accounts[3]!.campaigns[0]!.id)).error).toBe('100/1487390')
    const smart = meta.campaign('Advantage+ Shopping')
    expect((await pause(smart.id)).error).toBe('100/3858504')
    expect((await meta.get(`/${smart.id}`, { fields: 'smart_promotion_type' })).body['smart_promotion_type']).toBe(
      'AUTOMATED_SHOPPING_ADS',
    )
    const { id } = meta.campaign('Retargeting')
    const reader = meta.sandbox.credentials.issueToken({ scopes: ['ads_read'] })
    expect((await pause(id, reader)).error).toBe('294')
    meta.sandbox.world.setAccountOutside(meta.euro.id, { userTasks: ['ANALYZE'] })
    expect((await pause(id)).error).toBe('200/1870088')
  })

  it('checks a dry run like the real thing, and keeps nothing of it', async () => {
    const { id, budgetMinor } = meta.campaign('Retargeting')
    const ask = { execution_options: ['validate_only'] }
    expect((await meta.post(`/${id}`, { daily_budget: '15000', ...ask })).body).toEqual({ success: true })
    expect((await meta.post(`/${id}`, { daily_budget: '5', ...ask })).error).toBe('100/1885272')
    expect((await meta.post(`/${id}`, { status: 'PAUSED', execution_options: ['guess'] })).error).toBe('100')
    expect(meta.sandbox.world.campaign(id)?.budgetMinor).toBe(budgetMinor)
    expect(meta.sandbox.world.activities).toEqual([])
    // Neither dry runs nor refusals of another request count as writes; the log tells them apart.
    expect(meta.sandbox.requests.entries.filter((entry) => entry.entityIds.includes(id) && !entry.isWrite).length).toBe(
      2,
    )
    expect(meta.sandbox.requests.writesTo(id)).toBe(1)
  })

  it('takes ARCHIVED and DELETED, after which nothing more goes, and lists them only when asked', async () => {
    const { id } = meta.campaign('Awareness')
    expect((await meta.post(`/${id}`, { status: 'ARCHIVED' })).body).toEqual({ success: true })
    expect((await meta.post(`/${id}`, { status: 'ACTIVE' })).error).toBe('100/1487057')
    const list = async (params: object) =>
      (await meta.rows(`/act_${meta.euro.id}/campaigns`, { fields: 'id', ...params })).map((item) => item['id'])
    expect(await list({})).not.toContain(id)
    expect(await list({ effective_status: ['ARCHIVED'] })).toContain(id)
    expect((await meta.post(`/${id}`, { status: 'DELETED' })).body).toEqual({ success: true })
    expect((await meta.post(`/${id}`, { daily_budget: '5000' })).error).toBe('100/1487056')
    expect((await meta.get(`/act_${meta.euro.id}/campaigns`, { effective_status: ['GONE'] })).error).toBe('100')
  })

  it('stops delivery where a switch stands off, and says which one', async () => {
    const campaign = meta.campaign('Daunenjacken')
    const adSet = campaign.adSets[0]!
    const status = async (id: string) =>
      (await meta.get(`/${id}`, { fields: 'effective_status' })).body['effective_status']
    await meta.post(`/${adSet.id}`, { status: 'PAUSED' })
    expect(await status(adSet.id)).toBe('IN_PROCESS')
    meta.clockMs += 60_000
    expect(await status(adSet.id)).toBe('PAUSED')
    expect(await status(adSet.ads[0]!.id)).toBe('ADSET_PAUSED')
    await meta.post(`/${campaign.id}`, { status: 'PAUSED' })
    await meta.post(`/${adSet.id}`, { status: 'ACTIVE' })
    meta.clockMs += 60_000
    expect(await status(adSet.id)).toBe('CAMPAIGN_PAUSED')
  })
})

describe('what lasts', () => {
  it('keeps edits, change log and tokens over a restart', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'meta-state-'))
    const statePath = join(folder, 'edits.json')
    try {
      const first = await startMetaRig({ statePath })
      const { id } = first.campaign('Retargeting')
      await first.post(`/${id}`, { daily_budget: '15500' })
      first.sandbox.world.setOutside(first.adSet('DACH (Kosten').id, { bidMinor: 640, status: 'PAUSED' })
      const token = first.sandbox.credentials.issueToken()
      await first.sandbox.close()
      const second = await startMetaRig({ statePath })
      expect((await second.get(`/${id}`, { fields: 'daily_budget' }, token)).body['daily_budget']).toBe('15500')
      const read = await second.get(`/${second.adSet('DACH (Kosten').id}`, { fields: 'bid_amount,status' })
      expect(read.body).toMatchObject({ bid_amount: 640, status: 'PAUSED' })
      const log = await second.rows(`/act_${second.euro.id}/activities`, { fields: 'event_type,actor_name,object_id' })
      expect(log.map((item) => item['actor_name'])).toEqual(['Jana Keller', 'Jana Keller', 'Fjellkant Reporting'])
      expect(second.sandbox.credentials.accessToken).toBe(first.sandbox.credentials.accessToken)
      // A yes without an effect leaves nothing behind, not even in the file.
      second.sandbox.faults.add({ kind: 'success_without_effect', path: 'POST /node' })
      expect((await second.post(`/${id}`, { daily_budget: '15900' })).body).toEqual({ success: true })
      await second.sandbox.close()
      const third = await startMetaRig({ statePath })
      expect(third.sandbox.world.campaign(id)?.budgetMinor).toBe(15_500)
      await third.sandbox.close()
      const other = await startMetaRig({ statePath, seed: 8 })
      expect(other.sandbox.world.activities).toEqual([])
      await other.sandbox.close()
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
