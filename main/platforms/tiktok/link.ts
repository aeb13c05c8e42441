/** Linking and unlinking a TikTok advertiser. An auth code works once, so neither call is ever repeated. Keeps nothing. */
import { OperationError } from '../../../shared/errors.ts'
import { ReadFailure, type WriteOutcome } from '../http.ts'
import { parseEnvelope, postWithoutToken, type TiktokTimeouts } from './client.ts'
import { errorForCode, errorForFailure, unreadable } from './codes.ts'
import { tokenSchema } from './wire.ts'

export interface TiktokApp {
  /** REAL_ADDRESSES.tiktok.api, or loopback for the sandbox. */
  readonly baseUrl: string
  readonly appId: string
  readonly appSecret: string
  readonly timeouts?: Partial<TiktokTimeouts>
}

export interface TiktokGrant {
  /** Never expires by itself (TikTok has no refresh tokens): it belongs in the vault and nowhere else. */
  readonly accessToken: string
  readonly advertiserIds: readonly string[]
  /** TikTok's scope numbers, e.g. 211 "update ad groups". */
  readonly scopes: readonly number[]
}

function dataOf(outcome: WriteOutcome, signal: AbortSignal | undefined): unknown {
  if (outcome.kind !== 'answer') {
    if (signal?.aborted === true) throw errorForFailure(new ReadFailure('cancelled'))
    throw new OperationError(
      'platform_unreachable',
      'TikTok could not be reached, or did not answer.',
      'Check the connection. A code from the browser works once: start the connection again.',
      { retryable: true, details: { platform: 'tiktok', reason: outcome.kind } },
    )
  }
  if (outcome.answer.status >= 500) throw errorForCode(50000)
  const envelope = outcome.answer.status === 200 ? parseEnvelope(outcome.answer.text) : undefined
  if (envelope === undefined) throw unreadable(`HTTP ${outcome.answer.status}`)
  if (envelope.code !== 0) throw errorForCode(envelope.code)
  return envelope.data
}

/** The app's own words to TikTok, plus one more secret. Sent once, in a body, never in an address. */
async function tell(
  app: TiktokApp,
  path: string,
  extra: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const body = JSON.stringify({ app_id: app.appId, secret: app.appSecret, ...extra })
  const { baseUrl, timeouts } = app
  const request = {
    baseUrl,
    path,
    body,
    ...(timeouts === undefined ? {} : { timeouts }),
    ...(signal === undefined ? {} : { signal }),
  }
  return dataOf(await postWithoutToken(request), signal)
}

/**
 * Trades a fresh auth code (one hour, single use) for an access token.
 * @throws OperationError needs_reconnect for a used, expired or foreign code or a wrong secret; else platform_unreachable,
 * platform_refused or cancelled.
 */
export async function exchangeAuthCode(app: TiktokApp, authCode: string, signal?: AbortSignal): Promise<TiktokGrant> {
  const parsed = tokenSchema.safeParse(await tell(app, '/oauth2/access_token/', { auth_code: authCode }, signal))
  if (!parsed.success) throw unreadable('no token in it')
  const { access_token: accessToken, advertiser_ids: advertiserIds, scope } = parsed.data
  return { accessToken, advertiserIds, scopes: scope ?? [] }
}

/**
 * Makes a token useless at TikTok, for unlinking.
 * @throws OperationError as exchangeAuthCode; needs_reconnect when the token was dead already.
 */
export async function revokeToken(app: TiktokApp, accessToken: string, signal?: AbortSignal): Promise<void> {
  await tell(app, '/oauth2/revoke_token/', { access_token: accessToken }, signal)
}
