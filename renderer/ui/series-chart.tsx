/**
 * Several series over the same days: stacked bars or straight lines, each named at its end. Knows nothing of what it draws. Gaps stay gaps;
 * bars begin at zero; every day has its own band, so that what is shaded covers whole days.
 */
import { useId } from 'react'
import {
  Bar,
  CartesianGrid,
  ComposedChart,
  Line,
  ReferenceArea,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  usePlotArea,
  useYAxisScale,
  XAxis,
  YAxis,
} from 'recharts'

export interface Series {
  readonly key: string
  readonly label: string
  /** A CSS colour, usually a token. */
  readonly colour: string
  /** Beside the one it belongs to: dashed, and not named at its end again. */
  readonly isDashed?: boolean
}
export interface SeriesPoint {
  readonly key: string
  readonly values: Readonly<Record<string, number | null>>
}
export interface SeriesChartProps {
  readonly kind: 'bars' | 'lines'
  readonly points: readonly SeriesPoint[]
  readonly series: readonly Series[]
  readonly formatKey: (key: string) => string
  readonly formatTick: (value: number) => string
  /** What the tooltip says of one point, one line each. */
  readonly describe: (key: string) => readonly string[]
  /** Hatched to the end: not complete. */
  readonly hatchedFrom?: string | undefined
  /** Tinted: may still change. Where that is every point, only said: a tint under all of them tells nothing apart. */
  readonly tinted?:
    | { readonly from: string; readonly to: string; readonly label: string; readonly isAll: boolean }
    | undefined
  readonly markers: readonly string[]
  /** The point that is being read by keyboard. */
  readonly active?: string | null | undefined
}

const TICK = { fill: 'var(--color-ink-3)', fontSize: 11 }
const LABEL_STEP = 13
const END_ROOM = 98
/** More points than this and each gets no dot of its own. */
const DOTS_UP_TO = 31

function Words({
  active,
  label,
  describe,
}: {
  active?: boolean
  label?: string | number
  describe: (key: string) => readonly string[]
}) {
  if (active !== true || label === undefined) return null
  return (
    <div className="num max-w-80 rounded-md bg-raised px-2.5 py-1.5 text-xs shadow-pop">
      {describe(String(label)).map((line, index) => (
        <p key={line} className={index === 0 ? 'font-semibold' : ''}>
          {line}
        </p>
      ))}
    </div>
  )
}

/** Where each series ends, as a value on the axis: of bars the middle of its part of the last whole bar. */
function ends(props: SeriesChartProps): readonly { readonly series: Series; readonly value: number }[] {
  const whole = props.hatchedFrom === undefined ? props.points : props.points.slice(0, -1)
  const named = props.series.filter((each) => each.isDashed !== true)
  if (props.kind === 'lines')
    return named.flatMap((series) => {
      const value = whole.findLast((point) => typeof point.values[series.key] === 'number')?.values[series.key]
      return typeof value === 'number' ? [{ series, value }] : []
    })
  const last = whole.findLast((point) => named.some((each) => (point.values[each.key] ?? 0) > 0))
  let below = 0
  return named.flatMap((series) => {
    const value = last?.values[series.key] ?? 0
    below += value
    return value > 0 ? [{ series, value: below - value / 2 }] : []
  })
}

interface Place {
  readonly series: Series
  readonly y: number
}
/** From the top down, each at least a line below the one before. */
function apart(places: readonly Place[], top: number): readonly Place[] {
  let free = top
  return places
    .toSorted((a, b) => a.y - b.y)
    .map((place) => {
      const y = Math.max(place.y, free)
      free = y + LABEL_STEP
      return { ...place, y }
    })
}

/** The names at the right end, pushed apart where they would cover each other. */
function EndNames(props: SeriesChartProps) {
  const plot = usePlotArea()
  const scale = useYAxisScale()
  if (plot === undefined || scale === undefined) return null
  const down = apart(
    ends(props).map(({ series, value }) => ({ series, y: scale(value) ?? plot.y })),
    plot.y + 4,
  )
  const over = Math.max(0, (down.at(-1)?.y ?? 0) - (plot.y + plot.height - 2))
  return (
    <g>
      {down.map(({ series, y }) => (
        <text
          key={series.key}
          x={plot.x + plot.width + 8}
          y={y - over + 4}
          fontSize={11}
          fontWeight={600}
          fill="var(--color-ink-2)"
        >
          <tspan fill={series.colour}>■ </tspan>
          {series.label}
        </text>
      ))}
    </g>
  )
}

