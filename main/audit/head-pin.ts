import { z } from 'zod'
import type { Clock } from '../../shared/clock.ts'
import { ledgerBroken } from './fault.ts'
import { parseJcs, serializeJcs } from './jcs.ts'

/**
 * The newest head of the log, kept outside the database (an item of its own in the keychain), so that a truncated or older
 * file is noticed. Only committed heads are ever written, each one longer than the one before: the pin may lag the log by some
 * commits, and if it is ahead of the file, then the file has lost what was committed.
 */

export interface HeadPinPort {
  read(): Promise<string | undefined>
  write(text: string): Promise<void>
}

export interface PinnedHead {
  readonly origin: string
  readonly size: number
  /** base64, as in the checkpoint. */
  readonly root: string
  /** The log's identity: the key of its first record. */
  readonly vkey: string
  /** When it was pinned, by this computer's clock. */
  readonly ts: string
}

const schema = z.strictObject({
  origin: z.string().min(1).max(255),
  size: z.int().min(1),
  root: z.string().regex(/^[A-Za-z0-9+/]{43}=$/),
  vkey: z.string().min(1).max(400),
  ts: z.string().max(40),
})

export function formatPin(head: PinnedHead): string {
  return serializeJcs(head)
}

/** Undefined for anything that is not exactly a pin. */
export function parsePin(text: string): PinnedHead | undefined {
  try {
    return schema.safeParse(parseJcs(Buffer.from(text, 'utf8'), 4096)).data
  } catch {
    return undefined
  }
}

/** At most one background write per this time. */
const BACKGROUND_INTERVAL_MS = 1000

type WrittenHead = Pick<PinnedHead, 'size' | 'root'>

/** Writes heads one after the other: now on demand, or soon in the background. */
export class PinWriter {
  readonly #port: HeadPinPort
  readonly #clock: Clock
  readonly #committedHead: () => PinnedHead | undefined
  /** Only for writes nobody waits for; flush() and close() reject instead. */
  readonly #onError: (error: unknown) => void
  #written: WrittenHead | undefined
  #lastWriteMonoMs = Number.NEGATIVE_INFINITY
  #tail: Promise<void> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  /** `committedHead` answers undefined while a transaction is open: what is not committed must not be pinned. */
  constructor(options: {
    readonly port: HeadPinPort
    readonly clock: Clock
    /** What is pinned already, undefined when there is nothing or it may be replaced. */
    readonly written: WrittenHead | undefined
    readonly committedHead: () => PinnedHead | undefined
    readonly onError: (error: unknown) => void
  }) {
    this.#port = options.port
    this.#clock = options.clock
    this.#written = options.written
    this.#committedHead = options.committedHead
    this.#onError = options.onError
  }

  /**
   * Writes the newest committed head unless it is pinned already.
   * @throws what the port throws; Error inside a transaction; LedgerBroken for a head that is behind the pinned one, or another
   */
  flush(): Promise<void> {
    const run = this.#tail.then(() => this.#writeIfNewer())
    this.#tail = run.catch(() => undefined)
    return run
  }

  /** Pins within about a second. Failures go to onError; the next commit tries again. */
  schedule(): void {
    if (this.#timer !== undefined || this.#isClosed) return
    const sinceMs = this.#clock.monotonicMs() - this.#lastWriteMonoMs
    const delayMs = Math.min(BACKGROUND_INTERVAL_MS, Math.max(0, BACKGROUND_INTERVAL_MS - sinceMs))
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#pinInBackground().catch(this.#onError)
    }, delayMs)
    // A lagging pin is allowed; holding the process open for it is not.
    this.#timer.unref()
  }

  close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#timer = undefined
    return this.flush()
  }

  async #pinInBackground(): Promise<void> {
    if (this.#committedHead() === undefined) this.schedule()
    else await this.flush()
  }

  async #writeIfNewer(): Promise<void> {
    const head = this.#committedHead()
    if (head === undefined) throw new Error('the head cannot be pinned while a transaction is open')
    const { size, root } = head
    const before = this.#written
    if (before !== undefined && size < before.size)
      throw ledgerBroken('rolled_back', `The audit log holds ${size} records, but ${before.size} were pinned.`, size)
    if (size === before?.size) {
      if (root === before.root) return
      throw ledgerBroken('rewritten', `The first ${size} records of the audit log are not the ones that were pinned.`)
    }
    this.#lastWriteMonoMs = this.#clock.monotonicMs()
    await this.#port.write(formatPin(head))
    this.#written = { size, root }
  }
}
