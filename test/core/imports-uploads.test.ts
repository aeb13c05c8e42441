/** Files come in pieces: in order, as many bytes as announced, two at a time, and not for ever. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createUploads, MAX_UPLOADS, UPLOAD_LIFE_MS } from '../../main/imports/uploads.ts'
import { MAX_IMPORT_BYTES } from '../../shared/schemas/imports.ts'
import { handClock } from '../support/facts-rig.ts'
import { type ImportApp, metaReport, startImportApp } from '../support/import-rig.ts'

describe('pieces', () => {
  const uploads = () => createUploads(handClock(), randomBytes)

  test('come together to exactly the bytes that were sent, under an id of their own', () => {
    const open = uploads()
    const bytes = randomBytes(1_000)
    const id = open.begin('a.csv', bytes.length)
    expect(id).toMatch(/^i_[a-z2-7]{16}$/)
    expect(open.append(id, 0, bytes.subarray(0, 600))).toBe(600)
    expect(open.append(id, 600, bytes.subarray(600))).toBe(1_000)
    const whole = open.whole(id)
    expect(Buffer.from(whole.bytes).equals(bytes)).toBe(true)
    expect(whole.sha256).toMatch(/^[0-9a-f]{64}$/)
    expect(open.whole(id).sha256).toBe(whole.sha256)
  })

  test.each([
    ['a gap', 700, 100],
    ['an overlap', 500, 100],
    ['more than announced', 600, 401],
  ])('%s is refused, and changes nothing', (_what, offset, size) => {
    const open = uploads()
    const id = open.begin('a.csv', 1_000)
    open.append(id, 0, randomBytes(600))
    expect(() => open.append(id, offset, randomBytes(size))).toThrow('600 of 1000 bytes have come')
    expect(open.append(id, 600, randomBytes(400))).toBe(1_000)
  })

  test('an unfinished file cannot be looked at', () => {
    const open = uploads()
    const id = open.begin('a.csv', 1_000)
    expect(() => open.whole(id)).toThrow('Only 0 of 1000 bytes')
  })

  test('two are open at most, and half an hour at most', () => {
    const clock = handClock()
    const open = createUploads(clock, randomBytes)
    const ids = Array.from({ length: MAX_UPLOADS }, () => open.begin('a.csv', 10))
    expect(() => open.begin('b.csv', 10)).toThrow('open already')
    open.drop(ids[0] ?? '')
    const kept = open.begin('b.csv', 10)
    clock.advance(UPLOAD_LIFE_MS - 1)
    open.append(kept, 0, randomBytes(1))
    clock.advance(1)
    expect(() => open.whole(ids[1] ?? '')).toThrow('There is no such file')
    expect(open.append(kept, 1, randomBytes(1))).toBe(2)
    clock.advance(UPLOAD_LIFE_MS)
    expect(() => open.append(kept, 2, randomBytes(1))).toThrow('There is no such file')
  })

  test('nothing larger than the limit is even begun', () => {
    expect(() => uploads().begin('a.csv', MAX_IMPORT_BYTES + 1)).toThrow('larger than 64 MB')
  })
})

describe('through the door', () => {
  let app: ImportApp
  beforeAll(async () => {
    app = await startImportApp()
  })
  afterAll(() => app.close())
  const report = metaReport([{ campaign: 'A', adSet: 'B', ad: 'C', day: '2026-09-01', spend: '1.00' }])

  test('an AI client and the loop can bring no file', async () => {
    const agent = {
      kind: 'agent',
      clientId: 'mc_x',
      clientName: 'X',
      scopes: ['mcp.read', 'mcp.draft'],
      expiresAtMs: 9e15,
    } as const
    for (const caller of [agent, { kind: 'loop' } as const])
      for (const [name, input] of [
        ['begin_import', { file_name: 'a.csv', size_bytes: 10 }],
        ['preview_import', { import_id: 'i_aaaaaaaaaaaaaaaa' }],
        ['commit_import', { import_id: 'i_aaaaaaaaaaaaaaaa' }],
        ['list_imports', {}],
      ] as const)
        expect(await app.refusal(name, input, caller)).toMatchObject({ code: 'not_allowed' })
  })

  test('a file that was stored, cancelled or never begun is not there', async () => {
    const id = await app.upload('a.csv', report)
    await app.run('commit_import', { import_id: id, choices: { account_name: 'Shop' } })
    for (const import_id of [id, 'i_aaaaaaaaaaaaaaaa'])
      expect(await app.refusal('preview_import', { import_id })).toMatchObject({ code: 'invalid_value' })
    const other = await app.upload('b.csv', report)
    await app.run('cancel_import', { import_id: other })
    expect(await app.refusal('commit_import', { import_id: other })).toMatchObject({ code: 'invalid_value' })
  })

  test('two files are not stored at the same moment, and neither is lost', async () => {
    const first = await app.upload('a.csv', report.replace('1.00', '2.00'))
    const second = await app.upload('b.csv', report.replace('1.00', '3.00'))
    const commit = (import_id: string) =>
      app.core.run({ kind: 'window' }, 'commit_import', { import_id, choices: { account_name: 'Shop' } })
    const replies = await Promise.all([commit(first), commit(second)])
    expect(replies.map(({ ok }) => ok)).toEqual([true, false])
    expect((await commit(second)).ok).toBe(true)
  })

  test('a large file is read and stored while other work gets its turn', {
    timeout: 120_000,
  }, async () => {
    const rows = Array.from({ length: 30_000 }, (_, n) => ({
      campaign: `Campaign ${n % 20}`,
      adSet: `Set ${n % 100}`,
      ad: `Ad ${n % 500}`,
      day: new Date(Date.parse('2026-06-01T00:00:00Z') + (Math.floor(n / 500) % 60) * 86_400_000)
        .toISOString()
        .slice(0, 10),
      spend: '1.00',
    }))
    const id = await app.upload('large.csv', metaReport(rows))
    let turns = 0
    const ticker = setInterval(() => void (turns += 1), 5)
    await app.run('preview_import', { import_id: id, choices: { account_name: 'Large' } })
    const { import: made } = await app.run('commit_import', {
      import_id: id,
      choices: { account_name: 'Large' },
    })
    clearInterval(ticker)
    expect(made.rows_new).toBe(30_000)
    // Stored in some sixty steps; how long the longest holds others up is measured, not tested.
    expect(turns).toBeGreaterThan(20)
  })
})
