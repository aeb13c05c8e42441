/**
 * A small Electron for tests in plain Node: it records what the shell asks for and lets a test play the other side (a page, a
 * second start, a person who quits). It knows nothing of the product. Only the parts the shell uses exist; using another one
 * fails the test instead of passing quietly.
 */
import { EventEmitter } from 'node:events'
import type * as Electron from 'electron'

type Handler = (event: Electron.IpcMainInvokeEvent, ...args: unknown[]) => unknown
type Permissions = Pick<Electron.Session, 'setPermissionRequestHandler' | 'setPermissionCheckHandler'>
type First<T> = T extends (first: infer F, ...rest: never[]) => unknown ? F : never

export interface FakeFrame {
  readonly url: string
  readonly origin: string
  readonly parent: FakeFrame | null
}

/** Everything recorded since `resetElectron`. */
export const seen = {
  windows: [] as BrowserWindow[],
  handlers: new Map<string, Handler>(),
  exposed: new Map<string, unknown>(),
  invoked: [] as { readonly channel: string; readonly args: readonly unknown[] }[],
  schemes: [] as Electron.CustomScheme[],
  protocolHandlers: new Map<string, (request: Request) => Response | Promise<Response>>(),
  openedOutside: [] as string[],
  notifications: [] as Notification[],
  errorBoxes: [] as { readonly title: string; readonly content: string }[],
  exits: [] as number[],
  quits: 0,
  isSandboxEnabled: false,
  menu: undefined as readonly Electron.MenuItemConstructorOptions[] | undefined,
}

/** What the test decides about the machine. */
export const world = {
  isFirstInstance: true,
  switches: new Set<string>(),
  displays: [{ x: 0, y: 0, width: 1920, height: 1080 }] as Electron.Rectangle[],
  answerInvoke: (_channel: string, _args: readonly unknown[]): unknown => undefined,
  failLoad: undefined as Error | undefined,
  /** Whether Touch ID is there, and what a person does with its prompt. */
  hasTouchId: false,
  touch: async (_reason: string): Promise<void> => undefined,
}

class FakeApp extends EventEmitter {
  isPackaged = false
  appPath = '/nowhere'
  paths = new Map<string, string>()
  commandLine = { hasSwitch: (name: string): boolean => world.switches.has(name) }
  enableSandbox(): void {
    seen.isSandboxEnabled = true
  }
  requestSingleInstanceLock(): boolean {
    return world.isFirstInstance
  }
  async whenReady(): Promise<void> {}
  getAppPath(): string {
    return this.appPath
  }
  setPath(name: string, path: string): void {
    this.paths.set(name, path)
  }
  /** As in Electron: `before-quit` may prevent it; otherwise it is over. */
  quit(): void {
    let isPrevented = false
    this.emit('before-quit', { preventDefault: () => (isPrevented = true) })
    if (!isPrevented) seen.quits += 1
  }
  exit(code = 0): void {
    seen.exits.push(code)
  }
}
export const app = new FakeApp()

export class WebContents extends EventEmitter {
  reloads = 0
  openHandler: ((details: { url: string }) => { action: 'deny' | 'allow' }) | undefined
  setWindowOpenHandler(handler: (details: { url: string }) => { action: 'deny' | 'allow' }): void {
    this.openHandler = handler
  }
  reload(): void {
    this.reloads += 1
  }
  /** Emits an event that can be prevented; answers whether it was. */
  attempt(name: string, ...details: unknown[]): boolean {
    let isPrevented = false
    this.emit(name, { preventDefault: () => (isPrevented = true) }, ...details)
    return isPrevented
  }
}

export class BrowserWindow extends EventEmitter {
  readonly options: Electron.BrowserWindowConstructorOptions
  readonly webContents = new WebContents()
  loaded: string[] = []
  calls: string[] = []
  bounds: Electron.Rectangle
  isMinimizedNow = false
  isMaximizedNow = false
  constructor(options: Electron.BrowserWindowConstructorOptions) {
    super()
    this.options = options
    this.bounds = { x: options.x ?? 10, y: options.y ?? 10, width: options.width ?? 0, height: options.height ?? 0 }
    seen.windows.push(this)
    app.emit('web-contents-created', {}, this.webContents)
  }
  async loadURL(url: string): Promise<void> {
    this.loaded.push(url)
    if (world.failLoad !== undefined) throw world.failLoad
    this.emit('ready-to-show')
  }
  show(): void {
    this.calls.push('show')
  }
  hide(): void {
    this.calls.push('hide')
  }
  focus(): void {
    this.calls.push('focus')
  }
  restore(): void {
    this.isMinimizedNow = false
    this.calls.push('restore')
  }
  maximize(): void {
    this.isMaximizedNow = true
  }
  isMinimized(): boolean {
    return this.isMinimizedNow
  }
  isMaximized(): boolean {
    return this.isMaximizedNow
  }
  getNormalBounds(): Electron.Rectangle {
    return this.bounds
  }
  /** A person closes it. */
  close(): void {
    this.emit('close')
    this.emit('closed')
  }
}

