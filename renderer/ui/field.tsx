import { type ReactNode, useId } from 'react'
import {
  FieldError,
  Input,
  Label,
  Radio,
  RadioGroup,
  Switch as AriaSwitch,
  Text,
  TextArea,
  TextField as AriaTextField,
} from 'react-aria-components'
import { Icon } from './icon.tsx'

const BOX =
  'w-full rounded-md border border-line-strong bg-surface px-2.5 text-md text-ink invalid:border-danger disabled:opacity-60'

export interface TextFieldProps {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
  readonly help?: ReactNode
  readonly error?: string | null
  readonly type?: 'text' | 'password'
  readonly isMultiline?: boolean
  /** The label is spoken only; the placeholder says it to the eye. */
  readonly isLabelHidden?: boolean
  readonly isRequired?: boolean
  readonly isDisabled?: boolean
  readonly autoFocus?: boolean
  readonly autoComplete?: string
  readonly inputMode?: 'text' | 'decimal' | 'numeric'
  readonly placeholder?: string
  readonly maxLength?: number
  readonly onKey?: (key: string) => void
}

export function TextField(props: TextFieldProps) {
  const { label, help, error = null, isMultiline = false, placeholder = '', maxLength, inputMode } = props
  return (
    <AriaTextField
      value={props.value}
      onChange={props.onChange}
      type={props.type ?? 'text'}
      isInvalid={error !== null}
      isRequired={props.isRequired ?? false}
      isDisabled={props.isDisabled ?? false}
      // A dialog's first field: the person opened it to type there.
      // oxlint-disable-next-line jsx-a11y/no-autofocus
      autoFocus={props.autoFocus ?? false}
      autoComplete={props.autoComplete ?? 'off'}
      validationBehavior="aria"
      className="flex flex-col gap-1"
      onKeyDown={(event) => {
        props.onKey?.(event.key)
        event.continuePropagation()
      }}
      {...(maxLength === undefined ? {} : { maxLength })}
      {...(inputMode === undefined ? {} : { inputMode })}
    >
      <Label className={props.isLabelHidden === true ? 'sr-only' : 'font-medium'}>{label}</Label>
      {isMultiline ? (
        <TextArea rows={3} placeholder={placeholder} className={`${BOX} min-h-18 resize-y py-1.5`} />
      ) : (
        <Input placeholder={placeholder} spellCheck={false} className={`${BOX} h-8`} />
      )}
      {help === undefined ? null : (
        <Text slot="description" className="text-xs text-ink-2">
          {help}
        </Text>
      )}
      <FieldError className="flex items-start gap-1 text-xs text-danger">
        {error === null ? null : (
          <>
            <Icon name="warn" size={14} className="mt-px" />
            <span>{error}</span>
          </>
        )}
      </FieldError>
    </AriaTextField>
  )
}

export function Choice<T extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string
  value: T
  options: readonly {
    readonly value: T
    readonly label: string
    readonly help?: string
    readonly isDisabled?: boolean
  }[]
  onChange: (value: T) => void
}) {
  return (
    <RadioGroup value={value} onChange={(next) => onChange(next as T)} className="flex flex-col gap-1.5">
      <Label className="font-medium">{label}</Label>
      {options.map((option) => (
        <Radio
          key={option.value}
          value={option.value}
          isDisabled={option.isDisabled ?? false}
          className="group flex items-start gap-2 rounded-md border border-line bg-surface px-2.5 py-2 text-md selected:border-accent selected:bg-selected"
        >
          <span
            aria-hidden="true"
            className="mt-0.5 grid size-4 shrink-0 place-items-center rounded-full border border-line-strong bg-surface group-selected:border-accent group-disabled:opacity-50"
          >
            <span className="size-2 rounded-full bg-accent opacity-0 group-selected:opacity-100" />
          </span>
          <span>
            <span className="block group-disabled:text-ink-2">{option.label}</span>
            {option.help === undefined ? null : <span className="block text-xs text-ink-2">{option.help}</span>}
          </span>
        </Radio>
      ))}
    </RadioGroup>
  )
}

/** The platform's own drop-down list: works everywhere, by keyboard and by reader. */
export function Select<T extends string>({
  label,
  value,
  options,
  onChange,
  isLabelHidden = false,
  className = '',
}: {
  label: string
  value: T
  options: readonly { readonly value: T; readonly label: string }[]
  onChange: (value: T) => void
  isLabelHidden?: boolean
  className?: string
}) {
  const id = useId()
  return (
    <span className="inline-flex items-center gap-1.5">
      <label htmlFor={id} className={isLabelHidden ? 'sr-only' : 'text-ink-2'}>
        {label}
      </label>
      <select
        id={id}
        value={value}
        onChange={(event) => onChange(event.target.value as T)}
        className={`h-7 rounded-md border border-line bg-raised px-1.5 text-ink hover:bg-hover ${className}`}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </span>
  )
}

/** On or off, with the state in words beside it. Takes effect at once. */
export function Switch({
  label,
  text,
  isSelected,
  onChange,
  isDisabled = false,
  isLabelHidden = false,
}: {
  label: string
  text: string
  isSelected: boolean
  onChange: (isSelected: boolean) => void
  isDisabled?: boolean
  isLabelHidden?: boolean
}) {
  return (
    <AriaSwitch
      isSelected={isSelected}
      onChange={onChange}
      isDisabled={isDisabled}
      {...(isLabelHidden ? { 'aria-label': label } : {})}
      className="group inline-flex cursor-default items-center gap-2 disabled:opacity-60"
    >
      <span
        aria-hidden="true"
        className="relative h-4 w-7 rounded-full border border-line-strong bg-sunken group-selected:border-accent group-selected:bg-accent"
      >
        <span className="absolute top-px left-px size-3 rounded-full bg-raised shadow-pop group-selected:left-[13px]" />
      </span>
      {isLabelHidden ? null : <span>{label}</span>}
      <span className="text-ink-2">{text}</span>
    </AriaSwitch>
  )
}
