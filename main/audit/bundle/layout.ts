/**
 * The files of a bundle and the lines in them, as FORMAT.md describes them: what the writer writes and the reader reads. Texts only; nothing in
 * here touches an archive, signs or judges.
 */
import { z } from 'zod'
import { accountIdSchema, draftIdSchema } from '../../../shared/domain/ids.ts'
import { REDACTIONS } from '../../../shared/schemas/audit.ts'
import { JcsError, parseJcs, serializeJcs } from '../jcs.ts'
import { parseVkey } from '../note.ts'

export const FILES = {
  manifest: 'manifest.json',
  entries: 'entries.jsonl',
  disclosures: 'disclosures.jsonl',
  checkpoint: 'checkpoint',
  checkpoints: 'checkpoints.txt',
  proofs: 'proofs.jsonl',
  reportHtml: 'report.html',
  reportMarkdown: 'report.md',
  verifier: 'verify.html',
  howTo: 'VERIFY.txt',
  sums: 'SHA256SUMS',
  note: 'bundle.note',
} as const

const count = z.int().min(0)
/** 32 bytes have one spelling only: the last digit holds two bits that are zero. */
const hash = z.string().regex(/^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/)
const isoDate = z.string().regex(/^\d{4}-\d{2}-\d{2}$/)

export const manifestSchema = z.strictObject({
  format: z.literal('spendsignoff/audit-bundle/v1'),
  app: z.string().regex(/^[A-Za-z0-9_.:/-]{1,96}$/),
  created: z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
  origin: z.string().min(1).max(255),
  /** Every record from 0 to the head. */
  complete: z.boolean(),
  filter: z.union([z.strictObject({ draft: draftIdSchema }), z.strictObject({ account: accountIdSchema })]).optional(),
  days: z.strictObject({ from: isoDate.optional(), to: isoDate.optional() }).optional(),
  /** First and last record number in entries.jsonl; with a filter not everything in between. */
  range: z.strictObject({ from: count, through: count }),
  records: count,
  redacted: z.array(z.enum(REDACTIONS)).max(REDACTIONS.length),
  withheld: count,
})
export type Manifest = z.infer<typeof manifestSchema>

export const proofSchema = z.discriminatedUnion('kind', [
  /** Record `seq` in the tree of the head. */
  z.strictObject({ kind: z.literal('inclusion'), seq: count, path: z.array(hash).max(64) }),
  /** The tree of `size` is a prefix of that of the head. */
  z.strictObject({ kind: z.literal('consistency'), size: count, path: z.array(hash).max(64) }),
  /** The subtrees before the first record of a range, largest first. */
  z.strictObject({ kind: z.literal('left'), size: count, path: z.array(hash).max(64) }),
])
export type Proof = z.infer<typeof proofSchema>

const disclosureSchema = z.strictObject({
  seq: count,
  name: z.string().max(40),
  disclosure: z.string().max(1_048_576),
})
export type DisclosureLine = z.infer<typeof disclosureSchema>

export const MAX_DISCLOSURE_LINE = 1_048_800
export const MAX_PROOF_LINE = 8_192
const MAX_MANIFEST_BYTES = 16_384

export const jsonLine = (value: unknown): string => `${serializeJcs(value)}\n`

/** Undefined for bytes that are not exactly such a line. */
export const readManifest = (bytes: Uint8Array): Manifest | undefined => read(manifestSchema, bytes, MAX_MANIFEST_BYTES)
export const readProof = (bytes: Uint8Array): Proof | undefined => read(proofSchema, bytes, MAX_PROOF_LINE)
export const readDisclosure = (bytes: Uint8Array): DisclosureLine | undefined =>
  read(disclosureSchema, bytes, MAX_DISCLOSURE_LINE)

function read<T>(schema: z.ZodType<T>, bytes: Uint8Array, maxBytes: number): T | undefined {
  try {
    return schema.safeParse(parseJcs(bytes, maxBytes)).data
  } catch (error) {
    if (error instanceof JcsError) return undefined
    throw error
  }
}

/** The two files of one key: the log's first, or that of a later epoch. */
export function keyFiles(epoch: number, vkey: string): readonly { readonly name: string; readonly text: string }[] {
  const name = `keys/${epoch === 0 ? 'genesis' : `rotated-${epoch}`}`
  const pem = parseVkey(vkey).publicKey.export({ type: 'spki', format: 'pem' }).toString()
  return [
    { name: `${name}.vkey`, text: `${vkey}\n` },
    { name: `${name}.pub.pem`, text: pem },
  ]
}

/** Notes one after the other with an empty line between. Undefined when the text is not exactly that. */
export function splitNotes(text: string): readonly string[] | undefined {
  if (text === '') return []
  const parts = text.slice(0, -1).split('\n\n')
  if (!text.endsWith('\n') || parts.length % 2 !== 0) return undefined
  return Array.from({ length: parts.length / 2 }, (_, at) => `${parts[2 * at]}\n\n${parts[2 * at + 1]}\n`)
}

export const joinNotes = (notes: readonly string[]): string => notes.join('\n')

/** As sha256sum writes it, in the order of the names. */
export function formatSums(files: readonly { readonly name: string; readonly sha256: string }[]): string {
  return files
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, sha256 }) => `${sha256}  ${name}\n`)
    .join('')
}

/** Undefined when the text is not exactly such a list. */
export function parseSums(text: string): ReadonlyMap<string, string> | undefined {
  const sums = new Map<string, string>()
  for (const line of text.split('\n').slice(0, -1)) {
    const match = /^([0-9a-f]{64}) {2}([A-Za-z0-9_./-]{1,200})$/.exec(line)
    if (match === null) return undefined
    sums.set(match[2] ?? '', match[1] ?? '')
  }
  const isExact = text === formatSums([...sums].map(([name, sha256]) => ({ name, sha256 })))
  return isExact && sums.size > 0 ? sums : undefined
}
