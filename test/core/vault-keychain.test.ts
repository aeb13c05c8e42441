/** The vault on a real Secret Service. Ready, locked, missing, frozen and empty are five states, and none is taken for another. */
import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { type SecretService, type SecretServiceOptions, startSecretService } from '../support/secret-service.ts'
import type { Step, StepResult } from '../support/keychain-child.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

const CHILD = join(import.meta.dirname, '../support/keychain-child.ts')
const services: SecretService[] = []

async function start(options?: SecretServiceOptions): Promise<SecretService> {
  const service = await startSecretService(options)
  services.push(service)
  return service
}
afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.stop()))
})

/** Runs the steps in one process; resolves also when it was ended by a signal. */
function runSteps(
  env: Readonly<Record<string, string>>,
  steps: readonly Step[],
  limits: { timeoutMs?: number; promptTimeoutMs?: number } = {},
): Promise<{ results: StepResult[]; signal: string | undefined; ms: number }> {
  const startMs = performance.now()
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [CHILD, JSON.stringify(steps), JSON.stringify(limits)],
      { env, timeout: 25_000, killSignal: 'SIGABRT' },
      (error, stdout, stderr) => {
        if (error !== null && error.signal !== 'SIGKILL') return reject(new Error(`${error.message}\n${stderr}`))
        const results = stdout
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => JSON.parse(line) as StepResult)
        return resolve({ results, signal: error?.signal ?? undefined, ms: performance.now() - startMs })
      },
    )
  })
}

async function runOne(env: Readonly<Record<string, string>>, step: Step, limits = {}): Promise<StepResult> {
  const [result] = (await runSteps(env, [step], limits)).results
  if (result === undefined) throw new Error('the step gave no result')
  return result
}

/** Every file of the folder, byte for byte. */
function photograph(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder)
      .toSorted()
      .map((name) => [name, readFileSync(join(folder, name)).toString('hex')]),
  )
}

const newFolder = () => join(makeTempFolder('vault'), 'main')

describe('an open keychain', () => {
  test('keeps the keys of a workspace: another process opens it and finds the same signing key and head', async () => {
    const { env } = await start()
    const folder = newFolder()
    const created = await runOne(env, { do: 'create', folder })
    expect(created.value).toMatchObject({ kind: 'keychain', hasPassphrase: false, head: null })
    const { publicKey } = created.value as { publicKey: string }
    await runOne(env, { do: 'pin', folder, head: 'spendsignoff 42 root' })
    const opened = await runOne(env, { do: 'open', folder })
    expect(opened.value).toMatchObject({ publicKey, head: 'spendsignoff 42 root' })
    expect(await runOne(env, { do: 'probe' })).toMatchObject({ value: 'ready' })
  })

  test('keeps a check of the passphrase asked for at Confirm, and only that passphrase passes', async () => {
    const { env } = await start()
    const folder = newFolder()
    const { results } = await runSteps(env, [
      { do: 'create', folder, passphrase: 'correct horse' },
      { do: 'confirm', folder, guesses: ['correct horse', 'correct house', 'correct horse'] },
      { do: 'put', folder, name: 'passphrase', text: '{"v":1}' },
      { do: 'open', folder },
    ])
    expect(results[0]?.value).toMatchObject({ hasPassphrase: true })
    expect(results[1]?.value).toEqual([true, false, true])
    // A damaged check is an error, not "no passphrase needed".
    expect(results[3]).toMatchObject({ code: 'workspace_damaged' })
  })

  test('lets a running write finish when the app quits, and the app ends cleanly', async () => {
    const { env } = await start()
    const folder = newFolder()
    await runOne(env, { do: 'create', folder })
    const { signal } = await runSteps(env, [{ do: 'leave while writing', folder, afterMs: 0 }])
    expect(signal).toBeUndefined()
    expect(await runOne(env, { do: 'open', folder })).toMatchObject({ value: { head: 'the last words' } })
  })

  test('does not make a second workspace over the first', async () => {
    const { env } = await start()
    const folder = newFolder()
    await runOne(env, { do: 'create', folder })
    const before = photograph(folder)
    expect(await runOne(env, { do: 'create', folder })).toMatchObject({ code: 'invalid_input' })
    expect(photograph(folder)).toEqual(before)
  })
})

