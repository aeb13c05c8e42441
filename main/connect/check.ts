/** What is asked of new or stored credentials before they count: are they alive, what do they reach, may they write. Only ever reads. */
import type { Account } from '../../shared/domain/entity.ts'
import type { Platform } from '../../shared/domain/ids.ts'
import { OperationError } from '../../shared/errors.ts'
import type { PlatformAdapter, TokenHealth } from '../platforms/adapter.ts'
import type { Steps } from './steps.ts'
import { NAMES, noAccounts, readOnly } from './words.ts'

export interface Checked {
  readonly health: TokenHealth
  readonly accounts: readonly Account[]
}

/**
 * Goes through the steps token, accounts and write_access.
 * @throws OperationError needs_reconnect for dead credentials, account_not_available when they reach no account, and what the reads throw.
 */
export async function checkCredentials(adapter: PlatformAdapter, steps: Steps, signal: AbortSignal): Promise<Checked> {
  const { platform } = adapter
  const health = await steps.run('token', async () => {
    const found = await adapter.tokenHealth(signal)
    if (!found.isValid) throw dead(platform, found.problem)
    steps.set('token', found.problem === undefined ? 'ok' : 'warning', found.problem ?? lifeOf(found))
    return found
  })
  const accounts = await steps.run('accounts', async () => {
    const found = await adapter.listAccounts(signal)
    if (found.length === 0) throw noAccounts(platform)
    steps.set(
      'accounts',
      'ok',
      found.length === 1 ? 'One ad account can be read.' : `${found.length} ad accounts can be read.`,
    )
    return found
  })
  sayWriteAccess({ health, accounts }, platform, steps)
  return { health, accounts }
}

function sayWriteAccess({ health, accounts }: Checked, platform: Platform, steps: Steps): void {
  const locked = accounts.filter((account) => account.isWritable === false).length
  if (health.canWrite === false || locked === accounts.length)
    return steps.set('write_access', 'warning', readOnly(platform))
  if (locked > 0)
    return steps.set(
      'write_access',
      'warning',
      `${locked} of ${accounts.length} ad accounts can be read, but not changed.`,
    )
  steps.set(
    'write_access',
    'ok',
    health.canWrite === undefined
      ? `${NAMES[platform]} does not say beforehand whether changes are allowed. They stay off until you allow them for an account.`
      : 'Changes are possible. They stay off until you allow them for an account.',
  )
}

function dead(platform: Platform, problem: string | undefined): OperationError {
  return new OperationError(
    'needs_reconnect',
    problem ?? `${NAMES[platform]} does not accept these credentials.`,
    'Connect again with credentials that work.',
    { details: { platform } },
  )
}

/** When it ends, in words for a step. */
function lifeOf({ expiresAtMs }: TokenHealth): string {
  if (expiresAtMs === undefined) return 'It works. The platform does not say when it ends.'
  if (expiresAtMs === null) return 'It works, and does not end by itself.'
  return `It works until ${new Date(expiresAtMs).toISOString().slice(0, 10)}.`
}
