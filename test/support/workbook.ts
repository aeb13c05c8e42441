/** Small workbooks for tests: what a platform, a spreadsheet program or an attacker would write. */
import { strToU8, zipSync } from 'fflate'

export type SheetCell =
  | null
  | string
  | number
  | boolean
  | { readonly inline: string }
  | { readonly serial: number }
  | { readonly formula: string; readonly cached: number }
  | { readonly error: string }
  | { readonly raw: string }
export interface WorkbookSpec {
  readonly sheets: readonly {
    readonly name: string
    readonly hidden?: boolean
    readonly rows: readonly (readonly SheetCell[])[]
  }[]
  readonly is1904?: boolean
  /** Parts to add or to put in place of ours. */
  readonly parts?: Readonly<Record<string, string | Uint8Array>>
}

const xml = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;')
const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
const RELATIONS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'

export function columnName(index: number): string {
  return index < 26 ? String.fromCharCode(65 + index) : columnName(Math.floor(index / 26) - 1) + columnName(index % 26)
}

function cellXml(cell: SheetCell, place: string, strings: string[]): string {
  if (cell === null) return ''
  if (typeof cell === 'number') return `<c r="${place}"><v>${cell}</v></c>`
  if (typeof cell === 'boolean') return `<c r="${place}" t="b"><v>${cell ? 1 : 0}</v></c>`
  if (typeof cell === 'string') {
    if (!strings.includes(cell)) strings.push(cell)
    return `<c r="${place}" t="s"><v>${strings.indexOf(cell)}</v></c>`
  }
  if ('inline' in cell) return `<c r="${place}" t="inlineStr"><is><t>${xml(cell.inline)}</t></is></c>`
  if ('serial' in cell) return `<c r="${place}" s="1"><v>${cell.serial}</v></c>`
  if ('formula' in cell) return `<c r="${place}"><f>${xml(cell.formula)}</f><v>${cell.cached}</v></c>`
  if ('error' in cell) return `<c r="${place}" t="e"><v>${xml(cell.error)}</v></c>`
  return cell.raw.replace('@', place)
}

/** The parts of a workbook, before they are zipped. Style 1 is a date. */
export function workbookParts({ sheets, is1904 = false, parts = {} }: WorkbookSpec): Record<string, Uint8Array> {
  const strings: string[] = []
  const files: Record<string, string | Uint8Array> = {}
  sheets.forEach(({ rows }, k) => {
    const body = rows.map((cells, row) => {
      const inner = cells.map((cell, column) => cellXml(cell, `${columnName(column)}${row + 1}`, strings)).join('')
      return `<row r="${row + 1}">${inner}</row>`
    })
    files[`xl/worksheets/sheet${k + 1}.xml`] =
      `${HEAD}<worksheet xmlns="${MAIN}"><sheetData>${body.join('')}</sheetData></worksheet>`
  })
  const list = sheets.map(
    ({ name, hidden }, k) =>
      `<sheet name="${xml(name)}" sheetId="${k + 1}"${hidden === true ? ' state="hidden"' : ''} r:id="rId${k + 1}"/>`,
  )
  const relations = sheets.map(
    (_, k) => `<Relationship Id="rId${k + 1}" Type="${RELATIONS}/worksheet" Target="worksheets/sheet${k + 1}.xml"/>`,
  )
  files['_rels/.rels'] =
    `${HEAD}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="${RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>`
  files['xl/workbook.xml'] =
    `${HEAD}<workbook xmlns="${MAIN}" xmlns:r="${RELATIONS}"><workbookPr${is1904 ? ' date1904="1"' : ''}/><sheets>${list.join('')}</sheets></workbook>`
  files['xl/_rels/workbook.xml.rels'] =
    `${HEAD}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${relations.join('')}</Relationships>`
  files['xl/styles.xml'] =
    `${HEAD}<styleSheet xmlns="${MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/></numFmts><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs></styleSheet>`
  files['xl/sharedStrings.xml'] =
    `${HEAD}<sst xmlns="${MAIN}">${strings.map((text) => `<si><t xml:space="preserve">${xml(text)}</t></si>`).join('')}</sst>`
  const all = { ...files, ...parts }
  return Object.fromEntries(
    Object.entries(all).map(([name, part]) => [name, typeof part === 'string' ? strToU8(part) : part]),
  )
}

export function workbook(spec: WorkbookSpec): Uint8Array {
  return zipSync(workbookParts(spec), { level: 6, mtime: '2026-01-02' })
}
