/** TikTok's half of the contract suite: its sandbox, its adapter and a clock that tests can move. Holds no assertions. */
import type { PlatformAdapter } from '../../main/platforms/adapter.ts'
import { type FaultKind, type Sandbox, startSandbox } from '../../main/platforms/sandbox/index.ts'
import type { OperationStatus, SandboxAdGroup, SandboxCampaign } from '../../main/platforms/sandbox/world-types.ts'
import { createTiktokAdapter, type TiktokAdapterOptions } from '../../main/platforms/tiktok/adapter.ts'
import type { Clock } from '../../shared/clock.ts'
import type { Field } from '../../shared/domain/entity.ts'
import {
  type AccountId,
  accountId,
  type EntityId,
  type EntityType,
  entityId,
  splitEntityId,
} from '../../shared/domain/ids.ts'
import type { ContractFault, PlatformHarness } from './platform-contract.ts'
import { noteEndpoints } from '../support/endpoints.ts'

/** Monday 23 November 2026, 15:30 in Berlin. */
export const NOON_MS = Date.UTC(2026, 10, 23, 14, 30)

export interface MovableClock extends Clock {
  advance(ms: number): void
}
export function movableClock(startMs = NOON_MS): MovableClock {
  let passedMs = 0
  return {
    nowMs: () => startMs + passedMs,
    monotonicMs: () => passedMs,
    advance: (ms) => {
      passedMs += ms
    },
  }
}

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
const WRITE_PATHS = ['', '/smart_plus'].flatMap((family) =>
  ['/campaign', '/adgroup', '/ad'].flatMap((part) => [`${family}${part}/update/`, `${family}${part}/status/update/`]),
)
const PATHS = {
  listing: ['/campaign/get/'],
  report: ['/report/integrated/get/'],
  history: ['/changelog/task/create/'],
  write: [...WRITE_PATHS, '/adgroup/budget/update/'],
  readback: ['/campaign/get/'],
} as const

export interface TiktokHarness extends PlatformHarness {
  readonly sandbox: Sandbox
  readonly clock: MovableClock
  adapterWith(options: Partial<TiktokAdapterOptions>): PlatformAdapter
}

/** A wire amount in the account's smallest units. */
const minorOf = (wireAmount: string): number => Number(wireAmount.replace('.', ''))

/** One of each kind, in the first account. */
function examplesOf(sandbox: Sandbox, account: AccountId): PlatformHarness['examples'] {
  const [first] = sandbox.world.advertisers
  if (first === undefined) throw new Error('the sandbox has no account')
  const need = <T>(found: T | undefined, what: string): T => {
    if (found === undefined) throw new Error(`the sandbox has no ${what}`)
    return found
  }
  const idOf = (type: EntityType, found: { readonly id: string } | undefined, what: string): EntityId =>
    entityId(account, type, need(found, what).id)
  const isOn = (item: SandboxCampaign | SandboxAdGroup) => item.operationStatus === 'ENABLE'
  const manual = first.campaigns.filter((item) => item.automation === 'MANUAL' && isOn(item))
  const groups = manual.flatMap((item) => item.adGroups).filter(isOn)
  const group = (what: string, fits: (item: SandboxAdGroup) => boolean) => idOf('ad_group', groups.find(fits), what)
  const ads = groups.flatMap((item) => item.ads)
  const good = need(
    ads.find((item) => !item.isDenied),
    'approved ad',
  )
  const isDaily = (item: SandboxAdGroup) => item.budgetMode === 'BUDGET_MODE_DAY'
  const byResult = (item: SandboxAdGroup) => isDaily(item) && item.billingEvent === 'OCPM'
  const costCap = group('ad group with a cost cap', (item) => byResult(item) && item.bidMinor > 0)
  const bidCap = group('ad group with a bid cap', (item) => item.billingEvent === 'CPC' && item.bidMinor > 0)
  const isFree = (item: SandboxAdGroup) => item.bidType === 'BID_TYPE_NO_BID' && item.optimizationGoal !== 'VALUE'
  const unbound = group('ad group without a bid', (item) => byResult(item) && isFree(item))
  const film = group('ad group billed by view', (item) => item.billingEvent === 'CPV')
  const minRoas = group('ad group with a minimum return', (item) => item.roasHundredths > 0)
  return {
    budgetCampaign: idOf(
      'campaign',
      manual.find((item) => item.isCbo),
      'campaign with a budget',
    ),
    budgetAdGroup: group('ad group with a daily budget', isDaily),
    inheritedAdGroup: group('ad group without a budget', (item) => item.budgetMode === 'BUDGET_MODE_INFINITE'),
    lifetimeAdGroup: group('ad group with a lifetime budget', (item) => item.budgetMode === 'BUDGET_MODE_TOTAL'),
    automatedCampaign: idOf(
      'campaign',
      first.campaigns.find((item) => item.automation === 'SMART_PLUS'),
      'older Smart+ campaign',
    ),
    sharedBudget: undefined,
    ad: entityId(account, 'ad', good.id),
    disapprovedAd: idOf(
      'ad',
      ads.find((item) => item.isDenied),
      'refused ad',
    ),
    creative: entityId(account, 'creative', need(good.videoId, 'video')),
    bids: [
      { entityId: costCap, field: 'cost_cap', newValue: '11.50' },
      { entityId: bidCap, field: 'bid_cap', newValue: '0.95' },
      { entityId: minRoas, field: 'target_roas', newValue: '3.25' },
    ],
    strategies: [
      { entityId: unbound, newValue: 'cost_cap:9.00' },
      { entityId: film, newValue: 'bid_cap:0.05' },
      { entityId: costCap, newValue: 'lowest_cost' },
    ],
    // A bid may not be above the budget.
    refusedStrategy: { entityId: unbound, newValue: 'cost_cap:99999.00' },
  }
}

