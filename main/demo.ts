/** The demo: a workspace on the built-in sandbox, where a scripted AI client proposes. Nothing real can be reached from it. */
import { join } from 'node:path'
import type { Clock } from '../shared/clock.ts'
import { type EntityId, splitEntityId } from '../shared/domain/ids.ts'
import type { AgentPort } from './mcp/agent-port.ts'
import { callerOf } from './mcp/clients.ts'
import { directTool, httpTool, proposeAsDemoClient } from './mcp/demo-client.ts'
import { type Sandbox, startSandbox } from './platforms/sandbox/index.ts'
import { Secret } from './secret.ts'
import { platformOf } from './session-adapters.ts'
import { type NewConnection, saveConnection } from './session-saving.ts'
import type { Session } from './session.ts'

/** The demo's vault passphrase is no secret: nothing real can be reached from there. It is shown beside the field. */
export const DEMO_PASSPHRASE = 'demo'
export const DEMO_SCRYPT_COST = { N: 2 ** 14, r: 8, p: 1 } as const
/** The demo is set up by the app, not by the person, and the log says so. */
const DEMO_ACTOR = { kind: 'system', id: 'app' } as const
const DEMO_SEED = 7
const DEMO_PROPOSED = 'demo_proposals_made'

/** The sandbox of a demo workspace; what was changed there stays changed after a restart. */
export function startDemoSandbox(folder: string, clock: Clock): Promise<Sandbox> {
  return startSandbox({ seed: DEMO_SEED, clock, statePath: join(folder, 'sandbox.json') })
}

/** Connects what is not connected yet of the sandbox's platforms. @returns the id of the first connection */
export function connectDemo(demo: Session, sandbox: Sandbox): string {
  for (const parts of demoCredentials(sandbox)) {
    const platform = platformOf(parts.credentials)
    if (demo.connections.list().some((each) => each.platform === platform)) continue
    saveConnection(demo.saving, { ...parts, isSandbox: true }, DEMO_ACTOR)
  }
  return demo.connections.list()[0]?.connectionId ?? ''
}

function demoCredentials({ tiktok }: Sandbox): readonly Pick<NewConnection, 'credentials' | 'method' | 'label'>[] {
  const { appId, appSecret, accessToken } = tiktok.credentials
  return [
    {
      credentials: {
        kind: 'tiktok',
        accessToken: new Secret(accessToken),
        appId,
        appSecret: new Secret(appSecret),
      },
      method: 'app',
      label: appId,
    },
  ]
}

/** Once per demo workspace, after the first sync: a scripted client proposes through the agent's door. */
export async function proposeForDemo(demo: Session, sandbox: Sandbox, port: AgentPort): Promise<void> {
  await demo.sync.whenIdle()
  if (demo.connections.setting(DEMO_PROPOSED) === true || demo.sync.progress().state !== 'done') return
  // Before the first proposal: a crash may cost the demo a draft, but never makes it propose twice.
  demo.connections.saveSetting(DEMO_PROPOSED, true)
  const { client, token } = demo.addClient('Demo assistant', ['mcp.read', 'mcp.draft'], 30, DEMO_ACTOR)
  await demo.mcp.start()
  const { httpUrl } = demo.mcp.status()
  await proposeAsDemoClient({
    tool: httpUrl === null ? directTool(port, callerOf(client)) : httpTool(httpUrl, token),
    changeOutside: (entityId, budgetMinor) => {
      sandbox.world.setBudgetOutside(splitEntityId(entityId as EntityId).externalId, budgetMinor)
    },
  })
}
