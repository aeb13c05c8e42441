/**
 * The thread that reads one file: says what it found, and hands its rows over piece by piece when asked. Holds nothing longer than the one
 * file, and ends with it; a workbook that blows up takes only this thread with it.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { OperationError } from '../../shared/errors.ts'
import { type ReadRequest, readFile } from './read-file.ts'
import { ROWS_AT_ONCE, type WorkerReply } from './reader.ts'
import type { StagedRow } from './staging.ts'

const port = parentPort
if (port === null) throw new Error('this file runs in a worker')
const say = (reply: WorkerReply): void => port.postMessage(reply)

try {
  const { summary, rows } = await readFile(workerData as ReadRequest)
  let left: Iterator<StagedRow> | undefined
  port.on('message', () => {
    left ??= rows()[Symbol.iterator]()
    const batch: string[] = []
    let next = left.next()
    while (next.done !== true) {
      batch.push(JSON.stringify(next.value))
      if (batch.length === ROWS_AT_ONCE) break
      next = left.next()
    }
    say({ kind: 'rows', rows: batch })
  })
  say({ kind: 'summary', summary })
} catch (error) {
  say(
    error instanceof OperationError
      ? { kind: 'refused', error: error.toReply() }
      : { kind: 'failed', message: error instanceof Error ? `${error.name}: ${error.message}` : String(error) },
  )
}
