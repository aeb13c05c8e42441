/** A picture from TikTok's content servers: fetched without any token, never from elsewhere, never over a redirect. */
import type { Thumbnail } from '../adapter.ts'
import { ReadFailure } from '../http.ts'

const MAX_BYTES = 300_000
/** Where TikTok's signed addresses of covers and images point to. */
const HOST_ENDINGS = ['.tiktokcdn.com', '.ibyteimg.com', '.ttwstatic.com']

/** The address, if it is one of TikTok's content servers over TLS, or exactly the origin that the client itself talks to on loopback. */
export function allowedPicture(address: string, clientOrigin: string): URL | undefined {
  let url: URL
  try {
    url = new URL(address)
  } catch {
    return undefined
  }
  if (url.username !== '' || url.password !== '') return undefined
  const isContentServer =
    url.protocol === 'https:' && url.port === '' && HOST_ENDINGS.some((ending) => url.hostname.endsWith(ending))
  const isSandbox = url.protocol === 'http:' && url.origin === clientOrigin
  return isContentServer || isSandbox ? url : undefined
}

/** Told by its first bytes: what a server says about it is not believed. */
function typeOf(bytes: Uint8Array): Thumbnail['mimeType'] | undefined {
  const starts = (at: number, ...values: readonly number[]) =>
    values.every((value, index) => bytes[at + index] === value)
  if (starts(0, 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return 'image/png'
  if (starts(0, 0xff, 0xd8, 0xff)) return 'image/jpeg'
  return starts(0, 0x52, 0x49, 0x46, 0x46) && starts(8, 0x57, 0x45, 0x42, 0x50) ? 'image/webp' : undefined
}

/**
 * One picture; undefined when the server has none, when it is too large or none of the three kinds.
 * @throws ReadFailure cancelled, timeout, redirect or network
 */
export async function readPicture(url: URL, timeoutMs: number, signal: AbortSignal): Promise<Thumbnail | undefined> {
  const deadline = AbortSignal.timeout(timeoutMs)
  try {
    const both = AbortSignal.any([signal, deadline])
    const response = await fetch(url, { headers: { accept: 'image/*' }, redirect: 'error', signal: both })
    if (response.status !== 200 || response.body === null) return undefined
    const chunks: Uint8Array[] = []
    let size = 0
    for await (const chunk of response.body) {
      size += chunk.byteLength
      // Leaving the loop ends the transfer.
      if (size > MAX_BYTES) return undefined
      chunks.push(chunk)
    }
    const bytes = new Uint8Array(Buffer.concat(chunks))
    const mimeType = typeOf(bytes)
    return mimeType === undefined ? undefined : { mimeType, bytes }
  } catch {
    // The cause is dropped on purpose: it may spell out the signed address.
    if (signal.aborted) throw new ReadFailure('cancelled')
    throw new ReadFailure(deadline.aborted ? 'timeout' : 'network')
  }
}
