/** AES-256-GCM around small values, each bound to what and whose it is. Never handles a key's storage. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { OperationError } from '../../shared/errors.ts'

const NONCE_BYTES = 12
const TAG_BYTES = 16
const SEAL_VERSION = 1

/** version (1) | nonce (12) | tag (16) | ciphertext. The context is authenticated, not stored. */
export function sealBytes(key: Buffer, bytes: Uint8Array, context: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(Buffer.from(context, 'utf8'))
  const ciphertext = Buffer.concat([cipher.update(bytes), cipher.final()])
  return Buffer.concat([Buffer.of(SEAL_VERSION), nonce, cipher.getAuthTag(), ciphertext])
}

/** @throws OperationError workspace_damaged when the bytes or the context are not the sealed ones */
export function unsealBytes(key: Buffer, sealed: Uint8Array, context: string): Buffer {
  const bytes = Buffer.from(sealed)
  const start = 1 + NONCE_BYTES + TAG_BYTES
  try {
    if (bytes[0] !== SEAL_VERSION || bytes.length < start) throw new RangeError('not a sealed value')
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(1, 1 + NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    })
    decipher.setAAD(Buffer.from(context, 'utf8'))
    decipher.setAuthTag(bytes.subarray(1 + NONCE_BYTES, start))
    return Buffer.concat([decipher.update(bytes.subarray(start)), decipher.final()])
  } catch (error) {
    throw new OperationError(
      'workspace_damaged',
      'A sealed value of this workspace cannot be opened: it was changed, or it belongs somewhere else.',
      'Remove the connection it belongs to and connect again.',
      { cause: error },
    )
  }
}
