/** `spendsignoff import`: words on stderr, one JSON on stdout, and exit codes a script can go by. */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { PASSPHRASE } from '../support/app.ts'
import { metaReport, openImportApp, startImportApp } from '../support/import-rig.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

const PROGRAM = join(import.meta.dirname, '../../main/cli/main.ts')
const home = makeTempFolder('cli-import')
const folder = makeTempFolder('cli-files')
const at = (name: string, content: string): string => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}
function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, SPENDSIGNOFF_HOME: home, SPENDSIGNOFF_PASSPHRASE: PASSPHRASE }
  return spawnSync(process.execPath, [PROGRAM, 'import', ...args], { encoding: 'utf8', env, timeout: 60_000 })
}

const ROW = { campaign: 'Spring', adSet: 'Broad', ad: 'Video', day: '2026-09-01', spend: '1.50' }

describe('the import command', () => {
  beforeAll(async () => {
    await (await startImportApp(home)).close()
  })

  test('a dry run says what was detected and stores nothing', () => {
    const file = at('meta.csv', metaReport([ROW]))
    const { status, stdout, stderr } = run(file, '--dry-run', '--json', '--account', 'Shop')
    expect([status, stderr]).toEqual([0, expect.stringContaining('A dry run: nothing was stored.')])
    expect(JSON.parse(stdout)).toMatchObject({
      kind: 'platform_report',
      platform: 'meta',
      can_store: true,
      rows: { good: 1 },
    })
    expect(stderr).toContain('Layout: ')
  })

  test('an open question is exit 1, with the option that answers it', () => {
    const { status, stdout, stderr } = run(
      at('orders.csv', 'Order ID,Date,Total\n1,2026-09-01T10:00:00Z,5.00\n'),
      '--json',
    )
    expect(status).toBe(1)
    expect(stderr).toContain('Answer with --currency')
    expect(JSON.parse(stdout)).toMatchObject({ can_store: false, questions: [{ field: 'currency' }] })
  })

  test('without --account the files of a platform are one account, and that is said', () => {
    const { status, stdout, stderr } = run(at('meta.csv', metaReport([ROW])), '--dry-run', '--json')
    expect(status).toBe(0)
    expect(stderr).toContain('it counts as “Meta (from files)”')
    expect(JSON.parse(stdout)).toMatchObject({ can_store: true, account: { untrusted: { name: 'Meta (from files)' } } })
  })

  test('bad rows are named by line and left out only when told to; what is stored stays', async () => {
    const file = at('bad.csv', `${metaReport([ROW])}Spring,Broad,Video,2026-09-31,1.00,1,1,7-day click,0,0,1\n`)
    const refused = run(file, '--account', 'Shop')
    expect(refused.status).toBe(1)
    expect(refused.stderr).toContain('Line 3: ')
    expect(refused.stderr).toContain('--keep-good-rows')
    const stored = run(file, '--account', 'Shop', '--keep-good-rows', '--json')
    expect([stored.status, stored.stderr]).toEqual([0, expect.stringContaining('Stored 1 rows: 1 new')])
    expect(JSON.parse(stored.stdout)).toMatchObject({ state: 'done', rows_kept: 1, rows_refused: 1 })
    const app = await openImportApp(home)
    const { imports } = await app.run('list_imports', {})
    const { records } = await app.run('list_audit', { limit: 20 })
    await app.close()
    expect(imports).toMatchObject([{ rows_kept: 1, untrusted: { file_name: 'bad.csv' } }])
    expect(records.find(({ type }) => type === 'data.imported')?.actor).toEqual({ kind: 'user', id: 'command-line' })
  })

  test('answers come as options', () => {
    const file = at('orders.csv', 'Order ID,Date,Total\n1,03/04/2026 10:00,"1,234"\n2,04/05/2026 10:00,7\n')
    const args = [
      '--kind',
      'orders',
      '--currency',
      'eur',
      '--number-format',
      'comma_dot',
      '--date-order',
      'dmy',
      '--time-zone',
      'Europe/Berlin',
    ]
    const { status, stdout } = run(file, '--json', ...args)
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      kind: 'orders',
      rows_kept: 2,
      start_date: '2026-04-03',
      end_date: '2026-05-04',
    })
  })

  test.each([
    ['an unknown kind', ['--kind', 'letters']],
    ['an unknown number format', ['--number-format', 'roman']],
    ['two platforms', ['--platform', 'meta', '--platform', 'tiktok']],
    ['a currency of two letters', ['--currency', 'EU']],
  ])('%s is misuse', (_what, args) => {
    expect(run(at('meta.csv', metaReport([ROW])), ...args).status).toBe(2)
  })

  test('no file, two files, or its options on another command are misuse', () => {
    expect(run().status).toBe(2)
    expect(run('a', 'b').status).toBe(2)
    expect(spawnSync(process.execPath, [PROGRAM, 'verify', '--dry-run'], { timeout: 60_000 }).status).toBe(2)
  })

  test('a file that is missing, empty or no table is exit 1 in words', () => {
    for (const file of [join(folder, 'nothing.csv'), at('empty.csv', ''), at('page.csv', '<!doctype html><table>')]) {
      const { status, stderr } = run(file)
      expect([status, stderr.length > 10]).toEqual([1, true])
      expect(stderr).not.toContain('    at ')
    }
  })
})
