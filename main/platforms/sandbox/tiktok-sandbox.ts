/** TikTok's part of the sandbox: its world, its server and its credentials. Binds to loopback only. */
import { createHash, randomBytes } from 'node:crypto'
import type { Server } from 'node:http'
import type { Clock } from '../../../shared/clock.ts'
import { createFaults, type Faults } from './faults.ts'
import { createRequestLog, type RequestLog } from './request-log.ts'
import { startTiktokServer } from './tiktok-server.ts'
import { createWorld, type World } from './world.ts'
import type { BidEdit, OperationStatus, WorldSize } from './world-types.ts'

export interface TiktokSandboxOptions {
  /** Same seed, same shop. */
  readonly seed: number
  readonly clock: Clock
  /** Where edits and tokens survive a restart. */
  readonly statePath?: string
  /** 0 or absent for any free port. */
  readonly port?: number
  /** `small` for tests, `demo` for a believable account; small unless told. */
  readonly size?: WorldSize
}

export interface SandboxWorld extends World {
  /** A colleague changes a budget on the platform itself, smallest currency units. */
  setBudgetOutside(externalId: string, budgetMinor: number): void
  /** A colleague changes how an ad group bids. */
  setBidOutside(externalId: string, bid: BidEdit): void
  setStatusOutside(externalId: string, status: OperationStatus): void
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

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => {
      if (error === undefined) resolve()
      else reject(error)
    })
    server.closeAllConnections()
  })
}

/** The world, and the changes that people make on the platform behind the app's back. */
function withOutsiders(world: World): SandboxWorld {
  const found = <T>(entity: T | undefined, id: string): T => {
    if (entity === undefined) throw new TypeError(`the sandbox has no such thing: ${id}`)
    return entity
  }
  return {
    ...world,
    setBudgetOutside: (externalId, budgetMinor) => {
      world.setBudget(found(world.campaign(externalId) ?? world.adGroup(externalId), externalId), budgetMinor)
      world.persist()
    },
    setBidOutside: (externalId, bid) => {
      world.setBid(found(world.adGroup(externalId), externalId), bid)
      world.persist()
    },
    setStatusOutside: (externalId, status) => {
      const entity = world.campaign(externalId) ?? world.adGroup(externalId) ?? world.ad(externalId)
      world.setStatus(found(entity, externalId), status)
      world.persist()
    },
  }
}

/** Starts TikTok's sandbox. @throws when the port is taken. */
export async function startTiktokSandbox(options: TiktokSandboxOptions): Promise<SandboxTiktok> {
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
    port: options.port ?? 0,
  })
  return {
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
    world: withOutsiders(world),
    requests,
    faults,
    close: () => closeServer(server),
  }
}
