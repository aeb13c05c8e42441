/** list_entities and get_entity: the stored snapshot, with platform text cleaned and kept apart. */
import type { Entity } from '../../shared/domain/entity.ts'
import type { DraftId, EntityType } from '../../shared/domain/ids.ts'
import { formatRounded } from '../../shared/domain/money.ts'
import { OperationError } from '../../shared/errors.ts'
import type { EntityView, OutputOf, ParsedInputOf } from '../../shared/operations.ts'
import type { StoredAccount } from '../store/account-table.ts'
import type { StoredEntity } from '../store/entity-table.ts'
import { factsReaders } from '../store/facts-tables.ts'
import type { FactsReadDb } from '../store/open.ts'
import { DEFAULT_LIMIT, nextCursor, offsetOf } from './cursor.ts'
import { asOf, firstSyncWarning, notSynced, type ReportingDeps, storedAccount } from './freshness.ts'
import { readSnapshot } from './snapshot.ts'
import { cleanUntrusted, searchName } from './untrusted.ts'

const MAX_CREATIVES = 50
const MAX_DRAFTS = 20
const MAX_TEXT = 500

/** @throws OperationError account_not_available, not_synced, unknown_entity (the parent), invalid_input (the cursor) */
export function listEntities(deps: ReportingDeps, input: ParsedInputOf<'list_entities'>): OutputOf<'list_entities'> {
  const { entities, entityList } = factsReaders(deps.facts)
  const account = storedAccount(deps.facts, input.account_id)
  if (account.entitiesAtMs === null) throw notSynced('That account')
  const parent = input.parent_id === undefined ? undefined : entityOf(deps.facts, input.parent_id)
  if (parent !== undefined && parent.accountKey !== account.accountKey) throw unknownEntity()
  const filter = {
    accountKey: account.accountKey,
    type: input.type,
    underKey: parent?.entityKey,
    status: input.status,
    nameContains: input.name_contains === undefined ? undefined : searchName(input.name_contains),
  }
  const offset = offsetOf('list_entities', input)
  const limit = input.limit ?? DEFAULT_LIMIT
  const order = input.order_by ?? (input.type === 'creative' ? 'name' : 'spend_7d')
  const week = lastWeek(deps.facts, account, input.type)
  const page = entityList.page(filter, week, { order, limit, offset })
  const byKey = new Map(entities.byKeys(page.map((row) => row.entityKey)).map((entity) => [entity.entityKey, entity]))
  const total = entityList.count(filter)
  return {
    entities: page.flatMap(({ entityKey, spendMicros }) => {
      const entity = byKey.get(entityKey)
      return entity === undefined ? [] : [entityView(entity, account, week.isCovered ? spendMicros : null)]
    }),
    total,
    next_cursor: page.length === 0 ? null : nextCursor('list_entities', input, offset + page.length, total),
    as_of: asOf([account]),
    warnings: [...firstSyncWarning([account])],
  }
}

/**
 * @param deps.openDraftIds drafts of this entity that wait for a person
 * @throws OperationError unknown_entity, account_not_available
 */
export function getEntity(
  deps: ReportingDeps & { readonly openDraftIds: readonly DraftId[] },
  input: ParsedInputOf<'get_entity'>,
): OutputOf<'get_entity'> {
  const entity = entityOf(deps.facts, input.entity_id)
  const account = storedAccount(deps.facts, entity.accountId)
  const { startDay, endDay, isCovered } = lastWeek(deps.facts, account, entity.type)
  const spendMicros = isCovered ? factsReaders(deps.facts).entityList.spendOf(entity.entityKey, startDay, endDay) : null
  const view = entityView(entity, account, spendMicros)
  return {
    entity: view,
    current: { daily_budget: view.daily_budget?.amount ?? null, status: entity.status },
    editable_fields: editableFields(entity, account.currency),
    settings: {
      objective: cleaned(entity.objective),
      optimization_goal: cleaned(entity.optimizationGoal),
      bid_strategy: cleaned(entity.bidStrategy),
      click_window_days: windowDays(entity.clickWindowDays),
      view_window_days: windowDays(entity.viewWindowDays),
      starts_at: cleaned(entity.startsAt),
      ends_at: cleaned(entity.endsAt),
      format: cleaned(entity.format),
      creative_ids: (entity.creativeIds ?? []).slice(0, MAX_CREATIVES).map((id) => cleanUntrusted(id)),
    },
    open_draft_ids: deps.openDraftIds.slice(0, MAX_DRAFTS),
    untrusted: {
      path: readSnapshot(deps.facts).path(entity.entityId).slice(0, 4),
      text: cleaned(entity.text, MAX_TEXT),
      landing_page: cleaned(entity.landingPage, MAX_TEXT),
    },
    as_of: asOf([account]),
    warnings: warningsOf(entity, account),
  }
}

