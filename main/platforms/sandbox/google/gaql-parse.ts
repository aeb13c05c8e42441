/** The Google Ads Query Language, read into a tree. Knows the grammar, and no field: those are checked afterwards. */
import { type ApiFailure, invalid } from './failure.ts'

export interface Literal {
  readonly text: string
  readonly isQuoted: boolean
}

export const OPERATORS = [
  '=',
  '!=',
  '>',
  '>=',
  '<',
  '<=',
  'IN',
  'NOT IN',
  'LIKE',
  'NOT LIKE',
  'CONTAINS ANY',
  'CONTAINS ALL',
  'CONTAINS NONE',
  'IS NULL',
  'IS NOT NULL',
  'DURING',
  'BETWEEN',
  'REGEXP_MATCH',
  'NOT REGEXP_MATCH',
] as const
export type Operator = (typeof OPERATORS)[number]

export interface Condition {
  readonly field: string
  readonly operator: Operator
  readonly values: readonly Literal[]
}

export interface Query {
  readonly select: readonly string[]
  readonly from: string
  readonly where: readonly Condition[]
  readonly orderBy: readonly { readonly field: string; readonly isDescending: boolean }[]
  readonly limit: number | undefined
  /** PARAMETERS omit_unselected_resource_names = true */
  readonly isOmittingNames: boolean
}

interface Token {
  readonly kind: 'word' | 'number' | 'string' | 'symbol' | 'end'
  readonly text: string
}

const MAX_QUERY = 40_000
const PATTERN =
  /\s+|([A-Za-z_][\w.]*)|(-?\d+(?:\.\d+)?)|('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")|(!=|>=|<=|[=<>(),[\]])/y
const PARAMETERS = new Set(['include_drafts', 'omit_unselected_resource_names'])

const problem = (code: string, message: string): ApiFailure => invalid(`queryError.${code}`, message)

function tokenize(text: string): readonly Token[] {
  if (text.length > MAX_QUERY) throw problem('QUERY_ERROR', 'The query is too long.')
  const tokens: Token[] = []
  PATTERN.lastIndex = 0
  while (PATTERN.lastIndex < text.length) {
    const at = PATTERN.lastIndex
    const match = PATTERN.exec(text)
    if (match === null) {
      const sign = text[at] ?? ''
      if (sign === "'" || sign === '"')
        throw problem('STRING_NOT_TERMINATED', 'Error in query: string is not terminated.')
      throw problem('BAD_SYMBOL', `Error in query: unexpected symbol ${sign}.`)
    }
    const [, word, number, string, symbol] = match
    if (word !== undefined) tokens.push({ kind: 'word', text: word })
    else if (number !== undefined) tokens.push({ kind: 'number', text: number })
    else if (string !== undefined) tokens.push({ kind: 'string', text: string.slice(1, -1).replace(/\\(.)/g, '$1') })
    else if (symbol !== undefined) tokens.push({ kind: 'symbol', text: symbol })
  }
  tokens.push({ kind: 'end', text: '' })
  return tokens
}

class Reader {
  readonly #tokens: readonly Token[]
  #at = 0
  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }
  get next(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end', text: '' }
  }
  take(): Token {
    const token = this.next
    this.#at += 1
    return token
  }
  isWord(...words: readonly string[]): boolean {
    return words.every((word, index) => {
      const token = this.#tokens[this.#at + index]
      return token?.kind === 'word' && token.text.toUpperCase() === word
    })
  }
  takeWords(...words: readonly string[]): boolean {
    if (!this.isWord(...words)) return false
    this.#at += words.length
    return true
  }
  takeSymbol(symbol: string): boolean {
    if (this.next.kind !== 'symbol' || this.next.text !== symbol) return false
    this.#at += 1
    return true
  }
  field(): string {
    const token = this.take()
    if (token.kind === 'end') throw problem('UNEXPECTED_END_OF_QUERY', 'Error in query: unexpected end of query.')
    if (token.kind !== 'word') throw problem('BAD_FIELD_NAME', `Error in query: unexpected input ${token.text}.`)
    return token.text
  }
  value(): Literal {
    const token = this.take()
    if (token.kind === 'end') throw problem('UNEXPECTED_END_OF_QUERY', 'Error in query: unexpected end of query.')
    if (token.kind === 'symbol') throw problem('BAD_VALUE', `Error in query: invalid value ${token.text}.`)
    return { text: token.text, isQuoted: token.kind === 'string' }
  }
  list(): readonly Literal[] {
    const close = this.takeSymbol('(') ? ')' : this.takeSymbol('[') ? ']' : undefined
    if (close === undefined) throw problem('EXPECTED_LIST', 'Error in query: expected a list of values.')
    const values: Literal[] = []
    if (this.takeSymbol(close))
      throw problem('PROHIBITED_EMPTY_LIST_IN_CONDITION', 'Error in query: the list is empty.')
    do values.push(this.value())
    while (this.takeSymbol(','))
    if (!this.takeSymbol(close)) throw problem('EXPECTED_LIST', 'Error in query: the list is not closed.')
    if (values.length > 20_000) throw problem('FILTER_HAS_TOO_MANY_VALUES', 'The filter has too many values.')
    return values
  }
}

