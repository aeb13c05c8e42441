/** Record types by what a person asks for. */
import type { AuditGroup } from '../../shared/schemas/audit.ts'
import type { RecordType } from './record.ts'

const GROUP_OF = {
  'draft.proposed': 'proposals',
  'draft.blocked': 'proposals',
  'draft.revised': 'proposals',
  'draft.withdrawn': 'proposals',
  'draft.expired': 'proposals',
  'draft.armed': 'decisions',
  'draft.validation': 'decisions',
  'draft.lapsed': 'decisions',
  'draft.approved': 'decisions',
  'draft.rejected': 'decisions',
  'draft.stale': 'decisions',
  'review.exported': 'decisions',
  'review.answered': 'decisions',
  'apply.intent': 'writes',
  'apply.sent': 'writes',
  'apply.outcome': 'writes',
  'apply.reconciled': 'writes',
  'draft.applied': 'writes',
  'draft.partial': 'writes',
  'draft.apply_failed': 'writes',
  'draft.unknown': 'writes',
  'draft.rolled_back': 'writes',
  'agent.read': 'reads',
  'policy.changed': 'rules',
  'setting.changed': 'rules',
  'breaker.tripped': 'rules',
  'breaker.reset': 'rules',
  'connection.added': 'access',
  'connection.removed': 'access',
  'connection.state': 'access',
  'account.writes': 'access',
  'client.added': 'access',
  'client.revoked': 'access',
  'reviewer.added': 'access',
  'reviewer.removed': 'access',
  'target.added': 'access',
  'target.changed': 'access',
  'target.removed': 'access',
  'workspace.unlocked': 'access',
  'sync.finished': 'data',
  'data.imported': 'data',
  'data.exported': 'data',
  'platform.change': 'outside',
  'history.compared': 'outside',
  'log.genesis': 'log',
  'log.verified': 'log',
  'key.rotated': 'log',
  'integrity.alarm': 'log',
  'clock.jump': 'log',
  'checkpoint.emitted': 'log',
  'export.created': 'log',
  'disclosure.erased': 'log',
  'app.started': 'log',
  'app.stopped': 'log',
  'call.refused': 'refusals',
} as const satisfies Readonly<Record<RecordType, AuditGroup>>

/** Of a record; a line that is no genuine record, and a type of a newer version, belong to the log itself. */
export function groupOf(type: string | undefined): AuditGroup {
  return type !== undefined && Object.hasOwn(GROUP_OF, type) ? GROUP_OF[type as RecordType] : 'log'
}

/** The record types of a group. */
export function typesOf(group: AuditGroup): readonly RecordType[] {
  return (Object.keys(GROUP_OF) as RecordType[]).filter((type) => GROUP_OF[type] === group)
}
