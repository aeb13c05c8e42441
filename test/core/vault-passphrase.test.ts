/** The vault without a keychain: one file, sealed with a passphrase. */
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Clock } from '../../shared/clock.ts'
import { OperationError } from '../../shared/errors.ts'
import { Secret } from '../../main/secret.ts'
import { createGuessLimiter } from '../../main/vault/guess-limiter.ts'
import { createPassphraseStore, openPassphraseStore, type PassphraseStore } from '../../main/vault/passphrase-store.ts'
import { createVault, openVault } from '../../main/vault/vault.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

/** The real function with less work, so that hundreds of attempts fit in a test. */
const cost = { N: 1_024, r: 8, p: 1 }
const right = new Secret('correct horse battery')

class HandClock implements Clock {
  ms = 1_000
  nowMs = () => this.ms
  monotonicMs = () => this.ms
}
const clock = new HandClock()

async function newStore(passphrase = right): Promise<{ file: string; store: PassphraseStore }> {
  const file = join(makeTempFolder('sealed'), 'vault.sealed.json')
  return { file, store: await createPassphraseStore(file, passphrase, { cost }) }
}
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    (error: unknown) => (error instanceof OperationError ? error.code : String(error)),
  )

describe('the sealed file', () => {
  test('gives every secret back to the right passphrase, also after the head was pinned many times', async () => {
    const { file, store } = await newStore()
    await store.write('master', Buffer.from('m'.repeat(32)))
    for (let n = 0; n < 50; n += 1) await store.write('head', Buffer.from(`head ${n}`))
    store.close()
    const again = await openPassphraseStore(file, right)
    expect(Buffer.from((await again.read('master')) ?? []).toString()).toBe('m'.repeat(32))
    expect(Buffer.from((await again.read('head')) ?? []).toString()).toBe('head 49')
    expect(await again.read('signing')).toBeUndefined()
    await again.remove('head')
    expect(await (await openPassphraseStore(file, right)).read('head')).toBeUndefined()
    expect(readdirSync(dirname(file))).toEqual(['vault.sealed.json'])
  })

  test('uses the strong parameters when none are given, and stores them', async () => {
    const file = join(makeTempFolder('sealed'), 'vault.sealed.json')
    const store = await createPassphraseStore(file, right)
    await store.write('master', Buffer.from('secret'))
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      v: 1,
      kdf: { name: 'scrypt', N: 131_072, r: 8, p: 1 },
    })
    const again = await openPassphraseStore(file, right)
    expect(await again.matches(right)).toBe(true)
  })

  test('can be read by this user only, and holds no secret in the clear', async () => {
    const { file, store } = await newStore()
    await store.write('master', Buffer.from('CANARY-0123456789'))
    expect(process.platform === 'win32' ? 0o600 : statSync(file).mode & 0o777).toBe(0o600)
    const bytes = readFileSync(file)
    for (const form of ['utf8', 'base64', 'hex'] as const)
      expect(bytes.includes(Buffer.from('CANARY-0123456789').toString(form))).toBe(false)
  })

  test('refuses a wrong passphrase and stays as it is', async () => {
    const { file, store } = await newStore()
    store.close()
    const before = readFileSync(file)
    expect(await codeOf(openPassphraseStore(file, new Secret('correct horse batterY')))).toBe('wrong_passphrase')
    expect(readFileSync(file)).toEqual(before)
  })

  test('takes the same passphrase written with other Unicode code points', async () => {
    const { file } = await newStore(new Secret('Gr\u00fc\u00dfe \ufb01nal'))
    await expect(openPassphraseStore(file, new Secret('Gru\u0308\u00dfe final'))).resolves.toBeDefined()
  })

  test('wants at least eight characters, unless the caller (the demo) says otherwise', async () => {
    const file = join(makeTempFolder('sealed'), 'vault.sealed.json')
    expect(await codeOf(createPassphraseStore(file, new Secret('seven77'), { cost }))).toBe('invalid_input')
    expect(readdirSync(dirname(file))).toEqual([])
    await expect(
      createPassphraseStore(file, new Secret('demo'), { cost, minimumPassphraseChars: 1 }),
    ).resolves.toBeDefined()
  })

  test('is never replaced by a new one', async () => {
    const { file } = await newStore()
    const before = readFileSync(file)
    expect(await codeOf(createPassphraseStore(file, right, { cost }))).toBe('workspace_damaged')
    expect(readFileSync(file)).toEqual(before)
  })

  test('when it is missing the key is missing: nothing is made in its place', async () => {
    const { file } = await newStore()
    rmSync(file)
    expect(await codeOf(openPassphraseStore(file, right))).toBe('vault_key_missing')
    expect(readdirSync(dirname(file))).toEqual([])
  })

  test('with any one byte changed is an error, for every byte of the file', async () => {
    const { file, store } = await newStore()
    await store.write('master', Buffer.from('m'.repeat(32)))
    const good = readFileSync(file)
    for (let at = 0; at < good.length; at += 1) {
      const bad = Buffer.from(good)
      bad[at] = (bad[at] ?? 0) ^ (1 << (at % 8))
      writeFileSync(file, bad)
      const code = await codeOf(openPassphraseStore(file, right))
      expect(`byte ${at}: ${code}`).toMatch(/: workspace_(damaged|newer)$/)
      expect(readFileSync(file).equals(bad)).toBe(true)
    }
  })

  test('cut short, grown or replaced by anything else is an error', async () => {
    const { file } = await newStore()
    const good = readFileSync(file)
    const others = fc.oneof(
      fc.nat(good.length - 1).map((length) => good.subarray(0, length)),
      fc.uint8Array({ minLength: 1, maxLength: 40 }).map((extra) => Buffer.concat([good, extra])),
      fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
      fc.json().map((json) => Buffer.from(json)),
    )
    await fc.assert(
      fc.asyncProperty(others, async (bytes) => {
        writeFileSync(file, bytes)
        expect(['workspace_damaged', 'workspace_newer']).toContain(await codeOf(openPassphraseStore(file, right)))
      }),
      { numRuns: 200 },
    )
  })

  test('cannot make the app take gigabytes of memory to check a passphrase', async () => {
    const { file } = await newStore()
    writeFileSync(file, readFileSync(file, 'utf8').replace('"N": 1024', '"N": 1073741824'))
    expect(await codeOf(openPassphraseStore(file, right))).toBe('workspace_damaged')
  })
})