const COMPARISONS: readonly Operator[] = ['=', '!=', '>', '>=', '<', '<=']

function condition(reader: Reader): Condition {
  const field = reader.field()
  for (const operator of COMPARISONS)
    if (reader.takeSymbol(operator)) return { field, operator, values: [reader.value()] }
  if (reader.takeWords('IS', 'NOT', 'NULL')) return { field, operator: 'IS NOT NULL', values: [] }
  if (reader.takeWords('IS', 'NULL')) return { field, operator: 'IS NULL', values: [] }
  for (const operator of ['NOT IN', 'IN', 'CONTAINS ANY', 'CONTAINS ALL', 'CONTAINS NONE'] as const)
    if (reader.takeWords(...operator.split(' '))) return { field, operator, values: reader.list() }
  for (const operator of ['NOT LIKE', 'LIKE', 'NOT REGEXP_MATCH', 'REGEXP_MATCH', 'DURING'] as const)
    if (reader.takeWords(...operator.split(' '))) return { field, operator, values: [reader.value()] }
  if (reader.takeWords('BETWEEN')) {
    const low = reader.value()
    if (!reader.takeWords('AND')) throw problem('EXPECTED_AND', 'Error in query: expected AND.')
    return { field, operator: 'BETWEEN', values: [low, reader.value()] }
  }
  throw problem('BAD_OPERATOR', `Error in query: invalid operator ${reader.next.text}.`)
}

/** @returns the names switched on */
function parameters(reader: Reader): ReadonlySet<string> {
  const on = new Set<string>()
  do {
    const name = reader.field()
    if (!PARAMETERS.has(name)) throw problem('BAD_PARAMETER_NAME', `Error in query: unknown parameter ${name}.`)
    if (!reader.takeSymbol('=')) throw problem('BAD_OPERATOR', 'Error in query: expected =.')
    const value = reader.value().text.toLowerCase()
    if (value !== 'true' && value !== 'false')
      throw problem('BAD_PARAMETER_VALUE', `Error in query: invalid value of parameter ${name}.`)
    if (value === 'true') on.add(name)
  } while (reader.takeSymbol(','))
  return on
}

/** Reads a query. @throws ApiFailure with the queryError that Google gives */
export function parseQuery(text: string): Query {
  const reader = new Reader(tokenize(text))
  if (!reader.takeWords('SELECT')) throw problem('EXPECTED_SELECT', 'Error in query: expected SELECT.')
  const select: string[] = []
  do select.push(reader.field())
  while (reader.takeSymbol(','))
  if (!reader.takeWords('FROM')) throw problem('EXPECTED_FROM', 'Error in query: expected FROM.')
  const from = reader.field()
  const where: Condition[] = []
  if (reader.takeWords('WHERE')) {
    do where.push(condition(reader))
    while (reader.takeWords('AND'))
  }
  const orderBy: { field: string; isDescending: boolean }[] = []
  if (reader.takeWords('ORDER')) {
    if (!reader.takeWords('BY')) throw problem('EXPECTED_BY', 'Error in query: expected BY.')
    do {
      const field = reader.field()
      const isDescending = reader.takeWords('DESC')
      if (!isDescending) reader.takeWords('ASC')
      orderBy.push({ field, isDescending })
    } while (reader.takeSymbol(','))
  }
  let limit: number | undefined
  if (reader.takeWords('LIMIT')) {
    const token = reader.take()
    if (token.kind !== 'number' || !/^\d{1,9}$/.test(token.text))
      throw problem('BAD_LIMIT_VALUE', `Error in query: invalid limit ${token.text}.`)
    limit = Number(token.text)
    if (limit < 1) throw problem('LIMIT_VALUE_TOO_LOW', 'The limit must be at least 1.')
  }
  const on: ReadonlySet<string> = reader.takeWords('PARAMETERS') ? parameters(reader) : new Set()
  if (reader.next.kind !== 'end')
    throw problem('UNEXPECTED_INPUT', `Error in query: unexpected input ${reader.next.text}.`)
  return { select, from, where, orderBy, limit, isOmittingNames: on.has('omit_unselected_resource_names') }
}
