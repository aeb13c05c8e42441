/** Answers about the audit log for the window's tests: an identity, a check and an export under way, and a log of a million records. */
import { groupOf } from '../../main/audit/groups.ts'
import type { OutputOf, ParsedInputOf } from '../../shared/operations.ts'
import type { AuditJob, AuditRow } from '../../shared/schemas/audit.ts'
import type { Handlers } from './window-double.ts'

const MINUTE_MS = 60_000
const DAY_MS = 1_440 * MINUTE_MS
const ago = (ms: number): string => new Date(Date.now() - ms).toISOString()

export const ORIGIN = 'audit.spendsignoff/abcdefghijklmnopqrstuvwxyz'
export const NOTE = `${ORIGIN}\n51\nzpse/fhITIhSMhVg38RfMajNXkSCQ5bqZLyYV59MLbo=\n\n— ${ORIGIN} YamQds6UzzYpUQjZEEdq4cFz93uQPifx+gvH5XA+oZLNSRo9SE58n7b+6AqTiFg0zsHM8GBm8/uaXWPY6R9/l/aDsQE=\n`
const VKEY = `${ORIGIN}+1a2b3c4d+AZzT7YEo2XqYhJvVqkz1B1sQ0Qw7yBq3c0mYgq1o2p3q`

export function identity(more: Partial<OutputOf<'get_log_identity'>> = {}): OutputOf<'get_log_identity'> {
  return {
    origin: ORIGIN,
    vkey: VKEY,
    key: {
      vkey: VKEY,
      key_id: '1a2b3c4d',
      since: ago(9 * DAY_MS),
      reason: 'genesis',
      next_rotation_due: new Date(Date.now() + 81 * DAY_MS).toISOString(),
      is_old_key_kept: false,
    },
    rotations: 0,
    predecessor: null,
    predecessors: [],
    head: { size: 52, root: 'zpse/fhITIhSMhVg38RfMajNXkSCQ5bqZLyYV59MLbo=', note: NOTE },
    pinned: { size: 52, at: ago(MINUTE_MS) },
    last_check: { seq: 40, at: ago(2 * DAY_MS), is_ok: true },
    faults: [],
    alarms: [],
    ...more,
  }
}

export const LIMITS = [
  'An older genuine copy of the files and the vault together cannot be told from the newest state.',
  'A history that a thief of the signing key rewrote cannot be told from the original.',
]
export const job = (more: Partial<AuditJob> = {}): AuditJob => ({
  job_id: 'aj_0123456789abcdef',
  kind: 'verification',
  state: 'running',
  done: 400_000,
  total: 1_000_000,
  seconds_left: 15,
  verification: null,
  export: null,
  error: null,
  ...more,
})
export const verified = (more: Partial<NonNullable<AuditJob['verification']>> = {}): AuditJob =>
  job({
    state: 'done',
    done: 1_000_000,
    verification: {
      is_ok: true,
      size: 1_000_000,
      root: 'zpse/fhITIhSMhVg38RfMajNXkSCQ5bqZLyYV59MLbo=',
      vkey: VKEY,
      checkpoints: 412_345,
      took_ms: 24_600,
      fault: null,
      limits: LIMITS,
      witnesses: [{ source: 'head_pin', size: 1_000_000 }],
      ...more,
    },
  })
export const exported = (): AuditJob =>
  job({
    kind: 'export',
    state: 'done',
    export: {
      file: '/home/ana/SpendSignoff/workspaces/default/exports/audit-2026-11-24.zip',
      bytes: 8_412_345,
      records: 100_000,
      withheld: 812,
      sha256: 'ab'.repeat(32),
    },
  })

/** What every screen with the audit page needs. */
export const auditHandlers = (): Handlers => ({
  get_log_identity: () => identity(),
  begin_verification: () => ({ job_id: 'aj_0123456789abcdef' }),
  begin_audit_export: () => ({ job_id: 'aj_0123456789abcdef' }),
  get_audit_job: () => verified(),
  cancel_audit_job: () => job({ state: 'cancelled' }),
})

const TYPES = [
  'agent.read',
  'agent.read',
  'sync.finished',
  'draft.proposed',
  'agent.read',
  'apply.sent',
  'draft.unknown',
] as const
/** One record of the large log. The same number always gives the same record. */
export function recordOf(seq: number): AuditRow {
  const type = TYPES[seq % TYPES.length] ?? 'agent.read'
  return {
    seq,
    type,
    group: groupOf(type),
    at: new Date(Date.now() - (1_000_000 - seq) * 7_000).toISOString(),
    actor: type === 'agent.read' ? { kind: 'agent', id: 'c_abcdef' } : { kind: 'system', id: 'sync' },
    draft_id: null,
    line: JSON.stringify({ data: type === 'agent.read' ? { tool: 'query_metrics' } : {}, seq, type, v: 1 }),
    leaf: seq.toString(16).padStart(64, '0'),
    checkpoint_size: seq + 1,
    disclosed: seq === 999_990 ? { client_name: '<img src=x onerror=alert(1)>', reason: 'Because.' } : {},
    withheld: seq === 999_990 ? ['title'] : [],
  }
}

export const MILLION = 1_000_000
/** A bounded answer out of a million records, as the core gives it. */
export function millionRecords(input: ParsedInputOf<'list_audit'>): OutputOf<'list_audit'> {
  const limit = input.limit ?? 50
  const records: AuditRow[] = []
  let seq = Math.min(input.before_seq ?? MILLION, MILLION)
  let looked = 0
  while (seq > 0 && records.length < limit && looked < 20_000) {
    seq -= 1
    looked += 1
    const record = recordOf(seq)
    const isWanted =
      (input.groups === undefined || input.groups.includes(record.group)) &&
      (input.search === undefined || record.line.toLowerCase().includes(input.search.toLowerCase()))
    if (isWanted) records.push(record)
  }
  return { records, size: MILLION, looked_at: looked, next_before_seq: seq === 0 ? null : seq }
}
