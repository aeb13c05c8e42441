/**
 * The one write, and its dry run. Both send at most one request and say honestly what is known of its fate; neither is ever repeated.
 */
import { OperationError } from '../../../shared/errors.ts'
import type { ApprovedChange } from '../../approval/gate.ts'
import type { ApplyResult, ProposedChange, ValidateResult } from '../adapter.ts'
import { type HttpAnswer, ReadFailure } from '../http.ts'
import { type MetaClient, requestIdOf } from './client.ts'
import {
  codeText,
  errorFor,
  errorForFailure,
  isDefinitiveRefusal,
  meaningOf,
  parseError,
  serverTrouble,
  unreadable,
} from './codes.ts'
import { dryRunBodyOf, liveBodyOf, type PlannedWrite, planWrite } from './plan.ts'
import { successSchema } from './wire.ts'

const MAX_MESSAGE = 500

function saidYes(text: string): boolean {
  try {
    return successSchema.safeParse(JSON.parse(text)).data?.success === true
  } catch {
    return false
  }
}

type Refusal = Extract<ApplyResult, { kind: 'refused' }>

/** An explicit refusal that is documented to change nothing; undefined for every other answer. */
function refusalIn(answer: HttpAnswer): Refusal | undefined {
  const error = parseError(answer.text)
  if (error === undefined || !isDefinitiveRefusal(error, answer.status)) return undefined
  // What is meant for people says more ("Your budget is too low") than "Invalid parameter".
  const message = error.error_user_msg ?? error.error_user_title ?? error.message ?? ''
  return {
    kind: 'refused',
    platformCode: codeText(error),
    platformMessage: message.slice(0, MAX_MESSAGE),
    platformRequestId: requestIdOf(answer) || error.fbtrace_id,
  }
}

/** What an answer to a write proves. Everything not documented as definitive is unknown. */
export function classifyAnswer(answer: HttpAnswer): ApplyResult {
  if (answer.status === 200) {
    if (!saidYes(answer.text)) return { kind: 'unknown', reason: 'the answer is not a clear yes' }
    const platformRequestId = requestIdOf(answer)
    return platformRequestId === ''
      ? { kind: 'unknown', reason: 'the answer names no request' }
      : { kind: 'accepted', platformRequestId, platformDate: answer.header('date') }
  }
  const error = parseError(answer.text)
  const reason = error === undefined ? `HTTP ${answer.status}` : `HTTP ${answer.status}, code ${codeText(error)}`
  return refusalIn(answer) ?? { kind: 'unknown', reason }
}

/** The planned request, or why nothing is sent. */
function planned(change: ProposedChange): PlannedWrite | { readonly refusal: string } {
  try {
    return planWrite(change)
  } catch (error) {
    if (!(error instanceof OperationError)) throw error
    return { refusal: error.message }
  }
}

/** Sends one approved change, once. Never throws what the network does. */
export async function applyChange(client: MetaClient, change: ApprovedChange): Promise<ApplyResult> {
  const write = planned(change)
  if ('refusal' in write) return { kind: 'not_sent', reason: write.refusal }
  const { path, subject } = write
  let outcome: Awaited<ReturnType<MetaClient['post']>>
  try {
    outcome = await client.post({ path, body: liveBodyOf(write), kind: 'write', subject })
  } catch (error) {
    // `post` throws only while it fetches the token, before anything is sent. A vault's error text stays out of here.
    return { kind: 'not_sent', reason: error instanceof OperationError ? error.message : 'the token could not be read' }
  }
  return outcome.kind === 'answer' ? classifyAnswer(outcome.answer) : outcome
}

/**
 * Asks Meta whether it would take a change (`execution_options=["validate_only"]`). Sent once, changes nothing.
 * @throws OperationError platform_unreachable, platform_throttled, timeout or cancelled when Meta gives no verdict; invalid_value when the
 * change is not one that could be sent
 */
export async function validateChange(
  client: MetaClient,
  change: ProposedChange,
  signal: AbortSignal,
): Promise<ValidateResult> {
  const write = planWrite(change)
  if ('refusal' in write)
    throw new OperationError(
      'invalid_value',
      `Meta was not asked: ${write.refusal}.`,
      'Propose a change that Meta has.',
    )
  const { path, subject } = write
  const outcome = await client.post({ path, body: dryRunBodyOf(write), kind: 'dry_run', subject, signal })
  if (outcome.kind !== 'answer') {
    if (signal.aborted) throw errorForFailure(new ReadFailure('cancelled'))
    throw errorForFailure(new ReadFailure(outcome.reason === 'no answer in time' ? 'timeout' : 'network'))
  }
  const { answer } = outcome
  if (answer.status === 200) {
    if (!saidYes(answer.text)) throw unreadable('the answer is not a clear yes')
    return { kind: 'ok', platformRequestId: requestIdOf(answer) }
  }
  const refusal = refusalIn(answer)
  if (refusal !== undefined) {
    const error = parseError(answer.text)
    // A dead token is no verdict on the change.
    if (error !== undefined && meaningOf(error, answer.status) === 'relink') throw errorFor(error, answer.status)
    return refusal
  }
  const error = parseError(answer.text)
  throw error === undefined ? serverTrouble(answer.status) : errorFor(error, answer.status)
}
