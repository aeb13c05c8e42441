/**
 * THE TABLE. Every operation of the product: its name, input, output, effect, and who may call it.
 * IPC, preload, the browser window's transport, the MCP tools, the command line and the test doubles derive from it.
 * Amounts on the wire are decimal strings with a currency; times are ISO 8601 UTC; `untrusted` holds text written by others.
 */
import { z } from 'zod'
import { BID_FIELDS, BID_STRATEGIES } from './domain/bid.ts'
import { CHANGE_KINDS, DRAFT_STATES, MAX_ITEMS, RULES } from './domain/draft.ts'
import { DELIVERIES, ENTITY_STATUSES, FIELDS, REVIEWS, TARGETINGS } from './domain/entity.ts'
import { accountIdSchema, draftIdSchema, ENTITY_TYPES, entityIdSchema, PLATFORMS } from './domain/ids.ts'
import { TRACKER_STATES } from './domain/tracker.ts'
import type { OperationName } from './operation-names.ts'
import {
  auditJob,
  auditJobIdSchema,
  beginAuditExportInput,
  beginVerificationInput,
  listAuditInput,
  listAuditOutput,
  verification,
} from './schemas/audit.ts'
import {
  compareHistoryInput,
  compareHistoryOutput,
  platformChangesInput,
  platformChangesOutput,
} from './schemas/history.ts'
import {
  deliveriesInput,
  deliveriesOutput,
  deliveryInput,
  deliveryOutput,
  saveTargetInput,
  targetInput,
  targetOutput,
  targetsOutput,
} from './schemas/notifications.ts'
import {
  importChoices,
  importIdSchema,
  importPreview,
  importRecord,
  MAX_IMPORT_BYTES,
  MAX_PIECE_CHARS,
} from './schemas/imports.ts'
import {
  MAX_POLICY_BYTES,
  policyOutput,
  replayInput,
  replayOutput,
  resetBreakerInput,
  resetBreakerOutput,
  setPolicyInput,
  setPolicyOutput,
} from './schemas/policy.ts'
import {
  logIdentity,
  rotateSigningKeyInput,
  rotateSigningKeyOutput,
  successorOffer,
  SUCCESSOR_REASONS,
  verifyArchivedLogInput,
} from './schemas/log.ts'
import { methodOutput, orderCredit, reportInput, reportOutput } from './schemas/report.ts'
import {
  addReviewerInput,
  importAnswerInput,
  removeReviewerInput,
  reviewerView,
  reviewOutput,
  reviewPackOutput,
  setPassphraseInput,
  setSignOffInput,
  signOffSettings,
} from './schemas/sign-off.ts'

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
  /** Larger than MAX_INPUT_BYTES only where a file comes in pieces. */
  readonly maxInputBytes?: number
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
  /** Which change it is about, where the draft has several and it is about one. */
  k: z.number().int().optional(),
  outcome: z.enum(['clamp', 'block']),
  message: z.string(),
  limit: z.string(),
})
const policyResult = z.strictObject({
  version: z.number().int(),
  outcome: z.enum(['pass', 'clamp', 'block']),
  rules: z.array(ruleVerdict).max(64),
})

