/**
 * Lines of Meta's activity log in neutral words. Pure. Texts in them were written on the platform: untrusted.
 * Event types: marketing-api reference, "Ad Account, Activities". The shape of `extra_data` is not documented: what is read here are the
 * shapes seen on the wire (plain old and new values; budgets nested, in minor units, with a word for their span; states as words, with
 * numbers beside them). Everything else stays "not told".
 */
import { z } from 'zod'
import { formatRatio, formatStrategy, STRATEGY_TARGETS } from '../../../shared/domain/bid.ts'
import type { Field } from '../../../shared/domain/entity.ts'
import { type AccountId, type EntityId, type EntityType, entityId } from '../../../shared/domain/ids.ts'
import { formatDecimal } from '../../../shared/domain/money.ts'
import { OperationError } from '../../../shared/errors.ts'
import { createRowIds, type PlatformChange, shortText } from '../history.ts'
import { strategyOf } from './bids.ts'
import { microsFromMinor, ratioFromFloor } from './money.ts'

const maybe = <T extends z.ZodType>(inner: T) => inner.nullish().transform((value) => value ?? undefined)
const text = z.string().transform((value) => value.slice(0, 400))

export const activitySchema = z.object({
  event_type: z.string().max(200),
  event_time: z.string().max(40),
  actor_id: maybe(z.union([z.string().max(40), z.number()]).transform(String)),
  actor_name: maybe(text),
  application_name: maybe(text),
  object_id: maybe(z.union([z.string().max(40), z.number()]).transform(String)),
  object_type: maybe(z.string().max(80)),
  extra_data: maybe(z.string().max(200_000)),
})
export type WireActivity = z.infer<typeof activitySchema>
export const ACTIVITY_FIELDS =
  'event_type,event_time,actor_id,actor_name,application_name,object_id,object_type,extra_data'

/** Steps of one switch come within seconds; two minutes to spare. */
const BURST_MS = 120_000
/** A new strategy and its bid are two lines of one change. */
const TOGETHER_MS = 2_000

type Kind = 'budget' | 'status' | 'bid' | 'strategy'
const EVENTS: Readonly<Record<string, readonly [type: EntityType, kind: Kind]>> = {
  update_campaign_budget: ['campaign', 'budget'],
  update_ad_set_budget: ['ad_group', 'budget'],
  update_campaign_run_status: ['campaign', 'status'],
  update_ad_set_run_status: ['ad_group', 'status'],
  update_ad_run_status: ['ad', 'status'],
  update_ad_set_bidding: ['ad_group', 'bid'],
  update_ad_set_bid_strategy: ['ad_group', 'strategy'],
}
/** Meta's old names: what it calls a campaign here is an ad set. */
const OBJECT_TYPES: Readonly<Record<string, EntityType>> = {
  CAMPAIGN_GROUP: 'campaign',
  CAMPAIGN: 'ad_group',
  ADGROUP: 'ad',
}

/** One line, read. Values as Meta has them. */
interface Line {
  readonly wire: WireActivity
  readonly atMs: number
  readonly type: EntityType | undefined
  readonly kind: Kind | undefined
  readonly extra: Readonly<Record<string, unknown>>
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function extraOf(wire: WireActivity): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(wire.extra_data ?? '{}')
    return isRecord(parsed) ? parsed : {}
  } catch {
    return {}
  }
}

export function activityTime(wire: WireActivity): number | undefined {
  const atMs = Date.parse(wire.event_time.replace(/([+-]\d{2})(\d{2})$/, '$1:$2'))
  return Number.isNaN(atMs) ? undefined : atMs
}

function lineOf(wire: WireActivity): Line | undefined {
  const atMs = activityTime(wire)
  if (atMs === undefined) return undefined
  const known = Object.hasOwn(EVENTS, wire.event_type) ? EVENTS[wire.event_type] : undefined
  const objectType = wire.object_type ?? ''
  const type = known?.[0] ?? (Object.hasOwn(OBJECT_TYPES, objectType) ? OBJECT_TYPES[objectType] : undefined)
  return { wire, atMs, type, kind: known?.[1], extra: extraOf(wire) }
}

/** `old_value` or `new_value`, nested once where Meta nests it. */
function valueOf({ extra }: Line, which: 'old_value' | 'new_value'): unknown {
  const value = extra[which]
  return isRecord(value) ? (value[which] ?? value['old_value'] ?? value['new_value']) : value
}

/** Whole minor units; '' for none; undefined for anything else. */
function digitsOf(value: unknown): string | undefined {
  if (value === null || value === undefined || value === '') return ''
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? String(value) : undefined
  return typeof value === 'string' && /^\d{1,30}$/.test(value) ? value : undefined
}

