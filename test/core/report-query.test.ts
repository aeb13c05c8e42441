/** Every sum of the report, against the same sums made fact by fact. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  createReportReader,
  REPORT_COLUMNS,
  type EntityOrder,
  type ReportColumn,
  type ReportGroup,
  type ReportScope,
  type ReportSort,
} from '../../main/store/report-query.ts'
import type { FactsDb } from '../../main/store/open.ts'
import { openTestFacts } from '../support/facts-rig.ts'

type Level = 'campaign' | 'ad_group' | 'ad'
interface Fact {
  readonly entity: number
  readonly day: number
  readonly values: Readonly<Record<string, bigint | null>>
  readonly window: bigint | null
  readonly source: string | null
}
interface Made {
  readonly key: number
  readonly account: number
  readonly level: Level
  readonly parent: number | null
}

const FIRST_DAY = 20_000
const DAYS = 80
const CURRENCIES = ['EUR', 'USD', 'EUR']
const STORED = REPORT_COLUMNS.filter((name) => name !== 'measured_spend_micros')
const ALWAYS: readonly ReportColumn[] = ['spend_micros', 'impressions', 'clicks', 'measured_spend_micros']

/** Three accounts: two campaigns with two ad groups of two ads each; one ad hangs from its campaign. */
const ENTITIES: readonly Made[] = [1, 2, 3].flatMap((account) => {
  const made: Made[] = []
  const add = (level: Level, parent: number | null): number => {
    const key = account * 100 + made.length
    made.push({ key, account, level, parent })
    return key
  }
  for (let c = 0; c < 2; c += 1) {
    const campaign = add('campaign', null)
    for (let g = 0; g < 2; g += 1) {
      const group = add('ad_group', campaign)
      add('ad', group)
      add('ad', group)
    }
  }
  add('ad', made[0]?.key ?? null)
  return made
})
const entityIdOf = ({ key, account, level }: Made): string => `tiktok:${account}/${level}/${key}`
const entityOf = new Map(ENTITIES.map((entity) => [entity.key, entity]))

function store(facts: readonly Fact[]): FactsDb {
  const db = openTestFacts()
  for (const [k, currency] of CURRENCIES.entries())
    db.prepare(
      `INSERT INTO account (account_key, account_id, platform, name, currency, time_zone, status, raw_status, connection_id, is_listed, seen_run, restatement_days)
       VALUES (?, ?, 'tiktok', 'n', ?, 'UTC', 'active', '', 'c', 1, 1, 28)`,
    ).run(k + 1, `tiktok:${k + 1}`, currency)
  const entity = db.prepare(
    `INSERT INTO entity (entity_key, entity_id, account_key, type, parent_id, name, name_folded, status, raw_status, delivery_status, budget_kind, editable_json,
       details_json, read_at_ms, budget_read_at_ms, status_read_at_ms)
     VALUES (?, ?, ?, ?, ?, '', '', 'enabled', '', '', 'none', '[]', '{}', 0, 0, 0)`,
  )
  for (const made of ENTITIES) {
    const parent = made.parent === null ? undefined : entityOf.get(made.parent)
    entity.run(made.key, entityIdOf(made), made.account, made.level, parent === undefined ? null : entityIdOf(parent))
  }
  const fact = db.prepare(
    `INSERT OR REPLACE INTO metric_fact (entity_key, day, ${STORED.join(', ')}, click_window_days, window_source, fetched_at_ms)
     VALUES (?, ?, ${STORED.map(() => '?').join(', ')}, ?, ?, 1)`,
  )
  for (const { entity: key, day, values, window, source } of facts)
    fact.run(key, day, ...STORED.map((name) => values[name] ?? null), window, source)
  return db
}

