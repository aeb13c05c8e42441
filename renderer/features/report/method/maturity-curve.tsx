/** How much of the final conversions is known after so many days: this account's own, or the usual one until it has its own. */
import { useId } from 'react'
import type { OutputOf } from '../../../../shared/operations.ts'
import { day, fill, percent, plural } from '../../../format.ts'
import { REPORT_TEXTS } from '../../../texts-report.ts'
import { useWidth } from '../../../ui/use-width.ts'
import { shareText } from '../words.ts'

const t = REPORT_TEXTS.method.maturity
type Maturity = OutputOf<'get_report_method'>['accounts'][number]['maturity']

const HEIGHT = 96
const LEFT = 38
const RIGHT = 10
const TOP = 8
const BOTTOM = 20
/** Ages that are written out: they are what a person compares. */
const SAID = [1, 3, 7, 14, 28] as const

/** What is known at an age: the newest point that is not older. */
function shareAt(points: Maturity['points'], age: number): number | null {
  return points.findLast((point) => point.age_days <= age)?.share ?? null
}

export function MaturityCurve({ maturity }: { maturity: Maturity }) {
  const { ref, width } = useWidth<HTMLDivElement>(300)
  const id = useId()
  const { points } = maturity
  const last = points.at(-1)?.age_days ?? 0
  const x = (age: number): number => LEFT + (last === 0 ? 0 : (age / last) * (width - LEFT - RIGHT))
  const y = (share: number): number => TOP + (1 - share) * (HEIGHT - TOP - BOTTOM)
  const settledAt = points.find((point) => point.share >= 1)?.age_days ?? last
  const lastSaid = SAID.find((age) => age >= settledAt) ?? last
  const said = SAID.flatMap((age) => {
    const share = age > last || age > lastSaid ? null : shareAt(points, age)
    return share === null
      ? []
      : [fill(t.point, { share: shareText(share), days: plural(REPORT_TEXTS.method.days, age) })]
  })
  return (
    <figure aria-labelledby={id} className="flex min-w-0 flex-col gap-1">
      <figcaption id={id} className="font-medium">
        {t[maturity.curve]}
      </figcaption>
      <div ref={ref} aria-hidden="true">
        {points.length < 2 ? null : (
          <svg width={width} height={HEIGHT} fontSize={10}>
            {[0, 0.5, 1].map((share) => (
              <g key={share}>
                <line x1={LEFT} x2={width - RIGHT} y1={y(share)} y2={y(share)} stroke="var(--color-line)" />
                <text x={LEFT - 5} y={y(share) + 3} textAnchor="end" fill="var(--color-ink-3)">
                  {percent(share, false)}
                </text>
              </g>
            ))}
            <polyline
              points={points.map((point) => `${x(point.age_days)},${y(point.share)}`).join(' ')}
              fill="none"
              stroke="var(--color-accent)"
              strokeWidth={1.75}
              {...(maturity.curve === 'default' ? { strokeDasharray: '4 3' } : {})}
            />
            {[0, Math.round(last / 2), last].map((age, index) => (
              <text
                key={age}
                x={x(age)}
                y={HEIGHT - 6}
                textAnchor={index === 0 ? 'start' : index === 2 ? 'end' : 'middle'}
                fill="var(--color-ink-3)"
              >
                {fill(t.tick, { age })}
              </text>
            ))}
          </svg>
        )}
      </div>
      <p className="text-xs text-ink-2">{said.join(', ')}</p>
      <p className="text-xs text-ink-2">
        {maturity.immature_since === null ? t.settled : fill(t.since, { day: day(maturity.immature_since) })}
      </p>
    </figure>
  )
}
