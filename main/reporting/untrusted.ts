/** Text written by others (platforms, agents), made fit to be shown and to be read by a model. Never judges, never translates. */

const MAX_MARKS = 3

/**
 * One line of plain text, at most `maxLength` UTF-16 units including the "…": NFC, no controls, nothing invisible.
 * Dropped are bidi overrides (they reorder what a person approves), zero-width, tag and variation characters (they carry words only a
 * model sees), and piles of combining marks. Emoji stay, without their joiners.
 */
export function cleanUntrusted(text: string, maxLength = 120): string {
  // Cut before the expensive steps: a platform may send megabytes.
  const line = text
    .slice(0, maxLength * 8)
    .toWellFormed()
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Zs}]+/gu, ' ')
    .replace(/[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Co}\p{Cn}\u2800]/gu, '')
    .replace(new RegExp(`(\\p{M}{${MAX_MARKS}})\\p{M}+`, 'gu'), '$1')
    .replace(/ {2,}/g, ' ')
    .trim()
  if (line.length <= maxLength && text.length <= maxLength * 8) return line
  let kept = ''
  for (const character of line) {
    if (kept.length + character.length > maxLength - 1) break
    kept += character
  }
  return `${kept.trimEnd()}…`
}

/** A name as it is searched and sorted: cleaned, not shortened to what is shown, and without upper case. */
export function searchName(name: string): string {
  return cleanUntrusted(name, 500).toLowerCase()
}
