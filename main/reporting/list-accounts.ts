/** list_accounts: the accounts with how fresh their data is. */
import type { AccountId } from '../../shared/domain/ids.ts'
import type { OutputOf, ParsedInputOf } from '../../shared/operations.ts'
import { factsReaders } from '../store/facts-tables.ts'
import { dateOf } from './calendar.ts'
import {
  asOf,
  hasKnownCurrency,
  isReadable,
  isoTime,
  missingLevelWarnings,
  type ReportingDeps,
  tooManyWarning,
  unknownCurrency,
} from './freshness.ts'
import { cleanUntrusted } from './untrusted.ts'

const MAX_WARNINGS = 10
const CURRENCY = /^[A-Z]{3}$/
/** Shown in place of what is no currency code at all; no currency has it. */
const NO_CURRENCY = 'ZZZ'

/**
 * @param deps.connectionState what ledger.db says of a connection: "ok", "needs_reconnect", "removed"
 * @param deps.writesAllowed whether the user lets changes be pushed in the account; a read-only token overrules it
 */
export function listAccounts(
  deps: ReportingDeps & {
    readonly connectionState: (connectionId: string) => string
    readonly writesAllowed: (accountId: AccountId) => boolean
  },
  input: ParsedInputOf<'list_accounts'>,
): OutputOf<'list_accounts'> {
  const { accounts } = factsReaders(deps.facts)
  const found = accounts.all().filter((account) => input.platform === undefined || account.platform === input.platform)
  const listed = found.filter((account) => account.isListed)
  const readable = listed.filter(hasKnownCurrency)
  const never = readable.filter((account) => isReadable(account) && account.lastSyncAtMs === null).length
  const foreign = [...new Set(listed.filter((account) => !hasKnownCurrency(account)).map(({ currency }) => currency))]
  return {
    accounts: found.map((account) => {
      const { campaigns, adGroups, ads } = accounts.counts(account.accountKey)
      return {
        account_id: account.accountId,
        platform: account.platform,
        currency: CURRENCY.test(account.currency) ? account.currency : NO_CURRENCY,
        time_zone: account.timeZone,
        status: account.status,
        last_sync_at: account.lastSyncAtMs === null ? null : isoTime(account.lastSyncAtMs),
        complete_through: account.completeThroughDay === null ? null : dateOf(account.completeThroughDay),
        // History stays readable after access was lost, and must not look alive.
        connection_state: account.isListed ? deps.connectionState(account.connectionId) : 'no_access',
        writes_allowed: account.isListed && account.isWritable !== false && deps.writesAllowed(account.accountId),
        campaigns,
        ad_groups: adGroups,
        ads,
        untrusted: {
          name: cleanUntrusted(account.name),
          manager: account.manager === undefined ? null : cleanUntrusted(account.manager.name),
        },
      }
    }),
    as_of: asOf(readable),
    warnings: [
      ...(never === 0 ? [] : [`${never} of ${listed.length} accounts have not been synced completely yet.`]),
      ...missingLevelWarnings(deps.facts, readable),
      ...tooManyWarning(deps.facts),
      ...foreign.map((currency) => unknownCurrency(currency).message),
    ].slice(0, MAX_WARNINGS),
  }
}
