/** A log that was restored from a backup, or whose key is lost, is never continued: a new one takes over, and the gap is on record. */
import { copyFileSync, existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Reply } from '../../shared/api.ts'
import { OperationError } from '../../shared/errors.ts'
import type { OutputOf } from '../../shared/operations.ts'
import { type Core, createCore } from '../../main/core.ts'
import { beginSuccessor } from '../../main/audit/successor.ts'
import { settleDrafts } from '../../main/audit/successor-drafts.ts'
import type { EntityId } from '../../shared/domain/ids.ts'
import { verifyLog } from '../../main/audit/verify.ts'
import { sandboxAddresses } from '../../main/session-adapters.ts'
import { openArchivedLog } from '../../main/store/archived-log.ts'
import { createDraftTable } from '../../main/store/draft-table.ts'
import { Secret } from '../../main/secret.ts'
import { Keychain } from '../../main/vault/keychain.ts'
import { openPassphraseStore } from '../../main/vault/passphrase-store.ts'
import type { SecretName } from '../../main/vault/secret-store.ts'
import { openWorkspaceForNewLog } from '../../main/workspace.ts'
import { systemClock } from '../../shared/clock.ts'
import {
  AGENT,
  aLittleLess,
  type App,
  externalId,
  liveBudget,
  PASSPHRASE,
  proposeBudget,
  someAdGroup,
  startApp,
  testPorts,
} from '../support/app.ts'
import { startRig } from '../support/approval-rig.ts'
import { entity, idOf, META, ONE } from '../support/plan-world.ts'
import { RigHome } from '../support/session-rig.ts'
import { makeTempFolder } from '../support/temp-folder.ts'
import { waitFor } from '../support/wait-for.ts'

const LEDGER = ['ledger.db', 'ledger.db-wal', 'ledger.db-shm'] as const

/** What a backup program takes: the ledger's files as they are. */
function backUp(folder: string): string {
  const backup = makeTempFolder('backup')
  for (const name of LEDGER) if (existsSync(join(folder, name))) copyFileSync(join(folder, name), join(backup, name))
  return backup
}
function restore(backup: string, folder: string): void {
  for (const name of LEDGER) {
    rmSync(join(folder, name), { force: true })
    if (existsSync(join(backup, name))) copyFileSync(join(backup, name), join(folder, name))
  }
}

/** Starts the app locked on what stands there, and tries to unlock it. */
async function startInTrouble(app: App): Promise<{ core: Core; state: OutputOf<'get_app_state'> }> {
  const core = await createCore(testPorts(app.homeFolder, app.clock), {
    addresses: sandboxAddresses(app.sandbox),
    startsWork: false,
    opensDoors: false,
  })
  await core.run({ kind: 'window' }, 'unlock_workspace', { passphrase: PASSPHRASE })
  const state = (await core.run({ kind: 'window' }, 'get_app_state', {})) as Reply<OutputOf<'get_app_state'>>
  if (!state.ok) throw new Error(state.error.message)
  return { core, state: state.value }
}

const begin = (core: Core, reason: 'restored' | 'key_lost', passphrase: string = PASSPHRASE) =>
  core.run({ kind: 'window' }, 'begin_successor_log', { reason, passphrase })

async function vaultFile<T>(
  app: App,
  use: (store: Awaited<ReturnType<typeof openPassphraseStore>>) => Promise<T>,
): Promise<T> {
  const store = await openPassphraseStore(join(app.workspaceFolder, 'vault.sealed.json'), new Secret(PASSPHRASE))
  try {
    return await use(store)
  } finally {
    store.close()
  }
}
const forget = (app: App, name: SecretName): Promise<void> => vaultFile(app, (store) => store.remove(name))

/** The full check of an archived log with its own key. */
async function verifyArchive(app: App, file: string, vkey: string) {
  const opened = await openWorkspaceForNewLog({
    folder: app.workspaceFolder,
    clock: systemClock,
    keychain: new Keychain(),
    passphrase: new Secret(PASSPHRASE),
  })
  const key = opened.vault.ledgerKey()
  opened.close()
  const db = openArchivedLog(join(app.workspaceFolder, file), key)
  try {
    const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").pluck().all()
    return { tables, result: await verifyLog({ db, vkey }) }
  } finally {
    db.close()
  }
}

