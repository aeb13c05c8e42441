/** The outbox of notifications: what is still to be sent, what was, and what could not be. Sends nothing and decides nothing. */
import type Database from 'better-sqlite3'

export type DeliveryState = 'queued' | 'delivered' | 'dead'
export interface DeliveryRow {
  readonly deliveryId: string
  readonly targetId: string
  readonly event: string
  readonly payloadJson: string
  readonly state: DeliveryState
  /** Counted when an attempt begins, so that one cut short by a crash counts. */
  readonly attempts: number
  /** Steady time. */
  readonly nextAtMs: number
  readonly lastError: string | null
  readonly acceptedJson: string
  readonly checkpointSize: number | null
  readonly checkpointRoot: string | null
  readonly createdAtMs: number
  readonly finishedAtMs: number | null
}
export type NewDelivery = Pick<
  DeliveryRow,
  'deliveryId' | 'targetId' | 'event' | 'payloadJson' | 'nextAtMs' | 'createdAtMs'
>
export interface DeliveryFilter {
  readonly state?: DeliveryState | undefined
  readonly targetId?: string | undefined
  readonly limit: number
  readonly offset: number
}

/** Delivered ones, and dead ones, that are kept. The log keeps what became of older ones. */
const KEPT = 500
const COLUMNS = `delivery_id AS deliveryId, target_id AS targetId, event, payload_json AS payloadJson, state, attempts,
  next_at_ms AS nextAtMs, last_error AS lastError, accepted_json AS acceptedJson, checkpoint_size AS checkpointSize,
  checkpoint_root AS checkpointRoot, created_at_ms AS createdAtMs, finished_at_ms AS finishedAtMs`

export type DeliveryTable = ReturnType<typeof createDeliveryTable>

export function createDeliveryTable(db: Database.Database) {
  const insert = db.prepare(
    `INSERT INTO delivery (delivery_id, target_id, event, payload_json, state, next_at_ms, accepted_json, created_at_ms)
     VALUES (@deliveryId, @targetId, @event, @payloadJson, 'queued', @nextAtMs, '[]', @createdAtMs)`,
  )
  const setPayload = db.prepare('UPDATE delivery SET payload_json = ? WHERE delivery_id = ?')
  return {
    /** All of fn or nothing of it, also inside a transaction that goes on afterwards. */
    atomically: <T>(fn: () => T): T => db.transaction(fn)(),
    isInTransaction: (): boolean => db.inTransaction,
    insert: (row: NewDelivery): void => void insert.run(row),
    setPayload: (deliveryId: string, payloadJson: string): void => void setPayload.run(payloadJson, deliveryId),
    ...reading(db),
    ...sending(db),
  }
}

function reading(db: Database.Database) {
  const byId = db.prepare<[string], DeliveryRow>(`SELECT ${COLUMNS} FROM delivery WHERE delivery_id = ?`)
  const counts = db.prepare<[string], { queued: number; dead: number }>(
    `SELECT COUNT(*) FILTER (WHERE state = 'queued') AS queued, COUNT(*) FILTER (WHERE state = 'dead') AS dead
     FROM delivery WHERE target_id = ?`,
  )
  const last = db.prepare<[string], DeliveryRow>(
    `SELECT ${COLUMNS} FROM delivery WHERE target_id = ? AND (attempts > 0 OR state <> 'queued')
     ORDER BY COALESCE(finished_at_ms, created_at_ms) DESC, delivery_id DESC LIMIT 1`,
  )
  const untried = db.prepare<[string, string], DeliveryRow>(
    `SELECT ${COLUMNS} FROM delivery WHERE target_id = ? AND state = 'queued' AND attempts = 0
     ORDER BY event <> ?, created_at_ms, delivery_id LIMIT 1`,
  )
  const where = `(@state IS NULL OR state = @state) AND (@targetId IS NULL OR target_id = @targetId)`
  const page = db.prepare<[Record<string, unknown>], DeliveryRow>(
    `SELECT ${COLUMNS} FROM delivery WHERE ${where} ORDER BY created_at_ms DESC, delivery_id DESC LIMIT @limit OFFSET @offset`,
  )
  const total = db.prepare<[Record<string, unknown>], { n: number }>(
    `SELECT COUNT(*) AS n FROM delivery WHERE ${where}`,
  )
  return {
    get: (deliveryId: string): DeliveryRow | undefined => byId.get(deliveryId),
    counts: (targetId: string): { readonly queued: number; readonly dead: number } =>
      counts.get(targetId) ?? { queued: 0, dead: 0 },
    /** The newest that was tried or finished. */
    last: (targetId: string): DeliveryRow | undefined => last.get(targetId),
    /** One that was never tried, the oldest of the same event first. */
    untried: (targetId: string, event: string): DeliveryRow | undefined => untried.get(targetId, event),
    /** Newest first. */
    page({ state, targetId, limit, offset }: DeliveryFilter): {
      readonly rows: readonly DeliveryRow[]
      readonly total: number
    } {
      const filter = { state: state ?? null, targetId: targetId ?? null }
      return { rows: page.all({ ...filter, limit, offset }), total: total.get(filter)?.n ?? 0 }
    },
  }
}

