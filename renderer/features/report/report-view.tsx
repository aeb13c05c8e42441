/** The parts of the report screen: the report itself, the orders credited once, and the method behind both. */
import { useRead } from '../../queries.ts'
import { go, href } from '../../router.ts'
import { REPORT_TEXTS } from '../../texts-report.ts'
import { TEXTS } from '../../texts.ts'
import { ErrorNotice } from '../../parts/pieces.tsx'
import { Button, LinkButton } from '../../ui/button.tsx'
import { ScreenHeader } from '../../ui/screen.tsx'
import { Empty } from '../../ui/state.tsx'
import { useTableKey } from './chart-figure.tsx'
import { OrdersTab } from './credit/orders-tab.tsx'
import { KpiSkeleton } from './kpis.tsx'
import { MethodTab } from './method/method-tab.tsx'
import { Report } from './report.tsx'
import { parsePlace, type Scope, type Tab } from './scope.ts'
import { ChartsSkeleton } from './time-charts.tsx'
import { Toolbar } from './toolbar.tsx'
import { useScope } from './use-report.ts'

const t = REPORT_TEXTS
const TABS: readonly Tab[] = ['report', 'orders', 'method']

function Tabs({ tab }: { tab: Tab }) {
  return (
    <nav aria-label={t.tabsLabel} className="flex gap-1">
      {TABS.map((each) => (
        <a
          key={each}
          href={href('report', each === 'report' ? null : each)}
          {...(each === tab ? { 'aria-current': 'page' as const } : {})}
          className={`rounded-md px-2.5 py-1 ${each === tab ? 'bg-selected font-medium text-accent-ink' : 'text-ink-2 hover:bg-hover'}`}
        >
          {t.tabs[each]}
        </a>
      ))}
    </nav>
  )
}

function NoAccounts() {
  return (
    <Empty
      icon="report"
      title={t.noAccountsTitle}
      action={
        <>
          <LinkButton look="primary" href={href('connections')}>
            {TEXTS.overview.connect}
          </LinkButton>
          <Button onPress={() => go('files')}>{t.importFile}</Button>
        </>
      }
    >
      {t.noAccounts}
    </Empty>
  )
}

function Body({ scope, tab, place }: { scope: Scope; tab: Tab; place: string }) {
  return (
    <>
      <Toolbar scope={scope} tab={tab} />
      {/* What was shown of one platform, account or campaign is never shown under the name of another. */}
      {tab === 'report' ? <Report key={place} scope={scope} /> : null}
      {tab === 'orders' ? <OrdersTab scope={scope} /> : null}
      {tab === 'method' ? <MethodTab scope={scope} /> : null}
    </>
  )
}

export function ReportView({ id }: { id: string | null }) {
  const accounts = useRead('list_accounts', {})
  const { tab, focus } = parsePlace(id)
  const scope = useScope(accounts.data?.accounts, focus)
  useTableKey()
  return (
    <div className="min-h-full pb-4">
      <ScreenHeader title={t.title} question={t.questions[tab]}>
        <Tabs tab={tab} />
      </ScreenHeader>
      {accounts.isPending ? (
        <div className="flex flex-col gap-4 p-4">
          <KpiSkeleton />
          <ChartsSkeleton />
        </div>
      ) : null}
      {accounts.isError && accounts.data === undefined ? (
        <div className="p-4">
          <ErrorNotice title={t.failed} error={accounts.error} onRetry={() => void accounts.refetch()} />
        </div>
      ) : null}
      {accounts.data !== undefined && scope === null ? <NoAccounts /> : null}
      {scope === null ? null : <Body scope={scope} tab={tab} place={tab === 'report' ? (id ?? '') : ''} />}
    </div>
  )
}
