/** list_entities and get_entity: the stored snapshot, with platform text cleaned and kept apart. */
import { formatRatio } from '../../shared/domain/bid.ts'
import { type Entity, TARGETINGS } from '../../shared/domain/entity.ts'
import type { DraftId } from '../../shared/domain/ids.ts'
import { formatRounded } from '../../shared/domain/money.ts'
import { OperationError } from '../../shared/errors.ts'
import type { EntityView, OutputOf, ParsedInputOf } from '../../shared/operations.ts'
import type { StoredAccount } from '../store/account-table.ts'
import type { StoredEntity } from '../store/entity-table.ts'
import { factsReaders } from '../store/facts-tables.ts'
import type { FactsReadDb } from '../store/open.ts'
import { DEFAULT_LIMIT, nextCursor, offsetOf } from './cursor.ts'
import { asOf, firstSyncWarning, isoTime, notSynced, type ReportingDeps, storedAccount } from './freshness.ts'
import { readSnapshot } from './snapshot.ts'
import { cleanUntrusted, searchName } from './untrusted.ts'
import { lastWeek } from './week.ts'

const MAX_CREATIVES = 50
const MAX_DRAFTS = 20
const MAX_TEXT = 500
const MAX_REASONS = 20
const MAX_REASON = 200
const MAX_OUTSIDE_CHANGES = 20
/** Together these keep the answer below what an AI client takes, whatever is set on the platform; see the warnings for what was cut. */
const MAX_TARGETS = 20
const MAX_TARGET = 60
const MAX_SHARING = 100
/** The finest that a ratio is written in: millionths. */
const RATIO_STEP = 100n

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
  const week = lastWeek(deps.facts, account.accountKey, input.type)
  const page = entityList.page(filter, week, { order, limit, offset })
  const byKey = new Map(entities.byKeys(page.map((row) => row.entityKey)).map((entity) => [entity.entityKey, entity]))
  const total = entityList.count(filter)
  const views = page.flatMap(({ entityKey, spendMicros }) => {
    const entity = byKey.get(entityKey)
    return entity === undefined ? [] : [entityView(entity, account, week.isCovered ? spendMicros : null)]
  })
  const shown = withinReply(views)
  // Rows that have gone in between are passed over; only what was cut off for its size comes with the next page.
  const passed = shown.length === views.length ? page.length : shown.length
  return {
    entities: shown,
    total,
    next_cursor: passed === 0 ? null : nextCursor('list_entities', input, offset + passed, total),
    as_of: asOf([account]),
    warnings: [...firstSyncWarning([account])],
  }
}

/** An AI client takes 40,000 characters; the rest of the reply needs little. */
const MAX_PAGE_CHARS = 36_000

/** As many of a page's first rows as fit one reply, at least one: names can be long, and a reply that is too long is none. */
function withinReply(views: readonly EntityView[]): EntityView[] {
  let chars = 0
  const end = views.findIndex((view, index) => {
    chars += JSON.stringify(view).length + 1
    return index > 0 && chars > MAX_PAGE_CHARS
  })
  return end === -1 ? [...views] : views.slice(0, end)
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
  const { startDay, endDay, isCovered } = lastWeek(deps.facts, account.accountKey, entity.type)
  const spendMicros = isCovered ? factsReaders(deps.facts).entityList.spendOf(entity.entityKey, startDay, endDay) : null
  const view = entityView(entity, account, spendMicros)
  return {
    entity: view,
    current: currentValues(entity, view),
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
      delivery_reasons: (entity.deliveryReasons ?? []).slice(0, MAX_REASONS).map((reason) => cleanUntrusted(reason)),
      shared_budget:
        entity.sharedBudget === undefined
          ? null
          : {
              external_id: entity.sharedBudget.externalId,
              campaign_ids: entity.sharedBudget.campaignIds.slice(0, MAX_SHARING),
            },
    },
    outside_changes: factsReaders(deps.facts)
      .outsideChanges.ofEntity(entity.entityKey, MAX_OUTSIDE_CHANGES)
      .map(({ field, before, after, noticedAtMs }) => ({ field, before, after, noticed_at: isoTime(noticedAtMs) })),
    open_draft_ids: deps.openDraftIds.slice(0, MAX_DRAFTS),
    untrusted: {
      path: readSnapshot(deps.facts).path(entity.entityId).slice(0, 4),
      text: cleaned(entity.text, MAX_TEXT),
      landing_page: cleaned(entity.landingPage, MAX_TEXT),
      review_reasons: (entity.reviewReasons ?? [])
        .slice(0, MAX_REASONS)
        .map((reason) => cleanUntrusted(reason, MAX_REASON)),
      targeting: targetingView(entity),
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
    delivery: entity.delivery ?? 'unknown',
    review: entity.type === 'ad' ? (entity.review ?? 'unknown') : null,
    is_automated: entity.isAutomated === true,
    bid_strategy: entity.values?.bid_strategy ?? cleaned(entity.bidStrategy),
    budget_kind: entity.budgetKind,
    daily_budget:
      entity.dailyBudgetMicros === undefined
        ? null
        : { amount: formatRounded(entity.dailyBudgetMicros, currency), currency },
    spend_7d: spendMicros === null ? null : { amount: formatRounded(spendMicros, currency), currency },
    untrusted: { name: cleanUntrusted(entity.name) },
  }
}

