/**
 * Meta's logins: the consent dialog, codes, short and long user tokens, the system user's token, inspection and revocation.
 * There are no refresh tokens on this platform: what has expired needs a new login.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto'
import type { Grant } from './state.ts'
import { type Call, GraphProblem, invalid, type Params } from './wire.ts'
import type { MetaWorld } from './world.ts'

const CODE_LIFE_MS = 600_000
const SHORT_LIFE_MS = 5_400_000
/** Just under 60 days, as Meta hands it out. */
const LONG_LIFE_S = 5_183_944
const DATA_ACCESS_MS = 90 * 86_400_000
const MAX_CODES = 1000
export const ALL_SCOPES = ['ads_read', 'ads_management', 'business_management'] as const

interface Code {
  readonly madeAtMs: number
  readonly redirectUri: string
  readonly scopes: readonly string[]
  isUsed: boolean
}

export interface OauthOptions {
  readonly world: MetaWorld
  readonly appId: string
  readonly appSecret: string
  readonly systemToken: string
}

/** Not a secret in any sense that matters: it guards invented numbers on loopback. */
export function derive(seed: number, purpose: string, length: number): string {
  return createHash('sha256').update(`sandbox:meta:${seed}:${purpose}`).digest('hex').slice(0, length)
}

export interface Switches {
  /** Answer with this version, whatever was asked for: Meta's silent upgrade. */
  answerVersion: string | undefined
  /** The app asks for appsecret_proof with every call. */
  isProofRequired: boolean
  /** The app left development mode: http://localhost is no redirect any more. */
  isLiveMode: boolean
  /** What the person in front of the consent page answers; undefined shows the page. */
  consent: 'allow' | 'deny' | undefined
  /** Permissions the person unticks. */
  declinedScopes: readonly string[]
  /** The people here have no role in the app: their tokens work, but may not look at themselves (/debug_token). */
  isInspectionRefused: boolean
  /** Percent of every limit that the usage headers report as used; undefined counts for real. */
  usagePercent: number | undefined
  /** Minutes until access comes back, as reported while throttled. */
  regainMinutes: number
  tier: 'development_access' | 'standard_access'
}

/** The sandbox's Meta app and everything it has issued. */
export class OauthState {
  readonly appId: string
  readonly #secret: string
  readonly #world: MetaWorld
  readonly #codes = new Map<string, Code>()

