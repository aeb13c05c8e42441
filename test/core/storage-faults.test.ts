/** Full disk, locked file, read-only ledger, damaged file, lost keychain: nothing is lost, what is shown is true, and the words say what to do. */
import { spawnSync } from 'node:child_process'
import { chmodSync, closeSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Reply } from '../../shared/api.ts'
import { OperationError } from '../../shared/errors.ts'
import type { OutputOf } from '../../shared/operations.ts'
import { verifyLog } from '../../main/audit/verify.ts'
import { createCore } from '../../main/core.ts'
import { Secret } from '../../main/secret.ts'
import { sandboxAddresses } from '../../main/session-adapters.ts'
import { type LedgerDb, openLedger } from '../../main/store/open.ts'
import { storageFault } from '../../main/store/storage-fault.ts'
import {
  aLittleLess,
  externalId,
  liveBudget,
  PASSPHRASE,
  proposeBudget,
  someAdGroup,
  startApp,
  testPorts,
} from '../support/app.ts'
import { startRig } from '../support/approval-rig.ts'
import { openLedgerFile } from '../support/ledger-file.ts'
import { entity, idOf, META, ONE } from '../support/plan-world.ts'
import { RigHome, type SessionRig } from '../support/session-rig.ts'
import { makeTempFolder } from '../support/temp-folder.ts'
import { waitFor } from '../support/wait-for.ts'

const addClient = (rig: SessionRig, name: string) =>
  rig.ask('add_client', { name, scopes: ['mcp.read'], expires_in_days: 30 })
const clients = async (rig: SessionRig): Promise<number> => (await rig.ask('list_clients', {})).clients.length

async function isWhole(rig: SessionRig): Promise<boolean> {
  const headPin = await rig.opened.vault.headPin.read()
  return (await verifyLog({ db: rig.opened.ledger, vkey: rig.session.audit.vkey, headPin })).ok
}
/** No file of the ledger may grow any more: what SQLite does on a full disk. */
function fillDisk(db: LedgerDb): void {
  db.pragma(`max_page_count = ${Number(db.pragma('page_count', { simple: true }))}`)
}
const makeSpace = (db: LedgerDb): void => void db.pragma('max_page_count = 1073741823')

test('a full disk: the operation says that nothing was saved, nothing of it is there, and it works again once there is space', async () => {
  const rig = await new RigHome().open()
  fillDisk(rig.opened.ledger)
  let added = 0
  const failure = await (async () => {
    for (; added < 500; added += 1) {
      const error = await addClient(rig, `Client ${added}`).then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      if (error instanceof Error) return error.message
    }
    return 'it never failed'
  })()
  expect(failure).toMatch(
    /storage_failed: There is no space left on the disk\. This step was not saved\..*Free some space/,
  )
  expect(await clients(rig)).toBe(added)
  expect(await isWhole(rig)).toBe(true)
  makeSpace(rig.opened.ledger)
  await addClient(rig, 'The next one')
  expect(await clients(rig)).toBe(added + 1)
  expect(await isWhole(rig)).toBe(true)
  await rig.close()
})

test('a ledger that another program has locked, and one that may not be written: said as such, and nothing is half done', async () => {
  const home = new RigHome()
  const rig = await home.open()
  const key = rig.opened.vault.ledgerKey()
  const other = openLedger(home.ledgerFile, key)
  other.exec('BEGIN IMMEDIATE')
  await expect(addClient(rig, 'Locked out')).rejects.toThrow(
    /storage_failed: Another program holds a file.*Close the tool/,
  )
  other.exec('ROLLBACK')
  other.close()
  rig.opened.ledger.pragma('query_only = ON')
  await expect(addClient(rig, 'Read only')).rejects.toThrow(/storage_failed: SpendSignoff may not write.*read-only/)
  rig.opened.ledger.pragma('query_only = OFF')
  expect(await clients(rig)).toBe(0)
  await addClient(rig, 'At last')
  expect(await isWhole(rig)).toBe(true)
  await rig.close()
}, 30_000)

