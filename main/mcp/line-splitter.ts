/** Cuts a byte stream into lines of bounded length. Never holds more than one line and one chunk. */
export class LineSplitter {
  readonly #maxBytes: number
  #parts: Buffer[] = []
  #size = 0
  /** The rest of a line that was too long is thrown away up to its end. */
  #isSkipping = false

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** The lines completed by this chunk, without their ends; null stands for a line that was too long. */
  push(chunk: Buffer | string): (string | null)[] {
    const lines: (string | null)[] = []
    let rest = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    for (let end = rest.indexOf(0x0a); end >= 0; end = rest.indexOf(0x0a)) {
      this.#add(rest.subarray(0, end), lines)
      if (!this.#isSkipping) lines.push(Buffer.concat(this.#parts).toString('utf8'))
      this.#parts = []
      this.#size = 0
      this.#isSkipping = false
      rest = rest.subarray(end + 1)
    }
    this.#add(rest, lines)
    return lines
  }

  #add(piece: Buffer, lines: (string | null)[]): void {
    if (this.#isSkipping || piece.length === 0) return
    this.#size += piece.length
    if (this.#size <= this.#maxBytes) {
      this.#parts.push(piece)
      return
    }
    this.#isSkipping = true
    this.#parts = []
    lines.push(null)
  }
}
