/**
 * The one write. Takes an approved change, sends at most one request and says honestly what is known of its fate.
 * Never retries, never deletes, and reads first only where it must be found out which endpoints a campaign has.
 */
import type { EntityId } from '../../../shared/domain/ids.ts'
import { OperationError } from '../../../shared/errors.ts'
import type { ApprovedChange } from '../../approval/gate.ts'
import type { ApplyResult } from '../adapter.ts'
import type { HttpAnswer } from '../http.ts'
import { parseEnvelope, type TiktokClient } from './client.ts'
import { isDefinitiveRefusal } from './codes.ts'
import type { Automation } from './editable.ts'
import { statusReplySchema } from './wire.ts'
import { checkChange, type PlannedWrite, type Refusal, requestFor } from './write-plan.ts'

/** Whether a partial success names our one id as failed. */
function partialMessage(data: unknown, externalId: string): string | undefined {
  const failed = statusReplySchema.safeParse(data).data?.error_list ?? []
  const ours = failed.find((item) => Object.values(item).includes(externalId))
  const message = ours?.['error_message']
  return ours === undefined ? undefined : typeof message === 'string' ? message.slice(0, 500) : ''
}

/** What an answer proves. Everything not documented as definitive is unknown. */
export function classifyAnswer(answer: HttpAnswer, externalId: string): ApplyResult {
  const envelope = answer.status === 200 ? parseEnvelope(answer.text) : undefined
  if (envelope === undefined)
    return { kind: 'unknown', reason: answer.status === 200 ? 'the answer could not be read' : `HTTP ${answer.status}` }
  const { code, message } = envelope
  const requestId = envelope.request_id ?? undefined
  const refused = (platformMessage: string): ApplyResult => ({
    kind: 'refused',
    platformCode: String(code),
    platformMessage,
    platformRequestId: requestId,
  })
  // Smart+ endpoints list what failed beside what worked, also under code 0.
  const failed = code === 0 || code === 20001 ? partialMessage(envelope.data, externalId) : undefined
  if (failed !== undefined) return refused(failed)
  if (code === 0) {
    if (requestId === undefined || requestId === '') return { kind: 'unknown', reason: 'the answer names no request' }
    return { kind: 'accepted', platformRequestId: requestId, platformDate: answer.header('date') }
  }
  if (code === 20001) return { kind: 'unknown', reason: 'a partial success without our item' }
  if (isDefinitiveRefusal(code)) return refused((message ?? '').slice(0, 500))
  return { kind: 'unknown', reason: `code ${code}` }
}

/** Finds out how the entity is written; asked only for a change that could be sent at all. */
export type FindBranch = (id: EntityId) => Promise<Automation>

async function plan(change: ApprovedChange, findBranch: FindBranch): Promise<PlannedWrite | Refusal> {
  try {
    const checked = checkChange(change)
    return 'refusal' in checked ? checked : requestFor(checked, await findBranch(change.entityId))
  } catch (error) {
    if (error instanceof OperationError) return { refusal: error.message }
    // Reading failed before anything was sent. A vault's error text stays out of here.
    return { refusal: 'the token could not be read' }
  }
}

/** Sends one approved change, once. */
export async function applyChange(
  client: TiktokClient,
  change: ApprovedChange,
  findBranch: FindBranch,
): Promise<ApplyResult> {
  const planned = await plan(change, findBranch)
  if ('refusal' in planned) return { kind: 'not_sent', reason: planned.refusal }
  let outcome: Awaited<ReturnType<TiktokClient['post']>>
  try {
    outcome = await client.post(planned.path, planned.body, planned.advertiserId)
  } catch (error) {
    // `post` throws only before anything is sent: while it fetches the token. A vault's error text stays out of here.
    return { kind: 'not_sent', reason: error instanceof OperationError ? error.message : 'the token could not be read' }
  }
  return outcome.kind === 'answer' ? classifyAnswer(outcome.answer, planned.externalId) : outcome
}
