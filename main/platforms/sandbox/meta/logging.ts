/** What is kept of a request, with every secret of Meta's wire blanked first: also inside addresses and batches. */
import type { IncomingMessage } from 'node:http'
import type { LoggedRequest } from '../request-log.ts'

const SECRETS = [
  'access_token',
  'client_secret',
  'fb_exchange_token',
  'code',
  'appsecret_proof',
  'input_token',
] as const
const SECRET_PAIR = new RegExp(`(?:\\b|(?<=%[0-9A-F]{2}))(${SECRETS.join('|')})(=|%3D)[^&\\s"]+`, 'gi')
/** The same members inside JSON that is itself a text, however often it was quoted. */
const SECRET_MEMBER = new RegExp(`\\b(${SECRETS.join('|')})(\\\\*"\\s*:\\s*\\\\*")[^"\\\\]+`, 'gi')

/** A copy without secrets: members of those names, and both spellings of such a member within texts. */
export function blankMetaSecrets(value: unknown): unknown {
  if (typeof value === 'string')
    return value.replace(SECRET_PAIR, '$1$2[secret]').replace(SECRET_MEMBER, '$1$2[secret]')
  if (Array.isArray(value)) return value.map(blankMetaSecrets)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      (SECRETS as readonly string[]).includes(key) ? '[secret]' : blankMetaSecrets(member),
    ]),
  )
}

/** "act_42/campaigns" → "/act_{id}/campaigns": one line per endpoint, whatever the object. */
export function patternOf(path: readonly string[]): string {
  return `/${path.map((part) => part.replace(/^act_\d+$/, 'act_{id}').replace(/^\d+(\.png)?$/, '{id}$1')).join('/')}`
}

/** Whether an endpoint changes something. A dry run does not. */
export function isWriteName(name: string): boolean {
  return name === 'POST /node' || name === 'DELETE /node' || name === 'POST /'
}

export interface Seen {
  readonly atMs: number
  readonly incoming: IncomingMessage
  readonly query: Readonly<Record<string, string>>
  readonly body: Readonly<Record<string, unknown>>
  readonly method: string
  readonly path: string
  readonly name: string
  readonly entityIds: readonly string[]
  readonly isWrite: boolean
  readonly hasToken: boolean
  readonly fault: string | undefined
}

export function logEntry(seen: Seen): LoggedRequest {
  const { incoming } = seen
  const agent = incoming.headers['user-agent'] ?? ''
  return {
    atMs: seen.atMs,
    method: seen.method,
    path: seen.path,
    query: blankMetaSecrets(seen.query) as Record<string, string>,
    body: blankMetaSecrets(seen.body),
    userAgent: agent.startsWith('fbbizsdk') ? 'official SDK' : agent,
    connection: incoming.headers.connection ?? '',
    isWrite: seen.isWrite,
    hasToken: seen.hasToken,
    entityIds: seen.entityIds,
    fault: seen.fault,
    httpStatus: 0,
    code: undefined,
  }
}
