/** The days that the figures are for: presets of complete days, or two dates of one's own. */
import { clock } from '../clock.ts'
import { RANGES, type RangeChoice } from '../day-range.ts'
import { addDays, todayIn } from '../format.ts'
import { useRead } from '../queries.ts'
import { set, useSettings } from '../settings.ts'
import { TEXTS } from '../texts.ts'
import { Select } from '../ui/field.tsx'

const DAY = 'h-7 rounded-md border border-line bg-raised px-1.5'

export function Dates() {
  const settings = useSettings()
  const today = todayIn(undefined, clock.nowMs())
  const accounts = useRead('list_accounts', {}).data?.accounts
  if (accounts?.length === 0) return null // nothing that the dates could choose from
  const choose = (range: RangeChoice) =>
    set(
      range === 'custom' && settings.customStart === ''
        ? { range, customStart: addDays(today, -28), customEnd: addDays(today, -1) }
        : { range },
    )
  return (
    <>
      <Select<RangeChoice>
        label={TEXTS.bar.range}
        isLabelHidden
        value={settings.range}
        onChange={choose}
        options={RANGES.map((value) => ({ value, label: TEXTS.bar.ranges[value] }))}
      />
      {settings.range === 'custom' ? (
        <span className="flex items-center gap-1">
          <input
            type="date"
            aria-label={TEXTS.bar.from}
            className={DAY}
            value={settings.customStart}
            max={today}
            onChange={(event) => event.target.value !== '' && set({ customStart: event.target.value })}
          />
          <input
            type="date"
            aria-label={TEXTS.bar.to}
            className={DAY}
            value={settings.customEnd}
            max={today}
            onChange={(event) => event.target.value !== '' && set({ customEnd: event.target.value })}
          />
        </span>
      ) : null}
    </>
  )
}
