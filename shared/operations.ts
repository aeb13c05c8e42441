/**
 * THE TABLE. Every operation of the product: its name, input, output, effect, and who may call it.
 * IPC, preload, the browser window's transport, the MCP tools, the command line and the test doubles derive from it.
 * Amounts on the wire are decimal strings with a currency; times are ISO 8601 UTC; `untrusted` holds text written by others.
 */
import { z } from 'zod'
import { DRAFT_STATES, RULES } from './domain/draft.ts'
import { ENTITY_STATUSES, FIELDS } from './domain/entity.ts'
import { accountIdSchema, draftIdSchema, ENTITY_TYPES, entityIdSchema, PLATFORMS } from './domain/ids.ts'
import type { OperationName } from './operation-names.ts'

export type Effect = 'read' | 'draft' | 'decide' | 'configure'
export type CallerKind = 'window' | 'agent' | 'loop' | 'cli'

/** How an operation is shown to AI clients. Only `read` and `draft` effects may have one. */
export interface Tool {
  readonly title: string
  readonly description: string
  /** True where third-party text can come back. */
  readonly isOpenWorld: boolean
}

export interface Operation {
  readonly effect: Effect
  readonly callers: readonly CallerKind[]
  readonly input: z.ZodType
  readonly output: z.ZodType
  readonly tool?: Tool
  /** Own deadline. Handlers get an AbortSignal that fires after it. */
  readonly deadlineMs: number
}

/** The largest input of any operation, measured as JSON text, checked before parsing. */
export const MAX_INPUT_BYTES = 64 * 1024

// ---------- building blocks ----------
const isoTime = z.string().max(32)
const isoDate = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'a date looks like "2026-11-23"')
const currency = z.string().regex(/^[A-Z]{3}$/, 'an ISO 4217 code like "EUR"')
const decimal = z
  .string()
  .max(24)
  .regex(/^-?\d{1,12}(\.\d{1,6})?$/, 'a plain decimal string like "120.50"')
const cursor = z.string().max(200)
const limit = z.number().int().min(1).max(100)
const platform = z.enum(PLATFORMS)
const nothing = z.strictObject({})
const draftState = z.enum(DRAFT_STATES)

export const moneySchema = z.strictObject({ amount: decimal, currency })

const ruleVerdict = z.strictObject({
  rule: z.enum(RULES),
  outcome: z.enum(['clamp', 'block']),
  message: z.string(),
  limit: z.string(),
})
const policyResult = z.strictObject({
  version: z.number().int(),
  outcome: z.enum(['pass', 'clamp', 'block']),
  rules: z.array(ruleVerdict).max(32),
})

/** One before → after, resolved against the stored snapshot. */
const changeView = z.strictObject({
  k: z.number().int(),
  kind: z.enum(['set_budget', 'set_status']),
  platform,
  account_id: accountIdSchema,
  entity_id: entityIdSchema,
  entity_type: z.enum(['campaign', 'ad_group', 'ad']),
  field: z.enum(FIELDS),
  currency,
  before: z.string(),
  requested: z.string(),
  after: z.string(),
  /** Signed change of spend per day it can cause. */
  daily_movement: moneySchema,
  takes_effect: z.enum(['immediately', 'next_midnight']),
  untrusted: z.strictObject({ path: z.array(z.string()).max(4) }),
})

/** The rolling 24-hour envelope of one account, without and with the change in question. */
const envelopeView = z.strictObject({
  account_id: accountIdSchema,
  currency,
  net_used: decimal,
  net_after: decimal,
  net_limit: decimal,
  gross_used: decimal,
  gross_after: decimal,
  gross_limit: decimal,
})

export const draftView = z.strictObject({
  draft_id: draftIdSchema,
  state: draftState,
  state_reason: z.string().nullable(),
  state_message: z.string().nullable(),
  origin: z.strictObject({ kind: z.enum(['agent', 'window', 'loop']), id: z.string() }),
  operations: z.array(changeView).min(1).max(50),
  policy: policyResult,
  net_daily_movement: moneySchema,
  draft_hash: z.string(),
  undo_of: draftIdSchema.nullable(),
  created_at: isoTime,
  expires_at: isoTime,
  decided_at: isoTime.nullable(),
  review_uri: z.string(),
  untrusted: z.strictObject({ title: z.string(), rationale: z.string(), origin_name: z.string() }),
})
export type DraftView = z.infer<typeof draftView>

