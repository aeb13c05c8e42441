import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AuditLog } from '../../main/audit/append.ts'
import { serializeJcs } from '../../main/audit/jcs.ts'
import { appendLeaf, EMPTY_TREE, leafHash, treeRoot } from '../../main/audit/merkle.ts'
import { createSigner, formatCheckpoint, signNote } from '../../main/audit/note.ts'
import { pagesFromLines } from '../../main/audit/pages.ts'
import { type VerifyResult, verifyLog } from '../../main/audit/verify.ts'
import type { StoredCheckpoint, StoredDisclosure } from '../../main/store/audit-table.ts'
import { filledLedger, type LedgerFixture, newKeys, read, sent } from '../support/audit-fixture.ts'

// The log of every test: 0 | 1 | 2 3 | 4 | 5 6 7, where | is the end of a transaction, and so a checkpoint.
let ledger: LedgerFixture
let log: AuditLog
let mailed: string
beforeEach(async () => {
  ;({ ledger, log } = await filledLedger())
  mailed = log.head().note
})
afterEach(() => ledger.remove())

const check = (
  more: { extraNotes?: string[]; headPin?: string | undefined } = { headPin: ledger.pin.text },
): Promise<VerifyResult> => verifyLog({ db: ledger.db, vkey: log.vkey, ...more })
async function fault(more?: Parameters<typeof check>[0]): Promise<unknown> {
  const result = await check(more)
  return result.ok ? 'ok' : [result.fault.kind, result.fault.seq]
}

// ---------- what an attacker with the file can do ----------

const setBytes = (seq: number, bytes: Uint8Array): void =>
  ledger.tamper('UPDATE entry SET bytes = ? WHERE seq = ?', bytes, seq)
const setLine = (seq: number, bytes: Uint8Array): void =>
  ledger.tamper('UPDATE entry SET bytes = ?, leaf = ? WHERE seq = ?', bytes, leafHash(bytes), seq)
const lineOf = (seq: number): Record<string, unknown> =>
  JSON.parse(ledger.bytesOf(seq).toString()) as Record<string, unknown>
const lineBytes = (line: unknown): Buffer => Buffer.from(serializeJcs(line))
function edited(seq: number): Buffer {
  const text = ledger.bytesOf(seq).toString()
  const better = text.replace('"150.00"', '"190.00"').replace('"mono":"', '"mono":"1')
  expect(better).not.toBe(text)
  return Buffer.from(better)
}
function moveRow(from: number, to: number): void {
  for (const table of ['entry', 'entry_index', 'disclosure'])
    ledger.tamper(`UPDATE ${table} SET seq = ? WHERE seq = ?`, to, from)
}
function removeRow(seq: number): void {
  for (const table of ['entry', 'entry_index', 'disclosure']) ledger.tamper(`DELETE FROM ${table} WHERE seq = ?`, seq)
}
const size = (): number => ledger.db.prepare<[], { n: number }>('SELECT count(*) AS n FROM entry').get()?.n ?? 0

/** Makes seq and prev of all lines from `from` on right again, with new leaf hashes: all that is possible without the key. */
function rechain(from: number): void {
  for (let seq = from; seq < size(); seq++) {
    const prev = seq === 0 ? '0'.repeat(64) : leafHash(ledger.bytesOf(seq - 1)).toString('hex')
    setLine(seq, lineBytes({ ...lineOf(seq), seq, prev }))
  }
}

/** Signs every checkpoint again with the key of the log: what a thief of the key can do. */
function resign(): void {
  const signer = createSigner(log.origin, ledger.keys)
  let tree = EMPTY_TREE
  for (let seq = 0; seq < size(); seq++) {
    const leaf = leafHash(ledger.bytesOf(seq))
    ledger.tamper('UPDATE entry SET leaf = ? WHERE seq = ?', leaf, seq)
    tree = appendLeaf(tree, leaf)
    const note = signNote(formatCheckpoint({ origin: log.origin, size: tree.size, root: treeRoot(tree) }), [signer])
    ledger.tamper('UPDATE checkpoint SET note = ? WHERE size = ?', note, tree.size)
  }
}

