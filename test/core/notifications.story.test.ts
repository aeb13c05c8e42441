/** The whole app tells others: what arrives, when it does not, what it proves, and what it never says. Real servers on this computer. */
import { randomBytes } from 'node:crypto'
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { InputOf, OutputOf } from '../../shared/operations.ts'
import { AGENT, type App, proposeBudget, settled, someAdGroup, startApp, PASSPHRASE } from '../support/app.ts'
import { bodyOf, type Hook, type Mailbox, noteIn, startHook, startMailbox } from '../support/receivers.ts'
import { makeTempFolder } from '../support/temp-folder.ts'
import { waitFor } from '../support/wait-for.ts'

const SECRET = `whsec_${randomBytes(32).toString('base64')}`
const HOOK_PATH = '/services/canary-token-in-the-path'
const MAIL_PASSWORD = 'mail-password-canary'
/** Begins to send, as it does for a person. */
const WORKING = { startsWork: true }
type Target = OutputOf<'save_target'>['target']

const hookInput = (hook: Hook, more: Partial<InputOf<'save_target'>> = {}): InputOf<'save_target'> => ({
  label: 'Auditor',
  events: ['draft.approved', 'draft.applied'],
  is_enabled: true,
  includes_names: false,
  allows_private: true,
  allows_plain: true,
  channel: { kind: 'webhook', url: `${hook.origin}${HOOK_PATH}`, secret: SECRET },
  ...more,
})
const mailInput = (mailbox: Mailbox): InputOf<'save_target'> => ({
  label: 'Mail to Ana',
  events: ['draft.applied'],
  is_enabled: true,
  includes_names: false,
  allows_private: true,
  allows_plain: false,
  channel: {
    kind: 'email',
    host: '127.0.0.1',
    port: mailbox.port,
    security: 'none',
    user: 'ads',
    password: MAIL_PASSWORD,
    from: 'ads@example.com',
    to: ['ana@example.com'],
  },
})

let app: App
let hook: Hook
let mailbox: Mailbox
let target: Target
beforeAll(async () => {
  hook = await startHook()
  mailbox = await startMailbox({
    allowInsecureAuth: true,
    onAuth: ({ username }, _session, callback) => callback(null, { user: username ?? '' }),
  })
  app = await (await startApp(makeTempFolder('notifications'))).restart(WORKING)
}, 120_000)
afterAll(async () => {
  await app.close()
  await hook.close()
  await mailbox.close()
})

let nth = 0
async function push(): Promise<string> {
  const draft = await proposeBudget(app, await someAdGroup(app, (nth += 1)))
  const { challenge } = await app.window('arm_draft', { draft_id: draft.draft_id, draft_hash: draft.draft_hash })
  await app.window('confirm_draft', { draft_id: draft.draft_id, confirm_token: challenge?.confirm_token ?? '' })
  expect((await settled(app, draft.draft_id)).state).toBe('applied')
  return draft.draft_id
}
const delivered = async (count: number): Promise<void> => {
  await waitFor(() => hook.calls.length >= count, { what: `${count} calls`, withinMs: 10_000, everyMs: 50 })
}
const bodies = () => hook.calls.map((call) => JSON.parse(call.body) as { type: string; data: Record<string, unknown> })

describe('a target', () => {
  test('is there from the start on a desktop, for what a person should not miss, and comes back to nobody who removed it', async () => {
    const { targets } = await app.window('list_targets', {})
    expect(targets).toMatchObject([{ kind: 'desktop', label: 'This computer', is_enabled: true, works_here: true }])
    expect(targets[0]?.events).toContain('draft.unknown')
    expect(targets[0]?.events).not.toContain('draft.applied')
    await app.window('remove_target', { target_id: targets[0]?.target_id ?? '' })
    app = await app.restart(WORKING)
    expect((await app.window('list_targets', {})).targets).toEqual([])
  })

  test('is set, looked at and used by nobody but the window', async () => {
    for (const name of [
      'list_targets',
      'save_target',
      'remove_target',
      'send_test',
      'list_deliveries',
      'resend_delivery',
    ])
      for (const caller of [AGENT, { kind: 'cli' }, { kind: 'loop' }] as const)
        expect(await app.refusal(caller, name, {})).toMatchObject({ code: 'not_allowed' })
  })

  test('is refused where it must not go, before anything is stored', async () => {
    const refused = async (input: InputOf<'save_target'>) =>
      (await app.refusal({ kind: 'window' }, 'save_target', input)).code
    const channel = (url: string, secret = SECRET) => ({ kind: 'webhook', url, secret }) as const
    expect(await refused(hookInput(hook, { allows_private: false }))).toBe('delivery_refused')
    expect(await refused(hookInput(hook, { allows_plain: false }))).toBe('invalid_input')
    expect(await refused(hookInput(hook, { channel: channel('https://0.0.0.0/') }))).toBe('delivery_refused')
    expect(await refused(hookInput(hook, { channel: channel('https://[::ffff:127.0.0.1]/') }))).toBe('delivery_refused')
    expect(await refused(hookInput(hook, { allows_private: false, channel: channel('https://localhost/') }))).toBe(
      'delivery_refused',
    )
    expect(await refused(hookInput(hook, { channel: channel(hook.origin, 'whsec_short') }))).toBe('invalid_input')
    expect(await refused(hookInput(hook, { channel: { kind: 'webhook', url: hook.origin } }))).toBe('invalid_input')
    expect((await app.window('list_targets', {})).targets).toEqual([])
  })

  test('is tested at once, with its record, and never shows its secrets again', async () => {
    target = (await app.window('save_target', hookInput(hook))).target
    expect(target).toMatchObject({ kind: 'webhook', webhook: { origin: hook.origin }, queued: 0, dead: 0, last: null })
    const { delivery } = await app.window('send_test', { target_id: target.target_id })
    expect(delivery).toMatchObject({ event: 'test', state: 'delivered', attempts: 1, problem: null })
    expect(hook.calls[0]?.path).toBe(HOOK_PATH)
    const { records } = await app.window('list_audit', { limit: 10 })
    expect(records.map((each) => each.type)).toEqual(expect.arrayContaining(['target.added', 'checkpoint.emitted']))
    const shown = JSON.stringify([await app.window('list_targets', {}), delivery])
    for (const secret of [SECRET, HOOK_PATH]) expect(shown).not.toContain(secret)
  })
})

