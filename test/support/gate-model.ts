/**
 * What a history must come to, in few words of its own: what was shown and armed by whom, what was approved, what the platform was asked to
 * write. It shares no rule with the product; every doubt it finds is collected, because what is thrown at a write would be taken for a
 * lost answer.
 */
import type Database from 'better-sqlite3'
import type { Field } from '../../shared/domain/entity.ts'
import type { DraftId, EntityId } from '../../shared/domain/ids.ts'
import type { DraftView } from '../../shared/operations.ts'
import type { ApprovedChange } from '../../main/approval/gate.ts'
import type { LiveValue } from '../../main/platforms/adapter.ts'
import { accountOf, DAY, isProtected, isQuiet, type Limit, MINUTE, targetOf } from './gate-places.ts'

export interface Change {
  readonly k: number
  readonly entityId: EntityId
  readonly field: Field
  readonly currency: string
  readonly before: string
  readonly after: string
}
/** A draft as it came onto a screen. */
export interface Shown {
  readonly draftId: DraftId
  readonly hash: string
  readonly expiresAtMs: number
  readonly changes: readonly Change[]
}
export interface Moved extends Change {
  readonly movement: bigint
  readonly net: bigint
}
export interface Arm {
  readonly token: string
  readonly draftId: DraftId
  readonly window: number
  readonly challengeHash: string
  readonly boot: number
  readonly wallMs: number
  readonly monoMs: number
  readonly policy: number
  readonly moved: readonly Moved[]
  /** Why it can never be confirmed any more. */
  dead?: string
}
export interface Approval {
  readonly arm: Arm
  readonly ordinal: number
  readonly trueMs: number
}
export interface Write {
  readonly change: ApprovedChange
  readonly takes: boolean
  /** Records in the log at that moment. */
  readonly size: number
}
interface Look {
  readonly value: string
  readonly isStopped: boolean
  readonly isOff: boolean
  readonly ordinal: number
}
/** What the model is told of the moment. */
export interface Moment {
  readonly wallMs: number
  readonly monoMs: number
  readonly trueMs: number
  readonly boot: number
  readonly limit: Limit
  readonly policy: number
  readonly isStopped: boolean
  readonly isAllowed: (id: EntityId) => boolean
}

/** A confirmation is worth nothing after so long, by whichever clock. */
const TOKEN_MS = 120_000
const CLOSED = ['rejected', 'withdrawn', 'stale', 'expired', 'superseded', 'apply_failed', 'rolled_back']

export const shownOf = (view: DraftView): Shown => ({
  draftId: view.draft_id,
  hash: view.draft_hash,
  expiresAtMs: Date.parse(view.expires_at),
  changes: view.operations.map(({ k, entity_id: entityId, field, currency, before, after }) => ({
    k,
    entityId,
    field,
    currency,
    before,
    after,
  })),
})
const micros = (text: string): bigint => BigInt(Math.round(Number(text) * 100)) * 10_000n
export const isRaise = ({ field, before, after }: Change): boolean =>
  field === 'status' ? after === 'enabled' : micros(after) > micros(before)

export class Model {
  readonly doubts: string[] = []
  readonly shown = new Map<DraftId, Shown>()
  readonly arms: Arm[] = []
  readonly approvals = new Map<DraftId, Approval>()
  readonly writes: Write[] = []
  /** Drafts that a decision of somebody's has closed. */
  readonly closed = new Map<DraftId, string>()
  readonly #looks = new Map<string, Look>()
  readonly #touched = new Map<string, number>()
  readonly #states = new Map<string, string>()
  /** Approvals up to this one are out of the window: somebody moved the clock forward while the app was not running. */
  #forgottenTo = 0
  #ordinal = 0
  /** While only reading is allowed. */
  isReading = false

  doubt(invariant: string, what: string): void {
    this.doubts.push(`${invariant}: ${what}`)
  }
  killArms(why: string, which: (arm: Arm) => boolean): number {
    const alive = this.arms.filter((arm) => arm.dead === undefined && which(arm))
    for (const arm of alive) arm.dead = why
    return alive.length
  }
  close(draftId: DraftId, why: string): void {
    this.closed.set(draftId, why)
    this.killArms(why, (arm) => arm.draftId === draftId)
  }
  touch(id: EntityId, field: Field): void {
    this.#touched.set(`${targetOf(id, field)} ${field}`, ++this.#ordinal)
  }
  forget(): void {
    this.#forgottenTo = this.#ordinal
  }

  armed(arm: Arm): void {
    this.killArms('newer', (other) => other.draftId === arm.draftId)
    this.arms.push(arm)
  }