test('the untouched log verifies, with the pin and with the checkpoint from the mail', async () => {
  const result = await check({ headPin: ledger.pin.text, extraNotes: [mailed] })
  expect(result).toMatchObject({ ok: true, size: 8, checkpoints: 5, root: log.head().root })
  expect(result.limits).toHaveLength(2)
})

describe('changing a record', () => {
  test('is named exactly, whichever record it is', async () => {
    for (let seq = 0; seq < 8; seq++) {
      const original = ledger.bytesOf(seq)
      setBytes(seq, edited(seq))
      expect(await fault()).toEqual(['leaf_mismatch', seq])
      setBytes(seq, original)
    }
    expect(await fault()).toBe('ok')
  })

  test('is named also when the hash beside it is made to fit', async () => {
    const expected = [
      ['root_mismatch', 0],
      ['root_mismatch', 1],
      ['chain_broken', 2],
      ['root_mismatch', 2], // 2 and 3 were signed together, and only the last is changed: see throughSeq
      ['root_mismatch', 4],
      ['chain_broken', 5],
      ['chain_broken', 6],
      ['root_mismatch', 5],
    ]
    for (const [seq, each] of expected.entries()) {
      const original = ledger.bytesOf(seq)
      setLine(seq, edited(seq))
      expect(await fault()).toEqual(each)
      setLine(seq, original)
    }
    setLine(7, edited(7))
    expect(await check()).toMatchObject({ ok: false, fault: { seq: 5, throughSeq: 7 } })
  })

  test('is noticed at the first signature when the whole rest of the chain is made to fit', async () => {
    setLine(4, edited(4))
    rechain(5)
    expect(await fault()).toEqual(['root_mismatch', 4])
  })

  test('a changed hash, or a hash that is not one, is noticed', async () => {
    ledger.tamper('UPDATE entry SET leaf = zeroblob(32) WHERE seq = 6')
    expect(await fault()).toEqual(['leaf_mismatch', 6])
  })

  test('a commitment moved to another record is noticed', async () => {
    const { sd } = lineOf(1)
    setBytes(1, lineBytes({ ...lineOf(1), sd: {} }))
    setBytes(4, lineBytes({ ...lineOf(4), sd }))
    expect(await fault()).toEqual(['leaf_mismatch', 1])
    rechain(1)
    expect(await fault()).toEqual(['disclosure_mismatch', 1])
    ledger.tamper('DELETE FROM disclosure')
    expect(await fault()).toEqual(['root_mismatch', 1])
  })
})

