import { spawn } from 'node:child_process'
import { cpSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build } from 'vite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import config from '../../electron/build.config.ts'
import { WINDOW_OPERATIONS } from '../../main/window-port.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

const root = resolve(import.meta.dirname, '../..')
/** Inside the checkout, so that the bundle finds node_modules as the real one does. */
const folder = join(root, 'out', 'test', `built-app-${process.pid}`)

beforeAll(async () => {
  const main = 'main' in config ? config.main : undefined
  if (main?.build === undefined) throw new Error('the build has no main process')
  const { externalizeDeps: _ours, ...settings } = main.build as Record<string, unknown>
  await build({
    configFile: false,
    root,
    logLevel: 'silent',
    build: { ...settings, outDir: folder, emptyOutDir: true, ssr: true },
  })
  cpSync(join(root, 'main', 'store', 'migrations'), join(folder, 'migrations'), { recursive: true })
  cpSync(join(root, 'main/reporting/exchange/ecb-reference-rates.csv'), join(folder, 'ecb-reference-rates.csv'))
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

test('the built desktop app opens the demo with its real core, answers its page alone, and closes cleanly', async () => {
  const home = makeTempFolder('built-app')
  const script = resolve(root, 'test/support/run-built-app.ts')
  const child = spawn(process.execPath, [script, join(folder, 'index.js'), root], {
    cwd: home,
    env: { PATH: process.env['PATH'], HOME: home, SPENDSIGNOFF_HOME: join(home, 'spendsignoff') },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const code = await new Promise<number | null>((done) => child.once('close', (exit) => done(exit)))
  expect([code, err]).toEqual([0, ''])
  expect(JSON.parse(out)).toMatchObject({
    windows: 1,
    handlers: WINDOW_OPERATIONS.length,
    state: {
      ok: true,
      value: { phase: 'ready', shell: 'electron', workspace: { is_demo: true }, confirm_needs_passphrase: false },
    },
    policy: { ok: true },
    forged: { ok: false, error: { code: 'not_allowed' } },
  })
})
