/** What the window says in words: times that never mislead, and every record of the log in plain language. */
import { describe, expect, it, test } from 'vitest'
import { RECORD_TYPES } from '../../main/audit/record.ts'
import { actorWords, detailWords, typeWords } from '../../renderer/features/audit/record-words.ts'
import {
  dayPoints,
  isStillCounting,
  type Metrics,
  totalChange,
  wholeDays,
  whyUnknown,
} from '../../renderer/features/overview/figures.ts'
import { absoluteTime, addDays, daysBetween, relativeTime } from '../../renderer/format.ts'
import { type ChosenDays, chosenRange } from '../../renderer/day-range.ts'
import { TEXTS } from '../../renderer/texts.ts'
import type { AuditRow } from '../../shared/operations.ts'

const NOW_MS = Date.UTC(2026, 10, 23, 9)
const MINUTE = 60_000
const HOUR = 60 * MINUTE

describe('a time, seen from now', () => {
  const inText = (ms: number): string => relativeTime(new Date(NOW_MS + ms).toISOString(), NOW_MS)
  it.each([
    [48 * HOUR, 'in 2 days'],
    [48 * HOUR - MINUTE, 'in 2 days'],
    [47 * HOUR, 'in 47 hr.'],
    [25 * HOUR, 'in 25 hr.'],
    [30 * 24 * HOUR - 5 * MINUTE, 'in 30 days'],
    [HOUR - 20_000, 'in 1 hr.'],
    [12 * MINUTE, 'in 12 min.'],
    [20_000, 'now'],
    [-20_000, 'just now'],
    [-12 * MINUTE, '12 min. ago'],
    [-36 * HOUR, '36 hr. ago'],
    [-72 * HOUR, '3 days ago'],
  ])('%d ms is said as "%s"', (ms, words) => {
    expect(inText(ms)).toBe(words)
  })

  it('is never wrong by as much as half of the unit it is said in', () => {
    for (let ms = HOUR; ms < 100 * HOUR; ms += 7 * MINUTE) {
      const [, count, unit] = /in (\d+) (hr|day)/.exec(inText(ms)) ?? []
      const unitMs = unit === 'hr' ? HOUR : 24 * HOUR
      expect(Math.abs(Number(count) * unitMs - ms)).toBeLessThanOrEqual(unitMs / 2)
    }
  })

  it('that cannot be read is a dash: a damaged record must not take the screen with it', () => {
    expect([relativeTime('', NOW_MS), absoluteTime('')]).toEqual(['—', '—'])
  })
})

const row = (type: string, data: unknown, more: Partial<AuditRow> = {}): AuditRow => ({
  seq: 1,
  type,
  group: 'log',
  checkpoint_size: 2,
  withheld: [],
  at: new Date(NOW_MS).toISOString(),
  actor: { kind: 'system', id: 'app' },
  draft_id: null,
  line: JSON.stringify({ data }),
  leaf: 'ab'.repeat(32),
  disclosed: {},
  ...more,
})
const item = {
  field: 'daily_budget',
  before: { amount: '80.00', cur: 'EUR' },
  requested: { amount: '800.00', cur: 'EUR' },
  after: { amount: '80.00', cur: 'EUR' },
}

