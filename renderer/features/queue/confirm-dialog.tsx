/**
 * The last step before money moves. Everything shown comes from the armed draft and its challenge, never from memory.
 * The Confirm button is not focused, is dead for a second after opening (a double click must not approve), and works by
 * its own click or Ctrl/Cmd+Enter only. Escape gives the confirmation back.
 */
import { useCallback, useEffect, useId, useRef, useState } from 'react'
import type { DraftView } from '../../../shared/operations.ts'
import { errorReply } from '../../api.ts'
import { clock } from '../../clock.ts'
import { fill, plural } from '../../format.ts'
import { ErrorNotice } from '../../parts/pieces.tsx'
import { type Challenge, platformName } from '../../parts/words.ts'
import { useAct, useRead } from '../../queries.ts'
import { TEXTS } from '../../texts.ts'
import { QUEUE_TEXTS } from '../../texts-queue.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Notice } from '../../ui/state.tsx'
import {
  type ArmedDraft,
  ArmedChanges,
  BatchResult,
  Codes,
  Envelope,
  pushLabel,
  type Refused,
  RefusedDrafts,
  SingleChange,
  soonest,
} from './confirm-parts.tsx'

const GUARD_MS = 1_000

/** Milliseconds left of the challenge, on the monotonic clock: setting the computer's time changes nothing. */
function useTimeLeft(expiresInMs: number): number {
  const [startMs] = useState(() => clock.monotonicMs())
  const [leftMs, setLeftMs] = useState(expiresInMs)
  useEffect(() => {
    const timer = setInterval(() => setLeftMs(Math.max(0, expiresInMs - (clock.monotonicMs() - startMs))), 250)
    return () => clearInterval(timer)
  }, [expiresInMs, startMs])
  return leftMs
}

function useGuard(): boolean {
  const [isOver, setIsOver] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setIsOver(true), GUARD_MS)
    return () => clearTimeout(timer)
  }, [])
  return isOver
}

