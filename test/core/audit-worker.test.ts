/** Checks of the log in a thread of its own: the same verdict, a window that stays responsive, jobs that can be watched and stopped. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { verifyBundle } from '../../main/audit/bundle/read-bundle.ts'
import { readIdentity } from '../../main/audit/state.ts'
import { openAuditTable } from '../../main/store/audit-table.ts'
import { approved, newKeys, outcome, proposed, read, sent } from '../support/audit-fixture.ts'
import { AGENT, startApp } from '../support/app.ts'
import { BundleRig, OWNER } from '../support/bundle-rig.ts'
import { makeTempFolder } from '../support/temp-folder.ts'
import { waitFor } from '../support/wait-for.ts'
import { createSigner, formatCheckpoint, signNote } from '../../main/audit/note.ts'
import { runAuditJob } from '../../main/audit/worker/audit-worker.ts'

let rig: BundleRig
beforeEach(async () => {
  rig = await BundleRig.open()
  rig.log.transaction((append) => append(proposed({ title: 'Raise the budget' })))
  rig.log.transaction((append) => {
    append(approved())
    append(sent())
  })
  rig.log.transaction((append) => append(outcome('OK')))
})
afterEach(() => rig.close())

function fill(records: number): void {
  for (let at = 0; at < records; at += 500)
    rig.log.transaction((append) => {
      for (let n = at; n < Math.min(records, at + 500); n += 1) append(read(n))
    })
}
const code = (expected: string) => expect.objectContaining({ code: expected })
const nextThread = (): Promise<Worker> => new Promise((resolve) => process.once('worker', resolve))
const typeOfLast = (): string | undefined => rig.log.list({ limit: 1 })[0]?.record?.type

describe('a check', () => {
  test('says what the log says, and leaves a record', async () => {
    await rig.log.pinHead()
    const before = rig.log.head()
    const job = await rig.verify()
    expect(job).toMatchObject({
      kind: 'verification',
      state: 'done',
      done: 5,
      total: 5,
      seconds_left: null,
      error: null,
      export: null,
      verification: {
        is_ok: true,
        size: 5,
        root: before.root,
        vkey: rig.log.vkey,
        checkpoints: 4,
        fault: null,
        witnesses: [{ source: 'head_pin', size: 5 }],
      },
    })
    expect(rig.log.list({ limit: 1 })[0]?.record).toMatchObject({ type: 'log.verified', data: { ok: true, size: 5 } })
  })

  test('names a changed record, and no write may follow until a check finds none', async () => {
    const original = openAuditTable(rig.ledger).entries(2, 1)[0]?.bytes ?? new Uint8Array()
    rig.ledger.exec('DROP TRIGGER entry_no_update')
    const set = rig.ledger.prepare('UPDATE entry SET bytes = ? WHERE seq = 2')
    set.run(Buffer.from(Buffer.from(original).toString().replace('"150.00"', '"190.00"')))
    expect((await rig.verify()).verification).toMatchObject({
      is_ok: false,
      fault: { kind: 'leaf_mismatch', seq: 2 },
    })
    expect(rig.log.fault()).toMatchObject({ kind: 'leaf_mismatch' })
    set.run(original)
    expect((await rig.verify()).verification).toMatchObject({ is_ok: true })
    expect(rig.log.fault()).toBeUndefined()
  })

  test('is held against checkpoints from outside, and says which', async () => {
    const { note, size } = rig.log.head()
    fill(3)
    const { verification } = await rig.verify([`\r\n${note.replaceAll('\n', '\r\n')}`, rig.log.head().note])
    expect(verification?.is_ok).toBe(true)
    expect(verification?.witnesses.filter(({ source }) => source === 'given')).toEqual([
      { source: 'given', size },
      { source: 'given', size: 8 },
    ])
    expect(verification?.limits.join(' ')).not.toContain('No checkpoint from outside')
  })

  test('that a genuine checkpoint contradicts finds the log rewritten', async () => {
    const root = Buffer.alloc(32, 7)
    const other = signNote(formatCheckpoint({ origin: rig.log.origin, size: 3, root }), [
      createSigner(rig.log.origin, rig.keys),
    ])
    expect((await rig.verify([other])).verification).toMatchObject({ is_ok: false, fault: { kind: 'equivocation' } })
    expect(rig.log.fault()).toMatchObject({ kind: 'equivocation' })
  })

  test('refuses a pasted text that is no checkpoint of this log, and does not blame the log for it', async () => {
    expect(() => rig.jobs.beginVerification(OWNER, ['hello'])).toThrow(code('invalid_input'))
    const foreign = await BundleRig.open()
    onTestFinished(() => foreign.close())
    expect(() => rig.jobs.beginVerification(OWNER, [foreign.log.head().note])).toThrow(code('invalid_input'))
    const forged = signNote(formatCheckpoint({ origin: rig.log.origin, size: 3, root: Buffer.alloc(32) }), [
      createSigner(rig.log.origin, newKeys()),
    ])
    const size = rig.log.head().size
    expect(await rig.verify([forged])).toMatchObject({ state: 'failed', error: { code: 'invalid_input' } })
    expect(rig.log.fault()).toBeUndefined()
    expect(rig.log.head().size).toBe(size)
  })
})

describe('while a job runs', () => {
  test.each([
    ['check', () => rig.jobs.beginVerification(OWNER, [])],
    ['export', () => rig.jobs.beginExport(OWNER, rig.request())],
  ])('%s: the thread of the window is never held up for more than 50 ms, and the log goes on', async (_what, begin) => {
    fill(4_000)
    await rig.jobs.whenEnded(begin())
    const stalls: number[] = []
    // Other programs share this machine: what is ours shows every time.
    for (let round = 0; round < 3; round += 1) {
      const delay = monitorEventLoopDelay({ resolution: 1 })
      delay.enable()
      const ended = rig.jobs.whenEnded(begin())
      // oxlint-disable-next-line no-await-in-loop
      await wait(50)
      rig.log.transaction((append) => append(read()))
      // oxlint-disable-next-line no-await-in-loop
      expect((await ended).state).toBe('done')
      delay.disable()
      stalls.push(delay.max / 1e6)
    }
    expect(Math.min(...stalls)).toBeLessThan(50)
  })

  test('its progress can be watched, and it can be stopped', async () => {
    fill(6_000)
    const id = rig.jobs.beginVerification(OWNER, [])
    await waitFor(() => rig.jobs.get(id).done > 0, { what: 'the first progress', withinMs: 10_000, everyMs: 2 })
    const seen = rig.jobs.get(id)
    expect(seen).toMatchObject({ state: 'running', total: 6_005, verification: null })
    const size = rig.log.head().size
    rig.jobs.cancel(id)
    expect(await rig.jobs.whenEnded(id)).toMatchObject({ state: 'cancelled', verification: null })
    expect(rig.log.head().size).toBe(size)
    expect(typeOfLast()).toBe('agent.read')
    expect((await rig.verify()).state).toBe('done')
  })

  test('others wait their turn, four at most, and one that waits can be stopped too', async () => {
    fill(2_000)
    const ids = [1, 2, 3, 4, 5].map(() => rig.jobs.beginVerification(OWNER, []))
    expect(() => rig.jobs.beginVerification(OWNER, [])).toThrow(code('rate_limited'))
    expect(rig.jobs.cancel(ids[2] ?? '')).toMatchObject({ state: 'cancelled', done: 0 })
    const states = await Promise.all(ids.map(async (id) => (await rig.jobs.whenEnded(id)).state))
    expect(states).toEqual(['done', 'done', 'cancelled', 'done', 'done'])
  })

  test('a thread that dies costs its check and nothing else', async () => {
    fill(6_000)
    const thread = nextThread()
    const id = rig.jobs.beginVerification(OWNER, [])
    void (await thread).terminate()
    expect(await rig.jobs.whenEnded(id)).toMatchObject({ state: 'failed', error: { code: 'lost', retryable: true } })
    expect((await rig.verify()).verification).toMatchObject({ is_ok: true })
  })
})

describe('the key of the ledger', () => {
  test('is wiped once it is handed over, and a wrong one is refused in words', async () => {
    const wrong = Buffer.alloc(32, 1)
    const log = { info: () => undefined, error: () => undefined }
    const check = runAuditJob(
      { ledgerFile: rig.file, ledgerKey: () => wrong, log },
      'verify',
      { vkey: rig.log.vkey, headPin: undefined, extraNotes: [] },
      {
        signal: new AbortController().signal,
        onProgress: () => undefined,
        answers: { record: () => expect.unreachable(), sign: () => expect.unreachable() },
      },
    )
    await expect(check).rejects.toThrow(code('vault_key_missing'))
    expect(wrong.every((byte) => byte === 0)).toBe(true)
  })
})

test('after closing nothing is begun any more, and what ran is stopped', async () => {
  fill(6_000)
  const id = rig.jobs.beginVerification(OWNER, [])
  await rig.jobs.close()
  expect(rig.jobs.get(id).state).toBe('cancelled')
  expect(() => rig.jobs.beginVerification(OWNER, [])).toThrow(code('cancelled'))
  expect(readIdentity(openAuditTable(rig.ledger)).vkey).toBe(rig.log.vkey)
})

describe('in a workspace', () => {
  test('checks and exports are the window’s and the command line’s, also while a sync runs; an AI client has neither', async () => {
    const home = makeTempFolder('audit-jobs')
    const app = await startApp(home)
    onTestFinished(() => app.close())
    await app.window('start_sync', { days: 9 })
    const verification = await app.window('begin_verification', {})
    const begun = await app.window('begin_audit_export', { redact: ['personal'], purpose: 'Year-end' })
    const ended = async (job_id: string) => {
      await waitFor(async () => (await app.window('get_audit_job', { job_id })).state !== 'running', {
        what: 'the job to end',
        withinMs: 20_000,
      })
      return app.window('get_audit_job', { job_id })
    }
    expect(await ended(verification.job_id)).toMatchObject({ state: 'done', verification: { is_ok: true } })
    const made = await ended(begun.job_id)
    expect(made).toMatchObject({ state: 'done', error: null })
    const file = made.export?.file ?? ''
    expect(dirname(file)).toBe(join(app.workspaceFolder, 'exports'))
    expect(await verifyBundle(file)).toMatchObject({ ok: true, isComplete: true })
    expect(await app.window('cancel_audit_job', { job_id: begun.job_id })).toEqual(made)
    // oxlint-disable-next-line no-await-in-loop
    for (const name of [
      'begin_verification',
      'begin_audit_export',
      'get_audit_job',
      'cancel_audit_job',
      'verify_audit',
    ])
      expect((await app.refusal(AGENT, name, {})).code).toBe('not_allowed')
    const refused = { redact: [], folder: 'exports' }
    expect((await app.refusal({ kind: 'window' }, 'begin_audit_export', refused)).code).toBe('invalid_input')
    const unknown = { job_id: `aj_${'0'.repeat(16)}` }
    expect((await app.refusal({ kind: 'window' }, 'get_audit_job', unknown)).code).toBe('invalid_input')
  })

  test('what a crash left of an export is gone at the next start', async () => {
    const home = makeTempFolder('audit-left')
    const app = await startApp(home)
    const folder = join(app.workspaceFolder, 'exports')
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, '.spendsignoff-0123456789abcdef.part'), 'half')
    writeFileSync(join(folder, 'mine.part'), 'mine')
    const again = await app.restart()
    onTestFinished(() => again.close())
    expect(readdirSync(folder)).toEqual(['mine.part'])
  })
})
