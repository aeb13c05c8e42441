/**
 * The one shop that the sandbox platforms serve: seeded, deterministic, with a clock of its caller's.
 * Keeps state in memory, optionally the *edits* in one JSON file. Never talks to a network and never holds real data.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { Clock } from '../../../shared/clock.ts'
import { addDays, dayNumber, HISTORY_DAYS, type LocalMoment, localMoment } from './calendar.ts'
import { buildAdvertisers } from './world-build.ts'
import { createChangeLog, type Editor, type LoggedChange } from './world-changes.ts'
import { type DayTotals, entityDay, totalsOf } from './world-metrics.ts'
import type {
  BidEdit,
  BidType,
  BudgetStep,
  OperationStatus,
  PlantedAnomaly,
  SandboxAd,
  SandboxAdGroup,
  SandboxAdvertiser,
  SandboxCampaign,
  SandboxEntity,
  SwitchPoint,
  WorldSize,
} from './world-types.ts'

/** What an edit may change of an entity; this and nothing else is persisted. */
interface EditState {
  name: string
  operationStatus: OperationStatus
  switches: SwitchPoint[]
  modifiedAtMs: number
  budgetMinor?: number
  budgetSteps?: BudgetStep[]
  bidMinor?: number
  bidType?: BidType
  roasHundredths?: number
  scheduled?: BudgetStep
}
interface StateFile {
  readonly version: 1
  readonly seed: number
  /** Absent in files of the time when there was one size. */
  readonly size?: WorldSize
  readonly anchorDate: string
  readonly entities: Readonly<Record<string, EditState>>
  readonly accessTokens: readonly string[]
  /** Absent in files of the time before the change log. */
  readonly changes?: readonly LoggedChange[]
}

export interface World {
  readonly seed: number
  /** The day the history was built for. Stays put when a state file is re-opened on a later day. */
  readonly anchorDate: string
  readonly advertisers: readonly SandboxAdvertiser[]
  readonly anomalies: readonly PlantedAnomaly[]
  readonly historyDays: number
  /** Rises with every edit: what was worked out before is then out of date. */
  readonly revision: () => number
  advertiser(id: string): SandboxAdvertiser | undefined
  campaign(id: string): SandboxCampaign | undefined
  adGroup(id: string): SandboxAdGroup | undefined
  ad(id: string): SandboxAd | undefined
  entities(advertiser: SandboxAdvertiser): readonly SandboxEntity[]
  now(advertiser: SandboxAdvertiser): LocalMoment
  day(entity: SandboxEntity, date: string): DayTotals
  advertiserDay(advertiser: SandboxAdvertiser, date: string): DayTotals
  /** Spend of today (daily budgets) or since the start (lifetime budgets), smallest units. */
  spentMinor(entity: SandboxCampaign | SandboxAdGroup): number
  setBudget(entity: SandboxCampaign | SandboxAdGroup, budgetMinor: number): void
  scheduleBudget(entity: SandboxAdGroup, budgetMinor: number): void
  setBid(entity: SandboxAdGroup, bid: BidEdit): void
  setName(entity: SandboxEntity, name: string): void
  setStatus(entity: SandboxEntity, status: OperationStatus): void
  /** Runs `work` and then puts every entity back: an answer of success without its effect. */
  withoutEffect<T>(work: () => T): T
  /** Runs `work` as somebody else than the colleague in TikTok's own screens. */
  actingAs<T>(editor: Editor, work: () => T): T
  /** The change log of one advertiser as far as it shows yet, oldest first. */
  changeLog(advertiser: SandboxAdvertiser): readonly LoggedChange[]
  /** How late a change shows in the log: at once unless told. */
  setHistoryLag(ms: number): void
  /** Access tokens issued earlier and still good after a restart. */
  readonly accessTokens: Set<string>
  persist(): void
}

export interface WorldOptions {
  readonly seed: number
  readonly clock: Clock
  /** Small unless told. */
  readonly size?: WorldSize
  /** Where edits survive a restart. A file of another seed or size is ignored. */
  readonly statePath?: string
}

function readState(path: string | undefined, seed: number, size: WorldSize): StateFile | undefined {
  if (path === undefined) return undefined
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
  try {
    const state = JSON.parse(text) as StateFile
    const isOurs = state.version === 1 && state.seed === seed && (state.size ?? 'small') === size
    return isOurs && !Number.isNaN(dayNumber(state.anchorDate)) ? state : undefined
  } catch {
    // A torn demo file is not worth an error: the demo starts fresh.
    return undefined
  }
}

