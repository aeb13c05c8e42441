/** Sets up a workspace of one's own: chooses how its keys are sealed. The passphrase stays in the form and leaves with it. */
import { useState } from 'react'
import type { OutputOf } from '../../shared/operations.ts'
import { useAct } from '../queries.ts'
import { go } from '../router.ts'
import { TEXTS } from '../texts.ts'
import { Button } from '../ui/button.tsx'
import { Choice, TextField } from '../ui/field.tsx'
import { ErrorNotice } from './pieces.tsx'

type AppState = OutputOf<'get_app_state'>
const t = TEXTS.firstRun
const MIN_LENGTH = 8

export function VaultForm({ app, onBack }: { app: AppState; onBack: () => void }) {
  // Told to the act itself: with the workspace this form is gone, and what is told to the form's own call goes with it.
  const create = useAct('create_workspace', () => go('connections', 'tiktok'))
  const canKeychain = app.keychain === 'ready' || app.keychain === 'unchecked'
  const [vault, setVault] = useState<'keychain' | 'passphrase'>(canKeychain ? 'keychain' : 'passphrase')
  const [passphrase, setPassphrase] = useState('')
  const [again, setAgain] = useState('')
  // In a browser Confirm asks for the passphrase too, so there it is needed with a keychain as well.
  const needsPassphrase = vault === 'passphrase' || app.shell === 'browser'
  const isLongEnough = passphrase.length >= MIN_LENGTH
  const isReady = !needsPassphrase || (isLongEnough && passphrase === again)
  const submit = () => create.mutate({ vault, ...(needsPassphrase ? { passphrase } : {}) })
  return (
    <form
      className="flex w-full max-w-md flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        if (isReady && !create.isPending) submit()
      }}
    >
      <div>
        <h1 className="text-xl">{t.vaultTitle}</h1>
        <p className="mt-1 text-md text-ink-2">{t.vaultIntro}</p>
      </div>
      <Choice
        label={t.vaultLabel}
        value={vault}
        onChange={setVault}
        options={[
          {
            value: 'keychain',
            label: t.keychain,
            help: canKeychain ? t.keychainHelp : t.keychainNo[app.keychain],
            isDisabled: !canKeychain,
          },
          { value: 'passphrase', label: t.passphraseChoice, help: t.passphraseHelp },
        ]}
      />
      {needsPassphrase ? (
        <>
          <TextField
            label={t.passphrase}
            type="password"
            autoComplete="new-password"
            value={passphrase}
            onChange={setPassphrase}
            help={app.shell === 'browser' ? `${t.passphraseRule} ${t.passphraseBrowser}` : t.passphraseRule}
            error={passphrase !== '' && !isLongEnough ? t.tooShort : null}
          />
          <TextField
            label={t.repeat}
            type="password"
            autoComplete="new-password"
            value={again}
            onChange={setAgain}
            error={again !== '' && isLongEnough && passphrase !== again ? t.different : null}
          />
        </>
      ) : null}
      {create.error === null ? null : <ErrorNotice error={create.error} />}
      <div className="flex gap-2">
        <Button look="primary" size="large" type="submit" isDisabled={!isReady} isPending={create.isPending}>
          {create.isPending ? t.creating : t.create}
        </Button>
        <Button size="large" look="quiet" onPress={onBack} isDisabled={create.isPending}>
          {TEXTS.common.back}
        </Button>
      </div>
    </form>
  )
}
