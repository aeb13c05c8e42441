/** Reads files in threads of their own, one thread a file, in bounded time and memory. Keeps nothing. */
import { Worker } from 'node:worker_threads'
import { type ErrorReply, OperationError } from '../../shared/errors.ts'
import { workerUrl } from '../worker-url.ts'
import type { FileSummary, ReadRequest } from './read-file.ts'

/** Rows handed over, and stored, at once: some ten milliseconds of work. */
export const ROWS_AT_ONCE = 300

export type WorkerReply =
  | { readonly kind: 'summary'; readonly summary: FileSummary }
  | { readonly kind: 'rows'; readonly rows: readonly string[] }
  | { readonly kind: 'refused'; readonly error: ErrorReply }
  | { readonly kind: 'failed'; readonly message: string }

export interface Reading {
  readonly summary: FileSummary
  /** The next rows to store, as JSON; none: that was all. */
  readonly next: () => Promise<readonly string[]>
  /** Ends the thread. Idempotent. */
  readonly close: () => void
}
export interface FileReader {
  /**
   * Bytes in shared memory are not copied.
   * @throws OperationError invalid_input for what cannot be read; timeout
   */
  readonly open: (request: ReadRequest) => Promise<Reading>
}

/** A file of 64 MB takes some ten seconds here. */
const TIMEOUT_MS = 120_000
/** Half a million rows need about half of it. */
const MAX_HEAP_MB = 2_048

export function createFileReader(): FileReader {
  return {
    async open(request) {
      const worker = new Worker(workerUrl(import.meta.url, 'import-worker'), {
        name: 'import',
        workerData: request,
        resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
      })
      worker.unref()
      const close = (): void => void worker.terminate()
      try {
        const first = await answerOf(worker)
        if (first.kind !== 'summary') throw new Error('the thread that reads files said something else')
        return {
          summary: first.summary,
          close,
          next: async () => {
            const answer = answerOf(worker)
            worker.postMessage('next')
            const reply = await answer
            if (reply.kind !== 'rows') throw new Error('the thread that reads files said something else')
            return reply.rows
          },
        }
      } catch (error) {
        close()
        throw error
      }
    },
  }
}

type Answer = Extract<WorkerReply, { kind: 'summary' | 'rows' }>

/** The next thing the thread says. @throws OperationError when it refuses the file, is out of memory or too slow */
async function answerOf(worker: Worker): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer)
      worker.off('message', onMessage)
      worker.off('error', onError)
      worker.off('exit', onExit)
    }
    const fail = (error: unknown): void => {
      end()
      reject(error instanceof Error ? error : new Error(String(error)))
    }
    const onMessage = (reply: WorkerReply): void => {
      if (reply.kind === 'refused') return fail(asError(reply.error))
      if (reply.kind === 'failed') return fail(new Error(reply.message))
      end()
      resolve(reply)
    }
    const onError = (error: Error & { code?: string }): void =>
      fail(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooMuch() : error)
    const onExit = (): void => fail(new Error('the thread that reads files ended early'))
    const timer = setTimeout(() => fail(tooSlow()), TIMEOUT_MS)
    worker.on('message', onMessage)
    worker.on('error', onError)
    worker.on('exit', onExit)
  })
}

function asError({ code, message, hint, retryable, details }: ErrorReply): OperationError {
  return new OperationError(code, message, hint, { retryable, ...(details === undefined ? {} : { details }) })
}
function tooMuch(): OperationError {
  return new OperationError(
    'invalid_input',
    'This file needs more memory than a report should. Nothing was stored.',
    'Export a shorter period, or fewer columns.',
    { details: { reason: 'too_large' } },
  )
}
function tooSlow(): OperationError {
  return new OperationError(
    'timeout',
    'Reading this file took longer than two minutes and was given up. Nothing was stored.',
    'Export a shorter period, or fewer columns.',
  )
}
