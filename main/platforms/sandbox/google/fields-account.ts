/** Fields of accounts, currencies, conversion actions and the change history. */
import { addDays, localMoment } from '../calendar.ts'
import {
  boolean,
  date,
  double,
  enumeration,
  type FieldDef,
  int64,
  link,
  message,
  type Row,
  string,
  strings,
} from './catalog.ts'
import { camel } from './proto-json.ts'

const CUSTOMER_STATUS = 'ENABLED CANCELED SUSPENDED CLOSED'
const client = (row: Row) => row.client?.customer

/** "2026-11-23 14:30:00" in the account's zone. */
function localStamp(atMs: number, timeZone: string): string {
  const { date: day, minuteOfDay } = localMoment(atMs, timeZone)
  const two = (value: number) => value.toString().padStart(2, '0')
  const seconds = Math.floor(atMs / 1000) % 60
  return `${day} ${two(Math.floor(minuteOfDay / 60))}:${two(minuteOfDay % 60)}:${two(seconds)}`
}

function lastReceived(row: Row): string | undefined {
  const days = row.action?.lastReceivedDaysAgo
  return days === undefined ? undefined : addDays(row.today, -days)
}

const CUSTOMER_FIELDS: readonly FieldDef[] = [
  link('customer.resource_name', (row) => row.customer.resourceName),
  int64('customer.id', (row) => row.customer.id),
  string('customer.descriptive_name', (row) => row.customer.name),
  string('customer.currency_code', (row) => row.customer.currency),
  string('customer.time_zone', (row) => row.customer.timeZone),
  boolean('customer.manager', (row) => row.customer.isManager),
  boolean('customer.test_account', (row) => row.customer.isTest),
  boolean('customer.auto_tagging_enabled', () => true),
  enumeration('customer.status', CUSTOMER_STATUS, (row) => row.customer.status),
  enumeration(
    'customer.conversion_tracking_setting.conversion_tracking_status',
    'NOT_CONVERSION_TRACKED CONVERSION_TRACKING_MANAGED_BY_SELF CONVERSION_TRACKING_MANAGED_BY_THIS_MANAGER CONVERSION_TRACKING_MANAGED_BY_ANOTHER_MANAGER',
    ({ customer }) =>
      customer.conversionActions.length === 0 ? 'NOT_CONVERSION_TRACKED' : 'CONVERSION_TRACKING_MANAGED_BY_SELF',
  ),
  int64('customer.conversion_tracking_setting.conversion_tracking_id', ({ customer }) =>
    customer.conversionActions.length === 0 ? undefined : customer.key + 880_000,
  ),
  string('customer.conversion_tracking_setting.google_ads_conversion_customer', (row) => row.customer.resourceName),
]

const CLIENT_FIELDS: readonly FieldDef[] = [
  link(
    'customer_client.resource_name',
    (row) => `${row.customer.resourceName}/customerClients/${client(row)?.id ?? ''}`,
  ),
  link('customer_client.client_customer', (row) => client(row)?.resourceName),
  int64('customer_client.id', (row) => client(row)?.id),
  int64('customer_client.level', (row) => row.client?.level),
  boolean('customer_client.manager', (row) => client(row)?.isManager),
  boolean('customer_client.hidden', (row) => client(row)?.isHidden),
  boolean('customer_client.test_account', (row) => client(row)?.isTest),
  string('customer_client.descriptive_name', (row) => client(row)?.name),
  string('customer_client.currency_code', (row) => client(row)?.currency),
  string('customer_client.time_zone', (row) => client(row)?.timeZone),
  enumeration('customer_client.status', CUSTOMER_STATUS, (row) => client(row)?.status),
]

const CURRENCY_FIELDS: readonly FieldDef[] = [
  link('currency_constant.resource_name', (row) => `currencyConstants/${row.currency?.code ?? ''}`),
  string('currency_constant.code', (row) => row.currency?.code),
  string('currency_constant.name', (row) => row.currency?.name),
  string('currency_constant.symbol', (row) => row.currency?.symbol),
  int64('currency_constant.billable_unit_micros', (row) => row.currency?.billableUnitMicros),
]

const ACTION_FIELDS: readonly FieldDef[] = [
  link('conversion_action.resource_name', (row) => row.action?.resourceName),
  int64('conversion_action.id', (row) => row.action?.id),
  string('conversion_action.name', (row) => row.action?.name),
  enumeration('conversion_action.status', 'ENABLED REMOVED HIDDEN', (row) => row.action?.status),
  enumeration('conversion_action.type', 'UPLOAD_CALLS UPLOAD_CLICKS WEBPAGE WEBSITE_CALL', (row) => row.action?.type),
  enumeration(
    'conversion_action.category',
    'DEFAULT PAGE_VIEW PURCHASE SIGNUP DOWNLOAD ADD_TO_CART BEGIN_CHECKOUT SUBSCRIBE_PAID SUBMIT_LEAD_FORM CONTACT',
    (row) => row.action?.category,
  ),
  enumeration('conversion_action.origin', 'WEBSITE GOOGLE_HOSTED APP CALL_FROM_ADS STORE YOUTUBE_HOSTED', (row) =>
    row.action === undefined ? undefined : 'WEBSITE',
  ),
  link('conversion_action.owner_customer', (row) => row.customer.resourceName),
  boolean('conversion_action.primary_for_goal', (row) => row.action?.isPrimary),
  boolean('conversion_action.include_in_conversions_metric', (row) => row.action?.isPrimary),
  enumeration('conversion_action.counting_type', 'ONE_PER_CLICK MANY_PER_CLICK', (row) =>
    row.action?.category === 'PURCHASE' ? 'MANY_PER_CLICK' : 'ONE_PER_CLICK',
  ),
  int64('conversion_action.click_through_lookback_window_days', (row) => row.action?.clickDays),
  int64('conversion_action.view_through_lookback_window_days', (row) => row.action?.viewDays),
  enumeration(
    'conversion_action.attribution_model_settings.attribution_model',
    'EXTERNAL GOOGLE_ADS_LAST_CLICK GOOGLE_SEARCH_ATTRIBUTION_DATA_DRIVEN',
    (row) => (row.action?.type === 'UPLOAD_CLICKS' ? 'GOOGLE_ADS_LAST_CLICK' : 'GOOGLE_SEARCH_ATTRIBUTION_DATA_DRIVEN'),
  ),
  double('conversion_action.value_settings.default_value', (row) => row.action?.defaultValue ?? 0),
  string('conversion_action.value_settings.default_currency_code', (row) => row.customer.currency),
  boolean('conversion_action.value_settings.always_use_default_value', (row) => row.action?.defaultValue !== undefined),
  date('metrics.conversion_last_received_request_date_time', (row) => {
    const day = lastReceived(row)
    return day === undefined ? undefined : `${day} 00:05:12`
  }),
  date('metrics.conversion_last_conversion_date', lastReceived),
]

