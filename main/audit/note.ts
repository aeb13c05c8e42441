import { createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto'

/**
 * C2SP signed notes (https://c2sp.org/signed-note) and checkpoints (https://c2sp.org/tlog-checkpoint), Ed25519 only.
 * This file never says anything about the text of a note whose signature it has not checked, except through `parseNote`,
 * whose result is called unverified.
 */

const ALGORITHM_ED25519 = 1
const SIGNATURE_PREFIX = '\u2014 '
const MAX_NOTE_CHARS = 16_384
const MAX_SIGNATURES = 16

/** A key that may check notes. `vkey` is its only public spelling: name+keyid+base64(type ‖ key). */
export interface NoteVerifier {
  readonly name: string
  /** 8 hex digits. Only says which key to try, proves nothing. */
  readonly keyId: string
  readonly vkey: string
  readonly publicKey: KeyObject
}

export interface NoteSigner extends NoteVerifier {
  readonly privateKey: KeyObject
}

export interface UnverifiedNote {
  /** The signed text with its final line feed. */
  readonly text: string
  readonly signatures: readonly { readonly name: string; readonly keyId: string; readonly signature: Buffer }[]
}

export interface Checkpoint {
  readonly origin: string
  readonly size: number
  readonly root: Buffer
}

/** Thrown for a note, key or checkpoint that is not well-formed, or not signed as it must be. */
export class NoteError extends Error {
  readonly kind: 'malformed' | 'bad_signature' | 'unknown_signer'
  constructor(kind: 'malformed' | 'bad_signature' | 'unknown_signer', message: string) {
    super(message)
    this.name = 'NoteError'
    this.kind = kind
  }
}

/** Names a key pair. @throws NoteError for a name with white space or "+", or a key that is not Ed25519. */
export function createSigner(
  name: string,
  keys: { readonly privateKey: KeyObject; readonly publicKey: KeyObject },
): NoteSigner {
  if (keys.publicKey.asymmetricKeyType !== 'ed25519' || keys.privateKey.asymmetricKeyType !== 'ed25519')
    throw new NoteError('malformed', 'only Ed25519 keys can sign notes')
  const x = keys.publicKey.export({ format: 'jwk' }).x
  if (x === undefined) throw new NoteError('malformed', 'the public key cannot be exported')
  return { ...verifierOf(name, Buffer.from(x, 'base64url')), privateKey: keys.privateKey }
}

/** @throws NoteError malformed when the text is not a vkey, or its key id is not the one of its key. */
export function parseVkey(vkey: string): NoteVerifier {
  const match = /^([^+]{1,255})\+([0-9a-f]{8})\+([A-Za-z0-9+/=]{1,128})$/u.exec(vkey)
  const bytes = match === null ? undefined : strictBase64(match[3] ?? '')
  if (match === null || bytes === undefined || bytes.length !== 33 || bytes[0] !== ALGORITHM_ED25519)
    throw new NoteError('malformed', 'not an Ed25519 verifier key')
  const verifier = verifierOf(match[1] ?? '', bytes.subarray(1))
  if (verifier.keyId !== match[2]) throw new NoteError('malformed', 'the key id does not belong to the key')
  return verifier
}

function verifierOf(name: string, rawPublicKey: Buffer): NoteVerifier {
  if (!isKeyName(name)) throw new NoteError('malformed', 'not a usable key name')
  const typed = Buffer.concat([Buffer.of(ALGORITHM_ED25519), rawPublicKey])
  const keyId = hash('sha256', Buffer.concat([Buffer.from(`${name}\n`, 'utf8'), typed]), 'buffer')
    .subarray(0, 4)
    .toString('hex')
  const publicKey = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: rawPublicKey.toString('base64url') },
    format: 'jwk',
  })
  return { name, keyId, vkey: `${name}+${keyId}+${typed.toString('base64')}`, publicKey }
}

