/**
 * The credentials of the connected platforms, sealed by the vault inside the encrypted ledger. Only platform adapters ask for them
 * (a rule in the import check). Never returns a plain secret: one that reaches a log or a reply by accident prints as "[secret]".
 */
import { z } from 'zod'
import { OperationError } from '../../shared/errors.ts'
import { deletePlatformToken, findPlatformToken, putPlatformToken } from '../store/platform-token-table.ts'
import type { LedgerDb } from '../store/open.ts'
import { Secret } from '../secret.ts'
import type { Vault } from './vault.ts'

export type PlatformCredentials =
  | { readonly kind: 'tiktok'; readonly accessToken: Secret; readonly appId?: string; readonly appSecret?: Secret }
  | {
      readonly kind: 'google_oauth'
      readonly clientId: string
      readonly clientSecret: Secret
      readonly refreshToken: Secret
    }
  | { readonly kind: 'google_service_account'; readonly clientEmail: string; readonly privateKeyPem: Secret }
  | { readonly kind: 'meta'; readonly accessToken: Secret; readonly appSecret?: Secret }

export interface PlatformTokens {
  /** Replaces what was there. The connection's row must exist. */
  save(connectionId: string, credentials: PlatformCredentials): void
  /** @throws OperationError workspace_damaged when the stored bytes were changed or moved from another connection */
  read(connectionId: string): PlatformCredentials | undefined
  /** Whether there was something to remove. */
  remove(connectionId: string): boolean
}

const MAX_CHARS = 8_192
const text = z.string().min(1).max(MAX_CHARS)
/** Stored first as TikTok's alone, without a kind. */
const firstForm = z.strictObject({
  v: z.literal(1),
  accessToken: text,
  appId: text.optional(),
  appSecret: text.optional(),
})
const v2 = { v: z.literal(2) }
const storedForm = z.discriminatedUnion('kind', [
  z.strictObject({
    ...v2,
    kind: z.literal('tiktok'),
    accessToken: text,
    appId: text.optional(),
    appSecret: text.optional(),
  }),
  z.strictObject({
    ...v2,
    kind: z.literal('google_oauth'),
    clientId: text,
    clientSecret: text,
    refreshToken: text,
  }),
  z.strictObject({
    ...v2,
    kind: z.literal('google_service_account'),
    clientEmail: text,
    privateKeyPem: text,
  }),
  z.strictObject({ ...v2, kind: z.literal('meta'), accessToken: text, appSecret: text.optional() }),
])
type Stored = z.infer<typeof storedForm>

/** Members of a stored form that must never be seen; the others are names. */
const SECRET_MEMBERS = ['accessToken', 'appSecret', 'clientSecret', 'refreshToken', 'privateKeyPem'] as const

/** Binds the sealed bytes to their row: a token copied to another connection does not open. */
const context = (connectionId: string) => `platform-token/${connectionId}`

/** Every part of the credentials that must never be seen, for blanking in the log. */
export function secretsOf(credentials: PlatformCredentials): readonly Secret[] {
  return Object.values(credentials).filter((value): value is Secret => value instanceof Secret)
}

export function platformTokens(db: LedgerDb, vault: Pick<Vault, 'seal' | 'unseal'>): PlatformTokens {
  return {
    save(connectionId, credentials) {
      const plain = Buffer.from(JSON.stringify(storedForm.parse({ v: 2, ...revealed(credentials) })))
      putPlatformToken(db, connectionId, vault.seal(plain, context(connectionId)))
      plain.fill(0)
    },
    read(connectionId) {
      const sealed = findPlatformToken(db, connectionId)
      if (sealed === undefined) return undefined
      const plain = vault.unseal(sealed, context(connectionId))
      const json: unknown = JSON.parse(plain.toString('utf8'))
      plain.fill(0)
      const first = firstForm.safeParse(json)
      if (first.success) return hidden({ ...first.data, v: 2, kind: 'tiktok' })
      const found = storedForm.safeParse(json)
      if (!found.success) throw unreadable()
      return hidden(found.data)
    },
    remove: (connectionId) => deletePlatformToken(db, connectionId),
  }
}

/** What stands there may be a secret: no part of it is in the error. */
function unreadable(): OperationError {
  return new OperationError(
    'workspace_damaged',
    'The stored credentials of a connection cannot be read: a newer version wrote them, or they are damaged.',
    'Install the newest version, or remove the connection and connect again.',
  )
}

function revealed(credentials: PlatformCredentials): Record<string, string> {
  return Object.fromEntries(
    Object.entries(credentials).flatMap(([name, value]: [string, unknown]) =>
      value instanceof Secret ? [[name, value.reveal()]] : typeof value === 'string' ? [[name, value]] : [],
    ),
  )
}

function hidden(stored: Stored): PlatformCredentials {
  const entries = Object.entries(stored).flatMap(([name, value]): [string, unknown][] => {
    if (value === undefined || name === 'v') return []
    return [[name, isSecretMember(name) ? new Secret(String(value)) : value]]
  })
  return Object.fromEntries(entries) as PlatformCredentials
}

function isSecretMember(name: string): boolean {
  return (SECRET_MEMBERS as readonly string[]).includes(name)
}