  constructor(options: OauthOptions) {
    this.appId = options.appId
    this.#secret = options.appSecret
    this.#world = options.world
    if (!this.#world.grants.has(options.systemToken))
      this.#world.grants.set(options.systemToken, {
        kind: 'system_user',
        scopes: ALL_SCOPES,
        issuedAtMs: this.#world.nowMs(),
        expiresAtMs: 0,
      })
  }

  /** A fresh code, as if somebody had just said yes. */
  newCode(redirectUri: string, scopes: readonly string[] = ALL_SCOPES): string {
    for (const oldest of this.#codes.keys()) {
      if (this.#codes.size < MAX_CODES) break
      this.#codes.delete(oldest)
    }
    const code = `AQ${randomBytes(48).toString('base64url')}`
    this.#codes.set(code, { madeAtMs: this.#world.nowMs(), redirectUri, scopes, isUsed: false })
    return code
  }

  issue(kind: Grant['kind'], scopes: readonly string[], lifeMs: number): string {
    const token = `EAA${randomBytes(60).toString('base64url').replace(/[-_]/g, 'Z')}`
    const issuedAtMs = this.#world.nowMs()
    this.#world.grants.set(token, { kind, scopes, issuedAtMs, expiresAtMs: lifeMs === 0 ? 0 : issuedAtMs + lifeMs })
    this.#world.persist()
    return token
  }

  /** Ends a token: 460 password changed, 458 app removed, 467 logged out, 463 expired. */
  kill(token: string, subcode: number): void {
    const grant = this.#world.grants.get(token)
    if (grant === undefined) return
    this.#world.grants.set(token, { ...grant, deadSubcode: subcode })
    this.#world.persist()
  }

  isSecret(secret: string | undefined): boolean {
    return secret === this.#secret
  }

  isProof(token: string, proof: string): boolean {
    return createHmac('sha256', this.#secret).update(token).digest('hex') === proof
  }

  /** What a code is worth. @throws GraphProblem 100 with the subcode of what is wrong with it */
  redeem(code: string, redirectUri: string): readonly string[] {
    const found = this.#codes.get(code)
    if (found === undefined) throw new GraphProblem(100, 'Invalid verification code format.', { subcode: 36008 })
    if (found.redirectUri !== redirectUri)
      throw new GraphProblem(
        100,
        'Error validating verification code. Please make sure your redirect_uri is identical to the one you used in the OAuth dialog request',
        { subcode: 36008 },
      )
    if (found.isUsed) throw new GraphProblem(100, 'This authorization code has been used.', { subcode: 36009 })
    if (this.#world.nowMs() - found.madeAtMs > CODE_LIFE_MS)
      throw new GraphProblem(100, 'This authorization code has expired.', { subcode: 36007 })
    found.isUsed = true
    return found.scopes
  }

  /** Why a token does not work any more; undefined when it does. */
  problemOf(token: string): GraphProblem | undefined {
    const grant = this.#world.grants.get(token)
    if (grant === undefined) return new GraphProblem(190, 'Invalid OAuth access token - Cannot parse access token')
    const nowMs = this.#world.nowMs()
    const isOver = grant.expiresAtMs !== 0 && nowMs >= grant.expiresAtMs
    const subcode = grant.deadSubcode ?? (isOver ? 463 : undefined)
    return subcode === undefined ? undefined : deadToken(subcode, grant.expiresAtMs, nowMs)
  }
}

/** Meta's answer to a token that no longer works. */
export function deadToken(subcode: number, expiredAtMs: number, nowMs: number): GraphProblem {
  const stamp = (ms: number) => new Date(ms).toUTCString()
  const messages: Readonly<Record<number, string>> = {
    458: 'Error validating access token: The user has not authorized application.',
    459: 'Error validating access token: You cannot access the app till you log in to www.facebook.com and follow the instructions given.',
    460: 'Error validating access token: The session has been invalidated because the user changed their password or Facebook has changed the session for security reasons.',
    463: `Error validating access token: Session has expired on ${stamp(expiredAtMs)}. The current time is ${stamp(nowMs)}.`,
    464: 'Error validating access token: Sessions for the user are not allowed because the user is not a confirmed user.',
    467: 'Error validating access token: The session is invalid because the user logged out.',
  }
  return new GraphProblem(190, messages[subcode] ?? messages[467] ?? '', { subcode })
}

function checkApp(state: OauthState, params: Params): void {
  if (params.text('client_id') !== state.appId)
    throw new GraphProblem(101, 'Error validating application. Cannot get application info due to a system error.')
  if (!state.isSecret(params.text('client_secret')))
    throw new GraphProblem(1, 'Error validating client secret.', { status: 400 })
}

/** GET or POST /oauth/access_token: a code for a short token, or a short token for a long one. */
export function tokenEndpoint(call: Call, state: OauthState): unknown {
  const { params, world } = call
  checkApp(state, params)
  if (params.text('grant_type') === 'fb_exchange_token') {
    const old = params.text('fb_exchange_token') ?? ''
    const problem = state.problemOf(old)
    if (problem !== undefined) throw problem
    const grant = world.grants.get(old)
    const token = state.issue('user_long', grant?.scopes ?? [], LONG_LIFE_S * 1000)
    return { access_token: token, token_type: 'bearer', expires_in: LONG_LIFE_S }
  }
  const code = params.text('code')
  if (code === undefined) throw invalid('Missing authorization code')
  const redirectUri = params.text('redirect_uri')
  if (redirectUri === undefined) throw new GraphProblem(191, 'Missing redirect_uri parameter.')
  const scopes = state.redeem(code, redirectUri)
  const token = state.issue('user_short', scopes, SHORT_LIFE_MS)
  return { access_token: token, token_type: 'bearer', expires_in: SHORT_LIFE_MS / 1000 }
}

/** GET /debug_token, for the app and its owners and developers. Only the app's own tokens may be looked at; a dead one is described. */
export function debugToken(call: Call, state: OauthState, isRefused: boolean): unknown {
  const { params, world } = call
  const token = params.text('input_token')
  if (token === undefined) throw new GraphProblem(100, '(#100) You must provide an input_token')
  if (isRefused && !call.token.startsWith(`${state.appId}|`))
    throw new GraphProblem(
      100,
      '(#100) You must provide an app access token, or a user access token that is an owner or developer of the app',
    )
  const grant = world.grants.get(token)
  const problem = state.problemOf(token)
  if (grant === undefined)
    return {
      data: {
        error: { code: 190, message: 'Invalid OAuth access token - Cannot parse access token' },
        is_valid: false,
        scopes: [],
      },
    } // prettier-ignore
  const seconds = (ms: number) => Math.floor(ms / 1000)
  const isSystem = grant.kind === 'system_user'
  return {
    data: {
      app_id: state.appId,
      type: isSystem ? 'SYSTEM_USER' : 'USER',
      application: 'Fjellkant Reporting',
      data_access_expires_at: isSystem ? 0 : seconds(grant.issuedAtMs + DATA_ACCESS_MS),
      ...(problem === undefined ? {} : { error: { code: 190, message: problem.message, subcode: problem.subcode } }),
      expires_at: seconds(grant.expiresAtMs),
      is_valid: problem === undefined,
      issued_at: seconds(grant.issuedAtMs),
      scopes: problem === undefined ? grant.scopes : [],
      granular_scopes: problem === undefined ? grant.scopes.map((scope) => ({ scope })) : [],
      user_id: world.userId,
    },
  }
}

/** GET /me/permissions. */
export function permissions(call: Call): unknown {
  return { data: call.scopes.map((permission) => ({ permission, status: 'granted' })) }
}

/** DELETE /me/permissions: the app loses the person; every token of theirs is dead. */
export function revoke(call: Call, state: OauthState): unknown {
  const own = call.world.grants.get(call.token)
  state.kill(call.token, 458)
  if (own?.kind !== 'system_user')
    for (const [token, { kind, deadSubcode }] of call.world.grants)
      if (kind !== 'system_user' && deadSubcode === undefined) state.kill(token, 458)
  return { success: true }
}
