/** The mutate services: operations in order, atomic or each for itself, for real or only checked. */
import { noteChange, resourceOf } from './change-note.ts'
import { ApiFailure, adsError, failureDetails, type GoogleAdsError, invalid } from './failure.ts'
import { FIELDS } from './gaql-plan.ts'
import { planRemove, planUpdate } from './mutate-apply.ts'
import { at, type Operation, type Place, readOperation } from './mutate-values.ts'
import { isRecord, snake, toCamel } from './proto-json.ts'
import type { Customer, Editable } from './types.ts'
import type { Editor, GoogleWorld } from './world.ts'

const MAX_OPERATIONS = 10_000

interface Service {
  /** "campaign_budget": the resource's field prefix, and its member in results. */
  readonly resource: string
  readonly node: Editable['kind']
  readonly pattern: RegExp
}

const service = (resource: string, node: Editable['kind'], collection: string, id = '\\d+'): Service => ({
  resource,
  node,
  pattern: new RegExp(`^customers/(\\d{10})/${collection}/${id}$`),
})

const SERVICES = {
  campaignBudgets: service('campaign_budget', 'campaignBudget', 'campaignBudgets'),
  campaigns: service('campaign', 'campaign', 'campaigns'),
  adGroups: service('ad_group', 'adGroup', 'adGroups'),
  adGroupAds: service('ad_group_ad', 'adGroupAd', 'adGroupAds', '\\d+~\\d+'),
  adGroupCriteria: service('ad_group_criterion', 'adGroupCriterion', 'adGroupCriteria', '\\d+~\\d+'),
} as const

export type MutateService = keyof typeof SERVICES | 'googleAds'
/** The JSON body of a mutate, camelCase or snake_case. */
export type MutateRequest = Readonly<Record<string, unknown>>

export function isMutateService(name: string): name is MutateService {
  return name === 'googleAds' || Object.hasOwn(SERVICES, name)
}

/** Names that the update message of a resource may hold; the rest is a misspelling. */
function fieldNames(resource: string): ReadonlySet<string> {
  const names = [...FIELDS.keys()].filter((name) => name.startsWith(`${resource}.`))
  return new Set(names.map((name) => name.slice(resource.length + 1).split('.')[0] ?? ''))
}

interface Item {
  readonly service: Service
  readonly raw: unknown
  readonly place: Place
}

/** The request's operations with the service that each belongs to. @throws ApiFailure */
function itemsOf(name: MutateService, request: MutateRequest): readonly Item[] {
  const isMixed = name === 'googleAds'
  const list = isMixed ? (request['mutateOperations'] ?? request['mutate_operations']) : request['operations']
  const operations: readonly unknown[] = Array.isArray(list) ? list : []
  const field = isMixed ? 'mutate_operations' : 'operations'
  if (operations.length === 0)
    throw invalid(
      'requestError.REQUIRED_FIELD_MISSING',
      'The required field was not present.',
      at([{ fieldName: field }]),
    )
  if (operations.length > MAX_OPERATIONS)
    throw invalid(
      'requestError.TOO_MANY_MUTATE_OPERATIONS',
      'Too many mutate operations in the request.',
      at([{ fieldName: field }]),
    )
  return operations.map((raw, index): Item => {
    const place = [{ fieldName: field, index }]
    if (!isMixed) return { service: SERVICES[name], raw, place }
    const [key, value] = Object.entries(isRecord(raw) ? raw : {})[0] ?? ['', undefined]
    const found = Object.values(SERVICES).find((each) => snake(key) === `${each.resource}_operation`)
    if (found === undefined)
      throw invalid('mutateError.MUTATE_NOT_ALLOWED', 'The operation is not supported.', at(place))
    return { service: found, raw: value, place: [...place, { fieldName: snake(key) }] }
  })
}

function findNode(
  world: GoogleWorld,
  customer: Customer,
  { service: { pattern, node } }: Item,
  operation: Operation,
): Editable {
  const match = pattern.exec(operation.resourceName)
  const where = at(operation.place, ...(operation.kind === 'remove' ? ['remove'] : ['update', 'resource_name']))
  if (match === null)
    throw invalid(
      'requestError.RESOURCE_NAME_MALFORMED',
      `'${operation.resourceName.slice(0, 120)}' is not a valid resource name.`,
      where,
    )
  const found = match[1] === customer.id ? world.node(operation.resourceName) : undefined
  if (found === undefined || found.kind !== node)
    throw invalid('mutateError.RESOURCE_NOT_FOUND', 'Resource was not found.', where)
  return found
}

