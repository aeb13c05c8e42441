/** The accounts of one connection: whether changes may be pushed in them, and how much of their allowance is used. */
import type { OutputOf } from '../../../shared/operations.ts'
import { useNow } from '../../clock.ts'
import { fill, percent, plural, relativeTime } from '../../format.ts'
import { ErrorNotice, Foreign } from '../../parts/pieces.tsx'
import { visible } from '../../parts/words.ts'
import { useAct, useRead } from '../../queries.ts'
import { TEXTS } from '../../texts.ts'
import { Switch } from '../../ui/field.tsx'

type Connection = OutputOf<'list_connections'>['connections'][number]
type Account = OutputOf<'list_accounts'>['accounts'][number]
type Reading = OutputOf<'get_quota'>['readings'][number]
const t = TEXTS.connections

function Quota({ reading }: { reading: Reading | undefined }) {
  const nowMs = useNow()
  if (reading === undefined) return <span className="text-ink-2">{t.quotaNone}</span>
  const used = reading.used_percent
  return (
    <span className="num flex flex-wrap items-center gap-x-2 text-ink-2">
      {plural(t.requests, reading.requests_last_hour)}
      {used === null ? null : (
        <>
          <span
            aria-hidden="true"
            className="relative inline-block h-1.5 w-16 overflow-hidden rounded-full bg-line align-middle"
          >
            <span
              className={`absolute inset-y-0 left-0 ${used >= 75 ? 'bg-warn' : 'bg-accent'}`}
              style={{ width: `${Math.min(100, used)}%` }}
            />
          </span>
          <span className={used >= 75 ? 'font-medium text-warn' : ''}>
            {fill(t.quotaUsed, { percent: percent(used / 100, false) })}
          </span>
        </>
      )}
      {reading.throttled_last_day > 0 ? (
        <span className="text-warn">{plural(t.throttled, reading.throttled_last_day)}</span>
      ) : null}
      {reading.paused_until === null ? null : (
        <span className="text-warn">{fill(t.paused, { when: relativeTime(reading.paused_until, nowMs) })}</span>
      )}
    </span>
  )
}

function AccountRow({ account, reading }: { account: Account; reading: Reading | undefined }) {
  const set = useAct('set_account_writes')
  const name = visible(account.untrusted.name)
  return (
    <li className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 gap-y-0.5 py-1.5 md:grid-cols-[minmax(0,14rem)_minmax(0,1fr)_auto]">
      <span className="min-w-0 truncate">
        <Foreign text={account.untrusted.name} />
        {account.untrusted.manager === null ? null : (
          <span className="text-xs text-ink-2">
            {' · '}
            <Foreign text={account.untrusted.manager} />
          </span>
        )}
      </span>
      <span className="order-last col-span-2 text-xs md:order-none md:col-span-1">
        <Quota reading={reading} />
      </span>
      <Switch
        label={fill(t.writesFor, { name })}
        isLabelHidden
        text={account.writes_allowed ? t.writesOn : t.writesOff}
        isSelected={account.writes_allowed}
        isDisabled={set.isPending}
        onChange={(isAllowed) => set.mutate({ account_id: account.account_id, is_allowed: isAllowed })}
      />
      {set.error === null ? null : (
        <div className="col-span-full">
          <ErrorNotice error={set.error} />
        </div>
      )}
    </li>
  )
}

export function ConnectionAccounts({ connection }: { connection: Connection }) {
  const accounts = useRead('list_accounts', {})
  const quota = useRead('get_quota', {})
  const own = (accounts.data?.accounts ?? []).filter((each) => connection.account_ids.includes(each.account_id))
  const readingOf = (account: Account): Reading | undefined =>
    quota.data?.readings.find((each) => each.account_id === account.account_id) ??
    quota.data?.readings.find((each) => each.account_id === null && each.platform === account.platform)
  if (own.length === 0) return <p className="py-1.5 text-ink-2">{t.noAccountsYet}</p>
  return (
    <div>
      <p className="pt-1 text-xs text-ink-2">{t.writesText}</p>
      <ul aria-label={t.accountsOf} className="divide-y divide-line">
        {own.map((account) => (
          <AccountRow key={account.account_id} account={account} reading={readingOf(account)} />
        ))}
      </ul>
    </div>
  )
}
