/** Another passphrase for a vault: the old one stops, the new one opens, and no moment of a crash leaves a vault that neither opens. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { OperationError } from '../../shared/errors.ts'
import { systemClock } from '../../shared/clock.ts'
import { Secret } from '../../main/secret.ts'
import { createPassphraseStore, openPassphraseStore, type PassphraseStore } from '../../main/vault/passphrase-store.ts'
import type { SecretName, SecretStore } from '../../main/vault/secret-store.ts'
import { createVault, openVault } from '../../main/vault/vault.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

const cost = { N: 1_024, r: 8, p: 1 }
const OLD = new Secret('correct horse battery')
const NEW = new Secret('wandering green anvil')
const TRIALS = 12

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    (error: unknown) => (error instanceof OperationError ? error.code : String(error)),
  )

async function sealed(): Promise<{ file: string; store: PassphraseStore }> {
  const file = join(makeTempFolder('change'), 'vault.sealed.json')
  const store = await createPassphraseStore(file, OLD, { cost })
  await store.write('master', Buffer.from('m'.repeat(32)))
  await store.write('signing', Buffer.from('s'.repeat(32)))
  return { file, store }
}

/** A keychain on paper: what is in it outlives every vault. */
function paperKeychain(): { items: Map<SecretName, Uint8Array>; store: () => SecretStore } {
  const items = new Map<SecretName, Uint8Array>()
  return {
    items,
    store: () => ({
      kind: 'keychain',
      read: async (name) => {
        const bytes = items.get(name)
        return bytes === undefined ? undefined : Uint8Array.from(bytes)
      },
      write: async (name, bytes) => void items.set(name, Uint8Array.from(bytes)),
      remove: async (name) => void items.delete(name),
      close: () => undefined,
    }),
  }
}

describe('a sealed vault', () => {
  test('opens with the new passphrase and not with the old one, and holds all it held', async () => {
    const { file, store } = await sealed()
    const before = readFileSync(file, 'utf8')
    await store.changePassphrase(NEW)
    expect(await store.matches(NEW)).toBe(true)
    expect(await store.matches(OLD)).toBe(false)
    await store.write('head', Buffer.from('after'))
    store.close()
    expect(await codeOf(openPassphraseStore(file, OLD))).toBe('wrong_passphrase')
    const again = await openPassphraseStore(file, NEW)
    expect(Buffer.from((await again.read('master')) ?? []).toString()).toBe('m'.repeat(32))
    expect(Buffer.from((await again.read('head')) ?? []).toString()).toBe('after')
    const [was, is] = [before, readFileSync(file, 'utf8')].map(
      (text) => JSON.parse(text) as { kdf: { salt: string; N: number } },
    )
    expect(is?.kdf.salt).not.toBe(was?.kdf.salt)
    expect(is?.kdf.N).toBe(was?.kdf.N)
    expect(readdirSync(dirname(file))).toEqual(['vault.sealed.json'])
  })

  test('keeps what was pinned while the new key was being made', async () => {
    const { file, store } = await sealed()
    const changing = store.changePassphrase(NEW)
    await store.write('head', Buffer.from('meanwhile'))
    await changing
    store.close()
    const again = await openPassphraseStore(file, NEW)
    expect(Buffer.from((await again.read('head')) ?? []).toString()).toBe('meanwhile')
  })

  test('answers a guess by the passphrase of the moment it was made', async () => {
    const { store } = await sealed()
    const [right] = await Promise.all([store.matches(OLD), store.changePassphrase(NEW)])
    expect(right).toBe(true)
  })

  test('stays as it was when the folder cannot be written', async () => {
    const { file, store } = await sealed()
    const before = readFileSync(file)
    // A folder in the place of the file that is written first: also the superuser of a container cannot write it.
    mkdirSync(`${file}.new`)
    writeFileSync(join(`${file}.new`, 'x'), '')
    expect(await codeOf(store.changePassphrase(NEW))).not.toBe('no error')
    expect(readFileSync(file).equals(before)).toBe(true)
    expect(await store.matches(OLD)).toBe(true)
    expect(await codeOf(openPassphraseStore(file, OLD))).toBe('no error')
  })

  test('killed at any moment, opens with one of the two and has lost nothing', async () => {
    const opened: string[] = []
    for (let trial = 0; trial < TRIALS; trial += 1) {
      const { file, store } = await sealed()
      store.close()
      const child = spawn(
        process.execPath,
        [join(import.meta.dirname, '../support/passphrase-child.ts'), file, OLD.reveal(), NEW.reveal()],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      )
      await once(child.stdout, 'data')
      await wait(trial * 3)
      child.kill('SIGKILL')
      await once(child, 'exit')
      const found = await openPassphraseStore(file, OLD).then(
        (it) => ({ it, which: 'old' }),
        async () => ({ it: await openPassphraseStore(file, NEW), which: 'new' }),
      )
      opened.push(found.which)
      expect(Buffer.from((await found.it.read('master')) ?? []).toString()).toBe('m'.repeat(32))
      expect(Buffer.from((await found.it.read('signing')) ?? []).toString()).toBe('s'.repeat(32))
    }
    expect(opened).toHaveLength(TRIALS)
  }, 60_000)
})

describe('a keychain vault', () => {
  test('gets a first passphrase, and another one later; only the newest is right', async () => {
    const keychain = paperKeychain()
    const common = { clock: systemClock, encryptedFiles: [], cost }
    const vault = await createVault({ ...common, store: keychain.store() })
    expect(vault.hasPassphrase).toBe(false)
    await vault.setPassphrase(OLD)
    expect(vault.hasPassphrase).toBe(true)
    expect(await vault.verifyPassphrase(OLD)).toBe(true)
    await vault.setPassphrase(NEW)
    expect([await vault.verifyPassphrase(OLD), await vault.verifyPassphrase(NEW)]).toEqual([false, true])
    const key = vault.ledgerKey()
    vault.close()
    const again = await openVault({ ...common, store: keychain.store() })
    expect([await again.verifyPassphrase(OLD), await again.verifyPassphrase(NEW)]).toEqual([false, true])
    expect(again.ledgerKey().equals(key)).toBe(true)
    expect(Buffer.from(keychain.items.get('passphrase') ?? []).toString()).not.toContain('anvil')
  })

  test('refuses a short one and goes on with what it had', async () => {
    const keychain = paperKeychain()
    const vault = await createVault({
      clock: systemClock,
      encryptedFiles: [],
      cost,
      store: keychain.store(),
      confirmPassphrase: OLD,
    })
    expect(await codeOf(vault.setPassphrase(new Secret('seven77')))).toBe('invalid_input')
    expect(await vault.verifyPassphrase(OLD)).toBe(true)
  })

  test('a closed vault sets nothing', async () => {
    const keychain = paperKeychain()
    const vault = await createVault({ clock: systemClock, encryptedFiles: [], cost, store: keychain.store() })
    vault.close()
    expect(await codeOf(vault.setPassphrase(NEW))).toBe('workspace_locked')
    expect(keychain.items.has('passphrase')).toBe(false)
  })
})
