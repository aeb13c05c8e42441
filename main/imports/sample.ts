/** The first rows of a file as they would be stored, as names and texts for the person who looks at it. */
import { formatRounded } from '../../shared/domain/money.ts'
import type { ImportPreview } from '../../shared/schemas/imports.ts'
import { cleanUntrusted } from '../reporting/untrusted.ts'
import { isKnownCurrency } from './currency.ts'
import type { ImportedClaim, ImportedFact, ImportedOrder, ImportedTouch, ParsedFile } from './parsed.ts'

const MAX_ROWS = 10
const MAX_TEXT = 80
const RATE_DECIMALS = 8

type Pair = readonly [name: string, value: string | number | null | undefined]
type Sample = ImportPreview['sample']

/** At most ten rows. What a row does not say is left out. */
export function sampleOf(parsed: ParsedFile): Sample {
  if (parsed.kind === 'platform_report') return parsed.facts.slice(0, MAX_ROWS).map((fact) => shown(factPairs(fact)))
  if (parsed.kind === 'orders') return parsed.orders.slice(0, MAX_ROWS).map((order) => shown(orderPairs(order)))
  if (parsed.kind === 'claims') return parsed.claims.slice(0, MAX_ROWS).map((claim) => shown(claimPairs(claim)))
  return parsed.rates.slice(0, MAX_ROWS).map(({ date, currency, perEuroE8 }) =>
    shown([
      ['Day', date],
      ['Currency', currency],
      ['Per euro', decimal(perEuroE8, RATE_DECIMALS)],
    ]),
  )
}

function shown(pairs: readonly Pair[]): Sample[number] {
  return pairs.flatMap(([name, value]) =>
    value === null || value === undefined || value === ''
      ? []
      : [{ name, untrusted: { value: cleanUntrusted(String(value), MAX_TEXT) } }],
  )
}

function factPairs(fact: ImportedFact): readonly Pair[] {
  const money = (micros: bigint | null): string | null => (micros === null ? null : amount(micros, fact.currency))
  const period = fact.startDate === fact.endDate ? fact.startDate : `${fact.startDate} – ${fact.endDate}`
  return [
    [fact.startDate === fact.endDate ? 'Day' : 'Period', period],
    ['Campaign', fact.campaign.name],
    ['Ad group', fact.adGroup?.name],
    ['Ad', fact.ad?.name],
    ['Spend', money(fact.spendMicros)],
    ['Impressions', fact.impressions],
    ['Clicks', fact.clicks],
    ['Video views', fact.videoViews],
    ['Reach', fact.reach],
    ['Click-through conversions', count(fact.clickConversionMicros)],
    ['Click-through value', money(fact.clickValueMicros)],
    ['View-through conversions', count(fact.viewConversionMicros)],
    ['View-through value', money(fact.viewValueMicros)],
    ['Engaged-view conversions', count(fact.engagedViewConversionMicros)],
    ['Conversions as reported', count(fact.reportedConversionMicros)],
    ['Value as reported', money(fact.reportedValueMicros)],
    ['Status', fact.status],
    ['Daily budget', money(fact.dailyBudgetMicros ?? null)],
  ]
}

function orderPairs(order: ImportedOrder): readonly Pair[] {
  return [
    ['Order', order.rawOrderId],
    ['Time', time(order.atS)],
    ['Updated', order.updatedAtS === order.atS ? null : time(order.updatedAtS)],
    ['Net value', amount(order.netValueMicros, order.currency)],
    ['Test', order.isTest ? 'yes' : null],
    ...order.touches.slice(0, 3).flatMap(touchPairs),
  ]
}

function claimPairs({ rawOrderId, touch }: ImportedClaim): readonly Pair[] {
  return [
    ['Order', rawOrderId],
    ['Platform', touch.claimedBy],
    ['Counted by', touch.kind],
    ['Time', touch.atS === null ? null : time(touch.atS)],
    ['Campaign', touch.campaign],
  ]
}

function touchPairs(touch: ImportedTouch): readonly Pair[] {
  const at = touch.atS === null ? '' : ` (${time(touch.atS)})`
  if (touch.idType !== null && touch.clickId !== null) return [[touch.idType, `${touch.clickId.slice(0, 40)}${at}`]]
  return [['UTM', `${[touch.utmSource, touch.utmMedium, touch.campaign].filter(Boolean).join(' / ')}${at}`]]
}

const time = (atS: number): string => new Date(atS * 1000).toISOString().replace('.000Z', 'Z')
const amount = (micros: bigint, currency: string): string =>
  `${isKnownCurrency(currency) ? formatRounded(micros, currency) : decimal(micros, 6)} ${currency}`
const count = (micros: bigint | null): string | null => (micros === null ? null : decimal(micros, 6))

/** Exact, without trailing zeros. */
function decimal(scaled: bigint, places: number): string {
  const digits = (scaled < 0n ? -scaled : scaled).toString().padStart(places + 1, '0')
  const fraction = digits.slice(-places).replace(/0+$/, '')
  return `${scaled < 0n ? '-' : ''}${digits.slice(0, -places)}${fraction === '' ? '' : `.${fraction}`}`
}
