/** The same for the live ledger: seeded changes of rows and of the encrypted file, found by the full check with the head that is remembered. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AuditLog, openAuditLog } from '../../main/audit/append.ts'
import { serializeJcs } from '../../main/audit/jcs.ts'
import { leafHash, rootOf } from '../../main/audit/merkle.ts'
import { createSigner } from '../../main/audit/note.ts'
import { type VerifyResult, verifyLog } from '../../main/audit/verify.ts'
import { type LedgerDb, openLedger } from '../../main/store/open.ts'
import { OperationError } from '../../shared/errors.ts'
import { approved, HandClock, type KeyPair, OneItem, outcome, proposed, read, sent } from '../support/audit-fixture.ts'
import { checkpointOf } from '../support/bundle-files.ts'
import { Dice, flipBit } from '../support/bundle-mutations.ts'
import { fixedBytes, fixedKeys } from '../support/fixed-keys.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

const SEED = 41
const KEY = fixedBytes('ledger key')
const folder = makeTempFolder('ledger-mutations')

interface Workspace {
  readonly file: string
  readonly ledger: LedgerDb
  readonly log: AuditLog
  readonly pin: OneItem
}

async function workspace(name: string, keys: KeyPair): Promise<Workspace> {
  const file = join(folder, `${name}.db`)
  const ledger = openLedger(file, KEY)
  const pin = new OneItem()
  const log = await openAuditLog({
    db: ledger,
    signingKey: keys,
    headPin: pin,
    clock: new HandClock(),
    bootId: 'boot1',
    appVersion: '0.1.0',
    onPinError: () => undefined,
  })
  return { file, ledger, log, pin }
}

let own: Workspace
let foreign: Workspace
/** A copy of the file from before the newest transactions. */
let older: string
let mailed: string
beforeAll(async () => {
  own = await workspace('own', fixedKeys(0))
  foreign = await workspace('foreign', fixedKeys(9))
  for (const { log } of [own, foreign]) {
    log.transaction((append) => append(proposed({ title: 'Raise the budget', 'path.0': ['Shop', 'Spring'] })))
    log.transaction((append) => {
      append(approved())
      append(sent())
    })
    log.transaction((append) => append(outcome('OK')))
  }
  own.log.rotateKey(fixedKeys(1), 'scheduled')
  for (let n = 0; n < 4; n += 1) own.log.transaction((append) => [1, 2, 3].map((k) => append(read(3 * n + k))))
  own.ledger.pragma('wal_checkpoint(TRUNCATE)')
  older = `${own.file}.older`
  copyFileSync(own.file, older)
  own.log.transaction((append) => append(proposed({ title: 'Lower it again' })))
  own.log.transaction((append) => [1, 2].map((k) => append(read(k))))
  mailed = own.log.head().note
  await own.log.pinHead()
  own.ledger.pragma('wal_checkpoint(TRUNCATE)')
})
afterAll(() => {
  own.ledger.close()
  foreign.ledger.close()
})

// The log: 0 | 1 | 2 3 | 4 | 5 rotation | 6 7 8 | 9 10 11 | 12 13 14 | 15 16 17 | 18 | 19 20
const SIZE = 21
const ENDS = [1, 2, 4, 5, 6, 9, 12, 15, 18, 19, 21] as const

const check = (
  db: LedgerDb = own.ledger,
  more: { extraNotes?: string[]; headPin?: string | undefined } = { headPin: own.pin.text },
): Promise<VerifyResult> => verifyLog({ db, vkey: own.log.vkey, ...more })
const sql = (text: string, ...values: (string | number | Uint8Array | null)[]): void =>
  void own.ledger.prepare(text).run(...values)
const bytesAt = (seq: number, of: Workspace = own): Buffer =>
  of.ledger.prepare<[number], { bytes: Buffer }>('SELECT bytes FROM entry WHERE seq = ?').get(seq)?.bytes ??
  Buffer.alloc(0)
const setBytes = (seq: number, bytes: Uint8Array): void => sql('UPDATE entry SET bytes = ? WHERE seq = ?', bytes, seq)
const setLine = (seq: number, bytes: Uint8Array): void =>
  sql('UPDATE entry SET bytes = ?, leaf = ? WHERE seq = ?', bytes, leafHash(bytes), seq)
const noteAt = (size: number): string =>
  own.ledger.prepare<[number], { note: string }>('SELECT note FROM checkpoint WHERE size = ?').get(size)?.note ?? ''