export const ipcMain = {
  handle(channel: string, handler: Handler): void {
    if (seen.handlers.has(channel)) throw new Error(`Attempted to register a second handler for '${channel}'`)
    seen.handlers.set(channel, handler)
  },
}

export const ipcRenderer = {
  invoke: async (channel: string, ...args: unknown[]): Promise<unknown> => {
    seen.invoked.push({ channel, args })
    return world.answerInvoke(channel, args)
  },
}

export const contextBridge = {
  exposeInMainWorld(name: string, api: unknown): void {
    seen.exposed.set(name, api)
  },
}

class FakeSession extends EventEmitter {
  permissionRequest: First<Permissions['setPermissionRequestHandler']> = null
  permissionCheck: First<Permissions['setPermissionCheckHandler']> = null
  devicePermission: ((details: unknown) => boolean) | null = null
  beforeRequest:
    | ((details: { url: string; resourceType: string }, callback: (answer: { cancel?: boolean }) => void) => void)
    | null = null
  isSpellCheckerEnabled = true
  readonly protocol = {
    handle: (scheme: string, handler: (request: Request) => Response | Promise<Response>): void => {
      seen.protocolHandlers.set(scheme, handler)
    },
  }
  readonly webRequest = {
    onBeforeRequest: (listener: NonNullable<FakeSession['beforeRequest']>): void => {
      this.beforeRequest = listener
    },
  }
  setPermissionRequestHandler(handler: FakeSession['permissionRequest']): void {
    this.permissionRequest = handler
  }
  setPermissionCheckHandler(handler: FakeSession['permissionCheck']): void {
    this.permissionCheck = handler
  }
  setDevicePermissionHandler(handler: FakeSession['devicePermission']): void {
    this.devicePermission = handler
  }
  setSpellCheckerEnabled(isEnabled: boolean): void {
    this.isSpellCheckerEnabled = isEnabled
  }
}
export const session = { defaultSession: new FakeSession() }

export const protocol = {
  registerSchemesAsPrivileged(schemes: Electron.CustomScheme[]): void {
    seen.schemes.push(...schemes)
  },
}

export const shell = {
  openExternal: async (url: string): Promise<void> => {
    seen.openedOutside.push(url)
  },
}

export const dialog = {
  showErrorBox(title: string, content: string): void {
    seen.errorBoxes.push({ title, content })
  },
}

export const Menu = {
  buildFromTemplate: (template: readonly Electron.MenuItemConstructorOptions[]) => template,
  setApplicationMenu(template: readonly Electron.MenuItemConstructorOptions[]): void {
    seen.menu = template
  },
}

export class Notification extends EventEmitter {
  static isSupported(): boolean {
    return true
  }
  readonly options: Electron.NotificationConstructorOptions
  isShown = false
  constructor(options: Electron.NotificationConstructorOptions) {
    super()
    this.options = options
    seen.notifications.push(this)
  }
  show(): void {
    this.isShown = true
  }
}

export const systemPreferences = {
  canPromptTouchID: (): boolean => world.hasTouchId,
  promptTouchID: (reason: string): Promise<void> => world.touch(reason),
}

export const nativeTheme = { shouldUseDarkColors: false }
export const screen = { getAllDisplays: () => world.displays.map((workArea) => ({ workArea })) }

/** A message from a page, as ipcMain would deliver it. */
export function invokeEvent(sender: WebContents, senderFrame: FakeFrame | null): Electron.IpcMainInvokeEvent {
  return { sender, senderFrame } as unknown as Electron.IpcMainInvokeEvent
}

/** Forgets everything between two tests. */
export function resetElectron(): void {
  app.removeAllListeners()
  Object.assign(app, { isPackaged: false, appPath: '/nowhere', paths: new Map() })
  session.defaultSession = new FakeSession()
  for (const list of [
    seen.windows,
    seen.invoked,
    seen.schemes,
    seen.openedOutside,
    seen.notifications,
    seen.errorBoxes,
    seen.exits,
  ])
    list.length = 0
  for (const map of [seen.handlers, seen.exposed, seen.protocolHandlers]) map.clear()
  Object.assign(seen, { quits: 0, isSandboxEnabled: false, menu: undefined })
  Object.assign(world, {
    isFirstInstance: true,
    switches: new Set(),
    displays: [{ x: 0, y: 0, width: 1920, height: 1080 }],
    answerInvoke: () => undefined,
    failLoad: undefined,
    hasTouchId: false,
    touch: async () => undefined,
  })
}
