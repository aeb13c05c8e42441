/**
 * The only file that reads environment variables. Everybody else is handed plain values, so that a test or a host can say what
 * the surroundings are. Never hands out the environment as a whole.
 */
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, isAbsolute, join, resolve } from 'node:path'
import { Secret } from './secret.ts'

export interface Environment {
  readonly platform: NodeJS.Platform
  /** The person's home folder. */
  readonly userFolder: string
  /** Where applications keep their settings: $XDG_CONFIG_HOME, ~/Library/Application Support or %APPDATA%. */
  readonly configFolder: string
  /** Where SpendSignoff keeps workspaces/ and logs/. $SPENDSIGNOFF_HOME wins. */
  readonly homeFolder: string
  /** Private folder that vanishes at log-out (Linux only). */
  readonly runtimeFolder: string | undefined
  /** Absolute folders of $PATH, in order. */
  readonly searchPath: readonly string[]
  /** Linux: whether a D-Bus session, and with it perhaps a keychain, can exist at all. Elsewhere always true. */
  readonly hasSessionBus: boolean
  /** Linux: whether a window or a browser could be shown. Elsewhere always true. */
  readonly hasDisplay: boolean
  /** Set by the development server. */
  readonly electronRendererUrl: string | undefined
  /** A person's own Electron binary: $ELECTRON_OVERRIDE_DIST_PATH (a folder). */
  readonly electronOverrideFolder: string | undefined
  /** The Electron binary is being used as plain Node. */
  readonly isElectronRunAsNode: boolean
}

type Variables = Readonly<Record<string, string | undefined>>

/** Pure: what the given variables mean on the given system. Relative folders are ignored, as the XDG specification asks. */
export function describeEnvironment(
  variables: Variables,
  platform: NodeJS.Platform,
  userFolder: string,
  exists: (path: string) => boolean = existsSync,
): Environment {
  const text = (name: string) => (variables[name] === '' ? undefined : variables[name])
  const folder = (name: string) => {
    const value = text(name)
    return value !== undefined && isAbsolute(value) ? value : undefined
  }
  const isLinux = platform !== 'darwin' && platform !== 'win32'
  const runtimeFolder = isLinux ? folder('XDG_RUNTIME_DIR') : undefined
  const configFolder =
    platform === 'darwin'
      ? join(userFolder, 'Library', 'Application Support')
      : platform === 'win32'
        ? (folder('APPDATA') ?? join(userFolder, 'AppData', 'Roaming'))
        : (folder('XDG_CONFIG_HOME') ?? join(userFolder, '.config'))
  const dataFolder =
    platform === 'darwin'
      ? join(configFolder, 'SpendSignoff')
      : platform === 'win32'
        ? join(folder('LOCALAPPDATA') ?? join(userFolder, 'AppData', 'Local'), 'SpendSignoff')
        : join(folder('XDG_DATA_HOME') ?? join(userFolder, '.local', 'share'), 'spendsignoff')
  return {
    platform,
    userFolder,
    configFolder,
    // Unlike the XDG folders a relative one is not ignored: whoever sets it means it, and the real home must stay untouched.
    homeFolder: text('SPENDSIGNOFF_HOME') === undefined ? dataFolder : resolve(text('SPENDSIGNOFF_HOME') ?? ''),
    runtimeFolder,
    searchPath: (text('PATH') ?? text('Path') ?? '').split(delimiter).filter((piece) => isAbsolute(piece)),
    hasSessionBus:
      !isLinux ||
      text('DBUS_SESSION_BUS_ADDRESS') !== undefined ||
      (runtimeFolder !== undefined && exists(join(runtimeFolder, 'bus'))),
    hasDisplay: !isLinux || text('DISPLAY') !== undefined || text('WAYLAND_DISPLAY') !== undefined,
    electronRendererUrl: text('ELECTRON_RENDERER_URL'),
    electronOverrideFolder: folder('ELECTRON_OVERRIDE_DIST_PATH'),
    isElectronRunAsNode: text('ELECTRON_RUN_AS_NODE') !== undefined,
  }
}

/** What the surroundings of this process are, now. */
export function readEnvironment(): Environment {
  return describeEnvironment(process.env, process.platform, homedir())
}

let passphrase: Secret | undefined

/**
 * The passphrase given as $SPENDSIGNOFF_PASSPHRASE, if any. The first call takes it out of the environment, so that programs
 * started later (a browser, a mail helper) do not inherit it.
 */
export function passphraseFromEnvironment(): Secret | undefined {
  const value = process.env['SPENDSIGNOFF_PASSPHRASE']
  if (value !== undefined) {
    if (value !== '') passphrase = new Secret(value)
    delete process.env['SPENDSIGNOFF_PASSPHRASE']
  }
  return passphrase
}

/** The passphrase of a reviewer's own key, as $SPENDSIGNOFF_REVIEW_PASSPHRASE; taken out of the environment like the other one. */
export function reviewPassphraseFromEnvironment(): Secret | undefined {
  const value = process.env['SPENDSIGNOFF_REVIEW_PASSPHRASE']
  delete process.env['SPENDSIGNOFF_REVIEW_PASSPHRASE']
  return value === undefined || value === '' ? undefined : new Secret(value)
}

/** The AI client's token that the host of the stdio bridge was configured with, or null. */
export function mcpTokenFromEnvironment(): string | null {
  const value = process.env['SPENDSIGNOFF_MCP_TOKEN']
  return value === undefined || value === '' ? null : value
}