/** One before → after, resolved against the stored snapshot. */
const changeView = z.strictObject({
  k: z.number().int(),
  kind: z.enum(CHANGE_KINDS),
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
  /** What the one write touches; equal for two campaigns that share a budget. */
  target: z.string(),
  /** Everything else it changes: the other campaigns of a shared budget. */
  affects: z
    .array(z.strictObject({ entity_id: entityIdSchema, untrusted: z.strictObject({ name: z.string() }) }))
    .max(500),
  /** Our words for the person who decides: when it takes effect, what else it changes, what the platform does with it. */
  notes: z.array(z.string()).max(8),
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
  /** In lists the first 10 of a draft; get_draft has them all. They are approved, applied and undone as a unit. */
  operations: z.array(changeView).min(1).max(MAX_ITEMS),
  operation_count: z.number().int(),
  policy: policyResult,
  /** Of all operations together, per currency. */
  net_daily_movement: z.array(moneySchema).max(20),
  draft_hash: z.string(),
  undo_of: draftIdSchema.nullable(),
  /** The partly applied draft whose missing changes this one makes good. */
  repair_of: draftIdSchema.nullable(),
  /** The draft that this one is an edited version of. */
  revises: draftIdSchema.nullable(),
  /** What the user wrote to the maker when rejecting it. */
  decision_note: z.string().nullable(),
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
  delivery: z.enum(DELIVERIES),
  /** Of an ad; null for the others. */
  review: z.enum(REVIEWS).nullable(),
  is_automated: z.boolean(),
  bid_strategy: z.string().nullable(),
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
  takes_effect: z
    .enum(['immediately', 'next_midnight'])
    .optional()
    .describe(
      'next_midnight only where editable_fields has scheduled_budget (TikTok ad groups). Default: immediately.',
    ),
  expected_current: decimal.describe('The current value exactly as get_entity returned it.'),
  new_value: decimal.describe('The new daily budget in the account currency, e.g. "101.00".'),
})
const setStatus = z.strictObject({
  kind: z.literal('set_status'),
  entity_id: entityIdSchema,
  expected_current: z.enum(['enabled', 'paused']),
  new_status: z.enum(['enabled', 'paused']),
})
const setBid = z.strictObject({
  kind: z.literal('set_bid'),
  entity_id: entityIdSchema,
  field: z.enum(BID_FIELDS),
  expected_current: decimal.describe('The current value exactly as get_entity returned it.'),
  new_value: decimal.describe('An amount in the account currency; for target_roas a plain ratio like "3.50".'),
})
const setBidStrategy = z.strictObject({
  kind: z.literal('set_bid_strategy'),
  entity_id: entityIdSchema,
  expected_current: z
    .string()
    .max(64)
    .describe('current.bid_strategy exactly as get_entity returned it, e.g. "cost_cap:9.00".'),
  new_strategy: z.enum(BID_STRATEGIES).describe('One of the strategies that editable_fields offers.'),
  target: decimal.optional().describe('The amount or ratio that goes with it, where the strategy takes one.'),
})
export const changeInput = z.discriminatedUnion('kind', [setBudget, setStatus, setBid, setBidStrategy])
export type ChangeInput = z.infer<typeof changeInput>

const operations = z
  .array(changeInput)
  .min(1)
  .max(MAX_ITEMS)
  .describe(
    'Changes that belong together, e.g. −200 here and +200 there, also across platforms. One person decides on all of them at once. At most one per entity and per shared budget.',
  )
const changeOutcome = {
  operations: z.array(changeView).max(MAX_ITEMS),
  policy: policyResult,
  net_daily_movement: z.array(moneySchema).max(20),
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
  'reach',
  'frequency',
  'reported_conversions',
  'reported_conversion_value',
  'reported_roas',
  'cost_per_result',
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
  /** Seconds left at the pace so far; null while that cannot be said. */
  seconds_left: z.number().int().nullable(),
  accounts: z
    .array(
      z.strictObject({
        account_id: accountIdSchema,
        state: z.enum(['waiting', 'running', 'done', 'failed']),
        step: z.string(),
        done: z.number().int(),
        total: z.number().int(),
        error: errorReply.nullable(),
      }),
    )
    .max(500),
  started_at: isoTime.nullable(),
  finished_at: isoTime.nullable(),
  error: errorReply.nullable(),
})
export type SyncProgressView = z.infer<typeof syncProgress>
/** How a connection was made; what it can do and how long it lasts hang on it. */
export const CONNECTION_METHODS = ['oauth', 'service_account', 'system_user', 'app'] as const
const connectionView = z.strictObject({
  connection_id: z.string(),
  platform,
  method: z.enum(CONNECTION_METHODS),
  is_sandbox: z.boolean(),
  state: z.enum(['ok', 'needs_reconnect', 'removed']),
  state_detail: z.string().nullable(),
  created_at: isoTime,
  /** What the platform last said of the token; null before the first check. */
  health: z
    .strictObject({
      is_valid: z.boolean(),
      /** Null: it never expires by itself, or the platform does not say (see `expiry_known`). */
      expires_at: isoTime.nullable(),
      expiry_known: z.boolean(),
      can_write: z.boolean().nullable(),
      scopes: z.array(z.string()).max(50),
      problem: z.string().nullable(),
      checked_at: isoTime,
    })
    .nullable(),
  account_ids: z.array(accountIdSchema).max(500),
  /** Whose credentials: an address, an app's or a person's name. Null for connections from before that was kept. */
  untrusted: z.strictObject({ label: z.string().nullable() }),
})
/** One step of connecting or checking, in the order done. */
const connectStep = z.strictObject({
  name: z.enum(['credentials', 'consent', 'exchange', 'token', 'accounts', 'write_access', 'stored']),
  state: z.enum(['waiting', 'running', 'ok', 'warning', 'failed']),
  /** Our words: what was found, or what to do. */
  detail: z.string().nullable(),
})
const oauthFlow = z.strictObject({
  flow_id: z.string(),
  platform,
  state: z.enum(['waiting', 'exchanging', 'connected', 'failed', 'cancelled', 'expired']),
  /** Where the person gives consent, in the system's browser. Holds the app's id, a state and a challenge, and no secret. */
  authorize_url: z.string().max(2048),
  redirect_uri: z.string().max(200),
  expires_at: isoTime,
  steps: z.array(connectStep).max(8),
  error: errorReply.nullable(),
  connection_id: z.string().nullable(),
})
const browseRow = z.strictObject({
  entity_id: entityIdSchema,
  account_id: accountIdSchema,
  type: z.enum(ENTITY_TYPES),
  parent_id: entityIdSchema.nullable(),
  status: z.enum(ENTITY_STATUSES),
  delivery_status: z.string(),
  delivery: z.enum(DELIVERIES),
  review: z.enum(REVIEWS).nullable(),
  is_automated: z.boolean(),
  budget_kind: z.enum(['daily', 'lifetime', 'none', 'inherited']),
  is_shared_budget: z.boolean(),
  daily_budget: moneySchema.nullable(),
  bid_strategy: z.string().nullable(),
  spend_7d: moneySchema.nullable(),
  roas_7d: decimal.nullable(),
  children: z.number().int(),
  open_drafts: z.number().int(),
  has_thumbnail: z.boolean(),
  /** Set when it was edited outside this app since the last sync but one. */
  changed_outside_at: isoTime.nullable(),
  untrusted: z.strictObject({ name: z.string(), path: z.array(z.string()).max(4) }),
})
export type BrowseRow = z.infer<typeof browseRow>
export const BROWSE_ORDERS = ['name', 'status', 'daily_budget', 'spend_7d', 'roas_7d', 'changed_outside'] as const