/** @param spendMicros of seven whole days, null unless all of them are held */
function entityView(entity: StoredEntity, account: StoredAccount, spendMicros: bigint | null): EntityView {
  const { currency } = account
  return {
    entity_id: entity.entityId,
    account_id: entity.accountId,
    type: entity.type,
    parent_id: entity.parentId ?? null,
    status: entity.status,
    delivery_status: cleanUntrusted(entity.deliveryStatus),
    budget_kind: entity.budgetKind,
    daily_budget:
      entity.dailyBudgetMicros === undefined
        ? null
        : { amount: formatRounded(entity.dailyBudgetMicros, currency), currency },
    spend_7d: spendMicros === null ? null : { amount: formatRounded(spendMicros, currency), currency },
    untrusted: { name: cleanUntrusted(entity.name) },
  }
}

function editableFields(entity: Entity, currency: string): OutputOf<'get_entity'>['editable_fields'] {
  const amount = (micros: bigint | undefined): string | null =>
    micros === undefined ? null : formatRounded(micros, currency)
  return entity.editable.map((field) => ({
    field: field.field,
    is_editable: field.isEditable,
    refusal: cleaned(field.refusal, MAX_TEXT),
    min: amount(field.minMicros),
    max: amount(field.maxMicros),
    step: amount(field.stepMicros),
    takes_effect: field.takesEffect ?? 'immediately',
  }))
}

function warningsOf(entity: StoredEntity, account: StoredAccount): string[] {
  const warnings = [...firstSyncWarning([account])]
  if (entity.status === 'deleted') warnings.push('The platform no longer lists it; these are its last known values.')
  if (entity.status === 'unknown' && entity.rawStatus === '')
    warnings.push('The platform reports numbers for it but does not list it; only its id is known.')
  if (!account.isListed)
    warnings.push('Its account is no longer reachable through a connection; these are its last known values.')
  return warnings
}

/** The seven days up to the last one that is over at the type's level, and whether all of them are held. Without any, an empty range. */
function lastWeek(facts: FactsReadDb, account: StoredAccount, type: EntityType) {
  const { coverage } = factsReaders(facts)
  const endDay = type === 'creative' ? null : coverage.lastDayOver(account.accountKey, type)
  if (type === 'creative' || endDay === null) return { startDay: 1, endDay: 0, isCovered: false }
  const startDay = endDay - 6
  return { startDay, endDay, isCovered: coverage.daysOver(account.accountKey, type, startDay, endDay) === 7 }
}

function entityOf(facts: FactsReadDb, id: ParsedInputOf<'get_entity'>['entity_id']): StoredEntity {
  const entity = factsReaders(facts).entities.byId(id)
  if (entity === undefined) throw unknownEntity()
  return entity
}

export function unknownEntity(): OperationError {
  return new OperationError(
    'unknown_entity',
    'Nothing with that id is in the last sync.',
    'Call list_entities, or sync the account first.',
  )
}

/** 0 is switched off, null is not known. */
function windowDays(days: number | null | undefined): number | null {
  return days === undefined ? null : (days ?? 0)
}

function cleaned(text: string | undefined, maxLength = 120): string | null {
  return text === undefined ? null : cleanUntrusted(text, maxLength)
}
