/** What every command is given, and how commands end. */
import type { AuditOptions } from './audit-job.ts'
import type { ImportOptions } from './import.ts'
import type { ReportOptions } from './report.ts'
import { PLATFORMS, type Platform } from '../../shared/domain/ids.ts'

export const EXIT = { done: 0, no: 1, misuse: 2 } as const

export interface CommandOptions {
  /** "default", "demo", or a folder. */
  readonly workspace: string
  readonly isJson: boolean
  readonly port: number | undefined
  /** Of `mcp` only: the home folder of the running app. */
  readonly home: string | undefined
  /** Of `sync` only; empty: all. */
  readonly platforms: readonly Platform[]
  /** Names of files after the command, as many as it takes. */
  readonly operands: readonly string[]
  /** Of `import` only. */
  readonly importing: ImportOptions
  /** Of `report` only. */
  readonly reporting: ReportOptions
  /** Of `export` and `verify` only. */
  readonly auditing: AuditOptions
}

export function isPlatform(text: string): text is Platform {
  return (PLATFORMS as readonly string[]).includes(text)
}

/** Words go to stderr, so that stdout stays for machines. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`)
}
