/** An export for a reviewer: what goes in, what stays out, and what came of it. */
import { useState } from 'react'
import type { InputOf } from '../../../shared/operations.ts'
import type { AuditJob, Redaction } from '../../../shared/schemas/audit.ts'
import { clock } from '../../clock.ts'
import { addDays, integer, plural, todayIn } from '../../format.ts'
import { ErrorNotice } from '../../parts/pieces.tsx'
import { accountLabel } from '../../parts/words.ts'
import { useAct, useRead } from '../../queries.ts'
import { AUDIT_TEXTS } from '../../texts-audit.ts'
import { Button } from '../../ui/button.tsx'
import { Checkbox } from '../../ui/checkbox.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Choice, Select, TextField } from '../../ui/field.tsx'
import { Notice } from '../../ui/state.tsx'
import { Exact, Progress } from './job-parts.tsx'
import { setJob, useAuditJob } from './use-audit-job.ts'

const t = AUDIT_TEXTS.export
type Scope = keyof typeof t.scopes
type Input = InputOf<'begin_audit_export'>
const SCOPES: readonly Scope[] = ['all', 'days', 'draft', 'account']
const DAY = 'h-8 rounded-md border border-line-strong bg-surface px-2'
const DRAFT_ID = /^d_[a-z2-7]{16}$/

interface Fields {
  readonly scope: Scope
  readonly from: string
  readonly to: string
  readonly draftId: string
  readonly accountId: string
  readonly redact: readonly Redaction[]
  readonly purpose: string
  readonly recipient: string
  readonly folder: string
}

function isComplete({ scope, from, to, draftId, accountId }: Fields): boolean {
  if (scope === 'days') return from !== '' && to !== '' && from <= to
  if (scope === 'draft') return DRAFT_ID.test(draftId.trim())
  return scope !== 'account' || accountId !== ''
}

function inputOf(fields: Fields): Input {
  const { scope, from, to, draftId, accountId, redact, purpose, recipient, folder } = fields
  return {
    redact: [...redact],
    ...(scope === 'days' ? { from, to } : {}),
    ...(scope === 'draft' ? { draft_id: draftId.trim() } : {}),
    ...(scope === 'account' ? { account_id: accountId } : {}),
    ...(purpose.trim() === '' ? {} : { purpose: purpose.trim() }),
    ...(recipient.trim() === '' ? {} : { recipient: recipient.trim() }),
    ...(folder.trim() === '' ? {} : { folder: folder.trim() }),
  }
}

type SetFields = (change: Partial<Fields>) => void

function ScopePart({ fields, set }: { fields: Fields; set: SetFields }) {
  const accounts = useRead('list_accounts', {}).data?.accounts ?? []
  const { scope, from, to, draftId } = fields
  return (
    <>
      <Choice
        label={t.scope}
        value={scope}
        onChange={(next) => set({ scope: next })}
        options={SCOPES.map((value) => ({ value, label: t.scopes[value] }))}
      />
      {scope === 'days' ? (
        <div className="flex flex-wrap gap-3">
          <label className="flex flex-col gap-1 font-medium">
            {t.from}
            <input
              type="date"
              className={DAY}
              value={from}
              max={to}
              onChange={(event) => set({ from: event.target.value })}
            />
          </label>
          <label className="flex flex-col gap-1 font-medium">
            {t.to}
            <input
              type="date"
              className={DAY}
              value={to}
              min={from}
              onChange={(event) => set({ to: event.target.value })}
            />
          </label>
        </div>
      ) : null}
      {scope === 'draft' ? (
        <TextField
          label={t.draft}
          value={draftId}
          onChange={(next) => set({ draftId: next })}
          maxLength={40}
          placeholder="d_"
          error={draftId.trim() !== '' && !DRAFT_ID.test(draftId.trim()) ? t.draftError : null}
        />
      ) : null}
      {scope === 'account' ? (
        <Select
          label={t.account}
          value={fields.accountId}
          onChange={(accountId) => set({ accountId })}
          options={[
            { value: '', label: '—' },
            ...accounts.map((account) => ({ value: account.account_id as string, label: accountLabel(account) })),
          ]}
        />
      ) : null}
    </>
  )
}

