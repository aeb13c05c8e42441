/** Single orders that a platform claims: conversion reports with transaction ids, and any list with an order id and a platform. */
import { PLATFORMS, type Platform } from '../../shared/domain/ids.ts'
import type { DateOrder, ImportChoices } from '../../shared/schemas/imports.ts'
import { OrderVotes } from './dates.ts'
import { chosenZone, zoneQuestion } from './file-questions.ts'
import { type Columns, findOrderHeader, type OrderField, type OrderHeader, usedColumns } from './order-columns.ts'
import { isZoneless, momentOf, secondsOf, wallClock } from './order-times.ts'
import type { BadRow, ImportedClaim, ParsedFile, Question, RawRow, RawTable } from './parsed.ts'

const MAX_BAD = 1_000
const MAX_ID_CHARS = 200
const MAX_TEXT_CHARS = 300
const USED: readonly OrderField[] = [
  'orderId',
  'platform',
  'claimClass',
  'clickOrView',
  'conversionName',
  'atUtc',
  'at',
  'utmCampaign',
  'utmContent',
  'gclid',
] // prettier-ignore
const LABELS: Readonly<Record<Platform, string>> = { google_ads: 'Google Ads', meta: 'Meta', tiktok: 'TikTok' }
const SPELLINGS: readonly (readonly [RegExp, Platform])[] = [
  [/^(?:google|google[ _]?ads|adwords)$/i, 'google_ads'],
  [/^(?:meta|meta[ _]?ads|facebook|facebook[ _]?ads|fb|instagram|ig)$/i, 'meta'],
  [/^(?:tik ?tok|tik ?tok[ _]?ads)$/i, 'tiktok'],
]

/** Undefined: this is no list of claims. */
export function claimsLayout(table: RawTable, choices: ImportChoices): ParsedFile | undefined {
  const header = findOrderHeader(table)
  if (header === undefined || !header.columns.has('orderId')) return undefined
  const { columns } = header
  const names = columns.has('platform') || columns.has('claimClass') || columns.has('conversionName')
  if (choices.kind !== 'claims' && !names) return undefined
  return read(table, header, choices)
}

function read(table: RawTable, header: OrderHeader, choices: ImportChoices): ParsedFile {
  const { columns } = header
  const rows = table.rows.slice(header.at + 1).filter(({ cells }) => cells.some(({ kind }) => kind !== 'empty'))
  const isGoogle = columns.has('conversionName') && !columns.has('platform')
  const platform = choices.platform ?? (isGoogle && columns.has('gclid') ? 'google_ads' : undefined)
  const votes = new OrderVotes()
  let needsZone = false
  for (const row of rows) {
    const moment = momentOf(cellOf(row, columns, 'at'))
    if (moment.kind === 'wall') votes.add(moment.date)
    needsZone ||= isZoneless(moment)
  }
  const day = votes.decide(choices.date_order, 'en', null)
  const zone = wallClock(chosenZone(choices.time_zone) ?? 'UTC')
  const bad: BadRow[] = []
  let badCount = 0
  const claims: ImportedClaim[] = []
  for (const row of rows) {
    const found = claimOf(row, columns, { platform, order: day.order, zone })
    if (typeof found !== 'string') claims.push(found)
    else if ((badCount += 1) <= MAX_BAD) bad.push({ line: row.line, reason: found, text: rowText(row) })
  }
  const needsPlatform = !columns.has('platform') && platform === undefined
  const questions: Question[] = [
    ...(needsPlatform
      ? [
          {
            field: 'platform' as const,
            text: 'Which platform claims these orders?',
            options: PLATFORMS.map((value) => ({ value, label: LABELS[value] })),
          },
        ]
      : []),
    ...(day.question === null ? [] : [day.question]),
    ...(needsZone && choices.time_zone === undefined
      ? [zoneQuestion('In which time zone does the platform write these times? The file does not say.')]
      : []),
  ]
  return {
    kind: 'claims',
    layout: isGoogle ? 'Conversions with order ids' : 'Orders claimed by platforms',
    platform: claims[0]?.touch.claimedBy ?? platform ?? 'google_ads',
    columns: usedColumns(header, USED),
    bad,
    badCount,
    questions,
    warnings: [
      'Claims say which orders a platform counts for itself. They never credit an order: only its own clicks do.',
    ],
    numberFormat: null,
    dateOrder: day.order,
    currency: null,
    rowCount: rows.length,
    totalsRows: 0,
    totalsCheck: [],
    claims,
  }
}

const cellOf = (row: RawRow, columns: Columns, field: OrderField) => {
  const index = columns.get(field)
  return index === undefined ? undefined : row.cells[index]
}
const textOf = (row: RawRow, columns: Columns, field: OrderField): string => {
  const cell = cellOf(row, columns, field)
  return cell === undefined || cell.kind === 'formula' || cell.kind === 'error' ? '' : cell.text.trim()
}
const rowText = ({ cells }: RawRow): string =>
  cells
    .slice(0, 8)
    .map(({ text }) => text.slice(0, 60))
    .join(' · ')

/** The claim, or why the row is none. */
function claimOf(
  row: RawRow,
  columns: Columns,
  how: {
    readonly platform: Platform | undefined
    readonly order: DateOrder | null
    readonly zone: (wallS: number) => number
  },
): ImportedClaim | string {
  const rawOrderId = textOf(row, columns, 'orderId')
  if (rawOrderId === '' || /^(?:-+|\(not set\)|n\/a)$/i.test(rawOrderId)) return 'There is no order id.'
  if (rawOrderId.length > MAX_ID_CHARS) return 'The order id is longer than 200 characters.'
  const named = textOf(row, columns, 'platform')
  const claimedBy = named === '' ? how.platform : platformOf(named)
  if (claimedBy === undefined) return named === '' ? 'No platform is named.' : 'The platform is none of the three.'
  const kind = kindOf(`${textOf(row, columns, 'claimClass')} ${textOf(row, columns, 'clickOrView')}`)
  if (kind === undefined) return 'It says neither click nor view.'
  const said = momentOf(cellOf(row, columns, 'atUtc'))
  const moment = said.kind === 'none' ? momentOf(cellOf(row, columns, 'at')) : said
  const atS = secondsOf(moment, how.order, how.zone)
  if (atS === undefined && moment.kind !== 'none') return 'The time cannot be read.'
  const text = (field: OrderField): string | null => textOf(row, columns, field).slice(0, MAX_TEXT_CHARS) || null
  return {
    line: row.line,
    rawOrderId,
    touch: {
      kind,
      idType: null,
      clickId: null,
      atS: atS ?? null,
      utmSource: null,
      utmMedium: null,
      campaign: text('utmCampaign'),
      ad: text('utmContent'),
      claimedBy,
    },
  }
}

function platformOf(text: string): Platform | undefined {
  return SPELLINGS.find(([spelling]) => spelling.test(text.trim()))?.[1]
}

/** A platform that says nothing of it counts clicks; an engaged view is a view. */
function kindOf(text: string): 'click' | 'view' | undefined {
  const word = text.trim().toLowerCase()
  if (word === '' || /click/.test(word)) return 'click'
  return /view|impression/.test(word) ? 'view' : undefined
}
