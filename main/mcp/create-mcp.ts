/**
 * The agent's door as a whole: HTTP on loopback and the socket of the stdio bridge, both over one factory. Both are shut
 * while no AI client is active. Given an AgentPort and a client registry, it holds nothing that could decide a draft.
 */
import { randomBytes } from 'node:crypto'
import type { Clock } from '../../shared/clock.ts'
import type { Logger } from '../logger.ts'
import type { AgentPort } from './agent-port.ts'
import { boundRefusals } from './call-limits.ts'
import type { ClientRegistry } from './clients.ts'
import { createHttpDoor } from './http.ts'
import { createPipeDoor } from './pipe.ts'

/** How often expired clients are put out and a taken port is tried again. */
const SWEEP_EVERY_MS = 15_000

interface McpStatus {
  /** Null while nobody may call, or while there is a problem. */
  readonly httpUrl: string | null
  readonly httpProblem: string | null
  readonly bridgeProblem: string | null
}

export interface Mcp {
  /** Opens the doors if a client is active. Resolves when they are open or their problem is known; never rejects. */
  start(): Promise<void>
  /** Shuts both doors and ends every stream. */
  stop(): Promise<void>
  status(): McpStatus
  /** Resolves when the doors have caught up with the last added or revoked client. */
  settled(): Promise<void>
}

interface McpParts {
  readonly port: AgentPort
  readonly registry: ClientRegistry
  /** Fixed and known to the clients; 0 lets the system choose (tests). */
  readonly httpPort: number
  readonly socketPath: string
  readonly endpointFile: string
  readonly appVersion: string
  readonly log: Logger
  readonly clock: Clock
  readonly sweepEveryMs?: number
  readonly headersTimeoutMs?: number
  readonly requestTimeoutMs?: number
}

export function createMcp(parts: McpParts): Mcp {
  const { registry, appVersion, log, clock } = parts
  const agentPort = boundRefusals(parts.port, clock, log)
  const http = createHttpDoor({
    agentPort,
    registry,
    tcpPort: parts.httpPort,
    appVersion,
    log,
    ...(parts.headersTimeoutMs === undefined ? {} : { headersTimeoutMs: parts.headersTimeoutMs }),
    ...(parts.requestTimeoutMs === undefined ? {} : { requestTimeoutMs: parts.requestTimeoutMs }),
  })
  const pipe = createPipeDoor({
    agentPort,
    registry,
    socketPath: parts.socketPath,
    endpointFile: parts.endpointFile,
    appVersion,
    clock,
    randomBytes,
    log,
  })
  let isStarted = false
  let sweeper: NodeJS.Timeout | undefined
  let work = Promise.resolve()

  async function adjust(): Promise<void> {
    for (const clientId of new Set([...http.openClients(), ...pipe.openClients()])) {
      if (registry.active(clientId) !== null) continue
      http.kick(clientId)
      pipe.kick(clientId)
    }
    const shouldListen = isStarted && registry.hasActive()
    await Promise.all(shouldListen ? [http.open(), pipe.open()] : [http.close(), pipe.close()])
  }
  /** One adjustment at a time, so that a quick add and revoke cannot leave a door ajar. */
  function settle(): Promise<void> {
    work = work.then(adjust).catch((error: unknown) => log.error('mcp.doors_failed', error))
    return work
  }

  registry.onRevoked((clientId) => {
    http.kick(clientId)
    pipe.kick(clientId)
  })
  registry.onChanged(() => {
    if (isStarted) void settle()
  })

  return {
    async start() {
      isStarted = true
      sweeper ??= setInterval(() => void settle(), parts.sweepEveryMs ?? SWEEP_EVERY_MS).unref()
      await settle()
    },
    async stop() {
      isStarted = false
      clearInterval(sweeper)
      sweeper = undefined
      await settle()
    },
    status: () => ({ httpUrl: http.url(), httpProblem: http.problem(), bridgeProblem: pipe.problem() }),
    settled: () => work,
  }
}
