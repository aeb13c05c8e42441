/** The Meta sandbox's reports add up, settle the way Meta's do, and speak its spelling: strings, overlapping action types, sparse windows. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DAY_MS, dayBefore, type MetaRig, startMetaRig } from '../support/meta-graph.ts'

type Row = Record<string, unknown>
type Action = Record<string, string>

let meta: MetaRig
beforeEach(async () => {
  meta = await startMetaRig()
})
afterEach(() => meta.sandbox.close())

const ALL_WINDOWS = ['1d_click', '7d_click', '28d_click', '1d_view', '1d_ev']
const FIELDS =
  'campaign_id,adset_id,ad_id,impressions,clicks,inline_link_clicks,spend,reach,frequency,actions,action_values'
const week = { since: dayBefore(12), until: dayBefore(6) }
const report = (params: Record<string, unknown> = {}) =>
  meta.rows(`/act_${meta.euro.id}/insights`, {
    level: 'campaign',
    time_increment: '1',
    time_range: week,
    fields: FIELDS,
    action_attribution_windows: ALL_WINDOWS,
    ...params,
  })
const hundredths = (text: unknown) => {
  const [whole = '0', part = ''] = String(text).split('.')
  return Number(whole) * 100 + Number(part.padEnd(2, '0'))
}
const actionOf = (row: Row, type: string, list = 'actions') =>
  ((row[list] ?? []) as Action[]).find((action) => action['action_type'] === type)
const sumOf = (rows: readonly Row[], read: (row: Row) => number) => rows.reduce((sum, row) => sum + read(row), 0)

describe('reports of the Meta sandbox', () => {
  it('add up over the levels, to the cent and for every window', async () => {
    const levels = await Promise.all(['account', 'campaign', 'adset', 'ad'].map((level) => report({ level })))
    const totals = levels.map((rows) => [
      sumOf(rows, (row) => hundredths(row['spend'])),
      sumOf(rows, (row) => Number(row['impressions'])),
      sumOf(rows, (row) => Number(row['clicks'])),
      ...ALL_WINDOWS.flatMap((window) => [
        sumOf(rows, (row) => Number(actionOf(row, 'omni_purchase')?.[window] ?? 0)),
        sumOf(rows, (row) => hundredths(actionOf(row, 'omni_purchase', 'action_values')?.[window] ?? '0')),
      ]),
    ])
    for (const value of totals[0] ?? []) expect(value).toBeGreaterThan(0)
    for (const level of totals) expect(level).toEqual(totals[0])
    const reach = levels.map((rows) => sumOf(rows, (row) => Number(row['reach'])))
    expect(reach[3]).toBeGreaterThan(reach[1] ?? 0)
  })

  it('are strings throughout, with a window’s key only when asked for and not zero', async () => {
    const rows = await report({ level: 'ad' })
    const loose = rows.flatMap((row) =>
      Object.entries(row).filter(([, value]) => typeof value !== 'string' && !Array.isArray(value)),
    )
    expect(loose).toEqual([])
    const actions = rows.flatMap((row) => (row['actions'] ?? []) as Action[])
    const members = actions.flatMap((action) => Object.entries(action))
    expect(members.filter(([, value]) => typeof value !== 'string')).toEqual([])
    const windows = members.filter(([key]) => key !== 'action_type' && key !== 'value')
    expect(windows.length).toBeGreaterThan(500)
    expect(windows.filter(([, value]) => !(Number(value) > 0))).toEqual([])
    const purchases = actions.filter((action) => action['action_type'] === 'purchase')
    expect(purchases.some((action) => !('1d_view' in action))).toBe(true)
    const bare = await report({ action_attribution_windows: ['7d_click', '7d_view', '28d_view'] })
    const keys = new Set(
      bare.flatMap((row) => ((row['actions'] ?? []) as Action[]).flatMap((action) => Object.keys(action))),
    )
    expect([...keys].toSorted()).toEqual(['7d_click', 'action_type', 'value'])
    const unknown = await meta.get(`/act_${meta.euro.id}/insights`, { action_attribution_windows: ['3d_click'] })
    expect(unknown.error).toBe('100')
  })

  it('count windows inside one another, and `value` by each ad set’s own setting', async () => {
    const rows = await report({ level: 'adset' })
    const clickOnly = meta.adSet('Warenkorb 4-14').id
    const withEngaged = meta.adSet('Interessen: Camping').id
    let checked = 0
    for (const row of rows) {
      const action = actionOf(row, 'omni_purchase')
      if (action === undefined) continue
      const count = (window: string) => Number(action[window] ?? 0)
      expect(count('7d_click')).toBeGreaterThanOrEqual(count('1d_click'))
      expect(count('28d_click')).toBeGreaterThanOrEqual(count('7d_click'))
      const views = row['adset_id'] === withEngaged ? count('1d_view') + count('1d_ev') : count('1d_view')
      const own = row['adset_id'] === clickOnly ? count('1d_click') : count('7d_click') + views
      expect(Number(action['value'])).toBe(own)
      checked += 1
    }
    expect(checked).toBeGreaterThan(20)
  })

  it('name the same purchases several times over', async () => {
    for (const row of await report()) {
      const seven = (type: string) => Number(actionOf(row, type)?.['7d_click'] ?? 0)
      expect(seven('purchase')).toBe(seven('omni_purchase'))
      expect(seven('omni_purchase')).toBe(
        seven('offsite_conversion.fb_pixel_purchase') + seven('onsite_conversion.purchase'),
      )
    }
    const video = (await report({ fields: 'actions,video_thruplay_watched_actions' })).find((row) =>
      actionOf(row, 'video_view'),
    )
    expect(Number(actionOf(video ?? {}, 'video_view', 'video_thruplay_watched_actions')?.['value'])).toBeGreaterThan(0)
  })

  it('have no row without delivery, none of tomorrow, and today only so far', async () => {
    const paused = meta.campaign('Winter 2025')
    const rows = await report({ time_range: { since: dayBefore(3), until: '2026-12-24' } })
    expect(rows.some((row) => row['campaign_id'] === paused.id)).toBe(false)
    expect(
      rows
        .map((row) => String(row['date_start']))
        .toSorted()
        .at(-1),
    ).toBe(dayBefore(0))
    const spendOf = async () =>
      sumOf(await report({ time_range: { since: dayBefore(0), until: dayBefore(0) } }), (row) =>
        hundredths(row['spend']),
      )
    const atNoon = await spendOf()
    meta.clockMs += 3 * 3_600_000
    expect(await spendOf()).toBeGreaterThan(atNoon)
  })

  it('restate the last 28 days, upwards only, and let older ones rest', async () => {
    const purchases = (rows: readonly Row[]) =>
      sumOf(rows, (row) => Number(actionOf(row, 'omni_purchase')?.['28d_click'] ?? 0))
    const ages = [2, 9, 20, 29]
    const read = () =>
      Promise.all(ages.map((age) => report({ time_range: { since: dayBefore(age + 3), until: dayBefore(age) } })))
    const before = (await read()).map(purchases)
    meta.clockMs += 6 * DAY_MS
    const after = (await read()).map(purchases)
    for (const index of [0, 1]) expect(after[index]).toBeGreaterThan(before[index] ?? 0)
    expect(after[2]).toBeGreaterThanOrEqual(before[2] ?? 0)
    expect(after[3]).toBe(before[3])
    const spend = await report()
    meta.clockMs += 20 * DAY_MS
    const later = await report()
    expect(later.map((row) => row['spend'])).toEqual(spend.map((row) => row['spend']))
  })

  it('page by cursor without a row lost or doubled, with an absolute address for the next page', async () => {
    const all = await report({ level: 'ad' })
    const small = await report({ level: 'ad', limit: 7 })
    expect(small).toEqual(all)
    const { body } = await meta.get(`/act_${meta.euro.id}/insights`, {
      level: 'ad',
      time_increment: '1',
      time_range: week,
      limit: 7,
    })
    const { next } = body['paging'] as { next: string }
    expect(next.startsWith(`${meta.sandbox.baseUrl}/v26.0/act_${meta.euro.id}/insights?access_token=`)).toBe(true)
    const follow = await fetch(next)
    expect(((await follow.json()) as { data: unknown[] }).data.length).toBe(7)
    const bad = await meta.get(`/act_${meta.euro.id}/insights`, { after: 'bm9uc2Vuc2U' })
    expect(bad.error).toBe('100')
  })

  it('sum over ranges, where reach is less than the sum of its days', async () => {
    const daily = await report()
    const [id] = [daily[0]?.['campaign_id']]
    const whole = (await report({ time_increment: 'all_days' })).find((row) => row['campaign_id'] === id)
    const own = daily.filter((row) => row['campaign_id'] === id)
    expect(hundredths(whole?.['spend'])).toBe(sumOf(own, (row) => hundredths(row['spend'])))
    expect(Number(whole?.['reach'])).toBeLessThan(sumOf(own, (row) => Number(row['reach'])))
    expect(Number(whole?.['frequency'])).toBeCloseTo(Number(whole?.['impressions']) / Number(whole?.['reach']), 5)
    expect(whole).toMatchObject({ date_start: week.since, date_stop: week.until })
  })

  it('leave archived things out unless their status is asked for; their parents still count them', async () => {
    const archived = meta.campaign('Black Friday')
    const then = { time_range: { since: dayBefore(362), until: dayBefore(358) } }
    const statuses = {
      filtering: [{ field: 'campaign.effective_status', operator: 'IN', value: ['ACTIVE', 'PAUSED', 'ARCHIVED'] }],
    }
    const ids = (rows: readonly Row[]) => rows.map((row) => row['campaign_id'])
    expect(ids(await report(then))).not.toContain(archived.id)
    const everything = await report({ ...then, ...statuses })
    expect(ids(everything)).toContain(archived.id)
    const account = await report({ ...then, level: 'account' })
    expect(sumOf(account, (row) => hundredths(row['spend']))).toBe(sumOf(everything, (row) => hundredths(row['spend'])))
  })

  it('filter by id and by spend, and take one object’s own report', async () => {
    const { id } = meta.campaign('Retargeting')
    const filtering = [{ field: 'campaign.id', operator: 'IN', value: [id] }]
    const rows = await report({ filtering })
    expect(new Set(rows.map((row) => row['campaign_id']))).toEqual(new Set([id]))
    const own = await meta.rows(`/${id}/insights`, {
      time_increment: '1',
      time_range: week,
      fields: FIELDS,
      action_attribution_windows: ALL_WINDOWS,
    })
    expect(own).toEqual(rows)
    expect((await report({ filtering: [{ field: 'spend', operator: 'GREATER_THAN', value: 1e9 }] })).length).toBe(0)
    const unknown = await meta.get(`/act_${meta.euro.id}/insights`, {
      filtering: [{ field: 'mood', operator: 'IN', value: [1] }],
    })
    expect(unknown.error).toBe('100')
  })

  it('refuse what Meta refuses: beyond 37 months, too much at once, unknown fields, a range the wrong way round', async () => {
    const ask = (params: Record<string, unknown>) => meta.get(`/act_${meta.euro.id}/insights`, params)
    expect((await ask({ time_range: { since: '2023-10-01', until: '2023-10-02' } })).error).toBe('3018')
    const large = await ask({ limit: 501 })
    expect([large.status, large.error]).toEqual([500, '1'])
    expect((large.body['error'] as Row)['message']).toContain('reduce the amount of data')
    expect((await ask({ fields: 'charm' })).error).toBe('100')
    expect((await ask({ time_range: { since: '2026-11-02', until: '2026-11-01' } })).error).toBe('100')
    expect((await ask({ time_range: { since: '2026-02-30', until: '2026-03-01' } })).error).toBe('100')
  })

  it('refuse more rows than one call may hold, and give them in pieces', async () => {
    const demo = await startMetaRig({ size: 'demo' })
    try {
      const rowsOf = (days: number) =>
        demo.get(`/act_${demo.euro.id}/insights`, {
          level: 'ad',
          time_increment: '1',
          time_range: { since: dayBefore(days), until: dayBefore(1) },
          limit: 500,
        })
      expect((await rowsOf(400)).error).toBe('100/1487534')
      expect((await rowsOf(30)).status).toBe(200)
    } finally {
      await demo.sandbox.close()
    }
  })

  it('count forint, yen and euros in main units, forint and yen without decimals', async () => {
    for (const account of meta.sandbox.world.accounts.slice(0, 3)) {
      const rows = await meta.rows(`/act_${account.id}/insights`, {
        level: 'account',
        time_increment: '1',
        time_range: week,
        fields: 'spend,account_currency',
      })
      expect(rows.length).toBe(7)
      for (const row of rows)
        expect(String(row['spend'])).toMatch(account.currency === 'EUR' ? /^\d+\.\d{2}$/ : /^\d+$/)
    }
  })

  it('follow an edit: a higher budget delivers more from the next day on', async () => {
    const { id } = meta.campaign('Retargeting')
    const spendOn = async (date: string) => {
      const rows = await report({
        time_range: { since: date, until: date },
        filtering: [{ field: 'campaign.id', operator: 'EQUAL', value: id }],
      })
      return sumOf(rows, (row) => hundredths(row['spend']))
    }
    meta.clockMs += 2 * DAY_MS
    const plain = await spendOn('2026-11-24')
    meta.clockMs -= 2 * DAY_MS
    await meta.post(`/${id}`, { daily_budget: '42000' })
    meta.clockMs += 2 * DAY_MS
    const raised = await spendOn('2026-11-24')
    expect(raised / plain).toBeGreaterThan(2.5)
  })
})

describe('asynchronous reports of the Meta sandbox', () => {
  it('are started, polled and read; before they are done they cannot be read', async () => {
    const params = {
      level: 'ad',
      time_increment: '1',
      time_range: week,
      fields: FIELDS,
      action_attribution_windows: ALL_WINDOWS,
    }
    const { body } = await meta.post(`/act_${meta.euro.id}/insights`, params)
    const run = String(body['report_run_id'])
    expect((await meta.get(`/${run}/insights`)).error).toBe('100/1504018')
    const poll = async () => (await meta.get(`/${run}`, { fields: 'async_status,async_percent_completion' })).body
    expect(await poll()).toMatchObject({ async_status: 'Job Not Started', async_percent_completion: 0 })
    expect(await poll()).toMatchObject({ async_status: 'Job Running' })
    expect(await poll()).toMatchObject({ async_status: 'Job Completed', async_percent_completion: 100 })
    expect(await meta.rows(`/${run}/insights`, {})).toEqual(await report(params))
    meta.clockMs += 31 * DAY_MS
    expect((await meta.get(`/${run}`)).error).toBe('100/33')
  })

  it('can fail, and are checked when they are started', async () => {
    expect((await meta.post(`/act_${meta.euro.id}/insights`, { fields: 'charm' })).error).toBe('100')
    const { body } = await meta.post(`/act_${meta.euro.id}/insights`, { level: 'ad' })
    meta.sandbox.failReports()
    const state = await meta.get(`/${String(body['report_run_id'])}`, {
      fields: 'async_status,error_code,error_message',
    })
    expect(state.body).toMatchObject({ async_status: 'Job Failed', error_code: 2 })
  })
})
