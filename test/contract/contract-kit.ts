/** What the parts of the platform contract share: small helpers that know no platform. */
import type { TestContext } from 'vitest'
import type { ApprovedChange } from '../../main/approval/gate.ts'
import type { PlatformAdapter } from '../../main/platforms/adapter.ts'
import type { Entity, Field } from '../../shared/domain/entity.ts'
import { type AccountId, type EntityId, type EntityType, splitEntityId } from '../../shared/domain/ids.ts'
import type { MetricFact, MetricLevel } from '../../shared/domain/metric.ts'
import { OperationError } from '../../shared/errors.ts'
import type { PlatformHarness } from './platform-contract.ts'

/** One platform under test, started anew for every test. */
export interface Bench {
  readonly harness: PlatformHarness
  readonly adapter: PlatformAdapter
  /** The first account. */
  readonly account: AccountId
  readonly currency: string
}

export const signal = (): AbortSignal => new AbortController().signal

/** Only tests may do this: the product's single maker of ApprovedChange is the gate. `target`: a shared budget, where it is one. */
export function approvedChange(
  id: EntityId,
  field: Field,
  currency: string,
  before: string,
  after: string,
  target: string = id,
): ApprovedChange {
  const { accountId, platform } = splitEntityId(id)
  const draft = { draftId: 'd_aaaaaaaaaaaaaaaa', k: 0, challengeHash: 'test' }
  const change = { ...draft, platform, accountId, entityId: id, field, currency, before, after, target }
  return change as unknown as ApprovedChange
}

export async function collect<T>(pages: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = []
  for await (const page of pages) all.push(...page)
  return all
}

export const listAll = (adapter: PlatformAdapter, account: AccountId, type: EntityType): Promise<Entity[]> =>
  collect(adapter.listEntities(account, type, signal()))

export function factsOf(
  { adapter, account }: Pick<Bench, 'adapter' | 'account'>,
  level: MetricLevel,
  startDate: string,
  endDate: string,
): Promise<MetricFact[]> {
  return collect(adapter.dailyMetrics({ accountId: account, level, startDate, endDate }, signal()))
}

export function shiftDay(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
}

/** Twice the money is a valid new budget for every example; so is its spelling. */
export function doubled(wireAmount: string): string {
  const [whole = '0', fraction] = wireAmount.split('.')
  const sum = (BigInt(`${whole}${fraction ?? ''}`) * 2n).toString()
  return fraction === undefined ? sum : `${sum.slice(0, -fraction.length)}.${sum.slice(-fraction.length)}`
}

export async function failure(work: Promise<unknown>): Promise<OperationError> {
  const error: unknown = await work.then(
    () => new Error('this was expected to fail, and did not'),
    (reason: unknown) => reason,
  )
  if (error instanceof OperationError) return error
  throw error
}

/** Everything of an error that could be logged or shown, causes included. */
export function fullText(error: unknown): string {
  const seen: string[] = []
  let current: unknown = error
  for (let depth = 0; depth < 5 && current instanceof Error; depth += 1) {
    seen.push(current.stack ?? '', current.message, JSON.stringify(current))
    current = current.cause
  }
  return seen.join('\n')
}

/** The example, or a test that says why it has nothing to check. */
export function exampleOr<T>(context: TestContext, example: T | undefined, platformHasNo: string): T {
  if (example === undefined) return context.skip(`the platform has no ${platformHasNo}`)
  return example
}

/** What is live now, the change applied, and what is live then. */
export async function changeAndReadBack(
  { adapter, currency }: Bench,
  id: EntityId,
  field: Field,
  after: string,
  target?: string,
) {
  const before = await adapter.readLive(id, field, signal())
  const result = await adapter.apply(approvedChange(id, field, currency, before.value, after, target))
  const now = await adapter.readLive(id, field, signal())
  return { before, result, now }
}
