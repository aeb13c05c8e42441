/** Where each number on screen comes from: windows, what was approximated, what was left out, what moved since, and by which rates. */
import { day, dayLong, fill, integer, money, percent, plural } from '../../../format.ts'
import { Age, ErrorNotice, Foreign, PlatformChip } from '../../../parts/pieces.tsx'
import { visible } from '../../../parts/words.ts'
import { useRead } from '../../../queries.ts'
import type { OutputOf } from '../../../../shared/operations.ts'
import { REPORT_TEXTS } from '../../../texts-report.ts'
import { TEXTS } from '../../../texts.ts'
import { Chip } from '../../../ui/chip.tsx'
import { Section } from '../../../ui/screen.tsx'
import { SkeletonRows } from '../../../ui/state.tsx'
import { Table, Td, Th } from '../../../ui/table.tsx'
import { windowWords } from '../numbers.ts'
import { RatesLine, Warnings, WindowStatus } from '../platform-notes.tsx'
import { baseInput, type Scope, scopedInput } from '../scope.ts'
import { MaturityCurve } from './maturity-curve.tsx'

const t = REPORT_TEXTS.method
type MethodAnswer = OutputOf<'get_report_method'>
type MethodAccount = MethodAnswer['accounts'][number]

function Formula({ scope }: { scope: Scope }) {
  const window = windowWords(scope.choices.attribution)
  return (
    <Section title={t.formula.title}>
      <div className="flex flex-col gap-1.5 rounded-lg border border-line bg-surface px-3.5 py-3">
        <p className="text-md font-medium">{fill(t.formula.roas, { window })}</p>
        <ul className="list-disc pl-4 text-ink-2">
          {t.formula.rules.map((rule) => (
            <li key={rule}>{fill(rule, { window })}</li>
          ))}
        </ul>
      </div>
    </Section>
  )
}

function Pair({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div className="flex justify-between gap-3 border-b border-line py-1 last:border-0">
      <dt className="text-ink-2">{name}</dt>
      <dd className="num text-right">{children}</dd>
    </div>
  )
}

function Restated({ account }: { account: MethodAccount }) {
  const { restated, currency } = account
  if (restated === null || restated.days === 0) return <>{t.notRestated}</>
  return (
    <>
      {fill(t.restated, {
        days: plural(t.days, restated.days),
        spend: money({ amount: restated.spend, currency }, true),
        conversions: `${restated.conversions > 0 ? '+' : ''}${integer(restated.conversions)}`,
        value: money({ amount: restated.conversion_value, currency }, true),
      })}
    </>
  )
}

function AccountPart({ account }: { account: MethodAccount }) {
  const { currency } = account
  const spent = Number(account.spend)
  const left = Number(account.unmeasured_spend)
  return (
    <article className="grid gap-x-6 gap-y-3 rounded-lg border border-line bg-surface px-3.5 py-3 wide:grid-cols-[1fr_20rem]">
      <div className="flex min-w-0 flex-col gap-2">
        <h3 className="flex min-w-0 flex-wrap items-center gap-x-2 text-md">
          <PlatformChip platform={account.platform} />
          <Foreign text={account.untrusted.name} className="min-w-0" />
          {account.is_imported ? <Chip icon="files">{t.isImported}</Chip> : null}
        </h3>
        <p className="font-medium">
          <WindowStatus window={account.window} note="" />
        </p>
        {account.notes.length === 0 ? null : (
          <ul className="list-disc pl-4 text-ink-2">
            {account.notes.map((note) => (
              <li key={note} className="foreign">
                {visible(note)}
              </li>
            ))}
          </ul>
        )}
        <dl>
          <Pair name={t.spend}>{money({ amount: account.spend, currency })}</Pair>
          <Pair name={t.unmeasured}>
            {left === 0
              ? t.allMeasured
              : fill(t.unmeasuredValue, {
                  amount: money({ amount: account.unmeasured_spend, currency }),
                  share: percent(spent === 0 ? 0 : left / spent, false),
                })}
          </Pair>
          <Pair name={t.daysHeld}>
            {account.days_missing === 0
              ? plural(t.days, account.days_held)
              : fill(t.daysMissing, {
                  days: plural(t.days, account.days_held),
                  missing: integer(account.days_missing),
                })}
          </Pair>
          <Pair name={t.complete}>
            {account.complete_through === null ? TEXTS.common.unknown : dayLong(account.complete_through)}
          </Pair>
          <Pair name={account.is_imported ? t.importedAt : t.syncedAt}>
            {account.last_sync_at === null ? TEXTS.bar.never : <Age at={account.last_sync_at} isFocusable />}
          </Pair>
          <Pair name={t.zone}>{visible(account.time_zone)}</Pair>
          <Pair name={t.restatedTitle}>
            <Restated account={account} />
          </Pair>
        </dl>
      </div>
      <MaturityCurve maturity={account.maturity} />
    </article>
  )
}

