/** What reading a file comes to, before anything is stored. Types only: bytes.ts and the layouts make them, import-file.ts stores them. */
import type { MetricLevel } from '../../shared/domain/metric.ts'
import type { Platform } from '../../shared/domain/ids.ts'
import type { ClickIdType } from '../../shared/domain/attribution.ts'
import type { DateOrder, ImportChoices, ImportKind, NumberFormat } from '../../shared/schemas/imports.ts'

/** One cell. A CSV has texts only; `formula` holds the cached result of a formula, or nothing. */
export interface Cell {
  readonly kind: 'empty' | 'text' | 'number' | 'date' | 'formula' | 'error'
  /** As written in the file, or the shortest decimal spelling of a number, or "YYYY-MM-DD[ HH:MM:SS]" of a date. */
  readonly text: string
}
export interface RawRow {
  /** 1-based line of a text file (of its first line when quoted over several), or row of a sheet. */
  readonly line: number
  readonly cells: readonly Cell[]
}
/** A file as rows of cells, at most MAX_ROWS of them. */
export interface RawTable {
  /** "UTF-8", "UTF-8 with BOM", "UTF-16LE with BOM", "XLSX" … */
  readonly encoding: string
  readonly delimiter: string | null
  readonly sheet: string | null
  readonly rows: readonly RawRow[]
  /** What reading the bytes had to assume, for the person to check. */
  readonly warnings?: readonly string[]
}
export const MAX_ROWS = 500_000

/** A row that cannot be stored, with the reason in our words. `text` is the start of the row as it stands in the file: untrusted. */
export interface BadRow {
  readonly line: number
  readonly reason: string
  readonly text: string
}
export interface UsedColumn {
  readonly index: number
  readonly header: string
  readonly usedAs: string | null
  readonly note: string | null
}
export interface Question {
  readonly field: 'kind' | 'platform' | 'account_name' | 'currency' | 'number_format' | 'date_order' | 'time_zone'
  readonly text: string
  readonly options: readonly { readonly value: string; readonly label: string }[]
}
export interface TotalsCheck {
  readonly column: string
  readonly inFile: string
  readonly summed: string
  readonly isEqual: boolean
}

/** One row of a platform's report: one entity of the file's level on one day (or over one period, which is never stored as a day). */
export interface ImportedFact {
  readonly line: number
  /** Names from the campaign down; ids where the file has them. All untrusted. */
  readonly campaign: NamedEntity
  readonly adGroup?: NamedEntity
  readonly ad?: NamedEntity
  /** "YYYY-MM-DD"; start and end differ where the row is a period, and are "" where the file does not date it ("All time"): never daily. */
  readonly startDate: string
  readonly endDate: string
  readonly currency: string
  readonly spendMicros: bigint
  readonly impressions: number
  readonly clicks: number
  readonly videoViews: number | null
  readonly reach: number | null
  /** Click-through by the window below; null where the file does not tell clicks from views. */
  readonly clickConversionMicros: bigint | null
  readonly clickValueMicros: bigint | null
  readonly viewConversionMicros: bigint | null
  readonly viewValueMicros: bigint | null
  readonly engagedViewConversionMicros: bigint | null
  /** What the file calls conversions, whatever it mixes. */
  readonly reportedConversionMicros: bigint | null
  readonly reportedValueMicros: bigint | null
  readonly clickWindowDays: number | null
  readonly viewWindowDays: number | null
  /** The same clicks counted one day and 28 days after them, where the file has columns of their own for it. */
  readonly click1dConversionMicros?: bigint
  readonly click1dValueMicros?: bigint
  readonly click28dConversionMicros?: bigint
  readonly click28dValueMicros?: bigint
  /** Counts that the file leaves out or masks ("<5") for part of this: `impressions` and `clicks` hold what is known of them. */
  readonly unknownCounts?: readonly ('impressions' | 'clicks')[]
  /** Of a campaign's own row only. */
  readonly status?: 'enabled' | 'paused' | 'deleted' | 'unknown'
  readonly dailyBudgetMicros?: bigint
}
export interface NamedEntity {
  readonly id?: string
  readonly name: string
}

/** A touch before an order: a click or view with its id, or with UTM tags, or a platform's own claim. */
export interface ImportedTouch {
  readonly kind: 'click' | 'view'
  readonly idType: ClickIdType | null
  readonly clickId: string | null
  /** UTC seconds; null when not known. */
  readonly atS: number | null
  readonly utmSource: string | null
  readonly utmMedium: string | null
  readonly campaign: string | null
  readonly ad: string | null
  readonly claimedBy: Platform | null
}
export interface ImportedOrder {
  readonly line: number
  readonly rawOrderId: string
  /** UTC seconds. */
  readonly atS: number
  readonly updatedAtS: number
  /** Calendar day on the shop's own clock, days since 1970-01-01, where its time came with an offset and no zone was chosen. */
  readonly day?: number
  /** Micros, after refunds; 0 when nothing is left of it. */
  readonly netValueMicros: bigint
  readonly currency: string
  readonly isTest: boolean
  readonly touches: readonly ImportedTouch[]
}
/** A platform's claim of one order. */
export interface ImportedClaim {
  readonly line: number
  readonly rawOrderId: string
  readonly touch: ImportedTouch
}
export interface ImportedRate {
  readonly line: number
  readonly currency: string
  readonly date: string
  /** Units per euro times 10^8. */
  readonly perEuroE8: bigint
}

interface Common {
  readonly layout: string
  readonly columns: readonly UsedColumn[]
  readonly bad: readonly BadRow[]
  /** All of them, also beyond what `bad` holds (at most 1,000). */
  readonly badCount: number
  readonly questions: readonly Question[]
  readonly warnings: readonly string[]
  readonly numberFormat: NumberFormat | null
  readonly dateOrder: DateOrder | null
  readonly currency: string | null
  readonly rowCount: number
  readonly totalsRows: number
  readonly totalsCheck: readonly TotalsCheck[]
}
export type ParsedFile =
  | (Common & {
      readonly kind: 'platform_report'
      readonly platform: Platform
      readonly level: MetricLevel
      /** Whether every row is one day. */
      readonly isDaily: boolean
      readonly accountName: string | null
      readonly window: { readonly clickDays: number | null; readonly viewDays: number | null; readonly note: string }
      readonly facts: readonly ImportedFact[]
    })
  | (Common & { readonly kind: 'orders'; readonly timeZone: string | null; readonly orders: readonly ImportedOrder[] })
  | (Common & { readonly kind: 'claims'; readonly platform: Platform; readonly claims: readonly ImportedClaim[] })
  | (Common & { readonly kind: 'rates'; readonly rates: readonly ImportedRate[] })

/** Reads one layout. undefined: the table is not of this kind. Pure: the same table and choices give the same answer. */
export type Layout = (table: RawTable, choices: ImportChoices) => ParsedFile | undefined
export type { ImportKind }
