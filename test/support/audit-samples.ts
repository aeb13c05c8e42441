/** One genuine record of every type, about drafts and accounts of the test's choice. */
import type { NewRecord, RecordType } from '../../main/audit/record.ts'

export interface Sample {
  readonly draft: string
  /** Another draft, where a record of the type can name one. */
  readonly other: string
  /** Of `platform` meta. */
  readonly account: string
  /** Where a record of the type carries texts. */
  readonly text: string
}

type SampleType = Exclude<RecordType, 'log.genesis' | 'key.rotated'>

const HASH = 'ab'.repeat(32)
const ROOT = `${'A'.repeat(43)}=`
const VKEY = `review.spendsignoff/${'a'.repeat(26)}+0123abcd+${'A'.repeat(43)}=`
const AT = '2026-03-01T09:00:00.000Z'
const platform = 'meta' as const
const USER = { kind: 'user', id: 'owner' } as const
const AGENT = { kind: 'agent', id: 'mc_agent' } as const
const LOOP = { kind: 'loop', id: 'pacing' } as const
const SYSTEM = { kind: 'system', id: 'app' } as const
const POLICY = { version: 3, outcome: 'pass' as const, rules: [] }

const items = ({ account }: Sample) => [
  {
    k: 0,
    account,
    entity: `${account}/campaign/1`,
    field: 'daily_budget' as const,
    before: { amount: '120.00', cur: 'EUR' },
    after: { amount: '150.00', cur: 'EUR' },
  },
]
const named = ({ draft }: Sample) => ({ draft, draftHash: HASH })
const target = { target: 't_1', kind: 'email' as const }
const connection = { connection: 'cn_1', platform }

