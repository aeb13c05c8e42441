/** The outbox on a real ledger: with its record or not at all, at least once, eight times, and never more than fits. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openAuditLog } from '../../main/audit/append.ts'
import { plainFacts } from '../../main/notifications/facts.ts'
import { createOutbox, MAX_QUEUED } from '../../main/notifications/outbox.ts'
import type { SendResult } from '../../main/notifications/result.ts'
import { createSender, type Outgoing, type Sender } from '../../main/notifications/sender.ts'
import { createDeliveryTable } from '../../main/store/delivery-table.ts'
import { createDraftTable } from '../../main/store/draft-table.ts'
import { createNotificationTable } from '../../main/store/notification-table.ts'
import { openLedger } from '../../main/store/open.ts'
import type { NewRecord } from '../../main/audit/record.ts'
import { approved, HandClock, newKeys, OneItem } from '../support/audit-fixture.ts'
import { fixedBytes } from '../support/fixed-keys.ts'
import { silentLog } from '../support/facts-rig.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const TARGET = 'nt_abcdefgh234567ab'
const tripped = (): NewRecord => ({
  type: 'breaker.tripped',
  actor: { kind: 'system', id: 'breaker' },
  data: { reason: 'platform_errors' },
})

type Receiver = (outgoing: Outgoing) => Promise<SendResult>
let counter = 0
const randomBytes = (size: number): Uint8Array => {
  counter += 1
  return fixedBytes(`id ${counter}`).subarray(0, size)
}

async function start() {
  const clock = new HandClock()
  const file = `${makeTempFolder('outbox')}/ledger.db`
  const db = openLedger(file, Buffer.alloc(32, 7))
  const targets = createNotificationTable(db)
  const deliveries = createDeliveryTable(db)
  let senders: Sender[] = []
  let receive: Receiver = async () => ({ kind: 'delivered' })
  const received: Outgoing[] = []
  const errors: string[] = []
  const steadyMs = (): number => Math.floor(clock.monotonicMs())
  const log = { ...silentLog, error: (event: string) => void errors.push(event) }
  const outbox = createOutbox({
    targets,
    deliveries,
    drafts: createDraftTable(db),
    clock,
    randomBytes,
    log,
    hasDesktop: false,
    steadyMs,
    onQueued: () => undefined,
  })
  const audit = await openAuditLog({
    db,
    signingKey: newKeys(),
    headPin: new OneItem(),
    clock,
    bootId: 'boot1',
    appVersion: '0.1.0',
    onPinError: () => undefined,
    onAppended: (record) => outbox.onAppended(record),
  })
  /** As a start of the app makes it. */
  const sender = (): Sender => {
    const made = createSender({
      targets,
      deliveries,
      audit,
      clock,
      steadyMs,
      random: () => 0.5,
      log,
      send: async (_target, outgoing) => {
        received.push(outgoing)
        return receive(outgoing)
      },
      onChange: () => undefined,
    })
    senders = [...senders, made]
    return made
  }
  const addTarget = (targetId: string, events: readonly string[] = ['breaker.tripped', 'draft.approved']) =>
    targets.save({
      targetId,
      kind: 'webhook',
      label: 'A',
      configJson: JSON.stringify({
        kind: 'webhook',
        includesNames: false,
        allowsPrivate: false,
        allowsPlain: false,
        origin: 'https://example.com',
      }),
      sealed: null,
      eventsJson: JSON.stringify(events),
      isEnabled: true,
      createdAtMs: 1,
    })
  /** Sends what is due until nothing is. */
  const run = async (it: Sender): Promise<void> => {
    it.start()
    await it.whenIdle()
  }
  return {
    db,
    clock,
    audit,
    targets,
    deliveries,
    outbox,
    sender,
    run,
    addTarget,
    received,
    errors,
    answer: (next: Receiver) => void (receive = next),
    news: (record: NewRecord = tripped()) => audit.transaction((append) => append(record)),
    records: (type: NewRecord['type']) => audit.list({ type, limit: 200 }),
    close: async () => {
      for (const each of senders) await each.close()
      await audit.close()
      db.close()
    },
  }
}
let rig: Awaited<ReturnType<typeof start>>
beforeEach(async () => {
  rig = await start()
})
afterEach(() => rig.close())

const queued = () => rig.deliveries.page({ state: 'queued', limit: 1_000, offset: 0 })

