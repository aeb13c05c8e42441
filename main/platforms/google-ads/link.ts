/**
 * Connecting and disconnecting Google Ads: the consent page's address, the exchange of its code, revocation, and reading a service-account
 * key file. A code works once, so the exchange is never repeated. Keeps nothing; no secret is ever put into an address or an error.
 */
import { createPrivateKey } from 'node:crypto'
import { z } from 'zod'
import { OperationError } from '../../../shared/errors.ts'
import type { PlatformAddresses } from '../addresses.ts'
import { allowedBase, type HttpAnswer, postedReadOnce, ReadFailure } from '../http.ts'
import { errorForRead, unreadable } from './codes.ts'
import { ADS_SCOPE, type GoogleCredentials, OAUTH_HOSTS, parseJson, tokenError } from './token.ts'
import { codeTokenSchema, tokenErrorSchema } from './wire.ts'

const CONSENT_HOSTS = ['accounts.google.com']
const TIMEOUT_MS = 30_000
const MAX_REPLY_BYTES = 100_000
const MAX_KEY_FILE_CHARS = 20_000

export interface ConsentRequest {
  readonly clientId: string
  /** The loopback address that listens for the answer, "http://127.0.0.1:53682/…". */
  readonly redirectUri: string
  /** Random; comes back with the answer and is compared there. */
  readonly state: string
  /** BASE64URL(SHA-256(code_verifier)), RFC 7636. */
  readonly codeChallenge: string
  readonly addresses: Pick<PlatformAddresses['google'], 'consent'>
}

/** The address to open in the person's own browser. @throws TypeError for a consent host that is neither Google's nor loopback */
export function consentUrl(request: ConsentRequest): string {
  const url = new URL('/o/oauth2/v2/auth', allowedBase(request.addresses.consent, CONSENT_HOSTS))
  url.search = new URLSearchParams({
    client_id: request.clientId,
    redirect_uri: request.redirectUri,
    response_type: 'code',
    scope: ADS_SCOPE,
    // Without these two Google gives no refresh token the second time.
    access_type: 'offline',
    prompt: 'consent',
    state: request.state,
    code_challenge: request.codeChallenge,
    code_challenge_method: 'S256',
  }).toString()
  return url.href
}

export interface CodeExchange {
  readonly clientId: string
  readonly clientSecret: string
  readonly code: string
  readonly codeVerifier: string
  readonly redirectUri: string
  readonly addresses: Pick<PlatformAddresses['google'], 'oauth'>
  readonly timeoutMs?: number
}

export interface GoogleGrant {
  /** Belongs in the vault and nowhere else. */
  readonly refreshToken: string
  readonly scopes: readonly string[]
  /** Seconds until the whole grant ends; undefined when Google sets no end. */
  readonly endsInSeconds: number | undefined
}

interface FormPost {
  readonly oauth: string
  readonly path: string
  readonly form: Readonly<Record<string, string>>
  readonly timeoutMs: number | undefined
}

async function post(request: FormPost, signal: AbortSignal | undefined): Promise<HttpAnswer> {
  try {
    return await postedReadOnce({
      url: new URL(request.path, allowedBase(request.oauth, OAUTH_HOSTS)),
      headers: { accept: 'application/json' },
      contentType: 'application/x-www-form-urlencoded',
      body: new URLSearchParams(request.form).toString(),
      timeoutMs: request.timeoutMs ?? TIMEOUT_MS,
      maxBytes: MAX_REPLY_BYTES,
      signal: signal ?? new AbortController().signal,
    })
  } catch (error) {
    throw error instanceof ReadFailure ? errorForRead(error) : error
  }
}

function badCode(): OperationError {
  return new OperationError(
    'needs_reconnect',
    'Google did not accept the code from the browser: it was used before, is too old, or belongs to another request.',
    'Start the connection again and finish it in the browser within a few minutes.',
    { details: { platform: 'google_ads', platformCode: 'invalid_grant' } },
  )
}

/**
 * Trades a fresh code for a refresh token. Sent once.
 * @throws OperationError needs_reconnect for a used, expired or foreign code, a wrong client or secret, or a missing permission; else
 * platform_unreachable, timeout or cancelled.
 */
