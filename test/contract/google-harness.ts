/** Google's half of the contract suite: its sandbox, its adapter and a clock that tests can move. Holds no assertions. */
import type { PlatformAdapter } from '../../main/platforms/adapter.ts'
import { createGoogleAdsAdapter, type GoogleAdsAdapterOptions } from '../../main/platforms/google-ads/adapter.ts'
import type { GoogleCredentials } from '../../main/platforms/google-ads/token.ts'
import type { FaultKind } from '../../main/platforms/sandbox/index.ts'
import { type SandboxGoogle, startGoogleSandbox } from '../../main/platforms/sandbox/google/index.ts'
import type { Ad, AdGroup, Campaign, Strategy } from '../../main/platforms/sandbox/google/types.ts'
import { parseRatio, parseStrategy } from '../../shared/domain/bid.ts'
import type { Field } from '../../shared/domain/entity.ts'
import {
  type AccountId,
  accountId,
  type EntityId,
  type EntityType,
  entityId,
  splitEntityId,
} from '../../shared/domain/ids.ts'
import { formatDecimal, parseDecimal } from '../../shared/domain/money.ts'
import { noteEndpoints } from '../support/endpoints.ts'
import type { ContractFault, PlatformHarness } from './platform-contract.ts'
import { type MovableClock, movableClock } from './tiktok-harness.ts'

const KINDS: Readonly<Record<ContractFault, FaultKind>> = {
  throttle: 'throttle',
  server_error: 'http_500',
  error_page: 'http_502_html',
  cut_connection: 'half_page',
  malformed_answer: 'truncated_json',
  token_expired: 'expired_token',
  redirect: 'redirect',
  timeout_before_effect: 'timeout_before_effect',
  timeout_after_effect: 'timeout_after_effect',
  reset_after_effect: 'reset_after_effect',
  partial_failure: 'partial',
  success_without_effect: 'success_without_effect',
}
const PURPOSES = {
  listing: '#listing',
  readback: '#listing',
  report: '#report',
  write: '#write',
  history: '#history',
} as const

export interface GoogleHarness extends PlatformHarness {
  readonly sandbox: SandboxGoogle
  readonly clock: MovableClock
  readonly account: AccountId
  readonly credentials: Extract<GoogleCredentials, { kind: 'oauth' }>
  adapterWith(options: Partial<GoogleAdsAdapterOptions>): PlatformAdapter
  /** A campaign of the first account by its name. */
  campaignNamed(part: string): Campaign
  idOf(type: EntityType, externalId: string | undefined): EntityId
}

const MEMBERS: Readonly<Record<string, readonly [member: string, target: string | undefined]>> = {
  manual_cpc: ['manual_cpc', undefined],
  maximize_clicks: ['target_spend', 'cpc_bid_ceiling_micros'],
  maximize_conversions: ['maximize_conversions', 'target_cpa_micros'],
  maximize_conversion_value: ['maximize_conversion_value', 'target_roas'],
  target_cpa: ['target_cpa', 'target_cpa_micros'],
  target_roas: ['target_roas', 'target_roas'],
}

/** A strategy in wire form as the sandbox keeps it. */
function strategyOf(text: string, currency: string): Strategy {
  const { strategy, targetMicros } = parseStrategy(text, currency)
  const [member, target] = MEMBERS[strategy] ?? ['manual_cpc', undefined]
  if (targetMicros === undefined || target === undefined) return { member, values: {} }
  return { member, values: { [target]: target === 'target_roas' ? Number(targetMicros) / 1e6 : Number(targetMicros) } }
}

/** The campaign's strategy with another target. */
function retargeted(campaign: Campaign, field: Field, text: string, currency: string): Strategy {
  const { member, values } = campaign.strategy
  const name = { target_cpa: 'target_cpa_micros', target_roas: 'target_roas', bid_cap: 'cpc_bid_ceiling_micros' }[
    field as 'target_cpa' | 'target_roas' | 'bid_cap'
  ]
  const value = field === 'target_roas' ? Number(parseRatio(text)) / 1e6 : Number(parseDecimal(text, currency))
  return { member, values: { ...values, [name]: value } }
}

/**
 * `forContract`: every account is open, because the suite reads all of them (what becomes of closed ones is told in google-adapter.test.ts),
 * and what is asked for only once per process has been asked for, because the suite counts requests and waits.
 */
