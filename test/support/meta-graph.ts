/** Bare Graph requests against the Meta sandbox, as any client could send them. For tests of the sandbox itself. */
import type { Clock } from '../../shared/clock.ts'
import { type SandboxMeta, startMetaSandbox } from '../../main/platforms/sandbox/meta/index.ts'
import type { MetaAccount, MetaAdSet, MetaCampaign } from '../../main/platforms/sandbox/meta/types.ts'

/** Monday 23 November 2026, 15:30 in Berlin. */
export const START_MS = Date.UTC(2026, 10, 23, 14, 30)
export const DAY_MS = 86_400_000
export const dayBefore = (days: number): string =>
  new Date(Date.UTC(2026, 10, 23) - days * DAY_MS).toISOString().slice(0, 10)

export interface Reply {
  readonly status: number
  readonly body: Record<string, unknown>
  readonly headers: Headers
  /** code, subcode of an error; undefined of an answer. */
  readonly error: string | undefined
}

export interface MetaRig {
  readonly sandbox: SandboxMeta
  readonly euro: MetaAccount
  clockMs: number
  get(path: string, params?: Record<string, unknown>, token?: string): Promise<Reply>
  /** As a form, the documented way. */
  post(path: string, params: Record<string, unknown>, token?: string): Promise<Reply>
  send(method: string, path: string, init?: RequestInit): Promise<Reply>
  rows(path: string, params: Record<string, unknown>): Promise<Record<string, unknown>[]>
  campaign(name: string): MetaCampaign
  adSet(name: string): MetaAdSet
}

function encode(params: Record<string, unknown>): URLSearchParams {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(params))
    query.set(name, typeof value === 'string' ? value : JSON.stringify(value))
  return query
}

function errorOf(body: Record<string, unknown>): string | undefined {
  const error = body['error'] as { code?: number; error_subcode?: number } | undefined
  if (error === undefined) return undefined
  return error.error_subcode === undefined ? String(error.code) : `${error.code}/${error.error_subcode}`
}

export async function startMetaRig(
  options: { size?: 'small' | 'demo'; seed?: number; statePath?: string } = {},
): Promise<MetaRig> {
  const rig = { clockMs: START_MS }
  const clock: Clock = { nowMs: () => rig.clockMs, monotonicMs: () => rig.clockMs }
  const sandbox = await startMetaSandbox({ seed: 7, clock, ...options })
  const euro = sandbox.world.accounts[0]
  if (euro === undefined) throw new Error('the shop has no account')
  const send: MetaRig['send'] = async (method, path, init = {}) => {
    const answer = await fetch(`${sandbox.baseUrl}${path}`, { method, redirect: 'manual', ...init })
    const text = await answer.text()
    let body: Record<string, unknown> = {}
    if (answer.headers.get('content-type')?.includes('json') === true && text !== '') body = JSON.parse(text)
    return { status: answer.status, body, headers: answer.headers, error: errorOf(body) }
  }
  const bearer = (token = sandbox.credentials.accessToken) => ({ authorization: `Bearer ${token}` })
  const get: MetaRig['get'] = (path, params = {}, token) =>
    send('GET', `/v26.0${path}?${encode(params).toString()}`, { headers: bearer(token) })
  return Object.assign(rig, {
    sandbox,
    euro,
    send,
    get,
    post: (path: string, params: Record<string, unknown>, token?: string) =>
      send('POST', `/v26.0${path}`, { headers: bearer(token), body: encode(params) }),
    rows: async (path: string, params: Record<string, unknown>) => {
      const all: Record<string, unknown>[] = []
      let after: string | undefined
      do {
        const { body } = await get(path, { limit: 500, ...params, ...(after === undefined ? {} : { after }) })
        if (body['data'] === undefined) throw new Error(JSON.stringify(body))
        all.push(...(body['data'] as Record<string, unknown>[]))
        const paging = body['paging'] as { next?: string; cursors?: { after: string } } | undefined
        after = paging?.next === undefined ? undefined : paging.cursors?.after
      } while (after !== undefined)
      return all
    },
    campaign: (name: string) => {
      const found = sandbox.world.accounts.flatMap((item) => item.campaigns).find((item) => item.name.includes(name))
      if (found === undefined) throw new Error(`no campaign ${name}`)
      return found
    },
    adSet: (name: string) => {
      const all = sandbox.world.accounts.flatMap((item) => item.campaigns.flatMap((campaign) => campaign.adSets))
      const found = all.find((item) => item.name.includes(name))
      if (found === undefined) throw new Error(`no ad set ${name}`)
      return found
    },
  })
}
