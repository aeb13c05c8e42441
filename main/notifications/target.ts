/**
 * A target as it is stored: what may be read again in one place, what is secret sealed in another. Secrets are opened by the sender alone,
 * at the moment of sending.
 */
import { z } from 'zod'
import { MAIL_SECURITIES, type NotificationEvent, EVENTS } from '../../shared/schemas/notifications.ts'
import { Secret } from '../secret.ts'
import type { TargetRow } from '../store/notification-table.ts'
import type { Vault } from '../vault/vault.ts'

const rules = { includesNames: z.boolean(), allowsPrivate: z.boolean(), allowsPlain: z.boolean() }
const configSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('desktop'), ...rules }),
  z.object({
    kind: z.literal('email'),
    ...rules,
    host: z.string(),
    port: z.number(),
    security: z.enum(MAIL_SECURITIES),
    user: z.string().nullable(),
    from: z.string(),
    to: z.array(z.string()),
  }),
  /** The origin is for showing only; the whole address is among the secrets. */
  z.object({ kind: z.literal('webhook'), ...rules, origin: z.string() }),
])
export type TargetConfig = z.infer<typeof configSchema>
export type MailConfig = Extract<TargetConfig, { kind: 'email' }>

export interface Target {
  readonly targetId: string
  readonly label: string
  readonly events: readonly NotificationEvent[]
  readonly isEnabled: boolean
  readonly createdAtMs: number
  readonly config: TargetConfig
  readonly hasSecrets: boolean
}

/** @throws ZodError when the row is not one that this app wrote */
export function targetOf(row: TargetRow): Target {
  const events = z.array(z.string()).parse(JSON.parse(row.eventsJson))
  return {
    targetId: row.targetId,
    label: row.label,
    // A type that a newer version knew is left out.
    events: EVENTS.filter((each) => events.includes(each)),
    isEnabled: row.isEnabled && row.removedAtMs === null,
    createdAtMs: row.createdAtMs,
    config: configSchema.parse(JSON.parse(row.configJson)),
    hasSecrets: row.sealed !== null,
  }
}

export interface TargetSecrets {
  readonly password?: Secret
  readonly url?: Secret
  readonly signingSecret?: Secret
}
const sealedForm = z.strictObject({
  v: z.literal(1),
  password: z.string().optional(),
  url: z.string().optional(),
  signingSecret: z.string().optional(),
})

/** Binds the sealed bytes to their target: those of another one do not open. */
const context = (targetId: string): string => `notification-target/${targetId}`

/** Null when there is nothing to keep. */
export function sealSecrets(vault: Pick<Vault, 'seal'>, targetId: string, secrets: TargetSecrets): Buffer | null {
  const entries = Object.entries(secrets).flatMap(([name, value]: [string, unknown]) =>
    value instanceof Secret ? [[name, value.reveal()]] : [],
  )
  if (entries.length === 0) return null
  const plain = Buffer.from(JSON.stringify({ v: 1, ...Object.fromEntries(entries) }))
  const sealed = vault.seal(plain, context(targetId))
  plain.fill(0)
  return sealed
}

/** @throws OperationError workspace_damaged when the bytes were changed or belong to another target; ZodError */
export function openSecrets(vault: Pick<Vault, 'unseal'>, row: Pick<TargetRow, 'targetId' | 'sealed'>): TargetSecrets {
  if (row.sealed === null) return {}
  const plain = vault.unseal(row.sealed, context(row.targetId))
  const { password, url, signingSecret } = sealedForm.parse(JSON.parse(plain.toString('utf8')))
  plain.fill(0)
  return {
    ...(password === undefined ? {} : { password: new Secret(password) }),
    ...(url === undefined ? {} : { url: new Secret(url) }),
    ...(signingSecret === undefined ? {} : { signingSecret: new Secret(signingSecret) }),
  }
}

/** What the local log must never show. */
export function spellingsOf({ password, url, signingSecret }: TargetSecrets): readonly Secret[] {
  const parts = url === undefined ? [] : pathOf(url)
  return [
    password,
    url,
    ...parts,
    signingSecret,
    signingSecret === undefined ? undefined : keyText(signingSecret),
  ].filter((each) => each !== undefined)
}

function pathOf(url: Secret): readonly Secret[] {
  const parsed = URL.parse(url.reveal())
  const path = parsed === null ? '' : `${parsed.pathname}${parsed.search}`
  // A short one is no secret, and blanking it would blank ordinary words.
  return path.length > 12 ? [new Secret(path)] : []
}

const keyText = (secret: Secret): Secret => new Secret(secret.reveal().replace(/^whsec_/, ''))
