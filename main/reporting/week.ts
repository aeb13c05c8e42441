/** The seven whole days that "last 7 days" means, said the same way to lists, single entities and the sync that sums them. */
import type { EntityType } from '../../shared/domain/ids.ts'
import { factsReaders } from '../store/facts-tables.ts'
import type { FactsReadDb } from '../store/open.ts'

export interface Week {
  readonly startDay: number
  readonly endDay: number
  /** Whether all seven are held: a sum of fewer would look like a drop. */
  readonly isCovered: boolean
}

/** The seven days up to the last one that is over at the type's level, and whether all of them are held. Without any, an empty range. */
export function lastWeek(facts: FactsReadDb, accountKey: number, type: EntityType): Week {
  const { coverage } = factsReaders(facts)
  const endDay = type === 'creative' ? null : coverage.lastDayOver(accountKey, type)
  if (type === 'creative' || endDay === null) return { startDay: 1, endDay: 0, isCovered: false }
  const startDay = endDay - 6
  return { startDay, endDay, isCovered: coverage.daysOver(accountKey, type, startDay, endDay) === 7 }
}
