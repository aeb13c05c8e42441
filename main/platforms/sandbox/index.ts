/**
 * The sandbox: ad platforms on loopback that speak their real wire formats from one seeded shop.
 * Adapters cannot tell it from the real thing: only base URL and credentials differ. Never reachable from another machine.
 */
import { createHash, randomBytes } from 'node:crypto'
import type { Clock } from '../../../shared/clock.ts'
import { createFaults, type Faults } from './faults.ts'
import { createRequestLog, type RequestLog } from './request-log.ts'
import { startTiktokServer } from './tiktok-server.ts'
import { createWorld, type World } from './world.ts'
import type { OperationStatus } from './world-types.ts'

export type { Fault, FaultKind, Faults } from './faults.ts'
export type { LoggedRequest, RequestLog } from './request-log.ts'
export type { World } from './world.ts'

export interface SandboxOptions {
  /** Same seed, same shop. */
  readonly seed: number
  readonly clock: Clock
  /** Where edits and tokens survive a restart. */
  readonly statePath?: string
  /** 0 or absent for any free port. */
  readonly tiktokPort?: number
}

export interface SandboxTiktok {
  /** Origin without a path: "http://127.0.0.1:41234". */
  readonly baseUrl: string
  readonly credentials: {
    readonly appId: string
    readonly appSecret: string
    /** A fresh code, good once and for an hour. */
    authCode(): string
    /** A token that works from the start. Stays the same for a seed, so that a stored link survives a restart. */
    readonly accessToken: string
  }
}

export interface SandboxWorld extends World {
  /** A colleague changes a budget on the platform itself, smallest currency units. */
  setBudgetOutside(externalId: string, budgetMinor: number): void
  setStatusOutside(externalId: string, status: OperationStatus): void
}

export interface Sandbox {
  readonly tiktok: SandboxTiktok
  readonly world: SandboxWorld
  readonly requests: RequestLog
  readonly faults: Faults
  /** Stops listening and cuts open connections. */
  close(): Promise<void>
}

/** Not a secret in any sense that matters: it guards invented numbers on loopback. */
function derive(seed: number, purpose: string): string {
  return createHash('sha256').update(`sandbox:${seed}:${purpose}`).digest('hex').slice(0, 40)
}

/** Starts the sandbox. @throws when the port is taken. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { seed, clock } = options
  const world = createWorld(options)
  const faults = createFaults()
  const requests = createRequestLog()
  const codes = new Map<string, number>()
  const appId = '7012345678901234561'
  const appSecret = derive(seed, 'app-secret')
  const accessToken = derive(seed, 'access-token')
  world.accessTokens.add(accessToken)
  const oauth = { appId, appSecret, codes, newToken: () => randomBytes(20).toString('hex') }
  const { server, baseUrl } = await startTiktokServer({
    world,
    clock,
    faults,
    log: requests,
    oauth,
    port: options.tiktokPort ?? 0,
  })
  const budgetOwner = (id: string) => {
    const entity = world.campaign(id) ?? world.adGroup(id)
    if (entity === undefined) throw new TypeError(`the sandbox has no campaign or ad group ${id}`)
    return entity
  }
  return {
    tiktok: {
      baseUrl,
      credentials: {
        appId,
        appSecret,
        accessToken,
        authCode: () => {
          const code = randomBytes(16).toString('hex')
          // A thousand unused codes is a test gone wild, not a demo.
          if (codes.size < 1000) codes.set(code, clock.nowMs())
          return code
        },
      },
    },
    world: {
      ...world,
      setBudgetOutside: (externalId, budgetMinor) => {
        world.setBudget(budgetOwner(externalId), budgetMinor)
        world.persist()
      },
      setStatusOutside: (externalId, status) => {
        const entity = world.campaign(externalId) ?? world.adGroup(externalId) ?? world.ad(externalId)
        if (entity === undefined) throw new TypeError(`the sandbox has no entity ${externalId}`)
        world.setStatus(entity, status)
        world.persist()
      },
    },
    requests,
    faults,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => {
          if (error === undefined) resolve()
          else reject(error)
        })
        server.closeAllConnections()
      }),
  }
}
