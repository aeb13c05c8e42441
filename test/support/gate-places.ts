/** The small world that the gate's histories run through: two accounts in two time zones, the limits that are tried on them, and a clock. */
import type { Entity, Field } from '../../shared/domain/entity.ts'
import { type AccountId, type EntityId, splitEntityId } from '../../shared/domain/ids.ts'
import { FIRST_POLICY, type Policy } from '../../main/drafts/policy.ts'
import type { ApprovedChange } from '../../main/approval/gate.ts'
import { HandClock } from './audit-fixture.ts'
import { PaperPlatform } from './approval-rig.ts'
import { entity, GOOGLE, idOf, META, ONE } from './plan-world.ts'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

export const CURRENCY: Readonly<Record<AccountId, string>> = { [META]: 'EUR', [GOOGLE]: 'USD' }
export const ZONE: Readonly<Record<AccountId, string>> = { [META]: 'Europe/Berlin', [GOOGLE]: 'America/New_York' }

const editable = [
  { field: 'daily_budget', isEditable: true },
  { field: 'status', isEditable: true },
] as const
const OWN = [idOf(META, 'campaign', '1201'), idOf(META, 'campaign', '1202')] as const
/** Two campaigns that draw on one budget. */
const SHARING = [idOf(GOOGLE, 'campaign', '11'), idOf(GOOGLE, 'campaign', '12')] as const
export const CAMPAIGNS: readonly EntityId[] = [...OWN, ...SHARING]

export const PLACES: readonly Entity[] = [
  entity(OWN[0], { budgetKind: 'daily', dailyBudgetMicros: 100n * ONE, editable }),
  entity(OWN[1], { budgetKind: 'daily', dailyBudgetMicros: 80n * ONE, status: 'paused', editable }),
  ...SHARING.map((id) =>
    entity(id, {
      budgetKind: 'daily',
      dailyBudgetMicros: 120n * ONE,
      sharedBudget: { externalId: '5', campaignIds: [...SHARING] },
      editable,
    }),
  ),
]

/** What one write of a field touches, worked out without the product's help. */
export function targetOf(id: EntityId, field: Field): string {
  return field === 'daily_budget' && SHARING.includes(id) ? `${GOOGLE}/budget/5` : id
}
export const sharersOf = (id: EntityId): readonly EntityId[] => (SHARING.includes(id) ? SHARING : [id])
export const accountOf = (id: EntityId): AccountId => splitEntityId(id).accountId