describe('a record of the log', () => {
  test.each([...RECORD_TYPES, 'unreadable'])('%s has words of its own', (type) => {
    expect(Object.keys(TEXTS.audit.types)).toContain(type)
    expect(typeWords(type)).not.toMatch(/[._]/)
  })

  it.each([
    ['agent.read', { tool: 'query_metrics', client: 'c_1' }, {}, 'figures'],
    [
      'call.refused',
      { op: 'unknown', caller: 'agent', code: 'not_allowed' },
      { op: 'approve' },
      'approve · not allowed',
    ],
    ['draft.lapsed', { reason: 'read_again' }, {}, 'you had it read again'],
    ['draft.lapsed', { reason: 'token_expired' }, {}, 'nobody confirmed in time'],
    ['draft.unknown', { reason: 'no_effect_yet' }, {}, 'no effect seen yet'],
    ['draft.blocked', { items: [item] }, { 'path.0': 'Shop › Frauen 25-54' }, 'Frauen 25-54: €80.00 → €800.00'],
    ['draft.proposed', { items: [{ ...item, after: 'none' }] }, {}, '€80.00 → no daily budget'],
    ['apply.outcome', { outcome: 'conflict' }, {}, 'somebody else changed it too'],
    ['sync.finished', { outcome: 'partial', from: '2026-11-01', to: '2026-11-20' }, {}, 'in part · Nov 1 – 20'],
    ['log.verified', { ok: true, size: 20 }, {}, '20 records'],
    ['log.verified', { ok: false, size: 20, fault: 'truncated' }, {}, 'truncated'],
    ['clock.jump', { wallMs: 3_600_000, monoMs: 2_000 }, {}, 'by the clock 3,600 sec, really 2 sec'],
    ['client.added', { client: 'c_1' }, { client_name: 'Claude\u202e' }, 'Claude␣'],
    ['app.started', { app: '0.1.0' }, {}, null],
    [
      'draft.proposed',
      { items: [{ field: 'target_roas', before: { ratio: '3.00' }, after: { ratio: '3.5' } }] },
      {},
      '3.00 → 3.50',
    ],
    [
      'draft.proposed',
      {
        items: [
          {
            field: 'bid_strategy',
            before: { strategy: 'lowest_cost' },
            after: { strategy: 'cost_cap', target: { amount: '9.00', cur: 'EUR' } },
          },
        ],
      },
      {},
      'Lowest cost → Cost cap: €9.00',
    ],
    ['account.writes', { allowed: true }, {}, 'changes allowed'],
    ['draft.expired', {}, {}, null],
  ] as const)('%s with %j says what tells it apart', (type, data, disclosed, words) => {
    expect(detailWords(row(type, data, { disclosed }))?.replaceAll('\u2009', ' ') ?? null).toBe(words)
  })

  it('whose line is damaged or shaped otherwise says less, and never fails', () => {
    for (const line of ['', '{', 'null', '[]', '{"data":7}', '{"data":{"items":"x"}}', '{"data":{"items":[null]}}'])
      for (const type of [...RECORD_TYPES, 'unreadable', 'constructor'])
        expect(() => detailWords({ ...row(type, {}), line })).not.toThrow()
    expect(typeWords('constructor')).toBe('constructor')
  })

  it('names who: you, SpendSignoff, or the AI client by its name', () => {
    const clients = [
      {
        client_id: 'c_1',
        scopes: ['mcp.read' as const],
        created_at: '',
        expires_at: '',
        last_used_at: null,
        revoked_at: null,
        untrusted: { name: 'Claude Desktop', client_info: null },
      },
    ]
    const who = (kind: string, id: string, disclosed = {}) => {
      const { name, kind: what } = actorWords(row('draft.proposed', {}, { actor: { kind, id }, disclosed }), clients)
      return [name, what]
    }
    expect(who('user', 'owner')).toEqual(['You', null])
    expect(who('user', 'command-line')).toEqual(['You', 'command line'])
    expect(who('system', 'executor')).toEqual(['SpendSignoff', null])
    expect(who('loop', 'loop')).toEqual(['Watcher', null])
    expect(who('agent', 'c_1')).toEqual(['Claude Desktop', 'AI client'])
    expect(who('agent', 'c_2', { agent_name: 'Cursor' })).toEqual(['Cursor', 'AI client'])
    expect(who('agent', 'c_2')).toEqual(['c_2', 'AI client'])
  })
})

describe('a figure that is not known', () => {
  it('is explained by what is missing, not by what is there', () => {
    expect(whyUnknown({ spend: '0.00' }, 'roas')).toBe('noSpend')
    expect(whyUnknown({ spend: '495.52' }, 'roas')).toBe('unknown')
    expect(whyUnknown({ conversions: 0 }, 'cpa')).toBe('noConversions')
    expect(whyUnknown({ conversions: null }, 'cpa')).toBe('unknown')
    expect(whyUnknown(null, 'spend')).toBe('unknown')
  })

  it('is still being counted while any day of the range may be corrected', () => {
    expect(isStillCounting({ restating_since: '2026-11-20' }, '2026-11-22')).toBe(true)
    expect(isStillCounting({ restating_since: '2026-11-20' }, '2026-11-19')).toBe(false)
    expect(isStillCounting({ restating_since: null }, '2026-11-22')).toBe(false)
    expect(isStillCounting(undefined, '2026-11-22')).toBe(false)
  })
})

