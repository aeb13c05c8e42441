/** Exact fractions of big integers, in lowest terms with a positive denominator. No floats. */

export interface Fraction {
  readonly n: bigint
  readonly d: bigint
}
export const ZERO: Fraction = { n: 0n, d: 1n }

/** A number a person wrote is never longer; a power of ten beyond it would only fill memory. */
const MAX_TEXT = 1_000
const MAX_EXPONENT = 400
const QUOTIENT = /^([+-]?\d+)\/(\d+)$/
const DECIMAL = /^([+-]?)(?=\d|\.\d)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/

/** n ÷ d. @throws RangeError when d is 0 */
export function fraction(n: bigint, d = 1n): Fraction {
  if (d === 0n) throw new RangeError('a fraction has no denominator 0')
  const divisor = greatestCommonDivisor(n < 0n ? -n : n, d < 0n ? -d : d) * (d < 0n ? -1n : 1n)
  return { n: n / divisor, d: d / divisor }
}

export const plus = (a: Fraction, b: Fraction): Fraction => fraction(a.n * b.d + b.n * a.d, a.d * b.d)
export const minus = (a: Fraction, b: Fraction): Fraction => fraction(a.n * b.d - b.n * a.d, a.d * b.d)
/** a ÷ b. @throws RangeError when b is 0 */
export const over = (a: Fraction, b: Fraction): Fraction => fraction(a.n * b.d, a.d * b.n)
export const isLess = (a: Fraction, b: Fraction): boolean => a.n * b.d < b.n * a.d
export const smaller = (a: Fraction, b: Fraction): Fraction => (isLess(b, a) ? b : a)
export const larger = (a: Fraction, b: Fraction): Fraction => (isLess(a, b) ? b : a)
/** "7/2"; a whole number is "5/1". */
export const fractionText = ({ n, d }: Fraction): string => `${n}/${d}`

/** "7/2", "3", "3.5", "35e-1"; undefined for anything else, a denominator of 0 included. */
export function parseFraction(text: string): Fraction | undefined {
  const trimmed = text.trim()
  if (trimmed.length > MAX_TEXT) return undefined
  const quotient = QUOTIENT.exec(trimmed)
  if (quotient !== null) {
    const d = BigInt(quotient[2] ?? '0')
    return d === 0n ? undefined : fraction(BigInt((quotient[1] ?? '0').replace('+', '')), d)
  }
  const decimal = DECIMAL.exec(trimmed)
  if (decimal === null) return undefined
  const [, sign, whole = '', decimals = '', power = '0'] = decimal
  const exponent = Number(power) - decimals.length
  if (Math.abs(exponent) > MAX_EXPONENT + MAX_TEXT) return undefined
  const digits = BigInt(`${whole}${decimals}`) * (sign === '-' ? -1n : 1n)
  return exponent >= 0 ? fraction(digits * 10n ** BigInt(exponent)) : fraction(digits, 10n ** BigInt(-exponent))
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let [left, right] = [a, b]
  while (right !== 0n) [left, right] = [right, left % right]
  return left
}
