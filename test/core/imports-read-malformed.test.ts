import { strToU8, zipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { readTable } from '../../main/imports/bytes.ts'
import { explainUnknown } from '../../main/imports/detect.ts'
import { readReport, refusalOf, spendOf } from '../support/read-export.ts'
import { type SheetCell, workbook, workbookParts } from '../support/workbook.ts'

const HEADER = 'Campaign,Day,Currency code,Cost,Impr.,Clicks,Conversions'
const file = (...rows: readonly string[]): string => `${[HEADER, ...rows].join('\n')}\n`
const good = 'Brand,2026-01-05,EUR,31.20,1840,101,6.50'
const SHEET_HEADER: readonly SheetCell[] = HEADER.split(',')
const sheet = (...rows: readonly (readonly SheetCell[])[]): Uint8Array =>
  workbook({ sheets: [{ name: 'Report', rows: [SHEET_HEADER, ...rows] }] })
const bytes = (...numbers: readonly number[]): Uint8Array => Uint8Array.from(numbers)
const withText = (head: Uint8Array, text: string): Uint8Array => Buffer.concat([head, Buffer.from(text)])

/** A local header and central directory that claim a size of their own. */
function claiming(size: number): Uint8Array {
  const zip = Buffer.from(sheet([...SHEET_HEADER]))
  const central = zip.indexOf(Buffer.from([0x50, 0x4b, 1, 2]))
  zip.writeUInt32LE(size, central + 24)
  return zip
}
function patched(zip: Uint8Array, edit: (buffer: Buffer, central: number, end: number) => void): Uint8Array {
  const buffer = Buffer.from(zip)
  edit(buffer, buffer.indexOf(Buffer.from([0x50, 0x4b, 1, 2])), buffer.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6])))
  return buffer
}

const centralOf = (zip: Buffer, name: string): number => zip.lastIndexOf(name) - 46

