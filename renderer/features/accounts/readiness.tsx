/** What should be put in order before an operator works on the accounts: worst first, with the cure beside it where there is one. */
import { useState } from 'react'
import type { ChangeInput, OutputOf } from '../../../shared/operations.ts'
import { useNow } from '../../clock.ts'
import { fill, plural, relativeTime } from '../../format.ts'
import { Age, ErrorNotice, Foreign } from '../../parts/pieces.tsx'
import { titleOf } from '../../parts/propose-operation.ts'
import { accountLabel, platformOf, visible } from '../../parts/words.ts'
import { useAct, useRead } from '../../queries.ts'
import { go, href } from '../../router.ts'
import { TEXTS } from '../../texts.ts'
import { Button, LinkButton } from '../../ui/button.tsx'
import { Chip, type Tone } from '../../ui/chip.tsx'
import type { IconName } from '../../ui/icon.tsx'
import { Section } from '../../ui/screen.tsx'
import { Empty, SkeletonRows } from '../../ui/state.tsx'
import { toast } from '../../ui/toast.tsx'

const t = TEXTS.accounts.readiness
type AccountReadiness = OutputOf<'get_account_readiness'>['accounts'][number]
type Check = AccountReadiness['checks'][number]
type Item = Check['items'][number]

const LOOKS: Readonly<Record<Check['severity'], { tone: Tone; icon: IconName }>> = {
  ok: { tone: 'good', icon: 'check' },
  info: { tone: 'neutral', icon: 'info' },
  warning: { tone: 'warn', icon: 'warn' },
  critical: { tone: 'danger', icon: 'warn' },
}
const ORDER: readonly Check['severity'][] = ['critical', 'warning', 'info', 'ok']
const SHOWN = 5
const LEADS_TO_CONNECTIONS: readonly Check['check'][] = ['token_dead', 'token_expiring', 'writes_off']

function Cure({ item, cure, reason }: { item: Item; cure: ChangeInput; reason: string }) {
  const propose = useAct('propose_change')
  const [key] = useState(() => crypto.randomUUID())
  if (propose.data !== undefined)
    return (
      <a className="text-accent-ink underline" href={href('queue', propose.data.draft.draft_id)}>
        {TEXTS.accounts.openDraft}
      </a>
    )
  return (
    <span className="flex flex-col items-end gap-1">
      <Button
        size="small"
        isPending={propose.isPending}
        aria-label={fill(t.proposePauseFor, { name: visible(item.untrusted.name) })}
        onPress={() =>
          propose.mutate(
            {
              idempotency_key: key,
              title: titleOf(cure, item.untrusted.name),
              rationale: reason.slice(0, 1_000),
              operations: [cure],
            },
            { onSuccess: () => toast(TEXTS.propose.made) },
          )
        }
      >
        {t.proposePause}
      </Button>
      {propose.error === null ? null : <ErrorNotice error={propose.error} />}
    </span>
  )
}

function Items({ check }: { check: Check }) {
  const [isAll, setIsAll] = useState(false)
  const shown = isAll ? check.items : check.items.slice(0, SHOWN)
  if (check.items.length === 0) return null
  return (
    <ul className="mt-1.5 flex flex-col divide-y divide-line rounded-md border border-line">
      {shown.map((item) => (
        <li
          key={`${item.entity_id ?? ''}${item.external_id ?? ''}${item.untrusted.name}`}
          className="flex min-h-8 items-center justify-between gap-3 px-2.5 py-0.5"
        >
          <span className="min-w-0">
            <Foreign text={item.untrusted.name} />
            {item.detail === null ? null : <span className="text-ink-2"> · {visible(item.detail)}</span>}
          </span>
          {item.cure === null ? null : <Cure item={item} cure={item.cure} reason={check.message} />}
        </li>
      ))}
      {check.items.length > shown.length ? (
        <li className="px-2.5 py-1">
          <Button size="small" look="quiet" onPress={() => setIsAll(true)}>
            {fill(t.showAll, { count: check.items.length })}
          </Button>
        </li>
      ) : null}
      {isAll && check.count > check.items.length ? (
        <li className="px-2.5 py-1 text-ink-2">
          {fill(TEXTS.common.shown, { shown: check.items.length, total: check.count })}
        </li>
      ) : null}
    </ul>
  )
}

