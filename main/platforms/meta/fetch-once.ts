/** One request whose answer is bytes (a picture), or that deletes (the token's own permissions). Same rules as http.ts: no redirect, no retry, nothing of the request in an error. */
import { type HttpAnswer, ReadFailure } from '../http.ts'

export interface FetchRequest {
  readonly method: 'GET' | 'DELETE'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly maxBytes: number
  readonly signal: AbortSignal
}

export interface FetchAnswer {
  readonly status: number
  readonly bytes: Uint8Array
  /** Lower-case names. */
  readonly header: HttpAnswer['header']
}

/** @throws ReadFailure; too_large as soon as the answer is longer than allowed */
export async function fetchOnce(request: FetchRequest): Promise<FetchAnswer> {
  const deadline = AbortSignal.timeout(request.timeoutMs)
  const signal = AbortSignal.any([request.signal, deadline])
  try {
    const { method, headers } = request
    const response = await fetch(request.url, { method, headers, redirect: 'error', signal })
    const chunks: Uint8Array[] = []
    let size = 0
    for await (const chunk of response.body ?? []) {
      size += chunk.byteLength
      if (size > request.maxBytes) throw new ReadFailure('too_large')
      chunks.push(chunk)
    }
    const header: HttpAnswer['header'] = (name) => response.headers.get(name) ?? undefined
    return { status: response.status, bytes: new Uint8Array(Buffer.concat(chunks)), header }
  } catch (error) {
    if (error instanceof ReadFailure) throw error
    // The cause is dropped on purpose: it may spell out the address.
    if (request.signal.aborted) throw new ReadFailure('cancelled')
    if (deadline.aborted) throw new ReadFailure('timeout')
    const isRedirect =
      error instanceof TypeError && error.cause instanceof Error && /redirect/i.test(error.cause.message)
    throw new ReadFailure(isRedirect ? 'redirect' : 'network')
  }
}
