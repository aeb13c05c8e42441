/**
 * Reads that Google wants as POST, form posts to its token endpoint, and pictures. One attempt each, never a redirect, bounded replies.
 * Never carries a write: those go through `writeOnce`, on a connection of their own.
 */
import { type HttpAnswer, ReadFailure } from '../http.ts'

export interface PostRequest {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly contentType: 'application/json' | 'application/x-www-form-urlencoded'
  readonly body: string
  readonly timeoutMs: number
  /** Longest reply in bytes; longer ones end in an error. */
  readonly maxBytes: number
  readonly signal: AbortSignal
}

async function bytesOf(response: Response, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  if (response.body === null) return Buffer.alloc(0)
  for await (const chunk of response.body) {
    size += chunk.byteLength
    if (size > maxBytes) throw new ReadFailure('too_large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function isRedirectError(error: unknown): boolean {
  return error instanceof TypeError && error.cause instanceof Error && /redirect/i.test(error.cause.message)
}

interface Asked {
  readonly url: URL
  readonly timeoutMs: number
  readonly maxBytes: number
  readonly signal: AbortSignal
}

async function ask(asked: Asked, init: RequestInit): Promise<{ response: Response; bytes: Buffer }> {
  const deadline = AbortSignal.timeout(asked.timeoutMs)
  const signal = AbortSignal.any([asked.signal, deadline])
  try {
    const response = await fetch(asked.url, { ...init, redirect: 'error', signal })
    return { response, bytes: await bytesOf(response, asked.maxBytes) }
  } catch (error) {
    if (error instanceof ReadFailure) throw error
    // The cause is dropped on purpose: it may spell out addresses or headers.
    if (asked.signal.aborted) throw new ReadFailure('cancelled')
    if (deadline.aborted) throw new ReadFailure('timeout')
    throw new ReadFailure(isRedirectError(error) ? 'redirect' : 'network')
  }
}

/** One POST that changes nothing on the platform's side of an account. @throws ReadFailure */
export async function postOnce(request: PostRequest): Promise<HttpAnswer> {
  const { response, bytes } = await ask(request, {
    method: 'POST',
    headers: { ...request.headers, 'content-type': request.contentType },
    body: request.body,
  })
  const header = (name: string) => response.headers.get(name) ?? undefined
  return { status: response.status, text: bytes.toString('utf8'), header }
}

/** One picture, fetched without any credentials. @throws ReadFailure */
export async function fetchBytes(asked: Asked): Promise<{ readonly status: number; readonly bytes: Buffer }> {
  const { response, bytes } = await ask(asked, {
    method: 'GET',
    headers: { accept: 'image/png, image/jpeg, image/webp' },
  })
  return { status: response.status, bytes }
}
