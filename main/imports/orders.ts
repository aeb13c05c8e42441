/**
 * The shop's own orders: Shopify's and WooCommerce's exports, and any list with an order id, a time and a value. What is about people is left
 * in the file. One row is one order with its value after refunds; a cancelled, failed or unpaid one is worth nothing and is kept as that.
 */
import type { ClickIdType } from '../../shared/domain/attribution.ts'
import type { DateOrder, ImportChoices, NumberFormat } from '../../shared/schemas/imports.ts'
import { isKnownCurrency } from './currency.ts'
import { OrderVotes } from './dates.ts'
import { chosenZone, currencyQuestion, zoneQuestion } from './file-questions.ts'
import { FormatVotes, type NumberCell, microsOf, numberCell } from './numbers.ts'
import { type Columns, findOrderHeader, type OrderField, type OrderHeader, usedColumns } from './order-columns.ts'
import { isWorthless } from './order-status.ts'
import { isZoneless, type Moment, momentOf, secondsOf, wallClock } from './order-times.ts'
import { touchesOf } from './order-touches.ts'
import type { BadRow, Cell, ImportedOrder, ParsedFile, Question, RawRow, RawTable } from './parsed.ts'

const MAX_BAD = 1_000
const MAX_ID_CHARS = 200
const DAY_S = 86_400
const USED: readonly OrderField[] = [
  'orderId',
  'atUtc',
  'at',
  'value',
  'currency',
  'updated',
  'refunded',
  'test',
  'status',
  'cancelledAt',
  'paidAt',
  'gclid',
  'gbraid',
  'wbraid',
  'fbclid',
  'fbc',
  'ttclid',
  'gclidAt',
  'fbclidAt',
  'ttclidAt',
  'clickAt',
  'landingPage',
  'noteAttributes',
  'utmSource',
  'utmMedium',
  'utmCampaign',
  'utmContent',
] // prettier-ignore
const CLICK_TIMES: Readonly<Record<ClickIdType, OrderField>> = {
  gclid: 'gclidAt',
  gbraid: 'gclidAt',
  wbraid: 'gclidAt',
  fbclid: 'fbclidAt',
  fbc: 'fbclidAt',
  ttclid: 'ttclidAt',
}
const TIMES: readonly OrderField[] = [
  'at',
  'updated',
  'cancelledAt',
  'paidAt',
  'gclidAt',
  'fbclidAt',
  'ttclidAt',
  'clickAt',
]

type Shop = 'Shopify' | 'WooCommerce' | undefined
interface Known {
  readonly shop: Shop
  readonly idField: 'orderId' | 'shopifyName'
  readonly header: OrderHeader
}

/** Undefined: this is no list of orders. @throws OperationError invalid_value for a time zone that there is not */
export function ordersLayout(table: RawTable, choices: ImportChoices): ParsedFile | undefined {
  const header = findOrderHeader(table)
  if (header === undefined || (choices.kind !== 'orders' && areClaims(header.columns))) return undefined
  const known = shopOf(header)
  return known === undefined ? undefined : new OrderReader(table, known, choices).read()
}

/** A platform's list of what it counts for itself names the platform and how, or a conversion; a shop's names the order's state. */
function areClaims(columns: Columns): boolean {
  const names = columns.has('platform') && (columns.has('claimClass') || columns.has('clickOrView'))
  return names || (columns.has('conversionName') && !columns.has('status'))
}

function shopOf(header: OrderHeader): Known | undefined {
  const { columns, keys } = header
  const has = (...fields: OrderField[]): boolean => fields.every((field) => columns.has(field))
  // An order's id stands under "Name" ("#1001"); "Id" is the shop's own, which no platform is ever told.
  if (has('shopifyName', 'value', 'at') && keys.includes('financial status'))
    return { shop: 'Shopify', idField: 'shopifyName', header }
  if (!has('orderId', 'value') || !(has('at') || has('atUtc'))) return undefined
  const isWoo =
    header.row.cells.some(({ text }) => /_?wc_order|woocommerce/i.test(text)) ||
    keys.includes('n revenue') ||
    (keys.includes('order status') && keys.some((key) => key.startsWith('order total')))
  return { shop: isWoo ? 'WooCommerce' : undefined, idField: 'orderId', header }
}

interface Draft {
  readonly row: RawRow
  readonly rawOrderId: string
  readonly at: Moment
  readonly value: NumberCell
  readonly refund: NumberCell
  readonly currency: string | undefined
}

class OrderReader {
  readonly #table: RawTable
  readonly #known: Known
  readonly #choices: ImportChoices
  readonly #columns: Columns
  readonly #bad: BadRow[] = []
  readonly #warnings: string[] = []
  #badCount = 0
  #more = 0
  #format: NumberFormat | null = null
  #order: DateOrder | null = null
  #zone: (wallS: number) => number = wallClock('UTC')

  constructor(table: RawTable, known: Known, choices: ImportChoices) {
    this.#table = table
    this.#known = known
    this.#choices = choices
    this.#columns = known.header.columns
  }