function timeText(leftMs: number): string {
  const seconds = Math.ceil(leftMs / 1_000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

/** The answer got lost on its way: the approval may stand. Saying "not confirmed" would be a guess about money. */
const UNCERTAIN: readonly string[] = ['app_not_running', 'lost', 'timeout', 'internal']

function Failed({ code, error }: { code: string | null; error: unknown }) {
  if (code === null || !UNCERTAIN.includes(code)) return <ErrorNotice title={TEXTS.confirm.failed} error={error} />
  return (
    <Notice tone="danger" title={TEXTS.confirm.uncertain}>
      <p>{errorReply(error).message}</p>
      <p>{TEXTS.confirm.uncertainHint}</p>
    </Notice>
  )
}

function Countdown({ leftMs }: { leftMs: number }) {
  return (
    <>
      {leftMs === 0 ? TEXTS.confirm.expired : fill(TEXTS.confirm.countdown, { time: timeText(leftMs) })}
      <span className="block whitespace-nowrap">
        {leftMs === 0
          ? TEXTS.confirm.keysExpired
          : fill(TEXTS.confirm.keys, { mod: navigator.platform.startsWith('Mac') ? '⌘' : 'Ctrl' })}
      </span>
    </>
  )
}

interface ConfirmProps {
  readonly armed: readonly ArmedDraft[]
  /** Of a batch: what could not be armed, and so is not part of this. */
  readonly refused?: readonly Refused[]
  /** Of a batch: today's envelope with all of them. */
  readonly envelope?: Challenge['envelope']
  readonly onClose: () => void
  readonly onConfirmed: (drafts: readonly DraftView[]) => void
  readonly onReadAgain: () => void
  readonly isReading: boolean
}

/** More changes than fit on a screen: nobody confirms what they have not scrolled past. */
const SCROLLED_FROM = 12

/** True once the element has been on the screen. */
function useSeen(isNeeded: boolean): readonly [boolean, (element: HTMLElement | null) => void] {
  const [isSeen, setIsSeen] = useState(!isNeeded)
  const watch = useCallback((element: HTMLElement | null) => {
    if (element === null) return undefined
    const observer = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) setIsSeen(true)
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return [isSeen, watch]
}

/** Sends one confirmation, or those of a batch, and answers what became of each. */
function useConfirm(armed: readonly ArmedDraft[]) {
  const one = useAct('confirm_draft')
  const several = useAct('confirm_drafts')
  const confirmations = armed.map(({ draft, challenge }) => ({
    draft_id: draft.draft_id,
    confirm_token: challenge.confirm_token,
  }))
  const [first] = confirmations
  return {
    error: one.error ?? several.error,
    isPending: one.isPending || several.isPending,
    results: several.data?.results ?? null,
    send(passphrase: string | null, then: { onDone: (drafts: readonly DraftView[]) => void; onSettled: () => void }) {
      const factor = passphrase === null ? {} : { passphrase }
      if (confirmations.length === 1 && first !== undefined)
        one.mutate(
          { ...first, ...factor },
          { onSuccess: (answer) => then.onDone([answer.draft]), onSettled: then.onSettled },
        )
      else
        several.mutate(
          { confirmations, ...factor },
          {
            onSuccess: ({ results }) => {
              if (results.every((each) => each.error === null)) then.onDone(results.map((each) => each.draft))
            },
            onSettled: then.onSettled,
          },
        )
    },
  }
}

export function ConfirmDialog(props: ConfirmProps) {
  const { armed, refused = [], onClose, onConfirmed, onReadAgain, isReading } = props
  const app = useRead('get_app_state', {})
  const confirm = useConfirm(armed)
  const disarm = useAct('disarm_draft')
  const [passphrase, setPassphrase] = useState('')
  const changes = armed.flatMap(({ draft }) => draft.operations)
  const challenge = soonest(armed)
  const leftMs = useTimeLeft(challenge?.expires_in_ms ?? 0)
  const isGuardOver = useGuard()
  const [isSeen, watchEnd] = useSeen(changes.length > SCROLLED_FROM)
  const hasSent = useRef(false)
  const guardText = useId()
  const isExpired = leftMs === 0
  const isBlocked = armed.some((each) => each.challenge.policy.outcome === 'block')
  const needsPassphrase = challenge?.factor === 'passphrase'
  const code = confirm.error === null ? null : errorReply(confirm.error).code
  const isDone = confirm.results !== null
  const isUncertain = code !== null && UNCERTAIN.includes(code)
  const isSpent = isUncertain || code === 'token_invalid' || code === 'draft_changed' || code === 'not_pending'
  const isReady =
    isGuardOver &&
    !isExpired &&
    !isBlocked &&
    !isSpent &&
    !isDone &&
    isSeen &&
    !confirm.isPending &&
    (!needsPassphrase || passphrase !== '')

  const push = () => {
    if (!isReady || hasSent.current) return
    hasSent.current = true // two key events in one frame are still one approval
    confirm.send(needsPassphrase ? passphrase : null, {
      onDone: onConfirmed,
      onSettled: () => {
        hasSent.current = false
      },
    })
  }
  const cancel = () => {
    if (confirm.isPending) return
    // Not when the approval may stand: then there is nothing left to give back.
    if (!isUncertain && !isDone) for (const { draft } of armed) disarm.mutate({ draft_id: draft.draft_id })
    onClose()
  }
  // Bound anew on every render: the key must see the passphrase and the time left as they are now.
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || event.repeat) return
      // The key means confirm or nothing: it must not also press whatever button has the focus, Cancel for one.
      event.preventDefault()
      event.stopPropagation()
      push()
    }
    document.addEventListener('keydown', onKey, true)
    return () => document.removeEventListener('keydown', onKey, true)
  })

  if (challenge === undefined) return null
  const isSingle = changes.length === 1 && armed.length === 1
  const platforms = new Intl.ListFormat(navigator.language).format(
    [...new Set(changes.map((each) => each.platform))].map(platformName),
  )
  const hint = app.data?.demo_passphrase ?? null
  return (
    <Dialog
      title={isSingle ? TEXTS.confirm.title : plural(QUEUE_TEXTS.confirm.title, changes.length)}
      role="alertdialog"
      width={isSingle ? 'roomy' : 'wide'}
      onClose={cancel}
      footer={
        <>
          <span className="num mr-auto text-xs text-ink-2" id={guardText}>
            {isUncertain || isDone ? null : <Countdown leftMs={leftMs} />}
            {isSeen ? null : <span className="block">{QUEUE_TEXTS.confirm.scroll}</span>}
          </span>
          <Button onPress={cancel} size="large">
            {isUncertain || isDone ? TEXTS.common.close : TEXTS.confirm.cancel}
          </Button>
          {isUncertain || isDone ? null : isExpired || isSpent ? (
            <Button size="large" icon="sync" onPress={onReadAgain} isPending={isReading}>
              {isReading ? TEXTS.confirm.reading : TEXTS.confirm.again}
            </Button>
          ) : (
            <Button
              look="primary"
              size="large"
              onPress={push}
              isDisabled={!isReady}
              isPending={confirm.isPending}
              aria-describedby={guardText}
            >
              {confirm.isPending ? TEXTS.confirm.pushing : pushLabel(armed, platforms)}
            </Button>
          )}
        </>
      }
    >
      <div className="flex flex-col gap-3">
        {isSingle ? (
          <SingleChange armed={armed} />
        ) : (
          <>
            <p className="text-ink-2">{QUEUE_TEXTS.confirm.intro}</p>
            {armed.map((each) => (
              <ArmedChanges key={each.draft.draft_id} armed={each} isOne={armed.length === 1} />
            ))}
            <RefusedDrafts refused={refused} />
          </>
        )}
        <Envelope envelope={props.envelope ?? (armed.length === 1 ? challenge.envelope : [])} />
        {app.data?.workspace?.is_demo === true ? (
          <p className="flex gap-1.5 text-ink-2">
            <Icon name="info" size={14} className="mt-0.5" />
            {fill(TEXTS.confirm.sandbox, { platform: platforms })}
          </p>
        ) : null}
        {challenge.reviewer === null ? null : (
          <p className="flex gap-1.5 text-ink-2">
            <Icon name="check" size={14} className="mt-0.5 text-good" />
            {QUEUE_TEXTS.confirm.reviewer}
          </p>
        )}
        {challenge.factor === 'os_prompt' ? <p className="text-ink-2">{QUEUE_TEXTS.confirm.osPrompt}</p> : null}
        {needsPassphrase && !isDone ? (
          <TextField
            label={TEXTS.confirm.passphrase}
            type="password"
            autoFocus
            value={passphrase}
            onChange={setPassphrase}
            error={code === 'wrong_passphrase' ? errorReply(confirm.error).message : null}
            help={
              hint === null ? TEXTS.confirm.passphraseWhy : fill(TEXTS.confirm.demoPassphrase, { passphrase: hint })
            }
          />
        ) : null}
        {confirm.error === null || code === 'wrong_passphrase' ? null : <Failed code={code} error={confirm.error} />}
        <BatchResult results={confirm.results} />
        <Codes armed={armed} platforms={platforms} />
        <span ref={watchEnd} aria-hidden="true" className="h-px" />
      </div>
    </Dialog>
  )
}
