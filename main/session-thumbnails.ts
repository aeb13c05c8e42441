/** Small pictures of ads and creatives, asked for as the window scrolls: a few at a time, kept in memory only, in a bounded amount. */
import type { Clock } from '../shared/clock.ts'
import { type AccountId, type EntityId, splitEntityId } from '../shared/domain/ids.ts'
import { OperationError } from '../shared/errors.ts'
import type { PlatformAdapter, Thumbnail } from './platforms/adapter.ts'

const MAX_KEPT = 300
const MAX_KEPT_BYTES = 16 * 1024 * 1024
/** Platforms' picture addresses end after hours; a changed creative should show the same day. */
const KEEP_MS = 3_600_000
const MAX_AT_ONCE = 4
const MAX_WAITING = 100

interface Kept {
  readonly thumbnail: Thumbnail | undefined
  readonly atMs: number
}

export interface Thumbnails {
  /** Undefined when there is none. @throws OperationError rate_limited when too many are being asked for, and what the read throws */
  read(entityId: EntityId, signal: AbortSignal): Promise<Thumbnail | undefined>
}

export function createThumbnails(deps: {
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly adapterFor: (accountId: AccountId) => PlatformAdapter
}): Thumbnails {
  /** Oldest first. */
  const kept = new Map<EntityId, Kept>()
  const waiting: (() => void)[] = []
  let bytes = 0
  let busy = 0

  function forget(entityId: EntityId): void {
    bytes -= kept.get(entityId)?.thumbnail?.bytes.byteLength ?? 0
    kept.delete(entityId)
  }

  function keep(entityId: EntityId, thumbnail: Thumbnail | undefined): void {
    forget(entityId)
    kept.set(entityId, { thumbnail, atMs: deps.clock.monotonicMs() })
    bytes += thumbnail?.bytes.byteLength ?? 0
    for (const oldest of kept.keys()) {
      if (kept.size <= MAX_KEPT && bytes <= MAX_KEPT_BYTES) break
      forget(oldest)
    }
  }

  async function turn(): Promise<void> {
    if (busy < MAX_AT_ONCE) {
      busy += 1
      return
    }
    if (waiting.length >= MAX_WAITING)
      throw new OperationError('rate_limited', 'Too many pictures are being asked for at once.', 'Wait a moment.', {
        retryable: true,
      })
    // Whoever finishes hands its place on, so `busy` stays.
    await new Promise<void>((resolve) => waiting.push(resolve))
  }

  function done(): void {
    const next = waiting.shift()
    if (next === undefined) busy -= 1
    else next()
  }

  return {
    async read(entityId, signal) {
      const isFresh = (found: Kept | undefined): found is Kept =>
        found !== undefined && deps.clock.monotonicMs() - found.atMs < KEEP_MS
      const first = kept.get(entityId)
      if (isFresh(first)) return first.thumbnail
      await turn()
      try {
        // The window that scrolled on no longer waits for it; and somebody else may have fetched it meanwhile.
        if (signal.aborted) throw new OperationError('cancelled', 'The picture is no longer needed.', 'Nothing to do.')
        const again = kept.get(entityId)
        if (isFresh(again)) return again.thumbnail
        const thumbnail = await deps.adapterFor(splitEntityId(entityId).accountId).readThumbnail(entityId, signal)
        keep(entityId, thumbnail)
        return thumbnail
      } finally {
        done()
      }
    },
  }
}
