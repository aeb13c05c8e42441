/** What people, agents, clocks, platforms and power cuts can do to the gate, as commands for random histories. */
import fc from 'fast-check'
import type { DraftId, EntityId } from '../../shared/domain/ids.ts'
import type { ApprovedChange } from '../../main/approval/gate.ts'
import type { Plan, Surprise } from './gate-life.ts'
import { agent, knownBudget, WINDOW, type World } from './gate-world.ts'
import type { Arm } from './gate-model.ts'
import { accountOf, CAMPAIGNS, DAY, HOUR, LATE, localMinute, type Manner, MINUTE, QUIET } from './gate-places.ts'

type Shadow = Record<string, never>
type Of<A> = A extends fc.Arbitrary<infer T> ? T : never
type Act = (world: World) => void | Promise<void>

/** One step of a history. It is always possible: where there is nothing to do it to, nothing happens. */
class Step implements fc.AsyncCommand<Shadow, World> {
  readonly #name: string
  readonly #with: unknown
  readonly #act: Act
  constructor(name: string, given: unknown, act: Act) {
    this.#name = name
    this.#with = given
    this.#act = act
  }
  check = (): boolean => true
  async run(_: Shadow, world: World): Promise<void> {
    await this.#act(world)
    world.afterStep()
  }
  toString = (): string => `${this.#name}(${JSON.stringify(this.#with)})`
}
function step<T>(name: string, given: fc.Arbitrary<T>, act: (world: World, given: T) => void | Promise<void>) {
  return given.map((value) => new Step(name, value, (world) => act(world, value)))
}

const FIRST = CAMPAIGNS[0] ?? ('' as EntityId)
const small = fc.nat({ max: 40 })
const pick = <T>(list: readonly T[], at: number): T | undefined => list[at % Math.max(1, list.length)]
/** The newest drafts come first: what happens to a draft mostly happens soon. */
const draftAt = (world: World, at: number): DraftId | undefined => pick(world.drafts(), at)?.draftId

const STEPS = [-40, -20, -10, 10, 20, 30, 45, 70] as const
const change = fc.record({ place: fc.nat({ max: 3 }), how: fc.nat({ max: STEPS.length }) })
type Wanted = Of<typeof change>

function operation(world: World, { place, how }: Wanted): unknown {
  const id = CAMPAIGNS[place]
  if (id === undefined) throw new Error('no such campaign')
  const percent = STEPS[how]
  if (percent === undefined) {
    const status = world.outside.snapshot.entity(id)?.status
    const to = status === 'enabled' ? 'paused' : 'enabled'
    return { kind: 'set_status', entity_id: id, expected_current: status, new_status: to }
  }
  const now = knownBudget(world, id)
  const next = `${Math.max(1, Math.round((Number(now) * (100 + percent)) / 100))}.00`
  return { kind: 'set_budget', entity_id: id, budget: 'daily', expected_current: now, new_value: next }
}
const proposal = fc.record({
  changes: fc.uniqueArray(change, { minLength: 1, maxLength: 3, selector: ({ place }) => place, size: 'max' }),
  isSet: fc.boolean(),
  who: fc.nat({ max: 2 }),
  hours: fc.constantFrom(1, 48),
})
const propose = (world: World, { changes, isSet, who, hours }: Of<typeof proposal>) =>
  world.propose(
    (isSet ? changes : changes.slice(0, 1)).map((each) => operation(world, each)),
    who === 2 ? WINDOW : agent(who),
    hours,
  )

const manner: fc.Arbitrary<Manner> = fc.oneof(
  { weight: 5, arbitrary: fc.constant<Manner>('takes') },
  {
    weight: 5,
    arbitrary: fc.constantFrom<Manner>(
      'ignores',
      'refuses',
      'cannot_send',
      'takes_and_is_silent',
      'ignores_and_is_silent',
      'late_and_is_silent',
      'shows_late',
      'takes_one',
      'takes_one',
    ),
  },
)
const surprise: fc.Arbitrary<Surprise> = fc.oneof(
  { weight: 5, arbitrary: fc.constant<Surprise>('crash') },
  {
    weight: 5,
    arbitrary: fc.constantFrom<Surprise>(
      'full_disk',
      'trip',
      'outside',
      'writes_off',
      'limits',
      'reject',
      'clock_back',
      'clock_ahead',
      'other',
    ),
  },
)
const plan: fc.Arbitrary<Plan | undefined> = fc.option(
  fc.record({ surprise, after: fc.nat({ max: 14 }), value: small }),
  { nil: undefined },
)

