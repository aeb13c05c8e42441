/** One app over the whole of a history: started, killed at any of its calls to the outside, started again on the same ledger, and watched. */
import type { Entity } from '../../shared/domain/entity.ts'
import type { AccountId, DraftId, EntityId } from '../../shared/domain/ids.ts'
import { parseDecimal } from '../../shared/domain/money.ts'
import { OperationError } from '../../shared/errors.ts'
import type { ApprovedChange } from '../../main/approval/gate.ts'
import { parsePin } from '../../main/audit/head-pin.ts'
import { verifyLog } from '../../main/audit/verify.ts'
import type { LiveValue } from '../../main/platforms/adapter.ts'
import { type Boot, type Mutation, type Outside, type Point, startBoot } from './gate-boot.ts'
import { checkEnd } from './gate-end.ts'
import { Model, type Moment } from './gate-model.ts'
import {
  accountOf,
  CURRENCY,
  LatePlatform,
  type Limit,
  LIMITS,
  PLACES,
  policyOfLimit,
  STARTS,
  TrueClock,
  ZONE,
} from './gate-places.ts'
import { worldOf } from './plan-world.ts'

export interface Beginning {
  readonly start: number
  readonly limit: number
}
/** What happens at one of the app's calls to the outside. */
export type Surprise =
  | 'crash'
  | 'full_disk'
  | 'trip'
  | 'outside'
  | 'writes_off'
  | 'limits'
  | 'reject'
  | 'clock_back'
  | 'clock_ahead'
  | 'other'
export interface Plan {
  readonly surprise: Surprise
  /** After so many calls. */
  readonly after: number
  readonly value: number
}

/** No step of a history gives the app a reason to say these. */
const UNEXPECTED: readonly string[] = ['ledger_broken', 'workspace_damaged', 'idempotency_conflict', 'internal']
export abstract class Life {
  readonly model = new Model()
  readonly clock = new TrueClock()
  readonly platform: LatePlatform
  /** What this history has been through. */
  readonly reached = new Set<string>()
  readonly outside: Outside
  boot!: Boot
  limit: number
  policyVersion = 1
  #boots = 0
  #plan: { left: number; surprise: Surprise; value: number } | undefined
  protected isDiskFull = false
  protected die: (() => void) | undefined
  protected readonly running: Promise<unknown>[] = []
  /** How far the wall clock has been moved, and how far the app knew of it when it last wrote its own time down. */
  #movedMs = 0
  #knownMovedMs = 0

  constructor(ledger: Pick<Outside, 'db' | 'keys' | 'pin'>, { start, limit }: Beginning, mutation: Mutation) {
    this.clock.wallMs = STARTS[start % STARTS.length] ?? 0
    this.limit = limit % LIMITS.length
    this.platform = new LatePlatform(this.clock)
    const known: Entity[] = [...PLACES]
    this.outside = {
      ...ledger,
      clock: this.clock,
      platform: this.platform,
      first: policyOfLimit(this.limitsNow()),
      mutation,
      snapshot: {
        account: (id) => {
          const account = worldOf(known, CURRENCY[id]).snapshot.account(id)
          return account === undefined ? undefined : { ...account, timeZone: ZONE[id] ?? '' }
        },
        entity: (id) => known.find((each) => each.entityId === id),
        path: (id) => ['Shop', id],
        dailyBudgetUnderMicros: (id) => known.find((each) => each.entityId === id)?.dailyBudgetMicros,
        isRunning: (id) => known.find((each) => each.entityId === id)?.status === 'enabled',
      },
      note: (live) => noteIn(known, live),
      at: (point, boot) => this.#at(point, boot),
      onRead: (live, boot) => {
        if (boot === this.boot.number)
          this.model.look(live, this.boot.breaker.state().isOpen, !this.isAllowed(live.entityId))
      },
      onRequest: (change, boot) => this.#onRequest(change, boot),
      onAppended: () => {
        if (!this.isDiskFull) return
        this.isDiskFull = false
        throw new Error('database or disk is full')
      },
    }
  }

  protected limitsNow(): Limit {
    const limit = LIMITS[this.limit]
    if (limit === undefined) throw new Error('no such limits')
    return limit
  }
  protected readonly isAllowed = (id: EntityId): boolean => this.boot.permissions.isAllowed(accountOf(id))

