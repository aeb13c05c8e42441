/** The app as a person gets it without Electron: the real core and the built window, in this process, on loopback. */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Reply } from '../../shared/api.ts'
import { systemClock } from '../../shared/clock.ts'
import type { OperationName } from '../../shared/operation-names.ts'
import type { InputOf, OutputOf } from '../../shared/operations.ts'
import { type BrowserWindow, openBrowserWindow } from '../../main/browser-window/serve.ts'
import { type Core, createCore } from '../../main/core.ts'
import type { Sandbox } from '../../main/platforms/sandbox/index.ts'
import { testPorts } from './app.ts'

export interface BrowserApp {
  readonly core: Core
  readonly window: BrowserWindow
  /** The demo's platform side, once the demo is open. */
  sandbox(): Sandbox
  /** Runs an operation as the window, behind the page's back. */
  ask<N extends OperationName>(name: N, input: InputOf<N>): Promise<OutputOf<N>>
  close(): Promise<void>
}

/** Needs the built window in out/renderer. */
export async function startBrowserApp(homeFolder: string, workspace?: string): Promise<BrowserApp> {
  const rendererFolder = join(import.meta.dirname, '../../out/renderer')
  if (!existsSync(join(rendererFolder, 'index.html'))) throw new Error('The window is not built: npm run build')
  const ports = testPorts(homeFolder, systemClock, 'browser')
  let sandbox: Sandbox | undefined
  const core = await createCore(ports, {
    ...(workspace === undefined ? {} : { workspace }),
    onSandbox: (made) => void (sandbox = made),
  })
  const window = await openBrowserWindow({ core, rendererFolder, clock: systemClock, randomBytes, log: ports.log })
  return {
    core,
    window,
    sandbox() {
      if (sandbox === undefined) throw new Error('the demo is not open')
      return sandbox
    },
    async ask(name, input) {
      const reply = (await core.run({ kind: 'window' }, name, input)) as Reply<OutputOf<typeof name>>
      if (!reply.ok) throw new Error(`${name}: ${reply.error.code}: ${reply.error.message}`)
      return reply.value
    },
    async close() {
      await window.close()
      await core.close()
    },
  }
}