  read(): ParsedFile {
    const drafts = this.#drafts()
    const questions = this.#decide(drafts)
    const timeZone = chosenZone(this.#choices.time_zone)
    this.#zone = wallClock(timeZone ?? 'UTC')
    const orders = this.#orders(drafts)
    const isShopify = this.#known.shop === 'Shopify'
    const currencies = new Set(orders.map(({ currency }) => currency))
    return {
      kind: 'orders',
      layout: this.#known.shop === undefined ? 'Orders, one a row' : `Orders of ${this.#known.shop}`,
      columns: usedColumns(
        this.#known.header,
        isShopify ? ['shopifyName', 'lineItem', ...USED.filter((field) => field !== 'orderId')] : USED,
      ),
      bad: this.#bad,
      badCount: this.#badCount,
      questions,
      warnings: [...this.#notes(orders), ...this.#warnings],
      numberFormat: this.#format,
      dateOrder: this.#order,
      currency: currencies.size === 1 ? ([...currencies][0] ?? null) : null,
      rowCount: orders.length + this.#badCount,
      totalsRows: 0,
      totalsCheck: [],
      timeZone: timeZone ?? null,
      orders,
    }
  }

  #cell(row: RawRow, field: OrderField): Cell | undefined {
    const index = this.#columns.get(field)
    return index === undefined ? undefined : row.cells[index]
  }
  #text(row: RawRow, field: OrderField): string | undefined {
    const cell = this.#cell(row, field)
    return cell === undefined || cell.kind === 'empty' || cell.kind === 'formula' || cell.kind === 'error'
      ? undefined
      : cell.text
  }

  #refuse(row: RawRow, reason: string): void {
    this.#badCount += 1
    if (this.#bad.length >= MAX_BAD) return
    // Only what is asked for: the rest of the row may be about people.
    const shown = [this.#known.idField, 'at', 'value'] as const
    this.#bad.push({
      line: row.line,
      reason,
      text: shown.map((field) => this.#cell(row, field)?.text.slice(0, 80) ?? '').join(' · '),
    })
  }

