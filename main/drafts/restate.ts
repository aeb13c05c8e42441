/** One stored change as the proposal that would make it: for judging it again, and for undoing it. Pure. */
import { formatStrategy, parseStrategy } from '../../shared/domain/bid.ts'
import type { DraftItem } from '../../shared/domain/draft.ts'
import { isBidField } from '../../shared/domain/entity.ts'
import { OperationError } from '../../shared/errors.ts'
import type { ChangeInput } from '../../shared/operations.ts'

/**
 * The proposal that takes the item's field from one value to another, both in wire form.
 * @throws OperationError unsupported_on_platform when no proposal can name the value, as with a strategy of the platform's own
 */
export function restate(item: DraftItem, from: string, to: string): ChangeInput {
  const { entityId: entity_id, field, currency } = item
  if (item.kind === 'set_budget')
    return {
      kind: 'set_budget',
      entity_id,
      budget: 'daily',
      ...(field === 'scheduled_budget' ? { takes_effect: 'next_midnight' as const } : {}),
      expected_current: from,
      new_value: to,
    }
  if (item.kind === 'set_status')
    return { kind: 'set_status', entity_id, expected_current: statusOf(from), new_status: statusOf(to) }
  if (item.kind === 'set_bid') {
    if (!isBidField(field)) throw new TypeError('a bid of a field that is none')
    return { kind: 'set_bid', entity_id, field, expected_current: from, new_value: to }
  }
  const wanted = parseStrategy(to, currency)
  if (wanted.strategy === 'other') throw foreignStrategy()
  const [, target] = formatStrategy(wanted, currency).split(':')
  return {
    kind: 'set_bid_strategy',
    entity_id,
    expected_current: from,
    new_strategy: wanted.strategy,
    ...(target === undefined ? {} : { target }),
  }
}

function statusOf(value: string): 'enabled' | 'paused' {
  if (value !== 'enabled' && value !== 'paused') throw new TypeError('a switch has two positions')
  return value
}

function foreignStrategy(): OperationError {
  return new OperationError(
    'unsupported_on_platform',
    'The strategy from before is one that this app cannot set. No draft was made.',
    'Put it back on the platform itself.',
  )
}
