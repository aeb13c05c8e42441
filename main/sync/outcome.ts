/** What a run came to: which accounts are fresh, which failed and why, by account, connection and platform. Stores nothing. */
import { type AccountId, type Platform, PLATFORMS } from '../../shared/domain/ids.ts'
import { type ErrorCode, OperationError } from '../../shared/errors.ts'
import type { PlatformAdapter } from '../platforms/adapter.ts'
import type { StoredAccount } from '../store/account-table.ts'

export interface Connection {
  readonly connectionId: string
  readonly adapter: PlatformAdapter
}

export interface SyncSummary {
  readonly state: 'done' | 'cancelled' | 'failed'
  readonly startedAtMs: number
  readonly finishedAtMs: number
  /** Accounts whose data is now complete and fresh. */
  readonly accountsSynced: number
  readonly failedAccounts: readonly { readonly accountId: AccountId; readonly code: ErrorCode }[]
  readonly rows: number
  /** One of each platform that took part, in a fixed order. */
  readonly platforms: readonly PlatformSummary[]
}

/** `partial`: some of its accounts are fresh, others are not. */
export interface PlatformSummary {
  readonly platform: Platform
  readonly outcome: 'ok' | 'partial' | 'failed' | 'cancelled'
  readonly rows: number
  /** Of the first failure. */
  readonly code?: ErrorCode
}

export class Outcome {
  readonly #connections: readonly Connection[]
  readonly #failedAccounts = new Map<AccountId, { readonly error: OperationError; readonly platform: Platform }>()
  readonly #blockedAccounts = new Set<AccountId>()
  readonly #failedConnections = new Map<string, { readonly error: OperationError; readonly platform: Platform }>()
  readonly #synced = new Map<Platform, number>()
  readonly #rows = new Map<Platform, number>()

  constructor(connections: readonly Connection[]) {
    this.#connections = connections
  }

  addRows(platform: Platform, rows: number): void {
    this.#rows.set(platform, (this.#rows.get(platform) ?? 0) + rows)
  }
  synced({ platform }: StoredAccount): void {
    this.#synced.set(platform, (this.#synced.get(platform) ?? 0) + 1)
  }
  /** The account is not fresh, but more may still be asked of it. */
  accountFailed({ accountId, platform }: StoredAccount, error: OperationError): void {
    this.#failedAccounts.set(accountId, { error, platform })
  }
  accountBlocked(account: StoredAccount, error: OperationError): void {
    this.accountFailed(account, error)
    this.#blockedAccounts.add(account.accountId)
  }
  /** The platform has shut the account and lets nobody read it: nothing more is asked of it, and nothing has failed. */
  accountShut({ accountId }: StoredAccount): void {
    this.#blockedAccounts.add(accountId)
  }
  connectionFailed({ connectionId, adapter }: Connection, error: OperationError): void {
    if (!this.#failedConnections.has(connectionId))
      this.#failedConnections.set(connectionId, { error, platform: adapter.platform })
  }

  isDead(connectionId: string): boolean {
    return this.#failedConnections.has(connectionId)
  }
  isBlocked({ accountId, connectionId }: StoredAccount): boolean {
    return this.#blockedAccounts.has(accountId) || this.isDead(connectionId)
  }
  hasFailed({ accountId, connectionId }: StoredAccount): boolean {
    return this.#failedAccounts.has(accountId) || this.isDead(connectionId)
  }

  /** The first failure, with how much it is about; undefined when there was none. */
  failure(): OperationError | undefined {
    const first = [...this.#failedConnections.values(), ...this.#failedAccounts.values()][0]?.error
    if (first === undefined) return undefined
    const what =
      this.#failedAccounts.size === 0
        ? `${this.#failedConnections.size} of ${this.#connections.length} connections could not be read`
        : `${this.#failedAccounts.size} of ${this.#failedAccounts.size + this.#syncedCount()} accounts could not be read completely`
    return new OperationError(first.code, `${what}; the rest is up to date. ${first.message}`, first.hint, {
      retryable: first.retryable,
      cause: first,
    })
  }

  summary(run: Pick<SyncSummary, 'state' | 'startedAtMs' | 'finishedAtMs' | 'rows'>): SyncSummary {
    const platforms = PLATFORMS.filter((each) => this.#connections.some(({ adapter }) => adapter.platform === each))
    return {
      ...run,
      accountsSynced: this.#syncedCount(),
      failedAccounts: [...this.#failedAccounts].map(([accountId, { error }]) => ({ accountId, code: error.code })),
      platforms: platforms.map((platform) => this.#platform(platform, run.state)),
    }
  }

  #platform(platform: Platform, state: SyncSummary['state']): PlatformSummary {
    const failures = [...this.#failedConnections.values(), ...this.#failedAccounts.values()]
    const first = failures.find((failure) => failure.platform === platform)
    const rows = this.#rows.get(platform) ?? 0
    const hasSynced = (this.#synced.get(platform) ?? 0) > 0
    if (first !== undefined)
      return { platform, outcome: hasSynced ? 'partial' : 'failed', rows, code: first.error.code }
    if (state === 'cancelled') return { platform, outcome: 'cancelled', rows }
    // A fault of this app stops all of them; what was finished before is.
    const isStopped = state === 'failed' && !hasSynced && failures.length === 0
    return { platform, outcome: isStopped ? 'failed' : 'ok', rows, ...(isStopped ? { code: 'internal' as const } : {}) }
  }

  #syncedCount(): number {
    return [...this.#synced.values()].reduce((sum, count) => sum + count, 0)
  }
}
