/**
 * The promises of the gate, one story each: what holds, and that the nearest attempt to break it is refused. The same promises over random
 * histories stand in gate-properties*.test.ts (I1–I14); those of the bundle in audit-mutations.test.ts (I18) and audit-verifiers.test.ts (I19).
 */
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { verifyLog } from '../../main/audit/verify.ts'
import type { Policy } from '../../main/drafts/policy.ts'
import { writeOnce } from '../../main/platforms/http.ts'
import { openAuditTable } from '../../main/store/audit-table.ts'
import type { DraftState } from '../../shared/domain/draft.ts'
import { OPERATIONS, type Operation } from '../../shared/operations.ts'
import { type Behaviour, refusalOf, type Rig, startRig } from '../support/approval-rig.ts'
import { LedgerFixture, proposed, read } from '../support/audit-fixture.ts'
import { entity, GOOGLE, idOf, META, ONE } from '../support/plan-world.ts'

const google = idOf(GOOGLE, 'campaign', '11')
const meta = idOf(META, 'campaign', '1201')
const DAY_MS = 86_400_000
const campaign = (id: typeof google) =>
  entity(id, {
    budgetKind: 'daily',
    dailyBudgetMicros: 400n * ONE,
    editable: [
      { field: 'daily_budget', isEditable: true },
      { field: 'status', isEditable: true },
    ],
  })
const budget = (id: string, to: string, from = '400.00') => ({
  kind: 'set_budget',
  entity_id: id,
  budget: 'daily',
  expected_current: from,
  new_value: to,
})

let rig: Rig
beforeEach(async () => {
  rig = await startRig([campaign(google), campaign(meta)])
})
afterEach(() => rig.close())

const seqsOf = (draftId: string): ReadonlyMap<string, number> =>
  new Map(
    rig.audit
      .list({ draftId, limit: 100 })
      .toReversed()
      .map((row) => [row.record?.type ?? 'unreadable', row.seq]),
  )
const dies = (step: string) => (at: string) => {
  if (at === step) throw new Error('the process died')
}
const unknownBy = async (behaviour: Behaviour) => {
  rig.platform.behaviour = behaviour
  const draft = await rig.push(rig.propose(budget(google, '420.00')).draftId)
  expect(draft.state).toBe('unknown')
  return draft
}

test('I1: each change of a draft causes at most one write, ever', async () => {
  const draft = await unknownBy('takes_and_is_silent')
  rig.reconcile.recover()
  await rig.reconcile.once(draft.draftId, AbortSignal.timeout(5_000))
  expect(rig.get(draft.draftId).state).toBe('applied')
  expect(rig.platform.writes).toHaveLength(1)
  const [again] = rig.platform.writes
  await expect(rig.executor.run(again === undefined ? [] : [again])).rejects.toThrow('is not approved any more')
  expect(rig.platform.writes).toHaveLength(1)
})

test('I2: a write is preceded by a durable intent and a durable note that it goes out, and is not made without them', async () => {
  const draft = await rig.push(rig.propose(budget(google, '420.00')).draftId)
  const seqs = [...seqsOf(draft.draftId).entries()].filter(([type]) => type.startsWith('apply.'))
  expect(seqs.map(([type]) => type)).toEqual(['apply.intent', 'apply.sent', 'apply.outcome'])
  rig.pin.failure = new Error('the vault is gone')
  const second = await rig.push(rig.propose(budget(meta, '420.00')).draftId)
  rig.pin.failure = undefined
  expect(second).toMatchObject({ state: 'apply_failed', stateReason: 'head_not_pinned' })
  expect(rig.platform.writes).toHaveLength(1)
})

test('I3: what is written is the item of the draft whose hash was approved, and the approval comes before the intent', async () => {
  const draft = rig.propose(budget(google, '420.00'))
  const armed = await rig.arm(draft.draftId)
  rig.db.prepare("UPDATE draft_item SET after_value = '4200.00' WHERE draft_id = ?").run(draft.draftId)
  expect((await refusalOf(() => rig.push(draft.draftId, armed))).code).toBe('draft_changed')
  expect(rig.platform.writes).toHaveLength(0)
  const other = await rig.push(rig.propose(budget(meta, '420.00')).draftId)
  expect(rig.platform.writes).toMatchObject([{ entityId: meta, field: 'daily_budget', after: '420.00' }])
  const seqs = seqsOf(other.draftId)
  expect(seqs.get('draft.approved')).toBeLessThan(seqs.get('apply.intent') ?? 0)
  expect(rig.line(other.draftId, 'draft.approved')).toContain(other.draftHash)
})

