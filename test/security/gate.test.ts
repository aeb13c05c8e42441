/** Everything that must not get past the gate, tried. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Caller } from '../../main/ports.ts'
import { TOKEN_LIFE_MS } from '../../main/approval/gate.ts'
import { OPERATION_NAMES } from '../../shared/operation-names.ts'
import { OPERATIONS, type Operation } from '../../shared/operations.ts'
import {
  aLittleChange,
  AGENT,
  allowWrites,
  type App,
  externalId,
  PASSPHRASE,
  proposal,
  propose,
  proposeBudget,
  settled,
  someAdGroup,
  someEditable,
  startApp,
} from '../support/app.ts'
import { openLedgerFile } from '../support/ledger-file.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

let app: App
beforeAll(async () => {
  app = await startApp(makeTempFolder('gate'))
}, 120_000)
afterAll(() => app.close())

const arm = async (draft: { draft_id: string; draft_hash: string }) => {
  const { challenge } = await app.window('arm_draft', { draft_id: draft.draft_id, draft_hash: draft.draft_hash })
  if (challenge === null) throw new Error('not armed')
  return challenge
}
const confirm = (draftId: string, token: string) => ({ draft_id: draftId, confirm_token: token })
const WINDOW: Caller = { kind: 'window' }
const nothingWritten = (entityId: string): void => expect(app.sandbox.requests.writesTo(externalId(entityId))).toBe(0)

describe('who may decide', () => {
  const decisions = OPERATION_NAMES.filter(
    (name) =>
      (OPERATIONS[name] as Operation).effect === 'decide' || (OPERATIONS[name] as Operation).effect === 'configure',
  )
  const others: readonly Caller[] = [
    AGENT,
    { ...AGENT, scopes: ['mcp.read', 'mcp.draft', 'mcp.approve' as never] },
    { kind: 'loop' },
    { kind: 'cli' },
  ]

  test('no deciding or configuring operation answers an agent, the loop or the command line', async () => {
    for (const name of decisions)
      for (const caller of others) {
        if ((OPERATIONS[name] as Operation).callers.includes(caller.kind)) continue
        expect([name, caller.kind, (await app.refusal(caller, name, {})).code]).toEqual([
          name,
          caller.kind,
          'not_allowed',
        ])
      }
  })

  test('guessed names, and a caller written into the arguments, lead nowhere', async () => {
    const target = await someAdGroup(app, 0)
    const draft = await proposeBudget(app, target)
    const challenge = await arm(draft)
    for (const name of [
      'approve_draft',
      'apply_change',
      'confirm_Draft',
      'confirm_draft ',
      'ｃonfirm_draft',
      '__proto__',
      'constructor',
      'toString',
    ])
      expect((await app.refusal(AGENT, name, confirm(draft.draft_id, challenge.confirm_token))).code).toBe(
        'unknown_operation',
      )
    const forged = { ...confirm(draft.draft_id, challenge.confirm_token), caller: { kind: 'window' } }
    expect((await app.refusal(AGENT, 'confirm_draft', forged)).code).toBe('not_allowed')
    expect((await app.refusal(WINDOW, 'confirm_draft', forged)).code).toBe('invalid_input')
    nothingWritten(target.entityId)
    await app.window('reject_draft', { draft_id: draft.draft_id, reason: '' })
  })

  test('every refused attempt is in the log', async () => {
    const { records } = await app.window('list_audit', { limit: 200 })
    const refused = records.filter((record) => record.type === 'call.refused')
    expect(
      refused.some((record) => record.line.includes('"op":"confirm_draft"') && record.actor.kind === 'agent'),
    ).toBe(true)
    expect(refused.some((record) => record.disclosed['op'] === 'approve_draft')).toBe(true)
  })

  test('an agent with read scope alone cannot draft', async () => {
    const error = await app.refusal({ ...AGENT, scopes: ['mcp.read'] }, 'withdraw_draft', {
      draft_id: 'd_aaaaaaaaaaaaaaaa',
    })
    expect(error).toMatchObject({ code: 'insufficient_scope', details: { required: 'mcp.draft' } })
  })

  test('an agent cannot withdraw what another agent drafted', async () => {
    const draft = await proposeBudget(app, await someAdGroup(app, 0))
    const other: Caller = { ...AGENT, clientId: 'mc_other' }
    expect((await app.refusal(other, 'withdraw_draft', { draft_id: draft.draft_id })).code).toBe('not_yours')
    await app.agent('withdraw_draft', { draft_id: draft.draft_id })
  })
})

describe('a confirm token', () => {
  test('works once', async () => {
    const target = await someAdGroup(app, 1)
    const draft = await proposeBudget(app, target)
    const { confirm_token } = await arm(draft)
    await app.window('confirm_draft', { draft_id: draft.draft_id, confirm_token })
    expect((await app.refusal(WINDOW, 'confirm_draft', confirm(draft.draft_id, confirm_token))).code).toBe(
      'token_invalid',
    )
    await settled(app, draft.draft_id)
    expect(app.sandbox.requests.writesTo(externalId(target.entityId))).toBe(1)
  })

  test('two confirms at the same moment write once', async () => {
    const target = await someAdGroup(app, 2)
    const draft = await proposeBudget(app, target)
    const { confirm_token } = await arm(draft)
    const both = await Promise.all(
      [1, 2].map(() => app.core.run(WINDOW, 'confirm_draft', confirm(draft.draft_id, confirm_token))),
    )
    expect(both.filter((reply) => reply.ok)).toHaveLength(1)
    await settled(app, draft.draft_id)
    expect(app.sandbox.requests.writesTo(externalId(target.entityId))).toBe(1)
  })

  test('dies after two minutes, whatever the wall clock says', async () => {
    const target = await someAdGroup(app, 3)
    const draft = await proposeBudget(app, target)
    const { confirm_token } = await arm(draft)
    app.clock.jumpWall(-24 * 3_600_000)
    app.clock.advance(TOKEN_LIFE_MS + 1)
    expect((await app.refusal(WINDOW, 'confirm_draft', confirm(draft.draft_id, confirm_token))).code).toBe(
      'token_invalid',
    )
    app.clock.jumpWall(24 * 3_600_000)
    nothingWritten(target.entityId)
  })

  test('dies with a newer one, with cancel, with a restart, and fits no other draft', async () => {
    const target = await someAdGroup(app, 3)
    const [first] = (await app.window('list_drafts', { group: 'open' })).drafts
    if (first === undefined) throw new Error('no open draft')
    const older = await arm(first)
    const newer = await arm(first)
    expect((await app.refusal(WINDOW, 'confirm_draft', confirm(first.draft_id, older.confirm_token))).code).toBe(
      'token_invalid',
    )
    const other = await proposeBudget(app, await someAdGroup(app, 4))
    await arm(other)
    expect((await app.refusal(WINDOW, 'confirm_draft', confirm(other.draft_id, newer.confirm_token))).code).toBe(
      'token_invalid',
    )
    await app.window('disarm_draft', { draft_id: first.draft_id })
    expect((await app.refusal(WINDOW, 'confirm_draft', confirm(first.draft_id, newer.confirm_token))).code).toBe(
      'token_invalid',
    )
    const last = await arm(first)
    app = await app.restart()
    expect((await app.refusal(WINDOW, 'confirm_draft', confirm(first.draft_id, last.confirm_token))).code).toBe(
      'token_invalid',
    )
    expect((await app.window('get_draft', { draft_id: first.draft_id })).draft.state).toBe('pending')
    nothingWritten(target.entityId)
  })
})

describe('what was shown is what is written', () => {
  test('a draft hash that is not the one on screen does not arm', async () => {
    const draft = await proposeBudget(app, await someAdGroup(app, 5))
    const error = await app.refusal(WINDOW, 'arm_draft', { draft_id: draft.draft_id, draft_hash: 'a'.repeat(64) })
    expect(error.code).toBe('draft_changed')
    await app.agent('withdraw_draft', { draft_id: draft.draft_id })
  })

  test('a draft changed in the database between arm and confirm is refused', async () => {
    const target = await someAdGroup(app, 5)
    const draft = await proposeBudget(app, target)
    const { confirm_token } = await arm(draft)
    const ledger = await openLedgerFile(app.workspaceFolder, app.clock)
    ledger.prepare(`UPDATE draft_item SET after_value = '9999.00' WHERE draft_id = ?`).run(draft.draft_id)
    ledger.close()
    expect((await app.refusal(WINDOW, 'confirm_draft', confirm(draft.draft_id, confirm_token))).code).toBe(
      'draft_changed',
    )
    nothingWritten(target.entityId)
  })
})

/** Every field that TikTok lets us change: one of each kind of change, and more. */
const FIELDS = [
  'daily_budget',
  'scheduled_budget',
  'status',
  'bid_cap',
  'cost_cap',
  'target_roas',
  'bid_strategy',
] as const