describe('news', () => {
  test('is queued with its record, or neither is there', () => {
    rig.addTarget(TARGET)
    rig.news()
    expect(queued().total).toBe(1)
    const { size } = rig.audit.head()
    expect(() =>
      rig.audit.transaction((append) => {
        append(tripped())
        throw new Error('the disk is full')
      }),
    ).toThrow('the disk is full')
    expect([queued().total, rig.audit.head().size]).toEqual([1, size])
  })

  test('goes to those who asked for it and to nobody else', () => {
    rig.addTarget(TARGET, ['draft.approved'])
    rig.addTarget('nt_bbbbbbbb234567ab', ['breaker.tripped'])
    rig.news()
    expect(queued().rows.map((row) => row.targetId)).toEqual(['nt_bbbbbbbb234567ab'])
  })

  test('is not made by what it causes: a delivery’s own record queues nothing', async () => {
    rig.addTarget(TARGET)
    rig.news()
    await rig.run(rig.sender())
    expect(rig.records('checkpoint.emitted')).toHaveLength(1)
    expect(queued().total).toBe(0)
    expect(rig.received).toHaveLength(1)
  })

  test('that cannot be queued never keeps a record from being written, and the local log says so', () => {
    rig.addTarget(TARGET)
    const row = rig.targets.get(TARGET)
    if (row === undefined) throw new Error('the target is gone')
    rig.targets.save({ ...row, eventsJson: 'nonsense' })
    rig.news()
    expect(rig.records('breaker.tripped')).toHaveLength(1)
    expect(rig.errors).toEqual(['news_not_queued'])
  })

  test('beyond what fits is gathered, with how much of it there was', () => {
    rig.addTarget(TARGET)
    for (let n = 0; n < MAX_QUEUED + 7; n += 1) rig.news()
    expect(queued().total).toBe(MAX_QUEUED)
    const merged = queued().rows.map((row) => (JSON.parse(row.payloadJson) as { merged: number }).merged)
    expect(merged.reduce((sum, each) => sum + each, 0)).toBe(7)
  })
})

const compared = (more: { outside?: number; missing?: number }): NewRecord => ({
  type: 'history.compared',
  actor: { kind: 'system', id: 'history' },
  data: {
    platform: 'meta',
    account: 'meta:1201',
    from: '2026-11-22T10:00:00.000Z',
    to: '2026-11-23T10:00:00.000Z',
    ours: 1,
    outside: 0,
    unclear: 3,
    missing: 0,
    ...more,
  },
})

test('a comparison with the platform’s own history is news where it does not agree, once however much it is', () => {
  rig.addTarget(TARGET, ['anomaly.found'])
  rig.news(compared({}))
  expect(queued().total).toBe(0)
  rig.news(compared({ outside: 40 }))
  rig.news(compared({ outside: 1, missing: 1 }))
  const told = queued().rows.map(({ event, payloadJson }) => [event, JSON.parse(payloadJson) as { reason: string }])
  expect(told).toMatchObject([
    ['anomaly.found', { reason: 'applied_but_not_in_history', account: 'meta:1201' }],
    ['anomaly.found', { reason: 'changed_outside', account: 'meta:1201' }],
  ])
})