export async function startGoogle({
  seed = 7,
  forContract = true,
  clock = movableClock(),
}: {
  seed?: number
  forContract?: boolean
  clock?: MovableClock
} = {}): Promise<GoogleHarness> {
  const sandbox = await startGoogleSandbox({ seed, clock })
  const { baseUrl, world } = sandbox
  const { clientId, clientSecret, refreshToken } = sandbox.credentials
  const credentials = { kind: 'oauth' as const, clientId, clientSecret, refreshToken }
  const waits: number[] = []
  const adapterWith = (options: Partial<GoogleAdsAdapterOptions>): PlatformAdapter =>
    createGoogleAdsAdapter({
      addresses: { api: baseUrl, oauth: baseUrl },
      credentials: () => Promise.resolve(credentials),
      clock,
      random: () => 0.5,
      // Waits are recorded, not waited: the contract is about how often and how long, not about our patience.
      sleep: (ms) => {
        waits.push(ms)
        return Promise.resolve()
      },
      timeouts: { readMs: 2000, connectMs: 1000, writeMs: 400 },
      ...options,
    })
  const clients = world.customers
    .filter((each) => !each.isManager)
    .toSorted((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1))
  if (forContract) for (const each of clients) each.status = 'ENABLED'
  const [first] = clients
  if (first === undefined) throw new Error('the sandbox has no account')
  const account = accountId('google_ads', first.id)
  const money = (micros: number) => formatDecimal(BigInt(micros), first.currency)
  const idOf = (type: EntityType, id: string | undefined): EntityId => {
    if (id === undefined) throw new Error(`the sandbox has no such ${type}`)
    return entityId(account, type, id)
  }
  const running = first.campaigns.filter((each) => each.status === 'ENABLED')
  const campaignNamed = (part: string): Campaign => {
    const found = first.campaigns.find((each) => each.name.includes(part))
    if (found === undefined) throw new Error(`the sandbox has no campaign "${part}"`)
    return found
  }
  const by = (member: string, target?: string): Campaign => {
    const found = running.find(
      (each) => each.strategy.member === member && (target === undefined || each.strategy.values[target] !== undefined),
    )
    if (found === undefined) throw new Error(`no campaign bids by ${member}`)
    return found
  }
  const manual = by('manual_cpc')
  const manualGroup = manual.adGroups.find((each) => each.status === 'ENABLED' && each.cpcBidMicros !== undefined)
  const cpa = by('maximize_conversions', 'target_cpa_micros')
  const cpaGroup = cpa.adGroups.find((each: AdGroup) => each.targetCpaMicros !== undefined)
  const roas = by('maximize_conversion_value', 'target_roas')
  const clicks = by('target_spend', 'cpc_bid_ceiling_micros')
  const sharedCampaigns = running.filter((each) => each.budget.isShared)
  const ads = running.flatMap((each) => each.adGroups).flatMap((group) => group.ads)
  const adOf = (ad: Ad | undefined) => idOf('ad', ad === undefined ? undefined : `${ad.adGroup.id}~${ad.id}`)
  const pmax = running.find((each) => each.channel === 'PERFORMANCE_MAX')
  const adapter = adapterWith({})
  const harness: GoogleHarness = {
    platform: 'google_ads',
    sandbox,
    clock,
    account,
    credentials,
    campaignNamed,
    idOf,
    secrets: [clientSecret, refreshToken],
    accounts: clients.map((each) => ({
      accountId: accountId('google_ads', each.id),
      currency: each.currency,
      timeZone: each.timeZone,
      // The user is on the top manager only, and that is the one which sees them all.
      managerId: world.manager.id,
    })),
    today: world.now(first).date,
    adapter,
    waits,
    examples: {
      budgetCampaign: idOf('campaign', manual.id),
      budgetAdGroup: undefined,
      inheritedAdGroup: idOf('ad_group', manualGroup?.id),
      lifetimeAdGroup: undefined,
      automatedCampaign: undefined,
      sharedBudget: {
        campaign: idOf('campaign', sharedCampaigns[0]?.id),
        others: sharedCampaigns.slice(1).map((each) => idOf('campaign', each.id)),
      },
      ad: adOf(
        ads.find(
          (each) =>
            each.status === 'ENABLED' && each.policy.approval === 'APPROVED' && each.policy.review === 'REVIEWED',
        ),
      ),
      disapprovedAd: adOf(ads.find((each) => each.policy.approval === 'DISAPPROVED')),
      creative: idOf('creative', first.assets.find((each) => each.type === 'IMAGE')?.id),
      bids: [
        { entityId: idOf('ad_group', manualGroup?.id), field: 'cpc_bid', newValue: money(1_230_000) },
        { entityId: idOf('campaign', cpa.id), field: 'target_cpa', newValue: money(21_000_000) },
        { entityId: idOf('ad_group', cpaGroup?.id), field: 'target_cpa', newValue: money(19_500_000) },
        { entityId: idOf('campaign', roas.id), field: 'target_roas', newValue: '4.25' },
        { entityId: idOf('campaign', clicks.id), field: 'bid_cap', newValue: money(1_500_000) },
      ],
      strategies: [
        { entityId: idOf('campaign', manual.id), newValue: 'maximize_clicks' },
        { entityId: idOf('campaign', cpa.id), newValue: 'manual_cpc' },
        { entityId: idOf('campaign', roas.id), newValue: `maximize_conversions:${money(17_000_000)}` },
        { entityId: idOf('campaign', clicks.id), newValue: 'maximize_conversion_value:3.20' },
      ],
      refusedStrategy: { entityId: idOf('campaign', pmax?.id), newValue: 'manual_cpc' },
    },
    hasDryRun: true,
    dryRunRefusal: { entityId: idOf('campaign', manual.id), field: 'daily_budget', newValue: money(500_000) },
    adapterWith,
    smallPages: () => {
      // Google's pages have a fixed size for clients; only the platform itself can make them small.
      world.setPageRows(3)
      return adapterWith({ pageSize: 3 })
    },
    breakNext: (purpose, fault, options = {}) => {
      if (options.times === 0) {
        sandbox.faults.clear()
        return
      }
      sandbox.faults.add({
        kind: KINDS[fault],
        path: PURPOSES[purpose],
        times: options.times ?? 1,
        ...(options.location === undefined ? {} : { location: options.location }),
      })
    },
    readsReceived: () =>
      sandbox.requests.entries.filter((each) => !each.isWrite && each.isDryRun !== true && each.path !== '/token')
        .length,
    writesReceived: (id) => sandbox.requests.writesTo(splitEntityId(id).externalId),
    dryRunsReceived: (id) => sandbox.requests.dryRunsTo(splitEntityId(id).externalId),
    pictureRequests: () =>
      sandbox.requests.entries
        .filter((each) => each.path === '/thumbnail')
        .map((each) => ({ hasToken: each.hasToken === true })),
    nowMs: () => clock.nowMs(),
    delayHistory: (ms) => sandbox.world.setHistoryLag(ms),
    changeOutside: (id, field, value) => {
      const { externalId, type } = splitEntityId(id)
      const { currency } = first
      if (field === 'status') world.setOutside(externalId, { status: value === 'enabled' ? 'ENABLED' : 'PAUSED' })
      else if (field === 'daily_budget') world.setOutside(externalId, { budgetMicros: parseDecimal(value, currency) })
      else if (field === 'bid_strategy') world.setOutside(externalId, { strategy: strategyOf(value, currency) })
      else if (field === 'cpc_bid') world.setOutside(externalId, { cpcBidMicros: parseDecimal(value, currency) })
      else if (type === 'ad_group' && field === 'target_cpa')
        world.setOutside(externalId, { targetCpaMicros: parseDecimal(value, currency) })
      else if (type === 'ad_group' && field === 'target_roas')
        world.setOutside(externalId, { targetRoas: Number(parseRatio(value)) / 1e6 })
      else {
        const campaign = first.campaigns.find((each) => each.id === externalId)
        if (campaign === undefined) throw new Error(`nothing called ${field} can be changed outside on ${id}`)
        world.setOutside(externalId, { strategy: retargeted(campaign, field, value, currency) })
      }
    },
    advance: (ms) => clock.advance(ms),
    close: async () => {
      noteEndpoints('google_ads', sandbox.requests.entries)
      await sandbox.close()
    },
  }
  if (forContract) {
    const signal = new AbortController().signal
    await adapter.readLive(harness.examples.budgetCampaign, 'status', signal)
    const day = { accountId: account, level: 'campaign' as const, startDate: harness.today, endDate: harness.today }
    for await (const page of adapter.dailyMetrics(day, signal)) void page
    sandbox.requests.clear()
  }
  return harness
}
