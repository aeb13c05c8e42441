/**
 * Google's words and numbers to ours and back. The only place where Google's amounts change their spelling.
 * Pure. Money is never computed with floats: int64 micros come as text, and a double is taken by its shortest decimal spelling.
 */
import { formatRatio, parseRatio } from '../../../shared/domain/bid.ts'
import type { Delivery, EntityStatus, Review } from '../../../shared/domain/entity.ts'
import { formatDecimal, MAX_MICROS, parseDecimal } from '../../../shared/domain/money.ts'
import { OperationError } from '../../../shared/errors.ts'

/** An int64 text as a number of micros. @throws OperationError invalid_value beyond 2^53-1: refused, never rounded */
export function microsFromInt64(text: string): bigint {
  const value = /^-?[0-9]{1,19}$/.test(text) ? BigInt(text) : undefined
  if (value === undefined || value > MAX_MICROS || value < -MAX_MICROS)
    throw new OperationError(
      'invalid_value',
      'Google reports an amount that is larger than anything this app handles.',
      'Nothing was changed. Look at the amount in Google Ads.',
    )
  return value
}

/** An amount in wire form ("120.00") as Google's micros. @throws OperationError invalid_value, also for zero and below */
export function int64FromDecimal(text: string, currency: string): string {
  const micros = parseDecimal(text, currency)
  if (micros <= 0n)
    throw new OperationError('invalid_value', 'The amount is not above zero.', 'Give an amount above zero.')
  return micros.toString()
}

/** One amount as it stands on Google: absent, usable, or there but not in a form this app could write back. */
export type Amount =
  | { readonly kind: 'none' }
  | { readonly kind: 'value'; readonly micros: bigint; readonly text: string }
  | { readonly kind: 'unfit'; readonly reason: string }

/** 0 is how Google spells "not set" for bids and targets. */
export function readAmount(wire: string | undefined, currency: string, unitMicros: bigint): Amount {
  if (wire === undefined || wire === '0') return { kind: 'none' }
  try {
    const micros = microsFromInt64(wire)
    if (micros < 0n) return { kind: 'unfit', reason: 'Google reports a negative amount here.' }
    const text = formatDecimal(micros, currency)
    if (micros % unitMicros !== 0n)
      return { kind: 'unfit', reason: `The amount is finer than the smallest unit that Google bills in ${currency}.` }
    return { kind: 'value', micros, text }
  } catch (error) {
    if (!(error instanceof OperationError)) throw error
    return { kind: 'unfit', reason: error.message }
  }
}

/** A target ROAS, a double on the wire (3.5). More than four decimals cannot be written back exactly, so it is not offered. */
export function readRatio(wire: number | undefined): Amount {
  if (wire === undefined || wire === 0) return { kind: 'none' }
  try {
    // String() spells the shortest decimal that reads back as the same double; exponents and NaN fail to parse.
    const micros = parseRatio(String(wire))
    return { kind: 'value', micros, text: formatRatio(micros) }
  } catch (error) {
    if (!(error instanceof OperationError)) throw error
    return {
      kind: 'unfit',
      reason: 'The target has more than four decimals, which cannot be shown and restored exactly.',
    }
  }
}

/** A ratio in wire form as the double that is spelt that way: "3.50" → 3.5. @throws OperationError invalid_value, also for zero */
export function doubleFromRatio(text: string): number {
  const micros = parseRatio(text)
  if (micros <= 0n)
    throw new OperationError('invalid_value', 'The target is not above zero.', 'Give a target above zero.')
  // At most nine significant digits: the nearest double is spelt by exactly these, so nothing is lost on the wire.
  return Number(formatRatio(micros))
}

/**
 * A double of a report (conversions, their value) in millionths: its shortest decimal spelling, half away from zero at the seventh decimal.
 * Data-driven attribution credits fractions of any length. Undefined for NaN, infinities and what is past 2^53 millionths.
 */
export function millionths(value: number): bigint | undefined {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d{1,3}))?$/.exec(String(value))
  if (match === null) return undefined
  const fraction = match[3] ?? ''
  const digits = BigInt(`${match[2] ?? '0'}${fraction}`)
  // The value is digits × 10^-decimals.
  const decimals = fraction.length - Number(match[4] ?? '0')
  let micros: bigint
  if (decimals <= 6) {
    if (6 - decimals > 30) return undefined
    micros = digits * 10n ** BigInt(6 - decimals)
  } else {
    const divisor = 10n ** BigInt(decimals - 6)
    micros = (digits + divisor / 2n) / divisor
  }
  if (micros > MAX_MICROS) return undefined
  return match[1] === '-' ? -micros : micros
}

const STATUS: Readonly<Record<string, EntityStatus>> = { ENABLED: 'enabled', PAUSED: 'paused', REMOVED: 'deleted' }
export const toStatus = (raw: string): EntityStatus =>
  (Object.hasOwn(STATUS, raw) ? STATUS[raw] : undefined) ?? 'unknown'

const WIRE_STATUS: Readonly<Record<string, string>> = { enabled: 'ENABLED', paused: 'PAUSED' }
/** Google's word for a status we may set; undefined for every other word: REMOVED is not in the vocabulary here. */
export const wireStatus = (status: string): string | undefined =>
  Object.hasOwn(WIRE_STATUS, status) ? WIRE_STATUS[status] : undefined

const DELIVERY: Readonly<Record<string, Delivery>> = {
  ELIGIBLE: 'delivering',
  LIMITED: 'limited',
  LEARNING: 'learning',
  PENDING: 'pending',
  ENDED: 'ended',
  PAUSED: 'not_delivering',
  REMOVED: 'not_delivering',
  MISCONFIGURED: 'not_delivering',
  NOT_ELIGIBLE: 'not_delivering',
}
export const toDelivery = (primaryStatus: string | undefined): Delivery =>
  (Object.hasOwn(DELIVERY, primaryStatus ?? '') ? DELIVERY[primaryStatus ?? ''] : undefined) ?? 'unknown'

/** Google's review of an ad in one word. While it looks again, the old verdict still holds, except for a first look. */
export function toReview(approval: string | undefined, review: string | undefined): Review {
  if (approval === 'DISAPPROVED') return 'disapproved'
  if (approval === 'APPROVED_LIMITED' || approval === 'AREA_OF_INTEREST_ONLY') return 'limited'
  if (approval === 'APPROVED') return 'approved'
  return review === 'REVIEW_IN_PROGRESS' ? 'in_review' : 'unknown'
}

export function optional<K extends string, V>(key: K, value: V | undefined): { readonly [key in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [key in K]?: V })
}

/** The last part of a resource name: "customers/1/campaignBudgets/5" → "5". */
export const idOf = (resourceName: string): string => resourceName.slice(resourceName.lastIndexOf('/') + 1)
