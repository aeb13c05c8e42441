/**
 * Single files out of a zip archive, inflated piece by piece under limits. Believes the central directory only as far as it can be checked,
 * never allocates by a size that the file claims, and never writes anything anywhere.
 */
import { crc32 } from 'node:zlib'
import { Inflate } from 'fflate'
import {
  breather,
  MAX_INFLATE_RATIO,
  MAX_INFLATED_BYTES,
  MAX_ZIP_ENTRIES,
  RATIO_FREE_BYTES,
  refusal,
} from './limits.ts'

export interface ZipEntry {
  readonly name: string
  readonly method: number
  readonly crc: number
  readonly packedBytes: number
  readonly claimedBytes: number
  readonly offset: number
}
export interface ZipArchive {
  readonly entries: ReadonlyMap<string, ZipEntry>
  /** The inflated bytes of one entry, in pieces. Every piece counts against the limits of the whole archive. */
  readonly inflate: (entry: ZipEntry, piece: (bytes: Uint8Array) => void) => Promise<void>
}

const END = 0x06054b50
const CENTRAL = 0x02014b50
const LOCAL = 0x04034b50
const END_BYTES = 22
const MAX_COMMENT_BYTES = 0xffff
/** Deflate shrinks 1,032 times at best: one piece never inflates to more than some 8 MB before the limits are looked at. */
const PIECE_BYTES = 8 * 1024

const AGAIN = 'Download it again from the platform, as XLSX or CSV.'
const damaged = (what: string) => refusal('damaged_zip', `This workbook is damaged: ${what}.`, AGAIN)
const bomb = (message: string) =>
  refusal('zip_bomb', message, 'This is not how a report is packed, and it was not opened further.')

/** The table of contents. @throws OperationError invalid_input for anything that does not add up, before a byte is inflated */
export function openZip(bytes: Uint8Array): ZipArchive {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = endRecord(view)
  const count = view.getUint16(end + 10, true)
  const start = view.getUint32(end + 16, true)
  if (count > MAX_ZIP_ENTRIES) throw bomb(`This archive says it holds ${count.toLocaleString('en-US')} files.`)
  const entries = new Map<string, ZipEntry>()
  const spans: [number, number][] = []
  let at = start
  for (let k = 0; k < count; k += 1) {
    if (at + 46 > end || view.getUint32(at, true) !== CENTRAL) throw damaged('its table of contents is not whole')
    const { entry, next } = centralEntry(view, bytes, at)
    if (entries.has(entry.name)) throw damaged('two of its parts have the same name')
    entries.set(entry.name, entry)
    spans.push([entry.offset, entry.offset + entry.packedBytes])
    at = next
  }
  refuseOverlaps(spans, start)
  const claimed = [...entries.values()].reduce((sum, entry) => sum + entry.claimedBytes, 0)
  if (claimed > MAX_INFLATED_BYTES)
    throw bomb(
      `This archive says it unpacks to ${Math.ceil(claimed / 1024 / 1024).toLocaleString('en-US')} MB; ${MAX_INFLATED_BYTES / 1024 / 1024} MB are the most that is opened.`,
    )
  let inflated = 0
  return {
    entries,
    inflate: async (entry, piece) => {
      inflated = await inflateEntry(bytes, view, entry, piece, inflated)
    },
  }
}

/** The last 22 bytes, before a comment. A file that was cut off has none. */
function endRecord(view: DataView): number {
  const last = view.byteLength - END_BYTES
  for (let at = last; at >= Math.max(0, last - MAX_COMMENT_BYTES); at -= 1)
    if (view.getUint32(at, true) === END && at + END_BYTES + view.getUint16(at + 20, true) === view.byteLength)
      return at
  throw refusal('truncated_zip', 'This workbook is cut off: its end is missing.', AGAIN)
}

function centralEntry(view: DataView, bytes: Uint8Array, at: number): { entry: ZipEntry; next: number } {
  const flags = view.getUint16(at + 8, true)
  const nameBytes = view.getUint16(at + 28, true)
  const extraBytes = view.getUint16(at + 30, true)
  const next = at + 46 + nameBytes + extraBytes + view.getUint16(at + 32, true)
  if (next > bytes.length) throw damaged('its table of contents is not whole')
  if ((flags & 1) !== 0)
    throw refusal(
      'encrypted',
      'This archive is protected with a password.',
      'Save it without a password, or download it again.',
    )
  const name = entryName(bytes.subarray(at + 46, at + 46 + nameBytes))
  const sizes = zip64Sizes(view, at, at + 46 + nameBytes, extraBytes)
  return {
    entry: { name, method: view.getUint16(at + 10, true), crc: view.getUint32(at + 16, true), ...sizes },
    next,
  }
}

