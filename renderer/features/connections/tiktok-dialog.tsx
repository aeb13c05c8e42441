/** Connecting TikTok with one's own developer app: where each value is found, then one exchange. Secrets leave with the dialog. */
import { useState } from 'react'
import { ErrorNotice } from '../../parts/pieces.tsx'
import { useAct } from '../../queries.ts'
import { TEXTS } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { toast } from '../../ui/toast.tsx'
import { Step } from './connect-steps.tsx'

const t = TEXTS.connections.tiktok
const MIN_LENGTH = 8

/** People paste the whole address; the code is the part they mean. */
export function authCodeOf(text: string): string {
  const match = /[?&]auth_code=([^&#\s]+)/.exec(text)
  if (match?.[1] === undefined) return text.trim()
  try {
    return decodeURIComponent(match[1])
  } catch {
    return match[1]
  }
}

export function TiktokDialog({ onClose }: { onClose: () => void }) {
  const connect = useAct('connect_tiktok')
  const [appId, setAppId] = useState('')
  const [secret, setSecret] = useState('')
  const [code, setCode] = useState('')
  const isAppIdGood = /^\d{5,24}$/.test(appId.trim())
  const isReady = isAppIdGood && secret.trim().length >= MIN_LENGTH && authCodeOf(code).length >= MIN_LENGTH
  const submit = () =>
    connect.mutate(
      { app_id: appId.trim(), app_secret: secret.trim(), auth_code: authCodeOf(code) },
      {
        onSuccess: () => {
          toast(t.done)
          onClose()
        },
      },
    )
  const short = (value: string): string | null => (value !== '' && value.trim().length < MIN_LENGTH ? t.short : null)
  return (
    <Dialog
      title={t.title}
      onClose={onClose}
      footer={
        <>
          <Button onPress={onClose} isDisabled={connect.isPending}>
            {TEXTS.common.cancel}
          </Button>
          <Button look="primary" onPress={submit} isDisabled={!isReady} isPending={connect.isPending}>
            {connect.isPending ? t.busy : t.submit}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <p className="text-ink-2">{t.intro}</p>
        <ol className="flex flex-col gap-5">
          <Step number={1} text={t.step1}>
            <TextField
              label={t.appId}
              value={appId}
              onChange={setAppId}
              inputMode="numeric"
              autoFocus
              error={appId !== '' && !isAppIdGood ? t.appIdBad : null}
            />
            <TextField
              label={t.appSecret}
              type="password"
              value={secret}
              onChange={setSecret}
              help={t.appSecretHelp}
              error={short(secret)}
            />
          </Step>
          <Step number={2} text={t.step2} />
          <Step number={3} text={t.step3}>
            <TextField label={t.authCode} value={code} onChange={setCode} error={short(code)} />
          </Step>
        </ol>
        {connect.error === null ? null : <ErrorNotice title={t.failed} error={connect.error} />}
      </div>
    </Dialog>
  )
}