const entityView = z.strictObject({
  entity_id: entityIdSchema,
  account_id: accountIdSchema,
  type: z.enum(ENTITY_TYPES),
  parent_id: entityIdSchema.nullable(),
  status: z.enum(ENTITY_STATUSES),
  delivery_status: z.string(),
  budget_kind: z.enum(['daily', 'lifetime', 'none', 'inherited']),
  daily_budget: moneySchema.nullable(),
  spend_7d: moneySchema.nullable(),
  untrusted: z.strictObject({ name: z.string() }),
})
export type EntityView = z.infer<typeof entityView>

const page = { limit: limit.optional(), cursor: cursor.optional() }
const paged = {
  total: z.number().int(),
  next_cursor: cursor.nullable(),
  as_of: isoTime.nullable(),
  warnings: z.array(z.string()).max(10),
}

// ---------- changes ----------
const setBudget = z.strictObject({
  kind: z.literal('set_budget'),
  entity_id: entityIdSchema,
  budget: z.literal('daily').describe('Only daily budgets can be changed.'),
  expected_current: decimal.describe('The current value exactly as get_entity returned it.'),
  new_value: decimal.describe('The new daily budget in the account currency, e.g. "101.00".'),
})
const setStatus = z.strictObject({
  kind: z.literal('set_status'),
  entity_id: entityIdSchema,
  expected_current: z.enum(['enabled', 'paused']),
  new_status: z.enum(['enabled', 'paused']),
})
export const changeInput = z.discriminatedUnion('kind', [setBudget, setStatus])
export type ChangeInput = z.infer<typeof changeInput>

const operations = z.array(changeInput).min(1).max(1).describe('Exactly one change per draft.')
const changeOutcome = {
  operations: z.array(changeView).max(50),
  policy: policyResult,
  net_daily_movement: moneySchema,
  envelope: z.array(envelopeView).max(50),
  warnings: z.array(z.string()).max(10),
}

// ---------- metrics ----------
export const METRICS = [
  'spend',
  'impressions',
  'clicks',
  'video_views',
  'ctr',
  'cpc',
  'cpm',
  'conversions',
  'conversions_view',
  'conversions_engaged_view',
  'conversion_value',
  'conversion_value_view',
  'cpa',
  'roas',
] as const
export type MetricName = (typeof METRICS)[number]
export const DIMENSIONS = ['date', 'account', 'campaign', 'ad_group', 'ad'] as const

/** Money and ratios are decimal strings, counts are numbers, null is "not known", never zero. */
const metricValue = z.union([decimal, z.number(), z.null()])
const metricRow = z.strictObject({
  date: isoDate.optional(),
  account_id: accountIdSchema.optional(),
  entity_id: entityIdSchema.optional(),
  currency,
  metrics: z.partialRecord(z.enum(METRICS), metricValue),
  untrusted: z.strictObject({ name: z.string() }).optional(),
})
const metricTotals = z.strictObject({ currency, metrics: z.partialRecord(z.enum(METRICS), metricValue) })

