/** A few lines of Graph, for answers that the sandbox would never give. Holds no assertions. */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createMetaAdapter, type MetaAdapterOptions } from '../../main/platforms/meta/adapter.ts'
import { accountId } from '../../shared/domain/ids.ts'
import { movableClock, NOON_MS } from '../contract/tiktok-harness.ts'

export const signal = () => new AbortController().signal

export async function collect<T>(pages: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = []
  for await (const page of pages) all.push(...page)
  return all
}

export interface Seen {
  readonly method: string
  readonly url: URL
  readonly headers: IncomingMessage['headers']
  readonly body: string
}
export type Reply = {
  readonly status?: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export async function startGraph(
  answer: (seen: Seen, count: number) => Reply,
  options: Partial<MetaAdapterOptions> = {},
) {
  const seen: Seen[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url = '/', headers } = request
      const arrived = { method, url: new URL(url, 'http://127.0.0.1'), headers, body: Buffer.concat(chunks).toString() }
      seen.push(arrived)
      const { status = 200, body, headers: more = {} } = answer(arrived, seen.length)
      response.writeHead(status, {
        'content-type': 'application/json',
        'x-fb-trace-id': `T${seen.length}00000`,
        ...more,
      })
      response.end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body))
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const clock = movableClock(NOON_MS)
  const waits: number[] = []
  const adapter = createMetaAdapter({
    baseUrl,
    credentials: () => Promise.resolve({ accessToken: 'EAACANARYTOKEN', appSecret: 'CANARYSECRET' }),
    clock,
    random: () => 0.5,
    sleep: (ms) => {
      waits.push(ms)
      clock.advance(ms)
      return Promise.resolve()
    },
    ...options,
  })
  return { adapter, baseUrl, seen, waits, clock, close: () => new Promise<void>((done) => server.close(() => done())) }
}

export const ACCOUNT = {
  id: 'act_42',
  account_id: '42',
  name: 'Shop EU',
  currency: 'EUR',
  timezone_name: 'Europe/Berlin',
  account_status: 1,
  min_daily_budget: 93,
  user_tasks: ['MANAGE'],
}
export const FORTY_TWO = accountId('meta', '42')
export const node = (id: string, more: Record<string, unknown> = {}) => ({
  id,
  account_id: '42',
  name: `Name ${id}`,
  status: 'ACTIVE',
  effective_status: 'ACTIVE',
  ...more,
})
