/** What is read while a workspace is open, and the sync that brings it. Short, in the table's order. No rule of its own. */
import type { OutputOf } from '../shared/operations.ts'
import { IMPORT_CONNECTION } from '../shared/schemas/imports.ts'
import { describePolicy } from './drafts/policy-words.ts'
import { isoTime } from './drafts/view.ts'
import { browseEntities } from './reporting/browse.ts'
import { getEntity, listEntities } from './reporting/entities.ts'
import { listAccounts } from './reporting/list-accounts.ts'
import { queryMetrics } from './reporting/query-metrics.ts'
import { getReadiness } from './reporting/readiness.ts'
import type { Handlers } from './run-operation.ts'
import { backfillDays, type Session } from './session.ts'

/** Things that a check of an account's readiness names, for a person. */
const WINDOW_ITEMS = 50

export function readHandlers(session: Session): Handlers {
  const { opened, ports, connections, drafts, registry, sync } = session
  const deps = { facts: opened.facts, clock: ports.clock }
  const connectionState = (connectionId: string): string =>
    connectionId === IMPORT_CONNECTION ? 'imported' : (connections.get(connectionId)?.state ?? 'removed')
  const accounts = (input: { platform?: 'tiktok' | 'meta' | 'google_ads' | undefined }): OutputOf<'list_accounts'> =>
    listAccounts({ ...deps, connectionState, writesAllowed: session.writesAllowed }, input)
  return {
    get_status: (_input, { caller }) => {
      const all = accounts({})
      const policy = session.policies.policy()
      return {
        app_version: session.appVersion,
        workspace: { name: opened.workspace.name, is_demo: opened.workspace.isDemo },
        client:
          caller.kind === 'agent'
            ? {
                client_id: caller.clientId,
                scopes: [...caller.scopes],
                expires_at: isoTime(caller.expiresAtMs),
                calls_left_this_minute: registry.callsLeft(caller.clientId),
              }
            : null,
        accounts: all.accounts.map(({ account_id, last_sync_at, connection_state }) => ({
          account_id,
          last_sync_at,
          connection_state,
        })),
        open_drafts: drafts.countOpen(),
        policy: { version: policy.version, rules: describePolicy(policy).map((rule) => rule.text) },
        as_of: all.as_of,
        warnings: all.warnings,
      }
    },
    list_accounts: (input) => accounts(input),
    list_entities: (input) => listEntities(deps, input),
    get_entity: (input) => getEntity({ ...deps, openDraftIds: drafts.openOnEntity(input.entity_id) }, input),
    query_metrics: (input) => queryMetrics(deps, input),
    start_sync: (input) => {
      const days = input.days ?? backfillDays(opened.workspace.isDemo)
      return { sync: sync.start({ days, platforms: input.platforms }) }
    },
    browse_entities: (input) =>
      browseEntities({ ...deps, openDraftCount: (id) => drafts.openOnEntity(id).length }, input),
    get_account_readiness: (input, { caller }) =>
      getReadiness(
        {
          ...deps,
          writesAllowed: session.writesAllowed,
          connectionHealth: (connectionId) => connections.get(connectionId),
          // A window can scroll; an AI client's answer has a size.
          ...(caller.kind === 'window' ? { maxItems: WINDOW_ITEMS } : {}),
        },
        input,
      ),
    get_thumbnail: async (input, { signal }) => {
      const found = await session.thumbnails.read(input.entity_id, signal)
      return found === undefined
        ? { mime_type: null, base64: null }
        : { mime_type: found.mimeType, base64: Buffer.from(found.bytes).toString('base64') }
    },
    cancel_sync: () => ({ sync: sync.cancel() }),
    get_sync: () => ({ sync: sync.progress() }),
  }
}
