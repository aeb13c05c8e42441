/** What can go wrong after a person has decided, and what must not be believed before. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ExecutorStep } from '../../main/approval/executor.ts'
import { TOKEN_LIFE_MS } from '../../main/approval/gate.ts'
import type { Caller } from '../../main/ports.ts'
import type { DraftView } from '../../shared/operations.ts'
import {
  type App,
  externalId,
  liveBudget,
  PASSPHRASE,
  proposeBudget,
  settled,
  someAdGroup,
  startApp,
} from '../support/app.ts'
import { openLedgerFile } from '../support/ledger-file.ts'
import { makeTempFolder } from '../support/temp-folder.ts'
import { waitFor } from '../support/wait-for.ts'

const WINDOW: Caller = { kind: 'window' }
let app: App
let failAt: ExecutorStep | undefined
let pauseAt: { readonly step: ExecutorStep; readonly until: Promise<void> } | undefined
let proposals = 0

beforeAll(async () => {
  app = await startApp(makeTempFolder('after-confirm'), {
    core: {
      onStep: async (step) => {
        if (step === pauseAt?.step) await pauseAt.until
        if (step !== failAt) return
        failAt = undefined
        throw new Error('the disk said no')
      },
    },
  })
}, 120_000)
afterAll(() => app.close())

const arm = (draft: DraftView) => app.window('arm_draft', { draft_id: draft.draft_id, draft_hash: draft.draft_hash })
async function armed(draft: DraftView): Promise<{ draft_id: string; confirm_token: string }> {
  const { challenge } = await arm(draft)
  if (challenge === null) throw new Error('not armed')
  return { draft_id: draft.draft_id, confirm_token: challenge.confirm_token }
}
const confirm = async (draft: DraftView): Promise<void> => void (await app.window('confirm_draft', await armed(draft)))
const state = async (draft: DraftView): Promise<string> =>
  (await app.window('get_draft', { draft_id: draft.draft_id })).draft.state
const worldGroup = (entityId: string) => {
  const found = app.sandbox.world.adGroup(externalId(entityId))
  if (found === undefined) throw new Error('no such ad group')
  return found as { budgetMode: string; budgetMinor: number; operationStatus: string }
}
async function proposeStatus(
  entityId: string,
  from: 'enabled' | 'paused',
  to: 'enabled' | 'paused',
): Promise<DraftView> {
  proposals += 1
  const { draft } = await app.agent('propose_change', {
    idempotency_key: `status-${proposals}-${Date.now()}`,
    title: 'Switch it',
    rationale: 'A reason of enough length.',
    operations: [{ kind: 'set_status', entity_id: entityId, expected_current: from, new_status: to }],
  })
  return draft
}
const syncNow = async (): Promise<void> => {
  await app.window('start_sync', { days: 2 })
  await waitFor(async () => (await app.window('get_sync', {})).sync.state === 'done', {
    what: 'the sync',
    withinMs: 30_000,
  })
}

describe('a fault inside the app while a change is carried out', () => {
  test.each(['intent', 'answered'] as const)('at "%s" leaves a true state without a restart', async (step) => {
    const target = await someAdGroup(app, step === 'intent' ? 0 : 1)
    const draft = await proposeBudget(app, target)
    failAt = step
    await confirm(draft)
    await waitFor(async () => ['applied', 'apply_failed'].includes(await state(draft)), {
      what: 'recovery',
      withinMs: 20_000,
    })
    expect(await state(draft)).toBe(step === 'intent' ? 'apply_failed' : 'applied')
    expect(app.sandbox.requests.writesTo(externalId(target.entityId))).toBe(step === 'intent' ? 0 : 1)
  })

  test('a connection cannot be removed under a write', async () => {
    const draft = await proposeBudget(app, await someAdGroup(app, 2))
    let goOn = (): void => undefined
    pauseAt = { step: 'sent', until: new Promise((resolve) => void (goOn = resolve)) }
    await confirm(draft)
    await waitFor(async () =>
      (await app.window('get_draft', { draft_id: draft.draft_id })).history.some((each) => each.type === 'apply.sent'),
    )
    const [connection] = (await app.window('list_connections', {})).connections
    const error = await app.refusal(WINDOW, 'remove_connection', { connection_id: connection?.connection_id })
    expect(error.code).toBe('entity_busy')
    goOn()
    pauseAt = undefined
    expect(await settled(app, draft.draft_id)).toMatchObject({ state: 'applied' })
  })
})

describe('a daily budget that is gone on the platform', () => {
  test('makes the draft stale at arm', async () => {
    const target = await someAdGroup(app, 3)
    const draft = await proposeBudget(app, target)
    worldGroup(target.entityId).budgetMode = 'BUDGET_MODE_TOTAL'
    expect((await arm(draft)).draft).toMatchObject({
      state: 'stale',
      state_message: expect.stringContaining('no daily budget') as string,
    })
    worldGroup(target.entityId).budgetMode = 'BUDGET_MODE_DAY'
    await syncNow()
  })

  test('makes it stale between arm and confirm, and frees the entity', async () => {
    const target = await someAdGroup(app, 3)
    const draft = await proposeBudget(app, target)
    const ready = await armed(draft)
    worldGroup(target.entityId).budgetMode = 'BUDGET_MODE_TOTAL'
    await app.window('confirm_draft', ready)
    expect(await settled(app, draft.draft_id)).toMatchObject({ state: 'stale' })
    worldGroup(target.entityId).budgetMode = 'BUDGET_MODE_DAY'
    await syncNow()
    const again = await proposeBudget(app, target)
    expect((await arm(again)).challenge).not.toBeNull()
    await app.window('reject_draft', { draft_id: again.draft_id, reason: '' })
  })
})

describe('a change that is written while other settings move', () => {
  test('is applied, and says loudly what nobody approved', async () => {
    const target = await someAdGroup(app, 0)
    const draft = await proposeBudget(app, target)
    const group = app.sandbox.world.adGroup(externalId(target.entityId)) as unknown as {
      targeting: { ageGroups: readonly string[] }
    }
    const ages = group.targeting.ageGroups
    let goOn = (): void => undefined
    pauseAt = { step: 'answered', until: new Promise((resolve) => void (goOn = resolve)) }
    await confirm(draft)
    await waitFor(() => Promise.resolve(app.sandbox.requests.writesTo(externalId(target.entityId)) > 0))
    group.targeting.ageGroups = ['AGE_13_17']
    goOn()
    pauseAt = undefined
    expect(await settled(app, draft.draft_id)).toMatchObject({
      state: 'applied',
      state_reason: 'side_effects',
      state_message: expect.stringContaining('targeting') as string,
    })
    group.targeting.ageGroups = ages
  })
})

describe('switching something on', () => {
  test('is judged by the budget the platform holds now, not by the stored one', async () => {
    const target = await someAdGroup(app, 4)
    const pause = await proposeStatus(target.entityId, 'enabled', 'paused')
    await confirm(pause)
    await settled(app, pause.draft_id)
    const enable = await proposeStatus(target.entityId, 'paused', 'enabled')
    expect(enable.net_daily_movement[0]?.amount).toBe(target.budget)
    app.sandbox.world.setBudgetOutside(externalId(target.entityId), 50_000_000)
    expect(await arm(enable)).toMatchObject({ challenge: null, draft: { state: 'stale' } })
    await syncNow()
    const check = await app.agent('check_change', {
      operations: [
        { kind: 'set_status', entity_id: target.entityId, expected_current: 'paused', new_status: 'enabled' },
      ],
    })
    expect(check.policy).toMatchObject({ outcome: 'block', rules: [{ rule: 'envelope_net' }] })
  })

  test('is refused where its spend per day is not known, as with a lifetime budget', async () => {
    const { accounts } = await app.window('list_accounts', {})
    const lists = await Promise.all(
      accounts.map(({ account_id }) => app.window('list_entities', { account_id, type: 'ad_group', limit: 100 })),
    )
    const lifetime = lists.flatMap((list) => list.entities).find((entity) => entity.budget_kind === 'lifetime')
    if (lifetime === undefined) throw new Error('the sandbox has no lifetime budget')
    app.sandbox.world.setStatusOutside(externalId(lifetime.entity_id), 'DISABLE')
    await syncNow()
    const check = await app.agent('check_change', {
      operations: [
        { kind: 'set_status', entity_id: lifetime.entity_id, expected_current: 'paused', new_status: 'enabled' },
      ],
    })
    expect(check.policy).toMatchObject({ outcome: 'block', rules: [{ rule: 'unknown_spend' }] })
  })

  test('lowering what does not run makes no room in the net envelope', async () => {
    const target = await someAdGroup(app, 4)
    app.sandbox.world.setStatusOutside(externalId(target.entityId), 'DISABLE')
    await syncNow()
    const check = await app.agent('check_change', {
      operations: [
        {
          kind: 'set_budget',
          entity_id: target.entityId,
          budget: 'daily',
          expected_current: liveBudget(app, target.entityId),
          new_value: `${Math.round(Number(liveBudget(app, target.entityId)) * 0.8)}.00`,
        },
      ],
    })
    const [envelope] = check.envelope
    expect(envelope?.net_after).toBe(envelope?.net_used)
    expect(envelope?.gross_after).not.toBe(envelope?.gross_used)
  })
})

describe('a confirmation', () => {
  test('is over when either clock says so, as after a night with the lid closed', async () => {
    const draft = await proposeBudget(app, await someAdGroup(app, 5))
    const ready = await armed(draft)
    app.clock.jumpWall(TOKEN_LIFE_MS + 1)
    expect((await app.refusal(WINDOW, 'confirm_draft', ready)).code).toBe('token_invalid')
    await app.window('reject_draft', { draft_id: draft.draft_id, reason: '' })
  })

  test('dies when a second reading fails, so that nobody goes on with the older one', async () => {
    const draft = await proposeBudget(app, await someAdGroup(app, 5))
    const ready = await armed(draft)
    app.sandbox.faults.add({ kind: 'invalid_token', path: '/adgroup/get/' })
    await app.refusal(WINDOW, 'arm_draft', { draft_id: draft.draft_id, draft_hash: draft.draft_hash })
    expect((await app.refusal(WINDOW, 'confirm_draft', ready)).code).toBe('token_invalid')
    await app.window('reject_draft', { draft_id: draft.draft_id, reason: '' })
  })

  test('that the platform refuses while repeating our token keeps the token out of the log', async () => {
    const draft = await proposeBudget(app, await someAdGroup(app, 5))
    const [issued] = [...app.sandbox.world.accessTokens].slice(-1)
    app.sandbox.faults.add({
      kind: 'code',
      path: '/adgroup/update/',
      code: 40105,
      message: `Access token ${issued ?? ''} is incorrect`,
    })
    await confirm(draft)
    expect(await settled(app, draft.draft_id)).toMatchObject({ state: 'apply_failed' })
    const { records } = await app.window('list_audit', { draft_id: draft.draft_id, limit: 50 })
    expect(records.some((record) => record.disclosed['platform_message']?.includes('is incorrect'))).toBe(true)
    expect(JSON.stringify(records)).not.toContain(issued)
  })
})

test('a wrong passphrase, or a second attempt to unlock, leaves the open workspace open', async () => {
  expect((await app.refusal(WINDOW, 'unlock_workspace', { passphrase: 'not the right one' })).code).toBe(
    'workspace_in_use',
  )
  expect((await app.refusal(WINDOW, 'unlock_workspace', { passphrase: PASSPHRASE })).code).toBe('workspace_in_use')
  expect((await app.window('get_app_state', {})).phase).toBe('ready')
})

test('once verify has found a fault, nothing is approved any more, not even after a restart', async () => {
  const draft = await proposeBudget(app, await someAdGroup(app, 6))
  const db = await openLedgerFile(app.workspaceFolder, app.clock)
  db.exec(
    `DROP TRIGGER entry_no_update; UPDATE entry SET bytes = CAST(replace(CAST(bytes AS TEXT), '"seq":3', '"seq":3 ') AS BLOB) WHERE seq = 3`,
  )
  db.close()
  expect(await app.window('verify_audit', {})).toMatchObject({ is_ok: false, fault: { seq: 3 } })
  const refused = async (): Promise<string> =>
    (await app.refusal(WINDOW, 'arm_draft', { draft_id: draft.draft_id, draft_hash: draft.draft_hash })).code
  expect(await refused()).toBe('ledger_broken')
  app = await app.restart()
  expect(app.core.trouble()?.code ?? (await refused())).toBe('ledger_broken')
})

test('a log that is cut while the app runs stops every approval, and verify says so', async () => {
  const other = await startApp(makeTempFolder('cut'), { syncDays: 2 })
  const draft = await proposeBudget(other, await someAdGroup(other, 0))
  const db = await openLedgerFile(other.workspaceFolder, other.clock)
  const { last } = db.prepare('SELECT max(seq) AS last FROM entry').get() as { last: number }
  db.exec(
    `DROP TRIGGER entry_no_delete; PRAGMA foreign_keys = OFF; DELETE FROM disclosure WHERE seq = ${last}; DELETE FROM entry_index WHERE seq = ${last};
     DELETE FROM entry WHERE seq = ${last}; DELETE FROM checkpoint WHERE size > ${last}`,
  )
  db.close()
  const error = await other.refusal(WINDOW, 'arm_draft', { draft_id: draft.draft_id, draft_hash: draft.draft_hash })
  expect(error.code).toBe('ledger_broken')
  expect(await other.window('verify_audit', {})).toMatchObject({ is_ok: false })
  await other.close()
}, 60_000)

test('a confirmation that comes while its connection is being removed sends nothing and locks nothing', async () => {
  const other = await startApp(makeTempFolder('removing'), { syncDays: 2 })
  const target = await someAdGroup(other, 0)
  const draft = await proposeBudget(other, target)
  const { challenge } = await other.window('arm_draft', { draft_id: draft.draft_id, draft_hash: draft.draft_hash })
  const [connection] = (await other.window('list_connections', {})).connections
  other.sandbox.faults.add({ kind: 'latency', path: '/oauth2/revoke_token/', latencyMs: 800 })
  const removal = other.window('remove_connection', { connection_id: connection?.connection_id ?? '' })
  // The platform is still being asked to revoke the token: removing in that order would let this one out.
  await new Promise((done) => setTimeout(done, 200))
  const confirmation = { draft_id: draft.draft_id, confirm_token: challenge?.confirm_token ?? '' }
  expect((await other.refusal(WINDOW, 'confirm_draft', confirmation)).code).toBe('writes_not_allowed')
  expect(await removal).toEqual({ revoked_on_platform: true })
  expect(other.sandbox.requests.writesTo(externalId(target.entityId))).toBe(0)
  const { draft: left, history } = await other.window('get_draft', { draft_id: draft.draft_id })
  expect(left.state).toBe('armed')
  expect(history.map((each) => each.type)).toEqual(['draft.proposed', 'draft.armed'])
  await other.close()
}, 60_000)