test('a ledger whose pages were overwritten while the app was closed is damaged, not empty, and is not written to', async () => {
  const home = new RigHome()
  const rig = await home.open()
  for (let n = 0; n < 40; n += 1) await addClient(rig, `Client ${n}`)
  await rig.close()
  const bytes = readFileSync(home.ledgerFile)
  bytes.fill(0xff, 4096 * 8)
  writeFileSync(home.ledgerFile, bytes)
  const error: unknown = await home.open().then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(storageFault(error) ?? error).toMatchObject({ code: 'workspace_damaged' })
  expect(readFileSync(home.ledgerFile).equals(bytes)).toBe(true)
})

test('what the file system says is told apart, and what a socket or a defect of ours says is none of it', async () => {
  const thrownBy = (work: () => unknown): unknown => {
    try {
      return work()
    } catch (error) {
      return error
    }
  }
  const full = thrownBy(() => {
    const handle = openSync('/dev/full', 'w')
    try {
      writeSync(handle, 'x')
    } finally {
      closeSync(handle)
    }
  })
  expect(storageFault(full)).toMatchObject({ code: 'storage_failed', retryable: true, details: { storage: 'full' } })
  const refused = await new Promise((resolve) =>
    connect(join(makeTempFolder('sock'), 'none.sock')).once('error', resolve),
  )
  expect(storageFault(Object.assign(refused as Error, { code: 'EACCES' }))).toBeUndefined()
  expect(storageFault(new TypeError('a defect'))).toBeUndefined()
  expect(storageFault(new OperationError('guardrail', 'No.', 'Ask.'))).toBeUndefined()
  const existing = thrownBy(() => mkdirSync('/proc'))
  expect(storageFault(existing)).toBeUndefined()
  for (const [code, kind] of [
    ['EROFS', 'read_only'],
    ['EACCES', 'read_only'],
    ['EIO', 'unreadable'],
  ] as const)
    expect(storageFault(Object.assign(new Error(code), { code, syscall: 'open' }))?.details).toEqual({ storage: kind })
})

const campaign = idOf(META, 'campaign', '1201')
const CUT = {
  kind: 'set_budget',
  entity_id: campaign,
  budget: 'daily',
  expected_current: '400.00',
  new_value: '320.00',
}
const rigWorld = () => [
  entity(campaign, {
    budgetKind: 'daily',
    dailyBudgetMicros: 400n * ONE,
    editable: [{ field: 'daily_budget', isEditable: true }],
  }),
]
const FAULTS = [
  { what: 'is full', kind: 'full', begin: fillDisk, end: makeSpace },
  {
    what: 'is read-only',
    kind: 'read_only',
    begin: (db: LedgerDb) => void db.pragma('query_only = ON'),
    end: (db: LedgerDb) => void db.pragma('query_only = OFF'),
  },
] as const

test.each(FAULTS)(
  'a disk that $what between the write and its outcome: the change is openly unknown, found by reading, and never sent again',
  async ({ kind, begin, end }) => {
    const rig = await startRig(rigWorld())
    const { draftId } = rig.propose(CUT)
    const armed = await rig.arm(draftId)
    rig.turned.onStep = (step) => {
      if (step !== 'answered') return
      begin(rig.db)
      // The last pages have room for a few records more.
      for (let room = true; room; ) {
        try {
          rig.audit.transaction((append) =>
            append({ type: 'app.stopped', actor: { kind: 'system', id: 'app' }, data: {} }),
          )
        } catch {
          room = false
        }
      }
    }
    const error: unknown = await rig.push(draftId, armed).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(storageFault(error)?.details).toEqual({ storage: kind })
    expect(rig.get(draftId).state).toBe('applying')
    end(rig.db)
    rig.reconcile.recover(draftId)
    expect(rig.get(draftId)).toMatchObject({ state: 'unknown', stateReason: 'interrupted' })
    await rig.reconcile.once(draftId, AbortSignal.timeout(5_000))
    expect(rig.get(draftId)).toMatchObject({ state: 'applied', stateReason: 'reconciled_applied' })
    expect(rig.platform.writes).toHaveLength(1)
    expect(await rig.verified()).toBe(true)
    await rig.close()
  },
)

