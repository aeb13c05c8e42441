/**
 * The two-person rule at Confirm. It only holds back: a second person's yes never approves anything by itself. What it asks for is a second
 * key; that a second person holds it is for the people to know.
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Draft } from '../../../shared/domain/draft.ts'
import { currencyScale } from '../../../shared/domain/money.ts'
import { OperationError } from '../../../shared/errors.ts'
import { type Answer, readAnswer } from '../../review/answer.ts'
import { parseReviewerVkey } from '../../review/reviewer-key.ts'
import type { AnswerRow, ReviewerRow, ReviewTable } from '../../store/review-table.ts'
import type { SettingTable } from '../../store/setting-table.ts'

/** `aboveUnits`: the daily movement from which it holds, in units of the guardrails (about one US dollar); null: every draft. */
const ruleSchema = z.strictObject({ isOn: z.boolean(), aboveUnits: z.int().min(1).nullable() })
export type SecondPersonRule = z.infer<typeof ruleSchema>

export interface SecondPersonDeps {
  readonly reviews: ReviewTable
  readonly settings: Pick<SettingTable, 'read'>
}

/** One answer that was given to this draft, and whether it counts at Confirm. */
export interface GivenAnswer {
  readonly reviewer: ReviewerRow
  readonly row: AnswerRow
  readonly answer: Answer
  readonly counts: boolean
}

export type SecondPerson = ReturnType<typeof createSecondPerson>
type Subject = Pick<Draft, 'draftId' | 'draftHash' | 'items'>

export const NO_RULE: SecondPersonRule = { isOn: false, aboveUnits: null }

export function createSecondPerson({ reviews, settings }: SecondPersonDeps) {
  /** The rule as set. One that cannot be read holds for everything. */
  function rule(): SecondPersonRule {
    const stored = settings.read('second_person')
    if (stored === undefined) return NO_RULE
    return ruleSchema.safeParse(stored).data ?? { isOn: true, aboveUnits: null }
  }

  function required({ items }: Pick<Draft, 'items'>): boolean {
    const { isOn, aboveUnits } = rule()
    return isOn && (aboveUnits === null || reaches(items, aboveUnits))
  }

  /** Every stored answer whose signature still holds. */
  function answersOf({ draftId, draftHash }: Pick<Draft, 'draftId' | 'draftHash'>): readonly GivenAnswer[] {
    const known = new Map(reviews.reviewers().map((reviewer) => [reviewer.reviewerId, reviewer]))
    return reviews.answersOf(draftId).flatMap((row) => {
      const reviewer = known.get(row.reviewerId)
      const answer = reviewer === undefined ? undefined : verified(row, reviewer)
      if (reviewer === undefined || answer === undefined) return []
      const isOfThis = answer.draftId === draftId && answer.draftHash === draftHash && row.draftHash === draftHash
      // A no is not taken back by removing who said it; a yes of somebody who may not answer any more is worth nothing.
      const counts = isOfThis && (answer.verdict === 'reject' || reviewer.removedAtMs === null)
      return [{ reviewer, row, answer, counts }]
    })
  }

  /**
   * To be asked at arm and again inside the transaction of Confirm. The answer that lets the draft pass, for the record of the approval;
   * undefined when none is there and none is needed.
   * @throws OperationError review_needed when one is needed and no reviewer has approved exactly this draft, or when one has rejected it
   */
  function requireAnswer(draft: Subject): { readonly reviewerId: string; readonly noteHash: string } | undefined {
    const given = answersOf(draft).filter((each) => each.counts)
    const refused = given.find((each) => each.answer.verdict === 'reject')
    if (refused !== undefined) throw rejected(refused.reviewer)
    const [approval] = given
    if (approval !== undefined)
      return { reviewerId: approval.reviewer.reviewerId, noteHash: noteHash(approval.answer.note) }
    if (required(draft)) throw needed()
    return undefined
  }

  return {
    rule,
    /** Whether the rule holds for this draft. */
    required,
    answersOf,
    requireAnswer,
  }
}

/** Hex SHA-256 of a signed note. */
export function noteHash(note: string): string {
  return createHash('sha256').update(note, 'utf8').digest('hex')
}

/** The signature again, not the row: a row is no word of anybody. */
function verified(row: AnswerRow, reviewer: ReviewerRow): Answer | undefined {
  try {
    const answer = readAnswer(row.note, [parseReviewerVkey(reviewer.vkey)])
    return answer.verdict === row.verdict ? answer : undefined
  } catch (error) {
    if (error instanceof OperationError) return undefined
    throw error
  }
}

const MICROS = 1_000_000n

/**
 * Whether all changes together move at least so much per day, raises and cuts alike. A bid has no movement that is known as an amount: it
 * always reaches.
 */
function reaches(items: Draft['items'], aboveUnits: number): boolean {
  let unitMicros = 0n
  for (const { kind, movementMicros, currency } of items) {
    if (kind === 'set_bid' || kind === 'set_bid_strategy') return true
    const scale = scaleOf(currency)
    if (scale === undefined) return true
    const magnitude = movementMicros < 0n ? -movementMicros : movementMicros
    unitMicros += (magnitude + scale - 1n) / scale
  }
  return unitMicros >= BigInt(aboveUnits) * MICROS
}

function scaleOf(currency: string): bigint | undefined {
  try {
    return currencyScale(currency)
  } catch (error) {
    if (error instanceof OperationError) return undefined
    throw error
  }
}

function needed(): OperationError {
  return new OperationError(
    'review_needed',
    'This draft needs a second person, and nobody has answered for exactly this draft. Nothing was sent.',
    'Export its review pack, have a reviewer answer it with their key, and import the answer.',
    { details: { reason: 'not_answered' } },
  )
}

function rejected({ reviewerId }: ReviewerRow): OperationError {
  return new OperationError(
    'review_needed',
    'The second person has said no to this draft. Nothing was sent.',
    'Reject it, or make a new version of it and have that one reviewed.',
    { details: { reason: 'rejected', reviewer: reviewerId } },
  )
}
