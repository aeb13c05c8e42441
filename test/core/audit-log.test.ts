import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AuditLog } from '../../main/audit/append.ts'
import { createDisclosure, disclosureDigest, openDisclosure } from '../../main/audit/disclosure.ts'
import { parsePin } from '../../main/audit/head-pin.ts'
import { leafHash, rootOf } from '../../main/audit/merkle.ts'
import { openNote, parseCheckpoint, parseVkey } from '../../main/audit/note.ts'
import { asCode, asHttpDate, asOpaqueId, checkRecord, type NewRecord } from '../../main/audit/record.ts'
import { itemsData, pathTexts, policyData, valueData } from '../../main/audit/record-items.ts'
import { verifyLog } from '../../main/audit/verify.ts'
import { BID_STRATEGIES, STRATEGY_TARGETS } from '../../shared/domain/bid.ts'
import type { DraftItem } from '../../shared/domain/draft.ts'
import { FIELDS } from '../../shared/domain/entity.ts'
import { accountIdSchema, entityIdSchema } from '../../shared/domain/ids.ts'
import { OperationError } from '../../shared/errors.ts'
import {
  approved,
  DRAFT,
  filledLedger,
  ITEMS,
  LedgerFixture,
  newKeys,
  outcome,
  proposed,
  read,
  sent,
} from '../support/audit-fixture.ts'

let ledger: LedgerFixture
let log: AuditLog
beforeEach(async () => {
  ledger = new LedgerFixture()
  log = await ledger.open()
})
afterEach(() => ledger.remove())

const check = (vkey = log.vkey) => verifyLog({ db: ledger.db, vkey, headPin: ledger.pin.text })
const count = (): number => ledger.db.prepare<[], { n: number }>('SELECT count(*) AS n FROM entry').get()?.n ?? -1
const lastCode = (attempt: Promise<unknown>): Promise<unknown> =>
  attempt.then(
    () => 'opened',
    (error: unknown) =>
      error instanceof OperationError ? [error.code, error.details?.['kind'], error.details?.['seq']] : error,
  )

/** What a caller could only hand over by going around the types. */
const misfit = (record: unknown): NewRecord => record as NewRecord

describe('a new log', () => {
  test('starts with one signed record that names its own key, and is pinned before anything else happens', async () => {
    const [genesis] = log.list({ limit: 10 })
    expect(genesis?.record).toMatchObject({
      seq: 0,
      type: 'log.genesis',
      data: { vkey: log.vkey },
      prev: '0'.repeat(64),
    })
    expect(log.origin).toMatch(/^audit\.spendsignoff\/[a-z2-7]{26}$/)
    expect(parsePin(ledger.pin.text ?? '')).toMatchObject({
      origin: log.origin,
      size: 1,
      root: log.head().root,
      vkey: log.vkey,
    })
    expect(await check()).toMatchObject({ ok: true, size: 1, checkpoints: 1 })
  })

  test('two installations never share an origin', async () => {
    const other = new LedgerFixture()
    try {
      expect((await other.open()).origin).not.toBe(log.origin)
    } finally {
      other.remove()
    }
  })

  test('is refused where a log is remembered, unless it says which one it follows', async () => {
    const fresh = new LedgerFixture()
    try {
      fresh.pin.text = ledger.pin.text
      expect(await lastCode(fresh.open())).toEqual(['ledger_broken', 'rolled_back', undefined])
      const { origin, size, root } = parsePin(ledger.pin.text ?? '') ?? { origin: '', size: 0, root: '' }
      const next = await fresh.open({ predecessor: { reason: 'restored', pinned: { origin, size, root } } })
      expect(next.list({ limit: 1 })[0]?.record).toMatchObject({
        type: 'log.genesis',
        data: { predecessor: { reason: 'restored' } },
      })
      expect(parsePin(fresh.pin.text ?? '')?.origin).toBe(next.origin)
    } finally {
      fresh.remove()
    }
  })
})