test('an arm that could not be saved does not count: the confirmation before it is still bound to the limits it was shown under', async () => {
  const rig = await startRig(rigWorld())
  const { draftId } = rig.propose(CUT)
  const shown = await rig.arm(draftId)
  rig.turned.policy = { ...rig.turned.policy, version: rig.turned.policy.version + 1 }
  rig.db.pragma('query_only = ON')
  await expect(rig.arm(draftId)).rejects.toThrow(/readonly/)
  rig.db.pragma('query_only = OFF')
  await expect(rig.push(draftId, shown)).rejects.toThrow('Your limits were changed since this was checked')
  expect(rig.platform.writes).toHaveLength(0)
  expect(await rig.push(draftId)).toMatchObject({ state: 'applied' })
  expect(await rig.verified()).toBe(true)
  await rig.close()
})

test('a keychain that goes away after Confirm: the newest head cannot be kept outside the file, so nothing is sent', async () => {
  const rig = await startRig(rigWorld())
  const { draftId } = rig.propose(CUT)
  const armed = await rig.arm(draftId)
  rig.pin.failure = new OperationError('keychain_locked', 'Locked.', 'Unlock it.', { retryable: true })
  expect(await rig.push(draftId, armed)).toMatchObject({ state: 'apply_failed', stateReason: 'head_not_pinned' })
  expect(rig.platform.writes).toHaveLength(0)
  rig.pin.failure = undefined
  expect(await rig.verified()).toBe(true)
  await rig.close()
})

test('a keychain that goes away in the middle of the day: told once, on record, shown until it is back, and nothing is lost', async () => {
  const home = new RigHome()
  const rig = await home.open()
  home.secrets.isGone = true
  for (let n = 0; n < 5; n += 1) await addClient(rig, `Client ${n}`)
  await waitFor(() => rig.session.sessionLog.problems.has('head_not_pinned'), { what: 'the failed pin' })
  await waitFor(() => rig.session.audit.list({ type: 'integrity.alarm', limit: 5 }).length > 0, { what: 'the alarm' })
  await rig.session.sessionLog.keepUp()
  expect(rig.notified).toHaveLength(1)
  expect(rig.session.sessionLog.problems.worst()).toMatchObject({
    message: expect.stringContaining('nothing can be sent to a platform'),
    hint: expect.stringMatching(/keychain.*tries again by itself/),
  })
  expect(await rig.ask('get_log_identity', {})).toMatchObject({
    pinned: null,
    faults: [{ kind: 'head_not_pinned' }],
    alarms: [{ kind: 'head_not_pinned' }],
  })
  home.secrets.isGone = false
  await rig.session.sessionLog.keepUp()
  expect(await rig.ask('get_log_identity', {})).toMatchObject({ faults: [], alarms: [{ kind: 'head_not_pinned' }] })
  expect(rig.session.audit.list({ type: 'integrity.alarm', limit: 5 })).toHaveLength(1)
  expect(await isWhole(rig)).toBe(true)
  await rig.close()
  const again = await home.open()
  expect(await clients(again)).toBe(5)
  await again.close()
})

test('a ledger locked from outside during a push: the window says so meanwhile, then the outcome is found, and there was one write', async () => {
  let block: LedgerDb | undefined
  const home = makeTempFolder('locked-push')
  const app = await startApp(home, {
    syncDays: 2,
    core: {
      onStep: (step) => {
        if (step === 'answered' && block !== undefined) block.exec('BEGIN IMMEDIATE')
      },
    },
  })
  const target = await someAdGroup(app)
  const draft = await proposeBudget(app, target)
  const { challenge } = await app.window('arm_draft', { draft_id: draft.draft_id, draft_hash: draft.draft_hash })
  const other = await openLedgerFile(app.workspaceFolder, app.clock)
  block = other
  await app.window('confirm_draft', { draft_id: draft.draft_id, confirm_token: challenge?.confirm_token ?? '' })
  await waitFor(
    async () => (await app.window('get_app_state', {})).trouble?.message.includes('could not be written down') === true,
    {
      what: 'the trouble to be shown',
      withinMs: 40_000,
      everyMs: 200,
    },
  )
  expect((await app.window('get_draft', { draft_id: draft.draft_id })).draft.state).toBe('applying')
  other.exec('ROLLBACK')
  other.close()
  await waitFor(async () => (await app.window('get_app_state', {})).trouble === null, {
    what: 'the trouble to pass',
    withinMs: 40_000,
    everyMs: 200,
  })
  await waitFor(
    async () => {
      await app.core.run({ kind: 'window' }, 'reconcile_draft', { draft_id: draft.draft_id })
      return (await app.window('get_draft', { draft_id: draft.draft_id })).draft.state === 'applied'
    },
    { what: 'the change to be found', withinMs: 30_000, everyMs: 200 },
  )
  expect(app.sandbox.requests.writesTo(externalId(target.entityId))).toBe(1)
  expect(liveBudget(app, target.entityId)).toBe(aLittleLess(target.budget))
  expect(await app.window('verify_audit', {})).toMatchObject({ is_ok: true })
  await app.close()
}, 180_000)

