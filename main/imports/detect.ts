/** Why a table is none of the files that can be imported: what it looks like, which columns were seen, and what was expected. */
import { cleanUntrusted } from '../reporting/untrusted.ts'
import { isKnownCurrency } from './currency.ts'
import type { RawRow, RawTable } from './parsed.ts'
import { isGarbled } from './report-texts.ts'

const SEARCHED_ROWS = 50
const MAX_NAMES = 8
const MAX_NAME_CHARS = 40

const EXPECTED =
  'Expected are the names that the platforms write themselves: "Campaign", "Day", "Cost", "Impr." and "Clicks" (Google Ads), "Campaign name", "Day", "Amount spent" and "Impressions" (Meta), "Campaign name", "By Day", "Cost" and "Impressions" (TikTok); for orders an id, a time and a value.'

/** Two or three sentences in our words; names out of the file are cleaned, shortened and quoted. */
export function explainUnknown(table: RawTable): string {
  const header = widest(table)
  const names = (header?.cells ?? []).map((cell) => cell.text.trim()).filter((text) => text !== '')
  if (names.some(isGarbled))
    return `The column names are garbled: the file was saved in the wrong encoding. Download it again, and do not save it with another program in between. ${EXPECTED}`
  if (names.length <= 1)
    return table.rows.length <= 3
      ? `The file has a title and no table: it was cut off, or there was nothing in the report. ${EXPECTED}`
      : `The file has one column only: its cells are not separated by commas, semicolons, tabs or bars. ${EXPECTED}`
  const currency = names
    .map((name) => /\(([A-Z]{3})\)$/.exec(name)?.[1])
    .find((code) => code !== undefined && !isKnownCurrency(code))
  if (currency !== undefined && /\b(spent|cost|gast|dépens|betrag)/i.test(names.join(' ')))
    return `The amounts are in ${currency}, a currency that this version does not know.`
  if (names.filter((name) => /^[\d.,:/ -]+$/.test(name)).length * 2 > names.length)
    return `The file has rows and no names of columns above them. ${EXPECTED}`
  const shown = names.slice(0, MAX_NAMES).map((name) => `"${cleanUntrusted(name, MAX_NAME_CHARS)}"`)
  const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : ''
  return `The columns are ${shown.join(', ')}${more}, which is none of the files that this version reads. ${EXPECTED}`
}

function widest(table: RawTable): RawRow | undefined {
  let found: RawRow | undefined
  let most = 0
  for (const row of table.rows.slice(0, SEARCHED_ROWS)) {
    const filled = row.cells.filter(({ kind }) => kind === 'text').length
    if (filled <= most) continue
    most = filled
    found = row
  }
  return found ?? table.rows[0]
}
