/** A small world for the window's tests: two accounts, campaigns, figures, drafts in every state, records. All of it fits the table. */
import { groupOf } from '../../main/audit/groups.ts'
import { accountIdSchema, draftIdSchema, entityIdSchema } from '../../shared/domain/ids.ts'
import type { DraftView, EntityView, OutputOf } from '../../shared/operations.ts'
import { accountHandlers } from './window-accounts.ts'
import { auditHandlers } from './window-audit.ts'
import type { Handlers } from './window-double.ts'
import { policyAnswer } from './window-settings.ts'

export const NOW_MS = Date.now()
const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
export const ago = (ms: number): string => new Date(NOW_MS - ms).toISOString()
export const day = (daysAgo: number): string => ago(daysAgo * DAY_MS).slice(0, 10)

export const ACCOUNT = accountIdSchema.parse('tiktok:7000000000000000001')
export const SECOND = accountIdSchema.parse('tiktok:7000000000000000002')
export const campaign = (n: number): EntityView['entity_id'] => entityIdSchema.parse(`${ACCOUNT}/campaign/1733${n}`)
export const draftId = (letter: string): DraftView['draft_id'] => draftIdSchema.parse(`d_${letter.repeat(16)}`)

const NAMES = [
  'Summer prospecting DE',
  'Retargeting – viewed product, 14 days',
  'Creators: outdoor, always on',
  'New customers FR + BE',
  'Brand search lift',
  'Test: hooks v4',
]
const PASS: DraftView['policy'] = { version: 3, outcome: 'pass', rules: [] }
const REASON =
  'Cost per conversion rose to €41 over the last 7 days (28-day mean €29) while frequency passed 3.1. Lowering the budget by about a sixth keeps the ad group out of a new learning phase.'

export const ENVELOPE: OutputOf<'get_draft'>['envelope'] = [
  {
    account_id: ACCOUNT,
    currency: 'EUR',
    net_used: '40.00',
    net_after: '21.00',
    net_limit: '500.00',
    gross_used: '160.00',
    gross_after: '179.00',
    gross_limit: '1000.00',
  },
]

type Change = DraftView['operations'][number]
export function change(more: Partial<Change> = {}): Change {
  return {
    k: 0,
    kind: 'set_budget',
    platform: 'tiktok',
    account_id: ACCOUNT,
    entity_id: campaign(0),
    entity_type: 'ad_group',
    field: 'daily_budget',
    currency: 'EUR',
    before: '120.00',
    requested: '101.00',
    after: '101.00',
    daily_movement: { amount: '-19.00', currency: 'EUR' },
    takes_effect: 'immediately',
    target: more.entity_id ?? campaign(0),
    affects: [],
    notes: [],
    untrusted: { path: ['Northwind Outdoor EU', 'Summer prospecting DE', 'Broad 25–44, interest: hiking'] },
    ...more,
  }
}

export function draft(letter: string, more: Partial<DraftView> = {}): DraftView {
  const operations = more.operations ?? [change()]
  return {
    draft_id: draftId(letter),
    state: 'pending',
    state_reason: null,
    state_message: null,
    origin: { kind: 'agent', id: 'c_abcdef' },
    operations,
    policy: PASS,
    operation_count: operations.length,
    net_daily_movement: [operations[0]?.daily_movement ?? { amount: '0.00', currency: 'EUR' }],
    draft_hash: letter.charCodeAt(0).toString(16).padStart(2, '0').repeat(32),
    undo_of: null,
    repair_of: null,
    revises: null,
    decision_note: null,
    created_at: ago(14 * MINUTE_MS),
    expires_at: ago(-47 * 60 * MINUTE_MS),
    decided_at: null,
    review_uri: `spendsignoff://drafts/${draftId(letter)}`,
    untrusted: { title: 'Lower the budget of a tiring ad group', rationale: REASON, origin_name: 'Claude Desktop' },
    ...more,
  }
}

