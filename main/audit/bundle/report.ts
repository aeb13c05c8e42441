/**
 * What a person reads first: what this bundle holds, who asked for each change, who approved it, what became of it. Made only from records whose
 * bytes were checked and from texts that the bundle discloses; it is a convenience, the records are the evidence.
 */
import type { DisclosedValue } from '../disclosure.ts'
import type { AuditRecord } from '../record.ts'
import type { Block, Line, Span } from './report-blocks.ts'

/** A record with the texts that are disclosed. */
export interface ReadableRecord {
  readonly record: AuditRecord
  readonly text: Readonly<Record<string, DisclosedValue>>
  /** Names of texts that are withheld or erased. */
  readonly withheld: readonly string[]
}

/** All records of one draft in the bundle, in order; of very long stories the first and the last. */
export interface DraftStory {
  readonly draftId: string
  readonly records: readonly ReadableRecord[]
  /** Records left out of the middle. */
  readonly omitted: number
}

export interface ReportFacts {
  readonly origin: string
  readonly vkey: string
  readonly size: number
  readonly root: string
  /** In words: the whole log, records 5 to 90, … */
  readonly scope: string
  readonly isComplete: boolean
  readonly records: number
  readonly firstAt: string | undefined
  readonly lastAt: string | undefined
  readonly countByType: ReadonlyMap<string, number>
  readonly redacted: readonly string[]
  readonly withheld: number
  readonly drafts: number
  /** The record of this export, which says who made it and why. */
  readonly created: ReadableRecord | undefined
}

export const REPORT_TITLE = 'SpendSignoff audit report'

type Items = Extract<AuditRecord, { type: 'draft.proposed' }>['data']['items']
type Value = Items[number]['before']

/** Drafts are read one after the other, however many there are. */
export function* reportBlocks(facts: ReportFacts, drafts: Iterable<DraftStory>): Generator<Block> {
  yield heading(1, REPORT_TITLE)
  yield* aboutBundle(facts)
  yield* aboutLimits(facts)
  yield heading(2, 'Drafts')
  yield paragraph(
    facts.drafts === 0
      ? 'No record of this bundle belongs to a draft.'
      : `${facts.drafts} drafts have records in this bundle. A draft is a proposed change; nothing is written to a platform before a person has approved exactly its contents.`,
  )
  for (const story of drafts) yield* draftBlocks(story)
  yield heading(2, 'All records by type')
  yield {
    kind: 'table',
    head: ['Type', 'Records'],
    rows: [...facts.countByType].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([type, n]) => [[type], [String(n)]]),
  }
}

function* aboutBundle(facts: ReportFacts): Generator<Block> {
  const { created } = facts
  const why = (name: string): Line =>
    created === undefined
      ? ['not said: the record of this export is not in the bundle']
      : textOf(created, name) === undefined
        ? [created.withheld.includes(name) ? 'withheld' : 'not said']
        : [{ quoted: textOf(created, name) ?? '' }]
  const rows: (readonly Line[])[] = [
    [['Log'], [facts.origin]],
    [['Key of the log (identity)'], [facts.vkey]],
    [['Checkpoint'], [`${facts.size} records, root ${facts.root}`]],
    [['In this bundle'], [`${facts.scope}: ${facts.records} records${facts.isComplete ? ', the whole log' : ''}`]],
    [['First and last record'], [`${facts.firstAt ?? 'none'} to ${facts.lastAt ?? 'none'}`]],
    [['Time zone'], ['UTC, as reported by the computer that kept the log; the order of records does not depend on it']],
    [['Withheld'], [withheldWords(facts)]],
    [['Exported by'], [created === undefined ? 'not in the bundle' : actorWords(created.record.actor)]],
    [['Purpose'], why('purpose')],
    [['Recipient'], why('recipient')],
  ]
  yield { kind: 'table', head: ['What', 'Value'], rows }
}

function withheldWords({ redacted, withheld }: ReportFacts): string {
  const texts = withheld === 0 ? 'no texts are missing' : `${withheld} texts are withheld or were erased before`
  return redacted.length === 0 ? `nothing was asked to be; ${texts}` : `${redacted.join(' and ')} texts; ${texts}`
}

