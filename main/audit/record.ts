import { z } from 'zod'
import { accountIdSchema, draftIdSchema, entityIdSchema, PLATFORMS } from '../../shared/domain/ids.ts'
import { IMPORT_KINDS } from '../../shared/schemas/imports.ts'
import type { DisclosedValue } from './disclosure.ts'
import { SIGN_OFF_DATA, SIGN_OFF_ONLY_A_USER, SIGN_OFF_TEXTS } from './record-sign-off.ts'
import {
  itemsSchema as items,
  liveSchema as live,
  policySchema as policy,
  valueSchema as value,
} from './record-items.ts'

/**
 * What may stand in the log: a closed list of record types, each with a strict schema. Ids, hashes, codes and money only:
 * every pattern here excludes the space, so that a free text cannot slip into a line that can never be erased.
 * A type is never removed and its meaning never changes: that would need a new format version.
 */

/** The format version of a line (`v`). */
export const RECORD_VERSION = 1
/** Longest line in bytes, the limit of C2SP tlog-tiles. */
export const MAX_LINE_BYTES = 65_535

const hash = z.string().regex(/^[0-9a-f]{64}$/)
const digest = z.string().regex(/^[A-Za-z0-9_-]{43}$/)
const root = z.string().regex(/^[A-Za-z0-9+/]{43}=$/)
const opaque = z.string().regex(/^[A-Za-z0-9_.:/+=~-]{1,128}$/)
const code = z.string().regex(/^[A-Za-z0-9_.:/-]{1,96}$/)
const origin = z.string().regex(/^audit\.spendsignoff\/[a-z2-7]{26}$/)
const vkey = z.string().regex(/^audit\.spendsignoff\/[a-z2-7]{26}\+[0-9a-f]{8}\+[A-Za-z0-9+/=]{44}$/)
const timestamp = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
const httpDate = z
  .string()
  .regex(
    /^(?:[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT|\d{4}-\d\d-\d\dT[0-9:.]{8,15}(?:Z|[+-]\d\d:?\d\d))$/,
  )
const count = z.int().min(0)
const platform = z.enum(PLATFORMS)

/** Every draft.* record names the draft and the hash of exactly what was proposed. */
const draft = { draft: draftIdSchema, draftHash: hash }
const decision = z.strictObject({
  ...draft,
  items: items.optional(),
  policy: policy.optional(),
  challengeHash: hash.optional(),
  live: live.optional(),
  reason: code.optional(),
})
const validationResult = z.enum(['ok', 'unsupported'])
const write = { draft: draftIdSchema, k: count, challengeHash: hash.optional() }
const evidence = {
  /** What the platform holds after the write, when it was read back. */
  live: value.optional(),
  platformRequestId: opaque.optional(),
  /** The platform's own clock, from its answer. */
  platformDate: httpDate.optional(),
  code: code.optional(),
}
const connection = z.strictObject({
  connection: opaque,
  platform,
  sandbox: z.boolean().optional(),
  /** How it was made; absent in records from before there was more than one way. */
  method: z.enum(['oauth', 'service_account', 'system_user', 'app']).optional(),
  state: z.enum(['ok', 'needs_reconnect', 'removed']).optional(),
  reason: code.optional(),
})
const client = z.strictObject({
  client: opaque,
  scopes: z.array(code).max(8).optional(),
  expires: timestamp.optional(),
  reason: code.optional(),
})
const head = z.strictObject({ origin, size: count, root })

const DATA = {
  /** Always and only record 0. `vkey` is the identity of the log; a restored or re-keyed log names the one before it. */
  'log.genesis': z.strictObject({
    format: z.literal('spendsignoff/audit/v1'),
    vkey,
    app: code,
    predecessor: z
      .strictObject({ reason: z.enum(['restored', 'key_lost']), restored: head.optional(), pinned: head.optional() })
      .optional(),
  }),
  /** The checkpoint right after it is signed by both keys; every later one by the new key only. */
  'key.rotated': z.strictObject({ old: vkey, new: vkey, reason: z.enum(['scheduled', 'user_change', 'suspicion']) }),
  'app.started': z.strictObject({ app: code, shell: code.optional(), os: code.optional() }),
  'app.stopped': z.strictObject({ reason: code.optional() }),
  'workspace.unlocked': z.strictObject({ method: code }),
  'draft.proposed': z.strictObject({
    ...draft,
    items,
    policy,
    undoOf: draftIdSchema.optional(),
    expires: timestamp.optional(),
  }),
  /** The policy said no. There may be no stored draft. */
  'draft.blocked': z.strictObject({ draft: draftIdSchema.optional(), draftHash: hash.optional(), items, policy }),
  /** The diff a person was shown: `live` is what the platform held at that moment. */
  'draft.armed': z.strictObject({
    ...draft,
    items,
    policy,
    challengeHash: hash,
    live: live.optional(),
    /** What the platform's own dry run said of each item, where it was asked. */
    validation: z
      .array(z.strictObject({ k: count, result: validationResult, platformRequestId: opaque.optional() }))
      .max(100)
      .optional(),
    expires: timestamp.optional(),
  }),
  /** The platform's dry run refused an item: the draft was not armed and stays as it was. */
  'draft.validation': z.strictObject({
    ...draft,
    k: count,
    result: z.literal('refused'),
    platformRequestId: opaque.optional(),
    code: code.optional(),
  }),
  'draft.lapsed': decision,
  'draft.approved': z.strictObject({
    ...draft,
    items,
    policy: policy.optional(),
    challengeHash: hash,
    auth: code.optional(),
    /** The second person, where the two-person rule asked for one: who, and the hash of the signed answer. */
    review: z.strictObject({ reviewer: opaque, noteHash: hash }).optional(),
  }),
  'draft.rejected': decision,
  'draft.withdrawn': decision,
  'draft.stale': decision,
  'draft.expired': decision,
  'draft.applied': decision,
  'draft.apply_failed': decision,
  'draft.unknown': decision,
  'draft.rolled_back': z.strictObject({ ...draft, by: draftIdSchema }),
  'apply.intent': z.strictObject({ ...draft, challengeHash: hash, items }),
  'apply.sent': z.strictObject({ ...write, live: value.optional() }),
  'apply.outcome': z.strictObject({
    ...write,
    outcome: z.enum(['applied', 'refused', 'not_sent', 'unknown', 'no_effect', 'conflict']),
    ...evidence,
  }),
  /** Found by reading only. `attested`: a person said so, the platform could not be asked. */
  'apply.reconciled': z.strictObject({
    ...write,
    outcome: z.enum(['applied', 'not_applied', 'conflict', 'unknown']),
    reads: count.optional(),
    attested: z.boolean().optional(),
    ...evidence,
  }),
  /** Somebody tried what they may not. An unknown operation name is free text: op 'unknown' and the text `op`. */
  'call.refused': z.strictObject({
    op: code,
    caller: z.enum(['window', 'agent', 'loop', 'cli']),
    code,
    client: opaque.optional(),
  }),
  'agent.read': z.strictObject({ tool: code, client: opaque, count: count.optional() }),
  'connection.added': connection,
  'connection.removed': connection,
  'connection.state': connection,
  /** The person's word on whether an account may be written, apart from reading it. */
  'account.writes': z.strictObject({ account: accountIdSchema, platform, allowed: z.boolean() }),
  'client.added': client,
  'client.revoked': client,
  'policy.changed': z.strictObject({
    version: count,
    policyHash: hash.optional(),
    changes: z
      .array(z.strictObject({ setting: code, before: code.nullable(), after: code.nullable() }))
      .max(100)
      .optional(),
  }),
  'sync.finished': z.strictObject({
    platform,
    connection: opaque.optional(),
    account: accountIdSchema.optional(),
    outcome: z.enum(['ok', 'partial', 'failed', 'cancelled']),
    from: z.iso.date().optional(),
    to: z.iso.date().optional(),
    rows: count.optional(),
    code: code.optional(),
  }),
  /** A file of numbers, orders, claims or rates that a person brought. */
  'data.imported': z.strictObject({
    import: opaque,
    kind: z.enum(IMPORT_KINDS),
    platform: platform.optional(),
    account: accountIdSchema.optional(),
    /** Of the file's bytes. */
    sha256: hash,
    rows: count,
    refused: count,
  }),
  /** Numbers that were written to files outside the workspace. */
  'data.exported': z.strictObject({
    format: z.enum(['csv', 'parquet']),
    rows: count,
    files: count,
    from: z.iso.date(),
    to: z.iso.date(),
  }),
  'export.created': z.strictObject({
    from: count,
    through: count,
    redacted: z.array(code).max(32),
    purpose: code.optional(),
  }),
  /** Disclosures that were deleted on purpose; the records themselves stay. */
  'disclosure.erased': z.strictObject({
    seqs: z.array(count).max(1000),
    names: z.array(code).max(32),
    reason: code.optional(),
  }),
  'log.verified': z.strictObject({
    ok: z.boolean(),
    size: count,
    root,
    fault: code.optional(),
    faultSeq: count.optional(),
  }),
  'integrity.alarm': z.strictObject({
    kind: code,
    seq: count.optional(),
    size: count.optional(),
    pinnedSize: count.optional(),
    draft: draftIdSchema.optional(),
    k: count.optional(),
  }),
  /** How far each clock moved since the record before: a changed clock, or a machine that slept. */
  'clock.jump': z.strictObject({ wallMs: z.int(), monoMs: z.int() }),
  ...SIGN_OFF_DATA,
} as const

export type RecordType = keyof typeof DATA
export const RECORD_TYPES = Object.keys(DATA) as readonly RecordType[]

/** Free texts a type may carry as salted disclosures. `path` repeats per item as path.0, path.1 … */
const DRAFT_TEXTS = ['title', 'rationale', 'agent_name', 'path', 'reason', 'platform_message']
const TEXTS: Readonly<Partial<Record<RecordType, readonly string[]>>> = {
  'call.refused': ['op', 'client_name'],
  'agent.read': ['client_name'],
  'account.writes': ['account_name'],
  'client.added': ['client_name'],
  'client.revoked': ['client_name', 'reason'],
  'connection.added': ['account_name', 'detail'],
  'connection.removed': ['account_name', 'detail'],
  'connection.state': ['account_name', 'detail', 'platform_message'],
  'sync.finished': ['account_name', 'platform_message'],
  'policy.changed': ['reason'],
  'data.imported': ['file_name'],
  'export.created': ['purpose', 'recipient'],
  'disclosure.erased': ['reason'],
  'integrity.alarm': ['detail'],
  'app.started': ['host_name'],
  ...SIGN_OFF_TEXTS,
}

/** Every free text there is, by its name without a number. What kind each is stands in text-classes.ts. */
export const TEXT_NAMES: readonly string[] = [...new Set([...DRAFT_TEXTS, ...Object.values(TEXTS).flat()])]

function mayCarryText(type: RecordType, name: string): boolean {
  const base = /^([a-z][a-z_]{0,30})(?:\.(?:0|[1-9]\d?))?$/.exec(name)?.[1]
  const allowed = TEXTS[type] ?? (type.startsWith('draft.') || type.startsWith('apply.') ? DRAFT_TEXTS : [])
  return base !== undefined && allowed.includes(base)
}

/** Types that only a person may cause. An agent's approval is not even a well-formed record. */
const ONLY_A_USER: readonly RecordType[] = [
  'draft.armed',
  'draft.validation',
  'draft.approved',
  'draft.rejected',
  'draft.revised',
  ...SIGN_OFF_ONLY_A_USER,
]
/** Types that the app may cause on a person's behalf, as for the demo's accounts, but neither an agent nor the loop. */
const NEVER_AN_AGENT: readonly RecordType[] = [
  'account.writes',
  'data.imported',
  'data.exported',
  'policy.changed',
  'setting.changed',
  'key.rotated',
  'export.created',
]

const actor = z.strictObject({
  kind: z.enum(['user', 'agent', 'loop', 'system']),
  id: code,
})
const subj = z.strictObject({ platform, account: accountIdSchema.optional(), entity: entityIdSchema.optional() })
const envelope = z.strictObject({
  v: z.literal(RECORD_VERSION),
  log: origin,
  seq: count,
  prev: hash,
  ts: timestamp,
  mono: z.string().regex(/^(?:0|[1-9]\d{0,20})$/),
  boot: opaque,
  type: z.enum(RECORD_TYPES),
  actor,
  subj: subj.optional(),
  data: z.unknown(),
  sd: z.record(z.string(), digest),
})

export type Actor = z.infer<typeof actor>
export type Subject = z.input<typeof subj>
type Envelope = Omit<z.infer<typeof envelope>, 'type' | 'data'>

/** What a caller hands over: the rest of the line is added by the log. Undefined members count as absent. */
export type NewRecord = {
  [T in RecordType]: {
    readonly type: T
    readonly actor: Actor
    readonly subj?: Subject
    readonly data: z.input<(typeof DATA)[T]>
    /** Free texts by name; they never enter the line. */
    readonly text?: Readonly<Record<string, DisclosedValue | undefined>>
  }
}[RecordType]

/** One line of the log, checked. */
export type AuditRecord = {
  [T in RecordType]: Envelope & { readonly type: T; readonly data: z.infer<(typeof DATA)[T]> }
}[RecordType]

/** Why a value is not a record. `newer`: another format version, which proves nothing either way. */
export interface RecordProblem {
  readonly kind: 'bad_schema' | 'unknown_version'
  readonly message: string
}

/** Checks a parsed line against the closed list. The problem names fields, never their content. */
export function checkRecord(line: unknown): { readonly record: AuditRecord } | { readonly problem: RecordProblem } {
  if (typeof line === 'object' && line !== null && 'v' in line && Number.isInteger(line.v) && line.v !== RECORD_VERSION)
    return {
      problem: { kind: 'unknown_version', message: 'it is written in a newer format, which this version cannot check' },
    }
  const outer = envelope.safeParse(line)
  if (!outer.success) return { problem: { kind: 'bad_schema', message: whereWrong(outer.error) } }
  const { type } = outer.data
  const inner = DATA[type].safeParse(outer.data.data)
  if (!inner.success) return { problem: { kind: 'bad_schema', message: whereWrong(inner.error, 'data') } }
  const strayText = Object.keys(outer.data.sd).find((name) => !mayCarryText(type, name))
  if (strayText !== undefined) return { problem: { kind: 'bad_schema', message: `a ${type} record has no such text` } }
  if (ONLY_A_USER.includes(type) && outer.data.actor.kind !== 'user')
    return { problem: { kind: 'bad_schema', message: `only a person can cause ${type}` } }
  if (NEVER_AN_AGENT.includes(type) && (outer.data.actor.kind === 'agent' || outer.data.actor.kind === 'loop'))
    return { problem: { kind: 'bad_schema', message: `${type} is never caused by an agent` } }
  return { record: outer.data as AuditRecord }
}

function whereWrong(error: z.ZodError, prefix?: string): string {
  const issue = error.issues[0]
  const path = [...(prefix === undefined ? [] : [prefix]), ...(issue?.path ?? [])].map(String).join('.')
  return `"${path.slice(0, 80) || 'the line'}" does not fit the format (${issue?.code ?? 'invalid'})`
}

/** The draft a record belongs to, for the search index. */
export function draftIdOf(record: AuditRecord): string | null {
  return 'draft' in record.data && typeof record.data.draft === 'string' ? record.data.draft : null
}

/**
 * What a platform wrote, if it can stand in the log as an id, a code or a date; otherwise undefined, so that a strange answer
 * can never keep an outcome from being recorded.
 */
export const asOpaqueId = (text: string | undefined): string | undefined => opaque.safeParse(text).data
export const asCode = (text: string | undefined): string | undefined => code.safeParse(text).data
export const asHttpDate = (text: string | undefined): string | undefined => httpDate.safeParse(text).data
