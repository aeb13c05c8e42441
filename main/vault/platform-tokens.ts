/**
 * The credentials of the connected platforms, sealed by the vault inside the encrypted ledger. Only platform adapters ask for them
 * (a rule in the import check). Never returns a plain string: a token that reaches a log or a reply by accident prints as "[secret]".
 */
import { z } from 'zod'
import { deletePlatformToken, findPlatformToken, putPlatformToken } from '../store/platform-token-table.ts'
import type { LedgerDb } from '../store/open.ts'
import { Secret } from '../secret.ts'
import type { Vault } from './vault.ts'

export interface NewPlatformCredentials {
  readonly accessToken: string
  readonly appId?: string | undefined
  readonly appSecret?: string | undefined
}
export interface PlatformCredentials {
  readonly accessToken: Secret
  readonly appId?: string
  readonly appSecret?: Secret
}
export interface PlatformTokens {
  /** Replaces what was there. The connection's row must exist. */
  save(connectionId: string, credentials: NewPlatformCredentials): void
  /** @throws OperationError workspace_damaged when the stored bytes were changed or moved from another connection */
  read(connectionId: string): PlatformCredentials | undefined
  /** Whether there was something to remove. */
  remove(connectionId: string): boolean
}

const MAX_CHARS = 8_192
const storedSchema = z.strictObject({
  v: z.literal(1),
  accessToken: z.string().min(1).max(MAX_CHARS),
  appId: z.string().min(1).max(MAX_CHARS).optional(),
  appSecret: z.string().min(1).max(MAX_CHARS).optional(),
})

/** Binds the sealed bytes to their row: a token copied to another connection does not open. */
const context = (connectionId: string) => `platform-token/${connectionId}`

export function platformTokens(db: LedgerDb, vault: Pick<Vault, 'seal' | 'unseal'>): PlatformTokens {
  return {
    save(connectionId, credentials) {
      const { accessToken, appId, appSecret } = credentials
      const plain = Buffer.from(JSON.stringify(storedSchema.parse({ v: 1, accessToken, appId, appSecret })))
      putPlatformToken(db, connectionId, vault.seal(plain, context(connectionId)))
      plain.fill(0)
    },
    read(connectionId) {
      const sealed = findPlatformToken(db, connectionId)
      if (sealed === undefined) return undefined
      const plain = vault.unseal(sealed, context(connectionId))
      const { accessToken, appId, appSecret } = storedSchema.parse(JSON.parse(plain.toString('utf8')))
      plain.fill(0)
      return {
        accessToken: new Secret(accessToken),
        ...(appId === undefined ? {} : { appId }),
        ...(appSecret === undefined ? {} : { appSecret: new Secret(appSecret) }),
      }
    },
    remove: (connectionId) => deletePlatformToken(db, connectionId),
  }
}