describe('removing, adding and moving records', () => {
  test('a record removed from the middle', async () => {
    removeRow(3)
    expect(await fault()).toEqual(['sequence_gap', 3])
  })

  test('a record removed from the middle, and the rest renumbered', async () => {
    removeRow(3)
    for (let seq = 4; seq < 8; seq++) moveRow(seq, seq - 1)
    expect(await fault()).toEqual(['sequence_gap', 3])
  })

  test('a record removed from the middle, and the rest renumbered and chained again', async () => {
    removeRow(4)
    for (let seq = 5; seq < 8; seq++) moveRow(seq, seq - 1)
    rechain(4)
    expect(await fault()).toEqual(['root_mismatch', 4])
  })

  test('the last record, with and without its checkpoint', async () => {
    removeRow(7)
    expect(await fault()).toEqual(['truncated', 7])
    ledger.tamper('DELETE FROM checkpoint WHERE size = 8')
    expect(await fault({})).toEqual(['missing_checkpoint', 5])
  })

  test('the last transaction with its checkpoint: only the pin or a checkpoint from outside tells', async () => {
    for (const seq of [5, 6, 7]) removeRow(seq)
    ledger.tamper('DELETE FROM checkpoint WHERE size = 8')
    expect(await fault()).toEqual(['rolled_back', 5])
    expect(await fault({ extraNotes: [mailed] })).toEqual(['rolled_back', 5])
    const alone = await check({})
    expect(alone.ok).toBe(true)
    expect(alone.limits.join(' ')).toContain('an older genuine copy of the log would pass')
  })

  test('everything', async () => {
    for (const table of ['entry', 'entry_index', 'disclosure']) ledger.tamper(`DELETE FROM ${table}`)
    expect(await fault({})).toEqual(['truncated', 0])
    ledger.tamper('DELETE FROM checkpoint')
    expect(await fault()).toEqual(['rolled_back', 0])
    expect(await fault({})).toEqual(['truncated', 0])
  })

  test('two records swapped, with and without their numbers', async () => {
    const [five, six] = [ledger.bytesOf(5), ledger.bytesOf(6)]
    setLine(5, six)
    setLine(6, five)
    expect(await fault()).toEqual(['sequence_gap', 5])
    rechain(5)
    expect(await fault()).toEqual(['root_mismatch', 5])
  })

  test('a record inserted, repeated, or put before the first', async () => {
    for (let seq = 7; seq > 4; seq--) moveRow(seq, seq + 1)
    ledger.tamper('INSERT INTO entry SELECT 5, bytes, leaf FROM entry WHERE seq = 4')
    ledger.tamper("INSERT INTO entry_index VALUES (5, 'apply.outcome', NULL)")
    expect(await fault()).toEqual(['sequence_gap', 5])
    removeRow(5)
    for (let seq = 6; seq < 9; seq++) moveRow(seq, seq - 1)
    expect(await fault()).toBe('ok')
    ledger.tamper('PRAGMA ignore_check_constraints = ON')
    ledger.tamper('INSERT INTO entry SELECT -1, bytes, leaf FROM entry WHERE seq = 4')
    expect(await fault()).toEqual(['sequence_gap', undefined])
  })

  test('a record appended without a signature', async () => {
    const line = { ...lineOf(7), seq: 8, prev: leafHash(ledger.bytesOf(7)).toString('hex') }
    ledger.tamper('INSERT INTO entry VALUES (8, ?, ?)', lineBytes(line), leafHash(lineBytes(line)))
    ledger.tamper("INSERT INTO entry_index VALUES (8, 'agent.read', NULL)")
    expect(await fault()).toEqual(['missing_checkpoint', 8])
  })
})

describe('an older copy', () => {
  test('put back in place is refused at start-up, and named by the check', async () => {
    ledger.db.pragma('wal_checkpoint(TRUNCATE)')
    copyFileSync(ledger.file, `${ledger.file}.old`)
    log.transaction((append) => append(sent()))
    await log.pinHead()
    ledger.db.pragma('wal_checkpoint(TRUNCATE)')
    ledger.db.close()
    copyFileSync(`${ledger.file}.old`, ledger.file)
    ledger.reconnect()
    expect(await fault()).toEqual(['rolled_back', 8])
    await expect(ledger.open()).rejects.toMatchObject({
      code: 'ledger_broken',
      details: { kind: 'rolled_back', seq: 8 },
    })
  })

  test('continued with other records is not what this computer remembers', async () => {
    ledger.pin.text = undefined
    const branch = serializeJcs({
      origin: log.origin,
      root: Buffer.alloc(32).toString('base64'),
      size: 4,
      ts: '2026-03-01T09:00:00.000Z',
      vkey: log.vkey,
    })
    expect(await fault({ headPin: branch })).toEqual(['rewritten', undefined])
    ledger.pin.text = branch
    await expect(ledger.open()).rejects.toMatchObject({ code: 'ledger_broken', details: { kind: 'rewritten' } })
  })
})

