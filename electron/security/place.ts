/**
 * Where our own page lives. One answer to "is this address ours?", used by every guard. Never decides by a prefix or a
 * substring: addresses are parsed, and whatever does not parse is somebody else's.
 */
export const APP_SCHEME = 'app'
const APP_HOST = 'spendsignoff'
export const APP_ORIGIN = `${APP_SCHEME}://${APP_HOST}`

export interface Place {
  /** The address of the window's page. */
  readonly url: string
  /** The origin that Chromium reports for its frames. */
  readonly origin: string
  /** Whether an address lies inside our origin. */
  isOurs(url: string): boolean
}

const APP: Place = {
  url: `${APP_ORIGIN}/index.html`,
  origin: APP_ORIGIN,
  isOurs: (url) => {
    const parsed = URL.parse(url)
    // No host but ours, no port, and no user part that could make `app://spendsignoff@…` look right.
    return parsed !== null && parsed.protocol === `${APP_SCHEME}:` && withoutPath(parsed) === `//${APP_HOST}`
  },
}

/**
 * @param devServerUrl address of the development server. Believed only when `isPackaged` is false and only on loopback: an
 *   environment variable must not be able to point an installed app at somebody else's page.
 */
export function placeOfPage(isPackaged: boolean, devServerUrl: string | undefined): Place {
  const dev = isPackaged || devServerUrl === undefined ? null : URL.parse(devServerUrl)
  if (dev === null || dev.protocol !== 'http:' || !['localhost', '127.0.0.1', '[::1]'].includes(dev.hostname))
    return APP
  return {
    url: dev.href,
    origin: dev.origin,
    isOurs: (url) => {
      const parsed = URL.parse(url)
      return parsed !== null && parsed.origin === dev.origin && parsed.username === '' && parsed.password === ''
    },
  }
}

function withoutPath(url: URL): string {
  const user = url.username === '' && url.password === '' ? '' : `${url.username}:${url.password}@`
  return `//${user}${url.host}`
}
