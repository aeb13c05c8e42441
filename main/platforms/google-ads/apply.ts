/**
 * The one write and its dry run. A write takes an approved change, sends at most one request and says honestly what is known of its fate.
 * Never retries. What is read before a write is a read: it finds the budget and the strategy that the write is for.
 */
import { type Entity, valueOf } from '../../../shared/domain/entity.ts'
import { splitEntityId } from '../../../shared/domain/ids.ts'
import { OperationError } from '../../../shared/errors.ts'
import type { ApprovedChange } from '../../approval/gate.ts'
import type { ApplyResult, ProposedChange, ValidateResult } from '../adapter.ts'
import { type HttpAnswer, ReadFailure } from '../http.ts'
import type { GoogleClient, Route } from './client.ts'
import {
  adviceFor,
  codeOf,
  errorFor,
  errorForRead,
  type GoogleFailure,
  isDefinitiveRefusal,
  isDryRunUnsupported,
  parseFailure,
  parseStatus,
  unreadable,
} from './codes.ts'
import { readCampaign } from './live.ts'
import { toCampaign } from './map-entities.ts'
import { dryRunBody, needsCampaign, type PlannedWrite, planWrite, writeBody } from './plan.ts'
import type { GoogleReads } from './reads.ts'
import { parseJson } from './token.ts'
import { mutateSchema } from './wire.ts'

/** The read before a write may not hold it up for longer than this: what was approved would grow old meanwhile. */
const PREPARE_MS = 60_000
const MAX_MESSAGE = 500

/** Google's own words on what it refused, cut short. Untrusted. */
function messageOf(failure: Pick<GoogleFailure, 'errors'>): string {
  return failure.errors
    .slice(0, 5)
    .map((error) => error.message)
    .filter((message) => message !== '')
    .join(' · ')
    .slice(0, MAX_MESSAGE)
}

/** A definitive no. */
function refused(failure: GoogleFailure) {
  return {
    kind: 'refused' as const,
    platformCode: codeOf(failure),
    platformMessage: messageOf(failure),
    platformRequestId: failure.requestId,
  }
}

/** A failure inside a 200 answer. We never ask for partial success, but an answer that speaks of one must not read as a yes. */
function partialFailure(answer: HttpAnswer, status: unknown): GoogleFailure | undefined {
  const parsed = parseStatus(status)
  if (parsed === undefined || parsed.errors.length === 0) return undefined
  return { ...parsed, httpStatus: 400, requestId: answer.header('request-id') ?? parsed.requestId }
}

/** What an answer to a write proves. Everything not documented as definitive is unknown. */
export function classifyAnswer(answer: HttpAnswer, resourceName: string): ApplyResult {
  if (answer.status !== 200) {
    const failure = parseFailure(answer)
    if (isDefinitiveRefusal(failure)) return refused(failure)
    const code = failure.errors[0]?.code
    return { kind: 'unknown', reason: `HTTP ${answer.status}${code === undefined ? '' : ` (${code})`}` }
  }
  const parsed = parseJson(answer.text, mutateSchema)
  if (parsed === undefined) return { kind: 'unknown', reason: 'the answer could not be read' }
  if (parsed.partialFailureError !== undefined) {
    const failure = partialFailure(answer, parsed.partialFailureError)
    return failure !== undefined && isDefinitiveRefusal(failure)
      ? refused(failure)
      : { kind: 'unknown', reason: 'a partial failure that could not be read' }
  }
  const requestId = answer.header('request-id')
  if (requestId === undefined || requestId === '') return { kind: 'unknown', reason: 'the answer names no request' }
  if (parsed.results.length !== 1 || parsed.results[0]?.resourceName !== resourceName)
    return { kind: 'unknown', reason: 'the answer does not name what was changed' }
  return { kind: 'accepted', platformRequestId: requestId, platformDate: answer.header('date') }
}

interface Prepared {
  readonly route: Route
  readonly write: PlannedWrite
  /** The campaign as read just now, where the request needed it. */
  readonly campaign?: Entity
}

/** The request for a change, with what has to be read for it. @throws OperationError */
async function prepare(
  reads: GoogleReads,
  change: ProposedChange,
  signal: AbortSignal,
): Promise<Prepared | { readonly refusal: string }> {
  const { accountId, platform, externalId } = splitEntityId(change.entityId)
  const dry = needsCampaign(change) ? undefined : planWrite(change, undefined)
  if (dry !== undefined && 'refusal' in dry) return dry
  if (platform !== 'google_ads' || accountId !== change.accountId)
    return { refusal: 'the change does not belong to a Google Ads account of this connection' }
  const context = await reads.context(accountId, signal)
  if (context.currency !== change.currency) return { refusal: 'the currency is not that of the account' }
  if (dry !== undefined) return { route: context.route, write: dry }
  const { row } = await readCampaign(reads, context, externalId, signal)
  const write = planWrite(change, row)
  if ('refusal' in write) return write
  return { route: context.route, write, campaign: toCampaign(context, row, { sharing: new Map() }) }
}

