/** Meta's delivery and review words in ours. Pure. What we don't know stays `unknown`; Meta's own words always stand beside it. */
import type { Delivery, EntityStatus, Review } from '../../../shared/domain/entity.ts'

const MAX_REASONS = 20
const MAX_LENGTH = 500

/** The advertiser's own switch. An archived object can only be deleted any more, so it counts as deleted. */
export function toStatus(configured: string | undefined, effective: string | undefined): EntityStatus {
  const gone = new Set(['DELETED', 'ARCHIVED'])
  if (gone.has(configured ?? '') || gone.has(effective ?? '')) return 'deleted'
  return configured === 'ACTIVE' ? 'enabled' : configured === 'PAUSED' ? 'paused' : 'unknown'
}

const DELIVERIES: Readonly<Record<string, Delivery>> = {
  ACTIVE: 'delivering',
  WITH_ISSUES: 'limited',
  PAUSED: 'not_delivering',
  CAMPAIGN_PAUSED: 'not_delivering',
  ADSET_PAUSED: 'not_delivering',
  DISAPPROVED: 'not_delivering',
  PENDING_BILLING_INFO: 'not_delivering',
  PENDING_REVIEW: 'pending',
  PREAPPROVED: 'pending',
  IN_PROCESS: 'pending',
  DELETED: 'ended',
  ARCHIVED: 'ended',
}

/** Meta's time ("2026-11-20T09:00:00+0100", no colon) as UTC milliseconds; undefined when it is none. */
export function timeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const ms = Date.parse(text.replace(/([+-]\d{2})(\d{2})$/, '$1:$2'))
  return Number.isNaN(ms) ? undefined : ms
}

type Issue = Readonly<Record<string, unknown>>
function issueTexts(issues: readonly Issue[] | undefined): readonly string[] {
  return (issues ?? []).flatMap((issue) => {
    const words = [issue['error_summary'], issue['error_message']].filter(
      (each): each is string => typeof each === 'string' && each !== '',
    )
    return words.length === 0 ? [] : [[...new Set(words)].join(': ').slice(0, MAX_LENGTH)]
  })
}

export interface DeliveryFacts {
  readonly effective: string | undefined
  readonly issues: readonly Issue[] | undefined
  /** Of an ad set: LEARNING, SUCCESS or FAIL. */
  readonly learning?: string | undefined
  readonly endsAt?: string | undefined
  readonly nowMs: number
}

/** Delivery in one word, with Meta's reasons. An end time in the past is not in Meta's status: it stays ACTIVE. */
export function toDelivery(facts: DeliveryFacts): { delivery: Delivery; deliveryReasons: readonly string[] } {
  const { effective = '', learning, nowMs } = facts
  const known = Object.hasOwn(DELIVERIES, effective) ? DELIVERIES[effective] : undefined
  const endsAtMs = timeOf(facts.endsAt)
  const isOver = endsAtMs !== undefined && endsAtMs <= nowMs && (known === 'delivering' || known === 'limited')
  const isLearning = learning === 'LEARNING' || learning === 'FAIL'
  const delivery: Delivery = isOver
    ? 'ended'
    : known === 'delivering' && learning === 'LEARNING'
      ? 'learning'
      : known === 'delivering' && learning === 'FAIL'
        ? 'limited'
        : (known ?? 'unknown')
  const reasons = [...issueTexts(facts.issues), ...(isLearning ? [`learning stage: ${learning}`] : [])]
  return { delivery, deliveryReasons: reasons.slice(0, MAX_REASONS) }
}

/** Every text in Meta's nested review feedback: {"global": {"Title": "why"}, "placement_specific": {…}}. */
function feedbackTexts(value: unknown, depth = 0): readonly string[] {
  if (depth > 4) return []
  if (typeof value === 'string') return value === '' ? [] : [value.slice(0, MAX_LENGTH)]
  if (Array.isArray(value)) return value.slice(0, MAX_REASONS).flatMap((each) => feedbackTexts(each, depth + 1))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value)
    .slice(0, MAX_REASONS)
    .flatMap(([key, member]) =>
      typeof member === 'string' ? [`${key}: ${member}`.slice(0, MAX_LENGTH)] : feedbackTexts(member, depth + 1),
    )
}

/**
 * An ad's review. Meta has no field for it: the effective status tells it, unless a switch above hides it. A paused ad without feedback
 * may be approved or not yet looked at, and says `unknown`.
 */
export function toReview(
  effective: string | undefined,
  feedback: unknown,
  issues: readonly Issue[] | undefined,
): { review: Review; reviewReasons: readonly string[] } {
  const said = feedbackTexts(feedback)
  const reviewReasons = [...said, ...issueTexts(issues)].slice(0, MAX_REASONS)
  const review = ((): Review => {
    switch (effective) {
      case 'DISAPPROVED':
        return 'disapproved'
      case 'PENDING_REVIEW':
      case 'IN_PROCESS':
        return 'in_review'
      case 'PREAPPROVED':
        return 'approved'
      case 'ACTIVE':
        return said.length === 0 ? 'approved' : 'limited'
      case 'WITH_ISSUES':
        return 'limited'
      default:
        return said.length === 0 ? 'unknown' : 'disapproved'
    }
  })()
  return { review, reviewReasons }
}