describe('checkpoints', () => {
  test('one changed, taken from another place, or signed by a stranger', async () => {
    const noteOf = (at: number): string =>
      ledger.db.prepare<[number], { note: string }>('SELECT note FROM checkpoint WHERE size = ?').get(at)?.note ?? ''
    const original = noteOf(4)
    const root = Buffer.alloc(32, 1)
    const bySomebody = signNote(formatCheckpoint({ origin: log.origin, size: 4, root }), [
      createSigner(log.origin, newKeys()),
    ])
    for (const wrong of [original.replace('\n4\n', '\n5\n'), bySomebody, '', 'x'.repeat(30_000)]) {
      ledger.tamper('UPDATE checkpoint SET note = ? WHERE size = 4', wrong)
      expect(await fault()).toEqual(['bad_signature', 3])
    }
    ledger.tamper('UPDATE checkpoint SET note = ? WHERE size = 4', noteOf(5))
    expect(await fault()).toEqual(['root_mismatch', 3])
    ledger.tamper('UPDATE checkpoint SET note = ? WHERE size = 4', original)
    expect(await fault()).toBe('ok')
  })

  test('the newest removed', async () => {
    ledger.tamper('DELETE FROM checkpoint WHERE size = 8')
    expect(await fault()).toEqual(['missing_checkpoint', 5])
  })

  test('a note from a mail that is changed, of another log, or no checkpoint', async () => {
    expect(await fault({ extraNotes: [mailed.replace('\n8\n', '\n9\n')] })).toEqual(['bad_signature', undefined])
    expect(await fault({ extraNotes: [mailed.replace('\n8\n', '\n7\n')] })).toEqual(['bad_signature', undefined])
    expect(await fault({ extraNotes: [mailed, 'hello'] })).toEqual(['bad_signature', undefined])
    const other = createSigner(`audit.spendsignoff/${'b'.repeat(26)}`, newKeys())
    const foreign = signNote(formatCheckpoint({ origin: other.name, size: 8, root: Buffer.alloc(32) }), [other])
    expect(await fault({ extraNotes: [foreign] })).toEqual(['foreign_log', undefined])
  })

  test('another log under another key is not this log', async () => {
    const other = createSigner(log.origin, newKeys())
    expect(await verifyLog({ db: ledger.db, vkey: other.vkey })).toMatchObject({
      ok: false,
      fault: { kind: 'foreign_log', seq: 0 },
    })
    const { ledger: second, log: secondLog } = await filledLedger()
    try {
      expect(await verifyLog({ db: second.db, vkey: log.vkey })).toMatchObject({
        ok: false,
        fault: { kind: 'foreign_log', seq: 0 },
      })
      expect(await verifyLog({ db: second.db, vkey: secondLog.vkey, headPin: ledger.pin.text })).toMatchObject({
        ok: false,
        fault: { kind: 'foreign_log' },
      })
    } finally {
      second.remove()
    }
  })
})