/** Away from the ad groups whose budgets the other stories use; of some fields the sandbox has few. */
const NTH = {
  daily_budget: 8,
  scheduled_budget: 8,
  status: 8,
  bid_cap: 0,
  cost_cap: 4,
  target_roas: 0,
  bid_strategy: 8,
}

describe('every kind of change', () => {
  const writes = (): number => app.sandbox.requests.entries.filter((entry) => entry.isWrite).length
  const anotherValue = {
    daily_budget: '9999.00',
    scheduled_budget: '9999.00',
    status: 'deleted',
    bid_cap: '9.99',
    cost_cap: '99.00',
    target_roas: '99.00',
    bid_strategy: 'lowest_cost',
  }

  test.each(FIELDS)(
    'of %s is proposed, armed, checked by the platform and given up without one write',
    async (field) => {
      const target = await someEditable(app, field, { nth: NTH[field] })
      const before = writes()
      const draft = await propose(app, aLittleChange(target))
      expect(draft.operations[0]?.field).toBe(field)
      const challenge = await arm(draft)
      expect(challenge.live).toMatchObject([{ value: target.current }])
      expect(challenge.validation).toEqual([{ k: 0, result: 'unsupported' }])
      await app.window('reject_draft', { draft_id: draft.draft_id, reason: '' })
      expect(writes()).toBe(before)
    },
  )

  test.each(FIELDS)('of %s that is changed in the database between arm and confirm is refused', async (field) => {
    const target = await someEditable(app, field, { nth: NTH[field] })
    // Put back afterwards: a draft that makes no sense could not even be rejected.
    const changes: readonly (readonly [string, string])[] = [
      ['after_value', anotherValue[field]],
      ['field', field === 'cost_cap' ? 'bid_cap' : 'cost_cap'],
      ['kind', field === 'status' ? 'set_bid' : 'set_status'],
      ['target', 'tiktok:1/budget/5'],
      ['affects_json', `[{"entityId":"${target.entityId}","name":"x"}]`],
      ['takes_effect', field === 'scheduled_budget' ? 'immediately' : 'next_midnight'],
    ]
    const ledger = await openLedgerFile(app.workspaceFolder, app.clock)
    for (const [column, value] of changes) {
      const draft = await propose(app, aLittleChange(target))
      const { confirm_token } = await arm(draft)
      const set = ledger.prepare(`UPDATE draft_item SET ${column} = ? WHERE draft_id = ?`)
      const read = ledger.prepare<[string], string>(`SELECT ${column} FROM draft_item WHERE draft_id = ?`).pluck()
      const original = read.get(draft.draft_id)
      set.run(value, draft.draft_id)
      const { code } = await app.refusal(WINDOW, 'confirm_draft', confirm(draft.draft_id, confirm_token))
      expect([column, code]).toEqual([column, 'draft_changed'])
      set.run(original, draft.draft_id)
      await app.window('reject_draft', { draft_id: draft.draft_id, reason: '' })
    }
    ledger.close()
    nothingWritten(target.entityId)
  })
})

