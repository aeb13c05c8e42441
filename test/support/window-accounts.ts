/** The accounts of the window's small world: explorer rows by the thousand, readiness, allowances, consent. All of it fits the table. */
import { accountIdSchema, entityIdSchema } from '../../shared/domain/ids.ts'
import type { BrowseRow, OutputOf } from '../../shared/operations.ts'
import type { Handlers } from './window-double.ts'

const ACCOUNT = accountIdSchema.parse('tiktok:7000000000000000001')
const NOW_MS = Date.now()
const ago = (ms: number): string => new Date(NOW_MS - ms).toISOString()
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Enough that no page of the window may hold them all as elements. */
export const MANY_ADS = 50_000
const CAMPAIGNS = 105

type Level = BrowseRow['type']
const CHILD: Readonly<Record<Level, Level>> = {
  campaign: 'ad_group',
  ad_group: 'ad',
  ad: 'creative',
  creative: 'creative',
}
const CHILDREN: Readonly<Record<Level, number>> = { campaign: 3, ad_group: 4, ad: 0, creative: 0 }
const DELIVERIES = ['delivering', 'limited', 'learning', 'not_delivering', 'ended'] as const

function browseRow(type: Level, n: number, parent: string): BrowseRow {
  const isAd = type === 'ad'
  const delivery = DELIVERIES[n % DELIVERIES.length] ?? 'unknown'
  const name = `${{ campaign: 'Campaign', ad_group: 'Broad', ad: 'Video', creative: 'Clip' }[type]} ${String(n).padStart(5, '0')}`
  return {
    entity_id: entityIdSchema.parse(`${ACCOUNT}/${type}/${parent}${n}`),
    account_id: ACCOUNT,
    type,
    parent_id: null,
    status: n % 7 === 3 ? 'paused' : 'enabled',
    delivery_status: delivery.toUpperCase(),
    delivery,
    review: isAd ? (n % 11 === 5 ? 'disapproved' : 'approved') : null,
    is_automated: n % 13 === 4,
    budget_kind: type === 'campaign' ? 'daily' : 'inherited',
    is_shared_budget: n % 9 === 2 && type === 'campaign',
    daily_budget: type === 'campaign' ? { amount: `${40 + (n % 60)}.00`, currency: 'EUR' } : null,
    bid_strategy: type === 'campaign' ? (n % 2 === 0 ? 'lowest_cost' : 'cost_cap:9.00') : null,
    spend_7d: { amount: (1900 / (n + 1)).toFixed(2), currency: 'EUR' },
    roas_7d: n % 6 === 5 ? null : (3.4 - (n % 5) * 0.4).toFixed(2),
    children: CHILDREN[type],
    open_drafts: n === 1 ? 1 : 0,
    has_thumbnail: isAd,
    changed_outside_at: n === 2 ? ago(3 * HOUR_MS) : null,
    untrusted: { name, path: ['Northwind Outdoor EU', name] },
  }
}

/** A picture of one grey pixel. */
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mOUlZX9DwADLAGdv8H0rAAAAABJRU5ErkJggg=='

const check = (
  name: OutputOf<'get_account_readiness'>['accounts'][number]['checks'][number]['check'],
  more: Partial<OutputOf<'get_account_readiness'>['accounts'][number]['checks'][number]>,
): OutputOf<'get_account_readiness'>['accounts'][number]['checks'][number] => ({
  check: name,
  area: 'structure',
  severity: 'warning',
  message: '',
  hint: null,
  count: 0,
  items: [],
  ...more,
})

export function accountHandlers(): Handlers {
  return {
    browse_entities: (input) => {
      const type: Level =
        input.type ?? (input.parent_id === undefined ? 'campaign' : CHILD[input.parent_id.split('/')[1] as Level])
      const total =
        input.name_contains === undefined
          ? type === 'ad' && input.type !== undefined
            ? MANY_ADS
            : input.parent_id === undefined
              ? CAMPAIGNS
              : (CHILDREN[input.parent_id.split('/')[1] as Level] ?? 0)
          : 3
      const offset = input.offset ?? 0
      const length = Math.max(0, Math.min(input.limit ?? 100, total - offset))
      const parent = (input.parent_id?.split('/')[2] ?? '').slice(0, 40)
      return {
        rows: Array.from({ length }, (_, index) => browseRow(type, offset + index, parent)),
        total,
        as_of: ago(12 * 60_000),
      }
    },
    get_thumbnail: () => ({ mime_type: 'image/png', base64: PIXEL }),
    list_platform_changes: () => ({
      changes: [],
      total: 0,
      next_cursor: null,
      missing: [],
      accounts: [],
      as_of: ago(0),
    }),
    get_account_readiness: () => ({
      accounts: [
        {
          account_id: ACCOUNT,
          severity: 'critical',
          checks: [
            check('tracking_stale', {
              area: 'tracking',
              severity: 'critical',
              message: 'The pixel “Web” has received nothing for 9 days, while 1,204 clicks were paid for.',
              hint: 'Check the tag on the shop, then look at the platform’s events manager.',
              count: 1,
              items: [
                {
                  entity_id: null,
                  external_id: '1755',
                  detail: 'last event 9 days ago',
                  cure: null,
                  untrusted: { name: 'Web' },
                },
              ],
            }),
            check('disapproved_ads', {
              area: 'policy',
              message: '2 ads are disapproved and still switched on.',
              hint: 'Mend and resubmit them on the platform, or pause them here.',
              count: 2,
              items: [5, 16].map((n) => ({
                entity_id: entityIdSchema.parse(`${ACCOUNT}/ad/${n}`),
                external_id: null,
                detail: 'misleading claim',
                cure: {
                  kind: 'set_status' as const,
                  entity_id: entityIdSchema.parse(`${ACCOUNT}/ad/${n}`),
                  expected_current: 'enabled' as const,
                  new_status: 'paused' as const,
                },
                untrusted: { name: `Video ${n}` },
              })),
            }),
            check('token_expiring', { area: 'access', severity: 'ok', message: 'The token does not expire.' }),
          ],
          trackers: [
            {
              external_id: '1755',
              kind: 'pixel',
              state: 'stale',
              last_received_at: ago(9 * DAY_MS),
              is_primary: null,
              problems: ['Nothing received for 9 days.'],
              untrusted: { name: 'Web' },
            },
          ],
          as_of: ago(12 * 60_000),
          untrusted: { name: 'Northwind Outdoor EU' },
        },
      ],
      as_of: ago(12 * 60_000),
      warnings: [],
    }),
    get_quota: () => ({
      readings: [
        {
          platform: 'tiktok',
          account_id: ACCOUNT,
          requests_last_hour: 42,
          requests_last_day: 911,
          writes_last_day: 3,
          throttled_last_day: 1,
          used_percent: 78,
          paused_until: null,
        },
      ],
    }),
    set_account_writes: (input) => ({ account_id: input.account_id, writes_allowed: input.is_allowed }),
    check_connection: () => ({
      connection: {
        connection_id: 'x_1',
        platform: 'tiktok',
        method: 'app',
        is_sandbox: true,
        state: 'ok',
        state_detail: null,
        created_at: ago(20 * DAY_MS),
        health: null,
        account_ids: [ACCOUNT],
        untrusted: { label: '7012345678' },
      },
      steps: [
        { name: 'token', state: 'ok', detail: 'It is valid and does not expire.' },
        { name: 'accounts', state: 'ok', detail: '2 accounts can be read.' },
        { name: 'write_access', state: 'warning', detail: 'One account is for reading only.' },
      ],
    }),
  }
}
