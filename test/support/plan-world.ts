/** A small stored world for planners: plain data, as the last sync would have left it. */
import type { StrategyOption } from '../../shared/domain/entity.ts'
import { type Account, dailyBudgetUnder, type EditableField, type Entity } from '../../shared/domain/entity.ts'
import {
  type AccountId,
  accountId,
  type EntityId,
  type EntityType,
  entityId,
  type Platform,
  splitEntityId,
} from '../../shared/domain/ids.ts'
import type { ChangeInput } from '../../shared/operations.ts'
import { type Plan, type PlanContext, planChange, type PlanningSnapshot } from '../../main/drafts/plan.ts'
import { FIRST_POLICY } from '../../main/drafts/policy.ts'

export const ONE = 1_000_000n
export const GOOGLE = accountId('google_ads', '1112223333')
export const META = accountId('meta', '42')
export const TIKTOK = accountId('tiktok', '7000000000000000001')

export const idOf = (account: AccountId, type: EntityType, external: string): EntityId =>
  entityId(account, type, external)

export function entity(id: EntityId, rest: Partial<Entity> & { readonly editable: readonly EditableField[] }): Entity {
  const { accountId: account, type } = splitEntityId(id)
  return {
    entityId: id,
    accountId: account,
    type,
    name: `Entity ${id}`,
    status: 'enabled',
    rawStatus: 'ENABLED',
    deliveryStatus: 'ELIGIBLE',
    budgetKind: 'none',
    ...rest,
  }
}

export const offer = (
  strategy: StrategyOption['strategy'],
  target: StrategyOption['target'],
  isTargetOptional = false,
): StrategyOption => ({ strategy, target, isTargetOptional })

export interface World {
  readonly snapshot: PlanningSnapshot
  readonly plan: (input: unknown, rest?: Partial<PlanContext>) => Plan
}

/** Everything is in one account per platform; currencies differ only where a test says so. */
export function worldOf(entities: readonly Entity[], currency = 'EUR'): World {
  const byId = new Map(entities.map((each) => [each.entityId, each]))
  const account = (id: AccountId): Account => ({
    accountId: id,
    platform: id.slice(0, id.indexOf(':')) as Platform,
    name: 'Shop',
    currency,
    timeZone: 'Europe/Berlin',
    status: 'active',
    rawStatus: 'ACTIVE',
  })
  const snapshot: PlanningSnapshot = {
    account: (id) => (entities.some((each) => each.accountId === id) ? account(id) : undefined),
    entity: (id) => byId.get(id),
    path: (id) => ['Shop', byId.get(id)?.name ?? '?'],
    dailyBudgetUnderMicros: (id) => {
      const found = byId.get(id)
      return found === undefined
        ? undefined
        : dailyBudgetUnder(
            found,
            entities.filter((each) => each.parentId === id),
          )
    },
    isRunning: (id) => {
      const found = byId.get(id)
      return (
        found?.status === 'enabled' && (found.parentId === undefined || byId.get(found.parentId)?.status === 'enabled')
      )
    },
  }
  return {
    snapshot,
    plan: (input, rest = {}) =>
      planChange(input as ChangeInput, 0, {
        snapshot,
        policy: FIRST_POLICY,
        writesAllowed: () => true,
        isUndo: false,
        ...rest,
      }),
  }
}