describe('a thief of the signing key', () => {
  test('can rewrite what nobody outside holds: this is a limit, and the check says so', async () => {
    setLine(4, edited(4))
    rechain(5)
    resign()
    const result = await check({})
    expect(result.ok).toBe(true)
    expect(result.limits.join(' ')).toContain('whoever has the signing key could have rewritten')
  })

  test('is caught by one checkpoint from outside, or by the pin', async () => {
    setLine(4, edited(4))
    rechain(5)
    resign()
    expect(await fault()).toEqual(['rewritten', undefined])
    expect(await fault({ extraNotes: [mailed] })).toEqual(['equivocation', undefined])
  })

  test.each<[string, (text: string) => string, string]>([
    ['white space', (text) => text.replace('{', '{ '), 'not_canonical'],
    ['a duplicate key', (text) => text.replace('"v":1}', '"v":1,"v":1}'), 'not_canonical'],
    ['a needless escape', (text) => text.replace('"tool"', '"t\\u006fol"'), 'not_canonical'],
    ['a fraction that is whole', (text) => text.replace('"v":1}', '"v":1.0}'), 'not_canonical'],
    ['keys in another order', (text) => text.replace(/^\{(.*),("v":1)\}$/, '{$2,$1}'), 'not_canonical'],
    ['a line feed', (text) => `${text}\n`, 'not_canonical'],
    ['a type that does not exist', (text) => text.replace('"agent.read"', '"agent.reads"'), 'bad_schema'],
    ['an additional member', (text) => text.replace('"v":1}', '"v":1,"w":1}'), 'bad_schema'],
    ['free text', (text) => text.replace('"query_metrics"', '"my secret plan"'), 'bad_schema'],
    ['another log', (text) => text.replace(/spendsignoff\/[a-z2-7]{4}/, 'spendsignoff/2222'), 'foreign_log'],
    ['a newer format', (text) => text.replace('"v":1}', '"v":2}'), 'unknown_version'],
    [
      'a second beginning',
      (text) =>
        text
          .replace('"agent.read"', '"log.genesis"')
          .replace(/"data":\{[^}]*\}/, `"data":${JSON.stringify(lineOf(0)['data'])}`),
      'bad_schema',
    ],
  ])('cannot pass %s as genuine', async (_, change, kind) => {
    setBytes(7, Buffer.from(change(ledger.bytesOf(7).toString())))
    resign()
    expect(await fault({})).toEqual([kind, 7])
  })

  test('cannot let an agent approve', async () => {
    setBytes(2, lineBytes({ ...lineOf(2), actor: { kind: 'agent', id: 'client_1' } }))
    resign()
    expect(await fault({})).toEqual(['bad_schema', 2])
  })

  test('a newer format is said to be unchecked, neither genuine nor forged', async () => {
    setBytes(7, Buffer.from(ledger.bytesOf(7).toString().replace('"v":1}', '"v":2}')))
    resign()
    expect(await check({})).toMatchObject({
      ok: false,
      fault: { message: expect.stringContaining('newer format, which this version cannot check') },
    })
  })

  test('cannot hand the log on with a record that names other keys than the one in force', async () => {
    log.rotateKey(newKeys(), 'scheduled')
    const rotation = lineOf(8)
    const stranger = createSigner(log.origin, newKeys()).vkey
    const elsewhere = createSigner(`audit.spendsignoff/${'b'.repeat(26)}`, newKeys()).vkey
    for (const wrong of [{ old: stranger }, { new: elsewhere }]) {
      setBytes(8, lineBytes({ ...rotation, data: { ...(rotation['data'] as object), ...wrong } }))
      resign()
      expect(await check({})).toMatchObject({
        ok: false,
        fault: { kind: 'bad_signature', seq: 8, message: expect.stringContaining('does not name the right keys') },
      })
    }
  })

  test('of a later key cannot rewrite what the earlier key signed', async () => {
    const first = ledger.keys
    const second = newKeys()
    log.rotateKey(second, 'scheduled')
    log.transaction((append) => append(read()))
    await log.pinHead()
    expect(await fault()).toBe('ok')
    ledger.keys = second
    setLine(4, edited(4))
    rechain(5)
    resign()
    expect(await fault({})).toEqual(['bad_signature', 0])
    ledger.tamper('DELETE FROM checkpoint WHERE size < 9')
    expect(await fault({})).toEqual(['bad_signature', 8])
    ledger.tamper('DELETE FROM checkpoint WHERE size < 10')
    expect(await fault({})).toEqual(['missing_checkpoint', 8])
    ledger.keys = first
  })
})

