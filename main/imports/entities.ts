/**
 * Who in an imported account is meant by a row: the same campaign, ad group or ad as in earlier files wherever that can be told, also when one
 * file numbers it and another only names it. Never makes two of one, and never one of two that a file tells apart.
 */
import { type Entity, FIELDS, type EditableField } from '../../shared/domain/entity.ts'
import { type AccountId, type EntityId, entityId, splitEntityId } from '../../shared/domain/ids.ts'
import type { FactsReaders } from '../store/facts-tables.ts'
import type { ImportedAccounts } from '../store/imported-account-table.ts'
import { isNameId, nameId, ownId } from './accounts.ts'
import type { NamedEntity } from './parsed.ts'
import type { EntityRow } from './staging.ts'

export interface EntityDeps {
  readonly read: FactsReaders
  readonly accounts: ImportedAccounts
}

export interface Resolver {
  /** The entity's id, for one that is not stored yet the id it gets. One answer a row; ask in the order of the rows. */
  readonly idOf: (row: EntityRow) => EntityId
  /** As it will be stored: what the file does not say stays as it was. */
  readonly entityOf: (row: EntityRow, id: EntityId) => Entity
}

const keyOf = (path: readonly NamedEntity[]): string =>
  JSON.stringify(path.map((part) => ownId(part) ?? `n ${part.name}`))

export function createResolver(deps: EntityDeps, accountId: AccountId, accountKey: number): Resolver {
  const { read, accounts } = deps
  /** By level and path, what this file's rows were found to be. */
  const found = new Map<string, EntityId>()
  const taken = new Set<EntityId>()
  const siblings = new Map<string, ReadonlyMap<string, EntityId | null>>()

  /** The only one of that name; undefined when there are none or several. */
  function byName(parent: EntityId | undefined, row: EntityRow, name: string): EntityId | undefined {
    const key = `${parent ?? ''} ${row.level}`
    const known = siblings.get(key) ?? namesBelow(parent, row)
    siblings.set(key, known)
    return known.get(name) ?? undefined
  }
  function namesBelow(parent: EntityId | undefined, row: EntityRow): ReadonlyMap<string, EntityId | null> {
    const names = new Map<string, EntityId | null>()
    const all =
      row.level === 'campaign' || parent === undefined
        ? accounts.campaignNames(accountKey)
        : row.level === 'ad' && row.path.length === 2
          ? [...accounts.childNames(parent, 'ad'), ...accounts.adsBelow(parent)]
          : accounts.childNames(parent, row.level)
    for (const each of all) names.set(each.name, names.has(each.name) ? null : each.entityId)
    return names
  }
  function parentOf(row: EntityRow): EntityId | undefined {
    if (row.path.length < 2) return undefined
    const level = row.path.length === 3 ? 'ad_group' : 'campaign'
    const above = row.path.slice(0, -1)
    const known = found.get(`${level} ${keyOf(above)}`)
    if (known === undefined) throw new Error('a row came before what it lies below')
    return known
  }
  const isFree = (id: EntityId | undefined): id is EntityId => id !== undefined && !taken.has(id)

  function look(row: EntityRow): EntityId {
    const last = row.path.at(-1)
    if (last === undefined) throw new Error('a row without a name')
    const own = ownId(last)
    const isKnown = (id: EntityId): boolean => read.entities.nameOf(id) !== undefined
    const same = (): EntityId | undefined => byName(parentOf(row), row, last.name)
    if (own !== undefined) {
      const numbered = entityId(accountId, row.level, own)
      const unnumbered = isKnown(numbered) ? undefined : same()
      return isFree(unnumbered) && isNameId(splitEntityId(unnumbered).externalId) ? unnumbered : numbered
    }
    const named = entityId(accountId, row.level, nameId(row.level, row.path))
    if (!taken.has(named) && isKnown(named)) return named
    const sibling = same()
    return isFree(sibling) ? sibling : named
  }
  return {
    idOf(row) {
      const key = `${row.level} ${keyOf(row.path)}`
      const known = found.get(key)
      if (known !== undefined) return known
      const id = look(row)
      found.set(key, id)
      taken.add(id)
      return id
    },
    entityOf(row, id) {
      const before = read.entities.byId(id)
      const parentId = parentOf(row) ?? before?.parentId
      const status = row.status ?? before?.status ?? 'unknown'
      const budget = row.budget === undefined ? before?.dailyBudgetMicros : BigInt(row.budget)
      return {
        entityId: id,
        accountId,
        type: row.level,
        // An ad that a file names without its ad group stays where it was.
        ...(before?.parentId !== undefined && row.level === 'ad' && row.path.length === 2
          ? { parentId: before.parentId }
          : parentId === undefined
            ? {}
            : { parentId }),
        name: row.path.at(-1)?.name ?? '',
        status,
        rawStatus: '',
        deliveryStatus: '',
        budgetKind: budget === undefined ? 'none' : 'daily',
        ...(budget === undefined ? {} : { dailyBudgetMicros: budget }),
        editable: editableFields(budget !== undefined, status === 'enabled' || status === 'paused'),
      }
    },
  }
}

const NOT_TOLD = 'This account is imported from files, and they do not tell this value: nothing can be proposed for it.'

/** Only what a file tells has a "before" that a proposal can be compared with. */
function editableFields(knowsBudget: boolean, knowsStatus: boolean): readonly EditableField[] {
  return FIELDS.map((field) =>
    (field === 'daily_budget' && knowsBudget) || (field === 'status' && knowsStatus)
      ? { field, isEditable: true, takesEffect: 'immediately' }
      : { field, isEditable: false, refusal: NOT_TOLD },
  )
}
