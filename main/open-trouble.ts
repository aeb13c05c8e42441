/**
 * Why the workspace did not open, and the one trouble of its log that a person can end in the window: a log that must not be continued gets
 * a successor. Opens nothing by itself and decides nothing: it refuses whatever the person did not ask for.
 */
import { type ErrorReply, OperationError } from '../shared/errors.ts'
import type { SuccessorOffer } from '../shared/schemas/log.ts'
import { beginSuccessor, type SuccessorReason } from './audit/successor.ts'
import type { Ports } from './ports.ts'
import { storageFault } from './store/storage-fault.ts'
import { type OpenWorkspace, type OpenWorkspaceOptions, openWorkspaceForNewLog } from './workspace.ts'

/** An expected failure, or a fault of the storage in words. Undefined for a bug. */
export function asOperationError(error: unknown): OperationError | undefined {
  return error instanceof OperationError ? error : storageFault(error)
}

/** What can be begun in place of the log; null unless that is the trouble. */
export function successorOffer(trouble: ErrorReply | undefined): SuccessorOffer | null {
  if (trouble?.code === 'vault_key_missing')
    return trouble.details?.['secret'] === 'signing'
      ? { reason: 'key_lost', found_size: null, remembered_size: null }
      : null
  const reason = trouble?.code === 'ledger_broken' ? trouble.details?.['successor'] : undefined
  if (reason !== 'restored' && reason !== 'key_lost') return null
  return {
    reason,
    found_size: sizeOrNull(trouble?.details?.['found_size']),
    remembered_size: sizeOrNull(trouble?.details?.['remembered_size']),
  }
}

const sizeOrNull = (value: string | number | boolean | undefined): number | null =>
  typeof value === 'number' ? value : null

/**
 * Opens a workspace whose log must not be continued, and begins the next one in it.
 * @throws OperationError wrong_passphrase, not_allowed (there is no such trouble, or there is no passphrase to ask for), vault_key_missing
 *   for the key of the databases; what the opening, the disk or the vault throws: then everything stands as before
 */
export async function openWithNewLog(
  options: OpenWorkspaceOptions & { readonly shell: Ports['shell']; readonly appVersion: string },
  reason: SuccessorReason,
): Promise<OpenWorkspace> {
  const opened = await openWorkspaceForNewLog(options)
  try {
    await requirePerson(opened, options)
    const { ledger, ledgerFile, vault } = opened
    await beginSuccessor({ ledger, ledgerFile, vault, clock: options.clock, appVersion: options.appVersion }, reason)
    return opened
  } catch (error) {
    opened.close()
    throw error
  }
}

/** A vault sealed with a passphrase was just opened with it; one in the keychain asks where it has one, and in the browser always. */
async function requirePerson(
  { vault }: OpenWorkspace,
  { shell, passphrase }: { readonly shell: Ports['shell'] } & Pick<OpenWorkspaceOptions, 'passphrase'>,
): Promise<void> {
  if (vault.kind === 'passphrase' || (!vault.hasPassphrase && shell === 'electron')) return
  if (!vault.hasPassphrase)
    throw new OperationError(
      'not_allowed',
      'This workspace has no passphrase, so a new log cannot be begun in the browser window. Nothing was changed.',
      'Open it in the desktop app to do this.',
    )
  if (passphrase !== undefined && (await vault.verifyPassphrase(passphrase))) return
  throw new OperationError(
    'wrong_passphrase',
    'That is not the passphrase of this workspace. Nothing was changed.',
    'Type the passphrase again.',
    { retryable: true },
  )
}
