/** `spendsignoff review` as it is called: no workspace, no network, nothing decided; what is shown is cleaned and complete. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Draft } from '../../shared/domain/draft.ts'
import { parseNote } from '../../main/audit/note.ts'
import { parseReviewerVkey } from '../../main/review/reviewer-key.ts'
import { KEY_PASSPHRASE, type ReviewRig, startReviewRig } from '../support/review-rig.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

const PROGRAM = join(import.meta.dirname, '../../main/cli/main.ts')

let rig: ReviewRig
let draft: Draft
let pack: string
beforeEach(async () => {
  rig = await startReviewRig()
  draft = rig.proposeBudget()
  pack = rig.exportPack(draft.draftId)
})
afterEach(() => rig.close())

const code = (): string => draft.draftHash.slice(0, 8)

describe('review show', () => {
  test('says account, entity, field, before and after, the reason, and the code', async () => {
    const { status, out, said } = await rig.cli(['show', pack])
    expect(status).toBe(0)
    for (const words of [
      'Meta, account 42, ad group 1301',
      'daily budget: 60.00 EUR → 70.00 EUR',
      'Effect on spend per day: +10.00 EUR.',
      'Reason: "A reason of enough length."',
      'Proposed by an AI client, "Rig agent"',
      `Code ${code()}`,
    ])
      expect(out).toContain(words)
    expect(said).toContain(rig.audit.vkey)
  })

  test('lets no name move the cursor, turn the line around or leave its quotes', async () => {
    const { out } = await rig.cli(['show', pack])
    expect(out).toContain('"EU [2J 25-44 dnim ”x”"')
    // oxlint-disable-next-line no-control-regex -- what must not be there
    expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/)
  })

  test('refuses a changed pack and one of another log than the reader knows, with exit 1', async () => {
    const changed = rig.newFile()
    writeFileSync(changed, readFileSync(pack, 'utf8').replace('70.00', '71.00'))
    expect(await rig.cli(['show', changed])).toMatchObject({ status: 1, out: '' })
    const other = await startReviewRig()
    expect(await rig.cli(['show', pack, '--log-key', other.audit.vkey])).toMatchObject({ status: 1, out: '' })
    await other.close()
    expect((await rig.cli(['show', pack, '--log-key', rig.audit.vkey])).said).toContain('of the log you named')
  })

  test('of an expired draft shows it and says so, with exit 1', async () => {
    rig.clock.pass(49 * 3_600_000)
    const { status, said } = await rig.cli(['show', pack])
    expect(status).toBe(1)
    expect(said).toContain('has expired')
  })

  test('gives machines the same as JSON', async () => {
    const { out } = await rig.cli(['show', pack, '--json'])
    expect(JSON.parse(out)).toMatchObject({
      draft_id: draft.draftId,
      draft_hash: draft.draftHash,
      log_vkey: rig.audit.vkey,
    })
  })
})

describe('review answer', () => {
  test('signs nothing without the right code, typed or given', async () => {
    const ana = await rig.newPerson('Ana')
    const out = rig.newFile()
    const answer = ['answer', pack, '--key', ana.keyFile, '--approve', '--out', out]
    expect((await rig.cli(answer, { line: 'deadbeef' })).status).toBe(1)
    expect((await rig.cli([...answer, '--code', draft.draftHash])).status).toBe(1)
    expect((await rig.cli(answer)).status).toBe(2)
    expect(existsSync(out)).toBe(false)
    expect((await rig.cli(answer, { line: ` ${code().toUpperCase()} ` })).status).toBe(0)
    expect(readFileSync(out, 'utf8')).toMatch(/^spendsignoff\/review-answer\/v1\n.*\n.*\n.*\n.*\napprove\n/)
  })

  test('never writes over a file, neither an answer nor a key', async () => {
    const ana = await rig.newPerson('Ana')
    const key = readFileSync(ana.keyFile, 'utf8')
    expect((await rig.cli(['new-key', '--out', ana.keyFile, '--name', 'Eve'])).status).toBe(1)
    const onto = ['answer', pack, '--key', ana.keyFile, '--reject', '--code', code(), '--out', ana.keyFile]
    expect((await rig.cli(onto)).status).toBe(1)
    expect(readFileSync(ana.keyFile, 'utf8')).toBe(key)
    expect(process.platform === 'win32' ? 0o600 : statSync(ana.keyFile).mode & 0o777).toBe(0o600)
  })

  test.each([
    ['neither yes nor no', ['answer', 'p', '--key', 'k', '--out', 'o']],
    ['both', ['answer', 'p', '--key', 'k', '--out', 'o', '--approve', '--reject']],
    ['no key', ['answer', 'p', '--out', 'o', '--approve']],
    ['an option of another command', ['show', 'p', '--approve']],
    ['an unknown command', ['decide', 'p']],
    ['no file', ['show']],
    ['an unknown option', ['show', 'p', '--yes']],
    ['a key without a name', ['new-key', '--out', 'o']],
  ])('%s is misuse: exit 2, with the usage', async (_what, args) => {
    const { status, said } = await rig.cli(args)
    expect(status).toBe(2)
    expect(said).toContain('spendsignoff review new-key')
  })

  test.each([
    ['a file that is not there', ['show', '/nowhere/pack.txt']],
    ['a picture', ['show', join(import.meta.dirname, '../../resources/icon.png')]],
  ])('%s is refused with exit 1', async (_what, args) => {
    expect((await rig.cli(args)).status).toBe(1)
  })

  test('a short passphrase makes no key', async () => {
    const out = rig.newFile()
    expect((await rig.cli(['new-key', '--out', out, '--name', 'Ana'], { passphrase: 'short' })).status).toBe(1)
    expect(existsSync(out)).toBe(false)
  })
})

describe('the command itself', () => {
  test('new-key, show and answer work in a plain process, and the answer counts', () => {
    const home = join(makeTempFolder('review-cli'), 'home')
    const run = (...args: string[]) =>
      spawnSync(process.execPath, [PROGRAM, 'review', ...args], {
        encoding: 'utf8',
        env: { ...process.env, SPENDSIGNOFF_HOME: home, SPENDSIGNOFF_REVIEW_PASSPHRASE: KEY_PASSPHRASE },
        timeout: 30_000,
      })
    const [key, answer] = [rig.newFile(), rig.newFile()]
    const made = run('new-key', '--out', key, '--name', 'Ana')
    expect(made.status).toBe(0)
    rig.reviews.add('Ana', made.stdout.trim())
    // The process has the real time.
    rig.clock.pass(Date.now() - rig.clock.nowMs())
    const today = rig.proposeBid()
    const file = rig.exportPack(today.draftId)
    const shown = run('show', file)
    expect(shown).toMatchObject({ status: 0, stdout: expect.stringContaining('cost cap: 9.00 EUR → 9.50 EUR') })
    const answered = run(
      'answer',
      file,
      '--key',
      key,
      '--approve',
      '--code',
      today.draftHash.slice(0, 8),
      '--out',
      answer,
    )
    expect(answered).toMatchObject({ status: 0, stdout: '' })
    expect(rig.reviews.importAnswer(readFileSync(answer, 'utf8'))).toBe(today.draftId)
    expect(existsSync(home)).toBe(false)
  })

  test('OpenSSL alone opens the key, and checks the signature of an answer with it', async () => {
    const ana = await rig.newPerson('Ana')
    const note = await rig.answer(ana, pack)
    const { text, signatures } = parseNote(note)
    const folder = makeTempFolder('openssl')
    const [words, signature, pem] = ['words', 'signature', 'public.pem'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ]
    writeFileSync(words, text)
    writeFileSync(signature, signatures[0]?.signature ?? '')
    const openssl = (...args: string[]) => spawnSync('openssl', args, { encoding: 'utf8', timeout: 30_000 })
    expect(
      openssl('pkey', '-in', ana.keyFile, '-passin', `pass:${KEY_PASSPHRASE}`, '-pubout', '-out', pem).status,
    ).toBe(0)
    const spki = parseReviewerVkey(ana.vkey).publicKey.export({ type: 'spki', format: 'pem' })
    expect(readFileSync(pem, 'utf8')).toBe(spki)
    const verify = ['pkeyutl', '-verify', '-pubin', '-inkey', pem, '-rawin', '-in', words, '-sigfile', signature]
    expect(openssl(...verify).status).toBe(0)
    writeFileSync(words, text.replace('approve', 'reject!'))
    expect(openssl(...verify).status).not.toBe(0)
  })
})
