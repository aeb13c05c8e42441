/** POST / with `batch`: up to 50 requests in one, each counted and answered by itself. */
import type { GraphRequest } from './graph.ts'
import { GraphProblem, invalid, Params } from './wire.ts'
import { isDryRun } from './writes.ts'

const MAX_ENTRIES = 50

interface Entry {
  readonly method?: unknown
  readonly relative_url?: unknown
  readonly body?: unknown
}

function toRequest(outer: GraphRequest, entry: Entry): GraphRequest {
  const { method = 'GET', relative_url, body } = entry
  if (typeof relative_url !== 'string' || typeof method !== 'string')
    throw invalid('Each batch entry needs a method and a relative_url')
  const url = new URL(relative_url.replace(/^\/+/, ''), 'http://127.0.0.1/')
  const parts = url.pathname
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent)
  const path = /^v\d{1,2}\.\d$/.test(parts[0] ?? '') ? parts.slice(1) : parts
  const form = typeof body === 'string' ? Object.fromEntries(new URLSearchParams(body)) : {}
  const params = new Params({ ...Object.fromEntries(url.searchParams), ...form })
  const proof = outer.params.text('appsecret_proof')
  const values = { ...Object.fromEntries(params.entries()), ...(proof === undefined ? {} : { appsecret_proof: proof }) }
  return { ...outer, method, path, params: new Params(values), token: params.text('access_token') ?? outer.token }
}

/** The requests of a batch. @throws GraphProblem 100 for more than 50 or anything that is no list of requests */
export function readBatch(request: GraphRequest): readonly GraphRequest[] {
  const batch = request.params.json('batch')
  if (!Array.isArray(batch)) throw new GraphProblem(100, '(#100) The parameter batch is required')
  if (batch.length > MAX_ENTRIES)
    throw new GraphProblem(100, `(#100) Too many requests in batch message. Maximum batch size is ${MAX_ENTRIES}`)
  return batch.map((entry: unknown) => toRequest(request, (entry ?? {}) as Entry))
}

/** Ids that a batch writes to; empty when it cannot be read or only asks. */
export function writtenIds(request: GraphRequest): readonly string[] {
  try {
    return readBatch(request).flatMap(({ method, path, params }) =>
      method === 'POST' && path.length === 1 && path[0] !== undefined && !isDryRun(params) ? [path[0]] : [],
    )
  } catch {
    return []
  }
}
