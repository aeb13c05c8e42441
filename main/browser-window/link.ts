/**
 * Who may talk to the browser window: one-time links, and the sessions they are exchanged for. Only hashes are kept, in
 * memory; a link, a cookie or a page's key can be read nowhere but in the terminal and in the browser that got it. Never
 * writes a file.
 *
 * A session is two secrets, and a call needs both. The cookie alone would be shown to every other server on this host, because
 * browsers send cookies to all its ports; the key alone could be read by a script. The key lies in the storage of the page's
 * origin, which has a port: no other server's page can read it, and no browser sends it anywhere by itself.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../shared/clock.ts'

export const LINK_LIFE_MS = 10 * 60_000
export const SESSION_IDLE_MS = 12 * 60 * 60_000
export const MAX_SESSIONS = 8
/** Links printed and not yet used. A ninth print forgets the first. */
const MAX_LINKS = 8
const SECRET_BYTES = 32

interface Entry {
  readonly hash: Buffer
  isOver: () => boolean
}
interface SessionEntry extends Entry {
  readonly pageKeyHash: Buffer
}

/** What a browser gets for a link: one half travels as a cookie, the other is held by the page. */
export interface Session {
  readonly cookie: string
  readonly pageKey: string
}

export interface Admissions {
  /** A fresh one-time secret, good for one exchange within LINK_LIFE_MS. */
  newLinkSecret(): string
  /** Uses the secret up and opens a session. `undefined` when it was used, is too old, or was never made. */
  exchange(secret: string): Session | undefined
  /**
   * Whether the cookie's value belongs to a live session and the key is that session's own; only then its idle time starts
   * again: whoever holds one half can neither call nor keep a session alive.
   */
  admit(cookie: string | undefined, pageKey: string | undefined): boolean
  /** Ends everything: no link, no cookie and no key is good any more. */
  clear(): void
}

export function createAdmissions(clock: Clock, randomBytes: (size: number) => Buffer): Admissions {
  let links: Entry[] = []
  let sessions: SessionEntry[] = []

  /**
   * Over when either clock says so: the wall clock may be set back, and the monotonic one may stand still while the
   * laptop sleeps.
   */
  const endsAfter = (lifeMs: number): (() => boolean) => {
    const wallMs = clock.nowMs() + lifeMs
    const monotonicMs = clock.monotonicMs() + lifeMs
    return () => clock.nowMs() >= wallMs || clock.monotonicMs() >= monotonicMs
  }
  const newSecret = (): string => randomBytes(SECRET_BYTES).toString('base64url')
  /** The newest `keep - 1` live entries and this one. */
  const withNewest = <E extends Entry>(entries: readonly E[], newest: E, keep: number): E[] => [
    ...entries.filter((entry) => !entry.isOver()).slice(-(keep - 1)),
    newest,
  ]

  return {
    newLinkSecret: () => {
      const secret = newSecret()
      links = withNewest(links, { hash: sha256(secret), isOver: endsAfter(LINK_LIFE_MS) }, MAX_LINKS)
      return secret
    },
    exchange: (secret) => {
      const used = find(links, secret)
      if (used === undefined) return undefined
      links = links.filter((entry) => entry !== used)
      const session = { cookie: newSecret(), pageKey: newSecret() }
      const entry = {
        hash: sha256(session.cookie),
        pageKeyHash: sha256(session.pageKey),
        isOver: endsAfter(SESSION_IDLE_MS),
      }
      sessions = withNewest(sessions, entry, MAX_SESSIONS)
      return session
    },
    admit: (cookie, pageKey) => {
      if (cookie === undefined || pageKey === undefined) return false
      const known = find(sessions, cookie)
      if (known === undefined || !timingSafeEqual(known.pageKeyHash, sha256(pageKey))) return false
      known.isOver = endsAfter(SESSION_IDLE_MS)
      // Moved to the end, so that the session dropped for a ninth one is the longest unused.
      sessions = [...sessions.filter((entry) => entry !== known), known]
      return true
    },
    clear: () => {
      links = []
      sessions = []
    },
  }
}

/** Looks at every entry, whatever matches: the time taken says nothing about which, or how much of it. */
function find<E extends Entry>(entries: readonly E[], secret: string): E | undefined {
  const hash = sha256(secret)
  let found: E | undefined
  for (const entry of entries) if (timingSafeEqual(entry.hash, hash) && !entry.isOver()) found = entry
  return found
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest()
}