const setNote = (size: number, note: string): void => sql('UPDATE checkpoint SET note = ? WHERE size = ?', note, size)
const removeRow = (seq: number): void => {
  for (const table of ['disclosure', 'entry_index', 'entry']) sql(`DELETE FROM ${table} WHERE seq = ?`, seq)
}
const moveRow = (from: number, to: number): void => {
  for (const table of ['entry', 'entry_index', 'disclosure']) sql(`UPDATE ${table} SET seq = ? WHERE seq = ?`, to, from)
}
const count = (): number => own.ledger.prepare<[], { n: number }>('SELECT count(*) AS n FROM entry').get()?.n ?? 0
/** Another number in the line, still canonical. */
const edited = (seq: number): Buffer => Buffer.from(bytesAt(seq).toString().replace('"mono":"', '"mono":"1'))

function rechain(from: number): void {
  for (let seq = from; seq < count(); seq += 1) {
    const prev = seq === 0 ? '0'.repeat(64) : leafHash(bytesAt(seq - 1)).toString('hex')
    const line = JSON.parse(bytesAt(seq).toString()) as object
    setLine(seq, Buffer.from(serializeJcs({ ...line, seq, prev })))
  }
}

/** Signs the checkpoints from a size on again. */
function resign(from: number, keys: KeyPair): void {
  const signer = createSigner(own.log.origin, keys)
  const leaves = Array.from({ length: count() }, (_, seq) => leafHash(bytesAt(seq)))
  for (const size of ENDS.filter((each) => each >= from && each <= leaves.length))
    setNote(size, checkpointOf(signer, size, rootOf(leaves.slice(0, size))))
}

