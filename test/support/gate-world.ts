/** One history: the app in its small world, everything that can be done to it, and the model that watches. */
import type { Entity, Field } from '../../shared/domain/entity.ts'
import type { AccountId, DraftId, EntityId } from '../../shared/domain/ids.ts'
import { formatDecimal, parseDecimal } from '../../shared/domain/money.ts'
import { OperationError } from '../../shared/errors.ts'
import { changeInput, type DraftView } from '../../shared/operations.ts'
import type { ApprovedChange, createGate } from '../../main/approval/gate.ts'
import { parsePin } from '../../main/audit/head-pin.ts'
import { verifyLog } from '../../main/audit/verify.ts'
import { documentOf } from '../../main/drafts/policy-document.ts'
import { proposeChange } from '../../main/drafts/propose.ts'
import { reviseDraft } from '../../main/drafts/revise.ts'
import { withdrawDraft } from '../../main/drafts/withdraw.ts'
import type { LiveValue } from '../../main/platforms/adapter.ts'
import type { Caller } from '../../main/ports.ts'
import { type Boot, freshLedger, type Mutation, type Outside, type Point, startBoot } from './gate-boot.ts'
import { checkEnd } from './gate-end.ts'
import { type Arm, isRaise, Model, type Moment, type Moved, type Shown, shownOf } from './gate-model.ts'
import {
  accountOf,
  CURRENCY,
  isByClockChange,
  isQuiet,
  LatePlatform,
  LIMITS,
  PLACES,
  policyOfLimit,
  sharersOf,
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

const never = new AbortController().signal
export const agent = (n: number): Caller => ({
  kind: 'agent',
  clientId: `mc_${n}`,
  clientName: `Agent ${n}`,
  scopes: ['mcp.read', 'mcp.draft'],
  expiresAtMs: Number.MAX_SAFE_INTEGER,
})
export const WINDOW: Caller = { kind: 'window' }

export async function startWorld(beginning: Beginning, mutation: Mutation = {}): Promise<World> {
  const world = new World(await freshLedger(), beginning, mutation)
  await world.boot_()
  return world
}

export class World {
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
  #proposals = 0
  #plan: { left: number; surprise: Surprise; value: number } | undefined
  #isDiskFull = false
  #die: (() => void) | undefined
  readonly #running: Promise<unknown>[] = []
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
      first: policyOfLimit(this.#limits()),
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
          this.model.look(live, this.boot.breaker.state().isOpen, !this.#isAllowed(live.entityId))
      },
      onRequest: (change, boot) => this.#onRequest(change, boot),
      onAppended: () => {
        if (!this.#isDiskFull) return
        this.#isDiskFull = false
        throw new Error('database or disk is full')
      },
    }
  }

  #limits() {
    const limit = LIMITS[this.limit]
    if (limit === undefined) throw new Error('no such limits')
    return limit
  }
  #isAllowed = (id: EntityId): boolean => this.boot.permissions.isAllowed(accountOf(id))

  async boot_(): Promise<void> {
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
    this.#isDiskFull = false
    await this.boot_()
    if (this.outside.mutation.sendsAgain === true)
      for (const change of this.#sent) await this.boot.adapter.apply(change)
  }
  readonly #sent: ApprovedChange[] = []

  /** Does it as far as the app lives; where it is killed on the way, starts it again. */
  async living<T>(work: () => Promise<T>, plan?: Plan): Promise<T | undefined> {
    const boot = this.boot
    this.#plan = plan === undefined ? undefined : { left: plan.after, surprise: plan.surprise, value: plan.value }
    const death = new Promise<'dead'>((resolve) => (this.#die = () => resolve('dead')))
    const all = async (): Promise<T | undefined> => {
      const result = await work().catch((error: unknown) => this.#refused(error))
      while (this.#running.length > 0) await this.#running.shift()
      return result
    }
    const result = await Promise.race([all(), death])
    this.#plan = undefined
    this.#running.length = 0
    if (result === 'dead' || !boot.isAlive()) {
      await this.restart(0)
      return undefined
    }
    return result as T | undefined
  }

  /** What the app says no to is counted; what it does not expect is a fault of it. */
  #refused(error: unknown): undefined {
    if (error instanceof OperationError) {
      this.reached.add(`refused:${error.code}`)
      if (error.code === 'ledger_broken' || error.code === 'workspace_damaged') this.model.doubt('I8', error.message)
      return
    }
    if (error instanceof Error && error.message.includes('disk is full')) return void this.reached.add('full_disk')
    throw error
  }
  attempt<T>(work: () => T): T | undefined {
    try {
      return work()
    } catch (error) {
      return this.#refused(error)
    }
  }

  async #at(point: Point, boot: number): Promise<void> {
    const plan = this.#plan
    if (plan === undefined || boot !== this.boot.number || plan.left-- > 0) return
    this.#plan = undefined
    this.reached.add(`${plan.surprise}@${point}`)
    this.reached.add(`surprise:${plan.surprise}`)
    await this.#surprise(plan.surprise, plan.value)
  }

  async #surprise(surprise: Surprise, value: number): Promise<void> {
    const { boot, model } = this
    if (surprise === 'crash') {
      boot.kill()
      this.#die?.()
    } else if (surprise === 'full_disk') this.#isDiskFull = true
    else if (surprise === 'trip') this.attempt(() => boot.breaker.trip('anomalous_spend'))
    else if (surprise === 'outside') this.outsideChange(value)
    else if (surprise === 'writes_off') boot.permissions.set(Object.keys(CURRENCY)[value % 2] as AccountId, false, 0)
    else if (surprise === 'limits') this.setLimits(value)
    else if (surprise === 'reject') this.reject(this.drafts()[value % Math.max(1, this.drafts().length)]?.draftId)
    else if (surprise === 'clock_back') this.moveClock(-90 * 60_000)
    else if (surprise === 'clock_ahead') this.moveClock(25 * 3_600_000)
    else {
      // Somebody at another window goes on with whatever is ready there.
      const ready = model.arms.filter((arm) => arm.dead === undefined)
      const arm = ready[value % Math.max(1, ready.length)]
      if (arm === undefined) return
      const changes = this.confirm(arm, arm.draftId)
      if (changes === undefined) return
      this.reached.add('two_executions')
      this.#running.push(boot.execution([changes]))
    }
  }

  #moment(): Moment {
    return {
      wallMs: this.clock.wallMs,
      monoMs: this.clock.monoMs,
      trueMs: this.clock.trueMs,
      boot: this.boot.number,
      limit: this.#limits(),
      policy: this.policyVersion,
      isStopped: this.boot.breaker.state().isOpen,
      isAllowed: this.#isAllowed,
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

  /** Drafts that have been shown, newest first. */
  drafts(): readonly Shown[] {
    return [...this.model.shown.values()].toReversed()
  }

  seen(view: DraftView | null | undefined): DraftId | undefined {
    if (view === null || view === undefined || view.state !== 'pending') return undefined
    const shown = shownOf(view)
    this.model.shown.set(shown.draftId, shown)
    const fields = shown.changes.map(({ entityId, field }) => `${entityId} ${field}`)
    const isOpen = ({ draftId }: Shown): boolean => !this.model.closed.has(draftId) && !this.model.approvals.has(draftId)
    if (
      this.drafts().some(
        (other) =>
          other.draftId !== shown.draftId &&
          isOpen(other) &&
          other.changes.some(({ entityId, field }) => fields.includes(`${entityId} ${field}`)),
      )
    )
      this.reached.add('double_draft')
    return shown.draftId
  }

  propose(operations: readonly unknown[], caller: Caller, hours: number): DraftId | undefined {
    return this.attempt(() =>
      this.seen(
        proposeChange(this.boot.deps, caller, {
          idempotency_key: `proposal-${++this.#proposals}`,
          title: 'A change',
          rationale: 'A reason of enough length.',
          expires_in_hours: hours,
          operations: operations.map((each) => changeInput.parse(each)),
        }).draft,
      ),
    )
  }
  revise(draftId: DraftId | undefined, value: string): void {
    const shown = draftId === undefined ? undefined : this.model.shown.get(draftId)
    if (shown === undefined) return
    const values = new Map([[0, value]])
    const revision = { draftId: shown.draftId, shownHash: shown.hash, values, leaveOut: new Set<number>(), note: undefined }
    const next = this.attempt(() => reviseDraft(this.boot.deps, WINDOW, revision))
    if (next?.state === 'pending') this.model.close(shown.draftId, 'superseded')
    this.seen(next)
  }
  reject(draftId: DraftId | undefined): void {
    if (draftId === undefined) return
    const isDone = this.attempt(() => (this.boot.decide.reject(draftId, ''), true))
    if (isDone === true) this.model.close(draftId, 'rejected')
  }
  withdraw(draftId: DraftId | undefined): void {
    const draft = draftId === undefined ? undefined : this.boot.drafts.get(draftId)
    if (draft === undefined || draftId === undefined) return
    const caller = draft.originKind === 'agent' ? agent(Number(draft.originId.slice(3))) : WINDOW
    const done = this.attempt(() => withdrawDraft(this.boot.deps, caller, { draft_id: draftId }))
    if (done?.changed === true) this.model.close(draftId, 'withdrawn')
  }

  async arm(draftId: DraftId, window: number, before: readonly DraftId[] = [], hash?: string): Promise<Arm | undefined> {
    const { boot, model } = this
    const shown = model.shown.get(draftId)
    const counted = before.flatMap((id) => boot.drafts.get(id)?.items ?? [])
    const armed = await boot.decide.arm(draftId, hash ?? shown?.hash ?? '', never, counted)
    if (armed === undefined || shown === undefined) return undefined
    if (hash !== undefined && hash !== shown.hash) model.doubt('I3', 'armed under the hash of another draft')
    const { confirmToken: token, challengeHash } = armed.challenge
    const arm: Arm = {
      token,
      draftId,
      window,
      challengeHash,
      boot: boot.number,
      wallMs: this.clock.wallMs,
      monoMs: this.clock.monoMs,
      policy: this.policyVersion,
      moved: shown.changes.map((change) => this.#moved(change)),
    }
    model.armed(arm)
    this.reached.add('armed')
    return arm
  }

  /** What a change does to spend, from what the app knows of the platform and from nothing it says. */
  #moved(change: Shown['changes'][number]): Moved {
    const { snapshot } = this.outside
    const others = sharersOf(change.entityId).filter((id) => id !== change.entityId)
    const isSpent = sharersOf(change.entityId).some((id) => snapshot.isRunning(id))
    const budget = snapshot.entity(change.entityId)?.dailyBudgetMicros ?? 0n
    if (change.field === 'status') {
      const stops = others.some((id) => snapshot.isRunning(id)) ? 0n : -budget
      const movement = change.after === 'enabled' ? budget : stops
      return { ...change, movement, net: movement }
    }
    const movement = parseDecimal(change.after, change.currency) - parseDecimal(change.before, change.currency)
    return { ...change, movement, net: movement < 0n && !isSpent ? 0n : movement }
  }

  confirm(
    arm: Arm | undefined,
    draftId: DraftId,
    { token = arm?.token ?? '', gate = this.boot.gate }: { token?: string; gate?: ReturnType<typeof createGate> } = {},
  ): readonly ApprovedChange[] | undefined {
    const objections = this.model.objections(arm, draftId, this.#moment(), this.outside.db)
    let changes: readonly ApprovedChange[]
    try {
      changes = gate.confirm(draftId, token, 'click')
    } catch (error) {
      this.#refused(error)
      this.#noteRefusal(arm, objections, error)
      return undefined
    }
    for (const why of objections) this.model.doubt(why.slice(0, why.indexOf(':')), `confirmed although ${why}`)
    if (arm === undefined) return undefined
    this.model.approved(arm, changes, this.clock.trueMs)
    this.reached.add('approved')
    if (changes.length > 1) this.reached.add('approved_set')
    this.#sent.push(...changes)
    return changes.map((change) => this.outside.mutation.altered?.(change) ?? change)
  }

  #noteRefusal(arm: Arm | undefined, objections: readonly string[], error: unknown): void {
    for (const why of objections) this.reached.add(`objected:${why.slice(why.indexOf(':') + 2).replace(/ would be at .*/, '')}`)
    if (!(error instanceof OperationError) || error.code !== 'guardrail') return
    const rule = String(error.details?.['rule'])
    this.reached.add('blocked_at_confirm')
    this.reached.add(`blocked:${rule}`)
    if (rule !== 'quiet_hours' || arm === undefined) return
    if (isByClockChange(this.clock.wallMs)) this.reached.add('quiet_by_clock_change')
    // Held back at an hour that is not quiet would be as wrong as the other way round.
    const { limit, wallMs } = this.#moment()
    if (!arm.moved.some((change) => isRaise(change) && isQuiet(limit, accountOf(change.entityId), wallMs)))
      this.model.doubt('I6', 'held back by quiet hours at a time that is none')
  }

  outsideChange(value: number): void {
    const id = PLACES[value % PLACES.length]?.entityId
    if (id === undefined) return
    const field: Field = value % 5 === 0 ? 'status' : 'daily_budget'
    const now = this.platform.value(id, field)
    const other = now === 'enabled' ? 'paused' : 'enabled'
    this.platform.outside(id, field, field === 'status' ? other : `${90 + (value % 40)}.00`)
    for (const each of field === 'status' ? [id] : sharersOf(id)) this.model.touch(each, field)
  }
  setLimits(value: number): void {
    const next = value % LIMITS.length
    const policy = policyOfLimit(LIMITS[next] ?? this.#limits())
    const done = this.attempt(() => this.boot.versions.set(this.policyVersion, documentOf(policy)))
    if (done === undefined) return
    this.limit = next
    if (done.version !== this.policyVersion) this.reached.add('limits_changed')
    this.policyVersion = done.version
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

/** A budget as the app knows it, in wire form. */
export const knownBudget = (world: World, id: EntityId): string =>
  formatDecimal(world.outside.snapshot.entity(id)?.dailyBudgetMicros ?? 0n, CURRENCY[accountOf(id)] ?? '')