function editStateOf(entity: SandboxEntity): EditState {
  return {
    name: entity.name,
    operationStatus: entity.operationStatus,
    switches: [...entity.switches],
    modifiedAtMs: entity.modifiedAtMs,
    ...(entity.kind === 'ad' ? {} : { budgetMinor: entity.budgetMinor, budgetSteps: [...entity.budgetSteps] }),
    ...(entity.kind === 'ad_group'
      ? { bidMinor: entity.bidMinor, bidType: entity.bidType, roasHundredths: entity.roasHundredths }
      : {}),
    ...(entity.kind === 'ad_group' && entity.scheduled !== undefined ? { scheduled: entity.scheduled } : {}),
  }
}

function applyEditState(entity: SandboxEntity, state: EditState): void {
  entity.name = state.name
  entity.operationStatus = state.operationStatus
  entity.switches = [...state.switches]
  entity.modifiedAtMs = state.modifiedAtMs
  if (entity.kind === 'ad') return
  entity.budgetMinor = state.budgetMinor ?? entity.budgetMinor
  entity.budgetSteps = [...(state.budgetSteps ?? [])]
  if (entity.kind !== 'ad_group') return
  entity.bidMinor = state.bidMinor ?? entity.bidMinor
  entity.bidType = state.bidType ?? entity.bidType
  entity.roasHundredths = state.roasHundredths ?? entity.roasHundredths
  entity.scheduled = state.scheduled
}

function plantAnomalies(advertisers: readonly SandboxAdvertiser[], anchorDate: string): readonly PlantedAnomaly[] {
  const ids = advertisers[0]?.campaigns.map((campaign) => campaign.id) ?? []
  const plant = (index: number, kind: PlantedAnomaly['kind'], from: number, to: number): PlantedAnomaly => ({
    campaignId: ids[index] ?? '',
    kind,
    startDate: addDays(anchorDate, -from),
    endDate: addDays(anchorDate, -to),
  })
  return [plant(2, 'cpm_spike', 12, 10), plant(0, 'tracking_outage', 6, 4), plant(5, 'spend_surge', 3, 3)]
}

function entitiesOf(advertiser: SandboxAdvertiser): readonly SandboxEntity[] {
  return advertiser.campaigns.flatMap((campaign) => [
    campaign,
    ...campaign.adGroups.flatMap((group): SandboxEntity[] => [group, ...group.ads]),
  ])
}

function rememberBudget(entity: SandboxCampaign | SandboxAdGroup, step: BudgetStep): void {
  // 100 steps is far beyond a demo's life and keeps the state file small.
  entity.budgetSteps = [...entity.budgetSteps.slice(-99), step]
}

