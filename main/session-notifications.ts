/** Notifications of an open workspace: who is told of what, the outbox, its sender, and what the window may ask of them. */
import type { AuditLog } from './audit/append.ts'
import type { AuditRecord } from './audit/record.ts'
import { createOutbox } from './notifications/outbox.ts'
import { plainFacts } from './notifications/facts.ts'
import { newId, type RandomBytes, randomFraction } from './notifications/ids.ts'
import { checkTarget } from './notifications/save-target.ts'
import { createSender, type Sender } from './notifications/sender.ts'
import { openSecrets, sealSecrets, type Target, targetOf } from './notifications/target.ts'
import { createTransport } from './notifications/transport.ts'
import { deliveryView, targetView } from './notifications/views.ts'
import { isoTime } from './drafts/view.ts'
import { OperationError } from '../shared/errors.ts'
import type { OutputOf, ParsedInputOf } from '../shared/operations.ts'
import { MAX_TARGETS, type NotificationEvent } from '../shared/schemas/notifications.ts'
import type { Ports } from './ports.ts'
import type { Handlers } from './run-operation.ts'
import { createDeliveryTable, type DeliveryTable } from './store/delivery-table.ts'
import type { DraftTable } from './store/draft-table.ts'
import { createNotificationTable, type NotificationTable, type TargetRow } from './store/notification-table.ts'
import type { OpenWorkspace } from './workspace.ts'

const OWNER = { kind: 'user', id: 'owner' } as const
const SYSTEM = { kind: 'system', id: 'notifications' } as const
const DEFAULT_LIMIT = 50
/** What nobody should have to ask for. */
const FIRST_DESKTOP_EVENTS: readonly NotificationEvent[] = [
  'draft.partial',
  'draft.failed',
  'draft.unknown',
  'draft.stale',
  'breaker.tripped',
  'integrity.alarm',
  'anomaly.found',
]

export interface NotificationDeps {
  readonly opened: OpenWorkspace
  readonly ports: Ports
  readonly drafts: DraftTable
  readonly randomBytes: RandomBytes
  /** See main/steady-clock.ts. May be asked before the log is open. */
  readonly steadyMs: () => number
  readonly onChange: () => void
}

export type NotificationSession = ReturnType<typeof createNotifications>

/** Queues from the first record on; sends nothing before `start`. */
export function createNotifications(deps: NotificationDeps) {
  const { opened, ports, drafts, randomBytes, steadyMs, onChange } = deps
  const targets = createNotificationTable(opened.ledger)
  const deliveries = createDeliveryTable(opened.ledger)
  let sender: Sender | undefined
  const outbox = createOutbox({
    targets,
    deliveries,
    drafts,
    clock: ports.clock,
    randomBytes,
    log: ports.log,
    hasDesktop: ports.shell === 'electron',
    steadyMs,
    onQueued: () => sender?.poke(),
  })
  return {
    onAppended: (record: AuditRecord): void => outbox.onAppended(record),
    /**
     * Wires the sender to the open log.
     * @param isSending whether it begins to send; the command line queues, and leaves sending to the app
     */
    start(audit: AuditLog, isSending: boolean): Handlers {
      const made = createSender({
        targets,
        deliveries,
        audit,
        clock: ports.clock,
        steadyMs,
        random: () => randomFraction(randomBytes),
        log: ports.log,
        send: createTransport({
          targets,
          vault: opened.vault,
          log: ports.log,
          nowMs: () => ports.clock.nowMs(),
          origin: () => audit.origin,
          isDemo: opened.workspace.isDemo,
          showOnDesktop: ports.notify,
        }),
        onChange,
      })
      sender = made
      const parts: Parts = { ...deps, targets, deliveries, audit, outbox, sender: made }
      if (isSending) {
        addFirstTarget(parts)
        made.start()
      }
      return notificationHandlers(parts)
    },
    async close(): Promise<void> {
      await sender?.close()
    },
  }
}

type Parts = NotificationDeps & {
  readonly targets: NotificationTable
  readonly deliveries: DeliveryTable
  readonly audit: AuditLog
  readonly outbox: ReturnType<typeof createOutbox>
  readonly sender: Sender
}

/** Once per workspace, and only where the desktop can show something: whoever removes it is not given it again. */
function addFirstTarget({ targets, audit, ports, randomBytes }: Parts): void {
  if (ports.shell !== 'electron' || targets.hasAny()) return
  const targetId = newId('nt_', randomBytes)
  const label = 'This computer'
  audit.transaction((append) => {
    targets.save({
      targetId,
      kind: 'desktop',
      label,
      configJson: JSON.stringify({ kind: 'desktop', includesNames: true, allowsPrivate: false, allowsPlain: false }),
      sealed: null,
      eventsJson: JSON.stringify(FIRST_DESKTOP_EVENTS),
      isEnabled: true,
      createdAtMs: ports.clock.nowMs(),
    })
    append({
      type: 'target.added',
      actor: SYSTEM,
      data: { target: targetId, kind: 'desktop', reason: 'default' },
      text: { label },
    })
  })
}

