/**
 * Drafts, their items, confirm tokens and the outbox: the only SQL that touches them. Every state change goes through `transition`,
 * which refuses what the table of legal transitions does not list. Nothing here decides anything.
 */
import type Database from 'better-sqlite3'
import { DRAFT_TRANSITIONS, type Draft, type DraftItem, type DraftState } from '../../shared/domain/draft.ts'
import type { AccountId, DraftId, EntityId } from '../../shared/domain/ids.ts'
import { type DraftRow, type ItemRow, toDraft } from './draft-rows.ts'

export type OutboxState = 'queued' | 'intent' | 'sent' | 'unknown' | 'done'
export type OutboxOutcome = 'applied' | 'refused' | 'not_sent' | 'not_applied' | 'conflict'
export interface OutboxRow {
  readonly draftId: DraftId
  readonly k: number
  readonly entityId: EntityId
  /** What the write touches, see DraftItem. */
  readonly target: string
  readonly state: OutboxState
  readonly challengeHash: string
  readonly approvedAtMs: number
  readonly sentAtMs: number | null
  readonly outcome: OutboxOutcome | null
}

export interface DraftFilter {
  readonly group?: 'open' | 'decided' | 'any'
  readonly state?: DraftState
  readonly accountId?: AccountId
  readonly platform?: DraftItem['platform']
  readonly kind?: DraftItem['kind']
  readonly originKind?: Draft['originKind']
  readonly originId?: string
  /** At most 100. */
  readonly limit: number
  readonly offset: number
}

export type DraftTable = ReturnType<typeof createDraftTable>

