/** What must hold of the limits over any sequence of drafts, approvals, outcomes, clock jumps and restarts. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DraftItem } from '../../shared/domain/draft.ts'
import { type AccountId, accountId, type EntityId, entityId } from '../../shared/domain/ids.ts'
import { currencyScale } from '../../shared/domain/money.ts'
import { executionOrder } from '../../main/approval/conclude.ts'
import { countCutsOnce, movementOf } from '../../main/drafts/envelope.ts'
import { judgeSet, type SetContext } from '../../main/drafts/guardrails.ts'
import { FIRST_POLICY, limitsFor, type Policy } from '../../main/drafts/policy.ts'
import { createSteadyClock } from '../../main/steady-clock.ts'

const ONE = 1_000_000n
const DAY_MS = 86_400_000
const ACCOUNTS = [
  { id: accountId('google_ads', '1'), currency: 'EUR' },
  { id: accountId('meta', '2'), currency: 'EUR' },
  { id: accountId('tiktok', '3'), currency: 'JPY' },
] as const

const itemOf = (k: number, at: number, entity: number, units: number): DraftItem => {
  const { id, currency } = ACCOUNTS[at] ?? ACCOUNTS[0]
  const movementMicros = BigInt(units) * ONE * currencyScale(currency)
  const entityIdOf: EntityId = entityId(id, 'campaign', `${entity}`)
  return {
    k,
    platform: 'meta',
    accountId: id,
    entityId: entityIdOf,
    entityType: 'campaign',
    path: [],
    kind: 'set_budget',
    field: 'daily_budget',
    currency,
    before: '500',
    requested: units < 0 ? '400' : '600',
    after: units < 0 ? '400' : '600',
    movementMicros,
    netMicros: movementMicros,
    takesEffect: 'immediately',
    target: entityIdOf,
    affects: [],
  }
}

const change = fc.record({
  at: fc.integer({ min: 0, max: 2 }),
  entity: fc.integer({ min: 1, max: 4 }),
  units: fc.integer({ min: -300, max: 300 }).filter((units) => units !== 0),
})
/** One thing that happens: a draft that a person confirms, with the outcome of each change, or time and clocks. */
const event = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('draft' as const),
      changes: fc.uniqueArray(change, { minLength: 1, maxLength: 5, selector: ({ at, entity }) => `${at}/${entity}` }),
      outcomes: fc.array(fc.constantFrom('applied', 'unknown', 'refused'), { minLength: 5, maxLength: 5 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: DAY_MS }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('set_wall' as const),
      ms: fc.integer({ min: -400 * DAY_MS, max: 400 * DAY_MS }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('restart' as const), offMs: fc.integer({ min: 0, max: DAY_MS }) }),
  },
)

interface Spent {
  readonly accountId: AccountId
  readonly currency: string
  readonly target: string
  readonly netMicros: bigint
  readonly grossMicros: bigint
  readonly steadyMs: number
  /** Time that has really passed, which the app cannot know. */
  readonly trueMs: number
}

const POLICY: Policy = { ...FIRST_POLICY, totalNetUnits: 700n, totalGrossUnits: 2_500n, coolDownMinutes: 120 }

/** A world that a sequence of events runs through. */
class World {
  wallMs = 1_770_000_000_000
  monoMs = 0
  trueMs = 0
  stored: unknown = undefined
  readonly spent: Spent[] = []
  readonly seen = { approved: 0, blocked: 0 }
  steady = this.start()

  start(): ReturnType<typeof createSteadyClock> {
    return createSteadyClock({
      clock: { nowMs: () => this.wallMs, monotonicMs: () => this.monoMs },
      settings: { read: () => this.stored, write: (_key, value) => (this.stored = value) },
    })
  }

  pass(ms: number): void {
    this.wallMs += ms
    this.monoMs += ms
    this.trueMs += ms
  }

  usage(since: (each: Spent) => boolean, id?: AccountId) {
    const own = this.spent.filter((each) => since(each) && (id === undefined || each.accountId === id))
    const total = (pick: (each: Spent) => bigint): bigint => own.reduce((sum, each) => sum + pick(each), 0n)
    return { netMicros: total((each) => each.netMicros), grossMicros: total((each) => each.grossMicros) }
  }