describe('appending', () => {
  test('a day of work is one chain, one tree and one checkpoint per transaction', async () => {
    log.transaction((append) => append(proposed({ title: 'Raise' })))
    const numbers = log.transaction((append) => [append(approved()), append(sent())])
    expect(numbers).toEqual([2, 3])
    log.transaction((append) => append(outcome()))
    const result = await check()
    expect(result).toMatchObject({ ok: true, size: 5, checkpoints: 4, withheld: 0 })
    const lines = [0, 1, 2, 3, 4].map((seq) => ledger.bytesOf(seq))
    const { size, root, note } = log.head()
    expect(root).toBe(rootOf(lines.map(leafHash)).toString('base64'))
    const opened = parseCheckpoint(openNote(note, [parseVkey(log.vkey)]).text)
    expect(opened).toEqual({ origin: log.origin, size, root: Buffer.from(root, 'base64') })
  })

  test('append() joins the transaction of the caller, and is refused outside one', async () => {
    expect(() => log.append([sent()])).toThrow('inside a transaction')
    const done = ledger.db.transaction(() => log.append([approved(), sent()])).immediate()
    expect(done).toMatchObject({ firstSeq: 1, size: 3 })
    expect(done.checkpoint).toBe(log.head().note)
    await log.pinHead()
    expect(await check()).toMatchObject({ ok: true, size: 3, checkpoints: 2 })
  })

  test('a transaction that appends nothing signs nothing', () => {
    const before = log.head()
    expect(log.transaction(() => 42)).toBe(42)
    expect(log.head()).toEqual(before)
  })

  test('what the caller did and what was recorded are committed together or not at all', async () => {
    ledger.db.exec('CREATE TABLE work (n INTEGER) STRICT')
    const insert = ledger.db.prepare<[number]>('INSERT INTO work VALUES (?)')
    expect(() =>
      log.transaction((append) => {
        insert.run(1)
        append(sent())
        throw new Error('no power')
      }),
    ).toThrow('no power')
    log.transaction((append) => {
      insert.run(2)
      append(sent())
    })
    expect(ledger.db.prepare('SELECT n FROM work').pluck().all()).toEqual([2])
    expect(await check()).toMatchObject({ ok: true, size: 2, checkpoints: 2 })
  })

  test('an async function is refused and rolled back; the append function is dead afterwards', () => {
    expect(() => log.transaction(async (append) => append(sent()))).toThrow('promise')
    let kept: ((record: NewRecord) => number) | undefined
    log.transaction((append) => {
      kept = append
    })
    expect(() => kept?.(sent())).toThrow('over')
    expect(() => log.transaction(() => log.transaction(() => 1))).toThrow('already open')
    expect(count()).toBe(1)
  })

  test('a record that fails is refused wholly, also when the caller carries on', async () => {
    log.transaction((append) => {
      append(sent())
      const wrong = { ...sent(), data: { draft: 'Spring sale', k: 0 } } as NewRecord
      expect(() => append(wrong)).toThrow(OperationError)
      append(outcome())
    })
    ledger.db.transaction(() => {
      const wrong = { ...sent(), type: 'apply.guess' } as unknown as NewRecord
      expect(() => log.append([sent(), wrong])).toThrow(OperationError)
    })()
    expect(await check()).toMatchObject({ ok: true, size: 3 })
  })
})

test('a disk that is full in the middle of a record leaves nothing of it, also when the caller carries on', async () => {
  ledger.db.exec("CREATE TRIGGER full BEFORE INSERT ON disclosure BEGIN SELECT RAISE(FAIL, 'disk is full'); END")
  log.transaction((append) => {
    append(sent())
    expect(() => append(proposed({ title: 'Raise' }))).toThrow('disk is full')
    append(sent())
  })
  ledger.db
    .transaction(() => {
      expect(() => log.append([sent(), proposed({ title: 'Raise' })])).toThrow('disk is full')
    })
    .immediate()
  expect(log.list({ limit: 9 }).map((row) => row.record?.type)).toEqual(['apply.sent', 'apply.sent', 'log.genesis'])
  expect(await check()).toMatchObject({ ok: true, size: 3, withheld: 0 })
})

describe('rolling back', () => {
  test('any mixture of commits, rollbacks and savepoints leaves a log that verifies', async () => {
    const step = fc.constantFrom(
      'commit',
      'throw',
      'own-rollback',
      'inner-rollback',
      'inner-append-rollback',
      'inner-rollback-last',
      'own-commit',
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        for (const each of steps) ignoring(() => perform(each))
        expect(await check()).toMatchObject({ ok: true, size: count() })
        expect(log.head().size).toBe(count())
        expect(log.fault()).toBeUndefined()
      }),
      { numRuns: 25 },
    )
  })

  const rollback = new Error('rolled back on purpose')
  function ignoring(attempt: () => void): void {
    try {
      attempt()
    } catch (error) {
      if (error !== rollback) throw error
    }
  }
  const inner = (work: () => void): void =>
    ignoring(() =>
      ledger.db.transaction(() => {
        work()
        throw rollback
      })(),
    )
  function perform(step: string): void {
    const own = ledger.db.transaction((fails: boolean) => {
      log.append([read(1), read(2)])
      if (fails) throw rollback
    })
    if (step === 'own-commit' || step === 'own-rollback') own.immediate(step === 'own-rollback')
    else
      log.transaction((append) => {
        append(read(3))
        if (step === 'inner-rollback') inner(() => append(read(4)))
        if (step === 'inner-append-rollback') inner(() => log.append([read(5)]))
        if (step === 'throw') throw rollback
        append(read(6))
        if (step === 'inner-rollback-last') inner(() => append(read(7)))
      })
  }
})