describe('texts beside the log', () => {
  test('one changed, renamed, moved to another record or added', async () => {
    const restore = ledger.db.prepare<[], StoredDisclosure>('SELECT * FROM disclosure').all()
    const forged = Buffer.from(JSON.stringify(['A'.repeat(22), 'title', 'Lower the budget'])).toString('base64url')
    const attempts: [string, unknown][] = [
      [`UPDATE disclosure SET disclosure = '${forged}' WHERE seq = 1 AND name = 'title'`, 1],
      [`UPDATE disclosure SET disclosure = disclosure || 'A' WHERE seq = 1 AND name = 'title'`, 1],
      [`UPDATE disclosure SET disclosure = disclosure || '=' WHERE seq = 1 AND name = 'title'`, 1],
      [`UPDATE disclosure SET name = 'agent_name' WHERE seq = 1 AND name = 'title'`, 1],
      [`UPDATE disclosure SET seq = 4 WHERE seq = 1 AND name = 'title'`, 4],
      [`UPDATE disclosure SET seq = 99 WHERE seq = 1 AND name = 'title'`, undefined],
      [`INSERT INTO disclosure VALUES (7, 'title', '${forged}')`, 7],
    ]
    for (const [sql, seq] of attempts) {
      ledger.tamper(sql)
      expect(await fault()).toEqual(['disclosure_mismatch', seq])
      ledger.tamper('DELETE FROM disclosure')
      for (const row of restore)
        ledger.tamper('INSERT INTO disclosure VALUES (?, ?, ?)', row.seq, row.name, row.disclosure)
    }
    expect(await fault()).toBe('ok')
  })

  test('an index that would hide a record from the screen is noticed', async () => {
    for (const sql of [
      "UPDATE entry_index SET type = 'agent.read' WHERE seq = 2",
      'UPDATE entry_index SET draft_id = NULL WHERE seq = 2',
      'DELETE FROM entry_index WHERE seq = 2',
    ]) {
      ledger.db.exec('SAVEPOINT attempt')
      ledger.tamper(sql)
      expect(await fault()).toEqual(['index_mismatch', 2])
      ledger.db.exec('ROLLBACK TO attempt; RELEASE attempt')
    }
  })
})

function flipped(bytes: Buffer, at: number, mask: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at % copy.length] = (copy[at % copy.length] ?? 0) ^ mask
  return copy
}
const rowsOf = (db: Database.Database, sql: string): string[] => db.prepare<[], string>(sql).pluck().all()

