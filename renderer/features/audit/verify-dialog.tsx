/** The full check: begun, watched, stopped, and what it says and cannot say. */
import { useState } from 'react'
import type { AuditJob } from '../../../shared/schemas/audit.ts'
import { fill, integer, plural } from '../../format.ts'
import { ErrorNotice } from '../../parts/pieces.tsx'
import { visible } from '../../parts/words.ts'
import { useAct } from '../../queries.ts'
import { href } from '../../router.ts'
import { AUDIT_TEXTS } from '../../texts-audit.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { Notice } from '../../ui/state.tsx'
import { Exact, Progress } from './job-parts.tsx'
import { setJob, useAuditJob } from './use-audit-job.ts'

const t = AUDIT_TEXTS.verify
const MAX_CHARS = 40_000

/**
 * The notes in a pasted text: each begins with a log's name and ends with its signatures. What a mail program put around the lines goes.
 * Null when something is there that is none.
 */
export function notesIn(pasted: string): string[] | null {
  const lines = pasted.split('\n').map((line) => line.replace(/^[\s>]+/, '').trimEnd())
  const text = lines.join('\n').trim()
  if (text === '') return []
  const notes = text.match(/^audit\.spendsignoff\/[^\n]+\n\d+\n[^\n]+\n\n(?:— [^\n]+(?:\n|$))+/gm)
  return notes === null || notes.join('').replace(/\s/g, '') !== text.replace(/\s/g, '')
    ? null
    : notes.map((note) => `${note.trimEnd()}\n`)
}

type Verification = NonNullable<AuditJob['verification']>

export function Verdict({ result }: { result: Verification }) {
  const { fault } = result
  if (!result.is_ok)
    return (
      <Notice
        tone="danger"
        title={t.faultTitle}
        action={
          fault?.seq === null || fault?.seq === undefined ? undefined : (
            <a href={href('audit', String(fault.seq))} className="text-accent-ink underline">
              {fill(t.show, { seq: fault.seq })}
            </a>
          )
        }
      >
        {fault === null ? null : (
          <>
            <p className="font-medium text-ink">
              {fault.seq === null
                ? fill(t.faultNoSeq, { kind: fault.kind })
                : fill(t.faultAt, { kind: fault.kind, seq: fault.seq })}
            </p>
            <p>{visible(fault.message)}</p>
          </>
        )}
        <p>{t.faultHint}</p>
      </Notice>
    )
  return (
    <Notice tone="good" title={plural(t.okTitle, result.size)}>
      <p className="num">
        {plural(t.checkpoints, result.checkpoints)} · {fill(t.took, { ms: integer(result.took_ms) })}
      </p>
    </Notice>
  )
}

function Result({ result }: { result: Verification }) {
  return (
    <div className="flex flex-col gap-3">
      <Verdict result={result} />
      {result.witnesses.length === 0 || !result.is_ok ? null : (
        <div>
          <h3 className="text-md">{t.witnesses}</h3>
          <ul className="list-disc pl-5 text-ink-2">
            {result.witnesses.map(({ source, size }) => (
              <li key={`${source} ${size}`}>
                {fill(source === 'head_pin' ? t.pin : t.outside, { size: integer(size) })}
              </li>
            ))}
          </ul>
        </div>
      )}
      {result.limits.length === 0 ? null : (
        <div>
          <h3 className="text-md">{t.limits}</h3>
          <ul className="list-disc pl-5 text-ink-2">
            {result.limits.map((limit) => (
              <li key={limit}>{limit}</li>
            ))}
          </ul>
        </div>
      )}
      {result.is_ok ? (
        <>
          <Exact label={t.root} value={result.root} />
          <Exact label={t.vkey} value={result.vkey} />
        </>
      ) : null}
    </div>
  )
}

export function VerifyDialog({ onClose }: { onClose: () => void }) {
  const { job, error } = useAuditJob('verification')
  const begin = useAct('begin_verification')
  const cancel = useAct('cancel_audit_job')
  const [pasted, setPasted] = useState('')
  const notes = notesIn(pasted)
  const isRunning = job?.state === 'running'
  const start = (): void =>
    begin.mutate(notes === null || notes.length === 0 ? {} : { extra_notes: notes }, {
      onSuccess: ({ job_id }) => setJob('verification', job_id),
    })
  const isOver = job !== undefined && !isRunning
  return (
    <Dialog
      title={t.title}
      onClose={onClose}
      width="roomy"
      footer={
        <>
          <Button onPress={onClose}>{t.close}</Button>
          {isRunning ? (
            <Button isPending={cancel.isPending} onPress={() => cancel.mutate({ job_id: job.job_id })}>
              {t.cancel}
            </Button>
          ) : (
            <Button
              look="primary"
              icon="shield"
              isPending={begin.isPending}
              isDisabled={notes === null}
              onPress={start}
            >
              {isOver ? t.again : t.start}
            </Button>
          )}
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <p className="text-ink-2">{t.text}</p>
        {isRunning ? <Progress job={job} label={t.progress} /> : null}
        {job?.state === 'done' && job.verification !== null ? <Result result={job.verification} /> : null}
        {job?.state === 'cancelled' ? <Notice tone="info" title={t.cancelled} /> : null}
        {job?.state === 'failed' ? (
          <Notice tone="danger" title={t.failed}>
            {job.error === null ? null : `${job.error.message} ${job.error.hint}`}
          </Notice>
        ) : null}
        {begin.error === null ? null : <ErrorNotice title={t.failed} error={begin.error} />}
        {error === null || isOver ? null : <ErrorNotice title={t.failed} error={error} />}
        {isRunning ? null : (
          <TextField
            label={t.given}
            help={t.givenHelp}
            isMultiline
            value={pasted}
            onChange={setPasted}
            maxLength={MAX_CHARS}
            error={notes === null ? t.givenError : null}
          />
        )}
      </div>
    </Dialog>
  )
}
