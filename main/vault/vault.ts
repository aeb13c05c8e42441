/**
 * The keys of one workspace. Everything is derived from, or kept as, a root secret in a SecretStore. Never makes a new key where data
 * sealed with an old one stands, never hands out a root secret, and talks to no network.
 */
import { createPrivateKey, createPublicKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto'
import { basename } from 'node:path'
import { z } from 'zod'
import type { Clock } from '../../shared/clock.ts'
import { OperationError } from '../../shared/errors.ts'
import { sizeOf } from '../atomic-file.ts'
import type { Secret } from '../secret.ts'
import { createGuessLimiter, type GuessLimiter } from './guess-limiter.ts'
import {
  DEFAULT_SCRYPT_COST,
  derivePassphraseKey,
  MINIMUM_PASSPHRASE_CHARS,
  refuseShortPassphrase,
  sameBytes,
  type ScryptCost,
  scryptCostShape,
} from './passphrase-key.ts'
import type { PassphraseStore } from './passphrase-store.ts'
import { sealBytes, unsealBytes } from './sealing.ts'
import type { SecretName, SecretStore, VaultKind } from './secret-store.ts'

export interface SigningKey {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}
export interface Vault {
  readonly kind: VaultKind
  /** 32 bytes for ledger.db; a copy, zero it after use. */
  ledgerKey(): Buffer
  /** 32 bytes for facts.db; a copy, zero it after use. */
  factsKey(): Buffer
  /** Ed25519 key in force for the audit log. @throws OperationError vault_key_missing when it is lost (see openVaultForNewLog) */
  readonly signingKey: SigningKey
  /**
   * The key a rotation is changing to, while one is under way. After a crash the log tells whether its record was committed: then
   * `finishKeyRotation`, else `cancelKeyRotation`.
   */
  readonly nextSigningKey: SigningKey | undefined
  /** Stores a new key beside the old one, so that a crash at any point leaves the key that the log needs. */
  beginKeyRotation(): Promise<SigningKey>
  /**
   * Forgets the old key for good. Call after the record signed by both is committed: from then on the new one is in force here, also when
   * the store fails and still holds both. Call again then.
   */
  finishKeyRotation(): Promise<void>
  cancelKeyRotation(): Promise<void>
  /** Forgets every signing key and makes one for a log of its own. Whatever was signed before can never be continued afterwards. */
  renewSigningKey(): Promise<SigningKey>
  /** The newest signed head of the audit log, kept outside the ledger so that truncation and rollback show. */
  readonly headPin: { read(): Promise<string | undefined>; write(text: string): Promise<void> }
  /** AES-256-GCM. `context` says what and whose this is; unsealing with another context fails. */
  seal(bytes: Uint8Array, context: string): Buffer
  /** @throws OperationError workspace_damaged when the bytes or the context are not the sealed ones */
  unseal(sealed: Uint8Array, context: string): Buffer
  readonly hasPassphrase: boolean
  /** False for a wrong passphrase and when none was ever set. @throws OperationError rate_limited */
  verifyPassphrase(passphrase: Secret): Promise<boolean>
  /**
   * Sets or changes the passphrase; whoever calls has checked the one before. A vault sealed with it is sealed anew, and after a crash at
   * any point opens with the old or the new one. @throws OperationError invalid_input (too short); what the store throws
   */
  setPassphrase(next: Secret): Promise<void>
  /** Zeroes the keys. Later calls throw workspace_locked. */
  close(): void
}

export interface VaultOptions {
  readonly store: SecretStore | PassphraseStore
  readonly clock: Clock
  /** Databases that only the stored master key opens. */
  readonly encryptedFiles: readonly string[]
  /** Share one over several attempts to open, or a wrong guess is forgotten with the vault it did not open. */
  readonly guesses?: GuessLimiter
  /** Of passphrases set later; cheaper only in tests. */
  readonly cost?: ScryptCost | undefined
}
export interface NewVaultOptions extends VaultOptions {
  /** Keychain vaults only: asked for at Confirm in the browser window. */
  readonly confirmPassphrase?: Secret | undefined
  readonly minimumPassphraseChars?: number | undefined
}

const KEY_BYTES = 32
/** One key, or while a rotation is under way two: current, next. */
const SIGNING_SIZES: readonly number[] = [KEY_BYTES, 2 * KEY_BYTES]
const MAX_HEAD_CHARS = 8_192
/** PKCS #8 wrapping of a raw Ed25519 seed (RFC 8410 section 7). */
const ED25519_PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')

const verifierSchema = z.strictObject({ v: z.literal(1), ...scryptCostShape, salt: z.base64(), key: z.base64() })
type Verifier = z.infer<typeof verifierSchema>

/**
 * Makes the root secrets that are missing and opens the vault. Finishes what an earlier, interrupted call began.
 * @throws OperationError vault_key_missing when a database is there and its key is not; what the store throws
 */
export async function createVault(options: NewVaultOptions): Promise<Vault> {
  const { store, confirmPassphrase } = options
  const minimum = options.minimumPassphraseChars ?? MINIMUM_PASSPHRASE_CHARS
  if (confirmPassphrase !== undefined) refuseShortPassphrase(confirmPassphrase, minimum)
  // First of all: a vault that was interrupted later is never one whose Confirm is unguarded.
  if (store.kind === 'keychain' && confirmPassphrase !== undefined)
    await store.write('passphrase', await makeVerifier(confirmPassphrase, options.cost ?? DEFAULT_SCRYPT_COST))
  for (const name of ['master', 'signing'] as const) {
    if ((await store.read(name)) !== undefined) continue
    refuseNewKeyBesideData(name, options.encryptedFiles)
    await store.write(name, randomBytes(KEY_BYTES))
  }
  return openVault(options)
}

/**
 * Opens an existing vault.
 * @throws OperationError vault_key_missing when a root secret is gone; what the store throws (keychain_locked, …)
 */
export async function openVault(options: VaultOptions): Promise<Vault> {
  const { store } = options
  const master = await requireSecret(store, 'master', [KEY_BYTES])
  const signing = await requireSecret(store, 'signing', SIGNING_SIZES)
  return makeVault(options, master, signing, await readVerifier(store))
}

/**
 * The same for a workspace that is to begin a new log: a signing key that is lost is not in the way.
 * @throws OperationError vault_key_missing when the key of the databases is gone; what the store throws
 */
export async function openVaultForNewLog(options: VaultOptions): Promise<Vault> {
  const { store } = options
  const master = await requireSecret(store, 'master', [KEY_BYTES])
  const found = await store.read('signing')
  const signing = found !== undefined && SIGNING_SIZES.includes(found.byteLength) ? found : undefined
  return makeVault(options, master, signing, await readVerifier(store))
}

/** Takes the two secrets over: their bytes are zeroed. */
function makeVault(
  options: VaultOptions,
  master: Uint8Array,
  signing: Uint8Array | undefined,
  storedVerifier: Verifier | undefined,
): Vault {
  const { store } = options
  let verifier = storedVerifier
  const guesses = options.guesses ?? createGuessLimiter(options.clock)
  const ledgerKey = derive(master, 'spendsignoff/v1/ledger.db')
  const factsKey = derive(master, 'spendsignoff/v1/facts.db')
  const sealKey = derive(master, 'spendsignoff/v1/seal')
  let current = signing === undefined ? undefined : signingKeyOf(signing.subarray(0, KEY_BYTES))
  let next = signing?.byteLength === 2 * KEY_BYTES ? signingKeyOf(signing.subarray(KEY_BYTES)) : undefined
  let isOpen = true
  master.fill(0)
  signing?.fill(0)
  const requireOpen = () => {
    if (!isOpen) throw new OperationError('workspace_locked', 'The vault is closed.', 'Open the workspace again.')
  }
  const inForce = () => {
    requireOpen()
    if (current === undefined) throw keyMissing('signing', store.kind)
    return current
  }
  const requireNext = () => {
    inForce()
    if (next === undefined) throw new Error('no key rotation is under way')
    return next
  }
  const keepSigning = async (...keys: readonly SigningKey[]) => {
    const bytes = Buffer.concat(keys.map(seedOf))
    await store.write('signing', bytes)
    bytes.fill(0)
  }
  return {
    kind: store.kind,
    ledgerKey: () => Buffer.from((requireOpen(), ledgerKey)),
    factsKey: () => Buffer.from((requireOpen(), factsKey)),
    get signingKey() {
      return inForce()
    },
    get nextSigningKey() {
      requireOpen()
      return next
    },
    async beginKeyRotation() {
      const old = inForce()
      if (next !== undefined) throw new Error('a key rotation is already under way')
      const fresh = signingKeyOf(randomBytes(KEY_BYTES))
      await keepSigning(old, fresh)
      next = fresh
      return fresh
    },
    async finishKeyRotation() {
      const fresh = requireNext()
      current = fresh
      await keepSigning(fresh)
      next = undefined
    },
    async cancelKeyRotation() {
      requireNext()
      await keepSigning(inForce())
      next = undefined
    },
    async renewSigningKey() {
      requireOpen()
      const fresh = signingKeyOf(randomBytes(KEY_BYTES))
      await keepSigning(fresh)
      current = fresh
      next = undefined
      return fresh
    },
    headPin: {
      async read() {
        requireOpen()
        const bytes = await store.read('head')
        return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8')
      },
      async write(text) {
        requireOpen()
        if (text.length === 0 || text.length > MAX_HEAD_CHARS) throw new RangeError('a head has 1 to 8192 characters')
        await store.write('head', Buffer.from(text, 'utf8'))
      },
    },
    seal: (bytes, context) => sealBytes((requireOpen(), sealKey), bytes, context),
    unseal: (sealed, context) => unsealBytes((requireOpen(), sealKey), sealed, context),
    get hasPassphrase() {
      return 'matches' in store || verifier !== undefined
    },
    async verifyPassphrase(passphrase) {
      requireOpen()
      if ('matches' in store) return guesses.attempt(() => store.matches(passphrase))
      const expected = verifier
      return expected === undefined ? false : guesses.attempt(() => fits(passphrase, expected))
    },
    async setPassphrase(passphrase) {
      inForce()
      refuseShortPassphrase(passphrase, MINIMUM_PASSPHRASE_CHARS)
      if ('matches' in store) return store.changePassphrase(passphrase)
      const made = await makeVerifier(passphrase, options.cost ?? DEFAULT_SCRYPT_COST)
      inForce()
      await store.write('passphrase', made)
      verifier = parseVerifier(made)
    },
    close() {
      for (const key of [ledgerKey, factsKey, sealKey]) key.fill(0)
      isOpen = false
      current = undefined
      next = undefined
      store.close()
    },
  }
}

async function requireSecret(store: SecretStore, name: SecretName, sizes: readonly number[]): Promise<Uint8Array> {
  const bytes = await store.read(name)
  if (bytes !== undefined && sizes.includes(bytes.byteLength)) return bytes
  throw keyMissing(name, store.kind)
}

function refuseNewKeyBesideData(name: SecretName, files: readonly string[]): void {
  const found = files.filter((file) => sizeOf(file) > 0).map((file) => basename(file))
  if (found.length > 0) throw keyMissing(name, undefined, found.join(' and '))
}

function keyMissing(name: SecretName, kind: VaultKind | undefined, beside?: string): OperationError {
  const what = name === 'signing' ? 'The key that signs the audit log' : 'The key of this workspace'
  const where = kind === 'passphrase' ? 'in its vault file' : 'in its vault'
  return new OperationError(
    'vault_key_missing',
    `${what} is not ${where}${beside === undefined ? '' : `, but ${beside} is here and opens only with it`}. Nothing was changed.`,
    'Restore the keychain (or the vault file) from a backup of this computer, or move this workspace folder away and start a new one.',
    { details: { secret: name } },
  )
}

function derive(master: Uint8Array, info: string): Buffer {
  return Buffer.from(hkdfSync('sha256', master, new Uint8Array(0), info, KEY_BYTES))
}

function signingKeyOf(seed: Uint8Array): SigningKey {
  const der = Buffer.concat([ED25519_PKCS8, seed])
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  der.fill(0)
  return { privateKey, publicKey: createPublicKey(privateKey) }
}

function seedOf({ privateKey }: SigningKey): Buffer {
  return privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-KEY_BYTES)
}

