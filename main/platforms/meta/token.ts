/**
 * What Meta says of a token itself (GET /debug_token). Its documentation has the token in the address only, as `input_token`; that is one
 * more reason why addresses are never logged here. Holds no part of the token.
 */
import type { z } from 'zod'
import { OperationError } from '../../../shared/errors.ts'
import type { TokenHealth } from '../adapter.ts'
import type { MetaClient } from './client.ts'
import { errorFor, parseError, serverTrouble } from './codes.ts'
import { debugTokenSchema, idSchema, permissionsSchema } from './wire.ts'

const DAY_MS = 86_400_000
const SOON_MS = 7 * DAY_MS
const MAX_SCOPES = 50
const READ_SCOPES = ['ads_read', 'ads_management']
const WRITE_SCOPE = 'ads_management'

export interface InspectedToken extends TokenHealth {
  readonly appId: string | undefined
  /** USER, SYSTEM_USER, APP, PAGE … */
  readonly type: string | undefined
  readonly userId: string | undefined
  /** When Meta stops answering for this person's data until they sign in again; null: never. */
  readonly dataAccessExpiresAtMs: number | null | undefined
}

/** Meta's seconds; 0 is "never". */
function momentOf(seconds: number | undefined): number | null | undefined {
  return seconds === undefined ? undefined : seconds === 0 ? null : seconds * 1000
}

function inDays(untilMs: number): string {
  const days = Math.max(0, Math.floor(untilMs / DAY_MS))
  return days === 0 ? 'today' : days === 1 ? 'in a day' : `in ${days} days`
}

function problemOf(token: Omit<InspectedToken, 'problem'>, nowMs: number): string | undefined {
  const { expiresAtMs, dataAccessExpiresAtMs: dataMs, scopes } = token
  if (typeof expiresAtMs === 'number' && expiresAtMs <= nowMs) return 'The Meta token has expired. Connect again.'
  if (!token.isValid) return 'Meta no longer accepts this token. Connect again.'
  if (token.canWrite !== undefined && !scopes.some((scope) => READ_SCOPES.includes(scope)))
    return 'The Meta token may not read ads: it lacks the permission ads_read.'
  if (typeof dataMs === 'number' && dataMs <= nowMs)
    return 'Meta’s access to this person’s data has run out. Connect again.'
  if (typeof expiresAtMs === 'number' && expiresAtMs - nowMs < SOON_MS)
    return `The Meta token expires ${inDays(expiresAtMs - nowMs)}. Meta has no way to renew it: connect again before that.`
  if (typeof dataMs === 'number' && dataMs - nowMs < SOON_MS)
    return `Meta’s access to this person’s data runs out ${inDays(dataMs - nowMs)}. Connect again before that.`
  return undefined
}

function isKeptBack(error: unknown): boolean {
  return error instanceof OperationError && (error.code === 'platform_refused' || error.code === 'unknown_entity')
}

type WireToken = Partial<z.infer<typeof debugTokenSchema>['data']> & { readonly is_valid: boolean }

/** Pure: Meta's answer in our words. What Meta leaves out stays undefined. */
export function toInspected(wire: WireToken, nowMs: number): InspectedToken {
  const isAboutAds = (scope: string): boolean => READ_SCOPES.includes(scope)
  const all = wire.scopes ?? []
  // Those that decide come first, so that a long list does not cut them off.
  const scopes = [...all.filter(isAboutAds), ...all.filter((scope) => !isAboutAds(scope))].slice(0, MAX_SCOPES)
  const facts = {
    isValid: wire.is_valid,
    expiresAtMs: momentOf(wire.expires_at),
    canWrite: wire.scopes === undefined || !wire.is_valid ? undefined : scopes.includes(WRITE_SCOPE),
    scopes,
    appId: wire.app_id,
    type: wire.type,
    userId: wire.user_id,
    dataAccessExpiresAtMs: momentOf(wire.data_access_expires_at),
  }
  return { ...facts, problem: problemOf(facts, nowMs) }
}

/** The id behind "/me" or "/app"; undefined where Meta keeps it to itself. */
async function idOf(client: MetaClient, path: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const ask = { path, query: { fields: 'id' }, schema: idSchema, subject: 'app', signal }
    return (await client.get(ask)).data.id
  } catch (error) {
    if (isKeptBack(error)) return undefined
    throw error
  }
}

/**
 * What every token may ask: which permissions it holds, whose it is, and of which app. That it may ask shows that it lives; when it ends
 * stays unsaid.
 */
async function byPermissions(client: MetaClient, nowMs: number, signal: AbortSignal): Promise<InspectedToken> {
  const ask = { path: '/me/permissions', query: {}, schema: permissionsSchema, subject: 'app', signal }
  const { data } = (await client.get(ask)).data
  const scopes = data.flatMap(({ permission, status }) => (status === 'granted' ? [permission] : []))
  const app_id = await idOf(client, '/app', signal)
  const user_id = await idOf(client, '/me', signal)
  return toInspected({ is_valid: true, scopes, app_id, user_id }, nowMs)
}

function deadToken(message: string): InspectedToken {
  const problem = `${message} Connect again.`
  return { ...toInspected({ is_valid: false }, 0), problem }
}

async function alive(
  client: MetaClient,
  accessToken: string,
  nowMs: number,
  signal: AbortSignal,
): Promise<InspectedToken> {
  try {
    const query = { input_token: accessToken }
    const ask = { path: '/debug_token', query, schema: debugTokenSchema, subject: 'app', signal }
    return toInspected((await client.get(ask)).data.data, nowMs)
  } catch (error) {
    if (!isKeptBack(error)) throw error
    return byPermissions(client, nowMs, signal)
  }
}

/**
 * The token looks at itself, as the tokens of an app's owners and developers may. Others are turned away there ("You must provide an app
 * access token, or a user access token that is an owner or developer of the app") and are asked for their permissions instead.
 * @throws OperationError platform_throttled, platform_unreachable, timeout or cancelled. A dead token is an answer, not an error.
 */
export async function inspect(
  client: MetaClient,
  accessToken: string,
  nowMs: number,
  signal: AbortSignal,
): Promise<InspectedToken> {
  try {
    return await alive(client, accessToken, nowMs, signal)
  } catch (error) {
    if (!(error instanceof OperationError) || error.code !== 'needs_reconnect') throw error
    return deadToken(error.message)
  }
}

/**
 * Ends the token at Meta: the app loses every permission that its person gave it (DELETE /me/permissions).
 * @throws OperationError needs_reconnect when the token was dead already; else as every request
 */
export async function revokePermissions(client: MetaClient, signal: AbortSignal): Promise<void> {
  const answer = await client.removePermissions(signal)
  if (answer.status === 200) return
  const error = parseError(answer.text)
  throw error === undefined ? serverTrouble(answer.status) : errorFor(error, answer.status)
}
