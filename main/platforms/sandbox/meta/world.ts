/**
 * The shop's Meta side: seeded, deterministic, with a clock of its caller's. Keeps state in memory, optionally the *edits* in one
 * JSON file. Never talks to a network and never holds real data.
 */
import type { Clock } from '../../../../shared/clock.ts'
import { dayNumber, localMoment } from '../calendar.ts'
import { buildWorld } from './build-accounts.ts'
import { entityDay, type MetricsContext, type PlantedAnomaly, type Totals } from './metrics.ts'
import { applicationOf, createEdits, type MetaEdits, ownerOf } from './world-edits.ts'
import { applyEdit, type Grant, editOf, type EditState, readState, writeState } from './state.ts'
import type {
  MetaAccount,
  MetaActivity,
  MetaAd,
  MetaAdSet,
  MetaBusiness,
  MetaCampaign,
  MetaEntity,
  MetaObject,
} from './types.ts'

/** The log keeps this many changes; more is beyond a demo's life. */
const MAX_ACTIVITIES = 500

export interface MetaWorldOptions {
  readonly seed: number
  readonly clock: Clock
  readonly size?: 'small' | 'demo'
  /** Where edits survive a restart. A file of another seed or size is ignored. */
  readonly statePath?: string
}

export interface MetaWorld extends MetaEdits {
  readonly seed: number
  readonly size: 'small' | 'demo'
  /** The day the history was built for. Stays put when a state file is re-opened on a later day. */
  readonly anchorDate: string
  readonly userId: string
  readonly businesses: readonly MetaBusiness[]
  readonly accounts: readonly MetaAccount[]
  readonly anomalies: readonly PlantedAnomaly[]
  /** Tokens issued and what became of them. */
  readonly grants: Map<string, Grant>
  readonly activities: readonly MetaActivity[]
  nowMs(): number
  /** How late a change shows in the log: at once unless told. */
  setHistoryLag(ms: number): void
  isInHistory(atMs: number): boolean
  /** Rises with every edit: whatever was computed before is stale. */
  revision(): number
  account(id: string): MetaAccount | undefined
  object(id: string): MetaObject | undefined
  campaign(id: string): MetaCampaign | undefined
  adSet(id: string): MetaAdSet | undefined
  ad(id: string): MetaAd | undefined
  homeOf(entity: MetaEntity): MetaAccount
  now(account: MetaAccount): MetricsContext['now'] & { readonly date: string }
  context(account: MetaAccount): MetricsContext
  day(entity: MetaAccount | MetaEntity, date: string): Totals | undefined
  /** Spend of today (daily budgets) or since the start (lifetime budgets), minor units. */
  spentMinor(entity: MetaCampaign | MetaAdSet): number
  /** Switches Meta itself owns. */
  setAccount(account: MetaAccount, change: { status?: number; userTasks?: readonly string[] }): void
  /** Runs `work` and then puts every entity back: an answer of success without its effect. */
  withoutEffect<T>(work: () => T): T
  persist(): void
}

export { ownerOf }

/** Every campaign, ad set and ad of an account, parents first. */
export function entitiesOf(account: MetaAccount): readonly MetaEntity[] {
  return account.campaigns.flatMap((campaign) => [
    campaign,
    ...campaign.adSets.flatMap((adSet): MetaEntity[] => [adSet, ...adSet.ads]),
  ])
}

function plantAnomalies(accounts: readonly MetaAccount[], anchorDay: number): readonly PlantedAnomaly[] {
  const ids = accounts[0]?.campaigns.map((campaign) => campaign.id) ?? []
  const plant = (at: number, kind: PlantedAnomaly['kind'], from: number, to: number): PlantedAnomaly => ({
    campaignId: ids[at] ?? '',
    kind,
    startDay: anchorDay - from,
    endDay: anchorDay - to,
  })
  return [plant(2, 'cpm_spike', 12, 10), plant(0, 'tracking_outage', 6, 4), plant(6, 'spend_surge', 3, 3)]
}

function indexOf(accounts: readonly MetaAccount[]): ReadonlyMap<string, MetaObject> {
  const byId = new Map<string, MetaObject>()
  for (const account of accounts) {
    byId.set(`act_${account.id}`, account)
    for (const tracker of [...account.pixels, ...account.customConversions]) byId.set(tracker.id, tracker)
    for (const entity of entitiesOf(account)) {
      byId.set(entity.id, entity)
      if (entity.kind === 'ad') byId.set(entity.creative.id, entity.creative)
    }
  }
  return byId
}

