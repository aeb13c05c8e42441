/** A facts.db in its own folder, and a small made-up ad platform that implements the adapter interface. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Logger } from '../../main/logger.ts'
import type { ApplyResult, LiveValue, PlatformAdapter } from '../../main/platforms/adapter.ts'
import { dateOf, dayOf } from '../../main/reporting/calendar.ts'
import { type FactsDb, openFacts } from '../../main/store/open.ts'
import { createSync, type Sync, type SyncDeps, type SyncSummary } from '../../main/sync/sync.ts'
import type { Clock } from '../../shared/clock.ts'
import type { Account, Entity } from '../../shared/domain/entity.ts'
import {
  accountId,
  entityId,
  type AccountId,
  type EntityId,
  type EntityType,
  type Platform,
  splitAccountId,
  splitEntityId,
} from '../../shared/domain/ids.ts'
import type { MetricFact, MetricLevel } from '../../shared/domain/metric.ts'
import { currencyExponent } from '../../shared/domain/money.ts'
import type { Tracker } from '../../shared/domain/tracker.ts'
import { makeTempFolder } from './temp-folder.ts'

export const NOON = Date.parse('2026-11-23T12:00:00Z')
export const DAY_MS = 86_400_000

export interface HandClock extends Clock {
  set(atMs: number): void
  advance(ms: number): void
}
export function handClock(atMs: number = NOON): HandClock {
  let nowMs = atMs
  return {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    set: (next) => void (nowMs = next),
    advance: (ms) => void (nowMs += ms),
  }
}

export const silentLog: Logger = { info: () => undefined, error: () => undefined }

export function openTestFacts(folder: string = makeTempFolder('facts'), key: Uint8Array = randomBytes(32)): FactsDb {
  return openFacts(join(folder, 'facts.db'), key)
}

export type Request =
  | { readonly kind: 'accounts' }
  | { readonly kind: 'trackers'; readonly account: string }
  | { readonly kind: EntityType; readonly account: string }
  | { readonly kind: MetricLevel; readonly account: string; readonly from: string; readonly to: string }
type FactPatch = Partial<Omit<MetricFact, 'platform' | 'accountId' | 'level' | 'entityId' | 'date' | 'currency'>>

/** What a test may change of the made-up platform. Nothing random: the same shape always reports the same numbers. */
export interface PaperPlatform {
  readonly adapter: PlatformAdapter
  readonly accounts: Account[]
  readonly entities: Map<EntityId, Entity>
  /** Pixels and conversion actions of all accounts. */
  readonly trackers: Tracker[]
  /** All calls, oldest first. */
  readonly requests: string[]
  /** Changes what is reported for "entityId date"; null makes the row vanish. */
  readonly patches: Map<string, FactPatch | null>
  /** Rows per page. */
  pageSize: number
  /** Called before each page leaves; may throw, abort or wait. */
  onPage: (request: string) => void | Promise<void>
}

export interface PaperShape {
  /** Default: tiktok. */
  readonly platform?: Platform
  readonly currency?: string
  readonly timeZone?: string
  readonly accounts?: number
  readonly campaigns?: number
  readonly adGroups?: number
  readonly ads?: number
  readonly restatementDays?: number
}

const number = (text: string): number =>
  Array.from(text).reduce((hash, character) => (hash * 31 + (character.codePointAt(0) ?? 0)) % 1_000_003, 7)

