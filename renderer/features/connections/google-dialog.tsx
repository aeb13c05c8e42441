/** Connecting Google Ads: sign in with one's own desktop client, or a service account's key. Secrets leave with the dialog. */
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

const t = TEXTS.connections.google
type Method = 'oauth' | 'service_account'
const MIN_KEY = 50

function isClientId(text: string): boolean {
  return /^[\w.-]+\.apps\.googleusercontent\.com$/.test(text.trim())
}

function SignIn({ consent, onClose }: { consent: ReturnType<typeof useConsent>; onClose: () => void }) {
  const [clientId, setClientId] = useState('')
  const [secret, setSecret] = useState('')
  const isReady = clientId.trim().length >= 5 && secret.trim().length >= 8
  return (
    <div className="flex flex-col gap-4">
      <ol className="flex flex-col gap-4">
        <Step number={1} text={t.step1} />
        <Step number={2} text={t.step2} />
        <Step number={3} text={t.step3}>
          <TextField
            label={t.clientId}
            value={clientId}
            onChange={setClientId}
            {...(clientId !== '' && !isClientId(clientId) ? { help: t.clientIdHelp } : {})}
          />
          <TextField
            label={t.clientSecret}
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
          onPress={() =>
            consent.begin({ platform: 'google_ads', client_id: clientId.trim(), client_secret: secret.trim() })
          }
        >
          {t.begin}
        </Button>
      </DialogActions>
    </div>
  )
}

function ServiceAccount({ onClose }: { onClose: () => void }) {
  const [key, setKey] = useState('')
  const connect = useAct('connect_google_service_account')
  const submit = () =>
    connect.mutate(
      { key_json: key.trim() },
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
        <Step number={1} text={t.service1} />
        <Step number={2} text={t.service2} />
        <Step number={3} text={t.service3}>
          <TextField
            label={t.key}
            value={key}
            onChange={setKey}
            isMultiline
            maxLength={8_192}
            help={TEXTS.connections.sealed}
          />
        </Step>
      </ol>
      <StepList steps={connect.data?.steps ?? []} />
      {connect.error === null ? null : <ErrorNotice title={t.failed} error={connect.error} />}
      <DialogActions>
        <Button onPress={onClose}>{TEXTS.common.cancel}</Button>
        <Button look="primary" isDisabled={key.trim().length < MIN_KEY} isPending={connect.isPending} onPress={submit}>
          {connect.isPending ? t.busy : t.submit}
        </Button>
      </DialogActions>
    </div>
  )
}

export function GoogleDialog({ onClose }: { onClose: () => void }) {
  const [method, setMethod] = useState<Method>('oauth')
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
            { value: 'oauth', label: t.oauth, help: t.oauthHelp },
            { value: 'service_account', label: t.service, help: t.serviceHelp },
          ]}
        />
        {method === 'oauth' ? <SignIn consent={consent} onClose={onClose} /> : <ServiceAccount onClose={onClose} />}
      </div>
    </Dialog>
  )
}
