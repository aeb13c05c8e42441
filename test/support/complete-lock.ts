/**
 * `npm run lock:complete`, after `npm install` on a registry that lacks some foreign-platform builds of a tool.
 * npm then leaves those optional packages out of the lock and `npm ci` refuses it ("Missing: … from lock file").
 * This writes them in by name and exact version, for their platform only. It invents no integrity hash: on the platforms
 * of the entries it adds, npm checks them for the first time when it fetches them. It never touches an entry that is there.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'

export interface LockEntry {
  readonly version?: string
  readonly dev?: boolean
  readonly devOptional?: boolean
  readonly optional?: boolean
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
  readonly libc?: readonly string[]
  readonly integrity?: string
  readonly inBundle?: boolean
  readonly link?: boolean
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

export interface Lock {
  readonly packages: Readonly<Record<string, LockEntry>>
}

const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']
const PROCESSORS = ['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64', 'wasm32']

/** The words of a platform package's name: `@oxlint/binding-linux-x64-musl` → binding, linux, x64, musl. */
function platformOf(name: string): Pick<LockEntry, 'os' | 'cpu' | 'libc'> {
  const words = name.split('/').at(-1)?.split('-') ?? []
  const system = SYSTEMS.find((os) => words.includes(os))
  const processor = PROCESSORS.find((cpu) => words.includes(cpu))
  const isMusl = words.some((word) => word.startsWith('musl'))
  const isGlibc = words.some((word) => word.startsWith('gnu'))
  return {
    ...(system === undefined ? {} : { os: [system] }),
    ...(processor === undefined ? {} : { cpu: [processor] }),
    ...(isMusl ? { libc: ['musl'] } : {}),
    ...(isGlibc ? { libc: ['glibc'] } : {}),
  }
}

/** Where Node would find `name` from `place`: the nearest node_modules folder upwards that has it. */
function isFound(packages: Lock['packages'], place: string, name: string): boolean {
  for (let folder = place; ; ) {
    if (packages[`${folder === '' ? '' : `${folder}/`}node_modules/${name}`] !== undefined) return true
    if (folder === '') return false
    const end = folder.lastIndexOf('node_modules/')
    folder = folder.slice(0, Math.max(0, end - 1))
  }
}

/**
 * The lock with every missing optional platform package written in, and their names.
 * Only exact versions can be completed: a range would be a guess.
 */
export function completeLock<L extends Lock>(lock: L): { lock: L; added: readonly string[] } {
  const packages: Record<string, LockEntry> = { ...lock.packages }
  const added: string[] = []
  for (const [place, entry] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      const platform = platformOf(name)
      const isPlatformPackage = platform.os !== undefined || platform.cpu !== undefined
      if (!isPlatformPackage || !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version) || isFound(packages, place, name)) continue
      const isDev = entry.dev === true || entry.devOptional === true
      packages[`node_modules/${name}`] = { version, ...platform, ...(isDev ? { dev: true } : {}), optional: true }
      added.push(`${name}@${version}`)
    }
  }
  const inOrder = Object.entries(packages).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return { lock: { ...lock, packages: Object.fromEntries(inOrder) }, added }
}

if (process.argv[1] === import.meta.filename) {
  const file = resolve(import.meta.dirname, '../../package-lock.json')
  const { lock, added } = completeLock(JSON.parse(readFileSync(file, 'utf8')) as Lock)
  if (added.length > 0) writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
  console.log(added.length === 0 ? 'Nothing is missing.' : `Added ${added.length}:\n  ${added.join('\n  ')}`)
}
