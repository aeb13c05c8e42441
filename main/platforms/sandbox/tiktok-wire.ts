/**
 * TikTok's envelope, number spelling and parameter rules, as the API for Business v1.3 documents them
 * (business-api.tiktok.com/portal/docs). The sandbox's half only: no adapter code may be imported here,
 * or both sides could share one mistake.
 */
import type { World } from './world.ts'
import type { SandboxAdvertiser } from './world-types.ts'

/** An answer with a code other than 0. HTTP stays 200. */
export class ApiProblem extends Error {
  readonly code: number
  readonly data: unknown
  constructor(code: number, message: string, data: unknown = {}) {
    super(message)
    this.code = code
    this.data = data
  }
}

/** A number whose digits matter: TikTok writes entity budgets as floats ("50.0"). */
export class JsonFloat {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** Smallest units as TikTok's float: 5000 with 2 decimals → 50.0, 5025 → 50.25, 5000 with 0 → 5000.0. */
export function money(minor: number, decimals: number): JsonFloat {
  const text = decimalText(minor, decimals)
  const trimmed = text.includes('.') ? text.replace(/0+$/, '') : `${text}.`
  return new JsonFloat(trimmed.endsWith('.') ? `${trimmed}0` : trimmed)
}

/** Smallest units as a plain decimal: 5000 with 2 decimals → "50.00". */
export function decimalText(minor: number, decimals: number): string {
  const digits = Math.abs(minor)
    .toString()
    .padStart(decimals + 1, '0')
  const text = decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
  return minor < 0 ? `-${text}` : text
}

/**
 * JSON the way TikTok sends it: floats keep their point. Members that are null are left out by the newer endpoints only
 * (`pop_resp_nullvalue` in yml_files of the official SDK; the examples of the classic ones are full of nulls).
 */
export function toWire(value: unknown, keepsNulls: boolean): string {
  if (value instanceof JsonFloat) return value.text
  if (Array.isArray(value)) return `[${value.map((item) => toWire(item, keepsNulls)).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).filter(
      ([, member]) => member !== undefined && (member !== null || keepsNulls),
    )
    return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${toWire(member, keepsNulls)}`).join(',')}}`
  }
  return JSON.stringify(value) ?? 'null'
}

/** What one endpoint gets to see. */
export interface Call {
  readonly world: World
  readonly query: URLSearchParams
  readonly body: Readonly<Record<string, unknown>>
  readonly token: string
  /** Where this server is: addresses of media start with it. */
  readonly origin: string
  /** Every id of a status write is to be listed as failed (fault "partial"). */
  readonly isPartialForced: boolean
  readonly nowMs: number
}

export interface Reply {
  readonly code?: number
  readonly message?: string
  readonly data: unknown
}

export interface Endpoint {
  readonly method: 'GET' | 'POST'
  readonly needsToken: boolean
  /** Changes an entity. */
  readonly isWrite?: boolean
  /** Members without a value come as null. */
  readonly keepsNulls?: boolean
  readonly run: (call: Call) => Reply
}

function missing(names: readonly string[]): ApiProblem {
  return new ApiProblem(40002, `Missing required field(s): ${names.join(', ')}.`)
}

/** A required text of the query. */
export function queryText(call: Call, name: string): string {
  const value = call.query.get(name)
  if (value === null || value === '') throw missing([name])
  return value
}

/** A JSON value of the query (TikTok sends arrays and objects of a GET as JSON text). */
export function queryJson(call: Call, name: string): unknown {
  const text = call.query.get(name)
  if (text === null || text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    throw new ApiProblem(40002, `${name}: is not valid JSON.`)
  }
}

/** A JSON array of texts of the query. */
export function queryTexts(call: Call, name: string): readonly string[] | undefined {
  const value = queryJson(call, name)
  return value === undefined ? undefined : texts(value, name)
}

/** Checks a list of ids: texts, never numbers. */
export function texts(value: unknown, name: string): readonly string[] {
  if (!Array.isArray(value) || value.some((item) => typeof item !== 'string'))
    throw new ApiProblem(40002, `${name}: Not a valid list of strings.`)
  return value as readonly string[]
}

/** A required text of the body. */
export function bodyText(call: Call, name: string): string {
  const value = call.body[name]
  if (value === undefined || value === null || value === '') throw missing([name])
  if (typeof value !== 'string') throw new ApiProblem(40002, `${name}: Not a valid string.`)
  return value
}

/** The advertiser a call is about. Every token of the sandbox reaches all accounts of the shop, and no others. */
export function callAdvertiser(call: Call, id: string): SandboxAdvertiser {
  const advertiser = call.world.advertiser(id)
  if (advertiser === undefined) throw new ApiProblem(40001, `No permission to operate advertiser ${id}.`)
  return advertiser
}

/** `page` and `page_size` of a GET: from 1, default 10, at most `max`. */
export function paging(call: Call, max: number): { page: number; pageSize: number } {
  const read = (name: string, fallback: number, limit: number) => {
    const text = call.query.get(name)
    if (text === null || text === '') return fallback
    const value = Number(text)
    if (!Number.isInteger(value) || value < 1 || value > limit)
      throw new ApiProblem(40002, `${name}: must be between 1 and ${limit}.`)
    return value
  }
  return { page: read('page', 1, 1_000_000), pageSize: read('page_size', 10, max) }
}

/** One page and its page_info. */
export function pageOf<T>(items: readonly T[], at: { page: number; pageSize: number }) {
  const start = (at.page - 1) * at.pageSize
  return {
    list: items.slice(start, start + at.pageSize),
    page_info: {
      page: at.page,
      page_size: at.pageSize,
      total_number: items.length,
      total_page: Math.ceil(items.length / at.pageSize),
    },
  }
}

/** Keeps only the wanted members. An unknown field name fails the call, as it does on the platform. */
export function pickFields(
  item: Readonly<Record<string, unknown>>,
  fields: readonly string[] | undefined,
  known: ReadonlySet<string>,
): Readonly<Record<string, unknown>> {
  if (fields === undefined) return item
  for (const field of fields)
    if (!known.has(field)) throw new ApiProblem(40002, `fields: ${field} is not a valid field.`)
  return Object.fromEntries(fields.map((field) => [field, item[field]]))
}
