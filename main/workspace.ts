/**
 * One workspace: a private folder with two encrypted databases and, without a keychain, the sealed vault file.
 * Creating takes several steps; a crash between them leaves a folder marked `creating`, which the next attempt finishes or reports.
 * Never replaces a file that is already there, and never takes a folder with data for an empty one.
 */
import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { z } from 'zod'
import type { Clock } from '../shared/clock.ts'
import { OperationError } from '../shared/errors.ts'
import { sizeOf, writeFileAtomically } from './atomic-file.ts'
import type { Secret } from './secret.ts'
import { type FactsDb, type LedgerDb, openFacts, openLedger } from './store/open.ts'
import type { GuessLimiter } from './vault/guess-limiter.ts'
import { type Keychain, keychainStore } from './vault/keychain.ts'
import type { ScryptCost } from './vault/passphrase-key.ts'
import { createPassphraseStore, openPassphraseStore } from './vault/passphrase-store.ts'
import type { SecretStore, VaultKind } from './vault/secret-store.ts'
import { createVault, openVault, openVaultForNewLog, type Vault } from './vault/vault.ts'

const fileSchema = z.strictObject({
  v: z.literal(1),
  workspaceId: z.string().regex(/^[0-9a-f]{32}$/),
  name: z.string().min(1).max(120),
  isDemo: z.boolean(),
  vaultKind: z.enum(['keychain', 'passphrase']),
  createdAtMs: z.int(),
  /** `creating` until every file exists: from then on a missing one is damage. */
  state: z.enum(['creating', 'ready']),
})
export type WorkspaceFile = z.infer<typeof fileSchema>

export interface OpenWorkspace {
  readonly folder: string
  readonly workspace: WorkspaceFile
  readonly vault: Vault
  readonly ledger: LedgerDb
  readonly facts: FactsDb
  readonly ledgerFile: string
  readonly factsFile: string
  /** Closes both databases and the vault. */
  close(): void
}
export interface OpenWorkspaceOptions {
  readonly folder: string
  readonly clock: Clock
  readonly keychain: Keychain
  /** For a vault sealed with a passphrase. */
  readonly passphrase?: Secret | undefined
  /** Keep one per process, so that wrong passphrases are counted over several attempts. */
  readonly guesses?: GuessLimiter | undefined
}
export interface NewWorkspaceOptions extends OpenWorkspaceOptions {
  /** What the person calls it. */
  readonly name: string
  readonly isDemo: boolean
  /** With 'keychain' the passphrase, if given, guards Confirm in the browser window. */
  readonly vaultKind: VaultKind
  /** Cheaper only in tests and in the demo, whose passphrase is no secret. */
  readonly cost?: ScryptCost | undefined
}

const WORKSPACE_FILE = 'workspace.json'
const VAULT_FILE = 'vault.sealed.json'
const LEDGER_FILE = 'ledger.db'
const FACTS_FILE = 'facts.db'
const MAX_FILE_BYTES = 4_096
const MAX_WORKSPACES = 100
/** Not a path: no separator, no dot, nothing a file system may refuse. */
const FOLDER_NAME = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/
const DEMO_MINIMUM_PASSPHRASE_CHARS = 1

/** @throws OperationError invalid_input when the name is not 1 to 40 letters, digits and inner dashes, in lower case */
export function workspaceFolder(homeFolder: string, folderName: string): string {
  if (!FOLDER_NAME.test(folderName))
    throw new OperationError(
      'invalid_input',
      'A workspace folder is named with up to 40 lower-case letters, digits and dashes.',
      'Choose a name such as "main" or "client-7".',
    )
  return join(homeFolder, 'workspaces', folderName)
}

/** Names of the folders that hold a workspace, in alphabetical order, at most 100. */
export function listWorkspaces(homeFolder: string): readonly string[] {
  const parent = join(homeFolder, 'workspaces')
  if (!existsSync(parent)) return []
  return readdirSync(parent)
    .filter((name) => FOLDER_NAME.test(name) && inspectWorkspace(join(parent, name)) === 'present')
    .toSorted()
    .slice(0, MAX_WORKSPACES)
}

/** 'present' as soon as any file of a workspace is there, even a lone database: then nothing new may be made in its place. */
export function inspectWorkspace(folder: string): 'absent' | 'present' {
  const files = [WORKSPACE_FILE, VAULT_FILE, LEDGER_FILE, FACTS_FILE]
  return files.some((file) => existsSync(join(folder, file))) ? 'present' : 'absent'
}

