/** Small words of the report. Pure. */
const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const

/** "4.2 MB". */
export function fileSize(bytes: number): string {
  let size = bytes
  let unit = 0
  while (size >= 1_000 && unit < UNITS.length - 1) {
    size /= 1_000
    unit += 1
  }
  return new Intl.NumberFormat(navigator.language, {
    style: 'unit',
    unit: UNITS[unit] ?? 'byte',
    unitDisplay: 'short',
    maximumFractionDigits: size < 10 && unit > 0 ? 1 : 0,
  }).format(size)
}

/** A share that is an estimate: "≈ 93%" needs no decimals. Never rounded up to all of it. */
export function shareText(share: number): string {
  const shown = share < 1 ? Math.min(share, 0.99) : share
  return new Intl.NumberFormat(navigator.language, { style: 'percent', maximumFractionDigits: 0 }).format(shown)
}
