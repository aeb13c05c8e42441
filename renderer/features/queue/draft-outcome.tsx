/** What became of a draft that is no longer waiting, in plain words with the value read from the platform. */
import type { OutputOf } from '../../../shared/operations.ts'
import { fill } from '../../format.ts'
import { type ChangeView, fieldValue, isBlocked, platformName, visible } from '../../parts/words.ts'
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
  const said = draft.state_message === null ? null : visible(draft.state_message, true)
  const t = TEXTS.draft
  const unchanged = fill(t.expiredText, { platform })
  const liveLine = live === null ? null : fill(t.appliedLive, { platform, value: fieldValue(change, live) })
  const request =
    result?.platform_request_id === null || result?.platform_request_id === undefined
      ? null
      : fill(t.requestId, { id: visible(result.platform_request_id) })
  switch (draft.state) {
    case 'stale':
      return {
        tone: 'warn',
        title: fill(t.staleTitle, { platform }),
        lines: present(
          live === null
            ? t.staleUnknown
            : fill(t.staleText, { before: fieldValue(change, change.before), live: fieldValue(change, live) }),
          said,
        ),
      }
    case 'rejected':
      return isBlocked(draft)
        ? { tone: 'warn', title: t.blockedTitle, lines: present(fill(t.blockedText, { platform })) }
        : { tone: 'info', title: t.rejectedTitle, lines: present(said, unchanged) }
    case 'withdrawn':
      return { tone: 'info', title: t.withdrawnTitle, lines: present(said, unchanged) }
    case 'expired':
      return { tone: 'info', title: t.expiredTitle, lines: [unchanged] }
    case 'apply_failed':
      return { tone: 'danger', title: fill(t.failedTitle, { platform }), lines: present(said, liveLine, request) }
    case 'unknown':
      return { tone: 'warn', title: fill(t.unknownTitle, { platform }), lines: present(said, t.unknownText, request) }
    case 'applied':
      return { tone: 'good', title: fill(t.appliedTitle, { platform }), lines: present(liveLine, request) }
    case 'rolled_back':
      return { tone: 'info', title: t.rolledBackTitle, lines: present(said) }
    default:
      return null
  }
}

export function DraftOutcome({ answer, change }: { answer: Answer; change: ChangeView }) {
  const words = outcomeWords(answer, change)
  if (words === null) return null
  return (
    <Notice tone={words.tone} title={words.title}>
      {words.lines.map((line) => (
        <p key={line}>{line}</p>
      ))}
    </Notice>
  )
}
