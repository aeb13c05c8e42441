/** Folders for one test file. They never outlive the process that asked for them, and never hold anything a person needs. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folders = new Set<string>()
let isListening = false

/**
 * A new, empty folder that only this user can read (mode 700). Removed when the process ends,
 * or earlier with `removeTempFolder`.
 */
export function makeTempFolder(label = 'test'): string {
  if (!isListening) {
    isListening = true
    process.on('exit', removeAll)
    // Test runners end their workers with SIGTERM, which by itself skips the exit event.
    process.once('SIGTERM', () => process.exit(143))
  }
  const folder = realpathSync(mkdtempSync(join(tmpdir(), `spendsignoff-${label}-`)))
  folders.add(folder)
  return folder
}

/** Removes one folder now; for tests that fill the disk or look at what is left. */
export function removeTempFolder(folder: string): void {
  // Open files keep a folder from being removed on some systems: try a few times, then let the system's cleaner do it.
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  folders.delete(folder)
}

function removeAll(): void {
  for (const folder of folders) {
    try {
      removeTempFolder(folder)
    } catch {
      // Leaving a folder behind must not turn a passed run into a failed one.
    }
  }
}
