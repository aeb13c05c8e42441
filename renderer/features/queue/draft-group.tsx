/** Drafts under one heading, each with its check box while they wait. */
import { fill } from '../../format.ts'
import { Foreign } from '../../parts/pieces.tsx'
import { QUEUE_TEXTS } from '../../texts-queue.ts'
import { Checkbox } from '../../ui/checkbox.tsx'
import { DraftRow } from './draft-row.tsx'
import type { Group } from './filters.ts'
import type { Selection } from './use-selection.ts'

export function DraftGroup({
  group,
  selectedId,
  selection,
}: {
  group: Group
  selectedId: string | null
  /** Absent where nothing can be decided any more. */
  selection?: Selection
}) {
  const isAll = group.drafts.length > 0 && group.drafts.every((draft) => selection?.has(draft.draft_id) === true)
  const hasHead = group.title !== null || (selection !== undefined && group.drafts.length > 1)
  return (
    <section {...(group.title === null ? {} : { 'aria-label': group.title })}>
      {hasHead ? (
        <div className="flex min-h-8 items-center justify-between gap-3 border-b border-line bg-sunken px-3 text-xs text-ink-2">
          {selection === undefined || group.drafts.length < 2 ? null : (
            <Checkbox isSelected={isAll} onChange={() => selection.toggleAll(group.drafts)}>
              {fill(QUEUE_TEXTS.selectAll, { count: group.drafts.length })}
            </Checkbox>
          )}
          {group.title === null ? null : (
            <h2 className="min-w-0 truncate font-medium">
              <Foreign text={group.title} />
            </h2>
          )}
        </div>
      ) : null}
      <ul>
        {group.drafts.map((draft) => (
          <DraftRow
            key={draft.draft_id}
            draft={draft}
            isSelected={draft.draft_id === selectedId}
            {...(selection === undefined
              ? {}
              : {
                  isChecked: selection.has(draft.draft_id),
                  onCheck: () => selection.toggle(draft.draft_id),
                })}
          />
        ))}
      </ul>
    </section>
  )
}
