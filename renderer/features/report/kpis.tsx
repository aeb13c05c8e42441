/** The figures that answer the question: ROAS by one window everywhere, what the platforms' screens say beside it, view-through apart. */
import { dayRange, fill, percent } from '../../format.ts'
import { set } from '../../settings.ts'
import { REPORT_TEXTS } from '../../texts-report.ts'
import { Chip } from '../../ui/chip.tsx'
import { Explain } from '../../ui/explain.tsx'
import {
  arrivedText,
  change,
  isUnfinished,
  measuredShare,
  type MetricName,
  metricText,
  totalsIn,
  UNKNOWN,
  whyMissing,
  windowEffect,
  windowMark,
  windowWords,
} from './numbers.ts'
import type { ReportAnswer, ReportTotals, Scope } from './scope.ts'

const t = REPORT_TEXTS
const BOX =
  'flex min-h-25 min-w-0 flex-col justify-between gap-1 rounded-lg border border-line bg-surface px-2.5 py-2.5'
const GRID = 'grid grid-cols-2 gap-3 md:grid-cols-4 wide:grid-cols-7'

export type Meaning = 'more_is_better' | 'less_is_better' | 'neutral'
type Comparison = NonNullable<ReportAnswer['comparison']>

const SHOWN_FROM = 0.0005

/** "▲ +12.3% vs 26 Sept – 23 Oct". Never a claim, and never a colour, where the two periods do not compare like with like. */
function Change({
  now,
  comparison,
  name,
  meaning,
}: {
  now: ReportTotals
  comparison: Comparison | null
  name: MetricName
  meaning: Meaning
}) {
  if (comparison === null) return null
  const range = dayRange(comparison.start_date, comparison.end_date)
  if (!comparison.is_comparable)
    return (
      <span className="text-xs whitespace-nowrap text-ink-2">
        <Explain why={comparison.reasons.join(' ')}>{t.compare.not}</Explain>
      </span>
    )
  const exact = change(now.metrics, totalsIn(comparison.totals, now.currency)?.metrics, name)
  // What is written as 0% is no rise and no fall.
  const fraction = exact !== null && Math.abs(exact) < SHOWN_FROM ? 0 : exact
  if (fraction === null) return <span className="text-xs text-ink-2">{t.compare.nothing}</span>
  const isWorse = (meaning === 'more_is_better' && fraction < 0) || (meaning === 'less_is_better' && fraction > 0)
  return (
    <span className="num flex flex-col text-xs">
      <span className={isWorse ? 'font-medium text-danger' : 'font-medium text-ink'}>
        <span aria-hidden="true">{fraction > 0 ? '▲ ' : fraction < 0 ? '▼ ' : ''}</span>
        {fraction === 0 ? t.compare.same : percent(fraction)}
      </span>
      <span className="truncate text-2xs text-ink-2" title={fill(t.compare.against, { range })}>
        {fill(t.compare.against, { range })}
      </span>
    </span>
  )
}

function Value({ now, name, scope }: { now: ReportTotals; name: MetricName; scope: Scope }) {
  const text = metricText(now, name)
  if (text === null) {
    const why = whyMissing(now, name, scope.choices.attribution)
    return (
      <Explain why={why} label={why}>
        {UNKNOWN}
      </Explain>
    )
  }
  return text
}

const COUNTED: readonly MetricName[] = ['conversions', 'conversion_value', 'cpa', 'roas']
/** What has to be said about how a tile is counted: beside its name, where it cannot push the number away. */
function Marks({ now, name, scope }: { now: ReportTotals; name: MetricName; scope: Scope }) {
  const mark = COUNTED.includes(name) ? windowMark(now, scope.choices.attribution) : null
  const isHatched = isUnfinished(now) && name !== 'spend'
  if (mark === null && !isHatched) return null
  return (
    <span className="flex shrink-0 items-center gap-1 text-xs">
      {mark === null ? null : <Explain why={mark.why}>{mark.short}</Explain>}
      {isHatched ? <Hatch /> : null}
    </span>
  )
}

function Tile({
  label,
  now,
  comparison,
  name,
  meaning,
  scope,
  note,
}: {
  label: string
  now: ReportTotals
  comparison: Comparison | null
  name: MetricName
  meaning: Meaning
  scope: Scope
  /** Stands alone, dashed: never added in. */
  note?: string
}) {
  return (
    <div className={note === undefined ? BOX : `${BOX} border-dashed bg-transparent`}>
      <dt className="flex items-baseline justify-between gap-1 text-ink-2">
        <span className="truncate">{label}</span>
        <Marks now={now} name={name} scope={scope} />
      </dt>
      <dd className="num text-lg font-semibold whitespace-nowrap min-[90rem]:text-xl">
        <Value now={now} name={name} scope={scope} />
      </dd>
      <dd>
        <Change now={now} comparison={comparison} name={name} meaning={meaning} />
        {note === undefined ? null : <span className="block text-2xs text-ink-2">{note}</span>}
      </dd>
    </div>
  )
}

