/** Verifiers by main/audit/FORMAT.md, in other languages and without any code of the product: they say the same of every bundle, good or not, as the product does. */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { BUNDLE_FAULT_KINDS } from '../../main/audit/bundle/bundle-fault.ts'
import { disclosureDigest, openDisclosure } from '../../main/audit/disclosure.ts'
import { FAULT_KINDS } from '../../main/audit/fault.ts'
import { JcsError, parseJcs, taggedHash } from '../../main/audit/jcs.ts'
import { leafHash, nodeHash, rootOf, verifyConsistency, verifyInclusion } from '../../main/audit/merkle.ts'
import { NoteError, openNote, parseCheckpoint, parseVkey } from '../../main/audit/note.ts'
import { RECORD_TYPES, TEXT_NAMES } from '../../main/audit/record.ts'
import { classesOf } from '../../main/audit/text-classes.ts'
import { REPOSITORY } from '../support/source-tree.ts'
import { makeTempFolder } from '../support/temp-folder.ts'
import {
  bundleOf,
  noteFile,
  VECTORS,
  vectors,
  verifyHere,
  verifyWithPython,
  verifyWithShell,
} from '../support/verifiers.ts'
import { filesOf, textOf } from '../support/zip-files.ts'

const FORMAT = readFileSync(join(REPOSITORY, 'main/audit/FORMAT.md'), 'utf8')
const PYTHON = join(REPOSITORY, 'test/verifiers/verify.py')
const PAGE = readFileSync(join(REPOSITORY, 'resources/verify/verify.html'), 'utf8')

const cases = vectors.cases.map((each) => {
  const given = each.checkpoints.length === 0 ? '' : ` with ${each.checkpoints.join(' and ')}`
  return [`${each.bundle}${given}${each.vkey === undefined ? ', no key known' : ''}`, each] as const
})
const known = ({ vkey, checkpoints }: (typeof vectors.cases)[number]) => ({
  vkey,
  checkpoints: checkpoints.map(noteFile),
})

describe('the test vectors', () => {
  test.each(cases)('I19: %s: product, Python and shell agree, exit codes included', async (_name, each) => {
    const file = bundleOf(each)
    const expected = { exit: each.fault === null ? 0 : 1, kind: each.fault ?? 'ok' }
    const [here, python, shell] = await Promise.all([
      verifyHere(file, known(each)),
      verifyWithPython(file, known(each)),
      verifyWithShell(file, known(each)),
    ])
    expect(here).toMatchObject(expected)
    expect(python).toMatchObject(expected)
    // A script names the fault that it meets first, which may be another one; it must not pass what it can check.
    expect(shell.exit).toBe(each.beyondShell === true ? 0 : expected.exit)
    expect(shell.kind === 'ok').toBe(shell.exit === 0)
  })

  test('have good bundles of every kind and each limit, and faults of many kinds', () => {
    const faults = new Set(vectors.cases.map(({ fault }) => fault))
    expect(faults.size).toBeGreaterThanOrEqual(11)
    expect([...faults].filter((each) => each !== null && !FORMAT.includes(`\`${each}\``))).toEqual([])
  })

  test('whoever gives nothing from outside is told what could not be noticed, by each of them', async () => {
    for (const verify of [verifyHere, verifyWithPython, verifyWithShell]) {
      // oxlint-disable-next-line no-await-in-loop
      const [alone, held] = await Promise.all([
        verify(bundleOf({ bundle: 'thief' })),
        verify(bundleOf({ bundle: 'full' }), { vkey: vectors.vkey, checkpoints: [noteFile('mailed')] }),
      ])
      expect(alone.notes).toMatch(/No key was given/)
      expect(alone.notes).toMatch(/older genuine copy.*thief of the signing key/s)
      expect(held.notes).not.toMatch(/No key was given|older genuine copy/)
    }
  })

  test('are still what the product writes', () => {
    const folder = makeTempFolder('vectors')
    const child = join(REPOSITORY, 'test/support/audit-vectors-child.ts')
    const { status, stderr } = spawnSync(process.execPath, [child, folder], { encoding: 'utf8' })
    expect([status, stderr]).toEqual([0, ''])
    const same = (name: string): boolean => readFileSync(join(folder, name)).equals(readFileSync(join(VECTORS, name)))
    expect(readdirSync(folder).toSorted()).toEqual(readdirSync(VECTORS).toSorted())
    expect(['primitives.json', 'expected.json', 'mailed.note', 'newest.note'].filter((name) => !same(name))).toEqual([])
    // The report may change its words; what is evidence may not.
    const evidence = [
      'entries.jsonl',
      'disclosures.jsonl',
      'checkpoint',
      'checkpoints.txt',
      'proofs.jsonl',
      'manifest.json',
    ]
    const changed = ['full', 'redacted', 'range', 'draft', 'rotated', 'rotated-range'].flatMap((bundle) => {
      const [now, then] = [filesOf(join(folder, `${bundle}.zip`)), filesOf(join(VECTORS, `${bundle}.zip`))]
      return evidence.filter((name) => textOf(now, name) !== textOf(then, name)).map((name) => `${bundle}: ${name}`)
    })
    expect(changed).toEqual([])
  })
})