describe('a vault made from it', () => {
  test('derives other keys for each purpose, the same ones after opening again', async () => {
    const { file, store } = await newStore()
    const vault = await createVault({ store, clock, encryptedFiles: [] })
    const keys = [vault.ledgerKey(), vault.factsKey()]
    expect(keys.map((key) => key.length)).toEqual([32, 32])
    expect(keys[0]?.equals(keys[1] ?? Buffer.of())).toBe(false)
    await vault.headPin.write('head of 7')
    const sealed = vault.seal(Buffer.from('token'), 'here')
    vault.close()

    const again = await openVault({ store: await openPassphraseStore(file, right), clock, encryptedFiles: [] })
    expect([again.ledgerKey(), again.factsKey()]).toEqual(keys)
    expect(await again.headPin.read()).toBe('head of 7')
    expect(again.unseal(sealed, 'here').toString()).toBe('token')
  })

  test('opens a sealed value only whole and only for the purpose it was sealed for', async () => {
    const { store } = await newStore()
    const vault = await createVault({ store, clock, encryptedFiles: [] })
    const sealed = vault.seal(Buffer.from('token'), 'connection/a')
    expect(() => vault.unseal(sealed, 'connection/b')).toThrow(OperationError)
    for (let at = 0; at < sealed.length; at += 1) {
      const bad = Buffer.from(sealed)
      bad[at] = (bad[at] ?? 0) ^ 1
      expect(() => vault.unseal(bad, 'connection/a')).toThrow(OperationError)
      expect(() => vault.unseal(sealed.subarray(0, at), 'connection/a')).toThrow(OperationError)
    }
    expect(vault.seal(Buffer.from('token'), 'connection/a').equals(sealed)).toBe(false)
  })

  test('gives nothing away after it was closed', async () => {
    const { store } = await newStore()
    const vault = await createVault({ store, clock, encryptedFiles: [] })
    vault.close()
    for (const use of [
      () => vault.ledgerKey(),
      () => vault.factsKey(),
      () => vault.signingKey,
      () => vault.seal(Buffer.of(1), 'x'),
    ])
      expect(use).toThrow(expect.objectContaining({ code: 'workspace_locked' }))
    expect(await codeOf(vault.headPin.write('x'))).toBe('workspace_locked')
    expect(await codeOf(vault.verifyPassphrase(right))).toBe('workspace_locked')
    expect(await codeOf(store.read('master'))).toBe('workspace_locked')
  })

  test('makes no new key while an encrypted database stands there without its own', async () => {
    const { file, store } = await newStore()
    const database = join(dirname(file), 'ledger.db')
    writeFileSync(database, 'encrypted rows')
    const before = readFileSync(file)
    expect(await codeOf(createVault({ store, clock, encryptedFiles: [database] }))).toBe('vault_key_missing')
    expect(readFileSync(file)).toEqual(before)
    expect(readFileSync(database, 'utf8')).toBe('encrypted rows')
  })

  test('changes its signing key in two steps, and a crash between them loses neither key', async () => {
    const { file, store } = await newStore()
    const vault = await createVault({ store, clock, encryptedFiles: [] })
    const old = vault.signingKey.publicKey
    const fresh = (await vault.beginKeyRotation()).publicKey
    expect(vault.signingKey.publicKey.equals(old)).toBe(true)

    const crashed = await openVault({ store: await openPassphraseStore(file, right), clock, encryptedFiles: [] })
    expect(crashed.signingKey.publicKey.equals(old)).toBe(true)
    expect(crashed.nextSigningKey?.publicKey.equals(fresh)).toBe(true)
    await crashed.finishKeyRotation()
    expect(crashed.signingKey.publicKey.equals(fresh)).toBe(true)

    const after = await openVault({ store: await openPassphraseStore(file, right), clock, encryptedFiles: [] })
    expect(after.signingKey.publicKey.equals(fresh)).toBe(true)
    expect(after.nextSigningKey).toBeUndefined()
    await after.beginKeyRotation()
    await after.cancelKeyRotation()
    expect(after.signingKey.publicKey.equals(fresh)).toBe(true)
    expect(after.nextSigningKey).toBeUndefined()
  })
})

