/** The demo: a workspace on the built-in sandbox, where a scripted AI client proposes. Nothing real can be reached from it. */
import { join } from 'node:path'
import type { Clock } from '../shared/clock.ts'
import { type EntityId, splitEntityId } from '../shared/domain/ids.ts'
import type { AgentPort } from './mcp/agent-port.ts'
import { callerOf } from './mcp/clients.ts'
import { directTool, httpTool, proposeAsDemoClient } from './mcp/demo-client.ts'
import { type Sandbox, startSandbox } from './platforms/sandbox/index.ts'
import { DEMO_ORDERS_FILE, DEMO_RATES_FILE, demoOrdersCsv, demoRatesCsv } from './demo-orders.ts'
import type { RunOperation } from './run-operation.ts'
import { Secret } from './secret.ts'
import { platformOf } from './session-adapters.ts'
import { type NewConnection, saveConnection } from './session-saving.ts'
import { addClient } from './session-clients.ts'
import type { Session } from './session.ts'

/** The demo's vault passphrase is no secret: nothing real can be reached from there. It is shown beside the field. */
export const DEMO_PASSPHRASE = 'demo'
export const DEMO_SCRYPT_COST = { N: 2 ** 14, r: 8, p: 1 } as const
/** The demo is set up by the app, not by the person, and the log says so. */
const DEMO_ACTOR = { kind: 'system', id: 'app' } as const
const DEMO_SEED = 7
const DEMO_PROPOSED = 'demo_proposals_made'
const DEMO_FILES = 'demo_files_imported'
const DEMO_ORDER_DAYS = 120
const PIECE_BYTES = 450_000

/** The sandbox of a demo workspace; what was changed there stays changed after a restart. */
export function startDemoSandbox(folder: string, clock: Clock): Promise<Sandbox> {
  return startSandbox({ seed: DEMO_SEED, clock, statePath: join(folder, 'sandbox.json'), size: 'demo' })
}

/** Connects what is not connected yet of the sandbox's platforms. @returns the id of the first connection */
export function connectDemo(demo: Session, sandbox: Sandbox): string {
  for (const parts of demoCredentials(sandbox)) {
    const platform = platformOf(parts.credentials)
    if (demo.connections.list().some((each) => each.platform === platform)) continue
    // One sync for all of them, once they are there.
    saveConnection({ ...demo.saving, onSaved: () => undefined }, { ...parts, isSandbox: true }, DEMO_ACTOR)
  }
  return demo.connections.list()[0]?.connectionId ?? ''
}

function demoCredentials({ google, meta, tiktok }: Sandbox): readonly Omit<NewConnection, 'isSandbox'>[] {
  const { clientId, clientSecret, refreshToken } = google.credentials
  return [
    {
      credentials: {
        kind: 'google_oauth',
        clientId,
        clientSecret: new Secret(clientSecret),
        refreshToken: new Secret(refreshToken),
      },
      method: 'oauth',
      label: clientId,
    },
    {
      credentials: {
        kind: 'meta',
        accessToken: new Secret(meta.credentials.accessToken),
        appSecret: new Secret(meta.credentials.appSecret),
      },
      method: 'system_user',
      label: meta.credentials.appId,
    },
    {
      credentials: {
        kind: 'tiktok',
        accessToken: new Secret(tiktok.credentials.accessToken),
        appId: tiktok.credentials.appId,
        appSecret: new Secret(tiktok.credentials.appSecret),
      },
      method: 'app',
      label: tiktok.credentials.appId,
    },
  ]
}

/** Once per demo workspace, after the first sync: a scripted client proposes through the agent's door. */
export async function proposeForDemo(demo: Session, sandbox: Sandbox, port: AgentPort): Promise<void> {
  await demo.sync.whenIdle()
  const { state, accounts } = demo.sync.progress()
  // An account that its platform has closed is never read completely; the others are enough.
  if (state === 'cancelled' || !accounts.some((account) => account.state === 'done')) return
  if (demo.connections.setting(DEMO_PROPOSED) === true) return
  // Before the first proposal: a crash may cost the demo a draft, but never makes it propose twice.
  demo.connections.saveSetting(DEMO_PROPOSED, true)
  const { client, token } = addClient(demo, 'Demo assistant', ['mcp.read', 'mcp.draft'], 30, DEMO_ACTOR)
  await demo.mcp.start()
  const { httpUrl } = demo.mcp.status()
  await proposeAsDemoClient({
    tool: httpUrl === null ? directTool(port, callerOf(client)) : httpTool(httpUrl, token),
    changeOutside: (entityId, budgetMinor) => {
      sandbox.world.setBudgetOutside(splitEntityId(entityId as EntityId).externalId, budgetMinor)
    },
  })
}

/** Once per demo workspace, after the first sync: exchange rates and the shop's orders come in as a person would bring them, as files. */
export async function importFilesForDemo(demo: Session, sandbox: Sandbox, run: RunOperation): Promise<void> {
  await demo.sync.whenIdle()
  if (demo.sync.progress().state === 'cancelled' || demo.connections.setting(DEMO_FILES) === true) return
  await importFileForDemo(run, DEMO_RATES_FILE, Buffer.from(demoRatesCsv(sandbox)))
  await importFileForDemo(run, DEMO_ORDERS_FILE, Buffer.from(await demoOrdersCsv(sandbox, DEMO_ORDER_DAYS)))
  demo.connections.saveSetting(DEMO_FILES, true)
}

async function importFileForDemo(run: RunOperation, fileName: string, bytes: Buffer): Promise<void> {
  const ask = async (name: string, input: unknown): Promise<Record<string, unknown>> => {
    const reply = await run({ kind: 'window' }, name, input)
    if (!reply.ok) throw new Error(`${name}: ${reply.error.code}`)
    return reply.value as Record<string, unknown>
  }
  const { import_id } = await ask('begin_import', { file_name: fileName, size_bytes: bytes.length })
  for (let offset = 0; offset < bytes.length; offset += PIECE_BYTES) {
    const base64 = bytes.subarray(offset, offset + PIECE_BYTES).toString('base64')
    await ask('append_import', { import_id, offset, base64 })
  }
  await ask('commit_import', { import_id, keeps_good_rows: true })
}
