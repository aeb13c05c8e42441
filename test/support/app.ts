/** The whole app without a window, in a folder of its own, against the sandbox: what stories are told on. */
import { join } from 'node:path'
import type { Clock } from '../../shared/clock.ts'
import type { ErrorReply } from '../../shared/errors.ts'
import type { Platform } from '../../shared/domain/ids.ts'
import type { OperationName } from '../../shared/operation-names.ts'
import type { DraftView, InputOf, OutputOf } from '../../shared/operations.ts'
import { type Core, type CoreOptions, createCore } from '../../main/core.ts'
import { createFileLogger } from '../../main/logger-file.ts'
import { type Sandbox, startSandbox } from '../../main/platforms/sandbox/index.ts'
import type { Caller, Ports } from '../../main/ports.ts'
import { Secret } from '../../main/secret.ts'
import { sandboxAddresses } from '../../main/session-adapters.ts'
import { waitFor } from './wait-for.ts'

export const PASSPHRASE = 'correct horse battery'
export const AGENT: Extract<Caller, { kind: 'agent' }> = {
  kind: 'agent',
  clientId: 'mc_storyagent',
  clientName: 'Story agent',
  scopes: ['mcp.read', 'mcp.draft'],
  expiresAtMs: Number.MAX_SAFE_INTEGER,
}

/** The real clocks, which a test can push forward. */
export interface TestClock extends Clock {
  advance(ms: number): void
  /** Moves the wall clock alone, as a person or a time server would. */
  jumpWall(ms: number): void
}
export function testClock(): TestClock {
  let monoMs = 0
  let wallMs = 0
  return {
    nowMs: () => Date.now() + monoMs + wallMs,
    monotonicMs: () => performance.now() + monoMs,
    advance: (ms) => void (monoMs += ms),
    jumpWall: (ms) => void (wallMs += ms),
  }
}

export function testPorts(homeFolder: string, clock: Clock, shell: Ports['shell'] = 'electron'): Ports {
  return {
    clock,
    log: createFileLogger({ homeFolder, clock }),
    homeFolder,
    shell,
    notify: () => undefined,
    bridge: { command: process.execPath, args: [join(import.meta.dirname, '../../main/cli/main.ts'), 'mcp'] },
    mcpPort: 0,
  }
}

export interface App {
  readonly core: Core
  readonly clock: TestClock
  readonly sandbox: Sandbox
  readonly homeFolder: string
  readonly workspaceFolder: string
  /** Runs an operation as the window and returns its value. @throws Error naming the refusal */
  window<N extends OperationName>(name: N, input: InputOf<N>): Promise<OutputOf<N>>
  agent<N extends OperationName>(name: N, input: InputOf<N>): Promise<OutputOf<N>>
  /** Runs an operation that must be refused, and returns the refusal. */
  refusal(caller: Caller, name: string, input: unknown): Promise<ErrorReply>
  /** Closes the core and opens it again on the same folder. */
  restart(options?: CoreOptions): Promise<App>
  close(): Promise<void>
}

export interface AppOptions {
  readonly shell?: Ports['shell']
  readonly syncDays?: number
  readonly core?: CoreOptions
  /** Whether changes are switched on in every account that was found; yes unless told. */
  readonly writes?: boolean
}

/** A connected, synced workspace on a fresh sandbox. */
export async function startApp(homeFolder: string, options: AppOptions = {}): Promise<App> {
  const clock = testClock()
  const sandbox = await startSandbox({ seed: 7, clock })
  const ports = testPorts(homeFolder, clock, options.shell)
  const coreOptions: CoreOptions = {
    addresses: sandboxAddresses(sandbox),
    startsWork: false,
    opensDoors: false,
    ...options.core,
  }
  const core = await createCore(ports, coreOptions)
  const app = appOf(core, { clock, sandbox, ports, coreOptions })
  await app.window('create_workspace', { vault: 'passphrase', passphrase: PASSPHRASE })
  const { credentials } = sandbox.tiktok
  await app.window('connect_tiktok', {
    app_id: credentials.appId,
    app_secret: credentials.appSecret,
    auth_code: credentials.authCode(),
  })
  await app.window('start_sync', { days: options.syncDays ?? 9 })
  await waitFor(async () => (await app.window('get_sync', {})).sync.state === 'done', {
    what: 'the sync to finish',
    withinMs: 60_000,
    everyMs: 100,
  })
  if (options.writes !== false) await allowWrites(app)
  return app
}