export function createDraftTable(db: Database.Database) {
  const byId = db.prepare<[string], DraftRow>('SELECT * FROM draft WHERE draft_id = ?')
  const itemsOf = db.prepare<[string], ItemRow>('SELECT * FROM draft_item WHERE draft_id = ? ORDER BY k').safeIntegers()
  const byKey = db.prepare<[string, string], DraftRow>(
    'SELECT * FROM draft WHERE origin_id = ? AND idempotency_key = ?',
  )
  const insertDraft = db.prepare(
    `INSERT INTO draft (draft_id, state, state_reason, state_message, origin_kind, origin_id, origin_name, title, rationale, idempotency_key,
       request_hash, policy_version, policy_outcome, policy_json, draft_hash, undo_of, repair_of, revises, created_at_ms, expires_at_ms,
       decided_at_ms, updated_at_ms)
     VALUES (@draftId, @state, @stateReason, @stateMessage, @originKind, @originId, @originName, @title, @rationale, @idempotencyKey,
       @requestHash, @policyVersion, @policyOutcome, @policyJson, @draftHash, @undoOf, @repairOf, @revises, @createdAtMs, @expiresAtMs,
       @decidedAtMs, @updatedAtMs)`,
  )
  const insertItem = db.prepare(
    `INSERT INTO draft_item (draft_id, k, platform, account_id, entity_id, entity_type, path_json, kind, field, currency, before_value,
       requested_value, after_value, movement_micros, net_micros, takes_effect, target, affects_json)
     VALUES (@draftId, @k, @platform, @accountId, @entityId, @entityType, @pathJson, @kind, @field, @currency, @before, @requested, @after,
       @movementMicros, @netMicros, @takesEffect, @target, @affectsJson)`,
  )
  const setState = db.prepare(
    `UPDATE draft SET state = @to, state_reason = @reason, state_message = @message, updated_at_ms = @nowMs,
       decided_at_ms = CASE WHEN @decides THEN @nowMs ELSE decided_at_ms END, decision_note = COALESCE(@note, decision_note)
     WHERE draft_id = @draftId AND state = @from`,
  )
  const setItemResult = db.prepare(
    'UPDATE draft_item SET live_value = COALESCE(?, live_value), request_id = COALESCE(?, request_id) WHERE draft_id = ? AND k = ?',
  )
  const results = db.prepare<
    [string],
    { k: number; live_value: string | null; request_id: string | null; outcome: string | null }
  >(
    `SELECT i.k AS k, i.live_value AS live_value, i.request_id AS request_id, o.outcome AS outcome
     FROM draft_item i LEFT JOIN outbox o ON o.draft_id = i.draft_id AND o.k = i.k WHERE i.draft_id = ? ORDER BY i.k`,
  )
  const usage = db
    .prepare<[string, number], { net: bigint; gross: bigint }>(
      `SELECT COALESCE(SUM(CASE WHEN o.outcome = 'applied' THEN i.net_micros ELSE MAX(i.net_micros, 0) END), 0) AS net,
         COALESCE(SUM(ABS(i.movement_micros)), 0) AS gross
       FROM outbox o JOIN draft_item i ON i.draft_id = o.draft_id AND i.k = o.k
       WHERE i.account_id = ? AND o.approved_steady_ms > ? AND (o.outcome IS NULL OR o.outcome IN ('applied', 'conflict'))`,
    )
    .safeIntegers()
  const usageByAccount = db
    .prepare<[number], { account: string; currency: string; net: bigint; gross: bigint }>(
      `SELECT i.account_id AS account, i.currency AS currency,
         SUM(CASE WHEN o.outcome = 'applied' THEN i.net_micros ELSE MAX(i.net_micros, 0) END) AS net,
         SUM(ABS(i.movement_micros)) AS gross
       FROM outbox o JOIN draft_item i ON i.draft_id = o.draft_id AND i.k = o.k
       WHERE o.approved_steady_ms > ? AND (o.outcome IS NULL OR o.outcome IN ('applied', 'conflict'))
       GROUP BY i.account_id, i.currency ORDER BY i.account_id LIMIT 1000`,
    )
    .safeIntegers()
  const lastApplied = db.prepare<[string, string], { at: number | null }>(
    `SELECT MAX(o.approved_steady_ms) AS at FROM outbox o JOIN draft_item i ON i.draft_id = o.draft_id AND i.k = o.k
     WHERE i.target = ? AND i.field = ? AND (o.outcome IS NULL OR o.outcome IN ('applied', 'conflict'))`,
  )
  const proposedSince = db.prepare<[string, number], { n: number }>(
    'SELECT COUNT(*) AS n FROM draft WHERE origin_id = ? AND created_at_ms > ?',
  )
  const linkedTo = db.prepare<[{ id: string }], { draft_id: string; state: DraftState }>(
    `SELECT draft_id, state FROM draft WHERE repair_of = @id OR undo_of = @id OR revises = @id ORDER BY created_at_ms LIMIT 50`,
  )
  const openOnTarget = db.prepare<[string, string], { draft_id: string; origin_id: string }>(
    `SELECT d.draft_id, d.origin_id FROM draft d JOIN draft_item i ON i.draft_id = d.draft_id
     WHERE i.target = ? AND i.field = ? AND (d.state IN ('pending', 'armed', 'approved', 'applying')
       OR (d.state = 'unknown' AND EXISTS (SELECT 1 FROM outbox o WHERE o.draft_id = d.draft_id AND o.state <> 'done')))
     ORDER BY d.created_at_ms LIMIT 20`,
  )
  const openOnEntity = db.prepare<[string], { draft_id: string }>(
    `SELECT DISTINCT d.draft_id FROM draft d JOIN draft_item i ON i.draft_id = d.draft_id
     WHERE i.entity_id = ? AND d.state IN ('pending', 'armed') ORDER BY d.created_at_ms LIMIT 20`,
  )
  const due = db.prepare<[number], DraftRow>(
    `SELECT * FROM draft WHERE state IN ('pending', 'armed') AND expires_at_ms <= ? ORDER BY expires_at_ms LIMIT 200`,
  )
  const inState = db.prepare<[string], DraftRow>(
    'SELECT * FROM draft WHERE state = ? ORDER BY created_at_ms LIMIT 1000',
  )
  const countOpen = db.prepare<[], { n: number }>(`SELECT COUNT(*) AS n FROM draft WHERE state IN ('pending', 'armed')`)
  const countOpenBy = db.prepare<[string], { n: number }>(
    `SELECT COUNT(*) AS n FROM draft WHERE state IN ('pending', 'armed') AND origin_id = ?`,
  )
  const insertToken = db.prepare(
    'INSERT INTO confirm_token (token_hash, draft_id, challenge_hash, boot_id, expires_mono_ms, expires_wall_ms) VALUES (@tokenHash, @draftId, @challengeHash, @bootId, @expiresMonoMs, @expiresWallMs)',
  )
  const voidTokens = db.prepare(
    'UPDATE confirm_token SET voided_at_ms = ? WHERE draft_id = ? AND used_at_ms IS NULL AND voided_at_ms IS NULL',
  )
  const consumeToken = db.prepare(
    `UPDATE confirm_token SET used_at_ms = @nowMs WHERE token_hash = @tokenHash AND draft_id = @draftId AND boot_id = @bootId
       AND used_at_ms IS NULL AND voided_at_ms IS NULL AND expires_mono_ms > @monoMs AND expires_wall_ms > @nowMs`,
  )
  const tokenRow = db.prepare<[Buffer], { challenge_hash: string }>(
    'SELECT challenge_hash FROM confirm_token WHERE token_hash = ?',
  )
  const liveToken = db.prepare<[string, string, number, number], { n: number }>(
    'SELECT COUNT(*) AS n FROM confirm_token WHERE draft_id = ? AND boot_id = ? AND used_at_ms IS NULL AND voided_at_ms IS NULL AND expires_mono_ms > ? AND expires_wall_ms > ?',
  )
  const insertOutbox = db.prepare(
    `INSERT INTO outbox (draft_id, k, entity_id, target, state, challenge_hash, approved_at_ms, approved_steady_ms)
     VALUES (@draftId, @k, @entityId, @target, 'queued', @challengeHash, @nowMs, @steadyMs)`,
  )
  const moveOutbox = db.prepare(
    'UPDATE outbox SET state = @to, sent_at_ms = COALESCE(@sentAtMs, sent_at_ms), outcome = @outcome WHERE draft_id = @draftId AND k = @k AND state = @from',
  )
  const outboxColumns = `draft_id AS draftId, k, entity_id AS entityId, target, state, challenge_hash AS challengeHash,
    approved_at_ms AS approvedAtMs, sent_at_ms AS sentAtMs, outcome`
  const unfinished = db.prepare<[], OutboxRow>(
    `SELECT ${outboxColumns} FROM outbox WHERE state <> 'done' ORDER BY approved_at_ms LIMIT 1000`,
  )
  const outboxOf = db.prepare<[string], OutboxRow>(`SELECT ${outboxColumns} FROM outbox WHERE draft_id = ? ORDER BY k`)
  const busy = db.prepare<[string, string], { n: number }>(
    `SELECT COUNT(*) AS n FROM outbox WHERE (target = ? OR entity_id = ?) AND state <> 'done'`,
  )

  const hydrate = (row: DraftRow): Draft => toDraft(row, itemsOf.all(row.draft_id))

  return {
    insert(draft: Draft): void {
      insertDraft.run({
        ...draft,
        stateReason: draft.stateReason ?? null,
        stateMessage: draft.stateMessage ?? null,
        policyVersion: draft.policy.version,
        policyOutcome: draft.policy.outcome,
        policyJson: JSON.stringify(draft.policy.rules),
        undoOf: draft.undoOf ?? null,
        repairOf: draft.repairOf ?? null,
        revises: draft.revises ?? null,
        decidedAtMs: draft.decidedAtMs ?? null,
        policy: null,
        items: null,
      })
      for (const item of draft.items)
        insertItem.run({
          ...item,
          draftId: draft.draftId,
          pathJson: JSON.stringify(item.path),
          affectsJson: JSON.stringify(item.affects),
          path: null,
          affects: null,
        })
    },
    get(draftId: DraftId): Draft | undefined {
      const row = byId.get(draftId)
      return row === undefined ? undefined : hydrate(row)
    },
    byIdempotencyKey(originId: string, key: string): Draft | undefined {
      const row = byKey.get(originId, key)
      return row === undefined ? undefined : hydrate(row)
    },
    /** Newest first, with the number of all that match. */
    list(filter: DraftFilter): { readonly drafts: readonly Draft[]; readonly total: number } {
      const where: string[] = []
      const values: (string | number)[] = []
      if (filter.state !== undefined) {
        where.push('d.state = ?')
        values.push(filter.state)
      } else if (filter.group !== 'any')
        where.push(`d.state ${filter.group === 'decided' ? 'NOT IN' : 'IN'} ('pending', 'armed')`)
      for (const [column, value] of [
        ['account_id', filter.accountId],
        ['platform', filter.platform],
        ['kind', filter.kind],
      ] as const)
        if (value !== undefined) {
          where.push(`EXISTS (SELECT 1 FROM draft_item i WHERE i.draft_id = d.draft_id AND i.${column} = ?)`)
          values.push(value)
        }
      if (filter.originKind !== undefined) {
        where.push('d.origin_kind = ?')
        values.push(filter.originKind)
      }
      if (filter.originId !== undefined) {
        where.push('d.origin_id = ?')
        values.push(filter.originId)
      }
      const clause = where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`
      const total =
        db.prepare<(string | number)[], { n: number }>(`SELECT COUNT(*) AS n FROM draft d ${clause}`).get(...values)
          ?.n ?? 0
      const rows = db
        .prepare<(string | number)[], DraftRow>(
          `SELECT d.* FROM draft d ${clause} ORDER BY d.created_at_ms DESC, d.draft_id LIMIT ? OFFSET ?`,
        )
        .all(...values, filter.limit, filter.offset)
      return { drafts: rows.map(hydrate), total }
    },
    /**
     * Moves a draft along one legal transition.
     * @throws Error when the transition is not in the table, or when the draft is no longer in `from` (somebody else moved it first).
     */
    transition(
      draftId: DraftId,
      from: DraftState,
      to: DraftState,
      nowMs: number,
      why: { readonly reason?: string; readonly message?: string; readonly note?: string } = {},
    ): void {
      if (!DRAFT_TRANSITIONS[from].includes(to)) throw new Error(`a draft never goes from ${from} to ${to}`)
      const decides = ['approved', 'rejected', 'withdrawn', 'stale', 'expired', 'superseded'].includes(to) ? 1 : 0
      const { changes } = setState.run({
        draftId,
        from,
        to,
        nowMs,
        decides,
        reason: why.reason ?? null,
        message: why.message ?? null,
        note: why.note ?? null,
      })
      if (changes !== 1) throw new Error(`draft ${draftId} is not ${from} any more`)
    },
    recordItem(draftId: DraftId, k: number, facts: { readonly liveValue?: string; readonly requestId?: string }): void {
      if (setItemResult.run(facts.liveValue ?? null, facts.requestId ?? null, draftId, k).changes !== 1)
        throw new Error('no such draft item')
    },
    results(draftId: DraftId) {
      return results.all(draftId)
    },
    /**
     * Movement of what was approved after `sinceSteadyMs` (steady time, see main/steady-clock.ts) and was, or may have been, applied. What
     * only may have been counts as a raise and never makes room: a cut whose answer was lost has perhaps not happened.
     */
    usage(accountId: AccountId, sinceSteadyMs: number): { readonly netMicros: bigint; readonly grossMicros: bigint } {
      const row = usage.get(accountId, sinceSteadyMs)
      return { netMicros: row?.net ?? 0n, grossMicros: row?.gross ?? 0n }
    },
    /** The same of every account with such a change, at most 1,000. */
    usageByAccount(sinceSteadyMs: number) {
      return usageByAccount.all(sinceSteadyMs).map(({ account, currency, net, gross }) => ({
        accountId: account as AccountId,
        currency,
        usage: { netMicros: net, grossMicros: gross },
      }))
    },
    /** When a change of this field was last approved that was, or may have been, applied. Steady time. */
    lastAppliedSteadyMs: (target: string, field: string): number | undefined =>
      lastApplied.get(target, field)?.at ?? undefined,
    /** Drafts that somebody has made since, blocked ones included. Wall clock. */
    countProposedSince: (originId: string, sinceMs: number): number => proposedSince.get(originId, sinceMs)?.n ?? 0,
    /** Undos, repairs and edited versions of a draft, oldest first, at most 50. */
    linkedTo: (draftId: DraftId): readonly { readonly draftId: DraftId; readonly state: DraftState }[] =>
      linkedTo.all({ id: draftId }).map((row) => ({ draftId: row.draft_id as DraftId, state: row.state })),
    /** Drafts that wait for, or are under way to, the same field of the same target. One that stays unknown for good is neither. */
    openOnTarget(target: string, field: string): readonly { readonly draftId: DraftId; readonly originId: string }[] {
      return openOnTarget
        .all(target, field)
        .map((row) => ({ draftId: row.draft_id as DraftId, originId: row.origin_id }))
    },
    openOnEntity(entityId: EntityId): DraftId[] {
      return openOnEntity.all(entityId).map((row) => row.draft_id as DraftId)
    },
    /** Open drafts whose life is over, at most 200 at a time. */
    due(nowMs: number): readonly Draft[] {
      return due.all(nowMs).map(hydrate)
    },
    inState(state: DraftState): readonly Draft[] {
      return inState.all(state).map(hydrate)
    },
    countOpen: (): number => countOpen.get()?.n ?? 0,
    countOpenBy: (originId: string): number => countOpenBy.get(originId)?.n ?? 0,

    armToken(token: {
      readonly tokenHash: Buffer
      readonly draftId: DraftId
      readonly challengeHash: string
      readonly bootId: string
      readonly expiresMonoMs: number
      readonly expiresWallMs: number
    }): void {
      insertToken.run(token)
    },
    voidTokens(draftId: DraftId, nowMs: number): void {
      voidTokens.run(nowMs, draftId)
    },
    /** Uses a token up. False when it is unknown, of another draft or session, used, voided or expired. */
    consumeToken(token: {
      readonly tokenHash: Buffer
      readonly draftId: DraftId
      readonly bootId: string
      readonly monoMs: number
      readonly nowMs: number
    }): boolean {
      return consumeToken.run(token).changes === 1
    },
    challengeOf(tokenHash: Buffer): string | undefined {
      return tokenRow.get(tokenHash)?.challenge_hash
    },
    hasLiveToken(draftId: DraftId, bootId: string, at: { readonly monoMs: number; readonly nowMs: number }): boolean {
      return (liveToken.get(draftId, bootId, at.monoMs, at.nowMs)?.n ?? 0) > 0
    },

    /** @throws SqliteError (unique) when another change of the target, or of the entity, is in flight. */
    queue(row: {
      readonly draftId: DraftId
      readonly k: number
      readonly entityId: EntityId
      readonly target: string
      readonly challengeHash: string
      readonly nowMs: number
      readonly steadyMs: number
    }): void {
      insertOutbox.run(row)
    },
    moveOutbox(
      draftId: DraftId,
      k: number,
      from: OutboxState,
      to: OutboxState,
      facts: { readonly sentAtMs?: number; readonly outcome?: OutboxOutcome } = {},
    ): void {
      const { changes } = moveOutbox.run({
        draftId,
        k,
        from,
        to,
        sentAtMs: facts.sentAtMs ?? null,
        outcome: facts.outcome ?? null,
      })
      if (changes !== 1) throw new Error(`outbox row ${draftId}/${k} is not ${from} any more`)
    },
    unfinished: (): readonly OutboxRow[] => unfinished.all(),
    outboxOf: (draftId: DraftId): readonly OutboxRow[] => outboxOf.all(draftId),
    /** Whether a write to what this item touches, or to its entity, is not settled yet. */
    isBusy: (item: Pick<DraftItem, 'target' | 'entityId'>): boolean =>
      (busy.get(item.target, item.entityId)?.n ?? 0) > 0,
  }
}