describe('a locked keychain', () => {
  test('is reported as locked: nothing is created, nothing is changed, and after unlocking all is there', async () => {
    const service = await start()
    const folder = newFolder()
    await runOne(service.env, { do: 'create', folder })
    const before = photograph(folder)
    await service.lock()
    const { results } = await runSteps(service.env, [
      { do: 'probe' },
      { do: 'open', folder },
      { do: 'create', folder: join(folder, 'other') },
    ])
    expect(results[0]).toMatchObject({ value: 'locked' })
    expect(results[1]).toMatchObject({ code: 'keychain_locked' })
    expect(results[1]?.message).toMatch(/locked/)
    expect(results[1]?.hint).toMatch(/Unlock/)
    expect(results[2]).toMatchObject({ code: 'keychain_locked' })
    expect(existsSync(join(folder, 'other'))).toBe(false)
    expect(photograph(folder)).toEqual(before)
  })

  test('hides a deleted key behind "locked", never behind "empty"', async () => {
    const service = await start()
    const folder = newFolder()
    await runSteps(service.env, [
      { do: 'create', folder },
      { do: 'forget', folder, name: 'master' },
    ])
    await service.lock()
    expect(await runOne(service.env, { do: 'open', folder })).toMatchObject({ code: 'keychain_locked' })
  })

  test('with a dialog that nobody answers: we stop waiting, stay responsive, and the next call fails at once', async () => {
    const service = await start({ dialog: 'unanswered' })
    const folder = newFolder()
    await runOne(service.env, { do: 'create', folder })
    await service.lock()
    const { results, signal } = await runSteps(
      service.env,
      [
        { do: 'open', folder },
        { do: 'open', folder },
      ],
      {
        promptTimeoutMs: 1_500,
      },
    )
    expect(results[0]).toMatchObject({ code: 'keychain_locked' })
    expect(results[0]?.ms).toBeGreaterThan(1_400)
    expect(results[0]?.longestPauseMs).toBeLessThan(1_000)
    expect(results[1]).toMatchObject({ code: 'keychain_locked' })
    expect(results[1]?.ms).toBeLessThan(1_000)
    // The thread in the dialog cannot be stopped; the process ends all the same.
    expect(signal).toBe('SIGKILL')
  })

  test('does not keep the app from quitting while its dialog is open', async () => {
    const service = await start({ dialog: 'unanswered' })
    const folder = newFolder()
    await runOne(service.env, { do: 'create', folder })
    await service.lock()
    const { ms, signal } = await runSteps(service.env, [{ do: 'leave while writing', folder, afterMs: 500 }])
    expect(ms).toBeLessThan(10_000)
    expect(signal).toBe('SIGKILL')
  })
})

