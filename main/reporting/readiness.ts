/** get_account_readiness: what should be put in order before changes are worth proposing. Reads what is stored; asks no platform. */
import type { AccountId, EntityId } from '../../shared/domain/ids.ts'
import type { Tracker } from '../../shared/domain/tracker.ts'
import type { OutputOf, ParsedInputOf } from '../../shared/operations.ts'
import type { StoredAccount } from '../store/account-table.ts'
import { factsReaders } from '../store/facts-tables.ts'
import type { FactsReadDb } from '../store/open.ts'
import type { StoredEntity } from '../store/entity-table.ts'
import { asOf, firstSyncWarning, isoTime, type ReportingDeps, storedAccount } from './freshness.ts'
import { accessChecks, type ConnectionHealth } from './readiness-access.ts'
import { brandSigns, type BrandSigns, severalAccounts } from './readiness-brand.ts'
import { type AccountFacts, type Check, rank, SEVERITIES } from './readiness-check.ts'
import {
  changedOutsideCheck,
  disapprovedCheck,
  type Idle,
  INACTIVE_DAYS,
  inactiveCheck,
  isReallyIdle,
} from './readiness-structure.ts'
import { trackingChecks } from './readiness-tracking.ts'
import { cleanUntrusted } from './untrusted.ts'

export type { ConnectionHealth } from './readiness-access.ts'

export interface ReadinessDeps extends ReportingDeps {
  /** Whether the person lets changes be pushed in the account. */
  readonly writesAllowed: (accountId: AccountId) => boolean
  /** What ledger.db says of a connection; undefined when there is none. */
  readonly connectionHealth: (connectionId: string) => ConnectionHealth | undefined
  /** How many items each check names, at most 50. Default: few enough for the answer to fit an AI client. */
  readonly maxItems?: number
}

type Output = OutputOf<'get_account_readiness'>
type AccountView = Output['accounts'][number]

const DAY_MS = 86_400_000
const CHANGED_DAYS = 7
const MAX_ITEMS = 50
const MAX_TRACKERS = 50
/** Items and trackers of one account, asked for by name, and of each of several. */
const FEW = { one: 12, several: 3, crowd: 1 } as const
const CROWD = 15
/** More candidates than this are not looked at one by one. */
const MAX_LOOKED_AT = 2_000
const MAX_ADS_FOR_SITES = 2_000
const MAX_CHANGES = 1_000

/**
 * Checks at or above `severity_min` (default: everything that is not in order), worst first; an account without any has an empty list.
 * @throws OperationError account_not_available
 */
export function getReadiness(deps: ReadinessDeps, input: ParsedInputOf<'get_account_readiness'>): Output {
  const { facts } = deps
  const listed = factsReaders(facts)
    .accounts.all()
    .filter((account) => account.isListed)
  const accounts = input.account_id === undefined ? listed : [storedAccount(facts, input.account_id)]
  const few = accounts.length === 1 ? FEW.one : accounts.length > CROWD ? FEW.crowd : FEW.several
  const maxItems = Math.min(deps.maxItems ?? few, MAX_ITEMS)
  const signs = listed
    .filter((account) => account.status !== 'disabled')
    .map((account) =>
      brandSigns(account, factsReaders(facts).entityRows.landingPages(account.accountKey, MAX_ADS_FOR_SITES)),
    )
  const least = rank(input.severity_min ?? 'info')
  return {
    accounts: accounts.map((account) => accountView(deps, account, { signs, maxItems, least })),
    as_of: asOf(accounts),
    warnings: [...firstSyncWarning(accounts), ...trackerWarnings(accounts)],
  }
}

function accountView(
  deps: ReadinessDeps,
  account: StoredAccount,
  how: { readonly signs: readonly BrandSigns[]; readonly maxItems: number; readonly least: number },
): AccountView {
  const { trackers: reader } = factsReaders(deps.facts)
  const trackers = account.trackersAtMs === null ? undefined : reader.ofAccount(account.accountKey)
  const checks = checksOf(deps, account, trackers, how).toSorted((a, b) => rank(b.severity) - rank(a.severity))
  const maxTrackers = deps.maxItems === undefined ? how.maxItems : MAX_TRACKERS
  return {
    account_id: account.accountId,
    severity: SEVERITIES[Math.max(...checks.map(({ severity }) => rank(severity)))] ?? 'ok',
    checks: checks.filter(({ severity }) => rank(severity) >= how.least),
    trackers: (trackers ?? []).slice(0, maxTrackers).map(trackerView),
    as_of: asOf([account]),
    untrusted: { name: cleanUntrusted(account.name) },
  }
}