function Breaks({ breaks }: { breaks: MethodAnswer['breaks'] }) {
  if (breaks.length === 0) return null
  return (
    <Section title={t.breaks} text={t.breaksText}>
      <div className="relative overflow-x-auto rounded-lg border border-line bg-surface">
        <Table label={t.breaks}>
          <thead>
            <tr>
              <Th>{t.date}</Th>
              <Th>{t.platform}</Th>
              <Th>{t.what}</Th>
            </tr>
          </thead>
          <tbody>
            {breaks.map((each) => (
              <tr key={`${each.date} ${each.platform}`}>
                <Td className="whitespace-nowrap">{dayLong(each.date)}</Td>
                <Td>
                  <PlatformChip platform={each.platform} />
                </Td>
                <Td>{visible(each.text)}</Td>
              </tr>
            ))}
          </tbody>
        </Table>
      </div>
    </Section>
  )
}

function Rates({ rates }: { rates: MethodAnswer['rates'] }) {
  return (
    <Section title={t.rates} text={rates.currency === null ? t.noRates : t.ratesText}>
      <RatesLine rates={rates} />
      {rates.used.length === 0 ? null : (
        <div className="relative overflow-x-auto rounded-lg border border-line bg-surface">
          <Table label={t.rates}>
            <thead>
              <tr>
                <Th>{t.currency}</Th>
                <Th>{t.from}</Th>
                <Th>{t.to}</Th>
                <Th>{t.source}</Th>
              </tr>
            </thead>
            <tbody>
              {rates.used.map((each) => (
                <tr key={`${each.currency} ${each.source}`}>
                  <Td>{each.currency}</Td>
                  <Td>{day(each.first_date)}</Td>
                  <Td>{day(each.last_date)}</Td>
                  <Td>{visible(each.source)}</Td>
                </tr>
              ))}
            </tbody>
          </Table>
        </div>
      )}
    </Section>
  )
}

export function MethodTab({ scope }: { scope: Scope }) {
  const { attribution } = baseInput(scope)
  const answer = useRead(
    'get_report_method',
    { ...scopedInput(scope), ...(attribution === undefined ? {} : { attribution }) },
    { keepsPrevious: true },
  )
  if (answer.isPending) return <SkeletonRows rows={8} height={44} label={t.loading} />
  if (answer.data === undefined)
    return (
      <div className="p-4">
        <ErrorNotice title={t.failed} error={answer.error} onRetry={() => void answer.refetch()} />
      </div>
    )
  const { accounts, breaks, rates, warnings } = answer.data
  return (
    <div className={`flex max-w-6xl flex-col gap-6 p-4 ${answer.isPlaceholderData ? 'opacity-60' : ''}`}>
      <Formula scope={scope} />
      <Warnings words={warnings} />
      <Section title={t.accounts} text={t.accountsText}>
        {accounts.length === 0 ? <p className="text-ink-2">{t.none}</p> : null}
        {accounts.map((account) => (
          <AccountPart key={account.account_id} account={account} />
        ))}
      </Section>
      <Breaks breaks={breaks} />
      <Rates rates={rates} />
      <Section title={t.notCounted}>
        <ul className="list-disc pl-4 text-ink-2">
          {t.limits.map((each) => (
            <li key={each}>{each}</li>
          ))}
        </ul>
      </Section>
    </div>
  )
}