/** Files that are turned down as a whole: [what, bytes, beginning of the refusal]. */
const REFUSED: readonly (readonly [string, string | Uint8Array, RegExp])[] = [
  ['an empty file', '', /^empty: This file is empty/],
  ['empty lines only', '\n\n\n', /^empty: /],
  ['a header and no rows', file(), /^no_rows: .*header and no rows/],
  ['nothing but totals', file('Total: Campaigns, --,EUR,1.00,1,1,1.00'), /^only_totals: /],
  ['no date at all', 'Campaign,Cost,Impr.,Currency code\nBrand,1.00,4,EUR\n', /^no_dates: .*Day/],
  ['no campaign', 'Day,Cost,Impr.,Currency code\n2026-01-01,1.00,4,EUR\n', /^no_campaign: /],
  ['keywords', 'Search keyword,Campaign,Day,Cost,Impr.\nshoes,Brand,2026-01-01,1.00,4\n', /^keywords: /],
  ['several accounts', `Account,${HEADER}\nOne,${good}\nTwo,${good}\n`, /^several_accounts: .*2 accounts/],
  ['an unclosed quote', `${HEADER}\n${good}\n"Brand,2026-01-06,EUR,1.00,1,1,1.00\n${good}\n`, /^quotes: .*line 3/],
  ['text after a closing quote', file('"Brand"x,2026-01-06,EUR,1.00,1,1,1.00'), /^quotes: .*line 2/],
  ['400 columns', `${Array.from({ length: 400 }, (_, k) => `c${k}`).join(',')}\n`, /^too_many_columns: .*400/],
  ['a cell of 40,000 characters', file(`${'x'.repeat(40_000)},2026-01-06,EUR,1.00,1,1,1.00`), /^cell_too_long: Line 2/],
  ['a row of two megabytes', file(Array.from({ length: 100 }, () => 'x'.repeat(20_000)).join(',')), /^row_too_long: /],
  ['zero bytes in the text', file('Br\0and,2026-01-06,EUR,1.00,1,1,1.00'), /^zero_bytes: /],
  [
    'Cyrillic in Windows-1251',
    Buffer.concat([Buffer.from(file(good)), bytes(0xd0, 0xf3, 0xf1, 0xf1, 0xea, 10)]),
    /^encoding: /,
  ],
  [
    'valid and broken UTF-8 together',
    Buffer.concat([Buffer.from(file('Möbel,2026-01-06,EUR,1.00,1,1,1.00')), bytes(0xe9, 0x20, 10)]),
    /^encoding: /,
  ],
  ['gzip', bytes(0x1f, 0x8b, 8, 0, 0, 0), /^gzip: .*Unpack it first.*only named \.csv/],
  ['PDF', '%PDF-1.7\n', /^pdf: /],
  ['Parquet', 'PAR1....', /^parquet: /],
  ['XLS', withText(bytes(0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1), 'Workbook'), /^xls: .*XLSX/],
  [
    'a workbook with a password',
    Buffer.concat([bytes(0xd0, 0xcf, 0x11, 0xe0), Buffer.from('EncryptedPackage', 'utf16le')]),
    /^encrypted: .*password/,
  ],
  [
    'HTML saved as XLS',
    '<html xmlns:x="urn:x"><head></head><body><table><tr><td>Campaign</td></tr></table></body></html>',
    /^html: /,
  ],
  ['a bare HTML table', '\n <table><tr><td>Campaign</td></tr></table>', /^html: /],
  ['XML', '<?xml version="1.0"?><Workbook></Workbook>', /^xml: /],
  ['JSON', '{"data": [{"campaign": "Brand"}]}', /^json: /],
  ['a JSON list', '[{"campaign": "Brand"}]', /^json: /],
  ['a workbook that is cut off', sheet([...SHEET_HEADER]).subarray(0, 700), /^truncated_zip: /],
  ['a workbook that claims two gigabytes', claiming(2_147_483_648), /^zip_bomb: .*2,049 MB/],
  ['a workbook whose sizes are wrong', claiming(12), /^damaged_zip: .*checksum/],
  ['an archive with a password', patched(sheet(), (zip, at) => zip.writeUInt16LE(1, at + 8)), /^encrypted: /],
  [
    'an archive that says it has 60,000 files',
    patched(sheet(), (zip, _, end) => zip.writeUInt16LE(60_000, end + 10)),
    /^zip_bomb: .*60,000/,
  ],
  ['an archive of a CSV', zipSync({ 'a.csv': strToU8(file(good)), 'b.csv': strToU8('x') }), /^zip: .*Unpack/],
  ['an archive in an archive', zipSync({ 'inner.zip': zipSync({ 'a.csv': strToU8('x') }) }), /^zip: .*Unpack/],
  ['an archive that points outside', zipSync({ '../evil.xml': strToU8('x') }), /^zip_path: /],
  ['an archive with an absolute name', zipSync({ '/etc/passwd': strToU8('x') }), /^zip_path: /],
  ['a document', zipSync({ 'word/document.xml': strToU8('<a/>') }), /^not_workbook: /],
  ['OpenDocument', zipSync({ mimetype: strToU8('application/vnd.oasis.opendocument.spreadsheet') }), /^ods: /],
  ['XLSB', zipSync({ 'xl/workbook.bin': strToU8('x') }), /^xlsb: /],
  [
    'a workbook with a document type',
    workbook({
      sheets: [{ name: 'R', rows: [] }],
      parts: {
        'xl/sharedStrings.xml': '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><sst><si><t>&e;</t></si></sst>',
      },
    }),
    /^xml_doctype: /,
  ],
  [
    'a workbook with an unknown entity',
    workbook({
      sheets: [{ name: 'R', rows: [] }],
      parts: { 'xl/sharedStrings.xml': '<sst><si><t>&e;</t></si></sst>' },
    }),
    /^damaged_xml: /,
  ],
  [
    'a sheet that is cut off',
    workbook({
      sheets: [{ name: 'R', rows: [] }],
      parts: { 'xl/worksheets/sheet1.xml': '<worksheet><sheetData><row r="1"><c r="A1"><v>1' },
    }),
    /^damaged_xml: /,
  ],
  [
    'a workbook of hidden sheets',
    workbook({ sheets: [{ name: 'R', hidden: true, rows: [SHEET_HEADER] }] }),
    /^empty: .*visible/,
  ],
  [
    'a column far to the right',
    workbook({
      sheets: [{ name: 'R', rows: [] }],
      parts: {
        'xl/worksheets/sheet1.xml':
          '<worksheet><sheetData><row r="1"><c r="XFD1"><v>1</v></c></row></sheetData></worksheet>',
      },
    }),
    /^too_many_columns: .*16,384/,
  ],
] // prettier-ignore

