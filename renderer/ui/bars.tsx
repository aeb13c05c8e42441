/** Groups of lying bars from zero, each with its name and number beside it. Knows nothing of what they count. */
import { useId } from 'react'
import { useWidth } from './use-width.ts'

export interface BarGroup {
  readonly key: string
  readonly label: string
  readonly bars: readonly {
    readonly key: string
    readonly label: string
    /** null: not known, and no bar. */
    readonly value: number | null
    /** The part at the bar's end that is drawn hatched. */
    readonly hatched: number
    readonly text: string
    readonly colour: string
    readonly isFaint: boolean
  }[]
}

const BAR = 16
const GAP = 4
const GROUP_GAP = 16
const NAMES = 76
const LABELS = 72
const NUMBERS = 64

export function Bars({ groups }: { groups: readonly BarGroup[] }) {
  const { ref, width } = useWidth<HTMLDivElement>(480)
  const id = useId()
  const max = Math.max(1, ...groups.flatMap((group) => group.bars.map((bar) => bar.value ?? 0)))
  const room = Math.max(40, width - NAMES - LABELS - NUMBERS)
  const scale = (value: number): number => (value / max) * room
  const heights = groups.map((group) => group.bars.length * (BAR + GAP) + GROUP_GAP)
  const tops = heights.map((_, index) => heights.slice(0, index).reduce((sum, each) => sum + each, GROUP_GAP / 2))
  const height = heights.reduce((sum, each) => sum + each, GROUP_GAP / 2)
  return (
    <div ref={ref}>
      <svg width={width} height={height} fontSize={12}>
        <defs>
          <pattern id={id} width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <line x1="0" y1="0" x2="0" y2="5" stroke="var(--color-ink-2)" strokeWidth="1.2" />
          </pattern>
        </defs>
        {groups.map((group, index) => (
          <g key={group.key} transform={`translate(0 ${tops[index] ?? 0})`}>
            <text x={8} y={12} fill="var(--color-ink)" fontWeight={600}>
              {group.label}
            </text>
            {group.bars.map((bar, at) => {
              const y = at * (BAR + GAP)
              const length = scale(bar.value ?? 0)
              const hatched = scale(Math.min(bar.hatched, bar.value ?? 0))
              return (
                <g key={bar.key}>
                  <text x={NAMES + LABELS - 8} y={y + 12} textAnchor="end" fontSize={11} fill="var(--color-ink-2)">
                    {bar.label}
                  </text>
                  <rect
                    x={NAMES + LABELS}
                    y={y}
                    width={length}
                    height={BAR}
                    rx={2}
                    fill={bar.colour}
                    fillOpacity={bar.isFaint ? 0.3 : 1}
                    stroke={bar.colour}
                  />
                  {hatched === 0 ? null : (
                    <rect
                      x={NAMES + LABELS + length - hatched}
                      y={y}
                      width={hatched}
                      height={BAR}
                      fill={`url(#${id})`}
                    />
                  )}
                  <text
                    x={NAMES + LABELS + length + 6}
                    y={y + 12}
                    fill="var(--color-ink)"
                    fontWeight={bar.isFaint ? 400 : 600}
                  >
                    {bar.text}
                  </text>
                </g>
              )
            })}
          </g>
        ))}
      </svg>
    </div>
  )
}
