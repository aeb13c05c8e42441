/** However an export is cut into files, ordered or repeated: the same numbers stand in the store, and sums are sums of what lies below. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FactsDb } from '../../main/store/open.ts'
import { contentOf, DAY_MS, handClock, NOON } from '../support/facts-rig.ts'
import { factsImports, type MetaRow, metaReport } from '../support/import-rig.ts'

const CHOICES = { account_name: 'Shop' }
const KEPT = [
  'facts',
  'blocks',
  'days',
  'entities',
  'rows',
  'held',
  'restated',
  'accounts',
  'staged',
  'paused',
] as const

/** What may not differ; when it was seen does. */
function stored(facts: FactsDb): Record<string, unknown> {
  const content = contentOf(facts)
  return Object.fromEntries(KEPT.map((name) => [name, content[name]]))
}

/** Roll-ups equal their facts, and every level above sums to the one below. */
function sumsByLevel(facts: FactsDb): Record<string, unknown[]> {
  const read = (sql: string): unknown[] => facts.prepare(sql).raw().all()
  return {
    campaign: read(
      "SELECT f.day, SUM(f.spend_micros), SUM(f.click_value_micros) FROM metric_fact f JOIN entity e USING (entity_key) WHERE e.type = 'campaign' GROUP BY 1 ORDER BY 1",
    ),
    ad_group: read(
      "SELECT f.day, SUM(f.spend_micros), SUM(f.click_value_micros) FROM metric_fact f JOIN entity e USING (entity_key) WHERE e.type = 'ad_group' GROUP BY 1 ORDER BY 1",
    ),
    ad: read(
      "SELECT f.day, SUM(f.spend_micros), SUM(f.click_value_micros) FROM metric_fact f JOIN entity e USING (entity_key) WHERE e.type = 'ad' GROUP BY 1 ORDER BY 1",
    ),
    days: read("SELECT day, spend_micros, click_value_micros FROM metric_day WHERE level = 'ad' ORDER BY 1"),
  }
}

const row: fc.Arbitrary<MetaRow> = fc.record({
  campaign: fc.constantFrom('Spring', 'Autumn', '=SUM(A1)'),
  adSet: fc.constantFrom('Broad', 'Narrow'),
  ad: fc.constantFrom('Video A', 'Video B', 'Photo', '+1 more'),
  day: fc.integer({ min: 0, max: 45 }).map((n) => new Date(NOON - (60 - n) * DAY_MS).toISOString().slice(0, 10)),
  spend: fc.integer({ min: 0, max: 99_999 }).map((cents) => (cents / 100).toFixed(2)),
  purchases: fc.integer({ min: 0, max: 9 }),
  value: fc.integer({ min: 0, max: 99_999 }).map((cents) => (cents / 100).toFixed(2)),
})
const keyOf = ({ campaign, adSet, ad, day }: MetaRow): string => JSON.stringify([campaign, adSet, ad, day])
/** Each ad and day once: two files that both state one would each be the last word. */
const rows = fc.uniqueArray(row, { selector: keyOf, minLength: 1, maxLength: 40 })

async function storedAfter(files: readonly (readonly MetaRow[])[]): Promise<Record<string, unknown>> {
  const rig = factsImports()
  for (const [n, file] of files.entries()) {
    if (n > 0) rig.clock.advance(60_000)
    if (file.length > 0) await rig.store(metaReport(file), CHOICES)
  }
  const sums = sumsByLevel(rig.facts)
  expect(sums['campaign']).toEqual(sums['ad'])
  expect(sums['ad_group']).toEqual(sums['ad'])
  expect(sums['days']).toEqual(sums['ad'])
  const found = stored(rig.facts)
  rig.facts.close()
  return found
}

