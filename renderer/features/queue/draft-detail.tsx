/** One draft in full: is this change right? Approve & push live starts here; the decision itself is the Confirm dialog's. */
import type { DraftView, OutputOf } from '../../../shared/operations.ts'
import { errorReply } from '../../api.ts'
import { fill, plural } from '../../format.ts'
import { BeforeAfter, EnvelopeBars, Path, SideEffects } from '../../parts/diff.tsx'
import {
  Age,
  ErrorNotice,
  Foreign,
  PlatformChip,
  PolicyChip,
  Quoted,
  RuleList,
  StateChip,
} from '../../parts/pieces.tsx'
import { ReviewPanel } from '../../parts/review-panel.tsx'
import {
  asRequested,
  type ChangeView,
  fieldValue,
  isBlocked,
  isWaiting,
  movementText,
  originName,
  pathOf,
  platformName,
  typeWord,
} from '../../parts/words.ts'
import { useRead } from '../../queries.ts'
import { href } from '../../router.ts'
import { TEXTS } from '../../texts.ts'
import { QUEUE_TEXTS } from '../../texts-queue.ts'
import { Empty, SkeletonRows } from '../../ui/state.tsx'
import { ChangeList } from './change-list.tsx'
import { DraftActions } from './draft-actions.tsx'
import { DraftOutcome } from './draft-outcome.tsx'
import { ProgressLine } from './progress-line.tsx'

type Answer = OutputOf<'get_draft'>

