/**
 * Accounts that come from files alone: the account itself, who is already known by which name, sums of what lies below, and taking all of it
 * away again. The only SQL that touches summed_fact. Facts go through metric-table.ts, entities through entity-table.ts.
 */
import type { AccountId, EntityId, Platform } from '../../shared/domain/ids.ts'
import type { MetricLevel } from '../../shared/domain/metric.ts'
import { IMPORT_CONNECTION } from '../../shared/schemas/imports.ts'
import type { FactsDb } from './open.ts'

/** What a file tells of a fact, in the order of the columns below. */
export const IMPORTED_VALUES = [
  'spend_micros',
  'impressions',
  'clicks',
  'video_views',
  'reach',
  'click_conversion_micros',
  'click_value_micros',
  'view_conversion_micros',
  'view_value_micros',
  'engaged_conversion_micros',
  'engaged_value_micros',
  'reported_conversion_micros',
  'reported_value_micros',
  'click_1d_conversion_micros',
  'click_1d_value_micros',
  'click_28d_conversion_micros',
  'click_28d_value_micros',
] as const
export type ImportedValues = readonly (bigint | null)[]
/** People reached are never added up. */
const SUMMED = IMPORTED_VALUES.filter((name) => name !== 'reach')
const RAISED = [
  'spend_micros',
  'click_conversion_micros',
  'view_conversion_micros',
  'engaged_conversion_micros',
  'click_value_micros',
  'view_value_micros',
] as const
const FIRST = {
  spend_micros: 'first_spend_micros',
  click_conversion_micros: 'first_click_conversion_micros',
  click_value_micros: 'first_click_value_micros',
} as const

export interface StoredValues {
  readonly values: ImportedValues
  readonly clickDays: number | null
  readonly viewDays: number | null
}
/** One day of everything directly below an entity. A value that one of them does not say is null. */
export interface DaySum extends StoredValues {
  readonly day: number
  readonly hasWindow: boolean
}
export interface KnownName {
  readonly entityId: EntityId
  readonly name: string
}
export interface ImportedAccount {
  readonly accountId: AccountId
  readonly platform: Platform
  readonly name: string
  readonly currency: string
  readonly timeZone: string
  readonly restatementDays: number
}

/** Marks an account that is being taken away, so that a crash in between does not leave half of it. */
const REMOVING = 'removing'

export type ImportedAccounts = ReturnType<typeof createImportedAccounts>

export function createImportedAccounts(db: FactsDb) {
  const put = db.prepare(
    `INSERT INTO account (account_id, platform, name, currency, time_zone, status, raw_status, connection_id, is_listed, seen_run, restatement_days)
     VALUES (@accountId, @platform, @name, @currency, @timeZone, 'active', 'imported', '${IMPORT_CONNECTION}', 1, 0, @restatementDays)
     ON CONFLICT (account_id) DO UPDATE SET name = excluded.name, time_zone = excluded.time_zone
     WHERE account.connection_id = excluded.connection_id AND account.currency = excluded.currency`,
  )
  const keyOf = db
    .prepare<[string], number>(
      `SELECT account_key FROM account WHERE account_id = ? AND connection_id = '${IMPORT_CONNECTION}' AND raw_status <> '${REMOVING}'`,
    )
    .pluck()
  const namesOfType = db.prepare<[number, string], { entity_id: EntityId; name: string }>(
    'SELECT entity_id, name FROM entity WHERE account_key = ? AND type = ?',
  )
  const childNames = db.prepare<[string, string], { entity_id: EntityId; name: string }>(
    'SELECT entity_id, name FROM entity WHERE parent_id = ? AND type = ?',
  )
  const adsBelow = db.prepare<[string], { entity_id: EntityId; name: string }>(
    `SELECT a.entity_id, a.name FROM entity g JOIN entity a ON a.parent_id = g.entity_id
     WHERE g.parent_id = ? AND g.type = 'ad_group' AND a.type = 'ad'`,
  )
  const names = ({ entity_id, name }: { entity_id: EntityId; name: string }): KnownName => ({
    entityId: entity_id,
    name,
  })
  return {
    /** Makes the account, or takes over its name and zone. @returns its key; undefined when it is connected, or bills in another currency */
    putAccount(account: ImportedAccount): number | undefined {
      const { changes } = put.run(account)
      return changes === 0 ? undefined : keyOf.get(account.accountId)
    },
    /** Undefined too when it is connected or being taken away. */
    keyOf: (id: AccountId): number | undefined => keyOf.get(id),
    campaignNames: (accountKey: number): readonly KnownName[] => namesOfType.all(accountKey, 'campaign').map(names),
    childNames: (parent: EntityId, type: 'ad_group' | 'ad'): readonly KnownName[] =>
      childNames.all(parent, type).map(names),
    /** Ads of all ad groups of a campaign. */
    adsBelow: (campaign: EntityId): readonly KnownName[] => adsBelow.all(campaign).map(names),
    ...createSums(db),
    ...createRemoval(db),
  }
}