describe('news of a change', () => {
  test('arrives signed, with what was approved and what became of it, and with the log’s checkpoint', async () => {
    hook.calls.length = 0
    const draftId = await push()
    await delivered(2)
    expect(bodies().map((body) => body.type)).toEqual(['draft.approved', 'draft.applied'])
    const [, applied] = bodies()
    expect(applied?.data).toMatchObject({ draft_id: draftId, change_count: 1, is_demo: false })
    expect(JSON.stringify(applied)).not.toContain('untrusted')
    const call = hook.calls[1]
    expect(() => new Webhook(SECRET).verify(call?.body ?? '', call?.headers as Record<string, string>)).not.toThrow()
    const verification = await app.window('verify_audit', { extra_notes: [String(applied?.data['checkpoint'])] })
    expect(verification.is_ok).toBe(true)
  })

  test('goes by mail too, and the checkpoint in it can be given to the check as it stands there', async () => {
    const saved = await app.window('save_target', mailInput(mailbox))
    await push()
    await waitFor(() => mailbox.mails.length > 0, { what: 'a mail', withinMs: 10_000, everyMs: 50 })
    const [mail] = mailbox.mails
    expect(mail).toMatchObject({ to: ['ana@example.com'], user: 'ads' })
    const note = noteIn(bodyOf(mail?.raw ?? ''))
    expect((await app.window('verify_audit', { extra_notes: [note] })).is_ok).toBe(true)
    await app.window('remove_target', { target_id: saved.target.target_id })
  })

  test('says names only where that was allowed', async () => {
    hook.calls.length = 0
    await app.window('save_target', {
      ...hookInput(hook, { includes_names: true }),
      target_id: target.target_id,
      channel: { kind: 'webhook' },
    })
    await push()
    await delivered(2)
    expect(JSON.stringify(bodies()[1])).toContain('untrusted')
    await app.window('save_target', {
      ...hookInput(hook),
      target_id: target.target_id,
      channel: { kind: 'webhook' },
    })
  })
})