test('I4: a value is only set over the live value that was shown', async () => {
  const draft = rig.propose(budget(google, '420.00'))
  const armed = await rig.arm(draft.draftId)
  rig.platform.set(google, 'daily_budget', '410.00')
  expect(await rig.push(draft.draftId, armed)).toMatchObject({ state: 'stale', stateReason: 'drift' })
  expect(rig.platform.writes).toHaveLength(0)
})

test('I5: a token works at most once, and is dead after its time, after a newer one, and after a restart', async () => {
  const draft = rig.propose(budget(google, '420.00'))
  const first = await rig.arm(draft.draftId)
  const second = await rig.arm(draft.draftId)
  expect((await refusalOf(() => rig.push(draft.draftId, first))).code).toBe('token_invalid')
  await rig.push(draft.draftId, second)
  expect((await refusalOf(() => rig.push(draft.draftId, second))).code).toBe('token_invalid')
  const late = rig.propose(budget(meta, '420.00'))
  const armed = await rig.arm(late.draftId)
  rig.clock.pass(120_001)
  expect((await refusalOf(() => rig.push(late.draftId, armed))).code).toBe('token_invalid')
  const before = await rig.arm(late.draftId)
  rig.db.prepare("UPDATE confirm_token SET boot_id = 'an earlier start' WHERE draft_id = ?").run(late.draftId)
  expect((await refusalOf(() => rig.push(late.draftId, before))).code).toBe('token_invalid')
  expect(rig.platform.writes).toHaveLength(1)
})

test('I6: no write breaks a limit, and none adds up past the envelope', async () => {
  const tight: Policy = { ...rig.turned.policy, envelopeNetUnits: 30n }
  rig.turned.policy = tight
  rig.turned.isStoreFollowing = true
  await rig.push(rig.propose(budget(google, '425.00')).draftId)
  expect((await refusalOf(() => rig.propose(budget(google, '435.00', '425.00')))).code).toBe('guardrail')
  const fits = rig.propose(budget(google, '430.00', '425.00'))
  const armed = await rig.arm(fits.draftId)
  rig.turned.policy = { ...tight, version: tight.version + 1, envelopeNetUnits: 28n }
  expect((await refusalOf(() => rig.push(fits.draftId, armed))).code).toBe('guardrail')
  expect(rig.platform.writes).toHaveLength(1)
})

describe('I7: the verdict is what is true on the platform', () => {
  test.each([
    ['takes', 'applied', '420.00'],
    ['refuses', 'apply_failed', '400.00'],
    ['cannot_send', 'apply_failed', '400.00'],
    ['ignores', 'unknown', '400.00'],
    ['takes_and_is_silent', 'unknown', '420.00'],
    ['ignores_and_is_silent', 'unknown', '400.00'],
  ] as const)('a platform that %s', async (behaviour, state, value) => {
    rig.platform.behaviour = behaviour
    const draft = await rig.push(rig.propose(budget(google, '420.00')).draftId)
    expect(rig.platform.value(google, 'daily_budget')).toBe(value)
    expect(draft.state).toBe(state)
    await rig.reconcile.watch(draft.draftId)
    expect(rig.get(draft.draftId).state).toBe(value === '420.00' ? 'applied' : 'apply_failed')
  })
})

test('I8: the log verifies after every step, and every earlier checkpoint stays consistent', async () => {
  const notes: string[] = []
  const holds = async () => {
    notes.push(rig.audit.head().note)
    const result = await verifyLog({ db: rig.db, vkey: rig.audit.vkey, extraNotes: notes.slice(-20) })
    expect(result).toMatchObject({ ok: true })
  }
  const draft = rig.propose(budget(google, '420.00'))
  await holds()
  const armed = await rig.arm(draft.draftId)
  await holds()
  const changes = rig.gate.confirm(draft.draftId, armed.challenge.confirmToken, 'click')
  await holds()
  await rig.executor.run(changes)
  await holds()
  expect(new Set(notes).size).toBe(4)
})

