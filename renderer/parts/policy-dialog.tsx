import { fill } from '../format.ts'
import { useRead } from '../queries.ts'
import { href } from '../router.ts'
import { SETTINGS_TEXTS } from '../texts-settings.ts'
import { TEXTS } from '../texts.ts'
import { Button, LinkButton } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { SkeletonRows } from '../ui/state.tsx'
import { ErrorNotice } from './pieces.tsx'

/** The user's limits, in the words of the core. */
export function PolicyDialog({ onClose }: { onClose: () => void }) {
  const policy = useRead('get_policy', {})
  return (
    <Dialog
      title={TEXTS.policy.title}
      onClose={onClose}
      footer={
        <>
          <LinkButton href={href('settings', 'limits')}>{SETTINGS_TEXTS.title}</LinkButton>
          <Button onPress={onClose}>{TEXTS.common.close}</Button>
        </>
      }
    >
      <p className="mb-3 text-ink-2">{TEXTS.policy.intro}</p>
      {policy.isPending ? <SkeletonRows rows={6} label={TEXTS.common.loading} /> : null}
      {policy.isError ? <ErrorNotice error={policy.error} onRetry={() => void policy.refetch()} /> : null}
      {policy.data === undefined ? null : (
        <>
          <ul className="flex flex-col divide-y divide-line rounded-md border border-line">
            {policy.data.rules.map((rule) => (
              <li key={rule.rule} className="px-3 py-2">
                {rule.text}
              </li>
            ))}
          </ul>
          <p className="num mt-2 text-xs text-ink-2">{fill(TEXTS.policy.version, { version: policy.data.version })}</p>
        </>
      )}
    </Dialog>
  )
}
