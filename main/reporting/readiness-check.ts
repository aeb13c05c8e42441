/** What every readiness check is made of. Pure. */

import type { ChangeInput, OutputOf, READINESS_CHECKS } from '../../shared/operations.ts'
import type { StoredAccount } from '../store/account-table.ts'
import type { StoredEntity } from '../store/entity-table.ts'
import { cleanUntrusted } from './untrusted.ts'

export type Check = OutputOf<'get_account_readiness'>['accounts'][number]['checks'][number]
export type Severity = Check['severity']
export type CheckName = (typeof READINESS_CHECKS)[number]
export type CheckItem = Check['items'][number]

export const SEVERITIES: readonly Severity[] = ['ok', 'info', 'warning', 'critical']
export const rank = (severity: Severity): number => SEVERITIES.indexOf(severity)

const AREAS: Readonly<Record<CheckName, Check['area']>> = {
  several_accounts: 'structure',
  tracking_missing: 'tracking',
  tracking_unverified: 'tracking',
  tracking_stale: 'tracking',
  tracking_misconfigured: 'tracking',
  inactive_campaigns: 'structure',
  inactive_ad_groups: 'structure',
  disapproved_ads: 'policy',
  token_expiring: 'access',
  token_dead: 'access',
  account_limited: 'access',
  writes_off: 'access',
  changed_outside: 'structure',
}

/** What is known of one account when it is judged. */
export interface AccountFacts {
  readonly account: StoredAccount
  readonly nowMs: number
  readonly writesAllowed: boolean
  /** How many items each check names. */
  readonly maxItems: number
  /** Whether a campaign is switched on: without one, tracking is not urgent. */
  readonly isRunning: boolean
}

export function ok(check: CheckName, message: string): Check {
  return { check, area: AREAS[check], severity: 'ok', message, hint: null, count: 0, items: [] }
}

export function finding(
  check: CheckName,
  severity: Severity,
  words: { readonly message: string; readonly hint: string },
  found: { readonly count: number; readonly items?: readonly CheckItem[] },
): Check {
  return { check, area: AREAS[check], severity, ...words, count: found.count, items: [...(found.items ?? [])] }
}

/** An entity as one of the things a check is about. */
export function entityItem(entity: StoredEntity, detail: string | null, cure: ChangeInput | null): CheckItem {
  return {
    entity_id: entity.entityId,
    external_id: null,
    detail,
    cure,
    untrusted: { name: cleanUntrusted(entity.name) },
  }
}

/** The draft that would switch it off, where the platform and the person let it be switched. */
export function pauseCure(entity: StoredEntity, writesAllowed: boolean): ChangeInput | null {
  const isEditable = entity.editable.some(({ field, isEditable: yes }) => field === 'status' && yes)
  if (!writesAllowed || !isEditable || entity.status !== 'enabled') return null
  return { kind: 'set_status', entity_id: entity.entityId, expected_current: 'enabled', new_status: 'paused' }
}

export const many = (count: number, one: string, several = `${one}s`): string =>
  count === 1 ? `One ${one}` : `${count} ${several}`
