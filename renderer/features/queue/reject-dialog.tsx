/** Says no to one draft or to several, with a reason that their makers can read. */
import { useState } from 'react'
import type { DraftView } from '../../../shared/operations.ts'
import { plural } from '../../format.ts'
import { ErrorNotice } from '../../parts/pieces.tsx'
import { useAct } from '../../queries.ts'
import { TEXTS } from '../../texts.ts'
import { QUEUE_TEXTS } from '../../texts-queue.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { toast } from '../../ui/toast.tsx'

export function RejectDialog({
  drafts,
  onClose,
  onDone,
}: {
  drafts: readonly DraftView[]
  onClose: () => void
  onDone?: () => void
}) {
  const reject = useAct('reject_draft')
  const [reason, setReason] = useState('')
  const [error, setError] = useState<unknown>(null)
  const [isRunning, setIsRunning] = useState(false)
  const run = async () => {
    setIsRunning(true)
    setError(null)
    let done = 0
    try {
      for (const draft of drafts) {
        await reject.mutateAsync({ draft_id: draft.draft_id, reason: reason.trim() })
        done += 1
      }
      toast(plural(QUEUE_TEXTS.reject.done, done))
      onDone?.()
      onClose()
    } catch (failure) {
      setError(failure)
    } finally {
      setIsRunning(false)
    }
  }
  return (
    <Dialog
      title={plural(QUEUE_TEXTS.reject.title, drafts.length)}
      width="narrow"
      onClose={onClose}
      footer={
        <>
          <Button onPress={onClose}>{TEXTS.common.cancel}</Button>
          <Button look="primary" isPending={isRunning} onPress={() => void run()}>
            {plural(QUEUE_TEXTS.reject.confirm, drafts.length)}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <TextField
          label={TEXTS.draft.rejectReason}
          value={reason}
          onChange={setReason}
          isMultiline
          autoFocus
          maxLength={500}
          help={QUEUE_TEXTS.reject.nothing}
        />
        {error === null ? null : <ErrorNotice error={error} />}
      </div>
    </Dialog>
  )
}
