/** One condition of a WHERE clause: whether it fits its field, and whether a row meets it. */
import { dayNumber } from '../calendar.ts'
import type { FieldDef, Row } from './catalog.ts'
import { invalid } from './failure.ts'
import type { Condition, Literal, Operator } from './gaql-parse.ts'
import { scalarText } from './proto-json.ts'

export type Test = (row: Row) => boolean

const ORDERED: readonly Operator[] = ['>', '>=', '<', '<=', 'BETWEEN']
const TEXTUAL: readonly Operator[] = ['LIKE', 'NOT LIKE', 'REGEXP_MATCH', 'NOT REGEXP_MATCH']
const CONTAINS: readonly Operator[] = ['CONTAINS ANY', 'CONTAINS ALL', 'CONTAINS NONE']
const NULLS: readonly Operator[] = ['IS NULL', 'IS NOT NULL']

function isFitting(operator: Operator, field: FieldDef): boolean {
  if (NULLS.includes(operator)) return true
  if (field.isRepeated || CONTAINS.includes(operator)) return field.isRepeated && CONTAINS.includes(operator)
  if (operator === 'DURING') return field.type === 'DATE'
  if (TEXTUAL.includes(operator)) return field.type === 'STRING' || field.type === 'RESOURCE_NAME'
  if (ORDERED.includes(operator)) return field.type === 'INT64' || field.type === 'DOUBLE' || field.type === 'DATE'
  return true
}

function checkValue(field: FieldDef, value: Literal): void {
  switch (field.type) {
    case 'ENUM':
      if (field.constants?.includes(value.text) !== true)
        throw invalid(
          'queryError.BAD_ENUM_CONSTANT',
          `Invalid enum value cannot be included in WHERE clause: '${value.text}'.`,
        )
      return
    case 'INT64':
      if (!/^-?\d{1,19}$/.test(value.text))
        throw invalid('queryError.BAD_NUMBER', `The value ${value.text} is not a whole number.`)
      return
    case 'DOUBLE':
      if (!/^-?\d+(\.\d+)?$/.test(value.text))
        throw invalid('queryError.BAD_NUMBER', `The value ${value.text} is not a number.`)
      return
    case 'BOOLEAN':
      if (!/^(true|false)$/i.test(value.text))
        throw invalid('queryError.BAD_VALUE', `The value ${value.text} is not a boolean.`)
      return
    case 'DATE':
      if (Number.isNaN(dayNumber(value.text.slice(0, 10))) || !/^.{10}( \d{2}:\d{2}:\d{2}(\.\d+)?)?$/.test(value.text))
        throw invalid('queryError.INVALID_DATE_FORMAT', `Invalid date ${value.text}; it must be like '2026-01-31'.`)
      return
    default:
      if (!value.isQuoted) throw invalid('queryError.BAD_VALUE', `The value ${value.text} must be a quoted string.`)
  }
}

/** @throws ApiFailure when operator or values do not fit the field */
export function checkCondition(condition: Condition, field: FieldDef): void {
  if (field.type === 'MESSAGE')
    throw invalid('queryError.PROHIBITED_FIELD_IN_WHERE_CLAUSE', `The field '${field.name}' cannot be filtered on.`)
  if (!isFitting(condition.operator, field))
    throw invalid(
      'queryError.OPERATOR_FIELD_MISMATCH',
      `The operator ${condition.operator} cannot be used with the field '${field.name}'.`,
    )
  if (condition.operator === 'DURING') return
  for (const value of condition.values) checkValue(field, value)
}

type Comparable = bigint | number | string

function comparable(field: FieldDef, value: unknown): Comparable {
  const text = scalarText(value)
  switch (field.type) {
    case 'INT64':
      return BigInt(text)
    case 'DOUBLE':
      return Number(text)
    case 'BOOLEAN':
      return text.toLowerCase()
    default:
      return text
  }
}

/** LIKE: % any text, _ one sign, [x] x itself; upper and lower case are the same. */
function likePattern(pattern: string): RegExp {
  let source = ''
  for (let index = 0; index < pattern.length; index += 1) {
    const sign = pattern[index] ?? ''
    if (sign === '[' && pattern[index + 2] === ']') {
      source += escapeSign(pattern[index + 1] ?? '')
      index += 2
    } else source += sign === '%' ? '[^]*' : sign === '_' ? '[^]' : escapeSign(sign)
  }
  return new RegExp(`^${source}$`, 'i')
}

function escapeSign(sign: string): string {
  return sign.replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&')
}

function regexp(text: string): RegExp {
  try {
    return new RegExp(`^(?:${text})$`)
  } catch {
    throw invalid('queryError.BAD_VALUE', 'The regular expression is not valid.')
  }
}

function compare(operator: Operator, value: Comparable, wanted: readonly Comparable[]): boolean {
  const [one, two] = wanted
  if (one === undefined) return false
  switch (operator) {
    case '=':
      return value === one
    case '!=':
      return value !== one
    case '>':
      return value > one
    case '>=':
      return value >= one
    case '<':
      return value < one
    case '<=':
      return value <= one
    case 'BETWEEN':
      return two !== undefined && value >= one && value <= two
    case 'IN':
      return wanted.includes(value)
    case 'NOT IN':
      return !wanted.includes(value)
    default:
      return false
  }
}

function contains(operator: Operator, list: readonly unknown[], wanted: readonly string[]): boolean {
  if (operator === 'CONTAINS ALL') return wanted.every((each) => list.includes(each))
  const hasAny = wanted.some((each) => list.includes(each))
  return operator === 'CONTAINS ANY' ? hasAny : !hasAny
}

/** The condition as a test of rows. `during` gives the days of a date word. */
export function testOf(
  condition: Condition,
  field: FieldDef,
  during: (word: string) => { first: string; last: string } | undefined,
): Test {
  const { operator } = condition
  const [first] = condition.values
  if (operator === 'IS NULL') return (row) => field.read(row) === undefined
  if (operator === 'IS NOT NULL') return (row) => field.read(row) !== undefined
  if (field.isRepeated) {
    const wanted = condition.values.map((value) => value.text)
    return (row) => contains(operator, (field.read(row) as readonly unknown[] | undefined) ?? [], wanted)
  }
  if (TEXTUAL.includes(operator)) {
    const isNegated = operator.startsWith('NOT')
    const pattern = operator.endsWith('LIKE') ? likePattern(first?.text ?? '') : regexp(first?.text ?? '')
    return (row) => pattern.test(scalarText(field.read(row))) !== isNegated
  }
  if (operator === 'DURING') {
    const days = during(first?.text.toUpperCase() ?? '')
    return (row) => {
      const day = scalarText(field.read(row)).slice(0, 10)
      return days !== undefined && day >= days.first && day <= days.last
    }
  }
  const wanted = condition.values.map((value) => comparable(field, value.text))
  return (row) => {
    const value = field.read(row)
    if (value === undefined) return operator === '!=' || operator === 'NOT IN'
    return compare(operator, comparable(field, value), wanted)
  }
}