/** Opens the world: built from the seed and the clock's day, then the saved edits on top. */
export function createMetaWorld(options: MetaWorldOptions): MetaWorld {
  const { seed, clock } = options
  const size = options.size ?? 'small'
  const saved = readState(options.statePath, seed, size)
  const anchorDate = saved?.anchorDate ?? localMoment(clock.nowMs(), 'UTC').date
  const anchorDay = dayNumber(anchorDate)
  const { accounts, businesses, userId } = buildWorld(seed, anchorDate, size)
  const anomalies = plantAnomalies(accounts, anchorDay)
  const byId = indexOf(accounts)
  const grants = new Map(saved?.grants ?? [])
  let activities: MetaActivity[] = [...(saved?.activities ?? [])]
  let revision = 0
  let historyLagMs = 0
  const edited = new Set<string>()
  const isEditable = (object: MetaObject | undefined): object is MetaEntity | MetaAccount =>
    object?.kind === 'campaign' || object?.kind === 'adset' || object?.kind === 'ad' || object?.kind === 'account'
  for (const [id, state] of Object.entries(saved?.entities ?? {})) {
    const object = byId.get(id)
    if (!isEditable(object)) continue
    applyEdit(object, state)
    edited.add(id)
  }

  const now = (account: MetaAccount) => {
    const { date, minuteOfDay } = localMoment(clock.nowMs(), account.timeZone)
    return { day: dayNumber(date), minuteOfDay, date }
  }
  const context = (account: MetaAccount): MetricsContext => ({ seed, anchorDay, anomalies, now: now(account) })
  const touch = (entity: MetaEntity, eventType: string, actorName: string, extra: Record<string, unknown>) => {
    entity.updatedAtMs = clock.nowMs()
    edited.add(entity.id)
    revision += 1
    const { id, name } = entity
    activities = [
      ...activities.slice(1 - MAX_ACTIVITIES),
      {
        accountId: ownerOf(entity).id,
        atMs: clock.nowMs(),
        eventType,
        actorName,
        application: applicationOf(actorName),
        objectId: id,
        objectName: name,
        extra,
      },
    ]
  }
  const find = <K extends MetaObject['kind']>(id: string, kind: K) => {
    const object = byId.get(id)
    return object?.kind === kind ? (object as Extract<MetaObject, { kind: K }>) : undefined
  }

  const persist = () => {
    if (options.statePath === undefined) return
    const entities: Record<string, EditState> = {}
    for (const id of edited) {
      const object = byId.get(id)
      if (isEditable(object)) entities[id] = editOf(object)
    }
    writeState(options.statePath, {
      version: 1,
      seed,
      size,
      anchorDate,
      entities,
      activities,
      grants: [...grants].slice(-50),
    })
  }

  return {
    seed,
    size,
    anchorDate,
    userId,
    businesses,
    accounts,
    anomalies,
    grants,
    get activities() {
      return activities
    },
    nowMs: () => clock.nowMs(),
    setHistoryLag: (ms) => void (historyLagMs = ms),
    isInHistory: (atMs) => atMs <= clock.nowMs() - historyLagMs,
    revision: () => revision,
    account: (id) => accounts.find((account) => account.id === id),
    object: (id) => byId.get(id),
    campaign: (id) => find(id, 'campaign'),
    adSet: (id) => find(id, 'adset'),
    ad: (id) => find(id, 'ad'),
    homeOf: ownerOf,
    now,
    context,
    day: (entity, date) =>
      entityDay(context(entity.kind === 'account' ? entity : ownerOf(entity)), entity, dayNumber(date)),
    spentMinor: (entity) => {
      const account = ownerOf(entity)
      const view = context(account)
      let sum = 0
      const first = entity.budgetKind === 'lifetime' ? (entity.switches[0]?.day ?? view.now.day) : view.now.day
      for (let day = first; day <= view.now.day; day += 1) sum += entityDay(view, entity, day)?.[0] ?? 0
      return sum
    },
    ...createEdits({ clock, now, touch, mark: (id) => edited.add(id) }),
    setAccount: (account, change) => {
      if (change.status !== undefined) account.status = change.status
      if (change.userTasks !== undefined) account.userTasks = change.userTasks
      edited.add(`act_${account.id}`)
      revision += 1
    },
    withoutEffect: (work) => {
      const before: (readonly [MetaEntity | MetaAccount, EditState])[] = []
      for (const object of byId.values()) if (isEditable(object)) before.push([object, editOf(object)])
      const [editedBefore, activitiesBefore] = [new Set(edited), activities]
      try {
        return work()
      } finally {
        for (const [object, state] of before) applyEdit(object, state)
        edited.clear()
        for (const id of editedBefore) edited.add(id)
        activities = activitiesBefore
        revision += 1
        // The work may have saved itself.
        persist()
      }
    },
    persist,
  }
}
