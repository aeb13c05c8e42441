/** How conversions are counted, and how sure that is. The same words in reports, on the screen and for AI clients. */

/**
 * What a report counts as a conversion. `click_7d` is the primary one on every platform; `click_7d_view_1d` is what many platform screens
 * show, offered for comparison only.
 */
export const ATTRIBUTIONS = ['click_7d', 'click_1d', 'click_28d', 'click_7d_view_1d'] as const
export type Attribution = (typeof ATTRIBUTIONS)[number]

/**
 * How a cell came to its window.
 * - exact: the platform counted by the asked window, because it was asked to or because every ad group in it is set so.
 * - approximated: put together from the platform's lag buckets (Google), or the setting was read after the days were over.
 * - own_window: the platform counts by another window of its own and cannot be asked otherwise.
 * - mixed: parts of the cell differ in the above.
 * - not_available: the platform has no such window. The value is null, never zero.
 * - unknown: the platform did not say the conversions at all.
 */
export const WINDOW_STATUSES = ['exact', 'approximated', 'own_window', 'mixed', 'not_available', 'unknown'] as const
export type WindowStatus = (typeof WINDOW_STATUSES)[number]

/**
 * How platform claims were brought to a 7-day click, per platform of a period.
 * - exact; lower_bound (a shorter window); upper_bound (a longer or mixed one); estimated; unavailable.
 */
export const CLAIM_STATUSES = ['exact', 'lower_bound', 'upper_bound', 'estimated', 'unavailable'] as const
export type ClaimStatus = (typeof CLAIM_STATUSES)[number]

/** A day whose conversions are still arriving is immature; unknown where nothing was fetched. */
export const MATURITIES = ['mature', 'immature', 'unknown'] as const
export type Maturity = (typeof MATURITIES)[number]

/** Sales tax, shipping and the like never matter here: an order is worth its net value once, or nothing. */
export const CLICK_ID_TYPES = ['gclid', 'gbraid', 'wbraid', 'fbclid', 'fbc', 'ttclid'] as const
export type ClickIdType = (typeof CLICK_ID_TYPES)[number]

/** Dates on which a platform changed what its numbers mean. A comparison across one is marked. */
export interface DefinitionBreak {
  readonly date: string
  readonly platform: 'google_ads' | 'meta' | 'tiktok'
  readonly text: string
}
export const DEFINITION_BREAKS: readonly DefinitionBreak[] = [
  {
    date: '2026-01-12',
    platform: 'meta',
    text: 'Meta ended its 7-day and 28-day view windows: numbers that counted them stop here.',
  },
  {
    date: '2026-03-01',
    platform: 'meta',
    text: 'From March to April 2026 Meta narrowed click-through to clicks on links: fewer conversions count as clicks than before.',
  },
]