export const WAITING: readonly DraftView[] = [
  draft('a'),
  draft('b', {
    operations: [
      change({
        entity_id: campaign(3),
        entity_type: 'campaign',
        before: '200.00',
        requested: '420.00',
        after: '300.00',
        daily_movement: { amount: '100.00', currency: 'EUR' },
        takes_effect: 'next_midnight',
        untrusted: { path: ['Northwind Outdoor EU', 'New customers FR + BE'] },
      }),
    ],
    policy: {
      version: 3,
      outcome: 'clamp',
      rules: [
        {
          rule: 'max_step_percent',
          outcome: 'clamp',
          message: 'One step may raise a budget by at most 50%. Asked for +110%, adjusted to +50%.',
          limit: '50',
        },
      ],
    },
    created_at: ago(50 * MINUTE_MS),
    untrusted: {
      title: 'Scale the best campaign',
      rationale: 'ROAS 4.1 for 14 days at stable frequency.\nRoom to grow: impression share is low.',
      origin_name: 'Cursor',
    },
  }),
  draft('c', {
    origin: { kind: 'window', id: 'window' },
    operations: [
      change({
        entity_id: campaign(5),
        entity_type: 'campaign',
        kind: 'set_status',
        field: 'status',
        before: 'enabled',
        requested: 'paused',
        after: 'paused',
        daily_movement: { amount: '-60.00', currency: 'EUR' },
        untrusted: { path: ['Northwind Outdoor EU', 'Test: hooks v4'] },
      }),
    ],
    created_at: ago(3 * 60 * MINUTE_MS),
    untrusted: {
      title: 'Pause Test: hooks v4',
      rationale: 'The test is over, the winner runs elsewhere.',
      origin_name: 'You',
    },
  }),
]

const record = (seq: number, type: string, minutes: number) => ({ seq, type, at: ago(minutes * MINUTE_MS) })
export const APPLIED_HISTORY = [
  record(41, 'draft.proposed', 130),
  record(44, 'draft.armed', 122),
  record(45, 'draft.approved', 121),
  record(46, 'apply.intent', 121),
  record(47, 'apply.sent', 121),
  record(48, 'apply.outcome', 121),
  record(49, 'draft.applied', 121),
]
export const DECIDED: readonly DraftView[] = [
  draft('e', { state: 'applied', decided_at: ago(3 * DAY_MS) }),
  draft('f', {
    state: 'rejected',
    decided_at: ago(DAY_MS),
    policy: {
      version: 3,
      outcome: 'block',
      rules: [
        {
          rule: 'digit_slip',
          outcome: 'block',
          message:
            'The new budget is ten times the old one: this looks like a slipped digit. The most one step allows is €180.00.',
          limit: '180.00',
        },
      ],
    },
    operations: [
      // What is blocked keeps the value before; what was asked for is told apart.
      change({ requested: '1200.00', after: '120.00', daily_movement: { amount: '0.00', currency: 'EUR' } }),
    ],
  }),
  draft('g', {
    state: 'stale',
    state_reason: 'drift',
    state_message: 'The platform now says 135.00, not 120.00. Nothing was changed.',
    decided_at: ago(2 * DAY_MS),
  }),
  draft('h', {
    state: 'unknown',
    state_reason: 'no_clear_answer',
    state_message:
      'The platform gave no clear answer. It is being read until the truth is known; nothing is sent again.',
    decided_at: ago(5 * MINUTE_MS),
  }),
  draft('i', {
    state: 'apply_failed',
    state_reason: 'refused_by_platform',
    state_message: 'The platform refused the change. Nothing was changed.',
    decided_at: ago(4 * DAY_MS),
  }),
  draft('j', { state: 'expired', decided_at: ago(6 * DAY_MS) }),
]

export function draftAnswer(view: DraftView): OutputOf<'get_draft'> {
  const isApplied = view.state === 'applied'
  const cut = view.state === 'unknown' ? 5 : view.state === 'apply_failed' ? 6 : 0
  const history = isApplied ? APPLIED_HISTORY : APPLIED_HISTORY.slice(0, Math.max(1, cut))
  const ending =
    view.state === 'unknown' ? 'draft.unknown' : view.state === 'apply_failed' ? 'draft.apply_failed' : null
  return {
    draft: view,
    history: ending === null ? [...history] : [...history, record(50, ending, 5)],
    results:
      isApplied || view.state === 'stale'
        ? [
            {
              k: 0,
              outcome: isApplied ? 'applied' : null,
              live_value: isApplied ? '101.00' : '135.00',
              platform_request_id: isApplied ? '20261123141500A1B2' : null,
              untrusted: { platform_message: null },
            },
          ]
        : [],
    linked: [],
    envelope: view.state === 'pending' || view.state === 'armed' ? ENVELOPE : [],
    as_of: ago(12 * MINUTE_MS),
    warnings: [],
  }
}

