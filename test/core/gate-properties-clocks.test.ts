/** The same properties of the gate as in gate-properties.test.ts, in histories that begin shortly before the clocks change. */
import { expect, test } from 'vitest'
import { runHistories, seedOf, tooRare } from '../support/gate-histories.ts'

const HISTORIES = 5_000
const SEED = seedOf(20_261_025)
/** Spring and autumn, in Berlin and in New York. */
const CLOCK_CHANGES = [1, 2, 3, 4]

const LEAST = {
  write: 1_500,
  crash_in_flight: 400,
  double_draft: 500,
  blocked_at_confirm: 300,
  'blocked:quiet_hours': 200,
  quiet_by_clock_change: 200,
  over_the_edge: 300,
  restart_with_arms: 500,
  reconciled: 400,
}

test('I1–I14 around a change of the clocks: quiet hours, envelopes and confirmations hold all the same', async () => {
  const outcome = await runHistories(SEED, HISTORIES, { starts: CLOCK_CHANGES })
  expect(outcome.failure ?? 'held').toBe('held')
  expect(tooRare(outcome, LEAST)).toEqual([])
  expect(outcome.histories).toBe(HISTORIES)
}, 240_000)