/** Between the two clicks. */
const MEANWHILE = [
  ...repeat(12, 'nothing' as const),
  'limits',
  'late',
  'clock_back_and_late',
  'clock_ahead',
  'restart',
  'restart',
  'armed_elsewhere',
  'disarmed',
  'trip',
  'outside',
  'revised',
  'to_the_edge',
  'writes_off',
] as const
type Meanwhile = (typeof MEANWHILE)[number]
const meanwhile = fc.constantFrom(...MEANWHILE)

async function pause(world: World, what: Meanwhile, draftId: DraftId, value: number): Promise<void> {
  if (what === 'limits') world.setLimits(value)
  else if (what === 'late') world.pass(LATE[value % LATE.length] ?? 0)
  else if (what === 'clock_back_and_late') {
    world.moveClock(-HOUR)
    world.pass(3 * MINUTE)
  } else if (what === 'clock_ahead') world.moveClock(30_000)
  else if (what === 'restart') await world.restart(value % 3 === 0 ? 10_000 : 0)
  else if (what === 'armed_elsewhere') await world.living(() => world.arm(draftId, 1))
  else if (what === 'disarmed') disarm(world, draftId)
  else if (what === 'trip') world.attempt(() => world.boot.breaker.trip('anomalous_spend'))
  else if (what === 'outside') world.outsideChange(value)
  else if (what === 'revised') world.revise(draftId, `${95 + value}.00`)
  else if (what === 'to_the_edge') world.pass(70_000)
  else if (what === 'writes_off') allow(world, value, false)
}
function disarm(world: World, draftId: DraftId | undefined): void {
  if (draftId === undefined) return
  const isDone = world.attempt(() => (world.boot.decide.disarm(draftId), true))
  if (isDone === true) world.model.killArms('disarmed', (arm) => arm.draftId === draftId)
}
function allow(world: World, value: number, isAllowed: boolean): void {
  const account = accountOf(CAMPAIGNS[value % CAMPAIGNS.length] ?? FIRST)
  world.boot.permissions.set(account, isAllowed, world.clock.nowMs())
}

const execute = (world: World, approved: readonly (readonly ApprovedChange[])[], how: Plan | undefined) =>
  approved.length === 0 ? undefined : world.living(() => world.boot.execution(approved), how)

const push = fc.record({
  draft: small,
  manner,
  plan,
  armPlan: plan,
  isArmSurprised: fc.nat({ max: 4 }),
  meanwhile,
  value: small,
})
async function pushDraft(world: World, draftId: DraftId | undefined, given: Of<typeof push>): Promise<void> {
  if (draftId === undefined) return
  const arm = await world.living(() => world.arm(draftId, 0), given.isArmSurprised === 0 ? given.armPlan : undefined)
  if (arm === undefined) return
  await pause(world, given.meanwhile, draftId, given.value)
  world.platform.manner = given.manner
  const changes = world.confirm(arm, draftId)
  if (changes === undefined) return
  await execute(world, [changes], given.plan)
  world.model.watch(world.outside.db)
  if (world.model.stateOf(draftId) === 'partial')
    await followUp(world, 'repair', { draft: 0, push: { ...given, manner: 'takes' } })
}

const two = fc.record({
  proposals: fc.tuple(proposal, proposal),
  push,
  how: fc.constantFrom('batch', 'both', 'in_turn', 'at_once'),
  isRaising: fc.boolean(),
  place: fc.nat({ max: 1 }),
  steps: fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 2 })),
})

/** A token that some window was given once. */
const anyArm = (world: World, at: number): Arm | undefined => pick(world.model.arms.toReversed(), at)

/** To just before quiet hours begin or end in one of the accounts. */
function toTheEdge(world: World, place: number, value: number): void {
  const account = accountOf(CAMPAIGNS[place % CAMPAIGNS.length] ?? FIRST)
  const edge = [22 * 60, 2 * 60, 6 * 60, 3 * 60 + 30][value % 4] ?? 0
  const minutes = (edge - localMinute(account, world.clock.wallMs) + 1_440) % 1_440
  world.pass(Math.max(0, minutes * MINUTE - 30_000))
}

