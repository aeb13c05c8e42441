/** The files of one bundle, each written once, in order and page by page. Knows what belongs in; checks nothing. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { AuditTable, StoredEntry } from '../../store/audit-table.ts'
import { readRecord } from '../list.ts'
import { leafHash } from '../merkle.ts'
import { parseVkey } from '../note.ts'
import { isWithheld } from '../text-classes.ts'
import { BundleStory } from './bundle-story.ts'
import { howToVerify } from './how-to-verify.ts'
import { FILES, formatSums, joinNotes, jsonLine, keyFiles, type Manifest, type Proof } from './layout.ts'
import { LeafTree } from './leaf-tree.ts'
import { REPORT_TITLE, reportBlocks } from './report.ts'
import { toHtml, toMarkdown } from './report-blocks.ts'
import { PAGE, pagesOf } from './select.ts'
import { readVerifierPage } from './verifier-page.ts'
import type { ExportJobInput, ExportPlan, HeadAfterExport, Steps } from './write-bundle.ts'
import type { ZipWriter } from './zip-writer.ts'

/** Checkpoints beside those that are needed: one a day, and those that left the computer. */
const MAX_HISTORY = 2_000
/** Of a part, the newest that left the computer. */
const MAX_EMITTED = 500

export interface BundleParts {
  readonly table: AuditTable
  readonly zip: ZipWriter
  readonly steps: Steps
  readonly input: ExportJobInput
  readonly plan: ExportPlan
  readonly head: HeadAfterExport
}

export class BundleFiles {
  readonly #parts: BundleParts
  readonly #story: BundleStory
  /** Checkpoints by size, to be written in order. */
  readonly #notes = new Map<number, string>()
  readonly #origin: string
  /** Records from…until-1 stand in a row, or some of them. */
  readonly #from: number
  readonly #until: number
  readonly #rotations: readonly number[]
  /** Records that every part of a log needs: its first one, its changes of key, and the one of this export. */
  readonly #anchors: readonly number[]
  /** Records with a proof of their own. */
  readonly #proven: readonly number[]

