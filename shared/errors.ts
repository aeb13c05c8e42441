/** The closed list of error codes that may cross a process. `message` is for people, `code` for programs. */
export const ERROR_CODES = [
  'invalid_input', // the arguments do not fit the schema
  'unknown_operation',
  'not_allowed', // the caller may never do this
  'insufficient_scope',
  'not_authorized', // no, expired or revoked credentials of an AI client
  'rate_limited',
  'workspace_locked', // the vault is closed
  'workspace_in_use', // a second instance on the same folder
  'workspace_newer', // written by a newer version
  'workspace_damaged', // a file of the workspace is missing, changed or unreadable
  'wrong_passphrase',
  'keychain_locked',
  'keychain_missing',
  'keychain_frozen',
  'vault_key_missing', // encrypted data stands here without its key
  'account_not_available',
  'unknown_entity',
  'unknown_draft',
  'unknown_metric',
  'range_too_long',
  'not_synced',
  'unsupported_on_platform',
  'field_not_editable',
  'writes_not_allowed', // the account is connected for reading only
  'stale_value',
  'invalid_value',
  'currency_mismatch',
  'guardrail',
  'breaker_open', // the circuit breaker has stopped new applies
  'review_needed', // the two-person rule: no second person has answered for exactly this draft
  'review_invalid', // a review answer that is not of this draft, not signed by a known reviewer, or changed
  'presence_refused', // the operating system's prompt was denied or is not there
  'undo_conflict', // somebody changed the value again since
  'storage_failed', // disk full, file locked or folder read-only
  'delivery_refused', // a notification target that must not be used, or that says no
  'conflicting_draft',
  'idempotency_conflict',
  'too_many_pending',
  'not_yours',
  'not_pending',
  'draft_changed', // the hash shown is not the hash stored
  'token_invalid', // confirm token unknown, used, expired or of another session
  'entity_busy', // another change of the same entity is in flight
  'ledger_broken', // the audit log does not verify: no writes
  'platform_refused',
  'platform_unreachable',
  'platform_throttled',
  'consent_denied', // the person, or the platform, said no on the consent page
  'needs_reconnect',
  'sync_running',
  'cancelled',
  'timeout',
  'app_not_running',
  'lost', // the app went away during the call: done or not done is not known
  'result_too_large', // the answer would not fit an AI client; ask for less
  'internal',
] as const
export type ErrorCode = (typeof ERROR_CODES)[number]

/** What crosses a process when something did not work. */
export interface ErrorReply {
  readonly code: ErrorCode
  /** What happened, and what did not. Safe to show: no stack, no secret, no platform text. */
  readonly message: string
  /** What to do next. */
  readonly hint: string
  /** Whether the same call may work later. */
  readonly retryable: boolean
  /** Extra machine-readable facts, e.g. {rule, limit} or {current}. Strings, numbers and booleans only. */
  readonly details?: Readonly<Record<string, string | number | boolean>>
}

/**
 * An expected failure, thrown anywhere in the core and turned into an ErrorReply by run-operation.
 * Everything else that is thrown is a bug: the caller sees `internal`, the local log sees the rest.
 */
export class OperationError extends Error {
  readonly code: ErrorCode
  readonly hint: string
  readonly retryable: boolean
  readonly details: Readonly<Record<string, string | number | boolean>> | undefined
  constructor(
    code: ErrorCode,
    message: string,
    hint: string,
    options: {
      retryable?: boolean
      details?: Readonly<Record<string, string | number | boolean>>
      cause?: unknown
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'OperationError'
    this.code = code
    this.hint = hint
    this.retryable = options.retryable ?? false
    this.details = options.details
  }
  toReply(): ErrorReply {
    return {
      code: this.code,
      message: this.message,
      hint: this.hint,
      retryable: this.retryable,
      ...(this.details === undefined ? {} : { details: this.details }),
    }
  }
}
