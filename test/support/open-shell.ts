/** Starts the desktop shell on the fake Electron, with a recording core, the way electron/main.ts does. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describeEnvironment } from '../../main/environment.ts'
import type { Ports } from '../../main/ports.ts'
import { type ShellStart, startShell } from '../../electron/start.ts'
import { app, resetElectron } from './fake-electron.ts'
import { RecordingCore } from './recording-core.ts'
import { makeTempFolder } from './temp-folder.ts'

export interface OpenShell {
  readonly core: RecordingCore
  readonly folder: string
  readonly log: string[]
  readonly ports: Ports[]
  readonly starts: { readonly workspace: string | undefined; readonly onShow: () => void }[]
}

/** @param change replaces parts of the start; `prepare` runs after the reset and before the start. */
export async function openShell(change: Partial<ShellStart> = {}, prepare: () => void = () => {}): Promise<OpenShell> {
  resetElectron()
  const core = new RecordingCore()
  const folder = makeTempFolder('shell')
  const log: string[] = []
  const ports: Ports[] = []
  const starts: OpenShell['starts'] = []
  app.appPath = folder
  mkdirSync(join(folder, 'out', 'renderer'), { recursive: true })
  writeFileSync(join(folder, 'out', 'renderer', 'index.html'), '<!doctype html><title>SpendSignoff</title>')
  prepare()
  await startShell({
    environment: describeEnvironment({ SPENDSIGNOFF_HOME: folder }, 'linux', folder),
    clock: { nowMs: () => 1, monotonicMs: () => 1 },
    log: {
      info: (event, facts) => log.push(`${event} ${JSON.stringify(facts ?? {})}`),
      error: (event, error) => log.push(`${event} ${String(error)}`),
    },
    mcpPort: 0,
    argv: ['electron', folder],
    openCore: async (given, start) => {
      ports.push(given)
      starts.push(start)
      return core
    },
    ...change,
  })
  return { core, folder, log, ports, starts }
}
