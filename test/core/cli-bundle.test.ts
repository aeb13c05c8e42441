/** The command line exports and checks bundles: machine output on stdout, words on stderr, exit 0, 1 or 2, and a fault by its name. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { createCore } from '../../main/core.ts'
import { PASSPHRASE, testClock, testPorts } from '../support/app.ts'
import { makeTempFolder } from '../support/temp-folder.ts'
import { filesOf, textOf, writeZip } from '../support/zip-files.ts'

const PROGRAM = join(import.meta.dirname, '../../main/cli/main.ts')
const home = makeTempFolder('cli-bundle')
const out = makeTempFolder('cli-bundle-out')
const bundle = join(out, 'log.zip')
let vkey = ''
let first: ReturnType<typeof run>

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, SPENDSIGNOFF_HOME: home, SPENDSIGNOFF_PASSPHRASE: PASSPHRASE }
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], {
    encoding: 'utf8',
    env,
    cwd: out,
    timeout: 60_000,
  })
  return { status, stdout, stderr }
}

beforeAll(async () => {
  const core = await createCore(testPorts(home, testClock()), { startsWork: false, opensDoors: false })
  await core.run({ kind: 'window' }, 'create_workspace', { vault: 'passphrase', passphrase: PASSPHRASE })
  await core.close()
  first = run('export', '--out', 'log.zip', '--purpose', 'Year-end', '--json')
  vkey = textOf(filesOf(bundle), 'keys/genesis.vkey').trim()
}, 60_000)

describe('export', () => {
  test('writes the bundle where it was told, and never over another', () => {
    expect(first.status).toBe(0)
    expect(JSON.parse(first.stdout)).toMatchObject({ state: 'done', export: { file: bundle } })
    const { status, stderr } = run('export', '--out', bundle)
    expect(status).toBe(1)
    expect(stderr).toContain('is there already')
  })

  test.each([
    ['no file', []],
    ['a name that is no zip', ['--out', 'log.tar']],
    ['a class of texts that there is not', ['--out', 'x.zip', '--redact', 'secret']],
    ['a day that is none', ['--out', 'x.zip', '--from', 'yesterday']],
    ['an option of another command', ['--out', 'x.zip', '--parquet', 'y']],
    ['a file name too many', ['--out', 'x.zip', 'y.zip']],
  ])('%s is misuse', (_what, args) => {
    expect(run('export', ...args).status).toBe(2)
    expect(existsSync(join(out, 'x.zip'))).toBe(false)
  })

  test.each([
    ['two filters at once', ['--draft', 'd_abcdefgh234567ab', '--from', '2026-01-01']],
    ['days in the wrong order', ['--from', '2026-02-02', '--to', '2026-01-01']],
    ['a draft without records', ['--draft', 'd_abcdefgh234567ab']],
  ])('%s is refused in words', (_what, args) => {
    const { status, stderr } = run('export', '--out', 'x.zip', ...args)
    expect(status).toBe(1)
    expect(stderr).toContain('Nothing was exported.')
    expect(existsSync(join(out, 'x.zip'))).toBe(false)
  })

  test('takes all that it offers', () => {
    const args = [
      '--from',
      '2020-01-01',
      '--redact',
      'personal,confidential',
      '--recipient',
      'CANARY',
      '--out',
      'part.zip',
    ]
    const { status, stdout, stderr } = run('export', ...args)
    expect(status).toBe(0)
    expect(stdout).toContain(join(out, 'part.zip'))
    expect(stderr).toMatch(/\d+ records, [1-9]\d* texts not in it/)
    expect(run('verify', 'part.zip', '--vkey', vkey).status).toBe(0)
  })
})

describe('verify', () => {
  test('a good bundle is exit 0, with what it is and what the check cannot see', () => {
    const { status, stdout, stderr } = run('verify', bundle)
    expect(status).toBe(0)
    expect(stdout).toMatch(/^OK: \d+ records \(all records\)/)
    expect(stdout).toContain(vkey)
    expect(stderr).toContain('No key was given')
    const json = run('verify', bundle, '--json', '--vkey', vkey)
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: true, vkey })
    expect(json.stderr).not.toContain('No key was given')
  })

  test('a changed one is exit 1, with its first fault', () => {
    const files = filesOf(bundle)
    const changed = Buffer.from(textOf(files, 'entries.jsonl').replace('"seq":1,', '"seq":2,'))
    const bad = writeZip(join(out, 'bad.zip'), { ...files, 'entries.jsonl': changed })
    const { status, stdout } = run('verify', bad)
    expect(status).toBe(1)
    expect(stdout).toBe('FAULT: entries.jsonl was changed: it does not have the hash in the list of files.\n')
    expect(JSON.parse(run('verify', bad, '--json').stdout)).toMatchObject({
      ok: false,
      fault: { kind: 'file_changed', file: 'entries.jsonl' },
    })
  })

  test('another key, or a checkpoint of a longer log, is exit 1', () => {
    const other = vkey.replace(/\+.*/, '+00000000+AAAA')
    expect(run('verify', bundle, '--vkey', other).stdout).toContain('FAULT: The bundle is of another log')
    expect(run('export', '--out', 'newer.zip').status).toBe(0)
    const checkpoint = join(out, 'newest.txt')
    writeFileSync(checkpoint, textOf(filesOf(join(out, 'newer.zip')), 'checkpoint'))
    const { status, stdout } = run('verify', bundle, '--checkpoint', checkpoint)
    expect([status, stdout]).toEqual([1, expect.stringContaining('the newest are missing, or this is an older copy')])
    expect(run('verify', 'newer.zip', '--checkpoint', checkpoint).status).toBe(0)
  })

  test('the log of a workspace takes checkpoints too', () => {
    const checkpoint = join(out, 'ours.txt')
    writeFileSync(checkpoint, textOf(filesOf(bundle), 'checkpoint'))
    const { status, stdout } = run('verify', '--checkpoint', checkpoint, '--json')
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      is_ok: true,
      witnesses: expect.arrayContaining([expect.objectContaining({ source: 'given' })]),
    })
    const size = readFileSync(checkpoint, 'utf8').split('\n')[1]
    writeFileSync(checkpoint, readFileSync(checkpoint, 'utf8').replace(`\n${size}\n`, `\n${Number(size) + 1}\n`))
    const forged = run('verify', '--checkpoint', checkpoint)
    expect(forged.status).toBe(1)
    expect(forged.stderr).toContain('It says nothing about the log')
  })

  test.each([
    ['a workspace and a bundle', ['x.zip', '--workspace', 'demo']],
    ['a key without a bundle', ['--vkey', 'x']],
    ['two bundles', ['x.zip', 'y.zip']],
    ['a checkpoint that is not there', ['x.zip', '--checkpoint', 'nowhere.txt']],
    ['an option of another command', ['x.zip', '--out', 'y.zip']],
  ])('%s is misuse', (_what, args) => {
    expect(run('verify', ...args).status).toBe(2)
  })

  test('a file that is not there, or not a bundle, is exit 1 in words', () => {
    expect(run('verify', 'nowhere.zip')).toMatchObject({
      status: 1,
      stdout: 'FAULT: nowhere.zip cannot be read (ENOENT).\n',
    })
    writeFileSync(join(out, 'text.zip'), 'hello')
    expect(run('verify', 'text.zip')).toMatchObject({ status: 1, stdout: expect.stringContaining('FAULT: ') })
  })
})
