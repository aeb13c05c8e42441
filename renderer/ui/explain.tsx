import type { ReactNode } from 'react'
import { Button, Tooltip, TooltipTrigger } from 'react-aria-components'

/** A value that explains itself on focus and hover: why it is unknown, which window it counts, the exact time. */
export function Explain({ why, label, children }: { why: string; label?: string; children: ReactNode }) {
  return (
    <TooltipTrigger delay={300}>
      <Button
        {...(label === undefined ? {} : { 'aria-label': label })}
        className="cursor-help rounded-sm underline decoration-line-strong decoration-dotted underline-offset-2"
      >
        {children}
      </Button>
      <Tooltip offset={6} className="max-w-72 rounded-md bg-ink px-2 py-1 text-xs text-canvas shadow-pop">
        {why}
      </Tooltip>
    </TooltipTrigger>
  )
}