const amount = fc.bigInt(-50n, 10n ** 9n)
const arbFact: fc.Arbitrary<Fact> = fc.record({
  entity: fc.constantFrom(...ENTITIES.map((entity) => entity.key)),
  day: fc.oneof(
    fc.integer({ min: FIRST_DAY, max: FIRST_DAY + DAYS - 1 }),
    // Near the edges of blocks.
    fc.constantFrom(20_015, 20_016, 20_017, 20_031, 20_032, 20_047, 20_048, 20_063, 20_064),
  ),
  values: fc
    .tuple(
      fc.array(fc.bigInt(0n, 10n ** 9n), { minLength: 3, maxLength: 3 }),
      fc.array(fc.option(amount, { nil: null }), { minLength: STORED.length - 3, maxLength: STORED.length - 3 }),
    )
    .map(([counts, maybe]) =>
      Object.fromEntries(STORED.map((name, k) => [name, (k < 3 ? counts[k] : maybe[k - 3]) ?? null])),
    ),
  window: fc.constantFrom(null, 0n, 1n, 7n, 28n),
  source: fc.constantFrom(null, 'entity_setting', 'approximated', 'requested'),
})
const arbFacts = fc.uniqueArray(arbFact, { maxLength: 120, selector: ({ entity, day }) => `${entity} ${day}` })
const arbScope: fc.Arbitrary<ReportScope> = fc
  .record({
    accountKeys: fc.subarray([1, 2, 3], { minLength: 1 }),
    level: fc.constantFrom<Level>('campaign', 'ad_group', 'ad'),
    a: fc.integer({ min: FIRST_DAY - 20, max: FIRST_DAY + DAYS + 20 }),
    b: fc.integer({ min: FIRST_DAY - 20, max: FIRST_DAY + DAYS + 20 }),
    parent: fc.option(fc.constantFrom(...ENTITIES.filter((e) => e.level !== 'ad').map((e) => e.key)), {
      nil: undefined,
      freq: 1,
    }),
  })
  .map(({ a, b, parent, ...rest }) => ({
    ...rest,
    startDay: Math.min(a, b),
    endDay: Math.max(a, b),
    ...(parent === undefined ? {} : { parentKey: parent }),
  }))

function liesBelow(key: number, parent: number): boolean {
  const above = entityOf.get(key)?.parent ?? null
  return above === parent || (above !== null && entityOf.get(above)?.parent === parent)
}
function isIn({ entity, day }: Fact, scope: ReportScope): boolean {
  const made = entityOf.get(entity)
  return (
    made !== undefined &&
    scope.accountKeys.includes(made.account) &&
    made.level === scope.level &&
    day >= scope.startDay &&
    day <= scope.endDay &&
    (scope.parentKey === undefined || liesBelow(entity, scope.parentKey))
  )
}

/** The slow way. */
function grouped(facts: readonly Fact[], by: { readonly entity?: boolean; readonly day?: boolean }): ReportGroup[] {
  const groups = new Map<string, Fact[]>()
  for (const fact of facts) {
    const account = entityOf.get(fact.entity)?.account
    const key = `${account} ${by.entity === true ? fact.entity : ''} ${by.day === true ? fact.day : ''}`
    groups.set(key, [...(groups.get(key) ?? []), fact])
  }
  const sum = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n)
  const countOf = (members: readonly Fact[], keep: (fact: Fact) => boolean): bigint =>
    BigInt(members.filter(keep).length)
  return [...groups.values()]
    .map((members): ReportGroup => {
      const [first] = members
      const windows = members.flatMap(({ window }) => window ?? [])
      const valueOf = ({ values }: Fact, name: ReportColumn): bigint =>
        name === 'measured_spend_micros'
          ? values['click_value_micros'] === null
            ? 0n
            : (values['spend_micros'] ?? 0n)
          : (values[name] ?? 0n)
      const record = (of: (name: ReportColumn) => bigint) =>
        Object.fromEntries(REPORT_COLUMNS.map((name) => [name, of(name)])) as Record<ReportColumn, bigint>
      return {
        accountKey: entityOf.get(first?.entity ?? 0)?.account ?? 0,
        entityKey: by.entity === true ? (first?.entity ?? 0) : null,
        day: by.day === true ? (first?.day ?? 0) : null,
        facts: BigInt(members.length),
        sums: record((name) => sum(members.map((fact) => valueOf(fact, name)))),
        known: record((name) =>
          ALWAYS.includes(name)
            ? BigInt(members.length)
            : countOf(members, (fact) => (fact.values[name] ?? null) !== null),
        ),
        windows: {
          known: BigInt(windows.length),
          days: sum(windows),
          squares: sum(windows.map((days) => days * days)),
          approximated: countOf(members, ({ source }) => source === 'approximated'),
          requested: countOf(members, ({ source }) => source === 'requested'),
        },
      }
    })
    .toSorted(
      (a, b) =>
        (by.entity === true ? 0 : a.accountKey - b.accountKey) ||
        (a.entityKey ?? 0) - (b.entityKey ?? 0) ||
        (a.day ?? 0) - (b.day ?? 0),
    )
}

