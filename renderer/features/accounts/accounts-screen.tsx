/** What is there: accounts, and in each its campaigns, ad groups and ads. */
import { useState } from 'react'
import type { EntityView, OutputOf } from '../../../shared/operations.ts'
import { integer } from '../../format.ts'
import { Age, ErrorNotice, Foreign, PlatformChip } from '../../parts/pieces.tsx'
import { ProposeDialog } from '../../parts/propose-dialog.tsx'
import { useRead } from '../../queries.ts'
import { go, href } from '../../router.ts'
import { TEXTS } from '../../texts.ts'
import { LinkButton } from '../../ui/button.tsx'
import { Chip } from '../../ui/chip.tsx'
import { ScreenHeader } from '../../ui/screen.tsx'
import { Empty, SkeletonRows } from '../../ui/state.tsx'
import { Table, Td, Th } from '../../ui/table.tsx'
import { EntityTree } from './entity-tree.tsx'

type Account = OutputOf<'list_accounts'>['accounts'][number]
const t = TEXTS.accounts
/** Counts that the tree below shows too: they make room first. */
const WIDE = 'hidden lg:table-cell'

function connectionWord(state: string): string {
  return state in t.connection ? t.connection[state as keyof typeof t.connection] : state
}

function AccountRow({ account, isSelected }: { account: Account; isSelected: boolean }) {
  return (
    <tr className={isSelected ? 'bg-selected' : 'hover:bg-hover'}>
      <Td className="max-w-64">
        <a
          href={href('accounts', account.account_id)}
          {...(isSelected ? { 'aria-current': 'true' as const } : {})}
          className="block truncate font-medium"
        >
          <Foreign text={account.untrusted.name} />
        </a>
      </Td>
      <Td>
        <PlatformChip platform={account.platform} />
      </Td>
      <Td>{account.currency}</Td>
      <Td className="whitespace-nowrap">{account.time_zone}</Td>
      <Td isNumber className={WIDE}>
        {integer(account.campaigns)}
      </Td>
      <Td isNumber className={WIDE}>
        {integer(account.ad_groups)}
      </Td>
      <Td isNumber className={WIDE}>
        {integer(account.ads)}
      </Td>
      <Td className="whitespace-nowrap">
        {account.connection_state === 'ok' && account.status === 'active' ? (
          t.accountStates.active
        ) : (
          <Chip tone="warn" icon="warn">
            {account.connection_state === 'ok'
              ? t.accountStates[account.status]
              : connectionWord(account.connection_state)}
          </Chip>
        )}
      </Td>
      <Td className="whitespace-nowrap text-ink-2">
        {account.last_sync_at === null ? TEXTS.bar.never : <Age at={account.last_sync_at} />}
      </Td>
    </tr>
  )
}

export function AccountsScreen({ id }: { id: string | null }) {
  const accounts = useRead('list_accounts', {})
  const [proposing, setProposing] = useState<EntityView['entity_id'] | null>(null)
  const list = accounts.data?.accounts ?? []
  const selected = list.find((account) => account.account_id === id) ?? list[0]
  return (
    <div className="min-h-full">
      <ScreenHeader title={t.title} question={t.question} />
      {accounts.isPending ? <SkeletonRows rows={3} label={t.loading} /> : null}
      {accounts.isError && accounts.data === undefined ? (
        <div className="p-4">
          <ErrorNotice title={t.failed} error={accounts.error} onRetry={() => void accounts.refetch()} />
        </div>
      ) : null}
      {accounts.data !== undefined && list.length === 0 ? (
        <Empty
          icon="accounts"
          title={TEXTS.overview.noAccountsTitle}
          action={
            <LinkButton look="primary" href={href('connections', 'tiktok')}>
              {TEXTS.overview.connect}
            </LinkButton>
          }
        >
          {TEXTS.overview.noAccounts}
        </Empty>
      ) : null}
      {list.length === 0 ? null : (
        <div className="flex flex-col gap-5 p-4">
          <div className="relative overflow-x-auto rounded-lg border border-line bg-surface">
            <Table label={t.title}>
              <thead>
                <tr>
                  <Th>{t.name}</Th>
                  <Th>{t.platform}</Th>
                  <Th>{t.currency}</Th>
                  <Th>{t.zone}</Th>
                  <Th isNumber className={WIDE}>
                    {t.campaigns}
                  </Th>
                  <Th isNumber className={WIDE}>
                    {t.adGroups}
                  </Th>
                  <Th isNumber className={WIDE}>
                    {t.ads}
                  </Th>
                  <Th>{t.state}</Th>
                  <Th>{t.synced}</Th>
                </tr>
              </thead>
              <tbody>
                {list.map((account) => (
                  <AccountRow
                    key={account.account_id}
                    account={account}
                    isSelected={account.account_id === selected?.account_id}
                  />
                ))}
              </tbody>
            </Table>
          </div>
          {selected === undefined ? null : (
            <EntityTree key={selected.account_id} account={selected} onPropose={setProposing} />
          )}
        </div>
      )}
      {proposing === null ? null : (
        <ProposeDialog
          entity={proposing}
          onClose={() => setProposing(null)}
          onMade={(draftId) => {
            setProposing(null)
            go('queue', draftId)
          }}
        />
      )}
    </div>
  )
}
