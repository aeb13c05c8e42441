/**
 * Graph API's parameters, field lists, paging and error envelope as developers.facebook.com documents them. The sandbox's half only:
 * no adapter code may be imported here, or both sides could share one mistake.
 */
import type { MetaWorld } from './world.ts'

/** An error answer. Everything but code and message is optional on the wire, too. */
export class GraphProblem extends Error {
  readonly code: number
  readonly subcode: number | undefined
  readonly type: string
  readonly isTransient: boolean
  readonly title: string | undefined
  readonly userMessage: string | undefined
  readonly status: number
  constructor(
    code: number,
    message: string,
    more: {
      readonly subcode?: number
      readonly type?: string
      readonly isTransient?: boolean
      readonly title?: string
      readonly userMessage?: string
      readonly status?: number
    } = {},
  ) {
    super(message)
    this.code = code
    this.subcode = more.subcode
    this.type = more.type ?? 'OAuthException'
    this.isTransient = more.isTransient ?? false
    this.title = more.title
    this.userMessage = more.userMessage
    this.status = more.status ?? statusOf(code)
  }
}

function statusOf(code: number): number {
  if (code === 1 || code === 2) return 500
  return code === 4 || code === 10 || (code >= 200 && code < 300) ? 403 : 400
}

/** Meta's envelope of an error. */
export function errorBody(problem: GraphProblem, traceId: string): Readonly<Record<string, unknown>> {
  return {
    error: {
      message: problem.message,
      type: problem.type,
      code: problem.code,
      ...(problem.subcode === undefined ? {} : { error_subcode: problem.subcode }),
      ...(problem.title === undefined && !problem.isTransient ? {} : { is_transient: problem.isTransient }),
      ...(problem.title === undefined
        ? {}
        : { error_user_title: problem.title, error_user_msg: problem.userMessage ?? problem.message }),
      fbtrace_id: traceId,
    },
  }
}

export const invalid = (message: string) => new GraphProblem(100, `(#100) ${message}`)

/** "Invalid parameter" with the words that Meta shows to people. */
export function refused(subcode: number, title: string, userMessage: string): GraphProblem {
  return new GraphProblem(100, 'Invalid parameter', { subcode, title, userMessage })
}

/** An object that is not there, or that this token may not see: Meta tells no difference. */
export function missingObject(method: string, id: string): GraphProblem {
  return new GraphProblem(
    100,
    `Unsupported ${method.toLowerCase()} request. Object with ID '${id}' does not exist, cannot be loaded due to missing permissions, or does not support this operation. Please read the Graph API documentation at https://developers.facebook.com/docs/graph-api`,
    { subcode: 33, type: 'GraphMethodException' },
  )
}