describe('an export in any form', () => {
  test('rows in any order store the same', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(rows, fc.integer(), async (all, seed) => {
        const other = all.toSorted((a, b) => hash(keyOf(a), seed) - hash(keyOf(b), seed))
        expect(await storedAfter([other])).toEqual(await storedAfter([all]))
      }),
      { numRuns: 12 },
    )
  })

  test('cut into several files, also in the middle of a day, it stores the same, and no restatement is made up', {
    timeout: 120_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(rows, fc.integer({ min: 2, max: 4 }), async (all, parts) => {
        const files = Array.from({ length: parts }, (_, part) =>
          all.filter((each) => Math.abs(hash(keyOf(each), 7)) % parts === part),
        )
        expect(await storedAfter(files)).toEqual(await storedAfter([all]))
      }),
      { numRuns: 12 },
    )
  })

  test('stored again, or once more after other files, it stores the same', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(rows, async (all) => {
        const half = all.filter((_, n) => n % 2 === 0)
        expect(await storedAfter([all, half, all])).toEqual(await storedAfter([all]))
      }),
      { numRuns: 8 },
    )
  })
})

function hash(text: string, seed: number): number {
  return Array.from(text).reduce((sum, character) => (sum * 31 + (character.codePointAt(0) ?? 0)) | 0, seed)
}

