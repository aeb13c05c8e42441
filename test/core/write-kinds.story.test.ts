/**
 * Each kind of change on each platform, from an AI client's proposal to what the platform holds, and everything that can go wrong between.
 * The whole app, each platform's own sandbox, real sockets.
 */
import { afterEach, describe, expect, test } from 'vitest'
import { PLATFORMS, type Platform } from '../../shared/domain/ids.ts'
import type { DraftView } from '../../shared/operations.ts'
import { type Case, startWriteStory, type WriteStory } from '../support/write-story.ts'

const LIMIT_MS = 180_000
let story: WriteStory
afterEach(() => story.close())

const live = async (one: Case): Promise<string> =>
  (await story.harness.adapter.readLive(one.entityId, one.field, new AbortController().signal)).value
const writes = (one: Case): number => story.harness.writesReceived(one.entityId)
const dryRuns = (one: Case): number => story.harness.dryRunsReceived(one.entityId)
const valueNow = async (one: Case): Promise<string> => {
  const { current } = await story.window('get_entity', { entity_id: one.entityId })
  return current[one.field] ?? ''
}
/** With the kind of change beside it, so that a failure says which one it was. */
const of = <T>(one: Case, value: T): Record<string, T> => ({ [one.name]: value })

/** Proposed and armed, with something set to go wrong before Confirm. */
async function confirmUnder(one: Case, trouble: () => void): Promise<DraftView> {
  const draft = await story.propose(one)
  // What went wrong with the kinds before this one would stop it.
  await story.window('reset_breaker', {})
  const { challenge } = await story.arm(draft)
  trouble()
  await story.window('confirm_draft', { draft_id: draft.draft_id, confirm_token: challenge?.confirm_token ?? '' })
  return draft
}

/** At rest, and read once more by hand where it is not known yet. */
async function known(draft: DraftView): Promise<DraftView> {
  const rested = await story.settled(draft)
  if (rested.state === 'unknown') await story.window('reconcile_draft', { draft_id: draft.draft_id })
  return story.settled(draft)
}

/** TikTok answers "partial success" to changes of status only. */
const canBePartial = (platform: Platform, one: Case): boolean => platform !== 'tiktok' || one.field === 'status'

