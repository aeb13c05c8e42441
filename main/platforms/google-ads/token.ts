/**
 * Access tokens for the Google Ads API: made from a refresh token or a service-account key, kept in memory only and only until shortly
 * before they end. Never written anywhere, never in an error. Asking for a token changes nothing, so it may be asked for twice.
 */
import { createHash, createPrivateKey, sign } from 'node:crypto'
import type { z } from 'zod'
import type { Clock } from '../../../shared/clock.ts'
import { OperationError } from '../../../shared/errors.ts'
import { allowedBase, type HttpAnswer, postedReadOnce, ReadFailure } from '../http.ts'
import { errorForRead, unreadable } from './codes.ts'
import { tokenErrorSchema, tokenSchema } from './wire.ts'

export const OAUTH_HOSTS = ['oauth2.googleapis.com']
export const ADS_SCOPE = 'https://www.googleapis.com/auth/adwords'
/** A token this close to its end is not used any more: the request could outlive it. */
const EARLY_MS = 60_000
/** Google accepts assertions of at most one hour. */
const ASSERTION_S = 3600
const MAX_REPLY_BYTES = 100_000

export type GoogleCredentials =
  | {
      readonly kind: 'oauth'
      readonly clientId: string
      readonly clientSecret: string
      readonly refreshToken: string
    }
  | { readonly kind: 'service_account'; readonly clientEmail: string; readonly privateKeyPem: string }

export interface Grant {
  readonly accessToken: string
  readonly scopes: readonly string[]
  /** UTC milliseconds at which the whole grant ends; undefined when Google does not say. */
  readonly grantEndsAtMs: number | undefined
}

export interface TokenSource {
  /** A token that is good for at least a minute. @throws OperationError needs_reconnect, platform_unreachable, timeout, cancelled */
  access(signal: AbortSignal): Promise<string>
  /** Asks Google anew, whatever is in memory. */
  refresh(signal: AbortSignal): Promise<Grant>
  /** Forgets this token: Google said that it is dead. */
  drop(accessToken: string): void
}

export interface TokenSourceOptions {
  /** Google's token host, or loopback. */
  readonly oauth: string
  readonly credentials: () => Promise<GoogleCredentials>
  readonly clock: Clock
  readonly timeoutMs: number
}

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A signed assertion (RFC 7523) for the token endpoint of that origin. @throws OperationError needs_reconnect for an unusable key */
function assertionFor(email: string, privateKeyPem: string, audience: string, nowMs: number): string {
  const issuedAt = Math.floor(nowMs / 1000)
  const claims = { iss: email, scope: ADS_SCOPE, aud: audience, iat: issuedAt, exp: issuedAt + ASSERTION_S }
  const text = `${base64url({ alg: 'RS256', typ: 'JWT' })}.${base64url(claims)}`
  try {
    return `${text}.${sign('RSA-SHA256', Buffer.from(text), createPrivateKey(privateKeyPem)).toString('base64url')}`
  } catch {
    // The cause could hold parts of the key.
    throw new OperationError(
      'needs_reconnect',
      'The private key of the service account cannot be used.',
      'Download a new JSON key in the Google Cloud console and connect again.',
      { details: { platform: 'google_ads', reason: 'bad_key' } },
    )
  }
}

/** The failure a person sees for a refusal of the token endpoint (RFC 6749 §5.2 and Google's OAuth guide). */
export function tokenError(answer: HttpAnswer, kind: GoogleCredentials['kind']): OperationError {
  // Nothing to read in an error page: then the status decides.
  const word = parseJson(answer.text, tokenErrorSchema)?.error ?? ''
  if (answer.status >= 500 || answer.status === 429)
    return new OperationError(
      'platform_unreachable',
      'Google’s sign-in service has trouble of its own.',
      'Try again in a few minutes.',
      { retryable: true, details: { platform: 'google_ads', reason: `HTTP ${answer.status}` } },
    )
  if (!/^[a-z_]{3,60}$/.test(word)) return unreadable(`HTTP ${answer.status}`)
  const details = { platform: 'google_ads', platformCode: word }
  if (word === 'invalid_grant' && kind === 'oauth')
    return new OperationError(
      'needs_reconnect',
      'Google no longer accepts this connection: its permission has ended or was taken back.',
      'Connect again. Likely causes: the consent screen of the Cloud project is in "Testing" (permissions then last 7 days: publish it), access was removed in the Google account, its password changed, or it was not used for 6 months.',
      { details },
    )
  if (word === 'invalid_grant')
    return new OperationError(
      'needs_reconnect',
      'Google no longer accepts the service account’s key.',
      'Likely causes: the key or the account was deleted or disabled in the Cloud console, or this computer’s clock is wrong. Check both, then connect again.',
      { details },
    )
  if (word === 'invalid_client' || word === 'unauthorized_client')
    return new OperationError(
      'needs_reconnect',
      'Google does not know this OAuth client, or its secret was changed.',
      'Check the client in the Google Cloud console, then connect again with its id and secret.',
      { details },
    )
  return new OperationError(
    'needs_reconnect',
    `Google gave no access (${word}).`,
    'Connect the Google Ads account again under Connections.',
    { details },
  )
}