/** Each changes the rows and says what is true of them then. */
const WAYS: Readonly<Record<string, (dice: Dice) => readonly string[]>> = {
  'a bit of a record': (dice) => {
    const seq = dice.roll(SIZE)
    setBytes(seq, flipBit(bytesAt(seq), dice))
    return [`leaf_mismatch ${seq}`]
  },
  'a record cut off': (dice) => {
    const seq = dice.roll(SIZE)
    setBytes(seq, bytesAt(seq).subarray(0, dice.roll(200)))
    return [`leaf_mismatch ${seq}`]
  },
  'a bit of the hash beside it': (dice) => {
    const seq = dice.roll(SIZE)
    const leaf = leafHash(bytesAt(seq))
    sql('UPDATE entry SET leaf = ? WHERE seq = ?', flipBit(leaf, dice), seq)
    return [`leaf_mismatch ${seq}`]
  },
  'a record and its hash': (dice) => {
    setLine(dice.roll(SIZE), flipBit(bytesAt(dice.roll(SIZE)), dice))
    return [
      'not_canonical',
      'bad_schema',
      'unknown_version',
      'sequence_gap',
      'foreign_log',
      'chain_broken',
      'root_mismatch',
      'bad_signature',
      'disclosure_mismatch',
    ]
  },
  'a record, and everything after it chained again': (dice) => {
    const seq = 1 + dice.roll(SIZE - 1)
    setLine(seq, edited(seq))
    rechain(seq + 1)
    const end = ENDS.find((size) => size > seq) ?? SIZE
    const first = ENDS.findLast((size) => size <= seq) ?? 0
    return [`root_mismatch ${first}`, `root_mismatch ${end - 1}`]
  },
  'a record removed': (dice) => {
    const seq = dice.roll(SIZE)
    removeRow(seq)
    return seq === SIZE - 1 ? [`truncated ${seq}`] : [`sequence_gap ${seq}`]
  },
  'a record removed, the others renumbered': (dice) => {
    const seq = dice.roll(SIZE - 1)
    removeRow(seq)
    for (let at = seq + 1; at < SIZE; at += 1) moveRow(at, at - 1)
    return [`sequence_gap ${seq}`, 'bad_schema 0']
  },
  'a record removed, the others renumbered and chained again': (dice) => {
    const seq = 1 + dice.roll(SIZE - 2)
    removeRow(seq)
    for (let at = seq + 1; at < SIZE; at += 1) moveRow(at, at - 1)
    rechain(seq)
    return ['root_mismatch', 'bad_signature', 'missing_checkpoint', 'truncated']
  },
  'two records exchanged': (dice) => {
    const a = 1 + dice.roll(SIZE - 2)
    const b = a + 1 + dice.roll(SIZE - a - 1)
    const [first, second] = [bytesAt(a), bytesAt(b)]
    setLine(a, second)
    setLine(b, first)
    return [`sequence_gap ${a}`]
  },
  'a record twice': (dice) => {
    const seq = dice.roll(SIZE)
    for (let at = SIZE - 1; at > seq; at -= 1) moveRow(at, at + 1)
    sql('INSERT INTO entry SELECT seq + 1, bytes, leaf FROM entry WHERE seq = ?', seq)
    sql('INSERT INTO entry_index SELECT seq + 1, type, draft_id FROM entry_index WHERE seq = ?', seq)
    return [`sequence_gap ${seq + 1}`]
  },
  'a record of another workspace': (dice) => {
    const seq = dice.roll(5)
    setLine(seq, bytesAt(seq, foreign))
    return [`foreign_log ${seq}`]
  },
  'the end cut off, with its checkpoints': (dice) => {
    const size = dice.pick(ENDS.slice(0, -1))
    for (let seq = SIZE - 1; seq >= size; seq -= 1) removeRow(seq)
    sql('DELETE FROM checkpoint WHERE size > ?', size)
    return [`rolled_back ${size}`]
  },
  'the end cut off, without them': (dice) => {
    const size = 1 + dice.roll(SIZE - 1)
    for (let seq = SIZE - 1; seq >= size; seq -= 1) removeRow(seq)
    return [`truncated ${size}`]
  },
  'a checkpoint': (dice) => {
    const size = dice.pick(ENDS)
    const note = noteAt(size)
    const at = dice.roll(note.length)
    setNote(size, `${note.slice(0, at)}${note[at] === 'x' ? 'y' : 'x'}${note.slice(at + 1)}`)
    return [`bad_signature ${size - 1}`]
  },
  'a checkpoint of another size': (dice) => {
    const size = dice.pick([9, 12, 15, 18, 19, 21])
    setNote(size, noteAt(dice.pick([9, 12, 15, 18, 19, 21].filter((each) => each !== size))))
    return [`root_mismatch ${size - 1}`]
  },
  'a checkpoint that is needed, gone': (dice) => {
    const size = dice.pick([6, SIZE])
    sql('DELETE FROM checkpoint WHERE size = ?', size)
    return size === 6 ? ['missing_checkpoint 5'] : ['missing_checkpoint 19']
  },
  'checkpoints by another key': (dice) => {
    const from = dice.pick(ENDS)
    resign(from, fixedKeys(300 + dice.roll(100)))
    return [`bad_signature ${from - 1}`]
  },
  'an earlier epoch rewritten with today’s key': (dice) => {
    const seq = 1 + dice.roll(4)
    setLine(seq, edited(seq))
    rechain(seq + 1)
    resign(1, fixedKeys(1))
    return ['bad_signature 0']
  },
  'history rewritten with today’s key, against the remembered head': (dice) => {
    const seq = 6 + dice.roll(SIZE - 6)
    setLine(seq, edited(seq))
    rechain(seq + 1)
    resign(7, fixedKeys(1))
    return ['rewritten']
  },
  'a text': (dice) => {
    const seq = dice.pick([1, 4, 18])
    const disclosure = own.ledger
      .prepare<[number], { disclosure: string }>('SELECT disclosure FROM disclosure WHERE seq = ? LIMIT 1')
      .get(seq)?.disclosure
    const bytes = flipBit(Buffer.from(disclosure ?? ''), dice)
    sql(
      'UPDATE disclosure SET disclosure = CAST(? AS TEXT) WHERE seq = ? AND disclosure = ?',
      bytes,
      seq,
      disclosure ?? '',
    )
    return [`disclosure_mismatch ${seq}`]
  },
  'a text of another record': (dice) => {
    const seq = dice.pick([2, 3, 6, 7])
    sql('UPDATE disclosure SET seq = ? WHERE seq = 18', seq)
    return [`disclosure_mismatch ${seq}`]
  },
  'the search index': (dice) => {
    const seq = dice.roll(SIZE)
    if (dice.roll(2) === 0) sql("UPDATE entry_index SET type = 'app.stopped' WHERE seq = ?", seq)
    else sql('DELETE FROM entry_index WHERE seq = ?', seq)
    return [`index_mismatch ${seq}`]
  },
}

/** Changes the rows in a transaction that is then taken back. */
async function inTurn<T>(change: () => T, look: (changed: T) => Promise<void>): Promise<void> {
  own.ledger.exec('BEGIN')
  try {
    own.ledger.pragma('defer_foreign_keys = ON')
    for (const name of own.ledger
      .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
      .pluck()
      .all())
      own.ledger.exec(`DROP TRIGGER "${name}"`)
    await look(change())
  } finally {
    own.ledger.exec('ROLLBACK')
  }
}

