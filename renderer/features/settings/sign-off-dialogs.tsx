/** Dialogs that change what guards Confirm. Where the workspace has a passphrase they ask for it; it leaves with the dialog. */
import { type ReactNode, useState } from 'react'
import { ErrorNotice } from '../../parts/pieces.tsx'
import { useAct } from '../../queries.ts'
import { TEXTS } from '../../texts.ts'
import { SIGN_OFF_TEXTS } from '../../texts-sign-off.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { toast } from '../../ui/toast.tsx'

const MIN_LENGTH = 8

/** Asks once more, and for the passphrase where there is one. `onConfirm` is told the passphrase as part of an input. */
export function OwnerDialog({
  title,
  confirm,
  look = 'primary',
  hasPassphrase,
  isPending,
  isReady = true,
  error,
  onConfirm,
  onClose,
  children,
}: {
  title: string
  confirm: string
  look?: 'primary' | 'danger'
  hasPassphrase: boolean
  isPending: boolean
  isReady?: boolean
  error: unknown
  onConfirm: (owner: { passphrase?: string }) => void
  onClose: () => void
  children: ReactNode
}) {
  const [passphrase, setPassphrase] = useState('')
  const canConfirm = isReady && (!hasPassphrase || passphrase !== '')
  const submit = (): void => {
    if (canConfirm && !isPending) onConfirm(hasPassphrase ? { passphrase } : {})
  }
  return (
    <Dialog
      title={title}
      width="narrow"
      onClose={onClose}
      footer={
        <>
          <Button onPress={onClose}>{TEXTS.common.cancel}</Button>
          <Button look={look} isPending={isPending} isDisabled={!canConfirm} onPress={submit}>
            {confirm}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {children}
        {hasPassphrase ? (
          <TextField
            label={SIGN_OFF_TEXTS.owner.label}
            help={SIGN_OFF_TEXTS.owner.help}
            type="password"
            autoComplete="current-password"
            value={passphrase}
            onChange={setPassphrase}
            onKey={(key) => {
              if (key === 'Enter') submit()
            }}
          />
        ) : null}
        {error === null || error === undefined ? null : <ErrorNotice error={error} />}
      </div>
    </Dialog>
  )
}

export function PassphraseDialog({ hasPassphrase, onClose }: { hasPassphrase: boolean; onClose: () => void }) {
  const t = SIGN_OFF_TEXTS.passphrase
  const change = useAct('set_passphrase')
  const [current, setCurrent] = useState('')
  const [next, setNext] = useState('')
  const [again, setAgain] = useState('')
  const isLong = next.length >= MIN_LENGTH
  const isReady = isLong && next === again && (!hasPassphrase || current !== '')
  const submit = (): void =>
    change.mutate(hasPassphrase ? { current, next } : { next }, {
      onSuccess: () => {
        toast(t.done)
        onClose()
      },
    })
  return (
    <Dialog
      title={hasPassphrase ? t.changeTitle : t.setTitle}
      width="narrow"
      onClose={onClose}
      footer={
        <>
          <Button onPress={onClose}>{TEXTS.common.cancel}</Button>
          <Button look="primary" isPending={change.isPending} isDisabled={!isReady} onPress={submit}>
            {t.confirm}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {hasPassphrase ? (
          <TextField
            label={t.current}
            type="password"
            autoComplete="current-password"
            value={current}
            onChange={setCurrent}
            autoFocus
          />
        ) : null}
        <TextField
          label={t.next}
          type="password"
          autoComplete="new-password"
          value={next}
          onChange={setNext}
          help={t.rule}
          error={next !== '' && !isLong ? t.tooShort : null}
        />
        <TextField
          label={t.again}
          type="password"
          autoComplete="new-password"
          value={again}
          onChange={setAgain}
          error={again !== '' && isLong && next !== again ? t.different : null}
        />
        {change.error === null ? null : <ErrorNotice error={change.error} />}
      </div>
    </Dialog>
  )
}
