/** How a person proves to be there at Confirm, by setting and by window. */
import { describe, expect, test } from 'vitest'
import { createPresence, type ConfirmFactor } from '../../main/approval/presence.ts'
import type { Ports } from '../../main/ports.ts'
import { Secret } from '../../main/secret.ts'
import { createVault } from '../../main/vault/vault.ts'
import type { SecretName } from '../../main/vault/secret-store.ts'
import { HandClock } from '../support/audit-fixture.ts'
import { refusalOf } from '../support/approval-rig.ts'

const PASSPHRASE = 'correct horse battery'

interface Surroundings {
  readonly factor?: unknown
  readonly shell?: Ports['shell']
  readonly passphrase?: string
  readonly prompt?: boolean | 'missing'
}

async function presenceIn({ factor, shell = 'electron', passphrase, prompt = 'missing' }: Surroundings) {
  const items = new Map<SecretName, Uint8Array>()
  const clock = new HandClock()
  const vault = await createVault({
    store: {
      kind: 'keychain',
      read: async (name) => items.get(name),
      write: async (name, bytes) => void items.set(name, bytes),
      remove: async (name) => void items.delete(name),
      close: () => undefined,
    },
    clock,
    encryptedFiles: [],
    cost: { N: 1_024, r: 8, p: 1 },
    ...(passphrase === undefined ? {} : { confirmPassphrase: new Secret(passphrase) }),
  })
  const reasons: string[] = []
  const confirmPresence = async (reason: string): Promise<boolean> => {
    reasons.push(reason)
    return prompt === true
  }
  const presence = createPresence({
    vault,
    ports: { shell, ...(prompt === 'missing' ? {} : { confirmPresence }) },
    settings: { read: () => factor },
  })
  return { presence, reasons, clock }
}
const codeOf = async (attempt: () => unknown): Promise<string> => (await refusalOf(attempt)).code

describe('Confirm in the desktop window', () => {
  test('asks for a click unless told otherwise', async () => {
    const { presence, reasons } = await presenceIn({ passphrase: PASSPHRASE, prompt: true })
    expect(presence.factor()).toBe('click')
    expect(await presence.check({})).toBe('click')
    expect(reasons).toEqual([])
  })

  test('with the passphrase takes the right one alone, and slows down who guesses', async () => {
    const { presence } = await presenceIn({ factor: 'passphrase', passphrase: PASSPHRASE })
    expect(await presence.check({ passphrase: PASSPHRASE })).toBe('passphrase')
    expect(await codeOf(() => presence.check({}))).toBe('wrong_passphrase')
    for (let n = 0; n < 5; n += 1)
      expect(await codeOf(() => presence.check({ passphrase: `guess ${n}` }))).toBe('wrong_passphrase')
    expect(await codeOf(() => presence.check({ passphrase: PASSPHRASE }))).toBe('rate_limited')
  })

  test('with the system’s prompt asks it, and takes a no for a no', async () => {
    const yes = await presenceIn({ factor: 'os_prompt', prompt: true })
    expect(await yes.presence.check({})).toBe('os_prompt')
    expect(yes.reasons).toHaveLength(1)
    const no = await presenceIn({ factor: 'os_prompt', prompt: false })
    expect(await codeOf(() => no.presence.check({}))).toBe('presence_refused')
  })

  test('where the prompt has gone nothing is confirmed, not even with a passphrase', async () => {
    const { presence } = await presenceIn({ factor: 'os_prompt', passphrase: PASSPHRASE })
    expect(await codeOf(() => presence.check({ passphrase: PASSPHRASE }))).toBe('presence_refused')
    expect(presence.whyNot('os_prompt')).toContain('no prompt')
  })

  test('a setting that cannot be read asks for the passphrase', async () => {
    const { presence } = await presenceIn({ factor: { of: 'somebody' } })
    expect(presence.factor()).toBe('passphrase')
    expect(await codeOf(() => presence.check({}))).toBe('wrong_passphrase')
  })
})

describe('Confirm in the browser window', () => {
  test.each<ConfirmFactor>(['click', 'os_prompt', 'passphrase'])(
    'asks for the passphrase, although the setting is %s',
    async (factor) => {
      const { presence, reasons } = await presenceIn({ factor, shell: 'browser', passphrase: PASSPHRASE, prompt: true })
      expect(presence.factor()).toBe('passphrase')
      expect(await codeOf(() => presence.check({}))).toBe('wrong_passphrase')
      expect(await presence.check({ passphrase: PASSPHRASE })).toBe('passphrase')
      expect(reasons).toEqual([])
    },
  )

  test('without a passphrase lets nothing through, and no guard be changed', async () => {
    const { presence } = await presenceIn({ shell: 'browser' })
    expect(await codeOf(() => presence.check({ passphrase: 'anything' }))).toBe('not_allowed')
    expect(await codeOf(() => presence.checkOwner({}))).toBe('not_allowed')
  })
})

describe('changing what guards Confirm', () => {
  test('needs the passphrase where there is one, whatever the factor', async () => {
    const { presence } = await presenceIn({ factor: 'click', passphrase: PASSPHRASE })
    expect(await codeOf(() => presence.checkOwner({}))).toBe('wrong_passphrase')
    await expect(presence.checkOwner({ passphrase: PASSPHRASE })).resolves.toBeUndefined()
  })

  test('needs the system’s prompt where that is the guard and there is no passphrase', async () => {
    const denied = await presenceIn({ factor: 'os_prompt', prompt: false })
    expect(await codeOf(() => denied.presence.checkOwner({}))).toBe('presence_refused')
    const granted = await presenceIn({ factor: 'os_prompt', prompt: true })
    await expect(granted.presence.checkOwner({})).resolves.toBeUndefined()
  })

  test('needs nothing more where nothing guards it yet', async () => {
    const { presence } = await presenceIn({})
    await expect(presence.checkOwner({})).resolves.toBeUndefined()
  })
})
