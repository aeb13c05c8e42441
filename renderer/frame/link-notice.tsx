import { TEXTS } from '../texts.ts'
import { Notice } from '../ui/state.tsx'

/** The core is gone, or this page's link is no longer good. Says what did not happen and what to do. */
export function LinkNotice({ isExpired, hasOldData = false }: { isExpired: boolean; hasOldData?: boolean }) {
  const t = TEXTS.offline
  return (
    <Notice tone="danger" title={isExpired ? t.expiredTitle : t.title}>
      <p>{isExpired ? t.expiredHint : t.hint}</p>
      {hasOldData && !isExpired ? <p>{t.waiting}</p> : null}
    </Notice>
  )
}