describe('a file that is no readable report is turned down whole, in words', () => {
  test.each(REFUSED)('%s', async (_, content, expected) => {
    expect(await refusalOf(content)).toMatch(expected)
  })

  test('a bomb is stopped by what really comes out, whatever it claims', async () => {
    const rows = strToU8(`<worksheet><sheetData>${' '.repeat(40 * 1024 * 1024)}</sheetData></worksheet>`)
    const bomb = zipSync({ ...workbookParts({ sheets: [{ name: 'R', rows: [] }] }), 'xl/worksheets/sheet1.xml': rows })
    expect(bomb.length).toBeLessThan(100_000)
    // Says that it is small: only the inflated bytes tell.
    const small = patched(bomb, (zip) => zip.writeUInt32LE(100, centralOf(zip, 'xl/worksheets/sheet1.xml') + 24))
    for (const archive of [bomb, small]) expect(await refusalOf(archive)).toMatch(/^zip_bomb: .*200 times/)
  })

  test('parts that lie on top of each other are a bomb', async () => {
    const overlapping = patched(sheet(), (zip, first) => {
      const second = zip.indexOf(Buffer.from([0x50, 0x4b, 1, 2]), first + 4)
      zip.writeUInt32LE(zip.readUInt32LE(first + 42), second + 42)
    })
    expect(await refusalOf(overlapping)).toMatch(/^zip_bomb: .*on top of each other/)
  })

  test('more than 64 MB are not looked at', async () => {
    expect(await refusalOf(new Uint8Array(64 * 1024 * 1024 + 1))).toMatch(/^too_large: /)
  })

  test('more than half a million rows are not read', async () => {
    expect(await refusalOf('a,b\n'.repeat(500_002))).toMatch(/^too_many_rows: .*500,000/)
  })
})

describe('a table without a known header is named for what it looks like', () => {
  const explained = async (text: string): Promise<string> => explainUnknown(await readTable(Buffer.from(text), 'x.csv'))

  test('other columns are named beside the expected ones', async () => {
    expect(await explained('Invoice,Due,Customer\n1,2026-01-01,A\n')).toMatch(
      /"Invoice", "Due", "Customer".*Amount spent/,
    )
  })
  test('garbled names', async () => {
    expect(await explained('Tag,Kampagne,WÃ¤hrungscode,AusgegebenerBetrag\n2026-01-01,A,EUR,1\n')).toContain('garbled')
  })
  test('one column', async () => {
    expect(await explained('Campaign\nBrand\nShoes\nSofas\n')).toContain('one column only')
  })
  test('only a title and a range', async () => {
    expect(await explained('Campaign report\nAll time\n')).toContain('a title and no table')
  })
  test('rows without names', async () => {
    expect(await explained('2026-01-01,4,5,1.20\n2026-01-02,4,5,1.20\n')).toContain('no names of columns')
  })
  test('a currency that is not known', async () => {
    expect(await explained('Day,Campaign name,Amount spent (XAF)\n2026-01-01,A,5\n')).toContain('XAF')
  })
})

