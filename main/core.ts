/**
 * The composition root. createCore(ports) gives one function, `run`; everything the product can do goes through it.
 * It knows which workspace is open and nothing of windows.
 */
import { resolve as resolvePath } from 'node:path'
import { OperationError, type ErrorReply } from '../shared/errors.ts'
import type { OutputOf } from '../shared/operations.ts'
import { createChanges } from './changes.ts'
import { APP_VERSION } from './version.ts'
import {
  connectDemo,
  DEMO_PASSPHRASE,
  DEMO_SCRYPT_COST,
  importFilesForDemo,
  proposeForDemo,
  startDemoSandbox,
} from './demo.ts'
import { type Instance, acquireInstance } from './instance.ts'
import { type PlatformAddresses, REAL_ADDRESSES } from './platforms/addresses.ts'
import type { Sandbox } from './platforms/sandbox/index.ts'
import type { Ports } from './ports.ts'
import { asOperationError, openWithNewLog, successorOffer } from './open-trouble.ts'
import { createRunner, type Handlers, type RunOperation } from './run-operation.ts'
import { Secret } from './secret.ts'
import { openSession, type Session, type SessionOptions } from './session.ts'
import { sessionHandlers } from './session-handlers.ts'
import { recordRefusal } from './session-records.ts'
import { IDLE_SYNC } from './sync/progress.ts'
import { createGuessLimiter } from './vault/guess-limiter.ts'
import { Keychain, type KeychainState, probeKeychain } from './vault/keychain.ts'
import {
  createWorkspace,
  inspectWorkspace,
  type OpenWorkspace,
  openWorkspace,
  readWorkspaceFile,
  type WorkspaceFile,
  workspaceFolder,
} from './workspace.ts'

export interface Core {
  /** Runs one operation. Never throws: whatever happens is a Reply. */
  run: RunOperation
  /** Why the workspace did not open at the start, if it did not. */
  trouble(): ErrorReply | undefined
  isOpen(): boolean
  /** Whether the asked-for workspace exists at all. */
  isPresent(): boolean
  /** Opens it with a passphrase, for a person at a terminal. @returns why not, if not */
  unlock(passphrase: Secret): Promise<ErrorReply | undefined>
  /** Finishes or parks what is under way (bounded) and locks the vault. */
  close(): Promise<void>
}

export interface CoreOptions {
  /** "default", "demo", or an absolute folder. */
  readonly workspace?: string
  /** Opens the workspace at once with this, for scripts; the demo needs none. */
  readonly passphrase?: Secret
  /** A second instance asked to see the window. */
  readonly onShow?: () => void
  /** Where the platforms are; other addresses only in tests, against the sandbox. */
  readonly addresses?: PlatformAddresses
  /** Hands out the demo's sandbox, for tests that look at the platform's side. */
  readonly onSandbox?: (sandbox: Sandbox) => void
  /** Observes the executor; tests stop the process at a step. */
  readonly onStep?: SessionOptions['onStep']
  /** False: no sync and no demo proposals on opening. */
  readonly startsWork?: boolean
  /** False: AI clients stay outside. */
  readonly opensDoors?: boolean
  /** A command that reads and leaves: starts no work, opens no door, disturbs no open window, makes no demo. */
  readonly isCommand?: boolean
}

