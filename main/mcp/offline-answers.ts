/**
 * What the stdio bridge answers by itself while it cannot reach the app: enough for a host to keep the server listed and
 * for a model to say what the user should do. It never invents data and never pretends that a call was made.
 */
import { INSTRUCTIONS, LISTED_TOOLS, repeatableName, TOOLS } from './catalogue.ts'
import { errorResult, type ToolResult } from './tool-result.ts'

/** Kept equal to the app's own lists by a test. */
export const LEGACY_VERSIONS: readonly string[] = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05', '2024-10-07']
const MODERN_VERSIONS: readonly string[] = ['2026-07-28']

const VERSION_KEY = 'io.modelcontextprotocol/protocolVersion'
const SERVER_KEY = 'io.modelcontextprotocol/serverInfo'
const METHOD_NOT_FOUND = -32601
const INVALID_PARAMS = -32602
const INTERNAL_ERROR = -32603
const UNSUPPORTED_VERSION = -32022

export type RequestId = string | number
export interface Message {
  readonly jsonrpc?: unknown
  readonly id?: unknown
  readonly method?: unknown
  readonly params?: unknown
  readonly [key: string]: unknown
}
/** Why the app could not answer. */
export type Reason = 'app_not_running' | 'not_authorized' | 'other_version' | 'too_many' | 'lost'

interface Words {
  readonly code: string
  readonly message: string
  readonly hint: string
  readonly retryable: boolean
}
const WORDS: Readonly<Record<Reason, Words>> = {
  app_not_running: {
    code: 'app_not_running',
    message: 'SpendSignoff is not running on this computer, so nothing was read or stored.',
    hint: 'Ask the user to open SpendSignoff, then call this tool again. Do not retry in a loop.',
    retryable: false,
  },
  not_authorized: {
    code: 'not_authorized',
    message: 'SpendSignoff does not accept this client: its access is unknown, has expired or was revoked.',
    hint: 'Ask the user to open SpendSignoff > Connections > AI clients, add this client again and paste the new configuration.',
    retryable: false,
  },
  other_version: {
    code: 'app_not_running',
    message: 'The running SpendSignoff and this connection belong to different versions.',
    hint: 'Ask the user to update SpendSignoff and to restart this AI client.',
    retryable: false,
  },
  too_many: {
    code: 'rate_limited',
    message: 'This client has too many open connections to SpendSignoff.',
    hint: 'Ask the user to close other windows of this AI client, then call again.',
    retryable: true,
  },
  lost: {
    code: 'lost',
    message: 'SpendSignoff went away during this call, so its result is not known.',
    hint: 'Reads may be repeated. Repeat propose_change only with the same idempotency_key; look at list_drafts before anything else.',
    retryable: true,
  },
}

function field(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined
}

/** The revision a message of the 2026 era claims; null for the 2025 era. */
export function modernVersionOf(message: Message): string | null {
  const version = field(field(message.params, '_meta'), VERSION_KEY)
  return typeof version === 'string' ? version : null
}
export function requestIdOf(message: Message): RequestId | null {
  if (typeof message.method !== 'string') return null
  return typeof message.id === 'string' || typeof message.id === 'number' ? message.id : null
}

function failure(id: RequestId | null, code: number, message: string, data?: unknown): object {
  return { jsonrpc: '2.0', id, error: { code, message, ...(data === undefined ? {} : { data }) } }
}
export function parseFailure(why: string): object {
  return failure(null, -32700, `Parse error: ${why}`)
}
export function busyFailure(id: RequestId): object {
  return failure(id, INTERNAL_ERROR, 'Too many requests are waiting for an answer.')
}

/** The answer to one request. `appVersion` is the bridge's own. */
export function answerOffline(message: Message, id: RequestId, reason: Reason, appVersion: string): object {
  const claimed = modernVersionOf(message)
  if (claimed !== null && !MODERN_VERSIONS.includes(claimed)) {
    const data = { supported: MODERN_VERSIONS, requested: claimed.slice(0, 40) }
    return failure(id, UNSUPPORTED_VERSION, 'Unsupported protocol version', data)
  }
  const server = { name: 'spendsignoff', title: 'SpendSignoff', version: appVersion }
  const answer = resultOf(message, reason, server)
  if ('error' in answer) return failure(id, answer.error.code, answer.error.message)
  const result =
    claimed === null
      ? answer.result
      : { resultType: 'complete', ...answer.result, ...answer.cache, _meta: { [SERVER_KEY]: server } }
  return { jsonrpc: '2.0', id, result }
}

type Answer =
  | { readonly result: object; readonly cache?: object }
  | { readonly error: { readonly code: number; readonly message: string } }

const CAPABILITIES = { tools: { listChanged: true } }
/** What was said while the app was away must not be kept. */
const NO_CACHE = { ttlMs: 0, cacheScope: 'private' }

function resultOf(message: Message, reason: Reason, serverInfo: object): Answer {
  const words = WORDS[reason]
  const instructions = `${words.message} ${words.hint}\n${INSTRUCTIONS}`
  switch (message.method) {
    case 'initialize': {
      const wanted = field(message.params, 'protocolVersion')
      const protocolVersion = LEGACY_VERSIONS.find((version) => version === wanted) ?? LEGACY_VERSIONS[0]
      return { result: { protocolVersion, capabilities: CAPABILITIES, serverInfo, instructions } }
    }
    case 'server/discover':
      return {
        result: { supportedVersions: MODERN_VERSIONS, capabilities: CAPABILITIES, instructions },
        cache: NO_CACHE,
      }
    case 'ping':
      return { result: {} }
    case 'tools/list':
      return { result: { tools: LISTED_TOOLS }, cache: NO_CACHE }
    case 'tools/call':
      return callResult(message, words)
    case 'resources/list':
      return { result: { resources: [] }, cache: NO_CACHE }
    case 'resources/templates/list':
      return { result: { resourceTemplates: [] }, cache: NO_CACHE }
    case 'prompts/list':
      return { result: { prompts: [] }, cache: NO_CACHE }
    case 'resources/read':
    case 'prompts/get':
    case 'subscriptions/listen':
      return { error: { code: INTERNAL_ERROR, message: `${words.message} ${words.hint}` } }
    default:
      return { error: { code: METHOD_NOT_FOUND, message: 'Method not found' } }
  }
}

function callResult(message: Message, words: Words): Answer {
  const name = field(message.params, 'name')
  if (typeof name !== 'string' || !TOOLS.has(name)) {
    return { error: { code: INVALID_PARAMS, message: `Tool ${repeatableName(name)} not found` } }
  }
  const result: ToolResult = errorResult(words)
  return { result }
}
