/** The desktop app's entry: real parts, handed to the shell. The order of everything is in start.ts. */
import { app } from 'electron'
import { systemClock } from '../shared/clock.ts'
import { runBridgeCommand } from '../main/cli/bridge.ts'
import { MCP_PORT } from '../main/cli/host.ts'
import { createCore } from '../main/core.ts'
import { readEnvironment } from '../main/environment.ts'
import { createFileLogger } from '../main/logger-file.ts'
import { isBridgeStart, readArguments } from './arguments.ts'
import { type ShellStart, startShell } from './start.ts'

const environment = readEnvironment()
const log = createFileLogger({ homeFolder: environment.homeFolder, clock: systemClock })

const openCore: ShellStart['openCore'] = async (ports, { workspace, onShow }) => {
  const core = await createCore(ports, { onShow, ...(workspace === undefined ? {} : { workspace }) })
  if (core.trouble()?.code !== 'workspace_in_use') return core
  await core.close() // the owner has been asked to come to the front
  return undefined
}

// Not awaited: Electron becomes ready only after this module has run to its end.
if (isBridgeStart(process.argv, app.isPackaged)) {
  void runBridgeCommand(readArguments(process.argv).home).then((code) => app.exit(code))
} else {
  const argv = process.argv
  void startShell({ environment, clock: systemClock, log, mcpPort: MCP_PORT, argv, openCore })
}
