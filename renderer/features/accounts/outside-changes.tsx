/** What somebody else changed: noticed by comparing listings, told by the platform's own history, or both; then also who and with what. */
import type { BrowseRow } from '../../../shared/operations.ts'
import { fill } from '../../format.ts'
import { Age, Foreign } from '../../parts/pieces.tsx'
import { wireValue } from '../../parts/words.ts'
import { useRead } from '../../queries.ts'
import { HISTORY_TEXTS } from '../../texts-history.ts'
import { TEXTS } from '../../texts.ts'
import { joined, type Listed, MAX_SHOWN, type Told } from './joined-changes.ts'

function Person({ told }: { told: Told }) {
  const { who, tool } = told.untrusted
  const text =
    who === null
      ? tool === null
        ? ''
        : fill(HISTORY_TEXTS.withTool, { tool })
      : tool === null
        ? fill(HISTORY_TEXTS.byWho, { who })
        : fill(HISTORY_TEXTS.by, { who, tool })
  return (
    <span className="block w-full text-xs text-ink-2">
      <Foreign text={text} />
      {told.is_shared_budget ? <> · {HISTORY_TEXTS.shared}</> : null}
      {told.match === 'unclear' ? <> · {HISTORY_TEXTS.unclear}</> : null}
    </span>
  )
}

export function OutsideChanges({
  id,
  listed,
  currency,
}: {
  id: BrowseRow['entity_id']
  listed: readonly Listed[]
  currency: string
}) {
  // Without the history the listing's word stands alone: an error here is not worth one on the screen.
  const history = useRead('list_platform_changes', { entity_id: id, limit: MAX_SHOWN })
  const shown = joined(listed, history.data?.changes ?? [])
  if (shown.length === 0) return null
  const value = (field: Listed['field'], text: string | null) =>
    text === null ? HISTORY_TEXTS.untold : wireValue(field, text, currency)
  return (
    <section aria-label={TEXTS.accounts.outsideTitle}>
      <h3 className="mb-1 text-xs font-medium text-ink-2">{TEXTS.accounts.outsideTitle}</h3>
      <ul className="flex flex-col gap-1">
        {shown.map(({ key, field, before, after, at, told }) => (
          <li key={key} className="num flex flex-wrap justify-between gap-x-3">
            <span>
              {TEXTS.fields[field]}: <s className="text-ink-3">{value(field, before)}</s> → {value(field, after)}
            </span>
            <span className="text-xs text-ink-2">
              <Age at={at} />
            </span>
            {told === undefined ? null : <Person told={told} />}
          </li>
        ))}
      </ul>
    </section>
  )
}