// ---------- window-only shapes ----------
const errorReply = z.strictObject({ code: z.string(), message: z.string(), hint: z.string(), retryable: z.boolean() })
const syncProgress = z.strictObject({
  account_id: accountIdSchema.nullable(),
  state: z.enum(['idle', 'running', 'done', 'cancelled', 'failed']),
  step: z.string(),
  done: z.number().int(),
  total: z.number().int(),
  rows: z.number().int(),
  started_at: isoTime.nullable(),
  finished_at: isoTime.nullable(),
  error: errorReply.nullable(),
})
export type SyncProgressView = z.infer<typeof syncProgress>
const connectionView = z.strictObject({
  connection_id: z.string(),
  platform,
  is_sandbox: z.boolean(),
  state: z.enum(['ok', 'needs_reconnect', 'removed']),
  state_detail: z.string().nullable(),
  created_at: isoTime,
  account_ids: z.array(accountIdSchema).max(500),
})
const clientView = z.strictObject({
  client_id: z.string(),
  scopes: z.array(z.enum(['mcp.read', 'mcp.draft'])),
  created_at: isoTime,
  expires_at: isoTime,
  last_used_at: isoTime.nullable(),
  revoked_at: isoTime.nullable(),
  untrusted: z.strictObject({ name: z.string(), client_info: z.string().nullable() }),
})
const challengeView = z.strictObject({
  confirm_token: z.string(),
  expires_at: isoTime,
  expires_in_ms: z.number().int(),
  /** Eight hex digits of the challenge's hash, the same in the log. */
  code: z.string(),
  live: z.array(z.strictObject({ k: z.number().int(), value: z.string(), read_at: isoTime })).max(50),
  policy: policyResult,
  envelope: z.array(envelopeView).max(50),
  needs_passphrase: z.boolean(),
})
const auditRow = z.strictObject({
  seq: z.number().int(),
  type: z.string(),
  at: isoTime,
  actor: z.strictObject({ kind: z.string(), id: z.string() }),
  draft_id: z.string().nullable(),
  /** The record's exact stored line. */
  line: z.string(),
  leaf: z.string(),
  disclosed: z.record(z.string(), z.string()),
})
export type AuditRow = z.infer<typeof auditRow>
const passphrase = z.string().min(1).max(256)

const readers = ['window', 'agent', 'cli', 'loop'] as const
const windowOnly = ['window'] as const

