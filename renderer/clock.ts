/** The window's clock. `useNow` re-renders at the given pace, so that "12 min ago" does not lie. */
import { useEffect, useState } from 'react'
import { systemClock } from '../shared/clock.ts'

export const clock = systemClock

export function useNow(everyMs = 30_000): number {
  const [nowMs, setNowMs] = useState(() => clock.nowMs())
  useEffect(() => {
    const timer = setInterval(() => setNowMs(clock.nowMs()), everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
  return nowMs
}