test('a ledger restored from a backup: the app opens nothing, says what was found, and on the person’s word begins a new log that names the gap', async () => {
  const app = await startApp(makeTempFolder('restored'), { syncDays: 2 })
  const [waiting] = [await proposeBudget(app, await someAdGroup(app))]
  const old = await app.window('get_log_identity', {})
  await app.core.close()
  const backup = backUp(app.workspaceFolder)
  let again = await app.restart()
  await proposeBudget(again, await someAdGroup(again, 1))
  await again.core.close()
  restore(backup, app.workspaceFolder)

  const { core, state } = await startInTrouble(app)
  expect(state).toMatchObject({
    phase: 'trouble',
    trouble: { code: 'ledger_broken' },
    successor: { reason: 'restored' },
  })
  const { found_size: found, remembered_size: remembered } = state.successor ?? {}
  expect(remembered).toBeGreaterThan(found ?? 0)

  expect(await begin(core, 'restored', 'not the passphrase')).toMatchObject({ error: { code: 'wrong_passphrase' } })
  expect(await begin(core, 'key_lost')).toMatchObject({ error: { code: 'not_allowed' } })
  for (const caller of [AGENT, { kind: 'cli' }, { kind: 'loop' }] as const)
    expect(await core.run(caller, 'begin_successor_log', { reason: 'restored', passphrase: PASSPHRASE })).toMatchObject(
      {
        error: { code: 'not_allowed' },
      },
    )
  expect(readdirSync(app.workspaceFolder).filter((name) => /^ledger\..{8}\.db/.test(name))).toEqual([])
  expect(await begin(core, 'restored')).toEqual({ ok: true, value: {} })
  await core.close()

  again = await app.restart()
  const identity = await again.window('get_log_identity', {})
  expect(identity).toMatchObject({
    predecessor: {
      reason: 'restored',
      continuity: 'gap',
      restored: { origin: old.origin, size: found },
      pinned: { origin: old.origin, size: remembered },
      words: expect.stringContaining(`records ${found} to ${(remembered ?? 0) - 1} are known to have existed`),
    },
    predecessors: [{ log: { origin: old.origin, vkey: old.vkey, size: found } }],
    alarms: [{ kind: 'rolled_back' }],
    faults: [],
  })
  expect([identity.origin, identity.vkey, identity.key.vkey]).not.toEqual([old.origin, old.vkey, old.key.vkey])
  expect((await again.window('get_draft', { draft_id: waiting.draft_id })).draft).toMatchObject({
    state: 'stale',
    state_reason: 'log_restored',
  })
  expect((await again.window('get_draft', { draft_id: waiting.draft_id })).history.map((row) => row.type)).toEqual([
    'draft.stale',
  ])
  expect(await again.window('verify_audit', {})).toMatchObject({ is_ok: true, vkey: identity.vkey })
  const file = identity.predecessors[0]?.file ?? ''
  expect(await again.window('verify_archived_log', { file })).toMatchObject({
    is_ok: true,
    size: found,
    vkey: old.vkey,
  })
  expect(await again.refusal({ kind: 'cli' }, 'verify_archived_log', { file: '../ledger.db' })).toMatchObject({
    code: 'invalid_input',
  })
  // Connections and permissions are there: the next proposal goes its way.
  await proposeBudget(again, await someAdGroup(again, 1))
  await again.close()

  const { tables, result } = await verifyArchive(app, identity.predecessors[0]?.file ?? '', old.vkey)
  expect(tables).toEqual(['checkpoint', 'disclosure', 'entry', 'entry_index'])
  expect(result).toMatchObject({ ok: true, size: found })
}, 180_000)

test('a change that a restored ledger believes unsent, but that reached the platform, is found by reading and never sent again', async () => {
  const home = makeTempFolder('in-flight')
  let backup = ''
  const app = await startApp(home, {
    syncDays: 2,
    core: {
      onStep: (step) => {
        if (step === 'intent') backup = backUp(join(home, 'workspaces', 'default'))
      },
    },
  })
  const target = await someAdGroup(app)
  const draft = await proposeBudget(app, target)
  const { challenge } = await app.window('arm_draft', { draft_id: draft.draft_id, draft_hash: draft.draft_hash })
  await app.window('confirm_draft', { draft_id: draft.draft_id, confirm_token: challenge?.confirm_token ?? '' })
  await waitFor(async () => (await app.window('get_draft', { draft_id: draft.draft_id })).draft.state === 'applied', {
    withinMs: 20_000,
  })
  await app.core.close()
  restore(backup, app.workspaceFolder)

  const { core } = await startInTrouble(app)
  expect(await begin(core, 'restored')).toMatchObject({ ok: true })
  await core.close()
  const again = await app.restart()
  await waitFor(
    async () => {
      await again.core.run({ kind: 'window' }, 'reconcile_draft', { draft_id: draft.draft_id })
      return (await again.window('get_draft', { draft_id: draft.draft_id })).draft.state === 'applied'
    },
    { what: 'the change to be found', withinMs: 30_000, everyMs: 200 },
  )
  expect(app.sandbox.requests.writesTo(externalId(target.entityId))).toBe(1)
  expect(liveBudget(app, target.entityId)).toBe(aLittleLess(target.budget))
  const { history } = await again.window('get_draft', { draft_id: draft.draft_id })
  expect(history.map((row) => row.type)).toEqual([
    'apply.outcome',
    'draft.unknown',
    'apply.reconciled',
    'draft.applied',
  ])
  expect(await again.window('verify_audit', {})).toMatchObject({ is_ok: true })
  await again.close()
}, 180_000)

