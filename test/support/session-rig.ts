/**
 * One real session on a real workspace, with a secret store that a test can make fail, as a keychain does that is locked or goes away. The
 * rest is the product's own.
 */
import { join } from 'node:path'
import type { OperationName } from '../../shared/operation-names.ts'
import type { InputOf, OutputOf } from '../../shared/operations.ts'
import { REAL_ADDRESSES } from '../../main/platforms/addresses.ts'
import type { Ports } from '../../main/ports.ts'
import { openSession, type Session } from '../../main/session.ts'
import { sessionHandlers } from '../../main/session-handlers.ts'
import { createRunner } from '../../main/run-operation.ts'
import { openFacts, openLedger } from '../../main/store/open.ts'
import { keychainFault } from '../../main/vault/keychain.ts'
import type { SecretName, SecretStore } from '../../main/vault/secret-store.ts'
import { createVault, openVault, openVaultForNewLog } from '../../main/vault/vault.ts'
import type { OpenWorkspace } from '../../main/workspace.ts'
import { type TestClock, testClock, testPorts } from './app.ts'
import { makeTempFolder } from './temp-folder.ts'

/** Items in memory that outlive a session, as a keychain's do. */
export class SecretItems {
  readonly items = new Map<SecretName, Buffer>()
  /** Called before each write; may throw. */
  beforeWrite: (name: SecretName) => void = () => undefined
  isGone = false

  store(): SecretStore {
    const asked = (): void => {
      if (this.isGone) throw keychainFault('the service is gone')
    }
    return {
      kind: 'keychain',
      read: async (name) => {
        asked()
        const bytes = this.items.get(name)
        return bytes === undefined ? undefined : Uint8Array.from(bytes)
      },
      write: async (name, bytes) => {
        asked()
        this.beforeWrite(name)
        this.items.set(name, Buffer.from(bytes))
      },
      remove: async (name) => {
        asked()
        this.items.delete(name)
      },
      close: () => undefined,
    }
  }
}

export interface SessionRig {
  readonly session: Session
  readonly opened: OpenWorkspace
  readonly notified: { readonly title: string; readonly body: string }[]
  /** Runs an operation as the window. @throws Error naming the refusal */
  ask<N extends OperationName>(name: N, input: InputOf<N>): Promise<OutputOf<N>>
  close(): Promise<void>
}

export class RigHome {
  readonly folder = makeTempFolder('session')
  readonly secrets = new SecretItems()
  readonly clock: TestClock = testClock()
  readonly ledgerFile = join(this.folder, 'ledger.db')

  async open(options: { readonly keepsUp?: boolean } = {}): Promise<SessionRig> {
    const notified: SessionRig['notified'] = []
    const ports: Ports = { ...testPorts(this.folder, this.clock), notify: (what) => void notified.push(what) }
    const opened = await this.#openWorkspace()
    let session: Session
    try {
      session = await openSession({
        ports,
        opened,
        appVersion: '0.0.0',
        sandbox: undefined,
        addresses: REAL_ADDRESSES,
        onChange: () => undefined,
        runAsAgent: async () => ({ ok: false, error: { code: 'internal', message: '', hint: '', retryable: false } }),
        opensDoors: false,
        startsWork: options.keepsUp ?? false,
      })
    } catch (error) {
      opened.close()
      throw error
    }
    const run = createRunner({
      handlers: () => sessionHandlers(session),
      log: ports.log,
      onRefused: () => undefined,
      onAgentRead: () => undefined,
    })
    return {
      session,
      opened,
      notified,
      ask: async (name, input) => {
        const reply = await run({ kind: 'window' }, name, input)
        if (!reply.ok) throw new Error(`${reply.error.code}: ${reply.error.message} ${reply.error.hint}`)
        return reply.value as OutputOf<typeof name>
      },
      close: () => session.close(),
    }
  }

  /** The workspace without a session, as it is opened for a new log. */
  async openForNewLog(): Promise<{ readonly opened: OpenWorkspace }> {
    return { opened: await this.#openWorkspace(openVaultForNewLog) }
  }

  async #openWorkspace(unlock = openVault): Promise<OpenWorkspace> {
    const options = { store: this.secrets.store(), clock: this.clock, encryptedFiles: [] }
    const vault = this.secrets.items.has('master') ? await unlock(options) : await createVault(options)
    const ledger = openLedger(this.ledgerFile, vault.ledgerKey())
    const factsFile = join(this.folder, 'facts.db')
    const facts = openFacts(factsFile, vault.factsKey())
    return {
      folder: this.folder,
      workspace: {
        v: 1,
        workspaceId: '0'.repeat(32),
        name: 'Rig',
        isDemo: false,
        vaultKind: 'keychain',
        createdAtMs: 0,
        state: 'ready',
      },
      vault,
      ledger,
      facts,
      ledgerFile: this.ledgerFile,
      factsFile,
      close() {
        ledger.close()
        facts.close()
        vault.close()
      },
    }
  }
}
