/** What a person can do with a draft in its state. Approve & push live arms it and opens the Confirm dialog. */
import { useEffect, useState } from 'react'
import type { OutputOf } from '../../../shared/operations.ts'
import { fill } from '../../format.ts'
import { ErrorNotice, RuleList } from '../../parts/pieces.tsx'
import { ProposeDialog } from '../../parts/propose-dialog.tsx'
import { type Challenge, isBlocked, isConflict, isWaiting } from '../../parts/words.ts'
import { useAct } from '../../queries.ts'
import { go } from '../../router.ts'
import { TEXTS } from '../../texts.ts'
import { QUEUE_TEXTS } from '../../texts-queue.ts'
import { Button } from '../../ui/button.tsx'
import { Notice } from '../../ui/state.tsx'
import { toast } from '../../ui/toast.tsx'
import { ConfirmDialog } from './confirm-dialog.tsx'
import { EditDialog } from './edit-dialog.tsx'
import { FollowUpButton } from './follow-up.tsx'
import { isTyping } from './keys.ts'
import { RejectDialog } from './reject-dialog.tsx'

type Answer = OutputOf<'get_draft'>
type Draft = Answer['draft']

/** A, R and E do what the buttons say, for the draft that is shown. Off while typing, while a dialog is open, and while several are selected. */
function useActionKeys(keys: Readonly<Record<string, () => void>>): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || isTyping(event.target)) return
      if (document.querySelector('[role="alertdialog"], [role="dialog"], [data-batch]') !== null) return
      const act = keys[event.key.toLowerCase()]
      if (act === undefined) return
      event.preventDefault()
      act()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [keys])
}

/** Open drafts: approve, reject, and withdraw one's own. */
function OpenActions({ draft, platform }: { draft: Draft; platform: string }) {
  const arm = useAct('arm_draft')
  const withdraw = useAct('withdraw_draft')
  const [armed, setArmed] = useState<{ draft: Draft; challenge: Challenge } | null>(null)
  const [isRejecting, setIsRejecting] = useState(false)
  const [isEditing, setIsEditing] = useState(false)
  const read = () =>
    arm.mutate(
      { draft_id: draft.draft_id, draft_hash: draft.draft_hash },
      {
        onSuccess: (answer) => {
          if (answer.challenge === null) setArmed(null)
          else setArmed({ draft: answer.draft, challenge: answer.challenge })
        },
        onError: () => setArmed(null),
      },
    )
  const isBusy = arm.isPending || armed !== null
  useActionKeys({
    a: () => (isBusy ? undefined : read()),
    r: () => (isBusy ? undefined : setIsRejecting(true)),
    e: () => (isBusy ? undefined : setIsEditing(true)),
  })
  const refused = arm.data?.challenge === null && arm.data.draft.policy.outcome === 'block' ? arm.data.draft : null
  return (
    <div className="flex flex-col gap-2.5">
      <div className="flex flex-wrap items-center gap-2">
        <Button look="primary" size="large" onPress={read} isPending={arm.isPending}>
          {arm.isPending ? fill(TEXTS.draft.arming, { platform }) : TEXTS.draft.approve}
        </Button>
        <Button size="large" onPress={() => setIsRejecting(true)} isDisabled={arm.isPending}>
          {TEXTS.draft.reject}
        </Button>
        <Button size="large" onPress={() => setIsEditing(true)} isDisabled={arm.isPending}>
          {QUEUE_TEXTS.edit.open}
        </Button>
        {draft.origin.kind === 'window' ? (
          <Button
            size="large"
            look="quiet"
            isPending={withdraw.isPending}
            isDisabled={arm.isPending}
            onPress={() =>
              withdraw.mutate({ draft_id: draft.draft_id }, { onSuccess: () => toast(TEXTS.draft.withdrawn) })
            }
          >
            {TEXTS.draft.withdraw}
          </Button>
        ) : null}
      </div>
      {arm.error === null ? null : (
        <ErrorNotice title={fill(TEXTS.draft.notApproved, { platform })} error={arm.error} onRetry={read} />
      )}
      {refused === null ? null : (
        <Notice tone="warn" title={TEXTS.outcome.blockedTitle}>
          <RuleList policy={refused.policy} />
        </Notice>
      )}
      {withdraw.error === null ? null : <ErrorNotice error={withdraw.error} />}
      {armed === null ? null : (
        <ConfirmDialog
          key={armed.challenge.confirm_token}
          armed={[armed]}
          isReading={arm.isPending}
          onReadAgain={read}
          onClose={() => setArmed(null)}
          onConfirmed={() => {
            setArmed(null)
            document.getElementById('draft-detail')?.focus()
          }}
        />
      )}
      {isRejecting ? <RejectDialog drafts={[draft]} onClose={() => setIsRejecting(false)} /> : null}
      {isEditing ? <EditDialog draft={draft} onClose={() => setIsEditing(false)} /> : null}
    </div>
  )
}

function CheckAgain({ draft, platform }: { draft: Draft; platform: string }) {
  const reconcile = useAct('reconcile_draft')
  return (
    <div className="flex flex-col gap-2">
      <div>
        <Button
          look="primary"
          icon="sync"
          isPending={reconcile.isPending}
          onPress={() => reconcile.mutate({ draft_id: draft.draft_id })}
        >
          {reconcile.isPending ? fill(TEXTS.draft.reconciling, { platform }) : TEXTS.draft.reconcile}
        </Button>
      </div>
      {reconcile.error === null ? null : <ErrorNotice error={reconcile.error} />}
    </div>
  )
}

function ProposeAgain({ draft }: { draft: Draft }) {
  const [isOpen, setIsOpen] = useState(false)
  const change = draft.operations[0]
  if (change === undefined) return null
  return (
    <div>
      <Button onPress={() => setIsOpen(true)}>{TEXTS.draft.proposeAgain}</Button>
      {isOpen ? (
        <ProposeDialog
          entity={change.entity_id}
          onClose={() => setIsOpen(false)}
          onMade={(draftId) => {
            setIsOpen(false)
            go('queue', draftId)
          }}
        />
      ) : null}
    </div>
  )
}

/** Ended without having changed anything, and not by a person's no. */
const OVER: readonly Draft['state'][] = ['stale', 'expired', 'apply_failed']

export function DraftActions({ answer, platform }: { answer: Answer; platform: string }) {
  const { draft } = answer
  if (isWaiting(draft)) return <OpenActions key={draft.draft_id} draft={draft} platform={platform} />
  const applied = answer.results.filter((each) => each.outcome === 'applied').length
  if (draft.state === 'applied') return <FollowUpButton draft={draft} kind="undo" count={applied} />
  if (draft.state === 'partial')
    return (
      <div className="flex flex-wrap gap-2">
        <FollowUpButton draft={draft} kind="repair" count={answer.results.length - applied} />
        <FollowUpButton draft={draft} kind="undo" count={applied} />
      </div>
    )
  if (draft.state === 'unknown' && !isConflict(draft)) return <CheckAgain draft={draft} platform={platform} />
  if (isBlocked(draft) || isConflict(draft) || OVER.includes(draft.state)) return <ProposeAgain draft={draft} />
  return null
}
