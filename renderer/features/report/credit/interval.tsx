/** How many orders ads had a part in: a range, drawn as one, because part of it is known in aggregate only. */
import { useId } from 'react'
import { fill, integer } from '../../../format.ts'
import { REPORT_TEXTS } from '../../../texts-report.ts'
import { useWidth } from '../../../ui/use-width.ts'
import type { Credit } from './credit.ts'

const t = REPORT_TEXTS.orders.interval
const EDGE = 14
const AXIS = 84
const HEIGHT = 150

/** A name under or over the axis, kept inside the picture. */
function Label({
  x,
  y,
  width,
  text,
  weight = 400,
}: {
  x: number
  y: number
  width: number
  text: string
  weight?: number
}) {
  const anchor = x < width * 0.2 ? 'start' : x > width * 0.8 ? 'end' : 'middle'
  return (
    <text x={x} y={y} textAnchor={anchor} fontSize={11} fontWeight={weight} fill="var(--color-ink-2)">
      {text}
    </text>
  )
}

export function Interval({ credit }: { credit: Credit }) {
  const { ref, width } = useWidth<HTMLDivElement>(480)
  const id = useId()
  const { low, high } = credit.ad_driven
  const { total, credited } = credit.orders
  const max = Math.max(total, credit.claimed_sum, high, 1)
  const x = (value: number): number => EDGE + (value / max) * (width - 2 * EDGE)
  const sentence = fill(t.summary, { low: integer(low), high: integer(high), total: integer(total) })
  return (
    <figure aria-labelledby={id} className="flex min-w-0 flex-col rounded-lg border border-line bg-surface">
      <figcaption className="px-3.5 pt-2.5">
        <h2 id={id} className="text-base">
          {t.title}
        </h2>
      </figcaption>
      <p className="num px-3.5 pt-1 text-2xl font-semibold">
        {low === high ? integer(low) : fill(t.range, { low: integer(low), high: integer(high) })}
        <span className="ml-2 text-base font-normal text-ink-2">{fill(t.of, { total: integer(total) })}</span>
      </p>
      <div ref={ref} className="px-1.5" role="img" aria-label={sentence}>
        <svg width={width} height={HEIGHT}>
          <line x1={x(0)} x2={x(max)} y1={AXIS} y2={AXIS} stroke="var(--color-line-strong)" />
          <rect
            x={x(low)}
            y={AXIS - 12}
            width={Math.max(3, x(high) - x(low))}
            height={24}
            rx={3}
            fill="var(--color-accent)"
            fillOpacity={0.22}
            stroke="var(--color-accent)"
          />
          <Label x={x(0)} y={AXIS + 16} width={width} text={integer(0)} />
          <Label x={x(low)} y={AXIS - 20} width={width} text={fill(t.atLeast, { count: integer(low) })} weight={600} />
          {low === high ? null : (
            <Label
              x={x(high)}
              y={AXIS - 36}
              width={width}
              text={fill(t.atMost, { count: integer(high) })}
              weight={600}
            />
          )}
          {low === high ? null : (
            <line
              x1={x(high)}
              x2={x(high)}
              y1={AXIS - 32}
              y2={AXIS - 12}
              stroke="var(--color-accent)"
              strokeDasharray="2 2"
            />
          )}
          <line
            x1={x(credited)}
            x2={x(credited)}
            y1={AXIS - 12}
            y2={AXIS + 20}
            stroke="var(--color-ink)"
            strokeWidth={2}
          />
          <Label x={x(credited)} y={AXIS + 32} width={width} text={fill(t.credited, { count: integer(credited) })} />
          <line x1={x(total)} x2={x(total)} y1={AXIS - 6} y2={AXIS + 36} stroke="var(--color-ink-2)" />
          <Label x={x(total)} y={AXIS + 47} width={width} text={fill(t.orders, { count: integer(total) })} />
          <line
            x1={x(credit.claimed_sum)}
            x2={x(credit.claimed_sum)}
            y1={AXIS - 52}
            y2={AXIS + 6}
            stroke="var(--color-warn)"
            strokeWidth={2}
          />
          <Label
            x={x(credit.claimed_sum)}
            y={AXIS - 57}
            width={width}
            text={fill(t.claimed, { count: integer(credit.claimed_sum) })}
          />
        </svg>
      </div>
      <p className="num px-3.5 pb-2.5 text-xs text-ink-2">{t.why}</p>
    </figure>
  )
}
