/** Every change that the platform's own database can see, each with its line in the change log. Rules are checked elsewhere. */
import type { Clock } from '../../../../shared/clock.ts'
import type { MetaAccount, MetaAdSet, MetaBidStrategy, MetaCampaign, MetaEntity, MetaStatus } from './types.ts'

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
      touch(entity, type, actor, { old_value: old, new_value: budgetMinor, type: 'payment_amount' })
    },
    setBid: (entity, bid, actor) => {
      const old = entity.roasFloor ?? entity.bidMinor
      if ('bidMinor' in bid) entity.bidMinor = bid.bidMinor
      if ('roasFloor' in bid) entity.roasFloor = bid.roasFloor
      touch(entity, 'update_ad_set_bid_amount', actor, {
        old_value: old,
        new_value: entity.roasFloor ?? entity.bidMinor,
      })
    },
    setStrategy: (entity, strategy, actor) => {
      const old = entity.bidStrategy
      entity.bidStrategy = strategy
      if (entity.kind === 'campaign')
        for (const adSet of entity.adSets) {
          adSet.bidStrategy = strategy
          mark(adSet.id)
        }
      const type = entity.kind === 'campaign' ? 'update_campaign_bid_strategy' : 'update_ad_set_bid_strategy'
      touch(entity, type, actor, { old_value: old, new_value: strategy })
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
      touch(entity, `update_${nounOf(entity)}_run_status`, actor, {
        old_value: old,
        new_value: status,
        type: 'run_status',
      })
    },
  }
}
