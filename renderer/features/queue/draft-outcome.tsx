/** What became of a draft that is no longer waiting, in plain words with the value read from the platform. */
import type { OutputOf } from '../../../shared/operations.ts'
import { fill } from '../../format.ts'
import { type ChangeView, fieldValue, isBlocked, isConflict, platformName, visible } from '../../parts/words.ts'
import { TEXTS } from '../../texts.ts'
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
  switch (draft.state) {
    case 'stale':
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
    case 'applied':
      if (reason === 'side_effects')
        return { tone: 'warn', title: words(t.appliedTitle), lines: present(said, reads, request) }
      return { tone: 'good', title: words(t.appliedTitle), lines: present(reads, request) }
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
