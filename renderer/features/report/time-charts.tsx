/** Spend by platform and ROAS per platform over the same days. What is not complete is hatched, what still grows is shaded. */
import type { Platform } from '../../../shared/domain/ids.ts'
import { csvOf } from '../../../shared/csv.ts'
import { day, dayLong, dayRange, fill, monthLong, moneyShort, percent, ratio } from '../../format.ts'
import { ErrorNotice } from '../../parts/pieces.tsx'
import { GRAINS, type Grain, OVERLAYS, type Overlay } from '../../report-choices.ts'
import { setReport } from '../../settings.ts'
import { REPORT_TEXTS } from '../../texts-report.ts'
import { TEXTS } from '../../texts.ts'
import { ChartReader } from '../../ui/chart-reader.tsx'
import { Select } from '../../ui/field.tsx'
import { type Series, SeriesChart } from '../../ui/series-chart.tsx'
import { Table, Td, Th } from '../../ui/table.tsx'
import { ChartFigure } from './chart-figure.tsx'
import { metricNumber, metricText, totalsIn, UNKNOWN, windowWords } from './numbers.ts'
import type { ReportAnswer, Scope } from './scope.ts'
import { breaksIn, immatureRun, platformsIn, type Slot, slotsOf } from './series.ts'
import { useSeries } from './use-report.ts'
import { shareText } from './words.ts'

const t = REPORT_TEXTS.chart
type Fixed = Exclude<Grain, 'auto'>

/** A line or a layer of the charts: a platform's figure by one way of counting. */
interface Drawn {
  readonly key: string
  readonly platform: Platform
  readonly metric: 'spend' | 'roas' | 'reported_roas'
  readonly series: Series
}
interface View {
  readonly slots: readonly Slot[]
  readonly platforms: readonly Platform[]
  readonly grain: Fixed
  readonly range: { readonly start: string; readonly end: string; readonly today: string }
  readonly shown: string
  readonly scope: Scope
  /** Of the chosen days alone, without the running one that the charts add. */
  readonly totals: ReportAnswer
}

function slotName(date: string, grain: Fixed): string {
  if (grain === 'date') return dayLong(date)
  return grain === 'week' ? fill(t.week, { day: day(date) }) : monthLong(date)
}
function exact(slot: Slot, drawn: Drawn): string {
  const row = slot.rows[drawn.platform]
  if (row !== undefined) return metricText(row, drawn.metric) ?? UNKNOWN
  return slot.isWhole && drawn.metric === 'spend' ? t.nothing : UNKNOWN
}
function noteOf(slot: Slot): string {
  return [
    slot.isIncomplete ? t.incomplete : null,
    slot.isImmature && !slot.isIncomplete
      ? slot.knownShare === null
        ? t.arriving
        : fill(t.arrivingShare, { share: shareText(slot.knownShare) })
      : null,
  ]
    .filter((note) => note !== null)
    .join(' · ')
}
const nameOf = (drawn: Drawn): string =>
  drawn.metric === 'reported_roas'
    ? fill(t.asReported, { platform: TEXTS.platforms[drawn.platform] })
    : TEXTS.platforms[drawn.platform]

function SlotTable({ view, drawn, title }: { view: View; drawn: readonly Drawn[]; title: string }) {
  return (
    <Table label={title}>
      <thead>
        <tr>
          <Th>{t.grains[view.grain]}</Th>
          {drawn.map((each) => (
            <Th key={each.key} isNumber>
              {nameOf(each)}
            </Th>
          ))}
          <Th>{t.note}</Th>
        </tr>
      </thead>
      <tbody>
        {view.slots.toReversed().map((slot) => (
          <tr key={slot.date}>
            <Td className="whitespace-nowrap">{slotName(slot.date, view.grain)}</Td>
            {drawn.map((each) => (
              <Td key={each.key} isNumber>
                {exact(slot, each)}
              </Td>
            ))}
            <Td className="text-ink-2">{noteOf(slot)}</Td>
          </tr>
        ))}
      </tbody>
    </Table>
  )
}