  context(): SetContext {
    const steadyMs = this.steady.nowMs()
    const isRecent = (each: Spent): boolean => each.steadyMs > steadyMs - DAY_MS
    return {
      policy: POLICY,
      nowMs: this.wallMs,
      steadyMs,
      originKind: 'agent',
      originId: 'c',
      isUndo: false,
      stage: 'confirm',
      breaker: undefined,
      account: () => ({ timeZone: 'UTC', currency: 'EUR' }),
      above: () => [],
      usageOf: (id) => this.usage(isRecent, id),
      allUsage: () =>
        ACCOUNTS.map(({ id, currency }) => ({ accountId: id, currency, usage: this.usage(isRecent, id) })),
      lastAppliedSteadyMs: (target) => this.spent.findLast((each) => each.target === target)?.steadyMs,
      draftsLastHour: () => 0,
    }
  }

  /** Confirms it if the limits let it, and settles its changes, decreases first; a failure stops the rest. */
  confirm(items: readonly DraftItem[], outcomes: readonly string[]): boolean {
    const result = judgeSet(
      items,
      items.map(() => ({ version: 1, outcome: 'pass', rules: [] })),
      this.context(),
    )
    if (result.outcome === 'block') {
      this.seen.blocked += 1
      return false
    }
    this.seen.approved += 1
    const ordered = executionOrder(items)
    for (const [at, item] of ordered.entries()) {
      const outcome = outcomes[at] ?? 'applied'
      const { accountId: id, currency, target, netMicros, movementMicros } = item
      if (outcome !== 'refused')
        this.spent.push({
          accountId: id,
          currency,
          target,
          netMicros: outcome === 'applied' || netMicros > 0n ? netMicros : 0n,
          grossMicros: movementMicros < 0n ? -movementMicros : movementMicros,
          steadyMs: this.steady.nowMs(),
          trueMs: this.trueMs,
        })
      if (outcome !== 'applied') break
    }
    this.steady.save()
    return true
  }
}

