/**
 * TikTok's writes with the rules the platform enforces: who owns the budget, minimums, 105 % of what is spent,
 * at most 20 ids, no classic writes on Smart+ objects, the lock before midnight. There is no dry run and no idempotency, on purpose.
 */
import { adGroupItem, campaignItem } from './tiktok-shapes.ts'
import { ApiProblem, bodyText, type Call, callAdvertiser, type Endpoint, type Reply, texts } from './tiktok-wire.ts'
import type {
  BidEdit,
  OperationStatus,
  SandboxAdGroup,
  SandboxAdvertiser,
  SandboxCampaign,
  SandboxEntity,
} from './world-types.ts'

/** Times the currency's ratio, as the minimums are (Budget verification ratio, doc 1737585839634433). */
const MAX_BUDGET_UNITS = 10_000_000
/** Next-day budgets are locked from 23:55 to midnight of the account. */
const LOCK_MINUTE = 23 * 60 + 55

const OPERATIONS: ReadonlySet<string> = new Set(['ENABLE', 'DISABLE', 'DELETE'])

function advertiserOf(entity: SandboxEntity): SandboxAdvertiser {
  return campaignOf(entity).advertiser
}
export function campaignOf(entity: SandboxEntity): SandboxCampaign {
  if (entity.kind === 'campaign') return entity
  return entity.kind === 'ad_group' ? entity.campaign : entity.adGroup.campaign
}

/** Deleted itself, or with what it is in. */
function isDeleted(entity: SandboxEntity): boolean {
  if (entity.operationStatus === 'DELETE') return true
  if (entity.kind === 'campaign') return false
  return isDeleted(entity.kind === 'ad_group' ? entity.campaign : entity.adGroup)
}

/** Which endpoints a write came through. */
export type Family = 'classic' | 'smart_plus'

/** The entity, if it lives in this account and these endpoints may write it. */
export function writable<T extends SandboxEntity>(
  entity: T | undefined,
  { advertiser, id, family }: { readonly advertiser: SandboxAdvertiser; readonly id: string; readonly family: Family },
): T {
  if (entity === undefined || advertiserOf(entity) !== advertiser)
    throw new ApiProblem(40007, `The object ${id} does not exist.`)
  const { automation } = campaignOf(entity)
  if (family === 'classic' && automation !== 'MANUAL')
    throw new ApiProblem(40002, `${id} belongs to a Smart+ campaign. Use the /smart_plus/ endpoints.`)
  if (family === 'smart_plus' && automation !== 'UPGRADED_SMART_PLUS')
    throw new ApiProblem(40002, `${id} does not belong to an Upgraded Smart+ campaign.`)
  if (isDeleted(entity)) throw new ApiProblem(40002, `${id} has been deleted and cannot be modified.`)
  return entity
}

/** A JSON number (or numeric text) in units of 10^-decimals; more decimals are refused. */
function decimalMinor(value: unknown, name: string, decimals: number): number {
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value : ''
  const match = /^(\d{1,9})(?:\.(\d+))?$/.exec(text)
  const fraction = (match?.[2] ?? '').replace(/0+$/, '')
  if (match === null || fraction.length > decimals)
    throw new ApiProblem(40002, `${name}: must be a number with at most ${decimals} decimals.`)
  return Number(match[1]) * 10 ** decimals + Number(fraction.padEnd(decimals, '0') || '0')
}

/** A JSON number (or numeric text) as smallest units; more decimals than the currency has are refused. */
export function amountMinor(value: unknown, name: string, advertiser: SandboxAdvertiser): number {
  return decimalMinor(value, name, advertiser.decimals)
}

export function checkBudget(call: Call, entity: SandboxCampaign | SandboxAdGroup, budgetMinor: number): void {
  const advertiser = advertiserOf(entity)
  const unitMinor = 10 ** advertiser.decimals
  const minimum = (entity.kind === 'campaign' ? 50 : 20) * advertiser.minimumRatio
  if (budgetMinor < minimum * unitMinor)
    throw new ApiProblem(40002, `Budget is too low. The minimum budget is ${minimum} ${advertiser.currency}.`)
  const maximum = MAX_BUDGET_UNITS * advertiser.minimumRatio
  if (budgetMinor >= maximum * unitMinor) throw new ApiProblem(40002, `Budget must be less than ${maximum}.`)
  if (budgetMinor * 100 < call.world.spentMinor(entity) * 105)
    throw new ApiProblem(40002, 'The new budget must be at least 105% of the amount already spent.')
  if (entity.kind === 'ad_group' && entity.bidMinor >= budgetMinor)
    throw new ApiProblem(40002, 'The budget must be higher than the bid.')
}

/** The type of bid a request asks for; none under a campaign budget, whose ad groups all bid alike. */
function bidTypeOf(call: Call, group: SandboxAdGroup): SandboxAdGroup['bidType'] {
  const wanted = call.body['bid_type']
  if (wanted === undefined || wanted === group.bidType) return group.bidType
  if (wanted !== 'BID_TYPE_CUSTOM' && wanted !== 'BID_TYPE_NO_BID')
    throw new ApiProblem(40002, 'bid_type: invalid value.')
  if (group.campaign.isCbo)
    throw new ApiProblem(40002, 'bid_type: cannot differ from the campaign when campaign budget optimization is on.')
  if (group.optimizationGoal === 'VALUE') throw new ApiProblem(40002, 'bid_type: not allowed for value optimization.')
  return wanted
}

