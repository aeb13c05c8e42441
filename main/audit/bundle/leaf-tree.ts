/**
 * Proofs over the stored leaf hashes of a long log, read in pages: memory holds one hash per 256 records and one page. The stored hashes are
 * not believed: whoever asks compares the root with a signed one, and a wrong hash cannot give the right root.
 */
import { nodeHash } from '../merkle.ts'

const TILE = 256

/** Leaf hashes `from` … `from + limit - 1`, fewer at the end. */
export type LeafPages = (from: number, limit: number) => readonly Buffer[]

/** A tree of `size` leaves. */
export class LeafTree {
  readonly size: number
  readonly #leaves: LeafPages
  /** Roots of all complete tiles, in order. */
  readonly #tiles: Buffer[] = []
  /** Roots of perfect subtrees of several tiles, and of what reaches to the end, by first leaf and size. */
  readonly #known = new Map<string, Buffer>()
  /** The same of subtrees inside the page. */
  readonly #inPage = new Map<string, Buffer>()
  #page: { readonly from: number; readonly leaves: readonly Buffer[] } = { from: 0, leaves: [] }

  constructor(leaves: LeafPages, size: number) {
    this.#leaves = leaves
    this.size = size
  }

  /** Reads tile after tile; call until it answers false. A tile is some milliseconds of work at most. */
  readTile(): boolean {
    const from = this.#tiles.length * TILE
    if (from + TILE > this.size) return false
    this.#tiles.push(this.#hash(from, from + TILE))
    return true
  }

  /** How many leaves readTile has been through. */
  get read(): number {
    return this.#tiles.length * TILE
  }

  /** Root over the first `size` leaves. @throws RangeError */
  root(size: number): Buffer {
    this.#mustHave(size)
    return this.#hash(0, size)
  }

  /** The roots of the perfect subtrees that make up the first `size` leaves, largest first; none for 0. */
  peaks(size: number): readonly Buffer[] {
    if (size === 0) return []
    this.#mustHave(size)
    const peaks: Buffer[] = []
    let from = 0
    while (from < size) {
      let width = 1
      while (width * 2 <= size - from) width *= 2
      peaks.push(this.#hash(from, from + width))
      from += width
    }
    return peaks
  }

  /** RFC 9162 §2.1.3.1. @throws RangeError */
  inclusion(index: number, size: number): readonly Buffer[] {
    this.#mustHave(size)
    if (index < 0 || index >= size) throw new RangeError('no such leaf')
    const path: Buffer[] = []
    let [from, to] = [0, size]
    while (to - from > 1) {
      const split = from + powerBelow(to - from)
      if (index < split) {
        path.push(this.#hash(split, to))
        to = split
      } else {
        path.push(this.#hash(from, split))
        from = split
      }
    }
    return path.toReversed()
  }

  /** RFC 9162 §2.1.4.1: that the first `oldSize` leaves are a prefix of the first `size`. @throws RangeError */
  consistency(oldSize: number, size: number): readonly Buffer[] {
    this.#mustHave(size)
    if (oldSize < 1 || oldSize > size) throw new RangeError('no such tree size')
    const path: Buffer[] = []
    let [from, to, old] = [0, size, oldSize]
    // The old tree as a whole is what the verifier has already; any other node it stands for has to be told.
    let isWhole = true
    while (old !== to - from) {
      const width = powerBelow(to - from)
      if (old <= width) {
        path.push(this.#hash(from + width, to))
        to = from + width
      } else {
        path.push(this.#hash(from, from + width))
        from += width
        old -= width
        isWhole = false
      }
    }
    if (!isWhole) path.push(this.#hash(from, to))
    return path.toReversed()
  }

  #mustHave(size: number): void {
    if (!Number.isSafeInteger(size) || size < 1 || size > this.size) throw new RangeError('no such tree size')
  }

  /** Root over the leaves from…to-1. */
  #hash(from: number, to: number): Buffer {
    const count = to - from
    if (count === 1) return this.#leaf(from)
    const isPerfect = Number.isInteger(Math.log2(count)) && from % count === 0
    if (isPerfect && count === TILE) {
      const tile = this.#tiles[from / TILE]
      if (tile !== undefined) return tile
    }
    const key = `${from}/${count}`
    const known = this.#known.get(key) ?? this.#inPage.get(key)
    if (known !== undefined) return known
    const split = from + powerBelow(count)
    const hash = nodeHash(this.#hash(from, split), this.#hash(split, to))
    // Whatever is asked for again and again, for proofs one after the other, and never more than one hash per tile and page.
    if (isPerfect && count < TILE) this.#inPage.set(key, hash)
    else if (isPerfect || to === this.size) this.#known.set(key, hash)
    return hash
  }

  #leaf(at: number): Buffer {
    const from = at - (at % TILE)
    if (this.#page.from !== from || this.#page.leaves.length === 0) {
      this.#inPage.clear()
      this.#page = { from, leaves: this.#leaves(from, Math.min(TILE, this.size - from)) }
    }
    const leaf = this.#page.leaves[at - from]
    if (leaf === undefined) throw new RangeError(`record ${at} is missing`)
    return leaf
  }
}

function powerBelow(count: number): number {
  let power = 1
  while (power * 2 < count) power *= 2
  return power
}
