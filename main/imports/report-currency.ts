/** The currency of a report: from its header, its currency column or the signs in its cells; asked for where none of them says. */
import type { ImportChoices } from '../../shared/schemas/imports.ts'
import { COMMON_CURRENCIES, currenciesOf, isKnownCurrency } from './currency.ts'
import type { Question } from './parsed.ts'

export interface CurrencyDecision {
  /** null while it is asked for. */
  readonly currency: string | null
  /** What the rows are shown in until then. */
  readonly shown: string
  readonly question: Question | null
}

export class CurrencyEvidence {
  #header = new Set<string>()
  #column = new Map<string, number>()
  #marks = new Set<string>()

  addHeader(code: string | null): void {
    if (code !== null) this.#header.add(code)
  }
  addCell(text: string): void {
    const code = text.trim().toUpperCase()
    if (isKnownCurrency(code)) this.#column.set(code, (this.#column.get(code) ?? 0) + 1)
  }
  addMark(mark: string | null): void {
    if (mark !== null && this.#marks.size < 50) this.#marks.add(mark)
  }

  decide(choices: ImportChoices): CurrencyDecision {
    const said = [...new Set([...this.#header, ...this.#byFrequency()])]
    if (choices.currency !== undefined) return { currency: choices.currency, shown: choices.currency, question: null }
    if (said.length === 1 && said[0] !== undefined) return { currency: said[0], shown: said[0], question: null }
    if (said.length > 1)
      return ask(
        said,
        `This file has amounts in ${said.length} currencies, which are never added up. Rows in which one are to be imported?`,
      )
    const possible = this.#byMarks()
    if (possible.length === 1 && possible[0] !== undefined)
      return { currency: possible[0], shown: possible[0], question: null }
    return ask(
      possible.length === 0 ? COMMON_CURRENCIES : possible,
      'This file does not say its currency. In which one does the account bill?',
    )
  }

  #byFrequency(): string[] {
    return [...this.#column].toSorted(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).map(([code]) => code)
  }

  /** Currencies that every sign seen can stand for; all of any sign, when they have none in common. */
  #byMarks(): readonly string[] {
    const sets = [...this.#marks].map(currenciesOf).filter((set) => set !== undefined)
    const [first, ...rest] = sets
    if (first === undefined) return []
    const common = first.filter((code) => rest.every((set) => set.includes(code)))
    return common.length > 0 ? common : [...new Set(sets.flat())]
  }
}

function ask(options: readonly string[], text: string): CurrencyDecision {
  return {
    currency: null,
    shown: options[0] ?? 'EUR',
    question: { field: 'currency', text, options: options.map((value) => ({ value, label: value })) },
  }
}
