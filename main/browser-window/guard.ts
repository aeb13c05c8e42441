/**
 * Which requests the browser window listens to at all. Pure functions of a request's head: they read no body, keep no state,
 * and never answer anything but "no".
 *
 * The attacks meant here: a web page in the same browser that calls 127.0.0.1 (Origin, Sec-Fetch-Site, the own header and
 * JSON content type that no form can send), a name that was pointed at 127.0.0.1 (Host), and a page that frames or embeds us.
 */
import type { IncomingHttpHeaders } from 'node:http'

/**
 * Carries the page's key (see link.ts). That it is there at all is one of the signs of our own page: no form and no plain
 * request of another site can send a header of this name.
 */
export const OWN_HEADER = 'x-spendsignoff'

export interface Place {
  /** Exactly `127.0.0.1:<port>`. */
  readonly host: string
  /** Exactly `http://127.0.0.1:<port>`. */
  readonly origin: string
}

export interface Refusal {
  readonly status: 403 | 405 | 413 | 415
  /** For the local log and the answer; says nothing an attacker does not know. */
  readonly why: string
}

const MAX_URL_CHARS = 1_024

/**
 * Host: one exact value. Any other name that resolves here is a rebinding attempt or a proxy, as is a whole address in the
 * place of a path.
 */
export function refuseHost(headers: IncomingHttpHeaders, url: string, place: Place): Refusal | undefined {
  if (headers.host !== place.host) return { status: 403, why: 'wrong host' }
  return url.startsWith('/') && url.length <= MAX_URL_CHARS ? undefined : { status: 403, why: 'not a path' }
}

/**
 * A call of an operation: from our own page only, as JSON, with the own header. A browser sends Origin with every POST, so
 * that a missing one is no browser page of ours. Without Sec-Fetch-Site (old browsers) the Origin decides alone.
 */
export function refuseCall(
  method: string | undefined,
  headers: IncomingHttpHeaders,
  place: Place,
  maxBodyBytes: number,
): Refusal | undefined {
  if (method !== 'POST') return { status: 405, why: 'not a call' }
  if (headers.origin !== place.origin) return { status: 403, why: 'wrong origin' }
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin') return { status: 403, why: 'another site' }
  if (readPageKey(headers) === undefined) return { status: 403, why: 'own header missing' }
  if (!/^application\/json(?:; ?charset=utf-8)?$/i.test(headers['content-type'] ?? ''))
    return { status: 415, why: 'not JSON' }
  if (headers['content-encoding'] !== undefined) return { status: 415, why: 'encoded body' }
  const length = headers['content-length']
  if (length !== undefined && Number(length) > maxBodyBytes) return { status: 413, why: 'too large' }
  return undefined
}

/**
 * A page or file. Typed, bookmarked or followed links may come from anywhere (a terminal in a web page is a common place for
 * our link), but only as a navigation of a whole tab; no other site may embed, frame, fetch or preload anything of ours.
 */
export function refuseVisit(headers: IncomingHttpHeaders, place: Place): Refusal | undefined {
  if (headers.origin !== undefined && headers.origin !== place.origin) return { status: 403, why: 'wrong origin' }
  if (headers['sec-purpose'] !== undefined || headers['purpose'] !== undefined)
    return { status: 403, why: 'a guess of the browser, not a visit' }
  const site = headers['sec-fetch-site']
  if (site === undefined || site === 'same-origin' || site === 'none') return undefined
  const isTab = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document'
  return isTab ? undefined : { status: 403, why: 'another site' }
}

/** The page's key, right or wrong; undefined when the own header is not there. */
export function readPageKey(headers: IncomingHttpHeaders): string | undefined {
  const key = headers[OWN_HEADER]
  return typeof key === 'string' ? key : undefined
}

/**
 * The value of our cookie. Two of the same name mean that somebody else set one for this host (cookies do not know ports):
 * then none is believed.
 */
export function readCookie(headers: IncomingHttpHeaders, name: string): string | undefined {
  const values = (headers.cookie ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1))
  return values.length === 1 ? values[0] : undefined
}
