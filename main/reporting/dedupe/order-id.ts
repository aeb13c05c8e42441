/** The one spelling of an order's id, so that "#1001", "１００１" and "1001 " are the same order. */

/** What counts as a blank around an id: Unicode's white space, and the four separators that shops put into exports. */
const BLANKS = '[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+'
const AROUND = new RegExp(`^${BLANKS}|${BLANKS}$`, 'gu')
const PLAIN = /^[!-~]*$/
const CHEROKEE = /[\u13a0-\u13fd\uab70-\uabbf]/u

/** NFKC, without blanks around it, without leading #, case folded. An inner blank stays: "# 1" is not "1". */
export function canonicalOrderId(raw: string): string {
  if (PLAIN.test(raw)) return raw.replace(/^#+/, '').toLowerCase()
  return foldCase(raw.normalize('NFKC').replace(AROUND, '').replace(/^#+/, ''))
}

/**
 * Unicode's full case folding (CaseFolding.txt, C and F), which the platform's own lower-casing is not: "ß" is "ss", a final sigma is a
 * sigma, and Cherokee folds to its capitals.
 */
export function foldCase(text: string): string {
  let folded = ''
  for (const character of text) folded += foldCharacter(character)
  return folded
}

function foldCharacter(character: string): string {
  if (character === 'ı') return character
  if (character === 'ẞ') return 'ss'
  if (CHEROKEE.test(character)) return character.toUpperCase()
  return character.toUpperCase().toLowerCase().replaceAll('ς', 'σ')
}
