/**
 * Takes what is due out of the outbox and sends it: one loop, a few at a time, one at a time per target. At least once: an attempt counts
 * before it is made, and what was not known to have arrived when the process ended is sent again under the same id. It decides nothing.
 */
import { z } from 'zod'
import type { Clock } from '../../shared/clock.ts'
import type { AuditLog } from '../audit/append.ts'
import type { Logger } from '../logger.ts'
import type { DeliveryRow, DeliveryTable } from '../store/delivery-table.ts'
import type { NotificationTable } from '../store/notification-table.ts'
import { delayMs, FEW_ATTEMPTS, MAX_ATTEMPTS } from './backoff.ts'
import { type Facts, factsSchema } from './facts.ts'
import type { SendResult } from './result.ts'
import { type Target, targetOf } from './target.ts'

/** Everything one attempt says. */
export interface Outgoing {
  readonly deliveryId: string
  readonly event: string
  readonly facts: Facts
  readonly accepted: readonly string[]
  /** The newest checkpoint, verbatim. */
  readonly note: string
  readonly size: number
  readonly signal: AbortSignal
}
export type Transport = (target: Target, outgoing: Outgoing) => Promise<SendResult>

export interface SenderDeps {
  readonly targets: NotificationTable
  readonly deliveries: DeliveryTable
  readonly audit: Pick<AuditLog, 'head' | 'transaction'>
  readonly clock: Clock
  readonly steadyMs: () => number
  /** From 0 up to 1. */
  readonly random: () => number
  readonly log: Logger
  readonly send: Transport
  readonly onChange: () => void
}
export type Sender = ReturnType<typeof createSender>

const SYSTEM = { kind: 'system', id: 'notifications' } as const
const MAX_AT_ONCE = 4
/** Also looked at without being told, so that a clock or a disk that was wrong for a while holds nothing up for long. */
const LOOK_EVERY_MS = 60_000
const CLOSE_WAIT_MS = 3_000

type Failure = Extract<SendResult, { kind: 'failed' }>
type Append = Parameters<Parameters<AuditLog['transaction']>[0]>[0]

