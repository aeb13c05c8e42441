/**
 * Puts news into the outbox, within the transaction of the record that it is about: both are there afterwards, or neither. It sends nothing,
 * and it never keeps a record from being written: news that cannot be queued is missing from the outbox, and the local log says so.
 */
import type { Clock } from '../../shared/clock.ts'
import type { NotificationEvent } from '../../shared/schemas/notifications.ts'
import type { AuditRecord } from '../audit/record.ts'
import type { Logger } from '../logger.ts'
import type { DeliveryTable } from '../store/delivery-table.ts'
import type { NotificationTable } from '../store/notification-table.ts'
import { type DraftFacts, type Facts, factsSchema, newsOf, withoutNames } from './facts.ts'
import { newId, type RandomBytes } from './ids.ts'
import { type Target, targetOf } from './target.ts'

/** Undelivered ones of one target. From there on news is put together, see `put`. */
export const MAX_QUEUED = 200
/** How long news gathers in one message while the queue is full. */
export const GATHER_MS: number = 15 * 60_000

export interface OutboxDeps {
  readonly targets: NotificationTable
  readonly deliveries: DeliveryTable
  readonly drafts: DraftFacts
  readonly clock: Clock
  readonly randomBytes: RandomBytes
  readonly log: Logger
  /** Whether this window shows desktop notifications. */
  readonly hasDesktop: boolean
  readonly steadyMs: () => number
  /** Something new may be due once the open transaction is over. */
  readonly onQueued: () => void
}
export type Outbox = ReturnType<typeof createOutbox>

export function createOutbox(deps: OutboxDeps) {
  const { targets, deliveries } = deps

  const toldOf = ({ config }: Target, facts: Facts): Facts => (config.includesNames ? facts : withoutNames(facts))

  function put(target: Target, event: string, facts: Facts): void {
    const told = toldOf(target, facts)
    const isFull = deliveries.counts(target.targetId).queued >= MAX_QUEUED
    const gathering = isFull ? deliveries.untried(target.targetId, event) : undefined
    if (gathering === undefined) {
      // A full queue is one that nobody takes from: what comes now gathers for a while.
      insert(target, event, told, isFull ? deps.steadyMs() + GATHER_MS : 0)
      return
    }
    const before = factsSchema.parse(JSON.parse(gathering.payloadJson))
    const merged = { ...before, merged: before.merged + 1, mergedThrough: told.seq ?? before.mergedThrough }
    deliveries.setPayload(gathering.deliveryId, JSON.stringify(merged))
  }

  function insert({ targetId }: Target, event: string, told: Facts, nextAtMs: number): string {
    const deliveryId = newId('dv_', deps.randomBytes)
    const createdAtMs = deps.clock.nowMs()
    deliveries.insert({ deliveryId, targetId, event, payloadJson: JSON.stringify(told), nextAtMs, createdAtMs })
    return deliveryId
  }

  function wants(target: Target, event: NotificationEvent): boolean {
    const isShown = target.config.kind !== 'desktop' || deps.hasDesktop
    return target.isEnabled && isShown && target.events.includes(event)
  }

  function enqueue(event: NotificationEvent, facts: Facts): void {
    if (!deliveries.isInTransaction()) throw new Error('news is only queued in the transaction of its record')
    const interested = targets.list().flatMap((row) => {
      const target = targetOf(row)
      return wants(target, event) ? [target] : []
    })
    if (interested.length === 0) return
    deliveries.atomically(() => interested.forEach((target) => put(target, event, facts)))
    deps.onQueued()
  }

  return {
    /** @throws Error outside a transaction; what SQLite throws */
    enqueue,
    /** Hook of the log: queues what a record says that somebody wants to know. */
    onAppended(record: AuditRecord): void {
      try {
        const news = newsOf(record, deps.drafts)
        if (news !== undefined) enqueue(news.event, news.facts)
      } catch (error) {
        // A disk that is full ends the transaction by itself: going on would write the rest outside of it.
        if (!deliveries.isInTransaction()) throw error
        deps.log.error('news_not_queued', error, { type: record.type, seq: record.seq })
      }
    },
    /**
     * One message to one target, whatever it is told of otherwise, and never put together with news: a test that fails is given up at once,
     * and would take the news with it. @returns the delivery's id
     */
    putTest(target: Target, facts: Facts): string {
      return insert(target, 'test', toldOf(target, facts), 0)
    },
  }
}
