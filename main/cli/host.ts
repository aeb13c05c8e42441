/** The command line as a host of the core: a clock, a log file, no notifications. */
import { join } from 'node:path'
import { systemClock } from '../../shared/clock.ts'
import { type Core, type CoreOptions, createCore } from '../core.ts'
import { passphraseFromEnvironment, readEnvironment } from '../environment.ts'
import { createFileLogger } from '../logger-file.ts'
import type { Ports } from '../ports.ts'
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
    bridge: { command: process.execPath, args: [join(import.meta.dirname, 'main.ts'), 'mcp'] },
    mcpPort: MCP_PORT,
  }
}

/** Opens the core for a command that reads and leaves. Undefined, with words on stderr, when the workspace cannot be opened. */
export async function openForCommand(workspace: string, options: CoreOptions = {}): Promise<Core | undefined> {
  const passphrase = passphraseFromEnvironment()
  const core = await createCore(commandPorts(), {
    workspace,
    startsWork: false,
    opensDoors: false,
    ...(passphrase === undefined ? {} : { passphrase }),
    ...options,
  })
  const trouble = core.trouble()
  if (trouble === undefined) return core
  say(`${trouble.message} ${trouble.hint}`)
  await core.close()
  return undefined
}
