/** The XML inside a workbook, read as a stream. No document types, no entities of its own, nothing from outside the file. */
import { SaxesParser } from 'saxes'
import { refusal } from './limits.ts'
import type { ZipArchive, ZipEntry } from './zip.ts'

export interface XmlHandlers {
  /** Local names, without a namespace's prefix. */
  readonly open?: (name: string, attributes: Readonly<Record<string, string>>) => void
  readonly close?: (name: string) => void
  readonly text?: (text: string) => void
}

const MAX_DEPTH = 64

const localName = (name: string): string => name.slice(name.indexOf(':') + 1)

function notXml(): Error {
  return refusal(
    'damaged_xml',
    'This workbook is damaged: a part of it is not readable.',
    'Download it again from the platform, as XLSX or CSV.',
  )
}

/** @throws OperationError invalid_input for a document type, malformed XML, another encoding than UTF-8 */
export async function readXml(archive: ZipArchive, entry: ZipEntry, handlers: XmlHandlers): Promise<void> {
  const parser = new SaxesParser<{ xmlns: false; position: boolean }>({ xmlns: false, position: false })
  let depth = 0
  parser.on('error', () => {
    throw notXml()
  })
  parser.on('doctype', () => {
    throw refusal(
      'xml_doctype',
      'This workbook declares a document type of its own, which reports never do and which can pull in other files.',
      'Do not trust where it came from.',
    )
  })
  parser.on('opentag', ({ name, attributes }) => {
    depth += 1
    if (depth > MAX_DEPTH) throw notXml()
    handlers.open?.(localName(name), attributes)
  })
  parser.on('closetag', ({ name }) => {
    depth -= 1
    handlers.close?.(localName(name))
  })
  const { text } = handlers
  if (text !== undefined) {
    parser.on('text', text)
    parser.on('cdata', text)
  }
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const decode = (bytes?: Uint8Array): string => {
    try {
      return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true })
    } catch {
      throw notXml()
    }
  }
  await archive.inflate(entry, (bytes) => {
    parser.write(decode(bytes))
  })
  parser.write(decode()).close()
}
