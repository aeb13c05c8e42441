/** What an edit may change of a node, as it is kept for undoing and in the state file. Nothing else is ever persisted. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dayNumber } from '../calendar.ts'
import type { Budget, BudgetStep, ChangeEvent, Editable, Status, Strategy, SwitchPoint } from './types.ts'

export interface SavedNode {
  readonly name?: string | undefined
  readonly status: Status
  readonly switches?: readonly SwitchPoint[]
  readonly amountMicros?: number | undefined
  readonly totalAmountMicros?: number | undefined
  readonly steps?: readonly BudgetStep[]
  readonly strategy?: Strategy
  readonly strategyChangedOn?: string | undefined
  /** Resource name of the campaign's budget. */
  readonly budget?: string
  readonly cpcBidMicros?: number | undefined
  readonly cpmBidMicros?: number | undefined
  readonly cpvBidMicros?: number | undefined
  readonly targetCpaMicros?: number | undefined
  readonly targetRoas?: number | undefined
  readonly bidModifier?: number | undefined
}

export interface StateFile {
  readonly version: 1
  readonly seed: number
  readonly size: string
  readonly anchorDate: string
  readonly nodes: Readonly<Record<string, SavedNode>>
  readonly changes: readonly ChangeEvent[]
  readonly refreshTokens: readonly string[]
  readonly revoked: readonly string[]
}

/** The node's editable values. */
export function stateOf(node: Editable): SavedNode {
  switch (node.kind) {
    case 'campaignBudget': {
      const { name, status, amountMicros, totalAmountMicros } = node
      return { name, status, amountMicros, totalAmountMicros, steps: [...node.steps] }
    }
    case 'campaign': {
      const { name, status, strategy, strategyChangedOn } = node
      return {
        name,
        status,
        strategy,
        strategyChangedOn,
        switches: [...node.switches],
        budget: node.budget.resourceName,
      }
    }
    case 'adGroup': {
      const { name, status, cpcBidMicros, cpmBidMicros, cpvBidMicros, targetCpaMicros, targetRoas } = node
      const bids = { cpcBidMicros, cpmBidMicros, cpvBidMicros, targetCpaMicros, targetRoas }
      return { name, status, switches: [...node.switches], ...bids }
    }
    case 'adGroupCriterion':
    case 'campaignCriterion':
      return { status: node.status, cpcBidMicros: node.cpcBidMicros, bidModifier: node.bidModifier }
    default:
      return { status: node.status, switches: [...node.switches] }
  }
}

/** Puts saved values back into the node. */
export function applyState(node: Editable, state: SavedNode, budget: (name: string) => Budget | undefined): void {
  switch (node.kind) {
    case 'campaignBudget':
      node.name = state.name
      node.status = state.status === 'REMOVED' ? 'REMOVED' : 'ENABLED'
      node.amountMicros = state.amountMicros
      node.totalAmountMicros = state.totalAmountMicros
      node.steps = [...(state.steps ?? [])]
      return
    case 'campaign':
      node.name = state.name ?? node.name
      node.strategy = state.strategy ?? node.strategy
      node.strategyChangedOn = state.strategyChangedOn
      node.budget = budget(state.budget ?? '') ?? node.budget
      break
    case 'adGroup':
      node.name = state.name ?? node.name
      node.cpcBidMicros = state.cpcBidMicros
      node.cpmBidMicros = state.cpmBidMicros
      node.cpvBidMicros = state.cpvBidMicros
      node.targetCpaMicros = state.targetCpaMicros
      node.targetRoas = state.targetRoas
      break
    case 'adGroupCriterion':
    case 'campaignCriterion':
      node.status = state.status
      node.cpcBidMicros = state.cpcBidMicros
      node.bidModifier = state.bidModifier
      return
    default:
      break
  }
  node.status = state.status
  node.switches = [...(state.switches ?? [])]
}

/** The saved edits; undefined when there are none for this seed and size. */
export function readState(path: string | undefined, seed: number, size: string): StateFile | undefined {
  if (path === undefined) return undefined
  try {
    const state = JSON.parse(readFileSync(path, 'utf8')) as StateFile
    const isOurs = state.version === 1 && state.seed === seed && state.size === size
    return isOurs && !Number.isNaN(dayNumber(state.anchorDate)) ? state : undefined
  } catch {
    // No file yet, or a torn one: the demo starts fresh.
    return undefined
  }
}

export function writeState(path: string, state: StateFile): void {
  const draft = `${path}.tmp`
  writeFileSync(draft, JSON.stringify(state), { mode: 0o600 })
  renameSync(draft, path)
}
