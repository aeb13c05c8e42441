/** What guards Confirm, through the app's own door: who may change it, what weakening costs, and that the gate obeys it. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runReview } from '../../main/cli/review.ts'
import { Secret } from '../../main/secret.ts'
import { AGENT, type App, PASSPHRASE, proposeBudget, settled, someAdGroup, startApp } from '../support/app.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

const WINDOW = { kind: 'window' } as const
const NEW_PASSPHRASE = 'wandering green anvil'
const folder = makeTempFolder('second-person')
const keyFile = join(folder, 'ana.pem')

let app: App
let vkey: string
beforeAll(async () => {
  app = await startApp(makeTempFolder('sign-off-settings'))
  vkey = (await review('new-key', '--out', keyFile, '--name', 'Ana')).trim()
}, 120_000)
afterAll(() => app.close())

/** The second person at their own computer. @returns what was printed. @throws Error with the words when it did not work */
async function review(...args: string[]): Promise<string> {
  let [out, said] = ['', '']
  const passphrase = async () => new Secret('a key of my own')
  const status = await runReview(args, {
    clock: app.clock,
    passphrase,
    newPassphrase: passphrase,
    line: async () => undefined,
    out: (text) => void (out += text),
    say: (text) => void (said += text),
  })
  if (status !== 0) throw new Error(said)
  return out
}

const settingsOnRecord = async (): Promise<string[]> => {
  const { records } = await app.window('list_audit', { limit: 30 })
  return records.flatMap(({ type, line }) => {
    if (type !== 'setting.changed') return []
    const { data } = JSON.parse(line) as { data: { setting: string; before: string | null; after: string } }
    return [`${data.setting}: ${data.before} → ${data.after}`]
  })
}

describe('the factor', () => {
  test('is a click at first; strengthening is free, weakening needs the passphrase, and both are on record', async () => {
    expect(await app.window('get_sign_off_settings', {})).toMatchObject({
      confirm_factor: 'click',
      effective_factor: 'click',
      second_person: { is_on: false, above_units: null },
      has_passphrase: true,
    })
    await app.window('set_sign_off_settings', { confirm_factor: 'passphrase' })
    expect((await app.refusal(WINDOW, 'set_sign_off_settings', { confirm_factor: 'click' })).code).toBe(
      'wrong_passphrase',
    )
    const wrong = { confirm_factor: 'click', passphrase: 'not it at all' }
    expect((await app.refusal(WINDOW, 'set_sign_off_settings', wrong)).code).toBe('wrong_passphrase')
    expect((await app.window('get_sign_off_settings', {})).confirm_factor).toBe('passphrase')
    await app.window('set_sign_off_settings', { confirm_factor: 'click', passphrase: PASSPHRASE })
    expect(await settingsOnRecord()).toEqual([
      'confirm_factor: passphrase → click',
      'confirm_factor: click → passphrase',
    ])
  })

  test('of the operating system cannot be chosen where there is none, and says why', async () => {
    const { factors } = await app.window('get_sign_off_settings', {})
    expect(factors.find((each) => each.factor === 'os_prompt')).toMatchObject({ is_available: false })
    const refusal = await app.refusal(WINDOW, 'set_sign_off_settings', { confirm_factor: 'os_prompt' })
    expect(refusal).toMatchObject({ code: 'invalid_input', message: expect.stringContaining('operating system') })
  })

  test('at Confirm is really asked for', async () => {
    await app.window('set_sign_off_settings', { confirm_factor: 'passphrase' })
    const draft = await proposeBudget(app, await someAdGroup(app, 4))
    const { challenge } = await app.window('arm_draft', { draft_id: draft.draft_id, draft_hash: draft.draft_hash })
    const confirm = { draft_id: draft.draft_id, confirm_token: challenge?.confirm_token ?? '' }
    expect((await app.refusal(WINDOW, 'confirm_draft', confirm)).code).toBe('wrong_passphrase')
    await app.window('confirm_draft', { ...confirm, passphrase: PASSPHRASE })
    expect((await settled(app, draft.draft_id)).state).toBe('applied')
    const { records } = await app.window('list_audit', { limit: 20, draft_id: draft.draft_id })
    expect(records.find((each) => each.type === 'draft.approved')?.line).toContain('"auth":"passphrase"')
    await app.window('set_sign_off_settings', { confirm_factor: 'click', passphrase: PASSPHRASE })
  })
})

