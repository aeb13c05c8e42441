/** Whether changes may be proposed and written in an account: the person's word, and what the credentials allow at all. Reads no platform. */
import type { AccountId } from '../shared/domain/ids.ts'
import { OperationError } from '../shared/errors.ts'
import type { AccountPermissions } from './store/account-permission-table.ts'
import type { ConnectionTable } from './store/connection-table.ts'
import { factsReaders } from './store/facts-tables.ts'
import type { FactsReadDb } from './store/open.ts'

export interface WritePermissionDeps {
  readonly permissions: AccountPermissions
  readonly connections: Pick<ConnectionTable, 'get'>
  readonly facts: FactsReadDb
  /**
   * In the demo nothing real can be changed: there the answer is yes until the person says no. That holds for the sandbox's accounts alone,
   * because the file that says "demo" is sealed by nobody.
   */
  readonly isDemo: boolean
}

export function createWritePermissions({ permissions, connections, facts, isDemo }: WritePermissionDeps) {
  /** Why nothing can be written in an account, whatever the person allows; undefined when something can. */
  function whyReadOnly(accountId: AccountId): OperationError | undefined {
    const account = factsReaders(facts).accounts.byId(accountId)
    const connection = account === undefined ? undefined : connections.get(account.connectionId)
    if (account === undefined || !account.isListed || connection === undefined || connection.state === 'removed')
      return new OperationError(
        'account_not_available',
        'That account is not connected. Nothing was changed.',
        'Connect it first.',
      )
    if (connection.health?.canWrite !== false && account.isWritable !== false) return undefined
    return new OperationError(
      'writes_not_allowed',
      'The credentials of this account may read it and not change it. Nothing was changed.',
      'Give them the right to change campaigns on the platform, and connect the account again.',
      { details: { account_id: accountId } },
    )
  }
  function isSandboxed(accountId: AccountId): boolean {
    const account = factsReaders(facts).accounts.byId(accountId)
    return account !== undefined && connections.get(account.connectionId)?.isSandbox === true
  }
  return {
    whyReadOnly,
    writesAllowed: (accountId: AccountId): boolean =>
      (permissions.said(accountId) ?? (isDemo && isSandboxed(accountId))) && whyReadOnly(accountId) === undefined,
  }
}
