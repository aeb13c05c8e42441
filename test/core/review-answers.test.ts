/** Answers that must not count: forged, foreign, replayed, changed, late, of another draft or of nobody. Each says what is wrong. */
import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Draft } from '../../shared/domain/draft.ts'
import { createSigner, parseNote, signNote } from '../../main/audit/note.ts'
import { signAnswer } from '../../main/review/answer.ts'
import { MAX_PACK_CHARS, readPack } from '../../main/review/pack.ts'
import { openReviewerKey } from '../../main/review/reviewer-key.ts'
import { Secret } from '../../main/secret.ts'
import { refusalOf } from '../support/approval-rig.ts'
import { newKeys } from '../support/audit-fixture.ts'
import { KEY_PASSPHRASE, type ReviewRig, startReviewRig } from '../support/review-rig.ts'

const HOUR_MS = 3_600_000

let rig: ReviewRig
let ana: Awaited<ReturnType<ReviewRig['newPerson']>>
let draft: Draft
let pack: string
beforeEach(async () => {
  rig = await startReviewRig()
  ana = await rig.newPerson('Ana')
  rig.reviews.add(ana.name, ana.vkey)
  rig.setRule({ isOn: true, aboveUnits: null })
  draft = rig.proposeBudget()
  pack = rig.exportPack(draft.draftId)
})
afterEach(() => rig.close())

/** Why an answer was refused; nothing of it may be stored or recorded. */
async function refusal(note: string): Promise<string> {
  const before = rig.audit.head().size
  const { code, details } = await refusalOf(() => rig.reviews.importAnswer(note))
  const left = rig.audit.head().size - before
  return left === 0 ? `${code}: ${details?.['reason']}` : 'something was recorded'
}

describe('an answer does not count', () => {
  test('when a stranger has signed it', async () => {
    const eve = await rig.newPerson('Eve')
    expect(await refusal(await rig.answer(eve, pack))).toBe('review_invalid: unknown_reviewer')
  })

  test('when it was signed by somebody who was removed since', async () => {
    const note = await rig.answer(ana, pack)
    rig.reviews.remove(rig.reviews.active()[0]?.reviewerId ?? '')
    expect(await refusal(note)).toBe('review_invalid: removed_reviewer')
  })

  test('when a stranger signed it in the name of a reviewer', async () => {
    const known = rig.reviews.active()[0]?.vkey ?? ''
    const [reviewer = '', knownId = ''] = known.split('+')
    const forged = signAnswer(
      readPack(readFileSync(pack, 'utf8')),
      { verdict: 'approve', reason: '', atMs: rig.clock.nowMs() },
      {
        ...createSigner(reviewer, newKeys()),
        keyId: knownId,
      },
    )
    expect(await refusal(forged)).toBe('review_invalid: bad_signature')
  })

  test('when a no was turned into a yes', async () => {
    const no = await rig.answer(ana, pack, 'reject')
    expect(await refusal(no.replace('\nreject\n', '\napprove\n'))).toBe('review_invalid: bad_signature')
  })

  test('when it is of another workspace', async () => {
    const other = await startReviewRig()
    other.reviews.add(ana.name, ana.vkey)
    const note = await other.answer(ana, other.exportPack(other.proposeBudget().draftId))
    await other.close()
    expect(await refusal(note)).toBe('review_invalid: other_log')
  })

  test('when its pack was never exported here', async () => {
    const genuine = readPack(readFileSync(pack, 'utf8'))
    const signer = signerOf(ana.keyFile)
    const at = { verdict: 'approve', reason: '', atMs: rig.clock.nowMs() } as const
    expect(await refusal(signAnswer({ ...genuine, packHash: 'a'.repeat(64) }, at, signer))).toBe(
      'review_invalid: unknown_pack',
    )
  })

  test('when it names another draft than its pack', async () => {
    const other = rig.proposeBid()
    const genuine = readPack(readFileSync(pack, 'utf8'))
    const signer = signerOf(ana.keyFile)
    const at = { verdict: 'approve', reason: '', atMs: rig.clock.nowMs() } as const
    const swapped = { ...genuine, draftId: other.draftId, draftHash: other.draftHash }
    expect(await refusal(signAnswer(swapped, at, signer))).toBe('review_invalid: other_draft')
    expect(rig.secondPerson.answersOf(other)).toEqual([])
  })

  test('a second time', async () => {
    const note = await rig.answer(ana, pack)
    rig.reviews.importAnswer(note)
    expect(await refusal(note)).toBe('review_invalid: answered_already')
    expect(await refusal(await rig.answer(ana, rig.exportPack(draft.draftId), 'reject'))).toBe(
      'review_invalid: answered_already',
    )
  })

  test('when the draft is decided already', async () => {
    const note = await rig.answer(ana, pack)
    rig.decide.reject(draft.draftId, 'no')
    expect(await refusal(note)).toBe('review_invalid: not_open')
  })

  test('when the draft has expired, and then nobody gets to sign one either', async () => {
    const note = await rig.answer(ana, pack)
    rig.clock.pass(49 * HOUR_MS)
    expect(await refusal(note)).toBe('review_invalid: expired')
    await expect(rig.answer(ana, pack)).rejects.toThrow(/has expired/)
    expect((await refusalOf(() => rig.reviews.exportPack(draft.draftId))).details).toEqual({ reason: 'expired' })
  })

  test('when its time cannot be: signed before the pack, or after now', async () => {
    const genuine = readPack(readFileSync(pack, 'utf8'))
    const signer = signerOf(ana.keyFile)
    const signed = (ms: number): string =>
      signAnswer(genuine, { verdict: 'approve', reason: '', atMs: rig.clock.nowMs() + ms }, signer)
    expect(await refusal(signed(-2 * HOUR_MS))).toBe('review_invalid: wrong_time')
    expect(await refusal(signed(2 * HOUR_MS))).toBe('review_invalid: wrong_time')
    expect(rig.reviews.importAnswer(signed(-HOUR_MS / 2))).toBe(draft.draftId)
  })

  test('when it carries a second signature', async () => {
    const note = await rig.answer(ana, pack)
    const both = signNote(parseNote(note).text, [signerOf(ana.keyFile), createSigner('extra', newKeys())])
    expect(await refusal(both)).toBe('review_invalid: malformed')
  })

  test.each(['', 'hello', '\n\n', 'x'.repeat(9_000)])('when it is no answer at all (%#)', async (text) => {
    expect(await refusal(text)).toMatch(/^review_invalid: (malformed|too_large)$/)
  })

  test('a pack or a checkpoint of the log is no answer', async () => {
    expect(await refusal(rig.audit.head().note)).toBe('review_invalid: malformed')
    expect(await refusal(readFileSync(pack, 'utf8').slice(0, 8_000))).toBe('review_invalid: malformed')
  })

  test('with any one character changed', async () => {
    const note = await rig.answer(ana, pack, 'approve', 'Fine with me')
    await fc.assert(
      fc.asyncProperty(fc.nat(note.length - 2), fc.constantFrom('x', '0', ' ', '\n', 'é'), async (at, other) => {
        const changed = `${note.slice(0, at)}${other}${note.slice(at + 1)}`
        fc.pre(changed !== note && changed.trimEnd() !== note.trimEnd())
        return (await refusal(changed)).startsWith('review_invalid: ')
      }),
      { numRuns: 300, seed: 5 },
    )
    expect(rig.reviews.importAnswer(note)).toBe(draft.draftId)
  })
})

