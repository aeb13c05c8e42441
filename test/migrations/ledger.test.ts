/** Each step of ledger.db starts from real rows of the version before it, and none of them may be lost or changed. */
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { AccountId, DraftId, EntityId } from '../../shared/domain/ids.ts'
import { draftHash } from '../../main/drafts/hash.ts'
import { createAccountPermissions } from '../../main/store/account-permission-table.ts'
import { createDraftTable } from '../../main/store/draft-table.ts'
import { loadMigrations, userVersion } from '../../main/store/migrate.ts'
import { type LedgerDb, openLedger } from '../../main/store/open.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

const steps = loadMigrations('ledger')
const key = Buffer.alloc(32, 7)
const newFile = () => join(makeTempFolder('migration'), 'ledger.db')
const openAt = (file: string, version: number) => openLedger(file, key, { migrations: steps.slice(0, version) })

type Row = Record<string, unknown>
/** Every row of every table. */
function everything(db: LedgerDb): Record<string, Row[]> {
  const tables = db
    .prepare<[], { name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    .all()
  return Object.fromEntries(tables.map(({ name }) => [name, db.prepare<[], Row>(`SELECT * FROM "${name}"`).all()]))
}

function insert(db: LedgerDb, table: string, row: Row): void {
  const names = Object.keys(row)
  db.prepare(`INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`).run(
    Object.values(row),
  )
}

function fillVersion1(db: LedgerDb): void {
  for (let seq = 0; seq < 3; seq += 1) {
    insert(db, 'entry', { seq, bytes: Buffer.from(`{"seq":${seq},"über":true}`), leaf: Buffer.alloc(32, seq) })
    insert(db, 'entry_index', { seq, type: 'draft.created', draft_id: seq === 1 ? 'd_aaaaaaaaaaaaaaaa' : null })
  }
  insert(db, 'checkpoint', { size: 3, note: 'origin\n3\nroot\n\n— origin signature\n' })
  insert(db, 'disclosure', { seq: 1, name: 'rationale', disclosure: 'WyJzYWx0Iiwi4oKsIl0' })
}

function fillVersion2(db: LedgerDb): void {
  fillVersion1(db)
  insert(db, 'setting', { key: 'policy', value_json: '{"max_step_fraction":0.2}' })
  for (const platform of ['google_ads', 'meta', 'tiktok']) {
    insert(db, 'connection', {
      connection_id: `c_${platform}`,
      platform,
      is_sandbox: 0,
      state: 'needs_reconnect',
      state_detail: 'token expired',
      created_at_ms: 1_790_000_000_000,
      updated_at_ms: 1_790_000_000_001,
    })
    insert(db, 'platform_token', { connection_id: `c_${platform}`, sealed: Buffer.from([1, 0, 255, 7]) })
  }
  insert(db, 'mcp_client', {
    client_id: 'm1',
    name: 'Claude',
    token_hash: Buffer.alloc(32, 9),
    scopes_json: '["mcp.read"]',
    created_at_ms: 1,
    expires_at_ms: 2,
    last_used_at_ms: null,
    last_client_info: 'claude 1.0',
    revoked_at_ms: null,
  })
}

const GROUP = 'tiktok:7000000000000000001/ad_group/1744444444444444441'
/** Of the draft below, as version 3 of the ledger was written with it. */
const OLD_HASH = '7eec426be6243c068f1f1fce3dc36add2063e0b1adab43bfd5f8d5dd76a828c1'

/** A waiting draft, an applied one and one whose outcome is not known, with their tokens and outbox rows. */
function fillVersion3(db: LedgerDb): void {
  fillVersion2(db)
  const drafts = [
    ['d_aaaaaaaaaaaaaaaa', 'pending', 'daily_budget', '50.00', '45.00', -5_000_000],
    ['d_bbbbbbbbbbbbbbbb', 'applied', 'status', 'enabled', 'paused', -60_000_000],
    ['d_cccccccccccccccc', 'unknown', 'daily_budget', '9007199254.00', '9007199250.00', -4_000_000],
  ] as const
  for (const [index, [draft_id, state, field, before, after, movement]] of drafts.entries()) {
    const entity_id = index === 0 ? GROUP : `${GROUP.slice(0, -1)}${index + 5}`
    insert(db, 'draft', {
      draft_id,
      state,
      state_reason: state === 'unknown' ? 'no_effect_yet' : null,
      state_message: null,
      origin_kind: 'agent',
      origin_id: 'mc_1',
      origin_name: 'Agent ü',
      title: 'Trim a group',
      rationale: 'It has stopped paying back.',
      idempotency_key: `key-${index}`,
      request_hash: 'ab'.repeat(32),
      policy_version: 1,
      policy_outcome: 'pass',
      policy_json: '[]',
      draft_hash: index === 0 ? OLD_HASH : 'cd'.repeat(32),
      undo_of: index === 2 ? 'd_bbbbbbbbbbbbbbbb' : null,
      created_at_ms: 1_790_000_000_000,
      expires_at_ms: 1_790_172_800_000,
      decided_at_ms: null,
      updated_at_ms: 1_790_000_000_000,
    })
    insert(db, 'draft_item', {
      draft_id,
      k: 0,
      platform: 'tiktok',
      account_id: 'tiktok:7000000000000000001',
      entity_id,
      entity_type: 'ad_group',
      path_json: '["Shop","Sommer","DE"]',
      kind: field === 'status' ? 'set_status' : 'set_budget',
      field,
      currency: 'EUR',
      before_value: before,
      requested_value: after,
      after_value: after,
      movement_micros: movement,
      net_micros: movement,
      takes_effect: 'immediately',
      request_id: state === 'applied' ? '20260301090000010' : null,
      live_value: state === 'pending' ? null : after,
    })
    if (state === 'pending') continue
    insert(db, 'confirm_token', {
      token_hash: Buffer.alloc(32, index),
      draft_id,
      challenge_hash: 'ef'.repeat(32),
      boot_id: 'boot1',
      expires_mono_ms: 120_000,
      expires_wall_ms: 1_790_000_120_000,
      used_at_ms: 1_790_000_060_000,
      voided_at_ms: null,
    })
    insert(db, 'outbox', {
      draft_id,
      k: 0,
      entity_id,
      state: state === 'applied' ? 'done' : 'unknown',
      challenge_hash: 'ef'.repeat(32),
      approved_at_ms: 1_790_000_060_000,
      sent_at_ms: 1_790_000_061_000,
      outcome: state === 'applied' ? 'applied' : null,
    })
  }
}

describe('ledger.db', () => {
  test('1 → 2: the audit log survives, connections and clients can be stored', () => {
    const file = newFile()
    const old = openAt(file, 1)
    fillVersion1(old)
    const before = everything(old)
    old.close()

    const db = openAt(file, 2)
    expect(userVersion(db)).toBe(2)
    const after = everything(db)
    expect(after).toMatchObject(before)
    for (const table of ['connection', 'mcp_client', 'platform_token', 'setting']) expect(after[table]).toEqual([])
    // The guards of the log are still in force.
    expect(() => db.exec('DELETE FROM entry')).toThrow(/append-only/)
    expect(() => db.exec("UPDATE entry SET bytes = x'00'")).toThrow(/append-only/)
    // A credential without its connection is refused.
    expect(() => insert(db, 'platform_token', { connection_id: 'nobody', sealed: Buffer.of(1) })).toThrow(/FOREIGN KEY/)
    db.close()
  })

  test('2 → 3: log, settings, connections, sealed credentials and clients survive, drafts can be stored', () => {
    const file = newFile()
    const old = openAt(file, 2)
    fillVersion2(old)
    const before = everything(old)
    old.close()

    const db = openAt(file, 3)
    expect(userVersion(db)).toBe(3)
    const after = everything(db)
    expect(after).toMatchObject(before)
    for (const table of ['draft', 'draft_item', 'confirm_token', 'outbox']) expect(after[table]).toEqual([])
    expect(() => insert(db, 'draft_item', { draft_id: 'd_aaaaaaaaaaaaaaaa', k: 0 })).toThrow(/constraint/i)
    db.close()
  })

  test('3 → 4: drafts, tokens and what is in flight survive, each touching its own entity; nothing may be written yet', () => {
    const file = newFile()
    const old = openAt(file, 3)
    fillVersion3(old)
    const before = everything(old)
    old.close()

    const db = openAt(file, 4)
    expect(userVersion(db)).toBe(4)
    const after = everything(db)
    const { draft_item: items, outbox, ...others } = before
    expect(after).toMatchObject(others)
    expect(after['draft_item']).toEqual(items?.map((row) => ({ ...row, target: row['entity_id'], affects_json: '[]' })))
    expect(after['outbox']).toEqual(outbox?.map((row) => ({ ...row, target: row['entity_id'] })))
    expect(after['account_permission']).toEqual([])
    expect(db.pragma('foreign_key_check')).toEqual([])
    db.close()
  })

  test('5 → 6: drafts keep all they had and their hash, and what was approved counts from when it was', () => {
    const file = newFile()
    const old = openAt(file, 3)
    fillVersion3(old)
    old.close()
    const five = openAt(file, 5)
    const before = everything(five)
    five.close()

    const db = openAt(file, 6)
    expect(userVersion(db)).toBe(6)
    const after = everything(db)
    const { draft, outbox, ...others } = before
    expect(after).toMatchObject(others)
    const links = { repair_of: null, revises: null, decision_note: null }
    expect(after['draft']).toEqual(draft?.map((row) => ({ ...row, ...links })))
    expect(after['outbox']).toEqual(outbox?.map((row) => ({ ...row, approved_steady_ms: row['approved_at_ms'] })))
    for (const table of ['policy', 'reviewer', 'review_answer', 'notification_target', 'delivery', 'platform_change'])
      expect(after[table]).toEqual([])
    expect(db.pragma('foreign_key_check')).toEqual([])
    for (const state of ['partial', 'superseded'])
      expect(db.prepare("UPDATE draft SET state = ? WHERE draft_id = 'd_aaaaaaaaaaaaaaaa'").run(state).changes).toBe(1)
    db.exec("UPDATE draft SET state = 'pending' WHERE draft_id = 'd_aaaaaaaaaaaaaaaa'")
    expect(() => db.exec("UPDATE draft SET state = 'perhaps'")).toThrow(/CHECK/)

    const drafts = createDraftTable(db)
    const waiting = drafts.get('d_aaaaaaaaaaaaaaaa' as DraftId)
    if (waiting === undefined) throw new Error('the draft is gone')
    // A draft that waited through the update is still exactly what its hash says: it can be approved.
    expect(draftHash(waiting)).toBe(OLD_HASH)
    expect(waiting.items).toMatchObject([{ target: GROUP, affects: [], movementMicros: -5_000_000n }])
    expect(drafts.get('d_cccccccccccccccc' as DraftId)?.items[0]?.before).toBe('9007199254.00')
    const unknown = drafts.unfinished()
    expect(unknown).toMatchObject([{ draftId: 'd_cccccccccccccccc', state: 'unknown' }])
    expect(unknown.map((row) => drafts.isBusy({ target: row.target, entityId: row.entityId }))).toEqual([true])
    expect(drafts.isBusy({ target: GROUP, entityId: GROUP as EntityId })).toBe(false)
    db.close()
  })

  test('4 refuses two writes under way to one target, or to one entity, and a kind nobody knows', () => {
    const file = newFile()
    const old = openAt(file, 3)
    fillVersion3(old)
    old.close()
    const db = openAt(file, 4)
    const [item] = db.prepare<[], Row>("SELECT * FROM draft_item WHERE draft_id = 'd_aaaaaaaaaaaaaaaa'").all()
    const row = (k: number, rest: Row): Row => ({
      draft_id: 'd_aaaaaaaaaaaaaaaa',
      k,
      state: 'queued',
      challenge_hash: 'x',
      approved_at_ms: 1,
      ...rest,
    }) // prettier-ignore
    for (const k of [1, 2, 3]) insert(db, 'draft_item', { ...item, k, kind: 'set_bid', field: 'bid_cap' })
    insert(db, 'outbox', row(0, { entity_id: 'a', target: 't' }))
    expect(() => insert(db, 'outbox', row(1, { entity_id: 'b', target: 't' }))).toThrow(/UNIQUE.*target/)
    expect(() => insert(db, 'outbox', row(2, { entity_id: 'a', target: 'u' }))).toThrow(/UNIQUE.*entity_id/)
    insert(db, 'outbox', row(3, { entity_id: 'b', target: 'u' }))
    expect(() => insert(db, 'outbox', row(9, { entity_id: 'c', target: 'c' }))).toThrow(/FOREIGN KEY/)
    for (const wrong of [{ kind: 'delete' }, { field: 'name' }, { target: null }])
      expect(() => insert(db, 'draft_item', { ...item, k: 7, ...wrong })).toThrow(/constraint/i)
    db.close()
  })

  test('what the person allows per account is kept, no unless said, and can be taken back', () => {
    const db = openAt(newFile(), 4)
    const permissions = createAccountPermissions(db)
    const [one, other] = ['meta:42', 'meta:43'] as [AccountId, AccountId]
    expect([permissions.isAllowed(one), permissions.said(one)]).toEqual([false, undefined])
    permissions.set(one, true, 1)
    expect([permissions.isAllowed(one), permissions.isAllowed(other)]).toEqual([true, false])
    permissions.set(one, false, 2)
    expect([permissions.isAllowed(one), permissions.said(one)]).toEqual([false, false])
    expect(everything(db)['account_permission']).toEqual([{ account_id: one, writes_allowed: 0, changed_at_ms: 2 }])
    db.close()
  })

  test('1 → newest in one go gives the same as step by step, and as a new file', () => {
    const [leap, walk, fresh] = [newFile(), newFile(), newFile()]
    for (const file of [leap, walk]) {
      const db = openAt(file, 1)
      fillVersion1(db)
      db.close()
    }
    for (let version = 2; version <= steps.length; version += 1) openAt(walk, version).close()
    const opened = [leap, walk, fresh].map((file) => openLedger(file, key))
    const shapes = opened.map((db) => db.prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY type, name').all())
    expect(shapes[0]).toEqual(shapes[1])
    expect(shapes[0]).toEqual(shapes[2])
    const [a, b] = opened
    if (a === undefined || b === undefined) throw new Error('two databases were opened')
    expect(everything(a)).toEqual(everything(b))
    expect(opened.map((db) => userVersion(db))).toEqual([steps.length, steps.length, steps.length])
    for (const db of opened) {
      expect(db.pragma('foreign_key_check')).toEqual([])
      db.close()
    }
  })
})
