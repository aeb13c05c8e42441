/** The local log: useful to the person, useless to a thief. */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { OperationError } from '../../shared/errors.ts'
import { createFileLogger, redactText } from '../../main/logger-file.ts'
import { Secret } from '../../main/secret.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

const clock = { nowMs: () => Date.UTC(2026, 10, 23, 9, 30), monotonicMs: () => 0 }
const newLogger = (maxBytes?: number) => {
  const homeFolder = makeTempFolder('log')
  return createFileLogger({ homeFolder, clock, ...(maxBytes === undefined ? {} : { maxBytes }) })
}
const linesOf = (file: string) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

describe('a line of the log', () => {
  test('is JSON with time, level, event and facts; only an error has a stack', () => {
    const log = newLogger()
    log.info('sync.finished', { accountId: 'tiktok:7000000000000000001', rows: 12, skipped: undefined, big: 9n })
    log.error('apply.failed', new OperationError('timeout', 'No answer.', 'Wait.', { cause: new Error('inner') }), {
      draftId: 'd_1',
    })
    const [info, error] = linesOf(log.file)
    expect(info).toEqual({
      at: '2026-11-23T09:30:00.000Z',
      level: 'info',
      event: 'sync.finished',
      facts: { accountId: 'tiktok:7000000000000000001', rows: 12, big: '9' },
    })
    expect(error).toMatchObject({
      level: 'error',
      facts: { draftId: 'd_1' },
      error: { name: 'OperationError', code: 'timeout', message: 'No answer.', cause: { message: 'inner' } },
    })
    expect(JSON.stringify(error)).toContain('logger-file.test.ts')
  })

  test('is readable by this user only', (context) => {
    context.skip(process.platform === 'win32', 'Windows has no permission bits')
    const log = newLogger()
    log.info('x')
    expect(statSync(log.file).mode & 0o077).toBe(0)
  })

  test('takes anything: cycles, depth, bytes, functions, odd errors', () => {
    const log = newLogger()
    const loop: Record<string, unknown> = { bytes: Buffer.from('secret bytes'), call: () => 1, sym: Symbol('s') }
    loop['self'] = loop
    log.info('odd', { loop, nan: Number.NaN })
    log.error('odd', undefined)
    log.error('odd', 'just text', { list: Array.from({ length: 1_000 }, (_, n) => n) })
    expect(linesOf(log.file)).toHaveLength(3)
    expect(readFileSync(log.file, 'utf8')).not.toContain('secret bytes')
  })

  test('is short: a huge one is cut, not written', () => {
    const log = newLogger()
    log.info('huge', { rows: Array.from({ length: 40 }, () => 'word '.repeat(2_000)) })
    expect(readFileSync(log.file, 'utf8').length).toBeLessThan(9_000)
    expect(linesOf(log.file)[0]).toMatchObject({ event: 'huge' })
  })
})

