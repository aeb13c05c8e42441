/** Edits of somebody else from two sources as one list: what listings noticed, and what the platform's own history tells. Pure. */
import type { OutputOf } from '../../../shared/operations.ts'

export type Listed = OutputOf<'get_entity'>['outside_changes'][number]
export type Told = OutputOf<'list_platform_changes'>['changes'][number]

export interface Shown {
  readonly key: string
  readonly field: Listed['field']
  /** '' for no such value; null where the history does not tell it. */
  readonly before: string | null
  readonly after: string | null
  readonly at: string
  readonly told: Told | undefined
}

export const MAX_SHOWN = 20

const isTold = (row: Told, each: Listed): boolean =>
  row.field === each.field && row.after === (each.after ?? '') && row.changed_at <= each.noticed_at

/** The same edit seen twice is one: as the listing noticed it, with the moment and the person of the history. Newest first, at most 20. */
export function joined(listed: readonly Listed[], told: readonly Told[]): readonly Shown[] {
  const left = told.filter((each) => each.field !== null && each.match !== 'ours')
  const noticed = listed.toSorted((one, two) => (one.noticed_at < two.noticed_at ? -1 : 1))
  const shown = noticed.map((each): Shown => {
    const at = left.findIndex((row) => isTold(row, each))
    const row = at < 0 ? undefined : left.splice(at, 1)[0]
    const { field, before, after, noticed_at: noticedAt } = each
    return {
      key: `${field} ${noticedAt}`,
      field,
      before: before ?? '',
      after: after ?? '',
      at: row?.changed_at ?? noticedAt,
      told: row,
    }
  })
  const rest = left.flatMap((row): readonly Shown[] => {
    const { field, before, after, changed_at: at, change_id: key } = row
    return field === null ? [] : [{ key, field, before, after, at, told: row }]
  })
  return [...shown, ...rest]
    .toSorted((one, two) => (one.at < two.at ? 1 : one.at > two.at ? -1 : 0))
    .slice(0, MAX_SHOWN)
}