describe('an account whose changes are not switched on', () => {
  test('takes no proposal, arms nothing and confirms nothing; only the window can switch it on', async () => {
    const target = await someEditable(app, 'cost_cap', { nth: 3 })
    const change = aLittleChange(target)
    const draft = await propose(app, change)
    const { confirm_token } = await arm(draft)
    await allowWrites(app, false)
    const accountId = target.entityId.slice(0, target.entityId.indexOf('/'))
    for (const [caller, name, input] of [
      [AGENT, 'propose_change', proposal(change)],
      [WINDOW, 'propose_change', proposal(change)],
      [AGENT, 'check_change', { operations: [change] }],
      [WINDOW, 'confirm_draft', confirm(draft.draft_id, confirm_token)],
      [WINDOW, 'arm_draft', { draft_id: draft.draft_id, draft_hash: draft.draft_hash }],
    ] as const)
      expect([name, (await app.refusal(caller, name, input)).code]).toEqual([name, 'writes_not_allowed'])
    for (const caller of [AGENT, { kind: 'loop' }, { kind: 'cli' }] as const) {
      const on = { account_id: accountId, is_allowed: true }
      expect((await app.refusal(caller, 'set_account_writes', on)).code).toBe('not_allowed')
    }
    nothingWritten(target.entityId)
    await allowWrites(app)
    const again = await arm(draft)
    await app.window('confirm_draft', { draft_id: draft.draft_id, confirm_token: again.confirm_token })
    expect(await settled(app, draft.draft_id)).toMatchObject({ state: 'applied' })
    expect(app.sandbox.requests.writesTo(externalId(target.entityId))).toBe(1)
  })

  test('is what every account is before a person has spoken for it', async () => {
    const fresh = await startApp(makeTempFolder('gate-writes'), { syncDays: 2, writes: false })
    try {
      const { accounts } = await fresh.window('list_accounts', {})
      expect(accounts.map((each) => each.writes_allowed)).toEqual(accounts.map(() => false))
      const change = aLittleChange(await someEditable(fresh, 'daily_budget'))
      expect((await fresh.refusal(AGENT, 'propose_change', proposal(change))).code).toBe('writes_not_allowed')
      expect((await fresh.window('list_drafts', { group: 'any' })).total).toBe(0)
    } finally {
      await fresh.close()
    }
  }, 60_000)
})

