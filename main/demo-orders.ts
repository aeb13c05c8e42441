/** The orders of the demo's shop, as the file that its owner would have downloaded. Knows no store and imports nothing itself. */
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
