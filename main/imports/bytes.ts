/**
 * The bytes of a file as rows of cells. What a file is comes from its content, never from its name: Google calls tab-separated UTF-16 ".csv",
 * and people rename. What cannot be read is named, with the way to the right file.
 */
import { MAX_IMPORT_BYTES } from '../../shared/schemas/imports.ts'
import { readDelimited } from './csv.ts'
import { knowsHeader } from './headers.ts'
import { refusal } from './limits.ts'
import type { RawTable } from './parsed.ts'
import { textForm } from './text.ts'
import { readXlsx } from './xlsx.ts'

const DOWNLOAD = 'Download the report from the platform as CSV or XLSX, and import that file.'

/**
 * Reads CSV (UTF-8, UTF-16, and Windows-1252 where nothing else fits) and XLSX. Hands the thread back every few milliseconds.
 * @param fileName shown in messages only
 * @throws OperationError invalid_input, with `details.reason`: not a table, damaged, cut off, encrypted, or past a limit
 */
export async function readTable(bytes: Uint8Array, fileName: string): Promise<RawTable> {
  if (bytes.length === 0) throw refusal('empty', 'This file is empty.', DOWNLOAD)
  if (bytes.length > MAX_IMPORT_BYTES)
    throw refusal(
      'too_large',
      `This file is larger than ${MAX_IMPORT_BYTES / 1024 / 1024} MB.`,
      'Download shorter periods, one file each.',
    )
  if (startsWith(bytes, [0x50, 0x4b, 3, 4]) || startsWith(bytes, [0x50, 0x4b, 5, 6]))
    return readXlsx(bytes, knowsHeader)
  refuseKnownFormats(bytes, fileName)
  const form = textForm(bytes)
  const start = new TextDecoder(form.label).decode(form.bytes.subarray(0, 4096), { stream: true })
  refuseKnownTexts(start)
  const table = await readDelimited(form)
  if (table.rows.length === 0) throw refusal('empty', 'This file has only empty lines.', DOWNLOAD)
  return table
}

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, k) => bytes[k] === byte)
}

const FORMATS: readonly { readonly magic: readonly number[]; readonly reason: string; readonly what: string }[] = [
  { magic: [0x1f, 0x8b], reason: 'gzip', what: 'is compressed (gzip). Unpack it first' },
  { magic: [0x25, 0x50, 0x44, 0x46], reason: 'pdf', what: 'is a PDF, which has no rows to read' },
  { magic: [0x50, 0x41, 0x52, 0x31], reason: 'parquet', what: 'is a Parquet file, which is not read here' },
  { magic: [0x37, 0x7a, 0xbc, 0xaf], reason: 'archive', what: 'is a 7z archive. Unpack it first' },
  { magic: [0x52, 0x61, 0x72, 0x21], reason: 'archive', what: 'is a RAR archive. Unpack it first' },
  { magic: [0x89, 0x50, 0x4e, 0x47], reason: 'image', what: 'is a picture' },
  { magic: [0xff, 0xd8, 0xff], reason: 'image', what: 'is a picture' },
  { magic: [0x50, 0x4b], reason: 'damaged_zip', what: 'starts like a workbook and is damaged' },
]

function refuseKnownFormats(bytes: Uint8Array, fileName: string): void {
  if (startsWith(bytes, [0xd0, 0xcf, 0x11, 0xe0])) throw oldOffice(bytes)
  const format = FORMATS.find(({ magic }) => startsWith(bytes, magic))
  if (format === undefined) return
  const name = /\.(csv|xlsx|xls|tsv|txt)$/i.exec(fileName)?.[0]
  throw refusal(
    format.reason,
    `This file ${format.what}.${name === undefined ? '' : ` It is only named ${name.toLowerCase()}.`}`,
    DOWNLOAD,
  )
}

/** The container of Excel 97–2003, and of workbooks with a password: these hold a stream called EncryptedPackage. */
function oldOffice(bytes: Uint8Array): Error {
  const marker = Buffer.from('EncryptedPackage', 'utf16le')
  if (Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(marker))
    return refusal(
      'encrypted',
      'This workbook is protected with a password.',
      'Save it without a password and import it again.',
    )
  return refusal(
    'xls',
    'This is a workbook of Excel 97–2003 (XLS), which is not read.',
    'Open it and save it as XLSX, or download the report as CSV or XLSX.',
  )
}

function refuseKnownTexts(start: string): void {
  const text = start.trimStart().slice(0, 2000)
  if (/^<(!doctype html|html|head|body|table|meta|style|div)\b/i.test(text) || /^<[^>]*>[\s\S]*<table\b/i.test(text))
    throw refusal(
      'html',
      'This is a web page, whatever its name says; some programs save tables like this as XLS.',
      DOWNLOAD,
    )
  if (/^<\?xml|^<[a-z]+:?[a-z]*\s+xmlns/i.test(text))
    throw refusal('xml', 'This is an XML file, which is not read.', DOWNLOAD)
  if (/^\{\s*("|\})/.test(text) || /^\[\s*(\{|\[|\]|"|\d)/.test(text))
    throw refusal('json', 'This is JSON, not a table.', DOWNLOAD)
  if (/^%!PS|^\{\\rtf/.test(text)) throw refusal('document', 'This is a document, not a table.', DOWNLOAD)
}
