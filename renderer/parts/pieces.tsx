/** Small pieces that know the domain and that several screens share. They show; they never decide. */
import type { DraftView } from '../../shared/operations.ts'
import { errorReply } from '../api.ts'
import { useNow } from '../clock.ts'
import { absoluteTime, relativeTime } from '../format.ts'
import { TEXTS } from '../texts.ts'
import { Chip, type Tone } from '../ui/chip.tsx'
import { Explain } from '../ui/explain.tsx'
import { Icon, type IconName } from '../ui/icon.tsx'
import { Notice, RetryNotice } from '../ui/state.tsx'
import { isBlocked, type Platform, type PolicyView, visible } from './words.ts'

/** Text written by others, as text. */
export function Foreign({ text, className = '' }: { text: string; className?: string }) {
  return (
    <bdi className={`foreign ${className}`} title={visible(text)}>
      {visible(text)}
    </bdi>
  )
}

const DOTS: Readonly<Record<Platform, string>> = { google_ads: 'bg-google_ads', meta: 'bg-meta', tiktok: 'bg-tiktok' }
export function PlatformChip({ platform }: { platform: Platform }) {
  return (
    <span className="inline-flex items-center gap-1.5 text-xs whitespace-nowrap text-ink-2">
      <span aria-hidden="true" className={`size-2 rounded-[3px] ${DOTS[platform]}`} />
      {TEXTS.platforms[platform]}
    </span>
  )
}

/** Relative at rest, absolute on focus or hover. */
export function Age({ at, isFocusable = false }: { at: string; isFocusable?: boolean }) {
  const nowMs = useNow()
  const time = (
    <time dateTime={at} title={absoluteTime(at)}>
      {relativeTime(at, nowMs)}
    </time>
  )
  return isFocusable ? <Explain why={absoluteTime(at)}>{time}</Explain> : time
}

/** A value that is not known, with the reason on focus. Never shown as zero. */
export function Unknown({ why }: { why: string }) {
  return (
    <Explain why={why} label={why}>
      {TEXTS.common.unknown}
    </Explain>
  )
}

const STATE_LOOKS: Readonly<Record<DraftView['state'], { tone: Tone; icon: IconName }>> = {
  pending: { tone: 'accent', icon: 'clock' },
  armed: { tone: 'accent', icon: 'clock' },
  approved: { tone: 'accent', icon: 'sync' },
  applying: { tone: 'accent', icon: 'sync' },
  applied: { tone: 'good', icon: 'check' },
  partial: { tone: 'danger', icon: 'warn' },
  apply_failed: { tone: 'danger', icon: 'warn' },
  unknown: { tone: 'warn', icon: 'warn' },
  rejected: { tone: 'neutral', icon: 'cross' },
  withdrawn: { tone: 'neutral', icon: 'undo' },
  stale: { tone: 'warn', icon: 'warn' },
  expired: { tone: 'neutral', icon: 'clock' },
  superseded: { tone: 'neutral', icon: 'cross' },
  rolled_back: { tone: 'neutral', icon: 'undo' },
}
export function StateChip({ draft }: { draft: DraftView }) {
  if (isBlocked(draft))
    return (
      <Chip tone="warn" icon="block">
        {TEXTS.states.blocked}
      </Chip>
    )
  const look = STATE_LOOKS[draft.state]
  return (
    <Chip tone={look.tone} icon={look.icon}>
      {TEXTS.states[draft.state]}
    </Chip>
  )
}

const POLICY_LOOKS = {
  pass: { tone: 'neutral', icon: 'shield' },
  clamp: { tone: 'warn', icon: 'shield' },
  block: { tone: 'warn', icon: 'block' },
} as const
export function PolicyChip({ policy }: { policy: PolicyView }) {
  const look = POLICY_LOOKS[policy.outcome]
  return (
    <Chip tone={look.tone} icon={look.icon}>
      {TEXTS.policy[policy.outcome]}
    </Chip>
  )
}

/** What the rules said, in their own words. */
export function RuleList({ policy }: { policy: PolicyView }) {
  if (policy.rules.length === 0) return null
  return (
    <ul className="flex flex-col gap-1">
      {policy.rules.map((verdict) => (
        <li key={`${verdict.rule} ${verdict.k ?? ''} ${verdict.outcome}`} className="flex gap-1.5">
          <Icon name={verdict.outcome === 'block' ? 'block' : 'shield'} size={14} className="mt-0.5 text-warn" />
          <span>{verdict.message}</span>
        </li>
      ))}
    </ul>
  )
}

/** The whole window is affected: the notice at the top says so. */
const GONE: readonly string[] = ['app_not_running', 'not_authorized']

/** An error where it happened: what, what not, what to do. With `onRetry` it offers to try again. */
export function ErrorNotice({ error, title, onRetry }: { error: unknown; title?: string; onRetry?: () => void }) {
  const reply = errorReply(error)
  const words = title === undefined ? reply.message : title
  const rest = title === undefined ? reply.hint : `${reply.message} ${reply.hint}`
  return onRetry === undefined ? (
    <Notice tone="danger" title={words}>
      {rest}
    </Notice>
  ) : (
    <RetryNotice
      title={words}
      hint={title === undefined || GONE.includes(reply.code) ? rest : `${rest} ${TEXTS.common.unaffected}`}
      retryLabel={TEXTS.common.retry}
      onRetry={onRetry}
    />
  )
}

/** The reason or any other text by someone else: bordered, quoted, with who wrote it. */
export function Quoted({ text, who, label }: { text: string; who: string; label: string }) {
  return (
    <figure>
      <figcaption className="mb-1 flex items-baseline justify-between gap-3 text-xs text-ink-2">
        <span className="font-medium">{label}</span>
        <span className="foreign">{who}</span>
      </figcaption>
      <blockquote
        dir="auto"
        title={TEXTS.draft.untrusted}
        className="foreign rounded-md border border-line border-l-line-strong border-l-2 bg-sunken px-3 py-2 whitespace-pre-wrap"
      >
        {text.trim() === '' ? <span className="text-ink-3">{TEXTS.draft.noReason}</span> : visible(text, true)}
      </blockquote>
    </figure>
  )
}
