import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { beforeEach, describe, expect, test, type TestContext } from 'vitest'
import { isBridgeStart, readArguments } from '../../electron/arguments.ts'
import { chooseShell, type Surroundings } from '../../electron/choose-shell.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

let folder: string
let surroundings: Surroundings
beforeEach(() => {
  folder = makeTempFolder('launch')
  surroundings = {
    electronPackageFolder: folder,
    overrideFolder: undefined,
    hasDisplay: true,
    isRootOnLinux: false,
  }
})

function install(program = 'electron'): string {
  mkdirSync(join(folder, 'dist'), { recursive: true })
  writeFileSync(join(folder, 'path.txt'), program)
  writeFileSync(join(folder, 'dist', program), '')
  return join(folder, 'dist', program)
}

describe('npm start chooses', () => {
  test('Electron, when its installer has been here', () => {
    const binary = install()
    expect(chooseShell(surroundings)).toEqual({ shell: 'electron', binary })
  })

  test("a person's own Electron wins, installed or not", () => {
    install()
    const own = join(folder, 'own')
    mkdirSync(own)
    writeFileSync(join(own, 'electron'), '')
    const choice = chooseShell({ ...surroundings, electronPackageFolder: join(folder, 'absent'), overrideFolder: own })
    expect(choice).toEqual({ shell: 'electron', binary: join(own, 'electron') })
    expect(chooseShell({ ...surroundings, overrideFolder: own })).toEqual({
      shell: 'electron',
      binary: join(own, 'electron'),
    })
  })

  const reasons: readonly (readonly [string, boolean, Partial<Surroundings>, RegExp])[] = [
    ['the binary is not there', false, {}, /binary is not installed/],
    ['the override names an empty folder', true, { overrideFolder: '/nonexistent' }, /binary is not installed/],
    ['there is no display', true, { hasDisplay: false }, /no display/],
    ['the person is root', true, { isRootOnLinux: true }, /sandbox on/],
  ]
  test.each(reasons)('the browser window, in one line, when %s', (_title, isInstalled, change, why) => {
    if (isInstalled) install()
    const choice = chooseShell({ ...surroundings, ...change })
    if (choice.shell !== 'browser') throw new Error('Electron was chosen')
    expect(choice.why).toMatch(why)
    expect(choice.why).not.toContain('\n')
  })

  test('half an installation (a name without a program) is none', () => {
    mkdirSync(join(folder, 'dist'))
    writeFileSync(join(folder, 'path.txt'), 'electron')
    expect(chooseShell(surroundings).shell).toBe('browser')
  })
})

describe('npm start runs', () => {
  // Root is sent to the browser window: as root, these tests start the launcher as nobody, if nobody can read this checkout.
  const isRoot = process.getuid?.() === 0
  const someUser = isRoot ? { uid: 65_534, gid: 65_534 } : {}
  const needPosix = (context: TestContext): void => {
    if (process.platform === 'win32') context.skip('the stand-in for Electron is a shell script')
    if (isRoot && !canEverybodyEnter(import.meta.dirname)) context.skip('root, in a checkout that nobody else may read')
  }

  test('the chosen Electron with the workspace and its own Node, and ends as it ends', async (context) => {
    needPosix(context)
    chmodSync(folder, 0o755)
    const variables = { ELECTRON_OVERRIDE_DIST_PATH: standIn('exit 7'), DISPLAY: ':0' }
    const end = await launch(['--workspace', 'demo'], variables, someUser)
    expect(end.code).toBe(7)
    const root = resolve(import.meta.dirname, '../..')
    expect(end.out.trim().split('\n')).toEqual([root, `--spendsignoff-node=${process.execPath}`, '--workspace', 'demo'])
  })

  test('the browser window otherwise, after one line that says why', async () => {
    // An unknown option makes the command line end at once with its usage: proof that it was reached, without a server.
    const end = await launch(['--not-an-option'], { DISPLAY: '', WAYLAND_DISPLAY: '' })
    const [first, second] = end.err.split('\n')
    expect(first).toMatch(/^No desktop window: .+ Opening SpendSignoff in your browser instead\.$/)
    expect(second).toContain('--not-an-option')
    expect(end.code).toBe(2)
  })

  test('the browser window as well when the desktop window dies at once', async (context) => {
    needPosix(context)
    chmodSync(folder, 0o755)
    const variables = { ELECTRON_OVERRIDE_DIST_PATH: standIn('ulimit -c 0; kill -TRAP $$'), DISPLAY: ':0' }
    const end = await launch(['--not-an-option'], variables, someUser)
    expect(end.err).toContain(
      'The desktop window ended at once (SIGTRAP). Opening SpendSignoff in your browser instead.',
    )
    expect(end.err).toContain('--not-an-option')
    expect(end.code).toBe(2)
  })
})

/** A stand-in for the Electron program: says what it was given, then ends as told. */
function standIn(ending: string): string {
  const own = join(folder, 'own')
  mkdirSync(own, { recursive: true })
  writeFileSync(join(own, 'electron'), `#!/bin/sh\nprintf '%s\\n' "$@"\n${ending}\n`)
  chmodSync(join(own, 'electron'), 0o755)
  return own
}

async function launch(
  args: readonly string[],
  variables: Record<string, string>,
  user: { uid?: number; gid?: number } = {},
) {
  const child = spawn(process.execPath, [resolve(import.meta.dirname, '../../electron/launch.ts'), ...args], {
    env: { PATH: process.env['PATH'], HOME: folder, SPENDSIGNOFF_HOME: join(folder, 'home'), ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...user,
  })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const code = await new Promise<number | null>((done) => child.once('close', (exit) => done(exit)))
  return { code, out, err }
}

function canEverybodyEnter(path: string): boolean {
  const isOpen = (statSync(path).mode & 0o005) === 0o005
  return isOpen && (dirname(path) === path || canEverybodyEnter(dirname(path)))
}

describe("the app's own switches", () => {
  test('are found among those of Chromium', () => {
    const argv = ['electron', '/app', '--enable-features=A', '--workspace', 'demo', '--spendsignoff-node=/n', '--x']
    expect(readArguments(argv)).toEqual({ workspace: 'demo', nodeBinary: '/n' })
    expect(readArguments(['electron', '/app', '--workspace=/a b'])).toEqual({
      workspace: '/a b',
      nodeBinary: undefined,
    })
  })

  test.each([[['--workspace']], [['--workspace=']], [['--workspace', '--x']], [['--workspaces', 'x']]])(
    '%j names no workspace',
    (argv) => {
      expect(readArguments(argv).workspace).toBeUndefined()
    },
  )

  test('only an installed app is a bridge, and only when asked first thing', () => {
    expect(isBridgeStart(['SpendSignoff', 'mcp'], true)).toBe(true)
    expect(isBridgeStart(['SpendSignoff', '--workspace', 'mcp'], true)).toBe(false)
    expect(isBridgeStart(['electron', 'mcp'], false)).toBe(false)
  })
})
