/**
 * How long the connections will go on working: what platforms say of their tokens, kept with each connection. A dead token and one that is
 * about to end are said aloud, once. Decides nothing about changes, and never sees a token.
 */
import { OperationError } from '../shared/errors.ts'
import type { AuditLog } from './audit/append.ts'
import type { Actor } from './audit/record.ts'
import { NAMES } from './connect/words.ts'
import type { TokenHealth } from './platforms/adapter.ts'
import type { Ports } from './ports.ts'
import type { Adapters } from './session-adapters.ts'
import type { Connection, ConnectionTable, StoredHealth } from './store/connection-table.ts'

const DAY_MS = 86_400_000
/** How early the person hears that a token ends. */
const REMIND_WITHIN_MS = 7 * DAY_MS
const CHECK_EVERY_MS = DAY_MS
const CHECK_TIMEOUT_MS = 60_000
const BY_SYNC: Actor = { kind: 'system', id: 'sync' }

export interface HealthDeps {
  readonly audit: AuditLog
  readonly connections: ConnectionTable
  readonly adapters: Pick<Adapters, 'of'>
  readonly ports: Pick<Ports, 'clock' | 'log' | 'notify'>
  readonly onChange: () => void
}

export type Health = ReturnType<typeof createHealth>

export function createHealth(deps: HealthDeps) {
  const { audit, connections, ports } = deps
  const { clock, log } = ports

  /** Keeps what the platform said; a dead token makes its connection one that needs reconnecting, a live one heals it. */
  function note(connectionId: string, health: TokenHealth, actor: Actor = BY_SYNC): void {
    const before = connections.get(connectionId)
    if (before === undefined || before.state === 'removed') return
    connections.setHealth(connectionId, stored(health, clock.nowMs(), before.health?.toldOfEndAtMs ?? null))
    if (health.isValid) setState(before, 'ok', null, actor)
    else setState(before, 'needs_reconnect', health.problem ?? deadWords(before), actor)
    remind(connectionId)
  }

  /** The platform refused the token during other work. Anything else is not about the connection. */
  function noteTrouble(connectionId: string, error: unknown, actor: Actor = BY_SYNC): void {
    const before = connections.get(connectionId)
    if (before === undefined || before.state === 'removed') return
    if (!(error instanceof OperationError) || error.code !== 'needs_reconnect') return
    if (before.health !== null)
      connections.setHealth(connectionId, {
        ...before.health,
        isValid: false,
        problem: error.message.slice(0, 1_000),
        checkedAtMs: clock.nowMs(),
      })
    setState(before, 'needs_reconnect', error.message, actor, error.code)
  }

  function setState(
    before: Connection,
    state: 'ok' | 'needs_reconnect',
    detail: string | null,
    actor: Actor,
    reason?: string,
  ): void {
    if (before.state === state) return
    const { connectionId, platform } = before
    audit.transaction((append) => {
      connections.setState(connectionId, state, detail, clock.nowMs())
      append({ type: 'connection.state', actor, data: { connection: connectionId, platform, state, reason } })
    })
    deps.onChange()
    if (state === 'needs_reconnect')
      ports.notify({
        title: `${NAMES[platform]} has to be connected again`,
        body: 'Its access ended. Until it is connected again under Connections, its numbers stay as they are and nothing can be changed there.',
      })
  }

  /** Says once per end that a token is about to end. */
  function remind(connectionId: string): void {
    const connection = connections.get(connectionId)
    const health = connection?.health
    if (connection?.state !== 'ok' || health === undefined || health === null || health.expiresAtMs === null) return
    const leftMs = health.expiresAtMs - clock.nowMs()
    if (leftMs > REMIND_WITHIN_MS || leftMs <= 0 || health.toldOfEndAtMs === health.expiresAtMs) return
    connections.setHealth(connectionId, { ...health, toldOfEndAtMs: health.expiresAtMs })
    const days = Math.max(1, Math.round(leftMs / DAY_MS))
    ports.notify({
      title: `The ${NAMES[connection.platform]} connection ends in ${days === 1 ? 'a day' : `${days} days`}`,
      body: 'Connect it again under Connections before then, so that nothing stops.',
    })
    deps.onChange()
  }

  async function check(connectionId: string, signal: AbortSignal): Promise<void> {
    const adapter = deps.adapters.of(connectionId)
    if (adapter === undefined) return
    try {
      note(connectionId, await adapter.tokenHealth(signal))
    } catch (error) {
      // Not reached today is no news about the token.
      if (!signal.aborted) log.error('token_check_failed', error)
      noteTrouble(connectionId, error)
    }
  }

  return {
    note,
    noteTrouble,
    /** Reminds of what is stored already; asks no platform. */
    remindAll(): void {
      for (const { connectionId } of connections.list()) remind(connectionId)
    },
    /**
     * Asks the platforms about the tokens that were not asked about for a day, one after the other: also about dead ones, which a platform
     * may take again. Never throws.
     */
    async checkDue(stop: AbortSignal): Promise<void> {
      for (const { connectionId, health } of connections.list()) {
        if (stop.aborted) return
        const ageMs = health === null ? CHECK_EVERY_MS : clock.nowMs() - health.checkedAtMs
        // A clock that was set back must not keep the question from being asked.
        if (ageMs >= 0 && ageMs < CHECK_EVERY_MS) continue
        await check(connectionId, AbortSignal.any([stop, AbortSignal.timeout(CHECK_TIMEOUT_MS)]))
      }
    },
  }
}

function stored(health: TokenHealth, nowMs: number, toldOfEndAtMs: number | null): StoredHealth {
  return {
    isValid: health.isValid,
    expiresAtMs: health.expiresAtMs ?? null,
    isExpiryKnown: health.expiresAtMs !== undefined,
    canWrite: health.canWrite ?? null,
    scopes: health.scopes.slice(0, 50).map((scope) => scope.slice(0, 200)),
    problem: health.problem?.slice(0, 1_000) ?? null,
    checkedAtMs: nowMs,
    toldOfEndAtMs,
  }
}

const deadWords = ({ platform }: Connection): string => `${NAMES[platform]} no longer accepts these credentials.`
