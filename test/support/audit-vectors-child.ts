/**
 * Writes the test vectors of the format into a folder: `node test/support/audit-vectors-child.ts test/fixtures/audit-vectors`. Keys, salts and
 * clocks are fixed, so that the records are the same each time. The keys are for nothing but these files.
 */
import crypto from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { fixedBytes, fixedKeys } from './fixed-keys.ts'

const folder = process.argv[2]
if (folder === undefined) throw new Error('a folder is needed')

// ---------- nothing is random from here on ----------

let made = 0
const drawn = new Map<number, number>()
const fixed = {
  generateKeyPairSync: () => fixedKeys(made++),
  randomBytes: (size: number) => {
    const n = drawn.get(size) ?? 0
    drawn.set(size, n + 1)
    return fixedBytes(`${size} bytes, ${n}`).subarray(0, size)
  },
}
Object.assign(crypto, fixed)
syncBuiltinESMExports()

const { approved, DRAFT, newKeys, outcome, proposed, read, sent } = await import('./audit-fixture.ts')
const { BundleRig } = await import('./bundle-rig.ts')
const { checkpointOf, linesOf, originOf, resigned, rewritten, withLines, zipOf } = await import('./bundle-files.ts')
const { filesOf, textOf } = await import('./zip-files.ts')
const { createSigner } = await import('../../main/audit/note.ts')
const { primitives } = await import('./audit-primitives.ts')
type Files = ReturnType<typeof filesOf>

const DAY_MS = 86_400_000
const out = (name: string, bytes: string | Uint8Array): void => writeFileSync(join(folder, name), bytes)
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })

// ---------- one log ----------

const rig = await BundleRig.open()
/** The page is not part of the format: a stub keeps the vectors small, and they stay the same when it changes. */
const plainOf = async (of: typeof rig, more: Parameters<typeof rig.bundle>[0] = {}): Promise<Files> => {
  const stub = Buffer.from('<!doctype html><title>Check an audit bundle</title><p>Left out of this test vector.\n')
  return resigned({ ...filesOf(await of.bundle(more)), 'verify.html': stub }, of.keys)
}
const plain = (more: Parameters<typeof rig.bundle>[0] = {}): Promise<Files> => plainOf(rig, more)
rig.log.transaction((append) =>
  append(
    proposed({
      title: 'Raise the budget of “Spring”: 120 → 150 €',
      rationale: 'It sells\u2028twice \u{1F6B2}',
      'path.0': ['Shop', 'Spring'],
      agent_name: 'Desk agent of a person',
    }),
  ),
)
rig.clock.pass(DAY_MS)
rig.log.transaction((append) => {
  append(approved())
  append(sent())
})
rig.log.transaction((append) => append(outcome('OK')))
rig.clock.pass(DAY_MS)
rig.log.transaction((append) => [1, 2, 3].map((n) => append(read(n))))
const second = { scope: { kind: 'days', from: '2026-03-02', to: '2026-03-02' } } as const
const mailed = rig.log.head().note
const full = await plain({ purpose: 'Test vector', recipient: 'Anybody' })
const redacted = await plain({ redact: ['personal', 'confidential'], purpose: 'Test vector', recipient: 'Anybody' })
const range = await plain(second)
const draft = await plain({ scope: { kind: 'draft', draftId: DRAFT } })
const thief = rewritten(full, rig.keys, 6, (data) => ({ ...data, count: 42 }))
const oldKeys = rig.keys
const resign = (files: Files): Files => resigned(files, oldKeys)
const forked = checkpointOf(createSigner(rig.log.origin, oldKeys), 8, fixedBytes('another history'))
rig.rotate()
rig.log.transaction((append) => append(read(4)))
rig.rotate()
rig.log.transaction((append) => append(read(5)))
const rotated = await plain()
const rotatedRange = await plain(second)
rig.log.transaction((append) => append(read(6)))
const newest = rig.log.head().note

// ---------- and another ----------

const other = await BundleRig.open()
other.log.transaction((append) => [1, 2].map((n) => append(read(n))))
const stranger = other.log.head().note
const otherLog = await plainOf(other)
const otherKeys = newKeys()
const vkey = rig.log.vkey

// ---------- what a verifier must say of them ----------

