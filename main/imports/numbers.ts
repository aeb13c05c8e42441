/**
 * Numbers as people download them. A file is written in one locale, so the format is decided from all its numbers together; where they leave
 * it open the person is asked. Exact throughout: digits to bigint, never a float.
 */
import { MAX_MICROS } from '../../shared/domain/money.ts'
import { NUMBER_FORMATS, type NumberFormat } from '../../shared/schemas/imports.ts'
import type { Language } from './header-names.ts'
import type { Cell, Question } from './parsed.ts'

/** What a cell says, before its format is known. */
export type NumberCell =
  /** "--", "", "N/A": the platform does not say. */
  | { readonly kind: 'unknown' }
  /** "<5", "> 90%": known only to lie on one side of something. */
  | { readonly kind: 'masked' }
  | {
      readonly kind: 'number'
      /** Digits and separators only; blanks are U+0020, apostrophes U+0027. */
      readonly body: string
      /** A number by type: written with a dot whatever the file's format. */
      readonly isPlain: boolean
      readonly isNegative: boolean
      readonly isPercent: boolean
      /** The currency's code or sign beside it, as written. */
      readonly mark: string | null
    }
  | { readonly kind: 'formula' | 'error' | 'not_a_number' }

const UNKNOWN = new Set([
  '',
  '-',
  '--',
  '---',
  '–',
  '—',
  '−',
  'n/a',
  'na',
  '#n/a',
  'null',
  'none',
  'n.a.',
  'k.a.',
  's.o.',
  'n/d',
  '…',
  '...',
])
/** Arabic-Indic digits and separators; NFKC leaves them as they are. */
const ARABIC = /[\u0660-\u0669\u06f0-\u06f9\u066b\u066c]/g
const NUMBER = /^([^\d.,'()+−-]*)([+−-]?)([^\d.,'()+−-]*)([\d.,' ]*\d)(\s*%)?\s*([^\d.,'()%]*)$/u
const MAX_NUMBER_CHARS = 60

export function numberCell(cell: Cell): NumberCell {
  if (cell.kind === 'empty') return { kind: 'unknown' }
  if (cell.kind === 'formula' || cell.kind === 'error') return { kind: cell.kind }
  if (cell.kind === 'date') return { kind: 'not_a_number' }
  if (cell.kind === 'number') return plain(cell.text)
  // Most cells: digits, perhaps with dots and commas.
  if (/^\d[\d.,]*$/.test(cell.text)) return numeric(cell.text, false, false, null)
  return textCell(cell.text)
}

function plain(text: string): NumberCell {
  const isNegative = text.startsWith('-')
  return {
    kind: 'number',
    body: isNegative ? text.slice(1) : text,
    isPlain: true,
    isNegative,
    isPercent: false,
    mark: null,
  }
}

const numeric = (body: string, isNegative: boolean, isPercent: boolean, mark: string | null): NumberCell => ({
  kind: 'number',
  body,
  isPlain: false,
  isNegative,
  isPercent,
  mark,
})

