/**
 * Writes a zip archive file after file, piece after piece, straight to the disk: memory does not grow with the archive. Every file's hash is
 * taken on the way. Never overwrites anything, and leaves nothing under the archive's name before it is whole.
 */
import { createHash, type Hash } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { Zip, ZipDeflate } from 'fflate'
import { OperationError } from '../../../shared/errors.ts'
import { syncFolder } from '../../atomic-file.ts'

/** One date for every file: a zip holds local times, which would tell the time zone of the computer. */
const FILE_TIME = new Date(1980, 0, 1, 0, 0, 0)
const LEVEL = 6
/** The format of zip used here ends at 4 GiB; nobody mails that either. */
const MAX_ARCHIVE_BYTES = 3 * 1024 ** 3
const PIECE_BYTES = 64 * 1024

export interface WrittenFile {
  readonly name: string
  readonly sha256: string
  readonly bytes: number
}

export class ZipWriter {
  readonly files: WrittenFile[] = []
  readonly #part: string
  readonly #handle: number
  readonly #zip: Zip
  readonly #hash: Hash = createHash('sha256')
  #bytes = 0
  #isOpen = true
  #fault: unknown

  /** @param part the temporary name, in the folder where the archive will stand. @throws OperationError storage_failed */
  constructor(part: string) {
    this.#part = part
    this.#handle = orStorageFault(() => openSync(part, 'wx', 0o600))
    this.#zip = new Zip((error, data) => {
      if (error !== null) this.#fault ??= error
      else this.#write(data)
    })
  }

  /** Adds one file from its pieces, in order; texts are UTF-8. @throws OperationError storage_failed */
  add(name: string, pieces: Iterable<string | Uint8Array>): WrittenFile {
    const file = this.begin(name)
    for (const piece of pieces) file.write(piece)
    return file.end()
  }

  /** The same for a file that is written bit by bit. One at a time. */
  begin(name: string): { write(piece: string | Uint8Array): void; end(): WrittenFile } {
    const hash = createHash('sha256')
    const entry = new ZipDeflate(name, { level: LEVEL })
    entry.mtime = FILE_TIME
    this.#zip.add(entry)
    let bytes = 0
    let held: Buffer[] = []
    let heldBytes = 0
    const flush = (isLast: boolean): void => {
      entry.push(Buffer.concat(held), isLast)
      held = []
      heldBytes = 0
      if (this.#fault !== undefined) throw this.#fault
    }
    return {
      write: (piece) => {
        const data = typeof piece === 'string' ? Buffer.from(piece, 'utf8') : Buffer.from(piece)
        hash.update(data)
        bytes += data.length
        heldBytes += data.length
        held.push(data)
        if (heldBytes >= PIECE_BYTES) flush(false)
      },
      end: () => {
        flush(true)
        const file = { name, sha256: hash.digest('hex'), bytes }
        this.files.push(file)
        return file
      },
    }
  }

  /** The archive is whole and on the disk, still under its temporary name. @throws OperationError storage_failed */
  close(): { readonly bytes: number; readonly sha256: string } {
    this.#zip.end()
    if (this.#fault !== undefined) throw this.#fault
    orStorageFault(() => fsyncSync(this.#handle))
    this.#isOpen = false
    closeSync(this.#handle)
    return { bytes: this.#bytes, sha256: this.#hash.digest('hex') }
  }

  /** Gives it its name. @throws OperationError storage_failed, also where something stands there already */
  publish(file: string): void {
    orStorageFault(() => renameWithoutReplacing(this.#part, file))
  }

  /** Removes whatever was written under the temporary name. Idempotent, never throws. */
  discard(): void {
    try {
      if (this.#isOpen) closeSync(this.#handle)
      this.#isOpen = false
      rmSync(this.#part, { force: true })
    } catch {
      // Nobody can be told more than what ended the export.
    }
  }

  #write(data: Uint8Array): void {
    this.#bytes += data.length
    if (this.#bytes > MAX_ARCHIVE_BYTES) throw tooLarge()
    this.#hash.update(data)
    orStorageFault(() => {
      let written = 0
      while (written < data.length) written += writeSync(this.#handle, data, written)
    })
  }
}

function renameWithoutReplacing(part: string, file: string): void {
  try {
    // Unlike a rename, a link never replaces what stands there.
    linkSync(part, file)
    rmSync(part, { force: true })
  } catch (error) {
    if (codeOf(error) === 'EEXIST' || existsSync(file)) throw error
    // A file system without links, such as a memory stick's.
    renameSync(part, file)
  }
  syncFolder(dirname(file))
}

function orStorageFault<T>(step: () => T): T {
  try {
    return step()
  } catch (error) {
    throw fileFault(error)
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

const WORDS: Readonly<Record<string, readonly [message: string, hint: string]>> = {
  ENOSPC: ['The disk is full.', 'Make room, or choose a folder on another disk.'],
  EDQUOT: ['Your share of the disk is used up.', 'Make room, or choose a folder on another disk.'],
  EFBIG: ['The disk does not take a file this large.', 'Export a shorter range, or choose a folder on another disk.'],
  EROFS: ['That folder can only be read.', 'Choose a folder that you may write to.'],
  EACCES: ['That folder does not allow writing.', 'Choose a folder that you may write to.'],
  EPERM: ['That folder does not allow writing.', 'Choose a folder that you may write to.'],
  ENOENT: ['That folder is not there.', 'Make it first, or choose another one.'],
  ENOTDIR: ['That is not a folder.', 'Choose a folder.'],
  EEXIST: [
    'A file of that name is there already. It was not replaced.',
    'Choose another name, or move that file away.',
  ],
}

/** What the operating system says about a file, in words. Anything else is a defect and passes through. */
export function fileFault(error: unknown): unknown {
  if (error instanceof OperationError) return error
  const code = codeOf(error)
  const words = Object.hasOwn(WORDS, code) ? WORDS[code] : code.startsWith('E') ? OTHER : undefined
  if (words === undefined) return error
  const [message, hint] = words
  return new OperationError('storage_failed', `${message} No bundle was written.`, hint, {
    cause: error,
    retryable: true,
  })
}
const OTHER = ['The file cannot be written there.', 'Check the disk, or choose another folder.'] as const

function tooLarge(): OperationError {
  return new OperationError(
    'storage_failed',
    'The bundle would be larger than 3 GB. No bundle was written.',
    'Export it in several ranges of days.',
  )
}