describe('the two-person rule', () => {
  test('cannot be switched on before somebody could answer', async () => {
    const on = { second_person: { is_on: true, above_units: null } }
    expect((await app.refusal(WINDOW, 'set_sign_off_settings', on)).code).toBe('invalid_input')
  })

  test('holds the gate until a second person has answered, and lets the answered draft pass', async () => {
    expect((await app.refusal(WINDOW, 'add_reviewer', { name: 'Ana', vkey })).code).toBe('wrong_passphrase')
    const { reviewer } = await app.window('add_reviewer', { name: 'Ana', vkey, passphrase: PASSPHRASE })
    await app.window('set_sign_off_settings', { second_person: { is_on: true, above_units: null } })

    const draft = await proposeBudget(app, await someAdGroup(app, 5))
    const shown = { draft_id: draft.draft_id, draft_hash: draft.draft_hash }
    expect(await app.window('get_review', { draft_id: draft.draft_id })).toMatchObject({
      is_required: true,
      state: 'none',
    })
    expect((await app.refusal(WINDOW, 'arm_draft', shown)).code).toBe('review_needed')

    const pack = await app.window('export_review_pack', { draft_id: draft.draft_id })
    const [packFile, answerFile] = [join(folder, pack.file_name), join(folder, 'answer.txt')]
    writeFileSync(packFile, pack.text)
    const code = draft.draft_hash.slice(0, 8)
    await review(
      'answer',
      packFile,
      '--key',
      keyFile,
      '--approve',
      '--reason',
      'Fine',
      '--code',
      code,
      '--out',
      answerFile,
    )
    const answer = readFileSync(answerFile, 'utf8')
    const forged = await app.refusal(WINDOW, 'import_review_answer', { text: answer.replace('approve', 'reject') })
    expect(forged).toMatchObject({ code: 'review_invalid', details: { reason: 'bad_signature' } })
    expect(await app.window('import_review_answer', { text: answer })).toMatchObject({
      state: 'approved',
      answers: [{ name: 'Ana', reviewer_id: reviewer.reviewer_id, is_counted: true, untrusted: { reason: 'Fine' } }],
    })

    const { challenge } = await app.window('arm_draft', shown)
    await app.window('confirm_draft', { draft_id: draft.draft_id, confirm_token: challenge?.confirm_token ?? '' })
    expect((await settled(app, draft.draft_id)).state).toBe('applied')
    const { records } = await app.window('list_audit', { limit: 20, draft_id: draft.draft_id })
    expect(records.find((each) => each.type === 'draft.approved')?.line).toContain(reviewer.reviewer_id)
  })

  test('is weakened only with the passphrase: raised, or switched off', async () => {
    const raised = { second_person: { is_on: true, above_units: 100 } }
    expect((await app.refusal(WINDOW, 'set_sign_off_settings', raised)).code).toBe('wrong_passphrase')
    await app.window('set_sign_off_settings', { ...raised, passphrase: PASSPHRASE })
    await app.window('set_sign_off_settings', { second_person: { is_on: true, above_units: 50 } })
    const off = { second_person: { is_on: false, above_units: null } }
    expect((await app.refusal(WINDOW, 'set_sign_off_settings', off)).code).toBe('wrong_passphrase')
    await app.window('set_sign_off_settings', { ...off, passphrase: PASSPHRASE })
    expect((await settingsOnRecord()).slice(0, 3)).toEqual([
      'second_person: on:from:50 → off',
      'second_person: on:from:100 → on:from:50',
      'second_person: on → on:from:100',
    ])
  })

  test('a reviewer goes only with the passphrase', async () => {
    const [reviewer] = (await app.window('list_reviewers', {})).reviewers
    const input = { reviewer_id: reviewer?.reviewer_id ?? '' }
    expect((await app.refusal(WINDOW, 'remove_reviewer', input)).code).toBe('wrong_passphrase')
    const removed = await app.window('remove_reviewer', { ...input, passphrase: PASSPHRASE })
    expect(removed.reviewer.removed_at).not.toBeNull()
  })
})

describe('nobody but the person in the window', () => {
  test.each([
    ['get_sign_off_settings', {}],
    ['set_sign_off_settings', { confirm_factor: 'click' }],
    ['set_passphrase', { next: 'anything at all' }],
    ['list_reviewers', {}],
    ['add_reviewer', { name: 'Me', vkey: 'x' }],
    ['remove_reviewer', { reviewer_id: `rv_${'a'.repeat(16)}` }],
    ['get_review', { draft_id: `d_${'a'.repeat(16)}` }],
    ['export_review_pack', { draft_id: `d_${'a'.repeat(16)}` }],
    ['import_review_answer', { text: 'x' }],
  ])('may call %s', async (name, input) => {
    for (const caller of [AGENT, { kind: 'loop' }, { kind: 'cli' }] as const)
      expect((await app.refusal(caller, name, input)).code).toBe('not_allowed')
  })
})

describe('the passphrase', () => {
  test('is changed with the one before, is on record without a word of it, and alone opens the workspace afterwards', async () => {
    expect((await app.refusal(WINDOW, 'set_passphrase', { next: NEW_PASSPHRASE })).code).toBe('wrong_passphrase')
    const short = { current: PASSPHRASE, next: 'short' }
    expect((await app.refusal(WINDOW, 'set_passphrase', short)).code).toBe('invalid_input')
    await app.window('set_passphrase', { current: PASSPHRASE, next: NEW_PASSPHRASE })
    expect((await settingsOnRecord())[0]).toBe('vault_passphrase: set → set')
    const { records } = await app.window('list_audit', { limit: 30 })
    expect(JSON.stringify(records)).not.toContain('anvil')

    app = await app.restart()
    expect((await app.window('get_app_state', {})).phase).toBe('locked')
    await app.window('unlock_workspace', { passphrase: NEW_PASSPHRASE })
    expect(await app.window('verify_audit', {})).toMatchObject({ is_ok: true })
    await app.window('set_passphrase', { current: NEW_PASSPHRASE, next: PASSPHRASE })
  })
})
