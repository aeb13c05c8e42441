/**
 * The demo's AI client: a script that comes in through the same door as any other client, with its own token, and proposes six
 * changes: a budget that several campaigns share, a bid, a sensible budget, one the limits reduce, one they refuse, and one that is
 * overtaken by a change on the platform.
 * It can do nothing that another client cannot.
 */
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { AgentCaller, AgentPort } from './agent-port.ts'

const PROTOCOL_VERSION = '2025-11-25'
const CALL_TIMEOUT_MS = 20_000

const entityShape = z.object({
  entity_id: z.string(),
  status: z.string(),
  budget_kind: z.string(),
  daily_budget: z.object({ amount: z.string(), currency: z.string() }).nullable(),
  untrusted: z.object({ name: z.string() }),
})
const detailShape = z.object({
  entity: z.object({ entity_id: z.string() }),
  current: z.object({
    daily_budget: z.string().nullable(),
    bid_cap: z.string().nullable(),
    cost_cap: z.string().nullable(),
  }),
  editable_fields: z.array(z.object({ field: z.string(), is_editable: z.boolean() })),
  settings: z.object({ shared_budget: z.object({ campaign_ids: z.array(z.string()) }).nullable() }),
})
/** Of each kind; a client has sixty calls a minute. */
const MAX_LOOKS = 15
/** More would not fit one answer to a client. */
const MAX_LISTED = 40
type DemoEntity = z.infer<typeof entityShape> & {
  readonly daily_budget: { readonly amount: string; readonly currency: string }
}

export interface DemoDoor {
  /** Calls one tool; undefined when it answered with an error, as a proposal beyond the limits does. */
  readonly tool: (name: string, args: Readonly<Record<string, unknown>>) => Promise<unknown>
  /** Changes a budget on the sandbox's platform behind the app's back, as a colleague would. Smallest currency units. */
  readonly changeOutside: (entityId: string, budgetMinor: number) => void
}

/** Makes the proposals. @throws when the door does not answer, or the demo's account has fewer than four running budgets */
export async function proposeAsDemoClient(door: DemoDoor): Promise<void> {
  await proposeSharedBudget(door)
  await proposeBid(door)
  const budgets = await runningBudgets(door)
  const [sensible, tooFar, slipped, overtaken] = budgets
  if (sensible === undefined || tooFar === undefined || slipped === undefined || overtaken === undefined)
    throw new Error('the demo account has too few running budgets')
  const times = (entity: DemoEntity, percent: number): string =>
    ((Number(entity.daily_budget.amount) * percent) / 100).toFixed(0)

  await propose(
    door,
    tooFar,
    times(tooFar, 200),
    'Double the strongest ad group',
    'Its return on ad spend has been the best of the account for two weeks and it uses its whole budget by early afternoon.',
  )
  await propose(
    door,
    slipped,
    times(slipped, 1000),
    'Raise the budget before the weekend',
    'Weekends have sold well; more room on Friday evening should pay off.',
  )
  await propose(
    door,
    overtaken,
    times(overtaken, 120),
    'A little more for the retargeting group',
    'Cost per order has been falling for ten days, so a fifth more should still be worth it.',
  )
  await propose(
    door,
    sensible,
    times(sensible, 84),
    'Trim a group that has stopped paying back',
    'Spend rose last week while click-through value did not. Sixteen percent less keeps it learning at lower cost.',
  )
  const minor = Math.round(Number(overtaken.daily_budget.amount) * 1.1) * 100
  door.changeOutside(overtaken.entity_id, minor)
}

/** Enabled ad groups with a daily budget of their own, largest spend first. */
async function runningBudgets(door: DemoDoor): Promise<readonly DemoEntity[]> {
  const listed = await listEnabled(door, 'tiktok', 'ad_group')
  return listed.filter((entity): entity is DemoEntity => entity.daily_budget !== null && entity.budget_kind === 'daily')
}

/** What runs in the platform's largest account in euro, largest spend first. */
async function listEnabled(
  door: DemoDoor,
  platform: 'google_ads' | 'meta' | 'tiktok',
  type: 'campaign' | 'ad_group',
): Promise<readonly z.infer<typeof entityShape>[]> {
  const { accounts } = z
    .object({
      accounts: z.array(
        z.object({
          account_id: z.string(),
          currency: z.string(),
          status: z.string(),
          writes_allowed: z.boolean(),
          campaigns: z.number(),
        }),
      ),
    })
    .parse(await door.tool('list_accounts', { platform }))
  const account = accounts
    .filter((each) => each.currency === 'EUR' && each.status === 'active' && each.writes_allowed)
    .toSorted((a, b) => b.campaigns - a.campaigns)[0]
  if (account === undefined) return []
  const found = await door.tool('list_entities', {
    account_id: account.account_id,
    type,
    status: 'enabled',
    order_by: 'spend_7d',
    limit: MAX_LISTED,
  })
  return z.object({ entities: z.array(entityShape) }).parse(found).entities
}

