/** The small test vectors of the format: hashes, proofs, canonical texts, notes, disclosures. Made by the product's own code from fixed input. */
import { createHash } from 'node:crypto'
import { createDisclosure } from '../../main/audit/disclosure.ts'
import { serializeJcs, taggedHash } from '../../main/audit/jcs.ts'
import { consistencyProof, inclusionProof, leafHash, nodeHash, rootOf } from '../../main/audit/merkle.ts'
import { createSigner, formatCheckpoint, signNote } from '../../main/audit/note.ts'
import type { KeyPair } from './audit-fixture.ts'

const MAX_TREE = 9
const ORIGIN = 'audit.spendsignoff/aaaaaaaaaaaaaaaaaaaaaaaaaa'

/** Texts that are the canonical form of what they say. */
const CANONICAL = [
  {},
  [],
  { b: 1, a: [true, null, '', { z: -9007199254740991, a: 9007199254740991 }] },
  { '€': 1, '\r': 2, דּ: 3, '1': 4, '\u{1F600}': 5, '\u0080': 6, ö: 7 },
  '"\\/\b\f\n\r\t\u0000\u001f\u007f\u2028\u{10FFFF}',
  Array.from({ length: 15 }).reduce<unknown>((inner) => [inner], []),
]

/** Bytes that a verifier must refuse, in hex, and why. */
const REFUSED: readonly (readonly [string, string | Uint8Array])[] = [
  ['white space', '{"a": 1}'],
  ['order of members', '{"b":1,"a":2}'],
  ['order by UTF-16, not by code points', '{"\ufb33":1,"\u{1F600}":2}'],
  ['a member twice', '{"a":1,"a":1}'],
  ['an escape that is not needed', '"\\u0041"'],
  ['an escape in upper case', '"\\u001F"'],
  ['a slash escaped', '"\\/"'],
  ['a number with a fraction', '1.0'],
  ['a number with an exponent', '1e3'],
  ['minus zero', '-0'],
  ['a number beyond 2^53-1', '9007199254740992'],
  ['half of a surrogate pair', '"\\ud800"'],
  ['a byte order mark', '\ufeff{}'],
  ['not UTF-8', Uint8Array.of(0x22, 0xff, 0x22)],
  ['a surrogate as UTF-8', Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22)],
  ['17 containers', `${'['.repeat(17)}${']'.repeat(17)}`],
  ['two values', '{}{}'],
  ['nothing', ''],
]

export function primitives(keysOf: (n: number) => KeyPair): object {
  const signer = createSigner(ORIGIN, keysOf(100))
  const second = createSigner(ORIGIN, keysOf(101))
  const leaves = Array.from({ length: MAX_TREE }, (_, n) => leafHash(Buffer.from(`record ${n}`)))
  const [first = Buffer.alloc(0), other = Buffer.alloc(0)] = leaves
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
  const sizes = leaves.map((_, at) => at + 1)
  const text = formatCheckpoint({ origin: ORIGIN, size: 5, root: rootOf(leaves.slice(0, 5)) })
  const note = signNote(text, [signer])
  const disclosure = createDisclosure('title', 'Raise the budget: 120 → 150 €')
  return {
    leaves: leaves.map((leaf, n) => ({ line: `record ${n}`, leaf: hex(leaf) })),
    node: { left: hex(first), right: hex(other), node: hex(nodeHash(first, other)) },
    roots: sizes.map((size) => ({ size, root: hex(rootOf(leaves.slice(0, size))) })),
    inclusion: sizes.flatMap((size) =>
      leaves
        .slice(0, size)
        .map((_, index) => ({ size, index, path: inclusionProof(leaves.slice(0, size), index).map(hex) })),
    ),
    consistency: sizes.flatMap((size) =>
      sizes
        .filter((old) => old <= size)
        .map((old) => ({ old, size, path: consistencyProof(leaves.slice(0, size), old).map(hex) })),
    ),
    canonical: CANONICAL.map((value) => ({ hex: hex(Buffer.from(serializeJcs(value))) })),
    not_canonical: REFUSED.map(([why, bytes]) => ({ why, hex: hex(Buffer.from(bytes as string)) })),
    tagged: ['draft', 'challenge', 'policy'].map((kind) => ({
      kind,
      value: '{"id":"d_abcdefgh234567ab"}',
      hash: taggedHash(kind as 'draft', { id: 'd_abcdefgh234567ab' }),
    })),
    disclosure: { ...disclosure, sha256: createHash('sha256').update(disclosure.disclosure).digest('hex') },
    keys: [signer, second].map(({ vkey, keyId }) => ({ vkey, keyId })),
    notes: [
      { note, keys: [0], opens: true },
      { note: signNote(text, [signer, second]), keys: [0, 1], opens: true },
      // A signature of a key that is not asked for is passed over.
      { note: signNote(text, [second, signer]), keys: [0], opens: true },
      { note, keys: [1], opens: false },
      { note: note.replace('\n5\n', '\n6\n'), keys: [0], opens: false },
      { note: `${note}${note.split('\n\n')[1] ?? ''}`, keys: [0], opens: false },
      { note: note.replace('\u2014', '-'), keys: [0], opens: false },
      { note: note.slice(0, -1), keys: [0], opens: false },
    ],
    checkpoints: [
      { text, reads: true },
      { text: `${text}extension\n`, reads: false },
      { text: text.replace('\n5\n', '\n05\n'), reads: false },
      { text: text.replace('=\n', '\n'), reads: false },
    ],
  }
}
