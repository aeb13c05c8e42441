/**
 * Values in wire form and as integers, and what stands in the way of changing one: the same words for every kind of change.
 * Pure; it judges no size and no spend.
 */
import { formatRatio, parseRatio } from '../../shared/domain/bid.ts'
import type { EditableField, Entity, Field } from '../../shared/domain/entity.ts'
import { isMoneyField, valueOf } from '../../shared/domain/entity.ts'
import { formatDecimal, parseDecimal } from '../../shared/domain/money.ts'
import { OperationError } from '../../shared/errors.ts'
import { cleanUntrusted } from '../reporting/untrusted.ts'
import { currencyUnit, moneyScale } from './policy.ts'
import type { Scale } from './step.ts'

/** Fields whose value is one number. */
export type NumberField = Exclude<Field, 'status' | 'bid_strategy'>
export type NumberKind = 'money' | 'ratio'

/** The finest ratio that the wire form can hold, in millionths (0.0001). */
const RATIO_UNIT = 100n

/** Longest reason of an adapter that is repeated. It may quote a campaign's name, which others wrote. */
export const MAX_REFUSAL = 400

const NOUNS: Readonly<Record<Field, string>> = {
  daily_budget: 'a daily budget',
  scheduled_budget: 'a daily budget',
  status: 'a status',
  cpc_bid: 'a bid per click',
  target_cpa: 'a target cost per conversion',
  target_roas: 'a return on ad spend',
  bid_cap: 'a bid cap',
  cost_cap: 'a cost cap',
  bid_strategy: 'a bid strategy',
}

export const kindOf = (field: NumberField): NumberKind => (isMoneyField(field) ? 'money' : 'ratio')

/** Micros of the currency, or millionths of a ratio. @throws OperationError invalid_value */
export function parseNumber(kind: NumberKind, text: string, currency: string): bigint {
  return kind === 'money' ? parseDecimal(text, currency) : parseRatio(text)
}
export function formatNumber(kind: NumberKind, micros: bigint, currency: string): string {
  return kind === 'money' ? formatDecimal(micros, currency) : formatRatio(micros)
}

/** How values of a field are written, named and stepped: the platform's step, widened until the wire form can hold every multiple. */
export function scaleOf(field: Field, kind: NumberKind, currency: string, stepMicros: bigint | undefined): Scale {
  const unit = kind === 'money' ? currencyUnit(currency) : RATIO_UNIT
  const step = stepMicros === undefined || stepMicros <= 0n ? unit : leastCommonMultiple(stepMicros, unit)
  if (kind === 'money') return moneyScale(NOUNS[field], currency, step)
  // Only for sentences and limits: a value that is written is always a whole number of steps.
  const plain = (micros: bigint): string => formatRatio(micros - (micros % RATIO_UNIT))
  return { noun: NOUNS[field], stepMicros: step, plain, shown: plain }
}

/** @throws OperationError invalid_value that names the step */
export function refuseOffStep(scale: Scale, micros: bigint): void {
  if (micros % scale.stepMicros === 0n) return
  const step = scale.shown(scale.stepMicros)
  throw new OperationError(
    'invalid_value',
    `The platform takes ${scale.noun} only in steps of ${step}. No draft was made.`,
    `Propose a multiple of ${step}.`,
    { details: { step: scale.plain(scale.stepMicros) } },
  )
}

/** @throws OperationError field_not_editable with the platform's reason */
export function editableField(entity: Entity, field: Field): EditableField {
  const found = entity.editable.find((candidate) => candidate.field === field)
  if (found?.isEditable === true) return found
  const editable = entity.editable.filter((candidate) => candidate.isEditable).map((candidate) => candidate.field)
  throw new OperationError(
    'field_not_editable',
    found?.refusal === undefined
      ? `The ${wordsOf(field)} of this entity cannot be changed.`
      : cleanUntrusted(found.refusal, MAX_REFUSAL),
    editable.length > 0 ? `Editable here: ${editable.join(', ')}.` : 'Nothing on this entity can be changed from here.',
    { details: { field, editable_fields: editable.join(',') } },
  )
}

/** The stored value. @throws OperationError field_not_editable where there is none */
export function storedValue(entity: Entity, field: Field, currency: string): string {
  const isMissing = field === 'daily_budget' && entity.budgetKind !== 'daily'
  const value = isMissing ? undefined : valueOf(entity, field, currency)
  if (value === undefined || value === '')
    throw new OperationError(
      'field_not_editable',
      `This entity has no ${wordsOf(field)} of its own.`,
      field === 'daily_budget' || field === 'scheduled_budget'
        ? 'Call get_entity to see where its budget is set.'
        : 'Call get_entity to see which values it has.',
      { details: { field } },
    )
  return value
}

export function staleValue(current: string): OperationError {
  return new OperationError(
    'stale_value',
    `The current value is ${current}, not what you expected. No draft was made.`,
    `Call get_entity, decide again, and propose with expected_current "${current}" and a new idempotency_key.`,
    { retryable: true, details: { current } },
  )
}
export function noChange(current: string): OperationError {
  return new OperationError(
    'invalid_value',
    `It is ${current} already. No draft was made.`,
    'Propose a value that differs from the current one.',
    { details: { current } },
  )
}

/** "daily budget", "bid per click": a field in a sentence. */
const wordsOf = (field: Field): string =>
  field === 'scheduled_budget' ? 'scheduled budget' : NOUNS[field].replace(/^an? /, '')

function leastCommonMultiple(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b]
  while (y !== 0n) [x, y] = [y, x % y]
  return (a / x) * b
}
