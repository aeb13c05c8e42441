/** How each platform came to the chosen window, which rates were used, and what to keep in mind about these figures. */
import { day, dayRange, fill, plural } from '../../format.ts'
import { Age, PlatformChip } from '../../parts/pieces.tsx'
import { visible } from '../../parts/words.ts'
import { href } from '../../router.ts'
import { REPORT_TEXTS } from '../../texts-report.ts'
import { Explain } from '../../ui/explain.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Notice } from '../../ui/state.tsx'
import { windowWords } from './numbers.ts'
import type { ReportAnswer, Scope } from './scope.ts'

const t = REPORT_TEXTS

type PlatformNote = ReportAnswer['platforms'][number]

/** "exact", "own window: 1-day click", "not available" … for the chosen window, with the reason on focus. */
export function WindowStatus({ window, note }: { window: PlatformNote['window']; note: string }) {
  const { status, click_days: days } = window
  const words =
    status === 'own_window' && days !== null
      ? days === 0
        ? t.statuses.ownOff
        : plural(t.statuses.ownDays, days)
      : t.statuses[status]
  return note === '' ? words : <Explain why={visible(note)}>{words}</Explain>
}

export function PlatformLine({ answer, scope }: { answer: ReportAnswer; scope: Scope }) {
  return (
    <ul
      aria-label={fill(t.countedBy, { window: windowWords(scope.choices.attribution) })}
      className="flex flex-wrap items-center gap-x-5 gap-y-1 text-xs text-ink-2"
    >
      {answer.platforms.map((each) => (
        <li key={each.platform} className="flex items-center gap-1.5">
          <PlatformChip platform={each.platform} />
          <span>
            <WindowStatus window={each.window} note={each.note} />
          </span>
          {each.as_of === null ? null : (
            <span>
              · <Age at={each.as_of} />
            </span>
          )}
        </li>
      ))}
      <li className="ml-auto">
        <a className="text-accent-ink underline" href={href('report', 'method')}>
          {t.howCounted}
        </a>
      </li>
    </ul>
  )
}

/** "In EUR by rates of 3–30 Nov: ECB reference rates." and what could not be converted. */
export function RatesLine({ rates }: { rates: ReportAnswer['rates'] }) {
  if (rates.currency === null) return null
  const { used, missing, currency } = rates
  return (
    <>
      {used.length === 0 ? null : (
        <p className="text-xs text-ink-2">
          {fill(t.rates.used, {
            currency,
            from: used.map((each) => each.currency).join(', '),
            range: dayRange(
              used.map((each) => each.first_date).toSorted()[0] ?? '',
              used
                .map((each) => each.last_date)
                .toSorted()
                .at(-1) ?? '',
            ),
            source: [...new Set(used.map((each) => each.source))].join(', '),
          })}
        </p>
      )}
      {missing.map((each) => (
        <Notice key={each.currency} tone="warn" title={fill(t.rates.missing, { currency: each.currency })}>
          {fill(t.rates.missingText, {
            currency: each.currency,
            day: day(each.first_missing_date),
            days: plural(t.rates.days, each.days),
          })}
        </Notice>
      ))}
    </>
  )
}

/** The same in one small line, where the figures themselves are what is looked for. */
export function WarningLine({ words }: { words: readonly string[] }) {
  if (words.length === 0) return null
  return (
    <p className="flex items-start gap-1.5 text-xs text-ink-2">
      <Icon name="info" size={14} className="mt-px" />
      <span className="foreign">{words.map((each) => visible(each)).join(' ')}</span>
    </p>
  )
}

/** What is special about this answer. What holds for all of them stands on the method's page. */
export function Warnings({ words }: { words: readonly string[] }) {
  if (words.length === 0) return null
  return (
    <Notice tone="info" title={t.keepInMind}>
      <ul className="list-disc pl-4">
        {words.map((each) => (
          <li key={each}>{visible(each)}</li>
        ))}
      </ul>
    </Notice>
  )
}
