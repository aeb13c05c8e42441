/**
 * What the tests need from the machine besides node_modules: a browser, a Secret Service, openssl, a font.
 * Installs with the system's own package manager only, never by downloading a program from somewhere.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { findChromium, findProgram } from './chromium.ts'

export interface Requirement {
  /** In plain words, for the error message. */
  readonly name: string
  readonly isThere: () => boolean
  /** Debian packages that bring it. */
  readonly packages: readonly string[]
  /** How to get it where apt-get is not an option. */
  readonly otherwise: string
}

const isLinux = process.platform === 'linux'
const UPDATE_LIMIT_MS = 180_000
const INSTALL_LIMIT_MS = 900_000

/** Keychain and fonts belong to the system on macOS and Windows; on Linux they may be missing altogether. */
const LINUX_ONLY: readonly Requirement[] = [
  {
    name: 'a Secret Service (gnome-keyring-daemon)',
    isThere: () => findProgram('gnome-keyring-daemon') !== undefined,
    packages: ['gnome-keyring'],
    otherwise: 'install gnome-keyring',
  },
  {
    name: 'D-Bus (dbus-daemon)',
    isThere: () => findProgram('dbus-daemon') !== undefined,
    packages: ['dbus'],
    otherwise: 'install dbus',
  },
  {
    name: 'a font for the pages under test',
    isThere: () =>
      [
        '/usr/share/fonts',
        '/usr/local/share/fonts',
        join(homedir(), '.fonts'),
        join(homedir(), '.local/share/fonts'),
      ].some(hasFont),
    packages: ['fonts-dejavu-core'],
    otherwise: 'install the DejaVu fonts',
  },
]

const chosenBrowser = process.env['CHROMIUM_PATH'] ?? ''

const BROWSER: Requirement =
  chosenBrowser === ''
    ? {
        name: 'Chromium',
        isThere: () => findChromium() !== undefined,
        packages: ['chromium'],
        otherwise: 'npx playwright install --with-deps chromium, or point CHROMIUM_PATH at one',
      }
    : {
        // Installing another one would not help: this one was asked for.
        name: `the Chromium that CHROMIUM_PATH names, ${chosenBrowser}`,
        isThere: () => findChromium() !== undefined,
        packages: [],
        otherwise: 'correct or unset CHROMIUM_PATH',
      }

export const REQUIREMENTS: readonly Requirement[] = [
  BROWSER,
  {
    name: 'openssl',
    isThere: () => findProgram('openssl') !== undefined,
    packages: ['openssl'],
    otherwise: 'install OpenSSL 3 and put it on PATH',
  },
  {
    name: 'Python 3 (python3), for the verifier of bundles in another language',
    isThere: () => findProgram('python3') !== undefined,
    packages: ['python3'],
    otherwise: 'install Python 3.8 or newer and put it on PATH',
  },
  {
    name: 'unzip, for the verifier of bundles with standard tools',
    isThere: () => findProgram('unzip') !== undefined,
    packages: ['unzip'],
    otherwise: 'install Info-ZIP unzip',
  },
  ...(isLinux ? LINUX_ONLY : []),
]

function hasFont(folder: string): boolean {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).some((file) => /\.(ttf|otf|ttc|pfb)$/i.test(file))
  } catch {
    return false
  }
}

/** The requirements that are not met now. */
export function findMissing(requirements: readonly Requirement[] = REQUIREMENTS): readonly Requirement[] {
  return requirements.filter((requirement) => !requirement.isThere())
}

/** One message that names every missing piece and the commands that bring it. */
export function explainMissing(missing: readonly Requirement[]): string {
  const packages = missing.flatMap((requirement) => requirement.packages)
  return [
    'The tests need what is not on this machine:',
    ...missing.map(({ name, otherwise }) => `  - ${name} (${otherwise})`),
    ...(isLinux && packages.length > 0
      ? [`On Debian or Ubuntu: sudo apt-get update && sudo apt-get install -y ${packages.join(' ')}`]
      : []),
  ].join('\n')
}

/** How this user may call apt-get without being asked anything; undefined when there is no such way. */
function aptGet(): readonly string[] | undefined {
  if (!isLinux || findProgram('apt-get') === undefined) return undefined
  if (process.getuid?.() === 0) return ['apt-get']
  const hasSudo = spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore', timeout: 5_000 }).status === 0
  return hasSudo ? ['sudo', '-n', 'DEBIAN_FRONTEND=noninteractive', 'apt-get'] : undefined
}

/**
 * Installs the Debian packages of `missing`; `say` gets one line per thing done.
 * @returns what apt-get printed when it failed, an empty string when all went well or apt-get is not ours to call.
 */
export function installMissing(missing: readonly Requirement[], say: (line: string) => void): string {
  const packages = missing.flatMap((requirement) => requirement.packages)
  const apt = packages.length === 0 ? undefined : aptGet()
  if (apt === undefined) return ''
  say(`installing ${packages.join(' ')} with apt-get`)
  const run = (words: readonly string[], limitMs: number): { isDone: boolean; output: string } => {
    const [program = '', ...rest] = [...apt, '-q', '-o', 'DPkg::Lock::Timeout=60', ...words]
    const { status, stdout, stderr, error } = spawnSync(program, rest, {
      timeout: limitMs,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
    const end = error?.message ?? `exit ${status ?? 'by signal'}`
    return { isDone: status === 0, output: `$ apt-get ${words.join(' ')}\n${stdout}${stderr}${end}\n` }
  }
  // A list that cannot be refreshed is often still good enough: only the installation decides.
  const update = run(['update'], UPDATE_LIMIT_MS)
  const install = run(['install', '-y', '--no-install-recommends', ...packages], INSTALL_LIMIT_MS)
  return install.isDone ? '' : `${update.output}${install.output}`
}
