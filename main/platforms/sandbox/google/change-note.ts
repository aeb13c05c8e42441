/** Makes a change and writes down what the change history will say of it: the changed fields, before and after, and nothing else. */
import type { Row } from './catalog.ts'
import { STRATEGY_VALUES } from './fields-campaign.ts'
import { FIELDS } from './gaql-plan.ts'
import { fieldWriter } from './gaql-run.ts'
import { strategyMember } from './mutate-strategy.ts'
import { toSnake } from './proto-json.ts'
import type { Editable } from './types.ts'
import type { EditNote, GoogleWorld } from './world.ts'

const STRATEGY_TYPE = 'bidding_strategy_type'

function rowOf(world: GoogleWorld, node: Editable): Row {
  const base = { customer: node.customer, today: world.now(node.customer).date, baseUrl: '' }
  switch (node.kind) {
    case 'campaignBudget':
      return { ...base, budget: node }
    case 'campaign':
      return { ...base, campaign: node, budget: node.budget }
    case 'adGroup':
      return { ...base, campaign: node.campaign, adGroup: node }
    case 'adGroupAd':
      return { ...base, campaign: node.adGroup.campaign, adGroup: node.adGroup, ad: node }
    case 'assetGroup':
      return { ...base, campaign: node.campaign, assetGroup: node }
    default:
      return {
        ...base,
        campaign: node.campaign,
        criterion: node,
        ...(node.adGroup === undefined ? {} : { adGroup: node.adGroup }),
      }
  }
}

/** The resource's own fields as a message, camelCase. */
export function resourceOf(world: GoogleWorld, node: Editable, resource: string, only?: readonly string[]): unknown {
  const fields = [...FIELDS.values()].filter(({ name }) => {
    if (!name.startsWith(`${resource}.`)) return false
    const path = name.slice(resource.length + 1)
    return only === undefined || only.some((each) => path === each || path.startsWith(`${each}.`))
  })
  const whole = fieldWriter(fields)(rowOf(world, node)) as Readonly<Record<string, unknown>>
  return Object.values(whole)[0] ?? {}
}

type Snapshot = Readonly<Record<string, unknown>>

function memberOf(node: Editable): string | undefined {
  return node.kind === 'campaign' ? node.strategy.member : undefined
}

/**
 * Runs `work`, which changes the node's fields at these paths (snake_case). A switch of a campaign's bidding strategy also changes its type,
 * and ends the target of the strategy before.
 */
export function noteChange(
  world: GoogleWorld,
  node: Editable,
  resource: string,
  paths: readonly string[],
  work: () => void,
): Omit<EditNote, 'operation'> {
  const isStrategy = node.kind === 'campaign' && paths.some((path) => strategyMember(path) !== undefined)
  const all = isStrategy ? [...new Set([...paths, STRATEGY_TYPE, ...Object.keys(STRATEGY_VALUES)])] : paths
  const look = (fields: readonly string[]) => toSnake(resourceOf(world, node, resource, fields)) as Snapshot
  const [member, wide, narrow] = [memberOf(node), look(all), look(paths)]
  work()
  const isSwitch = isStrategy && memberOf(node) !== member
  return {
    resourceType: resource.toUpperCase(),
    changedFields: isSwitch ? [...new Set([STRATEGY_TYPE, ...paths])] : paths,
    before: isSwitch ? wide : narrow,
    after: look(isSwitch ? all : paths),
  }
}
