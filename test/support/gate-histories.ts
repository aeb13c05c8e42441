/** Runs random histories of the gate and says what they came to. */
import fc from 'fast-check'
import type { Mutation } from './gate-boot.ts'
import { commands } from './gate-commands.ts'
import { LIMITS, STARTS } from './gate-places.ts'
import { startWorld } from './gate-world.ts'

const MAX_STEPS = 14
/** Looking for a shorter history ends after so long. */
const SEARCH_MS = 200_000

export interface Outcome {
  /** Seed, path and the shortest history found; undefined when every history held. */
  readonly failure: string | undefined
  readonly histories: number
  /** In how many histories each situation came up. */
  readonly reached: ReadonlyMap<string, number>
}

interface Options {
  readonly mutation?: Mutation
  /** Gives up looking for a shorter history: it is enough to know that there is one. */
  readonly isBrief?: boolean
  /** Which of STARTS the histories begin at; all when left out. */
  readonly starts?: readonly number[]
}

/** GATE_SEED runs other histories than those of every day. */
export const seedOf = (usual: number): number => Number(process.env['GATE_SEED'] ?? usual)

export async function runHistories(
  seed: number,
  numRuns: number,
  { mutation, isBrief = false, starts = [...STARTS.keys()] }: Options = {},
): Promise<Outcome> {
  const reached = new Map<string, number>()
  let histories = 0
  const beginning = fc.record({ start: fc.constantFrom(...starts), limit: fc.nat({ max: LIMITS.length - 1 }) })
  const property = fc.asyncProperty(
    beginning,
    fc.commands(commands, { maxCommands: MAX_STEPS, size: 'max' }),
    async (start, steps) => {
      const world = await startWorld(start, mutation)
      histories += 1
      try {
        await fc.asyncModelRun(() => ({ model: {}, real: world }), steps)
        await world.end()
        if (world.model.doubts.length > 0) throw new Error(world.model.doubts.join('\n'))
      } finally {
        world.close()
        for (const name of world.reached) reached.set(name, (reached.get(name) ?? 0) + 1)
      }
    },
  )
  const details = await fc.check(property, {
    seed,
    numRuns,
    endOnFailure: isBrief,
    interruptAfterTimeLimit: SEARCH_MS,
    markInterruptAsFailure: true,
  })
  const failure = details.failed ? await fc.asyncDefaultReportMessage(details) : undefined
  const cause = details.errorInstance instanceof Error ? `\n${details.errorInstance.stack ?? ''}` : ''
  return { failure: failure === undefined ? undefined : failure + cause, histories, reached }
}

/** Situations that came up in fewer histories than asked for, with both numbers: properties that nothing reaches prove nothing. */
export function tooRare({ reached }: Outcome, least: Readonly<Record<string, number>>): readonly string[] {
  return Object.entries(least)
    .filter(([name, count]) => (reached.get(name) ?? 0) < count)
    .map(([name, count]) => `${name}: ${reached.get(name) ?? 0} of ${count}`)
}
