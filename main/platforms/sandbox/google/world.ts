/**
 * The Google Ads accounts that the sandbox serves: seeded, deterministic, with a clock of its caller's.
 * Keeps state in memory, optionally the *edits* in one JSON file. Never talks to a network and never holds real data.
 */
import type { Clock } from '../../../../shared/clock.ts'
import { localMoment, type LocalMoment } from '../calendar.ts'
import { buildCustomers, directPlans, type WorldSize } from './build.ts'
import { type MetricsContext, metricsContext } from './metrics.ts'
import { applyState, readState, type SavedNode, stateOf, writeState } from './state.ts'
import type { ChangeEvent, Customer, Editable, Status } from './types.ts'

export type { WorldSize } from './build.ts'

/** Google keeps changes for 30 days; the sandbox keeps so many. */
const MAX_CHANGES = 2000

export interface GoogleWorldOptions {
  readonly seed: number
  readonly clock: Clock
  /** Where edits and tokens survive a restart. A file of another seed or size is ignored. */
  readonly statePath?: string
  readonly size?: WorldSize
}

/** Who makes a change, as the change history shows it. */
export interface Editor {
  readonly userEmail: string
  readonly clientType: string
}

export interface EditNote {
  readonly resourceType: string
  readonly operation: 'UPDATE' | 'REMOVE'
  readonly changedFields: readonly string[]
  readonly before: Readonly<Record<string, unknown>>
  readonly after: Readonly<Record<string, unknown>>
}

export interface GoogleWorld {
  readonly seed: number
  readonly size: WorldSize
  /** The day the history was built for. Stays put when a state file is re-opened on a later day. */
  readonly anchorDate: string
  /** Managers first. */
  readonly customers: readonly Customer[]
  readonly manager: Customer
  /** Accounts that the signed-in user is on by itself; all others are reached through a manager. */
  readonly directIds: ReadonlySet<string>
  readonly changes: readonly ChangeEvent[]
  /** Refresh tokens issued by the consent page and not revoked. Survive a restart. */
  readonly refreshTokens: Set<string>
  /** Tokens and access levels taken away for good. */
  readonly revoked: Set<string>
  customer(id: string): Customer | undefined
  /** The customer itself and everything below it. */
  subtree(id: string): readonly Customer[]
  /** Any editable node by its resource name. */
  node(resourceName: string): Editable | undefined
  now(customer: Customer): LocalMoment
  nowMs(): number
  metrics(customer: Customer): MetricsContext
  /** Notes the state before a change, so that it can be undone and is saved. */
  touch(node: Editable): void
  setStatus(node: Exclude<Editable, { kind: 'campaignBudget' }>, status: Status): void
  setBudget(node: Extract<Editable, { kind: 'campaignBudget' }>, micros: number): void
  record(editor: Editor, node: Editable, note: EditNote): void
  /** Runs `work`; puts every node back unless `work` returns with true in `isKept`. Throws what `work` throws, after putting back. */
  transact<T>(work: () => { readonly result: T; readonly isKept: boolean }): T
  persist(): void
  /** How late a change shows in the history: up to three minutes at Google, at once here unless told. */
  setHistoryLag(ms: number): void
  /** Whether the history shows a change of that moment yet. */
  isInHistory(atMs: number): boolean
}

function editables(customer: Customer): readonly Editable[] {
  return [
    ...customer.budgets,
    ...customer.campaigns.flatMap((campaign): readonly Editable[] => [
      campaign,
      ...campaign.criteria,
      ...campaign.assetGroups,
      ...campaign.adGroups.flatMap((group): readonly Editable[] => [group, ...group.ads, ...group.criteria]),
    ]),
  ]
}

/** Delivering actions with the running sum of their shares. */
function actionsOf(customer: Customer): MetricsContext['actions'] {
  let upTo = 0
  return customer.conversionActions
    .filter((action) => action.share > 0 && action.status === 'ENABLED')
    .map((action) => {
      upTo += action.share
      return { upTo, isPrimary: action.isPrimary, hasValue: action.defaultValue === undefined }
    })
}

