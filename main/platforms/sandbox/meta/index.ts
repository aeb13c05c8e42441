/**
 * The Meta half of the sandbox: graph.facebook.com and www.facebook.com on one loopback origin, speaking Marketing API v26 from one seeded
 * shop. Never reachable from another machine.
 *
 * Faults are addressed by endpoint: "/campaigns", "/adsets", "/ads", "/adcreatives", "/adspixels", "/stats", "/customconversions",
 * "/activities", "/minimum_budgets", "/insights" (GET), "/adaccounts", "/businesses", "/owned_ad_accounts", "/client_ad_accounts", "/me",
 * "/node" (GET by id), "/report" (GET of a report run), "POST /node" (a write), "POST /node validate_only" (a dry run), "POST /insights",
 * "POST /" (a batch), "/debug_token", "/oauth/access_token", "DELETE /permissions", "/dialog", "/images"; "*" for any.
 * Of a "throttle" fault `code` picks 4, 17, 32, 613, 80000 or 80004; of an "invalid_token" fault it is the subcode (458, 460, 467).
 */
import type { Clock } from '../../../../shared/clock.ts'
import { createFaults, type Faults } from '../faults.ts'
import { createRequestLog, type RequestLog } from '../request-log.ts'
import { ALL_SCOPES, derive, OauthState, type Switches } from './oauth.ts'
import { startMetaServer } from './server.ts'
import type { MetaAccount, MetaAdSet, MetaBidStrategy, MetaEntity, MetaStatus } from './types.ts'
import { createMetaWorld, type MetaWorld } from './world.ts'

export type { MetaAccount, MetaAd, MetaAdSet, MetaCampaign, MetaCreative, MetaEntity } from './types.ts'
export type { MetaWorld } from './world.ts'

export interface MetaSandboxOptions {
  /** Same seed, same shop. */
  readonly seed: number
  readonly clock: Clock
  /** Where edits and tokens survive a restart. */
  readonly statePath?: string
  /** 0 or absent for any free port. */
  readonly port?: number
  readonly size?: 'small' | 'demo'
}

/** What a colleague changes on the platform itself. Amounts in Meta's minor units, ROAS in ten-thousandths. */
export interface OutsideChange {
  readonly budgetMinor?: number
  readonly status?: MetaStatus
  readonly bidMinor?: number
  readonly roasFloor?: number
  readonly strategy?: MetaBidStrategy
  readonly name?: string
}

export interface SandboxMetaWorld extends MetaWorld {
  setOutside(externalId: string, change: OutsideChange): void
  /** Meta switches an account off or on, or the business takes a task away. `id` without "act_". */
  setAccountOutside(id: string, change: { readonly status?: number; readonly userTasks?: readonly string[] }): void
}

export interface SandboxMeta {
  /** Origin without a path, playing both hosts: "http://127.0.0.1:41234". */
  readonly baseUrl: string
  readonly credentials: {
    readonly appId: string
    readonly appSecret: string
    /** A system user's token that works from the start. Stays the same for a seed, so that a stored link survives a restart. */
    readonly accessToken: string
    /** A fresh code, as if somebody had just agreed, good once and for ten minutes. */
    authCode(redirectUri: string, scopes?: readonly string[]): string
    /** A new token of its own, e.g. one that lives for a minute or may only read. */
    issueToken(options?: {
      readonly scopes?: readonly string[]
      readonly lifeMs?: number
      readonly isSystemUser?: boolean
    }): string
    /** Ends a token: 458 app removed, 460 password changed (unless told), 463 expired, 467 logged out. */
    killToken(token: string, subcode?: number): void
  }
  readonly world: SandboxMetaWorld
  readonly requests: RequestLog
  readonly faults: Faults
  /** How the app and the people behave; read at every request. */
  readonly switches: Switches
  /** Lets every report that is running fail at its next poll. */
  failReports(): void
  /** Stops listening and cuts open connections. */
  close(): Promise<void>
}

function outside(world: MetaWorld): Pick<SandboxMetaWorld, 'setOutside' | 'setAccountOutside'> {
  const actor = 'Jana Keller'
  const find = (externalId: string): MetaEntity => {
    const entity = world.campaign(externalId) ?? world.adSet(externalId) ?? world.ad(externalId)
    if (entity === undefined) throw new TypeError(`the sandbox has no campaign, ad set or ad ${externalId}`)
    return entity
  }
  /** What a strategy does not use goes with it, as on the platform. */
  const setBids = (adSet: MetaAdSet, change: OutsideChange) => {
    const { strategy, bidMinor, roasFloor } = change
    if (strategy === undefined && bidMinor === undefined && roasFloor === undefined) return
    const isCapped = adSet.bidStrategy === 'COST_CAP' || adSet.bidStrategy === 'LOWEST_COST_WITH_BID_CAP'
    const isRoas = adSet.bidStrategy === 'LOWEST_COST_WITH_MIN_ROAS'
    const bid = {
      bidMinor: isCapped ? (bidMinor ?? adSet.bidMinor) : undefined,
      roasFloor: isRoas ? (roasFloor ?? adSet.roasFloor) : undefined,
    }
    world.setBid(adSet, bid, actor)
  }
  return {
    setOutside: (externalId, change) => {
      const entity = find(externalId)
      if (change.name !== undefined) world.setName(entity, change.name, actor)
      if (change.status !== undefined) world.setStatus(entity, change.status, actor)
      if (entity.kind !== 'ad') {
        if (change.strategy !== undefined) world.setStrategy(entity, change.strategy, actor)
        if (change.budgetMinor !== undefined) world.setBudget(entity, change.budgetMinor, actor)
      }
      if (entity.kind === 'adset') setBids(entity, change)
      world.persist()
    },
    setAccountOutside: (id, change) => {
      const account: MetaAccount | undefined = world.account(id)
      if (account === undefined) throw new TypeError(`the sandbox has no account ${id}`)
      world.setAccount(account, change)
      world.persist()
    },
  }
}

/** Starts the Meta sandbox. @throws when the port is taken. */
export async function startMetaSandbox(options: MetaSandboxOptions): Promise<SandboxMeta> {
  const { seed, clock } = options
  const world = createMetaWorld(options)
  const faults = createFaults()
  const requests = createRequestLog()
  const appId = '310000000000031'
  const appSecret = derive(seed, 'app-secret', 32)
  const accessToken = `EAA${derive(seed, 'access-token', 64)}${derive(seed, 'access-token-2', 64)}ZD`
  const oauth = new OauthState({ world, appId, appSecret, systemToken: accessToken })
  const switches: Switches = {
    answerVersion: undefined,
    isProofRequired: false,
    isLiveMode: false,
    consent: undefined,
    declinedScopes: [],
    isInspectionRefused: false,
    usagePercent: undefined,
    regainMinutes: 2,
    tier: 'standard_access',
  }
  const { server, baseUrl, graph } = await startMetaServer({
    world,
    clock,
    faults,
    log: requests,
    oauth,
    switches,
    port: options.port ?? 0,
  })
  return {
    baseUrl,
    credentials: {
      appId,
      appSecret,
      accessToken,
      authCode: (redirectUri, scopes) => oauth.newCode(redirectUri, scopes),
      issueToken: ({ scopes = ALL_SCOPES, lifeMs = 0, isSystemUser = false } = {}) =>
        oauth.issue(isSystemUser ? 'system_user' : 'user_long', scopes, lifeMs),
      killToken: (token, subcode = 460) => oauth.kill(token, subcode),
    },
    world: Object.assign(world, outside(world)),
    requests,
    faults,
    switches,
    failReports: () => graph.runs.failRunning(),
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
