/**
 * What a piece of news says: ids, fields, values and codes. Texts that agents and platforms wrote stay out of it, but for the names of
 * accounts and campaigns, which only a target gets that is set so.
 */
import { z } from 'zod'
import type { Draft } from '../../shared/domain/draft.ts'
import { splitAccountId } from '../../shared/domain/ids.ts'
import type { NotificationEvent } from '../../shared/schemas/notifications.ts'
import type { AuditRecord } from '../audit/record.ts'
import { cleanUntrusted } from '../reporting/untrusted.ts'
import type { OutboxRow } from '../store/draft-table.ts'

/** Changes that are told one by one; the rest is counted. */
export const MAX_CHANGES = 10
const MAX_NAME = 80
const MAX_NAMES = 4

const change = z.strictObject({
  platform: z.string(),
  account: z.string(),
  field: z.string(),
  before: z.string(),
  after: z.string(),
  currency: z.string().nullable(),
  /** What became of it; null while that is open. */
  outcome: z.string().nullable(),
  /** Cleaned; only for targets that take names. */
  names: z.array(z.string()).max(MAX_NAMES),
})
export const factsSchema = z.strictObject({
  v: z.literal(1),
  /** ISO 8601 UTC, of the record. */
  at: z.string(),
  seq: z.number().nullable(),
  draft: z.string().nullable(),
  /** 8 hex digits of the challenge that was confirmed. */
  shortCode: z.string().nullable(),
  /** A code of ours: why, or which kind of alarm. */
  reason: z.string().nullable(),
  account: z.string().nullable(),
  changes: z.array(change).max(MAX_CHANGES),
  changeCount: z.number(),
  /** Events that were put into this one because too much was waiting, and the record of the newest. */
  merged: z.number(),
  mergedThrough: z.number().nullable(),
})
export type Facts = z.infer<typeof factsSchema>

/** What the outbox needs to know of drafts. */
export interface DraftFacts {
  get(draftId: Draft['draftId']): Draft | undefined
  outboxOf(draftId: Draft['draftId']): readonly OutboxRow[]
}

export interface News {
  readonly event: NotificationEvent
  readonly facts: Facts
}

const BARE = {
  v: 1,
  draft: null,
  shortCode: null,
  reason: null,
  account: null,
  changes: [],
  changeCount: 0,
  merged: 0,
  mergedThrough: null,
} as const satisfies Partial<Facts>

/** Facts of news that is about no draft. `seq` is the record it is about, if there is one. */
export function plainFacts(at: string, more: Partial<Pick<Facts, 'seq' | 'reason' | 'account' | 'draft'>> = {}): Facts {
  return { ...BARE, changes: [], seq: null, ...more, at }
}

const DRAFT_EVENTS = {
  'draft.approved': 'draft.approved',
  'draft.applied': 'draft.applied',
  'draft.partial': 'draft.partial',
  'draft.apply_failed': 'draft.failed',
  'draft.unknown': 'draft.unknown',
  'draft.stale': 'draft.stale',
} as const

/** The news in a record, with all names; undefined when there is none. */
export function newsOf(record: AuditRecord, drafts: DraftFacts): News | undefined {
  switch (record.type) {
    case 'draft.approved':
    case 'draft.applied':
    case 'draft.partial':
    case 'draft.apply_failed':
    case 'draft.unknown':
    case 'draft.stale': {
      const rows = drafts.outboxOf(record.data.draft)
      // What goes stale before anybody approved it is no news to anyone but its maker.
      if (record.type === 'draft.stale' && rows.length === 0) return undefined
      const challenge = record.type === 'draft.approved' ? record.data.challengeHash : (rows[0]?.challengeHash ?? null)
      return {
        event: DRAFT_EVENTS[record.type],
        facts: {
          ...BARE,
          ...changesOf(drafts.get(record.data.draft), rows, record.type === 'draft.approved'),
          at: record.ts,
          seq: record.seq,
          draft: record.data.draft,
          shortCode: challenge?.slice(0, 8) ?? null,
          reason: 'reason' in record.data && record.data.reason !== 'read_back' ? (record.data.reason ?? null) : null,
        },
      }
    }
    case 'breaker.tripped': {
      const { reason, account = null } = record.data
      return { event: 'breaker.tripped', facts: plainFacts(record.ts, { seq: record.seq, reason, account }) }
    }
    case 'integrity.alarm': {
      const { kind: reason, draft = null } = record.data
      return { event: 'integrity.alarm', facts: plainFacts(record.ts, { seq: record.seq, reason, draft }) }
    }
    case 'history.compared': {
      const { account } = record.data
      const reason = oddityOf(record.data)
      if (reason === undefined) return undefined
      return { event: 'anomaly.found', facts: plainFacts(record.ts, { seq: record.seq, reason, account }) }
    }
    default:
      return undefined
  }
}

type Compared = Extract<AuditRecord, { type: 'history.compared' }>['data']

/** The gravest that one comparison with the platform's own history found. One message each, however many changes there were. */
function oddityOf({ outside, missing, contradicted = [] }: Compared): string | undefined {
  if (contradicted.length > 0) return 'shown_but_recorded_as_not_applied'
  if (missing > 0) return 'applied_but_not_in_history'
  return outside > 0 ? 'changed_outside' : undefined
}

function changesOf(
  draft: Draft | undefined,
  rows: readonly OutboxRow[],
  isOpen: boolean,
): Pick<Facts, 'changes' | 'changeCount'> {
  const items = draft?.items ?? []
  return {
    changeCount: items.length,
    changes: items.slice(0, MAX_CHANGES).map((item) => ({
      platform: item.platform,
      account: splitAccountId(item.accountId).externalId,
      field: item.field,
      before: item.before,
      after: item.after,
      currency: hasCurrency(item) ? item.currency : null,
      outcome: isOpen ? null : outcomeOf(rows.find((row) => row.k === item.k)),
      names: item.path.slice(0, MAX_NAMES).map((name) => cleanUntrusted(name, MAX_NAME)),
    })),
  }
}

function hasCurrency({ field, after }: Draft['items'][number]): boolean {
  return field !== 'status' && field !== 'target_roas' && (field !== 'bid_strategy' || /:/.test(after))
}

function outcomeOf(row: OutboxRow | undefined): string | null {
  return row === undefined || row.state === 'done' ? (row?.outcome ?? null) : 'unknown'
}

export function withoutNames(facts: Facts): Facts {
  return { ...facts, changes: facts.changes.map((each) => ({ ...each, names: [] })) }
}
