/** Targets and deliveries as they cross the contract. Nothing secret is in them. */
import type { OutputOf } from '../../shared/operations.ts'
import { EVENTS } from '../../shared/schemas/notifications.ts'
import { isoTime } from '../drafts/view.ts'
import type { DeliveryRow, DeliveryTable } from '../store/delivery-table.ts'
import type { TargetRow } from '../store/notification-table.ts'
import { factsSchema } from './facts.ts'
import { failureWords } from './result.ts'
import { targetOf } from './target.ts'

export interface Viewing {
  readonly deliveries: Pick<DeliveryTable, 'counts' | 'last'>
  readonly hasDesktop: boolean
  /** ISO 8601 of a moment of steady time. */
  readonly wallOf: (steadyMs: number) => string
}

type TargetView = OutputOf<'save_target'>['target']
type DeliveryView = OutputOf<'send_test'>['delivery']

/** @throws ZodError when the row is not one that this app wrote */
export function targetView(row: TargetRow, { deliveries, hasDesktop }: Viewing): TargetView {
  const { targetId, label, events, isEnabled, createdAtMs, config, hasSecrets } = targetOf(row)
  const { queued, dead } = deliveries.counts(targetId)
  const last = deliveries.last(targetId)
  return {
    target_id: targetId,
    kind: config.kind,
    label,
    events: [...events],
    is_enabled: isEnabled,
    includes_names: config.includesNames,
    allows_private: config.allowsPrivate,
    allows_plain: config.allowsPlain,
    works_here: config.kind !== 'desktop' || hasDesktop,
    email:
      config.kind === 'email'
        ? {
            host: config.host,
            port: config.port,
            security: config.security,
            user: config.user,
            from: config.from,
            to: [...config.to],
            has_password: hasSecrets,
          }
        : null,
    webhook: config.kind === 'webhook' ? { origin: config.origin } : null,
    created_at: isoTime(createdAtMs),
    queued,
    dead,
    last:
      last === undefined
        ? null
        : {
            state: last.state,
            at: isoTime(last.finishedAtMs ?? last.createdAtMs),
            attempts: last.attempts,
            problem: problemOf(last),
          },
  }
}

/** @throws ZodError when the row is not one that this app wrote */
export function deliveryView(row: DeliveryRow, target: TargetRow, { wallOf }: Pick<Viewing, 'wallOf'>): DeliveryView {
  const { seq, draft, merged } = factsSchema.parse(JSON.parse(row.payloadJson))
  const event = EVENTS.find((each) => each === row.event) ?? 'test'
  return {
    delivery_id: row.deliveryId,
    target_id: row.targetId,
    target_label: target.label,
    kind: target.kind,
    event,
    state: row.state,
    attempts: row.attempts,
    next_at: row.state === 'queued' ? wallOf(row.nextAtMs) : null,
    problem: problemOf(row),
    checkpoint_size: row.checkpointSize,
    seq,
    draft_id: draft as DeliveryView['draft_id'],
    merged,
    created_at: isoTime(row.createdAtMs),
    finished_at: row.finishedAtMs === null ? null : isoTime(row.finishedAtMs),
    can_resend: row.state === 'dead' && target.removedAtMs === null,
  }
}

function problemOf({ lastError }: DeliveryRow): { readonly code: string; readonly message: string } | null {
  return lastError === null ? null : { code: lastError, message: failureWords(lastError) }
}
