/** A workspace that is locked or in trouble: which of the two, why, and what to do. Never offers to make a new key for data that stands there. */
import { useState } from 'react'
import type { OutputOf } from '../../../shared/operations.ts'
import { errorReply } from '../../api.ts'
import { fill } from '../../format.ts'
import { ErrorNotice } from '../../parts/pieces.tsx'
import { visible } from '../../parts/words.ts'
import { useAct } from '../../queries.ts'
import { TEXTS } from '../../texts.ts'
import { LOG_TEXTS } from '../../texts-log.ts'
import { Button } from '../../ui/button.tsx'
import { TextField } from '../../ui/field.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Notice } from '../../ui/state.tsx'
import { NewLog, NewLogReason } from './new-log.tsx'

type AppState = OutputOf<'get_app_state'>
const t = TEXTS.unlock

function Panel({ icon, title, children }: { icon: 'lock' | 'warn'; title: string; children: React.ReactNode }) {
  return (
    <main className="flex min-h-full justify-center px-6 py-20">
      <div className="flex w-full max-w-md flex-col gap-4">
        <span className="grid size-10 place-items-center rounded-xl border border-line bg-surface text-ink-2">
          <Icon name={icon} size={20} />
        </span>
        <h1 className="text-xl">{title}</h1>
        {children}
      </div>
    </main>
  )
}

/** `isRetry`: after a trouble that may be over. */
function WithPassphrase({ app, isRetry = false }: { app: AppState; isRetry?: boolean }) {
  const unlock = useAct('unlock_workspace')
  const [passphrase, setPassphrase] = useState('')
  const isWrong = unlock.error !== null && errorReply(unlock.error).code === 'wrong_passphrase'
  const hint = app.demo_passphrase
  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault()
        if (passphrase !== '' && !unlock.isPending) unlock.mutate({ passphrase })
      }}
    >
      <TextField
        label={t.passphrase}
        type="password"
        autoComplete="current-password"
        autoFocus={!isRetry}
        value={passphrase}
        onChange={setPassphrase}
        error={isWrong ? errorReply(unlock.error).message : null}
        {...(hint === null ? {} : { help: fill(TEXTS.confirm.demoPassphrase, { passphrase: hint }) })}
      />
      {unlock.error === null || isWrong ? null : <ErrorNotice title={t.failed} error={unlock.error} />}
      <div>
        <Button
          look={isRetry ? 'plain' : 'primary'}
          size="large"
          type="submit"
          isDisabled={passphrase === ''}
          isPending={unlock.isPending}
        >
          {unlock.isPending ? t.busy : isRetry ? t.again : t.submit}
        </Button>
      </div>
    </form>
  )
}

function WithKeychain({ app }: { app: AppState }) {
  const unlock = useAct('unlock_workspace')
  const [title, text] = t.keychain[app.keychain]
  return (
    <>
      <Notice tone={app.keychain === 'ready' ? 'info' : 'warn'} title={title}>
        {text}
      </Notice>
      {unlock.error === null ? null : <ErrorNotice title={t.failed} error={unlock.error} />}
      <div>
        <Button look="primary" size="large" isPending={unlock.isPending} onPress={() => unlock.mutate({})}>
          {unlock.isPending ? t.busy : app.keychain === 'ready' ? t.open : t.again}
        </Button>
      </div>
    </>
  )
}

function Retry({ app }: { app: AppState }) {
  const unlock = useAct('unlock_workspace')
  if (app.workspace?.vault === 'passphrase') return <WithPassphrase app={app} isRetry />
  return (
    <>
      {unlock.error === null ? null : <ErrorNotice title={t.failed} error={unlock.error} />}
      <div>
        <Button size="large" isPending={unlock.isPending} onPress={() => unlock.mutate({})}>
          {t.again}
        </Button>
      </div>
    </>
  )
}

function Trouble({ app }: { app: AppState }) {
  const [isBeginning, setIsBeginning] = useState(false)
  const { trouble, successor } = app
  const more =
    trouble?.code === 'vault_key_missing' ? t.keyMissing : trouble?.code === 'ledger_broken' ? t.ledgerBroken : null
  return (
    <>
      {trouble === null ? null : (
        <Notice tone="danger" title={visible(trouble.message)}>
          {successor === null ? <p>{visible(trouble.hint)}</p> : <NewLogReason offer={successor} />}
          {more === null || successor !== null ? null : <p className="mt-2">{more}</p>}
        </Notice>
      )}
      {successor === null ? null : <NewLog app={app} offer={successor} isOpen={isBeginning} onOpen={setIsBeginning} />}
      {isBeginning ? null : <Retry app={app} />}
    </>
  )
}

export function UnlockScreen({ app }: { app: AppState }) {
  // A wrong passphrase given at the start (an environment variable) is asked for again, like any other.
  const isWrongPassphrase = app.trouble?.code === 'wrong_passphrase'
  if (app.phase === 'trouble' && !isWrongPassphrase)
    return (
      <Panel icon="warn" title={app.successor === null ? t.troubleTitle : LOG_TEXTS[app.successor.reason].title}>
        <Trouble app={app} />
      </Panel>
    )
  // A keychain vault opens by itself at the start, or is in trouble: what is only locked waits for a passphrase. The core tells
  // the workspace's kind once it is open, so that "not told" means passphrase too.
  const isPassphrase = isWrongPassphrase || app.workspace?.vault !== 'keychain'
  return (
    <Panel icon="lock" title={t.title}>
      <p className="text-md text-ink-2">{t.text}</p>
      {isPassphrase ? <WithPassphrase app={app} /> : <WithKeychain app={app} />}
    </Panel>
  )
}
