/**
 * Reads single files out of a zip archive on the disk, inflated piece by piece under limits. Never unpacks to the disk, never allocates by a
 * size that the archive claims, and refuses whatever two programs could read in two ways: hidden bytes, doubled names, headers that disagree.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { Inflate } from 'fflate'
import { BundleFault } from './bundle-fault.ts'

export interface ZipLimits {
  readonly archiveBytes: number
  readonly files: number
  /** Of all files together, inflated. */
  readonly inflatedBytes: number
  /** Inflated bytes per packed byte; deflate never reaches more than 1,032. */
  readonly ratio: number
}

interface Entry {
  readonly name: string
  readonly flags: number
  readonly method: number
  readonly crc: number
  readonly packedBytes: number
  readonly bytes: number
  readonly offset: number
}

const END = 0x06054b50
const CENTRAL = 0x02014b50
const LOCAL = 0x04034b50
const DESCRIPTOR = 0x08074b50
const END_BYTES = 22
const CENTRAL_BYTES = 46
const LOCAL_BYTES = 30
const MAX_NAME_BYTES = 200
const PIECE_BYTES = 64 * 1024
/** Small files may shrink a lot; a bomb needs more than this. */
const RATIO_FREE_BYTES = 4 * 1024 * 1024
const HAS_DESCRIPTOR = 0x0008
const IS_UTF8 = 0x0800
/** How a Unix system marks what kind of thing an entry is. */
const UNIX = 3
const FILE_KIND = 0o170000
const REGULAR = 0o100000

const damaged = (message: string, file?: string): BundleFault => new BundleFault('damaged_archive', message, { file })
const unsafe = (message: string, file?: string): BundleFault => new BundleFault('unsafe_archive', message, { file })
const tooLarge = (message: string): BundleFault => new BundleFault('too_large', message)

export class ZipReader {
  readonly #handle: number
  readonly #size: number
  readonly #limits: ZipLimits
  readonly #entries: ReadonlyMap<string, Entry>

