/** Every change that the platform's own database can see, each with its line in the change log. Rules are checked elsewhere. */
import type { Clock } from '../../../../shared/clock.ts'
import type {
  MetaAccount,
  MetaAdSet,
  MetaApplication,
  MetaBidStrategy,
  MetaCampaign,
  MetaEntity,
  MetaStatus,
} from './types.ts'

export interface MetaEdits {
  setBudget(entity: MetaCampaign | MetaAdSet, budgetMinor: number, actor: string): void
  setBid(entity: MetaAdSet, bid: { bidMinor?: number | undefined; roasFloor?: number | undefined }, actor: string): void
  setStrategy(entity: MetaCampaign | MetaAdSet, strategy: MetaBidStrategy, actor: string): void
  setName(entity: MetaEntity, name: string, actor: string): void
  setStatus(entity: MetaEntity, status: MetaStatus, actor: string): void
}

export function ownerOf(entity: MetaEntity): MetaAccount {
  if (entity.kind === 'campaign') return entity.account
  return entity.kind === 'adset' ? entity.campaign.account : entity.adSet.campaign.account
}

function nounOf(entity: MetaEntity): string {
  return entity.kind === 'adset' ? 'ad_set' : entity.kind
}

/** Whoever holds the sandbox's token, and what its app is called. */
export const API_ACTOR = 'Fjellkant Reporting'
const OUR_APP: MetaApplication = { id: '310000000000031', name: 'Fjellkant Connect' }
const ADS_MANAGER: MetaApplication = { id: '119211728144504', name: 'Ads Manager' }

export function applicationOf(actor: string): MetaApplication {
  return actor === API_ACTOR ? OUR_APP : ADS_MANAGER
}

/** How the log words a switch, and the number beside the word where it has one. */
const RUN_STATUS: Readonly<Record<MetaStatus, readonly [word: string, code: number | undefined]>> = {
  ACTIVE: ['Active', 1],
  PAUSED: ['Inactive', 15],
  ARCHIVED: ['Archived', undefined],
  DELETED: ['Deleted', undefined],
}
const PENDING = 'Pending process'

type RunStatus = readonly [word: string, code: number | undefined]

function statusExtra([oldWord, oldCode]: RunStatus, [newWord, newCode]: RunStatus): Record<string, unknown> {
  const hasCodes = oldCode !== undefined && newCode !== undefined
  return {
    ...(hasCodes ? { run_status: { old_value: oldCode, new_value: newCode } } : {}),
    old_value: oldWord,
    new_value: newWord,
  }
}

export interface EditDeps {
  readonly clock: Clock
  readonly now: (account: MetaAccount) => { readonly day: number; readonly minuteOfDay: number }
  /** Notes the change: time, log, what is saved. */
  readonly touch: (entity: MetaEntity, eventType: string, actor: string, extra: Record<string, unknown>) => void
  readonly mark: (id: string) => void
}

export function createEdits({ clock, now, touch, mark }: EditDeps): MetaEdits {
  return {
    setBudget: (entity, budgetMinor, actor) => {
      const old = entity.budgetMinor
      entity.budgetMinor = budgetMinor
      // 100 steps is far beyond a demo's life and keeps the state file small.
      entity.budgetSteps = [...entity.budgetSteps.slice(-99), { day: now(ownerOf(entity)).day, budgetMinor }]
      entity.budgetChangesAtMs = [...entity.budgetChangesAtMs.slice(-7), clock.nowMs()]
      const type = entity.kind === 'campaign' ? 'update_campaign_budget' : 'update_ad_set_budget'
      const span = entity.budgetKind === 'lifetime' ? 'Lifetime budget' : 'Per day'
      touch(entity, type, actor, {
        old_value: { old_value: old, type: span },
        new_value: { new_value: budgetMinor, type: span },
      })
    },
    setBid: (entity, bid, actor) => {
      const old = entity.roasFloor ?? entity.bidMinor
      if ('bidMinor' in bid) entity.bidMinor = bid.bidMinor
      if ('roasFloor' in bid) entity.roasFloor = bid.roasFloor
      touch(entity, 'update_ad_set_bidding', actor, {
        old_value: old,
        new_value: entity.roasFloor ?? entity.bidMinor,
      })
    },
    setStrategy: (entity, strategy, actor) => {
      const old = entity.bidStrategy
      entity.bidStrategy = strategy
      const note = (adSet: MetaAdSet) =>
        touch(adSet, 'update_ad_set_bid_strategy', actor, { old_value: old, new_value: strategy })
      if (entity.kind === 'adset') {
        note(entity)
        return
      }
      // The log has no event of its own for campaigns: it names every ad set that bids another way now.
      entity.updatedAtMs = clock.nowMs()
      mark(entity.id)
      for (const adSet of entity.adSets) {
        adSet.bidStrategy = strategy
        note(adSet)
      }
    },
    setName: (entity, name, actor) => {
      const old = entity.name
      entity.name = name
      touch(entity, `update_${nounOf(entity)}_name`, actor, { old_value: old, new_value: name })
    },
    setStatus: (entity, status, actor) => {
      const old = entity.status
      entity.status = status
      const { day, minuteOfDay } = now(ownerOf(entity))
      const delivers = entity.kind !== 'ad' || entity.review === 'approved'
      if (delivers) entity.switches = [...entity.switches.slice(-199), { day, minuteOfDay, isOn: status === 'ACTIVE' }]
      const type = `update_${nounOf(entity)}_run_status`
      const [from, to] = [RUN_STATUS[old], RUN_STATUS[status]]
      // An ad passes through a state in between, and the log tells both steps.
      if (entity.kind === 'ad') {
        touch(entity, type, actor, statusExtra(from, [PENDING, undefined]))
        touch(entity, type, actor, statusExtra([PENDING, undefined], to))
      } else touch(entity, type, actor, statusExtra(from, to))
    },
  }
}