describe('a missing keychain', () => {
  test('no session bus', async () => {
    const env = { PATH: process.env['PATH'] ?? '', HOME: makeTempFolder('home') }
    const folder = newFolder()
    const { results } = await runSteps(env, [{ do: 'probe' }, { do: 'create', folder }])
    expect(results[0]).toMatchObject({ value: 'missing' })
    expect(results[1]).toMatchObject({ code: 'keychain_missing' })
    expect(results[1]?.hint).toMatch(/passphrase/)
    expect(existsSync(folder)).toBe(false)
  })

  test('a bus whose socket is gone', async () => {
    const env = { PATH: process.env['PATH'] ?? '', DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent/bus' }
    expect(await runOne(env, { do: 'probe' })).toMatchObject({ value: 'missing' })
  })

  test('a bus without a keychain on it', async () => {
    const { env } = await start({ keyring: 'none' })
    expect(await runOne(env, { do: 'probe' })).toMatchObject({ value: 'missing' })
  })

  test('a keychain service without any keyring', async () => {
    const { env } = await start({ keyring: 'empty' })
    const { results } = await runSteps(env, [{ do: 'probe' }, { do: 'create', folder: newFolder() }])
    expect(results[0]).toMatchObject({ value: 'missing' })
    expect(results[1]).toMatchObject({ code: 'keychain_missing' })
    expect(results[1]?.message).toMatch(/no keyring yet/)
  })
})

describe('a frozen keychain', () => {
  test('is given up on in time, without blocking anything, and works again after it thaws', async () => {
    const service = await start()
    const folder = newFolder()
    await runOne(service.env, { do: 'create', folder })
    const before = photograph(folder)
    service.freeze()
    const { results } = await runSteps(service.env, [{ do: 'probe' }, { do: 'open', folder }], { timeoutMs: 600 })
    expect(results[0]).toMatchObject({ value: 'frozen' })
    expect(results[0]?.ms).toBeLessThan(1_800)
    // The call itself blocks its thread for two seconds.
    expect(results[0]?.longestPauseMs).toBeLessThan(1_500)
    expect(results[1]).toMatchObject({ code: 'keychain_frozen' })
    expect(photograph(folder)).toEqual(before)
    service.thaw()
    expect(await runOne(service.env, { do: 'open', folder })).toMatchObject({ value: { kind: 'keychain' } })
  })

  test('is also told from a missing one when our limit is longer than the bus library’s own', async () => {
    const service = await start()
    service.freeze()
    expect(await runOne(service.env, { do: 'probe' })).toMatchObject({ value: 'frozen' })
  })
})

describe('an empty keychain beside encrypted data', () => {
  test.each(['master', 'signing'] as const)('without "%s" the data stays shut and every byte stays', async (name) => {
    const { env } = await start()
    const folder = newFolder()
    await runSteps(env, [
      { do: 'create', folder },
      { do: 'forget', folder, name },
    ])
    const before = photograph(folder)
    const { results } = await runSteps(env, [
      { do: 'open', folder },
      { do: 'create', folder },
      { do: 'open', folder },
    ])
    expect(results[0]).toMatchObject({ code: 'vault_key_missing' })
    expect(results[1]).toMatchObject({ code: 'invalid_input' })
    expect(results[2]).toMatchObject({ code: 'vault_key_missing' })
    expect(photograph(folder)).toEqual(before)
  })
})

async function halfMade(env: Readonly<Record<string, string>>): Promise<{ folder: string; publicKey: string }> {
  const folder = newFolder()
  const { value } = await runOne(env, { do: 'create', folder })
  const file = join(folder, 'workspace.json')
  writeFileSync(file, readFileSync(file, 'utf8').replace('"ready"', '"creating"'))
  return { folder, publicKey: (value as { publicKey: string }).publicKey }
}

describe('a workspace whose making was interrupted', () => {
  test('after its keys were stored and before its databases: it is finished with those keys', async () => {
    const { env } = await start()
    const { folder, publicKey } = await halfMade(env)
    for (const name of ['ledger.db', 'facts.db']) rmSync(join(folder, name))
    expect(await runOne(env, { do: 'open', folder })).toMatchObject({ value: { publicKey } })
    expect(readFileSync(join(folder, 'workspace.json'), 'utf8')).toContain('"ready"')
  })

  test('with a database but without its key: reported, and no new key is made', async () => {
    const { env } = await start()
    const { folder } = await halfMade(env)
    await runOne(env, { do: 'forget', folder, name: 'master' })
    const before = photograph(folder)
    const { results } = await runSteps(env, [
      { do: 'open', folder },
      { do: 'create', folder },
      { do: 'open', folder },
    ])
    expect(results.map(({ code }) => code)).toEqual(['vault_key_missing', 'vault_key_missing', 'vault_key_missing'])
    expect(photograph(folder)).toEqual(before)
  })
})
