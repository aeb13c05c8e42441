/** Files on their way in, piece by piece, in memory. Nothing here reads what they hold, and nothing outlives the session. */
import { createHash, type Hash } from 'node:crypto'
import type { Clock } from '../../shared/clock.ts'
import { OperationError } from '../../shared/errors.ts'
import { MAX_IMPORT_BYTES } from '../../shared/schemas/imports.ts'

/** A person looks at one file at a time; the second is the one they opened by mistake. */
export const MAX_UPLOADS = 2
export const UPLOAD_LIFE_MS = 30 * 60_000
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'
const ID_CHARS = 16

export interface Upload {
  readonly importId: string
  /** Untrusted. */
  readonly fileName: string
  /** All of it. */
  readonly bytes: Uint8Array<SharedArrayBuffer>
  readonly sha256: string
}

interface Open {
  readonly importId: string
  readonly fileName: string
  readonly bytes: Uint8Array<SharedArrayBuffer>
  /** Of what has come, so that no call has to hash all of it. */
  readonly hash: Hash
  received: number
  sha256: string | undefined
  touchedMs: number
}

export type Uploads = ReturnType<typeof createUploads>

export function createUploads(clock: Clock, randomBytes: (size: number) => Uint8Array) {
  const open = new Map<string, Open>()

  function dropOld(): void {
    const nowMs = clock.monotonicMs()
    for (const [id, upload] of open) if (nowMs - upload.touchedMs >= UPLOAD_LIFE_MS) open.delete(id)
  }
  function find(importId: string): Open {
    dropOld()
    const upload = open.get(importId)
    if (upload === undefined)
      throw new OperationError(
        'invalid_value',
        'There is no such file here: it was stored, given up, or waited for longer than half an hour. Nothing was stored by this.',
        'Choose the file again.',
      )
    upload.touchedMs = clock.monotonicMs()
    return upload
  }
  return {
    /** @throws OperationError too_many_pending */
    begin(fileName: string, sizeBytes: number): string {
      dropOld()
      if (sizeBytes < 1 || sizeBytes > MAX_IMPORT_BYTES)
        throw new OperationError(
          'invalid_value',
          'The file is empty, or larger than 64 MB. Nothing was stored.',
          'Export a shorter period.',
        )
      if (open.size >= MAX_UPLOADS)
        throw new OperationError(
          'too_many_pending',
          `${MAX_UPLOADS} files are open already. Nothing was stored.`,
          'Store or cancel one of them first.',
        )
      const importId = `i_${Array.from(randomBytes(ID_CHARS), (byte) => BASE32[byte % BASE32.length]).join('')}`
      const bytes = new Uint8Array(new SharedArrayBuffer(sizeBytes))
      open.set(importId, {
        importId,
        fileName,
        bytes,
        hash: createHash('sha256'),
        received: 0,
        sha256: undefined,
        touchedMs: clock.monotonicMs(),
      })
      return importId
    },
    /** @returns how many bytes have come. @throws OperationError invalid_value for a gap, an overlap, or more than was announced */
    append(importId: string, offset: number, piece: Uint8Array): number {
      const upload = find(importId)
      if (offset !== upload.received || piece.length === 0 || offset + piece.length > upload.bytes.length)
        throw new OperationError(
          'invalid_value',
          `The piece does not follow: ${upload.received} of ${upload.bytes.length} bytes have come. Nothing was stored.`,
          'Send the pieces in order, and as many bytes as were announced.',
          { details: { received_bytes: upload.received } },
        )
      upload.bytes.set(piece, offset)
      upload.hash.update(piece)
      upload.received += piece.length
      return upload.received
    },
    /** The whole file. @throws OperationError invalid_value while part of it is missing */
    whole(importId: string): Upload {
      const upload = find(importId)
      if (upload.received !== upload.bytes.length)
        throw new OperationError(
          'invalid_value',
          `Only ${upload.received} of ${upload.bytes.length} bytes have come. Nothing was stored.`,
          'Send the rest, then look at it.',
        )
      upload.sha256 ??= upload.hash.digest('hex')
      const { fileName, bytes, sha256 } = upload
      return { importId, fileName, bytes, sha256 }
    },
    /** Idempotent. */
    drop: (importId: string): void => void open.delete(importId),
  }
}