test('any accounts, level, range and parent give the sums of their facts, by account, entity and day', () => {
  fc.assert(
    fc.property(arbFacts, fc.array(arbScope, { minLength: 1, maxLength: 8 }), (facts, scopes) => {
      const db = store(facts)
      const reader = createReportReader(db)
      for (const scope of scopes) {
        const inScope = facts.filter((fact) => isIn(fact, scope))
        expect(reader.perAccount(scope)).toEqual(grouped(inScope, {}))
        expect(reader.perAccountDay(scope)).toEqual(grouped(inScope, { day: true }))
        expect([...reader.perEntityDay(scope)]).toEqual(grouped(inScope, { entity: true, day: true }))
        const byEntity = grouped(inScope, { entity: true })
        const page = reader.perEntity(scope, { ...everySort('clicks'), limit: 100, offset: 0 })
        expect(page.rows.toSorted((a, b) => (a.entityKey ?? 0) - (b.entityKey ?? 0))).toEqual(byEntity)
        expect(page.total).toBe(byEntity.length)
        const keys = ENTITIES.filter((_, k) => k % 3 !== 0).map((entity) => entity.key)
        const named = facts.filter(
          ({ entity, day }) => keys.includes(entity) && day >= scope.startDay && day <= scope.endDay,
        )
        expect(reader.perEntityOf(keys, scope.startDay, scope.endDay)).toEqual(grouped(named, { entity: true }))
        expect([...reader.perEntityDayOf(keys, scope.startDay, scope.endDay)]).toEqual(
          grouped(named, { entity: true, day: true }),
        )
        const parents = new Set(
          facts
            .filter(({ day }) => day >= scope.startDay && day <= scope.endDay)
            .flatMap(({ entity }) => entityOf.get(entity)?.parent ?? [])
            .filter((key) => keys.includes(key)),
        )
        expect(reader.withChildFacts(keys, scope.startDay, scope.endDay)).toEqual(parents)
      }
      db.close()
    }),
    { numRuns: 60 },
  )
})

const everySort = (sort: ReportSort): Pick<EntityOrder, 'sort' | 'columns'> => ({
  sort,
  columns: {
    conversions: ['click_conversion_micros', 'view_conversion_micros'],
    value: ['click_value_micros', 'view_value_micros'],
  },
})

/** What a group is sorted by; null comes last. */
function sortValue(
  { sums, known }: ReportGroup,
  { sort, columns }: Pick<EntityOrder, 'sort' | 'columns'>,
): number | null {
  const added = (names: readonly ReportColumn[]): number | null =>
    names.some((name) => known[name] > 0n) ? Number(names.reduce((total, name) => total + sums[name], 0n)) : null
  const share = (top: number | null, bottom: number | null): number | null =>
    top === null || bottom === null || bottom === 0 ? null : top / bottom
  const spend = Number(sums.spend_micros)
  return {
    spend: () => spend,
    clicks: () => Number(sums.clicks),
    conversions: () => added(columns.conversions),
    conversion_value: () => added(columns.value),
    cpa: () => share(spend, added(columns.conversions)),
    roas: () => share(added(columns.value), spend),
    reported_roas: () => share(added(['reported_value_micros']), spend),
  }[sort]()
}