  async begin(): Promise<void> {
    const writes = this.model.writes.length
    this.boot = await startBoot(this.outside, ++this.#boots)
    if (this.#boots === 1) {
      for (const id of Object.keys(CURRENCY)) this.boot.permissions.set(id as AccountId, true, 0)
      this.boot.saved.tick()
    }
    if (this.model.writes.length !== writes) this.model.doubt('I12', 'recovery wrote to a platform')
    this.model.watch(this.outside.db)
    const open = this.outside.db
      .prepare<[], { n: number }>(`SELECT COUNT(*) AS n FROM draft WHERE state IN ('approved', 'applying', 'armed')`)
      .get()?.n
    if (open !== 0 && this.outside.mutation.keepsGate !== true)
      this.model.doubt('I11', 'after recovery a draft is still armed or being carried out')
  }

  /** The process ends, at whatever point it is, and starts again after a while. */
  async restart(offMs: number): Promise<void> {
    const { model, boot } = this
    const rows = boot.drafts.unfinished()
    if (rows.some((row) => row.state === 'intent' || row.state === 'sent')) this.reached.add('crash_in_flight')
    if (rows.some((row) => row.state === 'sent')) this.reached.add('crash_after_sent')
    if (rows.some((row) => row.state === 'queued')) this.reached.add('crash_after_approval')
    boot.kill()
    if (model.killArms('restart', () => true) > 0) this.reached.add('restart_with_arms')
    if (this.#movedMs > this.#knownMovedMs) model.forget()
    this.#knownMovedMs = this.#movedMs
    if (offMs > 0) this.clock.off(offMs)
    this.#plan = undefined
    this.isDiskFull = false
    await this.begin()
    if (this.outside.mutation.sendsAgain === true) for (const change of this.sent) await this.boot.adapter.apply(change)
  }
  protected readonly sent: ApprovedChange[] = []

  /** Does it as far as the app lives; where it is killed on the way, starts it again. */
  async living<T>(work: () => Promise<T>, plan?: Plan): Promise<T | undefined> {
    const boot = this.boot
    this.#plan = plan === undefined ? undefined : { left: plan.after, surprise: plan.surprise, value: plan.value }
    const death = new Promise<'dead'>((resolve) => (this.die = () => resolve('dead')))
    const all = async (): Promise<T | undefined> => {
      const result = await work().catch((error: unknown) => {
        this.refused(error)
        return undefined
      })
      while (this.running.length > 0) await this.running.shift()
      return result
    }
    const result = await Promise.race([all(), death])
    this.#plan = undefined
    this.running.length = 0
    if (result === 'dead' || !boot.isAlive()) {
      await this.restart(0)
      return undefined
    }
    return result
  }

  /** What the app says no to is counted; what it does not expect is a fault of it. */
  protected refused(error: unknown): void {
    if (error instanceof OperationError) {
      this.reached.add(`refused:${error.code}`)
      if (UNEXPECTED.includes(error.code)) this.model.doubt('I8', `${error.code}: ${error.message}`)
      return
    }
    if (!(error instanceof Error) || !error.message.includes('disk is full')) throw error
    this.reached.add('full_disk')
  }
  attempt<T>(work: () => T): T | undefined {
    try {
      return work()
    } catch (error) {
      this.refused(error)
      return undefined
    }
  }

  async #at(point: Point, boot: number): Promise<void> {
    const plan = this.#plan
    if (plan === undefined || boot !== this.boot.number || plan.left-- > 0) return
    this.#plan = undefined
    this.reached.add(`${plan.surprise}@${point}`)
    this.reached.add(`surprise:${plan.surprise}`)
    await this.surprise(plan.surprise, plan.value)
  }

  /** What somebody, or something, does in the middle of the app's own work. */
  protected abstract surprise(surprise: Surprise, value: number): Promise<void>

  protected moment(): Moment {
    return {
      wallMs: this.clock.wallMs,
      monoMs: this.clock.monoMs,
      trueMs: this.clock.trueMs,
      boot: this.boot.number,
      limit: this.limitsNow(),
      policy: this.policyVersion,
      isStopped: this.boot.breaker.state().isOpen,
      isAllowed: this.isAllowed,
    }
  }

  #onRequest(change: ApprovedChange, boot: number) {
    const { db, pin } = this.outside
    this.model.request(change, boot, db, parsePin(pin.text ?? '')?.size ?? 0)
    const size = db.prepare<[], { n: number }>('SELECT COUNT(*) AS n FROM entry').get()?.n ?? 0
    const received = this.platform.writes.length
    const { answer, takes } = this.platform.receive(change)
    if (this.platform.writes.length > received) this.model.writes.push({ change, takes, size })
    this.reached.add('write')
    return answer
  }

  moveClock(ms: number): void {
    this.clock.wallMs += ms
    this.#movedMs += ms
  }
  pass(ms: number): void {
    this.clock.pass(ms)
  }

  /** As every few seconds: dead confirmations lapse, what nobody decided expires, steady time is written down. */
  sweep(): void {
    this.attempt(() => this.boot.decide.sweep())
    this.boot.saved.tick()
    const saved = this.outside.db
      .prepare<[], { at: number }>(
        `SELECT json_extract(value_json, '$.wallMs') AS at FROM setting WHERE key = 'steady_clock'`,
      )
      .get()
    // Written down with the wall clock as it stands, or as it should stand: moves up to here are known.
    if ((saved?.at ?? 0) >= this.clock.wallMs) this.#knownMovedMs = Math.max(this.#knownMovedMs, this.#movedMs)
  }

  /** What is still on its way or openly unknown, in the order of its approval. */
  unfinished(): readonly DraftId[] {
    const open = this.boot.unfinished()
    return [...this.model.approvals.keys()].filter((id) => open.includes(id))
  }
  /** Reads what became of everything, with time enough. */
  async settle(): Promise<void> {
    this.model.isReading = true
    for (const id of this.unfinished())
      if (this.boot.drafts.get(id)?.state === 'unknown') await this.boot.reconcile.watch(id)
    this.model.isReading = false
  }

  afterStep(): void {
    this.sweep()
    this.model.watch(this.outside.db)
  }

  /** The end of every history: the app is killed once more, everything is read, and the log has to tell the whole of it. */
  async end(): Promise<void> {
    this.platform.manner = 'takes'
    await this.restart(0)
    await this.settle()
    this.model.watch(this.outside.db)
    checkEnd(this.model, this.outside.db, this.reached)
    const { db, pin } = this.outside
    await this.boot.audit.pinHead()
    const result = await verifyLog({ db, vkey: this.boot.audit.vkey, headPin: pin.text })
    if (!result.ok) this.model.doubt('I8', `the log does not verify: ${result.fault.message}`)
  }
  close(): void {
    this.boot.kill()
    this.outside.db.close()
  }
}

function noteIn(known: Entity[], { entityId, field, value, currency }: LiveValue): void {
  const at = known.findIndex((each) => each.entityId === entityId)
  const found = known[at]
  if (found === undefined || value === '') return
  if (field === 'status') known[at] = { ...found, status: value as Entity['status'] }
  else if (field === 'daily_budget') known[at] = { ...found, dailyBudgetMicros: parseDecimal(value, currency) }
}
