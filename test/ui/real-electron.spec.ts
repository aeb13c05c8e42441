/**
 * The main story's start in the real desktop app. Everything else about the shell is tested without its binary; this is what only
 * the binary can show. Skipped, with the reason printed, where it is not installed.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { _electron, type ElectronApplication, expect, test } from '@playwright/test'
import { chooseShell } from '../../electron/choose-shell.ts'
import { readEnvironment } from '../../main/environment.ts'
import type { WindowApi } from '../../shared/api.ts'
import { OPERATION_NAMES } from '../../shared/operation-names.ts'

/** Inside the page. */
type AppWindow = typeof globalThis & { readonly spendsignoff?: WindowApi }

const root = resolve(import.meta.dirname, '../..')
const environment = readEnvironment()
const choice = chooseShell({
  electronPackageFolder: dirname(createRequire(import.meta.url).resolve('electron/package.json')),
  overrideFolder: environment.electronOverrideFolder,
  hasDisplay: environment.hasDisplay,
  isRootOnLinux: environment.platform === 'linux' && process.getuid?.() === 0,
})
const reason =
  choice.shell === 'browser'
    ? choice.why
    : existsSync(join(root, 'out/main/index.js'))
      ? undefined
      : 'The app is not built.'
if (reason !== undefined) process.stderr.write(`real-electron.spec.ts is skipped. ${reason}\n`)

test.describe('the real desktop app', () => {
  test.skip(reason !== undefined, `The desktop app cannot be shown here. ${reason ?? ''}`)

  let app: ElectronApplication
  let home: string
  test.beforeAll(async () => {
    if (choice.shell !== 'electron') return
    home = mkdtempSync(join(tmpdir(), 'spendsignoff-electron-'))
    app = await _electron.launch({
      executablePath: choice.binary,
      args: [root, '--workspace', 'demo'],
      env: { ...process.env, SPENDSIGNOFF_HOME: home },
    })
  })
  test.afterAll(async () => {
    await app?.close()
    if (home !== undefined) rmSync(home, { recursive: true, force: true })
  })

  test('opens the demo in one sandboxed window, with the operations and nothing of Node', async () => {
    const page = await app.firstWindow()
    expect(page.url()).toMatch(/^app:\/\/spendsignoff\/index\.html/)
    const inside = await page.evaluate(() => ({
      operations: Object.keys((globalThis as AppWindow).spendsignoff ?? {}),
      isFrozen: Object.isFrozen((globalThis as AppWindow).spendsignoff),
      node: ['require', 'process', 'module', 'Buffer', 'ipcRenderer'].filter((name) => name in window),
    }))
    expect(inside).toEqual({ operations: [...OPERATION_NAMES], isFrozen: true, node: [] })
    await expect
      .poll(
        async () => await page.evaluate(async () => await (globalThis as AppWindow).spendsignoff?.get_app_state({})),
        {
          timeout: 30_000,
        },
      )
      .toMatchObject({ ok: true, value: { phase: 'ready', shell: 'electron', workspace: { is_demo: true } } })
    expect(app.windows()).toHaveLength(1)
  })

  test('the page can neither connect, nor run an inline script, nor go anywhere, nor open a window', async () => {
    const page = await app.firstWindow()
    const before = page.url()
    const attempts = await page.evaluate(async () => ({
      fetched: await fetch('https://example.com').then(
        () => true,
        () => false,
      ),
      ran: (() => {
        const script = document.createElement('script')
        script.textContent = 'window.inlineScriptRan = true'
        document.body.append(script)
        return 'inlineScriptRan' in window
      })(),
      opened: window.open('https://example.com') !== null,
    }))
    expect(attempts).toEqual({ fetched: false, ran: false, opened: false })
    await page.evaluate(() => {
      window.location.href = 'https://example.com/?app://spendsignoff'
    })
    await page.waitForTimeout(500)
    expect(page.url()).toBe(before)
    expect(app.windows()).toHaveLength(1)
  })
})
