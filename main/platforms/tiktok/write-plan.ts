/**
 * The request a change comes to. Pure; sends nothing. Amounts are written digit by digit, never as floats.
 * Never deletes: TikTok's DELETE is not in the vocabulary here.
 */
import { formatRatio, parseRatio, parseStrategy } from '../../../shared/domain/bid.ts'
import type { Field } from '../../../shared/domain/entity.ts'
import { type EntityType, splitAccountId, splitEntityId } from '../../../shared/domain/ids.ts'
import { parseDecimal } from '../../../shared/domain/money.ts'
import type { ProposedChange } from '../adapter.ts'
import { numberText } from './amounts.ts'
import { stepMicros } from './currencies.ts'
import type { Automation } from './editable.ts'

export interface PlannedWrite {
  readonly path: string
  readonly body: string
  readonly externalId: string
  readonly advertiserId: string
}

export type Refusal = { readonly refusal: string }

type Level = Exclude<EntityType, 'creative'>

/** One change, checked, before it is known through which endpoints it goes. */
export interface Checked {
  readonly advertiserId: string
  readonly type: Level
  readonly externalId: string
  readonly field: Field
  /** Members of the body that carry the new value, as JSON text without braces. */
  readonly members: string
}

const OPERATIONS: Readonly<Record<string, string>> = { enabled: 'ENABLE', paused: 'DISABLE' }

/** TikTok takes returns with two decimals. */
const ROAS_STEP_MICROS = 10_000n

const refuse = (refusal: string): Refusal => ({ refusal })

function moneyText(amountMicros: bigint, currency: string): string | Refusal {
  if (amountMicros <= 0n) return refuse('the amount is not above zero')
  if (amountMicros % stepMicros(currency) !== 0n) return refuse(`TikTok does not take amounts that fine in ${currency}`)
  return numberText(amountMicros, currency)
}

function roasText(change: ProposedChange): string | Refusal {
  const ratioMicros = parseRatio(change.after)
  if (ratioMicros <= 0n) return refuse('the return on ad spend is not above zero')
  if (ratioMicros % ROAS_STEP_MICROS !== 0n)
    return refuse('TikTok takes a return on ad spend with at most two decimals')
  return formatRatio(ratioMicros)
}

function strategyMembers(change: ProposedChange): string | Refusal {
  const { strategy, targetMicros } = parseStrategy(change.after, change.currency)
  if (strategy === 'lowest_cost') return '"bid_type":"BID_TYPE_NO_BID"'
  if (targetMicros === undefined || (strategy !== 'cost_cap' && strategy !== 'bid_cap'))
    return refuse('TikTok ad groups cannot be switched to this bid strategy from here')
  const name = strategy === 'cost_cap' ? 'conversion_bid_price' : 'bid_price'
  const text = moneyText(targetMicros, change.currency)
  return typeof text === 'string' ? `"bid_type":"BID_TYPE_CUSTOM","${name}":${text}` : text
}

/** What the amount is called in a body; campaigns have only the first. */
const AMOUNTS: Readonly<Partial<Record<Field, string>>> = {
  daily_budget: 'budget',
  scheduled_budget: 'scheduled_budget',
  bid_cap: 'bid_price',
  cost_cap: 'conversion_bid_price',
  target_roas: 'roas_bid',
}

function membersFor(change: ProposedChange, type: Level): string | Refusal {
  if (change.field === 'status') {
    const operation = Object.hasOwn(OPERATIONS, change.after) ? OPERATIONS[change.after] : undefined
    return operation === undefined
      ? refuse('the status is neither enabled nor paused')
      : `"operation_status":"${operation}"`
  }
  if (change.field === 'daily_budget' ? type === 'ad' : type !== 'ad_group')
    return refuse('TikTok has no such setting on this level')
  if (change.field === 'bid_strategy') return strategyMembers(change)
  const name = AMOUNTS[change.field]
  if (name === undefined) return refuse('TikTok has no such bid')
  const text =
    change.field === 'target_roas'
      ? roasText(change)
      : moneyText(parseDecimal(change.after, change.currency), change.currency)
  return typeof text === 'string' ? `"${name}":${text}` : text
}

/** @throws OperationError invalid_value for a value that is not one */
export function checkChange(change: ProposedChange): Checked | Refusal {
  const { accountId, platform, type, externalId } = splitEntityId(change.entityId)
  if (platform !== 'tiktok' || change.platform !== 'tiktok' || accountId !== change.accountId)
    return refuse('the change does not belong to a TikTok account of this connection')
  if (!/^[0-9]{1,24}$/.test(externalId)) return refuse('the id is not one of TikTok’s')
  if (type === 'creative') return refuse('creatives cannot be changed')
  const members = membersFor(change, type)
  if (typeof members !== 'string') return members
  return { advertiserId: splitAccountId(accountId).externalId, type, externalId, field: change.field, members }
}

const ID_NAMES = { campaign: 'campaign_id', ad_group: 'adgroup_id', ad: 'ad_id' } as const
const PARTS = { campaign: 'campaign', ad_group: 'adgroup', ad: 'ad' } as const

function idName(type: Level, automation: Automation): string {
  return type === 'ad' && automation === 'smart_plus' ? 'smart_plus_ad_id' : ID_NAMES[type]
}

/** The one request, through the endpoints that this kind of campaign has. */
export function requestFor(checked: Checked, automation: Automation): PlannedWrite | Refusal {
  const { advertiserId, type, externalId, field, members } = checked
  if (automation === 'other')
    return refuse('TikTok has no documented way to change this kind of automated campaign from here')
  const isSmart = automation === 'smart_plus'
  if (isSmart && (field === 'scheduled_budget' || field === 'bid_strategy'))
    return refuse('TikTok has no documented way to change this on a Smart+ ad group')
  const at = { externalId, advertiserId }
  const advertiser = `"advertiser_id":${JSON.stringify(advertiserId)}`
  const name = idName(type, automation)
  if (field === 'scheduled_budget')
    return {
      ...at,
      path: '/adgroup/budget/update/',
      body: `{${advertiser},"scheduled_budget":[{"${name}":${JSON.stringify(externalId)},${members}}]}`,
    }
  const stem = `${isSmart ? '/smart_plus' : ''}/${PARTS[type]}`
  if (field === 'status')
    return {
      ...at,
      path: `${stem}/status/update/`,
      body: `{${advertiser},"${name}s":${JSON.stringify([externalId])},${members}}`,
    }
  return { ...at, path: `${stem}/update/`, body: `{${advertiser},"${name}":${JSON.stringify(externalId)},${members}}` }
}
