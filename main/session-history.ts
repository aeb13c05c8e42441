/** The platforms' change histories of one open workspace: when they are compared, and how the comparison is shown. No rule of its own. */
import type { Draft } from '../shared/domain/draft.ts'
import { type AccountId, accountIdSchema, type EntityId, isImportedAccount } from '../shared/domain/ids.ts'
import { OperationError } from '../shared/errors.ts'
import type { OutputOf } from '../shared/operations.ts'
import type { AuditLog } from './audit/append.ts'
import { isoTime } from './drafts/view.ts'
import { type ComparedAccount, createComparison } from './history/compare.ts'
import type { PlatformAdapter } from './platforms/adapter.ts'
import type { Ports } from './ports.ts'
import { cleanUntrusted } from './reporting/untrusted.ts'
import type { Handlers } from './run-operation.ts'
import type { ConnectionTable } from './store/connection-table.ts'
import type { DraftTable } from './store/draft-table.ts'
import { factsReaders } from './store/facts-tables.ts'
import type { FactsDb, LedgerDb } from './store/open.ts'
import { createPlatformChangeTable, type StoredChange } from './store/platform-change-table.ts'
import type { SettingTable } from './store/setting-table.ts'

const PAGE = 50
const MAX_MISSING = 100
const MAX_WARNINGS = 3
/** Listed edits of one entity that are looked through for the same change. */
const LISTED = 50

export interface HistorySessionDeps {
  readonly ledger: LedgerDb
  readonly facts: FactsDb
  readonly settings: SettingTable
  readonly audit: AuditLog
  readonly drafts: DraftTable
  readonly connections: ConnectionTable
  readonly ports: Pick<Ports, 'clock' | 'log'>
  readonly adapterFor: (accountId: AccountId) => PlatformAdapter
  readonly onChange: () => void
}

export type HistorySession = ReturnType<typeof createHistorySession>

