import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { type AuditLog, type AuditLogOptions, openAuditLog } from '../../main/audit/append.ts'
import type { NewRecord } from '../../main/audit/record.ts'

const migration = readFileSync(new URL('../../main/store/migrations/ledger/0001_audit.sql', import.meta.url), 'utf8')

export interface KeyPair {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}
export const newKeys = (): KeyPair => generateKeyPairSync('ed25519')

/** A clock the test moves. Both hands move together unless told otherwise. */
export class HandClock {
  wallMs = Date.UTC(2026, 2, 1, 9, 0, 0)
  monoMs = 5000
  nowMs = (): number => this.wallMs
  monotonicMs = (): number => this.monoMs
  pass(ms: number): void {
    this.wallMs += ms
    this.monoMs += ms
  }
}

/** A secret store with one item. */
export class OneItem {
  text: string | undefined
  writes: string[] = []
  failure: Error | undefined
  read = async (): Promise<string | undefined> => this.text
  write = async (text: string): Promise<void> => {
    if (this.failure !== undefined) throw this.failure
    this.writes.push(text)
    this.text = text
  }
}

/** A ledger file of its own with the real migration, and all that is needed to open its log again. */
export class LedgerFixture {
  readonly folder = mkdtempSync(join(tmpdir(), 'spendsignoff-audit-'))
  readonly file = join(this.folder, 'ledger.db')
  readonly clock = new HandClock()
  readonly pin = new OneItem()
  readonly pinErrors: unknown[] = []
  keys: KeyPair = newKeys()
  db: Database.Database = this.#connect()
  #boots = 0

  constructor() {
    this.db.exec(migration)
  }

  #connect(): Database.Database {
    const db = new Database(this.file)
    db.pragma('journal_mode = WAL')
    db.pragma('foreign_keys = ON')
    return db
  }

  open(options: Partial<AuditLogOptions> = {}): Promise<AuditLog> {
    return openAuditLog({
      db: this.db,
      signingKey: this.keys,
      headPin: this.pin,
      clock: this.clock,
      bootId: `boot${++this.#boots}`,
      appVersion: '0.1.0',
      onPinError: (error) => this.pinErrors.push(error),
      ...options,
    })
  }

  /** Like a killed process: nothing is flushed or said goodbye to. */
  reconnect(): void {
    this.db.close()
    this.db = this.#connect()
  }

  /** What somebody with the file can do: no triggers, no foreign keys, any SQL. */
  tamper(sql: string, ...values: (string | number | Uint8Array)[]): void {
    this.db.pragma('foreign_keys = OFF')
    this.db.exec(
      'DROP TRIGGER IF EXISTS entry_no_update; DROP TRIGGER IF EXISTS entry_no_delete; DROP TRIGGER IF EXISTS checkpoint_no_update',
    )
    this.db.prepare(sql).run(...values)
  }

  bytesOf(seq: number): Buffer {
    return (
      this.db.prepare<[number], { bytes: Buffer }>('SELECT bytes FROM entry WHERE seq = ?').get(seq)?.bytes ??
      Buffer.alloc(0)
    )
  }

  remove(): void {
    this.db.close()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

export const DRAFT = 'd_abcdefgh234567ab'
const HASH = 'ab'.repeat(32)
const ACCOUNT = 'tiktok:7000000000000000001'
const ENTITY = `${ACCOUNT}/campaign/1733333333333333331`
export const ITEMS = [
  {
    k: 0,
    account: ACCOUNT,
    entity: ENTITY,
    field: 'daily_budget' as const,
    before: { amount: '120.00', cur: 'EUR' },
    after: { amount: '150.00', cur: 'EUR' },
  },
]
const POLICY = { version: 3, outcome: 'pass' as const, rules: [] }
const USER = { kind: 'user', id: 'owner' } as const

export function proposed(text: Record<string, string | readonly string[]> = {}): NewRecord {
  return {
    type: 'draft.proposed',
    actor: { kind: 'agent', id: 'client_1' },
    subj: { platform: 'tiktok', account: ACCOUNT, entity: ENTITY },
    data: { draft: DRAFT, draftHash: HASH, items: ITEMS, policy: POLICY },
    text,
  }
}
export const approved = (): NewRecord => ({
  type: 'draft.approved',
  actor: USER,
  data: { draft: DRAFT, draftHash: HASH, items: ITEMS, challengeHash: HASH },
})
export const sent = (): NewRecord => ({
  type: 'apply.sent',
  actor: { kind: 'system', id: 'executor' },
  data: { draft: DRAFT, k: 0 },
})
export const outcome = (message?: string): NewRecord => ({
  type: 'apply.outcome',
  actor: { kind: 'system', id: 'executor' },
  data: {
    draft: DRAFT,
    k: 0,
    outcome: 'applied',
    platformRequestId: '20260301090000010',
    platformDate: 'Sun, 01 Mar 2026 09:00:00 GMT',
  },
  text: { platform_message: message },
})
export const read = (n = 0): NewRecord => ({
  type: 'agent.read',
  actor: { kind: 'agent', id: 'client_1' },
  data: { tool: 'query_metrics', client: 'client_1', count: n },
})

/** Genesis, then four transactions: 1 proposal, 2–3 approval and sending, 4 outcome, 5–7 reads. */
export async function filledLedger(): Promise<{ ledger: LedgerFixture; log: AuditLog }> {
  const ledger = new LedgerFixture()
  const log = await ledger.open()
  log.transaction((append) =>
    append(proposed({ title: 'Raise the budget', rationale: 'It sells', 'path.0': ['Shop', 'Spring'] })),
  )
  ledger.clock.pass(1500)
  log.transaction((append) => {
    append(approved())
    append(sent())
  })
  log.transaction((append) => append(outcome('OK')))
  log.transaction((append) => [1, 2, 3].map((n) => append(read(n))))
  await log.pinHead()
  return { ledger, log }
}
