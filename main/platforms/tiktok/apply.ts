/**
 * The one write. Takes an approved change, sends at most one request and says honestly what is known of its fate.
 * Never retries, never deletes (TikTok's DELETE is not in the vocabulary here), never touches Smart+ functions.
 */
import { splitAccountId, splitEntityId } from '../../../shared/domain/ids.ts'
import { OperationError } from '../../../shared/errors.ts'
import type { ApprovedChange } from '../../approval/gate.ts'
import { parseDecimal } from '../../../shared/domain/money.ts'
import type { ApplyResult } from '../adapter.ts'
import type { HttpAnswer } from '../http.ts'
import { parseEnvelope, type TiktokClient } from './client.ts'
import { isDefinitiveRefusal } from './codes.ts'
import { numberText } from './map.ts'
import { statusReplySchema } from './wire.ts'

interface PlannedWrite {
  readonly path: string
  readonly body: string
  readonly externalId: string
}

const OPERATIONS: Readonly<Record<string, string>> = { enabled: 'ENABLE', paused: 'DISABLE' }
const ID_NAMES = { campaign: 'campaign_id', ad_group: 'adgroup_id', ad: 'ad_id' } as const
const STATUS_PATHS = {
  campaign: '/campaign/status/update/',
  ad_group: '/adgroup/status/update/',
  ad: '/ad/status/update/',
} as const

/** The request a change comes to, or why there is none. Amounts are written digit by digit, never as floats. */
export function planWrite(change: ApprovedChange): PlannedWrite | { readonly refusal: string } {
  const { accountId, platform, type, externalId } = splitEntityId(change.entityId)
  if (platform !== 'tiktok' || change.platform !== 'tiktok' || accountId !== change.accountId)
    return { refusal: 'the change does not belong to a TikTok account of this connection' }
  if (!/^[0-9]{1,24}$/.test(externalId)) return { refusal: 'the id is not one of TikTok’s' }
  if (type === 'creative') return { refusal: 'creatives cannot be changed' }
  const advertiser = { advertiser_id: splitAccountId(accountId).externalId }
  if (change.field === 'status') {
    const operation = Object.hasOwn(OPERATIONS, change.after) ? OPERATIONS[change.after] : undefined
    if (operation === undefined) return { refusal: 'the status is neither enabled nor paused' }
    const body = { ...advertiser, [`${ID_NAMES[type]}s`]: [externalId], operation_status: operation }
    return { path: STATUS_PATHS[type], body: JSON.stringify(body), externalId }
  }
  if (type === 'ad') return { refusal: 'ads have no budget' }
  const amountMicros = parseDecimal(change.after, change.currency)
  if (amountMicros <= 0n) return { refusal: 'the budget is not above zero' }
  const head = JSON.stringify({ ...advertiser, [ID_NAMES[type]]: externalId }).slice(0, -1)
  return {
    path: type === 'campaign' ? '/campaign/update/' : '/adgroup/update/',
    body: `${head},"budget":${numberText(amountMicros, change.currency)}}`,
    externalId,
  }
}

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
  const { code, message, request_id: requestId } = envelope
  const refused = (platformMessage: string): ApplyResult => ({
    kind: 'refused',
    platformCode: String(code),
    platformMessage,
    platformRequestId: requestId,
  })
  if (code === 0) {
    if (requestId === undefined || requestId === '') return { kind: 'unknown', reason: 'the answer names no request' }
    return { kind: 'accepted', platformRequestId: requestId, platformDate: answer.header('date') }
  }
  if (code === 20001) {
    const reason = partialMessage(envelope.data, externalId)
    return reason === undefined ? { kind: 'unknown', reason: 'a partial success without our item' } : refused(reason)
  }
  if (isDefinitiveRefusal(code)) return refused((message ?? '').slice(0, 500))
  return { kind: 'unknown', reason: `code ${code}` }
}

/** Sends one approved change, once. */
export async function applyChange(client: TiktokClient, change: ApprovedChange): Promise<ApplyResult> {
  let planned: ReturnType<typeof planWrite>
  try {
    planned = planWrite(change)
  } catch (error) {
    if (!(error instanceof OperationError)) throw error
    return { kind: 'not_sent', reason: error.message }
  }
  if ('refusal' in planned) return { kind: 'not_sent', reason: planned.refusal }
  let outcome: Awaited<ReturnType<TiktokClient['post']>>
  try {
    outcome = await client.post(planned.path, planned.body)
  } catch (error) {
    // `post` throws only while it fetches the token, before anything is sent. A vault's error text stays out of here.
    return { kind: 'not_sent', reason: error instanceof OperationError ? error.message : 'the token could not be read' }
  }
  return outcome.kind === 'answer' ? classifyAnswer(outcome.answer, planned.externalId) : outcome
}
