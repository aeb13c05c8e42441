/** One line over days. Knows nothing of what it draws: values, words and marks are handed in. Straight lines, gaps stay gaps. */
import { useId } from 'react'
import {
  CartesianGrid,
  Line,
  LineChart,
  ReferenceArea,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts'

export interface ChartPoint {
  readonly key: string
  readonly value: number | null
}
export interface LineChartProps {
  readonly points: readonly ChartPoint[]
  /** A CSS colour, usually a token. */
  readonly colour: string
  readonly formatKey: (key: string) => string
  readonly formatTick: (value: number) => string
  /** What the tooltip says of one point, one line each. */
  readonly describe: (key: string) => readonly string[]
  /** Hatched to the end: not complete. */
  readonly hatchedFrom?: string | undefined
  /** Tinted: may still change. */
  readonly tinted?: { readonly from: string; readonly to: string } | undefined
  readonly markers: readonly string[]
}

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
    <div className="num rounded-md bg-raised px-2.5 py-1.5 text-xs shadow-pop">
      {describe(String(label)).map((line, index) => (
        <p key={line} className={index === 0 ? 'text-ink-2' : index === 1 ? 'font-semibold' : ''}>
          {line}
        </p>
      ))}
    </div>
  )
}

const TICK = { fill: 'var(--color-ink-3)', fontSize: 11 }

export function DayLineChart(props: LineChartProps) {
  const { points, colour, hatchedFrom, tinted } = props
  const hatchId = useId()
  const last = points.at(-1)?.key
  return (
    <ResponsiveContainer width="100%" height="100%">
      <LineChart data={[...points]} margin={{ top: 18, right: 12, bottom: 0, left: 0 }} accessibilityLayer={false}>
        <defs>
          <pattern id={hatchId} width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <line x1="0" y1="0" x2="0" y2="5" stroke="var(--color-hatch)" strokeWidth="1.4" />
          </pattern>
        </defs>
        <CartesianGrid vertical={false} stroke="var(--color-line)" />
        <XAxis
          dataKey="key"
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
          tickCount={4}
        />
        {tinted === undefined ? null : (
          <ReferenceArea x1={tinted.from} x2={tinted.to} fill="var(--color-warn)" fillOpacity={0.09} />
        )}
        {hatchedFrom === undefined || last === undefined ? null : (
          <ReferenceArea x1={hatchedFrom} x2={last} fill={`url(#${hatchId})`} fillOpacity={0.9} />
        )}
        {props.markers.map((key) => (
          <ReferenceLine
            key={key}
            x={key}
            stroke="var(--color-accent-ink)"
            strokeDasharray="2 3"
            label={{
              value: '◆',
              position: 'insideTopLeft',
              fill: 'var(--color-accent-ink)',
              fontSize: 10,
              dy: -14,
              dx: -8,
            }}
          />
        ))}
        <Tooltip
          content={<Words describe={props.describe} />}
          cursor={{ stroke: 'var(--color-line-strong)' }}
          isAnimationActive={false}
        />
        <Line
          dataKey="value"
          type="linear"
          stroke={colour}
          strokeWidth={1.75}
          dot={points.length <= 31 ? { r: 2, fill: colour, strokeWidth: 0 } : false}
          activeDot={{ r: 4, fill: colour, strokeWidth: 0 }}
          connectNulls={false}
          isAnimationActive={false}
        />
      </LineChart>
    </ResponsiveContainer>
  )
}
