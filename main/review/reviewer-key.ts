/**
 * The key of a second person: Ed25519, in a file of their own, never in a workspace. Its name is made from the key, so that one key cannot
 * pass for two people. Whether two people hold two keys is nothing a program can know.
 */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { createSigner, NoteError, type NoteSigner, type NoteVerifier, parseVkey } from '../audit/note.ts'
import type { Secret } from '../secret.ts'
import { reviewInvalid } from './refusal.ts'

const PREFIX = 'review.spendsignoff/'
const NAME_CHARS = 26
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'
export const MINIMUM_KEY_PASSPHRASE_CHARS = 8
export const MAX_KEY_FILE_BYTES = 16_384
export const MAX_REVIEWER_NAME = 80

/** The 32 bytes of an Ed25519 public key. */
export function rawPublicKey(publicKey: KeyObject): Buffer {
  return Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
}

/** `review.spendsignoff/` and the first 130 bits of the key's SHA-256 in RFC 4648 base32, lower case. */
export function reviewerKeyName(publicKey: KeyObject): string {
  const digest = createHash('sha256').update(rawPublicKey(publicKey)).digest()
  const bits = Array.from(digest, (byte) => byte.toString(2).padStart(8, '0')).join('')
  const letters = Array.from({ length: NAME_CHARS }, (_, at) =>
    BASE32.charAt(Number.parseInt(bits.slice(at * 5, at * 5 + 5), 2)),
  )
  return `${PREFIX}${letters.join('')}`
}

/** @throws OperationError review_invalid when it is not the public key of a reviewer */
export function parseReviewerVkey(vkey: string): NoteVerifier {
  let verifier: NoteVerifier
  try {
    verifier = parseVkey(vkey.trim())
  } catch (error) {
    if (error instanceof NoteError) throw notAKey()
    throw error
  }
  if (verifier.name !== reviewerKeyName(verifier.publicKey)) throw notAKey()
  return verifier
}

function notAKey(): Error {
  return reviewInvalid(
    'malformed',
    'That is not the public key of a reviewer. Nothing was changed.',
    'It begins with “review.spendsignoff/” and is printed by: spendsignoff review new-key.',
  )
}

export function reviewerSigner(privateKey: KeyObject): NoteSigner {
  const publicKey = createPublicKey(privateKey)
  return createSigner(reviewerKeyName(publicKey), { privateKey, publicKey })
}

/**
 * A new key as the text of its file: PKCS #8, sealed with the passphrase as OpenSSL does (PBES2, AES-256), with the public key in front
 * for the person who looks for it again.
 * @throws OperationError invalid_input for a short passphrase
 */
export function newReviewerKey(name: string, passphrase: Secret): { readonly pem: string; readonly vkey: string } {
  if (Array.from(passphrase.reveal()).length < MINIMUM_KEY_PASSPHRASE_CHARS)
    throw reviewInvalid(
      'malformed',
      `The passphrase of the key needs at least ${MINIMUM_KEY_PASSPHRASE_CHARS} characters. No key was made.`,
      'Choose a longer one: a few unrelated words are easy to remember and hard to guess.',
    )
  const { privateKey } = generateKeyPairSync('ed25519')
  const { vkey } = reviewerSigner(privateKey)
  const sealed = privateKey.export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: passphrase.reveal(),
  })
  return { pem: `Review key of: ${name}\nPublic key: ${vkey}\n${sealed.toString()}`, vkey }
}

/** @throws OperationError review_invalid when the file is no such key; wrong_passphrase is not told from it, as OpenSSL cannot */
export function openReviewerKey(pem: string, passphrase: Secret): NoteSigner {
  let key: KeyObject
  try {
    key = createPrivateKey({ key: pem.slice(Math.max(0, pem.indexOf('-----BEGIN'))), passphrase: passphrase.reveal() })
  } catch {
    throw reviewInvalid(
      'malformed',
      'The key file does not open: the passphrase is wrong, or it is not a key. Nothing was signed.',
      'Type the passphrase again, or name the file that “review new-key” made.',
    )
  }
  if (key.asymmetricKeyType !== 'ed25519')
    throw reviewInvalid(
      'malformed',
      'The key file does not hold an Ed25519 key. Nothing was signed.',
      'Make one with: spendsignoff review new-key.',
    )
  return reviewerSigner(key)
}
