/** Google's change events in neutral words. Pure. Texts in them were written on the platform: untrusted. */
import { z } from 'zod'
import { formatStrategy } from '../../../shared/domain/bid.ts'
import type { Field } from '../../../shared/domain/entity.ts'
import { type AccountId, type EntityId, entityId } from '../../../shared/domain/ids.ts'
import { type PlatformChange, shortText } from '../history.ts'
import { biddingOf } from './bids.ts'
import { idOf, readAmount, readRatio, toStatus } from './map.ts'
import type { MoneyContext } from './map-entities.ts'
import { localToUtcMs } from './zones.ts'

const DAY_MS = 86_400_000

const word = z.string().max(200)
const int64 = z.string().regex(/^-?[0-9]{1,19}$/)
const target = z.object({ targetCpaMicros: int64.optional(), targetRoas: z.number().optional() }).optional()
/** The part of a changed resource that this app can change; everything else in it is let go. */
const partSchema = z.object({
  status: word.optional(),
  amountMicros: int64.optional(),
  cpcBidMicros: int64.optional(),
  targetCpaMicros: int64.optional(),
  // An ad group has a number here, a campaign a message.
  targetRoas: z.union([z.number(), z.object({ targetRoas: z.number().optional() })]).optional(),
  biddingStrategyType: word.optional(),
  biddingStrategy: word.optional(),
  maximizeConversions: target,
  maximizeConversionValue: target,
  targetCpa: target,
  targetSpend: z.object({ cpcBidCeilingMicros: int64.optional() }).optional(),
})
type Part = z.infer<typeof partSchema>
const resourceSchema = z
  .object({
    campaignBudget: partSchema.optional(),
    campaign: partSchema.optional(),
    adGroup: partSchema.optional(),
    adGroupAd: partSchema.optional(),
  })
  .optional()

export const changeRowSchema = z.object({
  changeEvent: z.object({
    resourceName: z.string().max(200),
    changeDateTime: z.string().max(40),
    userEmail: z.string().max(320).optional(),
    clientType: word.optional(),
    changeResourceType: word,
    changeResourceName: z.string().max(200).optional(),
    resourceChangeOperation: word,
    /** A FieldMask: one text with commas, camelCase. */
    changedFields: z.string().max(20_000).default(''),
    oldResource: resourceSchema,
    newResource: resourceSchema,
    campaign: z.string().max(200).optional(),
    adGroup: z.string().max(200).optional(),
  }),
})
export type ChangeEvent = z.infer<typeof changeRowSchema>['changeEvent']

const PARTS: Readonly<Record<string, 'campaignBudget' | 'campaign' | 'adGroup' | 'adGroupAd'>> = {
  CAMPAIGN_BUDGET: 'campaignBudget',
  CAMPAIGN: 'campaign',
  AD_GROUP: 'adGroup',
  AD_GROUP_AD: 'adGroupAd',
}

/** Google's own client types that are its API; OTHER and what is new say nothing either way. */
const API_CLIENT = 'GOOGLE_ADS_API'
const UNTOLD = new Set(['', 'OTHER', 'UNKNOWN', 'UNSPECIFIED'])

/** Where a budget's money goes: to one campaign, or to several. */
export interface BudgetOwner {
  readonly entityId: EntityId
  readonly target: string
}

/** What happened at which value of a resource. */
interface Touched {
  readonly field: Field | undefined
  readonly what: string
  readonly before?: string | undefined
  readonly after?: string | undefined
}

interface Values {
  readonly context: MoneyContext
  readonly old: Part | undefined
  readonly new: Part | undefined
  readonly isRemoval: boolean
}

/** Google spells "not set" as 0 or leaves it out: both are '' here. Undefined for an amount that this app could not write back. */
function money(context: MoneyContext, text: string | undefined): string | undefined {
  const amount = readAmount(text, context.currency, context.stepMicros)
  return amount.kind === 'value' ? amount.text : amount.kind === 'none' ? '' : undefined
}

