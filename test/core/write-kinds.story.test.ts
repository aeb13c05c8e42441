/**
 * Each kind of change on each platform, from an AI client's proposal to what the platform holds, and everything that can go wrong between.
 * The whole app, each platform's own sandbox, real sockets.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { PLATFORMS } from '../../shared/domain/ids.ts'
import { type Case, startWriteStory, type WriteStory } from '../support/write-story.ts'

let story: WriteStory
const live = async (one: Case): Promise<string> =>
  (await story.harness.adapter.readLive(one.entityId, one.field, new AbortController().signal)).value
const writes = (one: Case): number => story.harness.writesReceived(one.entityId)
const valueNow = async (one: Case): Promise<string> => {
  const { current } = await story.window('get_entity', { entity_id: one.entityId })
  return current[one.field] ?? ''
}

describe.each(PLATFORMS)('changes on %s', (platform) => {
  beforeEach(async () => {
    story = await startWriteStory(platform)
  }, 120_000)
  afterEach(() => story.close())

  test('are proposed, signed off, written once, read back, and recorded', async () => {
    for (const one of story.cases) {
      const before = await live(one)
      const draft = await story.propose(one)
      expect(writes(one), `${one.name}: nothing before Confirm`).toBe(0)
      await story.confirm(draft)
      const after = draft.operations[0]?.after
      expect(await story.settled(draft), one.name).toMatchObject({ state: 'applied' })
      expect(writes(one), one.name).toBe(1)
      expect(await live(one), one.name).toBe(after)
      expect(after, one.name).not.toBe(before)
      expect(await valueNow(one), `${one.name} in the app`).toBe(after)
      expect(story.harness.dryRunsReceived(one.entityId), `${one.name}: dry runs`).toBe(story.harness.hasDryRun ? 1 : 0)
      const { history } = await story.window('get_draft', { draft_id: draft.draft_id })
      expect(history.map((each) => each.type)).toEqual(
        expect.arrayContaining(['draft.proposed', 'draft.armed', 'draft.approved', 'apply.sent', 'draft.applied']),
      )
    }
    expect(story.cases.length).toBeGreaterThanOrEqual(4)
    expect(await story.window('verify_audit', {})).toMatchObject({ is_ok: true })
  }, 120_000)

  test('that were overtaken on the platform turn stale, and nothing is written', async () => {
    for (const one of story.cases) {
      const draft = await story.propose(one)
      const answer = await story.window('get_entity', { entity_id: one.entityId })
      // Of a scheduled budget it is today's that moves: nothing was scheduled yet.
      const moved = one.field === 'scheduled_budget' ? 'daily_budget' : one.field
      story.harness.changeOutside(one.entityId, moved, one.drifted(answer))
      expect(await story.arm(draft), one.name).toMatchObject({ draft: { state: 'stale' }, challenge: null })
      expect(writes(one), one.name).toBe(0)
    }
  }, 120_000)

  test('that the platform refuses in its dry run are never sent', async () => {
    if (!story.harness.hasDryRun) {
      expect(platform).toBe('tiktok')
      const [first] = story.cases
      if (first === undefined) throw new Error('no case')
      const { challenge } = await story.arm(await story.propose(first))
      expect(challenge?.validation).toEqual([{ k: 0, result: 'unsupported' }])
      return
    }
    for (const one of story.cases) {
      const draft = await story.propose(one)
      story.refuseDryRun()
      const error = await story.refusal('arm_draft', { draft_id: draft.draft_id, draft_hash: draft.draft_hash })
      expect(error, one.name).toMatchObject({ code: 'platform_refused' })
      expect(writes(one), one.name).toBe(0)
      const found = await story.window('get_draft', { draft_id: draft.draft_id })
      expect(found.draft.state, one.name).toBe('pending')
    }
  }, 120_000)

  test('that only partly worked, without ours, end as not applied', async () => {
    // TikTok answers "partial success" to changes of status only.
    const cases = platform === 'tiktok' ? story.cases.filter((each) => each.field === 'status') : story.cases
    expect(cases.length).toBeGreaterThan(0)
    for (const one of cases) {
      const before = await live(one)
      const draft = await story.propose(one)
      const { challenge } = await story.arm(draft)
      story.harness.breakNext('write', 'partial_failure')
      await story.window('confirm_draft', {
        draft_id: draft.draft_id,
        confirm_token: challenge?.confirm_token ?? '',
      })
      expect(await story.settled(draft), one.name).toMatchObject({
        state: 'apply_failed',
        state_reason: 'refused_by_platform',
      })
      expect(writes(one), one.name).toBe(1)
      expect(await live(one), one.name).toBe(before)
    }
  }, 120_000)

  test('took effect but the answer was lost: one write, unknown, then found by reading', async () => {
    for (const one of story.cases) {
      const draft = await story.propose(one)
      const { challenge } = await story.arm(draft)
      story.harness.breakNext('write', 'reset_after_effect')
      await story.window('confirm_draft', {
        draft_id: draft.draft_id,
        confirm_token: challenge?.confirm_token ?? '',
      })
      const rested = await story.settled(draft)
      if (rested.state === 'unknown') await story.window('reconcile_draft', { draft_id: draft.draft_id })
      expect(await story.settled(draft), one.name).toMatchObject({
        state: 'applied',
        state_reason: 'reconciled_applied',
      })
      expect(writes(one), one.name).toBe(1)
    }
  }, 120_000)

  test('that the platform only pretends to make end as not applied, with what it said', async () => {
    const before = new Map<Case, string>()
    const drafts = new Map<Case, Awaited<ReturnType<typeof story.propose>>>()
    for (const one of story.cases) {
      before.set(one, await live(one))
      const draft = await story.propose(one)
      const { challenge } = await story.arm(draft)
      story.harness.breakNext('write', 'success_without_effect')
      await story.window('confirm_draft', {
        draft_id: draft.draft_id,
        confirm_token: challenge?.confirm_token ?? '',
      })
      // The write goes out before the next case's fault is set; the read-backs of all cases then run side by side.
      await expect.poll(() => writes(one), { timeout: 10_000 }).toBe(1)
      drafts.set(one, draft)
    }
    for (const [one, draft] of drafts) {
      await story.settled(draft)
      story.clock.advance(story.harness.adapter.readAfterWriteMs)
      const rested = await story.settled(draft)
      if (rested.state === 'unknown') await story.window('reconcile_draft', { draft_id: draft.draft_id })
      const { draft: found, results } = await story.window('get_draft', { draft_id: draft.draft_id })
      expect(found, one.name).toMatchObject({ state: 'apply_failed' })
      expect(found.state_message, one.name).toMatch(/said yes|still/)
      expect(results[0]?.platform_request_id, `${one.name}: the platform's own number for it`).toBeTruthy()
      expect(writes(one), one.name).toBe(1)
      expect(await live(one), one.name).toBe(before.get(one))
    }
  }, 180_000)

  test('are still found out when the read-back is throttled', async () => {
    const [one] = story.cases
    if (one === undefined) throw new Error('no case')
    const draft = await story.propose(one)
    const { challenge } = await story.arm(draft)
    // The reading before the write gets through; those after it do not, until the platform's pause is over.
    story.throttleReadBack({ after: 1, times: 3 })
    await story.window('confirm_draft', { draft_id: draft.draft_id, confirm_token: challenge?.confirm_token ?? '' })
    await expect.poll(() => writes(one), { timeout: 10_000 }).toBe(1)
    story.clock.advance(3_600_000)
    const rested = await story.settled(draft)
    expect(['applied', 'unknown']).toContain(rested.state)
    story.calm()
    if (rested.state === 'unknown') await story.window('reconcile_draft', { draft_id: draft.draft_id })
    expect(await story.settled(draft)).toMatchObject({ state: 'applied' })
    expect(writes(one), 'and nothing was sent again').toBe(1)
  }, 120_000)
})
