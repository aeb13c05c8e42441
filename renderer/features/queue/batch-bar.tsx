/** Several drafts decided in one sitting: each is read live, shown in one final list, and confirmed or left out by itself. */
import { useEffect, useRef, useState } from 'react'
import type { OutputOf } from '../../../shared/operations.ts'
import { fill, plural, sum } from '../../format.ts'
import { ErrorNotice } from '../../parts/pieces.tsx'
import { netText } from '../../parts/words.ts'
import { useAct } from '../../queries.ts'
import { QUEUE_TEXTS } from '../../texts-queue.ts'
import { Button } from '../../ui/button.tsx'
import { ConfirmDialog } from './confirm-dialog.tsx'
import { isTyping } from './keys.ts'
import { RejectDialog } from './reject-dialog.tsx'
import { MAX_SELECTED, type Selection } from './use-selection.ts'

const WORDS = QUEUE_TEXTS.batch
type Armed = OutputOf<'arm_drafts'>

/** What all of them do to spend together, one amount per currency. */
function together(selection: Selection): string {
  const sums = new Map<string, string>()
  for (const { amount, currency } of selection.drafts.flatMap((draft) => draft.net_daily_movement))
    sums.set(currency, sum(sums.get(currency) ?? '0', amount, currency))
  return [...sums].map(([currency, amount]) => netText({ amount, currency })).join(' · ')
}

function ArmedBatch({
  armed,
  isReading,
  onClose,
  onReadAgain,
  onDone,
}: {
  armed: Armed
  isReading: boolean
  onClose: () => void
  onReadAgain: () => void
  onDone: () => void
}) {
  const ready = armed.results.flatMap(({ draft, challenge }) => (challenge === null ? [] : [{ draft, challenge }]))
  return (
    <ConfirmDialog
      key={ready[0]?.challenge.confirm_token ?? 'none'}
      armed={ready}
      refused={armed.results.filter((each) => each.challenge === null)}
      envelope={armed.envelope}
      isReading={isReading}
      onReadAgain={onReadAgain}
      onClose={onClose}
      onConfirmed={onDone}
    />
  )
}

export function BatchBar({ selection }: { selection: Selection }) {
  const arm = useAct('arm_drafts')
  const [armed, setArmed] = useState<Armed | null>(null)
  const [isRejecting, setIsRejecting] = useState(false)
  const { drafts } = selection
  const isBusy = arm.isPending || armed !== null
  const read = () =>
    arm.mutate(
      { drafts: drafts.map(({ draft_id, draft_hash }) => ({ draft_id, draft_hash })) },
      {
        onSuccess: (answer) => setArmed(answer.results.some((each) => each.challenge !== null) ? answer : null),
        onError: () => setArmed(null),
      },
    )
  const keys = useRef<Readonly<Record<string, () => void>>>({})
  useEffect(() => {
    keys.current = { a: read, r: () => setIsRejecting(true), escape: selection.clear }
  })
  const isActive = drafts.length > 0 && !isBusy
  useEffect(() => {
    if (!isActive) return undefined
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || isTyping(event.target)) return
      if (document.querySelector('[role="alertdialog"], [role="dialog"]') !== null) return
      const act = keys.current[event.key.toLowerCase()]
      if (act === undefined) return
      event.preventDefault()
      act()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [isActive])
  if (drafts.length === 0) return null
  const refused = arm.data?.results.every((each) => each.challenge === null) === true ? arm.data.results : []
  return (
    <div
      role="region"
      aria-label={WORDS.label}
      data-batch=""
      className="flex flex-col gap-2 border-t border-line bg-raised px-4 py-2.5"
    >
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <span className="mr-auto">
          <span className="font-medium">{plural(WORDS.count, drafts.length)}</span>
          <span className="num block text-xs text-ink-2">
            {fill(WORDS.net, { effect: together(selection) })}
            {drafts.length === MAX_SELECTED ? ` · ${fill(WORDS.most, { max: MAX_SELECTED })}` : ''}
          </span>
        </span>
        <Button look="quiet" onPress={selection.clear}>
          {WORDS.clear}
        </Button>
        <Button isDisabled={isBusy} onPress={() => setIsRejecting(true)}>
          {fill(WORDS.reject, { count: drafts.length })}
        </Button>
        <Button look="primary" isPending={arm.isPending} onPress={read}>
          {fill(arm.isPending ? WORDS.arming : WORDS.approve, { count: drafts.length })}
        </Button>
      </div>
      {arm.error === null ? null : <ErrorNotice error={arm.error} onRetry={read} />}
      {refused.map(({ draft, error }) =>
        error === null ? null : (
          <p key={draft.draft_id} role="alert" className="text-xs text-danger">
            {error.message} {error.hint}
          </p>
        ),
      )}
      {armed === null ? null : (
        <ArmedBatch
          armed={armed}
          isReading={arm.isPending}
          onReadAgain={read}
          onClose={() => {
            setArmed(null)
            selection.clear()
          }}
          onDone={() => {
            setArmed(null)
            selection.clear()
          }}
        />
      )}
      {isRejecting ? (
        <RejectDialog drafts={drafts} onClose={() => setIsRejecting(false)} onDone={selection.clear} />
      ) : null}
    </div>
  )
}
