/** Where the few root secrets of a workspace live: the system's keychain, or one sealed file. Nothing else is ever stored here. */

/**
 * - master: 32 random bytes, from which the database and sealing keys are derived
 * - signing: Ed25519 seed of the audit log (64 bytes while a rotation is under way: current, next)
 * - head: the newest signed head of the audit log, as text
 * - passphrase: in a keychain vault, the scrypt verifier of the passphrase asked for at Confirm
 */
export const SECRET_NAMES = ['master', 'signing', 'head', 'passphrase'] as const
export type SecretName = (typeof SECRET_NAMES)[number]
export type VaultKind = 'keychain' | 'passphrase'

export interface SecretStore {
  readonly kind: VaultKind
  /** `undefined` means: certainly nothing is stored. A closed or silent store throws instead. */
  read(name: SecretName): Promise<Uint8Array | undefined>
  /** Done only when the value was read back and is the same. */
  write(name: SecretName, bytes: Uint8Array): Promise<void>
  remove(name: SecretName): Promise<void>
  /** Forgets what is held in memory; later calls throw workspace_locked. */
  close(): void
}
