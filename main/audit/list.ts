import type { AuditTable, StoredEntry } from '../store/audit-table.ts'
import { type DisclosedValue, openDisclosure } from './disclosure.ts'
import { parseJcs } from './jcs.ts'
import { leafHash } from './merkle.ts'
import { type AuditRecord, checkRecord, MAX_LINE_BYTES } from './record.ts'

/** Stored entries as rows to show. Shows what is stored, also when it is no longer genuine; it proves nothing. */

export interface AuditRow {
  readonly seq: number
  /** The exact stored line. */
  readonly line: string
  /** The parsed line, or undefined when the stored line is no longer a genuine one. */
  readonly record: AuditRecord | undefined
  /** Free texts that are still there, by name. Untrusted: written by people, agents and platforms. */
  readonly text: Readonly<Record<string, DisclosedValue>>
  /** Names of texts that were erased, or do not match. */
  readonly withheld: readonly string[]
  /** Recomputed from the line, hex. */
  readonly leaf: string
  /** Size of the smallest checkpoint that covers the line. */
  readonly checkpointSize: number | undefined
}

/** One row with the texts that are still there. */
export function readRow(
  table: Pick<AuditTable, 'disclosures' | 'coveringSize'>,
  entry: StoredEntry,
  record = readRecord(entry),
): AuditRow {
  const stored = new Map<string, unknown>(
    table.disclosures(entry.seq, entry.seq).map((each) => [each.name, each.disclosure]),
  )
  const text: Record<string, DisclosedValue> = {}
  const withheld: string[] = []
  for (const [name, digest] of Object.entries(record?.sd ?? {})) {
    const disclosure = stored.get(name)
    const opened = typeof disclosure === 'string' ? openDisclosure(disclosure, { name, digest }) : undefined
    if (opened === undefined) withheld.push(name)
    else text[name] = opened
  }
  return {
    seq: entry.seq,
    line: lineText(entry),
    record,
    text,
    withheld,
    leaf: leafHash(bytesOf(entry)).toString('hex'),
    checkpointSize: table.coveringSize(entry.seq),
  }
}

/** The record of a stored entry, or undefined when its bytes are not a genuine line at that place. */
export function readRecord(entry: StoredEntry): AuditRecord | undefined {
  try {
    const checked = checkRecord(parseJcs(entry.bytes, MAX_LINE_BYTES))
    const isGenuine = entry.leaf !== null && leafHash(entry.bytes).equals(entry.leaf)
    return isGenuine && 'record' in checked && checked.record.seq === entry.seq ? checked.record : undefined
  } catch {
    return undefined
  }
}

/** A stored line as text, whatever it is. */
export function lineText(entry: StoredEntry): string {
  return Buffer.from(bytesOf(entry)).toString('utf8')
}

/** A disclosed value as it is shown: names from account to ad in one line. */
export function shownText(value: DisclosedValue): string {
  return typeof value === 'string' ? value : value.join(' › ')
}

/** A planted table may hold a number or a text where bytes belong. */
function bytesOf({ bytes }: { readonly bytes: unknown }): Uint8Array {
  return bytes instanceof Uint8Array ? bytes : Buffer.from(String(bytes), 'utf8')
}