async function makeVerifier(passphrase: Secret, cost: ScryptCost): Promise<Buffer> {
  const salt = randomBytes(16)
  const key = await derivePassphraseKey(passphrase, salt, cost)
  const { N, r, p } = cost
  const verifier: Verifier = { v: 1, N, r, p, salt: salt.toString('base64'), key: key.toString('base64') }
  return Buffer.from(JSON.stringify(verifier))
}

async function readVerifier(store: SecretStore): Promise<Verifier | undefined> {
  return store.kind === 'keychain' ? parseVerifier(await store.read('passphrase')) : undefined
}

function parseVerifier(bytes: Uint8Array | undefined): Verifier | undefined {
  if (bytes === undefined) return undefined
  try {
    return verifierSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')))
  } catch (error) {
    // Treating it as "no passphrase set" would quietly drop a protection.
    throw new OperationError(
      'workspace_damaged',
      'The keychain item that checks the passphrase of this workspace is damaged.',
      'Restore the keychain from a backup of this computer.',
      { cause: error },
    )
  }
}

async function fits(passphrase: Secret, verifier: Verifier): Promise<boolean> {
  const guess = await derivePassphraseKey(passphrase, Buffer.from(verifier.salt, 'base64'), verifier)
  return sameBytes(guess, Buffer.from(verifier.key, 'base64'))
}
