/** Connecting Meta: a system user's token, or signing in through one's own app in development mode. Secrets leave with the dialog. */
import { useState } from 'react'
import { ErrorNotice } from '../../parts/pieces.tsx'
import { useAct } from '../../queries.ts'
import { TEXTS } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog, DialogActions } from '../../ui/dialog.tsx'
import { Choice, TextField } from '../../ui/field.tsx'
import { toast } from '../../ui/toast.tsx'
import { Step, StepList } from './connect-steps.tsx'
import { ConsentDialog, useConsent } from './oauth-progress.tsx'

const t = TEXTS.connections.meta
type Method = 'system_user' | 'oauth'
const MIN_TOKEN = 20
const MIN_SECRET = 8

function SystemUser({ onClose }: { onClose: () => void }) {
  const [token, setToken] = useState('')
  const [secret, setSecret] = useState('')
  const connect = useAct('connect_meta_token')
  const isSecretGood = secret.trim() === '' || secret.trim().length >= MIN_SECRET
  const submit = () =>
    connect.mutate(
      { access_token: token.trim(), ...(secret.trim() === '' ? {} : { app_secret: secret.trim() }) },
      {
        onSuccess: () => {
          toast(TEXTS.connections.oauth.done)
          onClose()
        },
      },
    )
  return (
    <div className="flex flex-col gap-4">
      <ol className="flex flex-col gap-4">
        <Step number={1} text={t.system1} />
        <Step number={2} text={t.system2} />
        <Step number={3} text={t.system3}>
          <TextField
            label={t.token}
            type="password"
            value={token}
            onChange={setToken}
            help={TEXTS.connections.sealed}
          />
          <TextField
            label={t.appSecretOptional}
            type="password"
            value={secret}
            onChange={setSecret}
            help={t.appSecretHelp}
            error={isSecretGood ? null : TEXTS.connections.tiktok.short}
          />
        </Step>
      </ol>
      <StepList steps={connect.data?.steps ?? []} />
      {connect.error === null ? null : <ErrorNotice title={t.failed} error={connect.error} />}
      <DialogActions>
        <Button onPress={onClose}>{TEXTS.common.cancel}</Button>
        <Button
          look="primary"
          isDisabled={token.trim().length < MIN_TOKEN || !isSecretGood}
          isPending={connect.isPending}
          onPress={submit}
        >
          {connect.isPending ? t.busy : t.submit}
        </Button>
      </DialogActions>
    </div>
  )
}

function SignIn({ consent, onClose }: { consent: ReturnType<typeof useConsent>; onClose: () => void }) {
  const [appId, setAppId] = useState('')
  const [secret, setSecret] = useState('')
  const isReady = /^\d{5,24}$/.test(appId.trim()) && secret.trim().length >= MIN_SECRET
  return (
    <div className="flex flex-col gap-4">
      <ol className="flex flex-col gap-4">
        <Step number={1} text={t.app1} />
        <Step number={2} text={t.app2}>
          <TextField
            label={t.appId}
            value={appId}
            onChange={setAppId}
            inputMode="numeric"
            error={appId !== '' && !/^\d{5,24}$/.test(appId.trim()) ? TEXTS.connections.tiktok.appIdBad : null}
          />
          <TextField
            label={t.appSecret}
            type="password"
            value={secret}
            onChange={setSecret}
            help={TEXTS.connections.sealed}
          />
        </Step>
      </ol>
      {consent.error === null ? null : <ErrorNotice title={t.failed} error={consent.error} />}
      <DialogActions>
        <Button onPress={onClose}>{TEXTS.common.cancel}</Button>
        <Button
          look="primary"
          isDisabled={!isReady}
          isPending={consent.isBeginning}
          onPress={() => consent.begin({ platform: 'meta', client_id: appId.trim(), client_secret: secret.trim() })}
        >
          {t.begin}
        </Button>
      </DialogActions>
    </div>
  )
}

export function MetaDialog({ onClose }: { onClose: () => void }) {
  const [method, setMethod] = useState<Method>('system_user')
  const consent = useConsent(onClose)
  if (consent.flow !== null)
    return (
      <ConsentDialog
        title={t.title}
        flow={consent.flow}
        onAgain={consent.end}
        onClose={() => {
          consent.end()
          onClose()
        }}
      />
    )
  return (
    <Dialog title={t.title} width="roomy" onClose={onClose}>
      <div className="flex flex-col gap-4">
        <p className="text-ink-2">{t.intro}</p>
        <Choice<Method>
          label={TEXTS.connections.method}
          value={method}
          onChange={setMethod}
          options={[
            { value: 'system_user', label: t.system, help: t.systemHelp },
            { value: 'oauth', label: t.app, help: t.appHelp },
          ]}
        />
        {method === 'system_user' ? <SystemUser onClose={onClose} /> : <SignIn consent={consent} onClose={onClose} />}
      </div>
    </Dialog>
  )
}