/** Opens the world: built from the seed and the clock's day, then the saved edits on top. */
export function createWorld(options: WorldOptions): World {
  const { seed, clock } = options
  const size = options.size ?? 'small'
  const saved = readState(options.statePath, seed, size)
  const anchorDate = saved?.anchorDate ?? localMoment(clock.nowMs(), 'UTC').date
  const advertisers = buildAdvertisers(seed, anchorDate, size)
  const anomalies = plantAnomalies(advertisers, anchorDate)
  const byId = new Map<string, SandboxEntity>()
  const homeOf = new Map<string, SandboxAdvertiser>()
  for (const advertiser of advertisers)
    for (const entity of entitiesOf(advertiser)) {
      byId.set(entity.id, entity)
      homeOf.set(entity.id, advertiser)
    }
  const edited = new Set<string>()
  let revision = 0
  for (const [id, state] of Object.entries(saved?.entities ?? {})) {
    const entity = byId.get(id)
    if (entity === undefined) continue
    applyEditState(entity, state)
    edited.add(id)
  }
  const accessTokens = new Set(saved?.accessTokens ?? [])

  const home = (entity: SandboxEntity): SandboxAdvertiser => homeOf.get(entity.id) as SandboxAdvertiser
  const now = (advertiser: SandboxAdvertiser) => localMoment(clock.nowMs(), advertiser.timeZone)
  const contextOf = (advertiser: SandboxAdvertiser) => ({ seed, anchorDate, anomalies, now: now(advertiser) })
  const touch = (entity: SandboxEntity) => {
    revision += 1
    entity.modifiedAtMs = clock.nowMs()
    edited.add(entity.id)
  }
  /** A scheduled budget becomes the budget at the account's midnight; looked at lazily, on every access. */
  const settle = <T extends SandboxEntity | undefined>(entity: T): T => {
    if (entity?.kind !== 'ad_group' || entity.scheduled === undefined) return entity
    const { date, budgetMinor } = entity.scheduled
    if (now(home(entity)).date < date) return entity
    entity.budgetMinor = budgetMinor
    rememberBudget(entity, { date: addDays(date, -1), budgetMinor })
    entity.scheduled = undefined
    return entity
  }
  const find = (id: string) => settle(byId.get(id))
  const log = createChangeLog({ clock, home, saved: saved?.changes ?? [] })

  return {
    seed,
    anchorDate,
    advertisers,
    anomalies,
    historyDays: HISTORY_DAYS,
    revision: () => revision,
    accessTokens,
    advertiser: (id) => advertisers.find((advertiser) => advertiser.id === id),
    campaign: (id) => {
      const entity = find(id)
      return entity?.kind === 'campaign' ? entity : undefined
    },
    adGroup: (id) => {
      const entity = find(id)
      return entity?.kind === 'ad_group' ? entity : undefined
    },
    ad: (id) => {
      const entity = find(id)
      return entity?.kind === 'ad' ? entity : undefined
    },
    entities: (advertiser) => entitiesOf(advertiser).map((entity) => settle(entity)),
    now,
    day: (entity, date) => entityDay(contextOf(home(entity)), settle(entity), date),
    advertiserDay: (advertiser, date) =>
      totalsOf(advertiser.campaigns.map((campaign) => entityDay(contextOf(advertiser), campaign, date))),
    spentMinor: (entity) => {
      const context = contextOf(home(entity))
      if (entity.budgetMode !== 'BUDGET_MODE_TOTAL') return entityDay(context, entity, context.now.date).spendMinor
      const first = entity.switches[0]?.date ?? context.now.date
      let sum = 0
      for (let day = dayNumber(first); day <= dayNumber(context.now.date); day += 1)
        sum += entityDay(context, entity, addDays('1970-01-01', day)).spendMinor
      return sum
    },
    actingAs: (editor, work) => log.actingAs(editor, work),
    changeLog: log.of,
    setHistoryLag: log.setLag,
    setBudget: (entity, budgetMinor) => {
      log.budget(entity, entity.budgetMinor, budgetMinor)
      entity.budgetMinor = budgetMinor
      rememberBudget(entity, { date: now(home(entity)).date, budgetMinor })
      touch(entity)
    },
    scheduleBudget: (entity, budgetMinor) => {
      log.budget(entity, entity.scheduled?.budgetMinor ?? entity.budgetMinor, budgetMinor)
      entity.scheduled = { date: addDays(now(home(entity)).date, 1), budgetMinor }
      touch(entity)
    },
    setBid: (entity, bid) => {
      log.bidding(entity, () => {
        entity.bidType = bid.bidType ?? entity.bidType
        entity.bidMinor = bid.bidMinor ?? entity.bidMinor
        entity.roasHundredths = bid.roasHundredths ?? entity.roasHundredths
      })
      touch(entity)
    },
    setName: (entity, name) => {
      log.name(entity, name)
      entity.name = name
      touch(entity)
    },
    setStatus: (entity, status) => {
      log.status(entity, status)
      entity.operationStatus = status
      const { date, minuteOfDay } = now(home(entity))
      if (entity.kind !== 'ad' || !entity.isDenied)
        entity.switches = [...entity.switches.slice(-199), { date, minuteOfDay, isOn: status === 'ENABLE' }]
      touch(entity)
    },
    withoutEffect: (work) => {
      const before = [...byId.values()].map((entity) => [entity, editStateOf(entity)] as const)
      const [editedBefore, changesBefore] = [new Set(edited), log.all()]
      try {
        return work()
      } finally {
        for (const [entity, state] of before) applyEditState(entity, state)
        edited.clear()
        for (const id of editedBefore) edited.add(id)
        log.restore(changesBefore)
      }
    },
    persist: () => {
      if (options.statePath === undefined) return
      const state: StateFile = {
        version: 1,
        seed,
        size,
        anchorDate,
        entities: Object.fromEntries(
          [...edited].flatMap((id) => {
            const entity = byId.get(id)
            return entity === undefined ? [] : [[id, editStateOf(entity)]]
          }),
        ),
        accessTokens: [...accessTokens].slice(-20),
        changes: log.all().slice(-500),
      }
      const draft = `${options.statePath}.tmp`
      writeFileSync(draft, JSON.stringify(state), { mode: 0o600 })
      renameSync(draft, options.statePath)
    },
  }
}
