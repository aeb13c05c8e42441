/** One file: handed over, looked at, decided about, stored. Closing it at any step before the last leaves nothing behind. */
import { useEffect, useRef, useState } from 'react'
import type { InputOf, OutputOf } from '../../../shared/operations.ts'
import { MAX_IMPORT_BYTES } from '../../../shared/schemas/imports.ts'
import { api } from '../../api.ts'
import { fill, integer } from '../../format.ts'
import { Age, ErrorNotice } from '../../parts/pieces.tsx'
import { useAct } from '../../queries.ts'
import { TEXTS } from '../../texts.ts'
import { IMPORT_TEXTS as t } from '../../texts-imports.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Switch } from '../../ui/field.tsx'
import { Notice, SkeletonRows } from '../../ui/state.tsx'
import { sizeText } from './file-words.ts'
import { PreviewView } from './preview-view.tsx'
import { Questions } from './questions.tsx'
import { forget, type ImportId, upload } from './upload.ts'

export type Preview = OutputOf<'preview_import'>
export type Choices = NonNullable<InputOf<'preview_import'>['choices']>

type Stage =
  | { readonly step: 'sending'; readonly sent: number }
  | { readonly step: 'looking' }
  | { readonly step: 'shown'; readonly preview: Preview }
  | { readonly step: 'failed'; readonly error: unknown }

/** Sends the file once and reads it again for every choice. What is late is dropped. */
function useImport(file: File) {
  const [stage, setStage] = useState<Stage>({ step: 'sending', sent: 0 })
  const [choices, setChoices] = useState<Choices>({})
  const id = useRef<ImportId | null>(null)
  const isStored = useRef(false)
  useEffect(() => {
    const stop = new AbortController()
    upload(file, (sent) => setStage({ step: 'sending', sent }), stop.signal)
      .then(async (made) => {
        id.current = made
        if (stop.signal.aborted) return
        setStage({ step: 'looking' })
        setStage({ step: 'shown', preview: await api.preview_import({ import_id: made }, stop.signal) })
      })
      .catch((error: unknown) => {
        if (!stop.signal.aborted) setStage({ step: 'failed', error })
      })
    return () => {
      stop.abort()
      if (id.current !== null && !isStored.current) forget(id.current)
    }
  }, [file])
  const reads = useRef(0)
  const choose = (change: Choices) => {
    const made = id.current
    if (made === null) return
    const next = { ...choices, ...change }
    setChoices(next)
    reads.current += 1
    const mine = reads.current
    api
      .preview_import({ import_id: made, choices: next })
      .then((preview) => mine === reads.current && setStage({ step: 'shown', preview }))
      .catch((error: unknown) => mine === reads.current && setStage({ step: 'failed', error }))
  }
  return { stage, choices, choose, keep: () => void (isStored.current = true) }
}

function Sending({ file, sent }: { file: File; sent: number }) {
  return (
    <div className="flex flex-col gap-2 py-6">
      <p>{fill(t.fetching, { name: file.name })}</p>
      <progress aria-label={t.fetching} value={sent} max={Math.max(1, file.size)} className="h-1.5 w-full" />
      <p className="num text-xs text-ink-2">{fill(t.fetched, { done: sizeText(sent), total: sizeText(file.size) })}</p>
    </div>
  )
}

function Stored({ made }: { made: OutputOf<'commit_import'>['import'] }) {
  return (
    <Notice tone="good" title={t.done}>
      {fill(t.doneText, {
        new: integer(made.rows_new),
        changed: integer(made.rows_changed),
        same: integer(made.rows_same),
      })}
    </Notice>
  )
}

export function ImportDialog({ file, onClose, onReport }: { file: File; onClose: () => void; onReport: () => void }) {
  const tooLarge = file.size > MAX_IMPORT_BYTES ? t.tooLarge : file.size === 0 ? t.empty : null
  if (tooLarge !== null)
    return (
      <Dialog title={t.dialog} onClose={onClose} footer={<Button onPress={onClose}>{TEXTS.common.close}</Button>}>
        <Notice tone="danger" title={t.failed}>
          {tooLarge}
        </Notice>
      </Dialog>
    )
  return <Reading file={file} onClose={onClose} onReport={onReport} />
}

function Reading({ file, onClose, onReport }: { file: File; onClose: () => void; onReport: () => void }) {
  const { stage, choices, choose, keep } = useImport(file)
  const [keepsGood, setKeepsGood] = useState(false)
  const commit = useAct('commit_import')
  const content = useRef<HTMLDivElement>(null)
  // Coming from the system's file chooser, the dialog is not focused by itself: Escape and Tab would go nowhere.
  useEffect(() => content.current?.focus({ preventScroll: true }), [])
  const preview = stage.step === 'shown' ? stage.preview : null
  const stored = commit.data?.import
  const isReady = preview !== null && preview.can_store && (preview.rows.bad === 0 || keepsGood)
  const store = () => {
    if (preview === null || !isReady) return
    commit.mutate(
      { import_id: preview.import_id, choices, ...(preview.rows.bad > 0 ? { keeps_good_rows: keepsGood } : {}) },
      { onSuccess: keep },
    )
  }
  const footer =
    stored === undefined ? (
      <>
        <Button onPress={onClose} isDisabled={commit.isPending}>
          {TEXTS.common.cancel}
        </Button>
        <Button look="primary" isDisabled={!isReady} isPending={commit.isPending} onPress={store}>
          {commit.isPending ? t.storing : fill(t.store, { count: integer(preview?.rows.good ?? 0) })}
        </Button>
      </>
    ) : (
      <>
        <Button onPress={onClose}>{TEXTS.common.close}</Button>
        <Button look="primary" onPress={onReport}>
          {t.toReport}
        </Button>
      </>
    )
  return (
    <Dialog title={t.dialog} width="wide" onClose={commit.isPending ? () => undefined : onClose} footer={footer}>
      <div ref={content} tabIndex={-1} className="flex flex-col gap-4 outline-none">
        {stored === undefined ? null : <Stored made={stored} />}
        {stage.step === 'sending' ? <Sending file={file} sent={stage.sent} /> : null}
        {stage.step === 'looking' ? <SkeletonRows rows={6} label={t.looking} /> : null}
        {stage.step === 'failed' ? <ErrorNotice title={t.failed} error={stage.error} /> : null}
        {commit.error === null ? null : <ErrorNotice title={t.storeFailed} error={commit.error} />}
        {preview === null || stored !== undefined ? null : (
          <>
            {preview.imported_at === null ? null : <Notice tone="info" title={<Again at={preview.imported_at} />} />}
            <Questions preview={preview} onChoose={choose} />
            <PreviewView preview={preview} />
            {preview.rows.bad > 0 && preview.rows.good > 0 ? (
              <Switch
                label={t.keepGood}
                text={keepsGood ? t.keepGoodYes : t.keepGoodNo}
                isSelected={keepsGood}
                onChange={setKeepsGood}
              />
            ) : null}
          </>
        )}
      </div>
    </Dialog>
  )
}

function Again({ at }: { at: string }) {
  const [before, after] = t.again.split('{ago}')
  return (
    <>
      {before}
      <Age at={at} />
      {after}
    </>
  )
}