/** Stored facts of imported accounts, and the sums of those below them. */
function createSums(db: FactsDb) {
  const stored = db
    .prepare<[number, number], (bigint | null)[]>(
      `SELECT ${IMPORTED_VALUES.join(', ')}, click_window_days, view_window_days FROM metric_fact WHERE entity_key = ? AND day = ?`,
    )
    .raw()
    .safeIntegers()
  const markSummed = db.prepare('INSERT OR IGNORE INTO summed_fact (entity_key, day) VALUES (?, ?)')
  const unmarkSummed = db.prepare('DELETE FROM summed_fact WHERE entity_key = ? AND day = ?')
  const summed = db
    .prepare<[number, number, number], number>(
      'SELECT day FROM summed_fact WHERE entity_key = ? AND day BETWEEN ? AND ?',
    )
    .pluck()
  const below = db
    .prepare<[number, number, string], (bigint | null)[]>(
      `SELECT f.day, COUNT(*), COUNT(f.click_window_days), MIN(f.click_window_days), MAX(f.click_window_days), COUNT(f.view_window_days),
         MIN(f.view_window_days), MAX(f.view_window_days), COUNT(f.window_source),
         ${SUMMED.map((name) => `CASE WHEN COUNT(f.${name}) = COUNT(*) THEN SUM(f.${name}) END`).join(', ')}
       FROM entity c CROSS JOIN metric_fact f ON f.entity_key = c.entity_key AND f.day BETWEEN ? AND ?
       WHERE c.parent_id = ? AND c.type <> 'creative' GROUP BY f.day`,
    )
    .raw()
    .safeIntegers()
  const added = db
    .prepare<Record<string, unknown>, (bigint | null)[]>(
      `SELECT f.day, ${RAISED.map((name) => `COALESCE(SUM(f.${name}), 0)`).join(', ')}
       FROM (SELECT entity_key FROM entity WHERE parent_id = @parent AND type = @level
         UNION SELECT c.entity_key FROM entity m JOIN entity c ON c.parent_id = m.entity_id WHERE m.parent_id = @parent AND c.type = @level) c
       CROSS JOIN metric_fact f ON f.entity_key = c.entity_key AND f.day BETWEEN @start AND @end
       WHERE f.first_seen_at_ms = @at GROUP BY f.day`,
    )
    .raw()
    .safeIntegers()
  const raise = db.prepare(
    `UPDATE metric_fact SET ${RAISED.map((name) => `${name} = ${name} + @${name}`).join(', ')},
       ${Object.entries(FIRST)
         .map(([name, first]) => `${first} = ${first} + @${name}`)
         .join(', ')}
     WHERE entity_key = @key AND day = @day AND first_seen_at_ms IS NOT NULL`,
  )
  return {
    storedValues(entityKey: number, day: number): StoredValues | undefined {
      const row = stored.get(entityKey, day)
      if (row === undefined) return undefined
      const [click, view] = row.slice(IMPORTED_VALUES.length)
      return { values: row.slice(0, IMPORTED_VALUES.length), clickDays: days(click), viewDays: days(view) }
    },
    markSummed: (entityKey: number, day: number): void => void markSummed.run(entityKey, day),
    /** A file states the fact itself. */
    unmarkSummed: (entityKey: number, day: number): void => void unmarkSummed.run(entityKey, day),
    summedDays: (entityKey: number, startDay: number, endDay: number): ReadonlySet<number> =>
      new Set(summed.all(entityKey, startDay, endDay)),
    sumsBelow: (parent: EntityId, startDay: number, endDay: number): readonly DaySum[] =>
      below.all(startDay, endDay, parent).map(toDaySum),
    /**
     * Adds to the parent's stored facts what facts bring that were first seen at `atMs`: they are new below it, and no restatement of it.
     */
    raiseByNew(
      parent: { readonly entityId: EntityId; readonly entityKey: number },
      level: MetricLevel,
      range: { readonly startDay: number; readonly endDay: number; readonly atMs: number },
      only: ReadonlySet<number>,
    ): void {
      const where = { parent: parent.entityId, level, start: range.startDay, end: range.endDay, at: range.atMs }
      for (const [day, ...amounts] of added.all(where)) {
        if (!only.has(Number(day))) continue
        const values = Object.fromEntries(RAISED.map((name, k) => [name, amounts[k] ?? 0n]))
        raise.run({ key: parent.entityKey, day, ...values })
      }
    },
  }
}

