/**
 * Who may talk to the browser window: one-time links, and the sessions they are exchanged for. Only hashes are kept, in
 * memory; a link or a cookie can be read nowhere but in the terminal and in the browser that got it. Never writes a file.
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

export interface Admissions {
  /** A fresh one-time secret, good for one exchange within LINK_LIFE_MS. */
  newLinkSecret(): string
  /** Uses the secret up and opens a session. `undefined` when it was used, is too old, or was never made. */
  exchange(secret: string): string | undefined
  /** Whether the cookie's value belongs to a live session; if so its idle time starts again. */
  admit(session: string | undefined): boolean
  /** Ends everything: no link and no cookie is good any more. */
  clear(): void
}

export function createAdmissions(clock: Clock, randomBytes: (size: number) => Buffer): Admissions {
  let links: Entry[] = []
  let sessions: Entry[] = []

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
  const withNewest = (entries: readonly Entry[], secret: string, lifeMs: number, keep: number): Entry[] => [
    ...entries.filter((entry) => !entry.isOver()).slice(-(keep - 1)),
    { hash: sha256(secret), isOver: endsAfter(lifeMs) },
  ]

  return {
    newLinkSecret: () => {
      const secret = newSecret()
      links = withNewest(links, secret, LINK_LIFE_MS, MAX_LINKS)
      return secret
    },
    exchange: (secret) => {
      const used = find(links, secret)
      if (used === undefined) return undefined
      links = links.filter((entry) => entry !== used)
      const session = newSecret()
      sessions = withNewest(sessions, session, SESSION_IDLE_MS, MAX_SESSIONS)
      return session
    },
    admit: (session) => {
      if (session === undefined) return false
      const known = find(sessions, session)
      if (known === undefined) return false
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
function find(entries: readonly Entry[], secret: string): Entry | undefined {
  const hash = sha256(secret)
  let found: Entry | undefined
  for (const entry of entries) if (timingSafeEqual(entry.hash, hash) && !entry.isOver()) found = entry
  return found
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest()
}
