/** Which of this app's own writes are under way or not settled yet. Reads the outbox; decides nothing, asks no platform. */
import type { DraftTable } from './store/draft-table.ts'
import type { UnsettledWrite } from './store/outside-change-table.ts'

/** Each with every other entity it changes, such as the campaigns of a shared budget. */
export function unsettledWrites(drafts: Pick<DraftTable, 'unfinished' | 'get'>): readonly UnsettledWrite[] {
  return drafts.unfinished().flatMap(({ draftId, k }) => {
    const item = drafts.get(draftId)?.items[k]
    if (item === undefined) return []
    const { entityId, field, affects } = item
    return [{ entityId, field }, ...affects.map((other) => ({ entityId: other.entityId, field }))]
  })
}