const days = (value: bigint | null | undefined): number | null =>
  value === null || value === undefined ? null : Number(value)

function toDaySum(row: readonly (bigint | null)[]): DaySum {
  const [day, count, clicks, clickLow, clickHigh, views, viewLow, viewHigh, windows, ...sums] = row
  const sumOf = new Map(SUMMED.map((name, k) => [name as string, sums[k] ?? null]))
  return {
    day: Number(day),
    values: IMPORTED_VALUES.map((name) => sumOf.get(name) ?? null),
    hasWindow: windows === count,
    clickDays: clicks === count && clickLow === clickHigh ? days(clickLow) : null,
    viewDays: views === count && viewLow === viewHigh ? days(viewLow) : null,
  }
}

/** Takes an imported account away in steps; one that was begun is finished at the next start. */
function createRemoval(db: FactsDb) {
  const mark = db.prepare(
    `UPDATE account SET is_listed = 0, raw_status = '${REMOVING}' WHERE account_key = ? AND connection_id = '${IMPORT_CONNECTION}'`,
  )
  const marked = db
    .prepare<[], number>(
      `SELECT account_key FROM account WHERE connection_id = '${IMPORT_CONNECTION}' AND raw_status = '${REMOVING}'`,
    )
    .pluck()
  const dropFacts = db.prepare(
    `DELETE FROM metric_fact WHERE (entity_key, day) IN (
       SELECT f.entity_key, f.day FROM entity e CROSS JOIN metric_fact f ON f.entity_key = e.entity_key WHERE e.account_key = @account LIMIT @limit)`,
  )
  const some = 'SELECT entity_key FROM entity WHERE account_key = @account LIMIT @limit'
  const dropOfEntities = ['summed_fact', 'metric_block', 'outside_change', 'entity_row'].map((table) =>
    db.prepare(`DELETE FROM ${table} WHERE entity_key IN (${some})`),
  )
  const dropEntities = db.prepare(`DELETE FROM entity WHERE entity_key IN (${some})`)
  const dropOfAccount = [
    'metric_day',
    'restatement',
    'fetched_day',
    'entity_staged',
    'tracker',
    'import_file',
    'account',
  ].map((table) => db.prepare(`DELETE FROM ${table} WHERE account_key = ?`))
  return {
    markRemoving: (accountKey: number): void => void mark.run(accountKey),
    /** Accounts whose removal was begun. */
    removing: (): readonly number[] => marked.all(),
    /** The next step. Rows of its files must be gone. @returns whether more is left */
    removeSome(accountKey: number, limit: number): boolean {
      if (dropFacts.run({ account: accountKey, limit }).changes > 0) return true
      for (const drop of dropOfEntities) drop.run({ account: accountKey, limit })
      if (dropEntities.run({ account: accountKey, limit }).changes > 0) return true
      for (const drop of dropOfAccount) drop.run(accountKey)
      return false
    },
  }
}