/**
 * Why the campaign is not any more what was approved, or undefined. It is read for the write anyway, so the newest reading decides: another
 * value, or another budget, which can feed campaigns that nobody was shown.
 */
function movedSince(change: ApprovedChange, campaign: Entity): string | undefined {
  const { accountId, entityId, field, currency } = change
  if (valueOf(campaign, field, currency) !== change.before) return 'the value is not the approved one any more'
  if (field !== 'daily_budget') return undefined
  const { sharedBudget } = campaign
  const target = sharedBudget === undefined ? entityId : `${accountId}/budget/${sharedBudget.externalId}`
  return target === change.target ? undefined : 'the campaign draws on another budget than was approved'
}

/** Something failed before anything was sent. What is no error of ours may spell out a place of the vault, and stays out of here. */
function notSent(error: unknown): ApplyResult {
  return {
    kind: 'not_sent',
    reason: error instanceof OperationError ? error.message : 'the credentials could not be read',
  }
}

/** Sends one approved change, once. Never throws. */
export async function applyChange(
  client: GoogleClient,
  reads: GoogleReads,
  change: ApprovedChange,
): Promise<ApplyResult> {
  let prepared: Awaited<ReturnType<typeof prepare>>
  try {
    prepared = await prepare(reads, change, AbortSignal.timeout(PREPARE_MS))
  } catch (error) {
    return notSent(error)
  }
  if ('refusal' in prepared) return { kind: 'not_sent', reason: prepared.refusal }
  const { route, write, campaign } = prepared
  const moved = campaign === undefined ? undefined : movedSince(change, campaign)
  if (moved !== undefined) return { kind: 'not_sent', reason: moved }
  let outcome: Awaited<ReturnType<GoogleClient['mutate']>>
  try {
    outcome = await client.mutate(route, { service: write.service, body: writeBody(write), isDryRun: false })
  } catch (error) {
    // `mutate` throws only while it fetches the token, before anything is sent.
    return notSent(error)
  }
  return outcome.kind === 'answer' ? classifyAnswer(outcome.answer, write.resourceName) : outcome
}

/** What an answer to a dry run says. @throws OperationError for anything but a clear yes or no */
function judge(answer: HttpAnswer): ValidateResult {
  if (answer.status !== 200) {
    const failure = parseFailure(answer)
    if (isDryRunUnsupported(failure)) return { kind: 'unsupported' }
    if (
      adviceFor(failure) === 'stop' &&
      isDefinitiveRefusal(failure) &&
      !codeOf(failure).startsWith('authenticationError.')
    )
      return refused(failure)
    throw errorFor(failure)
  }
  const parsed = parseJson(answer.text, mutateSchema)
  if (parsed === undefined) throw unreadable('no answer to a dry run')
  if (parsed.partialFailureError !== undefined) {
    const failure = partialFailure(answer, parsed.partialFailureError)
    if (failure === undefined) throw unreadable('a partial failure')
    return refused(failure)
  }
  // Google documents that a dry run returns errors, never results. One that names a result may have been more than a dry run.
  if (parsed.results.some((result) => (result.resourceName ?? '') !== ''))
    throw new OperationError(
      'platform_unreachable',
      'Google answered a check as if it had made the change.',
      'Synchronise and look at the value before you do anything else.',
      { details: { platform: 'google_ads', reason: 'dry_run_with_result' } },
    )
  return { kind: 'ok', platformRequestId: answer.header('request-id') ?? '' }
}

/** Asks Google whether it would take the change. Sent once, changes nothing. @throws OperationError */
export async function validateChange(
  client: GoogleClient,
  reads: GoogleReads,
  change: ProposedChange,
  signal: AbortSignal,
): Promise<ValidateResult> {
  const prepared = await prepare(reads, change, signal)
  if ('refusal' in prepared)
    throw new OperationError(
      'field_not_editable',
      `There is nothing to ask Google about: ${prepared.refusal}.`,
      'Synchronise, then look at what can be changed.',
    )
  const { route, write } = prepared
  const request = { service: write.service, body: dryRunBody(write), isDryRun: true }
  const outcome = await client.mutate(route, request, signal)
  if (outcome.kind === 'answer') return judge(outcome.answer)
  if (signal.aborted) throw errorForRead(new ReadFailure('cancelled'))
  throw errorForRead(new ReadFailure(outcome.reason === 'no answer in time' ? 'timeout' : 'network'))
}
