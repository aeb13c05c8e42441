/** The rules of migrating: whole steps or none, a copy first, never backwards. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { OperationError } from '../../shared/errors.ts'
import { loadMigrations, type Migration, userVersion } from '../../main/store/migrate.ts'
import { openFacts, openFactsReadOnly, openLedger } from '../../main/store/open.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

const key = Buffer.alloc(32, 3)
const newFile = (name = 'ledger.db') => join(makeTempFolder('runner'), name)
const step = (version: number, sql: string): Migration => ({ version, name: `step_${version}`, sql })
const one = step(1, "CREATE TABLE word (w TEXT PRIMARY KEY) STRICT; INSERT INTO word VALUES ('first');")
const two = step(2, "ALTER TABLE word ADD COLUMN n INTEGER; INSERT INTO word VALUES ('second', 2);")
const columns = (sql: string) => [step(1, sql)]

function photograph(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder)
      .toSorted()
      .map((name) => [name, readFileSync(join(folder, name), 'hex')]),
  )
}
function codeOf(work: () => unknown): string {
  try {
    work()
    return 'no error'
  } catch (error) {
    return error instanceof OperationError ? error.code : String(error)
  }
}

describe('a database from a newer version', () => {
  test.each([
    ['ledger.db', openLedger],
    ['facts.db', openFacts],
    ['facts.db', openFactsReadOnly],
  ] as const)('%s is refused and keeps every byte', (name, open) => {
    const file = newFile(name)
    const newer = (name === 'ledger.db' ? openLedger : openFacts)(file, key, { migrations: [one, two] })
    newer.close()
    const before = photograph(dirname(file))
    expect(codeOf(() => open(file, key, { migrations: [one] }))).toBe('workspace_newer')
    expect(photograph(dirname(file))[name]).toBe(before[name])
  })

  test('is refused also while the newer program was killed with work in its journal', () => {
    const file = newFile()
    const newer = openLedger(file, key, { migrations: [one, two] })
    newer.exec("INSERT INTO word VALUES ('unsaved in the main file', 9)")
    // What a killed process leaves: the main file and its journal, copied while open.
    const copy = join(makeTempFolder('runner'), 'ledger.db')
    for (const ending of ['', '-wal']) writeFileSync(copy + ending, readFileSync(file + ending))
    newer.close()
    const before = photograph(dirname(copy))
    expect(codeOf(() => openLedger(copy, key, { migrations: [one] }))).toBe('workspace_newer')
    expect(photograph(dirname(copy))).toMatchObject(before)
    const rows = openLedger(copy, key, { migrations: [one, two] })
    expect(rows.prepare('SELECT count(*) AS n FROM word').get()).toEqual({ n: 3 })
    rows.close()
  })
})

describe('a step that fails', () => {
  test.each([
    ['half way', 'CREATE TABLE extra (x); INSERT INTO nowhere VALUES (1);', /no such table/],
    [
      'because it leaves a row without its parent',
      "CREATE TABLE child (w TEXT REFERENCES word (w)); INSERT INTO child VALUES ('none');",
      /without the row they refer to/,
    ],
  ])('%s leaves the version and the rows of the step before', (_, sql, reason) => {
    const file = newFile()
    openLedger(file, key, { migrations: [one] }).close()
    expect(() => openLedger(file, key, { migrations: [one, two, step(3, sql)] })).toThrow(reason)
    const db = openLedger(file, key, { migrations: [one, two] })
    expect(userVersion(db)).toBe(2)
    expect(db.prepare('SELECT w FROM word ORDER BY w').all()).toEqual([{ w: 'first' }, { w: 'second' }])
    expect(db.prepare("SELECT name FROM sqlite_schema WHERE name IN ('extra', 'child')").all()).toEqual([])
    db.close()
    // A repaired build continues from there.
    const repaired = openLedger(file, key, { migrations: [one, two, step(3, 'CREATE TABLE extra (x INT) STRICT;')] })
    expect(userVersion(repaired)).toBe(3)
    repaired.close()
  })

  test('because it ends the transaction it runs in is named, and its version is not counted', () => {
    const file = newFile()
    const sneaky = step(2, 'CREATE TABLE extra (x INT) STRICT; COMMIT;')
    expect(() => openLedger(file, key, { migrations: [one, sneaky] })).toThrow(/migration 2 .* ended the transaction/)
    const db = openLedger(file, key, { migrations: [one] })
    expect(userVersion(db)).toBe(1)
    db.close()
  })
})

describe('the copy made before migrating', () => {
  test('holds the old rows, is encrypted, and opens with the same key', () => {
    for (const [name, open] of [
      ['ledger.db', openLedger],
      ['facts.db', openFacts],
    ] as const) {
      const file = newFile(name)
      open(file, key, { migrations: [one] }).close()
      expect(existsSync(`${file}.before-1`)).toBe(false) // a new file has nothing to keep
      open(file, key, { migrations: [one, two] }).close()
      const copy = `${file}.before-2`
      const bytes = readFileSync(copy)
      expect(bytes.includes('SQLite format 3')).toBe(false)
      expect(bytes.includes('first')).toBe(false)
      const db = open(copy, key, { migrations: [one] })
      expect(db.prepare('SELECT * FROM word').all()).toEqual([{ w: 'first' }])
      db.close()
    }
  })

  test('is kept for the last two migrations only, and an unfinished copy is made again', () => {
    const file = newFile()
    const all = [one, two, step(3, 'CREATE TABLE t3 (x INT) STRICT;'), step(4, 'CREATE TABLE t4 (x INT) STRICT;')]
    writeFileSync(`${file}.before-2.partial`, 'cut off')
    for (let n = 1; n <= all.length; n += 1) openLedger(file, key, { migrations: all.slice(0, n) }).close()
    const copies = readdirSync(dirname(file))
      .filter((name) => name.includes('before'))
      .toSorted()
    expect(copies).toEqual(['ledger.db.before-3', 'ledger.db.before-4'])
  })
})

const folderOf = (...names: string[]) => {
  const folder = makeTempFolder('steps')
  for (const name of names) writeFileSync(join(folder, name), 'SELECT 1;')
  return folder
}

describe('the list of steps', () => {
  test.each([
    [['0001_a.sql', '0003_c.sql']],
    [['0002_b.sql']],
    [['0001_a.sql', '0001_b.sql']],
    [['0001_a.sql', 'notes.txt']],
    [['1_a.sql']],
    [[]],
  ])('%j is refused', (names) => {
    expect(() => loadMigrations('ledger', folderOf(...names))).toThrow(/named NNNN_name|expected, found|no migrations/)
  })
  test('the shipped ones are complete, for both databases', () => {
    for (const kind of ['ledger', 'facts'] as const) {
      const steps = loadMigrations(kind)
      expect(steps.map(({ version }) => version)).toEqual(steps.map((_, index) => index + 1))
    }
  })
})

describe('opening', () => {
  const table = columns('CREATE TABLE word (w TEXT) STRICT;')

  test('sets what the design asks for', () => {
    const ledger = openLedger(newFile(), key, { migrations: table })
    const facts = openFacts(newFile('facts.db'), key, { migrations: table })
    const read = (db: typeof ledger | typeof facts, name: string) => db.pragma(name, { simple: true })
    expect([ledger, facts].map((db) => read(db, 'journal_mode'))).toEqual(['wal', 'wal'])
    expect([ledger, facts].map((db) => read(db, 'synchronous'))).toEqual([2, 1])
    expect([ledger, facts].map((db) => read(db, 'foreign_keys'))).toEqual([1, 1])
    expect([ledger, facts].map((db) => read(db, 'temp_store'))).toEqual([2, 2])
    expect([ledger, facts].map((db) => read(db, 'cipher'))).toEqual(['sqlcipher', 'aegis'])
    expect(Number(read(ledger, 'legacy'))).toBe(4)
    expect(read(facts, 'cache_size')).toBe(-65_536)
    ledger.close()
    facts.close()
  })

  test.each([
    ['ledger.db', openLedger],
    ['facts.db', openFacts],
  ] as const)(
    '%s with another key, as a plain file, or damaged: a clear refusal, and nothing is written',
    async (name, open) => {
      const file = newFile(name)
      const db = open(file, key, { migrations: table })
      const add = db.prepare('INSERT INTO word VALUES (?)')
      for (let n = 0; n < 500; n += 1) add.run(`word ${n} ${'x'.repeat(100)}`)
      db.close()
      const good = readFileSync(file)
      expect(codeOf(() => open(file, Buffer.alloc(32, 4), { migrations: table }))).toBe('vault_key_missing')
      expect(readFileSync(file).equals(good)).toBe(true)

      const { default: Database } = await import('better-sqlite3')
      const plain = newFile(name)
      new Database(plain).exec('CREATE TABLE word (w TEXT)').close()
      const plainBytes = readFileSync(plain)
      expect(codeOf(() => open(plain, key, { migrations: table }))).toBe('workspace_damaged')
      expect(readFileSync(plain).equals(plainBytes)).toBe(true)

      for (const length of [100, 1_000, 4_096]) {
        const cut = newFile(name)
        writeFileSync(cut, good.subarray(0, length))
        expect(['workspace_damaged', 'vault_key_missing']).toContain(
          codeOf(() => open(cut, key, { migrations: [...table, two] })),
        )
        expect(readFileSync(cut).equals(good.subarray(0, length)), `${length}`).toBe(true)
      }

      const flipped = Buffer.from(good)
      flipped[3_000] = (flipped[3_000] ?? 0) ^ 1
      const bad = newFile(name)
      writeFileSync(bad, flipped)
      expect(['workspace_damaged', 'vault_key_missing']).toContain(codeOf(() => open(bad, key, { migrations: table })))
      expect(readFileSync(bad).equals(flipped)).toBe(true)
    },
  )

  test('a folder that is not there is an error of its own', () => {
    expect(codeOf(() => openFactsReadOnly(join(makeTempFolder('none'), 'facts.db'), key))).toBe('workspace_damaged')
  })

  test('the read-only connection sees what the writer committed, and cannot write', () => {
    const file = newFile('facts.db')
    const writer = openFacts(file, key, { migrations: table })
    const reader = openFactsReadOnly(file, key, { migrations: table })
    writer.exec("INSERT INTO word VALUES ('hello')")
    expect(reader.prepare('SELECT w FROM word').all()).toEqual([{ w: 'hello' }])
    expect(() => reader.exec("INSERT INTO word VALUES ('no')")).toThrow(/readonly/)
    reader.close()
    writer.close()
  })

  test('a key of another length is a mistake of ours, said at once', () => {
    expect(() => openLedger(newFile(), Buffer.alloc(16))).toThrow(/32 bytes/)
  })
})
