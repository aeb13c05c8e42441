/** The demo's files: the orders of its shop, as its owner would have downloaded them, and exchange rates. Knows no store and imports nothing itself. */
import { addDays } from './platforms/sandbox/calendar.ts'
import type { Sandbox } from './platforms/sandbox/index.ts'

/** The demo's file is called so. */
export const DEMO_ORDERS_FILE = 'orders_export_fjellkant.csv'

/**
 * The last `days` days of orders, today included, in Shopify's export layout (UTF-8, comma, LF). Made in small steps, so that a window
 * stays responsive meanwhile. @throws TypeError when the sandbox runs without one of its platforms
 */
export async function demoOrdersCsv(sandbox: Pick<Sandbox, 'shop'>, days: number): Promise<string> {
  const { shop } = sandbox
  const today = shop.today()
  const parts: string[] = []
  for (const part of shop.shopifyParts(addDays(today, 1 - days), today)) {
    parts.push(part)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return parts.join('')
}

export const DEMO_RATES_FILE = 'demo_exchange_rates.csv'
const RATE_DAYS = 420
/** Units per euro, the same on every day: as made up as the accounts they are for, and round so that everybody sees it. */
const DEMO_RATES = { GBP: '0.85', HUF: '400', JPY: '160', KWD: '0.36', USD: '1.1' } as const

/** Rates of every day the demo's accounts have, in the layout of the European Central Bank's history file. */
export function demoRatesCsv(sandbox: Pick<Sandbox, 'shop'>): string {
  const today = sandbox.shop.today()
  const days = Array.from({ length: RATE_DAYS }, (_, ago) => addDays(today, -ago))
  return [['Date', ...Object.keys(DEMO_RATES)], ...days.map((day) => [day, ...Object.values(DEMO_RATES)])]
    .map((row) => `${row.join(',')}\n`)
    .join('')
}
