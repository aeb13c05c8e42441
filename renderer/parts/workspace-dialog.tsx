/**
 * The way between the demo and one's own workspace. Only one is open at a time; while the demo is, nobody tells whether a workspace exists,
 * so both setting up and opening are offered and the core's answer is shown. Never makes a workspace over another one.
 */
import { useState } from 'react'
import type { OutputOf } from '../../shared/operations.ts'
import { errorReply } from '../api.ts'
import { useAct } from '../queries.ts'
import { go } from '../router.ts'
import { TEXTS } from '../texts.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { TextField } from '../ui/field.tsx'
import { ErrorNotice } from './pieces.tsx'
import { VaultForm } from './vault-form.tsx'

type AppState = OutputOf<'get_app_state'>
type Step = 'choose' | 'set_up' | 'open'
const t = TEXTS.workspace

function OpenMine({ onBack }: { onBack: () => void }) {
  const unlock = useAct('unlock_workspace', () => go('overview'))
  const [passphrase, setPassphrase] = useState('')
  const isWrong = unlock.error !== null && errorReply(unlock.error).code === 'wrong_passphrase'
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        if (!unlock.isPending) unlock.mutate(passphrase === '' ? {} : { passphrase })
      }}
    >
      <h1 className="text-xl">{t.open}</h1>
      <TextField
        label={t.passphrase}
        type="password"
        autoComplete="current-password"
        autoFocus
        value={passphrase}
        onChange={setPassphrase}
        help={t.passphraseHelp}
        error={isWrong ? errorReply(unlock.error).message : null}
      />
      {unlock.error === null || isWrong ? null : <ErrorNotice title={t.notOpened} error={unlock.error} />}
      <div className="flex gap-2">
        <Button look="primary" size="large" type="submit" isPending={unlock.isPending}>
          {unlock.isPending ? t.opening : t.openAction}
        </Button>
        <Button size="large" look="quiet" onPress={onBack} isDisabled={unlock.isPending}>
          {TEXTS.common.back}
        </Button>
      </div>
    </form>
  )
}

function OpenDemo({ onClose }: { onClose: () => void }) {
  const demo = useAct('open_demo', () => go('overview'))
  return (
    <Dialog
      title={t.openDemo}
      width="narrow"
      onClose={onClose}
      footer={
        <>
          <Button onPress={onClose} isDisabled={demo.isPending}>
            {TEXTS.common.cancel}
          </Button>
          <Button look="primary" isPending={demo.isPending} onPress={() => demo.mutate({})}>
            {demo.isPending ? TEXTS.firstRun.demoBusy : t.openDemo}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <p>{t.openDemoText}</p>
        {demo.error === null ? null : <ErrorNotice title={TEXTS.firstRun.failed} error={demo.error} />}
      </div>
    </Dialog>
  )
}

export function WorkspaceDialog({ app, onClose }: { app: AppState; onClose: () => void }) {
  const [step, setStep] = useState<Step>('choose')
  const back = () => setStep('choose')
  if (app.workspace?.is_demo !== true) return <OpenDemo onClose={onClose} />
  if (step === 'choose')
    return (
      <Dialog title={t.title} width="narrow" onClose={onClose} footer={<Button onPress={onClose}>{t.stay}</Button>}>
        <div className="flex flex-col gap-3">
          <p>{t.text}</p>
          <div className="flex flex-wrap gap-2">
            <Button look="primary" size="large" onPress={() => setStep('set_up')}>
              {t.setUp}
            </Button>
            <Button size="large" onPress={() => setStep('open')}>
              {t.open}
            </Button>
          </div>
        </div>
      </Dialog>
    )
  return (
    <Dialog title={step === 'open' ? t.open : t.setUp} isTitleHidden width="narrow" onClose={onClose}>
      {step === 'open' ? <OpenMine onBack={back} /> : <VaultForm app={app} onBack={back} />}
    </Dialog>
  )
}
