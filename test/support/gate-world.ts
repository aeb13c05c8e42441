/** Everything that people, agents and the platform do in a history. */
import type { Field } from '../../shared/domain/entity.ts'
import type { AccountId, DraftId, EntityId } from '../../shared/domain/ids.ts'
import { formatDecimal, parseDecimal } from '../../shared/domain/money.ts'
import { OperationError } from '../../shared/errors.ts'
import { changeInput, type DraftView } from '../../shared/operations.ts'
import type { ApprovedChange, createGate } from '../../main/approval/gate.ts'
import { documentOf } from '../../main/drafts/policy-document.ts'
import { proposeChange } from '../../main/drafts/propose.ts'
import { reviseDraft } from '../../main/drafts/revise.ts'
import { withdrawDraft } from '../../main/drafts/withdraw.ts'
import type { Caller } from '../../main/ports.ts'
import { freshLedger, type Mutation } from './gate-boot.ts'
import { type Beginning, Life, type Surprise } from './gate-life.ts'
import { type Arm, isRaise, type Moved, type Shown, shownOf } from './gate-model.ts'
import {
  accountOf,
  CURRENCY,
  isByClockChange,
  isQuiet,
  LIMITS,
  PLACES,
  policyOfLimit,
  sharersOf,
} from './gate-places.ts'

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
  await world.begin()
  return world
}

export class World extends Life {
  #proposals = 0

  protected async surprise(surprise: Surprise, value: number): Promise<void> {
    const { boot, model } = this
    if (surprise === 'crash') {
      boot.kill()
      this.die?.()
    } else if (surprise === 'full_disk') this.isDiskFull = true
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
      this.running.push(boot.execution([changes]))
    }
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
    const isOpen = ({ draftId }: Shown): boolean =>
      !this.model.closed.has(draftId) && !this.model.approvals.has(draftId)
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
    const revision = {
      draftId: shown.draftId,
      shownHash: shown.hash,
      values,
      leaveOut: new Set<number>(),
      note: undefined,
    }
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

  async arm(
    draftId: DraftId,
    window: number,
    before: readonly DraftId[] = [],
    hash?: string,
  ): Promise<Arm | undefined> {
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
    const objections = this.model.objections(arm, draftId, this.moment(), this.outside.db)
    let changes: readonly ApprovedChange[]
    try {
      changes = gate.confirm(draftId, token, 'click')
    } catch (error) {
      this.refused(error)
      this.#noteRefusal(arm, objections, error)
      return undefined
    }
    for (const why of objections) this.model.doubt(why.slice(0, why.indexOf(':')), `confirmed although ${why}`)
    if (arm === undefined) return undefined
    this.model.approved(arm, changes, this.clock.trueMs)
    this.reached.add('approved')
    if (changes.length > 1) this.reached.add('approved_set')
    this.sent.push(...changes)
    return changes.map((change) => this.outside.mutation.altered?.(change) ?? change)
  }

  #noteRefusal(arm: Arm | undefined, objections: readonly string[], error: unknown): void {
    for (const why of objections)
      this.reached.add(`objected:${why.slice(why.indexOf(':') + 2).replace(/ would be at .*/, '')}`)
    if (!(error instanceof OperationError) || error.code !== 'guardrail') return
    const rule = String(error.details?.['rule'])
    this.reached.add('blocked_at_confirm')
    this.reached.add(`blocked:${rule}`)
    if (rule !== 'quiet_hours' || arm === undefined) return
    if (isByClockChange(this.clock.wallMs)) this.reached.add('quiet_by_clock_change')
    // Held back at an hour that is not quiet would be as wrong as the other way round.
    const { limit, wallMs } = this.moment()
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
    const policy = policyOfLimit(LIMITS[next] ?? this.limitsNow())
    const done = this.attempt(() => this.boot.versions.set(this.policyVersion, documentOf(policy)))
    if (done === undefined) return
    this.limit = next
    if (done.version !== this.policyVersion) this.reached.add('limits_changed')
    this.policyVersion = done.version
  }
}

/** A budget as the app knows it, in wire form. */
export const knownBudget = (world: World, id: EntityId): string =>
  formatDecimal(world.outside.snapshot.entity(id)?.dailyBudgetMicros ?? 0n, CURRENCY[accountOf(id)] ?? '')
