/**
 * Which endpoints an entity is written through, as last seen. An entity never changes its kind, so what was read once stays true; if it
 * were wrong all the same, the other kind's endpoints refuse it and nothing is changed.
 */
import type { EntityId } from '../../../shared/domain/ids.ts'
import type { Automation } from './editable.ts'

/** More than any account has; the oldest fall out. */
const MAX_KNOWN = 50_000

export interface Branches {
  readonly of: (id: EntityId) => Automation | undefined
  readonly learn: (id: EntityId, automation: Automation) => void
}

export function createBranches(): Branches {
  const known = new Map<EntityId, Automation>()
  return {
    of: (id) => known.get(id),
    learn: (id, automation) => {
      const oldest = known.size >= MAX_KNOWN && !known.has(id) ? known.keys().next().value : undefined
      if (oldest !== undefined) known.delete(oldest)
      known.set(id, automation)
    },
  }
}
