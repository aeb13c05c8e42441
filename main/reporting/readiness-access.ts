/** Whether the account can be reached and changed: its token, its standing at the platform, and what the person allows. Pure. */
import { isImportedAccount } from '../../shared/domain/ids.ts'
import { type AccountFacts, type Check, finding, ok } from './readiness-check.ts'

const DAY_MS = 86_400_000
const EXPIRY_NOTICE_DAYS = 7

/** What is known of a connection's token. Holds no part of it. */
export interface ConnectionHealth {
  readonly state: 'ok' | 'needs_reconnect' | 'removed'
  /** What the platform last said of it; null before the first check. */
  readonly health: {
    readonly isValid: boolean
    /** UTC milliseconds; null: it never expires by itself, or the platform does not say. */
    readonly expiresAtMs: number | null
    readonly canWrite: boolean | null
  } | null
}

/** @param connection undefined: the connection is gone */
export function accessChecks(facts: AccountFacts, connection: ConnectionHealth | undefined): readonly Check[] {
  if (isImportedAccount(facts.account.accountId)) return importedChecks(facts)
  return [tokenExpiring(facts, connection), tokenDead(facts, connection), standing(facts), writes(facts, connection)]
}

/** It has no connection that could end. */
function importedChecks(facts: AccountFacts): readonly Check[] {
  return [
    ok('token_expiring', 'The account is imported from files: there is no access that could end.'),
    ok('token_dead', 'The account is imported from files: there is no connection.'),
    standing(facts),
    finding(
      'writes_off',
      'info',
      {
        message: 'The account is imported from files. Changes can be proposed and not pushed.',
        hint: 'Connect the account under Connections if changes are wanted.',
      },
      { count: 1 },
    ),
  ]
}

function isDead({ nowMs }: AccountFacts, connection: ConnectionHealth | undefined): boolean {
  if (connection === undefined || connection.state !== 'ok') return true
  const expiresAtMs = connection.health?.expiresAtMs ?? null
  return connection.health?.isValid === false || (expiresAtMs !== null && expiresAtMs <= nowMs)
}

function tokenExpiring(facts: AccountFacts, connection: ConnectionHealth | undefined): Check {
  const expiresAtMs = connection?.health?.expiresAtMs ?? null
  const leftMs = expiresAtMs === null ? Number.POSITIVE_INFINITY : expiresAtMs - facts.nowMs
  if (isDead(facts, connection) || leftMs > EXPIRY_NOTICE_DAYS * DAY_MS)
    return ok('token_expiring', `Access does not end within ${EXPIRY_NOTICE_DAYS} days, as far as the platform says.`)
  const days = Math.floor(leftMs / DAY_MS)
  const when = days === 0 ? 'within a day' : days === 1 ? 'in one day' : `in ${days} days`
  return finding(
    'token_expiring',
    days === 0 ? 'critical' : 'warning',
    {
      message: `Access to this account ends ${when}. After that nothing can be read or changed.`,
      hint: 'Connect it again under Connections before then.',
    },
    { count: 1 },
  )
}

function tokenDead(facts: AccountFacts, connection: ConnectionHealth | undefined): Check {
  if (!isDead(facts, connection)) return ok('token_dead', 'The platform accepts the connection.')
  return finding(
    'token_dead',
    'critical',
    {
      message:
        'The platform no longer accepts this connection. What is shown is what was read last; nothing can be changed.',
      hint: 'Connect the account again under Connections.',
    },
    { count: 1 },
  )
}

function standing({ account }: AccountFacts): Check {
  if (account.status === 'active' || account.status === 'unknown')
    return ok('account_limited', 'The platform reports no limit on the account.')
  const isDisabled = account.status === 'disabled'
  return finding(
    'account_limited',
    isDisabled ? 'critical' : 'warning',
    {
      message: isDisabled
        ? 'The platform has disabled the account: nothing in it is delivered.'
        : 'The platform has limited the account: some of it may not be delivered or changed.',
      hint: 'See billing and account quality on the platform.',
    },
    { count: 1 },
  )
}

function writes({ account, writesAllowed }: AccountFacts, connection: ConnectionHealth | undefined): Check {
  if (writesAllowed) return ok('writes_off', 'Changes may be proposed and pushed.')
  const isReadOnly = account.isWritable === false || connection?.health?.canWrite === false
  return finding(
    'writes_off',
    'info',
    isReadOnly
      ? {
          message: 'The connection may only read this account. No change can be pushed.',
          hint: 'Give it the right to change campaigns on the platform, then connect again.',
        }
      : {
          message: 'The account is connected for reading only. No change can be pushed.',
          hint: 'Switch changes on for this account under Connections, if they are wanted.',
        },
    { count: 1 },
  )
}
