/** The guardrails in force and how they change: always a whole new version, with a record of what differs. */
import type { Clock } from '../shared/clock.ts'
import type { AccountId } from '../shared/domain/ids.ts'
import { OperationError } from '../shared/errors.ts'
import { type PolicyDocument, policyDocument } from '../shared/schemas/policy.ts'
import type { AuditLog } from './audit/append.ts'
import { serializeJcs } from './audit/jcs.ts'
import { changedSettings, type ChangedSetting } from './drafts/policy-changes.ts'
import { documentOf, policyHash, policyOf, refuseNonsense } from './drafts/policy-document.ts'
import { FIRST_POLICY, type Policy } from './drafts/policy.ts'
import type { PolicyRow, PolicyTable } from './store/policy-table.ts'

export type PolicyVersions = ReturnType<typeof createPolicyVersions>

interface Known {
  readonly policy: Policy
  readonly document: PolicyDocument
  readonly hash: string
}

/** @param first what is written down as version 1 where there is none yet */
export function createPolicyVersions(deps: {
  readonly table: PolicyTable
  readonly audit: Pick<AuditLog, 'transaction'>
  readonly clock: Clock
  readonly currencyOf: (accountId: AccountId) => string | undefined
  readonly onChange: () => void
  readonly first?: Policy
}) {
  const { table, clock } = deps
  let known: Known | undefined

  function current(): Known {
    const newest = table.newestVersion()
    if (known !== undefined && known.policy.version === newest) return known
    const row = newest === 0 ? writeFirst() : table.newest()
    if (row === undefined) throw unreadable()
    known = read(row)
    return known
  }

  function writeFirst(): PolicyRow {
    const row = rowOf(1, documentOf(deps.first ?? FIRST_POLICY))
    table.insert(row)
    return row
  }

  function rowOf(version: number, document: PolicyDocument): PolicyRow {
    const hash = policyHash(version, document)
    return { version, json: serializeJcs(document), hash, createdAtMs: clock.nowMs() }
  }

  return {
    /** @throws OperationError workspace_damaged when what is stored is not what was saved: then nothing is proposed or approved. */
    policy: (): Policy => current().policy,
    current,
    versions: (): readonly Omit<PolicyRow, 'json'>[] => {
      current()
      return table.list()
    },

    /**
     * Makes a new version, with its record. A document that differs in nothing makes none.
     * @throws OperationError stale_value when another version came first, invalid_value or currency_mismatch for limits that make no sense
     */
    set(
      expectedVersion: number,
      document: PolicyDocument,
      reason?: string,
    ): { readonly version: number; readonly hash: string; readonly changes: readonly ChangedSetting[] } {
      refuseNonsense(document, deps.currencyOf)
      const next = documentOf(policyOf(expectedVersion + 1, document))
      const done = deps.audit.transaction((append) => {
        const now = current()
        if (now.policy.version !== expectedVersion) throw overtaken(now.policy.version)
        const changes = changedSettings(now.document, next)
        if (changes.length === 0) return { version: expectedVersion, hash: now.hash, changes }
        const row = rowOf(expectedVersion + 1, next)
        table.insert(row)
        append({
          type: 'policy.changed',
          actor: { kind: 'user', id: 'owner' },
          data: { version: row.version, policyHash: row.hash, changes: changes.map((each) => ({ ...each })) },
          text: { reason },
        })
        return { version: row.version, hash: row.hash, changes }
      })
      if (done.changes.length > 0) deps.onChange()
      return done
    },
  }
}

function read(row: PolicyRow): Known {
  let value: unknown
  try {
    value = JSON.parse(row.json)
  } catch {
    throw unreadable()
  }
  const parsed = policyDocument.safeParse(value)
  if (!parsed.success || policyHash(row.version, parsed.data) !== row.hash) throw unreadable()
  return { policy: policyOf(row.version, parsed.data), document: parsed.data, hash: row.hash }
}

function unreadable(): OperationError {
  return new OperationError(
    'workspace_damaged',
    'The stored limits are not the ones that were saved. Nothing can be proposed or approved.',
    'Restore the workspace from a backup, and look at the audit page.',
  )
}

function overtaken(version: number): OperationError {
  return new OperationError(
    'stale_value',
    `The limits were changed since you opened them: version ${version} is in force. Nothing was saved.`,
    'Look at the new version, then make your change again.',
    { details: { current: String(version) } },
  )
}
