/** The identity of the log in full, its keys, and the logs before it. */
import { useState } from 'react'
import type { OutputOf } from '../../../shared/operations.ts'
import { fill, integer, plural } from '../../format.ts'
import { Age, ErrorNotice } from '../../parts/pieces.tsx'
import { useAct } from '../../queries.ts'
import { href } from '../../router.ts'
import { TEXTS } from '../../texts.ts'
import { AUDIT_TEXTS } from '../../texts-audit.ts'
import { api } from '../../api.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Choice } from '../../ui/field.tsx'
import { toast } from '../../ui/toast.tsx'
import { Exact } from './job-parts.tsx'
import { alarmWords } from './record-words.ts'

const t = AUDIT_TEXTS.identity
type Identity = OutputOf<'get_log_identity'>
type Archived = Identity['predecessors'][number]

function Rotate({ onDone }: { onDone: () => void }) {
  const rotate = useAct('rotate_signing_key')
  const [reason, setReason] = useState<'suspicion' | 'user_change'>('user_change')
  const confirm = (): void =>
    rotate.mutate(
      { reason },
      {
        onSuccess: () => {
          toast(t.rotated)
          onDone()
        },
      },
    )
  return (
    <Dialog
      title={t.rotateTitle}
      onClose={onDone}
      role="alertdialog"
      footer={
        <>
          <Button onPress={onDone} autoFocus>
            {TEXTS.common.cancel}
          </Button>
          <Button look="primary" isPending={rotate.isPending} onPress={confirm}>
            {t.rotateConfirm}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <p>{t.rotateText}</p>
        <Choice
          label={t.why}
          value={reason}
          onChange={setReason}
          options={[
            { value: 'user_change', label: t.wish },
            { value: 'suspicion', label: t.suspicion },
          ]}
        />
        {rotate.error === null ? null : <ErrorNotice error={rotate.error} />}
      </div>
    </Dialog>
  )
}

function ArchivedLog({ archived: { file, log } }: { archived: Archived }) {
  const [state, setState] = useState<{ isBusy: boolean; words: string | null; error: unknown }>({
    isBusy: false,
    words: null,
    error: null,
  })
  const check = async (): Promise<void> => {
    setState({ isBusy: true, words: null, error: null })
    try {
      const { is_ok, size, fault } = await api.verify_archived_log({ file })
      const words = is_ok ? plural(t.archivedOk, size) : fill(t.archivedBad, { kind: fault?.kind ?? '?' })
      setState({ isBusy: false, words, error: null })
    } catch (error) {
      setState({ isBusy: false, words: null, error })
    }
  }
  return (
    <li className="flex flex-wrap items-center gap-3">
      <code className="font-mono text-xs">{file}</code>
      <span className="text-ink-2">
        {log === null ? t.unreadable : plural(AUDIT_TEXTS.head.records, log.size)}
        {log?.last_at === null || log?.last_at === undefined ? null : (
          <>
            , <Age at={log.last_at} />
          </>
        )}
      </span>
      {log === null ? null : (
        <Button size="small" isPending={state.isBusy} onPress={() => void check()}>
          {t.verifyArchived}
        </Button>
      )}
      <span role="status">{state.words}</span>
      {state.error === null ? null : <ErrorNotice error={state.error} />}
    </li>
  )
}

function Logs({ identity: { predecessor, predecessors } }: { identity: Identity }) {
  return (
    <section className="flex flex-col gap-1">
      {predecessor === null ? null : (
        <>
          <h3 className="text-md">{t.predecessor}</h3>
          <p className="text-ink-2">{predecessor.words}</p>
        </>
      )}
      <h3 className="text-md">{t.archived}</h3>
      {predecessors.length === 0 ? (
        <p className="text-ink-2">{t.archivedNone}</p>
      ) : (
        <ul className="flex flex-col gap-1">
          {predecessors.map((archived) => (
            <ArchivedLog key={archived.file} archived={archived} />
          ))}
        </ul>
      )}
    </section>
  )
}

export function IdentityDialog({ identity, onClose }: { identity: Identity; onClose: () => void }) {
  const [isRotating, setIsRotating] = useState(false)
  const { origin, vkey, key, head, pinned, rotations, alarms } = identity
  if (isRotating) return <Rotate onDone={() => setIsRotating(false)} />
  return (
    <Dialog
      title={t.title}
      onClose={onClose}
      width="roomy"
      footer={
        <>
          <Button onPress={() => setIsRotating(true)}>{t.rotate}</Button>
          <Button look="primary" onPress={onClose}>
            {t.close}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <p className="text-ink-2">{t.text}</p>
        <Exact label={t.origin} value={origin} />
        <Exact label={t.vkey} value={vkey} />
        {key.vkey === vkey ? null : <Exact label={t.now} value={key.vkey} />}
        <p className="num text-ink-2">{plural(t.rotations, rotations)}</p>
        <div>
          <Exact label={t.checkpoint} value={head.note} />
          <p className="mt-1 text-xs text-ink-2">{t.checkpointText}</p>
          {pinned === null ? null : (
            <p className="num mt-1 text-xs text-ink-2">
              {fill(t.pinned, { size: integer(pinned.size) })} <Age at={pinned.at} />
            </p>
          )}
        </div>
        {alarms.length === 0 ? null : (
          <section>
            <h3 className="text-md">{t.alarms}</h3>
            <ul className="flex flex-col gap-0.5">
              {alarms.map((alarm) => (
                <li key={alarm.seq}>
                  <a href={href('audit', String(alarm.seq))} className="text-accent-ink underline">
                    {fill(AUDIT_TEXTS.record.title, { seq: alarm.seq })}
                  </a>{' '}
                  <span className="text-ink-2">
                    <Age at={alarm.at} /> · {alarmWords(alarm.kind)}
                  </span>
                </li>
              ))}
            </ul>
          </section>
        )}
        <Logs identity={identity} />
      </div>
    </Dialog>
  )
}