describe.each(PLATFORMS)('changes on %s', (platform) => {
  test(
    'are proposed, signed off, written once, read back, and recorded',
    async () => {
      story = await startWriteStory(platform)
      expect(story.cases.length).toBeGreaterThanOrEqual(4)
      for (const one of story.cases) {
        const before = await live(one)
        const draft = await story.propose(one)
        expect(of(one, writes(one))).toEqual(of(one, 0))
        await story.confirm(draft)
        const after = draft.operations[0]?.after ?? ''
        expect(of(one, await story.settled(draft))).toMatchObject(of(one, { state: 'applied' }))
        expect(of(one, { writes: writes(one), live: await live(one), inTheApp: await valueNow(one) })).toEqual(
          of(one, { writes: 1, live: after, inTheApp: after }),
        )
        expect(of(one, after)).not.toEqual(of(one, before))
        expect(of(one, dryRuns(one))).toEqual(of(one, story.harness.hasDryRun ? 1 : 0))
        const { history } = await story.window('get_draft', { draft_id: draft.draft_id })
        expect(history.map((each) => each.type)).toEqual(
          expect.arrayContaining(['draft.proposed', 'draft.armed', 'draft.approved', 'apply.sent', 'draft.applied']),
        )
      }
      expect(await story.window('verify_audit', {})).toMatchObject({ is_ok: true })
    },
    LIMIT_MS,
  )

  test(
    'that were overtaken on the platform turn stale, and nothing is written',
    async () => {
      story = await startWriteStory(platform)
      for (const one of story.cases) {
        const draft = await story.propose(one)
        const answer = await story.window('get_entity', { entity_id: one.entityId })
        // Of a scheduled budget it is today's that moves: nothing was scheduled yet.
        const moved = one.field === 'scheduled_budget' ? 'daily_budget' : one.field
        story.harness.changeOutside(one.entityId, moved, one.drifted(answer))
        expect(of(one, await story.arm(draft))).toMatchObject(of(one, { draft: { state: 'stale' }, challenge: null }))
        expect(of(one, writes(one))).toEqual(of(one, 0))
        const { outside_changes: seen } = await story.window('get_entity', { entity_id: one.entityId })
        expect(of(one, seen)).toMatchObject(of(one, [{ field: one.field, before: draft.operations[0]?.before }]))
      }
    },
    LIMIT_MS,
  )

  test(
    'say at Confirm what the dry run said, or that there is none',
    async () => {
      story = await startWriteStory(platform)
      const result = story.harness.hasDryRun ? 'ok' : 'unsupported'
      for (const one of story.cases) {
        const { challenge } = await story.arm(await story.propose(one))
        expect(of(one, challenge?.validation)).toEqual(of(one, [{ k: 0, result }]))
        expect(of(one, writes(one))).toEqual(of(one, 0))
      }
    },
    LIMIT_MS,
  )

  test(
    'that only partly worked, without ours, end as not applied',
    async () => {
      story = await startWriteStory(platform)
      const cases = story.cases.filter((one) => canBePartial(platform, one))
      expect(cases).not.toEqual([])
      for (const one of cases) {
        const before = await live(one)
        const draft = await confirmUnder(one, () => story.harness.breakNext('write', 'partial_failure'))
        expect(of(one, await story.settled(draft))).toMatchObject(
          of(one, { state: 'apply_failed', state_reason: 'refused_by_platform' }),
        )
        expect(of(one, { writes: writes(one), live: await live(one) })).toEqual(of(one, { writes: 1, live: before }))
      }
    },
    LIMIT_MS,
  )

  test(
    'took effect but the answer was lost: one write, unknown, then found by reading',
    async () => {
      story = await startWriteStory(platform)
      for (const one of story.cases) {
        const draft = await confirmUnder(one, () => story.harness.breakNext('write', 'reset_after_effect'))
        expect(of(one, await known(draft))).toMatchObject(
          of(one, { state: 'applied', state_reason: 'reconciled_applied' }),
        )
        expect(of(one, writes(one))).toEqual(of(one, 1))
      }
    },
    LIMIT_MS,
  )

  test(
    'that the platform only pretends to make end as not applied, with what it said',
    async () => {
      story = await startWriteStory(platform)
      const started: { readonly one: Case; readonly before: string; readonly draft: DraftView }[] = []
      for (const one of story.cases) {
        const before = await live(one)
        const draft = await confirmUnder(one, () => story.harness.breakNext('write', 'success_without_effect'))
        // The write goes out before the next one's trouble is set; the read-backs of all then run side by side.
        await expect.poll(() => writes(one), { timeout: 10_000 }).toBe(1)
        started.push({ one, before, draft })
      }
      for (const { one, before, draft } of started) {
        await story.settled(draft)
        story.clock.advance(story.harness.adapter.readAfterWriteMs)
        await known(draft)
        const { draft: found, results } = await story.window('get_draft', { draft_id: draft.draft_id })
        expect(of(one, found)).toMatchObject(
          of(one, { state: 'apply_failed', state_message: expect.stringMatching(/said yes|still/) as string }),
        )
        expect(of(one, results)).toEqual(
          of(one, [expect.objectContaining({ platform_request_id: expect.stringMatching(/./) as string })]),
        )
        expect(of(one, { writes: writes(one), live: await live(one) })).toEqual(of(one, { writes: 1, live: before }))
      }
    },
    LIMIT_MS,
  )

  test(
    'are still found out when the read-back is throttled',
    async () => {
      story = await startWriteStory(platform)
      const [one] = story.cases
      if (one === undefined) throw new Error('no case')
      // The reading before the write gets through; those after it do not, until the platform's pause is over.
      const draft = await confirmUnder(one, () => story.throttleReadBack())
      const rested = await story.settled(draft)
      expect(['applied', 'unknown']).toContain(rested.state)
      story.calm()
      story.clock.advance(3_600_000)
      expect(await known(draft)).toMatchObject({ state: 'applied' })
      expect(of(one, writes(one))).toEqual(of(one, 1))
    },
    LIMIT_MS,
  )
})

describe.each(['google_ads', 'meta'] as const)('a dry run on %s', (platform) => {
  test(
    'that says no keeps the change from being sent, and the draft waits',
    async () => {
      story = await startWriteStory(platform)
      for (const one of story.cases) {
        const draft = await story.propose(one)
        story.refuseDryRun()
        const error = await story.refusal('arm_draft', { draft_id: draft.draft_id, draft_hash: draft.draft_hash })
        expect(of(one, error)).toMatchObject(of(one, { code: 'platform_refused' }))
        const found = await story.window('get_draft', { draft_id: draft.draft_id })
        expect(of(one, { state: found.draft.state, writes: writes(one) })).toEqual(
          of(one, { state: 'pending', writes: 0 }),
        )
      }
    },
    LIMIT_MS,
  )
})