describe('what changes', () => {
  const day = '2026-11-02'
  const first: MetaRow = {
    campaign: 'Spring',
    adSet: 'Broad',
    ad: 'A',
    day,
    spend: '10.00',
    purchases: 1,
    value: '20.00',
  }

  test('a day that says something else later is restated at every level, and keeps what it said first', async () => {
    const rig = factsImports()
    await rig.store(metaReport([first]), CHOICES)
    rig.clock.advance(3 * DAY_MS)
    const made = await rig.store(metaReport([{ ...first, purchases: 3, value: '60.00' }]), CHOICES)
    expect(made).toMatchObject({ rows_new: 0, rows_changed: 1, rows_same: 0 })
    const moved = rig.facts.prepare(
      'SELECT level, click_value_moved_micros AS value, age_days AS age FROM restatement ORDER BY level',
    )
    expect(moved.all()).toEqual([
      { level: 'ad', value: 40_000_000, age: 24 },
      { level: 'ad_group', value: 40_000_000, age: 24 },
      { level: 'campaign', value: 40_000_000, age: 24 },
    ])
    const kept = rig.facts.prepare('SELECT DISTINCT first_click_value_micros FROM metric_fact').pluck().all()
    expect(kept).toEqual([20_000_000])
  })

  test('an ad that comes later beside one that changed: only the change is a restatement above', async () => {
    const rig = factsImports()
    await rig.store(metaReport([first]), CHOICES)
    rig.clock.advance(DAY_MS)
    await rig.store(
      metaReport([
        { ...first, spend: '11.00' },
        { ...first, ad: 'B', spend: '100.00' },
      ]),
      CHOICES,
    )
    const moved = rig.facts.prepare('SELECT level, spend_moved_micros AS spend FROM restatement ORDER BY level').all()
    expect(moved).toEqual([
      { level: 'ad', spend: 1_000_000 },
      { level: 'ad_group', spend: 1_000_000 },
      { level: 'campaign', spend: 1_000_000 },
    ])
    expect(rig.facts.prepare("SELECT SUM(spend_micros) FROM metric_day WHERE level = 'campaign'").pluck().get()).toBe(
      111_000_000,
    )
  })

  test('what a file says of a campaign itself is not overwritten by the sum of the ads it knows, in either order', async () => {
    const campaigns = 'Campaign name,Day,Amount spent (EUR),Impressions\nSpring,2026-11-02,99.00,5000\n'
    const spend = async (files: readonly string[]): Promise<unknown> => {
      const rig = factsImports()
      for (const file of files) await rig.store(file, CHOICES)
      return rig.facts
        .prepare("SELECT f.spend_micros FROM metric_fact f JOIN entity e USING (entity_key) WHERE e.type = 'campaign'")
        .pluck()
        .all()
    }
    expect(await spend([campaigns, metaReport([first])])).toEqual([99_000_000])
    expect(await spend([metaReport([first]), campaigns])).toEqual([99_000_000])
  })

  test('a day that is still running is not complete, and the same bytes later do not make it so', async () => {
    const clock = handClock()
    const rig = factsImports(undefined, clock)
    const today = new Date(clock.nowMs()).toISOString().slice(0, 10)
    const file = metaReport([first, { ...first, day: today }])
    const asked = await rig.preview(file, CHOICES)
    expect(asked.questions.map(({ field }) => field)).toEqual(['time_zone'])
    await rig.store(file, { ...CHOICES, time_zone: 'Europe/Berlin' })
    const over = (): unknown =>
      rig.facts.prepare("SELECT was_over FROM fetched_day WHERE level = 'ad' ORDER BY day").pluck().all()
    expect(over()).toEqual([1, 0])
    clock.advance(2 * DAY_MS)
    await rig.store(metaReport([{ ...first, spend: '12.00' }]), CHOICES)
    await rig.store(file, { ...CHOICES, time_zone: 'Europe/Berlin' })
    expect(over()).toEqual([1, 0])
  })

  test('days that are not in the file stay missing', async () => {
    const rig = factsImports()
    await rig.store(metaReport([first, { ...first, day: '2026-11-05' }]), CHOICES)
    expect(rig.facts.prepare('SELECT COUNT(*) FROM fetched_day').pluck().get()).toBe(6)
    expect(rig.facts.prepare('SELECT complete_through FROM account').pluck().get()).toBe(Date.parse(day) / DAY_MS)
  })

  test('names that another file numbers are the same campaigns, ad sets and ads', async () => {
    const numbered =
      'Campaign ID,Campaign name,Ad set ID,Ad set name,Ad ID,Ad name,Day,Amount spent (EUR),Impressions\n' +
      '120210000000001,Spring,120210000000002,Broad,120210000000003,A,2026-11-03,4.00,100\n'
    for (const files of [
      [metaReport([first]), numbered],
      [numbered, metaReport([first])],
    ]) {
      const rig = factsImports()
      for (const file of files) await rig.store(file, CHOICES)
      const counts = rig.facts.prepare('SELECT type, COUNT(*) FROM entity GROUP BY 1 ORDER BY 1').raw().all()
      expect(counts).toEqual([
        ['ad', 1],
        ['ad_group', 1],
        ['campaign', 1],
      ])
    }
  })

  test('two ads of one name that a file numbers apart stay two', async () => {
    const rig = factsImports()
    await rig.store(metaReport([first]), CHOICES)
    const numbered =
      'Campaign name,Ad set name,Ad ID,Ad name,Day,Amount spent (EUR),Impressions\n' +
      'Spring,Broad,120210000000003,A,2026-11-03,4.00,100\nSpring,Broad,120210000000004,A,2026-11-03,5.00,100\n'
    await rig.store(numbered, CHOICES)
    const spend = rig.facts.prepare("SELECT SUM(spend_micros) FROM metric_day WHERE level = 'ad'").pluck().get()
    expect(spend).toBe(19_000_000)
  })

  test('taking the account away leaves nothing of it', async () => {
    const rig = factsImports()
    const made = await rig.store(metaReport([first, { ...first, ad: 'B' }]), CHOICES)
    if (made.account_id === null) throw new Error('no account')
    await rig.imports.remove(made.account_id)
    const tables = [
      'account',
      'entity',
      'entity_row',
      'metric_fact',
      'metric_block',
      'metric_day',
      'fetched_day',
      'restatement',
      'summed_fact',
      'import_file',
      'import_row',
    ]
    for (const table of tables)
      expect([table, rig.facts.prepare(`SELECT COUNT(*) FROM ${table}`).pluck().get()]).toEqual([table, 0])
  })
})