test('an answer that came by mail, with other line ends, is the same answer', async () => {
  const note = await rig.answer(ana, pack)
  expect(rig.reviews.importAnswer(`\uFEFF${note.replaceAll('\n', '\r\n')}\r\n`)).toBe(draft.draftId)
})

describe('a pack', () => {
  const text = (): string => readFileSync(pack, 'utf8')
  const reasonOf = async (changed: string): Promise<unknown> =>
    (await refusalOf(() => readPack(changed))).details?.['reason']

  test('gives the hash of the draft from what it shows', () => {
    const read = readPack(text())
    expect(read).toMatchObject({ draftId: draft.draftId, draftHash: draft.draftHash, logVkey: rig.audit.vkey })
    expect(read.draft.items[0]).toMatchObject({ before: '60.00', after: '70.00', field: 'daily_budget' })
    expect(read.checkpoint.split('\n')[0]).toBe(rig.audit.origin)
  })

  test('is refused with another value in it, also when the log’s own key signs it again', async () => {
    const changed = text().replace('"after":"70.00"', '"after":"700.00"')
    expect(await reasonOf(changed)).toBe('bad_signature')
    const again = signNote(parseNote(changed, MAX_PACK_CHARS).text, [createSigner(rig.audit.origin, rig.keys)])
    expect(await reasonOf(again)).toBe('wrong_content')
  })

  test.each([
    ['words', /"rationale":"A reason/, '"rationale":"Another'],
    ['an end', /"expiresAtMs":\d/, '"expiresAtMs":9'],
    ['a member nobody can show', /"policyVersion"/, '"override":true,"policyVersion"'],
    ['names for changes that are not there', /"items":\[\{"affects":\[\]/, '"items":[{"affects":["x"]'],
  ])('signed by the log’s key but with other %s is refused', async (_what, from, to) => {
    const parsed = parseNote(text(), MAX_PACK_CHARS).text
    const changed = parsed.replace(from, to)
    expect(changed).not.toBe(parsed)
    const again = signNote(changed, [createSigner(rig.audit.origin, rig.keys)])
    expect(await reasonOf(again)).toMatch(/^(wrong_content|malformed)$/)
  })

  test('of another key is refused by whoever knows the right one', async () => {
    const other = await startReviewRig()
    const foreign = other.reviews.exportPack(other.proposeBudget().draftId).text
    await other.close()
    expect(readPack(foreign).origin).not.toBe(rig.audit.origin)
    expect((await refusalOf(() => readPack(foreign, rig.audit.vkey))).details).toEqual({ reason: 'bad_signature' })
    expect(readPack(text(), rig.audit.vkey).draftId).toBe(draft.draftId)
  })

  test('can be exported often, not endlessly', async () => {
    for (let n = 1; n < 20; n += 1) {
      rig.clock.pass(1_000)
      rig.reviews.exportPack(draft.draftId)
    }
    expect((await refusalOf(() => rig.reviews.exportPack(draft.draftId))).code).toBe('invalid_input')
  })
})

function signerOf(keyFile: string) {
  return openReviewerKey(readFileSync(keyFile, 'utf8'), new Secret(KEY_PASSPHRASE))
}

test('the key file opens with its passphrase alone, and holds nothing in the clear', async () => {
  const pem = readFileSync(ana.keyFile, 'utf8')
  expect(pem).toContain('-----BEGIN ENCRYPTED PRIVATE KEY-----')
  expect(signerOf(ana.keyFile).vkey).toBe(ana.vkey)
  const { status, said } = await rig.cli(
    ['answer', pack, '--key', ana.keyFile, '--approve', '--code', draft.draftHash.slice(0, 8), '--out', rig.newFile()],
    {
      passphrase: 'not the right one',
    },
  )
  expect(status).toBe(1)
  expect(said).toContain('passphrase is wrong')
})
