/**
 * Random histories of drafts through the real gate, log, limits, executor and reconciliation, with two windows, several drafts, clocks that
 * jump, a platform that answers late, wrongly or not at all, and an app that is killed at any of its calls. Held in every one of them:
 *
 * I1 each change causes at most one write, ever · I2 a write is preceded by its intent and its note, outside of the file too, and followed
 * by an outcome · I3 nothing is written but exactly the bytes that were armed and confirmed · I4 only over the value that was shown ·
 * I5 a confirmation works once, in its own session, until it is taken back, replaced, too old or the app restarted · I6 no limit, breaker
 * or switch is got round · I7 the verdict is what the platform did · I8 the log verifies · I9 one write at a time for each target ·
 * I10 nothing that is over comes back · I11 a start leaves nothing under way · I12 recovery and reading write nothing · I13 everything
 * is known in the end · I14 no jump of a clock makes a confirmation live longer.
 */
import { expect, test } from 'vitest'
import { CAMPAIGNS } from '../support/gate-places.ts'
import { startWorld, WINDOW } from '../support/gate-world.ts'
import { runHistories, seedOf, tooRare } from '../support/gate-histories.ts'

const HISTORIES = 5_000
const SEED = seedOf(20_260_610)

/** In how many of the histories each of these came up, at least. */
const LEAST = {
  approved: 2_000,
  write: 1_500,
  double_draft: 500,
  crash_in_flight: 400,
  crash_after_sent: 300,
  crash_after_approval: 50,
  restart_with_arms: 500,
  blocked_at_confirm: 300,
  'blocked:quiet_hours': 200,
  'blocked:policy': 50,
  'blocked:envelope_net': 20,
  'objected:cool-down': 40,
  'objected:the breaker was open': 100,
  'objected:changes were switched off for the account': 50,
  'objected:the confirmation was too old': 100,
  'objected:the confirmation had died: newer': 50,
  'objected:the confirmation had died: another session': 50,
  'objected:the token of another draft': 40,
  two_executions: 25,
  'two:batch': 100,
  approved_set: 200,
  'surprise:full_disk': 50,
  'surprise:clock_back': 50,
  'surprise:clock_ahead': 50,
  reconciled: 400,
  undo: 100,
  repair: 10,
  'state:rolled_back': 40,
  'state:partial': 80,
  'outcome:not_applied': 200,
  'outcome:refused': 50,
  'outcome:conflict': 20,
}

test('I1–I14 over any history: no write without arm and confirm of exactly those bytes, none twice, none past a limit', async () => {
  const outcome = await runHistories(SEED, HISTORIES)
  expect(outcome.failure ?? 'held').toBe('held')
  expect(tooRare(outcome, LEAST)).toEqual([])
  expect(outcome.histories).toBe(HISTORIES)
}, 240_000)

test('an edit that the limits blocked is judged afresh once they were changed', async () => {
  const world = await startWorld({ start: 0, limit: 1 })
  const [campaign] = CAMPAIGNS
  const change = {
    kind: 'set_budget',
    entity_id: campaign,
    budget: 'daily',
    expected_current: '100.00',
    new_value: '110.00',
  }
  const draftId = world.propose([change], WINDOW, 48)
  world.revise(draftId, '140.00')
  expect([...world.reached]).toEqual(['refused:guardrail'])
  world.setLimits(0)
  world.pass(60_000)
  world.revise(draftId, '140.00')
  expect(world.drafts().map((shown) => shown.changes[0]?.after)).toEqual(['140.00', '110.00'])
  await world.end()
  expect(world.model.doubts).toEqual([])
  world.close()
})
