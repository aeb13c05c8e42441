/** What a second person said of one draft, and the files that go to and fro. It shows and carries; whether it counts is the core's to say. */
import { useState } from 'react'
import { FileTrigger } from 'react-aria-components'
import type { DraftView, OutputOf } from '../../shared/operations.ts'
import { fill, plural } from '../format.ts'
import { useAct, useRead } from '../queries.ts'
import { SIGN_OFF_TEXTS } from '../texts-sign-off.ts'
import { Button } from '../ui/button.tsx'
import { Chip } from '../ui/chip.tsx'
import { saveFile } from '../ui/save.ts'
import { SkeletonRows } from '../ui/state.tsx'
import { toast } from '../ui/toast.tsx'
import { Age, ErrorNotice, Quoted } from './pieces.tsx'

type Review = OutputOf<'get_review'>
type Answer = Review['answers'][number]
const t = SIGN_OFF_TEXTS.review
/** Real answers have some 600 bytes. */
const MAX_FILE_BYTES = 32_768

function State({ review }: { review: Review }) {
  if (review.state === 'rejected')
    return (
      <Chip tone="danger" icon="cross">
        {t.rejected}
      </Chip>
    )
  if (review.state === 'approved')
    return (
      <Chip tone="good" icon="check">
        {t.approved}
      </Chip>
    )
  return review.is_required ? (
    <Chip tone="warn" icon="shield">
      {t.needed}
    </Chip>
  ) : (
    <Chip icon="shield">{t.notNeeded}</Chip>
  )
}

function Given({ answer }: { answer: Answer }) {
  const words = fill(answer.verdict === 'approve' ? t.approvedBy : t.rejectedBy, {
    name: answer.name,
    key: answer.key_id,
  })
  return (
    <li className="flex flex-col gap-1">
      <p className="foreign flex flex-wrap items-baseline justify-between gap-2">
        <span className={answer.is_counted ? 'font-medium' : 'text-ink-2'}>
          {words}
          {answer.is_counted ? null : ` · ${t.notCounted}`}
        </span>
        <span className="text-xs text-ink-2">
          <Age at={answer.received_at} isFocusable />
        </span>
      </p>
      {answer.untrusted.reason === '' ? null : (
        <Quoted text={answer.untrusted.reason} who={answer.name} label={t.reason} />
      )}
    </li>
  )
}

function Actions({ draftId }: { draftId: DraftView['draft_id'] }) {
  const exportPack = useAct('export_review_pack')
  const importAnswer = useAct('import_review_answer')
  const [isTooLarge, setIsTooLarge] = useState(false)
  const take = async (file: File): Promise<void> => {
    importAnswer.reset()
    setIsTooLarge(file.size > MAX_FILE_BYTES)
    if (file.size > MAX_FILE_BYTES) return
    const text = await file.text()
    importAnswer.mutate({ text: text.slice(0, MAX_FILE_BYTES) }, { onSuccess: () => toast(t.imported) })
  }
  return (
    <>
      <div className="flex flex-wrap gap-2">
        <Button
          icon="download"
          isPending={exportPack.isPending}
          onPress={() =>
            exportPack.mutate(
              { draft_id: draftId },
              {
                onSuccess: (pack) => {
                  saveFile(pack.file_name, 'text/plain;charset=utf-8', pack.text)
                  toast(t.exported)
                },
              },
            )
          }
        >
          {t.export}
        </Button>
        <FileTrigger
          onSelect={(files) => {
            const file = files?.[0]
            if (file !== undefined) void take(file)
          }}
        >
          <Button isPending={importAnswer.isPending}>{t.import}</Button>
        </FileTrigger>
      </div>
      {exportPack.error === null ? null : <ErrorNotice error={exportPack.error} />}
      {importAnswer.error === null ? null : <ErrorNotice error={importAnswer.error} />}
      {isTooLarge ? (
        <p role="alert" className="text-danger">
          {t.tooLarge}
        </p>
      ) : null}
    </>
  )
}

/** Nothing at all where no second person is asked for and nobody could be. */
export function ReviewPanel({ draftId, isOpen }: { draftId: DraftView['draft_id']; isOpen: boolean }) {
  const review = useRead('get_review', { draft_id: draftId })
  const { data } = review
  if (data === undefined)
    return review.isError ? (
      <ErrorNotice error={review.error} onRetry={() => void review.refetch()} />
    ) : (
      <SkeletonRows rows={1} label={t.loading} />
    )
  const isIdle = !data.is_required && data.answers.length === 0 && data.packs.length === 0
  if (isIdle && (!isOpen || data.reviewers === 0)) return null
  const [lastPack] = data.packs
  const isWaiting = isOpen && data.is_required && data.state === 'none'
  return (
    <section
      aria-label={t.title}
      className="flex flex-col gap-2 rounded-lg border border-line bg-surface px-3.5 py-2.5"
    >
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h3 className="font-semibold">{t.title}</h3>
        <State review={data} />
      </div>
      {isWaiting ? <p className="text-ink-2">{data.reviewers === 0 ? t.nobody : t.neededText}</p> : null}
      {isOpen && data.state === 'rejected' ? <p className="text-ink-2">{t.rejectedText}</p> : null}
      {data.answers.length === 0 ? null : (
        <ul className="flex flex-col gap-2">
          {data.answers.map((answer) => (
            <Given key={answer.reviewer_id} answer={answer} />
          ))}
        </ul>
      )}
      {lastPack === undefined ? null : (
        <p className="text-xs text-ink-2">
          {plural(t.packs, data.packs.length)} <Age at={lastPack.exported_at} isFocusable />
        </p>
      )}
      {isOpen ? <Actions draftId={draftId} /> : null}
    </section>
  )
}
