/**
 * The app's window: the only place that makes one, with settings that nobody can loosen. Never more than one; never knows
 * what is shown in it.
 */
import { join } from 'node:path'
import { BrowserWindow, nativeTheme, screen, type WebContents } from 'electron'
import type { Logger } from '../main/logger.ts'
import type { Place } from './security/place.ts'
import { MIN_HEIGHT, MIN_WIDTH, readWindowPlace, writeWindowPlace } from './window-bounds.ts'

/**
 * Everything that keeps the page inside its sandbox. Defaults are written out, so that a changed default changes nothing and
 * a reader sees the whole list.
 */
export const SECURE_WEB_PREFERENCES = Object.freeze({
  sandbox: true,
  contextIsolation: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webSecurity: true,
  allowRunningInsecureContent: false,
  experimentalFeatures: false,
  webviewTag: false,
  plugins: false,
  navigateOnDragDrop: false,
  spellcheck: false,
})

export interface ShellWindow {
  /** Opens the window, or brings the open one to the front. */
  show(): void
  /** Takes the window away from the screen while the core closes. */
  hide(): void
  /** Fires when the page that sent a message is gone; undefined for a web contents that is not our window. */
  signalOf(contents: WebContents): AbortSignal | undefined
}

export interface ShellWindowOptions {
  readonly place: Place
  readonly appFolder: string
  readonly preloadFile: string
  /** Where the window's position is remembered. */
  readonly boundsFile: string
  readonly isPackaged: boolean
  readonly log: Logger
}

/** A page that crashes is loaded again, but not for ever. */
const MAX_RELOADS = 3

export function createShellWindow(options: ShellWindowOptions): ShellWindow {
  let current: { readonly window: BrowserWindow; page: AbortController } | undefined

  function open(): void {
    const { width, height, x, y, isMaximized } = readWindowPlace(
      options.boundsFile,
      screen.getAllDisplays().map((display) => display.workArea),
    )
    const window = new BrowserWindow({
      width,
      height,
      ...(x === undefined || y === undefined ? {} : { x, y }),
      minWidth: MIN_WIDTH,
      minHeight: MIN_HEIGHT,
      title: 'SpendSignoff',
      icon: join(options.appFolder, 'resources', 'icon.png'),
      backgroundColor: nativeTheme.shouldUseDarkColors ? '#111417' : '#ffffff',
      show: false,
      webPreferences: { ...SECURE_WEB_PREFERENCES, preload: options.preloadFile, devTools: !options.isPackaged },
    })
    if (isMaximized) window.maximize()
    const opened = { window, page: new AbortController() }
    current = opened
    window.once('ready-to-show', () => window.show())
    window.on('close', () => writeWindowPlace(options.boundsFile, window.getNormalBounds(), window.isMaximized()))
    window.on('closed', () => {
      opened.page.abort()
      if (current === opened) current = undefined
    })
    reloadAfterCrash(opened)
    window.loadURL(options.place.url).catch((error: unknown) => {
      options.log.error('window.load_failed', error)
      window.show() // an empty window that can be closed is better than none
    })
  }

  function reloadAfterCrash(opened: { readonly window: BrowserWindow; page: AbortController }): void {
    let reloads = 0
    opened.window.webContents.on('render-process-gone', (_event, { reason, exitCode }) => {
      options.log.error('window.page_gone', new Error(reason), { exitCode, reloads })
      opened.page.abort()
      if (reason === 'clean-exit' || reloads >= MAX_RELOADS) return
      reloads += 1
      opened.page = new AbortController()
      opened.window.webContents.reload()
    })
  }

  return {
    show: () => {
      if (current === undefined) return open()
      if (current.window.isMinimized()) current.window.restore()
      current.window.show()
      current.window.focus()
    },
    hide: () => current?.window.hide(),
    signalOf: (contents) => (current?.window.webContents === contents ? current.page.signal : undefined),
  }
}
