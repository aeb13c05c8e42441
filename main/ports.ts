import type { Clock } from '../shared/clock.ts'
import type { Logger } from './logger.ts'

/** What a host must lend to the core. Everything that touches the outside world is an argument. */
export interface Ports {
  readonly clock: Clock
  readonly log: Logger
  /** Folder that holds workspaces/ and logs/. */
  readonly homeFolder: string
  /** Which shell is showing the window. */
  readonly shell: 'electron' | 'browser'
  readonly notify: (notice: { readonly title: string; readonly body: string }) => void
  /**
   * Asks the person through the operating system (a fingerprint, the log-in password). Absent where the system offers nothing of the kind.
   * `reason` completes "SpendSignoff is trying to …". False when it was denied, cancelled or failed; never rejects.
   */
  readonly confirmPresence?: (reason: string) => Promise<boolean>
  /** How an AI client starts the stdio bridge of this installation. */
  readonly bridge: { readonly command: string; readonly args: readonly string[] }
  /** Fixed loopback port of the MCP endpoint; 0 lets the system choose (tests). */
  readonly mcpPort: number
}

/** Who is calling. Stamped by the entry point (window, MCP, CLI, loop); never read from a message. */
export type Caller =
  | { readonly kind: 'window' }
  | { readonly kind: 'cli' }
  | { readonly kind: 'loop' }
  | {
      readonly kind: 'agent'
      readonly clientId: string
      readonly clientName: string
      readonly scopes: readonly ('mcp.read' | 'mcp.draft')[]
      readonly expiresAtMs: number
    }
