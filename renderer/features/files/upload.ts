/** Hands a file to the core in pieces, with progress, and can be stopped. Nothing is stored by it. */
import type { OutputOf } from '../../../shared/operations.ts'
import { api } from '../../api.ts'

export type ImportId = OutputOf<'begin_import'>['import_id']

/** Three quarters of the largest piece as base64, and a multiple of three, so that pieces need no padding in between. */
const PIECE_BYTES = 480 * 1024
const CHARS_AT_ONCE = 0x8000

function base64(bytes: Uint8Array): string {
  let text = ''
  for (let start = 0; start < bytes.length; start += CHARS_AT_ONCE)
    text += String.fromCharCode(...bytes.subarray(start, start + CHARS_AT_ONCE))
  return btoa(text)
}

/** @throws ApiError what the core refuses; DOMException when the file cannot be read or `signal` fires */
export async function upload(
  file: File,
  onProgress: (sentBytes: number) => void,
  signal: AbortSignal,
): Promise<ImportId> {
  const { import_id: id } = await api.begin_import(
    { file_name: file.name.slice(0, 255), size_bytes: file.size },
    signal,
  )
  for (let offset = 0; offset < file.size; offset += PIECE_BYTES) {
    signal.throwIfAborted()
    const bytes = new Uint8Array(await file.slice(offset, offset + PIECE_BYTES).arrayBuffer())
    const { received_bytes: received } = await api.append_import(
      { import_id: id, offset, base64: base64(bytes) },
      signal,
    )
    onProgress(received)
  }
  return id
}

/** Lets the core forget a file that will not be stored. Whether it worked does not matter: it forgets by itself after a while. */
export function forget(id: ImportId): void {
  void api.cancel_import({ import_id: id }).catch(() => undefined)
}
