/** The two platforms that ask for consent in the person's browser: their addresses, and what a code is traded for. Stores nothing. */
import { randomBytes } from 'node:crypto'
import type { Clock } from '../shared/clock.ts'
import { OperationError } from '../shared/errors.ts'
import type { Consent } from './connect/flows.ts'
import type { PlatformAddresses } from './platforms/addresses.ts'
import * as google from './platforms/google-ads/link.ts'
import * as meta from './platforms/meta/link.ts'
import { Secret } from './secret.ts'

/** Google: a client of type "Desktop app", whose loopback redirect needs no registration of its port (RFC 8252), with PKCE. */
export function googleConsent(addresses: PlatformAddresses['google']): Consent {
  return {
    platform: 'google_ads',
    host: '127.0.0.1',
    path: '',
    authorizeUrl: ({ clientId, redirectUri, state, challenge }) =>
      google.consentUrl({ clientId, redirectUri, state, codeChallenge: challenge, addresses }),
    async exchange({ clientId, clientSecret, code, verifier, redirectUri }, signal) {
      const { refreshToken } = await google.exchangeCode(
        {
          clientId,
          clientSecret: clientSecret.reveal(),
          code: code.reveal(),
          codeVerifier: verifier.reveal(),
          redirectUri,
          addresses,
        },
        signal,
      )
      const credentials = {
        kind: 'google_oauth',
        clientId,
        clientSecret,
        refreshToken: new Secret(refreshToken),
      } as const
      return { credentials, label: clientId }
    },
  }
}

/** Meta: the person's own app, which accepts http://localhost while it is in development mode, and only under that name. No PKCE there. */
export function metaConsent(addresses: PlatformAddresses['meta'], clock: Clock): Consent {
  return {
    platform: 'meta',
    host: 'localhost',
    path: '/callback',
    authorizeUrl: ({ clientId, redirectUri, state }) =>
      meta.consentUrl({ dialogBase: addresses.dialog, appId: clientId, redirectUri, state }),
    async exchange({ clientId, clientSecret, code, redirectUri }, signal) {
      const app = { baseUrl: addresses.graph, appId: clientId, appSecret: clientSecret.reveal() }
      const { accessToken } = await meta.exchangeCode(app, { code: code.reveal(), redirectUri }, signal)
      const credentials = { kind: 'meta', accessToken: new Secret(accessToken), appSecret: clientSecret } as const
      return { credentials, label: await metaLabel({ addresses, clock }, credentials, signal) }
    },
  }
}

const READING_SCOPES = ['ads_read', 'ads_management']

/**
 * Whose token it is: "<app id>/<user id>", both of Meta; null where Meta does not say.
 * @throws OperationError invalid_value for text that is no token and for a token that may not read ads; a dead one is left to the checks
 */
export async function metaLabel(
  { addresses, clock }: { readonly addresses: PlatformAddresses['meta']; readonly clock: Clock },
  credentials: { readonly accessToken: Secret; readonly appSecret?: Secret },
  signal: AbortSignal,
): Promise<string | null> {
  const { accessToken, appSecret } = credentials
  const { isValid, scopes, appId, userId } = await meta.inspectToken(
    {
      baseUrl: addresses.graph,
      accessToken: accessToken.reveal(),
      ...(appSecret === undefined ? {} : { appSecret: appSecret.reveal() }),
      clock,
      random: () => randomBytes(4).readUInt32BE() / 2 ** 32,
    },
    signal,
  )
  // Without it Meta lists accounts all the same, and then refuses every number.
  if (isValid && !scopes.some((scope) => READING_SCOPES.includes(scope)))
    throw new OperationError(
      'invalid_value',
      'This Meta token may not read ads: it lacks the permission ads_read. Nothing was stored.',
      'Make a new token with ads_read, and with ads_management if changes are wanted.',
      { details: { platform: 'meta' } },
    )
  return appId === undefined || userId === undefined ? null : `${appId}/${userId}`
}
