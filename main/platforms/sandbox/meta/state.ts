/** What an edit may change, and the one JSON file it is kept in. A torn or foreign file is not worth an error: the shop starts fresh. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dayNumber } from '../calendar.ts'
import type {
  BudgetStep,
  MetaAccount,
  MetaActivity,
  MetaBidStrategy,
  MetaEntity,
  MetaStatus,
  SwitchPoint,
} from './types.ts'

/** A token and what became of it. */
export interface Grant {
  readonly kind: 'system_user' | 'user_short' | 'user_long'
  readonly scopes: readonly string[]
  readonly issuedAtMs: number
  /** 0: never by itself. */
  readonly expiresAtMs: number
  /** Why it no longer works: Meta's subcode (460 password changed, 458 app removed, 467 invalid). */
  readonly deadSubcode?: number
}

/** What an edit may change of an account or entity; this and nothing else is persisted. */
export type EditState =
  | { readonly kind: 'account'; readonly status: number; readonly userTasks: readonly string[] }
  | {
      readonly kind: 'entity'
      readonly name: string
      readonly status: MetaStatus
      readonly switches: readonly SwitchPoint[]
      readonly updatedAtMs: number
      readonly budgetMinor?: number
      readonly budgetSteps?: readonly BudgetStep[]
      readonly budgetChangesAtMs?: readonly number[]
      readonly bidStrategy?: MetaBidStrategy
      readonly bidMinor?: number
      readonly roasFloor?: number
    }

export interface StateFile {
  readonly version: 1
  readonly seed: number
  readonly size: 'small' | 'demo'
  readonly anchorDate: string
  readonly entities: Readonly<Record<string, EditState>>
  readonly activities: readonly MetaActivity[]
  readonly grants: readonly (readonly [string, Grant])[]
}

export function editOf(object: MetaEntity | MetaAccount): EditState {
  if (object.kind === 'account') return { kind: 'account', status: object.status, userTasks: object.userTasks }
  const { name, status, updatedAtMs } = object
  const common = { kind: 'entity', name, status, switches: [...object.switches], updatedAtMs } as const
  if (object.kind === 'ad') return common
  const { budgetMinor, bidStrategy } = object
  const budget = {
    ...common,
    budgetMinor,
    budgetSteps: [...object.budgetSteps],
    budgetChangesAtMs: [...object.budgetChangesAtMs],
    ...(bidStrategy === undefined ? {} : { bidStrategy }),
  }
  if (object.kind === 'campaign') return budget
  const { bidMinor, roasFloor } = object
  return {
    ...budget,
    ...(bidMinor === undefined ? {} : { bidMinor }),
    ...(roasFloor === undefined ? {} : { roasFloor }),
  }
}

export function applyEdit(object: MetaEntity | MetaAccount, state: EditState): void {
  if (object.kind === 'account') {
    if (state.kind !== 'account') return
    object.status = state.status
    object.userTasks = state.userTasks
    return
  }
  if (state.kind !== 'entity') return
  object.name = state.name
  object.status = state.status
  object.switches = [...state.switches]
  object.updatedAtMs = state.updatedAtMs
  if (object.kind === 'ad') return
  object.budgetMinor = state.budgetMinor ?? object.budgetMinor
  object.budgetSteps = [...(state.budgetSteps ?? [])]
  object.budgetChangesAtMs = [...(state.budgetChangesAtMs ?? [])]
  if (object.kind === 'campaign') {
    object.bidStrategy = state.bidStrategy
    return
  }
  object.bidStrategy = state.bidStrategy ?? object.bidStrategy
  object.bidMinor = state.bidMinor
  object.roasFloor = state.roasFloor
}

export function readState(path: string | undefined, seed: number, size: StateFile['size']): StateFile | undefined {
  if (path === undefined) return undefined
  try {
    const state = JSON.parse(readFileSync(path, 'utf8')) as StateFile
    const isOurs = state.version === 1 && state.seed === seed && state.size === size
    return isOurs && !Number.isNaN(dayNumber(state.anchorDate)) ? state : undefined
  } catch {
    return undefined
  }
}

export function writeState(path: string, state: StateFile): void {
  const draft = `${path}.tmp`
  writeFileSync(draft, JSON.stringify(state), { mode: 0o600 })
  renameSync(draft, path)
}