  #drafts(): Draft[] {
    const drafts: Draft[] = []
    const { idField, header, shop } = this.#known
    let last = ''
    for (const row of this.#table.rows.slice(header.at + 1)) {
      if (row.cells.every(({ kind }) => kind === 'empty')) continue
      const rawOrderId = (this.#text(row, idField) ?? '').trim()
      const value = numberCell(this.#cell(row, 'value') ?? { kind: 'empty', text: '' })
      // Shopify writes an order with several items over several lines; only the first has its totals.
      if (shop === 'Shopify' && value.kind === 'unknown' && (rawOrderId === last || rawOrderId === '') && last !== '') {
        this.#more += 1
        continue
      }
      last = rawOrderId
      if (rawOrderId === '') this.#refuse(row, 'There is no order id.')
      else if (rawOrderId.length > MAX_ID_CHARS) this.#refuse(row, 'The order id is longer than 200 characters.')
      else
        drafts.push({
          row,
          rawOrderId,
          at: this.#time(row),
          value,
          refund: numberCell(this.#cell(row, 'refunded') ?? { kind: 'empty', text: '' }),
          currency: this.#currency(row),
        })
    }
    return drafts
  }

  #time(row: RawRow): Moment {
    const utc = momentOf(this.#cell(row, 'atUtc'))
    if (utc.kind === 'wall' && utc.offsetS === null) return { ...utc, offsetS: 0 }
    return utc.kind === 'none' || utc.kind === 'bad' ? momentOf(this.#cell(row, 'at')) : utc
  }
  #currency(row: RawRow): string | undefined {
    const said = this.#text(row, 'currency')?.trim().toUpperCase()
    return said === undefined || said === '' ? this.#choices.currency : said
  }

  /** What is true of the whole file: how it writes numbers and days, and what it leaves open. */
  #decide(drafts: readonly Draft[]): Question[] {
    const numbers = new FormatVotes()
    const days = new OrderVotes()
    let needsZone = false
    for (const { row, at, value, refund } of drafts) {
      numbers.add(value, false)
      numbers.add(refund, false)
      const moments = [at, ...TIMES.filter((field) => field !== 'at').map((field) => momentOf(this.#cell(row, field)))]
      for (const moment of moments) {
        if (moment.kind === 'wall') days.add(moment.date)
        needsZone ||= isZoneless(moment)
      }
    }
    const number = numbers.decide(this.#choices.number_format, 'en')
    const day = days.decide(this.#choices.date_order, 'en', null)
    this.#format = number.format
    this.#order = day.order
    const lacksCurrency = drafts.some(({ currency }) => currency === undefined)
    return [
      ...(number.question === null ? [] : [number.question]),
      ...(day.question === null ? [] : [day.question]),
      ...(lacksCurrency ? [currencyQuestion('In which currency are these orders? The file does not say.')] : []),
      ...(needsZone && this.#choices.time_zone === undefined
        ? [zoneQuestion('In which time zone does the shop write its times? The file does not say.')]
        : []),
    ]
  }

  #orders(drafts: readonly Draft[]): ImportedOrder[] {
    const read = drafts.flatMap((draft) => this.#orderOf(draft) ?? [])
    // Without a time of change, an order that lost value must count as newer than the same order in an earlier file.
    const latestS = read.reduce((latest, { order, ownS }) => Math.max(latest, order.atS, ownS), 0)
    const hasUpdated = this.#columns.has('updated')
    return read.map(({ order, ownS, isReduced }) => ({
      ...order,
      updatedAtS: !hasUpdated && isReduced ? latestS : ownS,
    }))
  }

  /** Undefined, and noted, for a row that cannot be stored. */
  #orderOf(draft: Draft): { order: ImportedOrder; ownS: number; isReduced: boolean } | undefined {
    const { row, rawOrderId, currency } = draft
    const fault = (reason: string): undefined => {
      this.#refuse(row, reason)
      return undefined
    }
    const atS = secondsOf(draft.at, this.#order, this.#zone)
    if (atS === undefined) return fault('The time of the order cannot be read.')
    if (currency !== undefined && !isKnownCurrency(currency)) return fault('This currency is not known here.')
    const total = this.#micros(draft.value)
    if (total === undefined) return fault('The value is not an amount that can be read.')
    if (total < 0n) return fault('The value is below zero.')
    const refund = draft.refund.kind === 'unknown' ? 0n : this.#micros(draft.refund)
    if (refund === undefined) return fault('The refund is not an amount that can be read.')
    const back = refund < 0n ? -refund : refund
    const isGone = this.#isGone(row)
    const netValueMicros = isGone || back >= total ? 0n : total - back
    const seconds = (field: OrderField): number | undefined =>
      secondsOf(momentOf(this.#cell(row, field)), this.#order, this.#zone)
    const others = (['cancelledAt', 'paidAt'] as const).map(seconds).filter((each) => each !== undefined)
    return {
      order: {
        line: row.line,
        rawOrderId,
        atS,
        updatedAtS: atS,
        ...this.#ownDay(draft.at, atS),
        netValueMicros,
        currency: currency ?? 'USD',
        isTest: /^(?:1|y|yes|true|x|test)$/i.test((this.#text(row, 'test') ?? '').trim()),
        touches: this.#touches(row, seconds),
      },
      ownS: seconds('updated') ?? Math.max(atS, ...others),
      isReduced: isGone || back > 0n,
    }
  }

  /** By the clock the time was written with; a zone that the person chose is for all of them. */
  #ownDay(at: Moment, atS: number): Pick<ImportedOrder, 'day'> {
    if (this.#choices.time_zone !== undefined || at.kind !== 'wall' || at.offsetS === null) return {}
    return { day: Math.floor((atS + at.offsetS) / DAY_S) }
  }

  #isGone(row: RawRow): boolean {
    return isWorthless(this.#text(row, 'status') ?? '') || momentOf(this.#cell(row, 'cancelledAt')).kind !== 'none'
  }

  #micros(cell: NumberCell): bigint | undefined {
    const micros = cell.kind === 'number' ? microsOf(cell, this.#format, true) : undefined
    return typeof micros === 'bigint' ? micros : undefined
  }

  #touches(row: RawRow, seconds: (field: OrderField) => number | undefined): ImportedOrder['touches'] {
    const text = (field: OrderField): string | undefined => this.#text(row, field)
    const ids = Object.fromEntries(
      (Object.keys(CLICK_TIMES) as ClickIdType[]).flatMap((type) => {
        const id = text(type)
        return id === undefined ? [] : [[type, id]]
      }),
    )
    const utm = (['source', 'medium', 'campaign', 'content'] as const).flatMap((name) => {
      const said = text(`utm${name[0]?.toUpperCase()}${name.slice(1)}` as OrderField)
      return said === undefined ? [] : [[name, said] as const]
    })
    return touchesOf({
      ids,
      idAtS: (type) => seconds(CLICK_TIMES[type]),
      anyAtS: seconds('clickAt'),
      landingPage: text('landingPage'),
      noteAttributes: text('noteAttributes'),
      utm: Object.fromEntries(utm),
    })
  }

  #notes(orders: readonly ImportedOrder[]): string[] {
    const ids = new Set(orders.map(({ rawOrderId }) => rawOrderId))
    const worthless = orders.filter(({ netValueMicros, isTest }) => netValueMicros === 0n || isTest).length
    const withClick = orders.filter(({ touches }) => touches.length > 0).length
    const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`
    return [
      'Only order ids, times, values, click ids and UTM tags are stored; names, addresses and everything else about people stay in the file.',
      ...(worthless === 0
        ? []
        : [
            `${count(worthless, 'order')} of them: cancelled, refunded in full, unpaid, worth nothing or a test. They are kept and never credited.`,
          ]),
      ...(withClick === 0 && orders.length > 0
        ? ['No order of this file has a click id or UTM tags: none of them can be credited to a platform by it.']
        : []),
      ...(ids.size < orders.length
        ? [`${count(orders.length - ids.size, 'row')} repeat an order: the newest counts, once.`]
        : []),
      ...(this.#more > 0
        ? [`${count(this.#more, 'further line')} of orders with several items: each order is read from its first line.`]
        : []),
    ]
  }
}
