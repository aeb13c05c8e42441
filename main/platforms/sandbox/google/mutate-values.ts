/** Values of a mutate's JSON: update masks, int64s, doubles and enums, refused the way Google's JSON layer refuses them. */
import { badJson, invalid, type PathElement } from './failure.ts'
import { isRecord, scalarText, snake, toSnake } from './proto-json.ts'

/** Where an operation stands in the request. */
export type Place = readonly PathElement[]

export interface Operation {
  readonly place: Place
  readonly kind: 'update' | 'remove' | 'create'
  readonly resourceName: string
  /** snake_case paths without resource_name. */
  readonly mask: readonly string[]
  /** The update message in snake_case. */
  readonly update: Readonly<Record<string, unknown>>
}

const INT64_MAX = 9_223_372_036_854_775_807n

export function at(
  place: Place,
  ...names: readonly string[]
): { location: { fieldPathElements: readonly PathElement[] } } {
  return { location: { fieldPathElements: [...place, ...names.map((fieldName) => ({ fieldName }))] } }
}

/** "operations[0].update.amount_micros" */
function spell(place: Place, ...names: readonly string[]): string {
  const all = [
    ...place.map(({ fieldName, index }) => (index === undefined ? fieldName : `${fieldName}[${index}]`)),
    ...names,
  ]
  return all.join('.')
}

/** A FieldMask: comma-joined text, or a message with `paths`; camelCase or snake_case. */
function maskOf(value: unknown, place: Place): readonly string[] {
  const paths =
    typeof value === 'string'
      ? value.split(',')
      : isRecord(value) && Array.isArray(value['paths'])
        ? value['paths']
        : []
  const names = paths.filter((path): path is string => typeof path === 'string' && path.trim() !== '')
  if (names.length === 0)
    throw invalid(
      'fieldMaskError.FIELD_MASK_MISSING',
      'The field mask must be provided for update operations.',
      at(place, 'update_mask'),
    )
  return names.map((path) => snake(path.trim())).filter((path) => path !== 'resource_name')
}

/** Reads one operation. @throws ApiFailure */
export function readOperation(raw: unknown, place: Place, known: ReadonlySet<string>): Operation {
  const operation = isRecord(raw) ? (toSnake(raw) as Readonly<Record<string, unknown>>) : {}
  const { remove, create, update } = operation
  if (typeof remove === 'string' && remove !== '')
    return { place, kind: 'remove', resourceName: remove, mask: [], update: {} }
  if (isRecord(create)) return { place, kind: 'create', resourceName: '', mask: [], update: create }
  if (!isRecord(update))
    throw invalid('requestError.OPERATION_REQUIRED', 'A mutate operation must have an operation.', at(place))
  for (const name of Object.keys(update))
    if (!known.has(name))
      throw badJson(
        `Invalid JSON payload received. Unknown name "${name.slice(0, 80)}" at '${spell(place, 'update')}': Cannot find field.`,
        spell(place, 'update'),
      )
  const resourceName = update['resource_name']
  if (typeof resourceName !== 'string' || resourceName === '')
    throw invalid(
      'requestError.RESOURCE_NAME_MISSING',
      'Resource name is missing.',
      at(place, 'update', 'resource_name'),
    )
  return { place, kind: 'update', resourceName, mask: maskOf(operation['update_mask'], place), update }
}

/** The value at a path of the update; undefined when it is not set. */
export function valueAt(update: Readonly<Record<string, unknown>>, path: string): unknown {
  let value: unknown = update
  for (const name of path.split('.')) {
    if (!isRecord(value)) return undefined
    value = value[name]
  }
  return value ?? undefined
}

function badValue(type: string, value: unknown, operation: Operation, path: string): Error {
  const field = spell(operation.place, 'update', path)
  const shown = JSON.stringify(value) ?? 'null'
  return badJson(`Invalid value at '${field}' (TYPE_${type}), ${shown.slice(0, 80)}`, field)
}

/** An int64: digits as text, or a whole number. Undefined when not set. */
export function int64At(operation: Operation, path: string): bigint | undefined {
  const value = valueAt(operation.update, path)
  if (value === undefined) return undefined
  const isWhole =
    typeof value === 'number' ? Number.isSafeInteger(value) : typeof value === 'string' && /^-?\d{1,19}$/.test(value)
  const number = isWhole ? BigInt(value as string | number) : undefined
  if (number === undefined || number > INT64_MAX || number < -INT64_MAX) throw badValue('INT64', value, operation, path)
  return number
}

export function doubleAt(operation: Operation, path: string): number | undefined {
  const value = valueAt(operation.update, path)
  if (value === undefined) return undefined
  const number =
    typeof value === 'number' ? value : typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN
  if (!Number.isFinite(number)) throw badValue('DOUBLE', value, operation, path)
  return number
}

export function booleanAt(operation: Operation, path: string): boolean | undefined {
  const value = valueAt(operation.update, path)
  if (value !== undefined && typeof value !== 'boolean') throw badValue('BOOL', value, operation, path)
  return value
}

export function textAt(operation: Operation, path: string): string | undefined {
  const value = valueAt(operation.update, path)
  if (value !== undefined && typeof value !== 'string') throw badValue('STRING', value, operation, path)
  return value
}

const STATUSES = ['UNSPECIFIED', 'UNKNOWN', 'ENABLED', 'PAUSED', 'REMOVED']

/** A status that an update may set. REMOVED is what the remove operation is for. */
export function statusAt(operation: Operation): 'ENABLED' | 'PAUSED' {
  const value = valueAt(operation.update, 'status')
  if (value !== undefined && !STATUSES.includes(value as string)) throw badValue('ENUM', value, operation, 'status')
  if (value === 'ENABLED' || value === 'PAUSED') return value
  throw invalid(
    value === undefined ? 'fieldError.REQUIRED' : 'requestError.INVALID_ENUM_VALUE',
    value === undefined ? 'The required field was not present.' : `Enum value '${scalarText(value)}' cannot be used.`,
    at(operation.place, 'update', 'status'),
  )
}