test('a lost signing key: the new log says that nothing of ours connects the two', async () => {
  const app = await startApp(makeTempFolder('key-lost'), { syncDays: 2, writes: false })
  const old = await app.window('get_log_identity', {})
  await app.core.close()
  await forget(app, 'signing')
  const { core, state } = await startInTrouble(app)
  expect(state).toMatchObject({
    phase: 'trouble',
    trouble: { code: 'vault_key_missing' },
    successor: { reason: 'key_lost' },
  })
  expect(await begin(core, 'restored')).toMatchObject({ error: { code: 'not_allowed' } })
  expect(await begin(core, 'key_lost')).toMatchObject({ ok: true })
  await core.close()
  const again = await app.restart()
  expect(await again.window('get_log_identity', {})).toMatchObject({
    predecessor: { reason: 'key_lost', continuity: 'broken', restored: { origin: old.origin } },
    predecessors: [{ log: { origin: old.origin } }],
    alarms: [{ kind: 'signing_key_missing' }],
  })
  expect((await again.window('list_connections', {})).connections).toHaveLength(1)
  expect(await again.window('verify_audit', {})).toMatchObject({ is_ok: true })
  await again.close()
}, 120_000)

test('another key than the log’s is a lost key; the key of the databases lost is the end, and nothing is offered', async () => {
  const app = await startApp(makeTempFolder('other-key'), { syncDays: 2, writes: false })
  await app.core.close()
  await vaultFile(app, (store) => store.write('signing', Buffer.alloc(32, 9)))
  const wrong = await startInTrouble(app)
  expect(wrong.state).toMatchObject({ trouble: { code: 'ledger_broken' }, successor: { reason: 'key_lost' } })
  await wrong.core.close()
  await forget(app, 'master')
  const lost = await startInTrouble(app)
  expect(lost.state).toMatchObject({ phase: 'trouble', trouble: { code: 'vault_key_missing' }, successor: null })
  expect(await begin(lost.core, 'key_lost')).toMatchObject({ error: { code: 'vault_key_missing' } })
  expect(readdirSync(app.workspaceFolder).filter((name) => /^ledger\..{8}\.db/.test(name))).toEqual([])
  await lost.core.close()
  await app.sandbox.close()
}, 120_000)

test('a backup from before the key was changed is a restored log, not a lost key; the same log restored once more is archived once', async () => {
  const app = await startApp(makeTempFolder('before-rotation'), { syncDays: 2, writes: false })
  await app.core.close()
  const backup = backUp(app.workspaceFolder)
  const rotated = await app.restart()
  await rotated.window('rotate_signing_key', { reason: 'suspicion' })
  await rotated.core.close()
  restore(backup, app.workspaceFolder)
  const first = await startInTrouble(app)
  expect(first.state.successor).toMatchObject({ reason: 'restored' })
  expect(await begin(first.core, 'restored')).toMatchObject({ ok: true })
  await first.core.close()

  restore(backup, app.workspaceFolder)
  const second = await startInTrouble(app)
  expect(second.state.successor).toMatchObject({ reason: 'restored' })
  expect(await begin(second.core, 'restored')).toMatchObject({ ok: true })
  const reply = (await second.core.run({ kind: 'window' }, 'get_log_identity', {})) as Reply<
    OutputOf<'get_log_identity'>
  >
  expect(reply).toMatchObject({
    value: {
      alarms: [{ kind: 'foreign_log' }],
      // The same log twice is one archive.
      predecessors: [{ log: { size: first.state.successor?.found_size } }],
    },
  })
  await second.core.close()
  await app.sandbox.close()
}, 120_000)

test('an open workspace, and one whose log is damaged in itself, get no new log', async () => {
  const app = await startApp(makeTempFolder('damaged'), { syncDays: 2, writes: false })
  expect(await begin(app.core, 'restored')).toMatchObject({ ok: false, error: { code: 'workspace_in_use' } })
  await app.core.close()
  const home = new RigHome()
  const rig = await home.open()
  await rig.close()
  const again = await home.open()
  const { ledger } = again.opened
  ledger.exec('DROP TRIGGER entry_no_delete')
  ledger.pragma('foreign_keys = OFF')
  ledger.exec('DELETE FROM entry WHERE seq = (SELECT max(seq) FROM entry)')
  await expect(
    beginSuccessor({ ...again.opened, clock: home.clock, appVersion: '0.0.0' }, 'restored'),
  ).rejects.toMatchObject({ code: 'ledger_broken', fault: { kind: 'truncated' } })
  await again.close()
  await app.sandbox.close()
}, 120_000)