function checksOf(
  deps: ReadinessDeps,
  account: StoredAccount,
  trackers: readonly Tracker[] | undefined,
  { signs, maxItems }: { readonly signs: readonly BrandSigns[]; readonly maxItems: number },
): readonly Check[] {
  const { facts, clock } = deps
  const { entities, entityRows, outsideChanges } = factsReaders(facts)
  const nowMs = clock.nowMs()
  const enabledCampaigns = entityRows.count({
    accountKeys: [account.accountKey],
    type: 'campaign',
    status: 'enabled',
    underId: undefined,
    delivery: undefined,
    review: undefined,
    changedSinceMs: undefined,
    nameContains: undefined,
  })
  const known: AccountFacts = {
    account,
    nowMs,
    writesAllowed: deps.writesAllowed(account.accountId),
    maxItems,
    isRunning: enabledCampaigns > 0 && account.status !== 'disabled',
  }
  const campaigns = idleOf(facts, account, 'campaign', nowMs)
  const idleCampaigns = new Set(campaigns?.map(({ entity }) => entity.entityId))
  // An ad group below an inactive campaign is the same finding again.
  const adGroups = idleOf(facts, account, 'ad_group', nowMs)?.filter(
    ({ above }) => !above.some(({ entityId }) => idleCampaigns.has(entityId)),
  )
  const disapproved = entityRows.adsInReview(account.accountKey, 'disapproved', MAX_LOOKED_AT)
  return [
    severalAccounts(known, signs),
    ...trackingChecks(known, trackers),
    inactiveCheck(known, 'campaign', campaigns),
    inactiveCheck(known, 'ad_group', adGroups),
    disapprovedCheck(
      known,
      entities.byKeys(disapproved).filter((ad) => aboveOf(facts, ad).every(({ status }) => status === 'enabled')),
    ),
    ...accessChecks(known, deps.connectionHealth(account.connectionId)),
    changedOutsideCheck(
      known,
      outsideChanges.ofAccount(account.accountKey, nowMs - CHANGED_DAYS * DAY_MS, MAX_CHANGES),
      (key) => entities.byKeys([key])[0],
    ),
  ]
}

/** Undefined when the last 14 whole days are not all held. */
function idleOf(
  facts: FactsReadDb,
  account: StoredAccount,
  type: 'campaign' | 'ad_group',
  nowMs: number,
): readonly Idle[] | undefined {
  const { coverage, entities, entityRows } = factsReaders(facts)
  const { accountKey } = account
  const endDay = coverage.lastDayOver(accountKey, type)
  if (endDay === null) return undefined
  const startDay = endDay - INACTIVE_DAYS + 1
  if (coverage.daysOver(accountKey, type, startDay, endDay) < INACTIVE_DAYS) return undefined
  // A sync that is old says nothing about the days since.
  if (endDay < Math.floor(nowMs / DAY_MS) - INACTIVE_DAYS) return undefined
  const candidates = new Map(
    entityRows
      .withoutDelivery({ accountKey, type, startDay, endDay }, MAX_LOOKED_AT)
      .map((each) => [each.entityKey, each.hadDeliveryBefore]),
  )
  return entities
    .byKeys([...candidates.keys()])
    .map((entity) => ({
      entity,
      hadDeliveryBefore: candidates.get(entity.entityKey) ?? false,
      above: aboveOf(facts, entity),
      lastDeliveryDay: () => entityRows.lastDelivery(entity.entityKey),
    }))
    .filter((idle) => isReallyIdle(idle, nowMs))
    .toSorted((a, b) => a.entity.entityKey - b.entity.entityKey)
}

/** What an entity lies below, nearest first. */
function aboveOf(
  facts: FactsReadDb,
  entity: StoredEntity,
): readonly { entityId: EntityId; status: StoredEntity['status'] }[] {
  const { entities } = factsReaders(facts)
  const found: { entityId: EntityId; status: StoredEntity['status'] }[] = []
  for (let next = entity.parentId; next !== undefined && found.length < 3; ) {
    const row = entities.nameOf(next)
    if (row === undefined) break
    found.push({ entityId: next, status: row.status })
    next = row.parentId
  }
  return found
}

function trackerView(tracker: Tracker): AccountView['trackers'][number] {
  const receivedAtMs = tracker.lastReceivedAtMs
  return {
    external_id: cleanUntrusted(tracker.externalId),
    kind: tracker.kind,
    state: tracker.state,
    last_received_at: receivedAtMs === undefined || receivedAtMs === null ? null : isoTime(receivedAtMs),
    is_primary: tracker.isPrimary ?? null,
    problems: [...tracker.problems],
    untrusted: { name: cleanUntrusted(tracker.name) },
  }
}

function trackerWarnings(accounts: readonly StoredAccount[]): readonly string[] {
  const unread = accounts.filter(
    ({ trackersAtMs, trackersProblem }) => trackersProblem !== null && trackersAtMs === null,
  ).length
  const old = accounts.filter(
    ({ trackersAtMs, trackersProblem }) => trackersProblem !== null && trackersAtMs !== null,
  ).length
  const of = (count: number): string => (count === 1 ? 'one account' : `${count} accounts`)
  return [
    ...(unread === 0 ? [] : [`Tracking of ${of(unread)} could not be read; nothing is said about it.`]),
    ...(old === 0 ? [] : [`Tracking of ${of(old)} could not be read at the last sync; what was read before is shown.`]),
  ]
}