const edit = (files: Files, name: string, from: string, to: string): Files => {
  const text = textOf(files, name)
  if (!text.includes(from)) throw new Error(`${name} does not hold ${from}`)
  return { ...files, [name]: Buffer.from(text.replace(from, to)) }
}
const lines = linesOf(full, 'entries.jsonl')
const imposter = ((): Files => {
  const origin = originOf(full)
  const { vkey: madeUp, publicKey } = createSigner(origin, otherKeys)
  const keys = {
    'keys/genesis.vkey': Buffer.from(`${madeUp}\n`),
    'keys/genesis.pub.pem': Buffer.from(publicKey.export({ type: 'spki', format: 'pem' })),
  }
  return rewritten({ ...full, ...keys }, otherKeys, 0, (data) => ({ ...data, vkey: madeUp }))
})()
const bundles: Record<string, Files> = {
  full,
  redacted,
  range,
  draft,
  rotated,
  'rotated-range': rotatedRange,
  'other-log': otherLog,
  thief,
  imposter,
  'bad-file': edit(full, 'entries.jsonl', '"150.00"', '"190.00"'),
  'bad-record': resign(edit(full, 'entries.jsonl', '"150.00"', '"190.00"')),
  'bad-gap': resign(withLines(full, 'entries.jsonl', lines.toSpliced(3, 1))),
  'bad-text': resign(edit(full, 'disclosures.jsonl', '"seq":1}', '"seq":2}')),
  'bad-proof': resign(edit(draft, 'proofs.jsonl', '"seq":1}', '"seq":2}')),
  'bad-extra': { ...full, 'more.txt': Buffer.from('more\n') },
  'bad-name': { ...full, '../more.txt': Buffer.from('more\n') },
  'bad-old-key': resigned(rotated, oldKeys),
}
for (const [name, files] of Object.entries(bundles)) out(`${name}.zip`, zipOf(files))
const notes = { mailed, newest, forked, stranger }
for (const [name, note] of Object.entries(notes)) out(`${name}.note`, note)

const good = ['full', 'redacted', 'range', 'draft', 'rotated', 'rotated-range']
out(
  'expected.json',
  `${JSON.stringify(
    {
      vkey,
      /** `beyondShell`: a script of openssl and sha256sum cannot notice it. */
      cases: [
        ...good.map((bundle) => ({ bundle, vkey, checkpoints: [], fault: null })),
        { bundle: 'full', checkpoints: [], fault: null },
        { bundle: 'full', vkey, checkpoints: ['mailed'], fault: null },
        { bundle: 'rotated', vkey, checkpoints: ['mailed'], fault: null },
        { bundle: 'full', vkey, checkpoints: ['forked'], fault: 'equivocation' },
        { bundle: 'full', vkey, checkpoints: ['stranger'], fault: 'foreign_log' },
        // Signed by a key that came after it: nothing in it can vouch for that one.
        { bundle: 'full', vkey, checkpoints: ['newest'], fault: 'bad_witness' },
        { bundle: 'rotated', vkey, checkpoints: ['newest'], fault: 'rolled_back' },
        { bundle: 'rotated', vkey, checkpoints: ['mailed', 'forked'], fault: 'equivocation' },
        { bundle: 'full', vkey: other.log.vkey, checkpoints: [], fault: 'foreign_log' },
        { bundle: 'other-log', vkey, checkpoints: [], fault: 'foreign_log' },
        { bundle: 'other-log', vkey: other.log.vkey, checkpoints: ['stranger'], fault: null },
        // Both limits of a check without anything from outside.
        { bundle: 'thief', vkey, checkpoints: [], fault: null },
        { bundle: 'thief', vkey, checkpoints: ['mailed'], fault: 'equivocation' },
        { bundle: 'imposter', checkpoints: [], fault: null },
        { bundle: 'imposter', vkey, checkpoints: [], fault: 'foreign_log' },
        { bundle: 'bad-file', vkey, checkpoints: [], fault: 'file_changed' },
        { bundle: 'bad-record', vkey, checkpoints: [], fault: 'root_mismatch' },
        { bundle: 'bad-gap', vkey, checkpoints: [], fault: 'sequence_gap' },
        { bundle: 'bad-text', vkey, checkpoints: [], fault: 'disclosure_mismatch', beyondShell: true },
        { bundle: 'bad-proof', vkey, checkpoints: [], fault: 'bad_proof', beyondShell: true },
        { bundle: 'bad-extra', vkey, checkpoints: [], fault: 'extra_file' },
        { bundle: 'bad-name', vkey, checkpoints: [], fault: 'unsafe_archive' },
        { bundle: 'bad-old-key', vkey, checkpoints: [], fault: 'bad_signature' },
      ],
    },
    undefined,
    2,
  )}\n`,
)
out('primitives.json', `${JSON.stringify(primitives(fixedKeys), undefined, 1)}\n`)
out('README.md', readFileSync(join(import.meta.dirname, 'audit-vectors.md')))
await rig.close()
await other.close()