describe('what never reaches the log', () => {
  const canary = 'p@ss word+canary/1'

  test('a known secret in any of its spellings, wherever it stands', () => {
    const log = newLogger()
    log.hide(new Secret(canary))
    const error = new Error(`cannot use ${canary}`, { cause: { note: `x${canary}y` } })
    log.error(`event ${canary}`, error, {
      [canary]: 1,
      url: `https://h/?q=${encodeURIComponent(canary)}`,
      json: JSON.stringify({ canary }),
    })
    log.info('x', { value: new Secret(canary) })
    const text = readFileSync(log.file, 'utf8')
    expect(text).not.toContain('canary/1')
    expect(text).not.toContain('canary%2F1')
  })

  test('the newest secrets, and those still in use, however many attempts went before', () => {
    const log = newLogger()
    const old = 'plainwordsecretofold'
    log.hide(new Secret(old))
    for (let n = 0; n < 2_000; n += 1) {
      log.hide(new Secret(`one/time/code ${n}`))
      // A token is named again whenever it is used.
      log.hide(new Secret(old))
    }
    const fresh = 'plainwordsecretofnow'
    log.hide(new Secret(fresh))
    log.info(`${old} and ${fresh}`)
    expect(readFileSync(log.file, 'utf8')).toContain('[hidden] and [hidden]')
  })

  test('whatever is under a telling name', () => {
    const log = newLogger()
    log.info('x', {
      accessToken: 'abc',
      nested: { Authorization: 'abc', app_secret: 'abc', passphrase: 'abc', cookie: 'abc' },
    })
    expect(readFileSync(log.file, 'utf8')).not.toContain('abc')
  })

  test.each([
    'Authorization: Bearer abc.def',
    'GET /me?access_token=EAAB1&fields=id',
    '{"client_secret":"x1","a":1}',
    'passphrase: hunter2',
    'ya29.a0AfH6SNx7mQk3jV0pLz81Rt',
    'EAAGm0PX4ZCpsBAKZCbZA7Qx9pTz',
    '1//0gLu8xYtQwErTyCgYIARAAGBASNwF',
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  ])('a text that looks like a credential: %s', (text) => {
    const clean = redactText(text)
    expect(clean).toContain('[hidden]')
    for (const part of ['abc.def', 'EAAB1', 'x1"', 'hunter2', 'a0AfH6', 'EAAGm0', '0gLu8x', 'e3b0c4'])
      expect(clean).not.toContain(part)
  })

  test.each([
    'tiktok:7000000000000000001/campaign/1733333333333333331',
    'sync took 1234 ms for google_ads:1234567890',
    'at Object.<anonymous> (/home/ana/app/main/store/platform-token-table.ts:12:3)',
    'SQLITE_CONSTRAINT_FOREIGNKEY',
  ])('but ids, places and plain words stay readable: %s', (text) => {
    expect(redactText(text)).toBe(text)
  })

  test('a random token anywhere in a text', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const token = fc
      .array(fc.constantFrom(...alphabet.split('')), { minLength: 24, maxLength: 200 })
      .map((letters) => letters.join(''))
      .filter((text) => /[0-9]/.test(text) && /[A-Za-z]/.test(text))
    fc.assert(
      fc.property(token, fc.constantFrom(' ', '"', '/', '?x=', ': ', '('), (secret, before) => {
        expect(redactText(`see ${before}${secret} there`)).not.toContain(secret)
      }),
      { numRuns: 500 },
    )
  })
})

describe('the size of the log', () => {
  test('is bounded: full files are set aside and only three of them are kept', () => {
    const log = newLogger(2_000)
    for (let n = 0; n < 200; n += 1) log.info('event', { n, text: 'some words to fill a line with' })
    const folder = join(log.file, '..')
    expect(readdirSync(folder).toSorted()).toEqual(['app.log', 'app.log.1', 'app.log.2', 'app.log.3'])
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(2_000)
    expect(linesOf(log.file).at(-1)).toMatchObject({ facts: { n: 199 } })
    const first = linesOf(`${log.file}.1`).at(-1) as { facts: { n: number } }
    expect(linesOf(log.file)[0]).toMatchObject({ facts: { n: first.facts.n + 1 } })
  })

  test('when nothing can be written the app goes on, and the gap is told afterwards', () => {
    const homeFolder = makeTempFolder('log')
    writeFileSync(join(homeFolder, 'logs'), 'a file where the folder should be')
    const log = createFileLogger({ homeFolder, clock })
    for (let n = 0; n < 3; n += 1) log.info('lost')
    rmSync(join(homeFolder, 'logs'))
    log.info('back')
    log.info('normal again')
    expect(linesOf(log.file)).toMatchObject([{ event: 'back', lostBefore: 3 }, { event: 'normal again' }])
    expect(linesOf(log.file)[1]).not.toHaveProperty('lostBefore')

    const later = makeTempFolder('log')
    mkdirSync(join(later, 'logs', 'app.log'), { recursive: true })
    expect(() => createFileLogger({ homeFolder: later, clock }).info('lost')).not.toThrow()
  })
})
