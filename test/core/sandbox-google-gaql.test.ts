/** The query language of the Google sandbox: what it finds, how it spells it, and what it refuses with which of Google's errors. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DAY_MS, flat, type GoogleWire, item, items, startWire } from '../support/google-wire.ts'

let wire: GoogleWire
beforeAll(async () => {
  wire = await startWire()
})
afterAll(() => wire.close())

const names = async (where: string) =>
  (await wire.rows(`SELECT campaign.name FROM campaign WHERE ${where}`)).map((row) => row['campaign.name'])

describe('a query', () => {
  it('answers in chunks with proto3’s JSON spelling', async () => {
    const answer = await wire.stream(
      "SELECT campaign.id, campaign.status, campaign_budget.amount_micros, metrics.cost_micros, metrics.conversions FROM campaign WHERE segments.date = '2026-11-20' AND campaign.name LIKE 'Search | Marke%'",
    )
    expect(answer.requestId).toMatch(/^[\w-]{22}$/)
    const [chunk] = answer.chunks
    expect(chunk?.['fieldMask']).toBe(
      'campaign.id,campaign.status,campaignBudget.amountMicros,metrics.costMicros,metrics.conversions',
    )
    expect(chunk?.['requestId']).toBe(answer.requestId)
    const [row] = items(chunk?.['results'])
    const { id, resourceName } = item(row?.['campaign'])
    expect(id).toMatch(/^\d+$/)
    expect(resourceName).toBe(`${wire.euro.resourceName}/campaigns/${String(id)}`)
    expect(item(row?.['metrics'])['costMicros']).toMatch(/^\d+$/)
    expect(item(row?.['metrics'])['conversions']).toBeTypeOf('number')
    expect(item(row?.['campaignBudget'])['resourceName']).toBeTypeOf('string')
  })

  it('without a row still brings its field mask', async () => {
    const { chunks } = await wire.stream('SELECT campaign.id FROM campaign WHERE campaign.id = 1')
    expect(chunks).toEqual([{ fieldMask: 'campaign.id', requestId: expect.any(String) }])
  })

  it('understands every operator', async () => {
    const all = await names('campaign.id > 0')
    expect(all.length).toBe(17)
    expect(await names("campaign.status = 'REMOVED'")).toEqual(['Search | Test 2025'])
    expect(await names('campaign.status IN (REMOVED, PAUSED)')).toHaveLength(2)
    expect(await names("campaign.status NOT IN ('ENABLED')")).toHaveLength(2)
    expect(await names("campaign.name LIKE '%youtube%'")).toEqual(['YouTube | Hüttenmorgen-Film'])
    expect(await names("campaign.name NOT LIKE 'Search%'")).toHaveLength(6)
    expect(await names("campaign.name REGEXP_MATCH '.*(Portfolio|Marke).*'")).toHaveLength(2)
    expect(await names('campaign.maximize_conversions.target_cpa_micros BETWEEN 15000000 AND 18000000')).toHaveLength(2)
    expect(await names('campaign.target_spend.cpc_bid_ceiling_micros IS NOT NULL')).toEqual([
      'Search | Ratgeber | Klicks',
    ])
    expect(await names("campaign.end_date_time IS NULL AND campaign.status = 'ENABLED'")).toHaveLength(13)
    expect(
      await names("campaign.primary_status_reasons CONTAINS ANY ('BUDGET_CONSTRAINED', 'CAMPAIGN_ENDED')"),
    ).toHaveLength(2)
    expect(await names("campaign.primary_status_reasons CONTAINS NONE ('BUDGET_CONSTRAINED')")).toHaveLength(16)
    expect(await names('campaign_budget.explicitly_shared = TRUE')).toHaveLength(3)
    const sorted = await wire.rows(
      'SELECT campaign.id, campaign_budget.amount_micros FROM campaign ORDER BY campaign_budget.amount_micros DESC LIMIT 3',
    )
    const amounts = sorted.map((row) => Number(row['campaignBudget.amountMicros']))
    expect(amounts).toEqual(amounts.toSorted((left, right) => right - left))
    expect(amounts).toHaveLength(3)
  })

  it('returns removed entities unless filtered, and zeros only without segments', async () => {
    const old = "campaign.name = 'Search | Test 2025'"
    const recent = "segments.date BETWEEN '2026-11-01' AND '2026-11-22'"
    const [unsegmented] = await wire.rows(
      `SELECT campaign.id, metrics.impressions, metrics.conversions FROM campaign WHERE ${old} AND ${recent}`,
    )
    expect([unsegmented?.['metrics.impressions'], unsegmented?.['metrics.conversions']]).toEqual(['0', 0])
    expect(
      await wire.rows(
        `SELECT campaign.id, segments.date, metrics.impressions FROM campaign WHERE ${old} AND ${recent}`,
      ),
    ).toEqual([])
    // Days with impressions but without conversions are no rows either when only conversions were asked for.
    const days = await wire.rows(`SELECT campaign.id, segments.date, metrics.conversions FROM campaign WHERE ${recent}`)
    expect(days.every((row) => row['metrics.conversions'] !== 0)).toBe(true)
  })

  it('counts days in the account’s own zone, and leaves today out of LAST_7_DAYS', async () => {
    // 00:30 on the 24th in Tokyo, 16:30 on the 23rd in Berlin.
    const late = await startWire({ nowMs: Date.UTC(2026, 10, 23, 15, 30) })
    const days = async (customer = late.euro, word = 'LAST_7_DAYS') => [
      ...new Set(
        (
          await late.rows(
            `SELECT customer.id, segments.date, metrics.impressions FROM customer WHERE segments.date DURING ${word}`,
            customer,
          )
        ).map((row) => row['segments.date']),
      ),
    ]
    expect((await days()).at(-1)).toBe('2026-11-22')
    expect((await days(late.yen)).at(-1)).toBe('2026-11-23')
    expect((await days()).length).toBe(7)
    expect(await days(late.euro, 'THIS_WEEK_MON_TODAY')).toEqual(['2026-11-23'])
    expect((await days(late.euro, 'LAST_WEEK_MON_SUN'))[0]).toBe('2026-11-16')
    expect(await days(late.euro, 'LAST_BUSINESS_WEEK')).toHaveLength(5)
    await late.close()
  })

  it('shows nothing of the future and only part of today', async () => {
    const read = async (day: string) => {
      const [row] = await wire.rows(
        `SELECT customer.id, metrics.cost_micros FROM customer WHERE segments.date = '${day}'`,
      )
      return Number(row?.['metrics.costMicros'])
    }
    expect(await read('2026-11-24')).toBe(0)
    expect(await read('2026-11-23')).toBeLessThan(await read('2026-11-16'))
  })

  it('serves pictures of image assets to anybody who has their address', async () => {
    const rows = await wire.rows(
      "SELECT asset.id, asset.image_asset.full_size.url FROM asset WHERE asset.type = 'IMAGE'",
    )
    const response = await fetch(String(rows[0]?.['asset.imageAsset.fullSize.url']))
    expect(response.headers.get('content-type')).toBe('image/png')
    expect(
      Buffer.from(await response.arrayBuffer())
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG')
  })
})

describe('pages', () => {
  it('have Google’s size, and can be made small for tests', async () => {
    const path = `/v25/customers/${wire.euro.id}/googleAds:search`
    const query = 'SELECT ad_group_ad.ad.id FROM ad_group_ad'
    wire.sandbox.world.setPageRows(20)
    const seen: string[] = []
    let pageToken: string | undefined
    let pages = 0
    do {
      const { body } = await wire.call(path, {
        query,
        ...(pageToken === undefined ? {} : { pageToken }),
        searchSettings: { returnTotalResultsCount: true },
      })
      seen.push(...items(body['results']).map((row) => String(flat(row)['adGroupAd.ad.id'])))
      expect(body['totalResultsCount']).toBe('46')
      pageToken = body['nextPageToken'] as string | undefined
      pages += 1
    } while (pageToken !== undefined)
    expect([pages, new Set(seen).size]).toEqual([3, 46])
    const first = await wire.call(path, { query })
    const token = first.body['nextPageToken']
    expect((await wire.call(path, { query: 'SELECT campaign.id FROM campaign', pageToken: token })).error).toBe(
      'requestError.INVALID_PAGE_TOKEN',
    )
    expect((await wire.call(path, { query, pageToken: 'made-up' })).error).toBe('requestError.INVALID_PAGE_TOKEN')
    expect((await wire.call(path, { query, pageSize: 50 })).error).toBe('requestError.PAGE_SIZE_NOT_SUPPORTED')
    wire.advance(2 * 3_600_000)
    expect((await wire.call(path, { query, pageToken: token })).error).toBe('requestError.EXPIRED_PAGE_TOKEN')
    expect((await wire.stream(query)).chunks).toHaveLength(3)
    wire.sandbox.world.setPageRows(10_000)
  })
})

describe('what Google refuses, is refused with its own error', () => {
  const cases: readonly (readonly [query: string, code: string])[] = [
    ['FROM campaign', 'EXPECTED_SELECT'],
    ['SELECT campaign.id', 'EXPECTED_FROM'],
    ['SELECT campaign.nonsense FROM campaign', 'UNRECOGNIZED_FIELD'],
    ['SELECT metrics.video_views FROM campaign', 'UNRECOGNIZED_FIELD'],
    ['SELECT campaign.start_date FROM campaign', 'UNRECOGNIZED_FIELD'],
    ['SELECT campaign.id FROM campaigns', 'BAD_RESOURCE_TYPE_IN_FROM_CLAUSE'],
    ['SELECT ad_group.id FROM campaign', 'PROHIBITED_RESOURCE_TYPE_IN_SELECT_CLAUSE'],
    ['SELECT campaign_budget.id FROM ad_group', 'PROHIBITED_RESOURCE_TYPE_IN_SELECT_CLAUSE'],
    ["SELECT campaign.id FROM campaign WHERE ad_group.status = 'ENABLED'", 'PROHIBITED_RESOURCE_TYPE_IN_WHERE_CLAUSE'],
    ["SELECT campaign.id FROM campaign WHERE campaign.status = 'ACTIVE'", 'BAD_ENUM_CONSTANT'],
    ["SELECT campaign.id FROM campaign WHERE campaign.status > 'ENABLED'", 'OPERATOR_FIELD_MISMATCH'],
    ['SELECT campaign.id FROM campaign WHERE campaign.name = Brand', 'BAD_VALUE'],
    ["SELECT campaign.id FROM campaign WHERE campaign.name = 'Brand", 'STRING_NOT_TERMINATED'],
    ["SELECT campaign.id FROM campaign WHERE campaign.id = 'x'", 'BAD_NUMBER'],
    ['SELECT campaign.id FROM campaign WHERE campaign.id IN ()', 'PROHIBITED_EMPTY_LIST_IN_CONDITION'],
    ['SELECT campaign.id FROM campaign WHERE campaign.id = 1 OR campaign.id = 2', 'UNEXPECTED_INPUT'],
    ['SELECT campaign.id FROM campaign LIMIT 0', 'LIMIT_VALUE_TOO_LOW'],
    ['SELECT campaign.id FROM campaign LIMIT many', 'BAD_LIMIT_VALUE'],
    ['SELECT campaign.id FROM campaign PARAMETERS speed = fast', 'BAD_PARAMETER_NAME'],
    ['SELECT campaign.id, segments.date, metrics.clicks FROM campaign', 'EXPECTED_FILTERS_ON_DATE_RANGE'],
    [
      "SELECT campaign.id, segments.date, metrics.clicks FROM campaign WHERE segments.date >= '2026-11-01'",
      'EXPECTED_FILTERS_ON_DATE_RANGE',
    ],
    ["SELECT campaign.id, metrics.clicks FROM campaign WHERE segments.date = '2026-02-30'", 'INVALID_DATE_FORMAT'],
    [
      'SELECT campaign.id, metrics.clicks FROM campaign WHERE segments.date DURING LAST_CENTURY',
      'INVALID_VALUE_WITH_DURING_OPERATOR',
    ],
    [
      "SELECT campaign.id, metrics.conversions FROM campaign WHERE segments.conversion_lag_bucket = 'LESS_THAN_ONE_DAY'",
      'EXPECTED_REFERENCED_FIELD_IN_SELECT_CLAUSE',
    ],
    [
      "SELECT campaign.id, segments.conversion_lag_bucket, metrics.cost_micros FROM campaign WHERE segments.date = '2026-11-20'",
      'PROHIBITED_SEGMENT_WITH_METRIC_IN_SELECT_OR_WHERE_CLAUSE',
    ],
    ['SELECT asset.id, metrics.clicks FROM asset', 'PROHIBITED_METRIC_IN_SELECT_OR_WHERE_CLAUSE'],
    [
      "SELECT conversion_action.id, segments.date FROM conversion_action WHERE segments.date = '2026-11-20'",
      'PROHIBITED_SEGMENT_IN_SELECT_OR_WHERE_CLAUSE',
    ],
  ] // prettier-ignore
  it.each(cases)('%s', async (query, code) => {
    expect(await wire.refusal(query)).toBe(`queryError.${code}`)
  })

  it('metrics of a manager', async () => {
    expect(await wire.refusal('SELECT customer.id, metrics.clicks FROM customer', wire.sandbox.world.manager)).toBe(
      'queryError.REQUESTED_METRICS_FOR_MANAGER',
    )
  })

  it('an account that is not reached that way, or not at all', async () => {
    const path = (id: string) => `/v25/customers/${id}/googleAds:searchStream`
    const query = { query: 'SELECT customer.id FROM customer' }
    const code = async (id: string, login: string) =>
      (await wire.call(path(id), query, { 'login-customer-id': login })).error
    const { manager, customers } = wire.sandbox.world
    expect(await code(wire.yen.id, manager.id)).toBeUndefined()
    expect(await code(wire.dinar.id, wire.dinar.id)).toBeUndefined()
    expect(await code(wire.euro.id, wire.euro.id)).toBe('authorizationError.USER_PERMISSION_DENIED')
    expect(await code(wire.euro.id, wire.dinar.id)).toBe('authorizationError.USER_PERMISSION_DENIED')
    expect(await code('1234567890', manager.id)).toBe('authorizationError.USER_PERMISSION_DENIED')
    expect(await code('123-456', manager.id)).toBe('requestError.INVALID_CUSTOMER_ID')
    expect(await code(wire.euro.id, '123-456-7890')).toBe('headerError.INVALID_LOGIN_CUSTOMER_ID')
    for (const each of customers.filter((one) => one.status !== 'ENABLED'))
      expect(await code(each.id, manager.id)).toBe('authorizationError.CUSTOMER_NOT_ENABLED')
    expect((await wire.call(`/v20/customers/${wire.euro.id}/googleAds:search`, query)).error).toBe(
      'requestError.UNSUPPORTED_VERSION',
    )
    expect((await wire.call('/v25/customers/1/nothing:here', {})).status).toBe(404)
  })
})

describe('the change history', () => {
  it('tells who changed what, also outside the app, for thirty days', async () => {
    const own = await startWire()
    const [campaign] = own.euro.campaigns
    if (campaign === undefined) throw new Error('no campaign')
    own.sandbox.world.setOutside(campaign.id, { budgetMicros: 42_000_000 })
    await own.mutate('campaigns', {
      operations: [{ updateMask: 'status', update: { resourceName: campaign.resourceName, status: 'PAUSED' } }],
    })
    const fields =
      'change_event.change_date_time, change_event.user_email, change_event.client_type, change_event.change_resource_type, change_event.changed_fields, change_event.old_resource, change_event.new_resource, campaign.name'
    const read = (where: string, limit = ' LIMIT 100') => `SELECT ${fields} FROM change_event WHERE ${where}${limit}`
    const rows = await own.rows(read("change_event.change_date_time BETWEEN '2026-11-01' AND '2026-11-24'"))
    expect(
      rows.map((row) => [
        row['changeEvent.clientType'],
        row['changeEvent.changeResourceType'],
        row['changeEvent.changedFields'],
      ]),
    ).toEqual([
      ['GOOGLE_ADS_API', 'CAMPAIGN', 'status'],
      ['GOOGLE_ADS_WEB_CLIENT', 'CAMPAIGN_BUDGET', 'amountMicros'],
    ])
    expect(rows[1]?.['changeEvent.newResource.campaignBudget.amountMicros']).toBe('42000000')
    expect(rows[0]?.['changeEvent.oldResource.campaign.status']).toBe('ENABLED')
    expect(rows[0]?.['changeEvent.changeDateTime']).toBe('2026-11-23 15:30:00.000000')
    expect(await own.refusal(read("change_event.change_date_time >= '2026-11-01'"))).toBe(
      'changeEventError.CHANGE_DATE_RANGE_INFINITE',
    )
    expect(await own.refusal(read("change_event.change_date_time BETWEEN '2026-11-01' AND '2026-11-24'", ''))).toBe(
      'changeEventError.LIMIT_NOT_SPECIFIED',
    )
    expect(await own.refusal(read("change_event.change_date_time BETWEEN '2026-09-01' AND '2026-11-24'"))).toBe(
      'changeEventError.START_DATE_TOO_OLD',
    )
    await own.close()
  })
})

describe('the directory of fields', () => {
  it('tells with what a field can be selected', async () => {
    const ask = async (name: string) => {
      const { body } = await wire.call('/v25/googleAdsFields:search', {
        query: `SELECT name, selectable_with, data_type WHERE name = '${name}'`,
      })
      const [found] = items(body['results'])
      return found?.['selectableWith']
    }
    expect(await ask('segments.conversion_lag_bucket')).toEqual(
      expect.arrayContaining(['campaign', 'ad_group_ad', 'metrics.conversions']),
    )
    expect(await ask('segments.conversion_lag_bucket')).not.toContain('metrics.cost_micros')
    expect(await ask('metrics.unique_users')).toContain('campaign')
    expect(await ask('metrics.unique_users')).not.toContain('ad_group')
    expect(await ask('metrics.made_up')).toBeUndefined()
  })
})

describe('conversion actions', () => {
  it('show whether they are alive', async () => {
    const rows = await wire.rows(
      'SELECT conversion_action.name, conversion_action.status, conversion_action.primary_for_goal, metrics.conversion_last_conversion_date FROM conversion_action',
    )
    const dates = rows.map((row) => row['metrics.conversionLastConversionDate'])
    expect(dates[0]).toBe('2026-11-23')
    expect(dates).toContain(undefined)
    expect(dates).toContain(new Date(Date.UTC(2026, 10, 23) - 41 * DAY_MS).toISOString().slice(0, 10))
    expect(new Set(rows.map((row) => row['conversionAction.status']))).toEqual(new Set(['ENABLED', 'REMOVED']))
    expect(rows.some((row) => row['conversionAction.primaryForGoal'] === false)).toBe(true)
  })
})
