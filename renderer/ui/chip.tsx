import type { ReactNode } from 'react'
import { Icon, type IconName } from './icon.tsx'

export type Tone = 'neutral' | 'good' | 'warn' | 'danger' | 'accent'
const TONES: Readonly<Record<Tone, string>> = {
  neutral: 'bg-sunken text-ink-2 border-line',
  good: 'bg-good-soft text-good border-transparent',
  warn: 'bg-warn-soft text-warn border-transparent',
  danger: 'bg-danger-soft text-danger border-transparent',
  accent: 'bg-selected text-accent-ink border-transparent',
}

/** A small fact with a word in it: colour only underlines what the word already says. */
export function Chip({ tone = 'neutral', icon, children }: { tone?: Tone; icon?: IconName; children: ReactNode }) {
  return (
    <span
      className={`inline-flex h-5 max-w-full items-center gap-1 rounded border px-1.5 text-2xs font-medium whitespace-nowrap ${TONES[tone]}`}
    >
      {icon === undefined ? null : <Icon name={icon} size={12} />}
      {children}
    </span>
  )
}
