/**
 * Somebody with the file cuts, rewrites or continues the log while the app runs and has it open. A commit is final: the app must
 * notice at the next use and stay broken, and a restart must not forget it. What was never committed may go, as always.
 */
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AuditLog } from '../../main/audit/append.ts'
import type { LogFault } from '../../main/audit/fault.ts'
import { type PinnedHead, PinWriter, parsePin } from '../../main/audit/head-pin.ts'
import { serializeJcs } from '../../main/audit/jcs.ts'
import { appendLeaf, EMPTY_TREE, leafHash, treeRoot } from '../../main/audit/merkle.ts'
import { createSigner, formatCheckpoint, signNote } from '../../main/audit/note.ts'
import type { NewRecord } from '../../main/audit/record.ts'
import { verifyLog } from '../../main/audit/verify.ts'
import {
  filledLedger,
  HandClock,
  type KeyPair,
  type LedgerFixture,
  newKeys,
  OneItem,
  outcome,
  read,
  sent,
} from '../support/audit-fixture.ts'

// The log of every test: 0 | 1 | 2 3 | 4 | 5 6 7, where | is the end of a transaction, and so a checkpoint. All of it is pinned.
let ledger: LedgerFixture
let log: AuditLog
/** A second connection to the same file. */
let intruder: Database.Database
beforeEach(async () => {
  ;({ ledger, log } = await filledLedger())
  intruder = new Database(ledger.file)
  intruder.pragma('foreign_keys = OFF')
  intruder.exec('DROP TRIGGER entry_no_update; DROP TRIGGER entry_no_delete; DROP TRIGGER checkpoint_no_update')
})
afterEach(async () => {
  await log.close().catch(() => undefined)
  intruder.close()
  ledger.remove()
})

const pinnedSize = (): number | undefined => parsePin(ledger.pin.text ?? '')?.size
const size = (): number =>
  intruder.prepare<[], { n: number }>('SELECT coalesce(max(seq) + 1, 0) AS n FROM entry').get()?.n ?? -1
const check = () => verifyLog({ db: ledger.db, vkey: log.vkey, headPin: ledger.pin.text })

function cutTo(newSize: number): void {
  for (const table of ['entry_index', 'disclosure', 'entry'])
    intruder.exec(`DELETE FROM ${table} WHERE seq >= ${newSize}`)
  intruder.exec(`DELETE FROM checkpoint WHERE size > ${newSize}`)
}

/** Adds a record that continues the chain, and signs it if a key is given. */
function addRecord(edit: (line: Record<string, unknown>) => Record<string, unknown>, keys?: KeyPair): void {
  const lines = intruder.prepare<[], Buffer>('SELECT bytes FROM entry ORDER BY seq').pluck().all()
  const last = lines.at(-1) ?? Buffer.alloc(0)
  const next = { ...(JSON.parse(last.toString()) as Record<string, unknown>), seq: lines.length }
  const bytes = Buffer.from(serializeJcs(edit({ ...next, prev: leafHash(last).toString('hex') })))
  intruder.prepare('INSERT INTO entry VALUES (?, ?, ?)').run(lines.length, bytes, leafHash(bytes))
  intruder.prepare("INSERT INTO entry_index VALUES (?, 'agent.read', NULL)").run(lines.length)
  if (keys === undefined) return
  const tree = [...lines, bytes].map(leafHash).reduce(appendLeaf, EMPTY_TREE)
  const text = formatCheckpoint({ origin: log.origin, size: tree.size, root: treeRoot(tree) })
  intruder
    .prepare('INSERT INTO checkpoint VALUES (?, ?)')
    .run(tree.size, signNote(text, [createSigner(log.origin, keys)]))
}

function thrownBy(attempt: () => unknown): unknown {
  try {
    return ['worked', attempt()]
  } catch (error) {
    const { code, details } = error as { code?: string; details?: Record<string, unknown> }
    return code === undefined ? error : [code, details?.['kind'], details?.['seq']]
  }
}
const append = (): unknown => log.transaction((add) => add(sent()))

