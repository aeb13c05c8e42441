/** What the report has to know of the records as they pass by, and the drafts in them one after the other. Keeps numbers, never texts. */
import type { AuditTable, StoredEntry } from '../../store/audit-table.ts'
import { openDisclosure } from '../disclosure.ts'
import { readRecord } from '../list.ts'
import { type AuditRecord, draftIdOf } from '../record.ts'
import type { Manifest } from './layout.ts'
import type { DraftStory, ReadableRecord, ReportFacts } from './report.ts'

/** Of a story longer than this the report shows both ends. */
const MAX_STORY = 200
const HEAD = 50

export class BundleStory {
  records = 0
  /** Texts that the records name, whether disclosed or not. */
  texts = 0
  /** The record of this export. */
  created: number | undefined
  readonly #table: AuditTable
  readonly #isWithheld: (name: string) => boolean
  readonly #countByType = new Map<string, number>()
  readonly #drafts = new Map<string, number[]>()
  #firstAt: string | undefined
  #lastAt: string | undefined

  constructor(table: AuditTable, isWithheldText: (name: string) => boolean) {
    this.#table = table
    this.#isWithheld = isWithheldText
  }

  /** Counts a record in. Undefined for one that is not genuine: the check of the bundle names it. */
  take(entry: StoredEntry): AuditRecord | undefined {
    this.records += 1
    const record = readRecord(entry)
    if (record === undefined) return undefined
    this.texts += Object.keys(record.sd).length
    this.#countByType.set(record.type, (this.#countByType.get(record.type) ?? 0) + 1)
    this.#firstAt ??= record.ts
    this.#lastAt = record.ts
    const draftId = draftIdOf(record)
    if (draftId !== null) {
      const seqs = this.#drafts.get(draftId)
      if (seqs === undefined) this.#drafts.set(draftId, [record.seq])
      else seqs.push(record.seq)
    }
    return record
  }

  facts(of: {
    readonly manifest: Manifest
    readonly vkey: string
    readonly size: number
    readonly root: string
  }): ReportFacts {
    const { manifest, vkey, size, root } = of
    return {
      origin: manifest.origin,
      vkey,
      size,
      root,
      scope: scopeWords(manifest),
      isComplete: manifest.complete,
      records: this.records,
      firstAt: this.#firstAt,
      lastAt: this.#lastAt,
      countByType: this.#countByType,
      redacted: manifest.redacted,
      withheld: manifest.withheld,
      drafts: this.#drafts.size,
      created: this.created === undefined ? undefined : this.#readable(this.created),
    }
  }

  /** In the order of their first record. */
  *drafts(): Generator<DraftStory> {
    for (const [draftId, seqs] of this.#drafts) {
      const shown = seqs.length <= MAX_STORY ? seqs : [...seqs.slice(0, HEAD), ...seqs.slice(HEAD - MAX_STORY)]
      const records = shown.flatMap((seq) => this.#readable(seq) ?? [])
      yield { draftId, records, omitted: seqs.length - shown.length }
    }
  }

  recordAt(seq: number): AuditRecord | undefined {
    const entry = this.#table.entries(seq, 1)[0]
    return entry?.seq === seq ? readRecord(entry) : undefined
  }

  #readable(seq: number): ReadableRecord | undefined {
    const record = this.recordAt(seq)
    if (record === undefined) return undefined
    const stored = new Map(this.#table.disclosures(seq, seq).map((each) => [each.name, each.disclosure]))
    const text: Record<string, string | readonly string[]> = {}
    const withheld: string[] = []
    for (const [name, digest] of Object.entries(record.sd)) {
      const opened = this.#isWithheld(name) ? undefined : openDisclosure(stored.get(name) ?? '', { name, digest })
      if (opened === undefined) withheld.push(name)
      else text[name] = opened
    }
    return { record, text, withheld }
  }
}

export function scopeWords({ complete, filter, days, range }: Manifest): string {
  if (complete) return 'all records'
  if (filter !== undefined)
    return 'draft' in filter ? `records of draft ${filter.draft}` : `records of account ${filter.account}`
  const from = days?.from === undefined ? 'the beginning' : days.from
  const to = days?.to === undefined ? 'the end' : days.to
  return `records ${range.from} to ${range.through}, from ${from} to ${to} (UTC) and up to the next checkpoint`
}