function sending(db: Database.Database) {
  const due = db.prepare<[{ nowMs: number; busy: string }], DeliveryRow>(
    `SELECT ${COLUMNS} FROM delivery WHERE state = 'queued' AND next_at_ms <= @nowMs
       AND target_id NOT IN (SELECT value FROM json_each(@busy))
     ORDER BY next_at_ms, created_at_ms, delivery_id LIMIT 1`,
  )
  const nextAt = db.prepare<[string], { at: number | null }>(
    `SELECT MIN(next_at_ms) AS at FROM delivery WHERE state = 'queued' AND target_id NOT IN (SELECT value FROM json_each(?))`,
  )
  const begin = db.prepare(
    `UPDATE delivery SET attempts = attempts + 1, next_at_ms = @nextAtMs, checkpoint_size = @size, checkpoint_root = @root
     WHERE delivery_id = @deliveryId AND state = 'queued'`,
  )
  const postpone = db.prepare(
    `UPDATE delivery SET next_at_ms = @nextAtMs, last_error = @error, accepted_json = @acceptedJson
     WHERE delivery_id = @deliveryId AND state = 'queued'`,
  )
  const finish = db.prepare(
    `UPDATE delivery SET state = @state, last_error = @error, finished_at_ms = @atMs WHERE delivery_id = @deliveryId AND state = 'queued'`,
  )
  const revive = db.prepare(
    `UPDATE delivery SET state = 'queued', attempts = 0, next_at_ms = 0, finished_at_ms = NULL
     WHERE delivery_id = ? AND state = 'dead'`,
  )
  const waiting = db.prepare<[string], DeliveryRow>(
    `SELECT ${COLUMNS} FROM delivery WHERE target_id = ? AND state = 'queued' ORDER BY created_at_ms LIMIT 1000`,
  )
  const prune = db.prepare(
    `DELETE FROM delivery WHERE state = @state AND delivery_id NOT IN
       (SELECT delivery_id FROM delivery WHERE state = @state ORDER BY finished_at_ms DESC, delivery_id LIMIT ${KEPT})`,
  )
  return {
    /** The next one to send, of a target that is not among the busy ones. */
    nextDue: (nowMs: number, busy: readonly string[]): DeliveryRow | undefined =>
      due.get({ nowMs, busy: JSON.stringify(busy) }),
    /** When the next one is due. */
    nextAtMs: (busy: readonly string[]): number | null => nextAt.get(JSON.stringify(busy))?.at ?? null,
    /** Counts an attempt before it is made. False when the delivery is not queued any more. */
    begin: (of: {
      readonly deliveryId: string
      readonly nextAtMs: number
      readonly size: number
      readonly root: string
    }): boolean => begin.run(of).changes === 1,
    postpone: (of: {
      readonly deliveryId: string
      readonly nextAtMs: number
      readonly error: string | null
      readonly acceptedJson: string
    }): void => void postpone.run(of),
    /** False when it was finished in the meantime. */
    finish(of: {
      readonly deliveryId: string
      readonly state: 'delivered' | 'dead'
      readonly error: string | null
      readonly atMs: number
    }): boolean {
      const isDone = finish.run(of).changes === 1
      prune.run({ state: of.state })
      return isDone
    },
    /** A dead one begins anew. */
    revive: (deliveryId: string): boolean => revive.run(deliveryId).changes === 1,
    waiting: (targetId: string): readonly DeliveryRow[] => waiting.all(targetId),
  }
}
