/** What the product is built from: exact versions, nothing that runs on install, a reason for each package. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { LockEntry } from '../support/complete-lock.ts'
import { REPOSITORY } from '../support/source-tree.ts'

interface Manifest {
  readonly dependencies: Record<string, string>
  readonly optionalDependencies: Record<string, string>
  readonly devDependencies: Record<string, string>
  readonly scripts: Record<string, string>
}

const read = (path: string): string => readFileSync(join(REPOSITORY, path), 'utf8')
const manifest = JSON.parse(read('package.json')) as Manifest
const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, LockEntry & { resolved?: string }> }
const packages = { ...manifest.dependencies, ...manifest.optionalDependencies, ...manifest.devDependencies }
const installed = Object.entries(lock.packages).filter(([place]) => place !== '')

/** `1.2.3`, or another name of it: `npm:package@1.2.3`. No range, tag, folder or address. */
const EXACT = /^(npm:(@[\w.-]+\/)?[\w.-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/

/** Scripts npm would run by itself around an install. */
const RUN_BY_NPM = ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish', 'preprepare', 'postprepare']

/** The names of README's list of dependencies with the text that follows them on their line. */
function listedInReadme(readme: string): readonly (readonly [name: string, reason: string])[] {
  const [, section = ''] = /^#+ +Dependencies\b[^\n]*\n([\s\S]*?)(?=^#+ |(?![\s\S]))/im.exec(readme) ?? []
  return section.split('\n').flatMap((line) => {
    // One line may name several packages that come together: - `react`, `react-dom`: why
    const [start = '', names = ''] = /^\s*[-*|]\s*((?:`[^`]+`(?:,| and|\s)*)+)/.exec(line) ?? []
    const reason = line.slice(start.length).replace(/^[\s:|–—-]+/, '')
    return [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => [name, reason] as const)
  })
}

/** Whether a package without an integrity hash could be fetched where the product is built and tested. */
const isForeignTool = ({ dev, optional, os, cpu, libc }: LockEntry): boolean =>
  dev === true &&
  optional === true &&
  ((os !== undefined && !os.includes('linux')) ||
    (cpu !== undefined && !cpu.includes('x64')) ||
    libc?.includes('musl') === true)

describe('package.json', () => {
  test.each(Object.entries(packages))('%s is pinned to one version', (_name, version) => {
    expect(version).toMatch(EXACT)
  })

  test('runs nothing by itself on install', () => {
    expect(Object.keys(manifest.scripts).filter((name) => RUN_BY_NPM.includes(name))).toEqual([])
  })

  test('no package is listed twice', () => {
    const names = [manifest.dependencies, manifest.optionalDependencies, manifest.devDependencies].flatMap(Object.keys)
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([])
  })
})

describe('.npmrc', () => {
  const settings = read('.npmrc')
    .split('\n')
    .map((line) => line.replaceAll(' ', ''))

  test('lets no package run a script on install, and writes exact versions and no address into the lock', () => {
    for (const setting of ['ignore-scripts=true', 'save-exact=true', 'omit-lockfile-registry-resolved=true']) {
      expect(settings).toContain(setting)
    }
  })

  test('names no registry and holds no credentials', () => {
    expect(settings.filter((line) => /registry=|_auth|token|password|\/\//i.test(line))).toEqual([])
  })
})

describe('package-lock.json', () => {
  test('was made for this package.json', () => {
    const root = lock.packages[''] as unknown as Manifest
    const { dependencies, optionalDependencies, devDependencies } = root
    expect({ ...dependencies, ...optionalDependencies, ...devDependencies }).toEqual(packages)
  })

  test('every package has an integrity hash, but for tools of platforms where nothing is built or tested', () => {
    const without = installed.filter(([, entry]) => entry.integrity === undefined && entry.inBundle !== true)
    expect(without.filter(([, entry]) => !isForeignTool(entry)).map(([place]) => place)).toEqual([])
  })

  test('every hash is SHA-512', () => {
    const weak = installed.filter(([, { integrity }]) => integrity !== undefined && !integrity.startsWith('sha512-'))
    expect(weak.map(([place]) => place)).toEqual([])
  })

  test('comes from registries only and says nothing about which', () => {
    const elsewhere = installed.filter(([, { resolved, link }]) => resolved !== undefined || link === true)
    expect(elsewhere.map(([place]) => place)).toEqual([])
  })
})

describe('the list of dependencies in README', () => {
  const readme = existsSync(join(REPOSITORY, 'README.md')) ? read('README.md') : ''
  const listed = listedInReadme(readme)

  test('has every package once', () => {
    expect(listed.map(([name]) => name).toSorted()).toEqual(Object.keys(packages).toSorted())
  })

  test('has a reason for each', () => {
    expect(listed.filter(([, reason]) => reason.split(/\s+/).length < 3).map(([name]) => name)).toEqual([])
  })

  test('is read by its lines', () => {
    const sample =
      '# X\n- `no`: not here\n\n## Dependencies\n\nWords.\n- `a`: for this and that\n- `b`, `@c/d`: because\n| `e` | in a table too |\n\n## Next\n- `f`: nor here'
    expect(listedInReadme(sample)).toEqual([
      ['a', 'for this and that'],
      ['b', 'because'],
      ['@c/d', 'because'],
      ['e', 'in a table too |'],
    ])
  })
})