export function createHistorySession(deps: HistorySessionDeps) {
  const { facts, connections, ports, drafts } = deps
  const changes = createPlatformChangeTable(deps.ledger)
  const names = (id: EntityId) => factsReaders(facts).entities.nameOf(id)?.name

  function accounts(): readonly ComparedAccount[] {
    return factsReaders(facts)
      .accounts.all()
      .flatMap((account) => {
        const connection = connections.get(account.connectionId)
        // An account that its platform has shut tells no history either.
        const isOpen = account.isListed && account.status !== 'disabled' && !isImportedAccount(account.accountId)
        if (!isOpen || connection?.state !== 'ok') return []
        const { accountId, name, connectionId } = account
        return { accountId, name, connectionId, connectedAtMs: connection.createdAtMs }
      })
  }

  const comparison = createComparison({
    changes,
    settings: deps.settings,
    audit: deps.audit,
    clock: ports.clock,
    log: ports.log,
    accounts,
    adapterFor: deps.adapterFor,
    nameOf: names,
    onChange: deps.onChange,
  })

  /** When a listing brought the same value for the first time. */
  function listedAt({ entityId, field, after, changedAtMs }: StoredChange): string | null {
    if (entityId === null || field === null || after === null) return null
    const key = factsReaders(facts).entities.byId(entityId)?.entityKey
    if (key === undefined) return null
    const same = factsReaders(facts)
      .outsideChanges.ofEntity(key, LISTED)
      .filter((each) => each.field === field && (each.after ?? '') === after && each.noticedAtMs >= changedAtMs)
    const first = same.at(-1)
    return first === undefined ? null : isoTime(first.noticedAtMs)
  }

  function view(change: StoredChange): OutputOf<'list_platform_changes'>['changes'][number] {
    const account = factsReaders(facts).accounts.byId(change.accountId)
    const name = change.entityId === null ? undefined : names(change.entityId)
    return {
      account_id: change.accountId,
      change_id: change.changeId,
      changed_at: isoTime(change.changedAtMs),
      noticed_at: isoTime(change.noticedAtMs),
      listed_at: listedAt(change),
      entity_id: change.entityId,
      is_shared_budget: change.target !== null && change.target.includes('/budget/'),
      field: change.field,
      before: change.before,
      after: change.after,
      currency: account?.currency ?? '',
      match: change.match,
      draft_id: change.draftId,
      untrusted: {
        what: cleanUntrusted(change.what, 120),
        entity_name: name === undefined ? null : cleanUntrusted(name),
        account_name: cleanUntrusted(account?.name ?? change.accountId),
        who: change.actor === null ? null : cleanUntrusted(change.actor, 200),
        tool: change.tool === null ? null : cleanUntrusted(change.tool, 200),
      },
    }
  }

  /** What a change of this entity may have touched: itself, or the budget that it shares. */
  function targetsOf(entityId: EntityId): readonly string[] {
    const entity = factsReaders(facts).entities.byId(entityId)
    const budget = entity?.sharedBudget
    return [
      entityId,
      ...(entity === undefined || budget === undefined ? [] : [`${entity.accountId}/budget/${budget.externalId}`]),
    ]
  }

  const handlers: Handlers = {
    list_platform_changes: (input) => {
      const limit = input.limit ?? PAGE
      const filter = {
        ...(input.account_id === undefined ? {} : { accountId: input.account_id }),
        ...(input.match === undefined ? {} : { match: input.match }),
        ...(input.entity_id === undefined ? {} : { targets: targetsOf(input.entity_id) }),
      }
      const after = cursorOf(input.cursor)
      const found = changes.page({ ...filter, ...(after === undefined ? {} : { after }), limit: limit + 1 })
      const shown = found.slice(0, limit)
      const last = shown.at(-1)
      return {
        changes: shown.map(view),
        total: changes.count(filter),
        next_cursor:
          found.length > limit && last !== undefined ? `${last.changedAtMs} ${last.accountId} ${last.changeId}` : null,
        missing: changes.missing(input.account_id, MAX_MISSING).map((write) => {
          const item = drafts.get(write.draftId)?.items[write.k]
          return {
            account_id: write.accountId,
            draft_id: write.draftId,
            k: write.k,
            entity_id: item?.entityId ?? null,
            field: item?.field ?? null,
            after: item?.after ?? null,
            sent_at: isoTime(write.sentAtMs),
            noticed_at: isoTime(write.noticedAtMs),
          }
        }),
        accounts: Object.entries(comparison.reached()).flatMap(([id, reached]) => {
          const accountId = accountIdSchema.safeParse(id).data
          if (accountId === undefined || (input.account_id ?? accountId) !== accountId) return []
          return {
            account_id: accountId,
            from: reached.fromMs === null ? null : isoTime(reached.fromMs),
            reached: reached.reachedMs === null ? null : isoTime(reached.reachedMs),
            tried_at: isoTime(reached.triedAtMs),
            problem: reached.code,
          }
        }),
        as_of: isoTime(ports.clock.nowMs()),
      }
    },
    compare_history: async (input, { signal }) => {
      const only = input.account_id
      if (only !== undefined && !accounts().some(({ accountId }) => accountId === only))
        throw new OperationError(
          'account_not_available',
          'That account is not connected, or its platform has shut it. Nothing was read.',
          'Look at it under Connections.',
        )
      const results = await comparison.compare(only === undefined ? {} : { accountIds: [only] }, signal)
      return {
        accounts: results.map(({ accountId, state, code, ours, outside, unclear, missing, isWhole }) => ({
          account_id: accountId,
          state,
          problem: code,
          ours,
          outside,
          unclear,
          missing,
          is_whole: isWhole,
        })),
      }
    },
  }

  return {
    handlers,
    changes,
    /** After a sync: every account that was not compared within the last minutes. */
    compareByItself: (signal: AbortSignal) => comparison.compare({ isByItself: true }, signal),
    /** One sentence for each field of a draft that somebody else has changed since it was made, at most 3. */
    warningsFor(draft: Pick<Draft, 'createdAtMs' | 'items'>): readonly string[] {
      const warnings: string[] = []
      for (const { target, field } of draft.items) {
        if (warnings.length >= MAX_WARNINGS) break
        const [change] = changes.onTarget(target, field, draft.createdAtMs, 1)
        if (change !== undefined) warnings.push(warningOf(change))
      }
      return warnings
    },
  }
}

function warningOf({ after, changedAtMs, match }: StoredChange): string {
  const to = after === null ? '' : after === '' ? ' (taken away)' : ` (to ${after})`
  const who = match === 'unclear' ? 'Perhaps somebody else' : 'Somebody else'
  return `${who} changed this on the platform after the draft was made${to}, at ${isoTime(changedAtMs)}. Compare before you confirm.`
}

function cursorOf(cursor: string | undefined) {
  if (cursor === undefined) return undefined
  const [at = '', accountId, changeId] = cursor.split(' ')
  if (!/^\d{1,16}$/.test(at) || accountId === undefined || changeId === undefined)
    throw new OperationError('invalid_input', 'That is not a cursor of this list.', 'Start again without a cursor.')
  return { changedAtMs: Number(at), accountId, changeId }
}