test('I9: of one target at most one change is under way or unknown', async () => {
  const waiting = rig.propose(budget(meta, '420.00'))
  rig.platform.behaviour = 'takes_and_is_silent'
  const draft = await rig.push(waiting.draftId)
  expect(draft.state).toBe('unknown')
  rig.platform.set(meta, 'daily_budget', '400.00')
  expect(rig.drafts.isBusy(draft.items[0] as never)).toBe(true)
  const second = await refusalOf(async () => rig.push(rig.propose(budget(meta, '430.00')).draftId))
  expect(['entity_busy', 'conflicting_draft']).toContain(second.code)
  expect(rig.platform.writes).toHaveLength(1)
})

test('I10: what is over does not come back', async () => {
  const over: readonly DraftState[] = [
    'rejected',
    'withdrawn',
    'expired',
    'stale',
    'superseded',
    'applied',
    'apply_failed',
    'rolled_back',
  ]
  const draft = rig.propose(budget(google, '420.00'))
  for (const state of over) {
    rig.db.prepare('UPDATE draft SET state = ? WHERE draft_id = ?').run(state, draft.draftId)
    for (const attempt of [
      () => rig.arm(draft.draftId),
      () => rig.decide.reject(draft.draftId, 'no'),
      () => rig.decide.disarm(draft.draftId),
    ])
      expect([state, (await refusalOf(attempt)).code]).toEqual([state, 'not_pending'])
  }
  expect(rig.platform.writes).toHaveLength(0)
})

test.each(['approved', 'intent', 'sent', 'answered', 'read_back'])(
  'I11: after a start nothing is under way: died at “%s”',
  async (step) => {
    const draft = rig.propose(budget(google, '420.00'))
    const armed = await rig.arm(draft.draftId)
    rig.turned.onStep = dies(step)
    await expect(rig.push(draft.draftId, armed)).rejects.toThrow('the process died')
    rig.turned.onStep = () => undefined
    rig.reconcile.recover()
    expect(['apply_failed', 'unknown']).toContain(rig.get(draft.draftId).state)
  },
)

test('I12: recovering and finding out write nothing to a platform', async () => {
  const draft = rig.propose(budget(google, '420.00'))
  const armed = await rig.arm(draft.draftId)
  rig.turned.onStep = dies('sent')
  await expect(rig.push(draft.draftId, armed)).rejects.toThrow('the process died')
  rig.turned.onStep = () => undefined
  rig.reconcile.recover()
  await rig.reconcile.watch(draft.draftId)
  expect(rig.get(draft.draftId).state).toBe('apply_failed')
  expect(rig.platform.writes).toHaveLength(0)
})

test('I13: on a platform that can be read nothing stays unknown', async () => {
  for (const [behaviour, id, state] of [
    ['takes_and_is_silent', google, 'applied'],
    ['ignores_and_is_silent', meta, 'apply_failed'],
  ] as const) {
    rig.platform.behaviour = behaviour
    const draft = await rig.push(rig.propose(budget(id, '420.00')).draftId)
    expect(draft.state).toBe('unknown')
    await rig.reconcile.watch(draft.draftId)
    expect(rig.get(draft.draftId).state).toBe(state)
  }
})

test.each([-DAY_MS, -3_600_000, 3_600_000, DAY_MS])(
  'I14: a wall clock that jumps by %i ms changes no outcome and no order, and lengthens no token',
  async (jumpMs) => {
    const draft = rig.propose(budget(google, '420.00'))
    const armed = await rig.arm(draft.draftId)
    rig.clock.wallMs += jumpMs
    rig.clock.monoMs += 120_001
    expect((await refusalOf(() => rig.push(draft.draftId, armed))).code).toBe('token_invalid')
    const other = rig.propose(budget(meta, '420.00'))
    const next = await rig.arm(other.draftId)
    rig.turned.onStep = () => void (rig.clock.wallMs -= jumpMs)
    expect((await rig.push(other.draftId, next)).state).toBe('applied')
    expect(rig.history(other.draftId).filter((type) => type !== 'clock.jump')).toEqual([
      'draft.proposed',
      'draft.armed',
      'draft.approved',
      'apply.intent',
      'apply.sent',
      'apply.outcome',
      'draft.applied',
    ])
    expect(await rig.verified()).toBe(true)
  },
)

