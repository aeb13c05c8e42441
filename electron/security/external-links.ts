/**
 * The only way out of the window: a few sites of the platforms, in the person's own browser. Never a scheme that starts a
 * program (`file:`, `smb:`, `ms-*:`), never an address that platform or agent text could choose.
 */
import { shell } from 'electron'

/** Exact hosts. Each is here because a person has to do something there that no API does. */
const ALLOWED_HOSTS: ReadonlySet<string> = new Set([
  'ads.tiktok.com', // the advertiser's own view of what we show
  'business-api.tiktok.com', // where an app is authorised and its code is given
  'ads.google.com',
  'adsmanager.facebook.com',
  'console.cloud.google.com', // where a Cloud project, its client and its service account are made
  'business.facebook.com', // where a system user and its token are made
  'developers.facebook.com', // where an app is made
])
/** Hosts that do much more than we need: there only the page that asks for consent. */
const CONSENT_PAGES: ReadonlySet<string> = new Set([
  'https://accounts.google.com/o/oauth2/v2/auth',
  'https://www.facebook.com/v26.0/dialog/oauth',
])
const CONSENT_PATHS: ReadonlySet<string> = new Set([...CONSENT_PAGES].map((page) => new URL(page).pathname))
const MAX_CHARS = 2_048

/**
 * Pure: whether this address may be opened. https only, exact host, default port, no user part; and the consent pages of the demo's
 * platforms, which are on this machine.
 */
export function mayOpen(address: string): boolean {
  // A parser reads a backslash as a slash and drops spaces and line ends; a person does not.
  if (address.length > MAX_CHARS || /[\\\s]/.test(address)) return false
  const url = URL.parse(address)
  if (url === null || url.username !== '' || url.password !== '') return false
  if (url.protocol === 'http:' && url.hostname === '127.0.0.1') return CONSENT_PATHS.has(url.pathname)
  if (url.protocol !== 'https:' || url.port !== '') return false
  return ALLOWED_HOSTS.has(url.hostname) || CONSENT_PAGES.has(`${url.origin}${url.pathname}`)
}

/** Opens an allowed address in the person's browser; anything else is ignored. Answers whether it was allowed. */
export function openExternalLink(address: string): boolean {
  const url = mayOpen(address) ? URL.parse(address) : null
  if (url === null) return false
  // The parsed form, not the given text: what was checked is what is opened.
  shell.openExternal(url.href).catch(() => undefined) // no browser is set up: nothing happens, as with any dead link
  return true
}
