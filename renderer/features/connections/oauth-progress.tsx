/** One consent under way: the link to the platform's page, and what has happened since. */
import { useEffect, useState } from 'react'
import type { OutputOf } from '../../../shared/operations.ts'
import { useNow } from '../../clock.ts'
import { fill, relativeTime } from '../../format.ts'
import { visible } from '../../parts/words.ts'
import { useAct, useRead } from '../../queries.ts'
import { TEXTS } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Notice } from '../../ui/state.tsx'
import { toast } from '../../ui/toast.tsx'
import { StepList } from './connect-steps.tsx'

type Flow = OutputOf<'begin_oauth'>['flow']
const t = TEXTS.connections.oauth
const OPEN: readonly Flow['state'][] = ['waiting', 'exchanging']
const POLL_MS = 1_000

/** Begins, follows and ends one consent. The secret stays in the form that asked for it and leaves with this call. */
export function useConsent(onConnected: () => void) {
  const begin = useAct('begin_oauth')
  const cancel = useAct('cancel_oauth')
  const [flowId, setFlowId] = useState<string | null>(null)
  const read = useRead('get_oauth', { flow_id: flowId ?? '' }, { isEnabled: flowId !== null })
  const flow = flowId === null ? null : (read.data?.flow ?? begin.data?.flow ?? null)
  const isOpen = flow !== null && OPEN.includes(flow.state)
  const { refetch } = read
  useEffect(() => {
    if (!isOpen) return undefined
    const timer = setInterval(() => void refetch(), POLL_MS)
    return () => clearInterval(timer)
  }, [isOpen, refetch])
  const isConnected = flow?.state === 'connected'
  useEffect(() => {
    if (!isConnected) return
    toast(t.done)
    onConnected()
    // Once, when it happens; the callback is a new function on every render.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [isConnected])
  return {
    flow,
    isOpen,
    isBeginning: begin.isPending,
    error: begin.error,
    begin: (input: Parameters<typeof begin.mutate>[0]) =>
      begin.mutate(input, { onSuccess: (answer) => setFlowId(answer.flow.flow_id) }),
    /** Forgets the flow; an open one is told to stop listening. */
    end: () => {
      if (flow !== null && isOpen) cancel.mutate({ flow_id: flow.flow_id })
      setFlowId(null)
    },
  }
}

/** While a consent is under way it is all there is to see; closing gives it up, so that nothing is connected behind one's back. */
export function ConsentDialog({
  title,
  flow,
  onAgain,
  onClose,
}: {
  title: string
  flow: Flow
  onAgain: () => void
  onClose: () => void
}) {
  const isOver = !OPEN.includes(flow.state)
  return (
    <Dialog
      title={title}
      width="roomy"
      onClose={onClose}
      footer={
        <>
          <Button onPress={onClose}>{isOver ? TEXTS.common.close : TEXTS.common.cancel}</Button>
          {isOver && flow.state !== 'connected' ? (
            <Button look="primary" onPress={onAgain}>
              {t.again}
            </Button>
          ) : null}
        </>
      }
    >
      <ConsentProgress flow={flow} isOver={isOver} />
    </Dialog>
  )
}

function ConsentProgress({ flow, isOver }: { flow: Flow; isOver: boolean }) {
  const nowMs = useNow(1_000)
  const platform = TEXTS.platforms[flow.platform]
  return (
    <div className="flex flex-col gap-3">
      {flow.state === 'waiting' ? (
        <Notice
          tone="info"
          title={fill(t.open, { platform })}
          action={
            <a
              href={flow.authorize_url}
              target="_blank"
              rel="noreferrer noopener"
              className="inline-flex h-9 items-center rounded-md bg-accent px-4 text-md font-medium text-on-accent hover:bg-accent-hover"
            >
              {fill(t.link, { platform })}
            </a>
          }
        >
          {fill(t.waiting, { when: relativeTime(flow.expires_at, nowMs) })}
        </Notice>
      ) : null}
      <StepList steps={flow.steps} isOver={isOver} />
      {flow.error === null ? null : (
        <Notice tone="danger" title={fill(t.failed, { platform })}>
          {visible(flow.error.message)} {visible(flow.error.hint)}
        </Notice>
      )}
    </div>
  )
}