export function Hatch() {
  return (
    <span
      role="img"
      aria-label={t.arriving}
      title={t.arriving}
      className="hatched size-3 shrink-0 rounded-sm border border-line"
    />
  )
}

/** Both on one tile: the distance between them is what the windows do. */
function RoasTile({ now, comparison, scope }: { now: ReportTotals; comparison: Comparison | null; scope: Scope }) {
  const effect = windowEffect(now.metrics)
  const measured = measuredShare(now.metrics)
  const window = windowWords(scope.choices.attribution)
  return (
    <div className={`${BOX} col-span-2 border-line-strong`}>
      <dt className="flex items-baseline justify-between gap-2">
        <span className="font-medium">{fill(t.tiles.roas, { window })}</span>
        <Marks now={now} name="roas" scope={scope} />
      </dt>
      <dd className="flex items-end justify-between gap-3">
        <span className="num text-3xl font-semibold whitespace-nowrap">
          <Value now={now} name="roas" scope={scope} />
        </span>
        <span className="num pb-0.5 text-right whitespace-nowrap">
          <span className="block text-xs text-ink-2">{t.tiles.reported}</span>
          <span className="text-lg">
            <Value now={now} name="reported_roas" scope={scope} />
          </span>
          {effect === null ? null : (
            <span className="ml-1.5 text-xs text-ink-2">
              <Explain why={fill(t.tiles.effectWhy, { window, percent: percent(effect) })}>{percent(effect)}</Explain>
            </span>
          )}
        </span>
      </dd>
      <dd className="flex items-end justify-between gap-2">
        <Change now={now} comparison={comparison} name="roas" meaning="more_is_better" />
        {measured === null || now.metrics.roas_measured === null ? null : (
          <span className="num text-right text-xs text-ink-2">
            {fill(t.tiles.measured, { roas: now.metrics.roas_measured, share: percent(measured, false) })}
          </span>
        )}
      </dd>
    </div>
  )
}

export function KpiSkeleton() {
  return (
    <div role="status" aria-label={t.loading} className={GRID}>
      {[0, 1, 2, 3, 4, 5].map((tile) => (
        <div key={tile} className={`${BOX} ${tile === 1 ? 'col-span-2' : ''}`}>
          <span className="skeleton h-3 w-16" />
          <span className={`skeleton w-24 ${tile === 1 ? 'h-9' : 'h-6'}`} />
          <span className="skeleton h-3 w-20" />
        </div>
      ))}
    </div>
  )
}

/** Each currency by itself: one of them is shown large. */
export function CurrencyTabs({ answer, shown }: { answer: ReportAnswer; shown: string }) {
  if (answer.totals.length < 2) return null
  return (
    <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
      <div
        role="group"
        aria-label={t.currency.shown}
        className="inline-flex rounded-md border border-line bg-raised p-0.5"
      >
        {answer.totals.map(({ currency }) => (
          <button
            key={currency}
            type="button"
            aria-pressed={currency === shown}
            onClick={() => set({ currency })}
            className="h-6 rounded px-2 font-medium text-ink-2 hover:bg-hover aria-pressed:bg-selected aria-pressed:text-accent-ink"
          >
            {currency}
          </button>
        ))}
      </div>
      <span className="text-xs text-ink-2">{t.currency.apart}</span>
    </div>
  )
}

export function Kpis({ answer, shown, scope }: { answer: ReportAnswer; shown: string; scope: Scope }) {
  const now = totalsIn(answer.totals, shown)
  if (now === undefined) return null
  const { comparison } = answer
  const shared = { now, comparison, scope }
  const arrived = arrivedText(now)
  return (
    <section aria-label={t.kpis} className="flex flex-col gap-2">
      <dl className={GRID}>
        <Tile label={t.columns.spend} name="spend" meaning="neutral" {...shared} />
        <RoasTile {...shared} />
        <Tile
          label={isUnfinished(now) ? t.tiles.conversions : t.columns.conversions}
          name="conversions"
          meaning="more_is_better"
          {...shared}
        />
        <Tile label={t.heads.cpa} name="cpa" meaning="less_is_better" {...shared} />
        <Tile label={t.columns.conversion_value} name="conversion_value" meaning="more_is_better" {...shared} />
        <Tile label={t.tiles.view} name="conversions_view" meaning="neutral" note={t.tiles.viewNote} {...shared} />
      </dl>
      {comparison === null || comparison.is_comparable ? null : (
        <p className="text-ink-2">
          <Chip icon="info">
            {fill(t.compare.notWith, { range: dayRange(comparison.start_date, comparison.end_date) })}
          </Chip>
          <span className="foreign ml-2">{comparison.reasons.join(' ')}</span>
        </p>
      )}
      {arrived === null ? null : <p className="text-xs text-ink-2">{fill(t.arrivingRange, { arrived })}</p>}
    </section>
  )
}
