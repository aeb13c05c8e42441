/**
 * POST /{campaign|adset|ad}: budgets, bids, strategies, switches and names, with Meta's rules. Everything is checked before anything is
 * stored, and a dry run stops in between: the same checks, nothing kept.
 */
import { maximumBudget, minimumBudgets, spendText } from './currency.ts'
import {
  BID_STRATEGIES,
  type MetaAdSet,
  type MetaBidStrategy,
  type MetaCampaign,
  type MetaEntity,
  type MetaStatus,
} from './types.ts'
import { type Call, GraphProblem, invalid, missingObject, refused } from './wire.ts'
import { ownerOf } from './world.ts'

const HOUR_MS = 3_600_000
/** Budget changes of one ad set (or campaign with a budget) within an hour. */
const MAX_BUDGET_CHANGES = 4
/** What may be written here; other parameters Meta takes are ignored, as it ignores what it does not know. */
const STATUSES: readonly MetaStatus[] = ['ACTIVE', 'PAUSED', 'ARCHIVED', 'DELETED']

/** Whether this call only asks. */
export function isDryRun(params: Call['params']): boolean {
  return (params.list('execution_options') ?? []).some((option) => option.toLowerCase() === 'validate_only')
}

function checkOptions(call: Call): void {
  const known = ['validate_only', 'include_recommendations', 'synchronous_ad_review']
  for (const [index, option] of (call.params.list('execution_options') ?? []).entries())
    if (!known.includes(option.toLowerCase()))
      throw invalid(`Param execution_options[${index}] must be one of {${known.join(', ').toUpperCase()}}`)
}

/** Who may write at all, and to what. */
function checkAccess(call: Call, entity: MetaEntity): void {
  const account = ownerOf(entity)
  if (!call.scopes.includes('ads_management'))
    throw new GraphProblem(
      294,
      '(#294) Managing advertisements requires an access token with the extended permission for ads_management',
    )
  if (!account.userTasks.some((task) => task === 'MANAGE' || task === 'ADVERTISE'))
    throw new GraphProblem(200, '(#200) User does not have permission to perform this action on this ad account', {
      subcode: 1870088,
      title: "You can't edit this ad account",
      userMessage:
        'Your role in this ad account lets you view it but not change ads. Ask an admin for the task "Manage campaigns".',
    })
  if (account.status !== 1 && account.status !== 9)
    throw refused(
      1487390,
      'Ad account is disabled',
      'This ad account is disabled, so its campaigns, ad sets and ads cannot be changed.',
    )
  const campaign =
    entity.kind === 'campaign' ? entity : entity.kind === 'adset' ? entity.campaign : entity.adSet.campaign
  if (campaign.isLegacyAdvantage)
    throw refused(
      3858504,
      'Advantage+ campaigns of the old kind are read-only',
      'This Advantage+ shopping campaign was made with the legacy setup, which can no longer be created or updated through the API.',
    )
}

/** A budget or bid in minor units. @throws GraphProblem 100 for a decimal, a sign, or nothing */
function amount(call: Call, name: string): number | undefined {
  const value = call.params.integer(name)
  if (value !== undefined && value < 0) throw invalid(`Param ${name} must be an integer greater than or equal to 0`)
  return value
}

/** Applies a checked change. */
type Effect = () => void

function budgetEffect(call: Call, entity: MetaCampaign | MetaAdSet): Effect | undefined {
  const daily = amount(call, 'daily_budget')
  const lifetime = amount(call, 'lifetime_budget')
  const value = daily ?? lifetime
  if (value === undefined) return undefined
  if (daily !== undefined && lifetime !== undefined)
    throw invalid('Only one of daily_budget and lifetime_budget may be set')
  const account = ownerOf(entity)
  const { currency, offset, euroRate } = account
  if (entity.budgetKind === undefined)
    throw entity.kind === 'adset'
      ? refused(
          1885621,
          "Can't set a budget at ad set level",
          'This campaign has a campaign budget. You can set only an ad set budget or a campaign budget.',
        ) // prettier-ignore
      : refused(
          1885621,
          "Can't set a budget at campaign level",
          'The ad sets of this campaign have budgets of their own. You can set only an ad set budget or a campaign budget.',
        ) // prettier-ignore
  if (entity.budgetKind !== (daily === undefined ? 'lifetime' : 'daily'))
    throw refused(
      1885650,
      "Budget type can't be changed",
      'A daily budget cannot be turned into a lifetime budget, or back, after the ad set was published.',
    ) // prettier-ignore
  const minimum =
    entity.budgetKind === 'daily'
      ? minimumBudgets(currency, euroRate).min_daily_budget_imp
      : call.world.spentMinor(entity)
  if (value < minimum)
    throw refused(
      1885272,
      'Budget is too low',
      `The budget must be at least ${currency} ${spendText(minimum, offset)}. Please raise the budget.`,
    ) // prettier-ignore
  if (value > maximumBudget(euroRate, offset))
    throw refused(
      1885261,
      'Budget is too high',
      `The budget may be at most ${currency} ${spendText(maximumBudget(euroRate, offset), offset)}.`,
    ) // prettier-ignore
  const nowMs = call.world.nowMs()
  const recent = entity.budgetChangesAtMs.filter((at) => at > nowMs - HOUR_MS && at <= nowMs)
  if (recent.length >= MAX_BUDGET_CHANGES)
    throw new GraphProblem(613, '(#613) Calls to this api have exceeded the rate limit.', {
      subcode: 1487632,
      title: 'Too many budget changes',
      userMessage: 'You can change the budget of an ad set up to 4 times an hour. Try again in an hour.',
    })
  // Writing the value that stands is no change and does not count.
  return value === entity.budgetMinor ? () => undefined : () => call.world.setBudget(entity, value, call.actor)
}