function* aboutLimits(facts: ReportFacts): Generator<Block> {
  yield heading(2, 'What this proves, and what it cannot')
  yield {
    kind: 'list',
    lines: [
      ['The log is tamper-evident: a change to any record of this bundle is detected by whoever checks it.'],
      ['This report is not the evidence. Check the bundle first, as VERIFY.txt says.'],
      [
        facts.isComplete
          ? 'All records up to the checkpoint are here.'
          : 'This is a part of the log. The proofs show that its records stand in the log; not that no other record would interest you.',
      ],
      [
        'An older genuine copy of the log looks complete. Only a checkpoint that you received elsewhere shows that records are missing.',
      ],
      [
        'Whoever held the signing key could have rewritten what came after the last checkpoint that left the computer. Such a checkpoint shows it too.',
      ],
      ['The log cannot know what was never recorded, and times are what the computer’s clock said.'],
      [
        'Texts in quotation marks were written by people, AI clients or platforms. Signs that would be invisible are named, as in [U+200B].',
      ],
    ],
  }
}

function* draftBlocks({ draftId, records, omitted }: DraftStory): Generator<Block> {
  const proposed = records.find(({ record }) => record.type === 'draft.proposed')
  const approved = records.findLast(({ record }) => record.type === 'draft.approved')
  yield heading(3, `Draft ${draftId}`)
  const title = firstText(records, 'title')
  const rationale = firstText(records, 'rationale')
  const lines: Line[] = [
    ['Outcome: ', outcomeWords(records)],
    [
      'Author: ',
      proposed === undefined ? 'its proposal is not in this bundle' : actorWords(proposed.record.actor),
      ...nameOf(proposed, 'agent_name'),
    ],
    ['Approved by: ', ...approverWords(approved, proposed)],
    ...(title === undefined ? [] : [['Title: ', { quoted: title }]]),
    ...(rationale === undefined ? [] : [['Reason: ', { quoted: rationale }]]),
  ]
  yield { kind: 'list', lines }
  const items = itemsOf(approved) ?? itemsOf(proposed)
  if (items !== undefined)
    yield {
      kind: 'table',
      head: ['#', 'Account', 'Entity', 'Field', 'Before', 'After', 'Outcome'],
      rows: items.map((item) => [
        [String(item.k)],
        [item.account],
        [item.entity, ...pathOf(records, item.k)],
        [item.field],
        [valueWords(item.before)],
        [valueWords(item.after)],
        [itemOutcome(records, item.k)],
      ]),
    }
  yield {
    kind: 'table',
    head: ['Record', 'Time (UTC)', 'What', 'By', 'Details'],
    rows: records.map((each) => [
      [String(each.record.seq)],
      [each.record.ts],
      [each.record.type],
      [actorWords(each.record.actor)],
      details(each),
    ]),
  }
  if (omitted > 0) yield paragraph(`${omitted} records from the middle are left out here; they are in entries.jsonl.`)
}

const STATES: Readonly<Record<string, string>> = {
  'draft.proposed': 'proposed, not decided in this bundle',
  'draft.blocked': 'blocked by a guardrail',
  'draft.armed': 'shown for approval, not decided in this bundle',
  'draft.validation': 'refused by the platform’s dry run',
  'draft.lapsed': 'shown for approval, lapsed',
  'draft.approved': 'approved, outcome not in this bundle',
  'draft.rejected': 'rejected',
  'draft.withdrawn': 'withdrawn',
  'draft.stale': 'stale: the platform’s value had moved',
  'draft.expired': 'expired',
  'draft.revised': 'replaced by an edited version',
  'draft.applied': 'applied',
  'draft.partial': 'partly applied',
  'draft.apply_failed': 'not applied',
  'draft.unknown': 'unknown: whether it was applied could not be read',
  'draft.rolled_back': 'applied, then undone by another draft',
}

function outcomeWords(records: readonly ReadableRecord[]): string {
  const last = records.findLast(({ record }) => Object.hasOwn(STATES, record.type))
  return last === undefined ? 'not in this bundle' : (STATES[last.record.type] ?? last.record.type)
}

