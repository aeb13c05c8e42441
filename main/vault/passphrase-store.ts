/**
 * All secrets of a workspace in one file, sealed with a key made from a passphrase: for computers where no keychain answers.
 * Never writes a secret in the clear, never replaces a file it cannot read.
 *
 * The file lies beside the data, so unlike a keychain it is rolled back together with it: the head of the audit log kept here notices a
 * damaged or exchanged ledger.db, not a whole folder put back to last week.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { z } from 'zod'
import { OperationError } from '../../shared/errors.ts'
import { sizeOf, writeFileAtomically } from '../atomic-file.ts'
import type { Secret } from '../secret.ts'
import {
  DEFAULT_SCRYPT_COST,
  derivePassphraseKey,
  MINIMUM_PASSPHRASE_CHARS,
  refuseShortPassphrase,
  sameBytes,
  scryptCostShape,
  type ScryptCost,
  wrongPassphrase,
} from './passphrase-key.ts'
import { SECRET_NAMES, type SecretName, type SecretStore } from './secret-store.ts'

const MAX_FILE_BYTES = 65_536
const SALT_BYTES = 16
const NONCE_BYTES = 12
const TAG_BYTES = 16

const base64 = z.base64()
const headerSchema = z.strictObject({
  v: z.literal(1),
  kdf: z.strictObject({ name: z.literal('scrypt'), ...scryptCostShape, salt: base64 }),
})
const fileSchema = z.strictObject({
  ...headerSchema.shape,
  cipher: z.strictObject({ name: z.literal('aes-256-gcm'), nonce: base64, tag: base64, ciphertext: base64 }),
  /** SHA-256 over everything before it: tells a damaged file from a wrong passphrase. Not a protection: the tag is. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
})
const secretsSchema = z.partialRecord(z.enum(SECRET_NAMES), base64)
type Header = z.infer<typeof headerSchema>
type SealedFile = z.infer<typeof fileSchema>
type Secrets = Map<SecretName, Buffer>

export interface PassphraseStoreOptions {
  readonly cost?: ScryptCost
  /** Only the demo, whose passphrase is shown on the screen, goes below the default. */
  readonly minimumPassphraseChars?: number
}
export interface PassphraseStore extends SecretStore {
  readonly kind: 'passphrase'
  /** Whether this is the passphrase; as slow as opening. */
  matches(passphrase: Secret): Promise<boolean>
  /**
   * Seals everything with a new passphrase, at the cost of the file. The file is replaced as a whole: after a crash it opens with the old
   * passphrase or with the new one. @throws OperationError workspace_damaged when it does not open after writing; then it is as before
   */
  changePassphrase(next: Secret): Promise<void>
}

/**
 * Makes the file.
 * @throws OperationError invalid_input (too short), workspace_damaged (a file is already there)
 */
export async function createPassphraseStore(
  file: string,
  passphrase: Secret,
  options: PassphraseStoreOptions = {},
): Promise<PassphraseStore> {
  refuseShortPassphrase(passphrase, options.minimumPassphraseChars ?? MINIMUM_PASSPHRASE_CHARS)
  if (existsSync(file)) throw damaged(file, 'is already there; it was not replaced')
  const salt = randomBytes(SALT_BYTES)
  const cost = options.cost ?? DEFAULT_SCRYPT_COST
  // Parsed, because the bytes of the header are authenticated and the schema is what fixes the order of its fields.
  const header = headerSchema.parse({ v: 1, kdf: { name: 'scrypt', ...cost, salt: salt.toString('base64') } })
  const key = await derivePassphraseKey(passphrase, salt, header.kdf)
  const secrets: Secrets = new Map()
  writeFileAtomically(file, serialise(seal(header, key, secrets)))
  return makeStore(file, header, key, secrets)
}

/**
 * Opens the file.
 * @throws OperationError wrong_passphrase, vault_key_missing (no file), workspace_damaged (any byte changed)
 */
