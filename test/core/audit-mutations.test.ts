/**
 * Seeded mutations of bundles and of the live ledger: every one is noticed, with a reason that is true; and what cannot be noticed without
 * something from outside is said, and is noticed once one checkpoint is given.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { leafHash, rootOf } from '../../main/audit/merkle.ts'
import { createSigner } from '../../main/audit/note.ts'
import { checkpointOf, linesOf, originOf } from '../support/bundle-files.ts'
import {
  careful,
  careless,
  Dice,
  type Mutation,
  otherKey,
  rawBytes,
  spliced,
  thiefs,
  withKey,
} from '../support/bundle-mutations.ts'
import { fixedKeys } from '../support/fixed-keys.ts'
import { makeTempFolder } from '../support/temp-folder.ts'
import {
  agree,
  bundleOf,
  noteFile,
  VECTORS,
  vectors,
  verifyHere,
  verifyWithPython,
  verifyWithShell,
} from '../support/verifiers.ts'
import { type Files, filesOf } from '../support/zip-files.ts'

const SEED = 20_261_124
const GOOD = ['full', 'redacted', 'range', 'draft', 'rotated', 'rotated-range'] as const
/** Those whose records are signed with the log's first key. */
const FIRST_KEY = ['full', 'redacted', 'range', 'draft'] as const

const folder = makeTempFolder('mutations')
const contents = new Map<string, Files>(GOOD.map((bundle) => [bundle, filesOf(bundleOf({ bundle }))]))
const filesIn = (bundle: string): Files => contents.get(bundle) ?? {}
const other = filesOf(bundleOf({ bundle: 'other-log' }))
const { vkey } = vectors
let written = 0
function fileOf(archive: Uint8Array): string {
  const file = join(folder, `${(written += 1)}.zip`)
  writeFileSync(file, archive)
  return file
}

function mutations(): readonly (Mutation & { readonly file: string })[] {
  const dice = new Dice(SEED)
  const times = (count: number, make: () => Mutation): readonly Mutation[] => Array.from({ length: count }, make)
  return [
    ...times(190, () => careless(filesIn(dice.pick(GOOD)), dice)),
    ...times(110, () => careful(filesIn(dice.pick(GOOD)), dice, other)),
    ...times(110, () => withKey(filesIn(dice.pick(FIRST_KEY)), dice, other)),
    ...times(30, () => withKey(filesIn('rotated'), dice, other, fixedKeys(2))),
    ...times(40, () => otherKey(filesIn(dice.pick(FIRST_KEY)), dice)),
    ...times(40, () => spliced(filesIn(dice.pick(GOOD)), dice, other)),
  ].map((each) => ({ ...each, file: fileOf(each.archive) }))
}
const all = mutations()

describe('a bundle', () => {
  test(`I18: that was changed in any of ${all.length} ways is refused, each with a true reason`, async () => {
    const passed: string[] = []
    const faults = new Map<string, number>()
    for (const { name, file, kinds } of all) {
      // oxlint-disable-next-line no-await-in-loop
      const { exit, kind } = await verifyHere(file, { vkey })
      if (exit === 0 || !kinds.includes(kind)) passed.push(`${file} ${name}: ${kind}`)
      faults.set(kind, (faults.get(kind) ?? 0) + 1)
    }
    expect(passed).toEqual([])
    expect(all.length).toBeGreaterThanOrEqual(500)
    // The seed must not have missed whole kinds of damage.
    expect(faults.size).toBeGreaterThanOrEqual(12)
  })

  test('I18: of which a sample goes to the verifiers in other languages, with the same verdict', async () => {
    const sample = all.filter((_, at) => at % 8 === 0)
    const differ: string[] = []
    for (const [at, { name, file }] of sample.entries()) {
      // oxlint-disable-next-line no-await-in-loop
      const [here, python] = await Promise.all([verifyHere(file, { vkey }), verifyWithPython(file, { vkey })])
      if (python.exit !== 1 || !agree(here.kind, python.kind))
        differ.push(`${file} ${name}: ${here.kind}, Python: ${python.kind}`)
      // Only files and signatures: what was signed again with the log's own key may be beyond a script.
      if (at % 5 !== 0 || name.endsWith('signed again')) continue
      // oxlint-disable-next-line no-await-in-loop
      const shell = await verifyWithShell(file, { vkey })
      if (shell.exit !== 1) differ.push(`${file} ${name}: ${here.kind}, shell: ${shell.exit}`)
    }
    expect(sample.length).toBeGreaterThanOrEqual(60)
    expect(differ).toEqual([])
  }, 60_000)

  test('whose archive was changed in its bytes is refused, or holds the same files', async () => {
    const dice = new Dice(SEED + 1)
    const wrong: string[] = []
    const counts = { refused: 0, same: 0 }
    for (let n = 0; n < 120; n += 1) {
      const bundle = dice.pick(GOOD)
      const { name, archive, kinds } = rawBytes(readFileSync(bundleOf({ bundle })), dice)
      const file = fileOf(archive)
      // oxlint-disable-next-line no-await-in-loop
      const { exit, kind } = await verifyHere(file, { vkey })
      // Dates and marks of the packer belong to nobody's evidence.
      const isSame = exit === 0 && sameFiles(filesOf(file), filesIn(bundle))
      if (exit === 0 ? !isSame : !kinds.includes(kind)) wrong.push(`${file} ${name}: ${kind}`)
      counts[exit === 0 ? 'same' : 'refused'] += 1
      if (n % 12 !== 0) continue
      // oxlint-disable-next-line no-await-in-loop
      const python = await verifyWithPython(file, { vkey })
      if (python.exit !== exit || !agree(kind, python.kind))
        wrong.push(`${file} ${name}: ${kind}, Python: ${python.kind}`)
    }
    expect(wrong).toEqual([])
    expect(counts.refused).toBeGreaterThanOrEqual(90)
  })

  test('that is good is never refused', async () => {
    const verdicts = await Promise.all(GOOD.map((bundle) => verifyHere(bundleOf({ bundle }), { vkey })))
    expect(verdicts.map(({ kind }) => kind)).toEqual(GOOD.map(() => 'ok'))
    const again = await Promise.all(
      GOOD.map((bundle) => verifyHere(fileOf(readFileSync(bundleOf({ bundle }))), { vkey })),
    )
    expect(again.map(({ kind }) => kind)).toEqual(GOOD.map(() => 'ok'))
  })
})

