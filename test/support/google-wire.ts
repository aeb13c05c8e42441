/** Raw requests to the Google sandbox, for tests that look at the wire itself. No product code. */
import { type SandboxGoogle, startGoogleSandbox } from '../../main/platforms/sandbox/google/index.ts'
import type { Customer } from '../../main/platforms/sandbox/google/types.ts'

/** Monday 23 November 2026, 15:30 in Berlin. */
export const START_MS = Date.UTC(2026, 10, 23, 14, 30)
export const DAY_MS = 86_400_000

export type Item = Readonly<Record<string, unknown>>
/** A row flattened: "campaign.id", "metrics.costMicros"; lists joined with commas. */
export type Row = Readonly<Record<string, string | number | boolean>>

export interface GoogleAnswer {
  readonly status: number
  readonly requestId: string | null
  readonly text: string
  /** The JSON object, or the first of an array. */
  readonly body: Item
  /** All objects of an array. */
  readonly chunks: readonly Item[]
  /** "campaignBudgetError.MONEY_AMOUNT_TOO_LARGE", an OAuth error, or Google's status word; undefined of an answer. */
  readonly error: string | undefined
}

export interface GoogleWire {
  readonly sandbox: SandboxGoogle
  readonly euro: Customer
  readonly yen: Customer
  readonly dinar: Customer
  advance(ms: number): void
  form(path: '/token' | '/revoke', fields: Readonly<Record<string, string>>): Promise<GoogleAnswer>
  /** A fresh access token from the seeded refresh token. */
  accessToken(): Promise<string>
  call(path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<GoogleAnswer>
  stream(query: string, customer?: Customer): Promise<GoogleAnswer>
  /** Rows of a query that must succeed. */
  rows(query: string, customer?: Customer): Promise<readonly Row[]>
  /** "queryError.UNRECOGNIZED_FIELD" of a query that must fail. */
  refusal(query: string, customer?: Customer): Promise<string>
  mutate(service: string, body: unknown, customer?: Customer): Promise<GoogleAnswer>
  close(): Promise<void>
}

function isItem(value: unknown): value is Item {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
/** Objects of a list, whatever it is. */
export function items(value: unknown): readonly Item[] {
  return Array.isArray(value) ? value.filter(isItem) : []
}
export function item(value: unknown): Item {
  return isItem(value) ? value : {}
}

export function flat(value: Item, prefix = ''): Row {
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, member]): [string, string | number | boolean][] => {
      if (isItem(member)) return Object.entries(flat(member, `${prefix}${key}.`))
      if (Array.isArray(member))
        return [
          [`${prefix}${key}`, member.map((each) => (isItem(each) ? JSON.stringify(each) : String(each))).join(',')],
        ]
      return typeof member === 'string' || typeof member === 'number' || typeof member === 'boolean'
        ? [[`${prefix}${key}`, member]]
        : []
    }),
  )
}

/** The GoogleAdsErrors inside an error answer or a partial failure. */
export function adsErrors(status: unknown): readonly Item[] {
  return items(item(status)['details']).flatMap((detail) => items(detail['errors']))
}

function errorOf(body: Item): string | undefined {
  if (typeof body['error'] === 'string') return body['error']
  if (body['error'] === undefined) return undefined
  const [first] = adsErrors(body['error'])
  const code =
    first === undefined ? item(body['error'])['status'] : Object.entries(item(first['errorCode'])).flat().join('.')
  return String(code)
}

async function answerOf(response: Response): Promise<GoogleAnswer> {
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json') === true
  const parsed: unknown = isJson ? JSON.parse(text) : {}
  const chunks = Array.isArray(parsed) ? items(parsed) : [item(parsed)]
  const body = chunks[0] ?? {}
  return {
    status: response.status,
    requestId: response.headers.get('request-id'),
    text,
    body,
    chunks,
    error: errorOf(body),
  }
}

export async function startWire(
  options: { seed?: number; statePath?: string; size?: 'small' | 'demo'; nowMs?: number } = {},
): Promise<GoogleWire> {
  let nowMs = options.nowMs ?? START_MS
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs }
  const sandbox = await startGoogleSandbox({ seed: 7, ...options, clock })
  const { baseUrl, credentials, world } = sandbox
  const by = (currency: string): Customer => {
    const found = world.customers.find((each) => each.currency === currency && each.campaigns.length > 0)
    if (found === undefined) throw new Error(`no account in ${currency}`)
    return found
  }
  let token: string | undefined
  const wire: GoogleWire = {
    sandbox,
    euro: by('EUR'),
    yen: by('JPY'),
    dinar: by('KWD'),
    advance: (ms) => {
      nowMs += ms
      token = undefined
    },
    form: async (path, fields) =>
      answerOf(await fetch(`${baseUrl}${path}`, { method: 'POST', body: new URLSearchParams(fields) })),
    accessToken: async () => {
      const { clientId, clientSecret, refreshToken } = credentials
      const client = { client_id: clientId, client_secret: clientSecret }
      const { body } = await wire.form('/token', {
        grant_type: 'refresh_token',
        refresh_token: refreshToken,
        ...client,
      })
      return String(body['access_token'])
    },
    call: async (path, body, headers = {}) => {
      token ??= await wire.accessToken()
      const response = await fetch(`${baseUrl}${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'login-customer-id': credentials.managerCustomerId,
          'content-type': 'application/json',
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      return answerOf(response)
    },
    stream: (query, customer = wire.euro) =>
      wire.call(`/v25/customers/${customer.id}/googleAds:searchStream`, { query }),
    rows: async (query, customer) => {
      const answer = await wire.stream(query, customer)
      if (answer.error !== undefined) throw new Error(`${query}: ${answer.error}`)
      return answer.chunks.flatMap((chunk) => items(chunk['results'])).map((row) => flat(row))
    },
    refusal: async (query, customer) => (await wire.stream(query, customer)).error ?? 'accepted',
    mutate: (service, body, customer = wire.euro) => wire.call(`/v25/customers/${customer.id}/${service}:mutate`, body),
    close: () => sandbox.close(),
  }
  return wire
}