function changeOutside(sandbox: Sandbox, id: EntityId, field: Field, value: string): void {
  const { world } = sandbox
  const { externalId } = splitEntityId(id)
  const words: Readonly<Record<string, OperationStatus>> = { enabled: 'ENABLE', paused: 'DISABLE', deleted: 'DELETE' }
  if (field === 'status') world.setStatusOutside(externalId, words[value] ?? 'DISABLE')
  else if (field === 'daily_budget') world.setBudgetOutside(externalId, minorOf(value))
  else if (field === 'target_roas') world.setBidOutside(externalId, { roasHundredths: minorOf(value) })
  else if (field === 'bid_cap' || field === 'cost_cap') world.setBidOutside(externalId, { bidMinor: minorOf(value) })
  else if (field === 'bid_strategy') {
    const [strategy, target] = value.split(':')
    world.setBidOutside(
      externalId,
      strategy === 'lowest_cost' || target === undefined
        ? { bidType: 'BID_TYPE_NO_BID' }
        : { bidType: 'BID_TYPE_CUSTOM', bidMinor: minorOf(target) },
    )
  } else throw new Error(`nobody changes ${field} in this sandbox`)
}

export async function startTiktok({
  seed = 7,
  clock = movableClock(),
}: {
  seed?: number
  clock?: MovableClock
} = {}): Promise<TiktokHarness> {
  const sandbox = await startSandbox({ seed, clock, platforms: ['tiktok'] })
  const { baseUrl, credentials } = sandbox.tiktok
  const waits: number[] = []
  const adapterWith = (options: Partial<TiktokAdapterOptions>): PlatformAdapter =>
    createTiktokAdapter({
      baseUrl,
      credentials: () =>
        Promise.resolve({
          accessToken: credentials.accessToken,
          appId: credentials.appId,
          appSecret: credentials.appSecret,
        }),
      clock,
      random: () => 0.5,
      // Waits are recorded, not waited: the contract is about how often and how long, not about our patience.
      sleep: (ms) => {
        waits.push(ms)
        return Promise.resolve()
      },
      timeouts: { readMs: 400, connectMs: 1000, writeMs: 400 },
      ...options,
    })
  const [first] = sandbox.world.advertisers
  if (first === undefined) throw new Error('the sandbox has no account')
  const account: AccountId = accountId('tiktok', first.id)
  return {
    platform: 'tiktok',
    sandbox,
    clock,
    secrets: [credentials.accessToken, credentials.appSecret],
    accounts: sandbox.world.advertisers.map((item) => ({
      accountId: accountId('tiktok', item.id),
      currency: item.currency,
      timeZone: item.timeZone,
      ...(item.businessCenter === undefined ? {} : { managerId: item.businessCenter.id }),
    })),
    today: sandbox.world.now(first).date,
    adapter: adapterWith({}),
    waits,
    examples: examplesOf(sandbox, account),
    hasDryRun: false,
    dryRunRefusal: undefined,
    adapterWith,
    smallPages: () => adapterWith({ pageSize: 3 }),
    breakNext: (purpose, fault, options = {}) => {
      if (options.times === 0) {
        sandbox.faults.clear()
        return
      }
      for (const path of PATHS[purpose])
        sandbox.faults.add({
          kind: KINDS[fault],
          path,
          times: options.times ?? 1,
          ...(options.location === undefined ? {} : { location: options.location }),
        })
    },
    readsReceived: () => sandbox.requests.entries.filter((entry) => !entry.isWrite).length,
    writesReceived: (id) => sandbox.requests.writesTo(splitEntityId(id).externalId),
    dryRunsReceived: () => 0,
    pictureRequests: () =>
      sandbox.requests.entries
        .filter((entry) => entry.path.startsWith('/media/'))
        .map((entry) => ({ hasToken: entry.hasToken === true })),
    nowMs: () => clock.nowMs(),
    delayHistory: (ms) => sandbox.world.setHistoryLag(ms),
    changeOutside: (id, field, value) => changeOutside(sandbox, id, field, value),
    advance: (ms) => clock.advance(ms),
    close: async () => {
      noteEndpoints('tiktok', sandbox.requests.entries)
      await sandbox.close()
    },
  }
}