export function createSender(deps: SenderDeps) {
  const { targets, deliveries, audit, log } = deps
  /** By target. */
  const running = new Map<string, Promise<void>>()
  const closing = new AbortController()
  let isStarted = false
  let timer: NodeJS.Timeout | undefined

  function target(row: DeliveryRow): Target | undefined {
    const found = targets.get(row.targetId)
    return found === undefined || found.removedAtMs !== null ? undefined : targetOf(found)
  }

  /** Final: the delivery, the record of it, and a target that wants no more. All or nothing. */
  function finish(row: DeliveryRow, state: 'delivered' | 'dead', code: string | null, disables = false): void {
    audit.transaction((append) => {
      if (!deliveries.finish({ deliveryId: row.deliveryId, state, error: code, atMs: deps.clock.nowMs() })) return
      appendEmitted(append, row, state, code)
      if (!disables || !targets.disable(row.targetId)) return
      const { kind, label } = targets.get(row.targetId) ?? { kind: 'webhook' as const, label: '' }
      append({
        type: 'target.changed',
        actor: SYSTEM,
        data: { target: row.targetId, kind, reason: code ?? 'disabled' },
        text: { label },
      })
      dropWaiting(append, row.targetId, 'target_disabled')
    })
  }

  /** On record only where a checkpoint left, or may have left, this computer. */
  function appendEmitted(append: Append, row: DeliveryRow, outcome: 'delivered' | 'dead', code: string | null): void {
    const now = deliveries.get(row.deliveryId) ?? row
    const { checkpointSize: size, checkpointRoot: root } = now
    if (size === null || root === null || targets.get(row.targetId)?.kind === 'desktop') return
    append({
      type: 'checkpoint.emitted',
      actor: SYSTEM,
      data: {
        delivery: row.deliveryId,
        target: row.targetId,
        event: row.event,
        size,
        root,
        outcome,
        attempts: now.attempts,
        ...(code === null ? {} : { code }),
      },
    })
  }

  function dropWaiting(append: Append, targetId: string, code: string): void {
    for (const row of deliveries.waiting(targetId)) {
      deliveries.finish({ deliveryId: row.deliveryId, state: 'dead', error: code, atMs: deps.clock.nowMs() })
      if (row.attempts > 0) appendEmitted(append, row, 'dead', code)
    }
  }

  function settle(row: DeliveryRow, result: SendResult, maxAttempts: number): void {
    if (result.kind === 'stopped') {
      deliveries.postpone({ ...row, error: row.lastError, nextAtMs: 0 })
      return
    }
    if (result.kind === 'delivered') {
      finish(row, 'delivered', result.code ?? null)
      return
    }
    const attempts = row.attempts + 1
    const limit = Math.min(maxAttempts, { later: MAX_ATTEMPTS, few: FEW_ATTEMPTS, never: 1 }[result.retry])
    log.info('notification_failed', { target: row.targetId, delivery: row.deliveryId, code: result.code, attempts })
    if (attempts >= limit) finish(row, 'dead', result.code, result.disables)
    else postpone(row, result, attempts)
  }

  function postpone(row: DeliveryRow, result: Failure, attempts: number): void {
    deliveries.postpone({
      deliveryId: row.deliveryId,
      nextAtMs: deps.steadyMs() + delayMs(attempts, deps.random(), result.askedMs),
      error: result.code,
      acceptedJson: result.accepted === undefined ? row.acceptedJson : JSON.stringify(result.accepted),
    })
  }

  /** One attempt, from counting it to writing down how it went. */
  async function attempt(row: DeliveryRow, maxAttempts: number): Promise<void> {
    const to = target(row)
    if (to?.isEnabled !== true) {
      finish(row, 'dead', to === undefined ? 'target_removed' : 'target_disabled')
      return
    }
    const { note, size, root } = audit.head()
    const nextAtMs = deps.steadyMs() + delayMs(row.attempts + 1, deps.random())
    if (!deliveries.begin({ deliveryId: row.deliveryId, nextAtMs, size, root })) return
    settle(row, await send(to, row, { note, size }), maxAttempts)
  }

  async function send(to: Target, row: DeliveryRow, head: Pick<Outgoing, 'note' | 'size'>): Promise<SendResult> {
    try {
      return await deps.send(to, {
        ...head,
        deliveryId: row.deliveryId,
        event: row.event,
        facts: factsSchema.parse(JSON.parse(row.payloadJson)),
        accepted: z.array(z.string()).parse(JSON.parse(row.acceptedJson)),
        signal: closing.signal,
      })
    } catch (error) {
      log.error('notification_not_sent', error, { target: row.targetId })
      return { kind: 'failed', code: 'internal', retry: 'few' }
    }
  }

  function run(row: DeliveryRow, maxAttempts = MAX_ATTEMPTS): Promise<void> {
    const before = running.get(row.targetId) ?? Promise.resolve()
    const work = before
      .then(() => attempt(row, maxAttempts))
      .catch((error: unknown) => log.error('notification_not_settled', error, { target: row.targetId }))
      .finally(() => {
        if (running.get(row.targetId) === work) running.delete(row.targetId)
        deps.onChange()
      })
    running.set(row.targetId, work)
    return work
  }

  function pump(): void {
    clearTimeout(timer)
    if (!isStarted || closing.signal.aborted) return
    let waitMs = LOOK_EVERY_MS
    try {
      // A log that is broken has no checkpoint to send along: everything waits.
      audit.head()
      while (running.size < MAX_AT_ONCE) {
        const row = deliveries.nextDue(deps.steadyMs(), [...running.keys()])
        if (row === undefined) break
        void run(row).then(pump)
      }
      const nextAtMs = deliveries.nextAtMs([...running.keys()])
      if (nextAtMs !== null && running.size < MAX_AT_ONCE)
        waitMs = Math.min(LOOK_EVERY_MS, Math.max(50, nextAtMs - deps.steadyMs()))
    } catch (error) {
      log.error('notifications_held_up', error)
    }
    timer = setTimeout(pump, waitMs)
    timer.unref()
  }

  return {
    /** Begins to send, also what an earlier run left. */
    start(): void {
      isStarted = true
      pump()
    },
    /** Something may be due. Looks after the transaction that is open now. */
    poke(): void {
      setImmediate(pump)
    },
    /** One attempt now and no other, whether sending has begun or not. */
    async sendOnce(deliveryId: string): Promise<void> {
      const row = deliveries.get(deliveryId)
      if (row?.state === 'queued') await run(row, 1)
    },
    /** Gives up what waits for a target, within the transaction that removes it or switches it off. */
    dropWaiting,
    whenIdle: async (): Promise<void> => {
      while (running.size > 0) await Promise.all(running.values())
    },
    /** Stops; what is under way is sent again at the next start, if it is not known to have arrived. */
    async close(): Promise<void> {
      closing.abort()
      clearTimeout(timer)
      const late = new Promise<void>((resolve) => {
        setTimeout(resolve, CLOSE_WAIT_MS).unref()
      })
      await Promise.race([Promise.all(running.values()), late])
    },
  }
}
