/**
 * `npm test`: everything that has to be true before a change may go in, in one command.
 * The last line is always `N passed, N failed` (`, N skipped`); the exit code is 1 when anything failed, also when a step
 * crashed or ran no test. Nothing is tried a second time. For developers: `--only <step>[,<step>]`.
 */
import { parseArgs } from 'node:util'
import { clearEndpointNotes, endpointReport } from './endpoints.ts'
import { explainMissing, findMissing, installMissing } from './requirements.ts'
import { closingLine, type StepCounts } from './step-counts.ts'
import { runStep, STEP_GROUPS, stopRunningSteps, type Step, type StepResult } from './steps.ts'

/** How many steps of one group run side by side. */
const SIDE_BY_SIDE = 2
/** A line is printed this often while a step is silent, so that nobody takes it for dead. */
const STILL_RUNNING_EVERY_MS = 60_000
/** The step whose tests talk to the platforms' sandboxes. */
const CONTRACT_STEP = 'vitest'
const STEPS_THAT_NEED_THE_MACHINE = ['vitest', 'e2e']

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const inSeconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`

/** Prints the problem and the closing line of a run that could not even begin. */
function giveUp(problem: string): void {
  say(problem)
  say('')
  say(closingLine({ passed: 0, failed: 1, skipped: [] }))
  process.exitCode = 1
}

/** The names given with --only; undefined means all steps. */
function readOnly(): readonly string[] | undefined {
  const { values } = parseArgs({ options: { only: { type: 'string', multiple: true } } })
  const names = values.only?.flatMap((value) => value.split(','))
  const known = STEP_GROUPS.flat().map(({ name }) => name)
  const unknown = names?.filter((name) => !known.includes(name)) ?? []
  if (unknown.length > 0) throw new Error(`No such step: ${unknown.join(', ')}. There are: ${known.join(', ')}.`)
  return names
}

/** Installs what is missing if this user may; says what is missing if not. Answers undefined when all is there. */
function prepareMachine(): string | undefined {
  const missing = findMissing()
  if (missing.length === 0) return undefined
  const trouble = installMissing(missing, say)
  const stillMissing = findMissing()
  return stillMissing.length === 0
    ? undefined
    : `${trouble}${trouble === '' ? '' : '\n'}${explainMissing(stillMissing)}`
}

/** One finished step as one line, followed by its output when it failed. */
function printResult({ step, counts, tookMs, output }: StepResult): void {
  const mark = counts.failed === 0 ? '✓' : '✗'
  const detail = step.readCounts === undefined ? '' : `  ${closingLine(counts)}`
  say(`${mark} ${step.name.padEnd(13)} ${inSeconds(tookMs).padStart(8)}${detail}`)
  if (counts.failed > 0) say(`${output.trimEnd()}\n--- end of ${step.name} ---`)
  if (step.name === CONTRACT_STEP) printEndpoints()
}

/** What of the platforms' interfaces was exercised, and by whom: what only our own client used is proven by nobody else. */
function printEndpoints(): void {
  const lines = endpointReport()
  if (lines.length === 0) return
  say('Platform endpoints exercised, and by which client (also in out/endpoints.md):')
  for (const line of lines) say(line)
}

/** Runs one step, or fails it unrun when the step it builds on has failed. */
async function runOne(step: Step, before: readonly StepResult[]): Promise<StepResult> {
  const base = before.find((result) => result.step.name === step.needs)
  if (base !== undefined && base.counts.failed > 0) {
    const output = `Not run: it needs ${base.step.name}, which failed.`
    return { step, counts: { passed: 0, failed: 1, skipped: [] }, tookMs: 0, output }
  }
  if (step.name === CONTRACT_STEP) clearEndpointNotes()
  const startedAtMs = performance.now()
  const stillRunning = setInterval(
    () => say(`… ${step.name.padEnd(13)} ${inSeconds(performance.now() - startedAtMs).padStart(8)}`),
    STILL_RUNNING_EVERY_MS,
  )
  try {
    return await runStep(step)
  } finally {
    clearInterval(stillRunning)
  }
}

/** Runs the steps of one group, at most SIDE_BY_SIDE at a time, each starting in its order. */
async function runGroup(group: readonly Step[], before: readonly StepResult[]): Promise<StepResult[]> {
  const waiting = [...group]
  const results: StepResult[] = []
  const work = async (): Promise<void> => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      const result = await runOne(step, before)
      printResult(result)
      results.push(result)
    }
  }
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work))
  return results
}

async function main(): Promise<void> {
  const [major = 0] = process.versions.node.split('.').map(Number)
  if (major < 22) {
    giveUp(`The tests need Node 22 or newer, this is ${process.version}. Run them through npm: npm ci && npm test.`)
    return
  }
  const only = readOnly()
  const groups = STEP_GROUPS.map((group) => group.filter(({ name }) => only === undefined || only.includes(name)))
  if (groups.flat().some(({ name }) => STEPS_THAT_NEED_THE_MACHINE.includes(name))) {
    const problem = prepareMachine()
    if (problem !== undefined) {
      giveUp(problem)
      return
    }
  }
  say(`Node ${process.version}, ${process.platform}-${process.arch}`)
  const startedAtMs = performance.now()
  const results: StepResult[] = []
  for (const group of groups) results.push(...(await runGroup(group, results)))

  const sum: StepCounts = { passed: 0, failed: 0, skipped: results.flatMap(({ counts }) => counts.skipped) }
  for (const { counts } of results) {
    sum.passed += counts.passed
    sum.failed += counts.failed
  }
  for (const { name, reason } of sum.skipped) say(`skipped: ${name} (${reason})`)
  say(`${inSeconds(performance.now() - startedAtMs)} in all`)
  say('')
  say(closingLine(sum))
  process.exitCode = sum.failed === 0 ? 0 : 1
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    stopRunningSteps()
    giveUp(`Stopped by ${signal}.`)
    process.exit(1)
  })
}
try {
  await main()
} catch (error) {
  stopRunningSteps()
  giveUp(error instanceof Error ? error.message : String(error))
}
