/** Which request is which. Paths as v25's protos annotate them; the OAuth ones as the installed-app documentation has them. */
import { isRecord } from './proto-json.ts'
import type { GoogleWorld } from './world.ts'

const VERSION = 'v25'

export interface Route {
  readonly kind:
    | 'accessible'
    | 'fields'
    | 'search'
    | 'searchStream'
    | 'mutate'
    | 'authorize'
    | 'decision'
    | 'token'
    | 'revoke'
    | 'thumbnail'
  readonly method: 'GET' | 'POST'
  readonly isOauth: boolean
  /** What faults and the log call it. */
  readonly path: string
  readonly customerId: string
  readonly service: string | undefined
  readonly isWrongVersion: boolean
  /** What the request is for, as fault names. */
  readonly purposes: (body: string) => readonly string[]
}

const NONE = () => []

const FIXED: Readonly<Record<string, Pick<Route, 'kind' | 'method' | 'path'>>> = {
  '/o/oauth2/v2/auth': { kind: 'authorize', method: 'GET', path: '/auth' },
  '/o/oauth2/v2/auth/decision': { kind: 'decision', method: 'POST', path: '/auth/decision' },
  '/token': { kind: 'token', method: 'POST', path: '/token' },
  '/revoke': { kind: 'revoke', method: 'POST', path: '/revoke' },
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : {}
  } catch {
    return {}
  }
}

/** Whether a mutate is marked as changing nothing. */
export function isDryRun(body: unknown): boolean {
  return isRecord(body) && (body['validateOnly'] ?? body['validate_only']) === true
}

function readPurposes(text: string): readonly string[] {
  const { query } = parsed(text)
  const gaql = typeof query === 'string' ? query : ''
  if (/\bFROM change_event\b/.test(gaql)) return ['#history']
  return [/\bmetrics\./.test(gaql) ? '#report' : '#listing']
}

/** @returns undefined for a path that Google answers with its 404 page */
export function routeOf(pathname: string): Route | undefined {
  const fixed = Object.hasOwn(FIXED, pathname) ? FIXED[pathname] : undefined
  const rest = { customerId: '', service: undefined, isWrongVersion: false, purposes: NONE }
  if (fixed !== undefined) return { ...fixed, ...rest, isOauth: true }
  if (/^\/thumbnail\/\d{1,19}\.png$/.test(pathname))
    return { kind: 'thumbnail', method: 'GET', path: '/thumbnail', ...rest, isOauth: false }
  const [, version, path = ''] = /^\/(v\d+)(\/.*)$/.exec(pathname) ?? []
  if (version === undefined) return undefined
  const common = { ...rest, isOauth: false, isWrongVersion: version !== VERSION }
  if (path === '/customers:listAccessibleCustomers') return { ...common, kind: 'accessible', method: 'GET', path }
  if (path === '/googleAdsFields:search') return { ...common, kind: 'fields', method: 'POST', path }
  const [, customerId, service = '', verb] = /^\/customers\/([^/]+)\/([a-zA-Z]+):([a-zA-Z]+)$/.exec(path) ?? []
  if (customerId === undefined) return undefined
  const found = { ...common, method: 'POST' as const, path: `/${service}:${verb ?? ''}`, customerId, service }
  if (service === 'googleAds' && (verb === 'search' || verb === 'searchStream'))
    return { ...found, kind: verb, purposes: readPurposes }
  if (verb !== 'mutate') return undefined
  return { ...found, kind: 'mutate', purposes: (text) => [isDryRun(parsed(text)) ? '#dry_run' : '#write'] }
}

const RESOURCE_NAME = /^customers\/\d+\/([a-zA-Z]+)\/([\d~]+)$/

/**
 * Ids that a mutate names, of any operation: "88~99" and "99" for an ad, and for a budget also the campaigns that it feeds, because
 * changing it changes them.
 */
export function namedIds(body: unknown, world: GoogleWorld): readonly string[] {
  const ids = new Set<string>()
  const visit = (value: unknown, depth: number): void => {
    if (depth > 6) return
    if (typeof value === 'string') {
      const match = RESOURCE_NAME.exec(value)
      if (match === null) return
      const id = match[2] ?? ''
      ids.add(id)
      if (id.includes('~')) ids.add(id.slice(id.indexOf('~') + 1))
      const node = world.node(value)
      if (node?.kind === 'campaignBudget')
        for (const campaign of node.customer.campaigns) if (campaign.budget === node) ids.add(campaign.id)
    } else if (Array.isArray(value)) for (const item of value.slice(0, 10_000)) visit(item, depth + 1)
    else if (isRecord(value)) for (const item of Object.values(value)) visit(item, depth + 1)
  }
  visit(isRecord(body) ? (body['operations'] ?? body['mutateOperations'] ?? body['mutate_operations']) : undefined, 0)
  return [...ids]
}
