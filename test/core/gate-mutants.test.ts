/** The properties of the gate can fail: each protection that is taken away is missed, within a few hundred histories. */
import { expect, test } from 'vitest'
import { runHistories } from '../support/gate-histories.ts'
import { MUTANTS } from '../support/gate-mutants.ts'

const MAX_HISTORIES = 2_000

test.each(MUTANTS)(
  'is noticed: $name',
  async ({ breaks, mutation }) => {
    const { failure, histories } = await runHistories(20_260_301, MAX_HISTORIES, { mutation, isBrief: true })
    expect(failure ?? `held in ${histories} histories`).toMatch(breaks)
  },
  90_000,
)
