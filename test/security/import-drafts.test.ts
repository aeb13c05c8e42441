/** An imported account has no connection: changes can be proposed in it, and nothing on this computer can make one of them reach a platform. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Core } from '../../main/core.ts'
import { sandboxAddresses } from '../../main/session-adapters.ts'
import { Secret } from '../../main/secret.ts'
import { openFacts } from '../../main/store/open.ts'
import { openPassphraseStore } from '../../main/vault/passphrase-store.ts'
import { openVault } from '../../main/vault/vault.ts'
import { accountId, entityId } from '../../shared/domain/ids.ts'
import type { DraftView, OutputOf } from '../../shared/operations.ts'
import { AGENT, type App, PASSPHRASE, proposal, propose, startApp } from '../support/app.ts'
import { refusalOf, startRig } from '../support/approval-rig.ts'
import { openLedgerFile } from '../support/ledger-file.ts'
import { entity } from '../support/plan-world.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

const TABLE = [
  'Campaign report',
  '"July 1, 2026 - July 31, 2026"',
  'Campaign status,Campaign,Budget,Budget name,Budget type,Status,Status reasons,Campaign type,Impr.,CTR,Currency code,Cost,Clicks,Conv. rate,Conversions,Avg. CPC,Cost / conv.',
  'Enabled,Brand,25.00, --,Daily,Eligible,eligible,Search,"1,000",4.00%,EUR,310.00,40,5.00%,2.00,7.75,155.00',
  'Paused,Generic, --, --,Daily,Paused,paused,Search,500,2.00%,EUR,90.00,10,0.00%,0.00,9.00,0.00',
].join('\n')
const WORDS = 'This account is imported from files. The change cannot be pushed: there is no connection.'

async function importTable(core: Core): Promise<string> {
  const call = async (name: string, input: unknown): Promise<never> => {
    const reply = await core.run({ kind: 'window' }, name, input)
    if (!reply.ok) throw new Error(`${name}: ${reply.error.message}`)
    return reply.value as never
  }
  const bytes = Buffer.from(TABLE)
  const { import_id } = (await call('begin_import', { file_name: 'c.csv', size_bytes: bytes.length })) as {
    import_id: string
  }
  await call('append_import', { import_id, offset: 0, base64: bytes.toString('base64') })
  const made = (await call('commit_import', {
    import_id,
    choices: { account_name: 'Files' },
  })) as OutputOf<'commit_import'>
  return made.import.account_id ?? ''
}

describe('a draft on an imported account', () => {
  let app: App
  let account = ''
  let draft: DraftView
  const asked = (): number => app.sandbox.requests.entries.length
  beforeAll(async () => {
    app = await startApp(makeTempFolder('import-drafts'), { syncDays: 2 })
    account = await importTable(app.core)
  }, 120_000)
  afterAll(() => app.close())

  async function campaign(name: string): Promise<string> {
    const { entities } = await app.window('list_entities', { account_id: account, type: 'campaign' } as never)
    const found = entities.find(({ untrusted }) => untrusted.name === name)
    if (found === undefined) throw new Error('no such campaign')
    return found.entity_id
  }

  test('is staged, although changes are not switched on there, and says that it cannot be pushed', async () => {
    const { accounts } = await app.window('list_accounts', {})
    expect(accounts.find(({ account_id }) => account_id === account)).toMatchObject({
      writes_allowed: false,
      connection_state: 'imported',
    })
    draft = await propose(app, {
      kind: 'set_budget',
      entity_id: await campaign('Brand'),
      budget: 'daily',
      expected_current: '25.00',
      new_value: '20.00',
    } as never)
    expect(draft).toMatchObject({ state: 'pending' })
    expect(draft.operations[0]?.notes).toEqual([WORDS])
  })

  test('cannot be armed, with the same words, and no platform is asked', async () => {
    const before = asked()
    const refusal = await app.refusal({ kind: 'window' }, 'arm_draft', {
      draft_id: draft.draft_id,
      draft_hash: draft.draft_hash,
    })
    expect(refusal).toMatchObject({ code: 'account_not_available', message: WORDS })
    expect(asked()).toBe(before)
    expect((await app.window('get_draft', { draft_id: draft.draft_id })).draft.state).toBe('pending')
  })

  test('the limits hold there as everywhere', async () => {
    const change = {
      kind: 'set_budget',
      entity_id: await campaign('Brand'),
      budget: 'daily',
      expected_current: '25.00',
    }
    const wild = await app
      .refusal(AGENT, 'check_change', { operations: [{ ...change, new_value: '0.00' }] })
      .catch(() => undefined)
    expect(wild).toBeUndefined()
    const checked = await app.agent('check_change', { operations: [{ ...change, new_value: '0.00' }] } as never)
    expect(checked.policy.outcome).toBe('block')
    const on = {
      kind: 'set_status',
      entity_id: await campaign('Generic'),
      expected_current: 'paused',
      new_status: 'enabled',
    }
    expect((await app.agent('check_change', { operations: [on] } as never)).policy).toMatchObject({
      outcome: 'block',
      rules: [{ rule: 'unknown_spend' }],
    })
  })

  test('what the files do not tell cannot be proposed', async () => {
    const entity_id = await campaign('Generic')
    const budget = { kind: 'set_budget', entity_id, budget: 'daily', expected_current: '10.00', new_value: '9.00' }
    const refusal = await app.refusal(AGENT, 'propose_change', proposal(budget as never))
    expect(refusal).toMatchObject({ code: 'field_not_editable' })
    expect(refusal.message).toContain('imported from files')
  })

  test('changes cannot be switched on there', async () => {
    const refusal = await app.refusal({ kind: 'window' }, 'set_account_writes', {
      account_id: account,
      is_allowed: true,
    })
    expect(refusal.code).toBe('account_not_available')
  })

  test('a file does not go into a connected account, and one of the same name is pointed out', async () => {
    const { accounts } = await app.window('list_accounts', { platform: 'tiktok' })
    const connected = accounts.find(({ connection_state }) => connection_state === 'ok')
    if (connected === undefined) throw new Error('no connected account')
    const bytes = Buffer.from(
      'Campaign name,Ad Group Name,Ad Name,Date,Cost,Impression,Clicks (Destination),Conversions,Currency\nA,B,C,2026-09-01,1.00,10,1,0,EUR\n',
    )
    const { import_id } = await app.window('begin_import', { file_name: 't.csv', size_bytes: bytes.length })
    await app.window('append_import', { import_id, offset: 0, base64: bytes.toString('base64') })
    const into = { account_id: connected.account_id }
    const refused = await app.window('preview_import', { import_id, choices: into })
    expect(refused.can_store).toBe(false)
    expect(refused.warnings[0]).toContain('That account is connected')
    expect((await app.refusal({ kind: 'window' }, 'commit_import', { import_id, choices: into })).message).toContain(
      'connected',
    )
    const beside = await app.window('preview_import', {
      import_id,
      choices: { account_name: connected.untrusted.name },
    })
    expect(beside).toMatchObject({ can_store: true, account: { is_new: true } })
    expect(beside.warnings[0]).toContain('counted twice')
    expect((await app.refusal({ kind: 'window' }, 'remove_imported', { what: connected.account_id })).code).toBe(
      'account_not_available',
    )
    await app.window('cancel_import', { import_id })
  })

  test('somebody who edits both databases so that it looks connected gets no further', async () => {
    const { workspaceFolder, clock } = app
    await app.core.close()
    const ledger = await openLedgerFile(workspaceFolder, clock)
    const real = ledger.prepare('SELECT connection_id FROM connection').pluck().get() as string
    const columns = (ledger.pragma('table_info(connection)') as { name: string }[]).map(({ name }) => name)
    const copied = columns.map((name) => (name === 'connection_id' ? "'import'" : name)).join(', ')
    ledger.exec(
      `INSERT INTO connection (${columns.join(', ')}) SELECT ${copied} FROM connection WHERE connection_id = '${real}'`,
    )
    ledger.close()
    const store = await openPassphraseStore(`${workspaceFolder}/vault.sealed.json`, new Secret(PASSPHRASE))
    const vault = await openVault({ store, clock, encryptedFiles: [] })
    for (const connection of ['import', real]) {
      const facts = openFacts(`${workspaceFolder}/facts.db`, vault.factsKey())
      facts.prepare('UPDATE account SET connection_id = ? WHERE account_id = ?').run(connection, account)
      facts.close()
      const opened: App = await app.restart({ addresses: sandboxAddresses(app.sandbox) })
      const before = asked()
      await opened.core.run({ kind: 'window' }, 'set_account_writes', { account_id: account, is_allowed: true })
      const { draft: now } = await opened.window('get_draft', { draft_id: draft.draft_id })
      const refusal = await opened.refusal({ kind: 'window' }, 'arm_draft', {
        draft_id: now.draft_id,
        draft_hash: now.draft_hash,
      })
      expect(refusal).toMatchObject({ code: 'account_not_available', message: WORDS })
      expect(asked()).toBe(before)
      await opened.core.close()
    }
    vault.close()
  })
})

test('the gate itself neither arms nor confirms it, whatever is said to be allowed', async () => {
  const imported = accountId('google_ads', `0${'1'.repeat(19)}`)
  const id = entityId(imported, 'campaign', 'n_abc')
  const rig = await startRig([
    entity(id, {
      budgetKind: 'daily',
      dailyBudgetMicros: 25_000_000n,
      editable: [{ field: 'daily_budget', isEditable: true }],
    }),
  ])
  try {
    const change = { kind: 'set_budget', entity_id: id, budget: 'daily', expected_current: '25.00', new_value: '20.00' }
    const draft = rig.propose(change)
    expect(rig.deps.writesAllowed(imported)).toBe(true)
    expect((await refusalOf(() => rig.tryArm(draft.draftId))).message).toBe(WORDS)
    const reading = { live: [], validation: [], policy: draft.policy }
    expect((await refusalOf(() => rig.gate.arm(draft, reading))).code).toBe('account_not_available')
    // As if an earlier version, or somebody with the key, had armed it.
    const token = Buffer.alloc(32, 9)
    const { createHash } = await import('node:crypto')
    rig.drafts.armToken({
      tokenHash: createHash('sha256').update(token).digest(),
      draftId: draft.draftId,
      challengeHash: 'a'.repeat(64),
      bootId: 'boot1',
      expiresMonoMs: Number.MAX_SAFE_INTEGER,
      expiresWallMs: Number.MAX_SAFE_INTEGER,
    })
    rig.drafts.transition(draft.draftId, 'pending', 'armed', rig.clock.nowMs())
    const refusal = await refusalOf(() => rig.gate.confirm(draft.draftId, token.toString('base64url'), 'click'))
    expect(refusal).toMatchObject({ code: 'account_not_available', message: WORDS })
    expect(rig.platform.reads + rig.platform.checks.length + rig.platform.writes.length).toBe(0)
    expect(rig.get(draft.draftId).state).toBe('armed')
  } finally {
    await rig.close()
  }
})
