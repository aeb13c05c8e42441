/** Several changes of a draft, or of several drafts: where, before → after, effect, and what became of each. */
import type { OutputOf } from '../../../shared/operations.ts'
import { fill } from '../../format.ts'
import { BeforeAfter, Path } from '../../parts/diff.tsx'
import { Foreign, PlatformChip } from '../../parts/pieces.tsx'
import { type ChangeView, fieldValue, movementText, netText, pathOf } from '../../parts/words.ts'
import { TEXTS } from '../../texts.ts'
import { QUEUE_TEXTS } from '../../texts-queue.ts'
import { Icon } from '../../ui/icon.tsx'

type Result = OutputOf<'get_draft'>['results'][number]
type Money = { readonly amount: string; readonly currency: string }

const MARKS = {
  applied: { icon: 'check', tone: 'text-good' },
  refused: { icon: 'cross', tone: 'text-danger' },
  not_sent: { icon: 'block', tone: 'text-ink-2' },
  not_applied: { icon: 'cross', tone: 'text-danger' },
  conflict: { icon: 'warn', tone: 'text-warn' },
} as const

function Outcome({ result, change, isUnderWay }: { result: Result; change: ChangeView; isUnderWay: boolean }) {
  const outcome = result.outcome
  const known = outcome !== null && outcome in MARKS ? (outcome as keyof typeof MARKS) : null
  if (known === null)
    return <span className="text-ink-2">{isUnderWay ? QUEUE_TEXTS.outcomes.waiting : QUEUE_TEXTS.outcomes.open}</span>
  const said = result.untrusted.platform_message
  return (
    <span className="flex flex-col">
      <span className={`flex items-center gap-1 ${MARKS[known].tone}`}>
        <Icon name={MARKS[known].icon} size={13} />
        {QUEUE_TEXTS.outcomes[known]}
      </span>
      {result.live_value === null || known === 'not_sent' ? null : (
        <span className="num text-xs text-ink-2">
          {fill(QUEUE_TEXTS.reads, { live: fieldValue(change, result.live_value) })}
        </span>
      )}
      {said === null ? null : <Foreign text={said} className="text-xs text-ink-2" />}
    </span>
  )
}

export function ChangeList({
  changes,
  net,
  results,
  isUnderWay = false,
}: {
  changes: readonly ChangeView[]
  /** Of all changes, per currency. */
  net: readonly Money[]
  /** Once something was approved. */
  results?: readonly Result[]
  isUnderWay?: boolean
}) {
  const columns = results === undefined ? 2 : 3
  return (
    <div className="relative overflow-x-auto rounded-md border border-line">
      <table className="w-full text-left">
        <thead className="text-xs text-ink-2">
          <tr className="border-b border-line">
            <th scope="col" className="px-3 py-1 font-medium">
              {QUEUE_TEXTS.columns.change}
            </th>
            <th scope="col" className="px-3 py-1 font-medium">
              {QUEUE_TEXTS.columns.effect}
            </th>
            {results === undefined ? null : (
              <th scope="col" className="px-3 py-1 font-medium">
                {QUEUE_TEXTS.columns.outcome}
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {changes.map((change) => {
            const result = results?.find((each) => each.k === change.k)
            return (
              <tr key={`${change.entity_id} ${change.field}`} className="border-b border-line align-top">
                <td className="px-3 py-1.5">
                  <span className="flex items-center gap-1.5">
                    <PlatformChip platform={change.platform} />
                    <Foreign text={pathOf(change).name} className="font-medium" />
                  </span>
                  <Path change={change} />
                  <span className="text-xs text-ink-2">{TEXTS.fields[change.field]}</span>
                  <BeforeAfter change={change} />
                </td>
                <td className="num px-3 py-1.5 text-ink-2">
                  {movementText(change.daily_movement)}
                  {change.takes_effect === 'next_midnight' ? (
                    <span className="block text-xs">{TEXTS.diff.next_midnight}</span>
                  ) : null}
                </td>
                {results === undefined ? null : (
                  <td className="px-3 py-1.5">
                    {result === undefined ? null : <Outcome result={result} change={change} isUnderWay={isUnderWay} />}
                  </td>
                )}
              </tr>
            )
          })}
        </tbody>
        <tfoot>
          {net.map((each) => (
            <tr key={each.currency}>
              <th scope="row" className="px-3 py-1.5 font-medium">
                {TEXTS.diff.net}
              </th>
              <td className="num px-3 py-1.5 font-semibold" colSpan={columns - 1}>
                {netText(each)}
              </td>
            </tr>
          ))}
        </tfoot>
      </table>
    </div>
  )
}
