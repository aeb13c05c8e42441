/** What the window remembers between visits: theme, dates, chart or table, views of the report. Nothing secret, nothing about money. */
import { create } from 'zustand'
import { RANGES, type RangeChoice } from './day-range.ts'
import {
  DEFAULT_CHOICES,
  type ReportChoices,
  readChoices,
  readDay,
  readViews,
  type SavedView,
} from './report-choices.ts'

export type Theme = 'system' | 'light' | 'dark'
export interface Settings {
  readonly theme: Theme
  readonly range: RangeChoice
  readonly customStart: string
  readonly customEnd: string
  readonly currency: string | null
  readonly isTable: boolean
  readonly report: ReportChoices
  readonly views: readonly SavedView[]
}

const KEY = 'spendsignoff.window'
const DEFAULTS: Settings = {
  theme: 'system',
  range: '28',
  customStart: '',
  customEnd: '',
  currency: null,
  isTable: false,
  report: DEFAULT_CHOICES,
  views: [],
}
const THEMES: readonly Theme[] = ['system', 'light', 'dark']

function read(): Settings {
  try {
    const stored = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Record<keyof Settings, unknown>>
    return {
      theme: THEMES.find((each) => each === stored.theme) ?? DEFAULTS.theme,
      range: RANGES.find((each) => each === stored.range) ?? DEFAULTS.range,
      customStart: readDay(stored.customStart),
      customEnd: readDay(stored.customEnd),
      currency: typeof stored.currency === 'string' ? stored.currency.slice(0, 3) : null,
      isTable: stored.isTable === true,
      report: readChoices(stored.report),
      views: readViews(stored.views),
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

/** Changes some of what the report is shown by. */
export function setReport(change: Partial<ReportChoices>): void {
  set({ report: { ...useSettings.getState().report, ...change } })
}

export function applyTheme(): void {
  const { theme } = useSettings.getState()
  if (theme === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = theme
}
