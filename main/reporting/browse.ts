/** browse_entities: pages of the stored snapshot for the window's explorer, filtered and sorted by SQLite. Shows what is stored; asks nobody. */
import type { AccountId, EntityId, EntityType } from '../../shared/domain/ids.ts'
import { formatRounded } from '../../shared/domain/money.ts'
import type { BrowseRow, OutputOf, ParsedInputOf } from '../../shared/operations.ts'
import type { StoredAccount } from '../store/account-table.ts'
import type { StoredEntity } from '../store/entity-table.ts'
import type { EntityRowFacts, RowFilter, RowOrder } from '../store/entity-row-table.ts'
import { factsReaders } from '../store/facts-tables.ts'
import type { FactsReadDb } from '../store/open.ts'
import { unknownEntity } from './entities.ts'
import { asOf, isoTime, hasKnownCurrency, type ReportingDeps, storedAccount } from './freshness.ts'
import { ratio } from './rates.ts'
import { cleanUntrusted, searchName } from './untrusted.ts'

type Input = ParsedInputOf<'browse_entities'>

export interface BrowseDeps extends ReportingDeps {
  /** Drafts of the entity that wait for a person. */
  readonly openDraftCount: (id: EntityId) => number
}

const DEFAULT_LIMIT = 100
/** An edit made elsewhere is marked for this long, and at least until the second sync after it. */
const CHANGED_DAYS = 7
const DAY_MS = 86_400_000
const MAX_DEPTH = 4
const CHILD_TYPE: Readonly<Record<EntityType, EntityType | undefined>> = {
  campaign: 'ad_group',
  ad_group: 'ad',
  ad: 'creative',
  creative: undefined,
}

/**
 * At most 200 rows from `offset` on, with how many there are. Deleted entities only when asked for by status.
 * Without `type`: the direct children of the parent, or the campaigns of the account or of all accounts.
 * Numbers sort largest first unless `descending` says otherwise; names and states from A to Z.
 * @throws OperationError account_not_available, unknown_entity (the parent)
 */
export function browseEntities(deps: BrowseDeps, input: Input): OutputOf<'browse_entities'> {
  const { facts } = deps
  const { entities, entityRows } = factsReaders(facts)
  const parent = input.parent_id === undefined ? undefined : entities.byId(input.parent_id)
  if (input.parent_id !== undefined && parent === undefined) throw unknownEntity()
  const accounts = accountsOf(facts, input, parent)
  const type = input.type ?? (parent === undefined ? 'campaign' : CHILD_TYPE[parent.type])
  if (type === undefined || accounts.length === 0) return { rows: [], total: 0, as_of: asOf(accounts) }
  const changedSinceMs = recently(deps)
  const filter: RowFilter = {
    accountKeys: accounts.map(({ accountKey }) => accountKey),
    type,
    underId: parent?.entityId,
    status: input.status,
    delivery: input.delivery,
    review: input.review,
    changedSinceMs: input.changed_outside === true ? changedSinceMs : undefined,
    nameContains: input.name_contains === undefined ? undefined : searchName(input.name_contains),
  }
  const order: RowOrder = input.order_by ?? (type === 'creative' ? 'name' : 'spend_7d')
  const limit = input.limit ?? DEFAULT_LIMIT
  const offset = input.offset ?? 0
  const found = entityRows.page(filter, {
    order,
    isDescending: input.descending ?? (order !== 'name' && order !== 'status'),
    hasCurrencies: new Set(accounts.map(({ currency }) => currency)).size > 1,
    limit,
    offset,
  })
  const isAll = found.length < limit && (found.length > 0 || offset === 0)
  return {
    rows: rowsOf(deps, accounts, found, changedSinceMs),
    total: isAll ? offset + found.length : entityRows.count(filter),
    as_of: asOf(accounts),
  }
}

function accountsOf(facts: FactsReadDb, input: Input, parent: StoredEntity | undefined): readonly StoredAccount[] {
  const isWanted = (account: StoredAccount): boolean =>
    (input.platform === undefined || account.platform === input.platform) && hasKnownCurrency(account)
  if (parent !== undefined) {
    if (input.account_id !== undefined && input.account_id !== parent.accountId) throw unknownEntity()
    return [storedAccount(facts, parent.accountId)].filter(isWanted)
  }
  if (input.account_id !== undefined) return [storedAccount(facts, input.account_id)].filter(isWanted)
  return factsReaders(facts)
    .accounts.all()
    .filter((account) => account.isListed && isWanted(account))
}

