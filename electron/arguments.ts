/** The app's own switches, read out of a command line that Chromium also reads. Unknown ones are Chromium's and are left alone. */

export interface ShellArguments {
  /** Name of a workspace, or `demo`. */
  readonly workspace: string | undefined
  /** The Node that the launcher runs on. */
  readonly nodeBinary: string | undefined
  readonly home: string | undefined
}

export const NODE_SWITCH = '--spendsignoff-node'
/** Of the stdio bridge: where the running app keeps its endpoint file. */
export const HOME_SWITCH = '--home'
export const WORKSPACE_SWITCH = '--workspace'

/** Accepts `--name value` and `--name=value`; the last one counts. */
export function readArguments(argv: readonly string[]): ShellArguments {
  return {
    workspace: valueOf(argv, WORKSPACE_SWITCH),
    nodeBinary: valueOf(argv, NODE_SWITCH),
    home: valueOf(argv, HOME_SWITCH),
  }
}

function valueOf(argv: readonly string[], name: string): string | undefined {
  let value: string | undefined
  for (const [index, argument] of argv.entries()) {
    const given =
      argument === name ? argv[index + 1] : argument.startsWith(`${name}=`) ? argument.slice(name.length + 1) : ''
    if (given !== undefined && given !== '' && !given.startsWith('--')) value = given
  }
  return value
}

/** Whether an AI client started the packaged app as its stdio bridge (`SpendSignoff mcp`): no window, no core. */
export function isBridgeStart(argv: readonly string[], isPackaged: boolean): boolean {
  return isPackaged && argv[1] === 'mcp'
}
