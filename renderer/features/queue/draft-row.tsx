import type { DraftView } from '../../../shared/operations.ts'
import { fill, plural, relativeTime } from '../../format.ts'
import { useNow } from '../../clock.ts'
import { BeforeAfter } from '../../parts/diff.tsx'
import { Age, Foreign, PlatformChip, PolicyChip, StateChip } from '../../parts/pieces.tsx'
import { asRequested, isBlocked, isWaiting, netText, originName, pathOf, visible } from '../../parts/words.ts'
import { href } from '../../router.ts'
import { TEXTS } from '../../texts.ts'
import { QUEUE_TEXTS } from '../../texts-queue.ts'
import { Checkbox } from '../../ui/checkbox.tsx'

/** One draft in two lines: what and where, then from what to what and what the limits say. */
export function DraftRow({
  draft,
  isSelected,
  isChecked = false,
  onCheck,
}: {
  draft: DraftView
  isSelected: boolean
  isChecked?: boolean
  onCheck?: () => void
}) {
  const change = draft.operations[0]
  const nowMs = useNow()
  if (change === undefined) return null
  const isSet = draft.operation_count > 1
  const { account } = pathOf(change)
  const name = isSet ? draft.untrusted.title : pathOf(change).name
  return (
    <li className="flex items-stretch border-b border-line">
      {onCheck === undefined ? null : (
        <span className={`flex items-start py-1.5 pl-2 ${isSelected ? 'bg-selected' : ''}`}>
          <Checkbox isSelected={isChecked} onChange={onCheck}>
            <span className="sr-only">{fill(QUEUE_TEXTS.select, { name: visible(name) })}</span>
          </Checkbox>
        </span>
      )}
      <a
        href={href('queue', draft.draft_id)}
        data-draft={draft.draft_id}
        {...(isSelected ? { 'aria-current': 'true' as const } : {})}
        className={`flex min-w-0 flex-1 flex-col gap-1 px-4 py-2.5 -outline-offset-2 ${isSelected ? 'bg-selected' : 'hover:bg-hover'}`}
      >
        <span className="flex min-w-0 items-baseline gap-2">
          <Foreign text={name} className="min-w-0 truncate font-semibold" />
          <span className="shrink-0 text-xs text-ink-2">
            {isSet ? plural(QUEUE_TEXTS.changes, draft.operation_count) : TEXTS.fields[change.field]}
          </span>
          <span className="ml-auto shrink-0 text-xs text-ink-2">
            <Age at={draft.decided_at ?? draft.created_at} />
          </span>
        </span>
        <span className="flex flex-wrap items-center justify-between gap-x-3 gap-y-1">
          {isSet ? (
            <span className="num text-base">{draft.net_daily_movement.map((each) => netText(each)).join(' · ')}</span>
          ) : (
            <BeforeAfter change={isBlocked(draft) ? asRequested(change) : change} />
          )}
          <span className="flex items-center gap-1.5">
            {isWaiting(draft) ? null : <StateChip draft={draft} />}
            {isWaiting(draft) && draft.policy.outcome !== 'pass' ? <PolicyChip policy={draft.policy} /> : null}
          </span>
        </span>
        <span className="flex min-w-0 items-center gap-2 text-xs text-ink-2">
          {[...new Set(draft.operations.map((each) => each.platform))].map((platform) => (
            <PlatformChip key={platform} platform={platform} />
          ))}
          <span className="min-w-0 flex-1 truncate">
            <span className="foreign">{fill(TEXTS.queue.by, { who: originName(draft) })}</span>
            {' · '}
            <Foreign text={account} />
          </span>
          {isWaiting(draft) ? (
            <span className="shrink-0">
              {fill(TEXTS.queue.expires, { when: relativeTime(draft.expires_at, nowMs) })}
            </span>
          ) : null}
        </span>
      </a>
    </li>
  )
}