export const IDLE: OutputOf<'get_app_state'>['sync'] = {
  account_id: null,
  state: 'done',
  step: 'Daily figures',
  done: 12,
  total: 12,
  rows: 5400,
  seconds_left: null,
  accounts: [],
  started_at: ago(14 * MINUTE_MS),
  finished_at: ago(12 * MINUTE_MS),
  error: null,
}
export function appState(more: Partial<OutputOf<'get_app_state'>> = {}): OutputOf<'get_app_state'> {
  return {
    phase: 'ready',
    shell: 'browser',
    app_version: '0.1.0',
    workspace: { name: 'Northwind', is_demo: true, vault: 'passphrase', log_vkey: 'spendsignoff/log+1a2b3c4d+AaBb' },
    keychain: 'ready',
    confirm_needs_passphrase: true,
    demo_passphrase: 'demo-demo',
    trouble: null,
    successor: null,
    open_drafts: WAITING.length,
    sync: IDLE,
    revision: 1,
    ...more,
  }
}

function account(id: typeof ACCOUNT, name: string, currency: string): OutputOf<'list_accounts'>['accounts'][number] {
  return {
    account_id: id,
    platform: 'tiktok',
    currency,
    time_zone: 'UTC',
    status: 'active',
    last_sync_at: ago(12 * MINUTE_MS),
    complete_through: day(1),
    connection_state: 'ok',
    writes_allowed: true,
    campaigns: 6,
    ad_groups: 14,
    ads: 41,
    untrusted: { name, manager: null },
  }
}
export const ACCOUNTS = [account(ACCOUNT, 'Northwind Outdoor EU', 'EUR'), account(SECOND, 'Northwind Japan', 'JPY')]

const spendOf = (daysAgo: number): number => {
  const weekday = new Date(NOW_MS - daysAgo * DAY_MS).getUTCDay()
  const base = 540 + 90 * Math.sin(daysAgo / 4.3) - (weekday === 0 || weekday === 6 ? 110 : 0)
  return daysAgo === 0 ? base * 0.38 : base
}
function metrics(spend: number, roas: number, views = 31) {
  const conversions = Math.round(spend / 29)
  return {
    spend: spend.toFixed(2),
    roas: roas.toFixed(2),
    conversions,
    cpa: conversions === 0 ? null : (spend / conversions).toFixed(2),
    conversions_view: views,
    conversion_value: (spend * roas).toFixed(2),
  }
}

export function metricsAnswer(input: {
  dimensions?: string[] | undefined
  start_date: string
  end_date: string
}): OutputOf<'query_metrics'> {
  const length = Math.round((Date.parse(input.end_date) - Date.parse(input.start_date)) / DAY_MS) + 1
  const byDate = input.dimensions?.includes('date') === true
  const byCampaign = input.dimensions?.includes('campaign') === true
  const dates = Array.from({ length: Math.min(length, 100) }, (_, index) =>
    new Date(Date.parse(input.start_date) + index * DAY_MS).toISOString().slice(0, 10),
  )
  const daysAgoOf = (date: string): number => Math.round((Date.parse(day(0)) - Date.parse(date)) / DAY_MS)
  const total = dates.reduce((sum, date) => sum + spendOf(daysAgoOf(date)), 0)
  const rows = byDate
    ? dates.map((date) => ({
        date,
        currency: 'EUR',
        metrics: metrics(spendOf(daysAgoOf(date)), 2.3 + 0.5 * Math.sin(daysAgoOf(date) / 3)),
      }))
    : byCampaign
      ? NAMES.map((name, index) => ({
          entity_id: campaign(index),
          currency: 'EUR',
          metrics:
            index === 5
              ? { ...metrics(41.2, 0), roas: '0.00', conversions: 0, cpa: null, conversions_view: null }
              : metrics((total / 3) * 0.62 ** index, 3.4 - index * 0.4, 60 - index * 9),
          untrusted: { name },
        }))
      : []
  return {
    rows,
    totals: [{ currency: 'EUR', metrics: metrics(total, 2.41, 214) }],
    comparison: {
      start_date: day(daysAgoOf(input.start_date) + length),
      end_date: day(daysAgoOf(input.start_date) + 1),
      totals: [{ currency: 'EUR', metrics: metrics(total * 0.91, 2.62, 190) }],
      is_partial: false,
    },
    attribution: {
      primary: 'click_through',
      click_window_days: 7,
      window_source: 'entity_setting',
      note: 'View-through is counted apart.',
    },
    complete_through: day(1),
    is_partial: false,
    restating_since: day(3),
    total: rows.length,
    next_cursor: null,
    as_of: ago(12 * MINUTE_MS),
    warnings: [],
  }
}

