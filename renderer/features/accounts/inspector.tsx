/** The selected row, closer: its picture, its values, whom it is shown to, and what somebody else changed. */
import type { BrowseRow, OutputOf } from '../../../shared/operations.ts'
import { dayLong, fill, money, ratio } from '../../format.ts'
import { ErrorNotice, Foreign, PlatformChip, Unknown } from '../../parts/pieces.tsx'
import { platformOf, platformWord, typeWord, wireValue } from '../../parts/words.ts'
import { useRead } from '../../queries.ts'
import { href } from '../../router.ts'
import { TEXTS } from '../../texts.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { Chip } from '../../ui/chip.tsx'
import { SkeletonRows } from '../../ui/state.tsx'
import { OutsideChanges } from './outside-changes.tsx'

const t = TEXTS.accounts
type Answer = OutputOf<'get_entity'>

function Picture({ id, name }: { id: BrowseRow['entity_id']; name: string }) {
  const picture = useRead('get_thumbnail', { entity_id: id })
  const box = 'grid h-36 w-full place-items-center overflow-hidden rounded-lg border border-line bg-sunken'
  if (picture.isPending) return <div className={`${box} skeleton`} aria-label={TEXTS.common.loading} role="img" />
  const { mime_type: mime, base64 } = picture.data ?? { mime_type: null, base64: null }
  if (mime === null || base64 === null) return <div className={`${box} text-ink-2`}>{t.noPicture}</div>
  return (
    <div className={box}>
      <img src={`data:${mime};base64,${base64}`} alt={fill(t.pictureOf, { name })} className="max-h-full max-w-full" />
    </div>
  )
}

function Fact({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <div className="grid grid-cols-[8.5rem_1fr] gap-x-3">
      <dt className="text-ink-2">{label}</dt>
      <dd className="foreign min-w-0">{children}</dd>
    </div>
  )
}

/** What can be changed, with its value now, or why it cannot. */
function Values({ answer, currency }: { answer: Answer; currency: string }) {
  return (
    <dl className="flex flex-col gap-1">
      {answer.editable_fields.map((field) => {
        const value = answer.current[field.field]
        if (value === null && field.refusal === null) return null
        return (
          <Fact key={field.field} label={TEXTS.fields[field.field]}>
            {value === null ? null : <span className="num">{wireValue(field.field, value, currency)}</span>}
            {field.is_editable || field.refusal === null ? null : (
              <span className="block text-xs text-ink-2">{field.refusal}</span>
            )}
          </Fact>
        )
      })}
    </dl>
  )
}

const wordsOf = (value: string | null): string | null => (value === null ? null : platformWord(value))

/** "2026-05-07 00:00:00" as a day; the platform's own clock and offset stay as they are, nothing is shifted. */
function whenWords(value: string | null): string | null {
  const parts = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2})(?::\d{2})?(?:Z|([+-]\d{2}):?(\d{2}))?$/.exec(value ?? '')
  if (parts?.[1] === undefined || parts[2] === undefined) return value
  const time = parts[2] === '00:00' ? null : parts[2]
  const offset = parts[3] === undefined || time === null ? null : `UTC${parts[3]}:${parts[4] ?? '00'}`
  return [dayLong(parts[1]), time, offset].filter((each) => each !== null).join(' ')
}

function Settings({ answer }: { answer: Answer }) {
  const { settings, untrusted } = answer
  const days = (value: number | null): string | null =>
    value === null ? null : value === 0 ? t.windowOff : fill(t.windowDays, { count: value })
  const rows: readonly (readonly [string, string | null])[] = [
    [t.objective, wordsOf(settings.objective)],
    [t.goal, wordsOf(settings.optimization_goal)],
    [t.clickWindow, days(settings.click_window_days)],
    [t.viewWindow, days(settings.view_window_days)],
    [t.starts, whenWords(settings.starts_at)],
    [t.ends, whenWords(settings.ends_at)],
    [t.format, wordsOf(settings.format)],
    [t.text, untrusted.text],
    [t.landingPage, untrusted.landing_page],
  ]
  const isGoogle = platformOf(answer.entity.account_id) === 'google_ads'
  const targeting = Object.entries(untrusted.targeting).flatMap(([kind, values]) => {
    const label = t.targeting[kind as keyof typeof t.targeting]
    // Google's own sign for what is left out.
    const isOut = (value: string): boolean => isGoogle && value.startsWith('-')
    const words = (some: readonly string[]): string => some.map((each) => platformWord(each)).join(', ')
    return [
      { label, text: words(values.filter((each) => !isOut(each))) },
      { label: fill(t.excluded, { kind: label }), text: words(values.filter(isOut).map((each) => each.slice(1))) },
    ].filter(({ text }) => text !== '')
  })
  return (
    <dl className="flex flex-col gap-1">
      {rows.map(([label, value]) =>
        value === null || value === '' ? null : (
          <Fact key={label} label={label}>
            <Foreign text={value} />
          </Fact>
        ),
      )}
      {targeting.map(({ label, text }) => (
        <Fact key={label} label={label}>
          <Foreign text={text} />
        </Fact>
      ))}
      {settings.delivery_reasons.length === 0 ? null : (
        <Fact label={t.reasons}>
          <Foreign text={settings.delivery_reasons.map((each) => platformWord(each)).join(', ')} />
        </Fact>
      )}
      {untrusted.review_reasons.length === 0 ? null : (
        <Fact label={t.reviewReasons}>
          <Foreign text={untrusted.review_reasons.map((each) => platformWord(each)).join(', ')} />
        </Fact>
      )}
    </dl>
  )
}

