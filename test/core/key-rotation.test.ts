/** The key that signs the log is changed by age and on suspicion, and no crash or lost keychain in between leaves a log that nobody can sign. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROTATE_AFTER_MS } from '../../main/audit/rotation.ts'
import { verifyLog } from '../../main/audit/verify.ts'
import { Keychain } from '../../main/vault/keychain.ts'
import { Secret } from '../../main/secret.ts'
import { createWorkspace, openWorkspace } from '../../main/workspace.ts'
import { systemClock } from '../../shared/clock.ts'
import { openSessionLog } from '../../main/session-log.ts'
import { AGENT, PASSPHRASE, startApp, testPorts } from '../support/app.ts'
import { RigHome, type SessionRig } from '../support/session-rig.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

const DAY_MS = 86_400_000
const KEY_BYTES = 32

async function isWhole(rig: SessionRig): Promise<boolean> {
  await rig.session.audit.pinHead()
  const headPin = await rig.opened.vault.headPin.read()
  return (await verifyLog({ db: rig.opened.ledger, vkey: rig.session.audit.vkey, headPin })).ok
}

test('on suspicion a person changes the key: the old one is forgotten, everything before still verifies, and the log has the same name', async () => {
  const home = new RigHome()
  const rig = await home.open()
  const before = await rig.ask('get_log_identity', {})
  const oldSecret = home.secrets.items.get('signing')
  const { key_id } = await rig.ask('rotate_signing_key', { reason: 'suspicion' })
  const after = await rig.ask('get_log_identity', {})
  expect(after).toMatchObject({
    origin: before.origin,
    vkey: before.vkey,
    key: { key_id, reason: 'suspicion', is_old_key_kept: false },
    rotations: 1,
    faults: [],
  })
  expect(after.key.vkey).not.toBe(before.key.vkey)
  expect(after.pinned?.size).toBe(after.head.size)
  const stored = home.secrets.items.get('signing')
  expect(stored?.byteLength).toBe(KEY_BYTES)
  expect(stored?.equals(oldSecret ?? Buffer.alloc(0))).toBe(false)
  expect(await isWhole(rig)).toBe(true)
  await rig.close()
  const again = await home.open()
  expect((await again.ask('get_log_identity', {})).key.key_id).toBe(key_id)
  expect(await isWhole(again)).toBe(true)
  await again.close()
})

test('two requests at once are two changes, one after the other', async () => {
  const rig = await new RigHome().open()
  const both = await Promise.all([1, 2].map(() => rig.ask('rotate_signing_key', { reason: 'user_change' })))
  expect(new Set(both.map((each) => each.key_id)).size).toBe(2)
  expect((await rig.ask('get_log_identity', {})).rotations).toBe(2)
  expect(await isWhole(rig)).toBe(true)
  await rig.close()
})

test('nobody but the window may change the key, and a command may look at it', async () => {
  const app = await startApp(makeTempFolder('rotation-door'), { writes: false, syncDays: 2 })
  for (const caller of [AGENT, { kind: 'cli' }, { kind: 'loop' }] as const)
    expect((await app.refusal(caller, 'rotate_signing_key', { reason: 'suspicion' })).code).toBe('not_allowed')
  expect((await app.refusal(AGENT, 'get_log_identity', {})).code).toBe('not_allowed')
  expect(await app.core.run({ kind: 'cli' }, 'get_log_identity', {})).toMatchObject({ ok: true })
  await app.window('rotate_signing_key', { reason: 'user_change' })
  expect(await app.window('verify_audit', {})).toMatchObject({ is_ok: true })
  await app.close()
}, 120_000)

const CRASHES = [
  { step: 'nothing done', rotations: 0 },
  { step: 'new key stored', rotations: 0 },
  { step: 'record committed', rotations: 1 },
  { step: 'old key forgotten', rotations: 1 },
  { step: 'head pinned', rotations: 1 },
]
test.each(CRASHES)(
  'kill -9 when $step: the next start has the one key that the log needs',
  async ({ step, rotations }) => {
    const folder = join(makeTempFolder('rotation'), 'main')
    const keychain = new Keychain()
    const secret = { passphrase: new Secret(PASSPHRASE) }
    const common = { folder, clock: systemClock, keychain, ...secret }
    const made = await createWorkspace({
      ...common,
      name: 'Main',
      isDemo: false,
      vaultKind: 'passphrase',
      cost: { N: 1024, r: 8, p: 1 },
    })
    const deps = {
      ports: testPorts(folder, systemClock),
      bootId: 'boot1',
      appVersion: '0.0.0',
      onChange: () => undefined,
    }
    const first = await openSessionLog({ ...deps, opened: made })
    await first.close()
    made.close()

    const child = spawnSync(
      process.execPath,
      [join(import.meta.dirname, '../support/rotation-child.ts'), folder, step],
      { encoding: 'utf8' },
    )
    expect([child.signal, child.stderr]).toEqual(['SIGKILL', ''])

    const opened = await openWorkspace(common)
    const reopened = await openSessionLog({ ...deps, opened })
    const { audit, problems } = reopened
    expect(opened.vault.nextSigningKey).toBeUndefined()
    expect(problems.list()).toEqual([])
    expect(audit.list({ type: 'key.rotated', limit: 10 })).toHaveLength(rotations)
    audit.transaction((append) => append({ type: 'app.stopped', actor: { kind: 'system', id: 'app' }, data: {} }))
    await reopened.close()
    const headPin = await opened.vault.headPin.read()
    expect(await verifyLog({ db: opened.ledger, vkey: audit.vkey, headPin })).toMatchObject({ ok: true })
    opened.close()
  },
  60_000,
)

test('a keychain that is gone before anything was done changes nothing, and says so', async () => {
  const home = new RigHome()
  const rig = await home.open()
  const before = await rig.ask('get_log_identity', {})
  home.secrets.isGone = true
  await expect(rig.ask('rotate_signing_key', { reason: 'suspicion' })).rejects.toThrow(
    /keychain_missing: .*Nothing was changed/,
  )
  home.secrets.isGone = false
  expect((await rig.ask('get_log_identity', {})).key).toMatchObject({ vkey: before.key.vkey })
  expect(await isWhole(rig)).toBe(true)
  await rig.close()
})

test.each(['within the run', 'at the next start'])(
  'a keychain that goes away before the old key is forgotten: the new key signs, and the old one goes %s',
  async (when) => {
    const home = new RigHome()
    const rig = await home.open()
    let signingWrites = 0
    home.secrets.beforeWrite = (name) => {
      if (name === 'signing' && ++signingWrites === 2) home.secrets.isGone = true
      if (home.secrets.isGone) throw new Error('the service is gone')
    }
    await expect(rig.ask('rotate_signing_key', { reason: 'suspicion' })).rejects.toThrow(
      /signed with a new key from now on, but the vault could not forget the old one/,
    )
    const between = await rig.ask('get_log_identity', {})
    expect(between.key).toMatchObject({ reason: 'suspicion', is_old_key_kept: true })
    expect(between.faults.map((fault) => fault.kind)).toContain('head_not_pinned')
    expect(home.secrets.items.get('signing')?.byteLength).toBe(2 * KEY_BYTES)
    // The log goes on, signed by the new key.
    rig.session.audit.transaction((append) =>
      append({ type: 'app.started', actor: { kind: 'system', id: 'app' }, data: { app: '0.0.0' } }),
    )
    const heal = (): void => {
      home.secrets.isGone = false
      home.secrets.beforeWrite = () => undefined
    }
    let open = rig
    if (when === 'within the run') {
      heal()
      await rig.session.sessionLog.keepUp()
    } else {
      await rig.close()
      heal()
      open = await home.open()
    }
    expect(home.secrets.items.get('signing')?.byteLength).toBe(KEY_BYTES)
    expect(await open.ask('get_log_identity', {})).toMatchObject({
      key: { key_id: between.key.key_id, is_old_key_kept: false },
      faults: [],
    })
    expect(await isWhole(open)).toBe(true)
    await open.close()
  },
)

test('a key is changed by itself after 90 days, at the start or while the app runs, and not a day before', async () => {
  const home = new RigHome()
  const rig = await home.open({ keepsUp: true })
  const due = Date.parse((await rig.ask('get_log_identity', {})).key.next_rotation_due)
  expect(Math.abs(due - home.clock.nowMs() - ROTATE_AFTER_MS)).toBeLessThan(60_000)
  home.clock.advance(ROTATE_AFTER_MS - DAY_MS)
  await rig.session.sessionLog.keepUp()
  expect((await rig.ask('get_log_identity', {})).rotations).toBe(0)
  home.clock.advance(2 * DAY_MS)
  await rig.session.sessionLog.keepUp()
  expect(await rig.ask('get_log_identity', {})).toMatchObject({ rotations: 1, key: { reason: 'scheduled' } })
  await rig.session.sessionLog.keepUp()
  await rig.close()
  home.clock.advance(ROTATE_AFTER_MS + DAY_MS)
  const again = await home.open({ keepsUp: true })
  await again.session.sessionLog.rotation().whenIdle()
  expect((await again.ask('get_log_identity', {})).rotations).toBe(2)
  expect(await isWhole(again)).toBe(true)
  await again.close()
})

test('a wall clock set back by a year does not keep an old key in use, and one set forward for a moment ages no key while the app runs', async () => {
  const home = new RigHome()
  const rig = await home.open({ keepsUp: true })
  home.clock.jumpWall(ROTATE_AFTER_MS * 2)
  await rig.session.sessionLog.keepUp()
  expect((await rig.ask('get_log_identity', {})).rotations).toBe(0)
  home.clock.jumpWall(-ROTATE_AFTER_MS * 2 - 365 * DAY_MS)
  home.clock.advance(ROTATE_AFTER_MS + DAY_MS)
  await rig.session.sessionLog.keepUp()
  expect((await rig.ask('get_log_identity', {})).rotations).toBe(1)
  await rig.close()
})

test('a clock that was set back a day while the app was closed is on record and told, and a clock that went on is not', async () => {
  const home = new RigHome()
  const first = await home.open()
  await first.close()
  home.clock.advance(DAY_MS)
  const second = await home.open()
  expect(second.session.audit.list({ type: 'clock.jump', limit: 10 })).toEqual([])
  expect(second.notified).toEqual([])
  await second.close()
  home.clock.jumpWall(-DAY_MS)
  const third = await home.open()
  const [jump] = third.session.audit.list({ type: 'clock.jump', limit: 10 })
  expect(JSON.parse(jump?.line ?? '{}').data.wallMs).toBeLessThan(-DAY_MS + 60_000)
  expect(third.notified).toMatchObject([{ title: expect.stringContaining('set back') }])
  expect((await third.ask('get_log_identity', {})).alarms).toMatchObject([{ kind: 'clock_set_back', seq: jump?.seq }])
  await third.close()
  const fourth = await home.open()
  expect(fourth.session.audit.list({ type: 'clock.jump', limit: 10 })).toHaveLength(1)
  expect(await isWhole(fourth)).toBe(true)
  await fourth.close()
})
