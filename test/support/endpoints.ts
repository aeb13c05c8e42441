/** Which platform endpoints the contract tests used, and through which client: collected per test file, printed at the end of a run. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { randomUUID } from 'node:crypto'
import { join, resolve } from 'node:path'
import type { Platform } from '../../shared/domain/ids.ts'

const FOLDER = resolve(import.meta.dirname, '../../out/endpoints')
const REPORT = resolve(import.meta.dirname, '../../out/endpoints.md')

/** What a request log must say of a request. */
export interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly userAgent: string
  /** Absent where the log does not say. */
  readonly httpStatus?: number
}

type Client = 'our client' | 'official SDK'

interface Note {
  readonly platform: Platform
  readonly endpoint: string
  readonly clients: readonly Client[]
}

/** What the sandboxes' logs call the platforms' own SDKs. */
const SDK = /official SDK|fbbizsdk|axios|google-api-nodejs|gapic|gax\//i

const clientOf = ({ userAgent }: SeenRequest): Client => (SDK.test(userAgent) ? 'official SDK' : 'our client')

/** Notes of one test file: each loads this module anew and writes one file of its own. */
const FILE = join(FOLDER, `${randomUUID()}.json`)
const seen = new Map<string, { platform: Platform; endpoint: string; clients: Set<Client> }>()

/** Remembers which endpoints a sandbox was asked for. Call it before the sandbox is closed. */
export function noteEndpoints(platform: Platform, requests: readonly SeenRequest[]): void {
  let isNew = false
  for (const request of requests) {
    // No such path or method: a test of what is not there.
    if (request.httpStatus === 404 || request.httpStatus === 405) continue
    // Ids inside a path are one endpoint, not thousands; a picture's address is signed.
    const path = request.path.replace(/^\/(media|images)\/.*/, '/$1/{file}').replace(/\d{4,}/g, '{id}')
    const endpoint = `${request.method} ${path}`
    const key = `${platform} ${endpoint}`
    const known = seen.get(key) ?? { platform, endpoint, clients: new Set<Client>() }
    const client = clientOf(request)
    if (seen.has(key) && known.clients.has(client)) continue
    seen.set(key, known)
    known.clients.add(client)
    isNew = true
  }
  if (!isNew) return
  mkdirSync(FOLDER, { recursive: true })
  const notes: Note[] = [...seen.values()].map((item) => ({ ...item, clients: [...item.clients] }))
  writeFileSync(FILE, JSON.stringify(notes))
}

/** Forgets the notes of an earlier run. */
export function clearEndpointNotes(): void {
  rmSync(FOLDER, { recursive: true, force: true })
}

/** All notes as lines, one per endpoint, in order; also written to out/endpoints.md. Empty when no contract test ran. */
export function endpointReport(): readonly string[] {
  if (!existsSync(FOLDER)) return []
  const merged = new Map<string, Note>()
  for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.json'))) {
    for (const note of JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Note[]) {
      const key = `${note.platform} ${note.endpoint}`
      const clients = new Set([...(merged.get(key)?.clients ?? []), ...note.clients])
      merged.set(key, { ...note, clients: [...clients].toSorted() })
    }
  }
  const notes = [...merged].toSorted(([left], [right]) => left.localeCompare(right)).map(([, note]) => note)
  const rows = notes.map(({ platform, endpoint, clients }) => `| ${platform} | ${endpoint} | ${clients.join(', ')} |`)
  writeFileSync(
    REPORT,
    [
      '# Endpoints that the contract tests used',
      '',
      '| Platform | Endpoint | Client |',
      '|---|---|---|',
      ...rows,
      '',
    ].join('\n'),
  )
  return notes.map(
    ({ platform, endpoint, clients }) => `  ${platform.padEnd(11)} ${endpoint.padEnd(62)} ${clients.join(', ')}`,
  )
}