describe('the log is cut and continued while the app runs', () => {
  test('the next record is refused, everything after it too, and verify and a restart say why', async () => {
    cutTo(5)
    let wasCalled = false
    const attempt = (): unknown =>
      log.transaction(() => {
        wasCalled = true
      })
    const broken = ['ledger_broken', 'rolled_back', 5]
    expect(thrownBy(attempt)).toEqual(broken)
    expect(wasCalled).toBe(false)
    expect(thrownBy(append)).toEqual(broken)
    expect(thrownBy(() => ledger.db.transaction(() => log.append([sent()]))())).toEqual(broken)
    expect(thrownBy(() => log.head())).toEqual(broken)
    expect(thrownBy(() => log.rotateKey(newKeys(), 'suspicion'))).toEqual(broken)
    await expect(log.pinHead()).rejects.toMatchObject({ code: 'ledger_broken' })
    expect(log.fault()).toMatchObject({
      kind: 'rolled_back',
      seq: 5,
      message: expect.stringContaining('5 records, but 8'),
    })
    expect([size(), pinnedSize()]).toEqual([5, 8])
    expect(await check()).toMatchObject({ ok: false, fault: { kind: 'rolled_back', seq: 5 } })
    await log.close()
    ledger.reconnect()
    await expect(ledger.open()).rejects.toMatchObject({ code: 'ledger_broken', details: { kind: 'rolled_back' } })
  })

  test('putting the records back does not mend the running app', () => {
    intruder.exec('CREATE TEMP TABLE e AS SELECT * FROM entry; CREATE TEMP TABLE i AS SELECT * FROM entry_index')
    intruder.exec('CREATE TEMP TABLE c AS SELECT * FROM checkpoint')
    cutTo(5)
    expect(log.fault()?.kind).toBe('rolled_back')
    for (const [table, kept] of [
      ['entry', 'e'],
      ['entry_index', 'i'],
    ])
      intruder.exec(`INSERT INTO ${table} SELECT * FROM ${kept} WHERE seq >= 5`)
    intruder.exec('INSERT INTO checkpoint SELECT * FROM c WHERE size > 5')
    expect(size()).toBe(8)
    expect(log.fault()?.kind).toBe('rolled_back')
    expect(thrownBy(append)).toEqual(['ledger_broken', 'rolled_back', 5])
  })

  test('what was committed but not pinned yet is pinned when it is missed, so that a restart knows too', async () => {
    ledger.pin.failure = new Error('keychain is locked')
    append()
    append()
    await expect.poll(() => ledger.pinErrors, { timeout: 5000 }).toEqual([ledger.pin.failure])
    ledger.pin.failure = undefined
    expect([size(), pinnedSize()]).toEqual([10, 8])
    cutTo(8)
    expect(log.fault()).toMatchObject({ kind: 'rolled_back', seq: 8 })
    await expect.poll(pinnedSize, { timeout: 5000 }).toBe(10)
    ledger.reconnect()
    await expect(ledger.open()).rejects.toMatchObject({ code: 'ledger_broken', details: { kind: 'rolled_back' } })
  })

  test('nobody has to append anything: the background pin notices as well', async () => {
    append()
    cutTo(8)
    await expect.poll(pinnedSize, { timeout: 5000 }).toBe(9)
    expect(ledger.pinErrors).toEqual([])
    expect(log.fault()?.kind).toBe('rolled_back')
  })

  test('closing a log that was cut pins what was there and does not fail', async () => {
    append()
    cutTo(8)
    await log.close()
    expect(pinnedSize()).toBe(9)
  })

  test('a cut that leaves its checkpoint, a cut of everything, and a cut of a caller’s own transaction', async () => {
    ledger.db.transaction(() => log.append([sent(), outcome()])).immediate()
    expect(log.head().size).toBe(10)
    cutTo(8)
    expect(thrownBy(append)).toEqual(['ledger_broken', 'rolled_back', 8])

    ledger.pin.text = undefined
    log = await ledger.open()
    intruder.exec('DELETE FROM entry_index WHERE seq = 8; DELETE FROM entry WHERE seq = 8')
    expect(thrownBy(append)).toEqual(['ledger_broken', 'truncated', 8])

    intruder.exec('DELETE FROM checkpoint WHERE size = 9')
    ledger.pin.text = undefined
    log = await ledger.open()
    cutTo(0)
    expect(thrownBy(append)).toEqual(['ledger_broken', 'rolled_back', 0])
    expect(size()).toBe(0)
  })

  test('a caller’s own transaction that nobody looked at counts as committed after about a second', async () => {
    ledger.db.transaction(() => log.append([sent(), outcome()])).immediate()
    await expect.poll(pinnedSize, { timeout: 5000 }).toBe(10)
    cutTo(8)
    expect(log.fault()).toMatchObject({ kind: 'rolled_back', seq: 8 })
  })
})

