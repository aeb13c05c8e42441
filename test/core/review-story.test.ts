/** Two people, two keys, one draft: from the rule to the record of the approval, through the files that go between them. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createSigner } from '../../main/audit/note.ts'
import { reviseDraft } from '../../main/drafts/revise.ts'
import { reviewerSigner } from '../../main/review/reviewer-key.ts'
import { refusalOf } from '../support/approval-rig.ts'
import { newKeys } from '../support/audit-fixture.ts'
import { type ReviewRig, startReviewRig } from '../support/review-rig.ts'

let rig: ReviewRig
beforeEach(async () => {
  rig = await startReviewRig()
})
afterEach(() => rig.close())

const reasonOf = async (attempt: () => unknown): Promise<string> => {
  const { code, details } = await refusalOf(attempt)
  return `${code}: ${details?.['reason']}`
}

describe('the two-person rule', () => {
  test('nothing is armed or confirmed until a second person has said yes with their own key', async () => {
    const ana = await rig.newPerson('Ana')
    const { reviewerId } = rig.reviews.add(ana.name, ana.vkey)
    rig.setRule({ isOn: true, aboveUnits: null })
    const draft = rig.proposeBudget()
    expect(await reasonOf(() => rig.tryArm(draft.draftId))).toBe('review_needed: not_answered')

    const pack = rig.exportPack(draft.draftId)
    const note = await rig.answer(ana, pack, 'approve', 'Fits the plan of the month.')
    expect(rig.reviews.importAnswer(note)).toBe(draft.draftId)
    const done = await rig.push(draft.draftId)
    expect(done.state).toBe('applied')
    expect(rig.line(draft.draftId, 'draft.approved')).toContain(`"reviewer":"${reviewerId}"`)
    expect(rig.history(draft.draftId)).toEqual(
      expect.arrayContaining(['review.exported', 'review.answered', 'draft.approved']),
    )
    const answered = rig.audit.list({ draftId: draft.draftId, type: 'review.answered', limit: 1 })[0]
    expect(answered?.text).toMatchObject({ reviewer_name: 'Ana', reason: 'Fits the plan of the month.' })
    expect(answered?.line).not.toContain('plan of the month')
    expect(await rig.verified()).toBe(true)
  })

  test('a no holds Confirm back, also after an earlier yes, after removing who said it, and with the rule off', async () => {
    const [ana, ben] = [await rig.newPerson('Ana'), await rig.newPerson('Ben')]
    rig.reviews.add(ana.name, ana.vkey)
    const { reviewerId } = rig.reviews.add(ben.name, ben.vkey)
    rig.setRule({ isOn: true, aboveUnits: null })
    const draft = rig.proposeBudget()
    const pack = rig.exportPack(draft.draftId)
    rig.reviews.importAnswer(await rig.answer(ana, pack))
    const armed = await rig.arm(draft.draftId)
    rig.reviews.importAnswer(await rig.answer(ben, pack, 'reject', 'Too early'))
    expect(await reasonOf(() => rig.push(draft.draftId, armed))).toBe('review_needed: rejected')
    rig.reviews.remove(reviewerId)
    rig.setRule({ isOn: false, aboveUnits: null })
    expect(await reasonOf(() => rig.push(draft.draftId, armed))).toBe('review_needed: rejected')
    expect(rig.platform.writes).toEqual([])
  })

  test('a yes that arrives between arm and Confirm of the same draft lets it pass; one that is withdrawn in between does not', async () => {
    const ana = await rig.newPerson('Ana')
    const { reviewerId } = rig.reviews.add(ana.name, ana.vkey)
    const draft = rig.proposeBudget()
    rig.reviews.importAnswer(await rig.answer(ana, rig.exportPack(draft.draftId)))
    rig.setRule({ isOn: true, aboveUnits: null })
    const armed = await rig.arm(draft.draftId)
    rig.reviews.remove(reviewerId)
    expect(await reasonOf(() => rig.push(draft.draftId, armed))).toBe('review_needed: not_answered')
    expect(rig.platform.writes).toEqual([])
  })

  test('an edited draft is another draft: the yes was to the one before', async () => {
    const ana = await rig.newPerson('Ana')
    rig.reviews.add(ana.name, ana.vkey)
    rig.setRule({ isOn: true, aboveUnits: null })
    const draft = rig.proposeBudget()
    const pack = rig.exportPack(draft.draftId)
    rig.reviews.importAnswer(await rig.answer(ana, pack))
    const revised = reviseDraft(
      rig.deps,
      { kind: 'window' },
      {
        draftId: draft.draftId,
        shownHash: draft.draftHash,
        values: new Map([[0, '75.00']]),
        leaveOut: new Set(),
        note: undefined,
      },
    )
    expect(await reasonOf(() => rig.tryArm(revised.draft_id))).toBe('review_needed: not_answered')
    expect(await reasonOf(() => rig.reviews.exportPack(draft.draftId))).toBe('review_invalid: not_open')
  })

  test.each([
    ['from exactly this movement', 10, 'budget', true],
    ['not below it', 11, 'budget', false],
    ['for a bid always: what it moves is not known as an amount', 1_000_000, 'bid', true],
  ] as const)('with an amount, it holds %s', (_what, aboveUnits, kind, isRequired) => {
    rig.setRule({ isOn: true, aboveUnits })
    const draft = kind === 'bid' ? rig.proposeBid() : rig.proposeBudget('70.00')
    expect(rig.secondPerson.required(draft)).toBe(isRequired)
  })

  test('counts a cut like a raise', () => {
    rig.setRule({ isOn: true, aboveUnits: 20 })
    expect(rig.secondPerson.required(rig.proposeBudget('40.00'))).toBe(true)
  })

  test('a stored rule that cannot be read holds for everything', () => {
    rig.settings.write('second_person', { isOn: 'maybe' })
    expect(rig.secondPerson.required(rig.proposeBudget())).toBe(true)
  })

  test('a row somebody wrote into the table by hand is no answer', async () => {
    const ana = await rig.newPerson('Ana')
    const { reviewerId } = rig.reviews.add(ana.name, ana.vkey)
    rig.setRule({ isOn: true, aboveUnits: null })
    const draft = rig.proposeBudget()
    const no = await rig.answer(ana, rig.exportPack(draft.draftId), 'reject')
    const row = { draftId: draft.draftId, reviewerId, draftHash: draft.draftHash, receivedAtMs: rig.clock.nowMs() }
    rig.table.addAnswer({ ...row, verdict: 'approve', note: no })
    expect(await reasonOf(() => rig.tryArm(draft.draftId))).toBe('review_needed: not_answered')
  })
})

describe('reviewers', () => {
  test('are added with their public key, and every change of the list is on record', async () => {
    const ana = await rig.newPerson('Ana')
    const { reviewerId } = rig.reviews.add('Ana', ana.vkey)
    rig.reviews.remove(reviewerId)
    expect(rig.reviews.list()).toMatchObject([{ name: 'Ana', vkey: ana.vkey, removedAtMs: rig.clock.nowMs() }])
    expect(rig.reviews.active()).toEqual([])
    const types = rig.audit.list({ limit: 2 }).map((row) => row.record?.type)
    expect(types).toEqual(['reviewer.removed', 'reviewer.added'])
    const again = await refusalOf(() => rig.reviews.add('Ana', ana.vkey))
    expect(again.message).toContain('A removed key never comes back')
  })

  test('a key stands for one person only', async () => {
    const ana = await rig.newPerson('Ana')
    rig.reviews.add('Ana', ana.vkey)
    expect((await refusalOf(() => rig.reviews.add('Ben', ana.vkey))).code).toBe('invalid_input')
  })

  test('the key of the log itself is no second person, under whatever name', async () => {
    const { vkey } = reviewerSigner(rig.keys.privateKey)
    expect(await reasonOf(() => rig.reviews.add('Me', vkey))).toBe('review_invalid: own_key')
    expect(await reasonOf(() => rig.reviews.add('Me', rig.audit.vkey))).toBe('review_invalid: malformed')
  })

  test('a key under a name that is not made from it is refused: one key could pass for two', async () => {
    const { vkey } = createSigner(`review.spendsignoff/${'a'.repeat(26)}`, newKeys())
    expect(await reasonOf(() => rig.reviews.add('Two', vkey))).toBe('review_invalid: malformed')
    expect(await reasonOf(() => rig.reviews.add('Two', 'review.spendsignoff/x'))).toBe('review_invalid: malformed')
  })
})
