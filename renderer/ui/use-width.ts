import { useEffect, useRef, useState } from 'react'

/** Width of an element in px, kept current. For drawings whose texts must not be scaled with them. */
export function useWidth<T extends HTMLElement>(first: number) {
  const ref = useRef<T>(null)
  const [width, setWidth] = useState(first)
  useEffect(() => {
    const element = ref.current
    if (element === null) return undefined
    const observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined) setWidth(Math.max(160, Math.floor(entry.contentRect.width)))
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return { ref, width }
}
