/**
 * The rates that come with the app: the European Central Bank's euro reference rates, so that a first report needs no download. Loads them into
 * facts.db and says how far they reach; never fetches anything.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createExchangeWriter, type NewRate } from '../../store/exchange-table.ts'
import type { FactsDb } from '../../store/open.ts'
import { dayOf } from '../calendar.ts'

const FILE_NAME = 'ecb-reference-rates.csv'
const CODE = /^[A-Z]{3}$/
const RATE = /^(\d{1,9})(?:\.(\d{1,8}))?$/
const DECIMALS = 8

/** Beside this file in the sources, and beside the bundle once built (out/main). */
export function starterFile(): string {
  return join(import.meta.dirname, FILE_NAME)
}

/**
 * The ECB's history file: a header of codes, then a line per day; units per euro. "N/A" is a day without a rate.
 * @throws Error when it is not that: a broken build, not a broken user.
 */
export function parseStarter(text: string): readonly NewRate[] {
  const [header = '', ...lines] = text.trim().split(/\r?\n/)
  const [first, ...codes] = header.split(',')
  if (first !== 'Date' || codes.length === 0 || !codes.every((code) => CODE.test(code)))
    throw new Error(`${FILE_NAME}: not a table of reference rates`)
  return lines.flatMap((line) => {
    const [date = '', ...cells] = line.split(',')
    const day = dayOf(date)
    if (day === undefined || cells.length !== codes.length) throw new Error(`${FILE_NAME}: "${line.slice(0, 20)}"`)
    return cells.flatMap((cell, k) => {
      if (cell === 'N/A' || cell === '') return []
      return [{ currency: codes[k] ?? '', day, perEuroE8: perEuroE8(cell) }]
    })
  })
}

function perEuroE8(cell: string): bigint {
  const match = RATE.exec(cell)
  const value = BigInt((match?.[1] ?? '') + (match?.[2] ?? '').padEnd(DECIMALS, '0'))
  if (match === null || value === 0n) throw new Error(`${FILE_NAME}: "${cell.slice(0, 20)}" is no rate`)
  return value
}

/**
 * Call when facts.db has been opened. Fills an empty table and replaces what an older version brought; imported rates are never touched.
 * @returns whether anything was written
 */
export function loadStarterRates(
  facts: FactsDb,
  read: () => string = () => readFileSync(starterFile(), 'utf8'),
): boolean {
  const writer = createExchangeWriter(facts)
  const text = read()
  // Every start looks, and nearly none has anything to do: the dates alone tell.
  const dates = text.matchAll(/^\d{4}-\d{2}-\d{2}/gm)
  const lastDay = Math.max(0, ...[...dates].map(([date]) => dayOf(date) ?? 0))
  if (writer.hasStarterThrough(lastDay)) return false
  writer.replaceStarter(parseStarter(text))
  return true
}
