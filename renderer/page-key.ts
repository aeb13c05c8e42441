/**
 * The browser window's half of its session: the key that came with the link, behind the `#`. It is kept in the storage of this
 * origin, port included, so that all tabs of this window have it and no other local server's page can read it. It never stays
 * in the address, and never goes anywhere but into the own header of a call. In the desktop app there is none.
 */
const STORED = 'spendsignoff.key'
const FORM = /^[A-Za-z0-9_-]{43}$/
/** Sent when there is no key: the header must be there, and the answer is "not authorized" in words. */
const NO_KEY = 'none'

/** Out of a link and not yet accepted by the app. */
let fresh: string | null = null

/** Takes the key out of the address bar, before anything is drawn or read. */
export function takeKeyFromAddress(): void {
  const key = /^#key=(.*)$/.exec(window.location.hash)?.[1]
  if (key === undefined) return
  window.history.replaceState(null, '', window.location.pathname)
  if (FORM.test(key)) fresh = key
}

function stored(): string | null {
  try {
    const key = localStorage.getItem(STORED)
    return key !== null && FORM.test(key) ? key : null
  } catch {
    return null // storage switched off: the key lasts as long as this tab
  }
}

/** Read anew for every call: another tab may have been opened with a newer link, which replaced cookie and key of both. */
export function pageKey(): string {
  return fresh ?? stored() ?? NO_KEY
}

/** The app took this key: from now on every tab uses it. */
export function keepKey(key: string): void {
  if (key !== fresh) return
  try {
    localStorage.setItem(STORED, key)
    fresh = null
  } catch {
    // Storage switched off: stays in this tab.
  }
}

/**
 * The app did not take this key. One from the address may be anybody's (a link made to sign this window out): then the stored
 * one still counts.
 *
 * @returns whether there is another key to try.
 */
export function dropKey(key: string): boolean {
  if (key !== fresh) return pageKey() !== key
  fresh = null
  return stored() !== null
}