describe('the small vectors', () => {
  interface Primitives {
    readonly leaves: readonly { line: string; leaf: string }[]
    readonly node: { left: string; right: string; node: string }
    readonly roots: readonly { size: number; root: string }[]
    readonly inclusion: readonly { size: number; index: number; path: string[] }[]
    readonly consistency: readonly { old: number; size: number; path: string[] }[]
    readonly canonical: readonly { hex: string }[]
    readonly not_canonical: readonly { why: string; hex: string }[]
    readonly tagged: readonly { kind: 'draft'; value: string; hash: string }[]
    readonly disclosure: { name: string; disclosure: string; digest: string }
    readonly keys: readonly { vkey: string; keyId: string }[]
    readonly notes: readonly { note: string; keys: number[]; opens: boolean }[]
    readonly checkpoints: readonly { text: string; reads: boolean }[]
  }
  const all = JSON.parse(readFileSync(join(VECTORS, 'primitives.json'), 'utf8')) as Primitives
  const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex')
  const leaves = all.leaves.map(({ leaf }) => bytes(leaf))
  const roots = new Map(all.roots.map(({ size, root }) => [size, bytes(root)]))
  const rootAt = (size: number): Buffer => roots.get(size) ?? Buffer.alloc(0)
  const throws = (kind: typeof NoteError | typeof JcsError, run: () => unknown): boolean => {
    try {
      run()
      return false
    } catch (error) {
      if (error instanceof kind) return true
      throw error
    }
  }

  test('hashes and proofs', () => {
    expect(all.leaves.filter(({ line, leaf }) => leafHash(Buffer.from(line)).toString('hex') !== leaf)).toEqual([])
    expect(nodeHash(bytes(all.node.left), bytes(all.node.right)).toString('hex')).toBe(all.node.node)
    expect(all.roots.filter(({ size, root }) => rootOf(leaves.slice(0, size)).toString('hex') !== root)).toEqual([])
    const claim = (index: number, size: number) => ({
      leaf: leaves[index] ?? Buffer.alloc(0),
      index,
      size,
      root: rootAt(size),
    })
    expect(
      all.inclusion.filter(({ size, index, path }) => !verifyInclusion(claim(index, size), path.map(bytes))),
    ).toEqual([])
    expect(
      all.consistency.filter(
        ({ old, size, path }) =>
          !verifyConsistency(
            { oldSize: old, oldRoot: rootAt(old), newSize: size, newRoot: rootAt(size) },
            path.map(bytes),
          ),
      ),
    ).toEqual([])
    expect(all.tagged.filter(({ kind, value, hash }) => taggedHash(kind, JSON.parse(value)) !== hash)).toEqual([])
  })

  test('canonical texts, disclosures, notes and checkpoints', () => {
    expect(all.canonical.filter(({ hex }) => throws(JcsError, () => parseJcs(bytes(hex))))).toEqual([])
    expect(all.not_canonical.filter(({ hex }) => !throws(JcsError, () => parseJcs(bytes(hex))))).toEqual([])
    const { name, disclosure, digest } = all.disclosure
    expect(disclosureDigest(disclosure)).toBe(digest)
    expect(openDisclosure(disclosure, { name, digest })).toContain('Raise the budget')
    const keys = all.keys.map(({ vkey }) => parseVkey(vkey))
    expect(keys.map(({ keyId }) => keyId)).toEqual(all.keys.map(({ keyId }) => keyId))
    const asked = (indexes: number[]) => keys.filter((_, at) => indexes.includes(at))
    expect(
      all.notes.filter((each) => throws(NoteError, () => openNote(each.note, asked(each.keys))) === each.opens),
    ).toEqual([])
    expect(
      all.checkpoints.filter(({ text, reads }) => throws(NoteError, () => parseCheckpoint(text)) === reads),
    ).toEqual([])
  })

  test('Python says the same of them', () => {
    const program = `
import json, sys, importlib.util
spec = importlib.util.spec_from_file_location('verify', sys.argv[1])
v = importlib.util.module_from_spec(spec)
spec.loader.exec_module(v)
all = json.load(open(sys.argv[2], encoding='utf-8'))
h = bytes.fromhex
def fails(run, kind):
    try:
        run()
        return False
    except kind:
        return True
leaves = [h(each['leaf']) for each in all['leaves']]
roots = {each['size']: h(each['root']) for each in all['roots']}
wrong = [each for each in all['leaves'] if v.leaf_hash(each['line'].encode()).hex() != each['leaf']]
for size, root in roots.items():
    peaks = []
    for at in range(size):
        v.append_leaf(at, peaks, leaves[at])
    wrong += [size] if v.root_of_peaks(peaks) != root else []
wrong += [e for e in all['inclusion'] if not v.is_included(leaves[e['index']], e['index'], e['size'], roots[e['size']], [h(p) for p in e['path']])]
wrong += [e for e in all['inclusion'] if v.is_included(leaves[e['index']], e['index'], e['size'], roots[e['size']], [h(p) for p in e['path']] + [leaves[0]])]
wrong += [e for e in all['consistency'] if not v.is_prefix(e['old'], roots[e['old']], e['size'], roots[e['size']], [h(p) for p in e['path']])]
wrong += [e for e in all['canonical'] if fails(lambda: v.parse_canonical(h(e['hex'])), v.NotCanonical)]
wrong += [e for e in all['not_canonical'] if not fails(lambda: v.parse_canonical(h(e['hex'])), v.NotCanonical)]
d = all['disclosure']
wrong += [] if v.opens(d['disclosure'], d['name'], d['digest']) else ['disclosure']
wrong += ['disclosure'] if v.opens(d['disclosure'], 'other', d['digest']) else []
keys = [v.Key(each['vkey']) for each in all['keys']]
wrong += [e for e in all['notes'] if fails(lambda: v.open_note(e['note'], [keys[k] for k in e['keys']]), v.BadNote) == e['opens']]
sign = all['notes'][0]['note'].split('\\n\\n')[1]
wrong += [e for e in all['checkpoints'] if fails(lambda: v.Checkpoint(e['text'] + '\\n' + sign), v.BadNote) == e['reads']]
print(json.dumps(wrong))
`
    const { stdout, stderr } = spawnSync('python3', ['-c', program, PYTHON, join(VECTORS, 'primitives.json')], {
      encoding: 'utf8',
    })
    expect([stdout.trim(), stderr]).toEqual(['[]', ''])
  })
})

