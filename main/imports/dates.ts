/** Days as people download them. The order of day and month is decided from all dates of a file together; where they leave it open, asked. */
import type { DateOrder } from '../../shared/schemas/imports.ts'
import type { Language } from './header-names.ts'
import { monthOf } from './month-names.ts'
import type { Cell, Question } from './parsed.ts'

export type DateCell =
  | { readonly kind: 'unknown' }
  /** Nothing about it is open. */
  | { readonly kind: 'day'; readonly date: string }
  /** Two numbers and a year: which is the month depends on the file. */
  | { readonly kind: 'numeric'; readonly first: number; readonly second: number; readonly year: number }
  | { readonly kind: 'bad'; readonly reason: string }

/** No platform has numbers before; a later year is a typing error or the wrong column. */
const FIRST_YEAR = 2000
const LAST_YEAR = 2059
const MAX_DATE_CHARS = 60
const UNKNOWN = new Set(['', '-', '--', '—', '–', 'n/a'])

/** "YYYY-MM-DD", or why not. */
function dayFrom(year: number, month: number, day: number): DateCell {
  const date = `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`
  if (year < FIRST_YEAR || year > LAST_YEAR) return { kind: 'bad', reason: `The year of "${date}" cannot be right.` }
  if (!isDay(year, month, day)) return { kind: 'bad', reason: `There is no day "${date}".` }
  return { kind: 'day', date }
}

function isDay(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false
  return day <= new Date(Date.UTC(year, month, 0)).getUTCDate()
}

export function dateCell(cell: Cell): DateCell {
  if (cell.kind === 'empty') return { kind: 'unknown' }
  if (cell.kind === 'formula')
    return { kind: 'bad', reason: 'The date is the result of a formula, which is not trusted.' }
  if (cell.kind === 'error') return { kind: 'bad', reason: 'The date is an error of the workbook.' }
  if (cell.kind === 'number')
    return { kind: 'bad', reason: `The date is a plain number ("${cell.text.slice(0, 20)}").` }
  return dateText(cell.text)
}

/** A date in words or numbers, with or without a time, which is dropped: rows by hour add up to their day. */
export function dateText(raw: string): DateCell {
  const iso = /^(\d{4})-(\d{2})-(\d{2})$/.exec(raw)
  if (iso !== null) return dayFrom(Number(iso[1]), Number(iso[2]), Number(iso[3]))
  if (raw.length > MAX_DATE_CHARS) return NOT_A_DATE
  const text = tidy(raw)
  if (UNKNOWN.has(text.toLowerCase())) return { kind: 'unknown' }
  const bare = text.replace(/[ T,]+\d{1,2}:\d{2}(:\d{2})?(\.\d+)?\s*([ap]\.?m\.?)?\s*(z|utc|[+-]\d{2}:?\d{2})?$/i, '')
  const ymd = /^(\d{4})[-/. ](\d{1,2})[-/. ](\d{1,2})\.?$/.exec(bare) ?? /^(\d{4})年(\d{1,2})月(\d{1,2})日$/.exec(bare)
  if (ymd !== null) return dayFrom(Number(ymd[1]), Number(ymd[2]), Number(ymd[3]))
  const compact = /^(20\d{2})(\d{2})(\d{2})$/.exec(bare)
  if (compact !== null) return dayFrom(Number(compact[1]), Number(compact[2]), Number(compact[3]))
  const numeric = /^(\d{1,2})([-/. ])(\d{1,2})\2(\d{4})$/.exec(bare)
  if (numeric !== null) return numericDay(Number(numeric[1]), Number(numeric[3]), Number(numeric[4]))
  if (/^\d{1,2}[-/. ]\d{1,2}[-/. ]\d{2}$/.test(bare))
    return { kind: 'bad', reason: `The year of "${bare}" has two digits only, which can be read in several ways.` }
  return inWords(bare) ?? NOT_A_DATE
}

/** Without the text itself: a reason is in our words, the row is shown beside it. */
const NOT_A_DATE: DateCell = { kind: 'bad', reason: 'The day is not a date.' }

function tidy(raw: string): string {
  return raw
    .replace(/\p{Cf}/gu, '')
    .normalize('NFKC')
    .replace(/[\u0660-\u0669]/g, (digit) => String(digit.charCodeAt(0) - 0x660))
    .replace(/[\u06f0-\u06f9]/g, (digit) => String(digit.charCodeAt(0) - 0x6f0))
    .replace(/\s+/g, ' ')
    .trim()
}

function numericDay(first: number, second: number, year: number): DateCell {
  if (year < FIRST_YEAR || year > LAST_YEAR) return { kind: 'bad', reason: `The year ${year} cannot be right.` }
  if (first === second) return dayFrom(year, first, second)
  const isEither = isDay(year, second, first) || isDay(year, first, second)
  if (!isEither) return { kind: 'bad', reason: `There is no day "${first}/${second}/${year}" in any order.` }
  return { kind: 'numeric', first, second, year }
}

/** "Jul 8, 2025", "Tue, 8 July 2025", "8 juil. 2025", "8 de julio de 2025", "08-Jul-2025". */
function inWords(text: string): DateCell | undefined {
  const dayFirst =
    /^(?:\p{L}+\.?,? )?(\d{1,2})(?:st|nd|rd|th|er|º|ª|\.)?[ -](?:de |d')?([\p{L}\p{M}]+)\.?,?[ -](?:de |del )?(\d{4})$/iu.exec(
      text,
    )
  if (dayFirst !== null) return named(dayFirst[3], dayFirst[2], dayFirst[1])
  const monthFirst = /^(?:\p{L}+\.?, )?([\p{L}\p{M}]+)\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})$/iu.exec(text)
  if (monthFirst !== null) return named(monthFirst[3], monthFirst[1], monthFirst[2])
  const yearFirst = /^(\d{4})[ -]([\p{L}\p{M}]+)\.?[ -](\d{1,2})$/u.exec(text)
  return yearFirst === null ? undefined : named(yearFirst[1], yearFirst[2], yearFirst[3])
}

