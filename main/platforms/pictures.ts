/**
 * Small pictures from a platform's content servers. Their addresses come from the network and are not believed: only hosts that are known
 * to serve pictures are asked, over TLS, without any credentials, never over a redirect; and what comes back is a picture only by its first
 * bytes. In the sandbox nothing leaves this machine, whatever an address says.
 */
import type { Thumbnail } from './adapter.ts'
import { ReadFailure, readBytesOnce } from './http.ts'

const MAX_BYTES = 300_000

export interface PictureHosts {
  /** Exact names ("i.ytimg.com"), or with a leading dot everything below one (".fbcdn.net"). */
  readonly allowedHosts: readonly string[]
  /** Where the sandbox is. When set, it is the only place that is asked. */
  readonly loopbackOrigin?: string | undefined
}

/** The address, if a picture may be fetched from there; undefined for every other. */
export function pictureAddress(text: string, { allowedHosts, loopbackOrigin }: PictureHosts): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || url.username !== '' || url.password !== '') return undefined
  if (loopbackOrigin !== undefined) return url.origin === loopbackOrigin ? url : undefined
  const isAllowed = allowedHosts.some((host) =>
    host.startsWith('.') ? url.hostname.endsWith(host) : url.hostname === host,
  )
  return isAllowed && url.protocol === 'https:' && url.port === '' ? url : undefined
}

/** First bytes in hex, with a dot where any digit may stand. */
const SIGNATURES = [
  ['image/png', /^89504e470d0a1a0a/],
  ['image/jpeg', /^ffd8ff/],
  // "RIFF", four bytes of length, "WEBP".
  ['image/webp', /^52494646.{8}57454250/],
] as const

/** The kind of picture by its first bytes; undefined for anything else, whatever a header claims. */
export function pictureType(bytes: Uint8Array): Thumbnail['mimeType'] | undefined {
  const start = Buffer.from(bytes.subarray(0, 12)).toString('hex')
  return SIGNATURES.find(([, signature]) => signature.test(start))?.[0]
}

/**
 * One picture of at most 300 kB; undefined when there is none, when it is none of the three kinds or too large, and when its address leads
 * elsewhere. A picture is nice to have: none of that is an error.
 * @throws ReadFailure cancelled, timeout or network
 */
export async function fetchPicture(
  request: PictureHosts & { readonly url: string; readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<Thumbnail | undefined> {
  const { timeoutMs, signal } = request
  const url = pictureAddress(request.url, request)
  if (url === undefined) return undefined
  try {
    const headers = { accept: 'image/png, image/jpeg, image/webp' }
    const { status, bytes } = await readBytesOnce({ url, headers, timeoutMs, maxBytes: MAX_BYTES, signal })
    const mimeType = status === 200 ? pictureType(bytes) : undefined
    return mimeType === undefined ? undefined : { mimeType, bytes }
  } catch (error) {
    if (error instanceof ReadFailure && (error.kind === 'too_large' || error.kind === 'redirect')) return undefined
    throw error
  }
}
