/** A workspace over its life: made, closed, found again, unlocked, half-made, in use elsewhere; and the demo beside it. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Reply } from '../../shared/api.ts'
import type { OperationName } from '../../shared/operation-names.ts'
import type { InputOf, OutputOf } from '../../shared/operations.ts'
import { type Core, type CoreOptions, createCore } from '../../main/core.ts'
import { Secret } from '../../main/secret.ts'
import { PASSPHRASE, testClock, testPorts } from '../support/app.ts'
import { makeTempFolder } from '../support/temp-folder.ts'
import { waitFor } from '../support/wait-for.ts'

const start = (home: string, options: CoreOptions = {}, port = 0): Promise<Core> =>
  createCore({ ...testPorts(home, testClock(), 'browser'), mcpPort: port }, { startsWork: false, ...options })

async function ask<N extends OperationName>(core: Core, name: N, input: InputOf<N>): Promise<OutputOf<N>> {
  const reply = (await core.run({ kind: 'window' }, name, input)) as Reply<OutputOf<N>>
  if (!reply.ok) throw new Error(`${reply.error.code}: ${reply.error.message}`)
  return reply.value
}

test('a passphrase workspace is found again after a restart, says what it wants, and opens with the right passphrase only', async () => {
  const home = makeTempFolder('life')
  const first = await start(home)
  expect(await ask(first, 'get_app_state', {})).toMatchObject({ phase: 'first_run', workspace: null })
  await ask(first, 'create_workspace', { vault: 'passphrase', passphrase: PASSPHRASE })
  await first.close()

  const again = await start(home)
  expect(await ask(again, 'get_app_state', {})).toMatchObject({
    phase: 'locked',
    workspace: { vault: 'passphrase', is_demo: false },
    keychain: 'unchecked', // asking it could show a dialog that nobody needs
  })
  await expect(ask(again, 'unlock_workspace', { passphrase: 'not the right one' })).rejects.toThrow(/wrong_passphrase/)
  expect((await ask(again, 'get_app_state', {})).phase).toBe('locked')
  await ask(again, 'unlock_workspace', { passphrase: PASSPHRASE })
  expect((await ask(again, 'get_app_state', {})).phase).toBe('ready')
  await again.close()
  await expect(ask(again, 'unlock_workspace', { passphrase: PASSPHRASE })).rejects.toThrow(/cancelled/)

  const script = await start(home, { passphrase: new Secret('a wrong variable') })
  expect(await ask(script, 'get_app_state', {})).toMatchObject({ phase: 'locked', trouble: null })
  await script.close()
}, 60_000)

test('a workspace whose making was interrupted leads back to setting it up, and never takes a typo for its passphrase', async () => {
  const home = makeTempFolder('half-made')
  const first = await start(home)
  await ask(first, 'create_workspace', { vault: 'passphrase', passphrase: PASSPHRASE })
  await first.close()
  const file = join(home, 'workspaces', 'default', 'workspace.json')
  writeFileSync(file, readFileSync(file, 'utf8').replace('"ready"', '"creating"'))
  const again = await start(home)
  expect((await ask(again, 'get_app_state', {})).phase).toBe('first_run')
  await expect(
    ask(again, 'create_workspace', { vault: 'passphrase', passphrase: 'another passphrase' }),
  ).rejects.toThrow(/wrong_passphrase/)
  await ask(again, 'create_workspace', { vault: 'passphrase', passphrase: PASSPHRASE })
  expect((await ask(again, 'get_app_state', {})).phase).toBe('ready')
  await again.close()
}, 60_000)

test('a command neither disturbs an open window nor makes a demo', async () => {
  const home = makeTempFolder('command')
  const none = await start(home, { isCommand: true, workspace: 'demo' })
  expect([none.isOpen(), existsSync(join(home, 'workspaces', 'demo'))]).toEqual([false, false])
  await none.close()
  let shown = 0
  const open = await start(home, { workspace: 'demo', onShow: () => void (shown += 1) })
  const command = await start(home, { isCommand: true, workspace: 'demo' })
  expect(command.trouble()?.code).toBe('workspace_in_use')
  expect(shown).toBe(0)
  const second = await start(home, { workspace: 'demo' })
  expect(second.trouble()?.code).toBe('workspace_in_use')
  expect(shown).toBe(1)
  await Promise.all([command.close(), second.close()])
  await open.close()
}, 60_000)

test('the demo has its drafts even where another program holds the agent’s port, and the log says who set it up', async () => {
  const blocker = createServer()
  const port = await new Promise<number>((resolve) => {
    blocker.listen(0, '127.0.0.1', () => resolve((blocker.address() as { port: number }).port))
  })
  const core = await start(makeTempFolder('busy-port'), { workspace: 'demo', startsWork: true }, port)
  try {
    await waitFor(async () => (await ask(core, 'list_drafts', { group: 'any' })).total === 6, {
      what: 'six proposals',
      withinMs: 150_000,
    })
    const { records } = await ask(core, 'list_audit', { limit: 200 })
    for (const type of ['connection.added', 'client.added'])
      expect(records.find((record) => record.type === type)?.actor.kind).toBe('system')
    expect((await ask(core, 'list_clients', {})).http_problem).not.toBeNull()
  } finally {
    await core.close()
    blocker.close()
  }
}, 180_000)

test('two attempts to make a workspace at once make one', async () => {
  const core = await start(makeTempFolder('twice'))
  const both = await Promise.all(
    [1, 2].map(() => core.run({ kind: 'window' }, 'create_workspace', { vault: 'passphrase', passphrase: PASSPHRASE })),
  )
  expect(both.filter((reply) => reply.ok)).toHaveLength(1)
  await core.close()
}, 60_000)

test('a person goes from the demo to a workspace of their own and back, and a wrong passphrase keeps the demo open', async () => {
  const core = await start(makeTempFolder('there-and-back'))
  const where = async (): Promise<string | undefined> => (await ask(core, 'get_app_state', {})).workspace?.name
  await ask(core, 'open_demo', {})
  expect(await where()).toBe('Demo')
  await ask(core, 'create_workspace', { vault: 'passphrase', passphrase: PASSPHRASE })
  expect(await where()).toBe('My workspace')
  expect((await ask(core, 'list_connections', {})).connections).toEqual([])
  await ask(core, 'open_demo', {})
  expect(await where()).toBe('Demo')
  await expect(ask(core, 'unlock_workspace', { passphrase: 'not the right one' })).rejects.toThrow(/wrong_passphrase/)
  expect(await where()).toBe('Demo')
  expect((await ask(core, 'list_connections', {})).connections.map((each) => each.platform)).toEqual([
    'google_ads',
    'meta',
    'tiktok',
  ])
  await ask(core, 'unlock_workspace', { passphrase: PASSPHRASE })
  expect(await where()).toBe('My workspace')
  await core.close()
}, 60_000)