/** The first of `entities` whose details are wanted; few are asked for, because calls are limited. */
async function firstWith<T>(
  door: DemoDoor,
  entities: readonly z.infer<typeof entityShape>[],
  pick: (detail: z.infer<typeof detailShape>) => T | undefined,
): Promise<T | undefined> {
  for (const { entity_id } of entities.slice(0, MAX_LOOKS)) {
    const picked = pick(detailShape.parse(await door.tool('get_entity', { entity_id })))
    if (picked !== undefined) return picked
  }
  return undefined
}

/** Google: one budget feeds several campaigns, and the draft has to say so. */
async function proposeSharedBudget(door: DemoDoor): Promise<void> {
  const campaigns = await listEnabled(door, 'google_ads', 'campaign')
  const amountOf = (each: (typeof campaigns)[number]): string => each.daily_budget?.amount ?? ''
  // Campaigns on one budget show the same amount: those are looked at first.
  const sharers = (amount: string): number => campaigns.filter((each) => amountOf(each) === amount).length
  const likely = campaigns.toSorted((a, b) => sharers(amountOf(b)) - sharers(amountOf(a)))
  const found = await firstWith(door, likely, ({ entity, current, settings, editable_fields }) => {
    const isEditable = editable_fields.some((each) => each.field === 'daily_budget' && each.is_editable)
    const fed = settings.shared_budget?.campaign_ids.length ?? 0
    return fed > 1 && isEditable && current.daily_budget !== null
      ? { entityId: entity.entity_id, before: current.daily_budget }
      : undefined
  })
  if (found === undefined) return
  await send(
    door,
    {
      kind: 'set_budget',
      entity_id: found.entityId,
      budget: 'daily',
      expected_current: found.before,
      new_value: (Number(found.before) * 1.1).toFixed(0),
    },
    'Ten percent more for the shared search budget',
    'The campaigns on this budget were limited by it on five of the last seven days, at a return above target.',
  )
}

const BIDS = ['bid_cap', 'cost_cap'] as const
/** Meta: a bid of an ad set. */
async function proposeBid(door: DemoDoor): Promise<void> {
  const adSets = await listEnabled(door, 'meta', 'ad_group')
  const found = await firstWith(door, adSets, ({ entity, current, editable_fields }) => {
    const field = BIDS.find((name) => editable_fields.some((each) => each.field === name && each.is_editable))
    const before = field === undefined ? null : current[field]
    return field === undefined || before === null ? undefined : { entityId: entity.entity_id, field, before }
  })
  if (found === undefined) return
  await send(
    door,
    {
      kind: 'set_bid',
      entity_id: found.entityId,
      field: found.field,
      expected_current: found.before,
      new_value: (Number(found.before) * 0.9).toFixed(2),
    },
    'Bid a tenth less in the prospecting ad set',
    'Cost per result has stayed well under the cap for two weeks, so a lower one should keep the volume at a better price.',
  )
}

/** Proposes one daily budget. A refusal by the user's limits is an expected answer here. */
async function propose(
  door: DemoDoor,
  entity: DemoEntity,
  newValue: string,
  title: string,
  rationale: string,
): Promise<void> {
  await send(
    door,
    {
      kind: 'set_budget',
      entity_id: entity.entity_id,
      budget: 'daily',
      expected_current: entity.daily_budget.amount,
      new_value: newValue,
    },
    title,
    rationale,
  )
}

async function send(
  door: DemoDoor,
  operation: Readonly<Record<string, string>>,
  title: string,
  rationale: string,
): Promise<void> {
  await door.tool('propose_change', { idempotency_key: randomUUID(), title, rationale, operations: [operation] })
}

/** The agent's own HTTP door, with the client's token. */
export function httpTool(httpUrl: string, token: string): DemoDoor['tool'] {
  return async (name, args) => {
    const answer = await post(httpUrl, token, { method: 'tools/call', params: { name, arguments: args } })
    const result = z
      .object({ isError: z.boolean().optional(), structuredContent: z.unknown().optional() })
      .parse(answer)
    return result.isError === true ? undefined : result.structuredContent
  }
}

/** Where that door is shut because another program has its port: the same client, the same rules, no wire. */
export function directTool(port: AgentPort, caller: AgentCaller): DemoDoor['tool'] {
  return async (name, args) => {
    const reply = await port.run(caller, name, args, AbortSignal.timeout(CALL_TIMEOUT_MS))
    return reply.ok ? reply.value : undefined
  }
}

/** One JSON-RPC call over Streamable HTTP; the answer comes as JSON or as a one-message event stream. */
async function post(httpUrl: string, token: string, call: Readonly<Record<string, unknown>>): Promise<unknown> {
  const response = await fetch(httpUrl, {
    method: 'POST',
    redirect: 'error',
    signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': PROTOCOL_VERSION,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: randomUUID(), ...call }),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`the agent's door answered ${response.status}`)
  const line = text.split('\n').find((each) => each.startsWith('data: {'))
  const json = text.startsWith('{') ? text : (line?.slice('data: '.length) ?? '')
  return z.object({ result: z.unknown() }).parse(JSON.parse(json)).result
}
