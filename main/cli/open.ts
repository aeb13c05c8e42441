/** `spendsignoff open`: the browser window. Prints a link that works once; Enter prints a fresh one. */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { writeFileAtomically } from '../atomic-file.ts'
import { type BrowserWindow, openBrowserWindow } from '../browser-window/serve.ts'
import { createCore } from '../core.ts'
import { passphraseFromEnvironment, readEnvironment } from '../environment.ts'
import { type CommandOptions, EXIT, say } from './command.ts'
import { commandPorts } from './host.ts'

/** By then the browser has read it, or nobody will. */
const LINK_PAGE_MS = 60_000

export async function openCommand(options: CommandOptions): Promise<number> {
  const ports = commandPorts(({ title }) => say(title))
  const passphrase = passphraseFromEnvironment()
  let window: BrowserWindow | undefined
  const show = (): void => {
    if (window !== undefined) showLink(window)
  }
  const core = await createCore(ports, {
    workspace: options.workspace,
    onShow: show,
    ...(passphrase === undefined ? {} : { passphrase }),
  })
  if (core.trouble()?.code === 'workspace_in_use') {
    say(`${core.trouble()?.message ?? ''} ${core.trouble()?.hint ?? ''}`)
    await core.close()
    return EXIT.no
  }
  window = await openBrowserWindow({
    core,
    rendererFolder: join(import.meta.dirname, '../../out/renderer'),
    clock: ports.clock,
    randomBytes,
    log: ports.log,
    ...(options.port === undefined ? {} : { port: options.port }),
  })
  showLink(window)
  say('Press Enter for a fresh link, Ctrl-C to stop.')
  // Only a person at a terminal presses Enter; a script's input is left alone.
  const lines = process.stdin.isTTY ? createInterface({ input: process.stdin }) : undefined
  lines?.on('line', show)
  const opened = openBrowser(window)
  if (opened) say('It was also opened in your browser.')
  await stopRequested()
  lines?.close()
  say('Closing: finishing what is under way.')
  rmSync(linkPage(), { force: true })
  await window.close()
  await core.close()
  return EXIT.done
}

/** Private to this user; holds a link that is good once. */
const linkPage = (): string => join(readEnvironment().homeFolder, 'open.html')

function showLink(window: BrowserWindow): void {
  process.stdout.write(`SpendSignoff is open. One-time link, valid 10 minutes:\n${window.newLink()}\n`)
}

/** Best effort: a machine without a display or an opener just has the printed link. */
function openBrowser(window: BrowserWindow): boolean {
  const environment = readEnvironment()
  if (!environment.hasDisplay || !process.stdout.isTTY) return false
  const opener = { darwin: 'open', win32: 'explorer.exe' }[environment.platform as string] ?? 'xdg-open'
  // Arguments of a program are visible to every user of the machine: the link goes through a private page instead.
  const page = linkPage()
  writeFileAtomically(
    page,
    Buffer.from(`<!doctype html><meta http-equiv="refresh" content="0;url=${window.newLink()}">`),
  )
  setTimeout(() => rmSync(page, { force: true }), LINK_PAGE_MS).unref()
  const child = spawn(opener, [page], { stdio: 'ignore', detached: true })
  child.on('error', () => undefined)
  child.unref()
  return true
}

function stopRequested(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve())
  })
}
