/** A write that was sent stays sent, whatever fails on our side afterwards: it must never be told as "nothing was sent". */
import { afterEach, describe, expect, it } from 'vitest'
import type { PlatformAdapter } from '../../main/platforms/adapter.ts'
import { afterWrite, type WriteOutcome } from '../../main/platforms/http.ts'
import { createQuotaMeter } from '../../main/platforms/quota.ts'
import type { Logger } from '../../main/logger.ts'
import { startGoogle } from './google-harness.ts'
import { startMeta } from './meta-harness.ts'
import { approvedChange, type PlatformHarness } from './platform-contract.ts'
import { startTiktok } from './tiktok-harness.ts'

type Bench = PlatformHarness & { adapterWith(options: object): PlatformAdapter }

const PLATFORMS: readonly (readonly [string, () => Promise<Bench>])[] = [
  ['Google', startGoogle],
  ['Meta', startMeta],
  ['TikTok', startTiktok],
]

/** A log whose disk is full as soon as something was written to a platform. */
function fullLog(harness: PlatformHarness, id: Bench['examples']['ad']): Logger {
  const fail = () => {
    if (harness.writesReceived(id) > 0) throw new Error('no space left on device')
  }
  return { info: fail, error: fail }
}

let harness: Bench | undefined
afterEach(async () => {
  await harness?.close()
  harness = undefined
})

const pause = async (adapter: PlatformAdapter, { examples }: Bench) => {
  const live = await adapter.readLive(examples.ad, 'status', new AbortController().signal)
  return adapter.apply(approvedChange(examples.ad, 'status', live.currency, live.value, 'paused'))
}

describe.each(PLATFORMS)('%s: a write', (_name, start) => {
  it('after which the log cannot be written is unknown, not unsent, and is not repeated', async () => {
    harness = await start()
    const { ad } = harness.examples
    const result = await pause(harness.adapterWith({ logger: fullLog(harness, ad) }), harness)
    expect(result.kind).toBe('unknown')
    expect(harness.writesReceived(ad)).toBe(1)
  })

  it('that was throttled, and after which the meter fails, is unknown too', async () => {
    harness = await start()
    const { ad } = harness.examples
    const quota = {
      ...createQuotaMeter({ nowMs: () => 0 }),
      throttled: () => {
        throw new Error('the meter broke')
      },
    }
    const adapter = harness.adapterWith({ quota })
    harness.breakNext('write', 'throttle')
    const result = await pause(adapter, harness)
    expect(result.kind).toBe('unknown')
    expect(harness.writesReceived(ad)).toBeLessThanOrEqual(1)
  })
})

describe('what is made of an outcome', () => {
  const boom = () => {
    throw new Error('boom')
  }
  it('keeps "not sent" only where nothing was sent', () => {
    const unsent: WriteOutcome = { kind: 'not_sent', reason: 'no connection' }
    const lost: WriteOutcome = { kind: 'unknown', reason: 'connection lost' }
    const answer: WriteOutcome = { kind: 'answer', answer: { status: 200, text: '{}', header: () => undefined } }
    expect(afterWrite(unsent, boom)).toBe(unsent)
    expect(afterWrite(lost, boom).kind).toBe('unknown')
    expect(afterWrite(answer, boom).kind).toBe('unknown')
    expect(afterWrite(answer, () => answer)).toBe(answer)
  })
})