function CheckRow({ check }: { check: Check }) {
  const look = LOOKS[check.severity]
  return (
    <li className="border-b border-line px-3 py-2.5 last:border-0">
      <div className="flex flex-wrap items-start gap-x-3 gap-y-1">
        <span className="w-28 shrink-0">
          <Chip tone={look.tone} icon={look.icon}>
            {t.severities[check.severity]}
          </Chip>
        </span>
        <div className="min-w-0 flex-1">
          <p>{visible(check.message)}</p>
          {check.hint === null ? null : <p className="text-ink-2">{visible(check.hint)}</p>}
          <Items check={check} />
        </div>
        {LEADS_TO_CONNECTIONS.includes(check.check) && check.severity !== 'ok' ? (
          <LinkButton href={href('connections')}>{TEXTS.rail.connections}</LinkButton>
        ) : null}
      </div>
    </li>
  )
}

function Trackers({ trackers }: { trackers: AccountReadiness['trackers'] }) {
  if (trackers.length === 0) return null
  return (
    <details className="px-3 py-2">
      <summary className="text-ink-2 hover:text-ink">{plural(t.trackers, trackers.length)}</summary>
      <ul className="mt-1.5 flex flex-col gap-1">
        {trackers.map((each) => (
          <li key={each.external_id} className="flex flex-wrap items-center gap-x-3">
            <Foreign text={each.untrusted.name} />
            <Chip tone={each.state === 'healthy' ? 'good' : each.state === 'inactive' ? 'neutral' : 'warn'}>
              {t.trackerStates[each.state]}
            </Chip>
            <span className="text-xs text-ink-2">
              {t.kinds[each.kind]} ·{' '}
              {each.last_received_at === null ? t.neverReceived : <Age at={each.last_received_at} />}
            </span>
            {each.problems.map((problem) => (
              <span key={problem} className="w-full text-ink-2">
                {visible(problem)}
              </span>
            ))}
          </li>
        ))}
      </ul>
    </details>
  )
}

function AccountPart({ account }: { account: AccountReadiness }) {
  const checks = account.checks.toSorted((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity))
  const open = checks.filter((check) => check.severity !== 'ok')
  const fine = checks.length - open.length
  return (
    <Section
      title={accountLabel({ platform: platformOf(account.account_id), untrusted: account.untrusted })}
      action={
        <Button look="quiet" onPress={() => go('accounts', account.account_id)}>
          {t.toExplorer}
        </Button>
      }
    >
      <div className="rounded-lg border border-line bg-surface">
        {open.length === 0 ? <p className="px-3 py-2.5 text-ink-2">{t.allFine}</p> : null}
        <ul>
          {open.map((check) => (
            <CheckRow key={check.check} check={check} />
          ))}
        </ul>
        {fine === 0 || open.length === 0 ? null : (
          <p className="border-t border-line px-3 py-1.5 text-xs text-ink-2">{plural(t.passed, fine)}</p>
        )}
        <Trackers trackers={account.trackers} />
      </div>
    </Section>
  )
}

export function Readiness() {
  const nowMs = useNow()
  const answer = useRead('get_account_readiness', {})
  if (answer.isPending) return <SkeletonRows rows={8} height={44} label={t.loading} />
  if (answer.isError && answer.data === undefined)
    return (
      <div className="p-4">
        <ErrorNotice title={t.failed} error={answer.error} onRetry={() => void answer.refetch()} />
      </div>
    )
  const accounts = (answer.data?.accounts ?? []).toSorted(
    (a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity),
  )
  if (accounts.length === 0)
    return (
      <Empty
        icon="shield"
        title={TEXTS.overview.noAccountsTitle}
        action={
          <LinkButton look="primary" href={href('connections')}>
            {TEXTS.overview.connect}
          </LinkButton>
        }
      >
        {TEXTS.overview.noAccounts}
      </Empty>
    )
  const asOf = answer.data?.as_of ?? null
  const count = (severity: Check['severity']): number =>
    accounts.reduce((sum, each) => sum + each.checks.filter((check) => check.severity === severity).length, 0)
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <div className="flex max-w-5xl flex-col gap-6 p-4">
        <p className="num text-md">
          {count('critical') + count('warning') === 0
            ? t.summaryFine
            : fill(t.summary, { critical: count('critical'), warning: count('warning') })}
          <span className="text-sm text-ink-2">
            {' · '}
            {asOf === null ? TEXTS.bar.partly : fill(TEXTS.bar.synced, { ago: relativeTime(asOf, nowMs) })}
          </span>
        </p>
        {accounts.map((account) => (
          <AccountPart key={account.account_id} account={account} />
        ))}
      </div>
    </div>
  )
}