describe('free text', () => {
  test('never enters a line, comes back beside it, and can be erased', async () => {
    const canary = 'Kanarienvogel Müller <m@example.org>'
    log.transaction((append) => {
      append(proposed({ title: canary, rationale: `because ${canary}`, agent_name: canary, 'path.0': [canary, 'x'] }))
      append(outcome(canary))
    })
    const [result, proposal] = log.list({ limit: 2 })
    expect(proposal?.text).toEqual({
      title: canary,
      rationale: `because ${canary}`,
      agent_name: canary,
      'path.0': [canary, 'x'],
    })
    expect(result?.text).toEqual({ platform_message: canary })
    const stored = ledger.db.prepare<[], { line: string }>('SELECT CAST(bytes AS TEXT) AS line FROM entry').all()
    for (const { line } of stored) expect(line).not.toMatch(/Kanarien|example\.org/)

    ledger.db.prepare('DELETE FROM disclosure WHERE seq = 1 AND name = ?').run('title')
    expect(log.list({ limit: 2 })[1]).toMatchObject({ withheld: ['title'] })
    expect(await check()).toMatchObject({ ok: true, withheld: 1 })
  })

  test('whatever people, agents and platforms write, no line holds it and the log verifies', async () => {
    const anyText = fc.string({ unit: 'binary', minLength: 6, maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(anyText, anyText, async (title, message) => {
        log.transaction((append) => [append(proposed({ title })), append(outcome(message))])
        const rows = log.list({ limit: 2 })
        expect(rows.map((row) => row.text)).toEqual([
          { platform_message: message.toWellFormed() },
          { title: title.toWellFormed() },
        ])
        for (const row of rows) {
          expect(row.line).not.toContain(title)
          expect(row.line).not.toContain(message)
        }
      }),
      { numRuns: 60 },
    )
    expect((await check()).ok).toBe(true)
  })

  test('the same text twice has different digests, so that nobody can guess it', () => {
    log.transaction((append) => [append(proposed({ title: 'yes' })), append(proposed({ title: 'yes' }))])
    const [a, b] = log.list({ limit: 2 })
    expect(a?.record?.sd['title']).not.toBe(b?.record?.sd['title'])
  })

  test('a disclosure opens only under its own name and commitment', () => {
    const { disclosure, digest } = createDisclosure('title', 'Raise')
    expect(openDisclosure(disclosure, { name: 'title', digest })).toBe('Raise')
    expect(openDisclosure(disclosure, { name: 'rationale', digest })).toBeUndefined()
    expect(
      openDisclosure(disclosure, { name: 'title', digest: createDisclosure('title', 'Raise').digest }),
    ).toBeUndefined()
    for (const parts of [
      ['salt', 'title', 'Raise'],
      ['A'.repeat(22), 'title', 5],
      ['A'.repeat(22), 'title'],
    ]) {
      const forged = Buffer.from(JSON.stringify(parts)).toString('base64url')
      expect(openDisclosure(forged, { name: 'title', digest: disclosureDigest(forged) })).toBeUndefined()
    }
  })

  test('an endless text is cut, and says so', () => {
    log.transaction((append) => append(proposed({ rationale: 'ha '.repeat(10_000) })))
    const [row] = log.list({ limit: 1 })
    expect(row?.text['rationale']).toMatch(/\[…cut, 30000 characters in all\]$/)
  })

  test.each<[string, NewRecord]>([
    ['a text the type does not have', { ...sent(), text: { note_to_self: 'x' } }],
    [
      'a name instead of an id',
      { type: 'agent.read', actor: { kind: 'agent', id: 'Claude Desktop' }, data: { tool: 'a', client: 'b' } },
    ],
    [
      'a text as code',
      {
        type: 'log.verified',
        actor: { kind: 'user', id: 'o' },
        data: { ok: true, size: 1, root: 'AA', fault: 'it broke' },
      },
    ],
    ['an unknown member', misfit({ ...sent(), data: { draft: DRAFT, k: 0, note: 'x' } })],
    ['a fraction of an item', misfit({ ...sent(), data: { draft: DRAFT, k: 0.5 } })],
    ['an approval by an agent', { ...approved(), actor: { kind: 'agent', id: 'client_1' } }],
    ['an approval by the loop', { ...approved(), actor: { kind: 'loop', id: 'pacing' } }],
  ])('%s is refused, and nothing is appended', (_, record) => {
    expect(() => log.transaction((append) => append(record))).toThrow(OperationError)
    expect(count()).toBe(1)
  })

  test('a second first record, or a change of the key by anybody but the log, is refused', async () => {
    const genesis = log.list({ limit: 1 })[0]?.record
    if (genesis?.type !== 'log.genesis') throw new Error('no first record')
    const actor = { kind: 'system', id: 'app' } as const
    const again: NewRecord = { type: 'log.genesis', actor, data: genesis.data }
    const rotation: NewRecord = {
      type: 'key.rotated',
      actor,
      data: { old: log.vkey, new: log.vkey, reason: 'scheduled' },
    }
    for (const record of [again, rotation]) {
      expect(() => log.transaction((append) => append(record))).toThrow('only the log itself')
      expect(() => ledger.db.transaction(() => log.append([record]))()).toThrow('only the log itself')
    }
    expect(await check()).toMatchObject({ ok: true, size: 1 })
  })

  test('strange ids, codes and dates of a platform become absent instead of stopping a record', () => {
    expect([asOpaqueId('2026-03/ab=='), asOpaqueId('Request id: 7'), asOpaqueId(undefined)]).toEqual([
      '2026-03/ab==',
      undefined,
      undefined,
    ])
    expect([asCode('40105'), asCode('Something went wrong')]).toEqual(['40105', undefined])
    expect(asHttpDate('Sun, 01 Mar 2026 09:00:00 GMT')).toBe('Sun, 01 Mar 2026 09:00:00 GMT')
    expect(asHttpDate('<script>')).toBeUndefined()
  })

  test('drafts are recorded with ids and money in clear, names and sentences as texts', () => {
    const accountId = accountIdSchema.parse('meta:123')
    const entityId = entityIdSchema.parse('meta:123/ad_group/456')
    const base = {
      platform: 'meta' as const,
      accountId,
      entityId,
      entityType: 'ad_group' as const,
      currency: 'EUR',
      movementMicros: 0n,
      netMicros: 0n,
      takesEffect: 'immediately' as const,
      target: entityId,
      affects: [],
    }
    const items = [
      {
        ...base,
        k: 0,
        path: ['Shop', 'Frühling'],
        kind: 'set_budget' as const,
        field: 'daily_budget' as const,
        before: '10.00',
        requested: '90.00',
        after: '15.00',
      },
      {
        ...base,
        k: 1,
        path: ['Shop', 'Sommer'],
        kind: 'set_status' as const,
        field: 'status' as const,
        before: 'enabled',
        requested: 'paused',
        after: 'paused',
      },
    ]
    const rules = [
      { rule: 'max_step_percent' as const, outcome: 'clamp' as const, message: 'At most 50 %.', limit: '50' },
    ]
    const policy = policyData({ version: 1, outcome: 'clamp', rules })
    log.transaction((append) =>
      append({
        type: 'draft.proposed',
        actor: { kind: 'loop', id: 'pacing' },
        data: { draft: DRAFT, draftHash: 'cd'.repeat(32), items: itemsData(items), policy },
        text: pathTexts(items),
      }),
    )
    const [row] = log.list({ limit: 1 })
    expect(row?.line).toContain('"after":{"amount":"15.00","cur":"EUR"}')
    expect(row?.line).toContain('"requested":{"amount":"90.00","cur":"EUR"}')
    expect(row?.line).toContain('"requested":"paused"')
    expect(row?.line).toContain('"before":"enabled"')
    expect(row?.text).toEqual({ 'path.0': ['Shop', 'Frühling'], 'path.1': ['Shop', 'Sommer'] })
    expect(row?.line).not.toMatch(/Frühling|Sommer|At most/)
  })

  test('a draft that was blocked says what was asked for; a record without it, from before, is still one', async () => {
    const policy = { version: 1, outcome: 'block' as const, rules: [] }
    const asked = ITEMS.map((item) => ({ ...item, after: item.before, requested: { amount: '9000.00', cur: 'EUR' } }))
    const actor = { kind: 'agent', id: 'client_1' } as const
    log.transaction((append) => [
      append({ type: 'draft.blocked', actor, data: { items: asked, policy } }),
      append({ type: 'draft.blocked', actor, data: { items: ITEMS, policy } }),
    ])
    expect(log.list({ limit: 2 }).map((row) => row.line.includes('"9000.00"'))).toEqual([false, true])
    expect((await check()).ok).toBe(true)
  })

  test('a platform that holds no daily budget any more is recorded as such, and only that', async () => {
    const reconciled = (live: string): NewRecord => ({
      type: 'apply.reconciled',
      actor: { kind: 'system', id: 'executor' },
      data: { draft: DRAFT, k: 0, outcome: 'conflict', live: valueData('daily_budget', live, 'EUR') },
    })
    log.transaction((append) => [append(reconciled('')), append(reconciled('0.50'))])
    expect(log.list({ limit: 2 }).map((row) => /"live":("none"|\{)/.exec(row.line)?.[1])).toEqual(['{', '"none"'])
    for (const wrong of [' ', 'none', '1,50', '1e3', '.5', 'NaN', '120.00 EUR'])
      expect(() => log.transaction((append) => append(reconciled(wrong)))).toThrow('cannot be written')
    expect(valueData('status', 'paused', 'EUR')).toBe('paused')
    expect(await check()).toMatchObject({ ok: true, size: 3 })
  })
})

describe('values in the log', () => {
  const actor = { kind: 'system', id: 'executor' } as const
  const reconciled = (live: ReturnType<typeof valueData>): NewRecord => ({
    type: 'apply.reconciled',
    actor,
    data: { draft: DRAFT, k: 0, outcome: 'conflict', live },
  })
  const stored = (live: ReturnType<typeof valueData>): unknown => {
    log.transaction((append) => append(reconciled(live)))
    const record = log.list({ limit: 1 })[0]?.record
    return record?.type === 'apply.reconciled' ? record.data.live : undefined
  }

  test.each<[Parameters<typeof valueData>[0], string, unknown]>([
    ['daily_budget', '120.00', { amount: '120.00', cur: 'EUR' }],
    ['scheduled_budget', '35.00', { amount: '35.00', cur: 'EUR' }],
    ['cpc_bid', '0.80', { amount: '0.80', cur: 'EUR' }],
    ['target_cpa', '12.50', { amount: '12.50', cur: 'EUR' }],
    ['bid_cap', '2.00', { amount: '2.00', cur: 'EUR' }],
    ['cost_cap', '9.00', { amount: '9.00', cur: 'EUR' }],
    ['target_roas', '3.50', { ratio: '3.50' }],
    ['bid_strategy', 'lowest_cost', { strategy: 'lowest_cost' }],
    ['bid_strategy', 'cost_cap:9.00', { strategy: 'cost_cap', target: { amount: '9.00', cur: 'EUR' } }],
    ['bid_strategy', 'min_roas:1.5025', { strategy: 'min_roas', target: { ratio: '1.5025' } }],
    ['bid_strategy', 'maximize_conversion_value', { strategy: 'maximize_conversion_value' }],
    ['status', 'paused', 'paused'],
    ['target_roas', '', 'none'],
    ['bid_strategy', '', 'none'],
  ])('%s %s stands as it is, in its own form', async (field, wire, form) => {
    expect(stored(valueData(field, wire, 'EUR'))).toEqual(form)
    expect((await check()).ok).toBe(true)
  })

  test('every strategy and field the product knows can be recorded', () => {
    for (const strategy of BID_STRATEGIES) {
      const { kind } = STRATEGY_TARGETS[strategy]
      const wire = kind === 'none' ? strategy : `${strategy}:${kind === 'money' ? '9.00' : '1.50'}`
      expect(stored(valueData('bid_strategy', wire, 'EUR'))).toMatchObject({ strategy })
    }
    for (const field of FIELDS)
      log.transaction((append) =>
        append({
          ...approved(),
          type: 'draft.approved',
          data: {
            draft: DRAFT,
            draftHash: 'ab'.repeat(32),
            challengeHash: 'ab'.repeat(32),
            items: ITEMS.map((item) => ({ ...item, field, before: 'none', after: 'none' })),
          },
        }),
      )
    expect(log.list({ limit: FIELDS.length }).every((row) => row.record !== undefined)).toBe(true)
  })

  test.each<[Parameters<typeof valueData>[0], string]>([
    ['target_roas', '3.5'],
    ['target_roas', '3,50'],
    ['target_roas', '1e3'],
    ['cost_cap', 'cheap'],
    ['bid_strategy', 'magic'],
    ['bid_strategy', 'cost_cap:a lot'],
    ['bid_strategy', '__proto__:1.00'],
    ['bid_strategy', 'Buy now: call us'],
  ])('%s "%s" is no such value, and nothing is appended', (field, wire) => {
    const before = count()
    expect(() => stored(valueData(field, wire, 'EUR'))).toThrow('cannot be written')
    expect(count()).toBe(before)
  })

  test('what else a change touches is named by id, and only where there is something', () => {
    const ids = ['google_ads:1/campaign/2', 'google_ads:1/campaign/3'].map((id) => entityIdSchema.parse(id))
    const item: DraftItem = {
      k: 0,
      platform: 'google_ads',
      accountId: accountIdSchema.parse('google_ads:1'),
      entityId: entityIdSchema.parse('google_ads:1/campaign/1'),
      entityType: 'campaign',
      path: ['Shop'],
      kind: 'set_budget',
      field: 'daily_budget',
      currency: 'EUR',
      before: '10.00',
      requested: '9.00',
      after: '9.00',
      movementMicros: -1_000_000n,
      netMicros: -1_000_000n,
      takesEffect: 'immediately',
      target: 'google_ads:1/budget/5',
      affects: ids.map((entityId) => ({ entityId, name: 'Sommer' })),
    }
    const [data] = itemsData([item])
    expect(data).toMatchObject({ target: 'google_ads:1/budget/5', affects: ids })
    const [alone] = itemsData([{ ...item, target: item.entityId, affects: [] }])
    expect(Object.keys(alone ?? {})).not.toEqual(expect.arrayContaining(['target']))
    expect(Object.keys(alone ?? {})).not.toEqual(expect.arrayContaining(['affects']))
  })
})

describe('records that came later', () => {
  const USER = { kind: 'user', id: 'owner' } as const
  const refusal = (actor: NewRecord['actor']): NewRecord => ({
    type: 'draft.validation',
    actor,
    data: { draft: DRAFT, draftHash: 'ab'.repeat(32), k: 0, result: 'refused', code: '1885272' },
    text: { platform_message: 'Budget too low' },
  })
  const writes = (actor: NewRecord['actor']): NewRecord => ({
    type: 'account.writes',
    actor,
    data: { account: 'meta:42', platform: 'meta', allowed: true },
    text: { account_name: 'Shop EU' },
  })

  test('a refused dry run, a permission and a way of connecting are recorded, texts apart', async () => {
    log.transaction((append) => [
      append(refusal(USER)),
      append(writes(USER)),
      append(writes({ kind: 'system', id: 'demo' })),
      append({
        type: 'connection.added',
        actor: USER,
        data: { connection: 'c_1', platform: 'google_ads', method: 'service_account' },
      }),
    ])
    const rows = log.list({ limit: 4 })
    expect(rows.map((row) => row.line).join()).not.toMatch(/too low|Shop EU/)
    expect(rows[3]?.text).toEqual({ platform_message: 'Budget too low' })
    expect((await check()).ok).toBe(true)
  })

  test.each<[string, NewRecord]>([
    ['a dry run by an agent', refusal({ kind: 'agent', id: 'client_1' })],
    ['a permission given by an agent', writes({ kind: 'agent', id: 'client_1' })],
    ['a permission given by the loop', writes({ kind: 'loop', id: 'loop' })],
    [
      'a dry run that went well as a record of its own',
      misfit({ ...refusal(USER), data: { ...refusal(USER).data, result: 'ok' } }),
    ],
    [
      'an unknown way of connecting',
      misfit({ type: 'connection.added', actor: USER, data: { connection: 'c', platform: 'meta', method: 'magic' } }),
    ],
  ])('%s is refused', (_, record) => {
    expect(() => log.transaction((append) => append(record))).toThrow(OperationError)
    expect(count()).toBe(1)
  })

  test('lines from before them are records as they stand', () => {
    const line = (type: string, data: unknown, actor: unknown = USER): unknown => ({
      v: 1,
      log: `audit.spendsignoff/${'a'.repeat(26)}`,
      seq: 4,
      prev: 'ab'.repeat(32),
      ts: '2026-03-01T09:00:00.000Z',
      mono: '5000000000',
      boot: 'boot1',
      type,
      actor,
      data,
      sd: {},
    }) // prettier-ignore
    const draft = { draft: DRAFT, draftHash: 'ab'.repeat(32) }
    const policy = {
      version: 1,
      outcome: 'clamp',
      rules: [{ rule: 'max_step_percent', outcome: 'clamp', limit: '50' }],
    }
    const status = {
      k: 0,
      account: 'tiktok:1',
      entity: 'tiktok:1/ad/2',
      field: 'status',
      before: 'enabled',
      after: 'paused',
    }
    const old = [
      line('draft.proposed', { ...draft, items: [ITEMS[0]], policy, expires: '2026-03-03T09:00:00.000Z' }),
      line('draft.armed', {
        ...draft,
        items: [{ ...ITEMS[0], requested: { amount: '190.00', cur: 'EUR' } }],
        policy,
        challengeHash: 'cd'.repeat(32),
        live: [{ k: 0, value: { amount: '120.00', cur: 'EUR' } }],
      }),
      line('draft.stale', {
        ...draft,
        items: [status],
        reason: 'drift',
        live: [{ k: 0, value: 'none', expected: 'enabled' }],
      }),
      line('connection.added', { connection: 'c_1', platform: 'tiktok', sandbox: false, state: 'ok' }),
      line(
        'apply.outcome',
        { draft: DRAFT, k: 0, outcome: 'applied', live: 'paused', platformRequestId: '2026' },
        { kind: 'system', id: 'executor' },
      ),
    ] // prettier-ignore
    for (const each of old) expect(checkRecord(each)).toHaveProperty('record')
  })
})

describe('clocks', () => {
  test('time is written down as this computer claims it, with both clocks', () => {
    ledger.clock.pass(1234.5678)
    log.transaction((append) => append(sent()))
    const [row] = log.list({ limit: 1 })
    expect(row?.record).toMatchObject({ ts: '2026-03-01T09:00:01.234Z', mono: '6234567000', boot: 'boot1' })
  })

  test('a clock that was set, or a machine that slept, leaves a record of its own first', async () => {
    ledger.clock.wallMs -= 3_600_000
    ledger.clock.monoMs += 500
    const seq = log.transaction((append) => append(sent()))
    expect(seq).toBe(2)
    const [after, jump] = log.list({ limit: 2 })
    expect(after?.record?.type).toBe('apply.sent')
    expect(jump?.record).toMatchObject({ type: 'clock.jump', data: { wallMs: -3_600_000, monoMs: 500 } })
    ledger.clock.pass(10_000_000)
    expect(log.transaction((append) => append(sent()))).toBe(3)
    expect((await check()).ok).toBe(true)
  })
})

describe('the pinned head', () => {
  test('is written on demand before the call returns, and never twice for the same head', async () => {
    log.transaction((append) => append(sent()))
    await log.pinHead()
    await log.pinHead()
    expect(ledger.pin.writes.map((text) => parsePin(text)?.size)).toEqual([1, 2])
  })

  test('many commits in a row lead to few background writes, the last of which is the newest', async () => {
    for (let n = 0; n < 40; n++) log.transaction((append) => append(read(n)))
    await expect.poll(() => parsePin(ledger.pin.text ?? '')?.size, { timeout: 5000 }).toBe(41)
    expect(ledger.pin.writes.length).toBeLessThanOrEqual(3)
  })

  test('is never written for what is not committed', async () => {
    ledger.db.exec('BEGIN IMMEDIATE')
    log.append([sent()])
    await expect(log.pinHead()).rejects.toThrow('transaction is open')
    ledger.db.exec('ROLLBACK')
    await log.pinHead()
    expect(parsePin(ledger.pin.text ?? '')?.size).toBe(1)
  })

  test('a secret store that fails is reported, to the caller or through onPinError', async () => {
    ledger.pin.failure = new Error('keychain is locked')
    log.transaction((append) => append(sent()))
    await expect(log.pinHead()).rejects.toThrow('keychain is locked')
    await expect.poll(() => ledger.pinErrors, { timeout: 5000 }).toEqual([ledger.pin.failure])
    ledger.pin.failure = undefined
    await log.close()
    expect(parsePin(ledger.pin.text ?? '')?.size).toBe(2)
  })
})

describe('opening again', () => {
  test('gives the same log, and goes on where it ended', async () => {
    log.transaction((append) => append(sent()))
    const before = log.head()
    await log.pinHead()
    ledger.reconnect()
    const again = await ledger.open()
    expect([again.origin, again.vkey, again.head()]).toEqual([log.origin, log.vkey, before])
    again.transaction((append) => append(outcome()))
    expect(await check()).toMatchObject({ ok: true, size: 3 })
  })

  test('a pin that lags behind after a crash is fine', async () => {
    log.transaction((append) => append(sent()))
    ledger.reconnect()
    expect(parsePin(ledger.pin.text ?? '')?.size).toBe(1)
    expect((await ledger.open()).head().size).toBe(2)
  })

  test('a pin that is gone is put on record', async () => {
    ledger.pin.text = undefined
    const again = await ledger.open()
    expect(again.list({ limit: 1 })[0]?.record).toMatchObject({
      type: 'integrity.alarm',
      data: { kind: 'head_pin_missing', size: 1 },
    })
    expect(parsePin(ledger.pin.text ?? '')?.size).toBe(2)
  })

  test('another key, a foreign pin or an unreadable pin stop it', async () => {
    expect(await lastCode(ledger.open({ signingKey: newKeys() }))).toEqual(['ledger_broken', 'wrong_key', undefined])
    const good = ledger.pin.text ?? ''
    ledger.pin.text = good.replaceAll(log.origin, `audit.spendsignoff/${'a'.repeat(26)}`)
    expect(await lastCode(ledger.open())).toEqual(['ledger_broken', 'foreign_log', undefined])
    ledger.pin.text = `${good} `
    expect(await lastCode(ledger.open())).toEqual(['ledger_broken', 'bad_pin', undefined])
  })

  test('records or checkpoints that were removed or changed stop it', async () => {
    const { ledger: full, log: fullLog } = await filledLedger()
    try {
      await fullLog.close()
      for (const [sql, expected] of [
        ['DELETE FROM entry WHERE seq = 7', ['ledger_broken', 'truncated', 7]],
        ['DELETE FROM entry WHERE seq = 3', ['ledger_broken', 'sequence_gap', 3]],
        ['DELETE FROM checkpoint WHERE size = 8', ['ledger_broken', 'missing_checkpoint', 5]],
        ['UPDATE entry SET leaf = zeroblob(32) WHERE seq = 2', ['ledger_broken', 'root_mismatch', undefined]],
        ["UPDATE entry SET bytes = x'7b7d' WHERE seq = 7", ['ledger_broken', 'leaf_mismatch', 7]],
        ["UPDATE entry SET bytes = x'7b7d' WHERE seq = 0", ['ledger_broken', 'bad_schema', 0]],
        ['DELETE FROM entry', ['ledger_broken', 'truncated', undefined]],
      ] as const) {
        full.db.pragma('foreign_keys = OFF')
        full.db.exec('BEGIN')
        full.tamper(sql)
        expect(await lastCode(full.open())).toEqual(expected)
        full.db.exec('ROLLBACK')
      }
      expect(await lastCode(full.open())).toBe('opened')
    } finally {
      full.remove()
    }
  })

  test('a process killed at any moment leaves a log that verifies and goes on', async () => {
    const child = new URL('../support/audit-crash-child.ts', import.meta.url).pathname
    const keys = ledger.keys.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
    for (const delayMs of [5, 40, 90]) {
      const running = spawn(process.execPath, [child, ledger.file], {
        stdio: ['pipe', 'pipe', 'inherit'],
        env: { ...process.env, LOG_KEY: keys, LOG_PIN: ledger.pin.text },
      })
      await once(running.stdout, 'data')
      await sleep(delayMs)
      running.kill('SIGKILL')
      await once(running, 'exit')
      ledger.reconnect()
      const again = await ledger.open()
      expect(await check(again.vkey)).toMatchObject({ ok: true, size: count() })
      again.transaction((append) => append(read()))
      await again.pinHead()
    }
    expect(count()).toBeGreaterThan(10)
  })
})

describe('changing the key', () => {
  test('the checkpoint over the change is signed by both keys, later ones by the new key', async () => {
    log.transaction((append) => append(sent()))
    const next = newKeys()
    log.rotateKey(next, 'scheduled')
    const rotation = log.head().note
    log.transaction((append) => append(outcome()))
    expect(rotation.match(/\u2014/g)).toHaveLength(2)
    expect(log.head().note.match(/\u2014/g)).toHaveLength(1)
    expect(await check()).toMatchObject({ ok: true, size: 4, checkpoints: 4 })
    await log.pinHead()

    ledger.reconnect()
    expect(await lastCode(ledger.open())).toEqual(['ledger_broken', 'wrong_key', undefined])
    const again = await ledger.open({ signingKey: next })
    expect(again.vkey).toBe(log.vkey)
    again.rotateKey(newKeys(), 'suspicion')
    again.transaction((append) => append(sent()))
    expect(await check()).toMatchObject({ ok: true, size: 6 })
    expect(await verifyLog({ db: ledger.db, vkey: log.vkey, extraNotes: [rotation, again.head().note] })).toMatchObject(
      { ok: true },
    )
  })

  test('without the signature of either key the change is not believed', async () => {
    log.rotateKey(newKeys(), 'user_change')
    log.transaction((append) => append(sent()))
    const note = ledger.db.prepare<[], { note: string }>('SELECT note FROM checkpoint WHERE size = 2').get()?.note ?? ''
    const lines = note.split('\n')
    for (const dropped of [4, 5]) {
      ledger.tamper('UPDATE checkpoint SET note = ? WHERE size = 2', lines.filter((_, at) => at !== dropped).join('\n'))
      expect(await check()).toMatchObject({ ok: false, fault: { kind: 'bad_signature', seq: 1 } })
    }
    ledger.tamper('DELETE FROM checkpoint WHERE size = 2')
    expect(await check()).toMatchObject({ ok: false, fault: { kind: 'missing_checkpoint', seq: 1 } })
  })
})

describe('listing', () => {
  test('shows the newest first, by page, by draft and by type, with the checkpoint that covers each', async () => {
    const { ledger: full, log: fullLog } = await filledLedger()
    try {
      expect(fullLog.list({ limit: 3 }).map((row) => row.seq)).toEqual([7, 6, 5])
      expect(fullLog.list({ limit: 2, beforeSeq: 5 }).map((row) => row.seq)).toEqual([4, 3])
      expect(fullLog.list({ limit: 50, draftId: DRAFT }).map((row) => row.seq)).toEqual([4, 3, 2, 1])
      expect(fullLog.list({ limit: 50, type: 'agent.read' }).map((row) => row.seq)).toEqual([7, 6, 5])
      expect(fullLog.list({ limit: 50, draftId: DRAFT, type: 'apply.sent' }).map((row) => row.seq)).toEqual([3])
      expect(fullLog.list({ limit: 100_000 })).toHaveLength(8)
      expect(fullLog.list({ limit: 8 }).map((row) => row.checkpointSize)).toEqual([8, 8, 8, 5, 4, 4, 2, 1])
      const row = fullLog.list({ limit: 1 })[0]
      expect(row?.leaf).toBe(leafHash(Buffer.from(row?.line ?? '')).toString('hex'))
    } finally {
      full.remove()
    }
  })

  test('a changed line is still shown, but not as a record', () => {
    log.transaction((append) => append(sent()))
    ledger.tamper(
      'UPDATE entry SET bytes = CAST(replace(CAST(bytes AS TEXT), \'"k":0\', \'"k":1\') AS BLOB) WHERE seq = 1',
    )
    const [row] = log.list({ limit: 1 })
    expect(row?.line).toContain('"k":1')
    expect(row?.record).toBeUndefined()
  })
})
