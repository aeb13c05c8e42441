/** Seeded ways to change a bundle, each with what a verifier may truthfully say about it. */
import { joinNotes, splitNotes } from '../../main/audit/bundle/layout.ts'
import { createSigner } from '../../main/audit/note.ts'
import { checkpointOf, linesOf, originOf, resigned, rewritten, summed, withLines, zipOf } from './bundle-files.ts'
import { fixedBytes, fixedKeys } from './fixed-keys.ts'
import { type Files, textOf } from './zip-files.ts'

export interface Mutation {
  readonly name: string
  readonly archive: Uint8Array
  /** Faults that are true of it. */
  readonly kinds: readonly string[]
}

/** A stream of numbers that is the same for the same seed. */
export class Dice {
  #state: number
  constructor(seed: number) {
    this.#state = seed
  }
  /** 0 … below-1 */
  roll(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
  pick<T>(items: readonly T[]): T {
    const item = items[this.roll(items.length)]
    if (item === undefined) throw new RangeError('nothing to pick from')
    return item
  }
}

/** What a changed record, its place or its text may truthfully be called. */
const RECORD_KINDS = [
  'not_canonical',
  'bad_schema',
  'unknown_version',
  'sequence_gap',
  'chain_broken',
  'truncated',
  'root_mismatch',
  'missing_checkpoint',
  'foreign_log',
  'bad_proof',
  'bad_manifest',
  'bad_signature',
  'disclosure_mismatch',
] as const
const ARCHIVE_KINDS = ['damaged_archive', 'unsafe_archive', 'too_large', 'missing_file', 'extra_file'] as const

export const flipBit = (bytes: Uint8Array, dice: Dice): Uint8Array => {
  const copy = Uint8Array.from(bytes)
  const at = dice.roll(copy.length)
  copy[at] = (copy[at] ?? 0) ^ (1 << dice.roll(8))
  return copy
}
const setByte = (bytes: Uint8Array, dice: Dice): Uint8Array => {
  const copy = Uint8Array.from(bytes)
  const at = dice.roll(copy.length)
  copy[at] = ((copy[at] ?? 0) + 1 + dice.roll(255)) % 256
  return copy
}
const cut = (bytes: Uint8Array, dice: Dice): Uint8Array => bytes.slice(0, dice.roll(bytes.length))
const grown = (bytes: Uint8Array, dice: Dice): Uint8Array => Buffer.concat([bytes, Uint8Array.of(dice.roll(256))])
const without = (bytes: Uint8Array, dice: Dice): Uint8Array => {
  const from = dice.roll(bytes.length)
  return Buffer.concat([bytes.slice(0, from), bytes.slice(from + 1 + dice.roll(64))])
}
const doubled = (bytes: Uint8Array, dice: Dice): Uint8Array => {
  const from = dice.roll(bytes.length)
  const to = Math.min(bytes.length, from + 1 + dice.roll(64))
  return Buffer.concat([bytes.slice(0, to), bytes.slice(from)])
}
const BYTE_WAYS = { flipBit, setByte, cut, grown, without, doubled } as const

function changedBytes(bytes: Uint8Array, dice: Dice): { readonly way: string; readonly bytes: Uint8Array } {
  for (;;) {
    const way = bytes.length === 0 ? 'grown' : dice.pick(Object.keys(BYTE_WAYS) as (keyof typeof BYTE_WAYS)[])
    const next = BYTE_WAYS[way](bytes, dice)
    if (!Buffer.from(next).equals(bytes)) return { way, bytes: next }
  }
}

/** One file changed, gone, added, or two exchanged, and put in a proper archive again. */
export function careless(files: Files, dice: Dice): Mutation {
  const names = Object.keys(files).toSorted()
  const name = dice.pick(names)
  const isListed = name !== 'SHA256SUMS' && name !== 'bundle.note'
  const changedKinds = isListed
    ? ['file_changed']
    : name === 'SHA256SUMS'
      ? ['file_changed', 'missing_file', 'extra_file']
      : ['bad_signature']
  switch (dice.roll(6)) {
    case 0: {
      const { [name]: _gone, ...rest } = files
      return { name: `without ${name}`, archive: zipOf(rest), kinds: ['missing_file'] }
    }
    case 1: {
      const copy = `${name}-${dice.roll(1000)}`
      return {
        name: `${name} twice`,
        archive: zipOf({ ...files, [copy]: files[name] ?? Buffer.alloc(0) }),
        kinds: ['extra_file'],
      }
    }
    case 2: {
      const other = dice.pick(
        names.filter((each) => each !== name && !Buffer.from(files[each] ?? []).equals(files[name] ?? Buffer.alloc(0))),
      )
      const swapped = { ...files, [name]: files[other] ?? Buffer.alloc(0), [other]: files[name] ?? Buffer.alloc(0) }
      return {
        name: `${name} and ${other} exchanged`,
        archive: zipOf(swapped),
        kinds: ['file_changed', 'bad_signature', 'missing_file', 'extra_file', 'too_large'],
      }
    }
    default: {
      const { way, bytes } = changedBytes(files[name] ?? Buffer.alloc(0), dice)
      return { name: `${way} in ${name}`, archive: zipOf({ ...files, [name]: bytes }), kinds: changedKinds }
    }
  }
}

const LINE_FILES = ['entries.jsonl', 'disclosures.jsonl', 'proofs.jsonl', 'checkpoints.txt'] as const

function changedLines(files: Files, dice: Dice, other: Files): { readonly name: string; readonly files: Files } {
  for (;;) {
    const name = dice.pick(LINE_FILES.filter((each) => linesOf(files, each).length > 0))
    const lines = linesOf(files, name)
    const [a, b] = [dice.roll(lines.length), dice.roll(lines.length)]
    const [lineA = '', lineB = ''] = [lines[a], lines[b]]
    const [way, next] = dice.pick<readonly [string, readonly string[]]>([
      ['dropped', lines.toSpliced(a, 1)],
      ['repeated', lines.toSpliced(a, 0, lineA)],
      ['exchanged', lines.with(a, lineB).with(b, lineA)],
      ['moved', lines.toSpliced(a, 1).toSpliced(b, 0, lineA)],
      ['cut off', lines.slice(0, a)],
      ['changed', lines.with(a, changedText(lineA, dice))],
      ['of another log', lines.with(a, linesOf(other, name)[a] ?? linesOf(other, 'entries.jsonl')[0] ?? '')],
    ])
    if (next.join('\n') !== lines.join('\n'))
      return { name: `${way} line of ${name}`, files: withLines(files, name, next) }
  }
}

function changedText(text: string, dice: Dice): string {
  const at = dice.roll(text.length + 1)
  const code = (text.charCodeAt(at) || 0x2e) ^ (1 << dice.roll(7))
  return `${text.slice(0, at)}${String.fromCharCode(code)}${text.slice(at + 1)}`
}

/** Lines changed, and the list of files made to fit: all that is possible without the key. */
export function careful(files: Files, dice: Dice, other: Files): Mutation {
  const changed = changedLines(files, dice, other)
  return {
    name: changed.name,
    archive: zipOf(summed(changed.files)),
    kinds: [...RECORD_KINDS, 'file_changed', 'too_large'],
  }
}

/** What the exporter could do with the key alone, without making the whole history again. What the exporter merely describes is left as it is. */
export function withKey(files: Files, dice: Dice, other: Files, keys = fixedKeys(0)): Mutation {
  const change = dice.roll(4) === 0 ? changedManifest(files, dice) : changedEvidence(files, dice, other)
  return {
    name: `${change.name}, signed again`,
    archive: zipOf(resigned(change.files, keys)),
    kinds: [...RECORD_KINDS, 'missing_file'],
  }
}

function changedEvidence(files: Files, dice: Dice, other: Files): { readonly name: string; readonly files: Files } {
  for (;;) {
    const change = changedLines(files, dice, other)
    // Repeating or reordering proofs of growth, and leaving out a checkpoint that nothing hangs on, changes nothing that is said.
    if (/line of (?:proofs|checkpoints)/.test(change.name) && !/^(?:changed|of another)/.test(change.name)) continue
    return change
  }
}

function changedManifest(files: Files, dice: Dice): { readonly name: string; readonly files: Files } {
  const text = textOf(files, 'manifest.json')
  const [from, to] = dice.pick<readonly [RegExp, (found: string) => string]>([
    [/"records":\d+/, (found) => `${found}0`],
    [/"withheld":\d+/, (found) => `${found}1`],
    [/"through":\d+/, () => `"through":${dice.roll(5) + 100}`],
    [/"complete":(?:true|false)/, (found) => (found.endsWith('true') ? '"complete":false' : '"complete":true')],
    [/"origin":"audit\.spendsignoff\/./, (found) => `${found.slice(0, -1)}${found.endsWith('a') ? 'b' : 'a'}`],
    [/\n$/, () => ''],
    [/^\{/, () => '{ '],
  ])
  return { name: `manifest: ${from.source}`, files: { ...files, 'manifest.json': Buffer.from(text.replace(from, to)) } }
}

/** The whole bundle, or its note, signed with a key that is not the log's. */
export function otherKey(files: Files, dice: Dice): Mutation {
  const keys = fixedKeys(200 + dice.roll(1000))
  const signer = createSigner(originOf(files), keys)
  const sizes = (splitNotes(textOf(files, 'checkpoints.txt')) ?? []).map((note) => note.split('\n'))
  const notes = sizes.map(([, size = '', root = '']) => checkpointOf(signer, Number(size), Buffer.from(root, 'base64')))
  const withNotes = {
    ...files,
    'checkpoints.txt': Buffer.from(joinNotes(notes)),
    checkpoint: Buffer.from(notes.at(-1) ?? ''),
  }
  const vkey = {
    'keys/genesis.vkey': Buffer.from(`${signer.vkey}\n`),
    'keys/genesis.pub.pem': Buffer.from(signer.publicKey.export({ type: 'spki', format: 'pem' })),
  }
  const [name, changed, kinds] = dice.pick<readonly [string, Files, readonly string[]]>([
    ['note', resigned(files, keys), ['bad_signature']],
    ['checkpoints and note', resigned(withNotes, keys), ['bad_signature']],
    ['everything', resigned({ ...withNotes, ...vkey }, keys), ['foreign_log']],
  ])
  return { name: `${name} by another key`, archive: zipOf(changed), kinds }
}

/** Files of another workspace's bundle in this one. */
export function spliced(files: Files, dice: Dice, other: Files): Mutation {
  const isSummed = dice.roll(2) === 0
  const names = Object.keys(files).filter(
    (name) =>
      other[name] !== undefined &&
      !Buffer.from(other[name]).equals(files[name] ?? Buffer.alloc(0)) &&
      (name !== 'SHA256SUMS' || !isSummed),
  )
  const taken = new Set(Array.from({ length: 1 + dice.roll(4) }, () => dice.pick(names)))
  const mixed = { ...files, ...Object.fromEntries([...taken].map((name) => [name, other[name] ?? Buffer.alloc(0)])) }
  return {
    name: `${[...taken].join(', ')} of another log${isSummed ? ', list made to fit' : ''}`,
    archive: zipOf(isSummed ? summed(mixed) : mixed),
    kinds: [...RECORD_KINDS, 'file_changed', 'missing_file', 'extra_file'],
  }
}

/** The bytes of the archive itself. */
export function rawBytes(archive: Uint8Array, dice: Dice): Mutation {
  const { way, bytes } = changedBytes(archive, dice)
  return { name: `${way} in the archive`, archive: bytes, kinds: [...ARCHIVE_KINDS, 'file_changed'] }
}

/** Records from `seq` on rewritten and signed again by a thief of the key. */
export function thiefs(files: Files, seq: number): Uint8Array {
  return zipOf(
    rewritten(files, fixedKeys(0), seq, (data) => ({
      ...data,
      count: 1000 + fixedBytes(`thief ${seq}`).readUInt16BE(),
    })),
  )
}