/** The parameters of one call: query, form and JSON body in one, the body winning. */
export class Params {
  readonly #values: Readonly<Record<string, unknown>>
  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values
  }
  has(name: string): boolean {
    return Object.hasOwn(this.#values, name) && this.#values[name] !== '' && this.#values[name] !== null
  }
  text(name: string): string | undefined {
    const value = this.has(name) ? this.#values[name] : undefined
    if (value === undefined) return undefined
    return typeof value === 'string' ? value : JSON.stringify(value)
  }
  /** A structured value: JSON text in a query or form, the thing itself in a JSON body. */
  json(name: string): unknown {
    const value = this.has(name) ? this.#values[name] : undefined
    if (typeof value !== 'string') return value
    try {
      return JSON.parse(value)
    } catch {
      throw invalid(`Param ${name} must be a valid JSON value.`)
    }
  }
  /** A list of texts: a JSON array, an array, or words between commas. */
  list(name: string): readonly string[] | undefined {
    if (!this.has(name)) return undefined
    const value = this.#values[name]
    if (typeof value === 'string' && !value.trimStart().startsWith('['))
      return value.split(',').map((item) => item.trim())
    const parsed = this.json(name)
    if (!Array.isArray(parsed)) throw invalid(`Param ${name} must be an array.`)
    return parsed.map(String)
  }
  /** A whole number, as text of digits or as a number. "60.00" is none. */
  integer(name: string): number | undefined {
    if (!this.has(name)) return undefined
    const value = this.#values[name]
    const text = typeof value === 'number' ? String(value) : value
    if (typeof text !== 'string' || !/^-?\d{1,15}$/.test(text)) throw invalid(`Param ${name} must be an integer`)
    return Number(text)
  }
  names(): readonly string[] {
    return Object.keys(this.#values)
  }
  entries(): readonly (readonly [string, unknown])[] {
    return Object.entries(this.#values)
  }
}

/** One wanted field: "creative{id,video_id}", "adsets.limit(2){id}". */
export interface FieldNode {
  readonly name: string
  readonly limit: number | undefined
  readonly children: readonly FieldNode[] | undefined
}

const MAX_FIELDS = 400

/** Reads Graph's field grammar. @throws GraphProblem 2500 on a syntax error */
export function parseFields(text: string): readonly FieldNode[] {
  let at = 0
  let count = 0
  const syntax = (): GraphProblem =>
    new GraphProblem(
      2500,
      `Syntax error "Expected end of string instead of "${text.slice(at, at + 1)}"." at character ${at}: ${text.slice(0, 80)}`,
    ) // prettier-ignore
  const word = (): string => {
    const match = /^[A-Za-z0-9_]+/.exec(text.slice(at, at + 80))
    if (match === null) throw syntax()
    at += match[0].length
    return match[0]
  }
  const list = (depth: number): FieldNode[] => {
    if (depth > 5) throw syntax()
    const nodes: FieldNode[] = []
    for (;;) {
      count += 1
      if (count > MAX_FIELDS) throw syntax()
      nodes.push(field(depth))
      if (text[at] !== ',') return nodes
      at += 1
    }
  }
  const field = (depth: number): FieldNode => {
    while (text[at] === ' ') at += 1
    const name = word()
    let limit: number | undefined
    let children: readonly FieldNode[] | undefined
    for (;;) {
      if (text[at] === '.') {
        const match = /^\.([a-z_]+)\(([^()]*)\)/.exec(text.slice(at, at + 400))
        if (match === null) throw syntax()
        at += match[0].length
        if (match[1] === 'limit') limit = Number(match[2])
        if (match[1] === 'fields') children = parseFields(match[2] ?? '')
      } else if (text[at] === '{') {
        at += 1
        children = list(depth + 1)
        if (text[at] !== '}') throw syntax()
        at += 1
      } else return { name, limit, children }
    }
  }
  if (text.trim() === '') return []
  const nodes = list(0)
  if (at < text.length) throw syntax()
  return nodes
}

/** What one endpoint gets to see. */
export interface Call {
  readonly world: MetaWorld
  readonly method: string
  /** Path without version: ["act_42", "campaigns"]. */
  readonly path: readonly string[]
  readonly params: Params
  readonly fields: readonly FieldNode[]
  /** Who edits, for the change log. */
  readonly actor: string
  readonly scopes: readonly string[]
  /** This server's origin. */
  readonly baseUrl: string
  readonly version: string
  /** The token, for `next` alone: Meta really writes it there. */
  readonly token: string
}

const cursorOf = (key: string, index: number) => Buffer.from(`c:${index}:${key}`, 'utf8').toString('base64url')

function positionOf(cursor: string): { readonly index: number; readonly key: string } {
  const [, index, key] = /^c:(\d{1,9}):(.*)$/.exec(Buffer.from(cursor, 'base64url').toString('utf8')) ?? []
  if (index === undefined || key === undefined) throw invalid('Invalid cursor')
  return { index: Number(index), key }
}

/** The largest page of a listing; above it Meta answers that the amount of data be reduced. */
const MAX_LIMIT = 1000

/** A page too wide: what Meta says of listings. */
export const tooMuchData = () =>
  new GraphProblem(1, "Please reduce the amount of data you're asking for, then retry your request")

/** A report with too many rows: the documented limit of data per call, also of reports that are prepared. */
export const tooManyRows = () =>
  refused(1487534, 'There is too much data to show', 'Reduce the date range or the number of objects of your request.')

export function pageLimit(call: Call, max = MAX_LIMIT): number {
  const limit = call.params.integer('limit') ?? 25
  if (limit < 1) throw invalid('Param limit must be an integer greater than or equal to 1')
  if (limit > max) throw tooMuchData()
  return limit
}

/**
 * One page with cursors and, unless it is the last, an absolute `next` with every parameter of the call in it: the token, too.
 * Cursors name an item and its place: when the item is gone meanwhile, the listing goes on with what moved up into its place.
 */
export function page<T>(call: Call, items: readonly T[], keyOf: (item: T, index: number) => string, limit: number) {
  const after = call.params.text('after')
  let start = 0
  if (after !== undefined) {
    const position = positionOf(after)
    const found = items.findIndex((item, at) => keyOf(item, at) === position.key)
    start = found < 0 ? position.index : found + 1
  }
  const shown = items.slice(start, start + limit)
  const last = start + shown.length - 1
  if (shown.length === 0) return { shown, paging: undefined }
  const cursors = {
    before: cursorOf(keyOf(shown[0] as T, start), start),
    after: cursorOf(keyOf(shown[shown.length - 1] as T, last), last),
  }
  const link = (changes: Readonly<Record<string, string>>) => {
    const query = new URLSearchParams({ access_token: call.token })
    for (const [name, value] of call.params.entries())
      if (name !== 'access_token' && name !== 'after' && name !== 'before' && name !== 'appsecret_proof')
        query.set(name, typeof value === 'string' ? value : JSON.stringify(value))
    for (const [name, value] of Object.entries(changes)) query.set(name, value)
    return `${call.baseUrl}/${call.version}/${call.path.join('/')}?${query.toString()}`
  }
  return {
    shown,
    paging: {
      cursors,
      ...(last + 1 < items.length ? { next: link({ limit: String(limit), after: cursors.after }) } : {}),
    },
  }
}
