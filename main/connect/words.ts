/** What is said when connecting does not work: per platform the likely cause and the way out. Pure; holds nothing that was received. */
import type { Platform } from '../../shared/domain/ids.ts'
import { OperationError } from '../../shared/errors.ts'

export const NAMES: Readonly<Record<Platform, string>> = { google_ads: 'Google Ads', meta: 'Meta', tiktok: 'TikTok' }

/** Credentials that work and reach nothing. */
export function noAccounts(platform: Platform): OperationError {
  const hints: Readonly<Record<Platform, string>> = {
    google_ads:
      'Likely causes: this Google user has no access to an account at ads.google.com; a service account was not added there under Access and security; or the Cloud project may only use test accounts so far (apply for Explorer access under “Google Ads API Overview”).',
    meta: 'Assign your ad accounts to this user: in Business settings under System users, Add assets, Ad accounts. For a consent in the browser: choose the ad accounts there.',
    tiktok: 'Open the authorisation page again and tick the ad accounts there, then use the new code.',
  }
  return new OperationError(
    'account_not_available',
    `The credentials work, but they reach no ad account of ${NAMES[platform]}. Nothing was stored.`,
    hints[platform],
    { details: { platform } },
  )
}

/** Credentials that may look and not touch. */
export function readOnly(platform: Platform): string {
  const why: Readonly<Record<Platform, string>> = {
    google_ads: 'The user has read-only access in Google Ads.',
    meta: 'The token lacks the permission ads_management.',
    tiktok: 'The app lacks the permission to change campaigns, ad groups or ads.',
  }
  return `Reading only: changes would be refused. ${why[platform]} Give it the right to change and connect again, if changes are wanted.`
}

/** TikTok has one list of codes for all its calls: what they mean to somebody who is just setting up. */
const TIKTOK_CODES: Readonly<Record<string, readonly [message: string, hint: string]>> = {
  40110: [
    'TikTok did not accept the code: it was used before, has expired, or belongs to another app.',
    'Open the authorisation page again and paste the new code: a code works once, for an hour.',
  ],
  40101: [
    'TikTok says that the app id and the secret do not belong together.',
    'Copy both again from the app page at business-api.tiktok.com.',
  ],
  40113: [
    'TikTok does not know this app, or has blocked it.',
    'Check the app id at business-api.tiktok.com, and that the app was approved.',
  ],
}

/** Before anything is stored there is no connection to bring back: what the platform says is about what was typed or clicked. */
export function atFirstConnect(platform: Platform, error: unknown): unknown {
  if (!(error instanceof OperationError)) return error
  const code = String(error.details?.['platformCode'] ?? '')
  const known = platform === 'tiktok' ? TIKTOK_CODES[code] : undefined
  if (known === undefined && error.code !== 'needs_reconnect' && error.code !== 'platform_refused') return error
  const [message, hint] = known ?? [error.message, error.hint]
  const clear = message.replace(/ Nothing was changed\.$/, '')
  return new OperationError(
    error.code === 'platform_refused' ? error.code : 'invalid_value',
    /Nothing was (?:stored|connected)/.test(`${clear} ${hint}`) ? clear : `${clear} Nothing was stored.`,
    hint,
    { cause: error, ...(error.details === undefined ? {} : { details: error.details }) },
  )
}
