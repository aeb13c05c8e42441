/** A platform that counts more rows than it hands over is not believed: what is missing would be taken for deleted. */
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../main/platforms/sandbox/index.ts'
import { createTiktokAdapter } from '../../main/platforms/tiktok/adapter.ts'
import { contentOf, handClock, paperPlatform, type SyncRig, syncRig } from '../support/facts-rig.ts'

interface Page {
  readonly data: { list: unknown[]; page_info: { page: number } }
}

const clock = handClock()
/** Changes the answers of one path on their way. */
let tamper: { readonly path: string; readonly change: (page: Page, request: string) => void } | undefined
let sandbox: Sandbox
let proxy: http.Server
let rig: SyncRig

function pass(request: http.IncomingMessage, response: http.ServerResponse): void {
  const { hostname, port, host } = new URL(sandbox.tiktok.baseUrl)
  const path = request.url ?? '/'
  http.get({ hostname, port, path, headers: { ...request.headers, host } }, (answer) => {
    const parts: Buffer[] = []
    answer.on('data', (part: Buffer) => parts.push(part))
    answer.on('end', () => {
      const body = JSON.parse(Buffer.concat(parts).toString()) as Page
      if (tamper !== undefined && path.includes(tamper.path)) tamper.change(body, path)
      response.writeHead(answer.statusCode ?? 500, { 'content-type': 'application/json' })
      response.end(JSON.stringify(body))
    })
  })
}

/** Every number of every day that is over, by level. */
const overDays = (level: string) =>
  rig.facts
    .prepare(
      `SELECT e.entity_id, f.day, f.spend_micros FROM metric_fact f JOIN entity e USING (entity_key)
       WHERE e.type = ? AND f.day < unixepoch('2026-11-23') / 86400 ORDER BY 1, 2`,
    )
    .raw()
    .all(level)

beforeAll(async () => {
  sandbox = await startSandbox({ seed: 7, clock })
  proxy = http.createServer(pass)
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const { appId, appSecret, accessToken } = sandbox.tiktok.credentials
  const adapter = createTiktokAdapter({
    baseUrl: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    credentials: async () => ({ accessToken, appId, appSecret }),
    clock,
    random: () => 0.5,
    sleep: async () => undefined,
    pageSize: 100,
  })
  rig = syncRig(Object.assign(paperPlatform(), { adapter }), { clock })
  await rig.run(28)
})
afterAll(async () => {
  proxy.close()
  await sandbox.close()
})
beforeEach(() => {
  tamper = undefined
  clock.advance(86_400_001)
})

test('whole answers are believed', () => {
  expect(rig.summaries.at(-1)).toMatchObject({ state: 'done' })
  for (const level of ['campaign', 'ad_group', 'ad']) expect(overDays(level).length).toBeGreaterThan(27)
})

test('a report whose second page repeats the first deletes no stored number, and the sync says that it failed', async () => {
  const before = overDays('ad')
  // Several reports are read side by side; each has its own first page.
  const first = new Map<string, readonly unknown[]>()
  tamper = {
    path: '/report/',
    change: ({ data }, request) => {
      const report = request.replace(/([?&]page=)\d+/, '$1')
      if (data.page_info.page === 1) first.set(report, data.list)
      else data.list = (first.get(report) ?? []).slice(0, data.list.length)
    },
  }
  expect(await rig.run(28)).toMatchObject({ state: 'failed' })
  expect(rig.sync.progress().error).toMatchObject({ code: 'platform_unreachable', retryable: true })
  expect(overDays('ad')).toEqual(before)
})

test('a listing that hands over fewer campaigns than it counts marks none of them as deleted', async () => {
  const before = contentOf(rig.facts)['entities']
  tamper = { path: '/campaign/get/', change: ({ data }) => void data.list.pop() }
  expect(await rig.run(28)).toMatchObject({ state: 'failed' })
  expect(contentOf(rig.facts)['entities']).toEqual(before)
})

test('once whole answers come again, the next sync is complete', async () => {
  expect(await rig.run(28)).toMatchObject({ state: 'done', failedAccounts: [] })
})
