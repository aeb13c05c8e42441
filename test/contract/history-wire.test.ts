/** The platforms' histories as they come over the wire: their odd spellings, read exactly or called "not told", never guessed. */
import { describe, expect, it } from 'vitest'
import { changeRowSchema, momentOf, toRows } from '../../main/platforms/google-ads/history-map.ts'
import { toChanges as metaChanges, type WireActivity } from '../../main/platforms/meta/history-map.ts'
import { cellsOf, csvOf, logLines, pythonText, toChanges } from '../../main/platforms/tiktok/history-map.ts'
import { accountId } from '../../shared/domain/ids.ts'
import { startTiktok } from './tiktok-harness.ts'

describe('Google’s change events', () => {
  const account = accountId('google_ads', '1112223333')
  const context = { account, currency: 'EUR', stepMicros: 10_000n }
  const event = (rest: Record<string, unknown>) =>
    changeRowSchema.parse({
      changeEvent: {
        resourceName: 'customers/1112223333/changeEvents/1795444200000000~3~1',
        changeDateTime: '2026-11-23 15:30:00.000000',
        clientType: 'GOOGLE_ADS_WEB_CLIENT',
        changeResourceType: 'CAMPAIGN',
        changeResourceName: 'customers/1112223333/campaigns/77',
        resourceChangeOperation: 'UPDATE',
        ...rest,
      },
    }).changeEvent
  const rows = (rest: Record<string, unknown>) =>
    toRows(event(rest), 0, context, new Map()).map(({ field, before, after }) => [field, before, after])

  it('give one row for each changed field, and none a field that we cannot change', () => {
    const both = {
      changedFields: 'status,name,maximizeConversions.targetCpaMicros',
      oldResource: { campaign: { status: 'ENABLED', maximizeConversions: { targetCpaMicros: '8000000' } } },
      newResource: { campaign: { status: 'PAUSED', maximizeConversions: {} } },
    }
    expect(rows(both)).toEqual([
      ['status', 'enabled', 'paused'],
      [undefined, undefined, undefined],
      ['target_cpa', '8.00', ''],
    ])
  })

  it('tell a removal as a deletion, a creation as nothing of ours, and an amount that cannot be written back as not told', () => {
    expect(rows({ resourceChangeOperation: 'REMOVE', oldResource: { campaign: { status: 'ENABLED' } } })).toEqual([
      ['status', 'enabled', 'deleted'],
    ])
    expect(rows({ resourceChangeOperation: 'CREATE', changedFields: 'status' })).toEqual([
      [undefined, undefined, undefined],
    ])
    expect(
      rows({
        changeResourceType: 'CAMPAIGN_BUDGET',
        changeResourceName: 'customers/1112223333/campaignBudgets/5',
        changedFields: 'amountMicros',
        oldResource: { campaignBudget: { amountMicros: '9007199254740993000' } },
        newResource: { campaignBudget: { amountMicros: '50000000' } },
      }),
    ).toEqual([['daily_budget', undefined, '50.00']])
  })

  it('tell a switch of the strategy once, with its target', () => {
    expect(
      rows({
        changedFields: 'biddingStrategyType,maximizeConversionValue.targetRoas',
        oldResource: {
          campaign: { biddingStrategyType: 'TARGET_SPEND', targetSpend: { cpcBidCeilingMicros: '1500000' } },
        },
        newResource: {
          campaign: { biddingStrategyType: 'MAXIMIZE_CONVERSION_VALUE', maximizeConversionValue: { targetRoas: 3.2 } },
        },
      }),
    ).toEqual([['bid_strategy', 'maximize_clicks:1.50', 'maximize_conversion_value:3.20']])
    const portfolio = { biddingStrategyType: 'TARGET_CPA', biddingStrategy: 'customers/1112223333/biddingStrategies/9' }
    expect(rows({ changedFields: 'biddingStrategyType', newResource: { campaign: portfolio } })).toEqual([
      ['bid_strategy', undefined, undefined],
    ])
  })

  it('stand at the moment that their name holds, also in the hour that comes twice', () => {
    const at = Date.parse('2026-10-25T01:10:00Z')
    const twice = (ms: number) =>
      momentOf(
        event({
          resourceName: `customers/1112223333/changeEvents/${ms}000~1~0`,
          changeDateTime: '2026-10-25 02:10:00.000000',
        }),
        'Europe/Berlin',
      )
    expect(twice(at)).toBe(at)
    expect(twice(at - 3_600_000)).toBe(at - 3_600_000)
    const unnamed = event({ resourceName: 'customers/1112223333/changeEvents/77~1~0' })
    expect(momentOf(unnamed, 'Europe/Berlin')).toBe(Date.parse('2026-11-23T14:30:00Z'))
    expect(momentOf(event({ changeDateTime: 'yesterday' }), 'Europe/Berlin')).toBeUndefined()
  })

  it('say whether it was the API, and nothing where Google does not', () => {
    const isApi = (clientType: string) => toRows(event({ clientType }), 0, context, new Map())[0]?.isApi
    expect(['GOOGLE_ADS_API', 'GOOGLE_ADS_WEB_CLIENT', 'GOOGLE_ADS_EDITOR', 'OTHER', 'UNKNOWN'].map(isApi)).toEqual([
      true,
      false,
      false,
      undefined,
      undefined,
    ])
  })
})

