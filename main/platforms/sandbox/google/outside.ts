/** A colleague works in Google's own screens: changes that our app did not make. */
import { noteChange } from './change-note.ts'
import { snake } from './proto-json.ts'
import type { Budget, Editable, Status, Strategy } from './types.ts'
import type { GoogleWorld } from './world.ts'

/** What may be changed; money in micros. */
export interface OutsideEdit {
  readonly status?: Status
  /** Of a campaign: its budget's amount, for all campaigns on it. */
  readonly budgetMicros?: number | bigint
  readonly strategy?: Strategy
  readonly cpcBidMicros?: number | bigint
  readonly targetCpaMicros?: number | bigint
  readonly targetRoas?: number
  /** Puts the campaign on the shared budget of this other campaign. */
  readonly joinBudgetOf?: string
  readonly name?: string
}

const COLLEAGUE = { userEmail: 'kollegin@fjellkant.example', clientType: 'GOOGLE_ADS_WEB_CLIENT' }

/** The node with this id: a campaign, budget, ad group, "group~ad" or ad. @throws TypeError when there is none */
function nodeById(world: GoogleWorld, id: string): Editable {
  for (const customer of world.customers) {
    const budget = customer.budgets.find((each) => each.id === id)
    if (budget !== undefined) return budget
    for (const campaign of customer.campaigns) {
      if (campaign.id === id) return campaign
      const assetGroup = campaign.assetGroups.find((each) => each.id === id)
      if (assetGroup !== undefined) return assetGroup
      for (const group of campaign.adGroups) {
        if (group.id === id) return group
        const ad = group.ads.find((each) => each.id === id || `${group.id}~${each.id}` === id)
        if (ad !== undefined) return ad
      }
    }
  }
  throw new TypeError(`the sandbox has no entity ${id}`)
}

const RESOURCES: Readonly<Record<Editable['kind'], string>> = {
  campaignBudget: 'campaign_budget',
  campaign: 'campaign',
  adGroup: 'ad_group',
  adGroupAd: 'ad_group_ad',
  assetGroup: 'asset_group',
  adGroupCriterion: 'ad_group_criterion',
  campaignCriterion: 'campaign_criterion',
}

/** Makes a change and notes it in the history, as that colleague. */
function edit(world: GoogleWorld, node: Editable, fields: readonly string[], work: () => void): void {
  const resource = RESOURCES[node.kind]
  world.touch(node)
  world.record(COLLEAGUE, node, { ...noteChange(world, node, resource, fields, work), operation: 'UPDATE' })
}

/** The leaves that change when a campaign bids another way. */
function strategyPaths(before: Strategy, after: Strategy): readonly string[] {
  const names = [...(before.member === after.member ? Object.keys(before.values) : []), ...Object.keys(after.values)]
  return names.length === 0 ? [after.member] : [...new Set(names)].map((name) => `${after.member}.${name}`)
}

function budgetOf(node: Editable): Budget {
  if (node.kind === 'campaign') return node.budget
  if (node.kind === 'campaignBudget') return node
  throw new TypeError('only campaigns and budgets have a budget')
}

/** Changes something behind the app's back. No rule of the API is asked: this is how the world gets into any state. @throws TypeError */
export function setOutside(world: GoogleWorld, externalId: string, change: OutsideEdit): void {
  const node = nodeById(world, externalId)
  const { status, name, strategy } = change
  if (status !== undefined) {
    if (node.kind === 'campaignBudget') throw new TypeError('a budget has no switch')
    edit(world, node, ['status'], () => world.setStatus(node, status))
  }
  if (name !== undefined && (node.kind === 'campaign' || node.kind === 'adGroup'))
    edit(world, node, ['name'], () => {
      node.name = name
    })
  if (change.budgetMicros !== undefined) {
    const budget = budgetOf(node)
    const field = budget.period === 'DAILY' ? 'amount_micros' : 'total_amount_micros'
    edit(world, budget, [field], () => world.setBudget(budget, Number(change.budgetMicros)))
  }
  if (strategy !== undefined && node.kind === 'campaign')
    edit(world, node, strategyPaths(node.strategy, strategy), () => {
      node.strategy = strategy
      node.strategyChangedOn = world.now(node.customer).date
    })
  if (change.joinBudgetOf !== undefined && node.kind === 'campaign') {
    const budget = budgetOf(nodeById(world, change.joinBudgetOf))
    edit(world, node, ['campaign_budget'], () => {
      node.budget = budget
    })
  }
  for (const bid of ['cpcBidMicros', 'targetCpaMicros', 'targetRoas'] as const) {
    const value = change[bid]
    if (value === undefined || node.kind !== 'adGroup') continue
    edit(world, node, [snake(bid)], () => {
      node[bid] = Number(value)
    })
  }
  world.persist()
}
