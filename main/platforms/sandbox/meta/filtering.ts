/** Graph's `filtering=[{field, operator, value}]` on listings and reports. */
import { effectiveStatus } from './status.ts'
import type { MetaEntity } from './types.ts'
import { invalid } from './wire.ts'

export interface Filter {
  readonly field: string
  readonly operator: string
  readonly value: unknown
}

const OPERATORS = new Set([
  'EQUAL',
  'NOT_EQUAL',
  'IN',
  'NOT_IN',
  'GREATER_THAN',
  'LESS_THAN',
  'GREATER_THAN_OR_EQUAL',
  'CONTAIN',
])

const FIELD =
  /^((campaign|adset|ad)\.)?(id|name|effective_status|delivery_info|status|updated_time|created_time|spend|impressions)$/

export function parseFilters(value: unknown): readonly Filter[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) throw invalid('Param filtering must be an array.')
  return value.map((item: unknown) => {
    const { field, operator, value: operand } = (item ?? {}) as Partial<Filter>
    if (typeof field !== 'string' || typeof operator !== 'string' || !OPERATORS.has(operator))
      throw invalid('Param filtering must be an array of {field, operator, value}')
    if (!FIELD.test(field))
      throw invalid(`Filtering field '${field}' with operation '${operator.toLowerCase()}' is not supported`)
    return { field, operator, value: operand }
  })
}

function compare(operator: string, actual: string | number, operand: unknown): boolean {
  const list = Array.isArray(operand) ? operand.map(String) : [String(operand)]
  switch (operator) {
    case 'EQUAL':
    case 'IN':
      return list.includes(String(actual))
    case 'NOT_EQUAL':
    case 'NOT_IN':
      return !list.includes(String(actual))
    case 'CONTAIN':
      return String(actual).toLowerCase().includes(String(operand).toLowerCase())
    case 'GREATER_THAN':
      return Number(actual) > Number(operand)
    case 'GREATER_THAN_OR_EQUAL':
      return Number(actual) >= Number(operand)
    default:
      return Number(actual) < Number(operand)
  }
}

/** The level a field is about: "adset.id" → adset; without a prefix, the entity's own. */
function subject(entity: MetaEntity, prefix: string): MetaEntity | undefined {
  const line: readonly MetaEntity[] =
    entity.kind === 'campaign'
      ? [entity]
      : entity.kind === 'adset'
        ? [entity, entity.campaign]
        : [entity, entity.adSet, entity.adSet.campaign]
  return prefix === '' ? entity : line.find((item) => item.kind === prefix)
}

/** Whether an entity passes one filter. A field of a level below it passes: the report decides there. */
export function matches({ field, operator, value }: Filter, entity: MetaEntity, nowMs: number): boolean {
  const [prefix, name] = field.includes('.') ? (field.split('.', 2) as [string, string]) : ['', field]
  const about = subject(entity, prefix)
  if (about === undefined) return true
  switch (name) {
    case 'id':
      return compare(operator, about.id, value)
    case 'name':
      return compare(operator, about.name, value)
    case 'effective_status':
    case 'delivery_info':
      return compare(operator, effectiveStatus(about, nowMs), value)
    case 'status':
      return compare(operator, about.status, value)
    case 'updated_time':
      return compare(operator, Math.floor(about.updatedAtMs / 1000), value)
    case 'created_time':
      return compare(operator, Math.floor(about.createdAtMs / 1000), value)
    default:
      // Spend and impressions: only a report knows them.
      return true
  }
}
