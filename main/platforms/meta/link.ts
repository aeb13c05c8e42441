/**
 * Linking Meta: the consent page's address, a code for a short-lived token, that for one of about 60 days, and a look at a token before
 * it is kept. Codes work once, so no exchange is ever repeated. Everything secret goes in a body or a header. Keeps nothing. What the
 * browser brings back is checked by whoever listens for it; a token is ended by the adapter (`revoke`).
 */
import type { Clock } from '../../../shared/clock.ts'
import { OperationError } from '../../../shared/errors.ts'
import { allowedBase, type HttpAnswer, ReadFailure, writeOnce } from '../http.ts'
import { addressOf, createMetaClient, DEFAULT_TIMEOUTS, GRAPH_VERSION, metaBase, type MetaTimeouts } from './client.ts'
import { errorFor, errorForFailure, meaningOf, parseError, serverTrouble, unreadable } from './codes.ts'
import { inspect, type InspectedToken } from './token.ts'
import { tokenSchema } from './wire.ts'

export type { InspectedToken } from './token.ts'

const DIALOG_HOSTS = ['www.facebook.com']
export const META_SCOPES = ['ads_read', 'ads_management', 'business_management'] as const

export interface MetaApp {
  /** The real graph.facebook.com, or loopback for the sandbox. */
  readonly baseUrl: string
  readonly appId: string
  readonly appSecret: string
  readonly timeouts?: Partial<MetaTimeouts>
}

export interface MetaGrant {
  /** About 60 days; there are no refresh tokens. It belongs in the vault and nowhere else. */
  readonly accessToken: string
  /** How long it lives from now on; undefined when Meta does not say. */
  readonly expiresInMs: number | undefined
}

/**
 * Where the person's browser is sent. Holds no secret.
 * @param request `state`: unguessable, compared by whoever receives the answer. `dialogBase`: www.facebook.com, or loopback.
 * @throws TypeError for any other dialog address
 */
export function consentUrl(request: {
  readonly dialogBase: string
  readonly appId: string
  readonly redirectUri: string
  readonly state: string
  readonly scopes?: readonly string[]
}): string {
  const url = new URL(`/${GRAPH_VERSION}/dialog/oauth`, allowedBase(request.dialogBase, DIALOG_HOSTS))
  url.searchParams.set('client_id', request.appId)
  url.searchParams.set('redirect_uri', request.redirectUri)
  url.searchParams.set('state', request.state)
  url.searchParams.set('scope', (request.scopes ?? META_SCOPES).join(','))
  url.searchParams.set('response_type', 'code')
  return url.href
}

/** Errors of the exchange have codes of their own (facebook-login/guides/access-tokens/debugging). */
const WRONG_APP = new Set([1, 101])
const WRONG_REDIRECT = 191

function exchangeError(answer: HttpAnswer): OperationError {
  const error = parseError(answer.text)
  if (error === undefined)
    return answer.status >= 500 ? serverTrouble(answer.status) : unreadable(`HTTP ${answer.status}`)
  const details = { platform: 'meta', platformCode: String(error.code) }
  if (answer.status < 500 && WRONG_APP.has(error.code))
    return new OperationError(
      'invalid_value',
      'Meta does not accept this app id with this app secret. Nothing was connected.',
      'Copy both once more from the app’s settings (Basic) in Meta for Developers.',
      { details },
    )
  if (error.code === WRONG_REDIRECT)
    return new OperationError(
      'invalid_value',
      'Meta does not accept the address its page should return to. Nothing was connected.',
      'Keep the app in development mode, or use a system user’s token instead.',
      { details },
    )
  const meaning = meaningOf(error, answer.status)
  if (meaning === 'throttled' || meaning === 'transient' || meaning === 'relink') return errorFor(error, answer.status)
  return new OperationError(
    'needs_reconnect',
    'Meta does not accept this code any more: it works once, and for ten minutes. Nothing was connected.',
    'Start the connection again.',
    { details },
  )
}

async function tell(
  app: MetaApp,
  fields: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<MetaGrant> {
  const { connectMs, writeMs } = { ...DEFAULT_TIMEOUTS, ...app.timeouts }
  const outcome = await writeOnce({
    url: addressOf(metaBase(app.baseUrl), '/oauth/access_token', {}),
    headers: { accept: 'application/json' },
    body: JSON.stringify({ client_id: app.appId, client_secret: app.appSecret, ...fields }),
    connectTimeoutMs: connectMs,
    timeoutMs: writeMs,
    maxBytes: 1_000_000,
    ...(signal === undefined ? {} : { signal }),
  })
  if (outcome.kind !== 'answer') {
    if (signal?.aborted === true) throw errorForFailure(new ReadFailure('cancelled'))
    throw new OperationError(
      'platform_unreachable',
      'Meta could not be reached, or did not answer. Nothing was connected.',
      'Check the connection. A code from the browser works once: start the connection again.',
      { retryable: true, details: { platform: 'meta', reason: outcome.kind } },
    )
  }
  const { answer } = outcome
  if (answer.status !== 200) throw exchangeError(answer)
  let json: unknown
  try {
    json = JSON.parse(answer.text)
  } catch {
    throw unreadable('no JSON')
  }
  const parsed = tokenSchema.safeParse(json)
  if (!parsed.success) throw unreadable('no token in it')
  const { access_token: accessToken, expires_in: seconds } = parsed.data
  return { accessToken, expiresInMs: seconds === undefined ? undefined : seconds * 1000 }
}

/**
 * Trades a code for a token of an hour or two, and that at once for one of about 60 days.
 * @throws OperationError needs_reconnect for a used, expired or foreign code; invalid_value for a wrong app id, secret or redirect; else
 * platform_unreachable, platform_throttled or cancelled
 */
export async function exchangeCode(
  app: MetaApp,
  request: { readonly code: string; readonly redirectUri: string },
  signal?: AbortSignal,
): Promise<MetaGrant> {
  const short = await tell(app, { redirect_uri: request.redirectUri, code: request.code }, signal)
  return tell(app, { grant_type: 'fb_exchange_token', fb_exchange_token: short.accessToken }, signal)
}

export interface MetaTokenTarget {
  readonly baseUrl: string
  readonly accessToken: string
  /** When the app insists on proofs. */
  readonly appSecret?: string
  readonly clock: Clock
  readonly random: () => number
  readonly timeouts?: Partial<MetaTimeouts>
}

function clientFor({ accessToken, appSecret, ...options }: MetaTokenTarget) {
  const credentials = { accessToken, ...(appSecret === undefined ? {} : { appSecret }) }
  return createMetaClient({ ...options, credentials: () => Promise.resolve(credentials) })
}

/**
 * What a token is worth, before it is kept: for a pasted system-user token. A dead one is an answer (`isValid: false`), not an error.
 * @throws OperationError invalid_value for text that cannot be a token; else platform_unreachable, platform_throttled, timeout or cancelled
 */
export async function inspectToken(target: MetaTokenTarget, signal: AbortSignal): Promise<InspectedToken> {
  if (!/^[\x21-\x7e]{8,1000}$/.test(target.accessToken))
    throw new OperationError(
      'invalid_value',
      'This is not a Meta token: it has spaces or line breaks, or the wrong length.',
      'Copy the whole token once more, without anything around it.',
    )
  return inspect(clientFor(target), target.accessToken, target.clock.nowMs(), signal)
}