/** JSON text against a schema; undefined when either fails. */
export function parseJson<T extends z.ZodType>(text: string, schema: T): z.infer<T> | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

const fingerprint = (credentials: GoogleCredentials) =>
  createHash('sha256')
    .update(credentials.kind === 'oauth' ? credentials.refreshToken : credentials.privateKeyPem)
    .digest('hex')

/** @throws TypeError for a host that is neither Google's nor loopback. */
export function createTokenSource(options: TokenSourceOptions): TokenSource {
  const base = allowedBase(options.oauth, OAUTH_HOSTS)
  const url = new URL('/token', base)
  let held: { readonly grant: Grant; readonly endsAtMs: number; readonly of: string } | undefined
  let underWay: { readonly of: string; readonly grant: Promise<Grant> } | undefined

  function formFor(credentials: GoogleCredentials): URLSearchParams {
    if (credentials.kind === 'oauth') {
      const { clientId, clientSecret, refreshToken } = credentials
      return new URLSearchParams({
        refresh_token: refreshToken,
        client_id: clientId,
        client_secret: clientSecret,
        grant_type: 'refresh_token',
      })
    }
    const { clientEmail, privateKeyPem } = credentials
    return new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      // The audience is the origin the assertion is sent to, never what a key file claims.
      assertion: assertionFor(clientEmail, privateKeyPem, url.href, options.clock.nowMs()),
    })
  }

  async function attempt(credentials: GoogleCredentials): Promise<HttpAnswer> {
    return postedReadOnce({
      url,
      headers: { accept: 'application/json' },
      contentType: 'application/x-www-form-urlencoded',
      body: formFor(credentials).toString(),
      timeoutMs: options.timeoutMs,
      maxBytes: MAX_REPLY_BYTES,
      // Shared by everybody who waits for it, so nobody's stop ends it; the time-out does.
      signal: new AbortController().signal,
    })
  }

  async function ask(credentials: GoogleCredentials): Promise<Grant> {
    const of = fingerprint(credentials)
    for (let attempts = 1; ; attempts += 1) {
      let failure: OperationError
      try {
        const answer = await attempt(credentials)
        const parsed = answer.status === 200 ? parseJson(answer.text, tokenSchema) : undefined
        if (parsed !== undefined) {
          const nowMs = options.clock.nowMs()
          const ends = parsed.refresh_token_expires_in
          const grant: Grant = {
            accessToken: parsed.access_token,
            scopes: (parsed.scope ?? '')
              .split(' ')
              .filter((scope) => scope !== '')
              .slice(0, 50),
            grantEndsAtMs: ends === undefined ? undefined : nowMs + ends * 1000,
          }
          held = { grant, of, endsAtMs: options.clock.monotonicMs() + parsed.expires_in * 1000 - EARLY_MS }
          return grant
        }
        failure = answer.status === 200 ? unreadable('no token in it') : tokenError(answer, credentials.kind)
      } catch (error) {
        if (!(error instanceof ReadFailure)) throw error
        failure = errorForRead(error)
      }
      if (attempts >= 2 || !failure.retryable) throw failure
    }
  }

  /** Callers that come at the same time share one request. */
  async function shared(credentials: GoogleCredentials, signal: AbortSignal): Promise<Grant> {
    const of = fingerprint(credentials)
    if (underWay?.of !== of) {
      const grant = ask(credentials).finally(() => {
        if (underWay?.grant === grant) underWay = undefined
      })
      // Whoever waits hears of a failure; that nobody waits any more is no reason to end the process.
      grant.catch(() => undefined)
      underWay = { of, grant }
    }
    return untilStopped(underWay.grant, signal)
  }

  return {
    access: async (signal) => {
      if (signal.aborted) throw errorForRead(new ReadFailure('cancelled'))
      const credentials = await options.credentials()
      if (held !== undefined && held.of === fingerprint(credentials) && held.endsAtMs > options.clock.monotonicMs())
        return held.grant.accessToken
      return (await shared(credentials, signal)).accessToken
    },
    refresh: async (signal) => {
      if (signal.aborted) throw errorForRead(new ReadFailure('cancelled'))
      return shared(await options.credentials(), signal)
    },
    drop: (accessToken) => {
      if (held?.grant.accessToken === accessToken) held = undefined
    },
  }
}

/** The result, or `cancelled` as soon as the signal says so. */
export function untilStopped<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(errorForRead(new ReadFailure('cancelled')))
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    const settle = () => signal.removeEventListener('abort', onAbort)
    work.then(resolve, reject).finally(settle)
  })
}