describe('the log is rewritten while the app runs', () => {
  const change = (line: Record<string, unknown>): Record<string, unknown> => ({ ...line, boot: 'boot2' })

  test('another last record is not the one that was committed, whoever signed it', async () => {
    for (const keys of [undefined, newKeys(), ledger.keys]) {
      cutTo(4)
      ledger.pin.text = undefined
      log = await ledger.open()
      expect(log.head().size).toBe(5)
      cutTo(4)
      addRecord(change, keys)
      expect(thrownBy(append)).toEqual(['ledger_broken', 'rewritten', undefined])
      expect(log.fault()?.message).toContain('while the app was running')
    }
  })

  test('a longer history that does not begin with what was committed', () => {
    cutTo(5)
    for (let n = 0; n < 6; n++) addRecord(change, ledger.keys)
    expect(size()).toBe(11)
    expect(thrownBy(append)).toEqual(['ledger_broken', 'rewritten', undefined])
    expect(pinnedSize()).toBe(8)
  })

  test('a record that somebody else appended, unsigned or signed by a stranger', async () => {
    addRecord(change)
    expect(thrownBy(append)).toEqual(['ledger_broken', 'missing_checkpoint', 8])
    cutTo(8)
    log = await ledger.open()
    addRecord(change, newKeys())
    expect(thrownBy(append)).toEqual(['ledger_broken', 'root_mismatch', undefined])
  })

  test('a gap in front of a record that somebody else appended', () => {
    addRecord(change, ledger.keys)
    intruder.exec('UPDATE entry SET seq = 9 WHERE seq = 8; UPDATE checkpoint SET size = 10 WHERE size = 9')
    expect(thrownBy(append)).toEqual(['ledger_broken', 'sequence_gap', 8])
  })
})

describe('what is legal stays legal', () => {
  test('a caller takes back its own records, and others take their place', async () => {
    for (const fails of [true, false, true, true, false]) {
      ledger.db.exec('BEGIN IMMEDIATE')
      log.append([read(1), read(2)])
      log.append([read(3)])
      expect(log.fault()).toBeUndefined()
      ledger.db.exec(fails ? 'ROLLBACK' : 'COMMIT')
      append()
    }
    expect(log.fault()).toBeUndefined()
    expect(await check()).toMatchObject({ ok: true, size: 8 + 5 + 2 * 3 })
  })

  test('a part of a transaction is taken back that is longer than anything kept in memory', async () => {
    const some = (add: (record: NewRecord) => number, n: number): void => {
      for (let at = 0; at < n; at++) add(read(at))
    }
    log.transaction((add) => {
      some(add, 5)
      ledger.db.exec('SAVEPOINT part')
      some(add, 600)
      ledger.db.exec('ROLLBACK TO part; RELEASE part')
      add(sent())
    })
    ledger.db.exec('BEGIN IMMEDIATE')
    log.append([read(1), outcome()])
    ledger.db.exec('SAVEPOINT part')
    for (let n = 0; n < 150; n++) log.append([read(n), read(n)])
    ledger.db.exec('ROLLBACK TO part; RELEASE part')
    log.append([sent()])
    ledger.db.exec('COMMIT')
    expect(log.fault()).toBeUndefined()
    expect(await check()).toMatchObject({ ok: true, size: 17 })
    expect(log.head().size).toBe(17)
  })

  test('the same log, opened elsewhere with the same key and continued, is followed', async () => {
    const elsewhere = await ledger.open({ db: intruder })
    elsewhere.transaction((add) => [add(read(1)), add(read(2))])
    expect(log.head()).toEqual(elsewhere.head())
    append()
    expect(log.fault()).toBeUndefined()
    expect(await check()).toMatchObject({ ok: true, size: 11 })
    await elsewhere.close()
  })
})

