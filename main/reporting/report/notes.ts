/** What the numbers mean, in plain sentences: per platform how its window came about, and of the whole report how to read it. Pure. */
import { type Attribution, DEFINITION_BREAKS } from '../../../shared/domain/attribution.ts'
import type { Platform } from '../../../shared/domain/ids.ts'
import { dateOf } from '../calendar.ts'
import type { Cell } from './cell.ts'
import type { ReportRange } from './scope.ts'
import { windowOf } from './window.ts'

export const PLATFORM_NAMES: Readonly<Record<Platform, string>> = {
  google_ads: 'Google Ads',
  meta: 'Meta',
  tiktok: 'TikTok',
}
const WINDOW_NAMES: Readonly<Record<Attribution, string>> = {
  click_7d: 'within 7 days of a click',
  click_1d: 'within 1 day of a click',
  click_28d: 'within 28 days of a click',
  click_7d_view_1d: 'within 7 days of a click, or 1 day of a view',
}
const MAX_NOTES = 12

export type Origin = 'synced' | 'imported' | 'both'

/** Where the window of a platform's (or account's) conversions comes from. One sentence or two. */
export function windowNote(platform: Platform, attribution: Attribution, cell: Cell, origin: Origin): string {
  const { status, click_days: days } = windowOf(attribution, cell)
  const name = PLATFORM_NAMES[platform]
  if (cell.facts === 0n) return `${name} has no numbers on these days.`
  if (status === 'unknown') return `${name} does not say the conversions of what ran on these days.`
  if (status === 'not_available')
    return `${name} does not give conversions ${WINDOW_NAMES[attribution]}: they are left out, not zero.`
  if (origin === 'imported') return importedNote(days)
  const note = OWN_NOTES[platform](attribution, status, days)
  return origin === 'both' ? `${note} Imported files count by the window they were exported with.` : note
}

function importedNote(days: number | null): string {
  return days === null
    ? 'From imported files, which count by windows that differ or that they do not say.'
    : `From imported files, counted ${spanOf(days)} as the files say.`
}

const spanOf = (days: number): string =>
  days === 0 ? 'with click attribution switched off' : `within ${days} ${days === 1 ? 'day' : 'days'} of a click`

type Note = (attribution: Attribution, status: string, days: number | null) => string

const OWN_NOTES: Readonly<Record<Platform, Note>> = {
  google_ads: (attribution, status) => {
    if (status === 'own_window')
      return 'Google Ads counts by the windows of its conversion actions here; how long after the ad they came is not known.'
    const span = attribution === 'click_1d' ? 'one day' : 'seven days'
    const views =
      attribution === 'click_7d_view_1d' ? ' View-through conversions are added; Google gives them no value.' : ''
    return `Google Ads conversions up to ${span} after the ad interaction, put together from its lag buckets. Engaged views are inside, and credit can be fractions.${views}`
  },
  meta: (attribution, status) =>
    status === 'exact'
      ? `Meta was asked for conversions ${WINDOW_NAMES[attribution]}.`
      : 'Parts of Meta’s conversions are counted by different windows.',
  tiktok: (attribution, status, days) => {
    const views = attribution === 'click_7d_view_1d' ? ' Views count by each ad group’s own view window.' : ''
    if (status === 'approximated')
      return `TikTok’s ad groups are set to 7 days after a click now; the setting was read after these days.${views}`
    if (days === null)
      return `TikTok counts by each ad group’s own window, which differ or are not known, and cannot be asked for another.${views}`
    return `TikTok counts by each ad group’s own window, here ${days === 0 ? 'switched off' : `${days} ${days === 1 ? 'day' : 'days'} after a click`}, and cannot be asked for another.${views}`
  },
}

export interface NoteFacts {
  readonly attribution: Attribution
  readonly range: ReportRange
  readonly platforms: ReadonlySet<Platform>
  readonly total: readonly Cell[]
  readonly convertedTo: string | null
  readonly hasRemainder: boolean
  readonly hasImmature: boolean
}

/** For whoever reads the numbers without having seen the app: an AI client, a script. */
export function definitionNotes(of: NoteFacts): string[] {
  const isClickOnly = of.attribution !== 'click_7d_view_1d'
  const notes = [
    `Conversions are those ${WINDOW_NAMES[of.attribution]}${isClickOnly ? '; view-through and engaged-view have their own columns and are never added in' : ''}.`,
    'ROAS is conversion value over all spend; roas_measured leaves out spend whose conversions the platform does not say.',
    'reported_ columns are what each platform’s own screen says, by its own windows.',
  ]
  if (!isClickOnly)
    notes.push('View-through credits sales that came without a click: use it to compare with platform screens only.')
  if (of.total.some((cell) => cell.windows.unavailable > 0n))
    notes.push('One of the platforms has no such window: its conversions are left out of the sums, its spend is not.')
  if (of.convertedTo !== null)
    notes.push(
      `Amounts are converted to ${of.convertedTo} day by day, by the last rate published in the week up to that day.`,
    )
  if (of.hasRemainder)
    notes.push('is_remainder rows hold what a platform gives for the level above and for none of its parts.')
  if (of.hasImmature)
    notes.push(
      'Immature means conversions are still arriving; known_share is the part expected to be there. Spend is final.',
    )
  return [...notes, ...breaksInside(of.platforms, of.range)].slice(0, MAX_NOTES)
}

function breaksInside(platforms: ReadonlySet<Platform>, { startDay, endDay }: ReportRange): readonly string[] {
  return DEFINITION_BREAKS.filter(
    ({ date, platform }) => platforms.has(platform) && date > dateOf(startDay) && date <= dateOf(endDay),
  ).map(({ date, text }) => `Definition changed on ${date}: ${text}`)
}
