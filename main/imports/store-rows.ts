/** Puts rows of orders, claims and exchange rates in place. Call inside a transaction; the same row again changes nothing. */
import { claimRow, createShopDays, shopOrderRow, shopTouchRows } from '../reporting/dedupe/shop-rows.ts'
import type { createExchangeReader, createExchangeWriter } from '../store/exchange-table.ts'
import type { FactsWriters } from '../store/facts-tables.ts'
import type { ImportedOrder } from './parsed.ts'
import type { OrderRow, RateRow, StagedRow } from './staging.ts'
import type { Counted } from './store-report.ts'

export interface RowDeps {
  readonly write: FactsWriters
  readonly rates: ReturnType<typeof createExchangeReader> & ReturnType<typeof createExchangeWriter>
}

/** @param timeZone the shop's, for the days that orders lie on */
export function createRowStore(deps: RowDeps, importId: string, timeZone: string) {
  const dayOf = createShopDays(timeZone)
  return (rows: readonly StagedRow[], counted: Counted): void => {
    const orders = rows.filter((row) => row.t === 'o').map(orderOf)
    const claims = rows.flatMap((row) => (row.t === 'c' ? [claimRow(row.claim)] : []))
    addTo(
      counted,
      deps.write.orders.addOrders(
        importId,
        orders.map((order) => shopOrderRow(order, (atS) => order.day ?? dayOf(atS))),
      ),
    )
    deps.write.orders.addTouches(
      importId,
      orders.flatMap((order) => shopTouchRows(order)),
    )
    addTo(counted, deps.write.orders.addTouches(importId, claims))
    for (const row of rows) if (row.t === 'r') addTo(counted, putRates(deps.rates, row))
  }
}

function orderOf({ order }: OrderRow): ImportedOrder {
  return { ...order, netValueMicros: BigInt(order.netValueMicros) }
}

function addTo(counted: Counted, more: Counted): void {
  counted.rowsNew += more.rowsNew
  counted.rowsChanged += more.rowsChanged
  counted.rowsSame += more.rowsSame
}

function putRates(table: RowDeps['rates'], { day, rates }: RateRow): Counted {
  const counted: Counted = { rowsNew: 0, rowsChanged: 0, rowsSame: 0 }
  const codes = rates.map(([currency]) => currency)
  const held = new Map(table.inRange(codes, day, day).map((rate) => [rate.currency, rate.perEuroE8]))
  for (const [currency, rate] of rates) {
    const before = held.get(currency)
    counted[before === undefined ? 'rowsNew' : before === BigInt(rate) ? 'rowsSame' : 'rowsChanged'] += 1
  }
  table.putImported(rates.map(([currency, rate]) => ({ currency, day, perEuroE8: BigInt(rate) })))
  return counted
}
