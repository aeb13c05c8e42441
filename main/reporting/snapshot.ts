/** The last sync as planners see it. Reads only what is stored; nothing in here is live. */
import { type Account, dailyBudgetUnder, type Entity } from '../../shared/domain/entity.ts'
import { type AccountId, type EntityId, splitEntityId } from '../../shared/domain/ids.ts'
import { factsReaders } from '../store/facts-tables.ts'
import type { FactsReadDb } from '../store/open.ts'
import { cleanUntrusted } from './untrusted.ts'

export interface SnapshotAccount extends Account {
  readonly connectionId: string
  readonly lastSyncAtMs: number | null
}

export interface Snapshot {
  /** Undefined when unknown, or when its connection no longer lists it. */
  account(id: AccountId): SnapshotAccount | undefined
  entity(id: EntityId): Entity | undefined
  parentOf(id: EntityId): Entity | undefined
  /** Cleaned names from the account down to the entity; an unknown entity has only what is known above it. */
  path(id: EntityId): readonly string[]
  /** Whether the entity and everything above it is switched on, and the account is in use. What the platform delivers is another matter. */
  isRunning(id: EntityId): boolean
  /** See dailyBudgetUnder; undefined for an unknown entity too. */
  dailyBudgetUnderMicros(id: EntityId): bigint | undefined
}

/** Deeper than campaign, ad group, ad, creative nothing goes; a longer chain is a loop in the data. */
const MAX_DEPTH = 4
const MAX_CHILDREN = 10_000

export function readSnapshot(facts: FactsReadDb): Snapshot {
  const { accounts, entities } = factsReaders(facts)

  /** The entity first, then its parents upwards. */
  function chain(id: EntityId): readonly Entity[] {
    const found: Entity[] = []
    for (let next: EntityId | undefined = id; next !== undefined && found.length < MAX_DEPTH; ) {
      const entity = entities.byId(next)
      if (entity === undefined) break
      found.push(entity)
      next = entity.parentId
    }
    return found
  }

  function account(id: AccountId): SnapshotAccount | undefined {
    const found = accounts.byId(id)
    return found?.isListed === true ? found : undefined
  }

  function parentOf(id: EntityId): Entity | undefined {
    const parentId = entities.byId(id)?.parentId
    return parentId === undefined ? undefined : entities.byId(parentId)
  }

  return {
    account,
    entity: (id) => entities.byId(id),
    parentOf,
    path(id) {
      const owner = accounts.byId(splitEntityId(id).accountId)
      const names = chain(id).map((entity) => entity.name)
      return [...(owner === undefined ? [] : [owner.name]), ...names.toReversed()].map((name) => cleanUntrusted(name))
    },
    isRunning(id) {
      const line = chain(id)
      const status = account(splitEntityId(id).accountId)?.status
      return (
        (status === 'active' || status === 'limited') &&
        line.length > 0 &&
        line.every((entity) => entity.status === 'enabled')
      )
    },
    dailyBudgetUnderMicros(id) {
      const entity = entities.byId(id)
      if (entity === undefined) return undefined
      return dailyBudgetUnder(entity, entity.type === 'campaign' ? entities.children(id, 'ad_group', MAX_CHILDREN) : [])
    },
  }
}