function money(value: unknown, currency: string): string | undefined {
  const digits = digitsOf(value)
  if (digits === undefined || digits === '') return digits
  try {
    return formatDecimal(microsFromMinor(digits, currency), currency)
  } catch (error) {
    if (error instanceof OperationError) return undefined
    throw error
  }
}

function isLifetime({ extra }: Line): boolean {
  return [extra['new_value'], extra['old_value'], extra].some(
    (part) => isRecord(part) && typeof part['type'] === 'string' && /lifetime/i.test(part['type']),
  )
}

const STATUS_WORDS: Readonly<Record<string, string>> = {
  active: 'enabled',
  inactive: 'paused',
  paused: 'paused',
  archived: 'deleted',
  deleted: 'deleted',
}
/** Meta's numbers for the same. */
const STATUS_CODES: Readonly<Record<string, string>> = { 1: 'enabled', 7: 'paused', 8: 'paused', 15: 'paused' }

/** Ours for a state that lasts; undefined for the ones in between ("Pending process") and for words in another language. */
function statusOf(line: Line, which: 'old_value' | 'new_value'): string | undefined {
  const codes = line.extra['run_status']
  const code = isRecord(codes) ? String(codes[which]) : ''
  if (Object.hasOwn(STATUS_CODES, code)) return STATUS_CODES[code]
  const value = valueOf(line, which)
  const word = typeof value === 'string' ? value.trim().toLowerCase() : ''
  return Object.hasOwn(STATUS_WORDS, word) ? STATUS_WORDS[word] : undefined
}

/** Which bid an ad set has under a strategy of Meta's, and how it is spelt. */
function bidField(strategy: string | undefined): Extract<Field, 'bid_cap' | 'cost_cap' | 'target_roas'> | undefined {
  const known = strategyOf(strategy)
  return known === 'min_roas' ? 'target_roas' : known === 'bid_cap' || known === 'cost_cap' ? known : undefined
}

function bidText(value: unknown, field: Field, currency: string): string | undefined {
  if (field !== 'target_roas') return money(value, currency)
  const digits = digitsOf(value)
  if (digits === undefined || digits === '') return digits
  const ratio = ratioFromFloor(digits)
  return ratio === undefined ? undefined : formatRatio(ratio)
}

/** A strategy with its bid as one value. Undefined where it needs a bid that no line tells. */
function strategyText(word: unknown, bid: unknown, currency: string): string | undefined {
  const strategy = typeof word === 'string' ? strategyOf(word) : undefined
  if (strategy === undefined) return undefined
  const { kind } = STRATEGY_TARGETS[strategy]
  if (kind === 'none') return formatStrategy({ strategy, targetMicros: undefined }, currency)
  const digits = digitsOf(bid)
  if (digits === undefined || digits === '') return undefined
  try {
    const targetMicros = kind === 'ratio' ? ratioFromFloor(digits) : microsFromMinor(digits, currency)
    return targetMicros === undefined ? undefined : formatStrategy({ strategy, targetMicros }, currency)
  } catch (error) {
    if (error instanceof OperationError) return undefined
    throw error
  }
}

interface Told {
  readonly line: Line
  readonly field: Field | undefined
  readonly before: string | undefined
  readonly after: string | undefined
}

/** Several lines for one switch become one: Meta writes the states in between, and the last one up to twice. */
function statusChanges(lines: readonly Line[], untilMs: number): readonly Told[] {
  const told: Told[] = []
  const held = new Map<string, Line>()
  const last = new Map<string, Told>()
  for (const line of lines) {
    const id = line.wire.object_id ?? ''
    const [before, after] = [statusOf(line, 'old_value'), statusOf(line, 'new_value')]
    const open = held.get(id)
    const isNearOpen = open !== undefined && line.atMs - open.atMs <= BURST_MS
    if (after === undefined) {
      if (!isNearOpen || before !== undefined) held.set(id, line)
      continue
    }
    held.delete(id)
    const earlier = last.get(id)
    const isRepeat =
      before === undefined &&
      earlier !== undefined &&
      earlier.after === after &&
      line.atMs - earlier.line.atMs <= BURST_MS
    if (isRepeat && !isNearOpen) continue
    const change: Told = {
      line,
      field: 'status',
      before: before ?? (isNearOpen ? statusOf(open, 'old_value') : undefined),
      after,
    }
    told.push(change)
    last.set(id, change)
  }
  // One that never came to its end is told as it stands, but not while its end may still be on its way.
  for (const line of held.values())
    if (untilMs - line.atMs > BURST_MS)
      told.push({ line, field: 'status', before: statusOf(line, 'old_value'), after: undefined })
  return told
}

