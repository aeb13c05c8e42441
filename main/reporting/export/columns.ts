/** What the exported tables hold: one line per column, for the files and for their description. Adds nothing to what is stored. */
import type { ExportEntity, ExportRow, FactSlice } from '../../store/export-query.ts'
import type { ShopOrderRow, ShopTouchRow } from '../../store/order-table.ts'
import type { Column, ColumnType, ParquetRow, ParquetValue } from './parquet-file.ts'

export interface ExportColumn extends Column {
  /** For README.txt. */
  readonly about: string
  /** The stored column, where the value is just that. */
  readonly from?: string
}

const of = (
  type: ColumnType,
  name: string,
  about: string,
  more: { readonly from?: string; readonly isRequired?: boolean } = {},
): ExportColumn => ({ type, name, about, from: name, ...more })

const MICROS = 'in millionths of the currency unit'
const MILLIONTHS = 'in millionths of a conversion'
const pair = (stem: string, from: string, what: string): readonly ExportColumn[] => [
  of('integer', `${stem}_conversions_millionths`, `${what}, ${MILLIONTHS}`, { from: `${from}_conversion_micros` }),
  of('integer', `${stem}_value_micros`, `their value, ${MICROS}`, { from: `${from}_value_micros` }),
]

/** The platform and the date of a fact are in the path of its file. */
export const FACT_COLUMNS: readonly ExportColumn[] = [
  of('text', 'account_id', 'see accounts.parquet', { isRequired: true }),
  of('text', 'level', 'campaign, ad_group or ad; each level holds all of the spend, so never add two of them', {
    isRequired: true,
  }),
  of('text', 'entity_id', 'the campaign, ad group or ad', { isRequired: true }),
  of('text', 'entity_name', 'as the platform spells it', { isRequired: true }),
  of('text', 'parent_id', 'of an ad group its campaign, of an ad its ad group; empty where it was never listed'),
  of('text', 'campaign_id', 'the campaign it lies under'),
  of('text', 'currency', 'ISO 4217, of the account', { isRequired: true }),
  of('integer', 'spend_micros', MICROS, { isRequired: true }),
  of('integer', 'impressions', 'shown so often', { isRequired: true }),
  of('integer', 'clicks', 'clicked so often', { isRequired: true }),
  of('integer', 'video_views', 'by the platform’s own definition'),
  of('integer', 'reach', 'people reached that day; cannot be added up over days'),
  ...pair('click', 'click', 'conversions after a click, within click_window_days'),
  ...pair(
    'view',
    'view',
    'conversions after a mere view, within view_window_days; beside the clicks, never added to them',
  ),
  ...pair('engaged_view', 'engaged', 'conversions after an engaged view; beside the clicks, never added to them'),
  ...pair('click_1d', 'click_1d', 'conversions within one day of a click'),
  ...pair('click_28d', 'click_28d', 'conversions within 28 days of a click'),
  ...pair('reported', 'reported', 'conversions as the platform’s own screen counts them'),
  of('integer', 'click_window_days', '0 is switched off; empty is mixed or not known'),
  of('integer', 'view_window_days', '0 is switched off; empty is mixed or not known'),
  of(
    'text',
    'window_source',
    'requested: the platform counted by the window it was asked for; entity_setting: by the ad group’s own setting; approximated: put together from lag buckets, or the setting was read after the day; empty: not known',
  ),
  of('time', 'fetched_at', 'when the platform was last asked, UTC', { from: 'fetched_at_ms', isRequired: true }),
  of('time', 'first_seen_at', 'first fetch after the day was over, UTC', { from: 'first_seen_at_ms' }),
  of('integer', 'first_spend_micros', 'what the day said when first seen, kept once it has moved; empty: never moved'),
  of('integer', 'first_click_conversions_millionths', 'as first_spend_micros', {
    from: 'first_click_conversion_micros',
  }),
  of('integer', 'first_click_value_micros', 'as first_spend_micros'),
  of('flag', 'is_over', 'whether the day was over when it was fetched; empty: the day was never fetched whole'),
  of('flag', 'is_final', 'whether the platform restates the day no more'),
]

export const ACCOUNT_COLUMNS: readonly ExportColumn[] = [
  of('text', 'account_id', 'the key of facts', { isRequired: true }),
  of('text', 'platform', 'google_ads, meta or tiktok', { isRequired: true }),
  of('text', 'name', 'as the platform spells it', { isRequired: true }),
  of('text', 'currency', 'ISO 4217', { isRequired: true }),
  of('text', 'time_zone', 'IANA name; the account’s days are days there', { isRequired: true }),
  of('text', 'status', 'active, limited, disabled or unknown', { isRequired: true }),
  of('flag', 'is_listed', 'whether its connection still lists it', { isRequired: true }),
  of('integer', 'restatement_days', 'how far back its platform restates', { isRequired: true }),
  of('time', 'last_sync_at', 'everything is at least as fresh as this, UTC', { from: 'last_sync_at_ms' }),
  of('date', 'complete_through', 'last day that was over when all three levels were fetched'),
]

