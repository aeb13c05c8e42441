/** The names alone, so that the preload script needs no schemas. A type error in operations.ts if list and table differ. */
export const OPERATION_NAMES = [
  'get_status',
  'list_accounts',
  'list_entities',
  'get_entity',
  'query_metrics',
  'check_change',
  'propose_change',
  'list_drafts',
  'get_draft',
  'withdraw_draft',
  'get_app_state',
  'wait_for_change',
  'open_demo',
  'create_workspace',
  'unlock_workspace',
  'list_connections',
  'connect_tiktok',
  'remove_connection',
  'start_sync',
  'cancel_sync',
  'get_sync',
  'arm_draft',
  'disarm_draft',
  'confirm_draft',
  'reject_draft',
  'reconcile_draft',
  'propose_undo',
  'get_policy',
  'list_audit',
  'verify_audit',
  'list_clients',
  'add_client',
  'revoke_client',
] as const
export type OperationName = (typeof OPERATION_NAMES)[number]

/** The Electron IPC channel of one operation; the preload and the main process derive it from the same name. */
export function channelOf(name: OperationName): `spendsignoff:${OperationName}` {
  return `spendsignoff:${name}`
}
