/**
 * The start of the desktop app, in order, on one page. Security before anything that could be attacked, the core before the
 * window. Knows no advertising; the core is handed in.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { app, dialog, session } from 'electron'
import type { Clock } from '../shared/clock.ts'
import { OperationError } from '../shared/errors.ts'
import type { Environment } from '../main/environment.ts'
import type { Logger } from '../main/logger.ts'
import type { Ports } from '../main/ports.ts'
import type { WindowPort } from '../main/window-port.ts'
import { readArguments } from './arguments.ts'
import { bindOperations } from './ipc.ts'
import { bindLifecycle, claimSingleInstance } from './lifecycle.ts'
import { installMenu } from './menu.ts'
import { electronPorts } from './ports.ts'
import { denyNavigation } from './security/navigation.ts'
import { cancelRequests } from './security/network.ts'
import { denyPermissions } from './security/permissions.ts'
import { placeOfPage } from './security/place.ts'
import { registerAppScheme, serveApp } from './security/protocol.ts'
import { createShellWindow, type ShellWindow } from './window.ts'

export interface ShellCore extends WindowPort {
  close(): Promise<void>
}

export interface ShellStart {
  readonly environment: Environment
  readonly clock: Clock
  readonly log: Logger
  readonly mcpPort: number
  /** The command line of this process. */
  readonly argv: readonly string[]
  /**
   * Opens the core. `onShow` is to be called when a second start of any shell asks the owner of the workspace to show itself.
   * `undefined` when another process owns the workspace and has been asked.
   */
  readonly openCore: (
    ports: Ports,
    start: { readonly workspace: string | undefined; readonly onShow: () => void },
  ) => Promise<ShellCore | undefined>
}

/** Switches that would open the sandbox or the process to others. An installed app does not start with one. */
const REFUSED_WHEN_PACKAGED = ['no-sandbox', 'remote-debugging-port', 'remote-debugging-pipe', 'disable-web-security']

/** Resolves when the window is open, or when this process has decided to end. Never rejects. */
export async function startShell(start: ShellStart): Promise<void> {
  const { log, environment } = start
  const isMac = environment.platform === 'darwin'
  if (app.isPackaged && REFUSED_WHEN_PACKAGED.some((name) => app.commandLine.hasSwitch(name))) return app.exit(1)

  // Before the app is ready: the sandbox, our scheme, the profile folder, the only instance, the guards of every page.
  app.enableSandbox()
  registerAppScheme()
  const profileFolder = join(environment.homeFolder, 'electron')
  mkdirSync(profileFolder, { recursive: true, mode: 0o700 }) // setPath throws for a folder that is not there
  app.setPath('userData', profileFolder)
  let window: ShellWindow | undefined
  const show = (): void => window?.show()
  if (!claimSingleInstance(show)) return app.exit(0)
  denyNavigation(log)

  await app.whenReady()
  const args = readArguments(start.argv)
  const place = placeOfPage(app.isPackaged, environment.electronRendererUrl)
  denyPermissions(session.defaultSession, place, log)
  cancelRequests(session.defaultSession, place, app.isPackaged, log)
  serveApp(session.defaultSession, join(app.getAppPath(), 'out', 'renderer'))

  try {
    const ports = electronPorts({
      clock: start.clock,
      log,
      homeFolder: environment.homeFolder,
      mcpPort: start.mcpPort,
      isMac,
      nodeBinary: args.nodeBinary,
      onNotificationClick: show,
    })
    const core = await start.openCore(ports, { workspace: args.workspace, onShow: show })
    if (core === undefined) return app.exit(0)

    window = createShellWindow({
      place,
      appFolder: app.getAppPath(),
      preloadFile: join(app.getAppPath(), 'out', 'preload', 'index.cjs'),
      boundsFile: join(environment.homeFolder, 'electron', 'window.json'),
      isPackaged: app.isPackaged,
      log,
    })
    bindOperations({ core, place, window, log })
    bindLifecycle({ core, window, isMac, log })
    installMenu(isMac, app.isPackaged)
    show()
  } catch (error) {
    giveUp(error, log)
  }
}

function giveUp(error: unknown, log: Logger): void {
  log.error('app.start_failed', error)
  const [message, hint] =
    error instanceof OperationError
      ? [error.message, error.hint]
      : ['SpendSignoff could not start. Nothing was changed.', 'The reason is in the local log, logs/app.log.']
  dialog.showErrorBox('SpendSignoff', `${message}\n\n${hint}`)
  app.exit(1)
}
