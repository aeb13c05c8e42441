/**
 * The last step before money moves. Everything shown comes from the armed draft and its challenge, never from memory.
 * The Confirm button is not focused, is dead for a second after opening (a double click must not approve), and works by
 * its own click or Ctrl/Cmd+Enter only. Escape gives the confirmation back.
 */
import { useEffect, useId, useRef, useState } from 'react'
import type { DraftView } from '../../../shared/operations.ts'
import { errorReply } from '../../api.ts'
import { clock, useNow } from '../../clock.ts'
import { fill, relativeTime } from '../../format.ts'
import { EnvelopeBars, SideEffects } from '../../parts/diff.tsx'
import { ErrorNotice, Foreign, PlatformChip, RuleList } from '../../parts/pieces.tsx'
import {
  type Challenge,
  type ChangeView,
  deltaPercent,
  deltaText,
  fieldValue,
  movementText,
  pathOf,
  platformName,
  typeWord,
} from '../../parts/words.ts'
import { useAct, useRead } from '../../queries.ts'
import { TEXTS } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Notice } from '../../ui/state.tsx'

const GUARD_MS = 1_000

/** Milliseconds left of the challenge, on the monotonic clock: setting the computer's time changes nothing. */
function useTimeLeft(challenge: Challenge): number {
  const [startMs] = useState(() => clock.monotonicMs())
  const [leftMs, setLeftMs] = useState(challenge.expires_in_ms)
  useEffect(() => {
    const timer = setInterval(
      () => setLeftMs(Math.max(0, challenge.expires_in_ms - (clock.monotonicMs() - startMs))),
      250,
    )
    return () => clearInterval(timer)
  }, [challenge, startMs])
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

function Fact({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <div className="grid grid-cols-[6.5rem_1fr] items-baseline gap-3">
      <dt className="text-ink-2">{label}</dt>
      <dd className="min-w-0 text-lg">{children}</dd>
    </div>
  )
}

/** "+€11.00 per day (+10%)"; of a bid "-€0.90 (-10%) · Daily budgets stay as they are". */
function effectText(change: ChangeView): string {
  const effect = movementText(change.daily_movement)
  if (change.field === 'daily_budget' || change.field === 'scheduled_budget') {
    const share = deltaPercent(change)
    return share === null ? effect : fill(TEXTS.confirm.effectPercent, { effect, percent: share })
  }
  const delta = deltaText(change)
  return delta === null ? effect : fill(TEXTS.diff.changeAndEffect, { delta, effect })
}

function ChangeFacts({ change, live }: { change: ChangeView; live: Challenge['live'][number] | undefined }) {
  const nowMs = useNow(1_000)
  const { account, above, name } = pathOf(change)
  const liveValue = live?.value ?? change.before
  const age =
    live === undefined
      ? ''
      : nowMs - new Date(live.read_at).getTime() < 10_000
        ? TEXTS.common.now
        : relativeTime(live.read_at, nowMs)
  return (
    <div>
      <dl className="flex flex-col gap-1">
        <Fact label={TEXTS.confirm.account}>
          <Foreign text={account} /> <PlatformChip platform={change.platform} />
        </Fact>
        <Fact label={typeWord(change.entity_type, change.platform)}>
          <Foreign text={name} className="font-semibold" />
          {above.length > 1 ? (
            <span className="text-xs text-ink-2">
              {' · '}
              <Foreign text={above.slice(1).join(' › ')} />
            </span>
          ) : null}
        </Fact>
        <Fact label={TEXTS.confirm.field}>{TEXTS.fields[change.field]}</Fact>
      </dl>
      <div className="my-1.5 grid grid-cols-[1fr_auto_1fr] items-end gap-3 rounded-lg border border-line bg-sunken px-4 py-2">
        <dl>
          <dt className="text-xs text-ink-2">
            {fill(TEXTS.confirm.live, { platform: platformName(change.platform), ago: age })}
          </dt>
          <dd className="num text-3xl text-ink-2">{fieldValue(change, liveValue)}</dd>
        </dl>
        <Icon name="arrow" size={20} className="mb-1.5 text-ink-3" />
        <dl>
          <dt className="text-xs text-ink-2">{TEXTS.confirm.after}</dt>
          <dd className="num text-3xl font-semibold">{fieldValue(change, change.after)}</dd>
        </dl>
      </div>
      <dl>
        <Fact label={TEXTS.confirm.effect}>
          <span className="num">{effectText(change)}</span>
          <span className="text-xs text-ink-2"> · {TEXTS.diff[change.takes_effect]}</span>
        </Fact>
      </dl>
    </div>
  )
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
  readonly draft: DraftView
  readonly challenge: Challenge
  readonly onClose: () => void
  readonly onConfirmed: (draft: DraftView) => void
  readonly onReadAgain: () => void
  readonly isReading: boolean
}

export function ConfirmDialog({ draft, challenge, onClose, onConfirmed, onReadAgain, isReading }: ConfirmProps) {
  const app = useRead('get_app_state', {})
  const confirm = useAct('confirm_draft')
  const disarm = useAct('disarm_draft')
  const [passphrase, setPassphrase] = useState('')
  const leftMs = useTimeLeft(challenge)
  const isGuardOver = useGuard()
  const hasSent = useRef(false)
  const guardText = useId()
  const change = draft.operations[0]
  const isExpired = leftMs === 0
  const isBlocked = challenge.policy.outcome === 'block'
  const code = confirm.error === null ? null : errorReply(confirm.error).code
  const isUncertain = code !== null && UNCERTAIN.includes(code)
  const isSpent = isUncertain || code === 'token_invalid' || code === 'draft_changed' || code === 'not_pending'
  const isReady =
    isGuardOver &&
    !isExpired &&
    !isBlocked &&
    !isSpent &&
    !confirm.isPending &&
    (!challenge.needs_passphrase || passphrase !== '')

  const push = () => {
    if (!isReady || hasSent.current) return
    hasSent.current = true // two key events in one frame are still one approval
    confirm.mutate(
      {
        draft_id: draft.draft_id,
        confirm_token: challenge.confirm_token,
        ...(challenge.needs_passphrase ? { passphrase } : {}),
      },
      {
        onSuccess: (answer) => onConfirmed(answer.draft),
        onSettled: () => {
          hasSent.current = false
        },
      },
    )
  }
  const cancel = () => {
    if (confirm.isPending) return
    // Not when the approval may stand: then there is nothing left to give back.
    if (!isUncertain) disarm.mutate({ draft_id: draft.draft_id })
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

  if (change === undefined) return null
  const platform = platformName(change.platform)
  const live = challenge.live.find((each) => each.k === change.k)
  const label = fill(TEXTS.confirm.push, {
    before: fieldValue(change, live?.value ?? change.before),
    after: fieldValue(change, change.after),
    platform,
  })
  const hint = app.data?.demo_passphrase ?? null
  return (
    <Dialog
      title={TEXTS.confirm.title}
      role="alertdialog"
      width="roomy"
      onClose={cancel}
      footer={
        <>
          <span className="num mr-auto text-xs text-ink-2" id={guardText}>
            {isUncertain ? null : <Countdown leftMs={leftMs} />}
          </span>
          <Button onPress={cancel} size="large">
            {isUncertain ? TEXTS.common.close : TEXTS.confirm.cancel}
          </Button>
          {isUncertain ? null : isExpired || isSpent ? (
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
              {confirm.isPending ? TEXTS.confirm.pushing : label}
            </Button>
          )}
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <ChangeFacts change={change} live={live} />
        {live !== undefined && live.value !== change.before ? <Notice tone="warn" title={TEXTS.confirm.drift} /> : null}
        <SideEffects change={change} />
        {challenge.policy.rules.length === 0 ? null : (
          <Notice tone="warn" title={isBlocked ? TEXTS.confirm.blocked : TEXTS.confirm.limits}>
            <RuleList policy={challenge.policy} />
          </Notice>
        )}
        {challenge.envelope.length === 0 ? null : <EnvelopeBars envelope={challenge.envelope} />}
        {app.data?.workspace?.is_demo === true ? (
          <p className="flex gap-1.5 text-ink-2">
            <Icon name="info" size={14} className="mt-0.5" />
            {fill(TEXTS.confirm.sandbox, { platform })}
          </p>
        ) : null}
        {challenge.needs_passphrase ? (
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
        <p className="text-xs text-ink-2">
          {TEXTS.confirm.code} <code className="font-mono text-ink">{challenge.code}</code> · {TEXTS.confirm.codeWhy}
          {challenge.validation.some((each) => each.result === 'ok')
            ? ` · ${fill(TEXTS.confirm.validated, { platform })}`
            : challenge.validation.some((each) => each.result === 'unsupported')
              ? ` · ${fill(TEXTS.confirm.noDryRun, { platform })}`
              : ''}
        </p>
      </div>
    </Dialog>
  )
}