describe('a receiver that is not there', () => {
  test('hears of it later, under the same id, also after a restart; the change itself does not wait', async () => {
    hook.calls.length = 0
    hook.answer = (response) => void response.writeHead(503).end()
    await push()
    await delivered(2)
    const waiting = await app.window('list_deliveries', { state: 'queued' })
    expect(waiting.total).toBe(2)
    expect(waiting.deliveries[0]).toMatchObject({ attempts: 1, problem: { code: 'http_503' } })
    const before = hook.calls.map((call) => call.headers['webhook-id'])
    hook.answer = (response) => void response.writeHead(204).end()
    app.clock.advance(10 * 60_000)
    app = await app.restart(WORKING)
    await delivered(4)
    const after = hook.calls.slice(2).map((call) => call.headers['webhook-id'])
    expect([after.length, new Set(after)]).toEqual([2, new Set(before)])
    expect((await app.window('list_deliveries', { state: 'queued' })).total).toBe(0)
  }, 60_000)

  test('for good is given up, visibly, and can be sent again', async () => {
    hook.calls.length = 0
    hook.answer = (response) => void response.writeHead(503).end()
    const { delivery } = await app.window('send_test', { target_id: target.target_id })
    expect(delivery).toMatchObject({ state: 'dead', can_resend: true, problem: { code: 'http_503' } })
    expect((await app.window('list_targets', {})).targets[0]).toMatchObject({ dead: 1, last: { state: 'dead' } })
    hook.answer = (response) => void response.writeHead(204).end()
    await app.window('resend_delivery', { delivery_id: delivery.delivery_id })
    await delivered(2)
    await waitFor(async () => (await app.window('list_deliveries', { state: 'dead' })).total === 0, {
      what: 'no dead delivery',
      withinMs: 5_000,
    })
    expect(new Set(hook.calls.map((call) => call.headers['webhook-id']))).toEqual(new Set([delivery.delivery_id]))
    const again = { delivery_id: delivery.delivery_id }
    expect((await app.refusal({ kind: 'window' }, 'resend_delivery', again)).code).toBe('invalid_input')
  })

  test('that says it is gone is switched off, on record', async () => {
    hook.answer = (response) => void response.writeHead(410).end()
    const { delivery } = await app.window('send_test', { target_id: target.target_id })
    expect(delivery).toMatchObject({ state: 'dead', problem: { code: 'gone' } })
    expect((await app.window('list_targets', {})).targets[0]).toMatchObject({ is_enabled: false })
    const refused = await app.refusal({ kind: 'window' }, 'send_test', { target_id: target.target_id })
    expect(refused.code).toBe('delivery_refused')
    hook.answer = (response) => void response.writeHead(204).end()
    const { records } = await app.window('list_audit', { limit: 10 })
    expect(records.map((each) => each.type)).toContain('target.changed')
  })
})

describe('secrets', () => {
  test('that are kept do not go to another server', async () => {
    const { target: mail } = await app.window('save_target', mailInput(mailbox))
    const change = (channel: object) => ({ ...mailInput(mailbox), target_id: mail.target_id, channel })
    const kept = { ...(mailInput(mailbox).channel as object), password: undefined }
    expect(await app.window('save_target', change(kept) as never)).toMatchObject({
      target: { email: { has_password: true } },
    })
    for (const other of [{ host: '127.0.0.2' }, { port: 2_525 }, { user: 'eve' }])
      expect(await app.refusal({ kind: 'window' }, 'save_target', change({ ...kept, ...other }))).toMatchObject({
        code: 'invalid_input',
      })
    await app.window('remove_target', { target_id: mail.target_id })
  })

  test('stand in no file, no record and no log', async () => {
    const secrets = [SECRET, SECRET.slice(6), HOOK_PATH, MAIL_PASSWORD]
    const { records } = await app.window('list_audit', { limit: 200 })
    const said = records.map(({ line, disclosed }) => line + JSON.stringify(disclosed)).join('\n')
    for (const secret of secrets) expect(said).not.toContain(secret)
    for (const file of filesUnder(app.homeFolder))
      for (const secret of secrets) expect([file, readFileSync(file).includes(secret)]).toEqual([file, false])
  })
})

describe('a witness', () => {
  test('shows that the log was put back to an older one, where without it nobody could', async () => {
    await app.window('save_target', {
      ...hookInput(hook),
      target_id: target.target_id,
      channel: { kind: 'webhook' },
    })
    hook.calls.length = 0
    await app.core.close()
    const backup = makeTempFolder('backup')
    const files = filesUnder(app.workspaceFolder)
    for (const file of files)
      copyFileSync(file, join(backup, file.slice(app.workspaceFolder.length + 1).replaceAll('/', '~')))
    app = await startAgain()
    await push()
    await delivered(2)
    const note = String(bodies()[1]?.data['checkpoint'])
    await app.core.close()
    // Whoever holds the computer and the keys puts everything back: files and keys, the pinned head among them.
    for (const file of filesUnder(app.workspaceFolder)) rmSync(file)
    for (const file of files)
      copyFileSync(join(backup, file.slice(app.workspaceFolder.length + 1).replaceAll('/', '~')), file)
    app = await startAgain()
    const alone = await app.window('verify_audit', {})
    expect(alone.is_ok).toBe(true)
    expect(alone.limits.join(' ')).toMatch(/checkpoint/)
    const witnessed = await app.window('verify_audit', { extra_notes: [note] })
    expect(witnessed.is_ok).toBe(false)
    expect(witnessed.fault?.kind).toMatch(/rolled_back|behind|fork|missing|truncated|shorter/)
  }, 60_000)

  const startAgain = async (): Promise<App> => {
    const again = await app.restart(WORKING)
    await again.window('unlock_workspace', { passphrase: PASSPHRASE }).catch(() => undefined)
    return again
  }
})

function filesUnder(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    const stats = statSync(path, { throwIfNoEntry: false })
    if (stats?.isDirectory() === true) return filesUnder(path)
    return stats?.isFile() === true ? [path] : []
  })
}