test('the pin never goes down, and never changes what it says of one size', async () => {
  const port = new OneItem()
  const head = (ofSize: number, byte: number): PinnedHead => ({
    origin: log.origin,
    size: ofSize,
    root: Buffer.alloc(32, byte).toString('base64'),
    vkey: log.vkey,
    ts: '2026-03-01T09:00:00.000Z',
  })
  let committed = head(9, 1)
  const errors: unknown[] = []
  const pins = new PinWriter({
    port,
    clock: new HandClock(),
    written: head(8, 1),
    committedHead: () => committed,
    onError: (error) => errors.push(error),
  })
  await pins.flush()
  committed = head(8, 1)
  await expect(pins.flush()).rejects.toMatchObject({ code: 'ledger_broken', details: { kind: 'rolled_back', seq: 8 } })
  committed = head(9, 2)
  await expect(pins.flush()).rejects.toMatchObject({ code: 'ledger_broken', details: { kind: 'rewritten' } })
  pins.schedule()
  await expect.poll(() => errors, { timeout: 5000 }).toMatchObject([{ code: 'ledger_broken' }])
  expect(port.writes.map((text) => parsePin(text)?.size)).toEqual([9])
  committed = head(10, 2)
  await pins.close()
  expect(parsePin(port.text ?? '')?.size).toBe(10)
})

describe('a full check found a fault', () => {
  const found: LogFault = { kind: 'leaf_mismatch', seq: 3, message: 'Record 3 was changed.' }
  const verified = (ok: boolean): NewRecord => ({
    type: 'log.verified',
    actor: { kind: 'user', id: 'owner' },
    data: {
      ok,
      size: log.head().size,
      root: log.head().root,
      ...(ok ? {} : { fault: found.kind, faultSeq: found.seq }),
    },
  })
  const record = (ok: boolean): unknown => log.transaction((add) => add(verified(ok)))
  async function restart(): Promise<void> {
    await log.close()
    ledger.reconnect()
    log = await ledger.open()
  }

  test('recording goes on, writes are to be blocked, and a later check that finds none ends it', () => {
    log.markBroken(found)
    expect(log.fault()).toEqual(found)
    expect(thrownBy(append)).toEqual(['worked', 8])
    expect(thrownBy(() => ledger.db.transaction(() => log.append([outcome()]).firstSeq)())).toEqual(['worked', 9])
    expect(thrownBy(() => record(false))).toEqual(['worked', 10])
    expect(log.fault()).toEqual(found)
    record(true)
    expect(log.fault()).toBeUndefined()
    log.markBroken(found)
    expect(log.fault()).toEqual(found)
  })

  test('a check that finds none counts only once it is committed', () => {
    log.markBroken(found)
    ledger.db.exec('BEGIN IMMEDIATE')
    log.append([verified(true)])
    ledger.db.exec('ROLLBACK')
    expect(log.fault()).toEqual(found)
    expect(() =>
      log.transaction((add) => {
        add(verified(true))
        throw new Error('no power')
      }),
    ).toThrow('no power')
    expect(log.fault()).toEqual(found)
  })

  test('recording ends when the database is cut as well', () => {
    log.markBroken(found)
    cutTo(5)
    expect(thrownBy(append)).toEqual(['ledger_broken', 'rolled_back', 5])
    expect(log.fault()?.kind).toBe('rolled_back')
  })

  test('a restart does not forget it, a later check that finds none does', async () => {
    record(true)
    record(false)
    expect(log.fault()).toMatchObject({ kind: 'leaf_mismatch', seq: 3 })
    await restart()
    append()
    expect(log.fault()).toMatchObject({
      kind: 'leaf_mismatch',
      seq: 3,
      message: expect.stringContaining('(leaf_mismatch) at record 3'),
    })
    record(true)
    expect(log.fault()).toBeUndefined()
    await restart()
    expect(log.fault()).toBeUndefined()
  })

  test('nor is it forgotten when somebody hides it from the index, or turns it round', async () => {
    record(false)
    append()
    intruder.exec("UPDATE entry_index SET type = 'agent.read' WHERE seq = 8")
    await restart()
    expect(log.fault()).toMatchObject({ kind: 'leaf_mismatch', seq: 3 })
    intruder.exec(
      `UPDATE entry SET bytes = CAST(replace(CAST(bytes AS TEXT), '"ok":false', '"ok":true') AS BLOB) WHERE seq = 8`,
    )
    await restart()
    expect(log.fault()).toMatchObject({ kind: 'leaf_mismatch', seq: 8 })
  })
})
