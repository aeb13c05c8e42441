/** Status and daily budget of a campaign's own row. What is not certain is left out: an import never changes what it does not know. */
import type { NumberFormat } from '../../shared/schemas/imports.ts'
import { microsOf, numberCell } from './numbers.ts'
import type { ImportedFact, RawRow } from './parsed.ts'
import type { Places } from './report-rows.ts'
import { textOf } from './report-texts.ts'

export type Status = NonNullable<ImportedFact['status']>

const WORDS: readonly (readonly [Status, RegExp])[] = [
  [
    'enabled',
    /^(enabled|active|aktiviert|aktiv|activee?|active?e|actif|habilitada|habilitado|activada|ativada|ativado|ativa|attivata|attiva|attivo|ingeschakeld|actief|مفعله|مفعلة|مفعل)$/,
  ],
  [
    'paused',
    /^(paused|pausiert|en veille|mise en veille|suspendue?|en pausa|pausada|pausado|in pausa|gepauzeerd|onderbroken|متوقفه مؤقتا|متوقفة مؤقتا)$/,
  ],
  [
    'deleted',
    /^(removed|deleted|entfernt|supprimee?|eliminada|eliminado|quitada|removida|removido|rimossa|rimosso|verwijderd)$/,
  ],
] // prettier-ignore

/** 'unknown' for every word that is not a plain on, off or removed. */
export function statusOf(text: string): Status {
  const key = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().trim()
  return WORDS.find(([, words]) => words.test(key))?.[0] ?? 'unknown'
}

const DAILY = /^(daily|taglich|quotidien|diario|diaria|giornaliero|dagelijks|يومي|يوميه|يومية)$/

/** Of a campaign's own daily budget. A budget with a name is shared between campaigns and none of theirs. */
export function budgetMicros(places: Places, row: RawRow, format: NumberFormat | null): bigint | undefined {
  const { budget, budgetType, budgetName } = places
  if (budget === undefined || budgetType === undefined) return undefined
  const kind = textOf(row.cells[budgetType]).normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
  if (!DAILY.test(kind) || (budgetName !== undefined && textOf(row.cells[budgetName]) !== '')) return undefined
  const cell = row.cells[budget]
  const number = cell === undefined ? undefined : numberCell(cell)
  if (number?.kind !== 'number' || number.isPercent) return undefined
  const micros = microsOf(number, format)
  return typeof micros === 'bigint' && micros > 0n ? micros : undefined
}