function ratio(value: number | undefined): string | undefined {
  const read = readRatio(value)
  return read.kind === 'value' ? read.text : read.kind === 'none' ? '' : undefined
}

function statusText(part: Part | undefined): string | undefined {
  const status = part?.status === undefined ? 'unknown' : toStatus(part.status)
  return status === 'unknown' ? undefined : status
}

/** How a campaign bid, as far as the row tells: the type always comes with a switch, the target where it has one. */
function strategyText(context: MoneyContext, part: Part | undefined): string | undefined {
  if (part?.biddingStrategyType === undefined || (part.biddingStrategy ?? '') !== '') return undefined
  const { targetRoas: roas, ...rest } = part
  const bidding = biddingOf(
    { resourceName: '', id: '0', ...rest, status: '', ...(typeof roas === 'object' ? { targetRoas: roas } : {}) },
    context.currency,
    context.stepMicros,
  )
  const { strategy, target: amount } = bidding
  if (strategy === 'other' || amount.kind === 'unfit') return undefined
  const targetMicros = amount.kind === 'value' ? amount.micros : undefined
  if (targetMicros === undefined && (strategy === 'target_cpa' || strategy === 'target_roas')) return undefined
  return formatStrategy({ strategy, targetMicros }, context.currency)
}

/** Paths of a campaign's own target → our field, and the value that stands there. */
const TARGET_PATHS: Readonly<
  Record<string, readonly [field: Field, read: (context: MoneyContext, part: Part | undefined) => string | undefined]>
> = {
  'maximizeConversions.targetCpaMicros': [
    'target_cpa',
    (context, part) => money(context, part?.maximizeConversions?.targetCpaMicros),
  ],
  'targetCpa.targetCpaMicros': ['target_cpa', (context, part) => money(context, part?.targetCpa?.targetCpaMicros)],
  'maximizeConversionValue.targetRoas': [
    'target_roas',
    (_context, part) => ratio(part?.maximizeConversionValue?.targetRoas),
  ],
  'targetRoas.targetRoas': [
    'target_roas',
    (_context, part) => ratio(typeof part?.targetRoas === 'object' ? part.targetRoas.targetRoas : undefined),
  ],
  'targetSpend.cpcBidCeilingMicros': [
    'bid_cap',
    (context, part) => money(context, part?.targetSpend?.cpcBidCeilingMicros),
  ],
}

const AD_GROUP_PATHS: typeof TARGET_PATHS = {
  cpcBidMicros: ['cpc_bid', (context, part) => money(context, part?.cpcBidMicros)],
  targetCpaMicros: ['target_cpa', (context, part) => money(context, part?.targetCpaMicros)],
  targetRoas: [
    'target_roas',
    (_context, part) => ratio(typeof part?.targetRoas === 'number' ? part.targetRoas : undefined),
  ],
}

function touchedAt(path: string, type: string, values: Values, isSwitch: boolean): Touched | undefined {
  const what = `${type.toLowerCase()}.${path}`.slice(0, 120)
  const told = (field: Field, read: (part: Part | undefined) => string | undefined): Touched => ({
    field,
    what,
    before: read(values.old),
    after: read(values.new),
  })
  if (path === 'status' && Object.hasOwn(PARTS, type) && type !== 'CAMPAIGN_BUDGET')
    return { ...told('status', statusText), ...(values.isRemoval ? { after: 'deleted' } : {}) }
  if (type === 'CAMPAIGN_BUDGET' && path === 'amountMicros')
    return told('daily_budget', (part) => money(values.context, part?.amountMicros))
  const paths = type === 'CAMPAIGN' ? TARGET_PATHS : type === 'AD_GROUP' ? AD_GROUP_PATHS : {}
  // A path may name the strategy's message as a whole ("targetSpend") or the target in it.
  const known = Object.entries(paths).find(([leaf]) => leaf === path || leaf.startsWith(`${path}.`))?.[1]
  if (type === 'CAMPAIGN') {
    if (path === 'biddingStrategyType') return told('bid_strategy', (part) => strategyText(values.context, part))
    // Told with the switch itself.
    if (isSwitch && (known !== undefined || path === 'manualCpc.enhancedCpcEnabled')) return undefined
    // The campaign draws on another budget now: its daily budget has changed, by how much the row does not say.
    if (path === 'campaignBudget') return { field: 'daily_budget', what }
  }
  return known === undefined ? { field: undefined, what } : told(known[0], (part) => known[1](values.context, part))
}

