/**
 * The one place that turns a change into a request, for asking (dry run) and for doing. The fields come from a fixed vocabulary: no
 * DELETE, no ARCHIVED, and never Meta's mark of a dry run, which only `dryRunOf` adds.
 */
import { type BidStrategy, parseRatio, parseStrategy, STRATEGY_TARGETS } from '../../../shared/domain/bid.ts'
import { splitAccountId, splitEntityId } from '../../../shared/domain/ids.ts'
import { parseDecimal } from '../../../shared/domain/money.ts'
import type { ProposedChange } from '../adapter.ts'
import { STRATEGY_WORDS } from './bids.ts'
import { DRY_RUN_MARK } from './client.ts'
import { floorFromRatio, minorFromMicros } from './money.ts'

/** What may stand in the body of a change. */
export interface WriteFields {
  readonly status?: 'ACTIVE' | 'PAUSED'
  /** Minor units, digit by digit. */
  readonly daily_budget?: string
  readonly bid_amount?: string
  readonly bid_strategy?: string
  readonly bid_constraints?: { readonly roas_average_floor: number }
}

export interface PlannedWrite {
  /** "/{id}": the object itself. */
  readonly path: string
  /** Whose allowance it uses: the account's id without prefix. */
  readonly subject: string
  readonly fields: WriteFields
}

const STATUSES: Readonly<Record<string, 'ACTIVE' | 'PAUSED'>> = { enabled: 'ACTIVE', paused: 'PAUSED' }

function strategyFields(text: string, currency: string): WriteFields | { readonly refusal: string } {
  const { strategy, targetMicros } = parseStrategy(text, currency)
  const word = STRATEGY_WORDS[strategy]
  if (word === undefined) return { refusal: 'Meta has no such bid strategy' }
  if (targetMicros === undefined) return { bid_strategy: word }
  return { bid_strategy: word, ...targetFields(strategy, targetMicros, currency) }
}

function targetFields(strategy: BidStrategy, targetMicros: bigint, currency: string): WriteFields {
  return STRATEGY_TARGETS[strategy].kind === 'ratio'
    ? { bid_constraints: { roas_average_floor: floorFromRatio(targetMicros) } }
    : { bid_amount: minorFromMicros(targetMicros, currency) }
}

function fieldsOf(change: ProposedChange, type: string): WriteFields | { readonly refusal: string } {
  const { field, after, currency } = change
  if (field === 'status') {
    const status = Object.hasOwn(STATUSES, after) ? STATUSES[after] : undefined
    return status === undefined ? { refusal: 'the status is neither enabled nor paused' } : { status }
  }
  if (type === 'ad') return { refusal: 'ads have neither a budget nor a bid' }
  if (field === 'daily_budget') return { daily_budget: minorFromMicros(parseDecimal(after, currency), currency) }
  // Bids sit on ad sets; a strategy is switched there only, together with its bid.
  if (type !== 'ad_group') return { refusal: 'on Meta only ad sets have bids that can be changed here' }
  switch (field) {
    case 'bid_cap':
    case 'cost_cap':
      return targetFields(field, parseDecimal(after, currency), currency)
    case 'target_roas':
      return targetFields('min_roas', parseRatio(after), currency)
    case 'bid_strategy':
      return strategyFields(after, currency)
    default:
      return { refusal: 'Meta has no such field' }
  }
}

/** The request a change comes to, or why there is none. @throws OperationError invalid_value for a value Meta cannot hold */
export function planWrite(change: ProposedChange): PlannedWrite | { readonly refusal: string } {
  const { accountId, platform, type, externalId } = splitEntityId(change.entityId)
  if (platform !== 'meta' || change.platform !== 'meta' || accountId !== change.accountId)
    return { refusal: 'the change does not belong to a Meta account of this connection' }
  if (!/^[0-9]{1,24}$/.test(externalId)) return { refusal: 'the id is not one of Meta’s' }
  if (type === 'creative') return { refusal: 'creatives cannot be changed' }
  const fields = fieldsOf(change, type)
  if ('refusal' in fields) return fields
  return { path: `/${externalId}`, subject: splitAccountId(accountId).externalId, fields }
}

/** The body that changes something. */
export function liveBodyOf({ fields }: PlannedWrite): Readonly<Record<string, unknown>> {
  return { ...fields }
}

/** The body that only asks: the same fields, and Meta's mark, which comes last so that nothing can overwrite it. */
export function dryRunBodyOf({ fields }: PlannedWrite): Readonly<Record<string, unknown>> {
  return { ...fields, ...DRY_RUN_MARK }
}