/** Exactly as a proposal has to name them. */
function currentValues(entity: Entity, view: EntityView): OutputOf<'get_entity'>['current'] {
  const { values } = entity
  return {
    daily_budget: view.daily_budget?.amount ?? null,
    scheduled_budget: values?.scheduled_budget ?? null,
    status: entity.status,
    cpc_bid: values?.cpc_bid ?? null,
    target_cpa: values?.target_cpa ?? null,
    target_roas: values?.target_roas ?? null,
    bid_cap: values?.bid_cap ?? null,
    cost_cap: values?.cost_cap ?? null,
    bid_strategy: values?.bid_strategy ?? null,
  }
}

function editableFields(entity: Entity, currency: string): OutputOf<'get_entity'>['editable_fields'] {
  return entity.editable.map((field) => {
    const amount = (micros: bigint | undefined): string | null => {
      if (micros === undefined) return null
      if (field.field !== 'target_roas') return formatRounded(micros, currency)
      // Finer than a ratio can be written is no bound at all.
      return micros < RATIO_STEP ? null : formatRatio(micros - (micros % RATIO_STEP))
    }
    return {
      field: field.field,
      is_editable: field.isEditable,
      refusal: cleaned(field.refusal, MAX_TEXT),
      min: amount(field.minMicros),
      max: amount(field.maxMicros),
      step: amount(field.stepMicros),
      takes_effect: field.takesEffect ?? 'immediately',
      strategies: (field.strategies ?? []).map(({ strategy, target, isTargetOptional }) => ({
        strategy,
        target,
        is_target_optional: isTargetOptional,
      })),
    }
  })
}

function targetingView(entity: Entity): OutputOf<'get_entity'>['untrusted']['targeting'] {
  const kinds = TARGETINGS.flatMap((kind) => {
    const words = entity.targeting?.[kind]
    if (words === undefined || words.length === 0) return []
    return [[kind, words.slice(0, MAX_TARGETS).map((word) => cleanUntrusted(word, MAX_TARGET))]]
  })
  return Object.fromEntries(kinds) as OutputOf<'get_entity'>['untrusted']['targeting']
}

function warningsOf(entity: StoredEntity, account: StoredAccount): string[] {
  const warnings = [...firstSyncWarning([account])]
  if (entity.status === 'deleted') warnings.push('The platform no longer lists it; these are its last known values.')
  if (entity.status === 'unknown' && entity.rawStatus === '')
    warnings.push('The platform reports numbers for it but does not list it; only its id is known.')
  const sharing = entity.sharedBudget?.campaignIds.length ?? 0
  if (sharing > MAX_SHARING)
    warnings.push(`${sharing} campaigns draw on its budget; the first ${MAX_SHARING} are named.`)
  if (Object.values(entity.targeting ?? {}).some((words) => words.length > MAX_TARGETS))
    warnings.push(`Of each kind of targeting the first ${MAX_TARGETS} are named.`)
  if (!account.isListed)
    warnings.push('Its account is no longer reachable through a connection; these are its last known values.')
  return warnings
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