/** The changed values of one event, one row each. */
function touchedBy(event: ChangeEvent, context: MoneyContext): readonly Touched[] {
  const { changeResourceType: type, resourceChangeOperation: operation } = event
  const part = Object.hasOwn(PARTS, type) ? PARTS[type] : undefined
  if (operation === 'CREATE' || part === undefined)
    return [{ field: undefined, what: `${type.toLowerCase()} ${operation.toLowerCase()}`.slice(0, 120) }]
  const values: Values = {
    context,
    old: event.oldResource?.[part],
    new: event.newResource?.[part],
    isRemoval: operation === 'REMOVE',
  }
  const paths = event.changedFields.split(',').filter((path) => path !== '' && path !== 'resourceName')
  if (values.isRemoval && !paths.includes('status')) paths.push('status')
  const isSwitch = paths.includes('biddingStrategyType')
  const found = paths.flatMap((path) => touchedAt(path, type, values, isSwitch) ?? [])
  return found.length > 0 ? found : [{ field: undefined, what: type.toLowerCase() }]
}

function entityAt(account: AccountId, name: string | undefined): EntityId | undefined {
  const match = /^customers\/\d{1,19}\/(campaigns|adGroups|adGroupAds)\/(\d{1,19}(?:~\d{1,19})?)$/.exec(name ?? '')
  if (match === null) return undefined
  const type = match[1] === 'campaigns' ? 'campaign' : match[1] === 'adGroups' ? 'ad_group' : 'ad'
  return entityId(account, type, match[2] ?? '')
}

/**
 * The moment of a change. Its resource name holds it in microseconds since 1970 (change_event.proto); the time in words is on the account's
 * clock and stands twice in an hour that is repeated.
 */
export function momentOf(event: ChangeEvent, timeZone: string): number | undefined {
  const saidMs = localToUtcMs(event.changeDateTime, timeZone)
  const micros = /\/changeEvents\/(\d{1,17})~/.exec(event.resourceName)?.[1]
  const namedMs = micros === undefined ? undefined : Number(BigInt(micros) / 1000n)
  if (namedMs === undefined || saidMs === undefined) return saidMs
  return Math.abs(namedMs - saidMs) <= DAY_MS ? namedMs : saidMs
}

/** One row for each changed value. */
export function toRows(
  event: ChangeEvent,
  atMs: number,
  context: MoneyContext,
  owners: ReadonlyMap<string, BudgetOwner>,
): readonly PlatformChange[] {
  const { account } = context
  const { clientType = '', changeResourceName: name = '' } = event
  const isBudget = event.changeResourceType === 'CAMPAIGN_BUDGET'
  const owner = isBudget ? owners.get(name) : undefined
  const entity = isBudget
    ? owner?.entityId
    : (entityAt(account, name) ?? entityAt(account, event.adGroup) ?? entityAt(account, event.campaign))
  const budget = isBudget ? `${account}/budget/${idOf(name)}` : undefined
  const id = idOf(event.resourceName).replace(/[^0-9A-Za-z_.~-]/g, '')
  return touchedBy(event, context).map((touched, k) => ({
    changeId: `${id}:${k}`.slice(0, 128),
    atMs,
    precisionMs: 0,
    entityId: entity,
    target: owner?.target ?? budget ?? entity,
    field: touched.field,
    what: touched.what,
    before: touched.before,
    after: touched.after,
    actor: shortText(event.userEmail),
    tool: shortText(clientType),
    isApi: clientType === API_CLIENT ? true : UNTOLD.has(clientType) ? undefined : false,
  }))
}