test('a ledger that cannot be written at the start: the app starts, says why the workspace is closed, and opens it once it can', async () => {
  const app = await startApp(makeTempFolder('locked-start'), { syncDays: 2, writes: false })
  await app.core.close()
  const other = await openLedgerFile(app.workspaceFolder, app.clock)
  other.exec('BEGIN IMMEDIATE')
  const core = await createCore(testPorts(app.homeFolder, app.clock), {
    addresses: sandboxAddresses(app.sandbox),
    passphrase: new Secret(PASSPHRASE),
    startsWork: false,
    opensDoors: false,
  })
  const state = async (): Promise<OutputOf<'get_app_state'>> => {
    const reply = (await core.run({ kind: 'window' }, 'get_app_state', {})) as Reply<OutputOf<'get_app_state'>>
    if (!reply.ok) throw new Error(reply.error.message)
    return reply.value
  }
  expect(await state()).toMatchObject({
    phase: 'trouble',
    trouble: { code: 'storage_failed', retryable: true },
    successor: null,
  })
  other.exec('ROLLBACK')
  other.close()
  expect(await core.run({ kind: 'window' }, 'unlock_workspace', { passphrase: PASSPHRASE })).toMatchObject({ ok: true })
  expect(await state()).toMatchObject({ phase: 'ready', trouble: null })
  await core.close()
  await app.sandbox.close()
}, 120_000)

test('a folder that may only be read: the app starts, says so and what to do, and nothing in it is changed', async () => {
  const app = await startApp(makeTempFolder('read-only'), { syncDays: 2, writes: false })
  const { size } = await app.window('list_audit', { limit: 1 })
  await app.core.close()
  const folders = [app.homeFolder, ...foldersUnder(app.homeFolder)]
  const before = filesUnder(app.homeFolder).map((file) => [file, readFileSync(file).toString('base64')])
  for (const [file] of before) chmodSync(file ?? '', 0o444)
  for (const folder of folders) chmodSync(folder, 0o555)
  const child = spawnSync(
    process.execPath,
    [join(import.meta.dirname, '../support/read-only-child.ts'), app.homeFolder],
    { encoding: 'utf8' },
  )
  for (const folder of folders) chmodSync(folder, 0o700)
  for (const [file] of before) chmodSync(file ?? '', 0o600)
  expect(child.stderr).toBe('')
  const said = JSON.parse(child.stdout) as {
    state: { value: OutputOf<'get_app_state'> }
    opened: { ok: boolean; error?: { code: string; message: string; hint: string } }
  }
  expect(said.state.value).toMatchObject({ phase: 'trouble', trouble: { code: 'storage_failed' } })
  expect(said.opened).toMatchObject({ ok: false, error: { code: 'storage_failed' } })
  expect(said.opened.error?.message).toMatch(/write|read-only|read only/i)
  expect(said.opened.error?.hint.length).toBeGreaterThan(10)
  expect(filesUnder(app.homeFolder).map((file) => [file, readFileSync(file).toString('base64')])).toEqual(before)
  const again = await app.restart()
  expect((await again.window('list_audit', { limit: 1 })).size).toBeGreaterThanOrEqual(size)
  expect(await again.window('verify_audit', {})).toMatchObject({ is_ok: true })
  await again.close()
}, 120_000)

const foldersUnder = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((each) => each.isDirectory())
    .map((each) => join(each.parentPath, each.name))
const filesUnder = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath, each.name))
    .toSorted((a, b) => a.localeCompare(b))
