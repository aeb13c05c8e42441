/** Bundles: what leaves the log for people who trust nobody's word, and what they can check of it without this software. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { joinNotes, splitNotes } from '../../main/audit/bundle/layout.ts'
import { LeafTree } from '../../main/audit/bundle/leaf-tree.ts'
import { type BundleResult, verifyBundle } from '../../main/audit/bundle/read-bundle.ts'
import { signStatement } from '../../main/audit/bundle/bundle-note.ts'
import { serializeJcs } from '../../main/audit/jcs.ts'
import { consistencyProof, inclusionProof, leafHash, rootOf } from '../../main/audit/merkle.ts'
import { createSigner, formatCheckpoint, signNote } from '../../main/audit/note.ts'
import { TEXT_NAMES } from '../../main/audit/record.ts'
import { TEXT_CLASSES } from '../../main/audit/text-classes.ts'
import { approved, DRAFT, newKeys, outcome, proposed, read, sent } from '../support/audit-fixture.ts'
import { BundleRig, OWNER } from '../support/bundle-rig.ts'
import { makeTempFolder } from '../support/temp-folder.ts'
import { waitFor } from '../support/wait-for.ts'
import { type Files, filesOf, textOf, writeZip } from '../support/zip-files.ts'

const ACCOUNT = 'tiktok:7000000000000000001'
const DAY_MS = 86_400_000

// The log of every test: day 1: 0 | 1; day 2: 2 3 | 4; day 3: 5 6 7, where | is the end of a transaction.
let rig: BundleRig
beforeEach(async () => {
  rig = await BundleRig.open()
  rig.log.transaction((append) =>
    append(
      proposed({
        title: 'Raise <script>alert(1)</script> the budget',
        rationale: 'It sells\u202e | *more*',
        'path.0': ['Shop', 'Spring'],
        agent_name: 'CANARY-PERSON',
      }),
    ),
  )
  rig.clock.pass(DAY_MS)
  rig.log.transaction((append) => {
    append(approved())
    append(sent())
  })
  rig.log.transaction((append) => append(outcome('CANARY-BOTH')))
  rig.clock.pass(DAY_MS)
  rig.log.transaction((append) => [1, 2, 3].map((n) => append(read(n))))
})
afterEach(() => rig.close())

const check = (file: string, extraNotes: readonly string[] = [], vkey = rig.log.vkey): Promise<BundleResult> =>
  verifyBundle(file, { vkey, extraNotes })
async function kindOf(file: string, extraNotes?: readonly string[]): Promise<string> {
  const result = await check(file, extraNotes)
  return result.ok ? 'ok' : result.fault.kind
}
const seqsOf = (files: Files): number[] =>
  textOf(files, 'entries.jsonl')
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { seq: number }).seq)
const sumsOf = (files: Files): string =>
  Object.keys(files)
    .filter((name) => name !== 'SHA256SUMS' && name !== 'bundle.note')
    .toSorted((a, b) => (a < b ? -1 : 1))
    .map(
      (name) =>
        `${createHash('sha256')
          .update(files[name] ?? '')
          .digest('hex')}  ${name}\n`,
    )
    .join('')
/** Puts changed files together as somebody would who has the signing key. */
function resigned(file: string, files: Files, keys = rig.keys): string {
  const sums = sumsOf(files)
  const [, size = '', root = ''] = textOf(files, 'checkpoint').split('\n')
  const sumsSha256 = createHash('sha256').update(sums).digest('hex')
  const note = signStatement(
    { origin: rig.log.origin, size: Number(size), root, sumsSha256 },
    createSigner(rig.log.origin, keys),
  )
  const better = { ...files, SHA256SUMS: Buffer.from(sums), 'bundle.note': Buffer.from(note) }
  return writeZip(`${file}.resigned.zip`, better)
}

