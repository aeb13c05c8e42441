import type { LogPages, StoredCheckpoint, StoredDisclosure } from '../store/audit-table.ts'

/**
 * A log that was read from somewhere else than the ledger, such as the files of a bundle, in the form verifyLog takes.
 * It holds no stored hashes: everything is recomputed.
 */
export function pagesFromLines(log: {
  /** Records 0, 1, 2 … without the line feed. */
  readonly lines: readonly Uint8Array[]
  readonly checkpoints: readonly StoredCheckpoint[]
  readonly disclosures: readonly StoredDisclosure[]
}): LogPages {
  const count = log.lines.length
  const checkpoints = Map.groupBy(log.checkpoints, (each) => each.size)
  const newest = log.checkpoints.reduce((size, each) => Math.max(size, each.size), 0)
  const disclosures = Map.groupBy(log.disclosures, (each) => each.seq)
  return {
    bounds: () => ({
      count,
      minSeq: count === 0 ? null : 0,
      maxSeq: count === 0 ? null : count - 1,
      checkpointSize: newest === 0 ? null : newest,
      hasStrayDisclosure: log.disclosures.some(({ seq }) => seq < 0 || seq >= count),
    }),
    entries: (from, limit) =>
      log.lines.slice(from, from + limit).map((bytes, at) => ({ seq: from + at, bytes, leaf: null })),
    checkpoints: (after, through) => span(checkpoints, after + 1, through),
    disclosures: (from, through) => span(disclosures, from, through),
  }
}

function span<T>(groups: ReadonlyMap<number, readonly T[]>, from: number, through: number): T[] {
  return Array.from({ length: through - from + 1 }, (_, at) => groups.get(from + at) ?? []).flat()
}
