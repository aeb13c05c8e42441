import type { Secret } from './secret.ts'

/** The local log: for the person's own machine, never sent anywhere. Values are redacted before they are written. */
export interface Logger {
  info(event: string, facts?: Readonly<Record<string, unknown>>): void
  error(event: string, error: unknown, facts?: Readonly<Record<string, unknown>>): void
  /** From now on this exact value is blanked wherever it would be written. */
  hide?(secret: Secret): void
}