describe('Meta’s activities', () => {
  const account = accountId('meta', '42')
  let second = 0
  const line = (event_type: string, extra: unknown, rest: Partial<WireActivity> = {}): WireActivity => {
    second += 1
    return {
      event_type,
      event_time: `2026-11-20T09:00:${String(second % 60).padStart(2, '0')}+0100`,
      actor_id: '7',
      actor_name: 'Jana',
      application_name: 'Ads Manager',
      object_id: '1201',
      object_type: 'CAMPAIGN_GROUP',
      extra_data: typeof extra === 'string' ? extra : JSON.stringify(extra),
      ...rest,
    }
  }
  const read = (wires: readonly WireActivity[], untilMs = Date.parse('2026-11-21T09:00:00Z')) =>
    metaChanges(wires, { account, currency: 'EUR', untilMs, strategyNow: () => 'COST_CAP' })
  const values = (wires: readonly WireActivity[]) =>
    read(wires).map(({ field, before, after }) => [field, before, after])

  it('hold budgets flat or nested, in minor units, and a lifetime budget is none of ours', () => {
    const nested = (type: string) => ({ old_value: { old_value: 5000, type }, new_value: { new_value: 7550, type } })
    expect(values([line('update_campaign_budget', { old_value: '5000', new_value: '7500' })])).toEqual([
      ['daily_budget', '50.00', '75.00'],
    ])
    expect(values([line('update_ad_set_budget', nested('Per day'))])).toEqual([['daily_budget', '50.00', '75.50']])
    expect(values([line('update_ad_set_budget', nested('Lifetime budget'))])).toEqual([
      [undefined, undefined, undefined],
    ])
    expect(values([line('update_campaign_budget', { old_value: 'n/a', new_value: 50.5 })])).toEqual([
      ['daily_budget', undefined, undefined],
    ])
  })

  it('tell a switch once, whatever steps it took', () => {
    const step = (from: string, to: string) =>
      line('update_ad_run_status', { old_value: from, new_value: to }, { object_id: '99', object_type: 'ADGROUP' })
    const burst = [
      step('Active', 'Pending Process'),
      step('to be set after review', 'Inactive'),
      step('Pending Process', 'Inactive'),
    ]
    expect(values(burst)).toEqual([['status', 'enabled', 'paused']])
    expect(read(burst)[0]?.entityId).toBe('meta:42/ad/99')
    expect(values([...burst, step('Inactive', 'Active')])).toEqual([
      ['status', 'enabled', 'paused'],
      ['status', 'paused', 'enabled'],
    ])
  })

  it('wait for the end of a switch that has only begun, and tell one that never came to its end', () => {
    const open = [
      line('update_ad_run_status', { old_value: 'Active', new_value: 'Pending Process' }, { object_id: '99' }),
    ]
    const at = read(open)[0]?.atMs ?? 0
    expect(read(open).map(({ field, after }) => [field, after])).toEqual([['status', undefined]])
    expect(read(open, at + 60_000)).toEqual([])
  })

  it('go by the numbers of states where the words are in another language', () => {
    const extra = { run_status: { old_value: 15, new_value: 1 }, old_value: 'Inaktiv', new_value: 'Aktiv' }
    expect(values([line('update_campaign_run_status', extra)])).toEqual([['status', 'paused', 'enabled']])
    expect(values([line('update_campaign_run_status', { old_value: 'Inaktiv', new_value: 'Aktiv' })])).toEqual([
      ['status', undefined, undefined],
    ])
  })

  it('survive any extra data, and keep the id of a line from reading to reading', () => {
    const odd = ['not json at all', '[1,2]', '{"old_value":null}', 'null', '{"old_value":{"a":1},"new_value":[2]}']
    const wires = odd.map((extra) => line('update_campaign_budget', extra))
    expect(read(wires)).toHaveLength(odd.length)
    expect(read(wires).map((row) => row.changeId)).toEqual(read(wires).map((row) => row.changeId))
    const same = line('update_campaign_budget', {})
    expect(new Set(read([same, { ...same }]).map((row) => row.changeId)).size).toBe(2)
  })

  it('say nothing of an entity for an account, an audience or an id that is none', () => {
    const rows = read([
      line('ad_account_billing_charge', { new_value: 14_368 }, { object_type: 'ACCOUNT', object_id: '42' }),
      line('update_campaign_budget', { old_value: 1, new_value: 2 }, { object_id: 'c1' }),
      line('update_campaign_name', { old_value: 'A', new_value: 'B' }),
    ])
    expect(rows.map(({ entityId, field }) => [entityId, field])).toEqual([
      [undefined, undefined],
      [undefined, undefined],
      ['meta:42/campaign/1201', undefined],
    ])
  })
})

