/**
 * Which row is the header, and what its columns are. Names are compared by what people read: NFKC, without case, accents, dots, invisible
 * marks and plural s; the currency in brackets is taken off. Columns are known by their place: a name can occur twice.
 */
import { PLATFORMS, type Platform } from '../../shared/domain/ids.ts'
import { isKnownCurrency } from './currency.ts'
import { type Field, FIELDS, LANGUAGES, type Language, type Names } from './header-names.ts'
import { GOOGLE_NAMES } from './header-names-google.ts'
import { META_NAMES } from './header-names-meta.ts'
import { TIKTOK_NAMES } from './header-names-tiktok.ts'
import type { RawTable } from './parsed.ts'

/** Rows that are looked through for a header: above it stand a title and a range, never a hundred lines. */
const MAX_HEADER_SEARCH = 100
const MIN_KNOWN_NAMES = 3
const MAX_HEADER_CHARS = 300

/** A comparison column of Meta: "Purchases (7-day click)", "Purchases [1d_view]". */
export interface ColumnWindow {
  readonly kind: 'click' | 'view' | 'engaged'
  readonly days: number
}
export interface HeaderColumn {
  readonly index: number
  /** As it stands in the file: untrusted. */
  readonly header: string
  readonly field: Field | null
  readonly currency: string | null
  readonly window: ColumnWindow | null
}
export interface FoundHeader {
  /** Index into the table's rows. */
  readonly at: number
  readonly columns: readonly HeaderColumn[]
  readonly language: Language
  /** How many columns are known. */
  readonly known: number
}

interface Known {
  readonly field: Field
  readonly languages: ReadonlySet<Language>
}
type Vocabulary = ReadonlyMap<string, Known>

const WINDOW =
  /[\s:–-]*[[(]?\s*(\d{1,2})[\s_-]*d(?:ays?)?[\s_-]*(click|view|engaged[\s_-]*view|ev)(?:[\s_-]*through)?\s*[\])]?$/i

/** A name as it is compared, and what was taken off its end. */
export function headerKey(text: string): { key: string; currency: string | null; window: ColumnWindow | null } {
  let bare = text
    .slice(0, MAX_HEADER_CHARS)
    .normalize('NFKC')
    .replace(/[\p{Cf}\p{Cc}]/gu, ' ')
    .trim()
  let currency: string | null = null
  const code = /[([]([A-Za-z]{3})[)\]]$/.exec(bare)?.[1]?.toUpperCase()
  if (code !== undefined && isKnownCurrency(code)) {
    currency = code
    bare = bare.slice(0, -5).trim()
  }
  const match = WINDOW.exec(bare)
  const window = match === null ? null : windowOf(match)
  if (match !== null) bare = bare.slice(0, match.index)
  return { key: fold(bare), currency, window }
}

function windowOf(match: RegExpExecArray): ColumnWindow {
  const word = (match[2] ?? '').toLowerCase()
  return { days: Number(match[1]), kind: word === 'click' ? 'click' : word === 'view' ? 'view' : 'engaged' }
}

function fold(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}|\p{Lm}/gu, '')
    .toLowerCase()
    .replace(/ß/g, 'ss')
    .replace(/[.,:*"'`’‘ʼ?]/g, '')
    .replace(/[-_–—]/g, ' ')
    .replace(/\s*\/\s*/g, ' / ')
    .replace(/([([])\s+|\s+([)\]])/g, '$1$2')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/(\p{L}{3,})s(?=$|[\s)\]/])/gu, '$1')
}

function vocabularyOf(names: Names): Vocabulary {
  const found = new Map<string, { field: Field; languages: Set<Language> }>()
  for (const field of FIELDS)
    for (const language of LANGUAGES)
      for (const name of names[field]?.[language] ?? []) {
        const { key } = headerKey(name)
        const known = found.get(key)
        // The field that stands first in the list wins: a name must mean one thing.
        if (known === undefined) found.set(key, { field, languages: new Set([language]) })
        else known.languages.add(language)
      }
  return found
}

const VOCABULARIES: Readonly<Record<Platform, Vocabulary>> = {
  google_ads: vocabularyOf(GOOGLE_NAMES),
  meta: vocabularyOf(META_NAMES),
  tiktok: vocabularyOf(TIKTOK_NAMES),
}

/** The header under one platform's names: the first row with at least three of them, spend among them. */
export function findHeader(table: RawTable, platform: Platform): FoundHeader | undefined {
  const rows = Math.min(table.rows.length, MAX_HEADER_SEARCH)
  for (let at = 0; at < rows; at += 1) {
    const found = headerAt(table, at, VOCABULARIES[platform])
    if (found !== undefined) return found
  }
  return undefined
}

function headerAt(table: RawTable, at: number, vocabulary: Vocabulary): FoundHeader | undefined {
  const cells = table.rows[at]?.cells ?? []
  const tally = new Map<Language, number>()
  const seen = new Set<string>()
  let known = 0
  const columns = cells.map((cell, index): HeaderColumn => {
    const { key, currency, window } = headerKey(cell.kind === 'text' ? cell.text : '')
    const entry = key === '' ? undefined : vocabulary.get(key)
    if (entry !== undefined && !seen.has(key)) {
      seen.add(key)
      known += 1
      for (const language of entry.languages) tally.set(language, (tally.get(language) ?? 0) + 1)
    }
    return { index, header: cell.text, field: entry?.field ?? null, currency, window }
  })
  if (known < MIN_KNOWN_NAMES || columns.every(({ field }) => field !== 'spend')) return undefined
  const most = Math.max(...tally.values())
  const language = LANGUAGES.find((each) => tally.get(each) === most) ?? 'en'
  return { at, columns: withoutEmptyEnd(columns), language, known }
}

/** A delimiter at the end of every line makes a last column without a name. */
function withoutEmptyEnd(columns: readonly HeaderColumn[]): readonly HeaderColumn[] {
  let length = columns.length
  while (length > 0 && columns[length - 1]?.header.trim() === '') length -= 1
  return columns.slice(0, length)
}

/** The platforms whose names fit best; several when they fit alike. Empty: not a platform's report. */
export function platformsOf(table: RawTable): readonly Platform[] {
  const known = PLATFORMS.map((platform) => ({ platform, known: findHeader(table, platform)?.known ?? 0 }))
  const most = Math.max(...known.map((each) => each.known))
  return most === 0 ? [] : known.filter((each) => each.known === most).map(({ platform }) => platform)
}

/** Whether a sheet has a header that some platform writes. */
export function knowsHeader(table: RawTable): boolean {
  return platformsOf(table).length > 0
}
