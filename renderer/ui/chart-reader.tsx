import { type KeyboardEvent, type ReactNode, useState } from 'react'

const JUMP = 7

function moved(key: string, at: number, count: number): number | null {
  const steps: Readonly<Record<string, number>> = {
    ArrowRight: at + 1,
    ArrowUp: at + 1,
    ArrowLeft: at - 1,
    ArrowDown: at - 1,
    PageUp: at + JUMP,
    PageDown: at - JUMP,
    Home: 0,
    End: count - 1,
  }
  const next = steps[key]
  return next === undefined ? null : Math.min(count - 1, Math.max(0, next))
}

/**
 * Makes a chart readable point by point with the arrow keys: the point that is read is marked in the drawing, said by a screen reader and
 * written under the chart. The drawing itself is for eyes only.
 */
export function ChartReader({
  label,
  keys,
  describe,
  className = '',
  children,
}: {
  /** The chart in one sentence. */
  label: string
  keys: readonly string[]
  describe: (key: string) => readonly string[]
  className?: string
  children: (active: string | null) => ReactNode
}) {
  const [index, setIndex] = useState<number | null>(null)
  const at = index === null ? null : Math.min(index, keys.length - 1)
  const active = at === null ? null : (keys[at] ?? null)
  const words = active === null ? '' : describe(active).join(' · ')
  const onKeyDown = (event: KeyboardEvent) => {
    const next = moved(event.key, at ?? keys.length - 1, keys.length)
    if (next === null) return
    event.preventDefault()
    setIndex(next)
  }
  return (
    <>
      <div
        role="slider"
        tabIndex={0}
        aria-label={label}
        aria-valuemin={1}
        aria-valuemax={Math.max(1, keys.length)}
        aria-valuenow={(at ?? Math.max(0, keys.length - 1)) + 1}
        aria-valuetext={words === '' ? describe(keys.at(-1) ?? '').join(', ') : words}
        onKeyDown={onKeyDown}
        onFocus={() => setIndex(keys.length - 1)}
        onBlur={() => setIndex(null)}
        // A click is for the drawing's own tooltip; only the keyboard reads point by point.
        onMouseDown={(event) => event.preventDefault()}
        className={`rounded ${className}`}
      >
        <div aria-hidden="true" className="h-full">
          {children(active)}
        </div>
      </div>
      {/* Always there, so that nothing moves when it speaks. */}
      <p aria-hidden="true" className="num mt-1 min-h-4 truncate px-2 text-xs font-medium text-ink">
        {words}
      </p>
    </>
  )
}