describe('a bundle of the whole log', () => {
  test('verifies, holds every record byte for byte, and the record of its own export last', async () => {
    const job = await rig.export({ purpose: 'Year-end', recipient: 'Somebody' })
    expect(job).toMatchObject({ kind: 'export', state: 'done', export: { records: 9, withheld: 0 }, error: null })
    const file = job.export?.file ?? ''
    expect(await check(file)).toMatchObject({ ok: true, isComplete: true, size: 9, records: 9, withheld: 0 })
    const files = filesOf(file)
    const stored = rig.log
      .list({ limit: 200 })
      .toReversed()
      .map(({ line }) => line)
    expect(textOf(files, 'entries.jsonl')).toBe(`${stored.join('\n')}\n`)
    expect(rig.log.list({ limit: 1 })[0]?.record).toMatchObject({
      type: 'export.created',
      actor: OWNER,
      data: { from: 0, through: 7, redacted: [], purpose: 'all' },
    })
    expect(textOf(files, 'checkpoint')).toBe(rig.log.head().note)
    const bytes = readFileSync(file)
    expect(job.export).toMatchObject({ bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') })
    expect(rig.defects).toEqual([])
  })

  test('says in plain words what it cannot notice, and says less of it the more is given', async () => {
    const file = await rig.bundle()
    const alone = await verifyBundle(file)
    expect(alone.limits.join(' ')).toMatch(/No key was given/)
    expect(alone.limits.join(' ')).toMatch(/older genuine copy.*thief of the signing key/)
    const held = await check(file, [rig.log.head().note])
    expect(held).toMatchObject({ ok: true, witnesses: [9] })
    expect(held.limits.join(' ')).not.toMatch(/No key|older genuine copy/)
  })

  test('has a report that takes nobody’s words for markup', async () => {
    const files = filesOf(await rig.bundle({ recipient: '<b>Somebody</b>' }))
    const html = textOf(files, 'report.html')
    expect(html).not.toMatch(/<script|<b>/)
    expect(html).toContain('&lt;script&gt;')
    expect(html).toContain('It sells[U+202E] | *more*')
    expect(html).toContain('120.00 EUR')
    expect(html).toContain('150.00 EUR')
    expect(html).toContain('author and approver differ')
    expect(html).toContain('&lt;b&gt;Somebody&lt;/b&gt;')
    const markdown = textOf(files, 'report.md')
    expect(markdown).not.toMatch(/<script|[^\\]\*more/)
    expect(markdown).toContain('It sells\\[U\\+202E\\] \\| \\*more\\*')
  })
})

describe('a bundle of some days', () => {
  test('holds the records of these days in a row up to a checkpoint, and proves where they stand', async () => {
    const file = await rig.bundle({ scope: { kind: 'days', from: '2026-03-02', to: '2026-03-02' } })
    // 2 to 4 are of that day; 0 opens every part, 8 is the record of the export.
    expect(seqsOf(filesOf(file))).toEqual([0, 2, 3, 4, 8])
    const result = await check(file)
    expect(result).toMatchObject({ ok: true, isComplete: false, size: 9, records: 5 })
    expect(result.limits.join(' ')).toContain('This is a part of the log')
  })

  test('with an open end goes on to the newest record, with an open beginning from the first', async () => {
    const late = await rig.bundle({ scope: { kind: 'days', from: '2026-03-03', to: undefined } })
    expect(seqsOf(filesOf(late))).toEqual([0, 5, 6, 7, 8])
    const early = await rig.bundle({ scope: { kind: 'days', from: undefined, to: '2026-03-01' } })
    expect(seqsOf(filesOf(early))).toEqual([0, 1, 9])
    expect([await kindOf(late), await kindOf(early)]).toEqual(['ok', 'ok'])
  })

  test('without a record is none: nothing is recorded and nothing is left behind', async () => {
    const { size } = rig.log.head()
    const job = await rig.export({ scope: { kind: 'days', from: '2020-01-01', to: '2020-01-02' } })
    expect(job).toMatchObject({ state: 'failed', error: { code: 'invalid_value' } })
    expect(rig.log.head().size).toBe(size)
    expect(rig.leftovers()).toEqual([])
  })
})

describe('a bundle of one draft or one account', () => {
  test.each([
    ['draft', { kind: 'draft', draftId: DRAFT }],
    ['account', { kind: 'account', accountId: ACCOUNT }],
  ] as const)('%s: its whole story, each record with a proof of its own', async (_what, scope) => {
    const file = await rig.bundle({ scope })
    expect(seqsOf(filesOf(file))).toEqual([0, 1, 2, 3, 4, 8])
    expect(await check(file)).toMatchObject({ ok: true, isComplete: false, records: 6 })
  })

  test('a checkpoint that left with an earlier bundle can be compared with it, others are said to be open', async () => {
    await rig.bundle()
    const witnessed = rig.log.head().note
    rig.log.transaction((append) => append(read(9)))
    const open = rig.log.head().note
    const file = await rig.bundle({ scope: { kind: 'draft', draftId: DRAFT } })
    expect(await check(file, [witnessed])).toMatchObject({ ok: true, witnesses: [9] })
    expect((await check(file, [open])).limits.join(' ')).toContain('could not be compared')
    const rewritten = signNote(formatCheckpoint({ origin: rig.log.origin, size: 9, root: Buffer.alloc(32) }), [
      createSigner(rig.log.origin, rig.keys),
    ])
    expect(await kindOf(file, [rewritten])).toBe('equivocation')
  })
})

describe('after changes of the key', () => {
  beforeEach(() => {
    rig.rotate()
    rig.log.transaction((append) => append(read(4)))
    rig.rotate()
    rig.log.transaction((append) => append(read(5)))
  })

  test.each([
    ['the whole log', { kind: 'all' }],
    ['days before them', { kind: 'days', from: '2026-03-02', to: '2026-03-02' }],
    ['days with them', { kind: 'days', from: '2026-03-03', to: undefined }],
    ['a draft', { kind: 'draft', draftId: DRAFT }],
  ] as const)('%s verifies from the first key on', async (_what, scope) => {
    const file = await rig.bundle({ scope })
    expect(await check(file)).toMatchObject({ ok: true })
    expect(Object.keys(filesOf(file)).filter((name) => name.endsWith('.vkey'))).toEqual([
      'keys/genesis.vkey',
      'keys/rotated-1.vkey',
      'keys/rotated-2.vkey',
    ])
  })

  test.each([
    ['the whole log', { kind: 'all' }],
    ['a draft', { kind: 'draft', draftId: DRAFT }],
  ] as const)('%s without the checkpoint that both keys signed is refused', async (_what, scope) => {
    const file = await rig.bundle({ scope })
    const files = filesOf(file)
    const notes = splitNotes(textOf(files, 'checkpoints.txt')) ?? []
    const kept = notes.filter((note) => note.split('\n')[1] !== '9')
    expect(kept).toHaveLength(notes.length - 1)
    files['checkpoints.txt'] = Buffer.from(joinNotes(kept))
    expect(await kindOf(resigned(file, files))).toBe('missing_checkpoint')
  })

  test('an export during which the key changes is given up', async () => {
    const ended = rig.export()
    const before = rig.log.head().size
    await waitFor(() => rig.log.head().size > before, {
      what: 'the export to be recorded',
      withinMs: 10_000,
      everyMs: 1,
    })
    rig.rotate()
    expect(await ended).toMatchObject({ state: 'cancelled', export: null, error: { retryable: true } })
    expect(rig.leftovers()).toEqual([])
  })
})

describe('what is withheld', () => {
  const canaries = ['CANARY-PERSON', 'CANARY-BOTH', 'Raise', 'It sells', 'Spring', 'Secret purpose', 'Secret friend']
  const shown = (files: Files): string[] => {
    const bytes = Object.values(files).map((file) => Buffer.from(file).toString('utf8'))
    const texts = textOf(files, 'disclosures.jsonl')
      .split('\n')
      .filter(Boolean)
      .map((line) => Buffer.from((JSON.parse(line) as { disclosure: string }).disclosure, 'base64url').toString('utf8'))
    return canaries.filter((canary) => [...bytes, ...texts].some((text) => text.includes(canary)))
  }

  test.each([
    ['nothing', [], canaries, 0],
    ['personal texts', ['personal'], ['Raise', 'It sells', 'Spring', 'Secret purpose'], 3],
    ['confidential texts', ['confidential'], ['CANARY-PERSON', 'Secret friend'], 5],
    ['both', ['personal', 'confidential'], [], 7],
  ] as const)(
    '%s: it is nowhere in the bytes, every record is, and the bundle verifies',
    async (_what, redact, left, withheld) => {
      const job = await rig.export({ redact, purpose: 'Secret purpose', recipient: 'Secret friend' })
      const file = job.export?.file ?? ''
      expect(job.export).toMatchObject({ records: 9, withheld })
      expect(await check(file)).toMatchObject({ ok: true, isComplete: true, withheld })
      const files = filesOf(file)
      expect(shown(files).toSorted()).toEqual([...left].toSorted())
      expect(seqsOf(files)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
    },
  )

  test('every text of every record type is in the table of classes', () => {
    expect(TEXT_NAMES.filter((name) => !Object.hasOwn(TEXT_CLASSES, name))).toEqual([])
    expect(TEXT_NAMES.length).toBeGreaterThan(10)
  })
})

describe('a bundle that somebody changed', () => {
  const edit = (files: Files, name: string, change: (text: string) => string): Files => {
    const before = textOf(files, name)
    const after = change(before)
    expect(after).not.toBe(before)
    return { ...files, [name]: Buffer.from(after) }
  }

  test('file by file: changed, missing, added', async () => {
    const file = await rig.bundle({ scope: { kind: 'days', from: '2026-03-02', to: '2026-03-02' } })
    const files = filesOf(file)
    const names = Object.keys(files)
    expect(names.length).toBeGreaterThan(12)
    for (const name of names) {
      const bytes = Uint8Array.from(files[name] ?? [])
      bytes[Math.floor(bytes.length / 2)] = (bytes[Math.floor(bytes.length / 2)] ?? 0) ^ 1
      // oxlint-disable-next-line no-await-in-loop
      const kinds = [
        await kindOf(writeZip(`${file}.changed.zip`, { ...files, [name]: bytes })),
        await kindOf(
          writeZip(`${file}.less.zip`, Object.fromEntries(Object.entries(files).filter(([each]) => each !== name))),
        ),
      ]
      expect(kinds.filter((kind) => kind === 'ok')).toEqual([])
    }
    expect(await kindOf(writeZip(`${file}.more.zip`, { ...files, 'more.txt': Buffer.from('x') }))).toBe('extra_file')
    expect(await kindOf(writeZip(`${file}.same.zip`, files))).toBe('ok')
  })

  test('and signed again with the key is still refused for what its records say', async () => {
    const file = await rig.bundle()
    const files = filesOf(file)
    const kind = (changed: Files): Promise<string> => kindOf(resigned(file, changed))
    const lines = textOf(files, 'entries.jsonl').trimEnd().split('\n')
    const withLines = (next: readonly string[]): Files => ({
      ...files,
      'entries.jsonl': Buffer.from(`${next.join('\n')}\n`),
    })
    expect(await kind(files)).toBe('ok')
    expect(await kind(edit(files, 'entries.jsonl', (text) => text.replace('"150.00"', '"190.00"')))).toBe(
      'root_mismatch',
    )
    expect(await kind(withLines(lines.toSpliced(3, 1)))).toBe('sequence_gap')
    expect(await kind(withLines(lines.slice(0, -1)))).toBe('truncated')
    expect(await kind(withLines([...lines.slice(0, 3), lines[4] ?? '', lines[3] ?? '', ...lines.slice(5)]))).toBe(
      'sequence_gap',
    )
    expect(await kind(withLines([...lines.slice(0, 3), lines[2] ?? '', ...lines.slice(3)]))).toBe('sequence_gap')
    expect(await kind(edit(files, 'disclosures.jsonl', (text) => text.replace('"seq":1}', '"seq":2}')))).toBe(
      'disclosure_mismatch',
    )
    expect(await kind(edit(files, 'disclosures.jsonl', (text) => text.split('\n').slice(1).join('\n')))).toBe(
      'bad_manifest',
    )
    expect(await kind(edit(files, 'manifest.json', (text) => text.replace('"records":9', '"records":8')))).toBe(
      'bad_manifest',
    )
    expect(await kind(edit(files, 'manifest.json', (text) => text.replace('bundle/v1', 'bundle/v2')))).toBe(
      'unknown_version',
    )
    expect(await kind({ ...files, 'more.txt': Buffer.from('x') })).toBe('extra_file')
  })

  test('and one of a part is refused for what nothing proves', async () => {
    const file = await rig.bundle({ scope: { kind: 'draft', draftId: DRAFT } })
    const files = filesOf(file)
    const kind = (changed: Files): Promise<string> => kindOf(resigned(file, changed))
    expect(await kind(edit(files, 'entries.jsonl', (text) => text.replace('"150.00"', '"190.00"')))).toMatch(
      /bad_proof|chain_broken/,
    )
    expect(await kind(edit(files, 'proofs.jsonl', (text) => text.split('\n').slice(1).join('\n')))).toBe('bad_proof')
    const range = await rig.bundle({ scope: { kind: 'days', from: '2026-03-02', to: '2026-03-02' } })
    const left = edit(filesOf(range), 'proofs.jsonl', (text) =>
      text.replace(/"path":\["(.)/, (_, first) => `"path":["${first === 'A' ? 'B' : 'A'}`),
    )
    expect(await kindOf(resigned(range, left))).toBe('root_mismatch')
  })

  test('signed with another key, or of another log, is refused; so is an older one for whoever holds a newer checkpoint', async () => {
    const old = await rig.bundle()
    expect(await kindOf(resigned(old, filesOf(old), newKeys()))).toBe('bad_signature')
    rig.log.transaction((append) => append(read(7)))
    expect(await kindOf(old)).toBe('ok')
    expect(await kindOf(old, [rig.log.head().note])).toBe('rolled_back')
    const other = await BundleRig.open()
    onTestFinished(() => other.close())
    const foreign = await other.bundle()
    expect(await kindOf(foreign)).toBe('foreign_log')
    expect(await kindOf(old, [other.log.head().note])).toBe('foreign_log')
    const madeUp = signNote(formatCheckpoint({ origin: rig.log.origin, size: 99, root: Buffer.alloc(32) }), [
      createSigner(rig.log.origin, newKeys()),
    ])
    expect(await kindOf(old, [madeUp])).toBe('bad_witness')
  })

  test('byte by byte through the whole archive never passes for something else', async () => {
    const file = await rig.bundle({ redact: ['personal'] })
    const bytes = readFileSync(file)
    const good = await check(file)
    const said = JSON.stringify(good)
    const changed = `${file}.flipped.zip`
    const passed: number[] = []
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
        const flipped = Buffer.from(bytes)
        flipped[at] = (flipped[at] ?? 0) ^ mask
        writeFileSync(changed, flipped)
        const result = await check(changed)
        // Dates and marks of the packer are not the bundle's: where they change, all files are still the same.
        if (result.ok && JSON.stringify(result) !== said) passed.push(at)
        return passed.length === 0
      }),
      { numRuns: 300 },
    )
    expect([good.ok, passed]).toEqual([true, []])
  })
})

describe('a history that a thief of the key rewrote', () => {
  /** Changes one record, and signs everything that follows from it again. */
  function rewritten(file: string): string {
    const files = filesOf(file)
    const lines = textOf(files, 'entries.jsonl').trimEnd().split('\n')
    const signer = createSigner(rig.log.origin, rig.keys)
    const sizes = (splitNotes(textOf(files, 'checkpoints.txt')) ?? []).map((note) => Number(note.split('\n')[1]))
    const notes: string[] = []
    const leaves: Buffer[] = []
    const next = lines.map((line, seq) => {
      const record = JSON.parse(line) as Record<string, unknown>
      if (seq === 6) record['data'] = { ...(record['data'] as object), count: 42 }
      const bytes = serializeJcs({ ...record, prev: leaves.at(-1)?.toString('hex') ?? '0'.repeat(64) })
      leaves.push(leafHash(Buffer.from(bytes)))
      const checkpoint = { origin: rig.log.origin, size: seq + 1, root: rootOf(leaves) }
      if (sizes.includes(seq + 1)) notes.push(signNote(formatCheckpoint(checkpoint), [signer]))
      return bytes
    })
    files['entries.jsonl'] = Buffer.from(`${next.join('\n')}\n`)
    files['checkpoints.txt'] = Buffer.from(joinNotes(notes))
    files['checkpoint'] = Buffer.from(notes.at(-1) ?? '')
    return resigned(file, files)
  }

  test('passes for whoever holds nothing else, and is said to be able to; one checkpoint from outside shows it', async () => {
    const mailed = rig.log.head().note
    const thiefs = rewritten(await rig.bundle())
    const alone = await check(thiefs)
    expect(alone).toMatchObject({ ok: true, size: 9 })
    expect(alone.limits.join(' ')).toContain('a history that a thief of the signing key rewrote')
    expect(await kindOf(thiefs, [mailed])).toBe('equivocation')
  })
})

test('whatever was recorded and whatever is asked for, no good bundle is refused', async () => {
  const step = fc.oneof(
    fc.constant('rotate' as const),
    fc.constant('day' as const),
    fc.integer({ min: 1, max: 9 }).map((records) => ({ records })),
    fc.string({ unit: 'binary', maxLength: 40 }).map((title) => ({ title })),
  )
  const scope = fc.constantFrom(
    { kind: 'all' } as const,
    { kind: 'days', from: '2026-03-02', to: '2026-03-04' } as const,
    { kind: 'days', from: '2026-03-03', to: undefined } as const,
    { kind: 'draft', draftId: DRAFT } as const,
    { kind: 'account', accountId: ACCOUNT } as const,
  )
  const redact = fc.constantFrom([], ['personal'] as const, ['personal', 'confidential'] as const)
  const verdicts: string[] = []
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 8 }), scope, redact, async (steps, asked, withheld) => {
      for (const each of steps) {
        if (each === 'rotate') rig.rotate()
        else if (each === 'day') rig.clock.pass(DAY_MS)
        else if ('title' in each) rig.log.transaction((append) => append(proposed({ title: each.title })))
        else rig.log.transaction((append) => Array.from({ length: each.records }, (_, n) => append(read(n))))
      }
      const file = await rig.bundle({ scope: asked, redact: withheld })
      verdicts.push(await kindOf(file, [rig.log.head().note]))
      return verdicts.at(-1) === 'ok'
    }),
    { numRuns: 25 },
  )
  expect(verdicts.length).toBeGreaterThanOrEqual(25)
}, 60_000)

describe('an export that does not come about', () => {
  test('stopped in the middle leaves nothing behind', async () => {
    for (let n = 0; n < 12; n += 1)
      rig.log.transaction((append) => Array.from({ length: 500 }, (_, k) => append(read(k))))
    const id = rig.jobs.beginExport(OWNER, rig.request())
    await waitFor(() => rig.jobs.get(id).done > 0, { what: 'progress', withinMs: 10_000, everyMs: 1 })
    rig.jobs.cancel(id)
    expect(await rig.jobs.whenEnded(id)).toMatchObject({ state: 'cancelled', export: null })
    expect(rig.leftovers()).toEqual([])
  })

  test('never replaces a file, and says so', async () => {
    const file = await rig.bundle({ fileName: 'same.zip' })
    const before = readFileSync(file)
    expect(await rig.export({ fileName: 'same.zip' })).toMatchObject({
      state: 'failed',
      error: { code: 'storage_failed' },
    })
    expect(readFileSync(file).equals(before)).toBe(true)
    expect(rig.leftovers()).toEqual(['same.zip'])
  })

  test.each([
    ['no folder', 'nowhere'],
    ['a file where the folder should be', 'ledger.db'],
  ])('%s is said in words, and nothing is recorded', async (_what, name) => {
    const folder = join(dirname(rig.file), name)
    const { size } = rig.log.head()
    const job = await rig.export({ folder, part: join(folder, '.x.part') })
    expect(job).toMatchObject({ state: 'failed', error: { code: 'storage_failed' } })
    expect(rig.log.head().size).toBe(size)
  })

  test('for which the disk has no room is given up in words, and what was written is removed', () => {
    const folder = makeTempFolder('full')
    const child = join(import.meta.dirname, '../support/zip-child.ts')
    // A limit on the size of files is met by the same call that meets a full disk.
    const { stdout } = spawnSync('sh', ['-c', `ulimit -f 512; exec "${process.execPath}" "${child}" "${folder}"`], {
      encoding: 'utf8',
    })
    expect(JSON.parse(stdout)).toMatchObject({ code: 'storage_failed', left: [] })
    expect(stdout).toContain('No bundle was written.')
  })

  test('of a log that does not verify is refused with the fault, and nothing leaves', async () => {
    rig.ledger.exec('DROP TRIGGER entry_no_update')
    rig.ledger
      .prepare("UPDATE entry SET bytes = CAST(replace(CAST(bytes AS TEXT), '150.00', '190.00') AS BLOB) WHERE seq = 2")
      .run()
    expect(await rig.export()).toMatchObject({ state: 'failed', error: { code: 'ledger_broken' } })
    expect(rig.leftovers()).toEqual([])
  })

  test('without a name of its own takes one with the date that is free', async () => {
    const names = [await rig.bundle({ fileName: undefined }), await rig.bundle({ fileName: undefined })]
    expect(names.map((name) => name.slice(rig.folder.length + 1))).toEqual([
      'spendsignoff-audit-2026-03-03.zip',
      'spendsignoff-audit-2026-03-03-2.zip',
    ])
    expect(names.every((name) => existsSync(name))).toBe(true)
  })
})

test('proofs that are read in pages are those of the whole tree, for every size', () => {
  const leaves = Array.from({ length: 1_300 }, (_, n) => leafHash(Buffer.from(String(n))))
  fc.assert(
    fc.property(fc.integer({ min: 1, max: leaves.length }), fc.nat(), fc.nat(), (size, a, b) => {
      const some = leaves.slice(0, size)
      const tree = new LeafTree((from, limit) => some.slice(from, from + limit), size)
      while (tree.readTile()) continue
      const index = a % size
      const old = (b % size) + 1
      expect(tree.root(size)).toEqual(rootOf(some))
      expect(tree.inclusion(index, size)).toEqual(inclusionProof(some, index))
      expect(tree.consistency(old, size)).toEqual(consistencyProof(some, old))
      expect(tree.inclusion(Math.min(index, old - 1), old)).toEqual(
        inclusionProof(some.slice(0, old), Math.min(index, old - 1)),
      )
    }),
    { numRuns: 60 },
  )
})
