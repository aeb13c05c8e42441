/** The platform contract: reads on a day when the platform or the network misbehaves. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { approvedChange, type Bench, factsOf, failure, fullText, listAll, shiftDay, signal } from './contract-kit.ts'

export function describeBadDays(bench: () => Bench): void {
  const campaigns = () => listAll(bench().adapter, bench().account, 'campaign')

  it('waits and comes back after being throttled', async () => {
    const { harness } = bench()
    harness.breakNext('listing', 'throttle', { times: 2 })
    expect((await campaigns()).length).toBeGreaterThan(2)
    expect(harness.waits.length).toBe(2)
    expect(harness.waits.every((ms) => ms >= 1000)).toBe(true)
  })

  it('gives up after four more attempts and says that it was throttled', async () => {
    const { harness } = bench()
    harness.breakNext('listing', 'throttle', { times: 50 })
    const error = await failure(campaigns())
    expect(error.code).toBe('platform_throttled')
    expect(error.retryable).toBe(true)
    expect(harness.waits.length).toBe(4)
  })

  it.each(['server_error', 'error_page', 'cut_connection'] as const)('reads again after: %s', async (fault) => {
    const { harness } = bench()
    harness.breakNext('report', fault)
    const day = shiftDay(harness.today, -2)
    expect((await factsOf(bench(), 'campaign', day, day)).length).toBeGreaterThan(2)
    expect(harness.waits.length).toBe(1)
  })

  it('waits a little longer each time', async () => {
    const { harness } = bench()
    harness.breakNext('listing', 'server_error', { times: 4 })
    await campaigns()
    expect(harness.waits.length).toBe(4)
    expect(harness.waits.toSorted((left, right) => left - right)).toEqual(harness.waits)
  })

  it('asks to reconnect when the token has expired, without hammering', async () => {
    const { harness } = bench()
    await factsOf(bench(), 'campaign', harness.today, harness.today)
    const before = harness.readsReceived()
    harness.breakNext('report', 'token_expired', { times: 50 })
    const error = await failure(factsOf(bench(), 'campaign', harness.today, harness.today))
    expect(error.code).toBe('needs_reconnect')
    expect(harness.waits.length).toBe(0)
    expect(harness.readsReceived()).toBeLessThanOrEqual(before + 2)
  })

  it('turns an answer cut off in the middle into an error, not a crash', async () => {
    bench().harness.breakNext('listing', 'malformed_answer', { times: 50 })
    expect((await failure(campaigns())).code).toBe('platform_unreachable')
  })

  it('gives up on a platform that never answers', async () => {
    bench().harness.breakNext('listing', 'timeout_before_effect', { times: 50 })
    expect((await failure(campaigns())).code).toBe('timeout')
  })

  it('never follows a redirect, and sends the other host nothing', async () => {
    const { adapter, harness, currency } = bench()
    const visitors: string[] = []
    const other = createServer((request, response) => {
      visitors.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`)
      response.end('{}')
    })
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done))
    const location = `http://127.0.0.1:${(other.address() as AddressInfo).port}/elsewhere/`
    try {
      // What is asked for only once, such as the currency, is known from here on.
      await campaigns()
      harness.breakNext('listing', 'redirect', { location })
      const before = harness.readsReceived()
      expect((await failure(campaigns())).code).toBe('platform_unreachable')
      // The redirected page and what is read beside it: a redirect is not tried again.
      expect(harness.readsReceived()).toBeLessThanOrEqual(before + 2)
      const live = await adapter.readLive(harness.examples.ad, 'status', signal())
      harness.breakNext('write', 'redirect', { location })
      const change = approvedChange(harness.examples.ad, 'status', currency, live.value, 'paused')
      expect((await adapter.apply(change)).kind).toBe('unknown')
      expect(visitors).toEqual([])
      expect(harness.writesReceived(harness.examples.ad)).toBe(1)
    } finally {
      other.close()
    }
  })

  it('never puts a token or a secret into an error, nor into the outcome of a write', async () => {
    const { adapter, account, harness, currency } = bench()
    const faults = ['server_error', 'malformed_answer', 'token_expired', 'throttle', 'cut_connection'] as const
    for (const fault of faults) {
      harness.breakNext('listing', fault, { times: 10 })
      const text = fullText(await failure(listAll(harness.smallPages(), account, 'campaign')))
      for (const secret of harness.secrets) expect(text).not.toContain(secret)
      harness.breakNext('listing', fault, { times: 0 })
    }
    const id = harness.examples.ad
    await adapter.readLive(id, 'status', signal())
    for (const fault of ['server_error', 'token_expired', 'reset_after_effect', 'partial_failure'] as const) {
      harness.breakNext('write', fault)
      const result = await adapter.apply(approvedChange(id, 'status', currency, 'enabled', 'paused'))
      for (const secret of harness.secrets) expect(JSON.stringify(result)).not.toContain(secret)
      harness.breakNext('write', fault, { times: 0 })
    }
  })
}
