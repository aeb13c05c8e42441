/** What arrived on the wire, for assertions. Secrets are blanked before anything is kept. */

const SECRET_KEYS = new Set([
  'secret',
  'access_token',
  'auth_code',
  // Google's OAuth forms
  'client_secret',
  'refresh_token',
  'code',
  'code_verifier',
  'assertion',
  'token',
])
/** Oldest entries fall out: a demo that runs for weeks must not grow. */
const MAX_ENTRIES = 20_000

export interface LoggedRequest {
  readonly atMs: number
  readonly method: string
  /** Path below /open_api/v1.3. */
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly body: unknown
  readonly userAgent: string
  /** What the client said about keeping the connection. */
  readonly connection: string
  readonly isWrite: boolean
  /** Asks what a write would do, and changes nothing. Such a request has isWrite false. */
  readonly isDryRun?: boolean
  /** Whether a platform token came along; media must be asked for without one. */
  readonly hasToken?: boolean
  /** Ids of campaigns, ad groups and ads that the body names. */
  readonly entityIds: readonly string[]
  readonly fault: string | undefined
  /** HTTP status sent; 0 when no answer was sent. */
  httpStatus: number
  /** The envelope's code; undefined without an envelope. */
  code: number | undefined
}

export interface RequestLog {
  readonly entries: readonly LoggedRequest[]
  add(entry: LoggedRequest): void
  clear(): void
  /** Write requests that named this entity, whether or not they had an effect. */
  writesTo(entityId: string): number
  /** Dry runs that named this entity. */
  dryRunsTo(entityId: string): number
  /** "GET /campaign/get/" → how often. */
  counts(): Readonly<Record<string, number>>
}

/** A copy with the values of secret members blanked, at any depth. */
export function blankSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(blankSecrets)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, SECRET_KEYS.has(key) ? '[secret]' : blankSecrets(member)]),
  )
}

const ID_KEYS = [
  'campaign_id',
  'adgroup_id',
  'ad_id',
  'campaign_ids',
  'adgroup_ids',
  'ad_ids',
  'smart_plus_ad_ids',
] as const

/** The entity ids a write's body names, also inside its budget lists. */
export function entityIdsIn(body: unknown): readonly string[] {
  if (Array.isArray(body)) return body.flatMap(entityIdsIn)
  if (typeof body !== 'object' || body === null) return []
  const ids: string[] = []
  for (const [key, value] of Object.entries(body)) {
    if ((ID_KEYS as readonly string[]).includes(key)) {
      for (const id of Array.isArray(value) ? value : [value]) if (typeof id === 'string') ids.push(id)
    } else if (typeof value === 'object') ids.push(...entityIdsIn(value))
  }
  return ids
}

export function createRequestLog(): RequestLog {
  let entries: LoggedRequest[] = []
  return {
    get entries() {
      return entries
    },
    add: (entry) => {
      if (entries.length >= MAX_ENTRIES) entries = entries.slice(MAX_ENTRIES / 10)
      entries.push(entry)
    },
    clear: () => {
      entries = []
    },
    writesTo: (entityId) => entries.filter((entry) => entry.isWrite && entry.entityIds.includes(entityId)).length,
    dryRunsTo: (entityId) =>
      entries.filter((entry) => entry.isDryRun === true && entry.entityIds.includes(entityId)).length,
    counts: () => {
      const counts: Record<string, number> = {}
      for (const { method, path } of entries) counts[`${method} ${path}`] = (counts[`${method} ${path}`] ?? 0) + 1
      return counts
    },
  }
}