function Facts({ rows }: { rows: readonly (readonly [string, React.ReactNode])[] }) {
  return (
    <dl className="grid grid-cols-[7rem_1fr] gap-x-3 gap-y-1">
      {rows.map(([label, value], at) => (
        // Two links may be of one kind.
        // oxlint-disable-next-line react/no-array-index-key
        <div key={`${label} ${at}`} className="contents">
          <dt className="text-ink-2">{label}</dt>
          <dd className="foreign min-w-0">{value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** Over, and nothing was changed: an effect must not be promised any more. */
const HAD_NO_EFFECT: readonly DraftView['state'][] = [
  'rejected',
  'withdrawn',
  'stale',
  'expired',
  'superseded',
  'apply_failed',
]

function History({ answer }: { answer: Answer }) {
  const types: Readonly<Record<string, string>> = TEXTS.audit.types
  return (
    <details>
      <summary className="text-ink-2 hover:text-ink">
        {TEXTS.draft.history} · {plural(TEXTS.audit.records, answer.history.length)}
      </summary>
      <ol className="mt-1.5 flex flex-col gap-1 border-l border-line pl-3">
        {answer.history.map((record) => (
          <li key={record.seq} className="flex justify-between gap-3">
            <span>{types[record.type] ?? record.type}</span>
            <span className="num shrink-0 text-xs text-ink-2">
              {fill(TEXTS.draft.record, { seq: record.seq })} · <Age at={record.at} />
            </span>
          </li>
        ))}
      </ol>
      <p className="mt-1.5">
        <a className="text-accent-ink underline" href={href('audit', answer.draft.draft_id)}>
          {TEXTS.rail.audit}
        </a>
      </p>
    </details>
  )
}

function Head({ draft, change }: { draft: DraftView; change: ChangeView }) {
  const isSet = draft.operations.length > 1
  const platforms = [...new Set(draft.operations.map((each) => each.platform))]
  return (
    <div className="flex flex-col gap-1.5">
      <div className="flex flex-wrap items-center gap-2">
        {platforms.map((platform) => (
          <PlatformChip key={platform} platform={platform} />
        ))}
        <StateChip draft={draft} />
        {isWaiting(draft) ? <PolicyChip policy={draft.policy} /> : null}
      </div>
      {isSet ? null : <Path change={change} />}
      <h2 className="text-lg">
        <Foreign text={isSet ? draft.untrusted.title : pathOf(change).name} />
      </h2>
      <p className="text-ink-2">
        {isSet
          ? `${plural(QUEUE_TEXTS.changes, draft.operations.length)} · ${QUEUE_TEXTS.set}`
          : `${typeWord(change.entity_type, change.platform)} · ${TEXTS.fields[change.field]}`}
      </p>
    </div>
  )
}

const SHOWS_PROGRESS: readonly DraftView['state'][] = [
  'approved',
  'applying',
  'applied',
  'partial',
  'apply_failed',
  'unknown',
  'rolled_back',
]

function Body({ answer }: { answer: Answer }) {
  const { draft } = answer
  const change = draft.operations[0]
  if (change === undefined) return null
  const wasApproved = answer.history.some((record) => record.type === 'draft.approved')
  const platform = platformName(change.platform)
  return (
    <div className="flex flex-col gap-4 p-5">
      <Head draft={draft} change={change} />
      {draft.operations.length > 1 ? (
        <ChangeList
          changes={draft.operations}
          net={HAD_NO_EFFECT.includes(draft.state) ? [] : draft.net_daily_movement}
          {...(answer.results.some((each) => each.outcome !== null) || draft.state === 'applying'
            ? { results: answer.results, isUnderWay: draft.state === 'applying' }
            : {})}
        />
      ) : (
        <div>
          <BeforeAfter change={isBlocked(draft) ? asRequested(change) : change} size="large" />
          <p className="num mt-0.5 text-ink-2">
            {isBlocked(draft)
              ? TEXTS.diff.askedFor
              : HAD_NO_EFFECT.includes(draft.state)
                ? TEXTS.diff.notApplied
                : `${movementText(change.daily_movement)} · ${TEXTS.diff[change.takes_effect]}`}
          </p>
        </div>
      )}
      {draft.operations.length === 1 && (wasApproved || SHOWS_PROGRESS.includes(draft.state)) ? (
        <ProgressLine answer={answer} platform={change.platform} />
      ) : null}
      <DraftOutcome answer={answer} change={change} />
      {draft.policy.rules.length === 0 ? null : (
        <div className="rounded-md border border-line px-3 py-2">
          <RuleList policy={draft.policy} />
          {draft.policy.outcome === 'clamp' && draft.operations.length === 1 ? (
            <p className="num mt-1 text-ink-2">{clampText(change)}</p>
          ) : null}
        </div>
      )}
      {isWaiting(draft) ? draft.operations.map((each) => <SideEffects key={each.k} change={each} />) : null}
      <ReviewPanel draftId={draft.draft_id} isOpen={isWaiting(draft)} />
      <DraftActions answer={answer} platform={platform} />
      <Quoted
        label={TEXTS.draft.reason}
        who={fill(draft.origin.kind === 'agent' ? TEXTS.draft.reasonByAgent : TEXTS.draft.reasonBy, {
          who: originName(draft),
        })}
        text={draft.untrusted.rationale}
      />
      {draft.decision_note === null ? null : (
        <Quoted
          label={QUEUE_TEXTS.note}
          who={fill(TEXTS.draft.reasonBy, { who: TEXTS.origins.window })}
          text={draft.decision_note}
        />
      )}
      {isWaiting(draft) && answer.envelope.length > 0 ? <EnvelopeBars envelope={answer.envelope} /> : null}
      <Facts
        rows={[
          [TEXTS.draft.title, <Foreign key="t" text={draft.untrusted.title} />],
          [TEXTS.draft.made, <Age key="a" at={draft.created_at} isFocusable />],
          ...(isWaiting(draft)
            ? [[TEXTS.draft.expires, <Age key="e" at={draft.expires_at} isFocusable />] as const]
            : []),
          ...linkRows(answer),
          ...(draft.operations.length > 1
            ? []
            : [
                [
                  TEXTS.draft.entity,
                  <code key="i" className="font-mono text-xs">
                    {change.entity_id}
                  </code>,
                ] as const,
              ]),
          [
            TEXTS.draft.id,
            <code key="d" className="font-mono text-xs">
              {draft.draft_id}
            </code>,
          ],
          [
            TEXTS.draft.hash,
            <code key="h" className="font-mono text-xs break-all">
              {draft.draft_hash}
            </code>,
          ],
        ]}
      />
      <History answer={answer} />
    </div>
  )
}

/** The drafts before and after this one. */
function linkRows({ draft, linked }: Answer): (readonly [string, React.ReactNode])[] {
  const link = (id: string) => (
    <a className="font-mono text-xs text-accent-ink underline" href={href('queue', id)}>
      {id}
    </a>
  )
  const before = [
    [TEXTS.draft.undoOf, draft.undo_of],
    [QUEUE_TEXTS.repairOf, draft.repair_of],
    [QUEUE_TEXTS.revises, draft.revises],
  ] as const
  return [
    ...before.flatMap(([label, id]) => (id === null ? [] : [[label, link(id)] as const])),
    ...linked.map(
      (each) =>
        [
          QUEUE_TEXTS.links[each.link],
          <span key={each.draft_id}>
            {link(each.draft_id)} · {TEXTS.states[each.state]}
          </span>,
        ] as const,
    ),
  ]
}

function clampText(change: ChangeView): string {
  return fill(TEXTS.policy.clampedFrom, {
    requested: fieldValue(change, change.requested),
    after: fieldValue(change, change.after),
  })
}

export function DraftDetail({ id }: { id: string }) {
  const answer = useRead('get_draft', { draft_id: id })
  const isUnknown = answer.isError && ['unknown_draft', 'invalid_input'].includes(errorReply(answer.error).code)
  return (
    <div id="draft-detail" tabIndex={-1} className="outline-none">
      <p className="border-b border-line px-3 py-1.5 md:hidden">
        <a href={href('queue')} className="text-accent-ink underline">
          {TEXTS.queue.backToList}
        </a>
      </p>
      {answer.isPending ? <SkeletonRows rows={8} height={44} label={TEXTS.queue.loading} /> : null}
      {isUnknown ? (
        <Empty icon="search" title={TEXTS.draft.notFound}>
          {TEXTS.draft.notFoundHint}
        </Empty>
      ) : null}
      {answer.isError && !isUnknown && answer.data === undefined ? (
        <div className="p-4">
          <ErrorNotice error={answer.error} onRetry={() => void answer.refetch()} />
        </div>
      ) : null}
      {answer.data === undefined ? null : <Body answer={answer.data} />}
    </div>
  )
}
