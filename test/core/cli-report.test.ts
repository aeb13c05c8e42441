/** `spendsignoff report`: a table in words, one JSON with all pages, Parquet on request, and exit codes a script can go by. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { OPERATIONS } from '../../shared/operations.ts'
import { PASSPHRASE } from '../support/app.ts'
import { metaReport, startImportApp } from '../support/import-rig.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

const PROGRAM = join(import.meta.dirname, '../../main/cli/main.ts')
const home = makeTempFolder('cli-report')
function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, SPENDSIGNOFF_HOME: home, SPENDSIGNOFF_PASSPHRASE: PASSPHRASE }
  return spawnSync(process.execPath, [PROGRAM, 'report', ...args], {
    encoding: 'utf8',
    env,
    timeout: 60_000,
    maxBuffer: 64_000_000,
  })
}
/** More than one page of the largest size. */
const MANY = 1_600
const SEPTEMBER = ['--from', '2026-09-01', '--to', '2026-09-03']

beforeAll(async () => {
  const app = await startImportApp(home)
  const rows = ['2026-09-01', '2026-09-02', '2026-09-03'].flatMap((day) =>
    ['Spring', 'Autumn'].map((campaign) => ({ campaign, adSet: 'Broad', ad: `${campaign} video`, day, spend: '1.50' })),
  )
  const many = Array.from({ length: MANY }, (_, n) => ({
    campaign: 'Long',
    adSet: 'Tail',
    ad: `Ad ${n}`,
    day: '2026-08-15',
    spend: '1.00',
  }))
  await app.store('meta.csv', metaReport([...rows, ...many]), { account_name: 'Shop' })
  await app.close()
}, 60_000)

describe('the report command', () => {
  test('prints a table: a line per platform, a line for the total, and what to know on stderr', () => {
    const { status, stdout, stderr } = run(...SEPTEMBER)
    expect([status, stderr.includes('    at ')]).toEqual([0, false])
    const [header = '', meta = '', total = '', ...rest] = stdout.trimEnd().split('\n')
    expect(rest).toEqual([])
    expect(header).toMatch(/^ +currency +spend +conversions +value +ROAS/)
    expect(meta).toMatch(/^meta +[A-Z]{3} +9\.00 /)
    expect(total).toMatch(/^Total +[A-Z]{3} +9\.00 /)
    // Columns stand under their heads.
    expect(meta.indexOf('9.00') + '9.00'.length).toBe(header.indexOf('spend') + 'spend'.length)
    expect(stderr).toContain('Note: Conversions are those within 7 days of a click')
  })

  test('with --json prints the operation’s answer, whole', () => {
    const { status, stdout } = run(...SEPTEMBER, '--group-by', 'ad', '--json')
    expect(status).toBe(0)
    const report = OPERATIONS.get_cross_platform_report.output.parse(JSON.parse(stdout))
    expect(report.rows.map(({ untrusted, metrics }) => `${untrusted?.name} ${metrics.spend}`).toSorted()).toEqual([
      'Autumn video 4.50',
      'Spring video 4.50',
    ])
    expect([report.total, report.next_cursor]).toEqual([2, null])
  })

  test('joins all pages of a long report', () => {
    const { status, stdout } = run('--from', '2026-08-15', '--to', '2026-08-15', '--group-by', 'ad', '--json')
    const { rows, total } = JSON.parse(stdout) as { rows: { key: string }[]; total: number }
    expect([status, total, new Set(rows.map(({ key }) => key)).size]).toEqual([0, MANY, MANY])
  })

  test('names dates, and another attribution', () => {
    const { status, stdout } = run(...SEPTEMBER, '--group-by', 'date', '--attribution', 'click_28d')
    expect(status).toBe(0)
    expect(stdout.match(/^2026-09-0\d /gm)).toHaveLength(3)
  })

  test('keeps a currency apart that no rate is known for, and says so', () => {
    const { status, stderr } = run(...SEPTEMBER, '--currency', 'chf')
    expect([status, stderr]).toEqual([0, expect.stringContaining('is kept apart')])
  })

  test('with --parquet writes the facts as well, and says where', () => {
    const out = makeTempFolder('parquet')
    const { status, stderr } = run(...SEPTEMBER, '--parquet', out)
    expect(status).toBe(0)
    const [made = ''] = readdirSync(out)
    expect(stderr).toContain(join(out, made))
    expect(existsSync(join(out, made, 'facts'))).toBe(true)
  })

  test('of days without anything is an empty report; days that cannot be are exit 1, in words', () => {
    expect(run('--from', '2026-07-01', '--to', '2026-07-02', '--json').status).toBe(0)
    const { status, stdout, stderr } = run('--from', '2026-09-03', '--to', '2026-09-01')
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toContain('start_date is after end_date')
  })
})

test.each([
  ['no dates', []],
  ['a date that is none', ['--from', 'yesterday', '--to', '2026-09-03']],
  ['rows of something else', [...SEPTEMBER, '--group-by', 'mood']],
  ['an attribution that nobody knows', [...SEPTEMBER, '--attribution', 'click_9d']],
  ['a file name', [...SEPTEMBER, 'file.csv']],
  ['a platform', [...SEPTEMBER, '--platform', 'meta']],
])('%s is misuse', (_what, args) => {
  const { status, stdout, stderr } = run(...args)
  expect([status, stdout, stderr.length > 0]).toEqual([2, '', true])
})

test('its options on another command are misuse', () => {
  const { status } = spawnSync(process.execPath, [PROGRAM, 'verify', '--from', '2026-09-01'], { timeout: 60_000 })
  expect(status).toBe(2)
})
