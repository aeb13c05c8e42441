/** A bundle taken apart, changed and signed again, as somebody with a key could do it. */
import { createHash } from 'node:crypto'
import { zipSync } from 'fflate'
import { signStatement } from '../../main/audit/bundle/bundle-note.ts'
import { joinNotes, splitNotes } from '../../main/audit/bundle/layout.ts'
import { serializeJcs } from '../../main/audit/jcs.ts'
import { leafHash, rootOf } from '../../main/audit/merkle.ts'
import { createSigner, formatCheckpoint, type NoteSigner, signNote } from '../../main/audit/note.ts'
import type { KeyPair } from './audit-fixture.ts'
import { type Files, textOf } from './zip-files.ts'

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const UNLISTED = ['SHA256SUMS', 'bundle.note']

export const originOf = (files: Files): string => textOf(files, 'checkpoint').split('\n', 1)[0] ?? ''
export const linesOf = (files: Files, name: string): string[] => textOf(files, name).split('\n').slice(0, -1)
export const withLines = (files: Files, name: string, lines: readonly string[]): Files => ({
  ...files,
  [name]: Buffer.from(lines.map((line) => `${line}\n`).join('')),
})

/** The same files with a list of files that fits; the signature over it is as it was. */
export function summed(files: Files): Files {
  const names = Object.keys(files).filter((name) => !UNLISTED.includes(name))
  const lines = names
    .toSorted((a, b) => (a < b ? -1 : 1))
    .map((name) => `${sha256(files[name] ?? Buffer.alloc(0))}  ${name}\n`)
  return { ...files, SHA256SUMS: Buffer.from(lines.join('')) }
}

/** The same with a signature that fits too: what only somebody with the key can do. */
export function resigned(files: Files, keys: KeyPair): Files {
  const listed = summed(files)
  const [origin = '', size = '', root = ''] = textOf(files, 'checkpoint').split('\n')
  const statement = { origin, size: Number(size), root, sumsSha256: sha256(listed['SHA256SUMS'] ?? Buffer.alloc(0)) }
  return { ...listed, 'bundle.note': Buffer.from(signStatement(statement, createSigner(origin, keys))) }
}

/** A complete bundle of a log with one key whose records from `seq` on say something else, everything signed again: what a thief of the key can do. */
export function rewritten(files: Files, keys: KeyPair, seq: number, change: (data: object) => object): Files {
  const signer = createSigner(originOf(files), keys)
  const leaves: Buffer[] = []
  const lines = linesOf(files, 'entries.jsonl').map((line, at) => {
    const record = JSON.parse(line) as { data: object; prev: string }
    if (at === seq) record.data = change(record.data)
    record.prev = leaves.at(-1)?.toString('hex') ?? record.prev
    const text = serializeJcs(record)
    leaves.push(leafHash(Buffer.from(text)))
    return text
  })
  const sizes = (splitNotes(textOf(files, 'checkpoints.txt')) ?? []).map((note) => Number(note.split('\n')[1]))
  const notes = sizes.map((size) => checkpointOf(signer, size, rootOf(leaves.slice(0, size))))
  return resigned(
    {
      ...withLines(files, 'entries.jsonl', lines),
      'checkpoints.txt': Buffer.from(joinNotes(notes)),
      checkpoint: Buffer.from(notes.at(-1) ?? ''),
    },
    keys,
  )
}

export function checkpointOf(signer: NoteSigner, size: number, root: Buffer): string {
  return signNote(formatCheckpoint({ origin: signer.name, size, root }), [signer])
}

/** Bytes of an archive that are the same at any time and anywhere. */
export const zipOf = (files: Files): Uint8Array => zipSync(files, { level: 9, mtime: new Date(1980, 0, 1) })