describe('sending', () => {
  test('stops when the log was cut while the app ran: there is no checkpoint to vouch for', async () => {
    rig.addTarget(TARGET)
    rig.news()
    rig.db.exec(
      'PRAGMA foreign_keys = OFF; DROP TRIGGER entry_no_delete; DELETE FROM entry WHERE seq = (SELECT MAX(seq) FROM entry)',
    )
    await rig.run(rig.sender())
    expect(rig.received).toEqual([])
    expect(queued().rows).toMatchObject([{ attempts: 0 }])
    expect(rig.errors).toEqual(['notifications_held_up'])
  })

  test('carries the checkpoint that is newest when it is sent, not when it was queued', async () => {
    rig.addTarget(TARGET)
    rig.news()
    rig.news(approved())
    const { note, size, root } = rig.audit.head()
    await rig.run(rig.sender())
    expect(rig.received[0]).toMatchObject({ note, size })
    const [, first] = rig.records('checkpoint.emitted')
    expect(first?.record?.data).toMatchObject({ size, root, outcome: 'delivered', attempts: 1 })
  })

  test('is tried eight times in about a day, then given up on record, and again when a person says so', async () => {
    rig.addTarget(TARGET)
    rig.answer(async () => ({ kind: 'failed', code: 'http_503', retry: 'later' }))
    rig.news()
    const sender = rig.sender()
    await rig.run(sender)
    for (let n = 0; n < 12; n += 1) {
      rig.clock.pass(14 * HOUR_MS)
      await rig.run(sender)
    }
    expect(rig.received).toHaveLength(8)
    const [dead] = rig.deliveries.page({ state: 'dead', limit: 10, offset: 0 }).rows
    expect(dead).toMatchObject({ attempts: 8, lastError: 'http_503' })
    expect(rig.records('checkpoint.emitted')[0]?.record?.data).toMatchObject({ outcome: 'dead', code: 'http_503' })
    rig.answer(async () => ({ kind: 'delivered' }))
    expect(rig.deliveries.revive(dead?.deliveryId ?? '')).toBe(true)
    await rig.run(sender)
    expect(rig.deliveries.get(dead?.deliveryId ?? '')).toMatchObject({ state: 'delivered', attempts: 1 })
    expect(new Set(rig.received.map((each) => each.deliveryId)).size).toBe(1)
  })

  test('of what hardly heals by itself is tried three times', async () => {
    rig.addTarget(TARGET)
    rig.answer(async () => ({ kind: 'failed', code: 'auth_failed', retry: 'few' }))
    rig.news()
    const sender = rig.sender()
    for (let n = 0; n < 6; n += 1) {
      await rig.run(sender)
      rig.clock.pass(HOUR_MS)
    }
    expect(rig.received).toHaveLength(3)
  })

  test('waits, however the wall clock is set', async () => {
    rig.addTarget(TARGET)
    rig.answer(async () => ({ kind: 'failed', code: 'http_503', retry: 'later' }))
    rig.news()
    const sender = rig.sender()
    await rig.run(sender)
    rig.clock.wallMs += 30 * 24 * HOUR_MS
    await rig.run(sender)
    expect(rig.received).toHaveLength(1)
    rig.clock.pass(MINUTE_MS)
    await rig.run(sender)
    expect(rig.received).toHaveLength(2)
  })

  test('cut short by a crash counts as an attempt, and is made again under the same id', async () => {
    rig.addTarget(TARGET)
    rig.answer(() => new Promise(() => undefined))
    rig.news()
    rig.sender().start()
    await Promise.resolve()
    expect(rig.received).toHaveLength(1)
    expect(queued().rows[0]).toMatchObject({ attempts: 1 })
    rig.answer(async () => ({ kind: 'delivered' }))
    rig.clock.pass(2 * MINUTE_MS)
    await rig.run(rig.sender())
    expect(rig.received.map((each) => each.deliveryId)).toEqual([
      rig.received[0]?.deliveryId,
      rig.received[0]?.deliveryId,
    ])
    expect(queued().total).toBe(0)
  })

  test('one receiver that hangs does not hold up another', async () => {
    rig.addTarget(TARGET)
    rig.addTarget('nt_bbbbbbbb234567ab')
    const slow = rig.deliveries
    rig.answer((outgoing) =>
      slow.get(outgoing.deliveryId)?.targetId === TARGET
        ? new Promise(() => undefined)
        : Promise.resolve({ kind: 'delivered' }),
    )
    rig.news()
    rig.news(approved())
    rig.sender().start()
    await new Promise((done) => setTimeout(done, 50))
    expect(queued().rows.map((row) => row.targetId)).toEqual([TARGET, TARGET])
  })

  test('goes on while a check has found a fault: that is when others have to hear of it', async () => {
    rig.addTarget(TARGET, ['integrity.alarm'])
    rig.audit.markBroken({ kind: 'bad_leaf', seq: 1, message: 'a line was changed' } as never)
    rig.news({ type: 'integrity.alarm', actor: { kind: 'system', id: 'app' }, data: { kind: 'bad_leaf', seq: 1 } })
    await rig.run(rig.sender())
    expect(rig.received).toMatchObject([{ event: 'integrity.alarm' }])
    expect(queued().total).toBe(0)
  })
})

describe('a target', () => {
  test('that says it is gone is switched off with its record, and nothing more waits for it', async () => {
    rig.addTarget(TARGET)
    rig.answer(async () => ({ kind: 'failed', code: 'gone', retry: 'never', disables: true }))
    for (let n = 0; n < 3; n += 1) rig.news()
    await rig.run(rig.sender())
    expect(rig.received).toHaveLength(1)
    expect(rig.targets.get(TARGET)).toMatchObject({ isEnabled: false })
    expect(rig.records('target.changed')).toHaveLength(1)
    expect(queued().total).toBe(0)
    expect(
      rig.deliveries
        .page({ state: 'dead', limit: 10, offset: 0 })
        .rows.map((row) => row.lastError ?? '')
        .toSorted((a, b) => a.localeCompare(b)),
    ).toEqual(['gone', 'target_disabled', 'target_disabled'])
  })

  test('a test message goes to it whatever it wants to hear', async () => {
    rig.addTarget(TARGET, ['integrity.alarm'])
    const target = { targetId: TARGET, config: { includesNames: true } } as never
    const deliveryId = rig.outbox.putTest(target, plainFacts('2026-11-23T10:00:00.000Z'))
    await rig.sender().sendOnce(deliveryId)
    expect(rig.received).toMatchObject([{ event: 'test', deliveryId }])
  })

  test('a test message that fails takes no news with it, also when the queue is full', async () => {
    rig.addTarget(TARGET)
    for (let n = 0; n < MAX_QUEUED; n += 1) rig.news()
    rig.answer(async () => ({ kind: 'failed', code: 'http_503', retry: 'later' }))
    const target = { targetId: TARGET, config: { includesNames: true } } as never
    await rig.sender().sendOnce(rig.outbox.putTest(target, plainFacts('2026-11-23T10:00:00.000Z')))
    expect(rig.deliveries.page({ state: 'dead', limit: 10, offset: 0 }).rows).toMatchObject([{ event: 'test' }])
    expect(queued().total).toBe(MAX_QUEUED)
  })
})
