/** Files are written by others: their names and cells are text to be shown, never more. */
import { request } from 'node:http'
import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MAX_BODY_BYTES, openBrowserWindow } from '../../main/browser-window/serve.ts'
import { MAX_PIECE_CHARS } from '../../shared/schemas/imports.ts'
import { OPERATIONS } from '../../shared/operations.ts'
import { handClock, silentLog } from '../support/facts-rig.ts'
import { type ImportApp, metaReport, startImportApp } from '../support/import-rig.ts'
import { RecordingCore } from '../support/recording-core.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

const ROW = { campaign: 'Spring', adSet: 'Broad', ad: 'Video', day: '2026-09-01', spend: '1.00' }

describe('names and cells', () => {
  let app: ImportApp
  beforeAll(async () => {
    app = await startImportApp()
  })
  afterAll(() => app.close())

  test.each([
    '../../../../etc/passwd',
    'C:\\Windows\\system32\\config.csv',
    '=HYPERLINK("http://evil.example")',
    '<img src=x onerror=alert(1)>.csv',
    `report\u202Egpj.csv`,
    'a\u0000b.csv',
    `${'n'.repeat(250)}.csv`,
  ])('a file called %j is only called that', async (name) => {
    const seen = await app.preview(name, metaReport([ROW]), { account_name: 'Shop' })
    expect(seen.can_store).toBe(true)
    // Without what would reorder or hide part of it on the screen.
    // eslint-disable-next-line no-control-regex
    expect(seen.file.name).not.toMatch(/[\u0000-\u001f\u202a-\u202e]/u)
    expect(seen.file.name.length).toBeLessThanOrEqual(120)
  })

  test.each([
    "=cmd|' /C calc'!A0",
    '+1+1',
    '@SUM(A1)',
    '-2+3',
    "'; DROP TABLE entity; --",
    '<script>alert(1)</script>',
    '${7*7}',
    '../up',
  ])('a campaign called %j stays that text', async (campaign) => {
    const made = await app.store('c.csv', metaReport([{ ...ROW, campaign }]), { account_name: `Shop ${campaign}` })
    const { entities } = await app.run('list_entities', { account_id: made.account_id, type: 'campaign' } as never)
    expect(entities.map(({ untrusted }) => untrusted.name)).toEqual([campaign])
  })

  test('ids in a file cannot name an entity of another account', async () => {
    const file =
      'Campaign ID,Campaign name,Day,Amount spent (EUR),Impressions\nmeta:1/campaign/2,Spring,2026-09-01,1.00,1\n../../x,Autumn,2026-09-01,1.00,1\n'
    const seen = await app.preview('ids.csv', file, { account_name: 'Ids' })
    expect(seen.rows).toMatchObject({ good: 0, bad: 2 })
    expect(seen.can_store).toBe(false)
    await expect(app.store('ids.csv', file, { account_name: 'Ids' }, true)).rejects.toThrow('Nothing was stored')
  })

  test('an account that is connected cannot be written by a file, whatever is chosen', async () => {
    const refusal = await app.preview('x.csv', metaReport([ROW]), { account_id: 'meta:1234567890' as never })
    expect(refusal.can_store).toBe(false)
    await expect(app.store('x.csv', metaReport([ROW]), { account_id: 'meta:1234567890' as never })).rejects.toThrow(
      'Nothing was stored',
    )
  })

  test('a name that looks like an account’s number makes only an imported account', async () => {
    const made = await app.store('n.csv', metaReport([ROW]), { account_name: 'meta:1234567890' })
    expect(made.account_id).toMatch(/^meta:0\d{19}$/)
  })

  test('no word of a file comes back in an error', async () => {
    const secret = 'CANARY-4711'
    const id = await app.upload(
      'x.bin',
      Buffer.concat([Buffer.from([0, 1, 2, 0, 255, 254]), Buffer.from(secret), randomBytes(500)]),
    )
    const refusal = await app.refusal('preview_import', { import_id: id })
    expect(JSON.stringify(refusal)).not.toContain(secret)
    await app.run('cancel_import', { import_id: id })
  })
})

test('only a piece of a file may be larger than other calls, in the browser window too, and only with a session', async () => {
  const root = join(makeTempFolder('import-body'), 'renderer')
  mkdirSync(root, { recursive: true })
  writeFileSync(join(root, 'index.html'), '<!doctype html>')
  const core = new RecordingCore()
  const shell = await openBrowserWindow({ core, rendererFolder: root, clock: handClock(), randomBytes, log: silentLog })
  const origin = shell.url
  const send = (
    path: string,
    headers: Record<string, string>,
    body?: string,
  ): Promise<{ status: number; cookie: string; location: string }> =>
    new Promise((resolve, reject) => {
      const asked = request(
        `${origin}${path}`,
        { method: body === undefined ? 'GET' : 'POST', headers, agent: false },
        (answer) => {
          answer.resume()
          resolve({
            status: answer.statusCode ?? 0,
            cookie: answer.headers['set-cookie']?.[0]?.split(';')[0] ?? '',
            location: answer.headers.location ?? '',
          })
        },
      )
      asked.on('error', reject)
      asked.end(body)
    })
  try {
    const link = new URL(shell.newLink())
    const { cookie, location } = await send(`${link.pathname}${link.search}`, {})
    const key = /key=(.+)$/.exec(location)?.[1] ?? ''
    const headers = { origin, cookie, 'x-spendsignoff': key, 'content-type': 'application/json' }
    const piece = JSON.stringify({ import_id: 'i_aaaaaaaaaaaaaaaa', offset: 0, base64: 'A'.repeat(MAX_PIECE_CHARS) })
    expect(piece.length).toBeGreaterThan(MAX_BODY_BYTES)
    expect((await send('/api/append_import', headers, piece)).status).toBe(200)
    expect(core.runs.at(-1)?.name).toBe('append_import')
    const calls = core.runs.length
    const limit = (OPERATIONS.append_import as { maxInputBytes?: number }).maxInputBytes ?? 0
    for (const [path, body] of [
      ['/api/append_import', ' '.repeat(limit + 2_000)],
      ['/api/preview_import', piece],
      ['/api/constructor', piece],
      ['/api/nothing_at_all', piece],
    ] as const)
      expect([path, (await send(path, headers, body)).status]).toEqual([path, 413])
    expect((await send('/api/append_import', { ...headers, cookie: '' }, piece)).status).toBe(401)
    expect(core.runs.length).toBe(calls)
  } finally {
    await shell.close()
  }
})
