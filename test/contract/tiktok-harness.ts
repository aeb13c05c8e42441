/** TikTok's half of the contract suite: its sandbox, its adapter and a clock that tests can move. Holds no assertions. */
import type { PlatformAdapter } from '../../main/platforms/adapter.ts'
import { type Fault, type FaultKind, type Sandbox, startSandbox } from '../../main/platforms/sandbox/index.ts'
import { createTiktokAdapter, type TiktokAdapterOptions } from '../../main/platforms/tiktok/adapter.ts'
import type { Clock } from '../../shared/clock.ts'
import {
  type AccountId,
  accountId,
  type EntityId,
  type EntityType,
  entityId,
  splitEntityId,
} from '../../shared/domain/ids.ts'
import type { ContractFault, PlatformHarness } from './platform-contract.ts'

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
const WRITE_PATHS = [
  '/campaign/update/',
  '/adgroup/update/',
  '/campaign/status/update/',
  '/adgroup/status/update/',
  '/ad/status/update/',
]

export interface TiktokHarness extends PlatformHarness {
  readonly sandbox: Sandbox
  readonly clock: MovableClock
  adapterWith(options: Partial<TiktokAdapterOptions>): PlatformAdapter
}

export async function startTiktok(seed = 7): Promise<TiktokHarness> {
  const clock = movableClock()
  const sandbox = await startSandbox({ seed, clock })
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
  const example = (type: EntityType, id: string | undefined): EntityId => {
    if (id === undefined) throw new Error(`the sandbox has no such ${type}`)
    return entityId(account, type, id)
  }
  const manual = first.campaigns.filter((item) => item.automation === 'MANUAL' && item.operationStatus === 'ENABLE')
  const groups = manual.flatMap((item) => item.adGroups).filter((item) => item.operationStatus === 'ENABLE')
  const byMode = (mode: string) => groups.find((item) => item.budgetMode === mode)
  const add = (fault: Fault) => sandbox.faults.add(fault)
  return {
    platform: 'tiktok',
    sandbox,
    clock,
    secrets: [credentials.accessToken, credentials.appSecret],
    accounts: sandbox.world.advertisers.map((item) => ({
      accountId: accountId('tiktok', item.id),
      currency: item.currency,
      timeZone: item.timeZone,
    })),
    today: sandbox.world.now(first).date,
    adapter: adapterWith({}),
    waits,
    examples: {
      budgetCampaign: example('campaign', manual.find((item) => item.isCbo)?.id),
      budgetAdGroup: example('ad_group', byMode('BUDGET_MODE_DAY')?.id),
      inheritedAdGroup: example('ad_group', byMode('BUDGET_MODE_INFINITE')?.id),
      lifetimeAdGroup: example('ad_group', byMode('BUDGET_MODE_TOTAL')?.id),
      automatedCampaign: example('campaign', first.campaigns.find((item) => item.automation !== 'MANUAL')?.id),
      ad: example('ad', groups.flatMap((item) => item.ads).find((item) => !item.isDenied)?.id),
    },
    adapterWith,
    smallPages: () => adapterWith({ pageSize: 3 }),
    breakNext: (purpose, fault, options = {}) => {
      if (options.times === 0) {
        sandbox.faults.clear()
        return
      }
      const paths = { listing: ['/campaign/get/'], report: ['/report/integrated/get/'], write: WRITE_PATHS }[purpose]
      for (const path of paths)
        add({
          kind: KINDS[fault],
          path,
          times: options.times ?? 1,
          ...(options.location === undefined ? {} : { location: options.location }),
        })
    },
    readsReceived: () => sandbox.requests.entries.filter((entry) => !entry.isWrite).length,
    writesReceived: (id) => sandbox.requests.writesTo(splitEntityId(id).externalId),
    changeBudgetOutside: (id, wireAmount) => {
      const minor = Number(wireAmount.replace('.', ''))
      sandbox.world.setBudgetOutside(splitEntityId(id).externalId, minor)
    },
    close: () => sandbox.close(),
  }
}
