/** What became of a draft that is no longer waiting, in plain words with the value read from the platform. */
import type { OutputOf } from '../../../shared/operations.ts'
import { fill, plural } from '../../format.ts'
import { type ChangeView, fieldValue, isBlocked, isConflict, platformName, visible } from '../../parts/words.ts'
import { TEXTS } from '../../texts.ts'
import { QUEUE_TEXTS } from '../../texts-queue.ts'
import { Notice } from '../../ui/state.tsx'

type Answer = OutputOf<'get_draft'>
type NoticeTone = 'info' | 'good' | 'warn' | 'danger'

interface Words {
  readonly tone: NoticeTone
  readonly title: string
  readonly lines: readonly string[]
}

function present(...lines: readonly (string | null | undefined)[]): string[] {
  return lines.filter((line): line is string => line !== null && line !== undefined && line !== '')
}

/** Pure: the words for a draft's state; null while it waits or is on its way. */
export function outcomeWords(answer: Answer, change: ChangeView): Words | null {
  const { draft } = answer
  const platform = platformName(change.platform)
  const result = answer.results.find((each) => each.k === change.k)
  const live = result?.live_value ?? null
  const t = TEXTS.outcome
  const reason = draft.state_reason ?? ''
  const liveText = live === null ? '' : fieldValue(change, live)
  const words = (template: string): string =>
    fill(template, { platform, live: liveText, before: fieldValue(change, change.before) })
  const said = draft.state_message === null ? null : visible(draft.state_message, true)
  // A reason that this window does not know yet is said in the core's own words.
  const why = (reasons: Readonly<Record<string, string>>): string | null => {
    const known = Object.hasOwn(reasons, reason) ? reasons[reason] : undefined
    return known === undefined || (known.includes('{live}') && live === null) ? said : words(known)
  }
  const requestId = result?.platform_request_id ?? null
  const quoted = result?.untrusted.platform_message ?? null
  const quote = quoted === null ? null : fill(t.quote, { platform, text: visible(quoted, true) })
  const request = requestId === null ? null : fill(t.request, { id: visible(requestId) })
  const reads = live === null ? null : words(t.reads)
  if (draft.operations.length > 1) return setWords(draft, said)
  switch (draft.state) {
    case 'stale':
      if (reason === 'overtaken')
        return { tone: 'info', title: QUEUE_TEXTS.overtakenTitle, lines: [words(t.unchanged)] }
      if (live !== null && live !== change.before)
        return { tone: 'warn', title: words(t.staleTitle), lines: [words(t.staleText)] }
      if (reason === 'policy_changed') return { tone: 'warn', title: t.stalePolicy, lines: [t.staleAgain] }
      if (reason === 'drift' && live === null)
        return { tone: 'warn', title: words(t.staleTitle), lines: present(said ?? t.staleAgain) }
      return { tone: 'warn', title: t.staleOther, lines: present(said ?? t.staleAgain) }
    case 'rejected':
      return isBlocked(draft)
        ? { tone: 'warn', title: t.blockedTitle, lines: [words(t.unchanged)] }
        : { tone: 'info', title: t.rejectedTitle, lines: [words(t.unchanged)] }
    case 'withdrawn':
      return { tone: 'info', title: t.withdrawnTitle, lines: [words(t.unchanged)] }
    case 'expired':
      return { tone: 'info', title: t.expiredTitle, lines: [words(t.unchanged)] }
    case 'apply_failed':
      return {
        tone: 'danger',
        // Why a platform was not asked at all the core says best: there are many reasons.
        title: words(reason === 'not_sent' || reason in t.notSent ? t.notSentTitle : t.failedTitle),
        lines: present(why({ ...t.notSent, ...t.failed }), quote, reads, request),
      }
    case 'unknown':
      return {
        tone: 'warn',
        title: words(t.unknownTitle),
        lines: present(why(t.unknown), isConflict(draft) ? words(t.conflictText) : words(t.unknownText), request),
      }
    case 'superseded':
      return { tone: 'info', title: QUEUE_TEXTS.supersededTitle, lines: [words(t.unchanged)] }
    case 'applied':
      if (reason === 'side_effects')
        return { tone: 'warn', title: words(t.appliedTitle), lines: present(said, reads, request) }
      return {
        tone: 'good',
        title: words(t.appliedTitle),
        lines: present(draft.undo_of === null ? null : said, reads, request),
      }
    case 'rolled_back':
      return { tone: 'info', title: t.rolledBackTitle, lines: [] }
    default:
      return null
  }
}

/** Of a draft of several changes: the core's own sentence, with what to do. What became of each stands in the list. */
function setWords(draft: Answer['draft'], said: string | null): Words | null {
  const t = TEXTS.outcome
  switch (draft.state) {
    case 'applied':
      return draft.state_reason === 'side_effects'
        ? { tone: 'warn', title: plural(QUEUE_TEXTS.allApplied, draft.operations.length), lines: present(said) }
        : { tone: 'good', title: said ?? plural(QUEUE_TEXTS.allApplied, draft.operations.length), lines: [] }
    case 'partial':
      return { tone: 'warn', title: QUEUE_TEXTS.partialTitle, lines: present(said, QUEUE_TEXTS.partialNext) }
    case 'unknown':
      return {
        tone: 'warn',
        title: said ?? TEXTS.states.unknown,
        lines: isConflict(draft) ? [t.conflictText] : [t.unknownText],
      }
    case 'apply_failed':
      return { tone: 'danger', title: said ?? TEXTS.states.apply_failed, lines: [] }
    case 'stale':
      return { tone: 'warn', title: t.staleOther, lines: present(said) }
    case 'superseded':
      return { tone: 'info', title: QUEUE_TEXTS.supersededTitle, lines: [] }
    case 'rejected':
      return isBlocked(draft)
        ? { tone: 'warn', title: t.blockedTitle, lines: present(said) }
        : { tone: 'info', title: t.rejectedTitle, lines: [] }
    case 'withdrawn':
      return { tone: 'info', title: t.withdrawnTitle, lines: [] }
    case 'expired':
      return { tone: 'info', title: t.expiredTitle, lines: [] }
    case 'rolled_back':
      return { tone: 'info', title: t.rolledBackTitle, lines: [] }
    default:
      return null
  }
}

export function DraftOutcome({ answer, change }: { answer: Answer; change: ChangeView }) {
  const words = outcomeWords(answer, change)
  if (words === null) return null
  return (
    <Notice tone={words.tone} title={words.title}>
      {words.lines.length === 0 ? undefined : words.lines.map((line) => <p key={line}>{line}</p>)}
    </Notice>
  )
}