function entity(
  id: EntityView['entity_id'],
  name: string,
  type: EntityView['type'],
  spend: string,
  parent: EntityView['entity_id'] | null = null,
): EntityView {
  return {
    entity_id: id,
    account_id: ACCOUNT,
    type,
    parent_id: parent,
    status: name.startsWith('Test') ? 'paused' : 'enabled',
    delivery_status: 'CAMPAIGN_STATUS_ENABLE',
    delivery: 'delivering',
    review: type === 'ad' ? 'approved' : null,
    is_automated: false,
    bid_strategy: type === 'ad_group' ? 'cost_cap:9.00' : null,
    budget_kind: type === 'ad' ? 'inherited' : 'daily',
    daily_budget: type === 'ad' ? null : { amount: '120.00', currency: 'EUR' },
    spend_7d: { amount: spend, currency: 'EUR' },
    untrusted: { name },
  }
}

export const RECORDS: OutputOf<'list_audit'>['records'] = [
  ...APPLIED_HISTORY.map((each) => ({ ...each, draft: draftId('e') as string | null })),
  { seq: 50, type: 'sync.finished', at: ago(60_000), draft: null },
  { seq: 51, type: 'call.refused', at: ago(30_000), draft: null },
]
  .toReversed()
  .map((each) => ({
    seq: each.seq,
    type: each.type,
    group: groupOf(each.type),
    at: each.at,
    actor:
      each.type.startsWith('draft.pro') || each.type === 'call.refused'
        ? { kind: 'agent', id: 'c_abcdef' }
        : { kind: 'user', id: 'owner' },
    draft_id: each.draft,
    line: JSON.stringify({ at: each.at, seq: each.seq, type: each.type, v: 1 }),
    leaf: 'ab'.repeat(32),
    checkpoint_size: each.seq + 1,
    withheld: [],
    disclosed: each.type === 'draft.proposed' ? { rationale: REASON } : {},
  }))

const SIGN_OFF: OutputOf<'get_sign_off_settings'> = {
  confirm_factor: 'click',
  effective_factor: 'passphrase',
  factors: [
    { factor: 'click', is_available: true, why_not: null },
    {
      factor: 'os_prompt',
      is_available: false,
      why_not: 'This computer, or this way of running the app, offers no prompt of the operating system.',
    },
    { factor: 'passphrase', is_available: true, why_not: null },
  ],
  second_person: { is_on: false, above_units: null },
  has_passphrase: true,
  passphrase_why_not: null,
}

const CLIENTS: OutputOf<'list_clients'>['clients'] = [
  {
    client_id: 'c_abcdef',
    scopes: ['mcp.read', 'mcp.draft'],
    created_at: ago(20 * DAY_MS),
    expires_at: ago(-70 * DAY_MS),
    last_used_at: ago(14 * MINUTE_MS),
    revoked_at: null,
    untrusted: { name: 'Claude Desktop', client_info: 'claude-ai 0.12.3' },
  },
  {
    client_id: 'c_ghijkl',
    scopes: ['mcp.read'],
    created_at: ago(40 * DAY_MS),
    expires_at: ago(-50 * DAY_MS),
    last_used_at: null,
    revoked_at: ago(2 * DAY_MS),
    untrusted: { name: 'Cursor', client_info: null },
  },
]
const BRIDGE = { command: '/usr/bin/node', args: ['/opt/spendsignoff/main/cli/main.ts', 'mcp'] }
const page = { next_cursor: null, as_of: ago(12 * MINUTE_MS), warnings: [] }

