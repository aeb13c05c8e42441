/** What the window remembers between visits: theme, dates, chart or table. Nothing secret, nothing about money. */
import { create } from 'zustand'
import type { RangeChoice } from './day-range.ts'

export type Theme = 'system' | 'light' | 'dark'
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
    const isDay = (value: unknown): value is string =>
      typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(`${value}T00:00:00Z`))
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
