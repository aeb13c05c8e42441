/** One account of those that are connected. */
import type { OutputOf } from '../../../shared/operations.ts'
import { ErrorNotice } from '../../parts/pieces.tsx'
import { accountLabel } from '../../parts/words.ts'
import { useRead } from '../../queries.ts'
import { SETTINGS_TEXTS } from '../../texts-settings.ts'
import { TEXTS } from '../../texts.ts'
import { SkeletonRows } from '../../ui/state.tsx'

export type AccountRow = OutputOf<'list_accounts'>['accounts'][number]

export function AccountPicker({
  label,
  without,
  onPick,
}: {
  label: string
  /** Ids that are not offered. */
  without: readonly string[]
  onPick: (account: AccountRow) => void
}) {
  const accounts = useRead('list_accounts', {})
  if (accounts.isError) return <ErrorNotice error={accounts.error} onRetry={() => void accounts.refetch()} />
  if (accounts.isPending) return <SkeletonRows rows={4} label={TEXTS.common.loading} />
  const offered = accounts.data.accounts.filter((each) => !without.includes(each.account_id))
  if (offered.length === 0) return <p className="text-ink-2">{SETTINGS_TEXTS.accounts.allHave}</p>
  return (
    <div className="flex flex-col gap-2">
      <p>{label}</p>
      <ul className="max-h-80 overflow-y-auto rounded-md border border-line">
        {offered.map((account) => (
          <li key={account.account_id} className="border-b border-line last:border-0">
            <button
              type="button"
              onClick={() => onPick(account)}
              className="flex min-h-8 w-full items-center gap-3 px-3 text-left -outline-offset-2 hover:bg-hover"
            >
              <span className="foreign min-w-0 flex-1">{accountLabel(account)}</span>
              <span className="text-xs text-ink-2">{account.currency}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  )
}
