/**
 * One app per person, and a clean end. Never quits while the core still has something to write, and never waits for it
 * without a limit.
 */
import { app } from 'electron'
import type { Logger } from '../main/logger.ts'
import type { ShellWindow } from './window.ts'

/** Longer than the core's own limit. What is still in flight then has its intent on disk; the next start reads it back. */
export const CLOSE_LIMIT_MS = 12_000

/** False when another instance runs for this person: it has been asked to show itself, and this one must end. */
export function claimSingleInstance(onSecondStart: () => void): boolean {
  if (!app.requestSingleInstanceLock()) return false
  app.on('second-instance', () => onSecondStart())
  return true
}

export interface LifecycleOptions {
  readonly core: { close(): Promise<void> }
  readonly window: Pick<ShellWindow, 'show' | 'hide'>
  readonly isMac: boolean
  readonly log: Logger
}

export function bindLifecycle({ core, window, isMac, log }: LifecycleOptions): void {
  app.on('window-all-closed', () => {
    if (!isMac) app.quit() // on a Mac the app stays in the Dock
  })
  app.on('activate', () => window.show())

  let state: 'open' | 'closing' | 'closed' = 'open'
  app.on('before-quit', (event) => {
    if (state === 'closed') return
    event.preventDefault()
    if (state === 'closing') return
    state = 'closing'
    window.hide()
    void closeWithin(core, CLOSE_LIMIT_MS, log).then(() => {
      state = 'closed'
      app.quit()
    })
  })
}

async function closeWithin(core: { close(): Promise<void> }, limitMs: number, log: Logger): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), limitMs)
  })
  try {
    if ((await Promise.race([core.close(), limit])) === 'late') log.info('app.close_took_too_long', { limitMs })
  } catch (error) {
    log.error('app.close_failed', error)
  } finally {
    clearTimeout(timer)
  }
}
