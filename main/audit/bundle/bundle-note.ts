/** The one signature over a bundle: a signed note that names the log, its head and the hash of SHA256SUMS, which names every other file. */
import { type NoteSigner, signNote } from '../note.ts'

/** First line of the note: no checkpoint can begin with it, so that neither can pass for the other. */
export const BUNDLE_TAG = 'spendsignoff/audit-bundle/v1'

export interface BundleStatement {
  readonly origin: string
  readonly size: number
  /** base64 */
  readonly root: string
  /** Of the file SHA256SUMS, lower-case hex. */
  readonly sumsSha256: string
}

export function formatStatement({ origin, size, root, sumsSha256 }: BundleStatement): string {
  return `${BUNDLE_TAG}\n${origin}\n${size}\n${root}\nsha256sums ${sumsSha256}\n`
}

/** Undefined for anything else. */
export function parseStatement(text: string): BundleStatement | undefined {
  const match =
    /^spendsignoff\/audit-bundle\/v1\n([^\n]{1,255})\n([1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\nsha256sums ([0-9a-f]{64})\n$/u.exec(
      text,
    )
  if (match === null || !Number.isSafeInteger(Number(match[2]))) return undefined
  return { origin: match[1] ?? '', size: Number(match[2]), root: match[3] ?? '', sumsSha256: match[4] ?? '' }
}

export function signStatement(statement: BundleStatement, signer: NoteSigner): string {
  const text = formatStatement(statement)
  if (parseStatement(text) === undefined) throw new Error('not a statement about a bundle')
  return signNote(text, [signer])
}