describe('over any sequence of drafts, outcomes, clock jumps and restarts', () => {
  test('no draft that raises spend is approved beyond the envelope of its account, or of all, or too soon', () => {
    const reached = { approved: 0, blocked: 0 }
    fc.assert(
      fc.property(fc.array(event, { minLength: 5, maxLength: 40 }), (events) => {
        const world = new World()
        for (const each of events) {
          if (each.kind === 'pass') world.pass(each.ms)
          if (each.kind === 'set_wall') world.wallMs += each.ms
          if (each.kind === 'restart') {
            world.steady.save()
            world.wallMs += each.offMs
            world.trueMs += each.offMs
            world.monoMs = 3
            world.steady = world.start()
          }
          if (each.kind !== 'draft') continue
          const items = each.changes.map(({ at, entity, units }, k) => itemOf(k, at, entity, units))
          const before = [...world.spent]
          if (!world.confirm(items, each.outcomes)) continue
          // By the time that has really passed, which the app cannot see: its 24 hours are never shorter.
          const isRecent = (spent: Spent): boolean => spent.trueMs > world.trueMs - DAY_MS
          for (const { id, currency } of ACCOUNTS) {
            const movement = movementOf(items.filter((item) => item.accountId === id))
            if (movement.raiseMicros === 0n) continue
            const limits = limitsFor(POLICY, currency)
            const { grossMicros } = world.usage(isRecent, id)
            if (grossMicros > limits.envelopeGrossMicros) return false
            const steadyMs = world.steady.nowMs()
            const counted = world.usage((spent) => spent.steadyMs > steadyMs - DAY_MS, id)
            const isWhole = each.changes.every((_, at) => each.outcomes[at] === 'applied')
            if (isWhole && movement.netMicros > 0n && counted.netMicros > limits.envelopeNetMicros) return false
          }
          const tooSoon = items.some(
            (item) =>
              item.movementMicros > 0n &&
              before.some((spent) => spent.target === item.target && spent.trueMs > world.trueMs - 120 * 60_000),
          )
          if (tooSoon) return false
        }
        reached.approved += world.seen.approved
        reached.blocked += world.seen.blocked
        return true
      }),
      { numRuns: 2_000 },
    )
    expect(Math.min(reached.approved, reached.blocked)).toBeGreaterThan(1_000)
  })

  test('a draft that fits holds the envelope at every moment of its execution, decreases first', () => {
    let mixed = 0
    fc.assert(
      fc.property(
        fc.uniqueArray(change, { minLength: 2, maxLength: 6, selector: ({ at, entity }) => `${at}/${entity}` }),
        fc.integer({ min: 0, max: 500 }),
        (changes, used) => {
          const items = changes.map(({ at, entity, units }, k) => itemOf(k, at, entity, units))
          const world = new World()
          const start = (currency: string): bigint => BigInt(used) * ONE * currencyScale(currency)
          const context: SetContext = {
            ...world.context(),
            usageOf: (id) => {
              const micros = start(ACCOUNTS.find((each) => each.id === id)?.currency ?? 'EUR')
              return { netMicros: micros, grossMicros: micros }
            },
            allUsage: () => [],
          }
          if (judgeSet(items, [], context).outcome === 'block') return true
          if (items.some((item) => item.movementMicros < 0n) && items.some((item) => item.movementMicros > 0n))
            mixed += 1
          return ACCOUNTS.every(({ id, currency }) => {
            let net = start(currency)
            const limit = limitsFor(POLICY, currency).envelopeNetMicros
            for (const item of executionOrder(items).filter((each) => each.accountId === id)) {
              net += item.netMicros
              if (item.netMicros > 0n && net > limit) return false
            }
            return true
          })
        },
      ),
      { numRuns: 2_000 },
    )
    expect(mixed).toBeGreaterThan(100)
  })

  test('cuts that lie above one another make room for no more than the largest of them, and raises all count', () => {
    let overlapping = 0
    fc.assert(
      fc.property(
        fc.uniqueArray(
          fc.record({ node: fc.integer({ min: 0, max: 11 }), units: fc.integer({ min: -300, max: 300 }) }),
          {
            minLength: 1,
            maxLength: 8,
            selector: ({ node }) => node,
          },
        ),
        (picked) => {
          // Nodes 0–2 are campaigns, 3–11 their ad groups, three each.
          const id = (node: number): EntityId => entityId(ACCOUNTS[0].id, node < 3 ? 'campaign' : 'ad_group', `${node}`)
          const parent = (node: number): number => (node - 3) % 3
          const items = picked.map(({ node, units }, k) => ({ ...itemOf(k, 0, node, units), entityId: id(node) }))
          const above = (entity: EntityId): readonly EntityId[] => {
            const node = Number(entity.split('/').at(-1))
            return node < 3 ? [] : [id(parent(node))]
          }
          const counted = countCutsOnce(items, above)
          if (counted.some((item, k) => item.netMicros !== items[k]?.netMicros)) overlapping += 1
          const twice = countCutsOnce(counted, above)
          const net = (list: readonly DraftItem[]): bigint => list.reduce((sum, item) => sum + item.netMicros, 0n)
          // What a campaign and its ad groups free is at least the largest single cut, where they overlap at all.
          const least = picked.reduce((sum, { node, units }) => {
            const root = node < 3 ? node : parent(node)
            const isOverlapping = picked.some((other) => other.node === root)
            if (units >= 0) return sum + BigInt(units) * ONE
            if (!isOverlapping) return sum + BigInt(units) * ONE
            const rivals = picked.filter((other) => (other.node < 3 ? other.node : parent(other.node)) === root)
            const largest = rivals.reduce((best, other) => Math.min(best, other.units), 0)
            const isFirst = rivals.find((other) => other.units === largest)?.node === node
            return isFirst ? sum + BigInt(largest) * ONE : sum
          }, 0n)
          return (
            net(counted) === least &&
            net(twice) === net(counted) &&
            counted.every((item, k) => item.movementMicros === items[k]?.movementMicros)
          )
        },
      ),
      { numRuns: 2_000 },
    )
    expect(overlapping).toBeGreaterThan(100)
  })
})
