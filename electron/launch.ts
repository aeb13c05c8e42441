/**
 * `npm start`: the desktop app where it can run, else the browser window. Plain Node; it never imports `electron`, touches no
 * network, and passes on what it was given.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { readEnvironment } from '../main/environment.ts'
import { NODE_SWITCH } from './arguments.ts'
import { chooseShell } from './choose-shell.ts'

/** A desktop app that dies this soon by a signal never showed its window (no user namespaces, no GPU, a broken library). */
const EARLY_DEATH_MS = 10_000
const CRASHES: readonly string[] = ['SIGTRAP', 'SIGABRT', 'SIGSEGV', 'SIGILL', 'SIGBUS']

/** Ctrl-C reaches the program by itself. */
const ignore = (): void => {}
const root = join(import.meta.dirname, '..')
const given = process.argv.slice(2)
const environment = readEnvironment()
// The package's folder, without running the package. Asking for its manifest starts no download.
const electronPackageFolder = dirname(createRequire(import.meta.url).resolve('electron/package.json'))

const choice = chooseShell({
  electronPackageFolder,
  overrideFolder: environment.electronOverrideFolder,
  hasDisplay: environment.hasDisplay,
  isRootOnLinux: environment.platform === 'linux' && process.getuid?.() === 0,
})

if (choice.shell === 'browser') {
  process.exitCode = await openInBrowser(choice.why)
} else {
  const startedMs = performance.now()
  const end = await run(choice.binary, [root, `${NODE_SWITCH}=${process.execPath}`, ...given])
  const isCrash = end.signal !== null && CRASHES.includes(end.signal)
  process.exitCode =
    isCrash && performance.now() - startedMs < EARLY_DEATH_MS
      ? await openInBrowser(`The desktop window ended at once (${end.signal}).`)
      : end.code
}

async function openInBrowser(why: string): Promise<number> {
  process.stderr.write(`${why} Opening SpendSignoff in your browser instead.\n`)
  return (await run(process.execPath, [join(root, 'main', 'cli', 'main.ts'), 'open', ...given])).code
}

/** Runs a program in this terminal until it ends, however long it takes to close. */
async function run(program: string, args: readonly string[]): Promise<{ code: number; signal: NodeJS.Signals | null }> {
  if (!existsSync(program)) return { code: 1, signal: null }
  const child = spawn(program, args, { stdio: 'inherit', cwd: root })
  const pass = (signal: NodeJS.Signals) => child.kill(signal)
  process.on('SIGINT', ignore)
  process.on('SIGTERM', pass)
  process.on('SIGHUP', pass)
  try {
    return await new Promise((resolve) => {
      child.once('error', (error) => {
        process.stderr.write(`${error.message}\n`)
        resolve({ code: 1, signal: null })
      })
      child.once('close', (code, signal) => resolve({ code: code ?? 1, signal }))
    })
  } finally {
    process.off('SIGINT', ignore)
    process.off('SIGTERM', pass)
    process.off('SIGHUP', pass)
  }
}
