/** Which cells of a workbook are dates: Excel keeps a date as a number, and only the cell's number format tells. */

/** Formats that every workbook has without saying so (ECMA-376 part 1, 18.8.30); 45–47 are durations. */
const BUILT_IN_DATES = [
  [14, 17],
  [22, 22],
  [27, 36],
  [50, 58],
] as const // prettier-ignore

export function isBuiltInDate(id: number): boolean {
  return BUILT_IN_DATES.some(([from, to]) => id >= from && id <= to)
}

/** Whether a format shows a day or a year. Quoted text, escaped characters and [conditions] do not count. */
export function isDateFormat(code: string): boolean {
  const bare = code
    .slice(0, 500)
    .replace(/"[^"]*"|\\.|_.|\*.|\[[^\]]*\]/g, '')
    .split(';')[0]
  return /[dy]/i.test(bare ?? '') && !/general/i.test(bare ?? '')
}

const DAY_SECONDS = 86_400
/** Serial 25,569 is 1970-01-01 in the 1900 system. */
const EPOCH_SERIAL = 25_569
/** The 1904 system starts 1,462 days later. */
const SHIFT_1904 = 1_462
/** 9999-12-31. */
const LAST_SERIAL = 2_958_465

/**
 * "YYYY-MM-DD", with " HH:MM:SS" when the serial has a time. undefined where Excel itself shows no date. The 1900 system counts a
 * 29 February 1900 that never was, as serial 60.
 */
export function dateOfSerial(serial: number, is1904: boolean): string | undefined {
  const days = is1904 ? serial + SHIFT_1904 : serial < 60 ? serial + 1 : serial
  if (!(serial >= 0) || days < 1 || days > LAST_SERIAL + 1 || (!is1904 && Math.floor(serial) === 60)) return undefined
  const seconds = Math.round((days - EPOCH_SERIAL) * DAY_SECONDS)
  const text = new Date(seconds * 1000).toISOString()
  const time = text.slice(11, 19)
  return time === '00:00:00' ? text.slice(0, 10) : `${text.slice(0, 10)} ${time}`
}

/**
 * The shortest decimal spelling, without an exponent. Excel keeps 15 digits: what lies beyond is the noise of binary fractions
 * (199.42000000000002), not something that anybody wrote. undefined for what is not a finite number.
 */
export function plainNumber(text: string): string | undefined {
  const trimmed = text.trim()
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$/.test(trimmed)) return undefined
  // Whole numbers as they stand: an id of 18 digits is not rounded here, and who uses it decides.
  if (/^-?\d{1,18}$/.test(trimmed)) return trimmed.replace(/^(-?)0+(?=\d)/, '$1')
  const rounded = Number(Number(trimmed).toPrecision(15))
  if (!Number.isFinite(rounded)) return undefined
  const spelled = String(rounded)
  if (!spelled.includes('e')) return spelled
  if (Math.abs(rounded) >= 1) return BigInt(rounded).toString()
  return rounded.toFixed(20).replace(/0+$/, '').replace(/\.$/, '')
}
