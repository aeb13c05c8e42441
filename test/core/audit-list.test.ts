/** Looking through the log: what a filter finds is what a reader with all the time in the world would find, a bounded part at a time. */
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { AUDIT_GROUPS, listAuditInput } from '../../shared/schemas/audit.ts'
import type { AuditLog } from '../../main/audit/append.ts'
import { groupOf, typesOf } from '../../main/audit/groups.ts'
import { leafHash } from '../../main/audit/merkle.ts'
import { RECORD_TYPES, type RecordType } from '../../main/audit/record.ts'
import {
  type AuditFound,
  type AuditSearch,
  MAX_LOOKED_AT,
  searchLog,
  type SearchDeps,
} from '../../main/audit/search.ts'
import { openAuditTable } from '../../main/store/audit-table.ts'
import { LedgerFixture, newKeys, proposed, read } from '../support/audit-fixture.ts'
import { type Sample, SAMPLES } from '../support/audit-samples.ts'

const HOUR_MS = 3_600_000
const DRAFTS = ['d_aaaaaaaaaaaaaaaa', 'd_bbbbbbbbbbbbbbbb', 'd_cccccccccccccccc'] as const
const ACCOUNTS = ['meta:1', 'meta:12', 'meta:3'] as const
/** Whose number begins another's; a draft of the third account never says so itself where its record has no items. */
const ACCOUNT_OF = new Map<string, string>([
  [DRAFTS[0], ACCOUNTS[0]],
  [DRAFTS[1], ACCOUNTS[1]],
  [DRAFTS[2], ACCOUNTS[2]],
])
const TEXTS = ['Größe 100 %', 'naïve_(.*)+$', 'Ἀθῆναι 🙂', 'plain words', 'a"quoted\\ one', 'nul\0inside']
const NEEDLES = [
  ...TEXTS,
  'GRÖ',
  '%',
  '_',
  '.*',
  '\0',
  '🙂',
  '"type":"draft',
  'meta:12',
  'tampered',
  'no such thing',
  '\\',
]

const ledgers: LedgerFixture[] = []
async function newLedger(): Promise<{ ledger: LedgerFixture; log: AuditLog }> {
  const ledger = new LedgerFixture()
  ledgers.push(ledger)
  return { ledger, log: await ledger.open() }
}
function depsOf(ledger: LedgerFixture): SearchDeps {
  return {
    table: openAuditTable(ledger.db),
    monotonicMs: () => 0,
    accountsOf: (draftId) => [ACCOUNT_OF.get(draftId) ?? 'meta:0'],
    relatedTo: (draftId) => DRAFTS.filter((each) => each !== draftId),
  }
}
const onward = (): void => undefined
const find = (search: AuditSearch, deps: SearchDeps): Promise<AuditFound> => searchLog(search, deps, onward)

/** Every page of a search, one after the other, and how it went. */
async function findAll(search: AuditSearch, deps: SearchDeps, between: () => void = onward) {
  const seqs: number[] = []
  const looked: number[] = []
  let beforeSeq: number | undefined
  do {
    const page = await find({ ...search, beforeSeq }, deps)
    seqs.push(...page.rows.map((row) => row.seq))
    looked.push(page.lookedAt)
    beforeSeq = page.nextBeforeSeq ?? undefined
    between()
  } while (beforeSeq !== undefined)
  return { seqs, looked }
}

afterAll(() => ledgers.forEach((ledger) => ledger.remove()))

describe('the groups', () => {
  test('hold every type of record, each exactly once', () => {
    expect(AUDIT_GROUPS.flatMap(typesOf).toSorted()).toEqual(RECORD_TYPES.toSorted())
    for (const group of AUDIT_GROUPS) expect(typesOf(group).every((type) => groupOf(type) === group)).toBe(true)
    expect(AUDIT_GROUPS.filter((group) => typesOf(group).length === 0)).toEqual([])
  })

  test('count what is no type of ours as the log’s own', () => {
    for (const type of [undefined, '', 'unreadable', 'toString', '__proto__', 'draft.promised'])
      expect(groupOf(type)).toBe('log')
  })
})

