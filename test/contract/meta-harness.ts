/** Meta's half of the contract suite: its sandbox, its adapter and a clock that tests can move. Holds no assertions. */
import type { PlatformAdapter } from '../../main/platforms/adapter.ts'
import { createMetaAdapter, type MetaAdapterOptions } from '../../main/platforms/meta/adapter.ts'
import { createQuotaMeter, type QuotaMeter } from '../../main/platforms/quota.ts'
import type { FaultKind } from '../../main/platforms/sandbox/faults.ts'
import {
  type MetaAdSet,
  type MetaEntity,
  type SandboxMeta,
  startMetaSandbox,
} from '../../main/platforms/sandbox/meta/index.ts'
import { parseStrategy } from '../../shared/domain/bid.ts'
import type { Field } from '../../shared/domain/entity.ts'
import {
  type AccountId,
  accountId,
  type EntityId,
  type EntityType,
  entityId,
  splitEntityId,
} from '../../shared/domain/ids.ts'
import { parseDecimal } from '../../shared/domain/money.ts'
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
const FAULT_PATHS = {
  listing: '/campaigns',
  report: '/insights',
  write: 'POST /node',
  readback: '/node',
  history: '/activities',
} as const
const STRATEGIES = {
  lowest_cost: 'LOWEST_COST_WITHOUT_CAP',
  bid_cap: 'LOWEST_COST_WITH_BID_CAP',
  cost_cap: 'COST_CAP',
  min_roas: 'LOWEST_COST_WITH_MIN_ROAS',
} as const

export interface MetaHarness extends PlatformHarness {
  readonly sandbox: SandboxMeta
  readonly clock: MovableClock
  readonly quota: QuotaMeter
  adapterWith(options: Partial<MetaAdapterOptions>): PlatformAdapter
  /** Our id of something in the sandbox's world. */
  idOf(entity: MetaEntity): EntityId
  adSet(fits: (adSet: MetaAdSet) => boolean): EntityId
}

const TYPES: Readonly<Record<MetaEntity['kind'], EntityType>> = { campaign: 'campaign', adset: 'ad_group', ad: 'ad' }