/** Switches changes on, or off, in every account, as a person would. */
export async function allowWrites(app: App, isAllowed = true): Promise<void> {
  const { accounts } = await app.window('list_accounts', {})
  for (const { account_id } of accounts) await app.window('set_account_writes', { account_id, is_allowed: isAllowed })
}

interface Parts {
  readonly clock: TestClock
  readonly sandbox: Sandbox
  readonly ports: Ports
  readonly coreOptions: CoreOptions
}

function appOf(core: Core, parts: Parts): App {
  const call = async (caller: Caller, name: string, input: unknown): Promise<unknown> => {
    const reply = await core.run(caller, name, input)
    if (!reply.ok) throw new Error(`${name}: ${reply.error.code}: ${reply.error.message}`)
    return reply.value
  }
  return {
    core,
    clock: parts.clock,
    sandbox: parts.sandbox,
    homeFolder: parts.ports.homeFolder,
    workspaceFolder: join(parts.ports.homeFolder, 'workspaces', 'default'),
    window: async (name, input) => (await call({ kind: 'window' }, name, input)) as OutputOf<typeof name>,
    agent: async (name, input) => (await call(AGENT, name, input)) as OutputOf<typeof name>,
    async refusal(caller, name, input) {
      const reply = await core.run(caller, name, input)
      if (reply.ok) throw new Error(`${name} was not refused`)
      return reply.error
    },
    async restart(options = {}) {
      await core.close()
      const again = await createCore(parts.ports, {
        ...parts.coreOptions,
        passphrase: new Secret(PASSPHRASE),
        ...options,
      })
      return appOf(again, parts)
    },
    async close() {
      await core.close()
      await parts.sandbox.close()
    },
  }
}

/** The external id at the end of an entity id. */
export const externalId = (entityId: string): string => entityId.slice(entityId.lastIndexOf('/') + 1)

/** A running ad group with a daily budget of its own in the EUR account. */
export async function someAdGroup(
  app: App,
  nth = 0,
): Promise<{ readonly entityId: string; readonly budget: string; readonly currency: string }> {
  const { accounts } = await app.window('list_accounts', {})
  const account = accounts.find((each) => each.currency === 'EUR')
  if (account === undefined) throw new Error('no EUR account')
  const { entities } = await app.window('list_entities', {
    account_id: account.account_id,
    type: 'ad_group',
    status: 'enabled',
    order_by: 'id',
    limit: 100,
  })
  const found = entities.filter((entity) => entity.budget_kind === 'daily')[nth]
  if (found === undefined || found.daily_budget === null) throw new Error('no such ad group')
  return { entityId: found.entity_id, budget: found.daily_budget.amount, currency: found.daily_budget.currency }
}

/** Ten percent less, rounded to a whole unit: inside every limit. */
export const aLittleLess = (budget: string): string => `${Math.round(Number(budget) * 0.9)}.00`

export type Change = InputOf<'propose_change'>['operations'][number]

let proposals = 0
/** A well-formed proposal of one change of any kind, with a key of its own. */
export function proposal(change: Change): InputOf<'propose_change'> {
  proposals += 1
  return {
    idempotency_key: `story-${process.pid}-${proposals}-${Date.now()}`,
    title: 'Trim a group',
    rationale: 'It has stopped paying back over the last week.',
    operations: [change],
  }
}

/** The story agent proposes a change of any kind. @throws Error naming the refusal */
export async function propose(app: App, change: Change): Promise<DraftView> {
  return (await app.agent('propose_change', proposal(change))).draft
}

