/** Asks the person through the operating system. Knows nothing of what is confirmed, and takes every failure for a no. */
import { systemPreferences } from 'electron'
import type { Ports } from '../main/ports.ts'

/** Undefined where there is no such prompt: Electron offers one on a Mac whose Touch ID is set up and in reach, and nowhere else. */
export function presencePrompt(isMac: boolean): Ports['confirmPresence'] {
  if (!isMac || !systemPreferences.canPromptTouchID()) return undefined
  return async (reason) => {
    try {
      await systemPreferences.promptTouchID(reason)
      return true
    } catch {
      return false
    }
  }
}