function notificationHandlers(parts: Parts): Handlers {
  const { targets, deliveries, outbox, sender, ports } = parts
  const view = (row: TargetRow): OutputOf<'save_target'>['target'] => targetView(row, viewing(parts))
  const list = (): OutputOf<'list_targets'> => ({ targets: targets.list().slice(0, MAX_TARGETS).map(view) })
  const deliveryOf = (deliveryId: string): OutputOf<'send_test'> => {
    const row = deliveries.get(deliveryId)
    const target = row === undefined ? undefined : targets.get(row.targetId)
    if (row === undefined || target === undefined) throw unknown('delivery')
    return { delivery: deliveryView(row, target, viewing(parts)) }
  }
  return {
    list_targets: list,
    save_target: (input) => ({ target: view(save(parts, input)) }),
    remove_target: (input) => {
      remove(parts, input.target_id)
      return list()
    },
    send_test: async (input) => {
      const target = living(parts, input.target_id)
      if (!target.isEnabled)
        throw new OperationError(
          'delivery_refused',
          'This target is switched off. Nothing was sent.',
          'Switch it on, then send the test.',
        )
      const deliveryId = outbox.putTest(target, plainFacts(isoTime(ports.clock.nowMs())))
      await sender.sendOnce(deliveryId)
      return deliveryOf(deliveryId)
    },
    list_deliveries: (input) => {
      const offset = readCursor(input.cursor)
      const { rows, total } = deliveries.page({
        state: input.state,
        targetId: input.target_id,
        limit: input.limit ?? DEFAULT_LIMIT,
        offset,
      })
      const next = offset + rows.length
      const views = rows.flatMap((row) => {
        const target = targets.get(row.targetId)
        return target === undefined ? [] : [deliveryView(row, target, viewing(parts))]
      })
      return { deliveries: views, total, next_cursor: next < total && rows.length > 0 ? `n${next}` : null }
    },
    resend_delivery: (input) => {
      const row = deliveries.get(input.delivery_id)
      if (row === undefined) throw unknown('delivery')
      const target = living(parts, row.targetId)
      if (!target.isEnabled)
        throw new OperationError(
          'delivery_refused',
          'Its target is switched off. Nothing was sent.',
          'Switch the target on, then send it again.',
        )
      if (!deliveries.revive(row.deliveryId))
        throw new OperationError(
          'invalid_input',
          'Only what was given up can be sent again. Nothing was changed.',
          'Look at the list again.',
        )
      sender.poke()
      return deliveryOf(row.deliveryId)
    },
  }
}

/** Adds or changes a target, with its record; one that is switched off gives up what waits for it. */
function save(parts: Parts, input: ParsedInputOf<'save_target'>): TargetRow {
  const { targets, audit, opened, ports, randomBytes, sender, onChange } = parts
  const old = input.target_id === undefined ? undefined : targets.get(input.target_id)
  if (input.target_id !== undefined && (old === undefined || old.removedAtMs !== null)) throw unknown('target')
  if (old === undefined && targets.list().length >= MAX_TARGETS)
    throw new OperationError(
      'invalid_input',
      `A workspace has ${MAX_TARGETS} targets at most. Nothing was saved.`,
      'Remove one first.',
    )
  const before = old === undefined ? undefined : { target: targetOf(old), secrets: keptSecrets(parts, old) }
  const { config, secrets } = checkTarget(input, before)
  const targetId = old?.targetId ?? newId('nt_', randomBytes)
  const row: Omit<TargetRow, 'removedAtMs'> = {
    targetId,
    kind: config.kind,
    label: input.label,
    configJson: JSON.stringify(config),
    sealed: sealSecrets(opened.vault, targetId, secrets),
    eventsJson: JSON.stringify([...new Set(input.events)]),
    isEnabled: input.is_enabled,
    createdAtMs: old?.createdAtMs ?? ports.clock.nowMs(),
  }
  audit.transaction((append) => {
    targets.save(row)
    append({
      type: old === undefined ? 'target.added' : 'target.changed',
      actor: OWNER,
      data: { target: targetId, kind: config.kind, reason: input.is_enabled ? 'enabled' : 'disabled' },
      text: { label: input.label },
    })
    if (!input.is_enabled) sender.dropWaiting(append, targetId, 'target_disabled')
  })
  onChange()
  return { ...row, removedAtMs: null }
}

/** What cannot be opened any more has to be entered again. */
function keptSecrets({ opened, ports }: Parts, row: TargetRow) {
  try {
    return openSecrets(opened.vault, row)
  } catch (error) {
    ports.log.error('notification_secret_unreadable', error, { target: row.targetId })
    return {}
  }
}

function remove({ targets, audit, ports, sender, onChange }: Parts, targetId: string): void {
  const row = targets.get(targetId)
  if (row === undefined || row.removedAtMs !== null) throw unknown('target')
  audit.transaction((append) => {
    sender.dropWaiting(append, targetId, 'target_removed')
    targets.remove(targetId, ports.clock.nowMs())
    append({
      type: 'target.removed',
      actor: OWNER,
      data: { target: targetId, kind: row.kind },
      text: { label: row.label },
    })
  })
  onChange()
}

function living({ targets }: Parts, targetId: string): Target {
  const row = targets.get(targetId)
  if (row === undefined || row.removedAtMs !== null) throw unknown('target')
  return targetOf(row)
}

const viewing = ({ deliveries, ports, steadyMs }: Parts) => ({
  deliveries,
  hasDesktop: ports.shell === 'electron',
  /** Wall time of a moment of steady time. */
  wallOf: (atSteadyMs: number): string => isoTime(ports.clock.nowMs() + Math.max(0, atSteadyMs - steadyMs())),
})

function unknown(what: 'target' | 'delivery'): OperationError {
  return new OperationError(
    'invalid_input',
    `There is no such ${what} any more. Nothing was changed.`,
    'Look at the list again.',
  )
}

function readCursor(cursor: string | undefined): number {
  if (cursor === undefined) return 0
  const match = /^n(\d{1,7})$/.exec(cursor)
  if (match === null)
    throw new OperationError(
      'invalid_input',
      'That cursor is not one of list_deliveries.',
      'Start again without a cursor.',
    )
  return Number(match[1])
}
