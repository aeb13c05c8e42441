/** Small files that must be whole or absent after a crash. Never leaves a half-written file under its real name. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** Writes a sibling, flushes it, renames it over the target and flushes the folder. Mode 0600. */
export function writeFileAtomically(file: string, bytes: Uint8Array): void {
  const sibling = `${file}.new`
  rmSync(sibling, { force: true })
  // "wx": a link planted under the sibling's name is refused instead of followed.
  const handle = openSync(sibling, 'wx', 0o600)
  try {
    let written = 0
    while (written < bytes.byteLength) written += writeSync(handle, bytes, written)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  renameSync(sibling, file)
  syncFolder(dirname(file))
}

/** Makes created and renamed entries of a folder durable. Windows has no such call and needs none. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** Size in bytes, 0 when absent. */
export function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}
