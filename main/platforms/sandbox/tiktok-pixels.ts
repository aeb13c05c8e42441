/** TikTok's pixels and what arrived through them lately. Reads only. */
import { dayNumber, utcStamp } from './calendar.ts'
import { between } from './random.ts'
import {
  ApiProblem,
  type Call,
  callAdvertiser,
  type Endpoint,
  pageOf,
  paging,
  queryJson,
  queryText,
  queryTexts,
  type Reply,
} from './tiktok-wire.ts'
import type { SandboxPixel } from './world-types.ts'

const EVENTS: readonly (readonly [string, number])[] = [
  ['PAGE_VIEW', 2400],
  ['VIEW_CONTENT', 900],
  ['ADD_TO_CART', 130],
  ['COMPLETE_PAYMENT', 34],
]
/** A silent pixel's last event was this many days ago. */
const SILENT_DAYS = 19

function pixelItem(pixel: SandboxPixel) {
  return {
    pixel_id: pixel.id,
    pixel_code: pixel.code,
    pixel_name: pixel.name,
    activity_status: pixel.traffic === 'lively' ? 'ACTIVE' : 'NO_RECENT_ACTIVITY',
    pixel_setup_mode: 'DEVELOPER',
    events: pixel.traffic === 'never' ? [] : EVENTS.map(([name]) => ({ event_type: name, name })),
    create_time: utcStamp(pixel.createdAtMs),
  }
}

function pixelList(call: Call): Reply {
  const advertiser = callAdvertiser(call, queryText(call, 'advertiser_id'))
  const wanted = call.query.get('pixel_id')
  const pixels = advertiser.pixels.filter((pixel) => wanted === null || wanted === '' || pixel.id === wanted)
  const { list, page_info } = pageOf(pixels, paging(call, 20))
  return { data: { pixels: list.map(pixelItem), page_info } }
}

function rangeOf(call: Call): { start: number; end: number } {
  const range = queryJson(call, 'date_range') as Record<string, unknown> | undefined
  const day = (name: string): number => {
    const value = range?.[name]
    return typeof value === 'string' ? dayNumber(value) : Number.NaN
  }
  const start = day('start_date')
  const end = day('end_date')
  if (Number.isNaN(start) || Number.isNaN(end))
    throw new ApiProblem(40002, 'date_range: start_date and end_date are required.')
  if (end < start || end - start > 90) throw new ApiProblem(40002, 'date_range: must be between 1 and 90 days.')
  return { start, end }
}

/** Whether events came on a day, as told by the pixel's fate. */
function isLoud(pixel: SandboxPixel, day: number, today: number): boolean {
  if (day > today || pixel.traffic === 'never') return false
  return pixel.traffic !== 'fell_silent' || day <= today - SILENT_DAYS
}

function statistics(call: Call, pixel: SandboxPixel, today: number) {
  const { start, end } = rangeOf(call)
  return EVENTS.flatMap(([name, perDay], index) => {
    let total = 0
    for (let day = start; day <= end; day += 1)
      if (isLoud(pixel, day, today)) total += Math.floor(perDay * between(0.7, 1.3, call.world.seed, index, day, 131))
    if (total === 0) return []
    const tests = pixel.traffic === 'test_only' ? total : 0
    const browser = Math.ceil(total * 0.6)
    return [
      {
        pixel_event_type: name,
        custom_event_type: '',
        attributed_count: pixel.traffic === 'test_only' ? 0 : Math.floor(total * 0.2),
        preview_count: tests,
        total_count: total,
        browser_event_total_count: browser,
        server_event_total_count: total - browser,
      },
    ]
  })
}

function pixelStats(call: Call): Reply {
  const advertiser = callAdvertiser(call, queryText(call, 'advertiser_id'))
  const ids = queryTexts(call, 'pixel_ids')
  if (ids === undefined) throw new ApiProblem(40002, 'Missing required field(s): pixel_ids.')
  const today = dayNumber(call.world.now(advertiser).date)
  const list = ids.map((id) => {
    const pixel = advertiser.pixels.find((item) => item.id === id)
    if (pixel === undefined) throw new ApiProblem(40001, `No permission to operate pixel ${id}.`)
    return { pixel_id: id, statistics: statistics(call, pixel, today) }
  })
  return { data: { list } }
}

export const PIXEL_ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  '/pixel/list/': { method: 'GET', needsToken: true, run: pixelList },
  '/pixel/event/stats/': { method: 'GET', needsToken: true, run: pixelStats },
}