/** One account has `campaigns` campaigns of `adGroups` ad groups of `ads` ads each. */
export function paperPlatform(shape: PaperShape = {}): PaperPlatform {
  const { currency = 'EUR', timeZone = 'Europe/Berlin', campaigns = 2, adGroups = 2, ads = 2 } = shape
  const name = shape.platform ?? 'tiktok'
  const accounts: Account[] = Array.from({ length: shape.accounts ?? 1 }, (_, n) => ({
    accountId: accountId(name, `700000000000000000${n + 1}`),
    platform: name,
    name: `Shop ${n + 1}`,
    currency,
    timeZone,
    status: 'active',
    rawStatus: 'STATUS_ENABLE',
  }))
  const entities = new Map<EntityId, Entity>()
  const platform: PaperPlatform = {
    adapter: undefined as never,
    accounts,
    entities,
    trackers: [],
    requests: [],
    patches: new Map(),
    pageSize: 1000,
    onPage: () => undefined,
  }
  for (const account of accounts) populate(entities, account.accountId, { campaigns, adGroups, ads })

  const ofType = (id: AccountId, type: EntityType): Entity[] =>
    [...entities.values()].filter((entity) => entity.accountId === id && entity.type === type)
  async function* paged<T>(request: string, rows: readonly T[], signal: AbortSignal): AsyncGenerator<readonly T[]> {
    platform.requests.push(request)
    for (let start = 0; start < rows.length || start === 0; start += platform.pageSize) {
      await platform.onPage(request)
      signal.throwIfAborted()
      if (rows.length > 0) yield rows.slice(start, start + platform.pageSize)
    }
  }
  function factsOf(id: AccountId, level: MetricLevel, from: number, to: number): MetricFact[] {
    const facts: MetricFact[] = []
    for (const entity of ofType(id, level))
      for (let day = from; day <= to; day += 1) {
        const patch = platform.patches.get(`${entity.entityId} ${dateOf(day)}`)
        if (patch !== null)
          facts.push({ ...paperFact(entity, dateOf(day), currency, { campaigns, adGroups, ads }), ...patch })
      }
    return facts
  }
  const adapter: PlatformAdapter = {
    platform: name,
    restatementDays: shape.restatementDays ?? 28,
    settleMs: 0,
    metricSettleMs: 3 * 3_600_000,
    readAfterWriteMs: 0,
    async listAccounts(signal) {
      platform.requests.push('accounts')
      await platform.onPage('accounts')
      signal.throwIfAborted()
      return accounts
    },
    listEntities: (id, type, signal) =>
      paged(`${type} of ${splitAccountId(id).externalId.slice(-1)}`, ofType(id, type), signal),
    dailyMetrics: ({ accountId: id, level, startDate, endDate }, signal) =>
      paged(
        `${level} days of ${splitAccountId(id).externalId.slice(-1)} ${startDate}..${endDate}`,
        factsOf(id, level, dayOf(startDate) ?? 0, dayOf(endDate) ?? 0),
        signal,
      ),
    readLive: async (): Promise<LiveValue> => {
      throw new Error('reads nothing live')
    },
    apply: async (): Promise<ApplyResult> => ({ kind: 'not_sent', reason: 'writes nothing' }),
    validate: async () => ({ kind: 'unsupported' }),
    async listTrackers(id, signal) {
      const request = `trackers of ${splitAccountId(id).externalId.slice(-1)}`
      platform.requests.push(request)
      await platform.onPage(request)
      signal.throwIfAborted()
      return platform.trackers.filter((tracker) => tracker.accountId === id)
    },
    tokenHealth: async () => ({ isValid: true, expiresAtMs: null, canWrite: true, scopes: [], problem: undefined }),
    historyLagMs: 0,
    historyMs: 30 * DAY_MS,
    readChanges: async (_account, { sinceMs, untilMs }) => ({
      rows: [],
      coveredFromMs: sinceMs,
      coveredUntilMs: untilMs,
      isComplete: true,
    }),
    readThumbnail: async () => undefined,
    revoke: async () => false,
  }
  return Object.assign(platform, { adapter })
}

/** Three platforms with two accounts each, as one workspace would hold them. */
export function threePaperPlatforms(): readonly PaperPlatform[] {
  return (['google_ads', 'meta', 'tiktok'] as const).map((name, k) => {
    const platform = paperPlatform({
      platform: name,
      accounts: 2,
      campaigns: 3,
      adGroups: 2,
      ads: 2,
      currency: ['USD', 'EUR', 'JPY'][k] ?? 'EUR',
      restatementDays: name === 'google_ads' ? 90 : 28,
    })
    platform.pageSize = 25
    for (const account of platform.accounts)
      platform.trackers.push({
        accountId: account.accountId,
        externalId: '501',
        kind: name === 'google_ads' ? 'conversion_action' : 'pixel',
        name: 'Purchase',
        state: 'healthy',
        rawStatus: 'ENABLED',
        lastReceivedAtMs: NOON - 60_000,
        problems: [],
      })
    return platform
  })
}
export const connectionsOf = (platforms: readonly PaperPlatform[]) =>
  platforms.map(({ adapter }) => ({ connectionId: `c-${adapter.platform}`, adapter }))

