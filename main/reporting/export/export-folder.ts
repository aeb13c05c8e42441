/** A folder that is there whole or not at all. Writes only into a folder it has just made, and removes only that one. */
import { lstatSync, mkdirSync, realpathSync, renameSync, rmSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { OperationError } from '../../../shared/errors.ts'
import { syncFolder } from '../../atomic-file.ts'

export interface ExportFolder {
  /** Where files are written: a hidden name that nobody takes for a finished export. */
  readonly draft: string
  /** Gives the folder its real name. @returns it */
  publish(): string
  discard(): void
}

/** So many exports of one day into one folder. */
const MAX_OF_A_DAY = 999

/**
 * Makes `<folder>/.spendsignoff-<date>-<n>.unfinished`, for this user alone, with the first n that is free. `folder` must be absolute and is made
 * when absent; links in it are followed once, now. On a crash the hidden folder stays.
 * @throws OperationError invalid_value when nothing can be made there
 */
export function createExportFolder(folder: string, date: string): ExportFolder {
  if (!isAbsolute(folder) || folder.includes('\0'))
    throw refusal('The folder of an export must be an absolute path. Nothing was written.', 'Give the whole path.')
  let base: string
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    base = realpathSync(folder)
  } catch (error) {
    throw folderFault(error)
  }
  for (let n = 1; n <= MAX_OF_A_DAY; n += 1) {
    const draft = join(base, `.spendsignoff-${date}-${n}.unfinished`)
    // Not recursive: a name that is taken, also by a link, is refused and never written into.
    if (isTaken(join(base, `spendsignoff-${date}-${n}`)) || !makeFresh(draft)) continue
    return {
      draft,
      publish: () => publish(base, draft, date, n),
      discard: () => rmSync(draft, { recursive: true, force: true, maxRetries: 3 }),
    }
  }
  throw tooMany()
}

function makeFresh(path: string): boolean {
  try {
    mkdirSync(path, { mode: 0o700 })
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw folderFault(error)
  }
}

/** Another export may have taken the name meanwhile: a folder with something in it is never replaced, the next number is. */
function publish(base: string, draft: string, date: string, first: number): string {
  for (let n = first; n <= MAX_OF_A_DAY; n += 1) {
    const target = join(base, `spendsignoff-${date}-${n}`)
    if (isTaken(target)) continue
    try {
      renameSync(draft, target)
    } catch (error) {
      if (isTaken(target)) continue
      throw folderFault(error)
    }
    syncFolder(base)
    return target
  }
  throw tooMany()
}

const isTaken = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined

/** What went wrong with a folder or file, for the person. Anything that is no fault of theirs or the disk's passes through. */
export function folderFault(error: unknown): unknown {
  switch (codeOf(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return refusal(
        'The disk is full. The export was given up and removed.',
        'Free some space, or choose another disk.',
      )
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return refusal('This user may not write into that folder. Nothing was exported.', 'Choose another folder.')
    case 'ENOTDIR':
    case 'EEXIST':
    case 'ELOOP':
    case 'ENAMETOOLONG':
    case 'ENOENT':
      return refusal('That is not a folder that can be written into. Nothing was exported.', 'Choose another folder.')
    default:
      return error
  }
}

const refusal = (message: string, hint: string): OperationError => new OperationError('invalid_value', message, hint)
const tooMany = (): OperationError =>
  refusal(`There are already ${MAX_OF_A_DAY} exports of today in that folder.`, 'Choose another folder.')

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