/** Since when an edit made elsewhere is still news: noticed by one of the last two syncs, or in the last seven days. */
function recently({ facts, clock }: BrowseDeps): number {
  const weekAgoMs = clock.nowMs() - CHANGED_DAYS * DAY_MS
  return Math.min(weekAgoMs, factsReaders(facts).coverage.startOfLastButOne() ?? weekAgoMs)
}

function rowsOf(
  deps: BrowseDeps,
  accounts: readonly StoredAccount[],
  found: readonly EntityRowFacts[],
  changedSinceMs: number,
): BrowseRow[] {
  const { entities, entityRows } = factsReaders(deps.facts)
  const byKey = new Map(
    entities.byKeys(found.map(({ entityKey }) => entityKey)).map((entity) => [entity.entityKey, entity]),
  )
  const byId = new Map(accounts.map((account) => [account.accountId, account]))
  const path = pathReader(deps.facts, byId)
  return found.flatMap((facts) => {
    const entity = byKey.get(facts.entityKey)
    const account = entity === undefined ? undefined : byId.get(entity.accountId)
    if (entity === undefined || account === undefined) return []
    const changedAtMs = facts.changedOutsideAtMs
    return [
      {
        ...entityPart(entity),
        ...moneyPart(entity, facts, account.currency),
        children: entityRows.childrenOf(entity.entityId),
        open_drafts: deps.openDraftCount(entity.entityId),
        has_thumbnail: entity.type === 'creative' || (entity.type === 'ad' && (entity.creativeIds ?? []).length > 0),
        changed_outside_at: changedAtMs === null || changedAtMs < changedSinceMs ? null : isoTime(changedAtMs),
        untrusted: { name: cleanUntrusted(entity.name), path: path(entity) },
      },
    ]
  })
}

function entityPart(entity: StoredEntity) {
  return {
    entity_id: entity.entityId,
    account_id: entity.accountId,
    type: entity.type,
    parent_id: entity.parentId ?? null,
    status: entity.status,
    delivery_status: cleanUntrusted(entity.deliveryStatus),
    delivery: entity.delivery ?? ('unknown' as const),
    review: entity.type === 'ad' ? (entity.review ?? ('unknown' as const)) : null,
    is_automated: entity.isAutomated === true,
    budget_kind: entity.budgetKind,
    is_shared_budget: entity.sharedBudget !== undefined,
    bid_strategy:
      entity.values?.bid_strategy ?? (entity.bidStrategy === undefined ? null : cleanUntrusted(entity.bidStrategy)),
  }
}

function moneyPart(entity: StoredEntity, { weekSpendMicros, weekValueMicros }: EntityRowFacts, currency: string) {
  const money = (micros: bigint | null | undefined) =>
    micros === null || micros === undefined ? null : { amount: formatRounded(micros, currency), currency }
  return {
    daily_budget: money(entity.dailyBudgetMicros),
    spend_7d: money(weekSpendMicros),
    roas_7d: weekSpendMicros === null ? null : ratio(weekValueMicros, weekSpendMicros, 2),
  }
}

/** Cleaned names from the account down to the entity. Parents are read once for all rows of a page. */
function pathReader(facts: FactsReadDb, accounts: ReadonlyMap<AccountId, StoredAccount>) {
  const { entities } = factsReaders(facts)
  const known = new Map<EntityId, ReturnType<typeof entities.nameOf>>()
  return (entity: StoredEntity): string[] => {
    const names = [cleanUntrusted(entity.name)]
    for (let next = entity.parentId; next !== undefined && names.length < MAX_DEPTH - 1; ) {
      const found = known.has(next) ? known.get(next) : entities.nameOf(next)
      known.set(next, found)
      if (found === undefined) break
      names.push(cleanUntrusted(found.name))
      next = found.parentId
    }
    const owner = accounts.get(entity.accountId)?.name
    return [...(owner === undefined ? [] : [cleanUntrusted(owner)]), ...names.toReversed()]
  }
}
