/** What has to be said beside credited orders: fixed labels, so that the same limit always reads the same. Pure. */
import { DEFINITION_BREAKS } from '../../../shared/domain/attribution.ts'
import type { OutputOf } from '../../../shared/operations.ts'
import { dateOf, dayOf } from '../calendar.ts'

type Credit = NonNullable<OutputOf<'get_order_credit'>['credit']>

export const CREDIT_LABELS = {
  credited: 'De-duplicated by order',
  claimed: 'Claimed by platform',
  views: 'View-through, not counted',
  aggregate: 'Cannot be de-duplicated (aggregate only)',
  immature: 'Immature: conversions still arriving',
} as const

const NAMES = { google_ads: 'Google Ads', meta: 'Meta', tiktok: 'TikTok' } as const
const STATUS_WORDS = {
  lower_bound: 'at least, by a shorter window or without part of its accounts',
  upper_bound: 'at most, by a longer, mixed or unknown window',
  estimated: 'estimated',
  unavailable: 'not known',
} as const
const MAX_NOTES = 10

export interface NoteFacts {
  readonly startDay: number
  readonly endDay: number
  /** Claims of single orders that were never imported. */
  readonly claimsWithoutOrder: number
  /** First day whose conversions may still change; null where nothing does. */
  readonly movingSinceDay: number | null
  /** Platforms whose claims are those of single orders alone. */
  readonly fromOrderClaims: readonly (keyof typeof NAMES)[]
  /** Only some accounts or platforms were asked for. */
  readonly isFiltered: boolean
}

export function creditNotes(credit: Omit<Credit, 'notes'>, facts: NoteFacts): string[] {
  const { platforms } = credit
  const known = platforms.filter(({ claimed }) => claimed !== null)
  const loose = platforms.filter(({ aggregate_only: only }) => only !== null && only > 0)
  const hasViews = platforms.some(({ view_only: views, claimed_view: claimed }) => views > 0 || (claimed ?? 0) > 0)
  const { low, high } = credit.ad_driven
  const notes = [
    `${CREDIT_LABELS.credited}: each order goes whole to one platform, by its last click in the seven days before it.`,
    ...(known.length === 0
      ? []
      : [`${CREDIT_LABELS.claimed}: conversions within seven days after a click.${windows(platforms)}`]),
    ...(hasViews ? [`${CREDIT_LABELS.views}: neither in conversions nor in value nor in ROAS.`] : []),
    ...(loose.length === 0
      ? []
      : [
          `${CREDIT_LABELS.aggregate}: ${loose.map((row) => `${NAMES[row.platform]} ${row.aggregate_only}`).join(', ')}. Ads had a part in between ${low} and ${high} of the orders; how many would have come without them, no click can tell.`,
        ]),
    ...immature(facts),
    ...breaks(credit, facts),
    ...orphans(facts.claimsWithoutOrder),
    ...facts.fromOrderClaims.map(
      (platform) => `${NAMES[platform]} gives no totals here: its claims are those of single orders from files.`,
    ),
    ...(facts.isFiltered
      ? ['Claims and spend are those of what was asked for; orders are credited among all platforms.']
      : []),
  ]
  return notes.slice(0, MAX_NOTES)
}

function windows(platforms: Credit['platforms']): string {
  return platforms
    .flatMap(({ platform, claim_status: status }) =>
      status === 'exact' ? [] : [` ${NAMES[platform]}: ${STATUS_WORDS[status]}.`],
    )
    .join('')
}

function immature({ movingSinceDay, startDay, endDay }: NoteFacts): readonly string[] {
  if (movingSinceDay === null || movingSinceDay > endDay) return []
  return [`${CREDIT_LABELS.immature} since ${dateOf(Math.max(movingSinceDay, startDay))}. Claims can still grow.`]
}

/** A change before the first day or after the last splits nothing. */
function breaks({ platforms }: Omit<Credit, 'notes'>, { startDay, endDay }: NoteFacts): readonly string[] {
  const shown = new Set(platforms.map(({ platform }) => platform))
  return DEFINITION_BREAKS.flatMap(({ date, platform, text }) => {
    const day = dayOf(date) ?? 0
    return shown.has(platform) && day > startDay && day <= endDay ? [`Definition changed on ${date}: ${text}`] : []
  })
}

function orphans(count: number): readonly string[] {
  if (count === 0) return []
  return [
    count === 1
      ? 'One claim names an order that was never imported and is left out.'
      : `${count} claims name orders that were never imported and are left out.`,
  ]
}