describe('a log of all kinds, with lines that were tampered with and texts that are gone', () => {
  interface Truth {
    readonly seq: number
    readonly raw: string
    /** Empty for a line that is no genuine record any more. */
    readonly type: string | undefined
    readonly actor: string | undefined
    readonly texts: readonly string[]
  }
  let deps: SearchDeps
  let truths: Truth[]

  beforeAll(async () => {
    const { ledger, log } = await newLedger()
    const texts = new Map<number, string[]>()
    const put = (type: keyof typeof SAMPLES, sample: Sample): void => {
      const record = SAMPLES[type](sample)
      const seq = log.transaction((append) => append(record))
      texts.set(
        seq,
        Object.values(record.text ?? {}).flatMap((value) =>
          value === undefined ? [] : [typeof value === 'string' ? value : value.join(' › ')],
        ),
      )
    }
    DRAFTS.forEach((draft, at) =>
      put('draft.proposed', { draft, other: 'd_zzzzzzzzzzzzzzzz', account: ACCOUNTS[at] ?? '', text: 'first' }),
    )
    const step = fc.record({
      draft: fc.constantFrom(...DRAFTS),
      other: fc.constantFrom(...DRAFTS),
      account: fc.constantFrom(...ACCOUNTS),
      text: fc.constantFrom(...TEXTS),
      // The clock goes back, too.
      hours: fc.integer({ min: -20, max: 30 }),
    })
    const types = Object.keys(SAMPLES) as (keyof typeof SAMPLES)[]
    fc.sample(step, { seed: 11, numRuns: types.length * 8 }).forEach(({ hours, ...sample }, at) => {
      ledger.clock.pass(hours * HOUR_MS)
      put(types[at % types.length] ?? 'app.started', sample)
    })
    log.rotateKey(newKeys(), 'scheduled')
    await log.close()

    const tampered = new Set([9, 77, 140, 141, 300])
    for (const seq of tampered) {
      const line = ledger.bytesOf(seq).toString()
      // Still JSON; no JSON; not even text; and one with the hash beside it made to fit.
      const changed = Buffer.from(
        seq === 77
          ? `tampered ${line}`
          : seq === 140
            ? '\xff\0tampered'
            : line.replace('"v":1', '"v":1,"w":"tampered"'),
        'latin1',
      )
      ledger.tamper('UPDATE entry SET bytes = ?, leaf = ? WHERE seq = ?', changed, leafHash(changed), seq)
      if (seq === 9) ledger.tamper('UPDATE entry SET leaf = zeroblob(32) WHERE seq = 9')
      texts.delete(seq)
    }
    ledger.tamper('DELETE FROM disclosure WHERE seq BETWEEN 100 AND 130')
    ledger.tamper(
      'UPDATE disclosure SET disclosure = (SELECT min(disclosure) FROM disclosure WHERE seq < 200) WHERE seq BETWEEN 200 AND 220',
    )
    for (const seq of texts.keys()) if ((seq >= 100 && seq <= 130) || (seq >= 200 && seq <= 220)) texts.delete(seq)

    deps = depsOf(ledger)
    truths = deps.table.entries(0, 10_000).map((entry) => {
      const raw = Buffer.from(entry.bytes).toString()
      const line = (tampered.has(entry.seq) ? {} : JSON.parse(raw)) as { type?: string; actor?: { kind: string } }
      return {
        seq: entry.seq,
        raw,
        type: line.type,
        actor: line.actor?.kind,
        texts: texts.get(entry.seq) ?? [],
      }
    })
  })

  function isWanted(search: AuditSearch, { raw, seq, type, actor, texts }: Truth): boolean {
    const { draftId, groups, actorKind, accountId, fromDay, toDay, text } = search
    const day = /.*"ts":"([\d-]{10})T/.exec(raw)?.[1]
    const drafts = [...raw.matchAll(/"draft":"(\w+)"/g)].map((match) => match[1] ?? '')
    const isFiled = type === undefined && deps.table.index?.(seq, seq)[0]?.draftId === draftId
    const isOfAccount =
      new RegExp(`"${accountId}["/]`).test(raw) || drafts.some((id) => ACCOUNT_OF.get(id) === accountId)
    return (
      (draftId === undefined || isFiled || raw.includes(draftId)) &&
      (groups === undefined || groups.includes(groupOf(type))) &&
      (actorKind === undefined || actor === actorKind) &&
      (accountId === undefined || isOfAccount) &&
      (fromDay === undefined || (day !== undefined && day >= fromDay)) &&
      (toDay === undefined || (day !== undefined && day <= toDay)) &&
      (text === undefined || [raw, ...texts].some((each) => each.toLowerCase().includes(text.toLowerCase())))
    )
  }

  const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
    fc.option(arbitrary, { nil: undefined, freq: 1 })
  const day = fc
    .integer({ min: -10, max: 120 })
    .map((n) => new Date(Date.UTC(2026, 2, 1) + n * 24 * HOUR_MS).toISOString().slice(0, 10))
  const filters = {
    draftId: fc.constantFrom(...DRAFTS),
    groups: fc.uniqueArray(fc.constantFrom(...AUDIT_GROUPS), { minLength: 1 }),
    actorKind: fc.constantFrom('user', 'agent', 'loop', 'system'),
    accountId: fc.constantFrom(...ACCOUNTS),
    fromDay: day,
    toDay: day,
    text: fc.constantFrom(...NEEDLES),
  }

  test('has a record of every type', () => {
    const all: readonly (RecordType | undefined)[] = RECORD_TYPES
    expect(all.filter((type) => !truths.some((truth) => truth.type === type))).toEqual([])
    expect(truths.length).toBeGreaterThan(400)
  })

  test.each(Object.entries(filters))('%s alone finds exactly what it means', async (name, arbitrary) => {
    for (const value of new Set(fc.sample<unknown>(arbitrary, { seed: 5, numRuns: 60 }))) {
      const search: AuditSearch = { limit: 60, [name]: value }
      const wanted = truths.filter((truth) => isWanted(search, truth)).map(({ seq }) => seq)
      expect((await findAll(search, deps)).seqs).toEqual(wanted.toReversed())
    }
  })

  test('filters together find exactly what each of them leaves, page by page', async () => {
    let found = 0
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          limit: fc.integer({ min: 1, max: 200 }),
          ...Object.fromEntries(
            Object.entries(filters).map(([name, each]) => [name, maybe(each as fc.Arbitrary<unknown>)]),
          ),
        }),
        async (given) => {
          const search = given as unknown as AuditSearch
          const wanted = truths.filter((truth) => isWanted(search, truth)).map(({ seq }) => seq)
          found += wanted.length
          expect((await findAll(search, deps)).seqs).toEqual(wanted.toReversed())
        },
      ),
      { numRuns: 300, seed: 3 },
    )
    expect(found).toBeGreaterThan(1_000)
  })

  test('a tampered line is shown as one that cannot be read, among those of the log, and is found by what stands in it', async () => {
    const { rows } = await find({ limit: 200, text: 'TAMPERED' }, deps)
    expect(rows.map(({ seq, record }) => [seq, record])).toEqual([300, 141, 140, 77, 9].map((seq) => [seq, undefined]))
    expect((await findAll({ limit: 200, text: 'tampered', groups: ['log'] }, deps)).seqs).toHaveLength(5)
    const others = AUDIT_GROUPS.filter((group) => group !== 'log')
    expect((await findAll({ limit: 200, text: 'tampered', groups: others }, deps)).seqs).toEqual([])
  })

  test('texts that were erased, or do not fit, are named, and no search finds them', async () => {
    const rows = (await find({ limit: 200, beforeSeq: 221 }, deps)).rows.filter(
      ({ seq, record }) => ((seq >= 100 && seq <= 130) || seq >= 200) && Object.keys(record?.sd ?? {}).length > 0,
    )
    expect(rows.length).toBeGreaterThan(10)
    for (const { record, withheld, text } of rows) expect([withheld, text]).toEqual([Object.keys(record?.sd ?? {}), {}])
    for (const text of TEXTS) {
      const { seqs } = await findAll({ limit: 200, text }, deps)
      expect(seqs.filter((seq) => rows.some((row) => row.seq === seq))).toEqual([])
      expect(seqs.length).toBeGreaterThan(0)
    }
  })
})