describe('guessing the passphrase at Confirm', () => {
  test('five wrong ones in a row close the door for a while, also to the right one; the wait grows', async () => {
    const { store } = await newStore()
    const time = new HandClock()
    const vault = await createVault({ store, clock: time, encryptedFiles: [] })
    expect(vault.hasPassphrase).toBe(true)
    const wrong = new Secret('wrong horse battery')
    for (let n = 0; n < 4; n += 1) expect(await vault.verifyPassphrase(wrong)).toBe(false)
    expect(await vault.verifyPassphrase(right)).toBe(true)
    for (let n = 0; n < 5; n += 1) expect(await vault.verifyPassphrase(wrong)).toBe(false)
    expect(await codeOf(vault.verifyPassphrase(right))).toBe('rate_limited')
    time.ms += 29_000
    expect(await codeOf(vault.verifyPassphrase(right))).toBe('rate_limited')
    time.ms += 1_000
    expect(await vault.verifyPassphrase(wrong)).toBe(false)
    time.ms += 31_000
    expect(await codeOf(vault.verifyPassphrase(right))).toBe('rate_limited')
    time.ms += 30_000
    expect(await vault.verifyPassphrase(right)).toBe(true)
    expect(await vault.verifyPassphrase(wrong)).toBe(false)
  })

  test('many guesses at once are not looked at side by side', async () => {
    const limiter = createGuessLimiter(new HandClock())
    let running = 0
    let most = 0
    let looked = 0
    const check = async () => {
      running += 1
      most = Math.max(most, running)
      looked += 1
      await new Promise((done) => setTimeout(done, 5))
      running -= 1
      return false
    }
    const codes = await Promise.all(Array.from({ length: 40 }, () => codeOf(limiter.attempt(check))))
    expect(most).toBe(1)
    expect(looked).toBeLessThanOrEqual(5)
    expect(codes.filter((code) => code === 'rate_limited').length).toBe(40 - looked)
  })
})