function roasOf(call: Call, group: SandboxAdGroup): number | undefined {
  const value = call.body['roas_bid']
  if (value === undefined) return undefined
  if (group.roasHundredths === 0) throw new ApiProblem(40002, 'roas_bid: only with deep_bid_type VO_MIN_ROAS.')
  const hundredths = decimalMinor(value, 'roas_bid', 2)
  if (hundredths < 1 || hundredths > 100_000) throw new ApiProblem(40002, 'roas_bid: must be between 0.01 and 1000.')
  return hundredths
}

/** What a request changes of a group's bids; undefined when nothing. Each amount fits one way of billing only. */
export function changeBids(call: Call, group: SandboxAdGroup, newBudgetMinor: number | undefined): BidEdit | undefined {
  const { advertiser, isCbo } = group.campaign
  const [ours, other] =
    group.billingEvent === 'OCPM' ? ['conversion_bid_price', 'bid_price'] : ['bid_price', 'conversion_bid_price']
  if (call.body[other] !== undefined)
    throw new ApiProblem(40002, `${other}: not allowed when billing_event is ${group.billingEvent}.`)
  const price = call.body[ours]
  const bidType = bidTypeOf(call, group)
  const roasHundredths = roasOf(call, group)
  if (price === undefined && call.body['bid_type'] === undefined)
    return roasHundredths === undefined ? undefined : { roasHundredths }
  if (bidType === 'BID_TYPE_NO_BID') {
    if (price !== undefined) throw new ApiProblem(40002, `${ours}: not allowed when bid_type is BID_TYPE_NO_BID.`)
    return { bidType, bidMinor: 0 }
  }
  const bidMinor = price === undefined ? group.bidMinor : amountMinor(price, ours, advertiser)
  if (bidMinor <= 0 && group.optimizationGoal !== 'VALUE')
    throw new ApiProblem(40002, `${ours}: required when bid_type is BID_TYPE_CUSTOM.`)
  if (!isCbo && bidMinor >= (newBudgetMinor ?? group.budgetMinor))
    throw new ApiProblem(40002, 'The bid must be lower than the budget.')
  return { bidType, bidMinor, ...(roasHundredths === undefined ? {} : { roasHundredths }) }
}

function campaignUpdate(call: Call): Reply {
  const advertiser = callAdvertiser(call, bodyText(call, 'advertiser_id'))
  const id = bodyText(call, 'campaign_id')
  const campaign = writable(call.world.campaign(id), { advertiser, id, family: 'classic' })
  const { budget, campaign_name: name } = call.body
  if (budget !== undefined) {
    if (campaign.budgetMode === 'BUDGET_MODE_INFINITE')
      throw new ApiProblem(40002, 'budget: not allowed when budget_mode is BUDGET_MODE_INFINITE.')
    const budgetMinor = amountMinor(budget, 'budget', advertiser)
    checkBudget(call, campaign, budgetMinor)
    call.world.setBudget(campaign, budgetMinor)
  }
  if (typeof name === 'string' && name !== '') call.world.setName(campaign, name.slice(0, 512))
  return { data: campaignItem(campaign) }
}

function adGroupUpdate(call: Call): Reply {
  const advertiser = callAdvertiser(call, bodyText(call, 'advertiser_id'))
  const id = bodyText(call, 'adgroup_id')
  const group = writable(call.world.adGroup(id), { advertiser, id, family: 'classic' })
  const { budget, adgroup_name: name } = call.body
  const budgetMinor = budget === undefined ? undefined : amountMinor(budget, 'budget', advertiser)
  if (budgetMinor !== undefined) {
    if (group.campaign.isCbo)
      throw new ApiProblem(40002, 'The ad group budget cannot be set when campaign budget optimization is on.')
    checkBudget(call, group, budgetMinor)
  }
  const bids = changeBids(call, group, budgetMinor)
  if (budgetMinor !== undefined) call.world.setBudget(group, budgetMinor)
  if (bids !== undefined) call.world.setBid(group, bids)
  if (typeof name === 'string' && name !== '') call.world.setName(group, name.slice(0, 512))
  return { data: adGroupItem(group) }
}

