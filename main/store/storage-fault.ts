/**
 * What a full disk, a locked file, a read-only folder or a damaged file means for the person, whoever met it: SQLite or the file system.
 * The one place that words it. It repairs nothing and never guesses: what it does not know is a bug and stays one.
 */
import { OperationError } from '../../shared/errors.ts'

type Kind = 'full' | 'locked' | 'read_only' | 'unreadable' | 'damaged'

const SQLITE: readonly (readonly [pattern: RegExp, kind: Kind])[] = [
  [/^SQLITE_FULL/, 'full'],
  [/^SQLITE_(BUSY|LOCKED|PROTOCOL)/, 'locked'],
  [/^SQLITE_(READONLY|CANTOPEN|PERM|AUTH)/, 'read_only'],
  [/^SQLITE_IOERR/, 'unreadable'],
  [/^SQLITE_(CORRUPT|NOTADB)/, 'damaged'],
]
const SYSTEM: Readonly<Record<string, Kind>> = {
  ENOSPC: 'full',
  EDQUOT: 'full',
  EFBIG: 'full',
  EBUSY: 'locked',
  EROFS: 'read_only',
  EACCES: 'read_only',
  EPERM: 'read_only',
  EIO: 'unreadable',
}
/** The same codes come from sockets, where they mean something else. */
const SOCKET_CALLS = ['connect', 'listen', 'bind', 'accept', 'getaddrinfo', 'kill', 'spawn']

const NOT_SAVED =
  'This step was not saved. Everything saved before is still there, and nothing was changed on a platform by it.'

const WORDS: Readonly<Record<Kind, readonly [happened: string, todo: string]>> = {
  full: [
    `There is no space left on the disk. ${NOT_SAVED}`,
    'Free some space on the disk that holds the SpendSignoff folder, then do it again.',
  ],
  locked: [
    `Another program holds a file of this workspace. ${NOT_SAVED}`,
    'Close the tool that has the file open (a database viewer, a backup or a sync program), then do it again.',
  ],
  read_only: [
    `SpendSignoff may not write to the folder of this workspace. ${NOT_SAVED}`,
    'Check that the disk is not read-only and that your user may write to the SpendSignoff folder, then do it again.',
  ],
  unreadable: [
    `The disk reported an error while SpendSignoff was reading or writing. ${NOT_SAVED}`,
    'Check the disk and its connection. Copy the workspace folder somewhere safe, then restart SpendSignoff.',
  ],
  damaged: [
    `A database file of this workspace is damaged. ${NOT_SAVED}`,
    'Close SpendSignoff, copy the whole workspace folder somewhere safe, then restore the damaged file from a backup.',
  ],
}

/** Whether somebody else's lock, or anything that passes by itself, is all that was in the way. */
const RETRYABLE: readonly Kind[] = ['full', 'locked', 'read_only']

/**
 * The error to show for a fault of the storage: storage_failed, or workspace_damaged for a damaged file. Undefined for anything else,
 * an OperationError included: that has its words already.
 */
export function storageFault(error: unknown): OperationError | undefined {
  const kind = kindOf(error)
  if (kind === undefined) return undefined
  const [message, hint] = WORDS[kind]
  return new OperationError(kind === 'damaged' ? 'workspace_damaged' : 'storage_failed', message, hint, {
    retryable: RETRYABLE.includes(kind),
    details: { storage: kind },
    cause: error,
  })
}

function kindOf(error: unknown): Kind | undefined {
  if (!(error instanceof Error) || error instanceof OperationError) return undefined
  if (!('code' in error) || typeof error.code !== 'string') return undefined
  const { code } = error
  if (code.startsWith('SQLITE_')) return SQLITE.find(([pattern]) => pattern.test(code))?.[1]
  const call = 'syscall' in error && typeof error.syscall === 'string' ? error.syscall : undefined
  return call === undefined || SOCKET_CALLS.includes(call) || !Object.hasOwn(SYSTEM, code) ? undefined : SYSTEM[code]
}
