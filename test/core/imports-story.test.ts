/** The path without credentials: files become an account whose numbers every screen can show, and nothing is stored that was not shown before. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ImportApp, type MetaRow, metaReport, startImportApp } from '../support/import-rig.ts'

const ROWS: readonly MetaRow[] = [
  {
    campaign: 'Spring',
    adSet: 'Broad',
    ad: 'Video A',
    day: '2026-09-01',
    spend: '10.50',
    purchases: 2,
    value: '80.00',
  },
  { campaign: 'Spring', adSet: 'Broad', ad: 'Video B', day: '2026-09-01', spend: '5.25' },
  { campaign: 'Spring', adSet: 'Narrow', ad: 'Video A', day: '2026-09-02', spend: '7.00', purchases: 0, value: '0' },
  { campaign: 'Autumn', adSet: 'Broad', ad: 'Photo', day: '2026-09-02', spend: '3.00' },
]
const CHOICES = { account_name: 'Shop' }
const DAYS = { start_date: '2026-09-01', end_date: '2026-09-02' }

describe('a report of Meta, imported into an empty workspace', () => {
  let app: ImportApp
  let accountId = ''
  beforeAll(async () => {
    app = await startImportApp()
  })
  afterAll(() => app.close())

  test('what would be stored is shown first, and nothing of it is stored by that', async () => {
    const seen = await app.preview('Shop Report.csv', metaReport(ROWS), CHOICES)
    expect(seen).toMatchObject({
      kind: 'platform_report',
      platform: 'meta',
      level: 'ad',
      currency: 'EUR',
      is_daily: true,
      rows: { total: 4, good: 4, bad: 0 },
      questions: [],
      can_store: true,
      imported_at: null,
      account: { is_new: true, untrusted: { name: 'Shop' } },
      ...DAYS,
    })
    expect((await app.run('list_accounts', {})).accounts).toEqual([])
    expect(await app.run('list_imports', {})).toEqual({ imports: [], orders: null })
  })

  test('without a name the account is asked for, and nothing can be stored', async () => {
    const seen = await app.preview('x.csv', metaReport(ROWS))
    expect(seen.questions.map(({ field }) => field)).toEqual(['account_name'])
    expect(seen.can_store).toBe(false)
    await expect(app.store('x.csv', metaReport(ROWS))).rejects.toThrow('invalid_value')
  })

  test('storing it makes an account that is read like any other and has no connection', async () => {
    const made = await app.store('Shop Report.csv', metaReport(ROWS), CHOICES)
    expect(made).toMatchObject({ state: 'done', rows_kept: 4, rows_new: 4, rows_refused: 0 })
    accountId = made.account_id ?? ''
    const { accounts, warnings } = await app.run('list_accounts', {})
    expect(accounts).toMatchObject([
      {
        connection_state: 'imported',
        writes_allowed: false,
        campaigns: 2,
        ad_groups: 3,
        ads: 4,
        complete_through: '2026-09-02',
      },
    ])
    expect(warnings).toEqual([])
    expect(accountId).toMatch(/^meta:0\d{19}$/)
  })

  test('levels above the file’s own are its sums, and windows are kept', async () => {
    const spend = async (dimension: 'account' | 'campaign' | 'ad_group' | 'ad'): Promise<unknown[]> => {
      const answer = await app.run('query_metrics', { ...DAYS, metrics: ['spend', 'roas'], dimensions: [dimension] })
      expect(answer.is_partial).toBe(false)
      expect(answer.attribution).toMatchObject({ click_window_days: 7, window_source: 'entity_setting' })
      return answer.rows.map(({ metrics }) => String(metrics.spend)).toSorted((a, b) => a.localeCompare(b))
    }
    expect(await spend('account')).toEqual(['25.75'])
    expect(await spend('campaign')).toEqual(['22.75', '3.00'])
    expect(await spend('ad_group')).toEqual(['15.75', '3.00', '7.00'])
    expect(await spend('ad')).toEqual(['10.50', '3.00', '5.25', '7.00'])
  })

  test('the same bytes again change nothing and say when they came before', async () => {
    const seen = await app.preview('again.csv', metaReport(ROWS), CHOICES)
    expect(seen.imported_at).not.toBeNull()
    const made = await app.store('again.csv', metaReport(ROWS), CHOICES)
    expect(made).toMatchObject({
      rows_new: 0,
      rows_changed: 0,
      rows_same: 4,
      untrusted: { file_name: 'Shop Report.csv' },
    })
    expect((await app.run('list_imports', {})).imports).toHaveLength(1)
  })

  test('a file in another currency is not put into the account', async () => {
    const dollars = metaReport(ROWS).replace('(EUR)', '(USD)')
    const seen = await app.preview('usd.csv', dollars, CHOICES)
    expect(seen.can_store).toBe(false)
    expect(seen.warnings[0]).toContain('is in EUR, and this file is in USD')
    await expect(app.store('usd.csv', dollars, CHOICES)).rejects.toThrow('is in EUR')
  })

  test('bad rows are named, and left out only when the person says so', async () => {
    const bad = `${metaReport(ROWS)}Spring,Broad,Video A,2026-09-31,1.00,1,1,7-day click,0,0,1\n`
    const seen = await app.preview('bad.csv', bad, CHOICES)
    expect(seen.rows).toMatchObject({ good: 4, bad: 1 })
    expect(seen.bad_rows[0]).toMatchObject({ line: 6 })
    await expect(app.store('bad.csv', bad, CHOICES)).rejects.toThrow('1 of 5 rows cannot be stored')
    expect(await app.store('bad.csv', bad, CHOICES, true)).toMatchObject({
      rows_kept: 4,
      rows_refused: 1,
      rows_same: 4,
    })
  })

  test('a day that has not come is a bad row', async () => {
    const seen = await app.preview('late.csv', metaReport([{ ...ROWS[0], day: '2031-01-02' } as MetaRow]), CHOICES)
    expect(seen.rows).toMatchObject({ good: 0, bad: 1 })
    expect(seen.bad_rows[0]?.reason).toContain('has not come yet')
    expect(seen.can_store).toBe(false)
  })

  test('a file that covers a period is explained and not stored', async () => {
    const period =
      'Campaign name,Amount spent (EUR),Impressions,Purchases,Reporting starts,Reporting ends\nSpring,10.00,100,1,2026-09-01,2026-09-30\n'
    const seen = await app.preview('period.csv', period, CHOICES)
    expect(seen).toMatchObject({ is_daily: false, can_store: false })
    expect(seen.warnings[0]).toContain('“Day” column')
  })

  test('the log holds one record for each file, and its name only as a text that can be withheld', async () => {
    const { records } = await app.run('list_audit', { limit: 50 })
    const imported = records.filter(({ type }) => type === 'data.imported')
    expect(imported).toHaveLength(2)
    expect(imported[1]?.line).not.toContain('Shop Report')
    expect(imported[1]?.disclosed).toEqual({ file_name: 'Shop Report.csv' })
    expect((await app.run('verify_audit', {})).is_ok).toBe(true)
  })

  test('everything is still there after a restart, and goes when it is removed', async () => {
    app = await app.restart()
    expect((await app.run('list_imports', {})).imports).toHaveLength(2)
    expect(await app.refusal('remove_imported', { what: 'meta:1234567' })).toMatchObject({
      code: 'account_not_available',
    })
    await app.run('remove_imported', { what: accountId })
    expect((await app.run('list_accounts', {})).accounts).toEqual([])
    expect((await app.run('list_imports', {})).imports).toEqual([])
    const again = await app.store('Shop Report.csv', metaReport(ROWS), CHOICES)
    expect(again).toMatchObject({ rows_new: 4, account_id: accountId })
  })

  test('readiness, entities and the status answer for an account without a connection', async () => {
    const { accounts } = await app.run('get_account_readiness', {})
    const checks = accounts[0]?.checks.map(({ check }) => check) ?? []
    expect(checks).not.toContain('token_dead')
    const { entities } = await app.run('list_entities', { account_id: accountId, type: 'campaign' } as never)
    expect(entities).toHaveLength(2)
    const answer = await app.run('get_entity', { entity_id: entities[0]?.entity_id } as never)
    expect(answer.editable_fields.filter(({ is_editable }) => is_editable)).toEqual([])
  })
})

test('a campaign table of Google stores campaigns with status and budget, and none of its numbers', async () => {
  const app = await startImportApp()
  try {
    const table = [
      'Campaign report',
      '"July 1, 2026 - July 31, 2026"',
      'Campaign status,Campaign,Budget,Budget name,Budget type,Status,Status reasons,Campaign type,Impr.,CTR,Currency code,Cost,Clicks,Conv. rate,Conversions,Avg. CPC,Cost / conv.',
      'Enabled,Brand,25.00, --,Daily,Eligible,eligible,Search,"1,000",4.00%,EUR,310.00,40,5.00%,2.00,7.75,155.00',
      'Paused,Generic,10.00, --,Daily,Paused,paused,Search,500,2.00%,EUR,90.00,10,0.00%,0.00,9.00,0.00',
    ].join('\n')
    const seen = await app.preview('Campaign report.csv', table, { account_name: 'Shop' })
    expect(seen).toMatchObject({ platform: 'google_ads', is_daily: false, can_store: true, rows: { good: 2 } })
    expect(seen.warnings.join(' ')).toContain('none of its numbers')
    const made = await app.store('Campaign report.csv', table, { account_name: 'Shop' })
    expect(made).toMatchObject({ rows_kept: 2, rows_new: 2 })
    const { entities } = await app.run('list_entities', { account_id: made.account_id, type: 'campaign' } as never)
    expect(entities.map(({ status, daily_budget }) => [status, daily_budget?.amount])).toEqual(
      expect.arrayContaining([
        ['enabled', '25.00'],
        ['paused', '10.00'],
      ]),
    )
    const changed = await app.store('b.csv', table.replace('Enabled,Brand,25.00', 'Enabled,Brand,30.00'), {
      account_name: 'Shop',
    })
    expect(changed).toMatchObject({ rows_new: 0, rows_changed: 1, rows_same: 1 })
  } finally {
    await app.close()
  }
})