export async function startMeta({
  seed = 7,
  clock = movableClock(),
}: {
  seed?: number
  clock?: MovableClock
} = {}): Promise<MetaHarness> {
  const sandbox = await startMetaSandbox({ seed, clock })
  const { baseUrl, credentials, world } = sandbox
  const waits: number[] = []
  const quota = createQuotaMeter(clock)
  const adapterWith = (options: Partial<MetaAdapterOptions>): PlatformAdapter =>
    createMetaAdapter({
      baseUrl,
      credentials: () => Promise.resolve({ accessToken: credentials.accessToken, appSecret: credentials.appSecret }),
      clock,
      random: () => 0.5,
      quota,
      // Waits are recorded, not waited; the clock moves on by them, as it would.
      sleep: (ms) => {
        waits.push(ms)
        clock.advance(ms)
        return Promise.resolve()
      },
      timeouts: { readMs: 2000, connectMs: 1000, writeMs: 400 },
      ...options,
    })
  const [first] = world.accounts
  if (first === undefined) throw new Error('the sandbox has no account')
  const home = (entity: MetaEntity): AccountId => accountId('meta', world.homeOf(entity).id)
  const idOf = (entity: MetaEntity): EntityId => entityId(home(entity), TYPES[entity.kind], entity.id)
  const need = <T>(found: T | undefined, what: string): T => {
    if (found === undefined) throw new Error(`the sandbox has no ${what}`)
    return found
  }
  const live = first.campaigns.filter((item) => item.status === 'ACTIVE' && !item.isLegacyAdvantage)
  const adSets = live.flatMap((item) => item.adSets).filter((item) => item.status === 'ACTIVE')
  const adSet = (fits: (item: MetaAdSet) => boolean): EntityId => idOf(need(adSets.find(fits), 'such ad set'))
  const isAbo = (item: MetaAdSet) => item.campaign.budgetKind === undefined && item.budgetKind === 'daily'
  const plain = (item: MetaAdSet) =>
    isAbo(item) && item.bidStrategy === 'LOWEST_COST_WITHOUT_CAP' && item.optimizationGoal === 'OFFSITE_CONVERSIONS'
  const ads = adSets.flatMap((item) => item.ads).filter((item) => item.status === 'ACTIVE')
  const approved = need(
    ads.find((item) => item.review === 'approved'),
    'approved ad',
  )

  function minorOf(entity: MetaEntity, value: string): number {
    const { currency, offset } = world.homeOf(entity)
    return Number((parseDecimal(value, currency) * BigInt(offset)) / 1_000_000n)
  }
  function changeOutside(id: EntityId, field: Field, value: string): void {
    const { externalId } = splitEntityId(id)
    const entity = need(world.campaign(externalId) ?? world.adSet(externalId) ?? world.ad(externalId), 'such entity')
    if (field === 'status') {
      world.setOutside(externalId, {
        status: value === 'enabled' ? 'ACTIVE' : value === 'paused' ? 'PAUSED' : 'DELETED',
      })
    } else if (field === 'daily_budget') {
      world.setOutside(externalId, { budgetMinor: minorOf(entity, value) })
    } else if (field === 'target_roas') {
      world.setOutside(externalId, { roasFloor: Math.round(Number(value) * 10_000) })
    } else if (field === 'bid_strategy') {
      const { currency } = world.homeOf(entity)
      const { strategy, targetMicros } = parseStrategy(value, currency)
      const word =
        STRATEGIES[need(Object.keys(STRATEGIES).find((each) => each === strategy) as keyof typeof STRATEGIES, strategy)]
      const target = value.split(':')[1] ?? ''
      world.setOutside(externalId, {
        strategy: word,
        ...(targetMicros === undefined
          ? {}
          : strategy === 'min_roas'
            ? { roasFloor: Number(targetMicros / 100n) }
            : { bidMinor: minorOf(entity, target) }),
      })
    } else world.setOutside(externalId, { bidMinor: minorOf(entity, value) })
  }

  const bidCap = adSet((item) => isAbo(item) && item.bidStrategy === 'LOWEST_COST_WITH_BID_CAP')
  const costCap = adSet((item) => isAbo(item) && item.bidStrategy === 'COST_CAP')
  const minRoas = adSet((item) => isAbo(item) && item.bidStrategy === 'LOWEST_COST_WITH_MIN_ROAS')
  const lowestCost = adSet(plain)
  return {
    platform: 'meta',
    sandbox,
    clock,
    quota,
    secrets: [credentials.accessToken, credentials.appSecret],
    accounts: world.accounts.map((item) => ({
      accountId: accountId('meta', item.id),
      currency: item.currency,
      timeZone: item.timeZone,
      managerId: item.business.id,
    })),
    today: world.now(first).date,
    adapter: adapterWith({}),
    waits,
    examples: {
      budgetCampaign: idOf(
        need(
          live.find((item) => item.budgetKind === 'daily'),
          'campaign with a daily budget',
        ),
      ),
      budgetAdGroup: lowestCost,
      inheritedAdGroup: adSet((item) => item.campaign.budgetKind === 'daily'),
      lifetimeAdGroup: adSet((item) => item.budgetKind === 'lifetime'),
      automatedCampaign: idOf(
        need(
          first.campaigns.find((item) => item.isLegacyAdvantage),
          'legacy Advantage+ campaign',
        ),
      ),
      sharedBudget: undefined,
      ad: idOf(approved),
      disapprovedAd: idOf(
        need(
          ads.find((item) => item.review === 'disapproved'),
          'disapproved ad',
        ),
      ),
      creative: entityId(accountId('meta', first.id), 'creative', approved.creative.id),
      bids: [
        { entityId: bidCap, field: 'bid_cap', newValue: '4.20' },
        { entityId: costCap, field: 'cost_cap', newValue: '11.50' },
        { entityId: minRoas, field: 'target_roas', newValue: '2.75' },
      ],
      strategies: [
        { entityId: lowestCost, newValue: 'cost_cap:9.00' },
        { entityId: lowestCost, newValue: 'bid_cap:3.10' },
        { entityId: costCap, newValue: 'lowest_cost' },
      ],
      refusedStrategy: { entityId: lowestCost, newValue: 'min_roas:1.50' },
    },
    hasDryRun: true,
    dryRunRefusal: { entityId: lowestCost, field: 'daily_budget', newValue: '0.50' },
    adapterWith,
    idOf,
    adSet,
    smallPages: () => adapterWith({ pageSize: 3 }),
    breakNext: (purpose, fault, options = {}) => {
      if (options.times === 0) {
        sandbox.faults.clear()
        return
      }
      sandbox.faults.add({
        kind: KINDS[fault],
        path: FAULT_PATHS[purpose],
        times: options.times ?? 1,
        ...(options.location === undefined ? {} : { location: options.location }),
      })
    },
    readsReceived: () => sandbox.requests.entries.filter((entry) => entry.method === 'GET').length,
    writesReceived: (id) => sandbox.requests.writesTo(splitEntityId(id).externalId),
    dryRunsReceived: (id) =>
      sandbox.requests.entries.filter(
        (entry) => entry.method === 'POST' && !entry.isWrite && entry.entityIds.includes(splitEntityId(id).externalId),
      ).length,
    nowMs: () => clock.nowMs(),
    delayHistory: (ms) => sandbox.world.setHistoryLag(ms),
    changeOutside,
    advance: (ms) => clock.advance(ms),
    close: async () => {
      noteEndpoints('meta', sandbox.requests.entries)
      await sandbox.close()
    },
  }
}
