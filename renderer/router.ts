/** Routes live in the hash, so that links work in both shells and back and forward are the browser's own. */
import { useSyncExternalStore } from 'react'

export const SCREENS = ['overview', 'report', 'queue', 'accounts', 'audit', 'connections', 'files', 'settings'] as const
export type Screen = (typeof SCREENS)[number]
export interface Route {
  readonly screen: Screen
  /** What is selected on the screen: a draft, an account, a tab. Untrusted: it may come from a link. */
  readonly id: string | null
}

export function parseRoute(hash: string): Route {
  const [screen = '', ...rest] = hash.replace(/^#\/?/, '').split('/')
  const known = SCREENS.find((each) => each === screen)
  if (known === undefined) return { screen: 'overview', id: null }
  let id: string | null = null
  try {
    id = rest.length === 0 || rest[0] === '' ? null : decodeURIComponent(rest.join('/'))
  } catch {
    id = null // a broken escape in a hand-made link
  }
  return { screen: known, id }
}

export function href(screen: Screen, id?: string | null): string {
  return id === undefined || id === null ? `#/${screen}` : `#/${screen}/${encodeURIComponent(id)}`
}

export function go(screen: Screen, id?: string | null): void {
  window.location.hash = href(screen, id)
}
/** Like `go`, without a step in the history: for moving a selection with the keyboard. */
export function replace(screen: Screen, id?: string | null): void {
  window.history.replaceState(window.history.state, '', href(screen, id))
  window.dispatchEvent(new HashChangeEvent('hashchange'))
}

function subscribe(onChange: () => void): () => void {
  window.addEventListener('hashchange', onChange)
  return () => window.removeEventListener('hashchange', onChange)
}
let lastHash = ''
let lastRoute = parseRoute('')
function snapshot(): Route {
  if (window.location.hash !== lastHash) {
    lastHash = window.location.hash
    lastRoute = parseRoute(lastHash)
  }
  return lastRoute
}
export function useRoute(): Route {
  return useSyncExternalStore(subscribe, snapshot)
}
