/** The steps of `npm test` and how one is run. What a step does is the npm script of package.json, nothing is said twice. */
import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { delimiter, resolve } from 'node:path'
import { countPlaywright, judgeRunner, type StepCounts } from './step-counts.ts'

const root = resolve(import.meta.dirname, '../..')
const countsFile = (step: string): string => resolve(root, 'out/test', `${step}.json`)

/** Output kept per step, in characters from the end: enough for any failure, and a runaway step cannot fill the memory. */
const MAX_OUTPUT_CHARS = 400_000

export interface Step {
  readonly name: string
  /** npm script of package.json. */
  readonly script: string
  readonly extraWords?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** Reads what the runner counted. Without it the step itself is one test. */
  readonly readCounts?: () => StepCounts
  /** A step that has to pass first. */
  readonly needs?: string
  readonly limitMs: number
}

export interface StepResult {
  readonly step: Step
  readonly counts: StepCounts
  readonly tookMs: number
  readonly output: string
}

const MINUTE_MS = 60_000

/** In order. The steps of one group do not touch each other's files and may run side by side. */
export const STEP_GROUPS: readonly (readonly Step[])[] = [
  [
    { name: 'format', script: 'format:check', limitMs: 5 * MINUTE_MS },
    { name: 'lint', script: 'lint', limitMs: 5 * MINUTE_MS },
    { name: 'types', script: 'typecheck', limitMs: 5 * MINUTE_MS },
    { name: 'architecture', script: 'arch', limitMs: 5 * MINUTE_MS },
    { name: 'unused', script: 'unused', limitMs: 5 * MINUTE_MS },
  ],
  [{ name: 'build', script: 'build', limitMs: 5 * MINUTE_MS }],
  [
    {
      name: 'vitest',
      script: 'test:unit',
      extraWords: ['--reporter=default', '--reporter=./test/support/vitest-counts.ts'],
      environment: { TEST_COUNTS_FILE: countsFile('vitest') },
      readCounts: () => readJson(countsFile('vitest')) as StepCounts,
      limitMs: 30 * MINUTE_MS,
    },
  ],
  [
    {
      name: 'e2e',
      script: 'test:e2e',
      extraWords: ['--reporter=list,json'],
      environment: { PLAYWRIGHT_JSON_OUTPUT_FILE: countsFile('e2e') },
      readCounts: () => countPlaywright(readJson(countsFile('e2e'))),
      needs: 'build',
      limitMs: 30 * MINUTE_MS,
    },
  ],
]

const running = new Set<ChildProcess>()

/** Ends every step that is still running, with everything it started. */
export function stopRunningSteps(): void {
  for (const child of running) stop(child)
}

function stop(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    // The step is the leader of its own process group: browsers and servers it started go with it.
    process.kill(process.platform === 'win32' ? child.pid : -child.pid, 'SIGKILL')
  } catch {
    // It ended by itself in the meantime.
  }
}

/** Runs one step to its end or its time limit. Never throws: a step that cannot start is a failed step. */
export async function runStep(step: Step): Promise<StepResult> {
  const startedAtMs = performance.now()
  // An old report must not speak for a run that crashed before it wrote its own.
  if (step.readCounts !== undefined) rmSync(countsFile(step.name), { force: true })
  const { exitCode, output } = await runScript(step)
  return { step, counts: judge(step, exitCode), tookMs: performance.now() - startedAtMs, output }
}

function judge(step: Step, exitCode: number | null): StepCounts {
  if (step.readCounts === undefined) {
    return exitCode === 0 ? { passed: 1, failed: 0, skipped: [] } : { passed: 0, failed: 1, skipped: [] }
  }
  try {
    return judgeRunner(step.readCounts(), exitCode)
  } catch {
    return judgeRunner(undefined, exitCode)
  }
}

function runScript(step: Step): Promise<{ exitCode: number | null; output: string }> {
  const npm = process.env['npm_execpath']
  const [program, first] = npm === undefined ? ['npm', []] : [process.execPath, [npm]]
  const words = [...first, 'run', '--silent', step.script, '--', ...(step.extraWords ?? [])]
  return new Promise((done) => {
    const child = spawn(program, words, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
      env: {
        ...process.env,
        ...step.environment,
        NO_COLOR: '1',
        PATH: [resolve(root, 'node_modules/.bin'), process.env['PATH'] ?? ''].join(delimiter),
      },
    })
    running.add(child)
    let output = ''
    const keep = (text: string): void => {
      output = (output + text).slice(-MAX_OUTPUT_CHARS)
    }
    child.stdout.setEncoding('utf8').on('data', keep)
    child.stderr.setEncoding('utf8').on('data', keep)
    const limit = setTimeout(() => {
      keep(`\nStopped: the step took longer than ${step.limitMs / MINUTE_MS} minutes.\n`)
      stop(child)
    }, step.limitMs)
    const finish = (exitCode: number | null): void => {
      clearTimeout(limit)
      running.delete(child)
      done({ exitCode, output })
    }
    child.once('error', (error) => {
      keep(`\nCould not start: ${error.message}\n`)
      finish(null)
    })
    child.once('close', finish)
  })
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'))
}