/** What an advertiser should put in order before an operator works on the account. */
export const READINESS_CHECKS = [
  'several_accounts',
  'tracking_missing',
  'tracking_unverified',
  'tracking_stale',
  'tracking_misconfigured',
  'inactive_campaigns',
  'inactive_ad_groups',
  'disapproved_ads',
  'token_expiring',
  'token_dead',
  'account_limited',
  'writes_off',
  'changed_outside',
] as const
const readinessCheck = z.strictObject({
  check: z.enum(READINESS_CHECKS),
  area: z.enum(['tracking', 'access', 'policy', 'structure']),
  severity: z.enum(['ok', 'info', 'warning', 'critical']),
  /** Our words, with the numbers. */
  message: z.string(),
  hint: z.string().nullable(),
  /** How many things it is about; `items` names the first of them. */
  count: z.number().int(),
  items: z
    .array(
      z.strictObject({
        entity_id: entityIdSchema.nullable(),
        external_id: z.string().nullable(),
        detail: z.string().nullable(),
        /** A change that would cure it, ready for propose_change. */
        cure: z.lazy(() => changeInput).nullable(),
        untrusted: z.strictObject({ name: z.string() }),
      }),
    )
    .max(50),
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
  live: z.array(z.strictObject({ k: z.number().int(), value: z.string(), read_at: isoTime })).max(MAX_ITEMS),
  /** What the platform's own dry run said: it would take the change, or it has no such check. */
  validation: z.array(z.strictObject({ k: z.number().int(), result: z.enum(['ok', 'unsupported']) })).max(MAX_ITEMS),
  policy: policyResult,
  envelope: z.array(envelopeView).max(50),
  /** What Confirm will ask for beside the click. */
  factor: z.enum(['click', 'passphrase', 'os_prompt']),
  /** The second person who has approved exactly this draft, where the two-person rule asks for one. */
  reviewer: z.string().nullable(),
})
/** One change of a draft that is to be undone or completed: before it, what it wrote, and what the platform holds now. */
const threeWay = z.strictObject({
  k: z.number().int(),
  entity_id: entityIdSchema,
  field: z.enum(FIELDS),
  currency,
  before: z.string(),
  ours: z.string(),
  now: z.string(),
  /** conflict: somebody changed it since. done: the platform holds the wanted value already. */
  state: z.enum(['clean', 'conflict', 'done']),
  untrusted: z.strictObject({ path: z.array(z.string()).max(4) }),
})
const proposedPlan = z.strictObject({
  /** Null where a conflict waits for a choice, or where nothing is left to do. */
  draft: draftView.nullable(),
  plan: z.array(threeWay).max(MAX_ITEMS),
})
export const MAX_BATCH = 25
export type { AuditRow } from './schemas/audit.ts'
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
            /** Whether the user lets changes be proposed and pushed in it; reading is separate. */
            writes_allowed: z.boolean(),
            campaigns: z.number().int(),
            ad_groups: z.number().int(),
            ads: z.number().int(),
            untrusted: z.strictObject({ name: z.string(), manager: z.string().nullable() }),
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
      current: z.strictObject({
        daily_budget: decimal.nullable(),
        scheduled_budget: decimal.nullable(),
        status: z.enum(ENTITY_STATUSES),
        cpc_bid: decimal.nullable(),
        target_cpa: decimal.nullable(),
        target_roas: decimal.nullable(),
        bid_cap: decimal.nullable(),
        cost_cap: decimal.nullable(),
        bid_strategy: z.string().nullable(),
      }),
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
            /** Of bid_strategy: what it can be switched to. */
            strategies: z
              .array(
                z.strictObject({
                  strategy: z.enum(BID_STRATEGIES),
                  target: z.enum(['none', 'money', 'ratio']),
                  is_target_optional: z.boolean(),
                }),
              )
              .max(BID_STRATEGIES.length),
          }),
        )
        .max(FIELDS.length),
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
        delivery_reasons: z.array(z.string()).max(20),
        shared_budget: z
          .strictObject({ external_id: z.string(), campaign_ids: z.array(entityIdSchema).max(500) })
          .nullable(),
      }),
      /** Edits made outside this app, newest first. */
      outside_changes: z
        .array(
          z.strictObject({
            field: z.enum(FIELDS),
            before: z.string().nullable(),
            after: z.string().nullable(),
            noticed_at: isoTime,
          }),
        )
        .max(20),
      open_draft_ids: z.array(draftIdSchema).max(20),
      untrusted: z.strictObject({
        path: z.array(z.string()).max(4),
        text: z.string().nullable(),
        landing_page: z.string().nullable(),
        review_reasons: z.array(z.string()).max(20),
        targeting: z.partialRecord(z.enum(TARGETINGS), z.array(z.string()).max(50)),
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
  get_cross_platform_report: {
    effect: 'read',
    callers: readers,
    deadlineMs: 30_000,
    input: reportInput,
    output: reportOutput,
    tool: {
      title: 'Cross-platform report',
      description:
        'Spend, conversions and ROAS of Google Ads, Meta and TikTok on one definition: 7-day click everywhere, view-through in its own columns, the platform’s own numbers beside it. Each row says how exact its window is and whether conversions are still arriving. With imported orders, deduplicated credits every order once.',
      isOpenWorld: true,
    },
  },
  get_report_method: {
    effect: 'read',
    callers: ['window', 'cli'],
    deadlineMs: 30_000,
    input: reportInput.pick({
      start_date: true,
      end_date: true,
      platforms: true,
      account_ids: true,
      attribution: true,
      currency: true,
    }),
    output: methodOutput,
  },
  get_order_credit: {
    effect: 'read',
    callers: ['window', 'cli'],
    deadlineMs: 30_000,
    input: reportInput.pick({ start_date: true, end_date: true, platforms: true, account_ids: true, currency: true }),
    /** null: no orders were ever imported. */
    output: z.strictObject({
      credit: orderCredit.nullable(),
      as_of: isoTime.nullable(),
      warnings: z.array(z.string()).max(10),
    }),
  },
  export_report_data: {
    effect: 'configure',
    callers: ['window', 'cli'],
    deadlineMs: 600_000,
    input: z.strictObject({
      start_date: isoDate,
      end_date: isoDate,
      /** An absolute folder of the person's choice (command line); absent: one under the workspace. */
      folder: z.string().max(1_024).optional(),
    }),
    output: z.strictObject({
      folder: z.string(),
      files: z.number().int(),
      rows: z.number().int(),
      bytes: z.number().int(),
    }),
  },
  get_exchange_rates: {
    effect: 'read',
    callers: ['window', 'cli'],
    deadlineMs: 10_000,
    input: nothing,
    output: z.strictObject({
      /** What a report can be shown in, in the order of the codes. */
      currencies: z.array(currency).max(60),
      first_date: isoDate.nullable(),
      last_date: isoDate.nullable(),
      /** The newest file. */
      source: z.enum(['starter', 'import']).nullable(),
    }),
  },
  begin_import: {
    effect: 'configure',
    callers: ['window', 'cli'],
    deadlineMs: 10_000,
    input: z.strictObject({
      file_name: z.string().min(1).max(255),
      size_bytes: z.number().int().min(1).max(MAX_IMPORT_BYTES),
    }),
    output: z.strictObject({ import_id: importIdSchema }),
  },
  append_import: {
    effect: 'configure',
    callers: ['window', 'cli'],
    deadlineMs: 30_000,
    maxInputBytes: MAX_PIECE_CHARS + 4_096,
    input: z.strictObject({
      import_id: importIdSchema,
      offset: z.number().int().min(0),
      base64: z
        .string()
        .min(1)
        .max(MAX_PIECE_CHARS)
        .regex(/^[A-Za-z0-9+/]*={0,2}$/),
    }),
    output: z.strictObject({ received_bytes: z.number().int() }),
  },
  preview_import: {
    effect: 'read',
    callers: ['window', 'cli'],
    deadlineMs: 60_000,
    input: z.strictObject({ import_id: importIdSchema, choices: importChoices.optional() }),
    output: importPreview,
  },
  commit_import: {
    effect: 'configure',
    callers: ['window', 'cli'],
    deadlineMs: 600_000,
    input: z.strictObject({
      import_id: importIdSchema,
      choices: importChoices.optional(),
      /** Needed when the preview named bad rows: true stores the good ones without them. */
      keeps_good_rows: z.boolean().optional(),
    }),
    output: z.strictObject({ import: importRecord }),
  },
  cancel_import: {
    effect: 'configure',
    callers: ['window', 'cli'],
    deadlineMs: 10_000,
    input: z.strictObject({ import_id: importIdSchema }),
    output: nothing,
  },
  list_imports: {
    effect: 'read',
    callers: ['window', 'cli'],
    deadlineMs: 10_000,
    input: nothing,
    output: z.strictObject({
      /** Newest first. */
      imports: z.array(importRecord).max(200),
      orders: z.strictObject({ count: z.number().int(), first_date: isoDate, last_date: isoDate }).nullable(),
    }),
  },
  remove_imported: {
    effect: 'configure',
    callers: ['window'],
    deadlineMs: 120_000,
    /** One imported account with all its days, or all orders and claims. Connected accounts are refused. */
    input: z.strictObject({ what: z.union([accountIdSchema, z.literal('orders')]) }),
    output: nothing,
  },
  get_account_readiness: {
    effect: 'read',
    callers: readers,
    deadlineMs: 20_000,
    input: z.strictObject({
      account_id: accountIdSchema.optional(),
      severity_min: z.enum(['ok', 'info', 'warning', 'critical']).optional(),
    }),
    output: z.strictObject({
      accounts: z
        .array(
          z.strictObject({
            account_id: accountIdSchema,
            /** The worst of its checks. */
            severity: z.enum(['ok', 'info', 'warning', 'critical']),
            checks: z.array(readinessCheck).max(READINESS_CHECKS.length),
            trackers: z
              .array(
                z.strictObject({
                  external_id: z.string(),
                  kind: z.enum(['pixel', 'conversion_action']),
                  state: z.enum(TRACKER_STATES),
                  last_received_at: isoTime.nullable(),
                  is_primary: z.boolean().nullable(),
                  problems: z.array(z.string()).max(10),
                  untrusted: z.strictObject({ name: z.string() }),
                }),
              )
              .max(50),
            as_of: isoTime.nullable(),
            untrusted: z.strictObject({ name: z.string() }),
          }),
        )
        .max(500),
      as_of: isoTime.nullable(),
      warnings: z.array(z.string()).max(10),
    }),
    tool: {
      title: 'Account readiness',
      description:
        'What should be put in order before changes are worth proposing: tracking, access, disapproved ads, structures without delivery. Some findings carry a ready change for propose_change.',
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
        'Stages a draft of one or several changes that belong together: daily budgets, bids, bid strategies, on/off. Nothing is changed on the platform: a person decides in the SpendSignoff window. Needs expected_current exactly as get_entity returned it.',
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
      platform: platform.optional(),
      kind: z.enum(CHANGE_KINDS).optional(),
      origin: z.enum(['agent', 'window', 'loop']).optional(),
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
        .max(MAX_ITEMS),
      /** Undos, repairs and edited versions of it, oldest first. */
      linked: z
        .array(
          z.strictObject({
            draft_id: draftIdSchema,
            state: draftState,
            link: z.enum(['undoes', 'repairs', 'revises']),
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
      /** What can be begun in place of a log that must not be continued; null unless that is the trouble. */
      successor: successorOffer.nullable(),
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
    output: z.strictObject({ connection: connectionView, steps: z.array(connectStep).max(8) }),
  },
  connect_google_service_account: {
    effect: 'configure',
    callers: windowOnly,
    deadlineMs: 60_000,
    input: z.strictObject({ key_json: z.string().trim().min(50).max(8_192) }),
    output: z.strictObject({ connection: connectionView, steps: z.array(connectStep).max(8) }),
  },
  connect_meta_token: {
    effect: 'configure',
    callers: windowOnly,
    deadlineMs: 60_000,
    input: z.strictObject({
      access_token: z.string().trim().min(20).max(1_024),
      /** Of the token's app, where it asks for a proof with every call. */
      app_secret: z.string().trim().min(8).max(200).optional(),
    }),
    output: z.strictObject({ connection: connectionView, steps: z.array(connectStep).max(8) }),
  },
  begin_oauth: {
    effect: 'configure',
    callers: windowOnly,
    deadlineMs: 20_000,
    input: z.strictObject({
      platform: z.enum(['google_ads', 'meta']),
      client_id: z.string().trim().min(5).max(200),
      client_secret: z.string().trim().min(8).max(200),
    }),
    output: z.strictObject({ flow: oauthFlow }),
  },
  get_oauth: {
    effect: 'read',
    callers: windowOnly,
    deadlineMs: 10_000,
    input: z.strictObject({ flow_id: z.string().max(64) }),
    output: z.strictObject({ flow: oauthFlow }),
  },
  cancel_oauth: {
    effect: 'configure',
    callers: windowOnly,
    deadlineMs: 10_000,
    input: z.strictObject({ flow_id: z.string().max(64) }),
    output: z.strictObject({ flow: oauthFlow }),
  },
  check_connection: {
    effect: 'configure',
    callers: windowOnly,
    deadlineMs: 60_000,
    input: z.strictObject({ connection_id: z.string().max(64) }),
    output: z.strictObject({ connection: connectionView, steps: z.array(connectStep).max(8) }),
  },
  set_account_writes: {
    effect: 'configure',
    callers: windowOnly,
    deadlineMs: 10_000,
    input: z.strictObject({ account_id: accountIdSchema, is_allowed: z.boolean() }),
    output: z.strictObject({ account_id: accountIdSchema, writes_allowed: z.boolean() }),
  },
  get_quota: {
    effect: 'read',
    callers: ['window', 'cli'],
    deadlineMs: 10_000,
    input: nothing,
    output: z.strictObject({
      readings: z
        .array(
          z.strictObject({
            platform,
            /** Null: the allowance of the whole connection or app. */
            account_id: accountIdSchema.nullable(),
            requests_last_hour: z.number().int(),
            requests_last_day: z.number().int(),
            writes_last_day: z.number().int(),
            throttled_last_day: z.number().int(),
            /** As the platform last said it; null when it does not say. */
            used_percent: z.number().nullable(),
            paused_until: isoTime.nullable(),
          }),
        )
        .max(2_000),
    }),
  },
  browse_entities: {
    effect: 'read',
    callers: windowOnly,
    deadlineMs: 10_000,
    input: z.strictObject({
      account_id: accountIdSchema.optional(),
      parent_id: entityIdSchema.optional(),
      /** Rows of this type anywhere below account or parent; absent: the direct children. */
      type: z.enum(ENTITY_TYPES).optional(),
      platform: platform.optional(),
      status: z.enum(ENTITY_STATUSES).optional(),
      delivery: z.enum(DELIVERIES).optional(),
      review: z.enum(REVIEWS).optional(),
      changed_outside: z.boolean().optional(),
      name_contains: z.string().min(1).max(80).optional(),
      order_by: z.enum(BROWSE_ORDERS).optional(),
      descending: z.boolean().optional(),
      offset: z.number().int().min(0).max(200_000).optional(),
      limit: z.number().int().min(1).max(200).optional(),
    }),
    output: z.strictObject({
      rows: z.array(browseRow).max(200),
      total: z.number().int(),
      as_of: isoTime.nullable(),
    }),
  },
  get_thumbnail: {
    effect: 'read',
    callers: windowOnly,
    deadlineMs: 20_000,
    input: z.strictObject({ entity_id: entityIdSchema }),
    /** Null when there is none. */
    output: z.strictObject({
      mime_type: z.enum(['image/png', 'image/jpeg', 'image/webp']).nullable(),
      base64: z.string().max(450_000).nullable(),
    }),
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
    input: z.strictObject({
      days: z.number().int().min(1).max(400).optional(),
      platforms: z.array(platform).min(1).max(3).optional(),
    }),
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
  arm_drafts: {
    effect: 'decide',
    callers: windowOnly,
    deadlineMs: 110_000,
    /** Each is judged as if those before it in the list were approved already. */
    input: z.strictObject({
      drafts: z
        .array(z.strictObject({ draft_id: draftIdSchema, draft_hash: z.string().regex(/^[0-9a-f]{64}$/) }))
        .min(1)
        .max(MAX_BATCH),
    }),
    output: z.strictObject({
      results: z
        .array(
          z.strictObject({
            draft: draftView,
            challenge: challengeView.nullable(),
            error: errorReply.nullable(),
          }),
        )
        .max(MAX_BATCH),
      /** Per account, with all that were armed. */
      envelope: z.array(envelopeView).max(50),
    }),
  },
  confirm_drafts: {
    effect: 'decide',
    callers: windowOnly,
    deadlineMs: 60_000,
    input: z.strictObject({
      confirmations: z
        .array(z.strictObject({ draft_id: draftIdSchema, confirm_token: z.string().regex(/^[A-Za-z0-9_-]{43}$/) }))
        .min(1)
        .max(MAX_BATCH),
      passphrase: passphrase.optional(),
    }),
    /** Each draft stands for itself: one that can no longer be confirmed does not hold back the others. */
    output: z.strictObject({
      results: z.array(z.strictObject({ draft: draftView, error: errorReply.nullable() })).max(MAX_BATCH),
    }),
  },
  revise_draft: {
    effect: 'decide',
    callers: windowOnly,
    deadlineMs: 10_000,
    input: z.strictObject({
      draft_id: draftIdSchema,
      draft_hash: z.string().regex(/^[0-9a-f]{64}$/),
      /** New values for changes that have one: budgets, bids, the target of a strategy. */
      values: z.array(z.strictObject({ k: z.number().int().min(0), new_value: decimal })).max(MAX_ITEMS),
      /** Changes to be left out of the new version. */
      leave_out: z.array(z.number().int().min(0)).max(MAX_ITEMS).optional(),
      note: z.string().trim().max(500).optional(),
    }),
    /** The new version, which takes the place of the old one. */
    output: z.strictObject({ draft: draftView }),
  },
  propose_undo: {
    effect: 'draft',
    callers: windowOnly,
    deadlineMs: 60_000,
    input: z.strictObject({ draft_id: draftIdSchema, conflicts: z.enum(['leave', 'overwrite']).optional() }),
    output: proposedPlan,
  },
  propose_repair: {
    effect: 'draft',
    callers: windowOnly,
    deadlineMs: 60_000,
    input: z.strictObject({ draft_id: draftIdSchema, conflicts: z.enum(['leave', 'overwrite']).optional() }),
    output: proposedPlan,
  },
  get_sign_off_settings: {
    effect: 'read',
    callers: windowOnly,
    deadlineMs: 10_000,
    input: nothing,
    output: signOffSettings,
  },
  set_sign_off_settings: {
    effect: 'decide',
    callers: windowOnly,
    deadlineMs: 120_000,
    input: setSignOffInput,
    output: signOffSettings,
  },
  set_passphrase: {
    effect: 'decide',
    callers: windowOnly,
    deadlineMs: 60_000,
    input: setPassphraseInput,
    output: signOffSettings,
  },
  list_reviewers: {
    effect: 'read',
    callers: windowOnly,
    deadlineMs: 10_000,
    input: nothing,
    output: z.strictObject({ reviewers: z.array(reviewerView).max(100) }),
  },
  add_reviewer: {
    effect: 'decide',
    callers: windowOnly,
    deadlineMs: 120_000,
    input: addReviewerInput,
    output: z.strictObject({ reviewer: reviewerView }),
  },
  remove_reviewer: {
    effect: 'decide',
    callers: windowOnly,
    deadlineMs: 120_000,
    input: removeReviewerInput,
    output: z.strictObject({ reviewer: reviewerView }),
  },
  get_review: {
    effect: 'read',
    callers: windowOnly,
    deadlineMs: 10_000,
    input: z.strictObject({ draft_id: draftIdSchema }),
    output: reviewOutput,
  },
  export_review_pack: {
    effect: 'configure',
    callers: windowOnly,
    deadlineMs: 10_000,
    input: z.strictObject({ draft_id: draftIdSchema }),
    output: reviewPackOutput,
  },
  import_review_answer: {
    effect: 'decide',
    callers: windowOnly,
    deadlineMs: 10_000,
    input: importAnswerInput,
    output: reviewOutput,
  },
  get_policy: {
    effect: 'read',
    callers: windowOnly,
    deadlineMs: 10_000,
    input: nothing,
    output: policyOutput,
  },
  set_policy: {
    effect: 'configure',
    callers: windowOnly,
    deadlineMs: 10_000,
    maxInputBytes: MAX_POLICY_BYTES,
    input: setPolicyInput,
    output: setPolicyOutput,
  },
  replay_policy: {
    effect: 'read',
    callers: windowOnly,
    deadlineMs: 60_000,
    maxInputBytes: MAX_POLICY_BYTES,
    input: replayInput,
    output: replayOutput,
  },
  reset_breaker: {
    effect: 'decide',
    callers: windowOnly,
    deadlineMs: 10_000,
    input: resetBreakerInput,
    output: resetBreakerOutput,
  },
  list_platform_changes: {
    effect: 'read',
    callers: ['window', 'cli'],
    deadlineMs: 10_000,
    input: platformChangesInput,
    output: platformChangesOutput,
  },
  compare_history: {
    effect: 'configure',
    callers: windowOnly,
    deadlineMs: 600_000,
    input: compareHistoryInput,
    output: compareHistoryOutput,
  },
  list_targets: { effect: 'read', callers: windowOnly, deadlineMs: 10_000, input: nothing, output: targetsOutput },
  save_target: {
    effect: 'configure',
    callers: windowOnly,
    deadlineMs: 10_000,
    input: saveTargetInput,
    output: targetOutput,
  },
  remove_target: {
    effect: 'configure',
    callers: windowOnly,
    deadlineMs: 10_000,
    input: targetInput,
    output: targetsOutput,
  },
  /** Sends at once, and answers with how it went. */
  send_test: {
    effect: 'configure',
    callers: windowOnly,
    deadlineMs: 120_000,
    input: targetInput,
    output: deliveryOutput,
  },
  list_deliveries: {
    effect: 'read',
    callers: windowOnly,
    deadlineMs: 10_000,
    input: deliveriesInput,
    output: deliveriesOutput,
  },
  resend_delivery: {
    effect: 'configure',
    callers: windowOnly,
    deadlineMs: 10_000,
    input: deliveryInput,
    output: deliveryOutput,
  },
  list_audit: {
    effect: 'read',
    callers: windowOnly,
    deadlineMs: 10_000,
    input: listAuditInput,
    output: listAuditOutput,
  },
  /** Which log this is, with which key it is signed, and what is wrong or was noticed. */
  get_log_identity: {
    effect: 'read',
    callers: ['window', 'cli'],
    deadlineMs: 30_000,
    input: nothing,
    output: logIdentity,
  },
  rotate_signing_key: {
    effect: 'configure',
    callers: windowOnly,
    deadlineMs: 180_000,
    input: rotateSigningKeyInput,
    output: rotateSigningKeyOutput,
  },
  /** The full check of a log that another one took over from. */
  verify_archived_log: {
    effect: 'read',
    callers: ['window', 'cli'],
    deadlineMs: 600_000,
    input: verifyArchivedLogInput,
    output: verification,
  },
  /** Only where the log was restored from a backup or its key is lost: archives it and begins another, with the gap on record. */
  begin_successor_log: {
    effect: 'decide',
    callers: windowOnly,
    deadlineMs: 600_000,
    input: z.strictObject({ reason: z.enum(SUCCESSOR_REASONS), passphrase: passphrase.optional() }),
    output: nothing,
  },
  verify_audit: {
    effect: 'read',
    callers: ['window', 'cli'],
    deadlineMs: 600_000,
    input: beginVerificationInput,
    output: verification,
  },
  /** The full check and the export run in a thread of their own, one after the other; both answer at once with a job to ask for. */
  begin_verification: {
    effect: 'read',
    callers: ['window', 'cli'],
    deadlineMs: 10_000,
    input: beginVerificationInput,
    output: z.strictObject({ job_id: auditJobIdSchema }),
  },
  begin_audit_export: {
    effect: 'configure',
    callers: ['window', 'cli'],
    deadlineMs: 10_000,
    input: beginAuditExportInput,
    output: z.strictObject({ job_id: auditJobIdSchema }),
  },
  get_audit_job: {
    effect: 'read',
    callers: ['window', 'cli'],
    deadlineMs: 10_000,
    input: z.strictObject({ job_id: auditJobIdSchema }),
    output: auditJob,
  },
  cancel_audit_job: {
    effect: 'configure',
    callers: ['window', 'cli'],
    deadlineMs: 10_000,
    input: z.strictObject({ job_id: auditJobIdSchema }),
    output: auditJob,
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