/** A workspace in use: everything answers. */
export function filled(): Handlers {
  const all = [...WAITING, ...DECIDED]
  return {
    get_app_state: () => appState(),
    get_status: () => ({
      app_version: '0.1.0',
      workspace: { name: 'Northwind', is_demo: true },
      client: null,
      accounts: ACCOUNTS.map((each) => ({
        account_id: each.account_id,
        last_sync_at: each.last_sync_at,
        connection_state: 'ok',
      })),
      open_drafts: WAITING.length,
      policy: { version: 3, rules: [] },
      as_of: ago(12 * MINUTE_MS),
      warnings: [],
    }),
    list_accounts: () => ({ accounts: ACCOUNTS, as_of: page.as_of, warnings: [] }),
    query_metrics: (input) => metricsAnswer(input),
    list_drafts: (input) => {
      const drafts =
        input.state !== undefined
          ? all.filter((each) => each.state === input.state)
          : input.group === 'decided'
            ? [...DECIDED]
            : input.group === 'any'
              ? all
              : [...WAITING]
      return { drafts, open: WAITING.length, total: drafts.length, ...page }
    },
    get_draft: (input) => draftAnswer(all.find((each) => each.draft_id === input.draft_id) ?? draft('a')),
    get_review: ({ draft_id }) => ({
      draft_id,
      is_required: false,
      state: 'none',
      reviewers: 0,
      packs: [],
      answers: [],
    }),
    get_sign_off_settings: () => SIGN_OFF,
    list_reviewers: () => ({ reviewers: [] }),
    get_policy: () => policyAnswer(),
    list_entities: (input) => {
      const entities =
        input.type === 'campaign'
          ? NAMES.map((name, index) => entity(campaign(index), name, 'campaign', (1900 * 0.62 ** index).toFixed(2)))
          : [1, 2].map((n) =>
              entity(
                entityIdSchema.parse(`${ACCOUNT}/${input.type}/9${n}${(input.parent_id ?? '').slice(-4)}`),
                input.type === 'ad' ? `Video ${n}, hook B` : `Broad ${n}, interest: hiking`,
                input.type,
                (400 / n).toFixed(2),
                input.parent_id ?? null,
              ),
            )
      return { entities, total: entities.length, ...page }
    },
    get_entity: (input) => ({
      entity: entity(input.entity_id, NAMES[0] ?? '', 'campaign', '1900.00'),
      current: {
        daily_budget: '120.00',
        scheduled_budget: null,
        status: 'enabled',
        cpc_bid: null,
        target_cpa: null,
        target_roas: null,
        bid_cap: null,
        cost_cap: '9.00',
        bid_strategy: 'cost_cap:9.00',
      },
      editable_fields: [
        {
          field: 'daily_budget',
          is_editable: true,
          refusal: null,
          min: '20.00',
          max: null,
          step: '0.01',
          takes_effect: 'immediately',
          strategies: [],
        },
        {
          field: 'status',
          is_editable: true,
          refusal: null,
          min: null,
          max: null,
          step: null,
          takes_effect: 'immediately',
          strategies: [],
        },
        {
          field: 'cost_cap',
          is_editable: true,
          refusal: null,
          min: '0.01',
          max: null,
          step: '0.01',
          takes_effect: 'immediately',
          strategies: [],
        },
        {
          field: 'bid_strategy',
          is_editable: true,
          refusal: null,
          min: null,
          max: null,
          step: null,
          takes_effect: 'immediately',
          strategies: [
            { strategy: 'lowest_cost', target: 'none', is_target_optional: true },
            { strategy: 'cost_cap', target: 'money', is_target_optional: false },
          ],
        },
      ],
      settings: {
        objective: 'CONVERSIONS',
        optimization_goal: null,
        bid_strategy: null,
        click_window_days: 7,
        view_window_days: 1,
        starts_at: null,
        ends_at: null,
        format: null,
        creative_ids: [],
        delivery_reasons: [],
        shared_budget: null,
      },
      outside_changes: [],
      open_draft_ids: [],
      untrusted: {
        path: ['Northwind Outdoor EU', NAMES[0] ?? ''],
        text: null,
        landing_page: null,
        review_reasons: [],
        targeting: { age: ['25-34', '35-44'], interest: ['Hiking'] },
      },
      as_of: page.as_of,
      warnings: [],
    }),
    check_change: (input) => {
      const asked = input.operations[0]
      const after = asked?.kind === 'set_budget' ? asked.new_value : 'paused'
      return {
        operations: [
          change({
            entity_id: campaign(0),
            requested: after,
            after,
            ...(asked?.kind === 'set_status' ? { kind: 'set_status', field: 'status', before: 'enabled' } : {}),
          }),
        ],
        policy: PASS,
        net_daily_movement: [{ amount: '-19.00', currency: 'EUR' }],
        envelope: ENVELOPE,
        warnings: [],
      }
    },
    propose_change: () => ({
      draft: draft('a'),
      created: true,
      envelope: ENVELOPE,
      notice: 'Waiting for a person.',
      warnings: [],
    }),
    list_audit: () => ({ records: RECORDS, size: 51, looked_at: 51, next_before_seq: null }),
    verify_audit: () => ({
      is_ok: true,
      size: 51,
      root: 'cd'.repeat(32),
      vkey: 'spendsignoff/log+1a2b3c4d+AaBbCcDd',
      checkpoints: 37,
      took_ms: 84,
      fault: null,
      limits: [
        'A log that was replaced as a whole, together with its keychain entry, cannot be told from the original.',
      ],
    }),
    ...auditHandlers(),
    ...accountHandlers(),
    list_connections: () => ({
      connections: [
        {
          connection_id: 'x_1',
          platform: 'tiktok',
          method: 'app',
          health: {
            is_valid: true,
            expires_at: null,
            expiry_known: true,
            can_write: true,
            scopes: ['ad account', 'campaigns'],
            problem: null,
            checked_at: ago(60 * MINUTE_MS),
          },
          is_sandbox: true,
          state: 'ok',
          state_detail: null,
          created_at: ago(20 * DAY_MS),
          account_ids: [ACCOUNT],
          untrusted: { label: '7012345678' },
        },
        {
          connection_id: 'x_2',
          platform: 'tiktok',
          method: 'app',
          health: null,
          is_sandbox: false,
          state: 'needs_reconnect',
          state_detail: 'TikTok says the access was revoked.',
          created_at: ago(90 * DAY_MS),
          account_ids: [SECOND],
          untrusted: { label: null },
        },
      ],
    }),
    list_clients: () => ({
      clients: CLIENTS,
      http_url: 'http://127.0.0.1:47811/mcp',
      http_problem: null,
      bridge: BRIDGE,
    }),
    add_client: (input) => ({
      client: { ...(CLIENTS[0] as (typeof CLIENTS)[number]), untrusted: { name: input.name, client_info: null } },
      token: 'ssm_exampleexampleexampleexampleexampleexample0',
      http_url: 'http://127.0.0.1:47811/mcp',
      bridge: BRIDGE,
    }),
    arm_draft: (input) => {
      const armed = all.find((each) => each.draft_id === input.draft_id) ?? draft('a')
      return { draft: { ...armed, state: 'armed' }, challenge: challenge(armed) }
    },
    disarm_draft: (input) => ({ draft: all.find((each) => each.draft_id === input.draft_id) ?? draft('a') }),
    start_sync: () => ({ sync: { ...IDLE, state: 'running' } }),
  }
}

