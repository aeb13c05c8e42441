/**
 * TikTok's writes with the rules the platform enforces: who owns the budget, minimums, 105 % of what is spent,
 * at most 20 ids, no classic writes on Smart+ objects, the lock before midnight. There is no dry run and no idempotency, on purpose.
 */
import { adGroupItem, campaignItem } from './tiktok-shapes.ts'
import { ApiProblem, bodyText, type Call, callAdvertiser, type Endpoint, type Reply, texts } from './tiktok-wire.ts'
import type {
  OperationStatus,
  SandboxAdGroup,
  SandboxAdvertiser,
  SandboxCampaign,
  SandboxEntity,
} from './world-types.ts'

const MAX_BUDGET_UNITS = 10_000_000
/** Next-day budgets are locked from 23:55 to midnight of the account. */
const LOCK_MINUTE = 23 * 60 + 55

const OPERATIONS: ReadonlySet<string> = new Set(['ENABLE', 'DISABLE', 'DELETE'])

function advertiserOf(entity: SandboxEntity): SandboxAdvertiser {
  return campaignOf(entity).advertiser
}
function campaignOf(entity: SandboxEntity): SandboxCampaign {
  if (entity.kind === 'campaign') return entity
  return entity.kind === 'ad_group' ? entity.campaign : entity.adGroup.campaign
}

/** The entity, if it lives in this account and the classic endpoints may write it. */
function writable<T extends SandboxEntity>(entity: T | undefined, advertiser: SandboxAdvertiser, id: string): T {
  if (entity === undefined || advertiserOf(entity) !== advertiser)
    throw new ApiProblem(40007, `The object ${id} does not exist.`)
  if (campaignOf(entity).automation !== 'MANUAL')
    throw new ApiProblem(40002, `${id} belongs to an Upgraded Smart+ campaign. Use the /smart_plus/ endpoints.`)
  if (entity.operationStatus === 'DELETE') throw new ApiProblem(40002, `${id} has been deleted and cannot be modified.`)
  return entity
}

/** A JSON number (or numeric text) as smallest units; more decimals than the currency has are refused. */
function amountMinor(value: unknown, name: string, advertiser: SandboxAdvertiser): number {
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value : ''
  const match = /^(\d{1,9})(?:\.(\d+))?$/.exec(text)
  const fraction = (match?.[2] ?? '').replace(/0+$/, '')
  if (match === null || fraction.length > advertiser.decimals)
    throw new ApiProblem(40002, `${name}: must be a number with at most ${advertiser.decimals} decimals.`)
  return Number(match[1]) * 10 ** advertiser.decimals + Number(fraction.padEnd(advertiser.decimals, '0') || '0')
}

function checkBudget(call: Call, entity: SandboxCampaign | SandboxAdGroup, budgetMinor: number): void {
  const advertiser = advertiserOf(entity)
  const unitMinor = 10 ** advertiser.decimals
  const minimum = (entity.kind === 'campaign' ? 50 : 20) * advertiser.minimumRatio
  if (budgetMinor < minimum * unitMinor)
    throw new ApiProblem(40002, `Budget is too low. The minimum budget is ${minimum} ${advertiser.currency}.`)
  if (budgetMinor >= MAX_BUDGET_UNITS * unitMinor)
    throw new ApiProblem(40002, `Budget must be less than ${MAX_BUDGET_UNITS}.`)
  if (budgetMinor * 100 < call.world.spentMinor(entity) * 105)
    throw new ApiProblem(40002, 'The new budget must be at least 105% of the amount already spent.')
  if (entity.kind === 'ad_group' && entity.bidMinor > budgetMinor)
    throw new ApiProblem(40002, 'The budget must not be lower than the bid.')
}

