/**
 * Runs reading jobs in a thread, one after the other, so that the window stays responsive. Bounded and cancellable; a thread that dies costs the
 * job it was doing and nothing else. Knows no job itself and never opens the database in the app's own thread.
 */
import { Worker } from 'node:worker_threads'
import type { Clock } from '../../../shared/clock.ts'
import { OperationError } from '../../../shared/errors.ts'
import type { Logger } from '../../logger.ts'
import { workerUrl } from '../../worker-url.ts'
import type { JobInput, JobName, JobOutput } from './jobs.ts'
import type { ReadReply, ReadRequest, ReadWorkerData } from './protocol.ts'

export interface ReadWorkerDeps {
  /** facts.db; whoever writes it must have opened and migrated it before the first job. */
  readonly factsFile: string
  /** The 32 bytes of its key; asked for when a thread starts. A copy, which is wiped here. */
  readonly factsKey: () => Uint8Array
  readonly clock: Clock
  readonly log: Logger
}

export interface ReadWorker {
  /**
   * @param signal a job that waits is dropped; the answer of one that runs is thrown away
   * @throws OperationError whatever the job refuses with; rate_limited (32 are waiting), cancelled, lost (the thread died: may be asked again)
   */
  run<J extends JobName>(job: J, input: JobInput<J>, signal: AbortSignal): Promise<JobOutput<J>>
  /** Drops what waits, lets a running statement end, and closes the database. */
  close(): Promise<void>
}

const MAX_WAITING = 32
const FAREWELL_MS = 5_000

interface Task {
  readonly id: number
  readonly job: string
  readonly input: unknown
  readonly settle: (outcome: { readonly value: unknown } | { readonly error: unknown }) => void
}

export function createReadWorker(deps: ReadWorkerDeps): ReadWorker {
  const waiting: Task[] = []
  let active: Task | undefined
  let worker: Worker | undefined
  let lastId = 0
  let isClosed = false

  function start(): Worker {
    // A buffer of its own, so that it can be moved to the thread: no copy stays here.
    const borrowed = deps.factsKey()
    const key = Uint8Array.from(borrowed)
    borrowed.fill(0)
    const workerData: ReadWorkerData = { factsFile: deps.factsFile, key }
    const made = new Worker(workerUrl(import.meta.url, 'read-worker-thread'), {
      name: 'reader',
      workerData,
      transferList: [key.buffer],
    })
    made.on('message', (reply: ReadReply) => {
      if (reply.id === active?.id) finish(outcomeOf(reply))
    })
    made.on('error', (error) => deps.log.error('read_worker_failed', error))
    made.on('exit', () => {
      if (worker !== made) return
      worker = undefined
      if (active !== undefined) finish({ error: lost() })
    })
    return made
  }

  function outcomeOf(reply: ReadReply): { readonly value: unknown } | { readonly error: unknown } {
    if (reply.kind === 'done') return { value: reply.output }
    if (reply.kind === 'failed') return { error: new Error(reply.reason) }
    const { code, message, hint, retryable, details } = reply.error
    return {
      error: new OperationError(code, message, hint, { retryable, ...(details === undefined ? {} : { details }) }),
    }
  }

  function finish(outcome: { readonly value: unknown } | { readonly error: unknown }): void {
    const done = active
    active = undefined
    // An idle thread must not keep a command alive; a busy one has to.
    worker?.unref()
    done?.settle(outcome)
    next()
  }

  function next(): void {
    if (active !== undefined || isClosed) return
    const task = waiting.shift()
    if (task === undefined) return
    active = task
    try {
      worker ??= start()
      worker.ref()
      const { id, job, input } = task
      worker.postMessage({ kind: 'job', id, job, input, nowMs: deps.clock.nowMs() } satisfies ReadRequest)
    } catch (error) {
      finish({ error })
    }
  }

  function drop(task: Task): void {
    const place = waiting.indexOf(task)
    if (place !== -1) waiting.splice(place, 1)
    // The thread finishes what it is doing; the next job waits for that, its caller does not.
    else if (active === task) worker?.postMessage({ kind: 'cancel', id: task.id } satisfies ReadRequest)
    task.settle({ error: cancelled() })
  }

  return {
    run: (job, input, signal) =>
      new Promise((resolve, reject) => {
        if (isClosed || signal.aborted) return reject(cancelled())
        if (waiting.length >= MAX_WAITING) return reject(busy())
        const onAbort = (): void => drop(task)
        const task: Task = {
          id: (lastId += 1),
          job,
          input,
          settle: (outcome) => {
            signal.removeEventListener('abort', onAbort)
            if ('error' in outcome) reject(outcome.error)
            else resolve(outcome.value as never)
          },
        }
        signal.addEventListener('abort', onAbort, { once: true })
        waiting.push(task)
        next()
      }),
    async close() {
      isClosed = true
      for (const task of [...waiting.splice(0), ...(active === undefined ? [] : [active])])
        task.settle({ error: cancelled() })
      const leaving = worker
      worker = undefined
      active = undefined
      if (leaving === undefined) return
      await new Promise<void>((resolve) => {
        const timer = setTimeout(() => void leaving.terminate(), FAREWELL_MS)
        leaving.once('exit', () => {
          clearTimeout(timer)
          resolve()
        })
        leaving.ref()
        leaving.postMessage({ kind: 'close' } satisfies ReadRequest)
      })
    },
  }
}

function cancelled(): OperationError {
  return new OperationError(
    'cancelled',
    'The report was given up. Nothing was changed.',
    'Ask again when you need it.',
    {
      retryable: true,
    },
  )
}

function busy(): OperationError {
  return new OperationError(
    'rate_limited',
    `${MAX_WAITING} reports are waiting already; this one was not started.`,
    'Try again in a moment.',
    { retryable: true },
  )
}

function lost(): OperationError {
  return new OperationError(
    'lost',
    'The report was cut off: the part of SpendSignoff that reads the stored numbers stopped. No stored number was changed.',
    'Ask again; it starts anew.',
    { retryable: true },
  )
}
