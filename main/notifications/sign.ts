/** Signatures of the Standard Webhooks specification 1.0, symmetric (https://www.standardwebhooks.com). Signs; verifies nothing. */
import { createHmac } from 'node:crypto'
import type { Secret } from '../secret.ts'

const PREFIX = 'whsec_'
/** What the specification recommends for a key. */
const MIN_BYTES = 24
const MAX_BYTES = 64

/** Undefined when it is not "whsec_" and the base64 of 24 to 64 bytes, in its one spelling. */
function keyOf(secret: Secret): Buffer | undefined {
  const text = secret.reveal()
  if (!text.startsWith(PREFIX)) return undefined
  const key = Buffer.from(text.slice(PREFIX.length), 'base64')
  const isSame = key.toString('base64') === text.slice(PREFIX.length)
  return isSame && key.length >= MIN_BYTES && key.length <= MAX_BYTES ? key : undefined
}

export const isSigningSecret = (secret: Secret): boolean => keyOf(secret) !== undefined

/**
 * The three headers of one attempt.
 * @param id the same for every attempt of a message, so that a receiver can drop a second one
 * @param timestampS seconds since 1970, of this attempt
 * @throws Error for a secret that isSigningSecret refuses
 */
export function signedHeaders(
  secret: Secret,
  of: { readonly id: string; readonly timestampS: number; readonly body: string },
): Readonly<Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string>> {
  const key = keyOf(secret)
  if (key === undefined) throw new Error('not a signing secret')
  const timestamp = String(Math.floor(of.timestampS))
  const signature = createHmac('sha256', key).update(`${of.id}.${timestamp}.${of.body}`, 'utf8').digest('base64')
  key.fill(0)
  return { 'webhook-id': of.id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` }
}