export async function openPassphraseStore(file: string, passphrase: Secret): Promise<PassphraseStore> {
  const sealed = readSealedFile(file)
  const salt = Buffer.from(sealed.kdf.salt, 'base64')
  const key = await derivePassphraseKey(passphrase, salt, sealed.kdf)
  const secrets = unseal(sealed, key, file)
  if (secrets === undefined) {
    key.fill(0)
    throw wrongPassphrase()
  }
  return makeStore(file, headerOf(sealed), key, secrets)
}

function makeStore(file: string, firstHeader: Header, firstKey: Buffer, secrets: Secrets): PassphraseStore {
  let isOpen = true
  let header = firstHeader
  let key = firstKey
  const requireOpen = () => {
    if (!isOpen) throw new OperationError('workspace_locked', 'The vault is closed.', 'Open the workspace again.')
  }
  // The derived key stays in memory, so that pinning a new head costs one small file and not another scrypt. Without an `await`
  // in here, two writes cannot mix. Memory follows the disk, never the other way round.
  const replace = (name: SecretName, bytes: Buffer | undefined) => {
    requireOpen()
    const next: Secrets = new Map(secrets)
    if (bytes === undefined) next.delete(name)
    else next.set(name, bytes)
    writeFileAtomically(file, serialise(seal(header, key, next)))
    const back = unseal(readSealedFile(file), key, file)
    if (bytes !== undefined && !back?.get(name)?.equals(bytes))
      throw damaged(file, 'does not hold what was just written')
    secrets.get(name)?.fill(0)
    if (bytes === undefined) secrets.delete(name)
    else secrets.set(name, bytes)
  }
  return {
    kind: 'passphrase',
    async read(name) {
      requireOpen()
      const bytes = secrets.get(name)
      return bytes === undefined ? undefined : Uint8Array.from(bytes)
    },
    async write(name, bytes) {
      replace(name, Buffer.from(bytes))
    },
    async remove(name) {
      if (secrets.has(name)) replace(name, undefined)
    },
    async matches(passphrase) {
      requireOpen()
      const { kdf } = header
      const expected = Buffer.from(key)
      const guess = await derivePassphraseKey(passphrase, Buffer.from(kdf.salt, 'base64'), kdf)
      const isRight = sameBytes(guess, expected)
      guess.fill(0)
      expected.fill(0)
      return isRight
    },
    async changePassphrase(next) {
      requireOpen()
      const salt = randomBytes(SALT_BYTES)
      const nextHeader = headerSchema.parse({ v: 1, kdf: { ...header.kdf, salt: salt.toString('base64') } })
      const nextKey = await derivePassphraseKey(next, salt, nextHeader.kdf)
      requireOpen()
      // From here on without an `await`: the secrets sealed anew are those of this moment, and no other write comes between.
      const before = readFileSync(file)
      writeFileAtomically(file, serialise(seal(nextHeader, nextKey, secrets)))
      if (!holdsAll(file, nextKey, secrets)) {
        writeFileAtomically(file, before)
        throw damaged(file, 'could not be sealed with the new passphrase; the old one still opens it')
      }
      key.fill(0)
      header = nextHeader
      key = nextKey
    },
    close() {
      isOpen = false
      key.fill(0)
      for (const bytes of secrets.values()) bytes.fill(0)
      secrets.clear()
    },
  }
}

/** Whether the file as it is on the disk opens with this key and holds exactly these secrets. */
function holdsAll(file: string, key: Buffer, secrets: Secrets): boolean {
  try {
    const back = unseal(readSealedFile(file), key, file)
    return back?.size === secrets.size && [...secrets].every(([name, bytes]) => back.get(name)?.equals(bytes) === true)
  } catch (error) {
    if (error instanceof OperationError) return false
    throw error
  }
}

function headerOf({ v, kdf }: SealedFile): Header {
  return { v, kdf }
}