/** The newest word on one change: what the write gave, or what was found by reading later. */
function itemOutcome(records: readonly ReadableRecord[], k: number): string {
  for (const { record } of records.toReversed())
    if ((record.type === 'apply.outcome' || record.type === 'apply.reconciled') && record.data.k === k)
      return record.type === 'apply.reconciled'
        ? `${record.data.outcome} (${record.data.attested === true ? 'said by a person' : 'found by reading'})`
        : record.data.outcome
  return 'no write on record'
}

function approverWords(approved: ReadableRecord | undefined, proposed: ReadableRecord | undefined): readonly Span[] {
  if (approved === undefined) return ['nobody, as far as this bundle goes']
  const { actor, ts } = approved.record
  const auth = approved.record.type === 'draft.approved' ? approved.record.data.auth : undefined
  const how = auth === undefined ? '' : `, confirmed by ${auth}`
  if (proposed === undefined) return [`${actorWords(actor)} at ${ts}${how}`]
  const author = proposed.record.actor
  const isSame = author.kind === actor.kind && author.id === actor.id
  return [
    `${actorWords(actor)} at ${ts}${how}; ${isSame ? 'author and approver are the same' : 'author and approver differ'}`,
  ]
}

function itemsOf(of: ReadableRecord | undefined): Items | undefined {
  return of !== undefined && 'items' in of.record.data ? of.record.data.items : undefined
}

function actorWords({ kind, id }: AuditRecord['actor']): string {
  const words = { user: 'person', agent: 'AI client', loop: 'the app’s own loop', system: 'the app' } as const
  return `${words[kind]} (${id})`
}

function valueWords(value: Value): string {
  if (typeof value === 'string') return value
  if ('amount' in value) return `${value.amount} ${value.cur}`
  if ('ratio' in value) return value.ratio
  return value.target === undefined ? value.strategy : `${value.strategy} ${valueWords(value.target)}`
}

/** What a record says beyond its type: codes, request ids, and the texts that are disclosed. */
function details(each: ReadableRecord): Line {
  const { data } = each.record
  const clear = Object.entries(data)
    .filter(([name, value]) => SHOWN.includes(name) && (typeof value === 'string' || typeof value === 'number'))
    .map(([name, value]) => `${name}: ${String(value)}`)
  const texts = Object.entries(each.text)
    .filter(([name]) => !name.startsWith('path') && !IN_HEAD.includes(name))
    .flatMap(([name, value]): Span[] => [`; ${name}: `, { quoted: plain(value) }])
  const withheld = each.withheld.length === 0 ? [] : [`; withheld: ${each.withheld.join(', ')}`]
  const [first, ...rest] = [clear.join(', '), ...texts, ...withheld]
  return first === '' || first === undefined
    ? rest.map((span, at) => (at === 0 ? unled(span) : span))
    : [first, ...rest]
}

const SHOWN = [
  'k',
  'outcome',
  'code',
  'reason',
  'auth',
  'platformRequestId',
  'platformDate',
  'reads',
  'by',
  'undoOf',
  'expires',
  'verdict',
  'reviewer',
  'applied',
  'total',
]
/** Shown above the table once. */
const IN_HEAD: readonly string[] = ['title', 'rationale', 'agent_name']
const unled = (span: Span): Span => (typeof span === 'string' ? span.replace(/^; /, '') : span)

function pathOf(records: readonly ReadableRecord[], k: number): readonly Span[] {
  const path = firstText(records, `path.${k}`)
  return path === undefined ? [] : [' ', { quoted: path }]
}

function nameOf(of: ReadableRecord | undefined, name: string): readonly Span[] {
  const text = of === undefined ? undefined : textOf(of, name)
  return text === undefined ? [] : [' ', { quoted: text }]
}

function firstText(records: readonly ReadableRecord[], name: string): string | undefined {
  return records.map((each) => textOf(each, name)).find((text) => text !== undefined)
}

function textOf({ text }: ReadableRecord, name: string): string | undefined {
  const value = Object.hasOwn(text, name) ? text[name] : undefined
  return value === undefined ? undefined : plain(value)
}

const plain = (value: DisclosedValue): string => (typeof value === 'string' ? value : value.join(' › '))
const heading = (level: 1 | 2 | 3, text: string): Block => ({ kind: 'heading', level, line: [text] })
const paragraph = (text: string): Block => ({ kind: 'paragraph', line: [text] })