describe('the format page', () => {
  const rows = [...FORMAT.matchAll(/^\| `([a-z_.]+)` \| (user|not agent)? *\| (.*) \| (.*) \|$/gm)]

  test('lists every type of record, and so do the verifiers', () => {
    expect(new Set(rows.map(([, type]) => type))).toEqual(new Set<string>(RECORD_TYPES))
    expect(rows).toHaveLength(RECORD_TYPES.length)
    const program =
      'import importlib.util, sys; s = importlib.util.spec_from_file_location("v", sys.argv[1]); v = importlib.util.module_from_spec(s); s.loader.exec_module(v); print("\\n".join(sorted(v.TYPES)))'
    const { stdout } = spawnSync('python3', ['-c', program, PYTHON], { encoding: 'utf8' })
    expect(stdout.trim().split('\n')).toEqual([...RECORD_TYPES].toSorted())
    expect(
      RECORD_TYPES.filter((type) => !new RegExp(`[\\s'\`]${type.replace('.', '\\.')}[\\s'\`]`).test(PAGE)),
    ).toEqual([])
  })

  test('names the class of every text and every fault', () => {
    const table = [...FORMAT.matchAll(/^\| (?:`(confidential|personal)`|(both)) \| (.*) \|$/gm)]
    const classes = new Map(
      table.flatMap(([, single, , names = '']) =>
        [...names.matchAll(/`([a-z_]+)`/g)].map(
          ([, name = '']) => [name, single === undefined ? ['personal', 'confidential'] : [single]] as const,
        ),
      ),
    )
    expect(TEXT_NAMES.filter((name) => String(classes.get(name)) !== String(classesOf(name)))).toEqual([])
    expect([...FAULT_KINDS, ...BUNDLE_FAULT_KINDS].filter((kind) => !FORMAT.includes(`\`${kind}\``))).toEqual([])
  })
})
