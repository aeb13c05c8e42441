/** Ids and amounts while the world is being built. Pure. */
import { digits } from '../random.ts'
import type { Customer } from './types.ts'

export interface Build {
  readonly seed: number
  readonly anchorDate: string
  nextKey: number
}

/** Numeric ids below 2^53 that no two nodes share. */
export function newId(build: Build, prefix: string): { id: string; key: number } {
  const key = build.nextKey++
  return { id: `${prefix}${digits(5, build.seed, key, 11)}${key.toString().padStart(5, '0')}`, key }
}

/** Makes amounts look chosen by people, in billable units. */
export function tidyMicros(customer: Customer, euros: number): number {
  const step = euros < 10 ? 0.5 : euros < 100 ? 5 : 10
  const micros = Math.max(step, Math.round(euros / step) * step) * customer.scale * 1e6
  return Math.max(1, Math.round(micros / customer.billableUnitMicros)) * customer.billableUnitMicros
}

/** An amount of euros in the account's money, rounded to what can be billed. */
export function bidMicros(customer: Customer, euros: number): number {
  const units = Math.round((euros * customer.scale * 1e6) / customer.billableUnitMicros)
  return Math.max(1, units) * customer.billableUnitMicros
}
