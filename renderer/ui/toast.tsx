import { create } from 'zustand'
import { Icon } from './icon.tsx'

/** Toasts only confirm what a person did. Decisions and errors stay where they belong. */
const SHOWN_FOR_MS = 4_000
const MAX_TOASTS = 3

interface Toast {
  readonly id: number
  readonly text: string
}
interface Toasts {
  readonly toasts: readonly Toast[]
  readonly next: number
}
const useToasts = create<Toasts>()(() => ({ toasts: [], next: 1 }))

export function toast(text: string): void {
  const id = useToasts.getState().next
  useToasts.setState((state) => ({ next: id + 1, toasts: [...state.toasts, { id, text }].slice(-MAX_TOASTS) }))
  setTimeout(
    () => useToasts.setState((state) => ({ toasts: state.toasts.filter((each) => each.id !== id) })),
    SHOWN_FOR_MS,
  )
}

export function Toasts() {
  const toasts = useToasts((state) => state.toasts)
  return (
    <div
      role="status"
      aria-live="polite"
      className="pointer-events-none fixed right-4 bottom-4 z-50 flex flex-col gap-2"
    >
      {toasts.map((each) => (
        <div key={each.id} className="flex items-center gap-2 rounded-lg bg-ink px-3 py-2 text-canvas shadow-pop">
          <Icon name="check" size={14} />
          <span className="foreign">{each.text}</span>
        </div>
      ))}
    </div>
  )
}
