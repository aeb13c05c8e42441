/** Reads files as the product does, from bytes to what would be imported, without storing anything. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readTable } from '../../main/imports/bytes.ts'
import { parseTable } from '../../main/imports/layouts.ts'
import type { ParsedFile } from '../../main/imports/parsed.ts'
import type { ImportChoices } from '../../shared/schemas/imports.ts'

export type Report = Extract<ParsedFile, { kind: 'platform_report' }>

const FOLDER = join(import.meta.dirname, '../fixtures/exports')

export const fixture = (name: string): Uint8Array => readFileSync(join(FOLDER, name))

/** @throws when the file is something else than a platform's report */
export async function readReport(file: string | Uint8Array, choices: ImportChoices = {}): Promise<Report> {
  const bytes = typeof file === 'string' ? Buffer.from(file) : file
  const parsed = parseTable(await readTable(bytes, 'export.csv'), choices)
  if (parsed?.kind !== 'platform_report') throw new Error(`read as ${parsed?.kind ?? 'nothing'}`)
  return parsed
}

/** The message and hint with which a file is turned down; '' when it is not. */
export async function refusalOf(file: string | Uint8Array, choices: ImportChoices = {}): Promise<string> {
  const { OperationError } = await import('../../shared/errors.ts')
  try {
    await readReport(file, choices)
    return ''
  } catch (error) {
    if (error instanceof OperationError) return `${String(error.details?.['reason'])}: ${error.message} ${error.hint}`
    throw error
  }
}

export const spendOf = (report: Report): bigint => report.facts.reduce((sum, fact) => sum + fact.spendMicros, 0n)