function fileOf(view: View, drawn: readonly Drawn[]): string {
  const head = ['date', 'currency', ...drawn.map((each) => `${each.platform} ${each.metric}`), 'note']
  const rows = view.slots.map((slot) => [
    slot.date,
    view.shown,
    ...drawn.map((each) => {
      const value = slot.rows[each.platform]?.metrics[each.metric] ?? null
      return value
    }),
    noteOf(slot),
  ])
  return csvOf([head, ...rows])
}

function Legend({ view, isRoas }: { view: View; isRoas: boolean }) {
  // What was spent means the same before and after.
  const breaks = isRoas ? breaksIn(view.slots, view.range, view.grain) : []
  const isRunning = view.slots.some((slot) => slot.isIncomplete)
  return (
    <ul className="flex flex-col gap-0.5">
      {isRunning ? (
        <li className="flex items-center gap-1.5">
          <span aria-hidden="true" className="hatched size-3 rounded-sm border border-line" />
          {t.incompleteWhy}
        </li>
      ) : null}
      {isRoas && view.scope.choices.overlay === 'both' ? <li>{t.dashed}</li> : null}
      {breaks.map((each) => (
        <li key={each.date} className="flex items-baseline gap-1.5">
          <span aria-hidden="true" className="text-accent-ink">
            ◆
          </span>
          <span>{fill(t.break, { day: day(each.date), text: each.text })}</span>
        </li>
      ))}
    </ul>
  )
}

function Chart({
  title,
  file,
  kind,
  view,
  drawn,
  summary,
  controls,
}: {
  title: string
  file: string
  kind: 'bars' | 'lines'
  view: View
  drawn: readonly Drawn[]
  summary: string
  controls: React.ReactNode
}) {
  const { slots, grain } = view
  const bySlot = new Map(slots.map((slot) => [slot.date, slot]))
  const describe = (key: string): readonly string[] => {
    const slot = bySlot.get(key)
    if (slot === undefined) return []
    const note = noteOf(slot)
    return [
      slotName(key, grain),
      ...drawn.map((each) => fill(t.reading, { name: nameOf(each), value: exact(slot, each) })),
      ...(note === '' ? [] : [note]),
    ]
  }
  const run = kind === 'lines' ? immatureRun(slots) : null
  const running = slots.find((slot) => slot.isIncomplete)
  const arriving =
    run === null ? '' : run.share === null ? t.arriving : fill(t.arrivingShare, { share: shareText(run.share) })
  const words = fill(t.caption, { title, range: dayRange(view.range.start, view.range.end), currency: view.shown })
  return (
    <ChartFigure
      title={title}
      file={`${file}-${view.range.start}-${view.range.end}`}
      caption={words}
      csv={() => fileOf(view, drawn)}
      summary={summary}
      controls={controls}
      legend={<Legend view={view} isRoas={kind === 'lines'} />}
      table={<SlotTable view={view} drawn={drawn} title={title} />}
    >
      <ChartReader
        label={fill(t.read, { title, summary })}
        keys={slots.map((slot) => slot.date)}
        describe={describe}
        className="h-56"
      >
        {(active) => (
          <SeriesChart
            kind={kind}
            points={slots.map((slot) => ({
              key: slot.date,
              values: Object.fromEntries(
                drawn.map((each) => {
                  const row = slot.rows[each.platform]
                  // A day that is not over has spent before it has sold: its ROAS stands in the table, and is no fall of the line.
                  const isDrawn = row !== undefined && !(kind === 'lines' && grain === 'date' && slot.isIncomplete)
                  return [each.key, isDrawn ? metricNumber(row.metrics, each.metric) : null]
                }),
              ),
            }))}
            series={drawn.map((each) => each.series)}
            formatKey={(key) => (grain === 'month' ? monthLong(key) : day(key))}
            formatTick={(value) => (kind === 'bars' ? moneyShort(value, view.shown) : ratio(String(value)))}
            describe={describe}
            hatchedFrom={running?.date}
            tinted={run === null ? undefined : { from: run.from, to: run.to, label: arriving, isAll: run.isAll }}
            markers={kind === 'bars' ? [] : [...new Set(breaksIn(slots, view.range, grain).map((each) => each.slot))]}
            active={active}
          />
        )}
      </ChartReader>
    </ChartFigure>
  )
}