export async function exchangeCode(request: CodeExchange, signal?: AbortSignal): Promise<GoogleGrant> {
  const form = {
    code: request.code,
    client_id: request.clientId,
    client_secret: request.clientSecret,
    code_verifier: request.codeVerifier,
    grant_type: 'authorization_code',
    redirect_uri: request.redirectUri,
  }
  const answer = await post(
    { oauth: request.addresses.oauth, path: '/token', form, timeoutMs: request.timeoutMs },
    signal,
  )
  if (answer.status !== 200) {
    if (parseJson(answer.text, tokenErrorSchema)?.error === 'invalid_grant') throw badCode()
    throw tokenError(answer, 'oauth')
  }
  const token = parseJson(answer.text, codeTokenSchema)
  if (token === undefined) throw unreadable('no token in it')
  const scopes = (token.scope ?? '').split(' ').filter((scope) => scope !== '')
  // People can untick a permission on Google's page; the code is good all the same.
  if (token.scope !== undefined && !scopes.includes(ADS_SCOPE))
    throw new OperationError(
      'needs_reconnect',
      'The permission to use Google Ads was not ticked on Google’s page.',
      'Start the connection again and leave the Google Ads box ticked. Nothing was stored.',
      { details: { platform: 'google_ads', platformCode: 'scope_missing' } },
    )
  if (token.refresh_token === undefined)
    throw new OperationError(
      'needs_reconnect',
      'Google gave access for an hour only, without a token to renew it.',
      'Remove this app under "Third-party access" of the Google account, then connect again.',
      { details: { platform: 'google_ads', platformCode: 'no_refresh_token' } },
    )
  return { refreshToken: token.refresh_token, scopes, endsInSeconds: token.refresh_token_expires_in }
}

/**
 * Makes a refresh token useless at Google, for unlinking. A token that is dead already counts as done.
 * @throws OperationError platform_unreachable, timeout or cancelled
 */
export async function revokeRefreshToken(
  request: {
    readonly refreshToken: string
    readonly addresses: Pick<PlatformAddresses['google'], 'oauth'>
    readonly timeoutMs?: number
  },
  signal?: AbortSignal,
): Promise<void> {
  const form = { token: request.refreshToken }
  const answer = await post(
    { oauth: request.addresses.oauth, path: '/revoke', form, timeoutMs: request.timeoutMs },
    signal,
  )
  if (answer.status === 200) return
  const word = parseJson(answer.text, tokenErrorSchema)?.error
  if (answer.status === 400 && (word === 'invalid_token' || word === 'invalid_grant')) return
  throw tokenError(answer, 'oauth')
}

const keyFileSchema = z.object({
  type: z.literal('service_account'),
  client_email: z
    .string()
    .max(320)
    .regex(/^[^\s@]+@[^\s@]+\.gserviceaccount\.com$/),
  private_key: z.string().max(10_000),
})

function badKeyFile(message: string, hint: string): OperationError {
  return new OperationError('invalid_value', message, hint, { details: { platform: 'google_ads' } })
}

/**
 * The e-mail and private key of a service-account key file. Whatever else stands in it is ignored, its `token_uri` above all: an assertion
 * is only ever sent to Google's own token host.
 * @throws OperationError invalid_value for every other file, in words that name it; no part of the file is in the error
 */
export function parseServiceAccountKey(json: string): Extract<GoogleCredentials, { kind: 'service_account' }> {
  const download =
    'In the Google Cloud console open the service account, choose Keys, Add key, JSON, and give that file.'
  if (json.length > MAX_KEY_FILE_CHARS) throw badKeyFile('This file is too long for a service-account key.', download)
  let parsed: unknown
  try {
    parsed = JSON.parse(json.replace(/^\uFEFF/, ''))
  } catch {
    throw badKeyFile(
      /-----BEGIN /.test(json)
        ? 'This is a bare private key, not the JSON key file it came in.'
        : 'This is not a JSON file.',
      download,
    )
  }
  const file = z.record(z.string(), z.unknown()).safeParse(parsed).data
  if (file === undefined) throw badKeyFile('This JSON file holds no service-account key.', download)
  if ('installed' in file || 'web' in file)
    throw badKeyFile(
      'This is the file of an OAuth client, not a service-account key.',
      'Use it with "Sign in with Google" instead, or download a key of a service account.',
    )
  if (file['type'] === 'authorized_user' || file['type'] === 'external_account')
    throw badKeyFile('This file holds credentials of another kind, not a service-account key.', download)
  const key = keyFileSchema.safeParse(file).data
  if (key === undefined)
    throw badKeyFile(
      'This is not a complete service-account key: its type, e-mail or private key is missing.',
      download,
    )
  try {
    const parsedKey = createPrivateKey(key.private_key)
    if (parsedKey.asymmetricKeyType !== 'rsa') throw new TypeError('not RSA')
  } catch {
    // The cause could hold parts of the key.
    throw badKeyFile('The private key in this file is damaged.', download)
  }
  return { kind: 'service_account', clientEmail: key.client_email, privateKeyPem: key.private_key }
}
