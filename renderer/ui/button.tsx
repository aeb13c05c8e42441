import type { ReactNode } from 'react'
import { Button as AriaButton, type ButtonProps as AriaButtonProps, Link as AriaLink } from 'react-aria-components'
import { Icon, type IconName } from './icon.tsx'

export type ButtonLook = 'primary' | 'plain' | 'quiet' | 'danger'

const LOOKS: Readonly<Record<ButtonLook, string>> = {
  primary: 'bg-accent text-on-accent hover:bg-accent-hover pressed:bg-accent-hover border-transparent',
  plain: 'bg-raised text-ink border-line hover:bg-hover pressed:bg-hover',
  quiet: 'bg-transparent text-ink-2 border-transparent hover:bg-hover hover:text-ink pressed:bg-hover',
  danger: 'bg-danger-fill text-on-accent border-transparent hover:opacity-90',
}
const SIZES = { small: 'h-6 px-2 text-xs', normal: 'h-7 px-2.5', large: 'h-9 px-4 text-md' } as const

export interface ButtonProps extends Omit<AriaButtonProps, 'className' | 'children' | 'style' | 'isPending'> {
  /** Something is going on: presses are ignored, focus stays. */
  readonly isPending?: boolean
  readonly look?: ButtonLook
  readonly size?: keyof typeof SIZES
  readonly icon?: IconName
  readonly className?: string
  readonly children?: ReactNode
}

function looks(look: ButtonLook, size: keyof typeof SIZES, extra: string | undefined): string {
  return `inline-flex shrink-0 cursor-default items-center justify-center gap-1.5 rounded-md border font-medium whitespace-nowrap select-none disabled:opacity-55 ${SIZES[size]} ${LOOKS[look]} ${extra ?? ''}`
}

const ignore = (): void => {}

/** A verb. While `isPending` it keeps its width and its focus and shows that something is going on. */
export function Button({
  look = 'plain',
  size = 'normal',
  icon,
  className,
  children,
  isPending = false,
  ...rest
}: ButtonProps) {
  // Not the library's own pending state: that announces through an element which outlives the button without a name.
  const pending = isPending ? ({ 'aria-disabled': true, type: 'button', onPress: ignore } as const) : {}
  return (
    <AriaButton {...rest} {...pending} className={`${looks(look, size, className)} ${isPending ? 'opacity-80' : ''}`}>
      {isPending ? (
        <span aria-hidden="true" className="spinner size-3.5" />
      ) : icon === undefined ? null : (
        <Icon name={icon} size={14} />
      )}
      {children}
    </AriaButton>
  )
}

/** A square button with an icon only; its name is spoken and shown on hover. */
export function IconButton({
  label,
  icon,
  className,
  ...rest
}: Omit<ButtonProps, 'children' | 'look' | 'size'> & { readonly label: string; readonly icon: IconName }) {
  return (
    <span title={label} className="inline-flex">
      <AriaButton
        {...rest}
        aria-label={label}
        className={`inline-flex size-7 shrink-0 items-center justify-center rounded-md text-ink-2 hover:bg-hover hover:text-ink disabled:opacity-50 ${className ?? ''}`}
      >
        <Icon name={icon} />
      </AriaButton>
    </span>
  )
}

/** A place to go, drawn as a button. */
export function LinkButton({
  href,
  look = 'plain',
  size = 'normal',
  icon,
  children,
}: {
  href: string
  look?: ButtonLook
  size?: keyof typeof SIZES
  icon?: IconName
  children: ReactNode
}) {
  return (
    <AriaLink href={href} className={looks(look, size, 'no-underline')}>
      {icon === undefined ? null : <Icon name={icon} size={14} />}
      {children}
    </AriaLink>
  )
}
