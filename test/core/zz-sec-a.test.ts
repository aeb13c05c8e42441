import { expect, test } from 'vitest'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connectionOf, startConnectRig } from '../support/connect-rig.ts'
import { makeTempFolder } from '../support/temp-folder.ts'
import { startApp, someAdGroup, proposeBudget, settled, PASSPHRASE } from '../support/app.ts'
import { waitFor } from '../support/wait-for.ts'
import { createCore } from '../../main/core.ts'
import { Secret } from '../../main/secret.ts'

test('T1 two people with one app before the first listing', async () => {
  const rig = await startConnectRig(makeTempFolder('zz1'))
  const advertisers = rig.tiktok.world.advertisers as unknown[]
  const all = advertisers.splice(0)
  const input = () => {
    const { credentials } = rig.tiktok
    return { app_id: credentials.appId, app_secret: credentials.appSecret, auth_code: credentials.authCode() }
  }
  console.log('advertisers', all.length)
  advertisers.push(all[0])
  const a = await rig.window('connect_tiktok', input())
  advertisers.splice(0)
  advertisers.push(all[1])
  const b = await rig.window('connect_tiktok', input())
  advertisers.splice(0, 9, ...all)
  await rig.close()
  expect(b.connection.connection_id).not.toBe(a.connection.connection_id)
})

test('T4 removing keeps opt-in', async () => {
  const rig = await startConnectRig(makeTempFolder('zz4'))
  const input = () => {
    const { credentials } = rig.tiktok
    return { app_id: credentials.appId, app_secret: credentials.appSecret, auth_code: credentials.authCode() }
  }
  const a = await rig.window('connect_tiktok', input())
  await rig.syncAll()
  const [account] = (await connectionOf(rig, a.connection.connection_id)).account_ids
  if (!account) throw new Error('x')
  await rig.window('set_account_writes', { account_id: account, is_allowed: true })
  await rig.window('remove_connection', { connection_id: a.connection.connection_id })
  await rig.window('connect_tiktok', input())
  await rig.syncAll()
  const found = (await rig.window('list_accounts', {})).accounts.find((x) => x.account_id === account)
  await rig.close()
  expect(found?.writes_allowed).toBe(false)
})

test('T3 sync between answer and read back', async () => {
  let onAnswered: () => Promise<void> = async () => undefined
  const app = await startApp(makeTempFolder('zz3'), {
    core: {
      onStep: async (step) => {
        if (step === 'answered') await onAnswered()
      },
    },
  })
  const group = await someAdGroup(app)
  const draft = await proposeBudget(app, group)
  onAnswered = async () => {
    app.clock.advance(1000)
    await app.window('start_sync', { days: 2 })
    await waitFor(async () => (await app.window('get_sync', {})).sync.state !== 'running', {
      what: 's',
      withinMs: 60_000,
    })
    app.clock.advance(1000)
  }
  const armed = await app.window('arm_draft', { draft_id: draft.draft_id, draft_hash: draft.draft_hash })
  await app.window('confirm_draft', {
    draft_id: draft.draft_id,
    confirm_token: armed.challenge?.confirm_token ?? '',
    passphrase: PASSPHRASE,
  })
  expect((await settled(app, draft.draft_id)).state).toBe('applied')
  const view = await app.window('get_entity', { entity_id: group.entityId })
  await app.close()
  expect(view.outside_changes).toEqual([])
})

test('T5 flipped isDemo', async () => {
  const app = await startApp(makeTempFolder('zz5'), { writes: false })
  const { accounts } = await app.window('list_accounts', {})
  expect(accounts.some((a) => a.writes_allowed)).toBe(false)
  await app.core.close()
  const file = join(app.workspaceFolder, 'workspace.json')
  const json = JSON.parse(readFileSync(file, 'utf8'))
  writeFileSync(file, JSON.stringify({ ...json, isDemo: true }))
  const again = await app.restart().catch((e) => {
    console.log('restart', e)
    throw e
  })
  console.log(JSON.stringify((await again.window('get_app_state', {})).trouble))
  const after = (await again.window('list_accounts', {})).accounts
  await again.close()
  expect(after.some((a) => a.writes_allowed)).toBe(false)
})
