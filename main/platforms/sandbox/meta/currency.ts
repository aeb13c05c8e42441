/**
 * Meta's own currency table: minor units per main unit. It is not ISO 4217: forint, rupiah, Taiwan dollar, Colombian peso and colón have
 * offset 1 here, and no currency has 1000 (developers.facebook.com/docs/marketing-api/currencies).
 */

const OFFSET_ONE = new Set(['CLP', 'COP', 'CRC', 'HUF', 'IDR', 'ISK', 'JPY', 'KRW', 'PYG', 'TWD', 'VND'])

export function metaOffset(currency: string): 1 | 100 {
  return OFFSET_ONE.has(currency) ? 1 : 100
}

/** Minor units as a plain decimal of main units: 1234 at 100 → "12.34", at 1 → "1234". */
export function spendText(minor: number, offset: 1 | 100): string {
  return offset === 1 ? String(minor) : `${Math.floor(minor / 100)}.${String(minor % 100).padStart(2, '0')}`
}

/** The same without trailing zeros, as Meta writes values of actions: 31050 at 100 → "310.5". */
export function valueText(minor: number, offset: 1 | 100): string {
  const text = spendText(minor, offset)
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}

/** Smallest daily budgets of a currency, minor units (GET /act_…/minimum_budgets). */
export interface MinimumBudgets {
  readonly currency: string
  readonly min_daily_budget_imp: number
  readonly min_daily_budget_low_freq: number
  readonly min_daily_budget_high_freq: number
  readonly min_daily_budget_video_views: number
}

export function minimumBudgets(currency: string, euroRate: number): MinimumBudgets {
  const base = Math.round(0.93 * euroRate * metaOffset(currency))
  return {
    currency,
    min_daily_budget_imp: base,
    min_daily_budget_low_freq: base * 40,
    min_daily_budget_high_freq: base * 5,
    min_daily_budget_video_views: base,
  }
}

/** The largest daily budget the sandbox takes, minor units: far above any shop, far below what a number can hold. */
export function maximumBudget(euroRate: number, offset: 1 | 100): number {
  return Math.round(1_000_000 * euroRate) * offset
}
