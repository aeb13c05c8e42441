import type { ReactNode } from 'react'

/** The head of a screen: its name and the one question it answers. */
export function ScreenHeader({ title, question, children }: { title: string; question: string; children?: ReactNode }) {
  return (
    <header className="flex min-h-12 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-2">
      <h1 className="text-lg">{title}</h1>
      <p className="text-ink-2">{question}</p>
      <div className="ml-auto flex flex-wrap gap-2">{children}</div>
    </header>
  )
}

/** A quiet group with a heading, for the parts of a screen. */
export function Section({
  title,
  text,
  action,
  children,
}: {
  title: string
  text?: string
  action?: ReactNode
  children: ReactNode
}) {
  return (
    <section aria-label={title} className="flex flex-col gap-2">
      <div className="flex flex-wrap items-end justify-between gap-2">
        <div>
          <h2 className="text-md">{title}</h2>
          {text === undefined ? null : <p className="text-ink-2">{text}</p>}
        </div>
        {action}
      </div>
      {children}
    </section>
  )
}