function campaignUpdate(call: Call): Reply {
  const advertiser = callAdvertiser(call, bodyText(call, 'advertiser_id'))
  const id = bodyText(call, 'campaign_id')
  const campaign = writable(call.world.campaign(id), advertiser, id)
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
  const group = writable(call.world.adGroup(id), advertiser, id)
  const { budget, adgroup_name: name, conversion_bid_price: bid } = call.body
  const budgetMinor = budget === undefined ? undefined : amountMinor(budget, 'budget', advertiser)
  const bidMinor = bid === undefined ? undefined : amountMinor(bid, 'conversion_bid_price', advertiser)
  if (budgetMinor !== undefined) {
    if (group.campaign.isCbo)
      throw new ApiProblem(40002, 'The ad group budget cannot be set when campaign budget optimization is on.')
    checkBudget(call, group, budgetMinor)
  }
  if (bidMinor !== undefined && !group.campaign.isCbo && bidMinor > (budgetMinor ?? group.budgetMinor))
    throw new ApiProblem(40002, 'The bid must not be higher than the budget.')
  if (budgetMinor !== undefined) call.world.setBudget(group, budgetMinor)
  if (bidMinor !== undefined) call.world.setBid(group, bidMinor)
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
    const group = writable(call.world.adGroup(id), advertiser, id)
    const wanted = isScheduled ? 'BUDGET_MODE_DAY' : 'BUDGET_MODE_TOTAL'
    if (group.budgetMode !== wanted)
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

interface StatusTarget {
  readonly listName: string
  readonly idName: string
  readonly find: (call: Call, id: string) => SandboxEntity | undefined
  /** Whether failing ids are reported one by one (20001) when the caller allows it. */
  readonly canBePartial: boolean
}

function statusUpdate(target: StatusTarget) {
  return (call: Call): Reply => {
    const advertiser = callAdvertiser(call, bodyText(call, 'advertiser_id'))
    const status = operationOf(call)
    const ids = idsOf(call, target.listName)
    const failed: Record<string, string>[] = []
    const good: SandboxEntity[] = []
    for (const id of ids) {
      if (call.isPartialForced) {
        failed.push({ [target.idName]: id, error_message: 'The object is being edited by somebody else.' })
        continue
      }
      try {
        good.push(writable(target.find(call, id), advertiser, id))
      } catch (error) {
        if (!(error instanceof ApiProblem) || !target.canBePartial || call.body['allow_partial_success'] !== true)
          throw error
        failed.push({ [target.idName]: id, error_message: error.message })
      }
    }
    for (const entity of good) call.world.setStatus(entity, status)
    const done = good.map((entity) => entity.id)
    const data = {
      [target.listName]: done,
      status,
      ...(target.idName === 'campaign_id' ? { campaign_list: done.map((id) => ({ campaign_id: id, status })) } : {}),
      ...(failed.length > 0 ? { error_list: failed } : {}),
    }
    return failed.length > 0 ? { code: 20001, message: 'Partial success', data } : { data }
  }
}

export const WRITE_ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  '/campaign/update/': { method: 'POST', needsToken: true, isWrite: true, run: campaignUpdate },
  '/adgroup/update/': { method: 'POST', needsToken: true, isWrite: true, run: adGroupUpdate },
  '/adgroup/budget/update/': { method: 'POST', needsToken: true, isWrite: true, run: adGroupBudgetUpdate },
  '/campaign/status/update/': {
    method: 'POST',
    needsToken: true,
    isWrite: true,
    run: statusUpdate({
      listName: 'campaign_ids',
      idName: 'campaign_id',
      find: (call, id) => call.world.campaign(id),
      canBePartial: false,
    }),
  },
  '/adgroup/status/update/': {
    method: 'POST',
    needsToken: true,
    isWrite: true,
    run: statusUpdate({
      listName: 'adgroup_ids',
      idName: 'adgroup_id',
      find: (call, id) => call.world.adGroup(id),
      canBePartial: true,
    }),
  },
  '/ad/status/update/': {
    method: 'POST',
    needsToken: true,
    isWrite: true,
    run: statusUpdate({
      listName: 'ad_ids',
      idName: 'ad_id',
      find: (call, id) => call.world.ad(id),
      canBePartial: false,
    }),
  },
} // prettier-ignore