/** Many entities on one page, of little variety: the same amount, no spend and nothing known come often. */
const arbCrowd = fc.uniqueArray(
  fc
    .record({
      entity: fc.constantFrom(...ENTITIES.filter(({ level }) => level === 'ad').map(({ key }) => key)),
      day: fc.integer({ min: FIRST_DAY, max: FIRST_DAY + 40 }),
      amounts: fc.array(fc.constantFrom(0n, 1n, 2n), { minLength: STORED.length, maxLength: STORED.length }),
      isKnown: fc.boolean(),
    })
    .map(
      ({ entity, day, amounts, isKnown }): Fact => ({
        entity,
        day,
        values: Object.fromEntries(STORED.map((name, k) => [name, k < 3 || isKnown ? (amounts[k] ?? 0n) : null])),
        window: null,
        source: null,
      }),
    ),
  { minLength: 8, maxLength: 40, selector: ({ entity, day }) => `${entity} ${day}` },
)
const arbCrowdScope = fc
  .record({
    accountKeys: fc.subarray([1, 2, 3], { minLength: 2 }),
    startDay: fc.integer({ min: FIRST_DAY - 3, max: FIRST_DAY + 3 }),
    endDay: fc.integer({ min: FIRST_DAY + 25, max: FIRST_DAY + 45 }),
  })
  .map((scope): ReportScope => ({ ...scope, level: 'ad' }))

describe('a page of entities', () => {
  test.each<ReportSort>(['spend', 'roas', 'conversions', 'conversion_value', 'cpa', 'reported_roas', 'clicks'])(
    'comes sorted by %s, unknown last, ties by key, amounts currency by currency, and pages join without a seam',
    (sort) => {
      const isMoney = sort === 'spend' || sort === 'cpa' || sort === 'conversion_value'
      fc.assert(
        fc.property(arbCrowd, arbCrowdScope, fc.integer({ min: 1, max: 7 }), (facts, scope, limit) => {
          const db = store(facts)
          const reader = createReportReader(db)
          const order = everySort(sort)
          const expected = grouped(
            facts.filter((fact) => isIn(fact, scope)),
            { entity: true },
          ).toSorted((a, b) => {
            const [x, y] = [sortValue(a, order), sortValue(b, order)]
            const currency = ({ accountKey }: ReportGroup): string =>
              isMoney ? (CURRENCIES[accountKey - 1] ?? '') : ''
            const byCurrency = currency(a) < currency(b) ? -1 : currency(a) > currency(b) ? 1 : 0
            const byValue = x === y ? 0 : x === null ? 1 : y === null ? -1 : y - x
            return byCurrency || byValue || (a.entityKey ?? 0) - (b.entityKey ?? 0)
          })
          const rows: ReportGroup[] = []
          for (let offset = 0; offset <= expected.length; offset += limit) {
            const page = reader.perEntity(scope, { ...order, limit, offset })
            rows.push(...page.rows)
            expect(page.total).toBe(expected.length)
          }
          expect(rows).toEqual(expected)
          db.close()
        }),
        { numRuns: 30 },
      )
    },
  )

  test('with no column to sort by is all unknown, and still complete', () => {
    const fact = {
      day: FIRST_DAY,
      values: { spend_micros: 5n, impressions: 1n, clicks: 1n },
      window: null,
      source: null,
    }
    const db = store([100, 107].map((entity) => ({ ...fact, entity })))
    const scope = { accountKeys: [1], level: 'campaign' as const, startDay: FIRST_DAY, endDay: FIRST_DAY }
    for (const sort of ['conversions', 'roas', 'cpa', 'conversion_value'] as const)
      expect(
        createReportReader(db)
          .perEntity(scope, { sort, columns: { conversions: [], value: [] }, limit: 9, offset: 0 })
          .rows.map((row) => row.entityKey),
      ).toEqual([100, 107])
  })
})

test('sums beyond 2^53 stay exact, taken from blocks or from facts', () => {
  const spend = 9_007_199_254_740_993n
  const days = Array.from({ length: 40 }, (_, k) => FIRST_DAY + k)
  const db = store(
    days.map((day) => ({
      entity: 100,
      day,
      values: { spend_micros: spend, impressions: 1n, clicks: 1n },
      window: null,
      source: null,
    })),
  )
  const reader = createReportReader(db)
  for (const skipped of [0, 1, 5, 11, 15])
    expect(reader.perEntityOf([100], FIRST_DAY + skipped, FIRST_DAY + 38)[0]?.sums.spend_micros).toBe(
      spend * BigInt(39 - skipped),
    )
})