/**
 * Reads workspace.json. Needs no key: it says which kind of vault to ask for.
 * @throws OperationError workspace_damaged, workspace_newer
 */
export function readWorkspaceFile(folder: string): WorkspaceFile {
  const file = join(folder, WORKSPACE_FILE)
  const size = sizeOf(file)
  if (size === 0 || size > MAX_FILE_BYTES)
    throw damaged(
      inspectWorkspace(folder) === 'absent'
        ? 'There is no workspace in this folder.'
        : `${WORKSPACE_FILE} is missing or empty.`,
    )
  let json: unknown
  try {
    json = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    throw damaged(`${WORKSPACE_FILE} cannot be read.`)
  }
  if (z.object({ v: z.int().min(2) }).safeParse(json).success)
    throw new OperationError(
      'workspace_newer',
      'This workspace was made by a newer version of SpendSignoff. It was not touched.',
      'Install the newest version of SpendSignoff and open this workspace with it.',
    )
  const parsed = fileSchema.safeParse(json)
  if (!parsed.success) throw damaged(`${WORKSPACE_FILE} is damaged.`)
  return parsed.data
}

/**
 * Makes a workspace, or finishes one whose making was interrupted.
 * @throws OperationError invalid_input (one is already there, passphrase missing or short), vault_key_missing, keychain_*, wrong_passphrase
 */
