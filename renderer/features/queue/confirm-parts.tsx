/** What the Confirm dialog shows: one change large, several as the final list, what was left out, and the codes. Decides nothing. */
import type { DraftView, OutputOf } from '../../../shared/operations.ts'
import { useNow } from '../../clock.ts'
import { fill, plural, relativeTime } from '../../format.ts'
import { EnvelopeBars, SideEffects } from '../../parts/diff.tsx'
import { Foreign, PlatformChip, RuleList } from '../../parts/pieces.tsx'
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
import { TEXTS } from '../../texts.ts'
import { QUEUE_TEXTS } from '../../texts-queue.ts'
import { Icon } from '../../ui/icon.tsx'
import { Notice } from '../../ui/state.tsx'
import { ChangeList } from './change-list.tsx'

/** A draft that was read just now, with the confirmation it got. */
export interface ArmedDraft {
  readonly draft: DraftView
  readonly challenge: Challenge
}
export type Refused = OutputOf<'arm_drafts'>['results'][number]

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

/** The confirmation that ends first: none is used after it. */
export function soonest(armed: readonly ArmedDraft[]): Challenge | undefined {
  return armed.map((each) => each.challenge).toSorted((a, b) => (a.expires_at < b.expires_at ? -1 : 1))[0]
}

export function pushLabel(armed: readonly ArmedDraft[], platforms: string): string {
  const changes = armed.flatMap(({ draft }) => draft.operations)
  const [change] = changes
  if (change === undefined || changes.length > 1)
    return fill(plural(QUEUE_TEXTS.confirm.push, changes.length), { platforms })
  const live = armed[0]?.challenge.live.find((each) => each.k === change.k)
  return fill(TEXTS.confirm.push, {
    before: fieldValue(change, live?.value ?? change.before),
    after: fieldValue(change, change.after),
    platform: platforms,
  })
}

export function SingleChange({ armed }: { armed: readonly ArmedDraft[] }) {
  const [first] = armed
  const change = first?.draft.operations[0]
  if (first === undefined || change === undefined) return null
  const live = first.challenge.live.find((each) => each.k === change.k)
  return (
    <>
      <ChangeFacts change={change} live={live} />
      {live !== undefined && live.value !== change.before ? <Notice tone="warn" title={TEXTS.confirm.drift} /> : null}
      <SideEffects change={change} />
      <Limits challenge={first.challenge} />
    </>
  )
}

/** One draft of the final list: every value of it. */
export function ArmedChanges({ armed: { draft, challenge }, isOne }: { armed: ArmedDraft; isOne: boolean }) {
  return (
    <section className="flex flex-col gap-2">
      {isOne ? null : (
        <h3 className="font-medium">
          <Foreign text={draft.untrusted.title} />
        </h3>
      )}
      <ChangeList changes={draft.operations} net={draft.net_daily_movement} />
      {draft.operations.map((change) => (
        <SideEffects key={change.k} change={change} />
      ))}
      <Limits challenge={challenge} />
    </section>
  )
}

function Limits({ challenge }: { challenge: Challenge }) {
  if (challenge.policy.rules.length === 0) return null
  return (
    <Notice tone="warn" title={challenge.policy.outcome === 'block' ? TEXTS.confirm.blocked : TEXTS.confirm.limits}>
      <RuleList policy={challenge.policy} />
    </Notice>
  )
}

export function RefusedDrafts({ refused }: { refused: readonly Refused[] }) {
  if (refused.length === 0) return null
  return (
    <Notice tone="warn" title={plural(QUEUE_TEXTS.confirm.refused, refused.length)}>
      <ul className="list-disc pl-4">
        {refused.map(({ draft, error }) => (
          <li key={draft.draft_id}>
            <Foreign text={draft.untrusted.title} />:{' '}
            {error?.message ??
              fill(QUEUE_TEXTS.confirm.moved, { platform: platformName(draft.operations[0]?.platform ?? 'tiktok') })}
          </li>
        ))}
      </ul>
    </Notice>
  )
}

export function Envelope({ envelope }: { envelope: Challenge['envelope'] }) {
  return envelope.length === 0 ? null : <EnvelopeBars envelope={envelope} />
}

/** What became of a batch of which some could not be confirmed. */
export function BatchResult({ results }: { results: OutputOf<'confirm_drafts'>['results'] | null }) {
  if (results === null) return null
  const failed = results.filter((each) => each.error !== null)
  if (failed.length === 0) return null
  return (
    <Notice
      tone="warn"
      title={fill(QUEUE_TEXTS.confirm.done, { done: results.length - failed.length, total: results.length })}
    >
      <ul className="list-disc pl-4">
        {failed.map(({ draft, error }) => (
          <li key={draft.draft_id}>
            <Foreign text={draft.untrusted.title} />: {error?.message}
          </li>
        ))}
      </ul>
    </Notice>
  )
}

export function Codes({ armed, platforms }: { armed: readonly ArmedDraft[]; platforms: string }) {
  const checks = armed.flatMap((each) => each.challenge.validation)
  const codes = armed.map((each) => each.challenge.code).join(' ')
  const words =
    new Set(armed.flatMap(({ draft }) => draft.operations.map((each) => each.platform))).size > 1
      ? QUEUE_TEXTS.confirm
      : TEXTS.confirm
  const dryRun = checks.every((each) => each.result === 'ok') ? words.validated : words.noDryRun
  return (
    <p className="text-xs text-ink-2">
      {armed.length === 1 ? TEXTS.confirm.code : QUEUE_TEXTS.confirm.codes}{' '}
      <code className="font-mono text-ink">{codes}</code> · {TEXTS.confirm.codeWhy}
      {checks.length === 0 ? '' : ` · ${fill(dryRun, { platform: platforms })}`}
    </p>
  )
}
