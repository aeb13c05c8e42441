/** One change, read in one line: where, before → after, how much. */
import { fill, money, plural } from '../format.ts'
import { TEXTS } from '../texts.ts'
import { Icon } from '../ui/icon.tsx'
import { Notice } from '../ui/state.tsx'
import { Foreign } from './pieces.tsx'
import { type ChangeView, deltaText, type EnvelopeView, fieldValue, pathOf } from './words.ts'

export function Path({ change, withName = false }: { change: ChangeView; withName?: boolean }) {
  const { above, name } = pathOf(change)
  const parts = withName ? [...above, name] : above
  return (
    <ol aria-label={TEXTS.diff.path} className="flex min-w-0 flex-wrap items-center gap-x-1 text-xs text-ink-2">
      {parts.map((part, index) => (
        // The path is short, ordered and never re-ordered: its position is its identity.
        // oxlint-disable-next-line react/no-array-index-key
        <li key={index} className="flex min-w-0 items-center gap-1">
          {index === 0 ? null : <Icon name="right" size={10} className="text-ink-3" />}
          <Foreign text={part} />
        </li>
      ))}
    </ol>
  )
}

export function BeforeAfter({ change, size = 'normal' }: { change: ChangeView; size?: 'normal' | 'large' }) {
  const before = fieldValue(change, change.before)
  const after = fieldValue(change, change.after)
  const delta = deltaText(change)
  return (
    <p
      className={`num flex flex-wrap items-baseline gap-x-2 ${size === 'large' ? 'text-xl' : 'text-base'}`}
      aria-label={fill(TEXTS.diff.beforeAfter, { field: TEXTS.fields[change.field], before, after })}
      role="group"
    >
      <s className="text-ink-3">{before}</s>
      <Icon name="arrow" size={size === 'large' ? 16 : 13} className="self-center text-ink-3" />
      <strong className="font-semibold">{after}</strong>
      {delta === null ? null : (
        <span className={`text-ink-2 ${size === 'large' ? 'text-md' : 'text-xs'}`}>{delta}</span>
      )}
    </p>
  )
}

const SHOWN_AFFECTED = 6

/** What else the one write changes, and what the approver should know. Above the button, never in a tooltip. */
export function SideEffects({ change }: { change: ChangeView }) {
  if (change.affects.length === 0 && change.notes.length === 0) return null
  const shown = change.affects.slice(0, SHOWN_AFFECTED)
  const rest = change.affects.length - shown.length
  return (
    <div className="flex flex-col gap-2">
      {change.affects.length === 0 ? null : (
        <Notice tone="warn" title={plural(TEXTS.diff.affects, change.affects.length)}>
          <ul className="list-disc pl-4">
            {shown.map((each) => (
              <li key={each.entity_id}>
                <Foreign text={each.untrusted.name} />
              </li>
            ))}
            {rest > 0 ? <li className="text-ink-2">{fill(TEXTS.diff.affectsMore, { count: rest })}</li> : null}
          </ul>
        </Notice>
      )}
      {change.notes.length === 0 ? null : (
        <ul aria-label={TEXTS.diff.notes} className="flex flex-col gap-1">
          {change.notes.map((note) => (
            <li key={note} className="flex gap-1.5 text-ink-2">
              <Icon name="info" size={14} className="mt-0.5 shrink-0" />
              <span>{note}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}

/** Width as a share of the limit, 0 to 100; less spend than before fills nothing. Only for drawing: the numbers beside it are exact. */
function share(amount: string, limit: string): number {
  const whole = Number(limit)
  return whole <= 0 ? 0 : Math.min(100, Math.max(0, (Number(amount) / whole) * 100))
}

function Bar({
  label,
  used,
  after,
  limit,
  currency,
}: {
  label: string
  used: string
  after: string
  limit: string
  currency: string
}) {
  const isOver = Number(after) > Number(limit)
  const words = fill(TEXTS.envelope.values, {
    used: money({ amount: used, currency }),
    after: money({ amount: after, currency }),
    limit: money({ amount: limit, currency }),
  })
  const low = Math.min(share(used, limit), share(after, limit))
  const high = Math.max(share(used, limit), share(after, limit))
  return (
    <div className="flex flex-col gap-1">
      <div className="flex flex-wrap items-baseline justify-between gap-x-3 text-xs">
        <span className="text-ink-2">{label}</span>
        <span className={`num ${isOver ? 'font-semibold text-danger' : 'text-ink-2'}`}>{words}</span>
      </div>
      <div aria-hidden="true" className="relative h-1.5 overflow-hidden rounded-full bg-line">
        <span className="absolute inset-y-0 left-0 bg-line-strong" style={{ width: `${low}%` }} />
        <span
          className={`absolute inset-y-0 ${isOver ? 'bg-danger' : 'bg-accent'}`}
          style={{ left: `${low}%`, width: `${Math.max(high - low, high > 0 ? 1 : 0)}%` }}
        />
      </div>
    </div>
  )
}

/** Today's envelope without and with this change. */
export function EnvelopeBars({ envelope }: { envelope: readonly EnvelopeView[] }) {
  return (
    <div className="flex flex-col gap-2.5">
      {envelope.map((each) => (
        <div key={each.account_id} className="grid gap-x-5 gap-y-2 sm:grid-cols-2">
          <Bar
            label={TEXTS.envelope.net}
            used={each.net_used}
            after={each.net_after}
            limit={each.net_limit}
            currency={each.currency}
          />
          <Bar
            label={TEXTS.envelope.gross}
            used={each.gross_used}
            after={each.gross_after}
            limit={each.gross_limit}
            currency={each.currency}
          />
        </div>
      ))}
    </div>
  )
}