describe('the browser window', () => {
  test('needs the vault passphrase at Confirm, and a wrong one uses nothing up', async () => {
    const browser = await startApp(makeTempFolder('gate-browser'), { shell: 'browser' })
    try {
      const target = await someAdGroup(browser, 0)
      const draft = await proposeBudget(browser, target)
      const { challenge } = await browser.window('arm_draft', {
        draft_id: draft.draft_id,
        draft_hash: draft.draft_hash,
      })
      expect(challenge?.factor).toBe('passphrase')
      const token = challenge?.confirm_token ?? ''
      expect((await browser.refusal(WINDOW, 'confirm_draft', confirm(draft.draft_id, token))).code).toBe(
        'wrong_passphrase',
      )
      expect(
        (
          await browser.refusal(WINDOW, 'confirm_draft', {
            ...confirm(draft.draft_id, token),
            passphrase: 'not it at all',
          })
        ).code,
      ).toBe('wrong_passphrase')
      expect(browser.sandbox.requests.writesTo(externalId(target.entityId))).toBe(0)
      await browser.window('confirm_draft', { draft_id: draft.draft_id, confirm_token: token, passphrase: PASSPHRASE })
      expect(await settled(browser, draft.draft_id)).toMatchObject({ state: 'applied' })
    } finally {
      await browser.close()
    }
  }, 120_000)
})