/** The two types that only the log itself writes are not among them. */
export const SAMPLES: { readonly [T in SampleType]: (sample: Sample) => Extract<NewRecord, { type: T }> } = {
  'app.started': () => ({ type: 'app.started', actor: SYSTEM, data: { app: '0.1.0' } }),
  'app.stopped': () => ({ type: 'app.stopped', actor: SYSTEM, data: {} }),
  'workspace.unlocked': () => ({ type: 'workspace.unlocked', actor: USER, data: { method: 'keychain' } }),
  'draft.proposed': (s) => ({
    type: 'draft.proposed',
    actor: AGENT,
    data: { ...named(s), items: items(s), policy: POLICY, undoOf: s.other },
    text: { title: s.text, 'path.0': ['Shop', s.text] },
  }),
  'draft.blocked': (s) => ({ type: 'draft.blocked', actor: LOOP, data: { items: items(s), policy: POLICY } }),
  'draft.revised': (s) => ({ type: 'draft.revised', actor: USER, data: { ...named(s), by: s.other } }),
  'draft.withdrawn': (s) => ({ type: 'draft.withdrawn', actor: AGENT, data: named(s) }),
  'draft.expired': (s) => ({ type: 'draft.expired', actor: SYSTEM, data: named(s) }),
  'draft.armed': (s) => ({
    type: 'draft.armed',
    actor: USER,
    data: { ...named(s), items: items(s), policy: POLICY, challengeHash: HASH },
  }),
  'draft.validation': (s) => ({
    type: 'draft.validation',
    actor: USER,
    data: { ...named(s), k: 0, result: 'refused' },
    text: { platform_message: s.text },
  }),
  'draft.lapsed': (s) => ({ type: 'draft.lapsed', actor: SYSTEM, data: named(s) }),
  'draft.approved': (s) => ({
    type: 'draft.approved',
    actor: USER,
    data: { ...named(s), items: items(s), challengeHash: HASH },
  }),
  'draft.rejected': (s) => ({ type: 'draft.rejected', actor: USER, data: named(s), text: { reason: s.text } }),
  'draft.stale': (s) => ({ type: 'draft.stale', actor: SYSTEM, data: named(s) }),
  'draft.applied': (s) => ({ type: 'draft.applied', actor: SYSTEM, data: named(s) }),
  'draft.partial': (s) => ({ type: 'draft.partial', actor: SYSTEM, data: { ...named(s), applied: 1, total: 2 } }),
  'draft.apply_failed': (s) => ({ type: 'draft.apply_failed', actor: SYSTEM, data: named(s) }),
  'draft.unknown': (s) => ({ type: 'draft.unknown', actor: SYSTEM, data: named(s) }),
  'draft.rolled_back': (s) => ({ type: 'draft.rolled_back', actor: SYSTEM, data: { ...named(s), by: s.other } }),
  'apply.intent': (s) => ({
    type: 'apply.intent',
    actor: SYSTEM,
    data: { ...named(s), items: items(s), challengeHash: HASH },
  }),
  'apply.sent': (s) => ({ type: 'apply.sent', actor: SYSTEM, data: { draft: s.draft, k: 0 } }),
  'apply.outcome': (s) => ({
    type: 'apply.outcome',
    actor: SYSTEM,
    data: { draft: s.draft, k: 0, outcome: 'applied' },
    text: { platform_message: s.text },
  }),
  'apply.reconciled': (s) => ({
    type: 'apply.reconciled',
    actor: SYSTEM,
    data: { draft: s.draft, k: 0, outcome: 'unknown' },
  }),
  'call.refused': (s) => ({
    type: 'call.refused',
    actor: AGENT,
    data: { op: 'unknown', caller: 'agent', code: 'not_allowed' },
    text: { op: s.text },
  }),
  'agent.read': () => ({ type: 'agent.read', actor: AGENT, data: { tool: 'query_metrics', client: 'mc_agent' } }),
  'connection.added': (s) => ({
    type: 'connection.added',
    actor: USER,
    data: connection,
    text: { account_name: s.text },
  }),
  'connection.removed': () => ({ type: 'connection.removed', actor: USER, data: connection }),
  'connection.state': (s) => ({
    type: 'connection.state',
    actor: SYSTEM,
    subj: { platform, entity: `${s.account}/campaign/9` },
    data: connection,
  }),
  'account.writes': (s) => ({
    type: 'account.writes',
    actor: USER,
    data: { account: s.account, platform, allowed: true },
  }),
  'client.added': (s) => ({
    type: 'client.added',
    actor: USER,
    data: { client: 'mc_agent' },
    text: { client_name: s.text },
  }),
  'client.revoked': () => ({ type: 'client.revoked', actor: USER, data: { client: 'mc_agent' } }),
  'policy.changed': (s) => ({ type: 'policy.changed', actor: USER, data: { version: 4 }, text: { reason: s.text } }),
  'sync.finished': (s) => ({
    type: 'sync.finished',
    actor: SYSTEM,
    data: { platform, account: s.account, outcome: 'ok' },
  }),
  'data.imported': (s) => ({
    type: 'data.imported',
    actor: USER,
    data: { import: 'im_1', kind: 'orders', account: s.account, sha256: HASH, rows: 1, refused: 0 },
    text: { file_name: s.text },
  }),
  'data.exported': () => ({
    type: 'data.exported',
    actor: USER,
    data: { format: 'csv', rows: 1, files: 1, from: '2026-03-01', to: '2026-03-02' },
  }),
  'export.created': (s) => ({
    type: 'export.created',
    actor: USER,
    data: { from: 0, through: 1, redacted: [] },
    text: { recipient: s.text },
  }),
  'disclosure.erased': () => ({ type: 'disclosure.erased', actor: USER, data: { seqs: [1], names: ['title'] } }),
  'log.verified': () => ({ type: 'log.verified', actor: SYSTEM, data: { ok: true, size: 1, root: ROOT } }),
  'integrity.alarm': (s) => ({
    type: 'integrity.alarm',
    actor: SYSTEM,
    data: { kind: 'draft_changed', draft: s.draft },
    text: { detail: s.text },
  }),
  'clock.jump': () => ({ type: 'clock.jump', actor: SYSTEM, data: { wallMs: 9_000, monoMs: 0 } }),
  'breaker.tripped': (s) => ({
    type: 'breaker.tripped',
    actor: SYSTEM,
    data: { reason: 'spend', account: s.account },
    text: { detail: s.text },
  }),
  'breaker.reset': () => ({ type: 'breaker.reset', actor: USER, data: {} }),
  'setting.changed': () => ({
    type: 'setting.changed',
    actor: USER,
    data: { setting: 'confirm_factor', before: 'click', after: 'passphrase' },
  }),
  'reviewer.added': (s) => ({
    type: 'reviewer.added',
    actor: USER,
    data: { reviewer: 'rv_1', vkey: VKEY },
    text: { reviewer_name: s.text },
  }),
  'reviewer.removed': () => ({ type: 'reviewer.removed', actor: USER, data: { reviewer: 'rv_1' } }),
  'review.exported': (s) => ({ type: 'review.exported', actor: USER, data: { ...named(s), packHash: HASH } }),
  'review.answered': (s) => ({
    type: 'review.answered',
    actor: USER,
    data: { ...named(s), reviewer: 'rv_1', verdict: 'approve', noteHash: HASH },
    text: { reason: s.text },
  }),
  'target.added': (s) => ({ type: 'target.added', actor: USER, data: target, text: { label: s.text } }),
  'target.changed': () => ({ type: 'target.changed', actor: USER, data: target }),
  'target.removed': () => ({ type: 'target.removed', actor: USER, data: target }),
  'checkpoint.emitted': () => ({
    type: 'checkpoint.emitted',
    actor: SYSTEM,
    data: {
      delivery: 'dl_1',
      target: 't_1',
      event: 'approved',
      size: 1,
      root: ROOT,
      outcome: 'delivered',
      attempts: 1,
    },
  }),
  'history.compared': (s) => ({
    type: 'history.compared',
    actor: SYSTEM,
    subj: { platform, account: s.account },
    data: {
      platform,
      account: s.account,
      from: AT,
      to: AT,
      ours: 1,
      outside: 0,
      unclear: 0,
      missing: 1,
      absent: [{ draft: s.other, k: 0 }],
    },
  }),
  'platform.change': (s) => ({
    type: 'platform.change',
    actor: SYSTEM,
    data: { platform, account: s.account, change: 'ch_1', at: AT, match: 'outside' },
    text: { who: s.text },
  }),
}