const sameFiles = (a: Files, b: Files): boolean =>
  Object.keys(a).length === Object.keys(b).length &&
  Object.entries(a).every(([name, bytes]) => Buffer.from(bytes).equals(b[name] ?? Buffer.alloc(0)))

const LIMITS = /older genuine copy.*thief of the signing key/s

describe('what nobody can notice without a checkpoint from outside', () => {
  test('an older genuine bundle verifies and says so, and is refused once one later checkpoint is given', async () => {
    const signer = createSigner(originOf(filesIn('full')), fixedKeys(0))
    const leaves = linesOf(filesIn('rotated'), 'entries.jsonl').map((line) => leafHash(Buffer.from(line)))
    const later = [10, 11, 12].map((size) => {
      const file = join(folder, `later-${size}.note`)
      writeFileSync(file, checkpointOf(signer, size, rootOf(leaves.slice(0, size))))
      return file
    })
    for (const verify of [verifyHere, verifyWithPython, verifyWithShell]) {
      // oxlint-disable-next-line no-await-in-loop
      const alone = await verify(bundleOf({ bundle: 'full' }), { vkey })
      expect([alone.exit, alone.kind]).toEqual([0, 'ok'])
      expect(alone.notes).toMatch(LIMITS)
      for (const checkpoint of later) {
        // oxlint-disable-next-line no-await-in-loop
        const held = await verify(bundleOf({ bundle: 'full' }), { vkey, checkpoints: [checkpoint] })
        expect([held.exit, held.kind]).toEqual([1, 'rolled_back'])
      }
    }
  })

  test('a history that a thief of the key rewrote verifies and says so, and is refused once one checkpoint of it is given', async () => {
    const full = filesIn('full')
    const seqs = linesOf(full, 'entries.jsonl').flatMap((line, seq) =>
      line.includes('"type":"agent.read"') ? [seq] : [],
    )
    expect(seqs).toEqual([5, 6, 7])
    for (const seq of seqs) {
      const file = fileOf(thiefs(full, seq))
      for (const verify of [verifyHere, verifyWithPython, verifyWithShell]) {
        // oxlint-disable-next-line no-await-in-loop
        const alone = await verify(file, { vkey })
        expect([alone.exit, alone.kind]).toEqual([0, 'ok'])
        expect(alone.notes).toMatch(LIMITS)
        // oxlint-disable-next-line no-await-in-loop
        const held = await verify(file, { vkey, checkpoints: [noteFile('mailed')] })
        expect([held.exit, held.kind]).toEqual([1, 'equivocation'])
      }
    }
  })

  test('the vectors that say so are among the cases', () => {
    const names = vectors.cases.filter(({ fault }) => fault === null).map(({ bundle }) => bundle)
    expect(names).toContain('thief')
    expect(VECTORS).toContain('audit-vectors')
  })
})