  constructor(parts: BundleParts) {
    const { table, input, plan, head } = parts
    this.#parts = parts
    this.#origin = parseVkey(input.vkey).name
    this.#story = new BundleStory(table, (name) => isWithheld(name, input.redact))
    this.#rotations = rotationsOf(table).filter((seq) => seq < head.size)
    this.#from = plan.from
    // A range ends where a checkpoint does: only there is its root signed.
    this.#until =
      input.scope.kind === 'all'
        ? head.size
        : plan.seqs === undefined
          ? (table.coveringSize(plan.through) ?? head.size)
          : plan.through + 1
    const isWritten = (seq: number): boolean =>
      plan.seqs === undefined ? seq >= this.#from && seq < this.#until : plan.seqs.includes(seq)
    this.#anchors = this.#isPart
      ? [...new Set([0, ...this.#rotations, head.size - 1])].filter((seq) => !isWritten(seq)).toSorted((a, b) => a - b)
      : []
    this.#proven = [...this.#anchors, ...(plan.seqs ?? [])].toSorted((a, b) => a - b)
  }

  get #isPart(): boolean {
    return this.#parts.input.scope.kind !== 'all'
  }

  async write(): Promise<{ readonly records: number; readonly withheld: number }> {
    const { zip, steps, head, input } = this.#parts
    steps.next()
    const tree = this.#isPart ? await this.#tree() : undefined
    steps.next()
    await this.#entries()
    this.#story.created = head.size - 1
    steps.next()
    const withheld = this.#story.texts - (await this.#disclosures())
    this.#keepNeeded()
    if (tree !== undefined) zip.add(FILES.proofs, this.#proofs(tree))
    zip.add(FILES.checkpoint, [head.note])
    zip.add(FILES.checkpoints, [joinNotes([...this.#notes].toSorted(([a], [b]) => a - b).map(([, note]) => note))])
    this.#keys()
    const manifest = this.#manifest(withheld)
    zip.add(FILES.manifest, [jsonLine(manifest)])
    await this.#reports(manifest)
    zip.add(FILES.verifier, [readVerifierPage()])
    zip.add(FILES.howTo, [howToVerify(input.vkey, manifest)])
    return { records: this.#story.records, withheld }
  }

  sums(): string {
    return formatSums(this.#parts.zip.files)
  }

  async #tree(): Promise<LeafTree> {
    const { table, head, steps } = this.#parts
    const tree = new LeafTree(
      (from, limit) => table.leaves(from, limit).map(({ leaf }) => Buffer.from(leaf)),
      head.size,
    )
    let before = 0
    while (tree.readTile()) {
      // oxlint-disable-next-line no-await-in-loop
      await steps.made(tree.read - before, head.size)
      before = tree.read
    }
    return tree
  }

  /** Pages of what is exported, in order, with a turn for others after each. */
  async *#pages(): AsyncGenerator<readonly StoredEntry[]> {
    const { table, plan, steps } = this.#parts
    const total = this.#anchors.length + (plan.seqs?.length ?? this.#until - this.#from)
    for (const page of this.#allPages(table)) {
      yield page
      // oxlint-disable-next-line no-await-in-loop
      await steps.made(page.length, total)
    }
  }

  *#allPages(table: AuditTable): Generator<readonly StoredEntry[]> {
    const { seqs } = this.#parts.plan
    if (seqs !== undefined) {
      yield* pagesOfSeqs(table, this.#proven)
      return
    }
    yield* pagesOfSeqs(
      table,
      this.#anchors.filter((seq) => seq < this.#from),
    )
    yield* pagesOf(table, this.#from, this.#until)
    yield* pagesOfSeqs(
      table,
      this.#anchors.filter((seq) => seq >= this.#until),
    )
  }

  async #entries(): Promise<void> {
    const { zip, table } = this.#parts
    const file = zip.begin(FILES.entries)
    const isComplete = !this.#isPart
    let day = ''
    let newest: { readonly size: number; readonly note: string } | undefined
    for await (const page of this.#pages()) {
      const [first, last] = [page[0], page.at(-1)]
      const checkpoints =
        isComplete && first !== undefined && last !== undefined
          ? new Map(table.checkpoints(first.seq, last.seq + 1).map((each) => [each.size, each]))
          : undefined
      for (const entry of page) {
        file.write(entry.bytes)
        file.write('\n')
        const record = this.#story.take(entry)
        const today = record?.ts.slice(0, 10) ?? day
        if (today !== day && newest !== undefined) this.#keepHistory(newest)
        day = today
        if (record?.type === 'checkpoint.emitted') this.#keepEmitted(record.data.size)
        newest = checkpoints?.get(entry.seq + 1) ?? newest
      }
    }
    file.end()
  }

  /** @returns how many were written */
  async #disclosures(): Promise<number> {
    const { zip, table, input } = this.#parts
    let lines = 0
    const file = zip.begin(FILES.disclosures)
    const write = (from: number, through: number): void => {
      for (const { seq, name, disclosure } of table.disclosures(from, through)) {
        if (isWithheld(name, input.redact)) continue
        file.write(jsonLine({ disclosure, name, seq }))
        lines += 1
      }
    }
    for await (const page of this.#pages()) {
      const [first, last] = [page[0], page.at(-1)]
      if (first === undefined || last === undefined) continue
      if (page.length === last.seq - first.seq + 1) write(first.seq, last.seq)
      else for (const { seq } of page) write(seq, seq)
    }
    file.end()
    return lines
  }

  *#proofs(tree: LeafTree): Generator<string> {
    const { head, plan } = this.#parts
    const line = (proof: Proof): string => jsonLine(proof)
    const text = (path: readonly Buffer[]): string[] => path.map((hash) => hash.toString('base64'))
    if (plan.seqs === undefined) yield line({ kind: 'left', size: this.#from, path: text(tree.peaks(this.#from)) })
    for (const size of [...this.#notes.keys()].toSorted((a, b) => a - b))
      if (size < head.size) yield line({ kind: 'consistency', size, path: text(tree.consistency(size, head.size)) })
    for (const seq of this.#proven) yield line({ kind: 'inclusion', seq, path: text(tree.inclusion(seq, head.size)) })
  }

  /** The checkpoints without which a part could not be checked, and those that others may hold. */
  #keepNeeded(): void {
    const { table, head } = this.#parts
    for (const seq of this.#rotations) this.#keepNote(seq + 1)
    this.#notes.set(head.size, head.note)
    if (!this.#isPart) return
    if (this.#parts.plan.seqs === undefined) this.#keepNote(this.#until)
    for (const { seq, bytes } of table.find({ type: 'checkpoint.emitted', limit: MAX_EMITTED })) {
      const record = readRecord({ seq, bytes, leaf: leafHash(bytes) })
      if (record?.type === 'checkpoint.emitted' && record.data.size <= head.size) this.#keepNote(record.data.size)
    }
    // Each of these left with a bundle.
    for (const { seq } of table.find({ type: 'export.created', limit: MAX_EMITTED }))
      if (seq < head.size) this.#keepNote(seq + 1)
  }

  #keys(): void {
    const { zip, input } = this.#parts
    const later = this.#rotations.flatMap((seq) => {
      const record = this.#story.recordAt(seq)
      return record?.type === 'key.rotated' ? [record.data.new] : []
    })
    for (const [at, vkey] of [input.vkey, ...later].entries())
      for (const { name, text } of keyFiles(at, vkey)) zip.add(name, [text])
  }

  #keepNote(size: number): void {
    const [checkpoint] = this.#parts.table.checkpoints(size - 1, size)
    if (checkpoint !== undefined) this.#notes.set(size, checkpoint.note)
  }

  #keepHistory(checkpoint: { readonly size: number; readonly note: string }): void {
    if (this.#notes.size < MAX_HISTORY) this.#notes.set(checkpoint.size, checkpoint.note)
  }

  #keepEmitted(size: number): void {
    if (!this.#isPart && this.#notes.size < MAX_HISTORY && size <= this.#parts.head.size) this.#keepNote(size)
  }

  #manifest(withheld: number): Manifest {
    const { input, plan } = this.#parts
    const { scope } = input
    return {
      format: 'spendsignoff/audit-bundle/v1',
      app: input.appVersion,
      created: new Date(input.nowMs).toISOString(),
      origin: this.#origin,
      complete: scope.kind === 'all',
      ...(scope.kind === 'draft' ? { filter: { draft: scope.draftId as never } } : {}),
      ...(scope.kind === 'account' ? { filter: { account: scope.accountId as never } } : {}),
      ...(scope.kind === 'days'
        ? {
            days: {
              ...(scope.from === undefined ? {} : { from: scope.from }),
              ...(scope.to === undefined ? {} : { to: scope.to }),
            },
          }
        : {}),
      range: { from: this.#from, through: plan.seqs === undefined ? this.#until - 1 : plan.through },
      records: this.#story.records,
      redacted: [...input.redact],
      withheld,
    }
  }

  async #reports(manifest: Manifest): Promise<void> {
    const { zip, steps, input, head } = this.#parts
    const facts = this.#story.facts({ manifest, vkey: input.vkey, size: head.size, root: head.root })
    const total = 2 * Math.max(1, facts.drafts)
    for (const [name, lines] of [
      [FILES.reportHtml, toHtml(REPORT_TITLE, reportBlocks(facts, this.#story.drafts()))],
      [FILES.reportMarkdown, toMarkdown(reportBlocks(facts, this.#story.drafts()))],
    ] as const) {
      steps.next()
      const file = zip.begin(name)
      let lineCount = 0
      for (const piece of lines) {
        file.write(piece)
        lineCount += 1
        // oxlint-disable-next-line no-await-in-loop
        if (lineCount % PAGE === 0) await steps.made(PAGE / 4, total)
      }
      file.end()
      // oxlint-disable-next-line no-await-in-loop
      await nextTurn()
    }
  }
}

/** Numbers of all changes of the key, in order. The index may lie; then the bundle does not verify and is not delivered. */
function rotationsOf(table: AuditTable): readonly number[] {
  const seqs: number[] = []
  for (let before = Number.MAX_SAFE_INTEGER; ; ) {
    const page = table.find({ type: 'key.rotated', beforeSeq: before, limit: PAGE })
    seqs.push(...page.map(({ seq }) => seq))
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE) return seqs.toReversed()
    before = last.seq
  }
}

function* pagesOfSeqs(table: AuditTable, seqs: readonly number[]): Generator<readonly StoredEntry[]> {
  for (let at = 0; at < seqs.length; at += PAGE)
    yield seqs.slice(at, at + PAGE).flatMap((seq) => table.entries(seq, 1).filter((entry) => entry.seq === seq))
}