/** Rows that are refused while the rest is read: [what, row, reason]. */
const BAD_ROWS: readonly (readonly [string, string, RegExp])[] = [
  ['cut off in the middle', 'Brand,2026-01-06,EUR,1.', /4 cells and the header 7.*cut off/],
  ['one cell too many', 'Brand,2026-01-06,EUR,1.00,1,1,1.00,extra', /8 cells and the header 7/],
  ['separated by something else', 'Brand;2026-01-06;EUR;1.00;1;1;1.00', /1 cell and the header 7.*another character/],
  ['the header once more', HEADER, /header once more/],
  ['a day that does not exist', 'Brand,2026-02-30,EUR,1.00,1,1,1.00', /no day "2026-02-30"/],
  ['the year 1899', 'Brand,1899-12-31,EUR,1.00,1,1,1.00', /year of "1899-12-31" cannot be right/],
  ['the year 2099', 'Brand,2099-01-01,EUR,1.00,1,1,1.00', /cannot be right/],
  ['no day', 'Brand,,EUR,1.00,1,1,1.00', /no day/],
  ['a day in words that are not one', 'Brand,yesterday,EUR,1.00,1,1,1.00', /not a date/],
  ['a two-digit year', 'Brand,06.01.26,EUR,1.00,1,1,1.00', /two digits/],
  ['negative spend', 'Brand,2026-01-06,EUR,-1.00,1,1,1.00', /Spend is negative/],
  ['spend in brackets', 'Brand,2026-01-06,EUR,(1.00),1,1,1.00', /Spend is negative/],
  ['spend of seven decimals', 'Brand,2026-01-06,EUR,1.0000001,1,1,1.00', /six decimals/],
  ['a huge number', 'Brand,2026-01-06,EUR,99999999999999.00,1,1,1.00', /larger than anything/],
  ['an exponent', 'Brand,2026-01-06,EUR,1e9,1,1,1.00', /Spend is not a number/],
  ['words for spend', 'Brand,2026-01-06,EUR,free,1,1,1.00', /Spend is not a number/],
  ['a percentage for spend', 'Brand,2026-01-06,EUR,10%,1,1,1.00', /Spend is a percentage/],
  ['half an impression', 'Brand,2026-01-06,EUR,1.00,1.5,1,1.00', /Impressions is not a whole number/],
  ['a negative count', 'Brand,2026-01-06,EUR,1.00,-1,1,1.00', /Impressions is not a whole number/],
  ['numbers and no spend', 'Brand,2026-01-06,EUR, --,4,1,1.00', /no spend/],
  ['no campaign', ' --,2026-01-06,EUR,1.00,1,1,1.00', /no name of the campaign/],
  ['a garbled name', 'MÃ¶bel,2026-01-06,EUR,1.00,1,1,1.00', /garbled/],
  ['a currency that is not one', 'Brand,2026-01-06,XAF,1.00,1,1,1.00', /currency of the row/],
  ['another currency’s sign', 'Brand,2026-01-06,EUR,$1.00,1,1,1.00', /another currency than EUR/],
  ['numbers in the other format', 'Brand,2026-01-06,EUR,"1.234,56",1,1,1.00', /not a number in this file/],
] // prettier-ignore

describe('a row that cannot be right is refused with its line, and the rest is read', () => {
  const others = Array.from(
    { length: 20 },
    (_, k) => `Brand,2026-03-${String(k + 1).padStart(2, '0')},EUR,"1,031.20",1840,101,6.50`,
  )
  test.each(BAD_ROWS)('%s', async (_, row, reason) => {
    const report = await readReport(file(...others, row))
    expect(report.bad).toHaveLength(1)
    expect(report.bad[0]?.reason).toMatch(reason)
    expect(report.bad[0]?.line).toBe(22)
    expect(report.facts).toHaveLength(20)
    expect(spendOf(report)).toBe(20n * 1_031_200_000n)
    expect(report.rowCount).toBe(21)
  })

  test('a file that ends in the middle of a character says so', async () => {
    const whole = Buffer.from(file(good, 'Möbel,2026-01-06,EUR,1.00,1,1,1.00'))
    const report = await readReport(whole.subarray(0, whole.indexOf('ö') + 1))
    expect(report.warnings.join(' ')).toContain('cut off')
    expect(report).toMatchObject({ badCount: 1, bad: [{ line: 3 }] })
  })

  test('lines are counted through quoted line breaks and blank lines', async () => {
    const report = await readReport(
      `${HEADER}\r\n"two\r\nlines",2026-01-05,EUR,1.00,1,1,1.00\r\n\r\nBrand,nonsense,EUR,1.00,1,1,1.00\r\n`,
    )
    expect(report.bad[0]?.line).toBe(5)
    expect(report.facts[0]?.campaign.name).toBe('two lines')
    expect(report.warnings.join(' ')).toContain('control characters')
  })

  test('more than a thousand bad rows are counted and not all kept', async () => {
    const report = await readReport(file(...Array.from({ length: 1500 }, () => 'Brand,never,EUR,1.00,1,1,1.00')))
    expect([report.bad.length, report.badCount, report.facts.length]).toEqual([1000, 1500, 0])
  })

  test('names that look like formulas stay text', async () => {
    const { facts } = await readReport(
      file('"=HYPERLINK(""http://x"")",2026-01-05,EUR,1.00,1,1,1.00', '@cmd,2026-01-06,EUR,1.00,1,1,1.00'),
    )
    expect(facts.map(({ campaign }) => campaign.name)).toEqual(['=HYPERLINK("http://x")', '@cmd'])
  })
})