  /** Reads the table of contents. @throws BundleFault for anything that does not add up; what the operating system says of the file */
  constructor(file: string, limits: ZipLimits) {
    this.#limits = limits
    this.#handle = openSync(file, 'r')
    try {
      const stat = fstatSync(this.#handle)
      if (!stat.isFile()) throw damaged('This is not a file.')
      this.#size = stat.size
      if (this.#size > limits.archiveBytes) throw tooLarge('The archive is larger than any bundle may be.')
      this.#entries = this.#contents()
    } catch (error) {
      this.close()
      throw error
    }
  }

  get names(): readonly string[] {
    return [...this.#entries.keys()]
  }

  /** Inflated bytes; undefined for a file that is not there. */
  sizeOf(name: string): number | undefined {
    return this.#entries.get(name)?.bytes
  }

  close(): void {
    closeSync(this.#handle)
  }

  /** The bytes of one file in pieces, checked at the end. @throws BundleFault */
  *pieces(name: string): Generator<Uint8Array> {
    const entry = this.#entries.get(name)
    if (entry === undefined) throw new BundleFault('missing_file', `${name} is missing.`, { file: name })
    let bytes = 0
    let sum = 0
    for (const piece of this.#inflated(entry)) {
      bytes += piece.length
      if (bytes > entry.bytes) throw damaged(`${name} is longer than the archive says.`, name)
      if (bytes > RATIO_FREE_BYTES && bytes > entry.packedBytes * this.#limits.ratio)
        throw tooLarge(`${name} unpacks to more than ${this.#limits.ratio} times its size.`)
      sum = crc32(piece, sum)
      yield piece
    }
    if (bytes !== entry.bytes || sum !== entry.crc) throw damaged(`The checksum of ${name} is wrong.`, name)
  }

  *#inflated(entry: Entry): Generator<Uint8Array> {
    const from = entry.offset + LOCAL_BYTES + this.#read(entry.offset, LOCAL_BYTES).readUInt16LE(26)
    const start = from + this.#read(entry.offset, LOCAL_BYTES).readUInt16LE(28)
    let ready: Uint8Array[] = []
    let isOver = false
    const inflater = new Inflate((data, isLast) => {
      ready.push(data)
      isOver = isLast
    })
    for (let at = 0; at < entry.packedBytes; at += PIECE_BYTES) {
      const packed = this.#read(start + at, Math.min(PIECE_BYTES, entry.packedBytes - at))
      if (entry.method === 0) {
        yield packed
        continue
      }
      try {
        inflater.push(packed, at + PIECE_BYTES >= entry.packedBytes)
      } catch {
        throw damaged(`${entry.name} cannot be unpacked.`, entry.name)
      }
      yield* ready
      ready = []
    }
    if (entry.method === 8 && !isOver) throw damaged(`${entry.name} is cut off.`, entry.name)
  }

  #contents(): ReadonlyMap<string, Entry> {
    if (this.#size < END_BYTES) throw damaged('This is not a zip archive.')
    const end = this.#read(this.#size - END_BYTES, END_BYTES)
    if (end.readUInt32LE(0) !== END || end.readUInt16LE(20) !== 0)
      throw damaged('This is not a zip archive, it is cut off, or something hangs on its end.')
    const count = end.readUInt16LE(10)
    const start = end.readUInt32LE(16)
    const length = end.readUInt32LE(12)
    if (end.readUInt32LE(4) !== 0 || end.readUInt16LE(8) !== count) throw damaged('The archive is in several parts.')
    if (count > this.#limits.files) throw tooLarge(`The archive holds ${count} files.`)
    if (start + length !== this.#size - END_BYTES || length > count * (CENTRAL_BYTES + MAX_NAME_BYTES + 1024))
      throw damaged('The archive’s table of contents is not where it should be.')
    const table = this.#read(start, length)
    const entries = new Map<string, Entry>()
    let at = 0
    for (let k = 0; k < count; k += 1) {
      const { entry, next } = readCentral(table, at)
      if (entries.has(entry.name)) throw unsafe(`The archive holds ${entry.name} twice.`, entry.name)
      entries.set(entry.name, entry)
      at = next
    }
    if (at !== length) throw damaged('The archive’s table of contents holds more than its files.')
    this.#requireNoGaps([...entries.values()], start)
    const claimed = [...entries.values()].reduce((sum, entry) => sum + entry.bytes, 0)
    if (claimed > this.#limits.inflatedBytes) throw tooLarge('The archive unpacks to more than any bundle may hold.')
    return entries
  }

  /** Every byte before the table of contents belongs to exactly one file, and its own header says the same of it as the table. */
  #requireNoGaps(entries: readonly Entry[], until: number): void {
    let at = 0
    for (const entry of entries.toSorted((a, b) => a.offset - b.offset)) {
      const { name } = entry
      if (entry.offset !== at)
        throw unsafe(`The archive hides bytes before ${name}, or files lie on top of each other.`, name)
      if (at + LOCAL_BYTES > until) throw damaged(`${name} is cut off.`, name)
      const head = this.#read(at, LOCAL_BYTES)
      const nameBytes = head.readUInt16LE(26)
      const isSame =
        head.readUInt32LE(0) === LOCAL &&
        head.readUInt16LE(6) === entry.flags &&
        head.readUInt16LE(8) === entry.method &&
        nameBytes === name.length &&
        this.#read(at + LOCAL_BYTES, nameBytes).toString('latin1') === name
      if (!isSame) throw unsafe(`The archive says two things about ${name}.`, name)
      const data = at + LOCAL_BYTES + nameBytes + head.readUInt16LE(28)
      at = data + entry.packedBytes
      if (at > until) throw damaged(`${name} is cut off.`, name)
      const sizes = (entry.flags & HAS_DESCRIPTOR) === 0 ? head.subarray(14, 26) : this.#descriptor(at, until)
      if (
        sizes.readUInt32LE(0) !== entry.crc ||
        sizes.readUInt32LE(4) !== entry.packedBytes ||
        sizes.readUInt32LE(8) !== entry.bytes
      )
        throw unsafe(`The archive says two things about ${name}.`, name)
      if ((entry.flags & HAS_DESCRIPTOR) !== 0) at += this.#descriptorBytes(at)
    }
    if (at !== until) throw unsafe('The archive hides bytes behind its last file.')
  }

  #descriptorBytes(at: number): number {
    return this.#read(at, 4).readUInt32LE(0) === DESCRIPTOR ? 16 : 12
  }

  #descriptor(at: number, until: number): Buffer {
    if (at + 12 > until) throw damaged('The archive is cut off.')
    const bytes = this.#descriptorBytes(at)
    if (at + bytes > until) throw damaged('The archive is cut off.')
    return this.#read(at, bytes).subarray(-12)
  }

  #read(at: number, length: number): Buffer {
    const bytes = Buffer.alloc(length)
    let done = 0
    while (done < length) {
      const got = readSync(this.#handle, bytes, done, length - done, at + done)
      if (got === 0) throw damaged('The archive is cut off.')
      done += got
    }
    return bytes
  }
}

function readCentral(table: Buffer, at: number): { readonly entry: Entry; readonly next: number } {
  if (at + CENTRAL_BYTES > table.length || table.readUInt32LE(at) !== CENTRAL)
    throw damaged('The archive’s table of contents is not whole.')
  const nameBytes = table.readUInt16LE(at + 28)
  const next = at + CENTRAL_BYTES + nameBytes + table.readUInt16LE(at + 30) + table.readUInt16LE(at + 32)
  if (next > table.length) throw damaged('The archive’s table of contents is not whole.')
  const name = safeName(table.subarray(at + CENTRAL_BYTES, at + CENTRAL_BYTES + nameBytes))
  const flags = table.readUInt16LE(at + 8)
  const method = table.readUInt16LE(at + 10)
  // Bits 1 and 2 only say how hard the packer tried.
  if ((flags & ~(HAS_DESCRIPTOR | IS_UTF8 | 0x0006)) !== 0 || (method !== 0 && method !== 8))
    throw damaged(`${name} is encrypted, or packed in a way that bundles are not.`, name)
  const kind = (table.readUInt32LE(at + 38) >>> 16) & FILE_KIND
  if (table[at + 5] === UNIX && kind !== 0 && kind !== REGULAR)
    throw unsafe(`${name} is a link or something else that is not a file.`, name)
  const entry = {
    name,
    flags,
    method,
    crc: table.readUInt32LE(at + 16),
    packedBytes: table.readUInt32LE(at + 20),
    bytes: table.readUInt32LE(at + 24),
    offset: table.readUInt32LE(at + 42),
  }
  if (method === 0 && entry.packedBytes !== entry.bytes) throw damaged(`${name} has two sizes.`, name)
  return { entry, next }
}

/** A name that means the same on every system and leads nowhere else. */
function safeName(bytes: Buffer): string {
  const name = bytes.toString('latin1')
  const isSafe =
    bytes.length <= MAX_NAME_BYTES && /^[A-Za-z0-9_-][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/.test(name)
  if (!isSafe) throw unsafe('The archive holds a file whose name is not a plain one, or leads out of the archive.')
  return name
}
