/** What the shop knows of its markets and campaigns. Data and pure functions. */
import type { Purpose } from './types.ts'

/** The shop's own price list: units of a market's currency for one euro, about the rates of spring 2026. One market per currency. */
const PER_EURO: Readonly<Record<string, number>> = { EUR: 1, JPY: 186, GBP: 0.87, HUF: 367, USD: 1.17, KWD: 0.36 }

/** Euro cents of an amount in micros of a market's currency. @throws TypeError where the shop does not sell */
export function priceInCents(micros: number, currency: string): number {
  const perEuro = PER_EURO[currency]
  if (perEuro === undefined) throw new TypeError(`the shop has no market in ${currency}`)
  return Math.round(micros / perEuro / 10_000)
}

/** Orders a normal day that no ad had anything to do with: so many that the platforms together claim a quarter more than there is. */
export const ORGANIC_PER_DAY: Readonly<Record<'small' | 'demo', Readonly<Record<string, number>>>> = {
  small: { EUR: 12, JPY: 6, KWD: 1.5, HUF: 0.4 },
  demo: { EUR: 18, JPY: 7, KWD: 0.5, HUF: 1, GBP: 0.7 },
}

/** Found campaign names, so that no name is searched a thousand times. */
const purposes = new Map<string, Purpose>()

/** What a campaign is for, by what people called it. `channel`: Google's word for its kind. */
export function purposeOf(name: string, channel?: string): Purpose {
  const key = `${channel ?? ''} ${name}`
  let purpose = purposes.get(key)
  if (purpose === undefined) {
    purpose = readPurpose(name, channel)
    if (purposes.size >= 5_000) purposes.clear()
    purposes.set(key, purpose)
  }
  return purpose
}

function readPurpose(name: string, channel: string | undefined): Purpose {
  if (channel === 'SEARCH' && /\bMarke\b/.test(name)) return 'own_name'
  if (/retargeting|remarketing|リターゲティング/i.test(name)) return 'known_visitors'
  if (channel === 'PERFORMANCE_MAX' || /katalog|shopping|smart\+/i.test(name)) return 'catalog'
  return channel === 'SEARCH' ? 'search' : 'strangers'
}
