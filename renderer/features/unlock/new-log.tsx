/** The one trouble of the audit log that a person can end here: says what happened and what will be on record, and asks for a deliberate word. */
import { useId, useState } from 'react'
import type { OutputOf } from '../../../shared/operations.ts'
import type { SuccessorOffer } from '../../../shared/schemas/log.ts'
import { errorReply } from '../../api.ts'
import { ErrorNotice } from '../../parts/pieces.tsx'
import { useAct } from '../../queries.ts'
import { LOG_TEXTS } from '../../texts-log.ts'
import { Button } from '../../ui/button.tsx'
import { Checkbox } from '../../ui/checkbox.tsx'
import { TextField } from '../../ui/field.tsx'

type AppState = OutputOf<'get_app_state'>
const t = LOG_TEXTS

/** How that comes about, and what can be done, in plain words. */
export function NewLogReason({ offer }: { offer: SuccessorOffer }) {
  const [first, second] = t[offer.reason].why
  return (
    <>
      <p>{first}</p>
      <p className="mt-2">{second}</p>
    </>
  )
}

function Points({ title, points }: { title: string; points: readonly string[] }) {
  const id = useId()
  return (
    <div>
      <h2 id={id} className="text-base font-semibold">
        {title}
      </h2>
      <ul aria-labelledby={id} className="mt-1 flex list-disc flex-col gap-1 pl-5 text-ink-2">
        {points.map((point) => (
          <li key={point}>{point}</li>
        ))}
      </ul>
    </div>
  )
}

/** Opens on demand, so that nobody begins a new log in passing. */
export function NewLog({
  app,
  offer,
  isOpen,
  onOpen,
}: {
  app: AppState
  offer: SuccessorOffer
  isOpen: boolean
  onOpen: (isOpen: boolean) => void
}) {
  const begin = useAct('begin_successor_log')
  const [isSure, setIsSure] = useState(false)
  const [passphrase, setPassphrase] = useState('')
  const { reason } = offer
  if (!isOpen)
    return (
      <div>
        <Button size="large" onPress={() => onOpen(true)}>
          {t.open}
        </Button>
      </div>
    )
  const isWrong = begin.error !== null && errorReply(begin.error).code === 'wrong_passphrase'
  const asks = app.workspace?.vault !== 'keychain' || app.confirm_needs_passphrase || isWrong
  const isReady = isSure && (!asks || passphrase !== '')
  const changed = [...t.changed.both, t.changed[reason]]
  return (
    <form
      aria-label={t.confirm}
      className="flex flex-col gap-4 rounded-xl border border-line bg-surface p-4"
      onSubmit={(event) => {
        event.preventDefault()
        if (isReady && !begin.isPending) begin.mutate({ reason, ...(passphrase === '' ? {} : { passphrase }) })
      }}
    >
      <Points title={t.record} points={t.recorded[reason]} />
      <Points title={t.changes} points={changed} />
      <Checkbox isSelected={isSure} onChange={setIsSure}>
        {t[reason].sure}
      </Checkbox>
      {asks ? (
        <TextField
          label={t.passphrase}
          type="password"
          autoComplete="current-password"
          value={passphrase}
          onChange={setPassphrase}
          error={isWrong ? errorReply(begin.error).message : null}
        />
      ) : null}
      {begin.error === null || isWrong ? null : <ErrorNotice title={t.failed} error={begin.error} />}
      <div className="flex flex-wrap gap-2">
        <Button look="primary" type="submit" isDisabled={!isReady} isPending={begin.isPending}>
          {begin.isPending ? t.busy : t.confirm}
        </Button>
        <Button isDisabled={begin.isPending} onPress={() => onOpen(false)}>
          {t.cancel}
        </Button>
      </div>
    </form>
  )
}
