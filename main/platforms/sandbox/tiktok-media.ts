/** Pictures behind signed addresses, as TikTok's content servers hand them out: good for six hours and for nobody who guesses. */
import { createHash } from 'node:crypto'
import { pngOf } from './png.ts'
import type { Call } from './tiktok-wire.ts'

const LIFE_MS = 6 * 3_600_000
export const MEDIA_PREFIX = '/media/'

/** Not a secret in any sense that matters: it guards invented pictures on loopback. */
function signatureOf(seed: number, path: string, expires: string): string {
  return createHash('sha256').update(`media:${seed}:${path}:${expires}`).digest('hex').slice(0, 24)
}

/** The signed address of a video ("v"), its cover ("c") or an image ("i"). */
export function assetAddress(call: Call, kind: 'v' | 'c' | 'i', id: string): string {
  const path = `${MEDIA_PREFIX}${kind}/${encodeURIComponent(id)}`
  const expires = String(Math.floor((call.nowMs + LIFE_MS) / 1000))
  return `${call.origin}${path}?x-expires=${expires}&x-signature=${signatureOf(call.world.seed, path, expires)}`
}

/** The picture at an address; undefined when its signature is wrong or too old, or when it is a film. */
export function readMedia(url: URL, seed: number, nowMs: number): Buffer | undefined {
  const expires = url.searchParams.get('x-expires') ?? ''
  if (url.searchParams.get('x-signature') !== signatureOf(seed, url.pathname, expires)) return undefined
  if (Number(expires) * 1000 < nowMs || url.pathname.startsWith(`${MEDIA_PREFIX}v/`)) return undefined
  return pngOf(`${seed}:${url.pathname}`)
}
