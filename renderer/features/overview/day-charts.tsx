/** Spend and ROAS per day, each in its own chart on the same days, each with its table, its summary and its exports. */
import { useEffect, useId, useRef } from 'react'
import { csvOf } from '../../../shared/csv.ts'
import { addDays, day, dayLong, fill, money, moneyShort, percent, plural, ratio } from '../../format.ts'
import { ErrorNotice } from '../../parts/pieces.tsx'
import { visible } from '../../parts/words.ts'
import { set, useSettings } from '../../settings.ts'
import { TEXTS } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { DayLineChart } from '../../ui/line-chart.tsx'
import { saveFile, svgToPng } from '../../ui/save.ts'
import { Table, Td, Th } from '../../ui/table.tsx'
import { toast } from '../../ui/toast.tsx'
import {
  type DayPoint,
  dayPoints,
  extremes,
  isStillCounting,
  type Metrics,
  type Series,
  totalChange,
  totalsFor,
  wholeDays,
} from './figures.ts'
import { type Scope, useDays, useMarkers } from './use-figures.ts'

const t = TEXTS.overview

function textOf(series: Series, text: string | null, currency: string): string {
  if (text === null) return TEXTS.common.unknown
  return series === 'spend' ? money({ amount: text, currency }) : ratio(text)
}
const exact = (point: DayPoint, series: Series): string | null =>
  series === 'spend' ? point.spendText : point.roasText

function noteOf(point: DayPoint): string {
  return [
    point.isToday ? t.incomplete : null,
    point.isRestating ? t.restating : null,
    ...point.markers.map((name) => `◆ ${visible(name)}`),
  ]
    .filter((note) => note !== null)
    .join(' · ')
}

function changeWords(fraction: number | null): string {
  if (fraction === null) return t.changeUnknown
  if (fraction === 0) return t.changeFlat
  return fill(fraction > 0 ? t.changeUp : t.changeDown, { percent: percent(Math.abs(fraction), false) })
}

/** The chart in one sentence, for screen readers and for everybody under the chart. */
function summary(
  series: Series,
  points: readonly DayPoint[],
  totals: Metrics | undefined,
  scope: Scope,
): string | null {
  const ends = extremes(points, series)
  const sums = totalsFor(totals?.totals, scope.currency)
  const now = sums?.[series]
  if (ends === null || now === null || now === undefined) return null
  const before = totalsFor(totals?.comparison?.totals, scope.currency)
  const isSoFar = series === 'roas' && isStillCounting(totals, scope.range.end)
  return fill(series === 'spend' ? t.summarySpend : t.summaryRoas, {
    total: textOf(series, String(now), scope.currency),
    start: day(scope.range.start),
    end: day(scope.range.end),
    change: fill(isSoFar ? t.changeSoFar : '{change}', {
      change: changeWords(totals?.comparison?.is_partial === true ? null : totalChange(sums, before, series)),
    }),
    maxDay: day(ends.max.date),
    max: textOf(series, exact(ends.max, series), scope.currency),
    minDay: day(ends.min.date),
    min: textOf(series, exact(ends.min, series), scope.currency),
  })
}

function colourOf(scope: Scope): string {
  const platforms = new Set(scope.accounts.map((account) => account.platform))
  const [only] = platforms
  return platforms.size === 1 && only !== undefined ? `var(--color-${only})` : 'var(--color-ink-2)'
}

interface ChartProps {
  readonly series: Series
  readonly points: readonly DayPoint[]
  readonly scope: Scope
  readonly totals: Metrics | undefined
  readonly isTable: boolean
}

function useExports({ series, points, scope }: ChartProps) {
  const box = useRef<HTMLDivElement>(null)
  const name = `${series}-${scope.range.start}-${scope.range.end}`
  return {
    box,
    saveCsv: () => {
      const rows = points.map((point) => [
        point.date,
        exact(point, series),
        series === 'spend' ? scope.currency : null,
        noteOf(point),
      ])
      saveFile(`${name}.csv`, 'text/csv;charset=utf-8', csvOf([['date', series, 'currency', 'note'], ...rows]))
      toast(fill(t.saved, { file: `${name}.csv` }))
    },
    savePng: async () => {
      const svg = box.current?.querySelector<SVGSVGElement>('svg.recharts-surface')
      if (svg === null || svg === undefined) return
      try {
        saveFile(`${name}.png`, 'image/png', await svgToPng(svg))
        toast(fill(t.saved, { file: `${name}.png` }))
      } catch {
        toast(t.pngFailed)
      }
    },
  }
}

function DayTable({
  series,
  points,
  scope,
  title,
}: {
  series: Series
  points: readonly DayPoint[]
  scope: Scope
  title: string
}) {
  return (
    // Scrollable content without controls of its own has to take the focus to be scrolled by keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="h-full overflow-y-auto" tabIndex={0} role="group" aria-label={title}>
      <Table label={title}>
        <thead>
          <tr>
            <Th>{t.day}</Th>
            <Th isNumber>{series === 'spend' ? t.tiles.spend : t.tiles.roas}</Th>
            <Th>{t.note}</Th>
          </tr>
        </thead>
        <tbody>
          {points.toReversed().map((point) => (
            <tr key={point.date}>
              <Td className="whitespace-nowrap">{dayLong(point.date)}</Td>
              <Td isNumber>{textOf(series, exact(point, series), scope.currency)}</Td>
              <Td className="text-ink-2">{noteOf(point)}</Td>
            </tr>
          ))}
        </tbody>
      </Table>
    </div>
  )
}

