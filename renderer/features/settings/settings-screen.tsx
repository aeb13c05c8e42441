/** What may never happen: limits, what Confirm asks for, and who is told. */
import { ErrorNotice } from '../../parts/pieces.tsx'
import { useRead } from '../../queries.ts'
import { OpenBreaker } from '../../parts/open-breaker.tsx'
import { href } from '../../router.ts'
import { SETTINGS_TEXTS as t } from '../../texts-settings.ts'
import { ScreenHeader } from '../../ui/screen.tsx'
import { SkeletonRows } from '../../ui/state.tsx'
import { BreakerSection } from './breaker-section.tsx'
import { LimitsSection } from './limits-section.tsx'
import { NotificationSection } from './notification-section.tsx'
import { SignOffSection } from './sign-off-section.tsx'

const TABS = ['limits', 'confirm', 'notifications'] as const
type Tab = (typeof TABS)[number]

function Tabs({ tab }: { tab: Tab }) {
  return (
    <nav aria-label={t.tabs.label} className="flex flex-wrap gap-1 border-b border-line px-3 py-1.5">
      {TABS.map((each) => (
        <a
          key={each}
          href={href('settings', each)}
          {...(each === tab ? { 'aria-current': 'page' as const } : {})}
          className={`rounded-md px-2.5 py-1 font-medium ${each === tab ? 'bg-selected text-ink' : 'text-ink-2 hover:bg-hover hover:text-ink'}`}
        >
          {t.tabs[each]}
        </a>
      ))}
    </nav>
  )
}

function Limits() {
  const policy = useRead('get_policy', {})
  if (policy.data === undefined)
    return policy.isError ? (
      <ErrorNotice title={t.failed} error={policy.error} onRetry={() => void policy.refetch()} />
    ) : (
      <SkeletonRows rows={10} label={t.loading} />
    )
  return (
    <div className="flex flex-col gap-8">
      <BreakerSection breaker={policy.data.breaker} />
      <LimitsSection policy={policy.data} />
    </div>
  )
}

export function SettingsScreen({ id }: { id: string | null }) {
  const tab = TABS.find((each) => each === id) ?? 'limits'
  return (
    <div className="min-h-full">
      <ScreenHeader title={t.title} question={t.question} />
      <Tabs tab={tab} />
      <div className="flex max-w-5xl flex-col gap-6 p-4">
        {tab === 'limits' ? null : <OpenBreaker />}
        {tab === 'limits' ? <Limits /> : tab === 'confirm' ? <SignOffSection /> : <NotificationSection />}
      </div>
    </div>
  )
}
