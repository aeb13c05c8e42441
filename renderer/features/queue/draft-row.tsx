import type { DraftView } from '../../../shared/operations.ts'
import { fill, relativeTime } from '../../format.ts'
import { useNow } from '../../clock.ts'
import { BeforeAfter } from '../../parts/diff.tsx'
import { Age, Foreign, PlatformChip, PolicyChip, StateChip } from '../../parts/pieces.tsx'
import { asRequested, isBlocked, isWaiting, originName, pathOf } from '../../parts/words.ts'
import { href } from '../../router.ts'
import { TEXTS } from '../../texts.ts'

/** One draft in two lines: what and where, then from what to what and what the limits say. */
export function DraftRow({ draft, isSelected }: { draft: DraftView; isSelected: boolean }) {
  const change = draft.operations[0]
  const nowMs = useNow()
  if (change === undefined) return null
  const { account, name } = pathOf(change)
  return (
    <li className="border-b border-line">
      <a
        href={href('queue', draft.draft_id)}
        data-draft={draft.draft_id}
        {...(isSelected ? { 'aria-current': 'true' as const } : {})}
        className={`flex flex-col gap-1 px-4 py-2.5 -outline-offset-2 ${isSelected ? 'bg-selected' : 'hover:bg-hover'}`}
      >
        <span className="flex min-w-0 items-baseline gap-2">
          <Foreign text={name} className="min-w-0 truncate font-semibold" />
          <span className="shrink-0 text-xs text-ink-2">{TEXTS.fields[change.field]}</span>
          <span className="ml-auto shrink-0 text-xs text-ink-2">
            <Age at={draft.decided_at ?? draft.created_at} />
          </span>
        </span>
        <span className="flex flex-wrap items-center justify-between gap-x-3 gap-y-1">
          <BeforeAfter change={isBlocked(draft) ? asRequested(change) : change} />
          <span className="flex items-center gap-1.5">
            {isWaiting(draft) ? null : <StateChip draft={draft} />}
            {isWaiting(draft) && draft.policy.outcome !== 'pass' ? <PolicyChip policy={draft.policy} /> : null}
          </span>
        </span>
        <span className="flex min-w-0 items-center gap-2 text-xs text-ink-2">
          <PlatformChip platform={change.platform} />
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
