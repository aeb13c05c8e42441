/** Carries one message to one target, whatever its kind. Opens secrets at the moment of sending and hands them to nobody else. */
import type { Logger } from '../logger.ts'
import type { NotificationTable } from '../store/notification-table.ts'
import type { Vault } from '../vault/vault.ts'
import { type Resolve, systemResolve } from './address-guard.ts'
import { sendMail } from './email.ts'
import type { SendResult } from './result.ts'
import type { Transport } from './sender.ts'
import { openSecrets, spellingsOf, type TargetSecrets } from './target.ts'
import { desktopNotice, mailText, messageOf, webhookBody } from './texts.ts'
import { sendWebhook } from './webhook.ts'

export interface TransportDeps {
  readonly targets: Pick<NotificationTable, 'get'>
  readonly vault: Pick<Vault, 'unseal'>
  readonly log: Logger
  readonly nowMs: () => number
  /** Of the log. */
  readonly origin: () => string
  readonly isDemo: boolean
  readonly showOnDesktop: (notice: { readonly title: string; readonly body: string }) => void
  /** For tests: where names lead, what certificates are trusted, and how long an attempt may take. */
  readonly resolve?: Resolve
  readonly ca?: string
  readonly timeoutMs?: number
}

const SECRET_UNREADABLE: SendResult = { kind: 'failed', code: 'secret_unreadable', retry: 'few' }

export function createTransport(deps: TransportDeps): Transport {
  const net = { resolve: deps.resolve ?? systemResolve, ca: deps.ca, timeoutMs: deps.timeoutMs }

  function secretsOf(targetId: string): TargetSecrets | undefined {
    const row = deps.targets.get(targetId)
    if (row === undefined) return undefined
    try {
      const secrets = openSecrets(deps.vault, row)
      for (const secret of spellingsOf(secrets)) deps.log.hide?.(secret)
      return secrets
    } catch (error) {
      deps.log.error('notification_secret_unreadable', error, { target: targetId })
      return undefined
    }
  }

  return async ({ targetId, config }, { deliveryId, event, facts, accepted, note, size, signal }) => {
    const message = messageOf(event, facts, deps.isDemo)
    if (config.kind === 'desktop') {
      deps.showOnDesktop(desktopNotice(message, size))
      return { kind: 'delivered' }
    }
    const secrets = secretsOf(targetId)
    if (secrets === undefined) return SECRET_UNREADABLE
    const context = { note, origin: deps.origin(), isDemo: deps.isDemo }
    if (config.kind === 'email') {
      if (config.user !== null && secrets.password === undefined) return SECRET_UNREADABLE
      const text = mailText(message, context)
      const { subject } = message
      const { password } = secrets
      return sendMail(
        { config, password, id: deliveryId, sentAtMs: deps.nowMs(), subject, text, accepted, signal },
        net,
      )
    }
    const { url, signingSecret } = secrets
    if (url === undefined || signingSecret === undefined) return SECRET_UNREADABLE
    const { allowsPrivate, allowsPlain } = config
    const body = webhookBody(event, facts, message, context)
    const timestampS = Math.floor(deps.nowMs() / 1_000)
    return sendWebhook(
      { url, signingSecret, id: deliveryId, timestampS, body, allowsPrivate, allowsPlain, signal },
      net,
    )
  }
}