/** Builds the core and opens the workspace if no person is needed for it. */
export async function createCore(ports: Ports, options: CoreOptions = {}): Promise<Core> {
  const keychain = new Keychain()
  const guesses = createGuessLimiter(ports.clock)
  const changes = createChanges()
  const startsWork = options.isCommand !== true && (options.startsWork ?? true)
  let session: Session | undefined
  let instance: Instance | undefined
  let handlers: Handlers | undefined
  let trouble: ErrorReply | undefined
  let opening: Promise<void> | undefined
  let probed: Promise<KeychainState> | undefined
  let isClosed = false
  const mainFolder = folderOf(ports, options.workspace === 'demo' ? 'default' : (options.workspace ?? 'default'))
  const demoFolder = workspaceFolder(ports.homeFolder, 'demo')

  const run = createRunner({
    handlers: () => ({ ...appHandlers, ...handlers }),
    log: ports.log,
    onRefused: (caller, name, code) => recordRefusal(session?.audit, caller, name, code),
    onAgentRead: (caller, name) => {
      session?.audit.transaction((append) =>
        append({
          type: 'agent.read',
          actor: { kind: 'agent', id: caller.clientId },
          data: { tool: name, client: caller.clientId },
        }),
      )
    },
  })
  const runAndAnnounce: RunOperation = async (caller, name, input, signal) => {
    const reply = await run(caller, name, input, signal)
    if (name !== 'wait_for_change' && name !== 'get_app_state') changes.announceIf(logSize())
    return reply
  }

  /** Undefined while nothing is open, or when the log cannot say: an answer that is ready must still get out. */
  function logSize(): number | undefined {
    try {
      return session?.audit.head().size
    } catch (error) {
      ports.log.error('log_size_unknown', error)
      return undefined
    }
  }

  async function closeSession(): Promise<void> {
    const closing = session
    session = undefined
    handlers = undefined
    await closing?.close()
    if (instance?.kind === 'first') await instance.release()
    instance = undefined
  }

  /** Opens one workspace in place of whatever is open. One at a time. */
  async function open(folder: string, unlock: () => Promise<OpenWorkspace>): Promise<Session> {
    if (isClosed)
      throw new OperationError('cancelled', 'SpendSignoff is closing. Nothing was changed.', 'Start it again.')
    if (opening !== undefined)
      throw new OperationError('workspace_in_use', 'A workspace is being opened.', 'Wait a moment.', {
        retryable: true,
      })
    if (session?.opened.folder === folder)
      throw new OperationError(
        'workspace_in_use',
        'This workspace is open already. Nothing was changed.',
        'Go on in it.',
      )
    let finish = (): void => undefined
    probed = undefined
    opening = new Promise((resolve) => {
      finish = resolve
    })
    let next: Instance | undefined
    let opened: OpenWorkspace | undefined
    let sandbox: Sandbox | undefined
    try {
      next = await acquireInstance(folder, {
        onShow: options.onShow ?? (() => undefined),
        askToShow: options.isCommand !== true,
      })
      if (next.kind === 'second') throw openElsewhere(next.askedToShow, options.isCommand === true)
      // Only when the new one is unlocked does the open one close: a wrong passphrase costs nothing.
      opened = await unlock()
      await closeSession()
      sandbox = opened.workspace.isDemo ? await startDemoSandbox(opened.folder, ports.clock) : undefined
      if (sandbox !== undefined) options.onSandbox?.(sandbox)
      session = await openSession({
        ports,
        opened,
        appVersion: APP_VERSION,
        sandbox,
        addresses: options.addresses ?? REAL_ADDRESSES,
        onChange: changes.announce,
        runAsAgent: runAndAnnounce,
        opensDoors: options.isCommand !== true && (options.opensDoors ?? true),
        startsWork,
        ...(options.onStep === undefined ? {} : { onStep: options.onStep }),
      })
      instance = next
      handlers = sessionHandlers(session)
      trouble = undefined
      return session
    } catch (error) {
      opened?.close()
      await sandbox?.close()
      if (next?.kind === 'first') await next.release()
      throw error
    } finally {
      opening = undefined
      finish()
      changes.announce()
    }
  }

  async function openDemo(): Promise<string> {
    const common = { folder: demoFolder, clock: ports.clock, keychain, passphrase: new Secret(DEMO_PASSPHRASE) }
    const isNew = inspectWorkspace(demoFolder) === 'absent' || readWorkspaceFile(demoFolder).state === 'creating'
    const demo = await open(demoFolder, () =>
      isNew
        ? createWorkspace({ ...common, name: 'Demo', isDemo: true, vaultKind: 'passphrase', cost: DEMO_SCRYPT_COST })
        : openWorkspace(common),
    )
    const { sandbox } = demo
    if (sandbox === undefined) throw new Error('the demo has no sandbox')
    const connectionId = connectDemo(demo, sandbox)
    if (startsWork) demo.startFirstSync()
    if (startsWork)
      void proposeForDemo(demo, sandbox, { run: runAndAnnounce, noteRefusal: () => undefined }).catch(
        (error: unknown) => ports.log.error('demo_proposals_failed', error),
      )
    if (startsWork)
      void importFilesForDemo(demo, sandbox, run).catch((error: unknown) => ports.log.error('demo_files_failed', error))
    return connectionId
  }

  /** What is wrong with the workspace itself, and not with what was typed, is shown until it opens. */
  async function openMain(unlock: () => Promise<OpenWorkspace>): Promise<void> {
    const opened = await open(mainFolder, unlock).catch((error: unknown) => {
      const fault = asOperationError(error)
      if (session === undefined && (fault?.code === 'ledger_broken' || fault?.code === 'vault_key_missing'))
        trouble = fault.toReply()
      throw error
    })
    if (startsWork && opened.connections.list().length > 0) opened.startFirstSync()
  }

  const mainOptions = (passphrase: Secret | undefined) => ({
    folder: mainFolder,
    clock: ports.clock,
    keychain,
    guesses,
    passphrase,
  })
  const unlockMain = (passphrase: Secret | undefined): Promise<void> =>
    openMain(() => openWorkspace(mainOptions(passphrase)))

  const appHandlers: Handlers = {
    get_app_state: async () => appState(),
    wait_for_change: async (input, { signal }) => ({ revision: await changes.wait(input.since, signal) }),
    open_demo: async () => ({
      connection_id:
        session?.opened.workspace.isDemo === true
          ? (session.connections.list()[0]?.connectionId ?? '')
          : await openDemo(),
    }),
    create_workspace: async (input) => {
      const passphrase = input.passphrase === undefined ? undefined : new Secret(input.passphrase)
      if (ports.shell === 'browser' && passphrase === undefined)
        throw new OperationError(
          'invalid_input',
          'In the browser window a passphrase is needed: Confirm asks for it.',
          'Choose a passphrase of at least 8 characters.',
        )
      await open(mainFolder, () =>
        createWorkspace({ ...mainOptions(passphrase), name: 'My workspace', isDemo: false, vaultKind: input.vault }),
      )
      return {}
    },
    unlock_workspace: async (input) => {
      await unlockMain(input.passphrase === undefined ? undefined : new Secret(input.passphrase))
      return {}
    },
    begin_successor_log: async (input) => {
      const passphrase = input.passphrase === undefined ? undefined : new Secret(input.passphrase)
      const whole = { ...mainOptions(passphrase), shell: ports.shell, appVersion: APP_VERSION }
      await openMain(() => openWithNewLog(whole, input.reason))
      return {}
    },
  }

  /** Asking a keychain can show the system's unlock dialog: once, when a person has to choose, and again only after they acted. */
  function keychainState(): Promise<KeychainState> {
    probed ??= probeKeychain(keychain)
    return probed
  }

  async function appState(): Promise<OutputOf<'get_app_state'>> {
    const current = session
    const shown = trouble ?? current?.sessionLog.problems.worst()
    const locked = current === undefined ? readyWorkspace() : undefined
    const phase =
      current !== undefined
        ? 'ready'
        : trouble !== undefined
          ? 'trouble'
          : locked !== undefined
            ? 'locked'
            : 'first_run'
    return {
      phase,
      shell: ports.shell,
      app_version: APP_VERSION,
      workspace:
        current === undefined
          ? locked === undefined
            ? null
            : { name: locked.name, is_demo: locked.isDemo, vault: locked.vaultKind, log_vkey: '' }
          : {
              name: current.opened.workspace.name,
              is_demo: current.opened.workspace.isDemo,
              vault: current.opened.vault.kind,
              log_vkey: current.audit.vkey,
            },
      keychain: current === undefined && locked?.vaultKind !== 'passphrase' ? await keychainState() : 'unchecked',
      confirm_needs_passphrase: ports.shell === 'browser' || current?.presence.factor() === 'passphrase',
      demo_passphrase: current?.opened.workspace.isDemo === true ? DEMO_PASSPHRASE : null,
      trouble:
        shown === undefined
          ? null
          : { code: shown.code, message: shown.message, hint: shown.hint, retryable: shown.retryable },
      successor: current === undefined ? successorOffer(trouble) : null,
      open_drafts: current?.drafts.countOpen() ?? 0,
      sync: current === undefined ? IDLE_SYNC : current.sync.progress(),
      revision: changes.revision(),
    }
  }

  /** The main workspace if it was ever finished. A half-made one leads back to setting it up: only there all is asked again. */
  function readyWorkspace(): WorkspaceFile | undefined {
    if (inspectWorkspace(mainFolder) === 'absent') return undefined
    try {
      const file = readWorkspaceFile(mainFolder)
      return file.state === 'ready' ? file : undefined
    } catch (error) {
      if (!(error instanceof OperationError)) throw error
      trouble ??= error.toReply()
      return undefined
    }
  }

  /** What can be opened without a person, is. */
  async function openAtStart(): Promise<void> {
    try {
      if (options.workspace === 'demo') {
        if (options.isCommand !== true || inspectWorkspace(demoFolder) === 'present') await openDemo()
        return
      }
      const file = readyWorkspace()
      if (file !== undefined && (file.vaultKind === 'keychain' || options.passphrase !== undefined))
        await unlockMain(options.passphrase)
    } catch (error) {
      const fault = asOperationError(error)
      if (fault === undefined) throw error
      ports.log.error('workspace_not_opened', error)
      // A wrong passphrase in a variable is no trouble with the workspace: the window asks for the right one.
      if (fault.code !== 'wrong_passphrase' || options.isCommand === true) trouble = fault.toReply()
    }
  }

  await openAtStart()
  return {
    run: runAndAnnounce,
    trouble: () => trouble,
    isOpen: () => session !== undefined,
    isPresent: () => options.workspace !== 'demo' && readyWorkspace() !== undefined,
    async unlock(passphrase) {
      try {
        await unlockMain(passphrase)
        return undefined
      } catch (error) {
        const fault = asOperationError(error)
        if (fault !== undefined) return fault.toReply()
        throw error
      }
    },
    async close() {
      isClosed = true
      await opening
      await closeSession()
      keychain.close()
      changes.close()
    },
  }
}

function openElsewhere(wasShown: boolean, isCommand: boolean): OperationError {
  const hint = isCommand
    ? 'Close it first, or do it there.'
    : wasShown
      ? 'That window was brought to the front, or its terminal shows a fresh link.'
      : 'Close it first.'
  return new OperationError('workspace_in_use', 'This workspace is open in another window of SpendSignoff.', hint)
}

/** A name is a folder under the home; anything with a separator or a leading dot is a folder of its own. */
function folderOf(ports: Ports, workspace: string): string {
  return /^\.|[\\/]/.test(workspace) ? resolvePath(workspace) : workspaceFolder(ports.homeFolder, workspace)
}