function Chart(props: ChartProps) {
  const { series, points, scope, isTable } = props
  const title = series === 'spend' ? t.spendChart : t.roasChart
  const sentence = summary(series, points, props.totals, scope)
  const { box, saveCsv, savePng } = useExports(props)
  const id = useId()
  const today = points.find((point) => point.isToday)
  const restating = points.filter((point) => point.isRestating)
  const byDate = new Map(points.map((point) => [point.date, point]))
  const describe = (key: string): readonly string[] => {
    const point = byDate.get(key)
    if (point === undefined) return []
    const note = noteOf(point)
    return [dayLong(point.date), textOf(series, exact(point, series), scope.currency), ...(note === '' ? [] : [note])]
  }
  const firstRestating = restating[0]
  const lastRestating = restating.at(-1)
  // A tint under every day tells nothing apart; the words under the figures say it then.
  const isAllRestating = restating.length >= points.length - 1
  return (
    <figure className="flex min-w-0 flex-col rounded-lg border border-line bg-surface" aria-labelledby={id}>
      <figcaption className="flex items-center justify-between gap-2 px-3.5 pt-2.5">
        <h2 id={id} className="text-base">
          {title}
        </h2>
        <span className="flex gap-1">
          <Button
            size="small"
            look="quiet"
            icon={isTable ? 'chart' : 'table'}
            onPress={() => set({ isTable: !isTable })}
          >
            {isTable ? t.asChart : t.asTable}
          </Button>
          <Button
            size="small"
            look="quiet"
            icon="download"
            aria-label={fill(t.csvLong, { chart: title })}
            onPress={saveCsv}
          >
            {t.csv}
          </Button>
          {isTable ? null : (
            <Button
              size="small"
              look="quiet"
              icon="download"
              aria-label={fill(t.pngLong, { chart: title })}
              onPress={() => void savePng()}
            >
              {t.png}
            </Button>
          )}
        </span>
      </figcaption>
      <div ref={box} className="h-52 px-1.5">
        {isTable ? (
          <DayTable series={series} points={points} scope={scope} title={title} />
        ) : (
          // The drawing is for eyes; the sentence below and the table carry the same for everybody.
          <div aria-hidden="true" className="h-full">
            <DayLineChart
              points={points.map((point) => ({ key: point.date, value: point[series] }))}
              colour={colourOf(scope)}
              formatKey={day}
              formatTick={(value) => (series === 'spend' ? moneyShort(value, scope.currency) : ratio(String(value)))}
              describe={describe}
              hatchedFrom={today === undefined ? undefined : addDays(today.date, -1)}
              tinted={
                firstRestating === undefined || lastRestating === undefined || isAllRestating
                  ? undefined
                  : { from: firstRestating.date, to: lastRestating.date }
              }
              markers={points.filter((point) => point.markers.length > 0).map((point) => point.date)}
            />
          </div>
        )}
      </div>
      <div className="flex flex-col gap-0.5 px-3.5 pt-1 pb-2.5 text-xs text-ink-2">
        {sentence === null ? null : <p className="num">{sentence}</p>}
        <Legend
          points={points}
          hasToday={today !== undefined}
          restatingSince={isAllRestating ? null : (firstRestating?.date ?? null)}
        />
      </div>
    </figure>
  )
}

function Legend({
  points,
  hasToday,
  restatingSince,
}: {
  points: readonly DayPoint[]
  hasToday: boolean
  restatingSince: string | null
}) {
  const count = points.reduce((sum, point) => sum + point.markers.length, 0)
  return (
    <ul className="flex flex-wrap gap-x-4">
      {hasToday ? (
        <li className="flex items-center gap-1.5">
          <span aria-hidden="true" className="hatched size-3 rounded-sm border border-line" />
          {t.incomplete}
        </li>
      ) : null}
      {restatingSince === null ? null : (
        <li className="flex items-center gap-1.5">
          <span aria-hidden="true" className="size-3 rounded-sm bg-warn-soft" />
          {fill(t.restatingWhy, { day: day(restatingSince) })}
        </li>
      )}
      {count === 0 ? null : (
        <li className="flex items-center gap-1.5">
          <span aria-hidden="true" className="text-accent-ink">
            ◆
          </span>
          {plural(t.markers, count)}
        </li>
      )}
    </ul>
  )
}

/** T switches between chart and table. */
function useTableKey(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 't' || event.ctrlKey || event.metaKey || event.altKey) return
      if (event.target instanceof HTMLElement && event.target.closest('input, textarea, select') !== null) return
      if (document.querySelector('[role="dialog"], [role="alertdialog"]') !== null) return
      set({ isTable: !useSettings.getState().isTable })
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])
}

export function DayCharts({
  scope,
  totals,
  isTotalsOfBefore,
}: {
  scope: Scope
  totals: Metrics | undefined
  /** `totals` is still the answer for the range that was shown before. */
  isTotalsOfBefore: boolean
}) {
  useTableKey()
  const isTable = useSettings((state) => state.isTable)
  const { query, start, end } = useDays(scope)
  const markers = useMarkers(scope)
  if (query.isError && query.data === undefined)
    return <ErrorNotice title={t.failed} error={query.error} onRetry={() => void query.refetch()} />
  if (query.data === undefined)
    return (
      <div role="status" aria-label={t.loading} className="grid gap-3 lg:grid-cols-2">
        <div className="skeleton h-72" />
        <div className="skeleton h-72" />
      </div>
    )
  // An answer for another range says nothing about days it does not hold.
  const whole = query.isPlaceholderData
    ? null
    : wholeDays(query.data, scope.range, isTotalsOfBefore ? undefined : totals, scope.accounts.length)
  const points = dayPoints(query.data, scope.currency, start, end, scope.today, markers, whole)
  const shared = { points, scope, totals, isTable }
  return (
    <div className="grid gap-3 lg:grid-cols-2">
      <Chart series="spend" {...shared} />
      <Chart series="roas" {...shared} />
    </div>
  )
}
