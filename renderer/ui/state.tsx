import type { ReactNode } from 'react'
import { Button } from './button.tsx'
import { Icon, type IconName } from './icon.tsx'

/** What a list shows when it has nothing: what it is for, and what to do next. */
export function Empty({
  icon,
  title,
  children,
  action,
}: {
  icon: IconName
  title: string
  children?: ReactNode
  action?: ReactNode
}) {
  return (
    <div className="mx-auto flex max-w-md flex-col items-center gap-2 px-6 py-14 text-center">
      <span className="grid size-10 place-items-center rounded-xl border border-line bg-surface text-ink-3">
        <Icon name={icon} size={20} />
      </span>
      <h2 className="text-md">{title}</h2>
      <div className="text-ink-2">{children}</div>
      {action === undefined ? null : <div className="mt-2 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  )
}

/** Something that needs reading before going on. Stays where it belongs until it is handled. */
export function Notice({
  tone,
  title,
  children,
  action,
}: {
  tone: 'info' | 'good' | 'warn' | 'danger'
  title: ReactNode
  children?: ReactNode
  action?: ReactNode
}) {
  const look = {
    info: 'border-line bg-sunken',
    good: 'border-transparent bg-good-soft',
    warn: 'border-transparent bg-warn-soft',
    danger: 'border-transparent bg-danger-soft',
  }[tone]
  const colour = { info: 'text-ink-2', good: 'text-good', warn: 'text-warn', danger: 'text-danger' }[tone]
  const icon = ({ info: 'info', good: 'check', warn: 'warn', danger: 'warn' } as const)[tone]
  return (
    <div role={tone === 'danger' ? 'alert' : 'note'} className={`flex gap-2.5 rounded-lg border px-3 py-2.5 ${look}`}>
      <Icon name={icon} className={`mt-0.5 ${colour}`} />
      <div className="min-w-0 flex-1">
        <p className="foreign font-semibold">{title}</p>
        {children === undefined ? null : <div className="foreign mt-0.5 text-ink-2">{children}</div>}
        {action === undefined ? null : <div className="mt-2 flex flex-wrap gap-2">{action}</div>}
      </div>
    </div>
  )
}

export function RetryNotice({
  title,
  hint,
  retryLabel,
  onRetry,
}: {
  title: string
  hint: string
  retryLabel: string
  onRetry: () => void
}) {
  return (
    <Notice tone="danger" title={title} action={<Button onPress={onRetry}>{retryLabel}</Button>}>
      {hint}
    </Notice>
  )
}

/** Grey rows of the final height, so that nothing jumps when data arrives. */
export function SkeletonRows({ rows, height = 32, label }: { rows: number; height?: number; label: string }) {
  return (
    <div role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className="flex items-center border-b border-line px-3" style={{ height }}>
          <span className="skeleton h-3" style={{ width: `${38 + ((index * 17) % 40)}%` }} />
        </div>
      ))}
    </div>
  )
}
