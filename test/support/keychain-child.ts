/**
 * Runs keychain steps in a process of its own: libdbus takes the bus address from the process environment, which a test must not change
 * under its own feet. Arguments: one JSON list of steps. Output: one JSON line per step.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../shared/clock.ts'
import { OperationError } from '../../shared/errors.ts'
import { Secret } from '../../main/secret.ts'
import { Keychain, keychainStore, probeKeychain } from '../../main/vault/keychain.ts'
import type { SecretName } from '../../main/vault/secret-store.ts'
import { createWorkspace, openWorkspace, type OpenWorkspace, readWorkspaceFile } from '../../main/workspace.ts'

export type Step =
  | { readonly do: 'probe' }
  | { readonly do: 'create'; readonly folder: string; readonly passphrase?: string }
  | { readonly do: 'open'; readonly folder: string }
  | { readonly do: 'pin'; readonly folder: string; readonly head: string }
  | { readonly do: 'confirm'; readonly folder: string; readonly guesses: readonly string[] }
  | { readonly do: 'forget'; readonly folder: string; readonly name: SecretName }
  | { readonly do: 'put'; readonly folder: string; readonly name: SecretName; readonly text: string }
  /** Starts a write and leaves the process at once, or after half a second, while it is not finished. */
  | { readonly do: 'leave while writing'; readonly folder: string; readonly afterMs: number }

export interface StepResult {
  readonly value?: unknown
  readonly code?: string
  readonly message?: string
  readonly hint?: string
  readonly ms: number
  /** The longest time in which the event loop could do nothing else. */
  readonly longestPauseMs: number
}

const [text = '[]', limits = '{}'] = process.argv.slice(2)
const keychain = new Keychain(JSON.parse(limits) as { timeoutMs?: number; promptTimeoutMs?: number })

async function perform(step: Step): Promise<unknown> {
  if (step.do === 'probe') return probeKeychain(keychain)
  const options = { folder: step.folder, clock: systemClock, keychain }
  switch (step.do) {
    case 'create':
      return describe(
        await createWorkspace({
          ...options,
          name: 'Main',
          isDemo: false,
          vaultKind: 'keychain',
          cost: { N: 1_024, r: 8, p: 1 },
          ...(step.passphrase === undefined ? {} : { passphrase: new Secret(step.passphrase) }),
        }),
      )
    case 'open':
      return describe(await openWorkspace(options))
    case 'pin': {
      const opened = await openWorkspace(options)
      await opened.vault.headPin.write(step.head)
      return describe(opened)
    }
    case 'confirm': {
      const opened = await openWorkspace(options)
      const answers: boolean[] = []
      for (const guess of step.guesses) answers.push(await opened.vault.verifyPassphrase(new Secret(guess)))
      opened.close()
      return answers
    }
    case 'forget':
      return keychainStore(keychain, readWorkspaceFile(step.folder).workspaceId).remove(step.name)
    case 'put':
      return keychainStore(keychain, readWorkspaceFile(step.folder).workspaceId).write(
        step.name,
        Buffer.from(step.text),
      )
    default: {
      const store = keychainStore(keychain, readWorkspaceFile(step.folder).workspaceId)
      // The thread must be up: a process that leaves before has started nothing.
      if (step.afterMs === 0) await store.read('master')
      store.write('head', Buffer.from('the last words')).catch(() => undefined)
      await sleep(step.afterMs)
      return process.exit(0)
    }
  }
}

/** What the test may see; closes the workspace. */
async function describe(opened: OpenWorkspace): Promise<unknown> {
  const { vault, ledger } = opened
  const described = {
    kind: vault.kind,
    hasPassphrase: vault.hasPassphrase,
    publicKey: vault.signingKey.publicKey.export({ format: 'der', type: 'spki' }).toString('hex'),
    head: (await vault.headPin.read()) ?? null,
    settings: ledger.prepare('SELECT count(*) AS n FROM setting').get(),
  }
  opened.close()
  return described
}

async function timed(step: Step): Promise<StepResult> {
  const startMs = performance.now()
  let beforeMs = startMs
  let longestPauseMs = 0
  const beat = setInterval(() => {
    longestPauseMs = Math.max(longestPauseMs, performance.now() - beforeMs)
    beforeMs = performance.now()
  }, 10)
  const finish = () => {
    clearInterval(beat)
    return { ms: performance.now() - startMs, longestPauseMs: Math.max(longestPauseMs, performance.now() - beforeMs) }
  }
  try {
    return { value: await perform(step), ...finish() }
  } catch (error) {
    if (!(error instanceof OperationError)) throw error
    return { code: error.code, message: error.message, hint: error.hint, ...finish() }
  }
}

for (const step of JSON.parse(text) as Step[]) process.stdout.write(`${JSON.stringify(await timed(step))}\n`)
keychain.close()