describe('TikTok’s change log', () => {
  const account = accountId('tiktok', '7000000000000000001')
  const header = 'Time,log_object_type,Object ID,Object,Operator,Source,App ID,Activity details'
  const details = (name: string, before: string, after: string) =>
    `"[{""action"": ""Change "", ""name"": ""${name}"", ""before_after"": [{""before"": ""b'${before}'"", ""after"": ""b'${after}'""}]}]"`
  const file = (...lines: readonly string[]) =>
    ['Budget changes,1', 'Bid changes,0', '', header, ...lines, ''].join('\r\n')
  const read = (csv: string, currency = 'USD') =>
    toChanges(logLines(csv) ?? [], { account, currency, bidNow: () => undefined }).map(({ field, before, after }) => [
      field,
      before,
      after,
    ])
  const budgetLine = (before: string, after: string) =>
    `2026-02-02 04:05,Ad group,1846211451413538,Budget & Schedule,y***n@shop.example,Marketing API,7536109600076988432,${details('Budget', before, after)}`

  it('comes inside a JSON dictionary or a Python one, as the spelling of a byte string', () => {
    const csv = file(budgetLine('50.00 USD', '20.00 USD'))
    const escaped = csv.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\r', '\\r').replaceAll('\n', '\\n')
    const json = JSON.stringify({ file_data: `b'${escaped}'`, file_name: '1.csv' })
    const python = `{'file_data': b'${escaped}', 'file_name': '1.csv'}`
    const plain = JSON.stringify({ file_data: `b'${csv}'`, file_name: '1.csv' })
    expect([json, python, plain].map((each) => csvOf(each))).toEqual([csv, csv, csv])
    expect(read(csv)).toEqual([['daily_budget', '50.00', '20.00']])
    expect(csvOf('nonsense')).toBeUndefined()
    expect(csvOf('{"file_name":"1.csv"}')).toBeUndefined()
  })

  it('spells what is not ASCII as bytes', () => {
    expect(pythonText(String.raw`b'Schn\xc3\xa4ppchen \'24\' \\ caf\xc3\xa9'`)).toBe(`Schnäppchen '24' \\ café`)
    expect(pythonText(`b"it's"`)).toBe(`it's`)
    expect(pythonText('plain')).toBe('plain')
  })

  it('reads amounts exactly, in the account’s currency only', () => {
    expect(read(file(budgetLine('1,050.00 USD', '12,345,678.90 USD')))).toEqual([
      ['daily_budget', '1050.00', '12345678.90'],
    ])
    expect(read(file(budgetLine('50.00 USD', '20.00 USD')), 'EUR')).toEqual([['daily_budget', undefined, undefined]])
    expect(read(file(budgetLine('50.001 USD', '1,05.00 USD')))).toEqual([['daily_budget', undefined, undefined]])
  })

  it('knows switches and deletions, and calls everything else not told', () => {
    const line = (object: string, cell: string) =>
      `2026-02-02 04:05,Campaign,1846211451413538,${object},y***n@shop.example,TikTok Ads Manager,--,${cell}`
    expect(
      read(
        file(
          line('On/Off Status', details('Campaign', 'Paused', 'Enabled')),
          line('On/Off Status', '"[{""action"": ""Delete"", ""name"": ""Campaign""}]"'),
          line('Targeting', details('Smart audience', 'On', 'Off')),
          line('Settings', 'not json'),
        ),
      ),
    ).toEqual([
      ['status', 'paused', 'enabled'],
      ['status', undefined, 'deleted'],
      [undefined, undefined, undefined],
      [undefined, undefined, undefined],
    ])
  })

  it('may hold no line, and a file that is none is not believed', () => {
    expect(logLines(file())).toEqual([])
    expect(logLines('Budget changes,0\r\nBid changes,0\r\n')).toEqual([])
    expect(logLines('<html>Sign in</html>')).toBeUndefined()
  })

  it('keeps commas, quotes and line breaks inside of a cell', () => {
    expect(cellsOf('a,"b, ""c""\r\nd",e\r\nf,,')).toEqual([
      ['a', 'b, "c"\r\nd', 'e'],
      ['f', '', ''],
    ])
  })

  it('is prepared, looked at and fetched in the sandbox as the documentation says', async () => {
    const harness = await startTiktok()
    const { tiktok } = harness.sandbox
    const advertiser = tiktok.world.advertisers[0]
    if (advertiser === undefined) throw new Error('no advertiser')
    const call = async (method: string, path: string, values: Record<string, string>) => {
      const url = new URL(`${tiktok.baseUrl}/open_api/v1.3${path}`)
      if (method === 'GET') for (const [key, value] of Object.entries(values)) url.searchParams.set(key, value)
      const headers = { 'access-token': tiktok.credentials.accessToken, 'content-type': 'application/json' }
      const body = method === 'GET' ? {} : { body: JSON.stringify(values) }
      return (await (await fetch(url, { method, headers, ...body })).json()) as {
        code: number
        data: Record<string, string>
      }
    }
    const advertiser_id = advertiser.id
    const range = { advertiser_id, start_time: '2026-11-01 00:00:00', end_time: '2026-11-24 00:00:00' }
    const campaign = advertiser.campaigns.find((each) => each.budgetMinor > 0)
    tiktok.world.setBudgetOutside(campaign?.id ?? '', 123_400)
    const { data } = await call('POST', '/changelog/task/create/', range)
    const task = { advertiser_id, task_id: data['task_id'] ?? '' }
    expect((await call('GET', '/changelog/task/download/', task)).data).toEqual({ status: 'PROCESSING', changelog: '' })
    const looks = [await call('GET', '/changelog/task/check/', task), await call('GET', '/changelog/task/check/', task)]
    expect(looks.map((look) => look.data['status'])).toEqual(['PROCESSING', 'SUCCESS'])
    const fetched = (await call('GET', '/changelog/task/download/', task)).data
    expect(JSON.parse(fetched['changelog'] ?? '')).toMatchObject({ file_name: `${task.task_id}.csv` })
    expect(csvOf(fetched['changelog'] ?? '')).toContain(`Campaign,${campaign?.id},Budget & Schedule,`)
    expect((await call('POST', '/changelog/task/create/', { ...range, start_time: '2026-10-01 00:00:00' })).code).toBe(
      40002,
    )
    expect((await call('POST', '/changelog/task/create/', { ...range, advertiser_id: '1' })).code).toBe(40001)
    expect((await call('GET', '/changelog/task/check/', { ...task, task_id: '5' })).code).toBe(40002)
    await harness.close()
  })
})
