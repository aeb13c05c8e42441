/**
 * The shells' side of the core's boundary, for tests of the shells alone: it writes down what reached it and answers plainly.
 * Never used where the behaviour of the core matters.
 */
import type { Reply } from '../../shared/api.ts'
import type { Caller } from '../../main/ports.ts'

export interface Recorded {
  readonly caller: Caller
  readonly name: string
  readonly input: unknown
  readonly signal: AbortSignal | undefined
}

export class RecordingCore {
  readonly runs: Recorded[] = []
  closes = 0
  /** What the next runs answer; may wait for `signal`. */
  answer: (run: Recorded) => Promise<Reply<unknown>> = async ({ name }) => ({ ok: true, value: { ran: name } })
  onClose: () => Promise<void> = async () => {}

  run(caller: Caller, name: string, input: unknown, signal?: AbortSignal): Promise<Reply<unknown>> {
    const recorded = { caller, name, input, signal }
    this.runs.push(recorded)
    return this.answer(recorded)
  }

  async close(): Promise<void> {
    this.closes += 1
    await this.onClose()
  }
}