function isTrue(request: MutateRequest, camelName: string, snakeName: string): boolean {
  return (request[camelName] ?? request[snakeName]) === true
}

function statusOf(errors: readonly GoogleAdsError[]): unknown {
  return {
    code: 3,
    message: 'Multiple errors in ‘details’. First error: '.concat(errors[0]?.message ?? ''),
    details: failureDetails(errors, ''),
  }
}

/** Runs mutates on one world. The returned function answers with the JSON of the response. @throws ApiFailure */
export function createMutator(world: GoogleWorld) {
  const known = new Map(Object.values(SERVICES).map(({ resource }) => [resource, fieldNames(resource)]))

  function runOne(customer: Customer, item: Item, editor: Editor): Editable {
    const { resource } = item.service
    const names = known.get(resource) ?? new Set<string>()
    const operation = readOperation(item.raw, item.place, names)
    if (operation.kind === 'create')
      throw invalid('mutateError.MUTATE_NOT_ALLOWED', 'The sandbox creates nothing.', at(operation.place, 'create'))
    const node = findNode(world, customer, item, operation)
    const isRemove = operation.kind === 'remove'
    const effect = isRemove ? planRemove(world, node, operation) : planUpdate(world, node, operation, names)
    const fields = isRemove ? ['status'] : operation.mask
    const note = noteChange(world, node, resource, fields, effect)
    world.record(editor, node, { ...note, operation: isRemove ? 'REMOVE' : 'UPDATE' })
    return node
  }

  function runAll(customer: Customer, items: readonly Item[], editor: Editor, isPartial: boolean) {
    const errors: GoogleAdsError[] = []
    const done: (Editable | undefined)[] = []
    for (const item of items) {
      try {
        done.push(world.transact(() => ({ result: runOne(customer, item, editor), isKept: true })))
      } catch (error) {
        // What is no GoogleAdsFailure never got as far as the operations: the request as a whole is bad.
        if (!(error instanceof ApiFailure) || error.errors.length === 0) throw error
        errors.push(...error.errors)
        done.push(undefined)
      }
    }
    if (errors.length > 0 && !isPartial) throw new ApiFailure('INVALID_ARGUMENT', errors)
    return { done, errors }
  }

  return (customer: Customer, name: MutateService, request: MutateRequest, editor: Editor): unknown => {
    const items = itemsOf(name, request)
    const isPartial = isTrue(request, 'partialFailure', 'partial_failure')
    const isValidateOnly = isTrue(request, 'validateOnly', 'validate_only')
    const content = request['responseContentType'] ?? request['response_content_type']
    return world.transact(() => {
      const { done, errors } = runAll(customer, items, editor, isPartial)
      const problem = errors.length === 0 ? {} : { partialFailureError: statusOf(errors) }
      if (isValidateOnly) return { result: problem, isKept: false }
      const results = done.map((node, index): unknown => {
        const { resource } = items[index]?.service ?? SERVICES.campaigns
        if (node === undefined) return {}
        const whole = content === 'MUTABLE_RESOURCE' ? { [resource]: resourceOf(world, node, resource) } : {}
        const result = toCamel({ resource_name: node.resourceName, ...whole })
        return name === 'googleAds' ? toCamel({ [`${resource}_result`]: result }) : result
      })
      const list = name === 'googleAds' ? { mutateOperationResponses: results } : { results }
      return { result: { ...problem, ...list }, isKept: true }
    })
  }
}

/**
 * Fault "partial": with partialFailure every operation is answered as failed; without it the whole request is refused. Nothing changes.
 * @throws ApiFailure
 */
export function refusedAll(name: MutateService, request: MutateRequest): unknown {
  const items = itemsOf(name, request)
  const errors = items.map((item) =>
    adsError('mutateError.MUTATE_NOT_ALLOWED', 'Mutates are not allowed for the requested resource.', at(item.place)),
  )
  if (!isTrue(request, 'partialFailure', 'partial_failure')) throw new ApiFailure('INVALID_ARGUMENT', errors)
  const key = name === 'googleAds' ? 'mutateOperationResponses' : 'results'
  return { partialFailureError: statusOf(errors), [key]: items.map(() => ({})) }
}
