/** A workspace of one's own beside the three sandboxes, with nothing connected: what the stories of connecting are told on. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ErrorReply } from '../../shared/errors.ts'
import type { OperationName } from '../../shared/operation-names.ts'
import type { InputOf, OutputOf } from '../../shared/operations.ts'
import { type Core, type CoreOptions, createCore } from '../../main/core.ts'
import type { PlatformAddresses } from '../../main/platforms/addresses.ts'
import { type SandboxGoogle, startGoogleSandbox } from '../../main/platforms/sandbox/google/index.ts'
import { type SandboxMeta, startMetaSandbox } from '../../main/platforms/sandbox/meta/index.ts'
import { type SandboxTiktok, startTiktokSandbox } from '../../main/platforms/sandbox/tiktok-sandbox.ts'
import type { Caller, Ports } from '../../main/ports.ts'
import { Secret } from '../../main/secret.ts'
import { PASSPHRASE, type TestClock, testClock, testPorts } from './app.ts'
import { waitFor } from './wait-for.ts'

export type Flow = OutputOf<'get_oauth'>['flow']

export interface ConnectRig {
  readonly clock: TestClock
  readonly google: SandboxGoogle
  readonly meta: SandboxMeta
  readonly tiktok: SandboxTiktok
  readonly homeFolder: string
  /** Every notice shown, newest last. */
  readonly notices: string[]
  /** Every answer of every operation so far, as text. */
  readonly answers: string[]
  core(): Core
  /** Runs an operation as the window and returns its value. @throws Error naming the refusal */
  window<N extends OperationName>(name: N, input: InputOf<N>): Promise<OutputOf<N>>
  /** Runs an operation that must be refused, and returns the refusal. */
  refusal(name: OperationName, input: unknown, caller?: Caller): Promise<ErrorReply>
  /** Begins a consent with the sandbox's own client. */
  begin(platform: 'google_ads' | 'meta', clientSecret?: string): Promise<Flow>
  /** The person's browser: opens the link, presses the button, and follows the way back. @returns the last page */
  consent(flow: Flow, decision?: 'allow' | 'deny'): Promise<{ readonly status: number; readonly text: string }>
  /** Waits until the attempt has ended. */
  ended(flow: Flow): Promise<Flow>
  /** Begin, agree, and the connection's id. */
  connectOauth(platform: 'google_ads' | 'meta'): Promise<string>
  syncAll(): Promise<OutputOf<'get_sync'>['sync']>
  log(): string
  restart(): Promise<void>
  close(): Promise<void>
}

/** @param addressesOf where the app finds the sandboxes, if not at home: somebody may sit on the wire */
export async function startConnectRig(
  homeFolder: string,
  addressesOf: (home: PlatformAddresses) => Promise<PlatformAddresses> = async (home) => home,
): Promise<ConnectRig> {
  const clock = testClock()
  const google = await startGoogleSandbox({ seed: 7, clock })
  const meta = await startMetaSandbox({ seed: 7, clock })
  const tiktok = await startTiktokSandbox({ seed: 7, clock })
  const logFile = join(homeFolder, 'logs', 'app.log')
  const notices: string[] = []
  const answers: string[] = []
  const ports: Ports = {
    ...testPorts(homeFolder, clock),
    notify: ({ title, body }) => void notices.push(`${title}\n${body}`),
  }
  const coreOptions: CoreOptions = {
    addresses: await addressesOf({
      google: { api: google.baseUrl, oauth: google.baseUrl, consent: google.baseUrl },
      meta: { graph: meta.baseUrl, dialog: meta.baseUrl },
      tiktok: { api: tiktok.baseUrl },
    }),
    startsWork: false,
    opensDoors: false,
  }
  let core = await createCore(ports, coreOptions)
  const run = async (caller: Caller, name: string, input: unknown) => {
    const reply = await core.run(caller, name, input)
    answers.push(JSON.stringify(reply))
    return reply
  }
  const rig: ConnectRig = {
    clock,
    google,
    meta,
    tiktok,
    homeFolder,
    notices,
    answers,
    core: () => core,
    async window(name, input) {
      const reply = await run({ kind: 'window' }, name, input)
      if (!reply.ok) throw new Error(`${name}: ${reply.error.code}: ${reply.error.message} ${reply.error.hint}`)
      return reply.value as OutputOf<typeof name>
    },
    async refusal(name, input, caller = { kind: 'window' }) {
      const reply = await run(caller, name, input)
      if (reply.ok) throw new Error(`${name} was not refused`)
      return reply.error
    },
    async begin(platform, clientSecret) {
      const [id, secret] =
        platform === 'meta'
          ? [meta.credentials.appId, meta.credentials.appSecret]
          : [google.credentials.clientId, google.credentials.clientSecret]
      const input = { platform, client_id: id, client_secret: clientSecret ?? secret }
      return (await rig.window('begin_oauth', input)).flow
    },
    consent: (flow, decision = 'allow') => pressButton({ google, meta }, flow, decision),
    async ended(flow) {
      let now = flow
      await waitFor(
        async () => {
          now = (await rig.window('get_oauth', { flow_id: flow.flow_id })).flow
          return now.state !== 'waiting' && now.state !== 'exchanging'
        },
        { what: 'the attempt to end', withinMs: 20_000 },
      )
      return now
    },
    async connectOauth(platform) {
      const flow = await rig.begin(platform)
      await rig.consent(flow)
      const { connection_id: connectionId, error } = await rig.ended(flow)
      if (connectionId === null) throw new Error(`not connected: ${error?.message ?? ''} ${error?.hint ?? ''}`)
      return connectionId
    },
    async syncAll() {
      await rig.window('start_sync', { days: 2 })
      await waitFor(async () => (await rig.window('get_sync', {})).sync.state !== 'running', {
        what: 'the sync to end',
        withinMs: 60_000,
        everyMs: 100,
      })
      return (await rig.window('get_sync', {})).sync
    },
    log: () => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : ''),
    async restart() {
      await core.close()
      core = await createCore(ports, { ...coreOptions, passphrase: new Secret(PASSPHRASE) })
    },
    async close() {
      await core.close()
      await Promise.all([google.close(), meta.close(), tiktok.close()])
    },
  }
  await rig.window('create_workspace', { vault: 'passphrase', passphrase: PASSPHRASE })
  return rig
}

/** The consent pages of the two sandboxes are pages with buttons; here nobody looks at them. */
async function pressButton(
  { google, meta }: Pick<ConnectRig, 'google' | 'meta'>,
  flow: Flow,
  decision: 'allow' | 'deny',
): Promise<{ readonly status: number; readonly text: string }> {
  if (flow.platform === 'meta') meta.switches.consent = decision
  else google.world.setConsent(decision)
  // Redirects are followed, as a browser does.
  const page = await fetch(flow.authorize_url)
  return { status: page.status, text: await page.text() }
}

/** One connection as the window shows it. */
export async function connectionOf(
  rig: Pick<ConnectRig, 'window'>,
  connectionId: string,
): Promise<OutputOf<'list_connections'>['connections'][number]> {
  const { connections } = await rig.window('list_connections', {})
  const found = connections.find((each) => each.connection_id === connectionId)
  if (found === undefined) throw new Error('no such connection')
  return found
}

export const stepsOf = (steps: Flow['steps']): string[] => steps.map(({ name, state }) => `${name} ${state}`)
