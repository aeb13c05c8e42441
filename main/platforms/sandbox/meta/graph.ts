/** Which path does what: the routes of graph.facebook.com that the sandbox plays, one request or one entry of a batch at a time. */
import { readDirectory, findObject, readEdge, shape } from './edges.ts'
import { InsightTables, readInsights } from './insights.ts'
import { ReportRuns } from './reports.ts'
import { debugToken, type OauthState, permissions, revoke, type Switches, tokenEndpoint } from './oauth.ts'
import type { MetaAccount } from './types.ts'
import type { UsageKind } from './usage.ts'
import { type Call, GraphProblem, invalid, missingObject, parseFields, type Params } from './wire.ts'
import { type MetaWorld, ownerOf } from './world.ts'
import { API_ACTOR } from './world-edits.ts'
import { deleteNode, isDryRun, writeNode } from './writes.ts'

export interface GraphOptions {
  readonly world: MetaWorld
  readonly oauth: OauthState
  readonly switches: Switches
}

/** One request as the routes see it. */
export interface GraphRequest {
  readonly method: string
  readonly path: readonly string[]
  readonly params: Params
  readonly token: string
  readonly version: string
  readonly baseUrl: string
}

const EDGES = new Set([
  'adaccounts',
  'businesses',
  'owned_ad_accounts',
  'client_ad_accounts',
  'campaigns',
  'adsets',
  'ads',
  'adcreatives',
  'adspixels',
  'stats',
  'da_checks',
  'event_last_fired_time',
  'customconversions',
  'activities',
  'minimum_budgets',
  'insights',
  'permissions',
]) // prettier-ignore

/**
 * The name a fault is addressed to: GET "/campaigns", "/adsets", "/insights" … by edge, "/node" for one object by id (reads), "/report" for
 * the state of an asynchronous report, "POST /node" for a real write, "POST /node validate_only" for a dry run, "POST /insights" for
 * starting a report, "POST /" for a batch, "/oauth/access_token", "/debug_token", "DELETE /permissions"; "*" is any.
 */
export function endpointName(method: string, path: readonly string[], params: Params, isRun: boolean): string {
  const [first, second] = path
  if (first === undefined) return method === 'POST' ? 'POST /' : '/'
  if (first === 'oauth') return '/oauth/access_token'
  if (first === 'debug_token') return '/debug_token'
  if (second !== undefined) return EDGES.has(second) ? `${method === 'GET' ? '' : `${method} `}/${second}` : '/unknown'
  if (method === 'POST') return isDryRun(params) ? 'POST /node validate_only' : 'POST /node'
  if (method === 'DELETE') return 'DELETE /node'
  return first === 'me' ? '/me' : isRun ? '/report' : '/node'
}

export interface Graph {
  run(request: GraphRequest): unknown
  nameOf(method: string, path: readonly string[], params: Params): string
  /** The account a request is about, for its usage headers. */
  accountOf(path: readonly string[]): MetaAccount | undefined
  readonly runs: ReportRuns
}

/** Checks the token and its proof. @throws GraphProblem 190, 104, 100 */
function authorize({ world, oauth, switches }: GraphOptions, request: GraphRequest): readonly string[] {
  const { token, params } = request
  if (token === '')
    throw request.path[0] === 'me'
      ? new GraphProblem(2500, 'An active access token must be used to query information about the current user.')
      : new GraphProblem(104, 'An access token is required to request this resource.')
  const [appId, secret] = token.split('|')
  if (appId === oauth.appId && secret !== undefined && oauth.isSecret(secret)) return []
  const problem = oauth.problemOf(token)
  if (problem !== undefined) throw problem
  const proof = params.text('appsecret_proof')
  if (proof === undefined && switches.isProofRequired)
    throw new GraphProblem(100, 'API calls from the server require an appsecret_proof argument', {
      type: 'GraphMethodException',
    })
  if (proof !== undefined && !oauth.isProof(token, proof))
    throw new GraphProblem(100, 'Invalid appsecret_proof provided in the API argument', {
      type: 'GraphMethodException',
    })
  return world.grants.get(token)?.scopes ?? []
}

