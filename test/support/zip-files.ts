/** A bundle taken apart and put together again by a library, as anybody could who wants to change it. */
import { readFileSync, writeFileSync } from 'node:fs'
import { unzipSync, type Zippable, zipSync } from 'fflate'

export type Files = Record<string, Uint8Array>

export const filesOf = (zip: string): Files => unzipSync(readFileSync(zip))
export const textOf = (files: Files, name: string): string => Buffer.from(files[name] ?? []).toString('utf8')

export function writeZip(zip: string, files: Zippable): string {
  writeFileSync(zip, zipSync(files))
  return zip
}
