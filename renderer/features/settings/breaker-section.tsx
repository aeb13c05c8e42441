/** Whether the circuit breaker has stopped everything, and the one way to close it. */
import { useState } from 'react'
import { fill, plural } from '../../format.ts'
import { Age, ErrorNotice } from '../../parts/pieces.tsx'
import { useAct } from '../../queries.ts'
import { SETTINGS_TEXTS } from '../../texts-settings.ts'
import { TEXTS } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Section } from '../../ui/screen.tsx'
import { Notice } from '../../ui/state.tsx'
import { toast } from '../../ui/toast.tsx'
import type { PolicyView } from './limits-form.ts'

const { breaker: t } = SETTINGS_TEXTS
type Breaker = PolicyView['breaker']

function ResetDialog({ onClose }: { onClose: () => void }) {
  const [reason, setReason] = useState('')
  const reset = useAct('reset_breaker')
  return (
    <Dialog
      title={t.resetTitle}
      role="alertdialog"
      width="narrow"
      onClose={onClose}
      footer={
        <>
          <Button onPress={onClose}>{TEXTS.common.cancel}</Button>
          <Button
            look="danger"
            isPending={reset.isPending}
            onPress={() =>
              reset.mutate(reason.trim() === '' ? {} : { reason: reason.trim() }, {
                onSuccess: () => {
                  toast(t.done)
                  onClose()
                },
              })
            }
          >
            {t.confirm}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <p>{t.resetText}</p>
        <TextField label={t.reason} value={reason} onChange={setReason} maxLength={500} />
        {reset.error === null ? null : <ErrorNotice error={reset.error} />}
      </div>
    </Dialog>
  )
}

export function BreakerSection({ breaker }: { breaker: Breaker }) {
  const [isResetting, setIsResetting] = useState(false)
  return (
    <Section title={t.title} text={fill(t.text, { count: breaker.trips_at, minutes: breaker.within_minutes })}>
      {breaker.is_open ? (
        <Notice
          tone="danger"
          title={t.open}
          action={
            <Button look="danger" onPress={() => setIsResetting(true)}>
              {t.reset}
            </Button>
          }
        >
          {breaker.message}
          {breaker.tripped_at === null ? null : (
            <span className="block">
              {t.since} <Age at={breaker.tripped_at} isFocusable />
            </span>
          )}
        </Notice>
      ) : (
        <p className="flex items-center gap-2">
          <Icon name="check" className="text-good" />
          {t.closed}
          {breaker.failures === 0 ? null : <span className="text-ink-2">{plural(t.failures, breaker.failures)}</span>}
        </p>
      )}
      {isResetting ? <ResetDialog onClose={() => setIsResetting(false)} /> : null}
    </Section>
  )
}