const CLIENT_TYPES =
  'GOOGLE_ADS_WEB_CLIENT GOOGLE_ADS_AUTOMATED_RULE GOOGLE_ADS_SCRIPTS GOOGLE_ADS_BULK_UPLOAD GOOGLE_ADS_API GOOGLE_ADS_EDITOR GOOGLE_ADS_MOBILE_APP GOOGLE_ADS_RECOMMENDATIONS OTHER'

/** The part of a changed resource that the history shows, under the resource's own name. */
function changed(row: Row, which: 'before' | 'after'): unknown {
  const change = row.change
  return change === undefined ? undefined : { [change.resourceType.toLowerCase()]: change[which] }
}

const CHANGE_FIELDS: readonly FieldDef[] = [
  link('change_event.resource_name', ({ change, customer }) =>
    change === undefined ? undefined : `${customer.resourceName}/changeEvents/${change.atMs * 1000}~${change.serial}~0`,
  ),
  date('change_event.change_date_time', ({ change, customer }) =>
    change === undefined ? undefined : `${localStamp(change.atMs, customer.timeZone)}.000000`,
  ),
  string('change_event.user_email', (row) => row.change?.userEmail),
  enumeration('change_event.client_type', CLIENT_TYPES, (row) => row.change?.clientType),
  enumeration(
    'change_event.change_resource_type',
    'AD AD_GROUP AD_GROUP_CRITERION CAMPAIGN CAMPAIGN_BUDGET CAMPAIGN_CRITERION AD_GROUP_AD ASSET',
    (row) => row.change?.resourceType,
  ),
  link('change_event.change_resource_name', (row) => row.change?.resourceName),
  enumeration('change_event.resource_change_operation', 'CREATE UPDATE REMOVE', (row) => row.change?.operation),
  // A FieldMask is one text in JSON, and its paths are camelCase there.
  message('change_event.changed_fields', (row) =>
    row.change?.changedFields.map((path) => path.split('.').map(camel).join('.')).join(','),
  ),
  message('change_event.old_resource', (row) => changed(row, 'before')),
  message('change_event.new_resource', (row) => changed(row, 'after')),
  link('change_event.campaign', (row) => row.change?.campaign),
  link('change_event.ad_group', (row) => row.change?.adGroup),
]

const ASSET_FIELDS: readonly FieldDef[] = [
  link('asset.resource_name', (row) => row.asset?.resourceName),
  int64('asset.id', (row) => row.asset?.id),
  string('asset.name', (row) => row.asset?.name),
  enumeration('asset.type', 'YOUTUBE_VIDEO MEDIA_BUNDLE IMAGE TEXT', (row) => row.asset?.type),
  enumeration('asset.source', 'ADVERTISER AUTOMATICALLY_CREATED', (row) => row.asset && 'ADVERTISER'),
  strings('asset.final_urls', () => []),
  string('asset.text_asset.text', (row) => row.asset?.text),
  string('asset.youtube_video_asset.youtube_video_id', (row) => row.asset?.youtubeId),
  string('asset.youtube_video_asset.youtube_video_title', (row) =>
    row.asset?.youtubeId === undefined ? undefined : row.asset.name,
  ),
  string('asset.image_asset.full_size.url', ({ asset, baseUrl }) =>
    asset?.type === 'IMAGE' ? `${baseUrl}/thumbnail/${asset.id}.png` : undefined,
  ),
  int64('asset.image_asset.full_size.width_pixels', ({ asset }) => (asset?.type === 'IMAGE' ? asset.width : undefined)),
  int64('asset.image_asset.full_size.height_pixels', ({ asset }) =>
    asset?.type === 'IMAGE' ? asset.height : undefined,
  ),
  int64('asset.image_asset.file_size', ({ asset }) => (asset?.type === 'IMAGE' ? 120 : undefined)),
  enumeration('asset.image_asset.mime_type', 'IMAGE_JPEG IMAGE_GIF IMAGE_PNG', ({ asset }) =>
    asset?.type === 'IMAGE' ? 'IMAGE_PNG' : undefined,
  ),
]

export const ACCOUNT_FIELDS: readonly FieldDef[] = [
  ...CUSTOMER_FIELDS,
  ...CLIENT_FIELDS,
  ...CURRENCY_FIELDS,
  ...ACTION_FIELDS,
  ...CHANGE_FIELDS,
  ...ASSET_FIELDS,
]
