/** The circuit breaker on a real ledger: what trips it, what stays stopped, who closes it, and that it is on record. */
import { describe, expect, test } from 'vitest'
import { accountId } from '../../shared/domain/ids.ts'
import { createBreaker, TRIPS_AT, WITHIN_MINUTES } from '../../main/approval/breaker.ts'
import type { LogFault } from '../../main/audit/fault.ts'
import { startRig } from '../support/approval-rig.ts'
import { createSettingTable } from '../../main/store/setting-table.ts'

const META = accountId('meta', '42')

async function start() {
  const rig = await startRig([])
  const settings = createSettingTable(rig.db)
  const failures: unknown[] = []
  let changes = 0
  let nowMs = 1_000_000_000
  const open = () =>
    createBreaker({
      settings,
      audit: rig.audit,
      clock: rig.clock,
      steady: { nowMs: () => nowMs },
      log: { error: (_event, error) => failures.push(error) },
      isInTransaction: () => rig.db.inTransaction,
      onChange: () => (changes += 1),
    })
  return {
    ...rig,
    settings,
    failures,
    open,
    breaker: open(),
    changes: () => changes,
    pass: (minutes: number) => (nowMs += minutes * 60_000),
    records: () =>
      rig.audit
        .list({ limit: 20 })
        .toReversed()
        .flatMap((row) => (row.record?.type.startsWith('breaker.') === true ? [row] : [])),
  }
}

describe('a row of platform errors', () => {
  test('trips it at the third, with its record, and every one of them counts', async () => {
    const { breaker, records, changes } = await start()
    for (const outcome of ['refused', 'unknown'] as const) breaker.noteOutcome(outcome)
    expect(breaker.state()).toEqual({ isOpen: false, count: 2 })
    expect(breaker.stopped()).toBeUndefined()
    breaker.noteOutcome('no_effect', { accountId: META })
    expect(breaker.state()).toMatchObject({ isOpen: true, reason: 'platform_errors', count: TRIPS_AT, accountId: META })
    expect(breaker.stopped()).toContain('Several changes in a row failed')
    expect(records().map((row) => [row.record?.type, row.record?.actor.kind, row.record?.data])).toEqual([
      ['breaker.tripped', 'system', { reason: 'platform_errors', account: META, count: 3 }],
    ])
    expect(changes()).toBe(1)
  })

  test('is ended by a change that is applied, and not by one that was never sent', async () => {
    const { breaker } = await start()
    breaker.noteOutcome('refused')
    breaker.noteOutcome('refused')
    breaker.noteOutcome('applied')
    breaker.noteOutcome('refused')
    breaker.noteOutcome('not_sent')
    breaker.noteOutcome('conflict')
    breaker.noteOutcome('refused')
    expect(breaker.state().isOpen).toBe(false)
    breaker.noteOutcome('unreachable')
    expect(breaker.state().isOpen).toBe(true)
  })

  test('counts within half an hour of steady time', async () => {
    const { breaker, pass } = await start()
    breaker.noteOutcome('unknown')
    pass(WITHIN_MINUTES - 1)
    breaker.noteOutcome('unknown')
    pass(1)
    breaker.noteOutcome('unknown')
    expect(breaker.state()).toEqual({ isOpen: false, count: 2 })
  })

  test('is remembered over a restart, open or on its way', async () => {
    const { breaker, open } = await start()
    breaker.noteOutcome('unknown')
    breaker.noteOutcome('unknown')
    const second = open()
    second.noteOutcome('unknown')
    expect(open().state()).toMatchObject({ isOpen: true, reason: 'platform_errors' })
  })

  test('may be noted within the transaction that records the outcome: all of it or nothing', async () => {
    const { breaker, audit, records, settings } = await start()
    breaker.noteOutcome('unknown')
    breaker.noteOutcome('unknown')
    const failing = () =>
      audit.transaction(() => {
        breaker.noteOutcome('unknown')
        throw new Error('the rest failed')
      })
    expect(failing).toThrow('the rest failed')
    expect(breaker.state().isOpen).toBe(false)
    expect(records()).toEqual([])
    audit.transaction((append) => {
      breaker.noteOutcome('unknown')
      append({ type: 'app.stopped', actor: { kind: 'system', id: 'app' }, data: {} })
    })
    expect(records().length).toBe(1)
    expect(settings.read('breaker')).toMatchObject({ open: { reason: 'platform_errors' } })
    expect(audit.fault()).toBeUndefined()
  })
})

describe('an open breaker', () => {
  test('is closed by the person alone, on record, and begins to count anew', async () => {
    const { breaker, records } = await start()
    breaker.trip('anomalous_spend', { accountId: META, detail: 'Spend is three times what it was.' })
    breaker.trip('platform_errors')
    expect(breaker.state()).toMatchObject({ reason: 'anomalous_spend', message: 'Spend is three times what it was.' })
    expect(() => breaker.refuseIfOpen()).toThrow(/three times what it was/)
    expect(breaker.reset('Looked into it.')).toEqual({ isOpen: false, count: 0 })
    breaker.refuseIfOpen()
    expect(breaker.reset()).toEqual({ isOpen: false, count: 0 })
    expect(records().map((row) => [row.record?.type, row.record?.actor.kind, row.text])).toEqual([
      ['breaker.tripped', 'system', { detail: 'Spend is three times what it was.' }],
      ['breaker.reset', 'user', { reason: 'Looked into it.' }],
    ])
  })

  test('cannot be closed while the log does not verify, and is open by that alone', async () => {
    const { breaker, audit } = await start()
    const fault: LogFault = { kind: 'leaf_mismatch', seq: 3, message: 'Record 3 is not what was signed.' }
    audit.markBroken(fault)
    expect(breaker.state()).toMatchObject({ isOpen: true, reason: 'integrity' })
    expect(breaker.stopped()).toContain('does not verify')
    expect(() => breaker.reset()).toThrow(/does not verify/)
  })

  test('stops all the same where nothing can be written any more', async () => {
    const { breaker, db, failures, records, open } = await start()
    db.pragma('query_only = ON')
    breaker.trip('anomalous_spend')
    expect(failures.length).toBe(1)
    expect(breaker.state()).toMatchObject({ isOpen: true, reason: 'anomalous_spend' })
    db.pragma('query_only = OFF')
    expect(records()).toEqual([])
    expect(open().state().isOpen).toBe(false)
    expect(breaker.reset().isOpen).toBe(false)
  })

  test('is what a setting means that cannot be read', async () => {
    const { breaker, settings } = await start()
    settings.write('breaker', { open: 'maybe' })
    expect(breaker.state()).toMatchObject({ isOpen: true, reason: 'unreadable' })
    expect(breaker.reset('Checked.').isOpen).toBe(false)
  })
})