export function createGraph(options: GraphOptions): Graph {
  const { world, oauth } = options
  const tables = new InsightTables()
  const runs = new ReportRuns()
  const accountOf = (path: readonly string[]): MetaAccount | undefined => {
    const object = world.object(path[0] ?? '')
    if (object === undefined) return undefined
    if (object.kind === 'account') return object
    return object.kind === 'campaign' || object.kind === 'adset' || object.kind === 'ad'
      ? ownerOf(object)
      : object.account
  }

  function read(call: Call): unknown {
    const [node = '', edge] = call.path
    if (node === 'me' && edge === 'permissions') return permissions(call)
    // The app that the token was made for; any token may ask.
    if (node === 'app' && edge === undefined) return { name: 'Fjellkant Reporting', id: oauth.appId }
    if (node === 'me' && edge === 'businesses' && !call.scopes.includes('business_management'))
      throw new GraphProblem(200, '(#200) Requires business_management permission to manage the object')
    if (node !== 'me' && !call.scopes.includes('ads_read') && !call.scopes.includes('ads_management'))
      throw new GraphProblem(200, '(#200) Ad account owner has NOT grant ads_management or ads_read permission')
    const directory = readDirectory(call)
    if (directory !== undefined) return directory
    const report = runs.find(call, node)
    if (report !== undefined && edge === undefined) return runs.poll(call, report)
    if (report !== undefined && edge === 'insights') return runs.read(call, report)
    const object = findObject(call, node)
    if (edge === undefined) return shape(object, call.fields, call)
    if (edge === 'insights') return readInsights(call, object, tables)
    return readEdge(call, object, edge)
  }

  function run(request: GraphRequest): unknown {
    const { method, path, params } = request
    const call = (scopes: readonly string[]): Call => ({
      ...request,
      world,
      scopes,
      fields: parseFields((params.list('fields') ?? []).length === 0 ? '' : fieldsText(params)),
      actor: API_ACTOR,
    })
    if (path[0] === 'oauth' && path[1] === 'access_token') return tokenEndpoint(call([]), oauth)
    const scopes = authorize(options, request)
    if (path[0] === 'debug_token') return debugToken(call(scopes), oauth, options.switches.isInspectionRefused)
    if (path.length === 0)
      throw invalid('The parameter ids is no longer supported at the root. Ask for each object by itself.')
    if (path.length > 2) throw new GraphProblem(2500, `Unknown path components: /${path.slice(2).join('/')}`)
    if (method === 'GET') return read(call(scopes))
    const [node = '', edge] = path
    if (method === 'DELETE') {
      if (node === 'me' && edge === 'permissions') return revoke(call(scopes), oauth)
      if (edge === undefined) return deleteNode(call(scopes), node)
    }
    if (method === 'POST') {
      if (edge === undefined) return writeNode(call(scopes), node)
      if (edge === 'insights') return runs.start(call(scopes), findObject(call(scopes), node))
    }
    throw missingObject(method, node)
  }

  return {
    run,
    accountOf,
    runs,
    nameOf: (method, path, params) =>
      endpointName(
        method,
        path,
        params,
        path[0] !== undefined && /^60\d{11}$/.test(path[0]) && world.object(path[0]) === undefined,
      ),
  }
}

/** Fields as one text, whether they came as text between commas or as a JSON array. */
function fieldsText(params: Params): string {
  const text = params.text('fields') ?? ''
  return text.trimStart().startsWith('[') ? (params.list('fields') ?? []).join(',') : text
}

export function usageKind(path: readonly string[]): UsageKind {
  return path[1] === 'insights' ? 'ads_insights' : 'ads_management'
}