export async function createWorkspace(options: NewWorkspaceOptions): Promise<OpenWorkspace> {
  const { folder, vaultKind, name, isDemo, clock } = options
  const found = inspectWorkspace(folder) === 'absent' ? undefined : readWorkspaceFile(folder)
  if (found?.state === 'ready')
    throw new OperationError(
      'invalid_input',
      'There is already a workspace in this folder. It was not changed.',
      'Open it, or choose another name for the new one.',
    )
  if (vaultKind === 'passphrase' && options.passphrase === undefined)
    throw new OperationError('invalid_input', 'A vault without a keychain needs a passphrase.', 'Choose a passphrase.')
  // Before anything is written: without this a closed keychain would leave half a workspace behind.
  if (vaultKind === 'keychain') await options.keychain.ask({ kind: 'probe', account: 'probe' })
  const workspace: WorkspaceFile = {
    v: 1,
    workspaceId: found?.workspaceId ?? randomBytes(16).toString('hex'),
    name,
    isDemo,
    vaultKind: found === undefined || !hasKeys(folder) ? vaultKind : found.vaultKind,
    createdAtMs: found?.createdAtMs ?? clock.nowMs(),
    state: 'creating',
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (process.platform !== 'win32') chmodSync(folder, 0o700)
  writeWorkspaceFile(folder, workspace)
  return finish(options, workspace)
}

/**
 * Opens a workspace, and finishes one whose making was interrupted.
 * @throws OperationError workspace_damaged, workspace_newer, vault_key_missing, keychain_*, wrong_passphrase, rate_limited,
 *   workspace_locked (a passphrase is needed and none was given)
 */
export async function openWorkspace(options: OpenWorkspaceOptions): Promise<OpenWorkspace> {
  const workspace = readWorkspaceFile(options.folder)
  if (workspace.state === 'creating') return finish({ ...options, cost: undefined }, workspace)
  return openReady(options, workspace, openVault)
}

/**
 * Opens a finished workspace that is to begin a new log: a lost signing key is not in the way.
 * @throws OperationError as openWorkspace; vault_key_missing only for the key of the databases
 */
export async function openWorkspaceForNewLog(options: OpenWorkspaceOptions): Promise<OpenWorkspace> {
  const workspace = readWorkspaceFile(options.folder)
  if (workspace.state === 'creating') throw damaged('This workspace was never finished, so it has no log yet.')
  return openReady(options, workspace, openVaultForNewLog)
}

async function openReady(
  options: OpenWorkspaceOptions,
  workspace: WorkspaceFile,
  unlock: typeof openVault,
): Promise<OpenWorkspace> {
  for (const file of [LEDGER_FILE, FACTS_FILE])
    if (sizeOf(join(options.folder, file)) === 0)
      throw damaged(`${file} is missing or empty. A new one was not made in its place.`)
  const store = await openStore(options, workspace)
  return openAll(options, workspace, () => unlock(vaultOptions(options, store)), store)
}

/** Once a key or a database exists, the kind of vault is settled. */
function hasKeys(folder: string): boolean {
  return [VAULT_FILE, LEDGER_FILE, FACTS_FILE].some((file) => sizeOf(join(folder, file)) > 0)
}

async function finish(
  options: OpenWorkspaceOptions & { readonly cost?: ScryptCost | undefined },
  workspace: WorkspaceFile,
): Promise<OpenWorkspace> {
  const { folder, passphrase, cost } = options
  const minimumPassphraseChars = workspace.isDemo ? DEMO_MINIMUM_PASSPHRASE_CHARS : undefined
  const limits = {
    ...(cost === undefined ? {} : { cost }),
    ...(minimumPassphraseChars === undefined ? {} : { minimumPassphraseChars }),
  }
  const vaultFile = join(folder, VAULT_FILE)
  const isFirstKey = workspace.vaultKind === 'passphrase' && !existsSync(vaultFile) && !hasKeys(folder)
  const store = isFirstKey
    ? await createPassphraseStore(vaultFile, requirePassphrase(passphrase), limits)
    : await openStore(options, workspace)
  const confirmPassphrase = workspace.vaultKind === 'keychain' ? passphrase : undefined
  const make = () => createVault({ ...vaultOptions(options, store), ...limits, confirmPassphrase })
  const opened = await openAll(options, { ...workspace, state: 'ready' }, make, store)
  writeWorkspaceFile(folder, opened.workspace)
  return opened
}

async function openStore(options: OpenWorkspaceOptions, workspace: WorkspaceFile): Promise<SecretStore> {
  if (workspace.vaultKind === 'keychain') return keychainStore(options.keychain, workspace.workspaceId)
  const file = join(options.folder, VAULT_FILE)
  const passphrase = requirePassphrase(options.passphrase)
  if (options.guesses === undefined) return openPassphraseStore(file, passphrase)
  let store: SecretStore | undefined
  let fault: unknown
  await options.guesses.attempt(async () => {
    try {
      store = await openPassphraseStore(file, passphrase)
    } catch (error) {
      fault = error
    }
    // Only a wrong passphrase is a guess; a missing or damaged file is not.
    return !(fault instanceof OperationError && fault.code === 'wrong_passphrase')
  })
  if (store === undefined) throw fault
  return store
}

function vaultOptions(options: OpenWorkspaceOptions, store: SecretStore) {
  return {
    store,
    clock: options.clock,
    encryptedFiles: [join(options.folder, LEDGER_FILE), join(options.folder, FACTS_FILE)],
    ...(options.guesses === undefined ? {} : { guesses: options.guesses }),
  }
}

async function openAll(
  { folder }: OpenWorkspaceOptions,
  workspace: WorkspaceFile,
  unlock: () => Promise<Vault>,
  store: SecretStore,
): Promise<OpenWorkspace> {
  const ledgerFile = join(folder, LEDGER_FILE)
  const factsFile = join(folder, FACTS_FILE)
  let vault: Vault | undefined
  let ledger: LedgerDb | undefined
  try {
    vault = await unlock()
    const openedVault = vault
    const openedLedger = withKey(vault.ledgerKey(), (key) => openLedger(ledgerFile, key))
    ledger = openedLedger
    const facts = withKey(vault.factsKey(), (key) => openFacts(factsFile, key))
    const close = () => {
      openedLedger.close()
      facts.close()
      openedVault.close()
    }
    return { folder, workspace, vault, ledger, facts, ledgerFile, factsFile, close }
  } catch (error) {
    ledger?.close()
    vault?.close()
    store.close()
    throw error
  }
}

function withKey<T>(key: Buffer, use: (key: Buffer) => T): T {
  try {
    return use(key)
  } finally {
    key.fill(0)
  }
}

function writeWorkspaceFile(folder: string, workspace: WorkspaceFile): void {
  writeFileAtomically(join(folder, WORKSPACE_FILE), Buffer.from(`${JSON.stringify(workspace, undefined, 2)}\n`))
}

function requirePassphrase(passphrase: Secret | undefined): Secret {
  if (passphrase !== undefined) return passphrase
  throw new OperationError(
    'workspace_locked',
    'This workspace is sealed with a passphrase.',
    'Type the passphrase, or set SPENDSIGNOFF_PASSPHRASE for a script.',
  )
}

function damaged(what: string): OperationError {
  return new OperationError(
    'workspace_damaged',
    what,
    `Check that this is the right folder. If files are missing, restore the whole folder from a backup; ${basename(LEDGER_FILE)} and its key belong together.`,
  )
}
