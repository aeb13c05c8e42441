/** What Meta says an object is doing, as opposed to how its switch stands. */
import type { MetaEntity } from './types.ts'

/** For so long after an edit Meta says IN_PROCESS of what it is still working on. */
const PROCESSING_MS = 15_000

/** `effective_status`: the object's own switch, its parents', its review. An ended ad set still reads ACTIVE, as it does there. */
export function effectiveStatus(entity: MetaEntity, nowMs: number): string {
  const line: readonly MetaEntity[] =
    entity.kind === 'campaign'
      ? [entity]
      : entity.kind === 'adset'
        ? [entity, entity.campaign]
        : [entity, entity.adSet, entity.adSet.campaign]
  for (const gone of ['DELETED', 'ARCHIVED'] as const) if (line.some((item) => item.status === gone)) return gone
  const wasJustEdited = entity.updatedAtMs > entity.createdAtMs && nowMs - entity.updatedAtMs < PROCESSING_MS
  if (wasJustEdited && nowMs >= entity.updatedAtMs) return 'IN_PROCESS'
  if (entity.status === 'PAUSED') return 'PAUSED'
  if (entity.kind === 'ad') {
    if (entity.review === 'disapproved') return 'DISAPPROVED'
    if (entity.review === 'pending') return 'PENDING_REVIEW'
  }
  const parent = line.find((item, index) => index > 0 && item.status === 'PAUSED')
  if (parent !== undefined) return parent.kind === 'adset' ? 'ADSET_PAUSED' : 'CAMPAIGN_PAUSED'
  return entity.kind === 'ad' && entity.review === 'issues' ? 'WITH_ISSUES' : 'ACTIVE'
}
