import type { ReactNode } from 'react'
import { Dialog, DialogTrigger, Popover as AriaPopover } from 'react-aria-components'
import { Button } from './button.tsx'
import { Icon, type IconName } from './icon.tsx'

/** A button that opens a small panel beside it. Escape and a click outside close it; the focus comes back to the button. */
export function Popover({
  label,
  text,
  icon,
  isMarked = false,
  children,
}: {
  /** The panel's name, spoken. */
  label: string
  text: string
  icon?: IconName
  /** What is chosen inside is not the usual. */
  isMarked?: boolean
  children: ReactNode | ((close: () => void) => ReactNode)
}) {
  return (
    <DialogTrigger>
      <Button {...(icon === undefined ? {} : { icon })} className={isMarked ? 'border-accent text-accent-ink' : ''}>
        <span className="max-w-52 truncate">{text}</span>
        <Icon name="down" size={10} />
      </Button>
      <AriaPopover
        placement="bottom start"
        offset={4}
        className="flex w-80 max-w-[calc(100vw-2rem)] flex-col overflow-hidden rounded-lg bg-raised shadow-pop"
      >
        <Dialog
          aria-label={label}
          className="flex max-h-[min(70vh,28rem)] min-h-0 flex-col gap-3 overflow-y-auto p-3 outline-none"
        >
          {({ close }) => (typeof children === 'function' ? children(close) : children)}
        </Dialog>
      </AriaPopover>
    </DialogTrigger>
  )
}
