/**
 * Brings a database from the version its file carries (`user_version`) to the newest one this build knows.
 * Never goes back, never skips a step, never touches a file it does not understand.
 */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Database } from 'better-sqlite3'
import { OperationError } from '../../shared/errors.ts'

export interface Migration {
  readonly version: number
  readonly name: string
  readonly sql: string
}
export type DatabaseKind = 'ledger' | 'facts'

const FILE_NAME = /^([0-9]{4})_([a-z0-9_]+)\.sql$/
const BACKUPS_KEPT = 2
const MAX_MIGRATIONS = 9_999

/** Beside this file in the sources (main/store/migrations) and beside the bundle once built (out/main/migrations). */
export function migrationsFolder(kind: DatabaseKind): string {
  return join(import.meta.dirname, 'migrations', kind)
}

/**
 * The ordered steps of one database, version 1 first.
 * @throws Error when a number is missing, doubled or a file is not named NNNN_name.sql: a broken build, not a broken user.
 */
export function loadMigrations(kind: DatabaseKind, folder: string = migrationsFolder(kind)): readonly Migration[] {
  const steps: Migration[] = []
  for (const file of readdirSync(folder).toSorted()) {
    const match = FILE_NAME.exec(file)
    if (match === null) throw new Error(`${kind}: "${file}" is not named NNNN_name.sql`)
    const version = Number(match[1])
    if (version !== steps.length + 1)
      throw new Error(`${kind}: migration ${steps.length + 1} expected, found "${file}"`)
    steps.push({ version, name: match[2] ?? '', sql: readFileSync(join(folder, file), 'utf8') })
  }
  if (steps.length === 0 || steps.length > MAX_MIGRATIONS) throw new Error(`${kind}: no migrations in ${folder}`)
  return steps
}

export function userVersion(db: Database): number {
  return Number(db.pragma('user_version', { simple: true }))
}

/**
 * Refuses a database from a newer build before anything is written to it.
 * @throws OperationError workspace_newer
 */
export function refuseNewer(version: number, known: number, file: string): void {
  if (version <= known) return
  throw new OperationError(
    'workspace_newer',
    `${basename(file)} was written by a newer version of SpendSignoff (format ${version}, this one knows ${known}). It was not touched.`,
    'Install the newest version of SpendSignoff and open this workspace with it.',
    { details: { found: version, known } },
  )
}

/**
 * Applies every missing step, each in its own transaction together with its version number, so a crash leaves a whole step or none.
 * A database that already holds data is copied first (encrypted, same key) to `<file>.before-<target version>`; two copies are kept.
 * @throws OperationError workspace_newer
 */
export function migrate(db: Database, file: string, steps: readonly Migration[]): void {
  const target = steps.at(-1)?.version ?? 0
  const start = userVersion(db)
  refuseNewer(start, target, file)
  if (start === target) return
  if (start > 0) backUp(db, file, target)
  // Rebuilding a table must be able to drop the old one; foreign_key_check inside the transaction takes over.
  db.pragma('foreign_keys = OFF')
  try {
    for (const step of steps) if (step.version > start) applyStep(db, step)
  } finally {
    db.pragma('foreign_keys = ON')
  }
}

function applyStep(db: Database, step: Migration): void {
  const label = `migration ${step.version} (${step.name})`
  db.transaction(() => {
    if (userVersion(db) !== step.version - 1) throw new Error(`${label}: version ${userVersion(db)} stands before it`)
    db.exec(step.sql)
    if (!db.inTransaction) throw new Error(`${label}: ended the transaction it runs in`)
    const broken = db.pragma('foreign_key_check') as unknown[]
    if (broken.length > 0) throw new Error(`${label}: left ${broken.length} rows without the row they refer to`)
    db.pragma(`user_version = ${step.version}`)
  }).immediate()
}

/** `serialize()` would leak plain text and `backup()` fails between ciphers, so: VACUUM INTO, which stays encrypted. */
function backUp(db: Database, file: string, target: number): void {
  const finished = `${file}.before-${target}`
  // A copy that is already there was made before the first attempt at this same step: it is the one worth keeping.
  if (!existsSync(finished)) {
    const partial = `${finished}.partial`
    rmSync(partial, { force: true })
    db.prepare('VACUUM INTO ?').run(partial)
    renameSync(partial, finished)
  }
  const prefix = `${basename(file)}.before-`
  const copies = readdirSync(dirname(file))
    .filter((name) => name.startsWith(prefix) && /^[0-9]+$/.test(name.slice(prefix.length)))
    .toSorted((a, b) => Number(b.slice(prefix.length)) - Number(a.slice(prefix.length)))
  for (const old of copies.slice(BACKUPS_KEPT)) rmSync(join(dirname(file), old), { force: true })
}
