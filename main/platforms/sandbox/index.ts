/**
 * The sandbox: ad platforms on loopback that speak their real wire formats from one seeded shop.
 * Adapters cannot tell it from the real thing: only base URL and credentials differ. Never reachable from another machine.
 */
import type { Clock } from '../../../shared/clock.ts'
import type { Platform } from '../../../shared/domain/ids.ts'
import type { Faults } from './faults.ts'
import type { RequestLog } from './request-log.ts'
import { type SandboxTiktok, type SandboxWorld, startTiktokSandbox } from './tiktok-sandbox.ts'
import type { WorldSize } from './world-types.ts'

export type { Fault, FaultKind, Faults } from './faults.ts'
export type { LoggedRequest, RequestLog } from './request-log.ts'
export type { SandboxTiktok, SandboxWorld } from './tiktok-sandbox.ts'
export type { World } from './world.ts'

export interface SandboxOptions {
  /** Same seed, same shop. */
  readonly seed: number
  readonly clock: Clock
  /** Where edits and tokens survive a restart: TikTok's file; the other platforms' stand beside it with a suffix. */
  readonly statePath?: string
  /** 0 or absent for any free port. */
  readonly tiktokPort?: number
  readonly googlePort?: number
  readonly metaPort?: number
  /** `small` for tests, `demo` for believable accounts; small unless told. */
  readonly size?: WorldSize
  /** Which platforms to start; all unless told. Fewer start faster. */
  readonly platforms?: readonly Platform[]
}

export interface Sandbox {
  readonly tiktok: SandboxTiktok
  /** TikTok's. */
  readonly world: SandboxWorld
  /** TikTok's. */
  readonly requests: RequestLog
  /** TikTok's. */
  readonly faults: Faults
  /** Stops listening and cuts open connections, on all platforms. */
  close(): Promise<void>
}

/** Starts the sandbox. @throws when a port is taken. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { seed, clock, statePath, size } = options
  const common = { seed, clock, ...(size === undefined ? {} : { size }) }
  const tiktok = await startTiktokSandbox({
    ...common,
    port: options.tiktokPort ?? 0,
    ...(statePath === undefined ? {} : { statePath }),
  })
  return {
    tiktok,
    world: tiktok.world,
    requests: tiktok.requests,
    faults: tiktok.faults,
    close: () => tiktok.close(),
  }
}
