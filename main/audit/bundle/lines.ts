import { BundleFault } from './bundle-fault.ts'

/** Text files as lines, however the pieces of the file fall. Bytes only: a line is decoded by whoever knows what it is. */

const LINE_FEED = 10

/** Lines without their line feed, which every line has. @throws BundleFault for a longer one, and for a last one that is cut off */
export function* linesOf(pieces: Iterable<Uint8Array>, file: string, maxBytes: number): Generator<Buffer> {
  let rest = Buffer.alloc(0)
  for (const piece of pieces) {
    const bytes = rest.length === 0 ? Buffer.from(piece) : Buffer.concat([rest, piece])
    let from = 0
    for (let to = bytes.indexOf(LINE_FEED); to !== -1; to = bytes.indexOf(LINE_FEED, from)) {
      if (to - from > maxBytes) throw tooLong(file)
      yield bytes.subarray(from, to)
      from = to + 1
    }
    rest = bytes.subarray(from)
    if (rest.length > maxBytes) throw tooLong(file)
  }
  if (rest.length > 0) throw new BundleFault('truncated', `The last line of ${file} is cut off.`, { file })
}

/** One line ahead, for files that are read side by side. */
export class Peekable<T> {
  readonly #from: Iterator<T>
  #next: T | undefined

  constructor(from: Iterable<T>) {
    this.#from = from[Symbol.iterator]()
    this.#advance()
  }

  get next(): T | undefined {
    return this.#next
  }

  take(): T | undefined {
    const taken = this.#next
    this.#advance()
    return taken
  }

  #advance(): void {
    const { done, value } = this.#from.next()
    this.#next = done === true ? undefined : value
  }
}

function tooLong(file: string): BundleFault {
  return new BundleFault('too_large', `A line of ${file} is longer than it may be.`, { file })
}
