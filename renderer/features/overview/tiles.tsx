/** The four figures that answer the question, and view-through apart from them because it is never added in. */
import { day, dayRange, fill, integer, money, percent, plural, ratio } from '../../format.ts'
import { Unknown } from '../../parts/pieces.tsx'
import { TEXTS } from '../../texts.ts'
import { Explain } from '../../ui/explain.tsx'
import {
  asText,
  isStillCounting,
  type MetricValue,
  type Metrics,
  totalChange,
  totalsFor,
  whyUnknown,
} from './figures.ts'
import type { Scope } from './use-figures.ts'

const t = TEXTS.overview
const BOX =
  'flex min-h-24 min-w-0 flex-col justify-between gap-1 rounded-lg border border-line bg-surface px-3.5 py-2.5'
const GRID = 'grid grid-cols-2 gap-3 md:grid-cols-3 lg:grid-cols-5'

const maxDay = (a: string, b: string): string => (a > b ? a : b)

export type Meaning = 'more_is_better' | 'less_is_better' | 'neutral'

/**
 * "▲ +12.3% vs 26 Sept – 23 Oct". Red only where the change is a loss, and never while days of this range are still being
 * counted: the difference is then partly conversions that have not arrived yet.
 */
function Change({
  fraction,
  meaning,
  against,
  isCounting,
  isPartial,
}: {
  fraction: number | null
  meaning: Meaning
  against: string | null
  isCounting: boolean
  /** The period before is not whole: the difference would not be a change. */
  isPartial: boolean
}) {
  if (isPartial) return <span className="text-xs text-ink-2">{t.partialPrevious}</span>
  if (fraction === null || against === null) return <span className="text-xs text-ink-2">{t.noPrevious}</span>
  const isWorse = (meaning === 'more_is_better' && fraction < 0) || (meaning === 'less_is_better' && fraction > 0)
  const look = isCounting ? 'text-ink-2' : isWorse ? 'font-medium text-danger' : 'font-medium text-ink'
  return (
    <span className="num flex flex-col text-xs">
      <span className={look}>
        <span aria-hidden="true">{fraction > 0 ? '▲ ' : fraction < 0 ? '▼ ' : ''}</span>
        {fraction === 0 ? t.noChange : percent(fraction)}
        {isCounting ? ` · ${t.counting}` : null}
      </span>
      <span className="text-ink-2">{fill(t.previous, { range: against })}</span>
    </span>
  )
}

export function attributionText(answer: Metrics): string {
  const days = answer.attribution.click_window_days
  return days === null ? t.clickMixed : plural(t.clickDays, days)
}

export function MetricText({
  name,
  value,
  currency,
  unknownWhy,
}: {
  name: 'money' | 'ratio' | 'count'
  value: MetricValue
  currency: string
  unknownWhy: string
}) {
  const text = asText(value)
  if (text === null) return <Unknown why={unknownWhy} />
  if (name === 'money') return money({ amount: text, currency })
  return name === 'ratio' ? ratio(text) : integer(Number(text))
}

export function TilesSkeleton() {
  return (
    <div role="status" aria-label={t.loading} className={GRID}>
      {[0, 1, 2, 3, 4].map((tile) => (
        <div key={tile} className={BOX}>
          <span className="skeleton h-3 w-16" />
          <span className="skeleton h-6 w-24" />
          <span className="skeleton h-3 w-28" />
        </div>
      ))}
    </div>
  )
}

export function Tiles({ answer, scope }: { answer: Metrics; scope: Scope }) {
  const { currency, range } = scope
  const now = totalsFor(answer.totals, currency)
  const before = totalsFor(answer.comparison?.totals, currency)
  const against = answer.comparison === null ? null : dayRange(answer.comparison.start_date, answer.comparison.end_date)
  const isApproximated = answer.attribution.window_source === 'approximated'
  const attribution = attributionText(answer)
  const isRestating = isStillCounting(answer, range.end)
  const tiles = [
    { key: 'spend', kind: 'money', meaning: 'neutral' },
    { key: 'roas', kind: 'ratio', meaning: 'more_is_better' },
    { key: 'conversions', kind: 'count', meaning: 'more_is_better' },
    { key: 'cpa', kind: 'money', meaning: 'less_is_better' },
    { key: 'conversions_view', kind: 'count', meaning: 'neutral' },
  ] as const
  return (
    <section aria-label={t.title} className="flex flex-col gap-2">
      <dl className={GRID}>
        {tiles.map((tile) => {
          const isView = tile.key === 'conversions_view'
          return (
            <div key={tile.key} className={isView ? `${BOX} border-dashed bg-transparent` : BOX}>
              <dt className="flex items-baseline justify-between gap-2 text-ink-2">
                {isView ? t.tiles.view : t.tiles[tile.key]}
                {isView ? <span className="text-2xs">{t.tiles.viewNote}</span> : null}
              </dt>
              <dd className="num text-xl font-semibold whitespace-nowrap min-[84rem]:text-2xl">
                <MetricText
                  name={tile.kind}
                  value={now?.[tile.key]}
                  currency={currency}
                  unknownWhy={t.why[whyUnknown(now, tile.key)]}
                />
                {isApproximated && tile.key !== 'spend' ? (
                  <span className="text-md font-normal text-ink-2">
                    {' '}
                    <Explain why={fill(t.approximated, { note: answer.attribution.note })}>≈</Explain>
                  </span>
                ) : null}
              </dd>
              <dd>
                <Change
                  fraction={totalChange(now, before, tile.key)}
                  meaning={tile.meaning}
                  against={against}
                  isCounting={isRestating && tile.key !== 'spend'}
                  isPartial={answer.comparison?.is_partial === true}
                />
              </dd>
            </div>
          )
        })}
      </dl>
      <p className="text-xs text-ink-2">
        {fill(t.window, { range: dayRange(range.start, range.end), attribution })}
        {' · '}
        {currency}
        {answer.attribution.note === '' ? null : (
          <>
            {' · '}
            {answer.attribution.note}
          </>
        )}
      </p>
      {isRestating && answer.restating_since !== null ? (
        <p className="text-xs text-ink-2">
          {fill(t.restatingTiles, { day: day(maxDay(answer.restating_since, range.start)) })}
        </p>
      ) : null}
    </section>
  )
}