/** A raise that is armed just before quiet hours begin, and confirmed when they have. */
async function overTheEdge(
  world: World,
  { value, change: wanted, late }: { readonly value: number; readonly change: Wanted; readonly late: number },
): Promise<void> {
  const at = value % QUIET.length
  world.setLimits(QUIET[at] ?? 0)
  toTheEdge(world, wanted.place, at)
  const [changes, isSet] = [[{ ...wanted, how: 3 + (wanted.how % 4) }], false]
  const draftId = propose(world, { changes, isSet, who: 2, hours: 48 })
  const arm = draftId === undefined ? undefined : await world.living(() => world.arm(draftId, 0))
  if (arm === undefined) return
  world.pass(late)
  if (late > 0) world.reached.add('over_the_edge')
  world.platform.manner = 'takes'
  const approved = world.confirm(arm, arm.draftId)
  if (approved !== undefined) await execute(world, [approved], undefined)
}

const PASSES = [5_000, MINUTE, 10 * MINUTE, 50 * MINUTE, 3 * HOUR, 12 * HOUR, 23 * HOUR, DAY + MINUTE, 3 * DAY]

export const commands: fc.Arbitrary<Step>[] = [
  ...repeat(
    3,
    step('propose', proposal, (world, given) => void propose(world, given)),
  ),
  ...repeat(
    6,
    step('proposeAndPush', fc.record({ proposal, push }), async (world, given) =>
      pushDraft(world, propose(world, given.proposal), given.push),
    ),
  ),
  ...repeat(
    3,
    step('push', push, (world, given) => pushDraft(world, draftAt(world, given.draft), given)),
  ),
  ...repeat(4, step('pushTwo', two, pushTwo)),
  step(
    'armOnly',
    fc.record({ draft: small, window: fc.nat({ max: 1 }), isForeign: fc.boolean() }),
    async (world, given) => {
      const draftId = draftAt(world, given.draft)
      const hash = given.isForeign ? pick(world.drafts(), given.draft + 1)?.hash : undefined
      if (draftId !== undefined) await world.living(() => world.arm(draftId, given.window, [], hash))
    },
  ),
  step('armTogether', small, async (world, at) => {
    const draftId = draftAt(world, at)
    if (draftId === undefined) return
    await world.living(() => Promise.all([0, 1].map((window) => world.arm(draftId, window).catch(() => undefined))))
  }),
  ...repeat(
    2,
    step('confirmAny', fc.record({ arm: small, draft: small, how: fc.nat({ max: 4 }), plan }), async (world, given) => {
      const arm = anyArm(world, given.arm)
      if (arm === undefined) return
      if (given.how === 0) {
        world.confirm(undefined, arm.draftId, { token: 'A'.repeat(43) })
        return
      }
      if (given.how === 1) {
        // Somebody who has the token, but sits at another session of the same workspace.
        const found = world.confirm({ ...arm, dead: 'another session' }, arm.draftId, { gate: world.boot.elsewhere() })
        if (found !== undefined) world.model.doubt('I5', 'another session confirmed')
        return
      }
      const changes = world.confirm(arm, given.how === 2 ? (draftAt(world, given.draft) ?? arm.draftId) : arm.draftId)
      if (changes !== undefined) await execute(world, [changes], given.plan)
    }),
  ),
  step('revise', fc.record({ draft: small, to: small }), (world, { draft, to }) =>
    world.revise(draftAt(world, draft), `${90 + to}.00`),
  ),
  step('reject', small, (world, at) => world.reject(draftAt(world, at))),
  step('withdraw', small, (world, at) => world.withdraw(draftAt(world, at))),
  step('disarm', small, (world, at) => disarm(world, draftAt(world, at))),
  step('limits', small, (world, value) => world.setLimits(value)),
  ...repeat(
    2,
    step('resetBreaker', fc.constant(0), (world) => void world.attempt(() => world.boot.breaker.reset())),
  ),
  step('tripBreaker', fc.constant(0), (world) => {
    world.attempt(() => world.boot.breaker.trip('anomalous_spend'))
  }),
  ...repeat(
    2,
    step('allow', small, (world, value) => allow(world, value, value % 8 !== 0)),
  ),
  step('outside', small, (world, value) => world.outsideChange(value)),
  ...repeat(
    2,
    step('pass', fc.constantFrom(...PASSES), (world, ms) => world.pass(ms)),
  ),
  step('edge', small, (world, value) => toTheEdge(world, value, value)),
  ...repeat(
    2,
    step('overTheEdge', fc.record({ value: small, change, late: fc.constantFrom(31_000, 50_000, 0) }), overTheEdge),
  ),
  step('clock', fc.constantFrom(-DAY, -HOUR, -MINUTE, MINUTE, HOUR, 25 * HOUR), (world, ms) => world.moveClock(ms)),
  step('restart', fc.constantFrom(0, 0, MINUTE, 8 * HOUR), (world, ms) => world.restart(ms)),
  step('reconcile', small, async (world, at) => {
    const id = pick(world.unfinished(), at)
    world.model.isReading = true
    if (id !== undefined) await world.living(() => world.boot.reconcile.once(id, AbortSignal.timeout(60_000)))
    world.model.isReading = false
  }),
  step('settle', fc.constant(0), (world) => world.settle()),
  ...repeat(
    2,
    step('undo', fc.record({ draft: small, push }), (world, given) => followUp(world, 'undo', given)),
  ),
  step('repair', fc.record({ draft: small, push }), (world, given) => followUp(world, 'repair', given)),
]

