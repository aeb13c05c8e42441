/**
 * A real Secret Service for tests: its own D-Bus session and its own gnome-keyring, in folders of their own. Never touches the keyring
 * of the person who runs the tests.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findProgram } from './chromium.ts'
import { makeTempFolder } from './temp-folder.ts'
import { waitFor } from './wait-for.ts'

const run = promisify(execFile)
const LOGIN_KEYRING = '/org/freedesktop/secrets/collection/login'

export interface SecretServiceOptions {
  /**
   * - unlocked: a login keyring that is open
   * - empty: the service runs, but there is no keyring in it
   * - none: a session bus and nobody who keeps secrets on it
   */
  readonly keyring?: 'unlocked' | 'empty' | 'none'
  /** What happens when the keyring asks for its password: there is no dialog, or one that nobody answers. */
  readonly dialog?: 'impossible' | 'unanswered'
}

export interface SecretService {
  /** Environment for a child process that shall find this service and no other. */
  readonly env: Readonly<Record<string, string>>
  lock(): Promise<void>
  /** Stops the daemon in its tracks (SIGSTOP); it stays on the bus and answers nothing. */
  freeze(): void
  thaw(): void
  stop(): Promise<void>
}

/** @throws Error naming the Debian packages when the programs are not installed */
export async function startSecretService(options: SecretServiceOptions = {}): Promise<SecretService> {
  const { keyring = 'unlocked', dialog = 'impossible' } = options
  const programs = ['dbus-daemon', 'dbus-send', 'gnome-keyring-daemon']
  const absent = programs.filter((name) => findProgram(name) === undefined)
  if (absent.length > 0) throw new Error(`${absent.join(', ')} not found: apt-get install dbus gnome-keyring`)

  const folder = makeTempFolder('keyring')
  const env = surroundings(folder)
  const bus = spawn('dbus-daemon', [`--config-file=${writeBusConfig(folder, dialog)}`, '--nofork', '--nopidfile'], {
    env,
    stdio: 'ignore',
  })
  const processes = [bus]
  const stop = () => stopAll(processes)
  try {
    await waitFor(() => dbusSend(env, 'org.freedesktop.DBus', '/', 'org.freedesktop.DBus.ListNames'), {
      what: 'the session bus',
    })
    let daemon: ChildProcess | undefined
    if (keyring !== 'none') {
      daemon = startKeyring(env, keyring === 'unlocked')
      processes.unshift(daemon)
      await waitFor(() => isReady(env, keyring === 'unlocked'), { what: 'the keyring', withinMs: 10_000 })
    }
    return {
      env,
      async lock() {
        await dbusSend(
          env,
          'org.freedesktop.secrets',
          '/org/freedesktop/secrets',
          'org.freedesktop.Secret.Service.Lock',
          [`array:objpath:${LOGIN_KEYRING}`],
        )
      },
      freeze: () => void daemon?.kill('SIGSTOP'),
      thaw: () => void daemon?.kill('SIGCONT'),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** PATH and HOME only: neither a display nor the real session's address may leak in. */
function surroundings(folder: string): Record<string, string> {
  const sub = (name: string) => {
    const path = join(folder, name)
    mkdirSync(path, { mode: 0o700 })
    return path
  }
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: sub('home'),
    XDG_DATA_HOME: sub('data'),
    XDG_RUNTIME_DIR: sub('run'),
    XDG_CONFIG_HOME: sub('config'),
    DBUS_SESSION_BUS_ADDRESS: `unix:path=${join(folder, 'bus')}`,
    LC_ALL: 'C.UTF-8',
  }
}

/** A bus that starts nothing by itself, except the dialog that never ends if asked for. */
function writeBusConfig(folder: string, dialog: 'impossible' | 'unanswered'): string {
  const services = join(folder, 'services')
  mkdirSync(services)
  if (dialog === 'unanswered')
    writeFileSync(
      join(services, 'prompter.service'),
      '[D-BUS Service]\nName=org.gnome.keyring.SystemPrompter\nExec=/bin/sleep 60\n',
    )
  const file = join(folder, 'bus.conf')
  writeFileSync(
    file,
    `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=${join(folder, 'bus')}</listen>
  <auth>EXTERNAL</auth>
  <servicedir>${services}</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`,
  )
  return file
}

function startKeyring(env: Record<string, string>, isUnlocked: boolean): ChildProcess {
  const args = ['--foreground', '--components=secrets', ...(isUnlocked ? ['--unlock'] : [])]
  const daemon = spawn('gnome-keyring-daemon', args, { env, stdio: ['pipe', 'ignore', 'ignore'] })
  daemon.stdin?.end(isUnlocked ? 'a password of the test' : '')
  return daemon
}

async function isReady(env: Record<string, string>, needsLoginKeyring: boolean): Promise<boolean> {
  const collections = await dbusSend(
    env,
    'org.freedesktop.secrets',
    '/org/freedesktop/secrets',
    'org.freedesktop.DBus.Properties.Get',
    ['string:org.freedesktop.Secret.Service', 'string:Collections'],
  )
  return !needsLoginKeyring || collections.includes(LOGIN_KEYRING)
}

async function dbusSend(
  env: Record<string, string>,
  destination: string,
  path: string,
  method: string,
  args: readonly string[] = [],
): Promise<string> {
  const words = ['--session', '--print-reply', `--dest=${destination}`, path, method, ...args]
  const { stdout } = await run('dbus-send', words, { env, timeout: 5_000 })
  return stdout
}

async function stopAll(processes: readonly ChildProcess[]): Promise<void> {
  await Promise.all(
    processes.map(
      (child) =>
        new Promise<void>((done) => {
          if (child.exitCode !== null || child.signalCode !== null) return done()
          child.once('exit', () => done())
          child.kill('SIGKILL') // also ends one that was frozen
        }),
    ),
  )
}
