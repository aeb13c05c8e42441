/**
 * google-ads-api, unmodified but for its addresses, as an independent judge of the sandbox: nobody here wrote it or the protos it comes
 * with, so what it can read and write is not an agreement between our own two halves. It is never shipped.
 */
import { createRequire } from 'node:module'
import { Customer, enums } from 'google-ads-api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FIELDS } from '../../main/platforms/sandbox/google/gaql-plan.ts'
import type { Campaign } from '../../main/platforms/sandbox/google/types.ts'
import type { Entity } from '../../shared/domain/entity.ts'
import { type EntityType, splitEntityId } from '../../shared/domain/ids.ts'
import type { MetricFact } from '../../shared/domain/metric.ts'
import { noteEndpoints } from '../support/endpoints.ts'
import { type GoogleGrpc, grpc, startGoogleGrpc, UserRefreshClient } from './google-grpc.ts'
import { type GoogleHarness, startGoogle } from './google-harness.ts'

type Message = Readonly<Record<string, unknown>>

let google: GoogleHarness
let server: GoogleGrpc
let customer: Customer
let account: string
const signal = () => new AbortController().signal

/** The client with other addresses: REST, token endpoint and gRPC. What it sends and how it reads answers is its own. */
class LocalCustomer extends Customer {
  readonly #auth = new UserRefreshClient({
    clientId: google.credentials.clientId,
    clientSecret: google.credentials.clientSecret,
    refreshToken: google.credentials.refreshToken,
    endpoints: { oauth2TokenUrl: `${google.sandbox.baseUrl}/token` },
  })
  constructor(customerId: string) {
    const { clientId, clientSecret, refreshToken } = google.credentials
    super(
      {
        client_id: clientId,
        client_secret: clientSecret,
        developer_token: '',
        grpc_channel_options: { servicePath: 'localhost', port: server.port },
      },
      {
        customer_id: customerId,
        login_customer_id: google.sandbox.credentials.managerCustomerId,
        refresh_token: refreshToken,
      },
    )
  }
  async getAccessToken(): Promise<string> {
    return (await this.#auth.getAccessToken()).token ?? ''
  }
  getCredentials(): unknown {
    const headers = async (url: string) => Object.fromEntries(await this.#auth.getRequestHeaders(url))
    return grpc.credentials.combineChannelCredentials(
      grpc.credentials.createSsl(server.certificate),
      grpc.credentials.createFromGoogleCredential({ getRequestHeaders: headers }),
    )
  }
  override prepareGoogleAdsServicePostRequestArgs(name: string, token: string, extra: unknown) {
    const args = super.prepareGoogleAdsServicePostRequestArgs(name, token, extra)
    return {
      ...args,
      url: args.url.replace('https://googleads.googleapis.com', google.sandbox.baseUrl),
      timeout: 30_000,
    }
  }
}

const part = (row: Message, name: string) => (row[name] ?? {}) as Message
/** One named value of each row. */
const column = (rows: readonly Message[], resource: string, field: string) =>
  rows.map((row) => part(row, resource)[field])
const word = (kind: string, value: unknown) => enums[kind]?.[Number(value)]

async function ours(type: EntityType): Promise<readonly Entity[]> {
  const all: Entity[] = []
  for await (const page of google.adapter.listEntities(google.account, type, signal())) all.push(...page)
  return all
}
const externalId = (entity: Entity | undefined) =>
  entity === undefined ? '' : splitEntityId(entity.entityId).externalId

/** What the client threw, as the names of its errors. */
async function errorsOf(work: Promise<unknown>): Promise<readonly string[]> {
  const failure = await work.then(
    () => ({ errors: [{ error_code: { none: 'none' } }] }),
    (error: unknown) => error as { errors?: readonly { error_code?: Message }[] },
  )
  return (failure.errors ?? []).flatMap((each) =>
    Object.entries(each.error_code ?? {}).map(([family, value]) => `${family}.${String(value)}`),
  )
}

beforeAll(async () => {
  google = await startGoogle()
  server = await startGoogleGrpc(google.sandbox)
  account = google.sandbox.world.customers.find((each) => google.account.endsWith(each.id))?.id ?? ''
  customer = new LocalCustomer(account)
}, 60_000)

afterAll(async () => {
  // What was judged, and by whom: an endpoint only our own client has used is not proven by anybody else. REST is noted as the sandbox closes.
  noteEndpoints(
    'google_ads',
    server.calls.map((path) => ({ method: 'gRPC', path, userAgent: 'official SDK' })),
  )
  server.close()
  await google.close()
})

describe('the official client’s own tables', () => {
  it('know every field of the sandbox, with the same type and the same constants', () => {
    const fromClient = createRequire(createRequire(import.meta.url).resolve('google-ads-api'))
    const { fieldDataTypes } = fromClient('./protos/autogen/fields.js') as { fieldDataTypes: string }
    const { parse } = fromClient('circ-json') as { parse: (text: string) => Message }
    const types = parse(fieldDataTypes)
    // Spelt otherwise in the client's tables, or text there that reports compare as dates.
    const same = new Map([
      ['BOOL', 'BOOLEAN'],
      ['FLOAT', 'DOUBLE'],
    ])
    const wrong: string[] = []
    for (const field of FIELDS.values()) {
      let found: unknown = types
      for (const name of field.name.split('.')) found = (found as Message | undefined)?.[name]
      const isEnum = typeof found === 'object' && found !== null && 'UNSPECIFIED' in found
      const theirs =
        typeof found === 'string'
          ? (same.get(found) ?? found)
          : found === undefined
            ? 'none'
            : isEnum
              ? 'ENUM'
              : 'MESSAGE'
      const isText =
        theirs === 'STRING' && (field.type === 'RESOURCE_NAME' || field.name === 'change_event.change_date_time')
      if (theirs !== field.type && !isText) wrong.push(`${field.name}: ${field.type}, not ${theirs}`)
      if (isEnum)
        for (const constant of field.constants ?? [])
          if (!Object.hasOwn(found as Message, constant)) wrong.push(`${field.name}: ${constant}`)
    }
    expect(wrong).toEqual([])
    expect(FIELDS.size).toBeGreaterThan(200)
  })
})

describe('google-ads-api against the sandbox', () => {
  it('lists the accounts that the user is on, and walks down from the manager', async () => {
    interface CustomerService {
      listAccessibleCustomers(
        request: Message,
        options: Message,
      ): Promise<readonly { resource_names: readonly string[] }[]>
    }
    const service = customer.loadService('CustomerServiceClient') as CustomerService
    const [answer] = await service.listAccessibleCustomers({}, { otherArgs: { headers: customer.callHeaders } })
    expect(answer?.resource_names).toEqual([...google.sandbox.world.directIds].map((id) => `customers/${id}`))
    const manager = new LocalCustomer(google.sandbox.credentials.managerCustomerId)
    const rows = await manager.query(
      'SELECT customer_client.id, customer_client.manager, customer_client.status, customer_client.currency_code, customer_client.time_zone FROM customer_client',
    )
    expect(rows).toHaveLength(google.sandbox.world.customers.length)
    const clients = rows.filter((row) => part(row, 'customer_client')['manager'] !== true)
    const found = await google.adapter.listAccounts(signal())
    const facts = (id: string, currency: unknown, zone: unknown) => `${id} ${String(currency)} ${String(zone)}`
    expect(
      new Set(found.map((each) => facts(each.accountId.split(':').at(-1) ?? '', each.currency, each.timeZone))),
    ).toEqual(
      new Set(
        clients
          .map((row) => part(row, 'customer_client'))
          .map((each) => facts(String(each['id']), each['currency_code'], each['time_zone'])),
      ),
    )
  })

  it('reads the same campaigns, with the same budgets, strategies and states', async () => {
    const rows = await customer.query(
      'SELECT campaign.id, campaign.name, campaign.status, campaign.primary_status, campaign.bidding_strategy_type, campaign_budget.amount_micros, campaign_budget.period FROM campaign',
    )
    const entities = await ours('campaign')
    expect(column(rows, 'campaign', 'id').map(String).toSorted()).toEqual(entities.map(externalId).toSorted())
    const byId = new Map(entities.map((entity) => [externalId(entity), entity]))
    for (const row of rows) {
      const { id, name, status, primary_status: primary } = part(row, 'campaign')
      const entity = byId.get(String(id))
      expect(entity?.name).toBe(name)
      expect(entity?.rawStatus).toBe(word('CampaignStatus', status))
      expect(entity?.deliveryStatus).toBe(word('CampaignPrimaryStatus', primary))
      const { amount_micros: micros, period } = part(row, 'campaign_budget')
      const isDaily = word('BudgetPeriod', period) === 'DAILY'
      expect([entity?.budgetKind, entity?.dailyBudgetMicros]).toEqual(
        isDaily ? ['daily', BigInt(Number(micros))] : ['lifetime', undefined],
      )
    }
  })

  it('reads the change history, with old and new values as messages', async () => {
    const campaign = google.campaignNamed('')
    const before = Number(campaign.budget.amountMicros)
    google.sandbox.world.setOutside(campaign.id, { budgetMicros: 87_000_000 })
    google.sandbox.world.setOutside(campaign.id, { budgetMicros: before })
    const rows = await customer.query(
      `SELECT change_event.change_date_time, change_event.user_email, change_event.client_type, change_event.change_resource_type, change_event.changed_fields, change_event.old_resource, change_event.new_resource FROM change_event WHERE change_event.change_date_time BETWEEN '2026-11-01' AND '2026-11-24' ORDER BY change_event.change_date_time LIMIT 50`,
    )
    const events = rows.map((row) => part(row, 'change_event'))
    expect(events.map((event) => word('ChangeEventResourceType', event['change_resource_type']))).toEqual([
      'CAMPAIGN_BUDGET',
      'CAMPAIGN_BUDGET',
    ])
    const [budget] = events.filter(
      (event) => Number(part(part(event, 'new_resource'), 'campaign_budget')['amount_micros']) === 87_000_000,
    )
    expect(word('ChangeClientType', budget?.['client_type'])).toBe('GOOGLE_ADS_WEB_CLIENT')
    expect(budget?.['changed_fields']).toEqual({ paths: ['amount_micros'] })
    expect(Number(part(part(budget ?? {}, 'old_resource'), 'campaign_budget')['amount_micros'])).toBe(before)
  })

  it('reads the same ad groups and ads', async () => {
    const groups = await customer.query('SELECT ad_group.id, ad_group.name, ad_group.cpc_bid_micros FROM ad_group')
    const own = await ours('ad_group')
    expect(column(groups, 'ad_group', 'id').map(String).toSorted()).toEqual(own.map(externalId).toSorted())
    const ads = await customer.query(
      'SELECT ad_group.id, ad_group_ad.ad.id, ad_group_ad.policy_summary.approval_status, ad_group_ad.policy_summary.policy_topic_entries, ad_group_ad.ad.responsive_search_ad.headlines FROM ad_group_ad',
    )
    const reviews = new Map((await ours('ad')).map((entity) => [externalId(entity), entity.review]))
    expect(ads).toHaveLength(reviews.size)
    for (const row of ads) {
      const ad = part(row, 'ad_group_ad')
      const id = `${String(part(row, 'ad_group')['id'])}~${String(part(ad, 'ad')['id'])}`
      const approval = word('PolicyApprovalStatus', part(ad, 'policy_summary')['approval_status'])
      expect(reviews.get(id) === 'disapproved').toBe(approval === 'DISAPPROVED')
    }
    const headlines = part(part(part(ads[0] ?? {}, 'ad_group_ad'), 'ad'), 'responsive_search_ad')['headlines']
    expect(headlines).toEqual(expect.arrayContaining([{ text: expect.any(String) }]))
  })

  it('reads the same daily metrics', async () => {
    const range = { startDate: '2026-11-10', endDate: '2026-11-22' }
    const rows = await customer.query(
      `SELECT campaign.id, segments.date, metrics.cost_micros, metrics.impressions, metrics.clicks, metrics.conversions, metrics.conversions_value, metrics.view_through_conversions FROM campaign WHERE segments.date BETWEEN '${range.startDate}' AND '${range.endDate}'`,
    )
    const facts: MetricFact[] = []
    for await (const page of google.adapter.dailyMetrics(
      { accountId: google.account, level: 'campaign', ...range },
      signal(),
    ))
      facts.push(...page)
    expect(rows.length).toBeGreaterThan(100)
    const spend = new Map(facts.map((fact) => [`${splitEntityId(fact.entityId).externalId} ${fact.date}`, fact]))
    expect(spend.size).toBe(rows.length)
    for (const row of rows) {
      const metrics = part(row, 'metrics')
      const fact = spend.get(`${String(part(row, 'campaign')['id'])} ${String(part(row, 'segments')['date'])}`)
      expect([fact?.spendMicros, fact?.impressions, fact?.clicks]).toEqual([
        BigInt(Number(metrics['cost_micros'])),
        metrics['impressions'],
        metrics['clicks'],
      ])
      expect(fact?.reportedConversionMicros).toBe(BigInt(Math.round(Number(metrics['conversions']) * 1e6)))
    }
  })

  it('reads page by page over gRPC as well', async () => {
    interface SearchService {
      search(
        request: Message,
        options: Message,
      ): Promise<readonly [rows: readonly Message[], next: unknown, page: Message]>
    }
    google.sandbox.world.setPageRows(5)
    const service = customer.loadService('GoogleAdsServiceClient') as SearchService
    const seen: unknown[] = []
    let token: unknown = ''
    do {
      const request = {
        customer_id: account,
        query: 'SELECT campaign.id, campaign.status FROM campaign',
        page_token: token,
      }
      const [rows, , page] = await service.search(request, {
        autoPaginate: false,
        otherArgs: { headers: customer.callHeaders },
      })
      seen.push(...column(rows, 'campaign', 'status'))
      token = page['next_page_token']
    } while (typeof token === 'string' && token !== '' && seen.length < 100)
    google.sandbox.world.setPageRows(10_000)
    expect(seen).toHaveLength(google.sandbox.world.customer(account)?.campaigns.length ?? 0)
    expect(new Set(seen)).toEqual(new Set(['ENABLED', 'PAUSED', 'REMOVED']))
  })

  it('gets the reason of a refused query', async () => {
    expect(await errorsOf(customer.query('SELECT campaign.nonsense FROM campaign'))).toEqual([
      `query_error.${enums['QueryError']?.['UNRECOGNIZED_FIELD'] ?? 32}`,
    ])
  })
})

describe('google-ads-api writes', () => {
  const named = (name: string): Campaign => google.campaignNamed(name)
  const manual = () => named('Marke')

  it('a budget, a bid, a strategy and a status, and our adapter reads them', async () => {
    const [campaign, target] = [named('Ziel-CPA'), manual()]
    const [group] = target.adGroups
    await customer.campaignBudgets.update([{ resource_name: campaign.budget.resourceName, amount_micros: 173_000_000 }])
    await customer.adGroups.update([{ resource_name: group?.resourceName, cpc_bid_micros: 1_330_000 }])
    await customer.campaigns.update([
      { resource_name: campaign.resourceName, maximize_conversions: { target_cpa_micros: 11_000_000 } },
    ])
    await customer.adGroupAds.update([
      { resource_name: group?.ads[0]?.resourceName, status: enums['AdGroupAdStatus']?.['PAUSED'] },
    ])
    const live = (type: EntityType, id: string | undefined, field: Parameters<typeof google.adapter.readLive>[1]) =>
      google.adapter.readLive(google.idOf(type, id), field, signal()).then((each) => each.value)
    expect(await live('campaign', campaign.id, 'daily_budget')).toBe('173.00')
    expect(await live('campaign', campaign.id, 'target_cpa')).toBe('11.00')
    expect(await live('ad_group', group?.id, 'cpc_bid')).toBe('1.33')
    expect(await live('ad', `${group?.id}~${group?.ads[0]?.id}`, 'status')).toBe('paused')
    const answer = await customer.mutateResources([
      {
        entity: 'campaign',
        operation: 'update',
        resource: { resource_name: campaign.resourceName, status: enums['CampaignStatus']?.['PAUSED'] },
      },
    ])
    expect(answer.mutate_operation_responses).toHaveLength(1)
    expect(await live('campaign', campaign.id, 'status')).toBe('paused')
  })

  it('nothing in a dry run, which still refuses what is wrong', async () => {
    const { budget } = manual()
    const before = budget.amountMicros
    await customer.campaignBudgets.update([{ resource_name: budget.resourceName, amount_micros: 51_000_000 }], {
      validate_only: true,
    })
    const wrong = customer.campaignBudgets.update([{ resource_name: budget.resourceName, amount_micros: 51_000_001 }], {
      validate_only: true,
    })
    expect(await errorsOf(wrong)).toEqual([
      `campaign_budget_error.${enums['CampaignBudgetError']?.['NON_MULTIPLE_OF_MINIMUM_CURRENCY_UNIT'] ?? 16}`,
    ])
    expect(budget.amountMicros).toBe(before)
  })

  it('part of a request, and decodes which part failed', async () => {
    const { budget } = manual()
    const answer = await customer.campaignBudgets.update(
      [
        { resource_name: budget.resourceName, amount_micros: 1 },
        { resource_name: budget.resourceName, amount_micros: 52_000_000 },
      ],
      { partial_failure: true },
    )
    expect(budget.amountMicros).toBe(52_000_000)
    expect(answer.results?.map((each) => each.resource_name ?? '')).toEqual(['', budget.resourceName])
    const [error] = answer.partial_failure_error?.errors ?? []
    const { field_path_elements: path } = part(error ?? {}, 'location') as { field_path_elements?: readonly Message[] }
    expect(Number(path?.[0]?.['index'])).toBe(0)
  })

  it('is refused with the details of a budget below the minimum', async () => {
    const { budget } = manual()
    const failure = await customer.campaignBudgets
      .update([{ resource_name: budget.resourceName, amount_micros: 10_000 }])
      .then(
        () => undefined,
        (error: unknown) => error as { request_id?: string; errors?: readonly Message[] },
      )
    expect(failure?.request_id).toMatch(/^REQ-/)
    const details = part(part(failure?.errors?.[0] ?? {}, 'details'), 'budget_per_day_minimum_error_details')
    expect([details['currency_code'], Number(details['minimum_budget_amount_micros'])]).toEqual(['EUR', 1_000_000])
  })

  it('the same change twice when an answer gets lost: the reason why this client is not shipped', async () => {
    const { budget } = manual()
    const before = server.calls.filter((name) => name === 'MutateCampaignBudgets').length
    const changesBefore = google.sandbox.world.changes.length
    server.loseAnswers(1)
    await customer.campaignBudgets.update([{ resource_name: budget.resourceName, amount_micros: 53_000_000 }])
    expect(server.calls.filter((name) => name === 'MutateCampaignBudgets').length - before).toBe(2)
    expect(google.sandbox.world.changes.length - changesBefore).toBe(2)
  })
})