/** Limits in the model's own words; the product's policy is made from them. */
export interface Limit {
  readonly net: bigint
  readonly gross: bigint
  /** Minutes since midnight on the account's wall; over midnight when the end is not after the beginning. */
  readonly quiet?: readonly [number, number]
  readonly coolDownMinutes: number
  readonly isSecondProtected?: boolean
}
export const LIMITS: readonly Limit[] = [
  { net: 50n, gross: 260n, coolDownMinutes: 0 },
  { net: 25n, gross: 80n, coolDownMinutes: 0 },
  { net: 60n, gross: 400n, quiet: [22 * 60, 6 * 60], coolDownMinutes: 0 },
  { net: 90n, gross: 100n, coolDownMinutes: 90 },
  { net: 120n, gross: 400n, quiet: [2 * 60, 3 * 60 + 30], coolDownMinutes: 0 },
  { net: 120n, gross: 400n, coolDownMinutes: 0, isSecondProtected: true },
]
/** Those with quiet hours, which the histories about them choose. */
export const QUIET: readonly number[] = [2, 4]
const text = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`

export function policyOfLimit(limit: Limit): Policy {
  const days = [1, 2, 3, 4, 5, 6, 7]
  return {
    ...FIRST_POLICY,
    envelopeNetUnits: limit.net,
    envelopeGrossUnits: limit.gross,
    maxDraftsPerHour: 500,
    coolDownMinutes: limit.coolDownMinutes,
    protectedIds: limit.isSecondProtected === true ? [OWN[1]] : [],
    quietHours: limit.quiet === undefined ? [] : [{ days, from: text(limit.quiet[0]), to: text(limit.quiet[1]) }],
  }
}
export const isProtected = (limit: Limit, id: EntityId): boolean => limit.isSecondProtected === true && id === OWN[1]

/** When 2026's summer time begins and ends, from the zones' own rules: the model never asks the runtime's time zones. */
const SUMMER: Readonly<
  Record<AccountId, { readonly from: number; readonly to: number; readonly winterHours: number }>
> = {
  [META]: { from: Date.UTC(2026, 2, 29, 1), to: Date.UTC(2026, 9, 25, 1), winterHours: 1 },
  [GOOGLE]: { from: Date.UTC(2026, 2, 8, 7), to: Date.UTC(2026, 10, 1, 6), winterHours: -5 },
}
export function localMinute(account: AccountId, atMs: number): number {
  const { from, to, winterHours } = SUMMER[account] ?? { from: 0, to: 0, winterHours: 0 }
  const hours = winterHours + (atMs >= from && atMs < to ? 1 : 0)
  return (((Math.floor(atMs / MINUTE) + hours * 60) % 1_440) + 1_440) % 1_440
}
export function isQuiet({ quiet }: Limit, account: AccountId, atMs: number): boolean {
  if (quiet === undefined) return false
  const [from, to] = quiet
  const at = localMinute(account, atMs)
  return from < to ? at >= from && at < to : at >= from || at < to
}

/** Within a day of a change of the clocks in one of the accounts. */
export const isByClockChange = (atMs: number): boolean =>
  Object.values(SUMMER).some(({ from, to }) => Math.abs(atMs - from) < DAY || Math.abs(atMs - to) < DAY)

/** Where histories begin: an ordinary morning, and shortly before each change of the clocks. */
export const STARTS: readonly number[] = [
  Date.UTC(2026, 5, 10, 9, 0),
  Date.UTC(2026, 2, 29, 0, 59),
  Date.UTC(2026, 9, 25, 0, 29),
  Date.UTC(2026, 2, 8, 6, 59),
  Date.UTC(2026, 10, 1, 5, 29),
  Date.UTC(2026, 5, 10, 19, 59),
]

/** Knows besides what time has really passed, which no program can. */
export class TrueClock extends HandClock {
  trueMs = 0
  onPass: () => void = () => undefined
  override pass(ms: number): void {
    super.pass(ms)
    this.trueMs += ms
    this.onPass()
  }
  /** The computer is off for so long; afterwards the monotonic clock begins anew. */
  off(ms: number): void {
    this.wallMs += ms
    this.trueMs += ms
    this.monoMs = 3
    this.onPass()
  }
}

export type Manner =
  | 'takes'
  | 'ignores'
  | 'refuses'
  | 'cannot_send'
  | 'takes_and_is_silent'
  | 'ignores_and_is_silent'
  | 'late_and_is_silent'
  | 'shows_late'
  | 'takes_one'

/** How long somebody looks at a confirmation: well within its life, at its end, and beyond. */
export const LATE: readonly number[] = [30_000, 119_000, 120_000, 125_000, 10 * MINUTE]
/** Lands before the settle window is over. */
const LATE_MS = 4 * MINUTE
/** Shows before the platform's own read-after-write delay is over. */
const SHOWS_LATE_MS = 50_000

/** The platform on paper, which here also answers late, and tells what is under a switch from the values it holds now. */
export class LatePlatform extends PaperPlatform {
  manner: Manner = 'takes'
  /** Writes whose effect is still to come. */
  readonly coming: { readonly atMs: number; readonly land: () => void }[] = []
  readonly #time: TrueClock

  constructor(clock: TrueClock) {
    super(clock, PLACES)
    this.#time = clock
    for (const { entityId, status, dailyBudgetMicros = 0n } of PLACES) {
      this.set(entityId, 'status', status)
      this.set(entityId, 'daily_budget', `${dailyBudgetMicros / ONE}.00`)
      if (sharersOf(entityId).length > 1)
        this.affects.set(
          entityId,
          sharersOf(entityId).filter((id) => id !== entityId),
        )
    }
    clock.onPass = () => this.land()
  }

  land(): void {
    while ((this.coming[0]?.atMs ?? Infinity) <= this.#time.trueMs) this.coming.shift()?.land()
  }

  override readLive(id: EntityId, field: Field, currency: string): ReturnType<PaperPlatform['readLive']> {
    const live = super.readLive(id, field, currency)
    if (field !== 'status') return live
    return {
      ...live,
      dailyBudgetUnderMicros: BigInt(Math.round(Number(this.value(id, 'daily_budget')) * 100)) * 10_000n,
    }
  }

  /** Somebody else's change. */
  outside(id: EntityId, field: Field, value: string): void {
    for (const each of field === 'daily_budget' ? sharersOf(id) : [id]) this.set(each, field, value)
  }

  /** @returns the answer, and whether the change is or will be in effect */
  receive(change: ApprovedChange): { readonly answer: ReturnType<PaperPlatform['apply']>; readonly takes: boolean } {
    // The first of several changes goes through, the next one does not.
    const manner = this.manner === 'takes_one' ? 'takes' : this.manner
    if (this.manner === 'takes_one') this.manner = 'refuses'
    const isLate = manner === 'late_and_is_silent' || manner === 'shows_late'
    this.behaviour =
      manner === 'late_and_is_silent' ? 'ignores_and_is_silent' : manner === 'shows_late' ? 'ignores' : manner
    const answer = super.apply(change)
    if (isLate)
      this.coming.push({
        atMs: this.#time.trueMs + (manner === 'shows_late' ? SHOWS_LATE_MS : LATE_MS),
        land: () => this.outside(change.entityId, change.field, change.after),
      })
    return { answer, takes: isLate || manner.startsWith('takes') }
  }
}