function textCell(raw: string): NumberCell {
  if (raw.length > MAX_NUMBER_CHARS) return { kind: 'not_a_number' }
  const text = raw
    .replace(/\p{Cf}/gu, '')
    .normalize('NFKC')
    .replace(ARABIC, arabicToLatin)
    .replace(/[’‘ʼ`´]/g, "'")
    .replace(/\s+/g, ' ')
    .trim()
  if (UNKNOWN.has(text.toLowerCase())) return { kind: 'unknown' }
  if (/^([<>≤≥]|&[lg]t;)\s*=?\s*\d[\d., ]*\s*%?$/.test(text)) return { kind: 'masked' }
  const bracketed = /^\((.+)\)$/.exec(text)?.[1]
  const match = NUMBER.exec((bracketed ?? text).trim())
  if (match === null) return { kind: 'not_a_number' }
  const [, before = '', sign = '', between = '', body = '', percent, after = ''] = match
  const marks = [before, between, after].map((part) => part.trim()).filter((part) => part !== '')
  if (marks.length > 1 || !/^[\d.,]/.test(body)) return { kind: 'not_a_number' }
  const isNegative = bracketed !== undefined || (sign !== '' && sign !== '+')
  return numeric(body, isNegative, percent !== undefined, marks[0] ?? null)
}

function arabicToLatin(character: string): string {
  const code = character.charCodeAt(0)
  if (code === 0x66b) return '.'
  if (code === 0x66c) return ','
  return String(code - (code >= 0x6f0 ? 0x6f0 : 0x660))
}

/**
 * Whole part, and fraction. Groups are of three digits, or by lakh and crore where commas group ("12,34,567"); blanks group in every format
 * but the apostrophe's, because they are never a decimal mark.
 */
const PATTERNS: Readonly<Record<NumberFormat, RegExp>> = {
  comma_dot: /^(\d+|[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d?(?:,\d{2})+,\d{3}|[1-9]\d{0,2}(?: \d{3})+|)(?:\.(\d+))?$/,
  dot_comma: /^(\d+|[1-9]\d{0,2}(?:\.\d{3})+|[1-9]\d{0,2}(?: \d{3})+|)(?:,(\d+))?$/,
  blank_comma: /^(\d+|[1-9]\d{0,2}(?: \d{3})+|)(?:,(\d+))?$/,
  apostrophe_dot: /^(\d+|[1-9]\d{0,2}(?:'\d{3})+|)(?:\.(\d+))?$/,
}
const DECIMAL_MARK: Readonly<Record<NumberFormat, '.' | ','>> = {
  comma_dot: '.',
  dot_comma: ',',
  blank_comma: ',',
  apostrophe_dot: '.',
}

function parts(cell: NumberCell & { kind: 'number' }, format: NumberFormat | null): [string, string] | undefined {
  const match = cell.isPlain ? /^(\d+)(?:\.(\d+))?$/.exec(cell.body) : PATTERNS[format ?? 'comma_dot'].exec(cell.body)
  if (match === null) return undefined
  return [(match[1] ?? '').replace(/[., ']/g, '').replace(/^0+(?=\d)/, ''), (match[2] ?? '').replace(/0+$/, '')]
}

/**
 * Exact millionths. 'precise': more than six decimals, which is refused unless `mayRound` (then half up, for attributed fractions that
 * workbooks keep in full); 'large': above MAX_MICROS; undefined: not a number in this format.
 */
export function microsOf(
  cell: NumberCell & { kind: 'number' },
  format: NumberFormat | null,
  mayRound = false,
): bigint | 'precise' | 'large' | undefined {
  const found = parts(cell, format)
  if (found === undefined) return undefined
  const [whole, fraction] = found
  if (whole.length > 12) return 'large'
  if (fraction.length > 6 && !(mayRound && cell.isPlain)) return 'precise'
  const kept = BigInt(whole || '0') * 1_000_000n + BigInt(fraction.slice(0, 6).padEnd(6, '0'))
  const micros = kept + (Number(fraction[6] ?? '0') >= 5 ? 1n : 0n)
  if (micros > MAX_MICROS) return 'large'
  return cell.isNegative ? -micros : micros
}

/** A whole number up to 15 digits; undefined for anything else, negative ones too. */
export function countOf(cell: NumberCell & { kind: 'number' }, format: NumberFormat | null): number | undefined {
  const found = parts(cell, format)
  if (found === undefined || cell.isNegative || found[1] !== '' || found[0].length > 15) return undefined
  return Number(found[0] || '0')
}

/** How many decimals a cell shows: a printed sum is exact to half of the last one. */
export function decimalsOf(cell: NumberCell & { kind: 'number' }, format: NumberFormat | null): number {
  const match = cell.isPlain ? /\.(\d+)$/.exec(cell.body) : PATTERNS[format ?? 'comma_dot'].exec(cell.body)
  return Math.min(6, (cell.isPlain ? match?.[1] : match?.[2])?.length ?? 0)
}

export type FormatDecision = {
  /** null: no number has a separator, every format reads the file alike. */
  readonly format: NumberFormat | null
  readonly question: Question | null
}

const EXAMPLES: Readonly<Record<NumberFormat, string>> = {
  comma_dot: '1,234.56',
  dot_comma: '1.234,56',
  blank_comma: '1 234,56',
  apostrophe_dot: "1'234.56",
}
/** Below this share of odd ones out, the others decide and the odd ones are bad rows. */
const CLEAR_MAJORITY = 0.9

/** Collects the numbers of a file and decides how it writes them. */
export class FormatVotes {
  /** Bit k: fits NUMBER_FORMATS[k]. Only of cells with a separator. */
  #tally = new Map<number, number>()
  #ambiguous: string | null = null
  #comma: string | null = null
  #hasBlanks = false

  /** @param isCount whole numbers only, so that "1.234" can only be a thousand and something */
  add(cell: NumberCell, isCount: boolean): void {
    if (cell.kind !== 'number' || cell.isPlain || /^\d+$/.test(cell.body)) return
    let mask = 0
    NUMBER_FORMATS.forEach((format, k) => {
      const found = parts(cell, format)
      if (found !== undefined && !(isCount && found[1] !== '')) mask |= 1 << k
    })
    if (mask === 0) return
    this.#tally.set(mask, (this.#tally.get(mask) ?? 0) + 1)
    if (cell.body.includes(' ')) this.#hasBlanks = true
    if (marksOf(mask).size === 2 && /[.,]/.test(cell.body)) this.#ambiguous ??= cell.body
    if (!marksOf(mask).has('.')) this.#comma ??= cell.body
  }

  decide(choice: NumberFormat | undefined, language: Language): FormatDecision {
    if (choice !== undefined) return { format: choice, question: null }
    if (this.#tally.size === 0) return { format: null, question: null }
    const fits = (k: number): number =>
      [...this.#tally].reduce((sum, [mask, times]) => sum + ((mask & (1 << k)) === 0 ? 0 : times), 0)
    const votes = [...this.#tally.values()].reduce((sum, times) => sum + times, 0)
    const scored = NUMBER_FORMATS.map((format, k) => ({ format, votes: fits(k) }))
    const most = Math.max(...scored.map((each) => each.votes))
    const best = scored.filter((each) => each.votes === most).map(({ format }) => format)
    const format = preferred(best, language, this.#hasBlanks)
    if (most < votes * CLEAR_MAJORITY)
      return ask(
        format,
        scored.filter((each) => each.votes > 0).map((each) => each.format),
        null,
      )
    const marks = new Set(best.map((each) => DECIMAL_MARK[each]))
    if (marks.size === 2 && this.#ambiguous !== null) return ask(format, best, this.#ambiguous)
    // A single comma proves little in an English file; a second number, or a header in a language that writes so, settles it.
    if (votes === 1 && language === 'en' && !marks.has('.') && this.#comma?.includes(',') === true)
      return ask(format, [...best, 'comma_dot'], this.#comma)
    return { format, question: null }
  }
}

function marksOf(mask: number): Set<'.' | ','> {
  return new Set(NUMBER_FORMATS.filter((_, k) => (mask & (1 << k)) !== 0).map((format) => DECIMAL_MARK[format]))
}

function preferred(best: readonly NumberFormat[], language: Language, hasBlanks: boolean): NumberFormat {
  const wantsComma = ['de', 'fr', 'es', 'pt', 'it', 'nl'].includes(language)
  const order: readonly NumberFormat[] = wantsComma
    ? [
        hasBlanks || language === 'fr' ? 'blank_comma' : 'dot_comma',
        'dot_comma',
        'blank_comma',
        'comma_dot',
        'apostrophe_dot',
      ]
    : hasBlanks
      ? ['comma_dot', 'blank_comma', 'dot_comma', 'apostrophe_dot']
      : ['comma_dot', 'apostrophe_dot', 'dot_comma', 'blank_comma']
  return order.find((format) => best.includes(format)) ?? 'comma_dot'
}

function ask(format: NumberFormat, options: readonly NumberFormat[], example: string | null): FormatDecision {
  const seen = example === null ? '' : ` ("${example}" for one)`
  return {
    format,
    question: {
      field: 'number_format',
      text: `How does this file write numbers? What it holds can be read in more than one way${seen}.`,
      options: [...new Set(options)].map((value) => ({ value, label: EXAMPLES[value] })),
    },
  }
}