function strategyOf(call: Call): MetaBidStrategy | undefined {
  const text = call.params.text('bid_strategy')
  if (text === undefined) return undefined
  const strategy = BID_STRATEGIES.find((each) => each === text)
  if (strategy === undefined) throw invalid(`Param bid_strategy must be one of {${BID_STRATEGIES.join(', ')}}`)
  return strategy
}

function roasFloor(call: Call): number | undefined {
  const constraints = call.params.json('bid_constraints')
  if (constraints === undefined) return undefined
  const floor = (constraints as { roas_average_floor?: unknown }).roas_average_floor
  const value = typeof floor === 'string' && /^\d{1,9}$/.test(floor) ? Number(floor) : floor
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 100 || value > 10_000_000)
    throw refused(
      1815195,
      'Invalid minimum ROAS',
      'The minimum ROAS must be a whole number of ten-thousandths between 0.01 and 1,000.',
    )
  return value
}

const needsBid = (strategy: MetaBidStrategy) => strategy === 'COST_CAP' || strategy === 'LOWEST_COST_WITH_BID_CAP'

/** What a strategy asks of every ad set that follows it. */
function checkTarget(
  adSet: MetaAdSet,
  strategy: MetaBidStrategy,
  bid: number | undefined,
  floor: number | undefined,
): void {
  if (needsBid(strategy) && bid === undefined)
    throw refused(1815857, 'Bid amount required', `Bid amount is required for the bid strategy ${strategy}.`)
  if (strategy !== 'LOWEST_COST_WITH_MIN_ROAS') return
  if (floor === undefined)
    throw refused(
      2490487,
      'Bid amount or bid constraints required',
      `Bid constraints with roas_average_floor are required for the bid strategy ${strategy}.`,
    ) // prettier-ignore
  if (adSet.optimizationGoal !== 'VALUE')
    throw refused(
      1885196,
      "Bid strategy doesn't fit",
      'A minimum ROAS is available only for ad sets that optimise for value.',
    )
}

function checkBidAmount(adSet: MetaAdSet, bid: number): void {
  const { offset, euroRate } = ownerOf(adSet)
  if (bid < 1) throw refused(1815088, 'Bid is too low', 'The bid must be greater than 0.')
  const most = maximumBudget(euroRate, offset) / 1000
  const budget =
    adSet.budgetKind === 'daily'
      ? adSet.budgetMinor
      : adSet.campaign.budgetKind === 'daily'
        ? adSet.campaign.budgetMinor
        : most
  if (bid > Math.min(budget, most))
    throw refused(1885265, 'Bid is higher than the budget', 'Your bid may not be higher than the daily budget.')
}

function adSetBids(call: Call, adSet: MetaAdSet): Effect | undefined {
  const strategy = strategyOf(call)
  const bid = amount(call, 'bid_amount')
  const floor = roasFloor(call)
  if (strategy === undefined && bid === undefined && floor === undefined) return undefined
  if (strategy !== undefined && adSet.campaign.budgetKind !== undefined && strategy !== adSet.campaign.bidStrategy)
    throw refused(
      1885737,
      "Can't set a bid strategy here",
      'The campaign has a campaign budget, so its bid strategy is set on the campaign.',
    )
  const next = strategy ?? adSet.bidStrategy
  if (bid !== undefined) checkBidAmount(adSet, bid)
  if (bid !== undefined && !needsBid(next))
    throw refused(1815089, "Bid amount isn't allowed", `The bid strategy ${next} takes no bid amount.`)
  if (floor !== undefined && next !== 'LOWEST_COST_WITH_MIN_ROAS')
    throw refused(1815089, "Bid constraints aren't allowed", `The bid strategy ${next} takes no minimum ROAS.`)
  checkTarget(
    adSet,
    next,
    bid ?? (strategy === undefined ? adSet.bidMinor : undefined),
    floor ?? (strategy === undefined ? adSet.roasFloor : undefined),
  ) // prettier-ignore
  return () => {
    if (strategy !== undefined && strategy !== adSet.bidStrategy) call.world.setStrategy(adSet, strategy, call.actor)
    // What the new strategy does not use is gone, as on the platform.
    call.world.setBid(
      adSet,
      {
        bidMinor: needsBid(next) ? (bid ?? adSet.bidMinor) : undefined,
        roasFloor: next === 'LOWEST_COST_WITH_MIN_ROAS' ? (floor ?? adSet.roasFloor) : undefined,
      },
      call.actor,
    )
  }
}

