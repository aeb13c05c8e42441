/** Reach and frequency: of one entity on one day only. The same people are reached on several days and by several ads, so no sum of them is shown. */
import { splitEntityId } from '../../shared/domain/ids.ts'
import type { MetricName } from '../../shared/operations.ts'
import { factsReaders } from '../store/facts-tables.ts'
import type { GroupedSums, Scope } from '../store/metric-query.ts'
import type { FactsReadDb } from '../store/open.ts'

export function isReach(name: MetricName | 'date'): boolean {
  return name === 'reach' || name === 'frequency'
}

/** The groups with the reach of those that are one entity on one day; as they are when nobody asks for it. */
export function withReach(
  facts: FactsReadDb,
  scope: Scope,
  names: readonly MetricName[],
  groups: readonly GroupedSums[],
): readonly GroupedSums[] {
  if (!names.some(isReach)) return groups
  const { metrics, entities } = factsReaders(facts)
  const onlyDay = scope.startDay === scope.endDay ? scope.startDay : null
  const [onlyKey, ...others] = scope.entityKeys ?? []
  const onlyEntity = onlyKey === undefined || others.length > 0 ? undefined : entities.byKeys([onlyKey])[0]
  const isOwnLevel = onlyEntity !== undefined && splitEntityId(onlyEntity.entityId).type === scope.level
  return groups.map((group) => {
    const day = group.day ?? onlyDay
    const entityKey = group.entityKey ?? (isOwnLevel ? onlyEntity.entityKey : null)
    if (group.reach !== null || day === null || entityKey === null) return group
    return { ...group, reach: metrics.reachOf(entityKey, day) }
  })
}