/** Some writers keep all sizes in the 64-bit extra field, also where they are small. */
function zip64Sizes(
  view: DataView,
  at: number,
  extraAt: number,
  extraBytes: number,
): Pick<ZipEntry, 'packedBytes' | 'claimedBytes' | 'offset'> {
  let packedBytes = view.getUint32(at + 20, true)
  let claimedBytes = view.getUint32(at + 24, true)
  let offset = view.getUint32(at + 42, true)
  for (let k = extraAt; k + 4 <= extraAt + extraBytes; k += 4 + view.getUint16(k + 2, true)) {
    if (view.getUint16(k, true) !== 1) continue
    let field = k + 4
    const fieldEnd = Math.min(field + view.getUint16(k + 2, true), extraAt + extraBytes)
    const wide = (): number => {
      if (field + 8 > fieldEnd) throw damaged('a size in it is missing')
      field += 8
      return Number(view.getBigUint64(field - 8, true))
    }
    if (claimedBytes === 0xffffffff) claimedBytes = wide()
    if (packedBytes === 0xffffffff) packedBytes = wide()
    if (offset === 0xffffffff) offset = wide()
  }
  return { packedBytes, claimedBytes, offset }
}

function entryName(bytes: Uint8Array): string {
  // Some writers use the separator of Windows.
  const name = new TextDecoder().decode(bytes).replaceAll('\\', '/')
  const isTrick =
    name.length === 0 ||
    name.length > 512 ||
    name.startsWith('/') ||
    /^[a-z]:/i.test(name) ||
    name.includes('\0') ||
    name.split('/').includes('..')
  if (isTrick)
    throw refusal(
      'zip_path',
      'This archive has a part whose name points outside of it.',
      'Do not trust where it came from.',
    )
  return name
}

/** Entries that share bytes are how small archives unpack to endless ones. */
function refuseOverlaps(spans: readonly [number, number][], directoryAt: number): void {
  let until = 0
  for (const [from, to] of spans.toSorted(([a], [b]) => a - b)) {
    if (from < until || to > directoryAt) throw bomb('Parts of this archive lie on top of each other.')
    until = to
  }
}

async function inflateEntry(
  bytes: Uint8Array,
  view: DataView,
  entry: ZipEntry,
  piece: (bytes: Uint8Array) => void,
  before: number,
): Promise<number> {
  const { offset } = entry
  if (offset + 30 > bytes.length || view.getUint32(offset, true) !== LOCAL)
    throw damaged('a part of it is not where it should be')
  const from = offset + 30 + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true)
  const packed = bytes.subarray(from, from + entry.packedBytes)
  if (packed.length !== entry.packedBytes) throw damaged('a part of it is cut off')
  let size = 0
  let sum = 0
  const take = (data: Uint8Array): void => {
    size += data.length
    if (before + size > MAX_INFLATED_BYTES)
      throw bomb(`This archive unpacks to more than ${MAX_INFLATED_BYTES / 1024 / 1024} MB.`)
    if (size > RATIO_FREE_BYTES && size > packed.length * MAX_INFLATE_RATIO)
      throw bomb(`A part of this archive unpacks to more than ${MAX_INFLATE_RATIO} times its size.`)
    sum = crc32(data, sum)
    piece(data)
  }
  await unpack(entry.method, packed, take)
  if (size !== entry.claimedBytes || sum !== entry.crc) throw damaged('the checksum of a part is wrong')
  return before + size
}

async function unpack(method: number, packed: Uint8Array, take: (data: Uint8Array) => void): Promise<void> {
  if (method !== 0 && method !== 8) throw damaged('a part of it is packed in a way that workbooks are not')
  const breathe = breather()
  const inflater = new Inflate((data) => take(data))
  for (let at = 0; at === 0 || at < packed.length; at += PIECE_BYTES) {
    const slice = packed.subarray(at, at + PIECE_BYTES)
    const isLast = at + PIECE_BYTES >= packed.length
    if (method === 0) take(slice)
    else inflateSlice(inflater, slice, isLast)
    await breathe()
  }
}

function inflateSlice(inflater: Inflate, slice: Uint8Array, isLast: boolean): void {
  try {
    inflater.push(slice, isLast)
  } catch (error) {
    // What `take` throws is an OperationError already; everything else is the inflater's word for damaged data.
    if (error instanceof Error && error.name === 'OperationError') throw error
    throw damaged('a part of it cannot be unpacked')
  }
}