/** In the order of orderRow. */
export const ORDER_COLUMNS: readonly ExportColumn[] = [
  of('text', 'order_id', 'canonical: NFKC, trimmed, without #, in lower case', { isRequired: true }),
  of('text', 'raw_order_id', 'as the shop spells it', { isRequired: true }),
  of('time', 'ordered_at', 'UTC', { isRequired: true }),
  of('date', 'day', 'calendar day in the shop’s zone', { isRequired: true }),
  of('time', 'updated_at', 'UTC; of several versions of an order the newest is here', { isRequired: true }),
  of('integer', 'net_value_micros', `after refunds, ${MICROS}`, { isRequired: true }),
  of('text', 'currency', 'ISO 4217', { isRequired: true }),
  of('flag', 'is_test', 'a test order', { isRequired: true }),
  of('flag', 'is_excluded', 'counts for nothing: a test, or nothing is left of it', { isRequired: true }),
]

/** In the order of touchRow. */
export const TOUCH_COLUMNS: readonly ExportColumn[] = [
  of('text', 'order_id', 'see orders.parquet', { isRequired: true }),
  of('text', 'kind', 'click or view', { isRequired: true }),
  of('text', 'id_type', 'gclid, gbraid, wbraid, fbclid, fbc or ttclid'),
  of('text', 'click_id', 'the click’s id'),
  of('time', 'touched_at', 'UTC; empty: not known when'),
  of('text', 'utm_source', 'as tagged'),
  of('text', 'utm_medium', 'as tagged'),
  of('text', 'campaign', 'as tagged or claimed'),
  of('text', 'ad', 'as tagged or claimed'),
  of('text', 'claimed_by', 'the platform that claims the order; empty: not a claim'),
]

export const RATE_COLUMNS: readonly ExportColumn[] = [
  of('text', 'currency', 'ISO 4217', { isRequired: true }),
  of('date', 'day', 'of the publication; days without one have no row', { isRequired: true }),
  of('integer', 'per_euro_e8', 'units of the currency per euro, times 100,000,000', { isRequired: true }),
  of('text', 'source', 'starter: came with the app; import: from a file of yours', { isRequired: true }),
]

/** The stored values of a row in the order of the columns; `more` gives the columns that are not stored as such. */
export function toRow(
  columns: readonly ExportColumn[],
  row: ExportRow,
  more: Readonly<Record<string, ParquetValue>> = {},
): ParquetRow {
  return columns.map(({ name, type, from = name }) => {
    const own = more[name]
    return own === undefined ? valueOf(type, row[from] ?? null) : own
  })
}

export function factRow(
  row: ExportRow,
  slice: FactSlice & { readonly isOver: boolean | null; readonly isFinal: boolean | null },
  entity: ExportEntity | undefined,
): ParquetRow {
  return toRow(FACT_COLUMNS, row, {
    account_id: slice.accountId,
    level: slice.level,
    currency: slice.currency,
    entity_id: entity?.entityId ?? '',
    entity_name: entity?.name ?? '',
    parent_id: entity?.parentId ?? null,
    campaign_id: entity?.campaignId ?? null,
    is_over: slice.isOver,
    is_final: slice.isFinal,
  })
}

/** The version of an order that counts. */
export function orderRow(orderId: string, version: ShopOrderRow, isExcluded: boolean): ParquetRow {
  return [
    orderId,
    version.rawOrderId,
    millis(version.atS),
    version.day,
    millis(version.updatedAtS),
    version.netValueMicros,
    version.currency,
    version.isTest,
    isExcluded,
  ]
}

export function touchRow(touch: ShopTouchRow): ParquetRow {
  const { orderId, kind, idType, clickId, atS, utmSource, utmMedium, campaign, ad, claimedBy } = touch
  const at = atS === null ? null : millis(atS)
  return [orderId, kind, idType, clickId, at, utmSource, utmMedium, campaign, ad, claimedBy]
}

const millis = (seconds: number): bigint => BigInt(seconds) * 1000n

function valueOf(type: ColumnType, value: bigint | string | null): ParquetValue {
  if (typeof value !== 'bigint') return value
  if (type === 'date') return Number(value)
  return type === 'flag' ? value === 1n : value
}