/** An ad's day; the levels above report the exact sum of theirs, as a platform would. */
export function paperFact(
  entity: Entity,
  date: string,
  currency: string,
  shape: { campaigns: number; adGroups: number; ads: number },
): MetricFact {
  const below = entity.type === 'campaign' ? shape.adGroups * shape.ads : entity.type === 'ad_group' ? shape.ads : 1
  const { externalId } = splitEntityId(entity.entityId)
  let spend = 0
  let impressions = 0
  let clicks = 0
  let conversions = 0
  // Ids are positional: campaign 3, its ad group 301, its ad 30102.
  for (let n = 0; n < below; n += 1) {
    const ad =
      entity.type === 'ad'
        ? externalId
        : entity.type === 'ad_group'
          ? `${externalId}0${n + 1}`
          : `${externalId}0${Math.floor(n / shape.ads) + 1}0${(n % shape.ads) + 1}`
    const seed = number(`${ad} ${date}`)
    spend += 1_00 + (seed % 50_00)
    impressions += 1000 + (seed % 977)
    clicks += 10 + (seed % 41)
    conversions += seed % 5
  }
  return {
    platform: splitAccountId(entity.accountId).platform,
    accountId: entity.accountId,
    level: entity.type as MetricLevel,
    entityId: entity.entityId,
    date,
    currency,
    // In the currency's own smallest unit, like a real bill.
    spendMicros: BigInt(spend) * 10n ** BigInt(6 - currencyExponent(currency)),
    impressions,
    clicks,
    videoViews: impressions,
    reach: impressions,
    clickConversionMicros: BigInt(conversions) * 1_000_000n,
    viewConversionMicros: BigInt(below) * 1_000_000n,
    engagedViewConversionMicros: null,
    clickValueMicros: BigInt(conversions) * 33_000_000n,
    viewValueMicros: BigInt(below) * 5_000_000n,
    engagedViewValueMicros: null,
  }
}

function populate(
  entities: Map<EntityId, Entity>,
  account: AccountId,
  shape: { campaigns: number; adGroups: number; ads: number },
): void {
  const add = (type: EntityType, externalId: string, name: string, more: Partial<Entity> = {}): EntityId => {
    const id = entityId(account, type, externalId)
    entities.set(id, {
      entityId: id,
      accountId: account,
      type,
      name,
      status: 'enabled',
      rawStatus: 'ENABLE',
      deliveryStatus: 'DELIVERY_OK',
      budgetKind: 'inherited',
      editable: [],
      ...more,
    })
    return id
  }
  const creative = add('creative', 'v1', 'A video', { budgetKind: 'none' })
  for (let c = 1; c <= shape.campaigns; c += 1) {
    const campaign = add('campaign', `${c}`, `Campaign ${c}`, { budgetKind: 'none', objective: 'WEB_CONVERSIONS' })
    for (let g = 1; g <= shape.adGroups; g += 1) {
      const adGroup = add('ad_group', `${c}0${g}`, `Ad group ${c}.${g}`, {
        parentId: campaign,
        budgetKind: 'daily',
        dailyBudgetMicros: 120_000_000n,
        clickWindowDays: 7,
        viewWindowDays: 1,
        modifiedAt: '2025-06-01 08:00:00',
        editable: [
          {
            field: 'daily_budget',
            isEditable: true,
            minMicros: 20_000_000n,
            maxMicros: 9_007_199_254_740_991n,
            stepMicros: 10_000n,
            takesEffect: 'immediately',
          },
          { field: 'status', isEditable: true, takesEffect: 'immediately' },
        ],
      })
      for (let a = 1; a <= shape.ads; a += 1)
        add('ad', `${c}0${g}0${a}`, `Ad ${c}.${g}.${a}`, {
          parentId: adGroup,
          creativeIds: [splitEntityId(creative).externalId],
          text: 'Buy now',
          landingPage: 'https://shop.example/',
        })
    }
  }
}

