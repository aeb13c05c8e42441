/** An open circuit breaker is nowhere out of sight where something could be approved. Nothing at all while it is closed. */
import { useRead } from '../queries.ts'
import { href } from '../router.ts'
import { SETTINGS_TEXTS } from '../texts-settings.ts'
import { LinkButton } from '../ui/button.tsx'
import { Notice } from '../ui/state.tsx'

const t = SETTINGS_TEXTS.breaker

export function OpenBreaker() {
  const breaker = useRead('get_policy', {}).data?.breaker
  if (breaker?.is_open !== true) return null
  return (
    <Notice tone="danger" title={t.open} action={<LinkButton href={href('settings', 'limits')}>{t.see}</LinkButton>}>
      {breaker.message}
    </Notice>
  )
}
