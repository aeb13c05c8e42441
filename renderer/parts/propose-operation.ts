/** What a person typed into the proposal form, as the one change it means. Pure: nothing is sent from here. */
import { type BidStrategy, formatRatio, parseRatio } from '../../shared/domain/bid.ts'
import { isBidField, isMoneyField } from '../../shared/domain/entity.ts'
import type { ChangeInput, OutputOf } from '../../shared/operations.ts'
import { fill, money, plural } from '../format.ts'
import { type ParsedAmount, parseAmount } from '../money-input.ts'
import { TEXTS } from '../texts.ts'
import { visible } from './words.ts'

export type EntityAnswer = OutputOf<'get_entity'>
export type EditableField = EntityAnswer['editable_fields'][number]
export type FieldName = EditableField['field']

export interface Typed {
  readonly field: FieldName
  readonly text: string
  readonly strategy: BidStrategy | null
}

/** A typed value as it stands: what it means, or what is wrong with it. */
export type Read =
  | { readonly kind: 'empty' }
  | { readonly kind: 'ok'; readonly value: string; readonly shown: string }
  | { readonly kind: 'bad'; readonly problem: string }

/** What is wrong with a typed amount, in words; null when it can be used. */
function amountProblem(parsed: ParsedAmount, currency: string): string | null {
  const t = TEXTS.propose.amount
  if (parsed.kind === 'ambiguous')
    return fill(t.ambiguous, {
      thousands: money({ amount: parsed.asThousands, currency }),
      decimals: money({ amount: parsed.asDecimals, currency }),
    })
  if (parsed.kind === 'too_many_decimals') return plural(t.decimals, parsed.decimals)
  return parsed.kind === 'not_an_amount' ? fill(t.bad, { example: '120.50' }) : null
}

export function readMoney(text: string, currency: string): Read {
  let parsed: ParsedAmount
  try {
    parsed = parseAmount(text, currency, navigator.language)
  } catch {
    return { kind: 'bad', problem: fill(TEXTS.propose.amount.bad, { example: '120.50' }) } // a currency this version does not know
  }
  if (parsed.kind === 'empty') return { kind: 'empty' }
  if (parsed.kind === 'ok')
    return { kind: 'ok', value: parsed.decimal, shown: money({ amount: parsed.decimal, currency }) }
  return { kind: 'bad', problem: amountProblem(parsed, currency) ?? TEXTS.propose.amount.empty }
}

/** "3.5" or "3,5": one mark only, so that nothing can be read two ways. */
export function readRatio(text: string): Read {
  const bare = text.trim().replace(',', '.')
  if (bare === '') return { kind: 'empty' }
  try {
    const value = formatRatio(parseRatio(bare))
    return { kind: 'ok', value, shown: value }
  } catch {
    return { kind: 'bad', problem: TEXTS.propose.ratioBad }
  }
}

export function strategyOption(field: EditableField | undefined, strategy: BidStrategy | null) {
  return field?.strategies.find((each) => each.strategy === strategy)
}

/** Reads the text by what the field, or the chosen strategy's target, is counted in. */
export function readTyped(typed: Typed, field: EditableField | undefined, currency: string): Read {
  if (typed.field === 'status') return { kind: 'empty' }
  if (typed.field === 'bid_strategy') {
    const target = strategyOption(field, typed.strategy)?.target ?? 'none'
    if (target === 'none') return { kind: 'empty' }
    return target === 'money' ? readMoney(typed.text, currency) : readRatio(typed.text)
  }
  return isMoneyField(typed.field) ? readMoney(typed.text, currency) : readRatio(typed.text)
}

/** The change, or null while something is missing or it would change nothing. */
export function operationOf(answer: EntityAnswer, typed: Typed, read: Read): ChangeInput | null {
  const { entity, current } = answer
  const { field } = typed
  if (field === 'status') {
    if (current.status !== 'enabled' && current.status !== 'paused') return null
    return {
      kind: 'set_status',
      entity_id: entity.entity_id,
      expected_current: current.status,
      new_status: current.status === 'paused' ? 'enabled' : 'paused',
    }
  }
  const before = current[field]
  if (before === null || read.kind === 'bad') return null
  if (field === 'bid_strategy') return strategyOperation(answer, typed, read, before)
  if (read.kind !== 'ok' || read.value === before) return null
  if (isBidField(field))
    return {
      kind: 'set_bid',
      entity_id: entity.entity_id,
      field,
      expected_current: before,
      new_value: read.value,
    }
  return {
    kind: 'set_budget',
    entity_id: entity.entity_id,
    budget: 'daily',
    ...(field === 'scheduled_budget' ? { takes_effect: 'next_midnight' as const } : {}),
    expected_current: before,
    new_value: read.value,
  }
}

function strategyOperation(answer: EntityAnswer, typed: Typed, read: Read, before: string): ChangeInput | null {
  const field = answer.editable_fields.find((each) => each.field === 'bid_strategy')
  const option = strategyOption(field, typed.strategy)
  if (option === undefined) return null
  const needsTarget = option.target !== 'none' && !option.is_target_optional
  if (needsTarget && read.kind !== 'ok') return null
  const target = option.target !== 'none' && read.kind === 'ok' ? read.value : undefined
  if (before === (target === undefined ? option.strategy : `${option.strategy}:${target}`)) return null
  return {
    kind: 'set_bid_strategy',
    entity_id: answer.entity.entity_id,
    expected_current: before,
    new_strategy: option.strategy,
    ...(target === undefined ? {} : { target }),
  }
}

export function titleOf(operation: ChangeInput, name: string): string {
  const t = TEXTS.propose
  const shown = visible(name)
  if (operation.kind === 'set_status')
    return fill(operation.new_status === 'paused' ? t.titlePause : t.titleEnable, { name: shown }).slice(0, 120)
  const field =
    operation.kind === 'set_bid' ? operation.field : operation.kind === 'set_budget' ? 'daily_budget' : 'bid_strategy'
  return fill(t.titleField, { field: TEXTS.fields[field], name: shown }).slice(0, 120)
}
