/** What the window remembers between visits: theme, dates, chart or table. Nothing secret, nothing about money. */
import { create } from 'zustand'
import { addDays } from './format.ts'

export type Theme = 'system' | 'light' | 'dark'
export type RangeChoice = '7' | '14' | '28' | '90' | 'custom'
export interface Settings {
  readonly theme: Theme
  readonly range: RangeChoice
  readonly customStart: string
  readonly customEnd: string
  readonly currency: string | null
  readonly isTable: boolean
}

const KEY = 'spendsignoff.window'
const DEFAULTS: Settings = {
  theme: 'system',
  range: '28',
  customStart: '',
  customEnd: '',
  currency: null,
  isTable: false,
}
const THEMES: readonly Theme[] = ['system', 'light', 'dark']
const RANGES: readonly RangeChoice[] = ['7', '14', '28', '90', 'custom']

function read(): Settings {
  try {
    const stored = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Record<keyof Settings, unknown>>
    const isDay = (value: unknown): value is string => typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value)
    return {
      theme: THEMES.find((each) => each === stored.theme) ?? DEFAULTS.theme,
      range: RANGES.find((each) => each === stored.range) ?? DEFAULTS.range,
      customStart: isDay(stored.customStart) ? stored.customStart : '',
      customEnd: isDay(stored.customEnd) ? stored.customEnd : '',
      currency: typeof stored.currency === 'string' ? stored.currency.slice(0, 3) : null,
      isTable: stored.isTable === true,
    }
  } catch {
    return DEFAULTS // storage switched off or edited by hand
  }
}

export const useSettings = create<Settings>()(() => read())

export function set(change: Partial<Settings>): void {
  useSettings.setState(change)
  applyTheme()
  try {
    localStorage.setItem(KEY, JSON.stringify(useSettings.getState()))
  } catch {
    // Storage switched off: the choice lasts until the window closes.
  }
}

export function applyTheme(): void {
  const { theme } = useSettings.getState()
  if (theme === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = theme
}

export interface DayRange {
  readonly start: string
  readonly end: string
}
/** Presets are complete days, ending yesterday, so that a half day is never compared with a whole one. */
export function chosenRange(settings: Settings, today: string): DayRange {
  if (settings.range === 'custom' && settings.customStart !== '' && settings.customEnd !== '') {
    const [start, end] =
      settings.customStart <= settings.customEnd
        ? [settings.customStart, settings.customEnd]
        : [settings.customEnd, settings.customStart]
    return { start, end: end > today ? today : end }
  }
  const days = settings.range === 'custom' ? 28 : Number(settings.range)
  return { start: addDays(today, -days), end: addDays(today, -1) }
}
