/**
 * A record in words: what happened, the one fact that tells it from its neighbours, and who. Pure. The stored line is the
 * truth and stays one click away; whatever of it has not the expected shape is simply not said here.
 */
import type { AuditRow, OutputOf } from '../../../shared/operations.ts'
import { dayRange, fill, integer, money, plural, ratio } from '../../format.ts'
import { visible } from '../../parts/words.ts'
import { TEXTS } from '../../texts.ts'

const t = TEXTS.audit
type Words = Readonly<Record<string, string>>
type Data = Readonly<Record<string, unknown>>
export type Client = OutputOf<'list_clients'>['clients'][number]

function wordOf(words: Words, key: unknown): string | null {
  return typeof key === 'string' && Object.hasOwn(words, key) ? (words[key] ?? null) : null
}
function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? visible(value) : null
}
function isData(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function typeWords(type: string): string {
  return wordOf(t.types, type) ?? visible(type)
}

function dataOf(line: string): Data {
  try {
    const parsed: unknown = JSON.parse(line)
    return isData(parsed) && isData(parsed['data']) ? parsed['data'] : {}
  } catch {
    return {} // an unreadable line; verifying names the fault
  }
}

const AMOUNT = /^-?\d+(\.\d+)?$/

function moneyWords({ amount, cur }: Data): string | null {
  const isMoney = typeof amount === 'string' && AMOUNT.test(amount)
  return isMoney && typeof cur === 'string' && /^[A-Z]{3}$/.test(cur) ? money({ amount, currency: cur }) : null
}
function ratioWords(value: Data): string | null {
  const number = value['ratio']
  return typeof number === 'string' && AMOUNT.test(number) ? ratio(number) : null
}

/** `{amount, cur}`, `{ratio}`, `{strategy, target?}` or a status word. */
function valueWords(value: unknown, field?: unknown): string | null {
  if (value === 'none') return field === 'daily_budget' ? TEXTS.fields.noBudget : TEXTS.fields.noValue
  if (typeof value === 'string') return wordOf(TEXTS.statuses, value) ?? visible(value)
  if (!isData(value)) return null
  if (value['strategy'] === undefined) return moneyWords(value) ?? ratioWords(value)
  const strategy = wordOf(TEXTS.strategies, value['strategy']) ?? text(value['strategy'])
  if (strategy === null || value['target'] === undefined) return strategy
  const target = valueWords(value['target'])
  return target === null ? null : fill(TEXTS.strategies.withTarget, { strategy, target })
}

/** "Männer 25-54: €60.00 → €72.00" of the first item. */
function changeWords({ type, disclosed }: AuditRow, data: Data): string | null {
  const first: unknown = Array.isArray(data['items']) ? data['items'][0] : undefined
  if (!isData(first)) return null
  const before = valueWords(first['before'], first['field'])
  // What the limits blocked has no other value than the one before.
  const after = valueWords(
    (type === 'draft.blocked' ? first['requested'] : undefined) ?? first['after'],
    first['field'],
  )
  if (before === null || after === null) return null
  const change = fill(t.change, { before, after })
  const name = text(disclosed['path.0'])?.split(' › ').at(-1)
  return name === undefined ? change : fill(t.named, { name, what: change })
}

function syncWords(data: Data): string | null {
  const outcome = [wordOf(TEXTS.platforms, data['platform']), wordOf(t.syncOutcomes, data['outcome'])]
    .filter((each) => each !== null)
    .join(' ')
  const { from, to } = data
  const isDay = (day: unknown): day is string => typeof day === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(day)
  const range = isDay(from) && isDay(to) ? dayRange(from, to) : null
  return [outcome, range].filter((each) => each !== null && each !== '').join(' · ') || null
}

function clockWords(data: Data): string | null {
  const { wallMs, monoMs } = data
  if (typeof wallMs !== 'number' || typeof monoMs !== 'number') return null
  const seconds = (ms: number): string =>
    new Intl.NumberFormat(navigator.language, {
      style: 'unit',
      unit: 'second',
      unitDisplay: 'short',
      maximumFractionDigits: 0,
    }).format(ms / 1_000)
  return fill(t.clock, { wall: seconds(wallMs), mono: seconds(monoMs) })
}

/** "orders.csv · 812 rows · 3 left out"; of an export the days it holds. */
function fileWords({ disclosed }: AuditRow, data: Data): string | null {
  const { rows, refused, from, to } = data
  const words = [
    text(disclosed['file_name']),
    typeof from === 'string' && typeof to === 'string' && isDay(from) && isDay(to) ? dayRange(from, to) : null,
    typeof rows === 'number' ? plural(t.importedRows, rows) : null,
    typeof refused === 'number' && refused > 0 ? fill(t.refusedRows, { count: integer(refused) }) : null,
  ].filter((each) => each !== null)
  return words.length === 0 ? null : words.join(' · ')
}
const isDay = (value: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value))

const number = (value: unknown): string | null => (typeof value === 'number' ? integer(value) : null)

