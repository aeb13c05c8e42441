/** The command line as a host of the core: a clock, a log file, no notifications. */
import { join } from 'node:path'
import { systemClock } from '../../shared/clock.ts'
import type { ErrorReply } from '../../shared/errors.ts'
import { type Core, type CoreOptions, createCore } from '../core.ts'
import { passphraseFromEnvironment, readEnvironment } from '../environment.ts'
import { createFileLogger } from '../logger-file.ts'
import type { Ports } from '../ports.ts'
import { askPassphrase } from './ask-passphrase.ts'
import { say } from './command.ts'

/** Fixed, because AI clients store the address. Shown under Connections. */
export const MCP_PORT = 47_811

/** Ports of the browser window and of the commands. */
export function commandPorts(notify: Ports['notify'] = () => undefined): Ports {
  const { homeFolder } = readEnvironment()
  return {
    clock: systemClock,
    log: createFileLogger({ homeFolder, clock: systemClock }),
    homeFolder,
    shell: 'browser',
    notify,
    bridge: { command: process.execPath, args: [join(import.meta.dirname, 'main.ts'), 'mcp', '--home', homeFolder] },
    mcpPort: MCP_PORT,
  }
}

/** Opens the core for a command that reads and leaves. Undefined, with words on stderr, when the workspace cannot be opened. */
export async function openForCommand(workspace: string, options: CoreOptions = {}): Promise<Core | undefined> {
  const passphrase = passphraseFromEnvironment()
  const core = await createCore(commandPorts(), {
    workspace,
    isCommand: true,
    ...(passphrase === undefined ? {} : { passphrase }),
    ...options,
  })
  const refusal = core.trouble() ?? (await unlockByPerson(core))
  if (refusal === undefined) return core
  say(`${refusal.message} ${refusal.hint}`)
  await core.close()
  return undefined
}

/** A sealed workspace asks at the terminal; a script has to set the variable. @returns why it is still closed */
async function unlockByPerson(core: Core): Promise<ErrorReply | undefined> {
  if (core.isOpen()) return undefined
  const passphrase = core.isPresent() ? await askPassphrase() : undefined
  if (passphrase === undefined)
    return core.isPresent()
      ? {
          code: 'workspace_locked',
          message: 'This workspace is sealed with a passphrase.',
          hint: 'Run the command in a terminal, or set SPENDSIGNOFF_PASSPHRASE.',
          retryable: false,
        }
      : {
          code: 'workspace_locked',
          message: 'There is no workspace there.',
          hint: 'Name one with --workspace, or make one in the window: spendsignoff open.',
          retryable: false,
        }
  return core.unlock(passphrase)
}