export function challenge(
  view: DraftView,
  more: Partial<NonNullable<OutputOf<'arm_draft'>['challenge']>> = {},
): NonNullable<OutputOf<'arm_draft'>['challenge']> {
  return {
    confirm_token: 'T'.repeat(43),
    expires_at: ago(-2 * MINUTE_MS),
    expires_in_ms: 120_000,
    code: '9f3c21ab',
    live: [{ k: 0, value: view.operations[0]?.before ?? '', read_at: new Date().toISOString() }],
    validation: [{ k: 0, result: 'unsupported' }],
    policy: view.policy,
    envelope: ENVELOPE,
    factor: 'passphrase',
    reviewer: null,
    ...more,
  }
}

/** A workspace that was just made: nothing connected, nothing proposed. */
export function empty(): Handlers {
  return {
    ...filled(),
    get_app_state: () =>
      appState({
        workspace: {
          name: 'My workspace',
          is_demo: false,
          vault: 'passphrase',
          log_vkey: 'spendsignoff/log+1a2b3c4d+AaBb',
        },
        demo_passphrase: null,
        open_drafts: 0,
        sync: { ...IDLE, state: 'idle', started_at: null, finished_at: null, done: 0, total: 0 },
      }),
    get_status: () => ({
      app_version: '0.1.0',
      workspace: { name: 'My workspace', is_demo: false },
      client: null,
      accounts: [],
      open_drafts: 0,
      policy: { version: 1, rules: [] },
      as_of: null,
      warnings: [],
    }),
    list_accounts: () => ({ accounts: [], as_of: null, warnings: [] }),
    list_drafts: () => ({ drafts: [], open: 0, total: 0, next_cursor: null, as_of: null, warnings: [] }),
    list_audit: () => ({ records: [], size: 0, looked_at: 0, next_before_seq: null }),
    ...auditHandlers(),
    list_connections: () => ({ connections: [] }),
    list_clients: () => ({ clients: [], http_url: null, http_problem: null, bridge: BRIDGE }),
  }
}
