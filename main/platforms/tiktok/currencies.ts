/**
 * What TikTok makes of currencies: how its limits scale, and the smallest step of an amount. They are TikTok's own: it takes forints, rupiah and
 * new Taiwan dollars in whole units only, although they have decimals elsewhere
 * (platform docs, "Budget verification ratio and value range for each currency", 1737585839634433). Pure.
 */
import { currencyExponent } from '../../../shared/domain/money.ts'

/** The rest has a ratio of 1. */
const RATIOS: Readonly<Record<string, bigint>> = {
  PLN: 4n,
  BOB: 10n,
  CNY: 10n,
  CZK: 10n,
  DKK: 10n,
  EGP: 10n,
  GTQ: 10n,
  HKD: 10n,
  HNL: 10n,
  MOP: 10n,
  MXN: 10n,
  NIO: 10n,
  NOK: 10n,
  SEK: 10n,
  THB: 10n,
  TRY: 10n,
  TWD: 10n,
  UAH: 10n,
  UYU: 10n,
  ZAR: 10n,
  PHP: 50n,
  BDT: 100n,
  DZD: 100n,
  INR: 100n,
  ISK: 100n,
  JPY: 100n,
  KES: 100n,
  NGN: 100n,
  PKR: 100n,
  RUB: 100n,
  CLP: 1000n,
  COP: 1000n,
  CRC: 1000n,
  KRW: 1000n,
  IDR: 10_000n,
  PYG: 10_000n,
  VND: 10_000n,
}
const WHOLE_UNITS_ONLY: ReadonlySet<string> = new Set(['CLP', 'HUF', 'IDR', 'ISK', 'JPY', 'KRW', 'PYG', 'TWD', 'VND'])
const MAX_DECIMALS = 2

/** What TikTok multiplies its US-dollar limits with. */
export function ratioOf(currency: string): bigint {
  return RATIOS[currency] ?? 1n
}

/** Smallest step of an amount, micros: two decimals at the most, also where the currency has three. */
export function stepMicros(currency: string): bigint {
  const decimals = WHOLE_UNITS_ONLY.has(currency) ? 0 : Math.min(MAX_DECIMALS, currencyExponent(currency))
  return 10n ** BigInt(6 - decimals)
}