describe('letters', () => {
  test.each([
    ['Straße', 'STRASSE'],
    ['ΟΔΟΣ Α', 'οδος α'],
    ['cafe\u0301', 'CAFÉ'],
    ['İstanbul', 'i\u0307stanbul'],
    ['ｆｕｌｌ', 'full'],
    ['🙂🙃', '🙃'],
    ['ЖУК', 'жук'],
  ])('%s is found as %s', async (title, text) => {
    const { ledger, log } = await newLedger()
    log.transaction((append) => append(proposed({ title })))
    await log.close()
    expect((await find({ limit: 5, text }, depsOf(ledger))).rows).toHaveLength(1)
  })
})

describe('a long log', () => {
  const SIZE = 50_000
  let ledger: LedgerFixture
  let log: AuditLog
  let deps: SearchDeps
  beforeAll(async () => {
    ;({ ledger, log } = await newLedger())
    log.transaction((append) => {
      append(proposed({ title: 'needle' }))
      for (let n = 2; n < SIZE; n += 1) append(read(n))
    })
    deps = depsOf(ledger)
  }, 60_000)
  afterEach(() => log.pinHead())

  test.each([
    ['a search that nothing matches', { text: 'no such thing' }],
    ['an account without records', { accountId: 'meta:404' }],
    ['the only proposal’s text', { text: 'needle' }],
  ] as const)('%s takes several calls, each of them bounded, to the beginning of the log', async (_, search) => {
    const { looked, seqs } = await findAll({ limit: 50, ...search }, deps)
    expect(looked).toEqual([MAX_LOOKED_AT, MAX_LOOKED_AT, SIZE - 2 * MAX_LOOKED_AT])
    expect(seqs).toEqual('text' in search && search.text === 'needle' ? [1] : [])
  })

  test('a search lets everybody else have a turn, and stops when nobody waits for it', async () => {
    let turns = 0
    let isDone = false
    const count = (): void => {
      turns += 1
      if (!isDone) setImmediate(count)
    }
    setImmediate(count)
    await find({ limit: 50, text: 'no such thing' }, deps)
    isDone = true
    expect(turns).toBeGreaterThan(MAX_LOOKED_AT / 64 - 10)
    let asked = 0
    const stopped = searchLog({ limit: 50, text: 'no such thing' }, deps, () => {
      asked += 1
      if (asked === 3) throw new Error('nobody waits')
    })
    await expect(stopped).rejects.toThrow('nobody waits')
  })

  test('a search that takes long says where to go on', async () => {
    let nowMs = 0
    const slow = { ...deps, monotonicMs: () => (nowMs += 1) }
    const { lookedAt, nextBeforeSeq } = await find({ limit: 50, text: 'no such thing' }, slow)
    expect([lookedAt, nextBeforeSeq]).toEqual([400, SIZE - 400])
  })

  test('one draft’s page, a rare kind and the newest page look at few records', async () => {
    const { looked: draft } = await findAll({ limit: 50, draftId: 'd_abcdefgh234567ab' }, deps)
    const { looked: rare } = await findAll({ limit: 50, groups: ['proposals', 'rules', 'outside'] }, deps)
    const { lookedAt } = await find({ limit: 50 }, deps)
    expect([draft, rare, lookedAt]).toEqual([[1], [1], 50])
  })

  test('pages give every record once, also while others are added', async () => {
    const added = (): void => void log.transaction((append) => append(read(0)))
    const { size } = log.head()
    const { seqs } = await findAll({ limit: 200, groups: ['reads', 'proposals'] }, deps, added)
    expect(seqs).toEqual(Array.from({ length: size - 1 }, (_, at) => size - 1 - at))
  })
})

