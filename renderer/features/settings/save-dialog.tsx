/** What changed limits would have done to past drafts, shown before they are saved. */
import { useState } from 'react'
import type { OutputOf } from '../../../shared/operations.ts'
import type { PolicyDocument } from '../../../shared/schemas/policy.ts'
import { fill, integer, plural } from '../../format.ts'
import { Age, ErrorNotice, Foreign } from '../../parts/pieces.tsx'
import { useAct, useRead } from '../../queries.ts'
import { href } from '../../router.ts'
import { SETTINGS_TEXTS } from '../../texts-settings.ts'
import { TEXTS } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Select, TextField } from '../../ui/field.tsx'
import { Notice, SkeletonRows } from '../../ui/state.tsx'
import { Table, Td, Th } from '../../ui/table.tsx'
import { toast } from '../../ui/toast.tsx'

const { save: t } = SETTINGS_TEXTS
type Replay = OutputOf<'replay_policy'>
const DAYS = ['7', '30', '90', '365'] as const
type Days = (typeof DAYS)[number]

function Differing({ replay }: { replay: Replay }) {
  const all = replay.stricter + replay.more_lenient
  return (
    <>
      {replay.differing.length < all ? (
        <p className="text-ink-2">{fill(t.listed, { count: replay.differing.length })}</p>
      ) : null}
      <div className="max-h-64 overflow-auto rounded-md border border-line">
        <Table label={t.table}>
          <thead>
            <tr>
              {(['draft', 'recorded', 'now', 'why'] as const).map((column) => (
                <Th key={column}>{t.columns[column]}</Th>
              ))}
            </tr>
          </thead>
          <tbody>
            {replay.differing.map((each) => (
              <tr key={each.draft_id}>
                <Td className="max-w-56">
                  <a href={href('queue', each.draft_id)} className="block truncate">
                    <Foreign text={each.untrusted.title} />
                  </a>
                  <span className="text-xs text-ink-2">
                    <Age at={each.created_at} />
                  </span>
                </Td>
                <Td>{t.outcomes[each.recorded]}</Td>
                <Td className={each.now === 'block' ? 'text-danger' : ''}>
                  {t.outcomes[each.now]}
                  {each.stage === 'confirm' ? <span className="block text-xs text-ink-2">{t.atConfirm}</span> : null}
                </Td>
                <Td className="min-w-56">{each.message}</Td>
              </tr>
            ))}
          </tbody>
        </Table>
      </div>
    </>
  )
}

function Found({ replay }: { replay: Replay }) {
  const { recorded, now, drafts } = replay
  if (drafts === 0) return <p className="text-ink-2">{t.none}</p>
  const isSame = replay.differing.length === 0
  return (
    <div className="flex flex-col gap-2">
      <p className="text-lg font-semibold">{fill(plural(t.blocked, now.block), { total: integer(drafts) })}</p>
      <p className="num text-ink-2">
        {fill(t.was, { ...recorded })} {fill(t.now, { ...now })}
      </p>
      {isSame ? (
        <p>{t.same}</p>
      ) : (
        <p>
          {[
            ...(replay.stricter === 0 ? [] : [plural(t.stricter, replay.stricter)]),
            ...(replay.more_lenient === 0 ? [] : [plural(t.lenient, replay.more_lenient)]),
          ].join(' · ')}
        </p>
      )}
      {isSame ? null : <Differing replay={replay} />}
      {replay.left_out === 0 ? null : <p className="text-ink-2">{plural(t.leftOut, replay.left_out)}</p>}
      <details className="text-ink-2">
        <summary>{t.unknown}</summary>
        <ul className="mt-1 list-disc pl-5">
          {replay.not_known.map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      </details>
    </div>
  )
}

export function SaveDialog({
  version,
  document,
  onSaved,
  onClose,
}: {
  /** The one that the form began with. */
  version: number
  document: PolicyDocument
  onSaved: () => void
  onClose: () => void
}) {
  const [days, setDays] = useState<Days>('30')
  const [reason, setReason] = useState('')
  const replay = useRead('replay_policy', { document, days: Number(days) }, { keepsPrevious: true })
  const save = useAct('set_policy')
  return (
    <Dialog
      title={t.dialog}
      width="wide"
      onClose={onClose}
      footer={
        <>
          <Button onPress={onClose}>{TEXTS.common.cancel}</Button>
          <Button
            look="primary"
            isPending={save.isPending}
            // Limits that make no sense are refused by the replay as well, with the same words.
            isDisabled={replay.isError}
            onPress={() =>
              save.mutate(
                { expected_version: version, document, ...(reason.trim() === '' ? {} : { reason: reason.trim() }) },
                {
                  onSuccess: () => {
                    toast(t.done)
                    onSaved()
                  },
                },
              )
            }
          >
            {fill(t.confirm, { version: version + 1 })}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <div className="flex flex-wrap items-center justify-between gap-2">
          <p className="text-ink-2">{t.dialogText}</p>
          <Select<Days>
            label={t.range}
            value={days}
            onChange={setDays}
            options={DAYS.map((each) => ({ value: each, label: plural(t.days, Number(each)) }))}
          />
        </div>
        {replay.isError ? <ErrorNotice error={replay.error} /> : null}
        {replay.isPending ? <SkeletonRows rows={4} label={t.working} /> : null}
        {replay.data === undefined || replay.isError ? null : <Found replay={replay.data} />}
        <TextField label={t.reason} value={reason} onChange={setReason} maxLength={500} />
        {save.error === null ? null : <ErrorNotice error={save.error} />}
      </div>
    </Dialog>
  )
}

/** Another version came first, from another window. */
export function Overtaken({ version, onLoad }: { version: number; onLoad: () => void }) {
  return (
    <Notice tone="warn" title={t.overtaken} action={<Button onPress={onLoad}>{fill(t.load, { version })}</Button>}>
      {fill(t.overtakenText, { version })}
    </Notice>
  )
}
