/** The log as the window lists it, in a workspace with real drafts: what belongs to a draft or an account, who may ask, and a damaged file. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DraftView, InputOf, OutputOf } from '../../shared/operations.ts'
import { AGENT, type App, proposeBudget, settled, someAdGroup, startApp } from '../support/app.ts'
import { openLedgerFile } from '../support/ledger-file.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

let app: App
beforeAll(async () => {
  app = await startApp(makeTempFolder('audit-list'))
}, 60_000)
afterAll(() => app.close())

type Row = OutputOf<'list_audit'>['records'][number]

/** Every page of what is asked for, newest first. */
async function listed(input: InputOf<'list_audit'>): Promise<readonly Row[]> {
  const rows: Row[] = []
  let before: number | null | undefined
  while (before !== null) {
    const page = await app.window('list_audit', { ...input, ...(before === undefined ? {} : { before_seq: before }) })
    rows.push(...page.records)
    before = page.next_before_seq
  }
  return rows
}

async function approve(draft: DraftView): Promise<void> {
  const { challenge } = await app.window('arm_draft', { draft_id: draft.draft_id, draft_hash: draft.draft_hash })
  await app.window('confirm_draft', { draft_id: draft.draft_id, confirm_token: challenge?.confirm_token ?? '' })
  await settled(app, draft.draft_id)
}

describe('a draft’s records', () => {
  test('are its own, and those of the drafts that undid it or took its place that name it', async () => {
    const target = await someAdGroup(app)
    const first = await proposeBudget(app, target)
    const { draft: edited } = await app.window('revise_draft', {
      draft_id: first.draft_id,
      draft_hash: first.draft_hash,
      values: [{ k: 0, new_value: `${Math.round(Number(target.budget) * 0.95)}.00` }],
    })
    await approve(edited)
    const { draft: undo } = await app.window('propose_undo', { draft_id: edited.draft_id })
    if (undo === null) throw new Error('no undo was proposed')
    await approve(undo)

    const named = async (draftId: DraftView['draft_id'], own: string): Promise<string[]> =>
      (await listed({ draft_id: draftId, limit: 3 }))
        .filter((row) => (row.draft_id === draftId) === (own === 'own'))
        .map((row) => `${row.draft_id} ${row.type}`)
        .toReversed()
    expect(await named(first.draft_id, 'own')).toEqual([
      `${first.draft_id} draft.proposed`,
      `${first.draft_id} draft.revised`,
    ])
    expect(await named(first.draft_id, 'others')).toEqual([])
    expect(await named(edited.draft_id, 'own')).toHaveLength(8)
    expect(await named(edited.draft_id, 'others')).toEqual([
      `${first.draft_id} draft.revised`,
      `${undo.draft_id} draft.proposed`,
    ])
    expect(await named(undo.draft_id, 'others')).toEqual([`${edited.draft_id} draft.rolled_back`])
  })

  test('belong to the account that the draft changes, also where they do not say so', async () => {
    const target = await someAdGroup(app, 1)
    const draft = await proposeBudget(app, target)
    await app.window('reject_draft', { draft_id: draft.draft_id, reason: 'Not before the Größe sale' })
    const account = draft.operations[0]?.account_id
    if (account === undefined) throw new Error('a draft has an account')
    const [rejected] = await listed({ account_id: account, search: 'grösse SALE' })
    expect(rejected).toMatchObject({
      type: 'draft.rejected',
      group: 'decisions',
      draft_id: draft.draft_id,
      withheld: [],
    })
    const silent = (await listed({ account_id: account, limit: 200 })).filter((row) => !row.line.includes(account))
    expect(new Set(silent.map((row) => row.type))).toEqual(
      new Set(['draft.rolled_back', 'draft.applied', 'apply.outcome', 'apply.sent', 'draft.revised']),
    )
    expect(rejected?.checkpoint_size).toBeGreaterThan(rejected?.seq ?? 0)

    const { accounts } = await app.window('list_accounts', {})
    const other = accounts.find((each) => each.account_id !== account)?.account_id
    if (other === undefined) throw new Error('there are several accounts')
    const others = await listed({ account_id: other })
    expect(others.some((row) => row.type === 'account.writes')).toBe(true)
    expect(others.filter((row) => row.draft_id !== null)).toEqual([])
  })
})

describe('days', () => {
  test('are of the records’ own time, both included', async () => {
    const all = await listed({ limit: 200 })
    const today = all[0]?.at.slice(0, 10) ?? ''
    expect(await listed({ from: today, to: today, limit: 200 })).toEqual(all.filter((row) => row.at.startsWith(today)))
    expect(await listed({ to: '2020-01-01' })).toEqual([])
    // Days that no calendar has are before or after others all the same.
    expect(await listed({ from: '2020-02-31', to: '9999-99-99', limit: 200 })).toEqual(all)
  })
})

describe('who may ask', () => {
  test.each([
    ['an AI client', AGENT],
    ['the loop', { kind: 'loop' }],
    ['the command line', { kind: 'cli' }],
  ] as const)('not %s', async (_, caller) => {
    expect((await app.refusal(caller, 'list_audit', {})).code).toBe('not_allowed')
    expect((await app.refusal(caller, 'list_audit', { search: 'x' })).code).toBe('not_allowed')
  })
})

test.each(['%', '_', '.*', '(', '[', '\\', "'; DROP TABLE entry; --", '\0', '\0\0', '\ud800', '$&', '\u202E', '"'])(
  'a search for %j looks for just that',
  async (search) => {
    const all = await listed({ limit: 200 })
    const wanted = all.filter((row) =>
      [row.line, ...Object.values(row.disclosed)].some((each) => each.includes(search)),
    )
    expect(await listed({ search, limit: 200 })).toEqual(wanted)
    expect(wanted.length).toBeLessThan(search === '"' ? Infinity : all.length)
  },
)

describe('a ledger that somebody wrote to', () => {
  test('is listed as it is, with the lines that cannot be read', async () => {
    const { size } = await app.window('list_audit', { limit: 1 })
    const db = await openLedgerFile(app.workspaceFolder, app.clock)
    db.exec('DROP TRIGGER entry_no_update; DROP TRIGGER entry_no_delete; PRAGMA foreign_keys = OFF')
    db.prepare('UPDATE entry SET bytes = ? WHERE seq = 2').run(Buffer.from('\xff\0 not a record', 'latin1'))
    db.prepare('UPDATE entry SET bytes = zeroblob(200000) WHERE seq = 3').run()
    db.prepare('UPDATE disclosure SET disclosure = ? WHERE seq > 4').run('%%%')
    const unreadable = (await listed({ groups: ['log'], limit: 200 })).filter((row) => row.type === 'unreadable')
    expect(unreadable.map((row) => [row.seq, row.at, row.actor.kind])).toEqual([
      [3, '', 'unknown'],
      [2, '', 'unknown'],
    ])
    expect((await listed({ search: 'NOT A RECORD' })).map((row) => row.seq)).toEqual([2])
    expect(await listed({ search: 'Größe' })).toEqual([])

    db.prepare('DELETE FROM entry WHERE seq > 20').run()
    db.close()
    const after = await app.window('list_audit', { limit: 200 })
    expect([size > 21, after.size, after.records.length, after.next_before_seq]).toEqual([true, 21, 21, null])
  })
})
