/**
 * Which shell this machine can show, decided without the network: asking the `electron` package itself would start a download
 * that blocks. Reads two files and decides; starts nothing.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export type Choice =
  | { readonly shell: 'electron'; readonly binary: string }
  /** `why` is one line for the terminal. */
  | { readonly shell: 'browser'; readonly why: string }

export interface Surroundings {
  /** The folder of the installed `electron` package. */
  readonly electronPackageFolder: string
  /** A person's own unpacked Electron; wins. */
  readonly overrideFolder: string | undefined
  readonly hasDisplay: boolean
  /** Linux as root: Chromium refuses to start there with its sandbox on, and it stays on. */
  readonly isRootOnLinux: boolean
}

export function chooseShell(surroundings: Surroundings): Choice {
  const binary = findElectron(surroundings)
  if (binary === undefined)
    return browser('the Electron binary is not installed here (with a network: npx install-electron)')
  if (!surroundings.hasDisplay) return browser('there is no display for a desktop window')
  if (surroundings.isRootOnLinux) return browser('Electron keeps its sandbox on, which does not work as root')
  return { shell: 'electron', binary }
}

/** path.txt is written by Electron's own installer and names the program inside dist/. */
function findElectron({ electronPackageFolder, overrideFolder }: Surroundings): string | undefined {
  let program = 'electron'
  try {
    program = readFileSync(join(electronPackageFolder, 'path.txt'), 'utf8').trim()
  } catch {
    if (overrideFolder === undefined) return undefined
  }
  const file = join(overrideFolder ?? join(electronPackageFolder, 'dist'), program)
  return existsSync(file) ? file : undefined
}

function browser(reason: string): Choice {
  return { shell: 'browser', why: `No desktop window: ${reason}.` }
}