export function Inspector({
  row,
  currency,
  onPropose,
  onClose,
  ref,
}: {
  row: BrowseRow
  currency: string
  onPropose: () => void
  onClose: () => void
  ref: React.Ref<HTMLElement>
}) {
  const answer = useRead('get_entity', { entity_id: row.entity_id })
  return (
    // Escape closes it from wherever the focus is in it.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <aside
      ref={ref}
      tabIndex={-1}
      aria-label={t.inspector}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onClose()
      }}
      className="absolute inset-y-0 right-0 z-10 flex w-88 max-w-full flex-col overflow-y-auto border-l border-line bg-surface shadow-pop wide:static wide:shadow-none"
    >
      <div className="flex items-start gap-2 px-4 pt-3">
        <div className="min-w-0 flex-1">
          <p className="flex flex-wrap items-center gap-2 text-xs text-ink-2">
            <PlatformChip platform={platformOf(row.account_id)} /> {typeWord(row.type, platformOf(row.account_id))}
            {row.is_automated ? <Chip>{t.automated}</Chip> : null}
          </p>
          <h2 className="text-md">
            <Foreign text={row.untrusted.name} />
          </h2>
          <p className="text-xs text-ink-2">
            <Foreign text={row.untrusted.path.slice(0, -1).join(' › ')} />
          </p>
        </div>
        <IconButton label={TEXTS.common.close} icon="cross" onPress={onClose} />
      </div>
      <div className="flex flex-col gap-4 p-4">
        {row.has_thumbnail ? <Picture id={row.entity_id} name={row.untrusted.name} /> : null}
        {row.type === 'creative' ? null : (
          <div className="flex gap-2">
            <Button look="primary" onPress={onPropose}>
              {TEXTS.propose.open}
            </Button>
          </div>
        )}
        {answer.isPending ? <SkeletonRows rows={8} label={TEXTS.common.loading} /> : null}
        {answer.isError ? <ErrorNotice error={answer.error} onRetry={() => void answer.refetch()} /> : null}
        {answer.data === undefined ? null : (
          <>
            <dl className="flex flex-col gap-1">
              <Fact label={t.delivery}>
                {t.deliveries[row.delivery]}
                {row.delivery_status === '' ? null : (
                  <span className="text-xs text-ink-2">
                    {' · '}
                    <Foreign text={platformWord(row.delivery_status)} />
                  </span>
                )}
              </Fact>
              {row.review === null ? null : <Fact label={t.review}>{t.reviews[row.review]}</Fact>}
              {row.type === 'creative' ? null : (
                <>
                  <Fact label={t.spend}>
                    {row.spend_7d === null ? (
                      <Unknown why={t.spendUnknown} />
                    ) : (
                      <span className="num">{money(row.spend_7d)}</span>
                    )}
                  </Fact>
                  <Fact label={t.roas}>
                    {row.roas_7d === null ? (
                      <Unknown why={t.roasUnknown} />
                    ) : (
                      <span className="num">{ratio(row.roas_7d)}</span>
                    )}
                  </Fact>
                </>
              )}
            </dl>
            <Values answer={answer.data} currency={currency} />
            {answer.data.settings.shared_budget === null ? null : (
              <p className="text-ink-2">
                {fill(t.sharedWith, { count: answer.data.settings.shared_budget.campaign_ids.length })}
              </p>
            )}
            <Settings answer={answer.data} />
            <OutsideChanges id={row.entity_id} listed={answer.data.outside_changes} currency={currency} />
            {answer.data.open_draft_ids.map((id) => (
              <a key={id} href={href('queue', id)} className="text-accent-ink underline">
                {t.openDraft}
              </a>
            ))}
            <p className="font-mono text-2xs break-all text-ink-3">{row.entity_id}</p>
          </>
        )}
      </div>
    </aside>
  )
}