function seal(header: Header, key: Buffer, secrets: Secrets): SealedFile {
  const plain = Buffer.from(
    JSON.stringify(Object.fromEntries([...secrets].map(([name, bytes]) => [name, bytes.toString('base64')]))),
  )
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(Buffer.from(JSON.stringify(header)))
  const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()])
  plain.fill(0)
  const body = {
    ...header,
    cipher: {
      name: 'aes-256-gcm' as const,
      nonce: nonce.toString('base64'),
      tag: cipher.getAuthTag().toString('base64'),
      ciphertext: ciphertext.toString('base64'),
    },
  }
  return { ...body, sha256: checksum(body) }
}

/** `undefined` when the key is not the right one. */
function unseal(sealed: SealedFile, key: Buffer, file: string): Secrets | undefined {
  const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(sealed.cipher.nonce, 'base64'), {
    authTagLength: TAG_BYTES,
  })
  decipher.setAAD(Buffer.from(JSON.stringify(headerOf(sealed))))
  decipher.setAuthTag(Buffer.from(sealed.cipher.tag, 'base64'))
  let plain: Buffer
  try {
    plain = Buffer.concat([decipher.update(Buffer.from(sealed.cipher.ciphertext, 'base64')), decipher.final()])
  } catch {
    return undefined
  }
  const parsed = secretsSchema.safeParse(JSON.parse(plain.toString('utf8')))
  plain.fill(0)
  if (!parsed.success) throw damaged(file, 'was sealed by a version that this one does not understand')
  const secrets: Secrets = new Map()
  for (const name of SECRET_NAMES) {
    const text = parsed.data[name]
    if (text !== undefined) secrets.set(name, Buffer.from(text, 'base64'))
  }
  return secrets
}

function checksum(body: Omit<SealedFile, 'sha256'>): string {
  return createHash('sha256').update(JSON.stringify(body)).digest('hex')
}

function serialise(sealed: SealedFile): Buffer {
  return Buffer.from(`${JSON.stringify(sealed, undefined, 2)}\n`)
}

/** Accepts only the exact bytes this file would write: there is one spelling, so any changed byte shows. */
function readSealedFile(file: string): SealedFile {
  const size = sizeOf(file)
  if (!existsSync(file))
    throw new OperationError(
      'vault_key_missing',
      `The vault file ${basename(file)} is missing, so the data of this workspace cannot be opened. Nothing was changed.`,
      'Put the vault file back from a backup. A new one would not open the data that is here.',
    )
  if (size === 0 || size > MAX_FILE_BYTES) throw damaged(file, 'has a size that cannot be right')
  const bytes = readFileSync(file)
  let json: unknown
  try {
    json = JSON.parse(bytes.toString('utf8'))
  } catch {
    throw damaged(file, 'is damaged')
  }
  const version = z.object({ v: z.int().min(2) }).safeParse(json)
  if (version.success)
    throw new OperationError(
      'workspace_newer',
      `The vault file was written by a newer version of SpendSignoff (format ${version.data.v}). It was not touched.`,
      'Install the newest version of SpendSignoff and open this workspace with it.',
    )
  const parsed = fileSchema.safeParse(json)
  if (!parsed.success) throw damaged(file, 'is damaged')
  const { sha256, ...body } = parsed.data
  const { nonce, tag } = body.cipher
  const hasSizes =
    Buffer.from(nonce, 'base64').length === NONCE_BYTES && Buffer.from(tag, 'base64').length === TAG_BYTES
  if (!hasSizes || checksum(body) !== sha256 || !serialise(parsed.data).equals(bytes)) throw damaged(file, 'is damaged')
  return parsed.data
}

function damaged(file: string, what: string): OperationError {
  return new OperationError(
    'workspace_damaged',
    `The vault file ${basename(file)} ${what}. Nothing was changed.`,
    'Put the vault file back from a backup. Without it the data of this workspace cannot be opened.',
  )
}