// ---------- the table ----------
export const OPERATIONS = {
  get_status: {
    effect: 'read',
    callers: readers,
    deadlineMs: 10_000,
    input: nothing,
    output: z.strictObject({
      app_version: z.string(),
      workspace: z.strictObject({ name: z.string(), is_demo: z.boolean() }),
      client: z
        .strictObject({
          client_id: z.string(),
          scopes: z.array(z.string()),
          expires_at: isoTime,
          calls_left_this_minute: z.number().int(),
        })
        .nullable(),
      accounts: z
        .array(
          z.strictObject({
            account_id: accountIdSchema,
            last_sync_at: isoTime.nullable(),
            connection_state: z.string(),
          }),
        )
        .max(500),
      open_drafts: z.number().int(),
      policy: z.strictObject({ version: z.number().int(), rules: z.array(z.string()).max(32) }),
      as_of: isoTime.nullable(),
      warnings: z.array(z.string()).max(10),
    }),
    tool: {
      title: 'Status',
      description:
        'What this client may do, how fresh the data is, how many drafts wait for a person, and the limits set by the user.',
      isOpenWorld: false,
    },
  },
  list_accounts: {
    effect: 'read',
    callers: readers,
    deadlineMs: 10_000,
    input: z.strictObject({ platform: platform.optional() }),
    output: z.strictObject({
      accounts: z
        .array(
          z.strictObject({
            account_id: accountIdSchema,
            platform,
            currency,
            time_zone: z.string(),
            status: z.enum(['active', 'limited', 'disabled', 'unknown']),
            last_sync_at: isoTime.nullable(),
            /** Last account-local day that is over and has been fetched. */
            complete_through: isoDate.nullable(),
            connection_state: z.string(),
            campaigns: z.number().int(),
            ad_groups: z.number().int(),
            ads: z.number().int(),
            untrusted: z.strictObject({ name: z.string() }),
          }),
        )
        .max(500),
      as_of: isoTime.nullable(),
      warnings: z.array(z.string()).max(10),
    }),
    tool: {
      title: 'Ad accounts',
      description: 'The connected ad accounts with currency, time zone and data age. Start here.',
      isOpenWorld: true,
    },
  },
  list_entities: {
    effect: 'read',
    callers: readers,
    deadlineMs: 10_000,
    input: z.strictObject({
      account_id: accountIdSchema,
      type: z.enum(ENTITY_TYPES),
      parent_id: entityIdSchema.optional(),
      status: z.enum(['enabled', 'paused', 'any']).optional(),
      name_contains: z.string().min(1).max(80).optional(),
      order_by: z.enum(['spend_7d', 'name', 'id']).optional(),
      ...page,
    }),
    output: z.strictObject({ entities: z.array(entityView).max(100), ...paged }),
    tool: {
      title: 'Campaigns, ad groups, ads',
      description:
        'Campaigns, ad groups, ads or creatives of one account, with status, daily budget and the last 7 days of spend. Paged.',
      isOpenWorld: true,
    },
  },
  get_entity: {
    effect: 'read',
    callers: readers,
    deadlineMs: 10_000,
    input: z.strictObject({ entity_id: entityIdSchema }),
    output: z.strictObject({
      entity: entityView,
      /** Values exactly as propose_change expects them in expected_current. */
      current: z.strictObject({ daily_budget: decimal.nullable(), status: z.enum(ENTITY_STATUSES) }),
      editable_fields: z
        .array(
          z.strictObject({
            field: z.enum(FIELDS),
            is_editable: z.boolean(),
            refusal: z.string().nullable(),
            min: decimal.nullable(),
            max: decimal.nullable(),
            step: decimal.nullable(),
            takes_effect: z.enum(['immediately', 'next_midnight']),
          }),
        )
        .max(8),
      settings: z.strictObject({
        objective: z.string().nullable(),
        optimization_goal: z.string().nullable(),
        bid_strategy: z.string().nullable(),
        click_window_days: z.number().int().nullable(),
        view_window_days: z.number().int().nullable(),
        starts_at: z.string().nullable(),
        ends_at: z.string().nullable(),
        format: z.string().nullable(),
        creative_ids: z.array(z.string()).max(50),
      }),
      open_draft_ids: z.array(draftIdSchema).max(20),
      untrusted: z.strictObject({
        path: z.array(z.string()).max(4),
        text: z.string().nullable(),
        landing_page: z.string().nullable(),
      }),
      as_of: isoTime.nullable(),
      warnings: z.array(z.string()).max(10),
    }),
    tool: {
      title: 'One campaign, ad group or ad',
      description:
        'One entity with its current values in the exact form propose_change expects, and which fields can be edited within which bounds.',
      isOpenWorld: true,
    },
  },
  query_metrics: {
    effect: 'read',
    callers: readers,
    deadlineMs: 20_000,
    input: z.strictObject({
      account_ids: z.array(accountIdSchema).min(1).max(50).optional(),
      entity_ids: z.array(entityIdSchema).min(1).max(50).optional(),
      metrics: z.array(z.enum(METRICS)).min(1).max(METRICS.length),
      dimensions: z.array(z.enum(DIMENSIONS)).max(2).optional(),
      start_date: isoDate,
      end_date: isoDate,
      compare_to: z.enum(['previous_period']).optional(),
      order_by: z.enum(['date', ...METRICS]).optional(),
      ...page,
    }),
    output: z.strictObject({
      rows: z.array(metricRow).max(100),
      totals: z.array(metricTotals).max(20),
      comparison: z
        .strictObject({
          start_date: isoDate,
          end_date: isoDate,
          totals: z.array(metricTotals).max(20),
          /** True when the previous period has a day that was not over or not fetched: the difference is then not a change. */
          is_partial: z.boolean(),
        })
        .nullable(),
      attribution: z.strictObject({
        primary: z.literal('click_through'),
        /** 7 when every ad group in scope counts 7 days after a click; 0 when click attribution is switched off; null when mixed or not known. */
        click_window_days: z.number().int().nullable(),
        window_source: z.enum(['requested', 'entity_setting', 'approximated']),
        note: z.string(),
      }),
      complete_through: isoDate.nullable(),
      /** True when the range touches a day that is not over or not fetched. */
      is_partial: z.boolean(),
      /** Days still being restated by the platform, counted back from today. */
      restating_since: isoDate.nullable(),
      ...paged,
    }),
    tool: {
      title: 'Metrics',
      description:
        'Spend, delivery, conversions and ROAS by day, account, campaign, ad group or ad. ROAS is click-through value over spend; view-through is its own metric and never added in.',
      isOpenWorld: true,
    },
  },
  check_change: {
    effect: 'read',
    callers: readers,
    deadlineMs: 10_000,
    input: z.strictObject({ operations }),
    output: z.strictObject(changeOutcome),
    tool: {
      title: 'Check a change',
      description:
        'What propose_change would answer for the same operations: resolved values, limits, effect. Stores nothing.',
      isOpenWorld: true,
    },
  },
  propose_change: {
    effect: 'draft',
    callers: ['window', 'agent', 'loop'],
    deadlineMs: 10_000,
    input: z.strictObject({
      idempotency_key: z
        .string()
        .min(8)
        .max(64)
        .regex(/^[\x21-\x7e]+$/, 'printable ASCII without spaces'),
      title: z.string().trim().min(1).max(120),
      rationale: z.string().trim().min(10).max(1000),
      expires_in_hours: z.number().int().min(1).max(168).optional(),
      operations,
    }),
    output: z.strictObject({
      draft: draftView,
      /** False when the same idempotency_key had already made this draft. */
      created: z.boolean(),
      envelope: z.array(envelopeView).max(50),
      notice: z.string(),
      warnings: z.array(z.string()).max(10),
    }),
    tool: {
      title: 'Propose a change',
      description:
        'Stages a draft of one budget or status change. Nothing is changed on the platform: a person decides in the SpendSignoff window. Needs expected_current exactly as get_entity returned it.',
      isOpenWorld: false,
    },
  },
  list_drafts: {
    effect: 'read',
    callers: readers,
    deadlineMs: 10_000,
    input: z.strictObject({
      group: z.enum(['open', 'decided', 'any']).optional(),
      state: draftState.optional(),
      account_id: accountIdSchema.optional(),
      mine: z.boolean().optional(),
      ...page,
    }),
    output: z.strictObject({ drafts: z.array(draftView).max(100), open: z.number().int(), ...paged }),
    tool: {
      title: 'Drafts',
      description: 'Drafts and where they stand. Default: the open ones, newest first.',
      isOpenWorld: true,
    },
  },
  get_draft: {
    effect: 'read',
    callers: readers,
    deadlineMs: 10_000,
    input: z.strictObject({ draft_id: draftIdSchema }),
    output: z.strictObject({
      draft: draftView,
      /** Its records in the audit log, oldest first. */
      history: z.array(z.strictObject({ seq: z.number().int(), type: z.string(), at: isoTime })).max(200),
      results: z
        .array(
          z.strictObject({
            k: z.number().int(),
            outcome: z.string().nullable(),
            live_value: z.string().nullable(),
            platform_request_id: z.string().nullable(),
            /** What the platform said when it refused. */
            untrusted: z.strictObject({ platform_message: z.string().nullable() }),
          }),
        )
        .max(50),
      envelope: z.array(envelopeView).max(50),
      as_of: isoTime.nullable(),
      warnings: z.array(z.string()).max(10),
    }),
    tool: {
      title: 'One draft',
      description: 'One draft with its decision, the result on the platform, and its history.',
      isOpenWorld: true,
    },
  },
  withdraw_draft: {
    effect: 'draft',
    callers: ['window', 'agent', 'loop'],
    deadlineMs: 10_000,
    input: z.strictObject({ draft_id: draftIdSchema, reason: z.string().trim().max(500).optional() }),
    output: z.strictObject({ draft: draftView, changed: z.boolean() }),
    tool: {
      title: 'Withdraw a draft',
      description: 'Takes back an open draft that this client made.',
      isOpenWorld: false,
    },
  },

  // ----- the window's own -----
  get_app_state: {
    effect: 'read',
    callers: windowOnly,
    deadlineMs: 10_000,
    input: nothing,
    output: z.strictObject({
      phase: z.enum(['first_run', 'locked', 'ready', 'trouble']),
      shell: z.enum(['electron', 'browser']),
      app_version: z.string(),
      workspace: z
        .strictObject({
          name: z.string(),
          is_demo: z.boolean(),
          vault: z.enum(['keychain', 'passphrase']),
          log_vkey: z.string(),
        })
        .nullable(),
      keychain: z.enum(['ready', 'locked', 'missing', 'frozen', 'unchecked']),
      /** In the browser window Confirm also asks for the vault passphrase. */
      confirm_needs_passphrase: z.boolean(),
      /** Shown next to the passphrase field in the demo, where nothing real can be reached. */
      demo_passphrase: z.string().nullable(),
      trouble: errorReply.nullable(),
      open_drafts: z.number().int(),
      sync: syncProgress,
      revision: z.number().int(),
    }),
  },
  wait_for_change: {
    effect: 'read',
    callers: windowOnly,
    deadlineMs: 30_000,
    input: z.strictObject({ since: z.number().int().min(0) }),
    output: z.strictObject({ revision: z.number().int() }),
  },
  open_demo: {
    effect: 'configure',
    callers: windowOnly,
    deadlineMs: 60_000,
    input: nothing,
    output: z.strictObject({ connection_id: z.string() }),
  },
  create_workspace: {
    effect: 'configure',
    callers: windowOnly,
    deadlineMs: 60_000,
    input: z.strictObject({
      vault: z.enum(['keychain', 'passphrase']),
      /** Seals the vault, or with a keychain guards Confirm in the browser window. */
      passphrase: z.string().min(8, 'at least 8 characters').max(256).optional(),
    }),
    output: nothing,
  },
  unlock_workspace: {
    effect: 'configure',
    callers: windowOnly,
    deadlineMs: 60_000,
    input: z.strictObject({ passphrase: passphrase.optional() }),
    output: nothing,
  },
  list_connections: {
    effect: 'read',
    callers: windowOnly,
    deadlineMs: 10_000,
    input: nothing,
    output: z.strictObject({ connections: z.array(connectionView).max(50) }),
  },
  connect_tiktok: {
    effect: 'configure',
    callers: windowOnly,
    deadlineMs: 60_000,
    input: z.strictObject({
      app_id: z
        .string()
        .trim()
        .regex(/^\d{5,24}$/, 'digits only'),
      app_secret: z.string().trim().min(8).max(200),
      auth_code: z.string().trim().min(8).max(400),
    }),
    output: z.strictObject({ connection: connectionView }),
  },
  remove_connection: {
    effect: 'configure',
    callers: windowOnly,
    deadlineMs: 60_000,
    input: z.strictObject({ connection_id: z.string().max(64) }),
    output: z.strictObject({ revoked_on_platform: z.boolean() }),
  },
  start_sync: {
    effect: 'configure',
    callers: ['window', 'cli'],
    deadlineMs: 10_000,
    input: z.strictObject({ days: z.number().int().min(1).max(400).optional() }),
    output: z.strictObject({ sync: syncProgress }),
  },
  cancel_sync: {
    effect: 'configure',
    callers: ['window', 'cli'],
    deadlineMs: 10_000,
    input: nothing,
    output: z.strictObject({ sync: syncProgress }),
  },
  get_sync: {
    effect: 'read',
    callers: ['window', 'cli'],
    deadlineMs: 10_000,
    input: nothing,
    output: z.strictObject({ sync: syncProgress }),
  },

  arm_draft: {
    effect: 'decide',
    callers: windowOnly,
    deadlineMs: 60_000,
    input: z.strictObject({ draft_id: draftIdSchema, draft_hash: z.string().regex(/^[0-9a-f]{64}$/) }),
    /** challenge is null when the draft turned stale (the platform's value has moved) or was blocked by policy. */
    output: z.strictObject({ draft: draftView, challenge: challengeView.nullable() }),
  },
  disarm_draft: {
    effect: 'decide',
    callers: windowOnly,
    deadlineMs: 10_000,
    input: z.strictObject({ draft_id: draftIdSchema }),
    output: z.strictObject({ draft: draftView }),
  },
  confirm_draft: {
    effect: 'decide',
    callers: windowOnly,
    deadlineMs: 60_000,
    input: z.strictObject({
      draft_id: draftIdSchema,
      confirm_token: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
      passphrase: passphrase.optional(),
    }),
    /** Answers as soon as the approval is recorded; the write is watched through get_draft. */
    output: z.strictObject({ draft: draftView }),
  },
  reject_draft: {
    effect: 'decide',
    callers: windowOnly,
    deadlineMs: 10_000,
    input: z.strictObject({ draft_id: draftIdSchema, reason: z.string().trim().max(500) }),
    output: z.strictObject({ draft: draftView }),
  },
  reconcile_draft: {
    effect: 'decide',
    callers: windowOnly,
    deadlineMs: 60_000,
    input: z.strictObject({ draft_id: draftIdSchema }),
    output: z.strictObject({ draft: draftView }),
  },
  propose_undo: {
    effect: 'draft',
    callers: windowOnly,
    deadlineMs: 10_000,
    input: z.strictObject({ draft_id: draftIdSchema }),
    output: z.strictObject({ draft: draftView }),
  },
  get_policy: {
    effect: 'read',
    callers: windowOnly,
    deadlineMs: 10_000,
    input: nothing,
    output: z.strictObject({
      version: z.number().int(),
      rules: z.array(z.strictObject({ rule: z.enum(RULES), text: z.string() })).max(32),
    }),
  },
  list_audit: {
    effect: 'read',
    callers: windowOnly,
    deadlineMs: 10_000,
    input: z.strictObject({
      before_seq: z.number().int().min(0).optional(),
      draft_id: draftIdSchema.optional(),
      limit: z.number().int().min(1).max(200).optional(),
    }),
    output: z.strictObject({
      records: z.array(auditRow).max(200),
      size: z.number().int(),
      next_before_seq: z.number().int().nullable(),
    }),
  },
  verify_audit: {
    effect: 'read',
    callers: ['window', 'cli'],
    deadlineMs: 300_000,
    input: nothing,
    output: z.strictObject({
      is_ok: z.boolean(),
      size: z.number().int(),
      root: z.string(),
      vkey: z.string(),
      checkpoints: z.number().int(),
      took_ms: z.number().int(),
      fault: z.strictObject({ kind: z.string(), seq: z.number().int().nullable(), message: z.string() }).nullable(),
      /** What this check covers and what it cannot. */
      limits: z.array(z.string()).max(8),
    }),
  },
  list_clients: {
    effect: 'read',
    callers: windowOnly,
    deadlineMs: 10_000,
    input: nothing,
    output: z.strictObject({
      clients: z.array(clientView).max(100),
      http_url: z.string().nullable(),
      http_problem: z.string().nullable(),
      bridge: z.strictObject({ command: z.string(), args: z.array(z.string()) }),
    }),
  },
  add_client: {
    effect: 'configure',
    callers: windowOnly,
    deadlineMs: 10_000,
    input: z.strictObject({
      name: z.string().trim().min(1).max(60),
      scopes: z
        .array(z.enum(['mcp.read', 'mcp.draft']))
        .min(1)
        .max(2),
      expires_in_days: z.union([z.literal(30), z.literal(90), z.literal(365)]),
    }),
    output: z.strictObject({
      client: clientView,
      /** Shown once, never again. */
      token: z.string(),
      http_url: z.string().nullable(),
      bridge: z.strictObject({ command: z.string(), args: z.array(z.string()) }),
    }),
  },
  revoke_client: {
    effect: 'configure',
    callers: windowOnly,
    deadlineMs: 10_000,
    input: z.strictObject({ client_id: z.string().max(64) }),
    output: z.strictObject({ client: clientView }),
  },
} as const satisfies Record<OperationName, Operation>

export type Operations = typeof OPERATIONS
export type { OperationName } from './operation-names.ts'
export type InputOf<N extends OperationName> = z.input<Operations[N]['input']>
export type ParsedInputOf<N extends OperationName> = z.output<Operations[N]['input']>
export type OutputOf<N extends OperationName> = z.output<Operations[N]['output']>