/** Opens the world: built from the seed and the clock's day, then the saved edits on top. */
export function createGoogleWorld(options: GoogleWorldOptions): GoogleWorld {
  const { seed, clock } = options
  const size = options.size ?? 'small'
  const saved = readState(options.statePath, seed, size)
  const anchorDate = saved?.anchorDate ?? localMoment(clock.nowMs(), 'UTC').date
  const customers = buildCustomers(seed, anchorDate, size)
  const nodes = new Map<string, Editable>()
  for (const customer of customers) for (const node of editables(customer)) nodes.set(node.resourceName, node)
  const findBudget = (name: string) => {
    const node = nodes.get(name)
    return node?.kind === 'campaignBudget' ? node : undefined
  }
  const edited = new Set<string>()
  for (const [name, state] of Object.entries(saved?.nodes ?? {})) {
    const node = nodes.get(name)
    if (node === undefined) continue
    applyState(node, state, findBudget)
    edited.add(name)
  }
  let changes: ChangeEvent[] = [...(saved?.changes ?? [])]
  let historyLagMs = 0
  let journal: Map<Editable, SavedNode> | undefined
  const direct = new Set(directPlans())
  const manager = customers[0] as Customer
  const byId = new Map(customers.map((customer) => [customer.id, customer]))
  const actions = new Map(customers.map((customer) => [customer.id, actionsOf(customer)]))
  const now = (customer: Customer) => localMoment(clock.nowMs(), customer.timeZone)
  const touch = (node: Editable) => {
    if (journal !== undefined && !journal.has(node)) journal.set(node, stateOf(node))
    edited.add(node.resourceName)
  }
  const refreshTokens = new Set(saved?.refreshTokens ?? [])
  const revoked = new Set(saved?.revoked ?? [])

  return {
    seed,
    size,
    anchorDate,
    customers,
    manager,
    directIds: new Set([manager.id, ...customers.filter((each) => direct.has(each.name)).map((each) => each.id)]),
    get changes() {
      return changes
    },
    refreshTokens,
    revoked,
    customer: (id) => byId.get(id),
    subtree: (id) => {
      const below = (root: string): readonly Customer[] =>
        customers.filter((each) => each.managerId === root).flatMap((each) => [each, ...below(each.id)])
      const top = byId.get(id)
      return top === undefined ? [] : [top, ...below(id)]
    },
    node: (name) => nodes.get(name),
    now,
    nowMs: () => clock.nowMs(),
    setHistoryLag: (ms) => void (historyLagMs = ms),
    isInHistory: (atMs) => atMs <= clock.nowMs() - historyLagMs,
    metrics: (customer) => metricsContext(seed, anchorDate, now(customer), actions.get(customer.id) ?? []),
    touch,
    setStatus: (node, status) => {
      touch(node)
      node.status = status
      if (!('switches' in node) || (node.kind === 'adGroupAd' && node.share === 0)) return
      const { date, minuteOfDay } = now(node.customer)
      node.switches = [...node.switches.slice(-199), { date, minuteOfDay, isOn: status === 'ENABLED' }]
    },
    setBudget: (budget, micros) => {
      touch(budget)
      if (budget.period === 'DAILY') budget.amountMicros = micros
      else budget.totalAmountMicros = micros
      budget.steps = [...budget.steps.slice(-99), { date: now(budget.customer).date, micros }]
    },
    record: (editor, node, note) => {
      const group = node.kind === 'adGroup' ? node : 'adGroup' in node ? node.adGroup : undefined
      const campaign = node.kind === 'campaign' ? node : 'campaign' in node ? node.campaign : group?.campaign
      const event: ChangeEvent = {
        serial: (changes.at(-1)?.serial ?? 0) + 1,
        atMs: clock.nowMs(),
        customerId: node.customer.id,
        resourceName: node.resourceName,
        campaign: campaign?.resourceName,
        adGroup: group?.resourceName,
        ...editor,
        ...note,
      }
      changes = [...changes.slice(-(MAX_CHANGES - 1)), event]
    },
    transact: (work) => {
      const outer = journal
      const before = new Map<Editable, SavedNode>()
      const [editedBefore, changesBefore] = [new Set(edited), changes]
      journal = before
      let isKept = false
      try {
        const done = work()
        ;({ isKept } = done)
        return done.result
      } finally {
        journal = outer
        if (isKept) {
          if (outer !== undefined) for (const [node, state] of before) if (!outer.has(node)) outer.set(node, state)
        } else {
          for (const [node, state] of before) applyState(node, state, findBudget)
          changes = changesBefore
          edited.clear()
          for (const name of editedBefore) edited.add(name)
        }
      }
    },
    persist: () => {
      if (options.statePath === undefined) return
      writeState(options.statePath, {
        version: 1,
        seed,
        size,
        anchorDate,
        nodes: Object.fromEntries(
          [...edited].flatMap((name) => {
            const node = nodes.get(name)
            return node === undefined ? [] : [[name, stateOf(node)]]
          }),
        ),
        changes: changes.slice(-500),
        refreshTokens: [...refreshTokens].slice(-50),
        revoked: [...revoked].slice(-200),
      })
    },
  }
}