/** Signs a text (which must end with a line feed) with every given key. */
export function signNote(text: string, signers: readonly NoteSigner[]): string {
  if (!isNoteText(text))
    throw new NoteError('malformed', 'a note is well-formed text without control characters that ends with a line feed')
  const lines = signers.map((signer) => {
    const signature = sign(null, Buffer.from(text, 'utf8'), signer.privateKey)
    const blob = Buffer.concat([Buffer.from(signer.keyId, 'hex'), signature]).toString('base64')
    return `${SIGNATURE_PREFIX}${signer.name} ${blob}\n`
  })
  return `${text}\n${lines.join('')}`
}

/** Takes a note apart without checking any signature. @throws NoteError malformed, also when it is longer than `maxChars` */
export function parseNote(note: string, maxChars: number = MAX_NOTE_CHARS): UnverifiedNote {
  // The last empty line divides: a text may itself contain empty lines.
  const split = note.lastIndexOf('\n\n')
  if (note.length > maxChars || split < 0 || !note.endsWith('\n') || !isNoteText(note))
    throw new NoteError('malformed', 'not a signed note')
  const lines = note.slice(split + 2, -1).split('\n')
  if (lines.length > MAX_SIGNATURES) throw new NoteError('malformed', 'too many signatures')
  const signatures = lines.map((line) => {
    const match = /^\u2014 ([^ ]+) ([A-Za-z0-9+/=]+)$/u.exec(line)
    const blob = match === null ? undefined : strictBase64(match[2] ?? '')
    if (match === null || blob === undefined || blob.length < 5 || !isKeyName(match[1] ?? ''))
      throw new NoteError('malformed', 'not a signature line')
    return { name: match[1] ?? '', keyId: blob.subarray(0, 4).toString('hex'), signature: blob.subarray(4) }
  })
  return { text: note.slice(0, split + 1), signatures }
}

/**
 * Checks a note and returns its text and the keys that signed it. Signatures of unknown keys are ignored, but a wrong
 * signature of a known key refuses the whole note.
 * @throws NoteError malformed, bad_signature, or unknown_signer when no known key signed
 */
export function openNote(
  note: string,
  verifiers: readonly NoteVerifier[],
  maxChars: number = MAX_NOTE_CHARS,
): { text: string; signedBy: readonly NoteVerifier[] } {
  const parsed = parseNote(note, maxChars)
  const signedBy: NoteVerifier[] = []
  for (const { name, keyId, signature } of parsed.signatures) {
    const verifier = verifiers.find((known) => known.name === name && known.keyId === keyId)
    if (verifier === undefined) continue
    // Listing one key twice would let one signature pass for two.
    if (signedBy.includes(verifier)) throw new NoteError('malformed', 'a key signed twice')
    if (!verify(null, Buffer.from(parsed.text, 'utf8'), verifier.publicKey, signature))
      throw new NoteError('bad_signature', `the signature of ${name} is wrong`)
    signedBy.push(verifier)
  }
  if (signedBy.length === 0) throw new NoteError('unknown_signer', 'no known key signed this note')
  return { text: parsed.text, signedBy }
}

/** Exactly three lines: origin, size, base64 root. */
export function formatCheckpoint(checkpoint: Checkpoint): string {
  return `${checkpoint.origin}\n${checkpoint.size}\n${checkpoint.root.toString('base64')}\n`
}

/** Reads the text of an opened note. No extension lines, no leading zeros. @throws NoteError malformed */
export function parseCheckpoint(text: string): Checkpoint {
  const match = /^([^\n]+)\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n$/u.exec(text)
  const size = Number(match?.[2])
  const root = strictBase64(match?.[3] ?? '')
  if (match === null || !Number.isSafeInteger(size) || root?.length !== 32 || !isKeyName(match[1] ?? ''))
    throw new NoteError('malformed', 'not a checkpoint')
  return { origin: match[1] ?? '', size, root }
}

function isKeyName(name: string): boolean {
  return name.length > 0 && name.length <= 255 && !/[\s+\p{Cc}]/u.test(name) && name.isWellFormed()
}

function isNoteText(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- the specification forbids exactly these below U+0020
  return text.endsWith('\n') && text.isWellFormed() && !/[\u0000-\u0009\u000b-\u001f]/u.test(text)
}

/** Node's decoder skips what it does not know and ignores spare bits; a signature must have one spelling only. */
function strictBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : undefined
}