/** Of what guards decisions, and of who is told. Undefined for all other types. */
function signOffWords({ type, disclosed }: AuditRow, data: Data): string | null | undefined {
  switch (type) {
    case 'draft.partial': {
      const [applied, total] = [number(data['applied']), number(data['total'])]
      return applied === null || total === null ? null : fill(t.partly, { applied, total })
    }
    case 'breaker.tripped':
      return text(disclosed['detail']) ?? wordOf(t.trips, data['reason']) ?? text(data['reason'])
    case 'breaker.reset':
      return text(disclosed['reason'])
    case 'setting.changed': {
      const [setting, before, after] = [text(data['setting']), text(data['before']) ?? '—', text(data['after']) ?? '—']
      return setting === null ? null : fill(t.setting, { setting: setting.replaceAll('_', ' '), before, after })
    }
    case 'reviewer.added':
    case 'reviewer.removed':
      return text(disclosed['reviewer_name'])
    case 'review.answered':
      return (
        [text(disclosed['reviewer_name']), wordOf(t.verdicts, data['verdict'])]
          .filter((each) => each !== null)
          .join(' · ') || null
      )
    case 'target.added':
    case 'target.changed':
    case 'target.removed':
      return text(disclosed['label'])
    case 'checkpoint.emitted': {
      const size = typeof data['size'] === 'number' ? plural(t.records, data['size']) : null
      return [size, wordOf(t.deliveries, data['outcome'])].filter((each) => each !== null).join(' · ') || null
    }
    case 'history.compared': {
      const [ours, outside] = [number(data['ours']), number(data['outside'])]
      return ours === null || outside === null ? null : fill(t.compared, { ours, outside })
    }
    case 'platform.change':
      return text(disclosed['entity_name']) ?? text(data['entity'])
    default:
      return undefined
  }
}

/** One fact beside the type, or null when the type says it all. */
export function detailWords(record: AuditRow): string | null {
  const data = dataOf(record.line)
  const { disclosed, type } = record
  if (type === 'agent.read') return wordOf(t.tools, data['tool']) ?? text(data['tool'])
  if (type === 'call.refused') {
    const op = text(disclosed['op']) ?? text(data['op'])
    return [op, wordOf(t.codes, data['code']) ?? text(data['code'])].filter((each) => each !== null).join(' · ')
  }
  if (type === 'sync.finished') return syncWords(data)
  if (type === 'data.imported' || type === 'data.exported') return fileWords(record, data)
  if (type === 'account.writes')
    return [
      text(disclosed['account_name']) ?? text(data['account']),
      data['allowed'] === true ? t.writesOn : t.writesOff,
    ]
      .filter((each) => each !== null)
      .join(' · ')
  if (type === 'clock.jump') return clockWords(data)
  if (type === 'log.verified') {
    if (data['ok'] === false) return text(data['fault']) ?? t.faulty
    return typeof data['size'] === 'number' ? plural(t.records, data['size']) : null
  }
  if (type === 'integrity.alarm') return wordOf(t.alarms, data['kind']) ?? text(data['kind'])
  const signOff = signOffWords(record, data)
  if (signOff !== undefined) return signOff
  if (type.startsWith('client.')) return text(disclosed['client_name'])
  if (type.startsWith('connection.'))
    return text(disclosed['account_name']) ?? wordOf(TEXTS.platforms, data['platform'])
  if (type === 'export.created' && typeof data['from'] === 'number' && typeof data['through'] === 'number')
    return fill(t.exported, { from: integer(data['from']), through: integer(data['through']) })
  if (type === 'apply.outcome' || type === 'apply.reconciled') return wordOf(t.outcomes, data['outcome'])
  return changeWords(record, data) ?? wordOf(t.reasons, data['reason'])
}

/** Who, and what kind of actor where the name alone does not say it. Names are written by others. */
export function actorWords(
  record: AuditRow,
  clients: readonly Client[],
): { readonly name: string; readonly kind: string | null; readonly isForeign: boolean } {
  const { kind, id } = record.actor
  const known = wordOf(t.actors, kind)
  if (kind !== 'agent') {
    const isCommandLine = id === 'command-line' || id === 'cli'
    return { name: known ?? visible(kind), kind: isCommandLine ? t.commandLine : null, isForeign: false }
  }
  const name =
    text(record.disclosed['agent_name']) ??
    text(record.disclosed['client_name']) ??
    text(clients.find((client) => client.client_id === id)?.untrusted.name)
  return { name: name ?? visible(id), kind: known, isForeign: true }
}

const WARNS = new Set([
  'draft.unknown',
  'draft.apply_failed',
  'draft.partial',
  'draft.blocked',
  'call.refused',
  'draft.stale',
  'breaker.tripped',
  'integrity.alarm',
  'clock.jump',
  'platform.change',
  'unreadable',
])
/** Whether a record tells of something that needs a look. */
export const isWarning = (type: string): boolean => WARNS.has(type)

export const alarmWords = (kind: string): string => wordOf(t.alarms, kind) ?? visible(kind)

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const
/** "3 min", by the computer's clock; null when nothing noticeable, or no time that can be told, lies between. */
export function elapsedWords(from: string, to: string): string | null {
  const ms = Date.parse(to) - Date.parse(from)
  const unit = UNITS.find(([, unitMs]) => ms >= unitMs)
  if (unit === undefined) return null
  return new Intl.NumberFormat(navigator.language, {
    style: 'unit',
    unit: unit[0],
    unitDisplay: 'short',
    maximumFractionDigits: ms < 10 * unit[1] ? 1 : 0,
  }).format(ms / unit[1])
}