describe('a change against the period before', () => {
  it('of ROAS comes from its sums, not from two rounded ratios', () => {
    const now = { spend: '10000.00', conversion_value: '451.00', roas: '0.05' }
    const before = { spend: '10000.00', conversion_value: '449.00', roas: '0.04' }
    expect(totalChange(now, before, 'roas')).toBeCloseTo(451 / 449 - 1, 4)
  })

  it('of cost per conversion comes from its sums as well', () => {
    const now = { spend: '1006.00', conversions: 1000, cpa: '1.01' }
    const before = { spend: '1004.00', conversions: 1000, cpa: '1.00' }
    expect(totalChange(now, before, 'cpa')).toBeCloseTo(1006 / 1004 - 1, 4)
    expect(totalChange({ ...now, conversions: 500.5 }, before, 'cpa')).toBeCloseTo(1006 / 500.5 / 1.004 - 1, 4)
  })

  it('is not known where one of the two is not defined, and a fall to nothing is -100%', () => {
    const some = { spend: '10.00', conversion_value: '20.00', roas: '2.00' }
    expect(totalChange({ spend: '0.00', conversion_value: '0.00', roas: null }, some, 'roas')).toBeNull()
    expect(totalChange(some, { spend: '10.00', conversion_value: '0.00', roas: '0.00' }, 'roas')).toBeNull()
    expect(totalChange({ spend: '10.00', conversion_value: '0.00', roas: '0.00' }, some, 'roas')).toBe(-1)
    expect(totalChange(null, some, 'spend')).toBeNull()
  })
})

describe('a day without a row', () => {
  const range = { start: '2026-11-16', end: '2026-11-22' }
  const today = '2026-11-23'
  const answer = (dates: readonly string[], more: Partial<Metrics> = {}): Metrics => ({
    rows: dates.map((date) => ({ date, currency: 'EUR', metrics: { spend: '5.00', roas: '2.00' } })),
    totals: [],
    comparison: null,
    attribution: { primary: 'click_through', click_window_days: 7, window_source: 'entity_setting', note: '' },
    complete_through: '2026-11-22',
    is_partial: true,
    restating_since: null,
    total: dates.length,
    next_cursor: null,
    as_of: null,
    warnings: [],
    ...more,
  })
  const shown = (days: Metrics, totals: Metrics | undefined, accounts: number, currency = 'EUR') =>
    dayPoints(days, currency, range.start, today, today, new Map(), wholeDays(days, range, totals, accounts)).map(
      (point) => [point.date.slice(8), point.spendText, point.roas],
    )

  it('is 0.00 where the whole range was read, and today, which is not over, stays a gap', () => {
    const days = answer(['2026-11-17', '2026-11-20'])
    expect(shown(days, answer([], { is_partial: false }), 3)).toEqual([
      ['16', '0.00', null],
      ['17', '5.00', 2],
      ['18', '0.00', null],
      ['19', '0.00', null],
      ['20', '5.00', 2],
      ['21', '0.00', null],
      ['22', '0.00', null],
      ['23', null, null],
    ])
    expect(shown(answer([]), answer([], { is_partial: false }), 1, 'JPY')[0]).toEqual(['16', '0', null])
  })

  it('is 0.00 between the first row of the only account and the day it is complete through; a gap outside', () => {
    const days = answer(['2026-11-17', '2026-11-20'], { complete_through: '2026-11-21' })
    const spends = shown(days, answer([]), 1).map(([, spend]) => spend)
    expect(spends).toEqual([null, '5.00', '0.00', '0.00', '5.00', '0.00', null, null])
  })

  it('is a gap while it is not known that every account was read', () => {
    const days = answer(['2026-11-17'])
    expect(shown(days, undefined, 2).filter(([, spend]) => spend !== null)).toEqual([['17', '5.00', 2]])
    expect(shown(answer(['2026-11-17'], { complete_through: null }), answer([]), 1)[3]).toEqual(['19', null, null])
  })
})

describe('a custom range', () => {
  const today = '2026-11-23'
  const custom = (customStart: string, customEnd: string) => {
    const settings: ChosenDays = { range: 'custom', customStart, customEnd }
    return chosenRange(settings, today)
  }
  it.each([
    ['2025-10-19', '2026-11-22'],
    ['2020-01-01', '2026-11-23'],
    ['2020-01-01', '2026-11-30'],
    ['2020-01-01', '2022-01-01'],
    ['2026-12-01', '2026-12-05'],
    ['2026-11-20', '2026-11-01'],
  ])(
    '%s to %s asks for at most 400 days, the day the chart adds among them, and is never the wrong way round',
    (a, b) => {
      const { start, end } = custom(a, b)
      const shownEnd = end === addDays(today, -1) ? today : end
      expect(daysBetween(start, shownEnd) + 1).toBeLessThanOrEqual(400)
      expect(start <= end).toBe(true)
      expect(end <= today).toBe(true)
    },
  )

  it('keeps its newest days, and all of them where they fit', () => {
    expect(custom('2025-10-19', '2026-11-22')).toEqual({ start: '2025-10-20', end: '2026-11-22' })
    expect(custom('2026-12-01', '2026-12-05')).toEqual({ start: today, end: today })
    expect(custom('2026-11-20', '2026-11-01')).toEqual({ start: '2026-11-01', end: '2026-11-20' })
  })
})