/** Bids of a campaign's ad sets that come with a switch of its strategy: {"<ad set>": 900}. */
function bidMap(call: Call, campaign: MetaCampaign): ReadonlyMap<string, number> {
  const value = call.params.json('adset_bid_amounts')
  const bids = new Map<string, number>()
  if (value === undefined) return bids
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid('Param adset_bid_amounts must be a map of ad set ids')
  for (const [id, bid] of Object.entries(value)) {
    const adSet = campaign.adSets.find((item) => item.id === id)
    const whole = typeof bid === 'string' && /^\d{1,12}$/.test(bid) ? Number(bid) : bid
    if (adSet === undefined) throw invalid(`adset_bid_amounts: ad set ${id} is not in this campaign`)
    if (typeof whole !== 'number' || !Number.isInteger(whole))
      throw invalid('Param adset_bid_amounts must hold integers')
    checkBidAmount(adSet, whole)
    bids.set(id, whole)
  }
  return bids
}

function campaignBids(call: Call, campaign: MetaCampaign): Effect | undefined {
  const strategy = strategyOf(call)
  const bids = bidMap(call, campaign)
  if (strategy === undefined) {
    if (bids.size > 0) throw invalid('adset_bid_amounts may only be given together with bid_strategy')
    return undefined
  }
  if (campaign.budgetKind === undefined)
    throw refused(
      1885737,
      "Can't set a bid strategy here",
      'This campaign has no campaign budget, so the bid strategy is set on its ad sets.',
    )
  const current = campaign.adSets.filter((adSet) => adSet.status === 'ACTIVE' || adSet.status === 'PAUSED')
  const isSame = strategy === campaign.bidStrategy
  for (const adSet of current) {
    const kept = isSame || needsBid(campaign.bidStrategy ?? strategy) ? adSet.bidMinor : undefined
    checkTarget(adSet, strategy, bids.get(adSet.id) ?? kept, isSame ? adSet.roasFloor : undefined)
  }
  return () => {
    if (!isSame) call.world.setStrategy(campaign, strategy, call.actor)
    for (const adSet of campaign.adSets) {
      const bidMinor = needsBid(strategy) ? (bids.get(adSet.id) ?? adSet.bidMinor) : undefined
      const floor = strategy === 'LOWEST_COST_WITH_MIN_ROAS' ? adSet.roasFloor : undefined
      if (bidMinor !== adSet.bidMinor || floor !== adSet.roasFloor)
        call.world.setBid(adSet, { bidMinor, roasFloor: floor }, call.actor)
    }
  }
}

function statusEffect(call: Call, entity: MetaEntity): Effect | undefined {
  const text = call.params.text('status')
  if (text === undefined) return undefined
  const status = STATUSES.find((each) => each === text)
  if (status === undefined) throw invalid(`Param status must be one of {${STATUSES.join(', ')}}`)
  if (entity.status === 'DELETED' && status !== 'DELETED')
    throw refused(1487056, 'Object was deleted', 'This object has been deleted and cannot be edited.')
  if (entity.status === 'ARCHIVED' && (status === 'ACTIVE' || status === 'PAUSED'))
    throw refused(1487057, 'Object is archived', 'An archived object can only be deleted.')
  return status === entity.status ? () => undefined : () => call.world.setStatus(entity, status, call.actor)
}

function nameEffect(call: Call, entity: MetaEntity): Effect | undefined {
  const name = call.params.text('name')
  if (name === undefined) return undefined
  if (name.length > 400) throw invalid('Param name must be at most 400 characters long')
  return () => call.world.setName(entity, name, call.actor)
}

/** POST /{node}. @throws GraphProblem for everything Meta would refuse */
export function writeNode(call: Call, id: string): unknown {
  const object = call.world.object(id)
  if (object === undefined) throw missingObject('POST', id)
  if (object.kind !== 'campaign' && object.kind !== 'adset' && object.kind !== 'ad') throw missingObject('POST', id)
  checkOptions(call)
  checkAccess(call, object)
  if ((object.status === 'DELETED' || object.status === 'ARCHIVED') && !call.params.has('status'))
    throw refused(1487056, 'Object was deleted', 'This object has been archived or deleted and cannot be edited.')
  const effects: (Effect | undefined)[] = [statusEffect(call, object), nameEffect(call, object)]
  if (object.kind !== 'ad') effects.push(budgetEffect(call, object))
  if (object.kind === 'adset') effects.push(adSetBids(call, object))
  if (object.kind === 'campaign') effects.push(campaignBids(call, object))
  if (!isDryRun(call.params)) {
    for (const effect of effects) effect?.()
    call.world.persist()
  }
  return { success: true }
}

/** DELETE /{node}: the same as status=DELETED. */
export function deleteNode(call: Call, id: string): unknown {
  const object = call.world.object(id)
  if (object === undefined || (object.kind !== 'campaign' && object.kind !== 'adset' && object.kind !== 'ad'))
    throw missingObject('DELETE', id)
  checkAccess(call, object)
  call.world.setStatus(object, 'DELETED', call.actor)
  call.world.persist()
  return { success: true }
}
