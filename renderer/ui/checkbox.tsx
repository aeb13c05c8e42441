import type { ReactNode } from 'react'
import { Checkbox as AriaCheckbox } from 'react-aria-components'
import { Icon } from './icon.tsx'

/** One of several that may be on at the same time. */
export function Checkbox({
  isSelected,
  onChange,
  isDisabled = false,
  children,
}: {
  isSelected: boolean
  onChange: (isSelected: boolean) => void
  isDisabled?: boolean
  children: ReactNode
}) {
  return (
    <AriaCheckbox
      isSelected={isSelected}
      onChange={onChange}
      isDisabled={isDisabled}
      className="group flex min-h-7 cursor-default items-center gap-2 rounded px-1 hover:bg-hover disabled:opacity-60"
    >
      <span
        aria-hidden="true"
        className="grid size-4 shrink-0 place-items-center rounded border border-line-strong bg-surface text-on-accent group-selected:border-accent group-selected:bg-accent"
      >
        <span className="opacity-0 group-selected:opacity-100">
          <Icon name="check" size={12} />
        </span>
      </span>
      <span className="flex min-w-0 flex-1 items-center gap-2">{children}</span>
    </AriaCheckbox>
  )
}