describe('the live ledger', () => {
  test('as it was written verifies, before and after everything that follows', async () => {
    expect(await check()).toMatchObject({ ok: true, size: SIZE, checkpoints: ENDS.length })
  })

  test.each(Object.entries(WAYS))('%s: noticed each time, and named truly', async (name, change) => {
    const dice = new Dice(SEED + name.length * 1000)
    const wrong: unknown[] = []
    for (let n = 0; n < 9; n += 1)
      // oxlint-disable-next-line no-await-in-loop
      await inTurn(
        () => change(dice),
        async (expected) => {
          const result = await check()
          const said = result.ok ? 'ok' : `${result.fault.kind} ${result.fault.seq ?? ''}`.trim()
          const isTrue = expected.some((each) => each === said || each === said.split(' ', 1)[0])
          if (result.ok || !isTrue) wrong.push([said, expected, result.ok ? '' : result.fault.message])
        },
      )
    expect(wrong).toEqual([])
    expect(await check()).toMatchObject({ ok: true, size: SIZE })
  })

  test('rewritten by a thief of the key: passes where nothing is remembered and says so, and no longer once one checkpoint is given', async () => {
    const results: unknown[] = []
    // oxlint-disable-next-line no-await-in-loop
    for (const seq of [6, 10, 16, 20])
      await inTurn(
        () => {
          setLine(seq, edited(seq))
          rechain(seq + 1)
          resign(7, fixedKeys(1))
        },
        async () => {
          const alone = await check(own.ledger, {})
          const held = await check(own.ledger, { extraNotes: [mailed] })
          const words = alone.limits.join(' ')
          results.push([
            alone.ok,
            /older genuine copy/.test(words),
            /could have rewritten/.test(words),
            held.ok ? 'ok' : held.fault.kind,
          ])
        },
      )
    expect(results).toEqual(Array.from({ length: 4 }, () => [true, true, true, 'equivocation']))
  })

  test('rolled back to an older file: passes where nothing is remembered and says so; the remembered head or one checkpoint shows it', async () => {
    const db = openLedger(older, KEY)
    try {
      const alone = await check(db, {})
      expect(alone).toMatchObject({ ok: true, size: 18 })
      expect(alone.limits.join(' ')).toMatch(/older genuine copy/)
      expect(await check(db)).toMatchObject({ ok: false, fault: { kind: 'rolled_back', seq: 18 } })
      expect(await check(db, { extraNotes: [mailed] })).toMatchObject({ ok: false, fault: { kind: 'rolled_back' } })
    } finally {
      db.close()
    }
  })

  test('another workspace’s file in its place is named so', async () => {
    expect(await check(foreign.ledger)).toMatchObject({ ok: false, fault: { kind: 'foreign_log' } })
  })

  test('with any bit of its encrypted file changed is refused, or holds every record and text as it was', async () => {
    const dice = new Dice(SEED)
    const genuine = readFileSync(own.file)
    const rows = (db: LedgerDb): string =>
      JSON.stringify([
        db.prepare('SELECT seq, hex(bytes) FROM entry ORDER BY seq').all(),
        db.prepare('SELECT * FROM disclosure ORDER BY seq, name').all(),
        db.prepare('SELECT * FROM checkpoint ORDER BY size').all(),
      ])
    const before = rows(own.ledger)
    const said: Record<string, number> = {}
    for (let n = 0; n < 60; n += 1) {
      const file = join(folder, `flipped-${n}.db`)
      // The log is in the first pages; the rest holds what else a ledger has.
      const within = genuine.subarray(0, n % 2 === 0 ? genuine.length : Math.min(genuine.length, 24 * 4096))
      writeFileSync(file, Buffer.concat([flipBit(within, dice), genuine.subarray(within.length)]))
      // oxlint-disable-next-line no-await-in-loop
      const word = await verdictOf(file, (db) => rows(db) === before)
      said[word] = (said[word] ?? 0) + 1
    }
    const known = ['workspace_damaged', 'vault_key_missing', 'unreadable', 'unchanged']
    expect(Object.keys(said).filter((word) => !known.includes(word))).toEqual([])
    expect(60 - (said['unchanged'] ?? 0)).toBeGreaterThanOrEqual(10)
  })
})

async function verdictOf(file: string, isUnchanged: (db: LedgerDb) => boolean): Promise<string> {
  let db: LedgerDb
  try {
    db = openLedger(file, KEY)
  } catch (error) {
    if (error instanceof OperationError) return error.code
    throw error
  }
  try {
    const result = await check(db)
    if (!result.ok) return result.fault.kind
    return isUnchanged(db) ? 'unchanged' : 'changed unnoticed'
  } finally {
    db.close()
  }
}