describe('one changed byte', () => {
  const anyFlip = [fc.nat(), fc.integer({ min: 1, max: 255 })] as const

  test('in any record is noticed, and that record is named', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 7 }), ...anyFlip, async (seq, at, mask) => {
        const original = ledger.bytesOf(seq)
        setBytes(seq, flipped(original, at, mask))
        expect(await fault()).toEqual(['leaf_mismatch', seq])
        setBytes(seq, original)
      }),
      { numRuns: 150 },
    )
  })

  test('in any checkpoint is noticed, and the record before it is named', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(1, 2, 4, 5, 8), ...anyFlip, async (at, offset, mask) => {
        const note =
          ledger.db
            .prepare<[number], { note: Buffer }>('SELECT CAST(note AS BLOB) AS note FROM checkpoint WHERE size = ?')
            .get(at)?.note ?? Buffer.alloc(1)
        ledger.tamper('UPDATE checkpoint SET note = CAST(? AS TEXT) WHERE size = ?', flipped(note, offset, mask), at)
        expect(await fault()).toEqual(['bad_signature', at - 1])
        ledger.tamper('UPDATE checkpoint SET note = CAST(? AS TEXT) WHERE size = ?', note, at)
      }),
      { numRuns: 150 },
    )
  })

  test('in any text is noticed, and its record is named', async () => {
    const rows = ledger.db.prepare<[], StoredDisclosure>('SELECT * FROM disclosure').all()
    const set = 'UPDATE disclosure SET disclosure = CAST(? AS TEXT) WHERE seq = ? AND name = ?'
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...rows), ...anyFlip, async (row, at, mask) => {
        const original = Buffer.from(row.disclosure)
        ledger.tamper(set, flipped(original, at, mask), row.seq, row.name)
        expect(await fault()).toEqual(['disclosure_mismatch', row.seq])
        ledger.tamper(set, original, row.seq, row.name)
      }),
      { numRuns: 100 },
    )
  })

  test('in a log that carries no hashes beside its lines is noticed too, in that transaction', async () => {
    const lines = Array.from({ length: 8 }, (_, seq) => ledger.bytesOf(seq))
    const checkpoints = ledger.db.prepare<[], StoredCheckpoint>('SELECT * FROM checkpoint').all()
    const disclosures = ledger.db.prepare<[], StoredDisclosure>('SELECT * FROM disclosure').all()
    const checkLines = (changed: readonly Buffer[]) =>
      verifyLog({
        pages: pagesFromLines({ lines: changed, checkpoints, disclosures }),
        vkey: log.vkey,
        extraNotes: [mailed],
      })
    expect(await checkLines(lines)).toMatchObject({ ok: true, size: 8, checkpoints: 5 })
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 7 }), ...anyFlip, async (seq, at, mask) => {
        const result = await checkLines(lines.map((line, n) => (n === seq ? flipped(line, at, mask) : line)))
        if (result.ok) throw new Error('not noticed')
        expect(result.fault.seq).toBeLessThanOrEqual(seq)
        expect(result.fault.throughSeq ?? result.fault.seq).toBeGreaterThanOrEqual(seq)
      }),
      { numRuns: 150 },
    )
  })

  test('anywhere in the file is noticed, or has changed no record and no text', async () => {
    ledger.db.pragma('wal_checkpoint(TRUNCATE)')
    const file = readFileSync(ledger.file)
    const copy = `${ledger.file}.flipped`
    const entriesSql = "SELECT seq || ' ' || hex(bytes) FROM entry ORDER BY seq"
    const textsSql = "SELECT seq || ' ' || name || ' ' || disclosure FROM disclosure"
    const genuineEntries = rowsOf(ledger.db, entriesSql).join()
    const genuineTexts = rowsOf(ledger.db, textsSql)
    let noticed = 0
    await fc.assert(
      fc.asyncProperty(...anyFlip, async (at, mask) => {
        writeFileSync(copy, flipped(file, at, mask))
        const db = new Database(copy)
        try {
          const result = await verifyLog({ db, vkey: log.vkey, headPin: ledger.pin.text })
          if (!result.ok) noticed++
          else if (rowsOf(db, entriesSql).join() !== genuineEntries)
            throw new Error(`byte ${at} changed a record unnoticed`)
          else if (rowsOf(db, textsSql).some((row) => !genuineTexts.includes(row)))
            throw new Error(`byte ${at} changed a text`)
        } finally {
          db.close()
        }
      }),
      { numRuns: 120 },
    )
    expect(noticed).toBeGreaterThan(0)
  })

  test('a file without its tables is unreadable, not an error of the app', async () => {
    ledger.tamper('DROP TABLE entry_index')
    expect(await fault()).toEqual(['unreadable', undefined])
  })
})

describe('a long log', () => {
  beforeEach(() => {
    for (let n = 0; n < 30; n++) log.transaction((append) => Array.from({ length: 10 }, (_, k) => append(read(k))))
  })

  test('is checked in small steps that leave the app responsive, and tells how far it is', async () => {
    const steps: number[] = []
    let turns = 0
    const timer = setInterval(() => turns++, 0)
    const result = await verifyLog({
      db: ledger.db,
      vkey: log.vkey,
      onProgress: ({ done, total }) => steps.push(done / total),
    })
    clearInterval(timer)
    expect(result).toMatchObject({ ok: true, size: 308, checkpoints: 35 })
    expect(steps).toHaveLength(5)
    expect(steps.at(-1)).toBe(1)
    expect(turns).toBeGreaterThan(0)
  })

  test('can be left at any moment', async () => {
    const controller = new AbortController()
    const running = verifyLog({
      db: ledger.db,
      vkey: log.vkey,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    })
    await expect(running).rejects.toMatchObject({ code: 'cancelled' })
  })

  test('may grow while it is checked: the check is of the moment it began', async () => {
    const result = await verifyLog({
      db: ledger.db,
      vkey: log.vkey,
      onProgress: () => log.transaction((append) => append(read())),
    })
    expect(result).toMatchObject({ ok: true, size: 308 })
    expect(await fault()).toBe('ok')
  })

  test('a break across the border of two steps is blamed on the right record', async () => {
    // 58…67 are one transaction; 64 begins a new step.
    setLine(63, edited(63))
    expect(await fault()).toEqual(['chain_broken', 63])
  })
})
