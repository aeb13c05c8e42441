/**
 * A workbook as a table: the first visible sheet whose header is known, else the first that has rows. Never calculates: a formula's stored
 * result is kept apart from what somebody typed.
 */
import { breather, MAX_CELL_CHARS, refusal } from './limits.ts'
import type { RawTable } from './parsed.ts'
import { readSheet, type Workbook } from './xlsx-sheet.ts'
import { isBuiltInDate, isDateFormat } from './xlsx-styles.ts'
import { readXml } from './xlsx-xml.ts'
import { openZip, type ZipArchive, type ZipEntry } from './zip.ts'

const MAX_SHEETS = 200
/** Sheets that are looked at for a known header. */
const MAX_SHEETS_READ = 12
const MAX_SHARED_STRINGS = 2_000_000

interface SheetRef {
  readonly name: string
  readonly isVisible: boolean
  readonly entry: ZipEntry
}

/**
 * @param isKnown Whether a sheet's rows look like something that can be imported; the first such visible sheet wins.
 * @throws OperationError invalid_input for archives that are not workbooks, damaged, encrypted or out of all proportion
 */
export async function readXlsx(bytes: Uint8Array, isKnown: (table: RawTable) => boolean): Promise<RawTable> {
  const archive = openZip(bytes)
  const workbookPath = await findWorkbook(archive)
  const { sheets, is1904 } = await readWorkbook(archive, workbookPath)
  const folder = workbookPath.slice(0, workbookPath.lastIndexOf('/') + 1)
  const workbook: Workbook = {
    archive,
    is1904,
    strings: await readSharedStrings(archive, archive.entries.get(`${folder}sharedStrings.xml`)),
    dateStyles: await readDateStyles(archive, archive.entries.get(`${folder}styles.xml`)),
  }
  let first: RawTable | undefined
  const breathe = breather()
  for (const sheet of sheets.filter((each) => each.isVisible).slice(0, MAX_SHEETS_READ)) {
    const rows = await readSheet(workbook, sheet.entry)
    await breathe()
    const table: RawTable = { encoding: 'XLSX', delimiter: null, sheet: sheet.name.slice(0, 120), rows }
    if (isKnown(table)) return table
    if (rows.length > 0) first ??= table
  }
  if (first !== undefined) return first
  throw refusal('empty', 'This workbook has no visible sheet with anything in it.', 'Check that it is the right file.')
}

/** Archives that end in .xlsx by mistake, or are the relatives of a workbook, are named for what they are. */
async function findWorkbook(archive: ZipArchive): Promise<string> {
  const names = [...archive.entries.keys()]
  const rels = await readRelations(archive, '_rels/.rels', '')
  const path = [...rels.values()].find((target) => /(^|\/)workbook\.xml$/i.test(target)) ?? 'xl/workbook.xml'
  if (archive.entries.has(path)) return path
  const save = 'Save it as XLSX or CSV, or download it from the platform as one of these.'
  if (names.some((name) => name.endsWith('workbook.bin')))
    throw refusal('xlsb', 'This is a binary Excel workbook (XLSB), which is not read.', save)
  if (names.includes('mimetype') || names.includes('content.xml'))
    throw refusal('ods', 'This is an OpenDocument file, which is not read.', save)
  if (names.some((name) => /^(word|ppt)\//.test(name)))
    throw refusal('not_workbook', 'This is a document or a presentation, not a workbook.', save)
  if (names.some((name) => /\.(csv|xlsx?|tsv|txt|zip)$/i.test(name)))
    throw refusal('zip', 'This is a ZIP archive with files in it.', 'Unpack it and import the files one by one.')
  throw refusal('zip', 'This is a ZIP archive, and not a workbook.', save)
}

/** Relation id → path in the archive. Targets outside the archive are left out. */
async function readRelations(archive: ZipArchive, path: string, folder: string): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  const entry = archive.entries.get(path)
  if (entry === undefined) return found
  await readXml(archive, entry, {
    open: (name, { Id, Target, TargetMode }) => {
      if (name !== 'Relationship' || Id === undefined || Target === undefined || TargetMode === 'External') return
      found.set(Id, Target.startsWith('/') ? Target.slice(1) : `${folder}${Target.replace(/^\.\//, '')}`)
    },
  })
  return found
}

async function readWorkbook(archive: ZipArchive, path: string): Promise<{ sheets: SheetRef[]; is1904: boolean }> {
  const at = path.lastIndexOf('/') + 1
  const folder = path.slice(0, at)
  const relations = await readRelations(archive, `${folder}_rels/${path.slice(at)}.rels`, folder)
  const sheets: SheetRef[] = []
  let is1904 = false
  const entry = archive.entries.get(path)
  if (entry === undefined) return { sheets, is1904 }
  await readXml(archive, entry, {
    open: (name, attributes) => {
      if (name === 'workbookPr') is1904 = ['1', 'true'].includes(attributes['date1904'] ?? '')
      if (name !== 'sheet' || sheets.length >= MAX_SHEETS) return
      const id = Object.entries(attributes).find(([key]) => /(^|:)id$/.test(key))?.[1] ?? ''
      const target = archive.entries.get(relations.get(id) ?? `${folder}worksheets/sheet${sheets.length + 1}.xml`)
      if (target === undefined) return
      const state = attributes['state'] ?? 'visible'
      sheets.push({ name: attributes['name'] ?? '', isVisible: state === 'visible', entry: target })
    },
  })
  return { sheets, is1904 }
}

/** Rich text is joined; phonetic hints (<rPh>) are not part of the text. */
async function readSharedStrings(archive: ZipArchive, entry: ZipEntry | undefined): Promise<readonly string[]> {
  const strings: string[] = []
  if (entry === undefined) return strings
  let text = ''
  let isText = false
  let isPhonetic = false
  await readXml(archive, entry, {
    open: (name) => {
      if (name === 'si') text = ''
      else if (name === 't') isText = true
      else if (name === 'rPh') isPhonetic = true
    },
    text: (part) => {
      if (isText && !isPhonetic && text.length <= MAX_CELL_CHARS) text += part
    },
    close: (name) => {
      if (name === 't') isText = false
      else if (name === 'rPh') isPhonetic = false
      else if (name === 'si') strings.push(text)
      if (strings.length > MAX_SHARED_STRINGS)
        throw refusal(
          'too_many_strings',
          'This workbook has too many texts.',
          'Download shorter periods, one file each.',
        )
    },
  })
  return strings
}

/** Indexes of cell styles that show a date. */
async function readDateStyles(archive: ZipArchive, entry: ZipEntry | undefined): Promise<ReadonlySet<number>> {
  const styles = new Set<number>()
  if (entry === undefined) return styles
  const custom = new Map<number, boolean>()
  let isCellFormats = false
  let index = 0
  await readXml(archive, entry, {
    open: (name, { numFmtId = '0', formatCode = '' }) => {
      const id = Number(numFmtId)
      if (name === 'numFmt') custom.set(id, isDateFormat(formatCode))
      else if (name === 'cellXfs') isCellFormats = true
      else if (name === 'xf' && isCellFormats) {
        if (custom.get(id) ?? isBuiltInDate(id)) styles.add(index)
        index += 1
      }
    },
    close: (name) => {
      if (name === 'cellXfs') isCellFormats = false
    },
  })
  return styles
}
