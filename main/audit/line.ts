import { randomBytes } from 'node:crypto'
import { OperationError } from '../../shared/errors.ts'
import { createDisclosure, type DisclosedValue, type Disclosure } from './disclosure.ts'
import { serializeJcs } from './jcs.ts'
import { type AuditRecord, checkRecord, MAX_LINE_BYTES, type NewRecord, RECORD_VERSION } from './record.ts'

/** From what a caller hands over to the exact bytes of a line. Nothing here is stored or signed. */

export interface Clocks {
  readonly nowMs: number
  readonly monoMs: number
}

/** Where and when a line stands. */
export interface LinePlace {
  readonly log: string
  readonly seq: number
  /** Hex leaf hash of the line before. */
  readonly prev: string
  readonly boot: string
  readonly clocks: Clocks
}

/**
 * The canonical bytes of one line, and the disclosures that belong beside it.
 * @throws OperationError invalid_input when the record does not fit its schema or is longer than a line may be
 */
export function buildLine(
  record: NewRecord,
  place: LinePlace,
): { readonly bytes: Buffer; readonly record: AuditRecord; readonly disclosures: readonly Disclosure[] } {
  const texts = Object.entries(record.text ?? {}).filter(
    (pair): pair is [string, DisclosedValue] => pair[1] !== undefined,
  )
  const disclosures = texts.map(([name, value]) => createDisclosure(name, value))
  const { clocks, ...rest } = place
  const line = {
    v: RECORD_VERSION,
    ...rest,
    ts: new Date(clocks.nowMs).toISOString(),
    // Microseconds are what the clock has; the unit of the format is nanoseconds.
    mono: (BigInt(Math.max(0, Math.floor(clocks.monoMs * 1000))) * 1000n).toString(),
    type: record.type,
    actor: record.actor,
    ...(record.subj === undefined ? {} : { subj: withoutUndefined(record.subj) }),
    data: withoutUndefined(record.data),
    sd: Object.fromEntries(disclosures.map(({ name, digest }) => [name, digest])),
  }
  const checked = checkRecord(line)
  if ('problem' in checked) throw unfit(record.type, checked.problem.message)
  const bytes = Buffer.from(serializeJcs(line), 'utf8')
  if (bytes.length > MAX_LINE_BYTES) throw unfit(record.type, `it is longer than ${MAX_LINE_BYTES} bytes`)
  return { bytes, record: checked.record, disclosures }
}

/** The clocks of one machine drift by less; more means that one was set, or that the machine slept. */
const CLOCK_JUMP_MS = 2000

/** How far each clock moved, if they disagree by more than two seconds. */
export function clockJump(before: Clocks | undefined, now: Clocks): { wallMs: number; monoMs: number } | undefined {
  if (before === undefined) return undefined
  const wallMs = Math.round(now.nowMs - before.nowMs)
  const monoMs = Math.round(now.monoMs - before.monoMs)
  return Math.abs(wallMs - monoMs) > CLOCK_JUMP_MS ? { wallMs, monoMs } : undefined
}

/** An origin nobody else has: 128 random bits in RFC 4648 base32, lower case, without padding. */
export function newOrigin(): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'
  const bits = Array.from(randomBytes(16), (byte) => byte.toString(2).padStart(8, '0')).join('')
  const letters = (bits.match(/.{1,5}/g) ?? []).map((group) => alphabet[Number.parseInt(group.padEnd(5, '0'), 2)] ?? '')
  return `audit.spendsignoff/${letters.join('')}`
}

/** A record that must not be written is a defect of ours: the message names fields, never their content. */
export function unfit(type: string, why: string): OperationError {
  return new OperationError(
    'invalid_input',
    `A ${type} record cannot be written: ${why}.`,
    'Nothing was changed. This is a defect of the app; please report it.',
  )
}

function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined)
  if (typeof value !== 'object' || value === null) return value
  const present = Object.entries(value).filter(([, member]) => member !== undefined)
  return Object.fromEntries(present.map(([key, member]) => [key, withoutUndefined(member)]))
}
