/** How the conversions of a cell came to their window, as far as counts of its facts prove it. Pure. */
import type { Attribution, WindowStatus } from '../../../shared/domain/attribution.ts'
import type { Cell } from './cell.ts'

const WANTED_DAYS: Readonly<Record<Attribution, number>> = {
  click_7d: 7,
  click_1d: 1,
  click_28d: 28,
  click_7d_view_1d: 7,
}

/**
 * "exact" is said only when every single fact was asked for by the window, or (7-day click alone) every ad group is set to it and was so when
 * its days were over. Windows of views are no part of a sum of facts: with views, only what was asked for is exact.
 */
export function windowOf(attribution: Attribution, cell: Cell): { status: WindowStatus; click_days: number | null } {
  const { facts, windows } = cell
  if (facts === 0n || (cell.known.conversions === 0n && windows.unavailable === 0n))
    return { status: 'unknown', click_days: null }
  if (cell.known.conversions === 0n) return { status: 'not_available', click_days: null }
  if (windows.unavailable > 0n) return { status: 'mixed', click_days: null }
  const wanted = WANTED_DAYS[attribution]
  if (attribution === 'click_1d' || attribution === 'click_28d') return askedFor(cell, wanted)
  // Numbers are all equal exactly when their count times the sum of their squares is the square of their sum.
  const isCommon =
    windows.known > 0n && windows.known === facts && windows.known * windows.squares === windows.days * windows.days
  if (windows.known === 0n) return { status: 'own_window', click_days: null }
  if (!isCommon) return { status: 'mixed', click_days: null }
  const days = Number(windows.days / windows.known)
  if (days !== wanted) return { status: 'own_window', click_days: days }
  if (attribution === 'click_7d_view_1d') {
    const { status } = askedFor(cell, wanted)
    return { status: status === 'mixed' && windows.requested === 0n ? 'own_window' : status, click_days: days }
  }
  if (windows.approximated === 0n) return { status: 'exact', click_days: days }
  return { status: windows.approximated === facts ? 'approximated' : 'mixed', click_days: days }
}

/** Columns of their own, which a platform fills because it was asked to, or which come from its lag buckets. */
function askedFor({ facts, windows }: Cell, days: number): { status: WindowStatus; click_days: number | null } {
  if (windows.requested === facts) return { status: 'exact', click_days: days }
  if (windows.approximated === facts) return { status: 'approximated', click_days: days }
  return { status: 'mixed', click_days: null }
}