function repeat<T>(times: number, value: T): T[] {
  return Array.from({ length: times }, () => value)
}

/** Two drafts, armed one after the other or as a batch, and confirmed together: what fits only once must not go out twice. */
async function pushTwo(world: World, given: Of<typeof two>): Promise<void> {
  const raises = given.isRaising
    ? [0, 1].map((at) => ({ place: given.place * 2 + at, how: 4 + (given.steps[at] ?? 0) }))
    : []
  const ids = given.proposals.flatMap((each, who) => {
    const raise = raises[who]
    return propose(world, { ...each, who, ...(raise === undefined ? {} : { changes: [raise] }) }) ?? []
  })
  const arms: Arm[] = []
  for (const id of ids) {
    const before = given.how === 'batch' ? arms.map((arm) => arm.draftId) : []
    const arm = await world.living(() => world.arm(id, 0, before))
    if (arm !== undefined) arms.push(arm)
  }
  if (arms.length === 2) world.reached.add(`two:${given.how}`)
  const [first, second] = arms
  if (first === undefined) return
  await pause(world, given.push.meanwhile, first.draftId, given.push.value)
  world.platform.manner = given.push.manner
  if (given.how === 'batch' || given.how === 'both') {
    const approved = arms.flatMap((arm) => {
      const changes = world.confirm(arm, arm.draftId)
      return changes === undefined ? [] : [changes]
    })
    await execute(world, approved, given.push.plan)
    return
  }
  const joining: Plan = { surprise: 'other', after: given.push.value % 12, value: 0 }
  const changes = world.confirm(first, first.draftId)
  if (changes !== undefined) await execute(world, [changes], given.how === 'at_once' ? joining : given.push.plan)
  const others = second === undefined ? undefined : world.confirm(second, second.draftId)
  if (others !== undefined) await execute(world, [others], given.push.plan)
}

async function followUp(
  world: World,
  kind: 'undo' | 'repair',
  { draft, push: how }: { readonly draft: number; readonly push: Of<typeof push> },
): Promise<void> {
  const states = kind === 'undo' ? ['applied', 'partial'] : ['partial']
  const fitting = world.drafts().filter(({ draftId }) => states.includes(world.model.stateOf(draftId)))
  const draftId = pick(fitting, draft)?.draftId
  if (draftId === undefined) return
  const conflicts = how.value % 2 === 0 ? 'overwrite' : 'leave'
  const signal = AbortSignal.timeout(60_000)
  const request = { draftId, conflicts, caller: WINDOW, signal } as const
  const planned = await world.living(() => world.boot.followUp[kind](request))
  const next = world.seen(planned?.draft)
  if (next !== undefined) world.reached.add(kind)
  await pushDraft(world, next, how)
}