  /** Everything that speaks against an approval at this moment. Empty when nothing does. */
  objections(arm: Arm | undefined, draftId: DraftId, now: Moment, db: Database.Database): string[] {
    if (arm === undefined) return ['I5: a token that nobody was given']
    const found: string[] = []
    const say = (isWrong: boolean, why: string): void => void (isWrong && found.push(why))
    say(arm.draftId !== draftId, 'I5: the token of another draft')
    say(arm.dead !== undefined, `I5: the confirmation had died: ${arm.dead}`)
    say(arm.boot !== now.boot, 'I5: the token of another session')
    say(now.monoMs - arm.monoMs >= TOKEN_MS, 'I14: the confirmation was too old')
    say(now.wallMs - arm.wallMs >= TOKEN_MS, 'I5: the confirmation was too old by the wall clock')
    say(this.approvals.has(draftId), 'I1: approved already')
    const why = this.closed.get(draftId)
    say(why !== undefined, `I10: the draft was ${why}`)
    say((this.shown.get(draftId)?.expiresAtMs ?? 0) <= now.wallMs, 'I10: the draft had expired')
    say(now.isStopped, 'I6: the breaker was open')
    say(arm.policy !== now.policy, 'I6: the limits were changed since it was shown')
    for (const change of arm.moved) {
      say(!now.isAllowed(change.entityId), 'I6: changes were switched off for the account')
      say(isProtected(now.limit, change.entityId), 'I6: protected')
      say(isRaise(change) && isQuiet(now.limit, accountOf(change.entityId), now.wallMs), 'I6: quiet hours')
      say(isRaise(change) && this.#isTooSoon(change, now, db), 'I6: cool-down')
    }
    for (const account of new Set(arm.moved.map((change) => accountOf(change.entityId))))
      found.push(...this.#overEnvelope(arm, account, now, db))
    return found
  }

  /** Approved changes of the last so many milliseconds that are, or may be, in effect. */
  *#recent(now: Moment, ms: number, db: Database.Database): Generator<{ change: Moved; outcome: string | null }> {
    const verdict = db.prepare<[string, number], { outcome: string | null }>(
      'SELECT outcome FROM outbox WHERE draft_id = ? AND k = ?',
    )
    for (const { arm, trueMs, ordinal } of this.approvals.values()) {
      if (ordinal <= this.#forgottenTo || trueMs <= now.trueMs - ms + 1_000) continue
      for (const change of arm.moved) {
        const outcome = verdict.get(arm.draftId, change.k)?.outcome ?? null
        if (outcome === null || outcome === 'applied' || outcome === 'conflict') yield { change, outcome }
      }
    }
  }

  #isTooSoon(change: Change, now: Moment, db: Database.Database): boolean {
    const target = targetOf(change.entityId, change.field)
    return [...this.#recent(now, now.limit.coolDownMinutes * MINUTE, db)].some(
      ({ change: other }) => targetOf(other.entityId, other.field) === target,
    )
  }

  #overEnvelope(arm: Arm, account: string, now: Moment, db: Database.Database): string[] {
    const own = arm.moved.filter((change) => accountOf(change.entityId) === account)
    if (!own.some((change) => change.movement > 0n)) return []
    let [net, gross, ownNet] = [0n, 0n, 0n]
    const add = ({ movement }: Moved, counted: bigint): void => {
      net += counted
      gross += movement < 0n ? -movement : movement
    }
    for (const { change, outcome } of this.#recent(now, DAY, db))
      if (accountOf(change.entityId) === account)
        add(change, outcome === 'applied' || change.net > 0n ? change.net : 0n)
    for (const change of own) {
      add(change, change.net)
      ownNet += change.net
    }
    const found: string[] = []
    if (ownNet > 0n && net > now.limit.net * 1_000_000n) found.push(`I6: the net envelope would be at ${net}`)
    if (gross > now.limit.gross * 1_000_000n) found.push(`I6: the gross envelope would be at ${gross}`)
    return found
  }

  approved(arm: Arm, changes: readonly ApprovedChange[], trueMs: number): void {
    this.killArms('used', (each) => each === arm)
    this.approvals.set(arm.draftId, { arm, trueMs, ordinal: ++this.#ordinal })
    const same = [...changes].toSorted((a, b) => a.k - b.k)
    if (same.length !== arm.moved.length) this.doubt('I3', 'approved another number of changes than was shown')
    for (const [at, change] of same.entries()) this.#compare(change, arm.moved[at], arm)
    const targets = new Set(arm.moved.map((change) => `${targetOf(change.entityId, change.field)} ${change.field}`))
    for (const other of this.shown.values()) {
      const isRival = other.changes.some((each) => targets.has(`${targetOf(each.entityId, each.field)} ${each.field}`))
      if (
        isRival &&
        other.draftId !== arm.draftId &&
        !this.approvals.has(other.draftId) &&
        !this.closed.has(other.draftId)
      )
        this.close(other.draftId, 'overtaken by another draft for the same field')
    }
  }

  #compare(change: ApprovedChange, shown: Change | undefined, arm: Arm): void {
    const names = ['k', 'entityId', 'field', 'currency', 'before', 'after'] as const
    for (const name of names)
      if (shown?.[name] !== change[name])
        this.doubt('I3', `${name} ${String(change[name])} is not what was confirmed: ${String(shown?.[name])}`)
    if (change.draftId !== arm.draftId || change.challengeHash !== arm.challengeHash)
      this.doubt('I3', 'not of the draft or the challenge that was confirmed')
  }

  look(live: LiveValue, isStopped: boolean, isOff: boolean): void {
    this.#looks.set(`${live.entityId} ${live.field}`, { value: live.value, isStopped, isOff, ordinal: ++this.#ordinal })
  }

  /** At every request to write, before the platform does anything with it. */
  request(change: ApprovedChange, boot: number, db: Database.Database, pinned: number): void {
    const approval = this.approvals.get(change.draftId)
    const about = `${change.draftId}/${change.k}`
    if (this.isReading) this.doubt('I12', `${about} was sent while only reading is allowed`)
    if (approval === undefined) return this.doubt('I3', `${about} was sent without an approval`)
    const { arm } = approval
    if (arm.boot !== boot) this.doubt('I5', `${about} was sent by another session than it was approved in`)
    this.#compare(
      change,
      arm.moved.find((each) => each.k === change.k),
      arm,
    )
    if (this.writes.some((each) => each.change.draftId === change.draftId && each.change.k === change.k))
      this.doubt('I1', `${about} was sent twice`)
    const row = db
      .prepare<[string, number], { state: string; challenge: string }>(
        'SELECT state, challenge_hash AS challenge FROM outbox WHERE draft_id = ? AND k = ?',
      )
      .get(change.draftId, change.k)
    if (db.inTransaction || row?.state !== 'sent' || row.challenge !== arm.challengeHash)
      this.doubt('I2', `${about} was not on record as sent`)
    const { seq } = db
      .prepare<[string], { seq: number | null }>(
        `SELECT MAX(seq) AS seq FROM entry_index WHERE draft_id = ? AND type = 'apply.sent'`,
      )
      .get(change.draftId) ?? { seq: null }
    if (seq === null || pinned <= seq) this.doubt('I2', `${about} was not in the log outside of the file`)
    const look = this.#looks.get(`${change.entityId} ${change.field}`)
    if (look === undefined || look.ordinal < approval.ordinal) this.doubt('I4', `${about} was sent without a last look`)
    else {
      if (look.value !== change.before) this.doubt('I4', `${about} was sent over ${look.value}`)
      if (look.isStopped) this.doubt('I6', `${about} was sent with the breaker open`)
      if (look.isOff) this.doubt('I6', `${about} was sent with changes switched off`)
    }
  }

  /** Whether somebody else has set the same value since the approval: then what the platform holds proves nothing. */
  isTouched({ ordinal }: Approval, change: Change): boolean {
    return (this.#touched.get(`${targetOf(change.entityId, change.field)} ${change.field}`) ?? 0) > ordinal
  }

  /** After every step. */
  watch(db: Database.Database): void {
    const drafts = db.prepare<[], { id: string; state: string }>('SELECT draft_id AS id, state FROM draft').all()
    for (const { id, state } of drafts) {
      const before = this.#states.get(id)
      if (before !== undefined && !mayBecome(before, state)) this.doubt('I10', `${id} went from ${before} to ${state}`)
      this.#states.set(id, state)
      if (
        ['approved', 'applying', 'applied', 'partial', 'unknown'].includes(state) &&
        !this.approvals.has(id as DraftId)
      )
        this.doubt('I3', `${id} is ${state} and nobody approved it`)
    }
    const crowded = db
      .prepare<[], { n: number }>(
        `SELECT COUNT(*) AS n FROM outbox a JOIN outbox b ON (a.target = b.target OR a.entity_id = b.entity_id)
           AND (a.draft_id, a.k) < (b.draft_id, b.k) WHERE a.state <> 'done' AND b.state <> 'done'`,
      )
      .get()?.n
    if (crowded !== 0) this.doubt('I9', 'two changes of one target are under way')
  }

  stateOf = (id: DraftId): string => this.#states.get(id) ?? ''
}

function mayBecome(from: string, to: string): boolean {
  if (from === to || from === 'pending' || from === 'armed') return true
  if (from === 'applied' || from === 'partial') return to === 'rolled_back'
  if (CLOSED.includes(from)) return false
  return to !== 'pending' && to !== 'armed' && to !== 'rejected' && to !== 'withdrawn' && to !== 'superseded'
}