const STEPS = ['archived', 'key_renewed', 'begun'] as const
test.each(STEPS)(
  'interrupted after "%s": the next start is in the same trouble, or in the new log, and never in between',
  async (step) => {
    const home = new RigHome()
    const rig = await home.open()
    await rig.close()
    home.secrets.items.set('signing', Buffer.alloc(32, 7))
    await expect(home.open()).rejects.toMatchObject({ code: 'ledger_broken', details: { successor: 'key_lost' } })
    const { opened } = await home.openForNewLog()
    const deps = { ...opened, clock: home.clock, appVersion: '0.0.0' }
    const stop = (reached: string): void => {
      if (reached === step) throw new Error('stopped')
    }
    await expect(beginSuccessor({ ...deps, onStep: stop }, 'key_lost')).rejects.toThrow('stopped')
    opened.close()
    const found = await home.open().then(
      (reopened) => reopened.close(),
      (error: unknown) => error,
    )
    const offer = found instanceof OperationError ? found.details?.['successor'] : undefined
    expect(offer).toBe(step === 'begun' ? undefined : 'key_lost')
    if (step !== 'begun') {
      const second = await home.openForNewLog()
      await beginSuccessor({ ...second.opened, clock: home.clock, appVersion: '0.0.0' }, 'key_lost')
      second.opened.close()
    }
    const again = await home.open()
    const identity = await again.ask('get_log_identity', {})
    expect(identity).toMatchObject({ predecessor: { reason: 'key_lost' }, faults: [], alarms: [{ kind: 'wrong_key' }] })
    expect(identity.predecessors).toHaveLength(1)
    await again.session.audit.pinHead()
    const headPin = await again.opened.vault.headPin.read()
    expect(await verifyLog({ db: again.opened.ledger, vkey: identity.vkey, headPin })).toMatchObject({ ok: true })
    await again.close()
  },
)

test('what waits in a long queue is settled to the last draft, and what was settled before stays as it is', async () => {
  const app = await startApp(makeTempFolder('queue'), { syncDays: 2 })
  const first = await proposeBudget(app, await someAdGroup(app))
  const rejected = await proposeBudget(app, await someAdGroup(app, 1))
  await app.window('reject_draft', { draft_id: rejected.draft_id, reason: 'Not now.' })
  await app.core.close()
  await vaultFile(app, (store) => store.write('signing', Buffer.alloc(32, 9)))
  const opened = await openWorkspaceForNewLog({
    folder: app.workspaceFolder,
    clock: systemClock,
    keychain: new Keychain(),
    passphrase: new Secret(PASSPHRASE),
  })
  await beginSuccessor({ ...opened, clock: systemClock, appVersion: '0.0.0' }, 'key_lost')
  const drafts = createDraftTable(opened.ledger)
  expect(drafts.get(first.draft_id)?.stateReason).toBe('log_key_lost')
  expect(drafts.get(rejected.draft_id)?.state).toBe('rejected')
  expect(drafts.countOpen()).toBe(0)
  opened.close()
  await app.sandbox.close()
}, 120_000)

test('a change set that was under way when the backup was made: each of its changes is found by reading, and none is sent', async () => {
  const [first, second] = ['1201', '1202'].map((id) => idOf(META, 'campaign', id))
  if (first === undefined || second === undefined) throw new Error('two campaigns')
  const rig = await startRig(
    [first, second].map((id) =>
      entity(id, {
        budgetKind: 'daily',
        dailyBudgetMicros: 400n * ONE,
        editable: [{ field: 'daily_budget', isEditable: true }],
      }),
    ),
  )
  const cut = (id: EntityId) => ({
    kind: 'set_budget',
    entity_id: id,
    budget: 'daily',
    expected_current: '400.00',
    new_value: '320.00',
  })
  const { draftId } = rig.proposeSet([cut(first), cut(second)])
  const { challenge } = await rig.arm(draftId)
  rig.gate.confirm(draftId, challenge.confirmToken, 'click')
  rig.audit.transaction((append) =>
    settleDrafts(rig.drafts, 'restored', rig.clock.nowMs()).forEach((each) => append(each)),
  )
  expect(rig.get(draftId)).toMatchObject({ state: 'unknown', stateReason: 'log_restored' })
  // One of the two had reached the platform after the backup.
  rig.platform.set(first, 'daily_budget', '320.00')
  await rig.reconcile.watch(draftId)
  expect(rig.get(draftId)).toMatchObject({ state: 'partial' })
  expect(rig.drafts.results(draftId).map((row) => row.outcome)).toEqual(['applied', 'not_applied'])
  expect(rig.platform.writes).toHaveLength(0)
  expect(await rig.verified()).toBe(true)
  await rig.close()
})
