/** AI clients, as the window lets them in and shows them out. */
import type { OutputOf } from '../shared/operations.ts'
import type { Actor } from './audit/record.ts'
import { type ClientRegistry, clientViewOf } from './mcp/clients.ts'
import type { Handlers } from './run-operation.ts'
import type { Session } from './session.ts'

const OWNER = { kind: 'user', id: 'owner' } as const

/** Lets an AI client in, with its record in the log. The token is returned here and never again. */
export function addClient(
  { audit, registry }: Pick<Session, 'audit' | 'registry'>,
  name: string,
  scopes: readonly ('mcp.read' | 'mcp.draft')[],
  expiresInDays: number,
  actor: Actor,
): ReturnType<ClientRegistry['add']> {
  return audit.transaction((append) => {
    const added = registry.add({ name, scopes, expiresInDays })
    const { clientId, expiresAtMs } = added.client
    append({
      type: 'client.added',
      actor,
      data: { client: clientId, scopes: [...scopes], expires: new Date(expiresAtMs).toISOString() },
      text: { client_name: name },
    })
    return added
  })
}

export function clientHandlers(session: Session): Handlers {
  const { registry, mcp, audit, ports } = session
  const bridge = (): OutputOf<'list_clients'>['bridge'] => ({
    command: ports.bridge.command,
    args: [...ports.bridge.args],
  })
  return {
    list_clients: () => {
      const status = mcp.status()
      return {
        clients: registry.list().map(clientViewOf),
        http_url: status.httpUrl,
        http_problem: status.httpProblem,
        bridge: bridge(),
      }
    },
    add_client: async (input) => {
      const { client, token } = addClient(session, input.name, input.scopes, input.expires_in_days, OWNER)
      await mcp.start()
      return { client: clientViewOf(client), token, http_url: mcp.status().httpUrl, bridge: bridge() }
    },
    revoke_client: (input) => {
      const client = audit.transaction((append) => {
        const revoked = registry.revoke(input.client_id)
        append({
          type: 'client.revoked',
          actor: OWNER,
          data: { client: revoked.clientId },
          text: { client_name: revoked.name },
        })
        return revoked
      })
      return { client: clientViewOf(client) }
    },
  }
}
