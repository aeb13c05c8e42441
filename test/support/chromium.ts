/** Where the browser of the tests is and how it is started. Downloads nothing, never picks a browser the person is using. */
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium } from 'playwright'

/** Programs on PATH that are a Chromium, best known first. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** True when `file` is a program this user may start. */
export function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}

/** Full path of a program on PATH, or undefined. */
export function findProgram(name: string, path = process.env['PATH'] ?? ''): string | undefined {
  return path
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find(isProgram)
}

/**
 * The Chromium to test with: CHROMIUM_PATH, then Debian's real binary (its wrapper script prints noise), then PATH,
 * then the one Playwright installed. Undefined when there is none, or when CHROMIUM_PATH names no program: a wrong
 * setting is an error to show, not a reason to test quietly with another browser.
 */
export function findChromium(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const chosen = environment['CHROMIUM_PATH']
  if (chosen !== undefined && chosen !== '') return isProgram(chosen) ? chosen : undefined
  const places = ['/usr/lib/chromium/chromium', '/usr/bin/chromium']
  const onPath = NAMES.map((name) => findProgram(name, environment['PATH'])).filter((file) => file !== undefined)
  return [...places, ...onPath, chromium.executablePath()].find(isProgram)
}

/** Chromium refuses to run sandboxed as root; everywhere else its sandbox stays on. */
export const isChromiumSandboxed = process.getuid?.() !== 0

/** Nothing but the page under test may use the network, and the same page gives the same pixels. */
export const CHROMIUM_ARGS = [
  ...(isChromiumSandboxed ? [] : ['--no-sandbox']),
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-domain-reliability',
  '--disable-sync',
  '--force-color-profile=srgb',
  '--font-render-hinting=none',
  '--disable-lcd-text',
]

/**
 * Launch options for `chromium.launch` and the Playwright configuration.
 * @throws Error that says how to get a Chromium when there is none.
 */
export function chromiumLaunchOptions(): { executablePath: string; args: string[]; chromiumSandbox: boolean } {
  const executablePath = findChromium()
  if (executablePath === undefined) {
    throw new Error(
      'No Chromium found: `apt-get install chromium`, or `npx playwright install --with-deps chromium`, or point CHROMIUM_PATH at one.',
    )
  }
  return { executablePath, args: CHROMIUM_ARGS, chromiumSandbox: isChromiumSandboxed }
}