export interface SyncRig {
  readonly facts: FactsDb
  readonly clock: HandClock
  readonly platform: PaperPlatform
  readonly sync: Sync
  readonly summaries: SyncSummary[]
  readonly troubles: { readonly connectionId: string; readonly code: string }[]
  /** Starts a sync, waits for its end and hands back what it said. */
  run(days?: number): Promise<SyncSummary>
  restart(): Sync
}

export function syncRig(
  platform: PaperPlatform = paperPlatform(),
  more: Partial<SyncDeps> & { readonly clock?: HandClock } = {},
): SyncRig {
  const { clock = handClock(), facts = openTestFacts(), ...rest } = more
  const summaries: SyncSummary[] = []
  const troubles: { connectionId: string; code: string }[] = []
  const make = (): Sync =>
    createSync({
      facts,
      clock,
      log: silentLog,
      connections: () => [{ connectionId: 'c1', adapter: platform.adapter }],
      onChange: () => undefined,
      onFinished: (summary) => void summaries.push(summary),
      onConnectionTrouble: (connectionId, error) => void troubles.push({ connectionId, code: error.code }),
      ...rest,
    })
  let sync = make()
  return {
    facts,
    clock,
    platform,
    summaries,
    troubles,
    get sync() {
      return sync
    },
    restart: () => (sync = make()),
    async run(days = 10) {
      sync.start({ days })
      await sync.whenIdle()
      const last = summaries.at(-1)
      if (last === undefined) throw new Error('the sync ended without saying how')
      return last
    },
  }
}

/** Everything that must be the same after an interrupted and an uninterrupted run. */
export function contentOf(facts: FactsDb): Record<string, unknown[]> {
  const read = (sql: string): unknown[] => facts.prepare(sql).safeIntegers().raw().all()
  return {
    facts:
      read(`SELECT e.entity_id, f.day, f.spend_micros, f.impressions, f.clicks, f.video_views, f.reach, f.click_conversion_micros,
      f.view_conversion_micros, f.engaged_conversion_micros, f.click_value_micros, f.view_value_micros, f.click_window_days, f.view_window_days,
      f.window_source, f.first_spend_micros, f.reported_conversion_micros, f.reported_value_micros, f.click_1d_conversion_micros FROM metric_fact f JOIN entity e USING (entity_key) ORDER BY 1, 2`),
    blocks: read('SELECT e.entity_id, b.* FROM metric_block b JOIN entity e USING (entity_key) ORDER BY 1, 3').map(
      (row) => (row as unknown[]).toSpliced(1, 1),
    ),
    days: read(
      'SELECT a.account_id, d.* FROM metric_day d JOIN account a USING (account_key) ORDER BY 1, d.level, d.day',
    ).map((row) => (row as unknown[]).toSpliced(1, 1)),
    entities: read(
      `SELECT entity_id, parent_id, name, status, daily_budget_micros, editable_json, details_json, values_json, shared_budget_id, delivery, review
       FROM entity ORDER BY 1`,
    ),
    rows: read(
      `SELECT e.entity_id, r.status, r.delivery, r.name_folded, r.daily_budget_micros, r.week_spend_micros, r.week_value_micros,
         r.changed_outside_at_ms FROM entity_row r JOIN entity e USING (entity_key) ORDER BY 1`,
    ),
    outside: read(
      'SELECT e.entity_id, c.field, c.before_value, c.after_value FROM outside_change c JOIN entity e USING (entity_key) ORDER BY 1, 2',
    ),
    trackers: read(
      'SELECT a.account_id, t.kind, t.external_id, t.state FROM tracker t JOIN account a USING (account_key) ORDER BY 1, 2, 3',
    ),
    paused: read('SELECT * FROM rollup_pause'),
    held: read(
      'SELECT a.account_id, f.level, f.day, f.was_over, f.is_final FROM fetched_day f JOIN account a USING (account_key) ORDER BY 1, 2, 3',
    ),
    restated: read(
      'SELECT a.account_id, r.level, r.day, r.age_days, r.facts_changed, r.spend_moved_micros FROM restatement r JOIN account a USING (account_key) ORDER BY 1, 2, 3, 4',
    ),
    accounts: read('SELECT account_id, complete_through, is_listed FROM account ORDER BY 1'),
    staged: read('SELECT * FROM entity_staged'),
  }
}