test('what is hidden in the search index, or planted in it, does no harm', async () => {
  const { ledger, log } = await newLedger()
  log.transaction((append) => [append(proposed({ title: 'x' })), append(read(1)), append(read(2))])
  await log.close()
  ledger.tamper('UPDATE entry_index SET draft_id = ? WHERE seq = 2', DRAFTS[0])
  ledger.tamper('INSERT INTO entry_index (seq, type, draft_id) VALUES (?, ?, ?)', 90, 'agent.read', DRAFTS[0])
  ledger.tamper("UPDATE entry_index SET type = 'policy.changed' WHERE seq = 3")
  const deps = depsOf(ledger)
  expect((await findAll({ limit: 9, draftId: DRAFTS[0] }, deps)).seqs).toEqual([])
  expect((await findAll({ limit: 9, groups: ['rules'] }, deps)).seqs).toEqual([])
  expect((await findAll({ limit: 9 }, deps)).seqs).toEqual([3, 2, 1, 0])

  // A line of which nothing is left stays where it was filed, and one that was taken out is not shown as its neighbour.
  ledger.tamper("UPDATE entry SET bytes = CAST('gone' AS BLOB) WHERE seq = 1")
  ledger.tamper('DELETE FROM entry WHERE seq = 2')
  expect((await findAll({ limit: 9, draftId: 'd_abcdefgh234567ab' }, deps)).seqs).toEqual([1])
  expect((await findAll({ limit: 9, groups: ['reads'] }, deps)).seqs).toEqual([])
  expect((await findAll({ limit: 9 }, deps)).seqs).toEqual([3, 1, 0])
})

test('the filters of the window are bounded', () => {
  const refused = [
    { search: '' },
    { search: '  ' },
    { search: 'x'.repeat(101) },
    { groups: [] },
    { groups: ['everything'] },
    { actor_kind: 'reviewer' },
    { draft_id: "d_' OR 1=1 --" },
    { account_id: 'meta:%' },
    { from: '2026-3-1' },
    { limit: 201 },
    { before_seq: -1 },
    { before_seq: 2 ** 53 },
    { like: '%' },
  ]
  for (const input of refused) expect([input, listAuditInput.safeParse(input).success]).toEqual([input, false])
})
