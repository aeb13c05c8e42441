/** What the core would make of the change as it is typed: resolved, judged, and nothing stored. */
import type { ChangeInput } from '../../shared/operations.ts'
import { useRead } from '../queries.ts'
import { TEXTS } from '../texts.ts'
import { BeforeAfter, EnvelopeBars, SideEffects } from './diff.tsx'
import { ErrorNotice, PolicyChip, RuleList } from './pieces.tsx'
import { movementText, visible } from './words.ts'

export function ProposePreview({ operation, isSettled }: { operation: ChangeInput | null; isSettled: boolean }) {
  const check = useRead(
    'check_change',
    { operations: operation === null ? [] : [operation] },
    { isEnabled: operation !== null, keepsPrevious: true },
  )
  const change = check.data?.operations[0]
  return (
    <section
      aria-label={TEXTS.propose.check}
      aria-live="polite"
      className="rounded-lg border border-line bg-sunken px-3 py-2.5"
    >
      <h3 className="mb-1 text-xs font-medium text-ink-2">{TEXTS.propose.check}</h3>
      {operation === null ? <p className="text-ink-2">{TEXTS.propose.checkHint}</p> : null}
      {operation !== null && (check.isFetching || !isSettled) && change === undefined ? (
        <p className="text-ink-2">{TEXTS.propose.checking}</p>
      ) : null}
      {operation !== null && check.isError ? <ErrorNotice error={check.error} /> : null}
      {operation === null || check.isError || check.data === undefined || change === undefined ? null : (
        <div className="flex flex-col gap-2">
          <div className="flex flex-wrap items-center justify-between gap-2">
            <BeforeAfter change={change} />
            <PolicyChip policy={check.data.policy} />
          </div>
          <p className="num text-ink-2">
            {movementText(change.daily_movement)} · {TEXTS.diff[change.takes_effect]}
          </p>
          <SideEffects change={change} />
          <RuleList policy={check.data.policy} />
          <EnvelopeBars envelope={check.data.envelope} />
          {check.data.warnings.map((warning) => (
            <p key={warning} className="text-warn">
              {visible(warning)}
            </p>
          ))}
        </div>
      )}
    </section>
  )
}
