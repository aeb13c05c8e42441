/**
 * The window's calls: one handler per window operation of the table, and no other. It checks who is calling and hands the
 * input on unread; it never decides, never parses, never answers anybody but our own page.
 */
import { type IpcMainInvokeEvent, ipcMain } from 'electron'
import type { Reply } from '../shared/api.ts'
import { channelOf } from '../shared/operation-names.ts'
import type { Logger } from '../main/logger.ts'
import { WINDOW_OPERATIONS, type WindowPort } from '../main/window-port.ts'
import type { Place } from './security/place.ts'
import type { ShellWindow } from './window.ts'

export interface IpcOptions {
  readonly core: WindowPort
  readonly place: Place
  readonly window: Pick<ShellWindow, 'signalOf'>
  readonly log: Logger
}

const REFUSED: Reply<never> = {
  ok: false,
  error: {
    code: 'not_allowed',
    message: 'Only the SpendSignoff window may do this. Nothing was done.',
    hint: 'Use the window of the app.',
    retryable: false,
  },
}

export function bindOperations(options: IpcOptions): void {
  for (const name of WINDOW_OPERATIONS)
    ipcMain.handle(channelOf(name), async (event, input: unknown) => {
      const signal = signalOfSender(event, options)
      if (signal === undefined) {
        options.log.info('ipc.refused', { name })
        return REFUSED
      }
      return await options.core.run({ kind: 'window' }, name, input, signal)
    })
}

/**
 * The signal of the page that sends, or undefined for anybody else: a frame that is gone, a frame inside a page, another
 * origin, or a web contents that is not our window.
 */
function signalOfSender(event: IpcMainInvokeEvent, { place, window }: IpcOptions): AbortSignal | undefined {
  try {
    const frame = event.senderFrame
    if (frame === null || frame.parent !== null) return undefined
    if (frame.origin !== place.origin || !place.isOurs(frame.url)) return undefined
    return window.signalOf(event.sender)
  } catch {
    return undefined // a frame that went away while being asked
  }
}
