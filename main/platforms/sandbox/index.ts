/**
 * The sandbox: ad platforms on loopback that speak their real wire formats from one seeded shop.
 * Adapters cannot tell it from the real thing: only base URL and credentials differ. Never reachable from another machine.
 */
import type { Clock } from '../../../shared/clock.ts'
import { PLATFORMS, type Platform } from '../../../shared/domain/ids.ts'
import type { Faults } from './faults.ts'
import { type SandboxGoogle, startGoogleSandbox } from './google/index.ts'
import { type SandboxMeta, startMetaSandbox } from './meta/index.ts'
import type { RequestLog } from './request-log.ts'
import { createShop, type Shop } from './shop/index.ts'
import { type SandboxTiktok, type SandboxWorld, startTiktokSandbox } from './tiktok-sandbox.ts'
import type { WorldSize } from './world-types.ts'

export type { Fault, FaultKind, Faults } from './faults.ts'
export type { SandboxGoogle } from './google/index.ts'
export type { SandboxMeta } from './meta/index.ts'
export type { LoggedRequest, RequestLog } from './request-log.ts'
export type { Shop, ShopOrder } from './shop/index.ts'
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

/** Each platform's member throws where that platform was not started. */
export interface Sandbox {
  readonly google: SandboxGoogle
  readonly meta: SandboxMeta
  readonly tiktok: SandboxTiktok
  /** The shop that all of them advertise: throws where one of them was not started. No adapter can reach it. */
  readonly shop: Shop
  /** TikTok's. */
  readonly world: SandboxWorld
  /** TikTok's. */
  readonly requests: RequestLog
  /** TikTok's. */
  readonly faults: Faults
  /** Stops listening and cuts open connections, on all platforms. */
  close(): Promise<void>
}

function started<T>(part: T | undefined, name: string): T {
  if (part === undefined) throw new TypeError(`the sandbox was started without ${name}`)
  return part
}

/** Waits for all parts; when one does not start, the others are closed again. */
async function startAll(parts: readonly Promise<{ close(): Promise<void> }>[]): Promise<void> {
  const results = await Promise.allSettled(parts)
  const failed = results.find((result) => result.status === 'rejected')
  if (failed === undefined) return
  for (const result of results) if (result.status === 'fulfilled') await result.value.close()
  throw failed.reason
}

/** Starts the sandbox. @throws when a port is taken. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { seed, clock, statePath, size } = options
  const wanted = new Set(options.platforms ?? PLATFORMS)
  const stateAt = (suffix: string) => (statePath === undefined ? {} : { statePath: `${statePath}${suffix}` })
  const common = { seed, clock, ...(size === undefined ? {} : { size }) }
  const google = wanted.has('google_ads')
    ? startGoogleSandbox({ ...common, port: options.googlePort ?? 0, ...stateAt('.google') })
    : undefined
  const meta = wanted.has('meta')
    ? startMetaSandbox({ ...common, port: options.metaPort ?? 0, ...stateAt('.meta') })
    : undefined
  const tiktok = wanted.has('tiktok')
    ? startTiktokSandbox({ ...common, port: options.tiktokPort ?? 0, ...stateAt('') })
    : undefined
  const parts = [google, meta, tiktok].filter((part) => part !== undefined)
  await startAll(parts)
  const [googlePart, metaPart, tiktokPart] = [await google, await meta, await tiktok]
  let shop: Shop | undefined
  return {
    get shop() {
      const worlds = {
        google: started(googlePart, 'Google Ads').world,
        meta: started(metaPart, 'Meta').world,
        tiktok: started(tiktokPart, 'TikTok').world,
      }
      shop ??= createShop({ seed, clock, worlds })
      return shop
    },
    get google() {
      return started(googlePart, 'Google Ads')
    },
    get meta() {
      return started(metaPart, 'Meta')
    },
    get tiktok() {
      return started(tiktokPart, 'TikTok')
    },
    get world() {
      return started(tiktokPart, 'TikTok').world
    },
    get requests() {
      return started(tiktokPart, 'TikTok').requests
    },
    get faults() {
      return started(tiktokPart, 'TikTok').faults
    },
    close: async () => {
      await Promise.all([googlePart?.close(), metaPart?.close(), tiktokPart?.close()])
    },
  }
}
