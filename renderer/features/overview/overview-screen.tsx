/** The overview: how is the money doing? Figures only; every change starts as a proposal. */
import { type ReactNode, useState } from 'react'
import type { EntityView } from '../../../shared/operations.ts'
import { fill, dayLong } from '../../format.ts'
import { ErrorNotice } from '../../parts/pieces.tsx'
import { ProposeDialog } from '../../parts/propose-dialog.tsx'
import { useAct, useRead } from '../../queries.ts'
import { go, href } from '../../router.ts'
import { TEXTS } from '../../texts.ts'
import { Button, LinkButton } from '../../ui/button.tsx'
import { ScreenHeader } from '../../ui/screen.tsx'
import { Empty, Notice } from '../../ui/state.tsx'
import { CampaignTable } from './campaign-table.tsx'
import { DayCharts } from './day-charts.tsx'
import { asText, totalsFor } from './figures.ts'
import { Tiles, TilesSkeleton } from './tiles.tsx'
import { type Scope, useScope, useTotals } from './use-figures.ts'

function Figures({ scope, children }: { scope: Scope; children?: ReactNode }) {
  const totals = useTotals(scope)
  const [proposing, setProposing] = useState<EntityView['entity_id'] | null>(null)
  const data = totals.data
  return (
    <div className="flex flex-col gap-4 p-4">
      {children}
      {totals.isError ? (
        <ErrorNotice title={TEXTS.overview.failed} error={totals.error} onRetry={() => void totals.refetch()} />
      ) : null}
      {data === undefined ? totals.isError ? null : <TilesSkeleton /> : <Tiles answer={data} scope={scope} />}
      {children === undefined && data?.is_partial === true ? (
        <Notice
          tone="info"
          title={TEXTS.overview.partial}
          {...(data.complete_through === null
            ? {}
            : { children: fill(TEXTS.overview.complete, { day: dayLong(data.complete_through) }) })}
        />
      ) : null}
      <DayCharts scope={scope} totals={data} isTotalsOfBefore={totals.isPlaceholderData} />
      <CampaignTable scope={scope} onPropose={setProposing} />
      {proposing === null ? null : (
        <ProposeDialog
          entity={proposing}
          onClose={() => setProposing(null)}
          onMade={(draftId) => go('queue', draftId)}
        />
      )}
    </div>
  )
}

/** Before the first sync is through: the figures that are in, as soon as there are any, and that they are not all. */
function NeverSynced({ scope }: { scope: Scope }) {
  const start = useAct('start_sync')
  const app = useRead('get_app_state', {})
  const totals = useTotals(scope)
  const isRunning = app.data?.sync.state === 'running'
  if (asText(totalsFor(totals.data?.totals, scope.currency)?.spend) !== null)
    return (
      <Figures scope={scope}>
        <Notice tone="info" title={isRunning ? TEXTS.overview.fillingTitle : TEXTS.overview.halfTitle}>
          {isRunning ? TEXTS.overview.filling : TEXTS.overview.half}
        </Notice>
      </Figures>
    )
  if (isRunning)
    return (
      <div className="p-4">
        <TilesSkeleton />
        <Empty icon="sync" title={TEXTS.overview.firstSyncTitle}>
          {TEXTS.overview.firstSync}
        </Empty>
      </div>
    )
  return (
    <>
      <Empty
        icon="sync"
        title={TEXTS.overview.notSyncedTitle}
        action={
          <Button look="primary" icon="sync" isPending={start.isPending} onPress={() => start.mutate({})}>
            {TEXTS.bar.sync}
          </Button>
        }
      >
        {TEXTS.overview.notSynced}
      </Empty>
      {start.error === null ? null : (
        <div className="mx-auto max-w-md">
          <ErrorNotice error={start.error} />
        </div>
      )}
    </>
  )
}

export function OverviewScreen() {
  const accounts = useRead('list_accounts', {})
  const scope = useScope(accounts.data?.accounts)
  const isNeverSynced = scope !== null && scope.accounts.every((account) => account.last_sync_at === null)
  return (
    <div className="min-h-full">
      <ScreenHeader title={TEXTS.overview.title} question={TEXTS.overview.question} />
      {accounts.isPending ? (
        <div className="p-4">
          <TilesSkeleton />
        </div>
      ) : null}
      {accounts.isError && accounts.data === undefined ? (
        <div className="p-4">
          <ErrorNotice title={TEXTS.overview.failed} error={accounts.error} onRetry={() => void accounts.refetch()} />
        </div>
      ) : null}
      {accounts.data !== undefined && scope === null ? (
        <Empty
          icon="connections"
          title={TEXTS.overview.noAccountsTitle}
          action={
            <>
              <LinkButton look="primary" href={href('connections')}>
                {TEXTS.overview.connect}
              </LinkButton>
              <LinkButton href={href('files')}>{TEXTS.overview.importFile}</LinkButton>
            </>
          }
        >
          {TEXTS.overview.noAccounts}
        </Empty>
      ) : null}
      {scope === null ? null : isNeverSynced ? <NeverSynced scope={scope} /> : <Figures scope={scope} />}
    </div>
  )
}