function named(year: string | undefined, name: string | undefined, day: string | undefined): DateCell | undefined {
  const month = monthOf(name ?? '')
  return month === undefined ? undefined : dayFrom(Number(year), month, Number(day))
}

/** The day, once the file's order is known. */
export function dayOfCell(cell: DateCell, order: DateOrder | null): DateCell {
  if (cell.kind !== 'numeric') return cell
  return order === 'mdy' ? dayFrom(cell.year, cell.first, cell.second) : dayFrom(cell.year, cell.second, cell.first)
}

export interface OrderDecision {
  /** null: no date has to be told apart. */
  readonly order: DateOrder | null
  readonly question: Question | null
}

/** Languages in which no locale writes the month first. Spanish is not one of them: Panama and Puerto Rico do. */
const DAY_FIRST: readonly Language[] = ['de', 'fr', 'pt', 'it', 'nl', 'ar']

/** Collects the dates of a file and decides their order. */
export class OrderVotes {
  #dmyOnly = 0
  #mdyOnly = 0
  #open: string | null = null
  #isoLike = 0
  readonly #days: { first: number; second: number; year: number }[] = []

  add(cell: DateCell): void {
    if (cell.kind === 'day') this.#isoLike += 1
    if (cell.kind !== 'numeric') return
    const { first, second, year } = cell
    const isDmy = isDay(year, second, first)
    const isMdy = isDay(year, first, second)
    if (isDmy && !isMdy) this.#dmyOnly += 1
    else if (isMdy && !isDmy) this.#mdyOnly += 1
    else {
      this.#open ??= `${first}/${second}/${year}`
      if (this.#days.length < 1000) this.#days.push({ first, second, year })
    }
  }

  /** @param range first and last day that the file itself says it covers: dates outside of it are read the wrong way */
  decide(choice: DateOrder | undefined, language: Language, range: readonly [string, string] | null): OrderDecision {
    // "Year first" says nothing about dates that end in their year.
    if (choice === 'dmy' || choice === 'mdy') return { order: choice, question: null }
    if (this.#dmyOnly > 0 && this.#mdyOnly > 0)
      return ask('dmy', 'Some dates of this file can only have the day first and others only the month first.')
    if (this.#dmyOnly > 0) return { order: 'dmy', question: null }
    if (this.#mdyOnly > 0) return { order: 'mdy', question: null }
    if (this.#open === null) return { order: this.#isoLike > 0 ? 'ymd' : null, question: null }
    if (DAY_FIRST.includes(language)) return { order: 'dmy', question: null }
    const byRange = range === null ? undefined : this.#within(range)
    if (byRange !== undefined) return { order: byRange, question: null }
    return ask('dmy', `"${this.#open}" and the other dates of this file can be read in two ways.`)
  }

  #within([from, to]: readonly [string, string]): DateOrder | undefined {
    const fits = (order: DateOrder): boolean =>
      this.#days.every((day) => {
        const read = dayOfCell({ kind: 'numeric', ...day }, order)
        return read.kind === 'day' && read.date >= from && read.date <= to
      })
    const [isDmy, isMdy] = [fits('dmy'), fits('mdy')]
    return isDmy === isMdy ? undefined : isDmy ? 'dmy' : 'mdy'
  }
}

function ask(order: DateOrder, why: string): OrderDecision {
  return {
    order,
    question: {
      field: 'date_order',
      text: `${why} Which comes first, the day or the month?`,
      options: [
        { value: 'dmy', label: 'The day: 31/12/2026' },
        { value: 'mdy', label: 'The month: 12/31/2026' },
      ],
    },
  }
}

/** First and last day of a line like "July 8, 2025 - July 31, 2025"; undefined for any other text. */
export function rangeOf(line: string): readonly [string, string] | undefined {
  const text = tidy(line.slice(0, 120)).replace(/^"|"$/g, '')
  // The dash inside an ISO date has no blanks around it.
  const halves = text.split(/ (?:-|–|—|to|bis|au|al|a|até|tot|until|~) /i)
  if (halves.length > 2) return undefined
  const [from, to] = [halves[0] ?? '', halves[1] ?? halves[0] ?? ''].map(dateText)
  if (from === undefined || to === undefined) return undefined
  const order = [from, to].some((each) => each.kind === 'numeric' && each.second > 12) ? 'mdy' : 'dmy'
  const isSure =
    [from, to].every((each) => each.kind === 'day') ||
    [from, to].some((each) => each.kind === 'numeric' && (each.first > 12 || each.second > 12))
  if (!isSure) return undefined
  const [first, last] = [dayOfCell(from, order), dayOfCell(to, order)]
  if (first.kind !== 'day' || last.kind !== 'day' || first.date > last.date) return undefined
  return [first.date, last.date]
}

/** Adds whole days to "YYYY-MM-DD". */
export function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
}

/** The last day of the month that "YYYY-MM-DD" lies in. */
export function monthEnd(date: string): string {
  return new Date(Date.UTC(Number(date.slice(0, 4)), Number(date.slice(5, 7)), 0)).toISOString().slice(0, 10)
}
