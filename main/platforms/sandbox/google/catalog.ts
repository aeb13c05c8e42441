/** What a row of a report can hold and how a field of it is read. The fields themselves are listed in fields-*.ts. */
import type { DayTotals } from './metrics.ts'
import type {
  Ad,
  AdGroup,
  Asset,
  AssetGroup,
  AssetUse,
  Budget,
  Campaign,
  ChangeEvent,
  ConversionAction,
  Criterion,
  Customer,
  PortfolioStrategy,
} from './types.ts'

/** One row of a report before its fields are picked. */
export interface Row {
  readonly customer: Customer
  /** The account's calendar day now. */
  readonly today: string
  readonly baseUrl: string
  readonly campaign?: Campaign
  readonly budget?: Budget
  readonly adGroup?: AdGroup
  readonly ad?: Ad
  readonly asset?: Asset
  readonly use?: AssetUse
  readonly assetGroup?: AssetGroup
  readonly criterion?: Criterion
  readonly action?: ConversionAction
  readonly strategy?: PortfolioStrategy
  readonly change?: ChangeEvent
  readonly client?: { readonly customer: Customer; readonly level: number }
  readonly currency?: {
    readonly code: string
    readonly name: string
    readonly symbol: string
    readonly billableUnitMicros: number
  }
  segments?: Segments
  totals?: DayTotals
  /** People reached over the whole of the row's days; undefined where Google does not count them. */
  users?: number | undefined
}

export interface Segments {
  readonly date?: string
  readonly action?: ConversionAction
  readonly lagBucket?: string
  readonly eventType?: string
}

export type DataType = 'INT64' | 'DOUBLE' | 'STRING' | 'ENUM' | 'BOOLEAN' | 'DATE' | 'RESOURCE_NAME' | 'MESSAGE'

export interface FieldDef {
  /** "campaign.id" */
  readonly name: string
  readonly type: DataType
  readonly isRepeated: boolean
  readonly constants: readonly string[] | undefined
  /** A raw value: number, text, boolean, list or message (snake_case); undefined when not set. */
  readonly read: (row: Row) => unknown
}

type Reader = (row: Row) => unknown

function def(name: string, type: DataType, read: Reader, isRepeated = false, constants?: readonly string[]): FieldDef {
  return { name, type, isRepeated, constants, read }
}
export const int64 = (name: string, read: Reader) => def(name, 'INT64', read)
export const double = (name: string, read: Reader) => def(name, 'DOUBLE', read)
export const string = (name: string, read: Reader) => def(name, 'STRING', read)
export const strings = (name: string, read: Reader) => def(name, 'STRING', read, true)
export const boolean = (name: string, read: Reader) => def(name, 'BOOLEAN', read)
export const date = (name: string, read: Reader) => def(name, 'DATE', read)
export const link = (name: string, read: Reader) => def(name, 'RESOURCE_NAME', read)
export const message = (name: string, read: Reader, isRepeated = false) => def(name, 'MESSAGE', read, isRepeated)
export const enumeration = (name: string, constants: string, read: Reader, isRepeated = false) =>
  def(name, 'ENUM', read, isRepeated, ['UNSPECIFIED', 'UNKNOWN', ...constants.split(' ')])

/** Which rows a FROM yields and what may be selected with it. */
export interface ResourceDef {
  readonly name: string
  /** Resources whose fields may be selected too without splitting rows. */
  readonly attributed: readonly string[]
  /** Metrics it has: those of an entity, only the health of a conversion action, or none. */
  readonly metrics: 'performance' | 'conversion_action' | 'none'
  /** Whether people reached are counted for it: on campaigns only, as Google's reports answer. */
  readonly hasUsers: boolean
}

const resource = (
  name: string,
  attributed: string,
  metrics: ResourceDef['metrics'] = 'none',
  hasUsers = false,
): ResourceDef => ({ name, attributed: attributed === '' ? [] : attributed.split(' '), metrics, hasUsers })

export const RESOURCES: readonly ResourceDef[] = [
  resource('customer', '', 'performance'),
  resource('customer_client', 'customer'),
  resource('currency_constant', ''),
  resource('campaign', 'customer campaign_budget bidding_strategy', 'performance', true),
  resource('campaign_budget', 'customer'),
  resource('bidding_strategy', 'customer'),
  resource('ad_group', 'customer campaign bidding_strategy', 'performance'),
  resource('ad_group_ad', 'customer campaign ad_group', 'performance'),
  resource('asset', 'customer'),
  resource('ad_group_ad_asset_view', 'customer campaign ad_group ad_group_ad asset'),
  resource('asset_group', 'customer campaign', 'performance'),
  resource('asset_group_asset', 'customer campaign asset_group asset'),
  resource('campaign_criterion', 'customer campaign'),
  resource('ad_group_criterion', 'customer campaign ad_group'),
  resource('conversion_action', 'customer', 'conversion_action'),
  resource('change_event', 'customer campaign ad_group'),
]
