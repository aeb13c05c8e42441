/** From a typed passphrase to a key. Slow on purpose (about 0.3 s, 128 MB): each guess of a thief who copied the file costs the same. */
import { scrypt, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { OperationError } from '../../shared/errors.ts'
import type { Secret } from '../secret.ts'

/** Bounded, because a planted file could otherwise ask for any amount of memory and time. */
export const scryptCostShape = {
  N: z
    .int()
    .min(1_024)
    .max(1_048_576)
    .refine((n) => (n & (n - 1)) === 0, 'a power of two'),
  r: z.int().min(1).max(8),
  p: z.int().min(1).max(4),
}
const scryptCostSchema = z.strictObject(scryptCostShape)
export type ScryptCost = z.infer<typeof scryptCostSchema>

/** OWASP's first choice for scrypt (Password Storage Cheat Sheet). */
export const DEFAULT_SCRYPT_COST: ScryptCost = { N: 131_072, r: 8, p: 1 }
export const MINIMUM_PASSPHRASE_CHARS = 8
const KEY_BYTES = 32

/** 32 bytes. NFKC first, so that the same passphrase typed on another keyboard or system gives the same key. */
export function derivePassphraseKey(passphrase: Secret, salt: Uint8Array, cost: ScryptCost): Promise<Buffer> {
  const { N, r, p } = cost
  return new Promise((resolve, reject) => {
    scrypt(passphrase.reveal().normalize('NFKC'), salt, KEY_BYTES, { N, r, p, maxmem: 256 * N * r }, (error, key) => {
      if (error === null) resolve(key)
      else reject(error)
    })
  })
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && timingSafeEqual(a, b)
}

/** For new passphrases only; an existing one is judged by the key it gives. @throws OperationError invalid_input */
export function refuseShortPassphrase(passphrase: Secret, minimumChars: number): void {
  if (Array.from(passphrase.reveal().normalize('NFKC')).length >= minimumChars) return
  throw new OperationError(
    'invalid_input',
    `The passphrase needs at least ${minimumChars} characters.`,
    'Choose a longer one: a few unrelated words are easy to remember and hard to guess.',
  )
}

export function wrongPassphrase(): OperationError {
  return new OperationError(
    'wrong_passphrase',
    'That is not the passphrase of this workspace.',
    'Check the keyboard layout and Caps Lock, then try again.',
    { retryable: true },
  )
}
