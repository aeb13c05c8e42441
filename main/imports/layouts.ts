/** Every layout this version reads, in the order they are tried: the surest first. */
import type { ImportChoices } from '../../shared/schemas/imports.ts'
import { readTable } from './bytes.ts'
import { claimsLayout } from './claims.ts'
import { googleReport } from './google.ts'
import { refusal } from './limits.ts'
import { metaReport } from './meta.ts'
import { ordersLayout } from './orders.ts'
import type { ImportKind, Layout, ParsedFile, RawTable } from './parsed.ts'
import { ratesLayout } from './rates.ts'
import { tiktokReport } from './tiktok.ts'
import { openZip } from './zip.ts'

const LAYOUTS: readonly { readonly kind: ImportKind; readonly layout: Layout }[] = [
  { kind: 'rates', layout: ratesLayout },
  { kind: 'orders', layout: ordersLayout },
  { kind: 'claims', layout: claimsLayout },
  { kind: 'platform_report', layout: googleReport },
  { kind: 'platform_report', layout: metaReport },
  { kind: 'platform_report', layout: tiktokReport },
]
const MAX_TEXT_BYTES = 64 * 1024 * 1024

/** Undefined: none of them, or not the kind that was chosen. @throws OperationError what a layout says of a file that is its own and cannot be read */
export function parseTable(table: RawTable, choices: ImportChoices): ParsedFile | undefined {
  for (const { kind, layout } of LAYOUTS) {
    if (choices.kind !== undefined && choices.kind !== kind) continue
    const parsed = layout(table, choices)
    if (parsed !== undefined) return parsed
  }
  return undefined
}

/** As readTable; an archive that holds one text file, as the ECB offers its rates, is that file. */
export async function readImportTable(bytes: Uint8Array, fileName: string): Promise<RawTable> {
  return readTable((await onlyTextOf(bytes)) ?? bytes, fileName)
}

async function onlyTextOf(bytes: Uint8Array): Promise<Uint8Array | undefined> {
  if (bytes[0] !== 0x50 || bytes[1] !== 0x4b) return undefined
  const archive = openZip(bytes)
  const [entry, ...others] = [...archive.entries.values()]
  if (entry === undefined || others.length > 0 || !/\.(?:csv|tsv|txt)$/i.test(entry.name)) return undefined
  const pieces: Uint8Array[] = []
  let size = 0
  await archive.inflate(entry, (piece) => {
    size += piece.length
    if (size > MAX_TEXT_BYTES)
      throw refusal('too_large', 'The file in this archive is larger than 64 MB.', 'Export a shorter period.')
    pieces.push(piece.slice())
  })
  return Buffer.concat(pieces)
}