function Withhold({ fields: { redact }, set }: { fields: Fields; set: SetFields }) {
  const toggle = (one: Redaction, isOn: boolean): void =>
    set({
      redact: (['personal', 'confidential'] as const).filter((each) => (each === one ? isOn : redact.includes(each))),
    })
  return (
    <fieldset>
      <legend className="font-medium">{t.withhold}</legend>
      <Checkbox isSelected={redact.includes('personal')} onChange={(isOn) => toggle('personal', isOn)}>
        {t.personal}
      </Checkbox>
      <p className="pl-7 text-xs text-ink-2">{t.personalHelp}</p>
      <Checkbox isSelected={redact.includes('confidential')} onChange={(isOn) => toggle('confidential', isOn)}>
        {t.confidential}
      </Checkbox>
      <p className="pl-7 text-xs text-ink-2">{t.confidentialHelp}</p>
      <p className="mt-1 text-xs text-ink-2">{t.withholdText}</p>
    </fieldset>
  )
}

function Made({ made }: { made: NonNullable<AuditJob['export']> }) {
  return (
    <div className="flex flex-col gap-3">
      <Notice tone="good" title={t.done}>
        <p className="num">
          {plural(AUDIT_TEXTS.head.records, made.records)} · {integer(Math.ceil(made.bytes / 1_000))} kB
          {made.withheld === 0 ? '' : ` · ${plural(t.withheld, made.withheld)}`}
        </p>
      </Notice>
      <Exact label={t.file} value={made.file} />
      <Exact label={t.sha256} value={made.sha256} />
      <div>
        <h3 className="text-md">{t.how}</h3>
        <p className="text-ink-2">{t.howText}</p>
      </div>
    </div>
  )
}

function Ended({ job }: { job: AuditJob }) {
  if (job.state === 'done' && job.export !== null) return <Made made={job.export} />
  if (job.state === 'cancelled') return <Notice tone="info" title={t.cancelled} />
  return (
    <Notice tone="danger" title={t.failed}>
      {job.error === null ? null : `${job.error.message} ${job.error.hint}`}
    </Notice>
  )
}

export function ExportDialog({ draftId, onClose }: { draftId: string | null; onClose: () => void }) {
  const { job, error } = useAuditJob('export')
  const begin = useAct('begin_audit_export')
  const cancel = useAct('cancel_audit_job')
  const today = todayIn('UTC', clock.nowMs())
  const [fields, setFields] = useState<Fields>({
    scope: draftId === null ? 'all' : 'draft',
    from: addDays(today, -29),
    to: today,
    draftId: draftId ?? '',
    accountId: '',
    redact: [],
    purpose: '',
    recipient: '',
    folder: '',
  })
  const set: SetFields = (change) => {
    begin.reset()
    setFields((before) => ({ ...before, ...change }))
  }
  const start = (): void => begin.mutate(inputOf(fields), { onSuccess: ({ job_id }) => setJob('export', job_id) })
  const close = (): void => {
    if (job !== undefined && job.state !== 'running') setJob('export', null)
    onClose()
  }
  return (
    <Dialog
      title={t.title}
      onClose={close}
      width="roomy"
      footer={
        <>
          <Button onPress={close}>{t.close}</Button>
          {job === undefined ? (
            <Button look="primary" isDisabled={!isComplete(fields)} isPending={begin.isPending} onPress={start}>
              {t.start}
            </Button>
          ) : job.state === 'running' ? (
            <Button isPending={cancel.isPending} onPress={() => cancel.mutate({ job_id: job.job_id })}>
              {t.cancel}
            </Button>
          ) : null}
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {job === undefined ? (
          <>
            <p className="text-ink-2">{t.text}</p>
            <ScopePart fields={fields} set={set} />
            <Withhold fields={fields} set={set} />
            <TextField
              label={t.purpose}
              value={fields.purpose}
              onChange={(purpose) => set({ purpose })}
              maxLength={500}
            />
            <TextField
              label={t.recipient}
              help={t.recorded}
              value={fields.recipient}
              onChange={(recipient) => set({ recipient })}
              maxLength={200}
            />
            <TextField
              label={t.folder}
              help={t.folderHelp}
              value={fields.folder}
              onChange={(folder) => set({ folder })}
              maxLength={1_024}
            />
          </>
        ) : job.state === 'running' ? (
          <Progress job={job} label={t.progress} />
        ) : (
          <Ended job={job} />
        )}
        {begin.error === null ? null : <ErrorNotice title={t.failed} error={begin.error} />}
        {error === null ? null : <ErrorNotice title={t.failed} error={error} />}
      </div>
    </Dialog>
  )
}
