/**
 * What Electron lends to the core. Wiring only: it never holds ad data, and a notification is shown, never acted upon, without
 * a person in the window.
 */
import { join } from 'node:path'
import { app, Notification } from 'electron'
import type { Clock } from '../shared/clock.ts'
import type { Logger } from '../main/logger.ts'
import type { Ports } from '../main/ports.ts'
import { HOME_SWITCH } from './arguments.ts'
import { presencePrompt } from './presence.ts'

export interface ElectronPortsOptions {
  readonly clock: Clock
  readonly log: Logger
  readonly homeFolder: string
  readonly mcpPort: number
  readonly isMac: boolean
  /** A Node that runs the command line in a checkout; the launcher knows the one that fits. */
  readonly nodeBinary: string | undefined
  /** A person clicked a notification. */
  readonly onNotificationClick: () => void
}

const MAX_TITLE_CHARS = 120
const MAX_BODY_CHARS = 400
/** Shown ones are held, because a collected Notification forgets its click. */
const MAX_HELD = 20

export function electronPorts(options: ElectronPortsOptions): Ports {
  const held: Notification[] = []
  const confirmPresence = presencePrompt(options.isMac)
  return {
    clock: options.clock,
    log: options.log,
    homeFolder: options.homeFolder,
    shell: 'electron',
    bridge: bridgeCommand(options.nodeBinary, options.homeFolder),
    mcpPort: options.mcpPort,
    ...(confirmPresence === undefined ? {} : { confirmPresence }),
    notify: ({ title, body }) => {
      if (!Notification.isSupported()) return
      const notification = new Notification({
        title: plain(title, MAX_TITLE_CHARS),
        body: plain(body, MAX_BODY_CHARS),
      })
      notification.on('click', options.onNotificationClick)
      notification.show()
      held.push(notification)
      if (held.length > MAX_HELD) held.shift()
    },
  }
}

/**
 * How an AI client starts the stdio bridge. The fuses forbid using the packaged binary as Node, so that it has its own
 * switch; a checkout runs the command line in plain Node.
 */
function bridgeCommand(nodeBinary: string | undefined, homeFolder: string): Ports['bridge'] {
  if (app.isPackaged) return { command: process.execPath, args: ['mcp', HOME_SWITCH, homeFolder] }
  return {
    command: nodeBinary ?? 'node',
    args: [join(app.getAppPath(), 'main', 'cli', 'main.ts'), 'mcp', HOME_SWITCH, homeFolder],
  }
}

/** Linux desktops read a subset of HTML in notifications: text that came from an agent must not become a link there. */
function plain(text: string, maxChars: number): string {
  return text.slice(0, maxChars).replaceAll('<', '‹').replaceAll('>', '›').replaceAll('&', '＆')
}