/** The story agent proposes a new daily budget. */
export function proposeBudget(
  app: App,
  target: { readonly entityId: string; readonly budget: string },
  newValue = aLittleLess(target.budget),
): Promise<DraftView> {
  return propose(app, {
    kind: 'set_budget',
    entity_id: target.entityId,
    budget: 'daily',
    expected_current: target.budget,
    new_value: newValue,
  })
}

type Current = OutputOf<'get_entity'>['current']

export interface Editable {
  readonly entityId: string
  readonly field: keyof Current
  /** As propose_change expects it. */
  readonly current: string
  readonly rule: OutputOf<'get_entity'>['editable_fields'][number]
}

/** A proposal that moves one field a little, whatever its kind: a tenth less of a number, the other position of a switch, another strategy. */
export function aLittleChange({ entityId: entity_id, field, current, rule }: Editable): Change {
  const aTenthLess = (value: string): string => (Number(value) * 0.9).toFixed(2)
  switch (field) {
    case 'status':
      return current === 'enabled'
        ? { kind: 'set_status', entity_id, expected_current: 'enabled', new_status: 'paused' }
        : { kind: 'set_status', entity_id, expected_current: 'paused', new_status: 'enabled' }
    case 'daily_budget':
    case 'scheduled_budget':
      return {
        kind: 'set_budget',
        entity_id,
        budget: 'daily',
        takes_effect: field === 'daily_budget' ? 'immediately' : 'next_midnight',
        expected_current: current,
        new_value: aLittleLess(current),
      }
    case 'bid_strategy': {
      const [strategy, target] = current.split(':')
      const other = rule.strategies.find((each) => each.strategy !== strategy)
      const kept = rule.strategies.find((each) => each.strategy === strategy)
      const chosen = target === undefined ? other : kept
      if (chosen === undefined) throw new Error('no strategy to choose')
      const amount = target === undefined ? '5.00' : aTenthLess(target)
      return {
        kind: 'set_bid_strategy',
        entity_id,
        expected_current: current,
        new_strategy: chosen.strategy,
        ...(chosen.target === 'none' ? {} : { target: amount }),
      }
    }
    default:
      return { kind: 'set_bid', entity_id, field, expected_current: current, new_value: aTenthLess(current) }
  }
}

/** The nth entity whose field can be changed and has a value, looked for in all accounts. @throws Error when there is none */
export async function someEditable(
  app: App,
  field: keyof Current,
  options: { readonly nth?: number; readonly platform?: Platform; readonly status?: 'enabled' | 'paused' } = {},
): Promise<Editable> {
  let left = options.nth ?? 0
  const { platform, status = 'enabled' } = options
  const { accounts } = await app.window('list_accounts', platform === undefined ? {} : { platform })
  for (const { account_id } of accounts)
    for (const type of ['ad_group', 'campaign', 'ad'] as const) {
      const { entities } = await app.window('list_entities', { account_id, type, status, order_by: 'id', limit: 100 })
      for (const { entity_id: entityId } of entities) {
        const answer = await app.window('get_entity', { entity_id: entityId })
        const current = answer.current[field]
        const rule = answer.editable_fields.find((each) => each.field === field)
        if (rule?.is_editable !== true || current === null) continue
        if (left === 0) return { entityId, field, current, rule }
        left -= 1
      }
    }
  throw new Error(`the sandbox has no ${options.nth ?? 0}. entity with an editable ${field}`)
}

/** Waits until the draft has come to rest. */
export async function settled(app: App, draftId: string): Promise<DraftView> {
  let draft: DraftView | undefined
  await waitFor(
    async () => {
      draft = (await app.window('get_draft', { draft_id: draftId })).draft
      return !['approved', 'applying'].includes(draft.state)
    },
    { what: 'the change to settle', withinMs: 30_000 },
  )
  if (draft === undefined) throw new Error('the draft never settled')
  return draft
}

/** What the sandbox's platform holds now, in whole currency units of EUR. */
export function liveBudget(app: App, entityId: string): string {
  const entity = app.sandbox.world.adGroup(externalId(entityId)) ?? app.sandbox.world.campaign(externalId(entityId))
  if (entity === undefined) throw new Error('no such entity')
  return (entity.budgetMinor / 100).toFixed(2)
}