function Drawn({ series, kind, hasDots }: { series: Series; kind: SeriesChartProps['kind']; hasDots: boolean }) {
  const dataKey = (point: SeriesPoint) => point.values[series.key] ?? null
  if (kind === 'bars')
    return (
      <Bar
        dataKey={dataKey}
        name={series.label}
        stackId="all"
        fill={series.colour}
        maxBarSize={36}
        isAnimationActive={false}
      />
    )
  const isDashed = series.isDashed === true
  return (
    <Line
      dataKey={dataKey}
      name={series.label}
      type="linear"
      stroke={series.colour}
      strokeWidth={isDashed ? 1.25 : 1.75}
      {...(isDashed ? { strokeDasharray: '4 3' } : {})}
      dot={hasDots && !isDashed ? { r: 2, fill: series.colour, strokeWidth: 0 } : false}
      activeDot={{ r: 3.5, fill: series.colour, strokeWidth: 0 }}
      connectNulls={false}
      isAnimationActive={false}
    />
  )
}

function Shades({ hatchId, props }: { hatchId: string; props: SeriesChartProps }) {
  const { hatchedFrom, tinted } = props
  const last = props.points.at(-1)?.key
  return (
    <>
      {tinted === undefined || tinted.isAll ? null : (
        <ReferenceArea x1={tinted.from} x2={tinted.to} fill="var(--color-warn)" fillOpacity={0.1} zIndex={-50} />
      )}
      {hatchedFrom === undefined || last === undefined ? null : (
        <ReferenceArea x1={hatchedFrom} x2={last} fill={`url(#${hatchId})`} fillOpacity={0.9} zIndex={-50} />
      )}
    </>
  )
}

/** What the shade means, over it and ending where it ends: a picture goes out without the words beside it. */
function ShadeWords({ label }: { label: string }) {
  const plot = usePlotArea()
  if (plot === undefined) return null
  return (
    <text x={plot.x + plot.width} y={plot.y - 6} textAnchor="end" fontSize={11} fill="var(--color-warn)">
      {label}
    </text>
  )
}

export function SeriesChart(props: SeriesChartProps) {
  const { points, series, kind, active } = props
  const hatchId = useId()
  return (
    <ResponsiveContainer width="100%" height="100%">
      <ComposedChart
        data={[...points]}
        margin={{ top: 20, right: END_ROOM, bottom: 0, left: 0 }}
        barCategoryGap="18%"
        accessibilityLayer={false}
      >
        <defs>
          <pattern id={hatchId} width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <line x1="0" y1="0" x2="0" y2="5" stroke="var(--color-hatch)" strokeWidth="1.4" />
          </pattern>
        </defs>
        <CartesianGrid vertical={false} stroke="var(--color-line)" />
        <XAxis
          dataKey="key"
          scale="band"
          tickFormatter={props.formatKey}
          tick={TICK}
          tickLine={false}
          axisLine={{ stroke: 'var(--color-line)' }}
          minTickGap={36}
          height={24}
        />
        <YAxis
          tickFormatter={props.formatTick}
          tick={TICK}
          tickLine={false}
          axisLine={false}
          width={56}
          domain={[0, 'auto']}
          tickCount={5}
          niceTicks="snap125"
        />
        <Shades hatchId={hatchId} props={props} />
        {props.markers.map((key) => (
          <ReferenceLine
            key={key}
            x={key}
            stroke="var(--color-accent-ink)"
            strokeDasharray="2 3"
            label={{ value: '◆', position: 'insideTop', fill: 'var(--color-accent-ink)', fontSize: 10, dy: -14 }}
          />
        ))}
        <Tooltip
          content={<Words describe={props.describe} />}
          cursor={kind === 'bars' ? { fill: 'var(--color-hover)' } : { stroke: 'var(--color-line-strong)' }}
          isAnimationActive={false}
        />
        {series.map((each) => (
          <Drawn key={each.key} series={each} kind={kind} hasDots={points.length <= DOTS_UP_TO} />
        ))}
        {active === null || active === undefined ? null : (
          <ReferenceLine x={active} stroke="var(--color-focus)" strokeWidth={1.5} />
        )}
        <EndNames {...props} />
        {props.tinted === undefined ? null : <ShadeWords label={props.tinted.label} />}
      </ComposedChart>
    </ResponsiveContainer>
  )
}