/** Daily budgets from the next local midnight on; lifetime budgets at once. At most 20, all or nothing. */
function adGroupBudgetUpdate(call: Call): Reply {
  const advertiser = callAdvertiser(call, bodyText(call, 'advertiser_id'))
  const isScheduled = call.body['scheduled_budget'] !== undefined
  const name = isScheduled ? 'scheduled_budget' : 'budget'
  const items = call.body[name]
  if (!Array.isArray(items) || items.length === 0)
    throw new ApiProblem(40002, 'Missing required field(s): scheduled_budget.')
  if (items.length > 20) throw new ApiProblem(40011, `${name}: at most 20 ad groups.`)
  if (call.world.now(advertiser).minuteOfDay >= LOCK_MINUTE)
    throw new ApiProblem(40002, 'Budgets cannot be updated between 23:55 and 00:00.')
  const changes = items.map((item: unknown) => {
    const { adgroup_id: id, [name]: value } = item as Record<string, unknown>
    if (typeof id !== 'string') throw new ApiProblem(40002, 'adgroup_id: Not a valid string.')
    const group = writable(call.world.adGroup(id), { advertiser, id, family: 'classic' })
    const wanted = isScheduled ? ['BUDGET_MODE_DAY', 'BUDGET_MODE_DYNAMIC_DAILY_BUDGET'] : ['BUDGET_MODE_TOTAL']
    if (!wanted.includes(group.budgetMode))
      throw new ApiProblem(40002, `${name}: the ad group ${id} has budget_mode ${group.budgetMode}.`)
    const budgetMinor = amountMinor(value, name, advertiser)
    checkBudget(call, group, budgetMinor)
    return { group, budgetMinor }
  })
  for (const { group, budgetMinor } of changes)
    if (isScheduled) call.world.scheduleBudget(group, budgetMinor)
    else call.world.setBudget(group, budgetMinor)
  return { data: {} }
}

function operationOf(call: Call): OperationStatus {
  const operation = bodyText(call, 'operation_status')
  if (!OPERATIONS.has(operation)) throw new ApiProblem(40002, 'operation_status: must be ENABLE, DISABLE or DELETE.')
  return operation as OperationStatus
}

function idsOf(call: Call, name: string): readonly string[] {
  if (call.body[name] === undefined) throw new ApiProblem(40002, `Missing required field(s): ${name}.`)
  const ids = texts(call.body[name], name)
  if (ids.length === 0 || ids.length > 20) throw new ApiProblem(40011, `${name}: between 1 and 20 ids.`)
  return ids
}

export interface StatusTarget {
  readonly family: Family
  readonly listName: string
  readonly idName: string
  readonly find: (call: Call, id: string) => SandboxEntity | undefined
  /** When failing ids are reported one by one (20001) instead of failing the whole call. */
  readonly partial: 'never' | 'when_allowed' | 'always'
  /** What the answer says of the ids that worked. */
  readonly reply: (ids: readonly string[], status: string) => Readonly<Record<string, unknown>>
}

/** An endpoint that switches up to 20 objects. */
export function statusUpdate(target: StatusTarget) {
  return (call: Call): Reply => {
    const advertiser = callAdvertiser(call, bodyText(call, 'advertiser_id'))
    const status = operationOf(call)
    const ids = idsOf(call, target.listName)
    const isPartial =
      target.partial === 'always' || (target.partial === 'when_allowed' && call.body['allow_partial_success'] === true)
    const failed: Record<string, string>[] = []
    const good: SandboxEntity[] = []
    for (const id of ids) {
      if (call.isPartialForced) {
        failed.push({ [target.idName]: id, error_message: 'The object is being edited by somebody else.' })
        continue
      }
      try {
        good.push(writable(target.find(call, id), { advertiser, id, family: target.family }))
      } catch (error) {
        if (!(error instanceof ApiProblem) || !isPartial) throw error
        failed.push({ [target.idName]: id, error_message: error.message })
      }
    }
    for (const entity of good) call.world.setStatus(entity, status)
    const done = good.map((entity) => entity.id)
    const data = { ...target.reply(done, status), ...(failed.length > 0 ? { error_list: failed } : {}) }
    return failed.length > 0 ? { code: 20001, message: 'Partial success', data } : { data }
  }
}

const post = (run: Endpoint['run']): Endpoint => ({
  method: 'POST',
  needsToken: true,
  isWrite: true,
  keepsNulls: true,
  run,
})

export const WRITE_ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  '/campaign/update/': post(campaignUpdate),
  '/adgroup/update/': post(adGroupUpdate),
  '/adgroup/budget/update/': post(adGroupBudgetUpdate),
  '/campaign/status/update/': post(
    statusUpdate({
      family: 'classic',
      listName: 'campaign_ids',
      idName: 'campaign_id',
      find: (call, id) => call.world.campaign(id),
      partial: 'never',
      reply: (ids, status) => ({
        campaign_ids: ids,
        status,
        campaign_list: ids.map((id) => ({ campaign_id: id, status })),
      }),
    }),
  ),
  '/adgroup/status/update/': post(
    statusUpdate({
      family: 'classic',
      listName: 'adgroup_ids',
      idName: 'adgroup_id',
      find: (call, id) => call.world.adGroup(id),
      partial: 'when_allowed',
      reply: (ids, status) => ({ adgroup_ids: ids, status }),
    }),
  ),
  '/ad/status/update/': post(
    statusUpdate({
      family: 'classic',
      listName: 'ad_ids',
      idName: 'ad_id',
      find: (call, id) => call.world.ad(id),
      partial: 'never',
      reply: (ids, status) => ({ ad_ids: ids, status }),
    }),
  ),
}
