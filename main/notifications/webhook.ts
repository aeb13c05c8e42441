/**
 * One POST of one message to one address, on a fresh connection to an address that was judged before. Never follows a redirect, never
 * tries twice, keeps nothing of what the other side says but its status.
 */
import { Agent as HttpAgent, type IncomingMessage, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { Secret } from '../secret.ts'
import { allowedAddresses, DeliveryFailure, pinnedLookup, type Resolve } from './address-guard.ts'
import { isTlsError, type SendResult } from './result.ts'
import { signedHeaders } from './sign.ts'

export interface WebhookRequest {
  readonly url: Secret
  readonly signingSecret: Secret
  readonly id: string
  readonly timestampS: number
  readonly body: string
  readonly allowsPrivate: boolean
  readonly allowsPlain: boolean
  readonly signal: AbortSignal
}
export interface WebhookDeps {
  readonly resolve: Resolve
  /** For tests; from name look-up to the end of the answer. */
  readonly timeoutMs?: number | undefined
  /** Certificates to trust in place of the system's, for tests. */
  readonly ca?: string | undefined
}

const TIMEOUT_MS = 15_000
const MAX_ANSWER_BYTES = 64 * 1024
const MAX_HEADER_BYTES = 16 * 1024

/**
 * The address of a hook.
 * @returns the parsed address, or the code of what is wrong with it
 */
export function parseHookUrl(text: string, allowsPlain: boolean): URL | 'bad_url' | 'plain_http' {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return 'bad_url'
  if (url.username !== '' || url.password !== '' || url.hostname === '' || url.hash !== '') return 'bad_url'
  return url.protocol === 'http:' && !allowsPlain ? 'plain_http' : url
}

/** Never throws. */
export async function sendWebhook(request: WebhookRequest, deps: WebhookDeps): Promise<SendResult> {
  const url = parseHookUrl(request.url.reveal(), request.allowsPlain)
  if (typeof url === 'string') return { kind: 'failed', code: url, retry: 'few' }
  const deadline = AbortSignal.timeout(deps.timeoutMs ?? TIMEOUT_MS)
  const signal = AbortSignal.any([request.signal, deadline])
  try {
    const addresses = await allowedAddresses(url.hostname, request, deps.resolve)
    const { id, timestampS, body } = request
    const headers = {
      ...signedHeaders(request.signingSecret, { id, timestampS, body }),
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
      'user-agent': 'SpendSignoff',
      connection: 'close',
    }
    const answer = await post(url, body, {
      method: 'POST',
      headers,
      lookup: pinnedLookup(addresses),
      maxHeaderSize: MAX_HEADER_BYTES,
      signal,
      ...(deps.ca === undefined ? {} : { ca: deps.ca }),
    })
    return resultOf(answer)
  } catch (error) {
    if (request.signal.aborted) return { kind: 'stopped' }
    if (deadline.aborted) return { kind: 'failed', code: 'timeout', retry: 'later' }
    if (error instanceof DeliveryFailure)
      return { kind: 'failed', code: error.code, retry: error.code === 'refused_address' ? 'few' : 'later' }
    return { kind: 'failed', code: isTlsError(error) ? 'tls_failed' : 'connect_failed', retry: 'later' }
  }
}

interface Answer {
  readonly status: number
  readonly retryAfter: string | undefined
}
type Options = Parameters<typeof httpsRequest>[1]

function post(url: URL, body: string, options: Options): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const isTls = url.protocol === 'https:'
    const agent = isTls ? new HttpsAgent({ keepAlive: false }) : new HttpAgent({ keepAlive: false })
    const onAnswer = (response: IncomingMessage): void => {
      let bytes = 0
      const done = (): void => {
        resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] })
        outgoing.destroy()
      }
      // The status is all that counts: an endless answer is cut, not an error.
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > MAX_ANSWER_BYTES) done()
      })
      response.once('end', done)
      response.once('error', reject)
    }
    const outgoing = isTls
      ? httpsRequest(url, { ...options, agent }, onAnswer)
      : httpRequest(url, { ...options, agent }, onAnswer)
    outgoing.once('error', reject)
    outgoing.end(body)
  })
}

function resultOf({ status, retryAfter }: Answer): SendResult {
  if (status >= 200 && status < 300) return { kind: 'delivered' }
  if (status === 410) return { kind: 'failed', code: 'gone', retry: 'never', disables: true }
  if (status >= 300 && status < 400) return { kind: 'failed', code: 'redirect', retry: 'few' }
  const isTheirs = status === 429 || status === 408 || status >= 500
  const seconds = retryAfter !== undefined && /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) : 0
  return {
    kind: 'failed',
    code: `http_${status}`,
    retry: isTheirs ? 'later' : 'few',
    ...(isTheirs && seconds > 0 ? { askedMs: seconds * 1_000 } : {}),
  }
}