describe('I15: nothing that an AI client or a page can reach leads to a write', () => {
  const MAIN = join(import.meta.dirname, '../../main')
  const sourcesIn = (folder: string): string[] =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(join(folder, name), 'utf8'))

  test('the agent’s door, the loop and the command line import no part of the approval', () => {
    for (const folder of ['mcp', 'cli', 'reporting', 'sync', 'imports', 'notifications'])
      for (const source of sourcesIn(join(MAIN, folder))) expect(source).not.toMatch(/from '[^']*\/approval\//)
  })

  test('only the executor calls a platform’s write, and only with what the gate made', async () => {
    const callers = readdirSync(MAIN, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && /\badapter\.apply\(/.test(readFileSync(join(MAIN, name), 'utf8')))
      .filter((name) => !name.startsWith('platforms'))
    expect(callers).toEqual([join('approval', 'executor.ts')])
    const draft = rig.propose(budget(google, '420.00'))
    const lookAlike = { ...draft.items[0], draftId: draft.draftId, challengeHash: 'ab'.repeat(32) }
    await expect(rig.executor.run([lookAlike as never])).rejects.toThrow(TypeError)
    expect(rig.platform.writes).toHaveLength(0)
  })

  test('of the whole table, agents reach only what reads or drafts, and only the window decides', () => {
    const table: readonly (readonly [string, Operation])[] = Object.entries(OPERATIONS)
    const reached = table.filter(([, { callers }]) => callers.includes('agent'))
    expect(reached.filter(([, { effect }]) => effect !== 'read' && effect !== 'draft')).toEqual([])
    const deciding = table.filter(([, { effect }]) => effect === 'decide')
    expect(deciding.filter(([, { callers }]) => callers.join(' ') !== 'window').map(([name]) => name)).toEqual([])
    expect([reached.length > 5, deciding.length > 5]).toEqual([true, true])
  })
})

test('I16: an approved write is delivered at most once, also when the server reads it and drops the connection', async () => {
  let received = 0
  const server = createServer((request) => {
    request.resume()
    request.on('end', () => {
      received += 1
      request.socket.destroy()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, () =>
      writeOnce({
        url: new URL(`http://127.0.0.1:${port}/`),
        headers: {},
        body: '{"budget":1}',
        connectTimeoutMs: 2_000,
        timeoutMs: 2_000,
        maxBytes: 1_000,
      }),
    ),
  )
  expect(outcomes.map((each) => each.kind)).toEqual(Array.from({ length: 20 }, () => 'unknown'))
  expect(received).toBe(20)
  await new Promise((resolve) => server.close(resolve))
})

describe('I17: personal texts are in no line, and erasing one leaves the log valid', () => {
  test('over random names, reasons and platform messages', async () => {
    const canary = fc.string({ unit: 'grapheme', minLength: 6, maxLength: 40 }).map((text) => `canary-${text}-yranac`)
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ title: canary, rationale: canary, name: canary }), { minLength: 1, maxLength: 6 }),
        async (texts) => {
          const ledger = new LedgerFixture()
          const log = await ledger.open()
          for (const { title, rationale, name } of texts) {
            log.transaction((append) => append(proposed({ title, rationale, 'path.0': [name, name] })))
            log.transaction((append) => append({ ...read(), text: { client_name: name } }))
          }
          const table = openAuditTable(ledger.db)
          const lines = table.entries(0, 100).map((entry) => Buffer.from(entry.bytes).toString('utf8'))
          for (const { title, rationale, name } of texts)
            for (const text of [title, rationale, name]) {
              const spelled = JSON.stringify(text).slice(1, -1)
              expect(
                lines.some((line) => line.includes('canary') || line.includes(text) || line.includes(spelled)),
              ).toBe(false)
            }
          ledger.db.exec('DELETE FROM disclosure WHERE seq % 2 = 1')
          const result = await verifyLog({ db: ledger.db, vkey: log.vkey })
          expect(result).toMatchObject({ ok: true, withheld: 3 * texts.length })
          await log.close()
          ledger.remove()
        },
      ),
      { numRuns: 25 },
    )
  })
})
