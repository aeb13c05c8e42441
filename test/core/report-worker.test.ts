/** Reports are made in a thread of their own: the same answer, a window that stays responsive, and a thread that may die. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { crossPlatformReport } from '../../main/reporting/report/report.ts'
import type { ReportInput } from '../../main/reporting/report/scope.ts'
import { createReadWorker, type ReadWorker } from '../../main/reporting/worker/read-worker.ts'
import { createExchangeWriter } from '../../main/store/exchange-table.ts'
import type { FactsDb } from '../../main/store/open.ts'
import { OPERATIONS } from '../../shared/operations.ts'
import { handClock, openTestFacts, paperPlatform, silentLog, syncRig } from '../support/facts-rig.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

const folder = makeTempFolder('worker')
const key = randomBytes(32)
const clock = handClock()
let facts: FactsDb
beforeAll(async () => {
  facts = openTestFacts(folder, key)
  const yen = paperPlatform({ campaigns: 6, adGroups: 4, ads: 6, currency: 'JPY' })
  await syncRig(yen, { facts, clock }).run(120)
  const rates = Array.from({ length: 140 }, (_, k) => ({
    currency: 'JPY',
    day: 20_780 - k,
    perEuroE8: 16_000_000_000n + BigInt(k),
  }))
  facts.transaction(() => createExchangeWriter(facts).putImported(rates))()
}, 60_000)
afterAll(() => facts.close())

/** Everything of it has to be converted and sorted outside the database: the heaviest report there is. */
const heavy: ReportInput = OPERATIONS.get_cross_platform_report.input.parse({
  start_date: '2026-07-27',
  end_date: '2026-11-22',
  group_by: 'ad',
  currency: 'EUR',
  limit: 150,
})
const light: ReportInput = OPERATIONS.get_cross_platform_report.input.parse({
  start_date: '2026-11-01',
  end_date: '2026-11-02',
})
const never = new AbortController().signal

function openWorker(more: Partial<Parameters<typeof createReadWorker>[0]> = {}): ReadWorker {
  const worker = createReadWorker({
    factsFile: join(folder, 'facts.db'),
    factsKey: () => Uint8Array.from(key),
    clock,
    log: silentLog,
    ...more,
  })
  onTestFinished(() => worker.close())
  return worker
}
/** The thread behind the next job. */
const nextThread = (): Promise<Worker> => new Promise((resolve) => process.once('worker', resolve))
const code = (expected: string) => expect.objectContaining({ code: expected })

describe('the thread that reads', () => {
  test('answers what the report answers', async () => {
    const expected = crossPlatformReport({ facts, clock }, heavy)
    expect(expected.rows).toHaveLength(144)
    expect(expected.totals[0]?.is_converted).toBe(true)
    expect(await openWorker().run('report', heavy, never)).toEqual(expected)
  })

  test('never holds up the thread of the window for more than 50 ms', async () => {
    const worker = openWorker()
    await worker.run('report', light, never)
    const stalls: number[] = []
    // Other programs share this machine: what is ours shows every time.
    for (let round = 0; round < 3; round += 1) {
      const delay = monitorEventLoopDelay({ resolution: 1 })
      delay.enable()
      // oxlint-disable-next-line no-await-in-loop
      await Promise.all([worker.run('report', heavy, never), worker.run('report', heavy, never)])
      delay.disable()
      stalls.push(delay.max / 1e6)
    }
    expect(Math.min(...stalls)).toBeLessThan(50)
  })

  test('passes on what a report refuses, and goes on', async () => {
    const worker = openWorker()
    await expect(worker.run('report', { ...light, end_date: '2026-10-01' }, never)).rejects.toThrow(
      code('invalid_input'),
    )
    expect(await worker.run('method', light, never)).toMatchObject({ attribution: 'click_7d' })
    expect(await worker.run('credit', light, never)).toMatchObject({ credit: null })
  })

  test('keeps an AI client’s page small', async () => {
    const page = await openWorker().run('report_for_agent', heavy, never)
    expect([page.rows.length < 144, page.next_cursor === null]).toEqual([true, false])
  })

  test('uses the time at which it was asked', async () => {
    const late = handClock(clock.nowMs())
    const worker = openWorker({ clock: late })
    await worker.run('report', light, never)
    late.advance(-86_400_000 * 200)
    await expect(worker.run('report', light, never)).rejects.toThrow(code('invalid_input'))
  })

  test('sees what was stored after it was opened', async () => {
    const worker = openWorker()
    const read = async () => (await worker.run('report', { ...light, currency: 'USD' }, never)).rates.missing.length
    expect(await read()).toBe(1)
    const rates = [20_758, 20_759].map((day) => ({ currency: 'USD', day, perEuroE8: 110_000_000n }))
    facts.transaction(() => createExchangeWriter(facts).putImported(rates))()
    expect(await read()).toBe(0)
  })
})

describe('a job', () => {
  test('that waits and is given up is never started', async () => {
    const worker = openWorker()
    const running = worker.run('report', heavy, never)
    const stop = new AbortController()
    const waiting = worker.run('report', heavy, stop.signal)
    stop.abort()
    await expect(waiting).rejects.toThrow(code('cancelled'))
    expect((await running).total).toBe(144)
  })

  test('that runs and is given up answers nobody, and the next one is served', async () => {
    const worker = openWorker()
    const stop = new AbortController()
    const running = worker.run('report', heavy, stop.signal)
    await nextTurn()
    stop.abort()
    await expect(running).rejects.toThrow(code('cancelled'))
    expect((await worker.run('report', light, never)).rows).toHaveLength(1)
    await expect(worker.run('report', light, AbortSignal.abort())).rejects.toThrow(code('cancelled'))
  })

  test('too many are refused at once, the others are done', async () => {
    const worker = openWorker()
    const all = Array.from({ length: 34 }, () => worker.run('report', light, never))
    const settled = await Promise.allSettled(all)
    expect(settled.map(({ status }) => status).filter((status) => status === 'rejected')).toHaveLength(1)
    await expect(all.at(-1)).rejects.toThrow(code('rate_limited'))
  })

  test('dies with its thread, alone, and may be asked again', async () => {
    const worker = openWorker()
    const thread = nextThread()
    const first = worker.run('report', heavy, never)
    const second = worker.run('report', light, never)
    await (await thread).terminate()
    await expect(first).rejects.toThrow(expect.objectContaining({ code: 'lost', retryable: true }))
    expect((await second).rows).toHaveLength(1)
  })
})

describe('the key', () => {
  test('comes as a copy that is wiped once it is handed over, and a wrong one is refused in words', async () => {
    const own = Uint8Array.from(key)
    await openWorker({ factsKey: () => own }).run('report', light, never)
    expect(own.every((byte) => byte === 0)).toBe(true)
    const wrong = openWorker({ factsKey: () => randomBytes(32) })
    await expect(wrong.run('report', light, never)).rejects.toThrow(code('vault_key_missing'))
  })
  test('that cannot be had is the job’s error', async () => {
    const worker = openWorker({
      factsKey: () => {
        throw new Error('the vault is closed')
      },
    })
    await expect(worker.run('report', light, never)).rejects.toThrow('the vault is closed')
  })
})

test('after closing nothing runs any more, and the file is free', async () => {
  const worker = openWorker()
  const running = worker.run('report', heavy, never)
  await Promise.all([expect(running).rejects.toThrow(code('cancelled')), worker.close()])
  await expect(worker.run('report', light, never)).rejects.toThrow(code('cancelled'))
  expect(facts.pragma('wal_checkpoint(TRUNCATE)')).toMatchObject([{ busy: 0 }])
})