function bidChanges(
  lines: readonly Line[],
  currency: string,
  strategyNow: (adSet: string) => string | undefined,
): readonly Told[] {
  const used = new Set<Line>()
  const told: Told[] = []
  for (const line of lines.filter(({ kind }) => kind === 'strategy')) {
    const bid = lines.find(
      (each) =>
        each.kind === 'bid' &&
        each.wire.object_id === line.wire.object_id &&
        !used.has(each) &&
        Math.abs(each.atMs - line.atMs) <= TOGETHER_MS,
    )
    if (bid !== undefined) used.add(bid)
    const at = (which: 'old_value' | 'new_value') =>
      strategyText(valueOf(line, which), bid === undefined ? undefined : valueOf(bid, which), currency)
    told.push({ line, field: 'bid_strategy', before: at('old_value'), after: at('new_value') })
  }
  for (const line of lines) {
    if (line.kind !== 'bid' || used.has(line)) continue
    // What it was switched from later is what it had then.
    const later = lines.find(
      (each) => each.kind === 'strategy' && each.wire.object_id === line.wire.object_id && each.atMs >= line.atMs,
    )
    const then = later === undefined ? strategyNow(line.wire.object_id ?? '') : valueOf(later, 'old_value')
    const field = bidField(typeof then === 'string' ? then : undefined)
    const at = (which: 'old_value' | 'new_value') =>
      field === undefined ? undefined : bidText(valueOf(line, which), field, currency)
    told.push({ line, field, before: at('old_value'), after: at('new_value') })
  }
  return told
}

function plainChange(line: Line, currency: string): Told {
  if (line.kind !== 'budget' || isLifetime(line)) return { line, field: undefined, before: undefined, after: undefined }
  const at = (which: 'old_value' | 'new_value') => money(valueOf(line, which), currency)
  return { line, field: 'daily_budget', before: at('old_value'), after: at('new_value') }
}

function entityOf(account: AccountId, { wire, type }: Line): EntityId | undefined {
  const id = wire.object_id ?? ''
  return type !== undefined && /^[0-9]{1,24}$/.test(id) ? entityId(account, type, id) : undefined
}

export interface ActivityContext {
  readonly account: AccountId
  readonly currency: string
  readonly untilMs: number
  /** An ad set's strategy now, Meta's word; undefined when not known. A line about a bid does not say which kind of bid it is. */
  readonly strategyNow: (adSet: string) => string | undefined
}

/** Ad sets whose strategy has to be known to read these lines. */
export function adSetsToAsk(wires: readonly WireActivity[]): readonly string[] {
  return [...new Set(wires.filter((each) => each.event_type === 'update_ad_set_bidding').map((each) => each.object_id))]
    .filter((id) => id !== undefined)
    .filter((id) => /^[0-9]{1,24}$/.test(id))
}

/** `wires`: oldest first. Rows oldest first. */
export function toChanges(wires: readonly WireActivity[], context: ActivityContext): readonly PlatformChange[] {
  const { account, currency } = context
  const ids = createRowIds()
  const keys = new Map<WireActivity, string>()
  for (const wire of wires)
    keys.set(
      wire,
      ids([wire.event_time, wire.event_type, wire.object_id, wire.actor_id, wire.extra_data].join('\u0000')),
    )
  const lines = wires.flatMap((wire) => lineOf(wire) ?? [])
  const isBidding = ({ kind }: Line) => kind === 'bid' || kind === 'strategy'
  const told = [
    ...statusChanges(
      lines.filter(({ kind }) => kind === 'status'),
      context.untilMs,
    ),
    ...bidChanges(lines.filter(isBidding), currency, context.strategyNow),
    ...lines.filter((line) => line.kind !== 'status' && !isBidding(line)).map((line) => plainChange(line, currency)),
  ]
  return told
    .map(({ line, field, before, after }): PlatformChange => {
      const entity = entityOf(account, line)
      return {
        changeId: keys.get(line.wire) ?? '',
        atMs: line.atMs,
        precisionMs: 999,
        entityId: entity,
        target: entity,
        field: entity === undefined ? undefined : field,
        what: shortText(line.wire.event_type, 120) ?? '',
        before,
        after,
        actor: shortText(line.wire.actor_name),
        tool: shortText(line.wire.application_name),
        isApi: undefined,
      }
    })
    .toSorted((one, two) => one.atMs - two.atMs)
}