function drawnOf(platforms: readonly Platform[], metric: Drawn['metric'], isDashed = false): readonly Drawn[] {
  return platforms.map((platform) => ({
    key: `${platform} ${metric}`,
    platform,
    metric,
    series: {
      key: `${platform} ${metric}`,
      label: TEXTS.platforms[platform],
      colour: `var(--color-${platform})`,
      isDashed,
    },
  }))
}

/** Who spent how much, in one sentence. */
function spendSummary({ slots, platforms, totals, shown, scope }: View): string {
  const total = totalsIn(totals.totals, shown)
  if (total === undefined) return ''
  const settled = slots.filter((slot) => slot.date <= scope.range.end)
  const sums = platforms.map((platform) => ({
    platform,
    spend: settled.reduce((sum, slot) => sum + Number(slot.rows[platform]?.metrics.spend ?? 0), 0),
  }))
  const all = sums.reduce((sum, each) => sum + each.spend, 0)
  const shares = sums
    .toSorted((a, b) => b.spend - a.spend)
    .map(({ platform, spend }) =>
      fill(t.share, { name: TEXTS.platforms[platform], share: percent(all === 0 ? 0 : spend / all, false) }),
    )
  return fill(t.spendSummary, { total: metricText(total, 'spend') ?? UNKNOWN, shares: shares.join(', ') })
}
function roasSummary({ totals, shown, scope }: View): string {
  const total = totalsIn(totals.totals, shown)
  if (total === undefined) return ''
  return fill(t.roasSummary, {
    window: windowWords(scope.choices.attribution),
    roas: metricText(total, 'roas') ?? UNKNOWN,
    reported: metricText(total, 'reported_roas') ?? UNKNOWN,
  })
}

export function ChartsSkeleton() {
  return (
    <div role="status" aria-label={REPORT_TEXTS.loading} className="grid gap-3 wide:grid-cols-2">
      <div className="skeleton h-84" />
      <div className="skeleton h-84" />
    </div>
  )
}

function Grains({ scope }: { scope: Scope }) {
  return (
    <Select<Grain>
      label={t.grain}
      isLabelHidden
      value={scope.choices.grain}
      onChange={(grain) => setReport({ grain })}
      options={GRAINS.map((value) => ({ value, label: t.grainChoices[value] }))}
      className="text-xs"
    />
  )
}
function Overlays({ scope }: { scope: Scope }) {
  return (
    <Select<Overlay>
      label={t.overlay}
      isLabelHidden
      value={scope.choices.overlay}
      onChange={(overlay) => setReport({ overlay })}
      options={OVERLAYS.map((value) => ({
        value,
        label: fill(t.overlays[value], { window: windowWords(scope.choices.attribution) }),
      }))}
      className="text-xs"
    />
  )
}

export function TimeCharts({ scope, totals, shown }: { scope: Scope; totals: ReportAnswer; shown: string }) {
  const { query, grain, range } = useSeries(scope)
  if (query.isError && query.data === undefined)
    return <ErrorNotice title={REPORT_TEXTS.failed} error={query.error} onRetry={() => void query.refetch()} />
  if (query.data === undefined) return <ChartsSkeleton />
  const slots = slotsOf(query.data, shown, range, grain, totals.is_partial ? null : scope.range.end)
  const platforms = platformsIn(slots)
  const view: View = { slots, platforms, grain, range, shown, scope, totals }
  const { overlay } = scope.choices
  const lines = [
    ...(overlay === 'reported' ? [] : drawnOf(platforms, 'roas')),
    ...(overlay === 'normalised' ? [] : drawnOf(platforms, 'reported_roas', overlay === 'both')),
  ]
  return (
    <div
      className={`grid gap-3 wide:grid-cols-2 ${query.isPlaceholderData ? 'opacity-60' : ''}`}
      aria-busy={query.isPlaceholderData}
    >
      <Chart
        title={t.spend}
        file="spend-by-platform"
        kind="bars"
        view={view}
        drawn={drawnOf(platforms, 'spend')}
        summary={spendSummary(view)}
        controls={<Grains scope={scope} />}
      />
      <Chart
        title={t.roas}
        file="roas-by-platform"
        kind="lines"
        view={view}
        drawn={lines}
        summary={roasSummary(view)}
        controls={<Overlays scope={scope} />}
      />
    </div>
  )
}
