/** Edits quiet hours: days on which they begin, from, to. Shows what is wrong beside it; decides nothing. */
import type { QuietWindowView } from '../../../shared/schemas/policy.ts'
import { fill } from '../../format.ts'
import { SETTINGS_TEXTS } from '../../texts-settings.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { Checkbox } from '../../ui/checkbox.tsx'
import { TextField } from '../../ui/field.tsx'
import { quietError } from './limits-form.ts'

const { quiet: t } = SETTINGS_TEXTS
const MAX_WINDOWS = 14
const NEW: QuietWindowView = { days: [1, 2, 3, 4, 5, 6, 7], from: '22:00', to: '06:00' }

function Window({
  window,
  number,
  onChange,
  onRemove,
}: {
  window: QuietWindowView
  number: number
  onChange: (window: QuietWindowView) => void
  onRemove: () => void
}) {
  const error = quietError(window)
  const toggle = (day: number): void =>
    onChange({
      ...window,
      days: window.days.includes(day)
        ? window.days.filter((each) => each !== day)
        : [...window.days, day].toSorted((a, b) => a - b),
    })
  const isNextDay = error === null && window.to <= window.from
  return (
    <li aria-label={fill(t.window, { number })} className="flex flex-wrap items-start gap-x-4 gap-y-2 px-3 py-2">
      <div role="group" aria-label={t.daysLabel} className="flex flex-wrap items-center gap-1 self-center">
        {t.daysShort.map((name, index) => (
          <Checkbox key={name} isSelected={window.days.includes(index + 1)} onChange={() => toggle(index + 1)}>
            <span aria-hidden="true">{name}</span>
            <span className="sr-only">{t.days[index]}</span>
          </Checkbox>
        ))}
      </div>
      <div className="w-24">
        <TextField
          label={t.from}
          value={window.from}
          onChange={(from) => onChange({ ...window, from: from.trim() })}
          maxLength={5}
        />
      </div>
      <div className="w-24">
        <TextField
          label={t.to}
          value={window.to}
          onChange={(to) => onChange({ ...window, to: to.trim() })}
          maxLength={5}
          {...(isNextDay ? { help: t.next } : {})}
        />
      </div>
      <span className="ml-auto self-center">
        <IconButton icon="cross" label={`${t.remove}: ${number}`} onPress={onRemove} />
      </span>
      {error === null ? null : (
        <p role="alert" className="w-full text-xs text-danger">
          {error}
        </p>
      )}
    </li>
  )
}

export function QuietHours({
  windows,
  onChange,
}: {
  windows: readonly QuietWindowView[]
  onChange: (windows: QuietWindowView[]) => void
}) {
  return (
    <div className="flex flex-col gap-2">
      {windows.length === 0 ? (
        <p className="text-ink-2">{t.none}</p>
      ) : (
        <ul className="divide-y divide-line rounded-md border border-line">
          {windows.map((window, at) => (
            // Windows have no name but their place.
            // oxlint-disable-next-line react/no-array-index-key
            <Window
              key={at}
              number={at + 1}
              window={window}
              onChange={(next) => onChange(windows.map((each, index) => (index === at ? next : each)))}
              onRemove={() => onChange(windows.filter((_, index) => index !== at))}
            />
          ))}
        </ul>
      )}
      <div>
        <Button icon="plus" isDisabled={windows.length >= MAX_WINDOWS} onPress={() => onChange([...windows, NEW])}>
          {t.add}
        </Button>
      </div>
    </div>
  )
}
