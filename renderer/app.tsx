/** Chooses what the window shows: nothing yet, a first run, a locked workspace, or the workspace. */
import { type ReactNode, useEffect, useState } from 'react'
import { errorReply } from './api.ts'
import { AccountsScreen } from './features/accounts/accounts-screen.tsx'
import { AuditScreen } from './features/audit/audit-screen.tsx'
import { ConnectionsScreen } from './features/connections/connections-screen.tsx'
import { FilesScreen } from './features/files/files-screen.tsx'
import { FirstRunScreen } from './features/first-run/first-run-screen.tsx'
import { ReportScreen } from './features/report/report-screen.tsx'
import { OverviewScreen } from './features/overview/overview-screen.tsx'
import { QueueScreen } from './features/queue/queue-screen.tsx'
import { SettingsScreen } from './features/settings/settings-screen.tsx'
import { UnlockScreen } from './features/unlock/unlock-screen.tsx'
import { Frame } from './frame/frame.tsx'
import { LinkNotice } from './frame/link-notice.tsx'
import { ScreenBoundary } from './frame/screen-boundary.tsx'
import { useLink, useLiveUpdates } from './live.ts'
import { ErrorNotice } from './parts/pieces.tsx'
import { forgetWorkspace, useRead } from './queries.ts'
import { type Route, type Screen, useRoute } from './router.ts'
import type { OutputOf } from '../shared/operations.ts'
import { TEXTS } from './texts.ts'
import { Toasts } from './ui/toast.tsx'

function screenOf(route: Route): ReactNode {
  const screens: Readonly<Record<Screen, () => ReactNode>> = {
    overview: () => <OverviewScreen />,
    report: () => <ReportScreen id={route.id} />,
    queue: () => <QueueScreen id={route.id} />,
    accounts: () => <AccountsScreen id={route.id} />,
    audit: () => <AuditScreen id={route.id} />,
    connections: () => <ConnectionsScreen id={route.id} />,
    files: () => <FilesScreen />,
    settings: () => <SettingsScreen id={route.id} />,
  }
  return screens[route.screen]()
}

/** One open workspace. Keyed by what it is, so that with another workspace everything of the one before is gone, also from the cache. */
function Workspace({ app, route }: { app: OutputOf<'get_app_state'>; route: Route }) {
  useState(forgetWorkspace) // once, before anything below it reads
  return (
    <Frame app={app} route={route}>
      <ScreenBoundary key={route.screen}>{screenOf(route)}</ScreenBoundary>
    </Frame>
  )
}

function Content() {
  const app = useRead('get_app_state', {})
  const route = useRoute()
  const link = useLink((state) => state.link)
  useEffect(() => {
    document.title = `${TEXTS.rail[route.screen]} · ${TEXTS.app.name}`
  }, [route.screen])
  if (app.data === undefined) {
    const isGone =
      link !== 'live' || (app.isError && ['app_not_running', 'not_authorized'].includes(errorReply(app.error).code))
    return (
      <main className="grid h-full place-items-center p-6">
        {isGone ? (
          <LinkNotice
            isExpired={link === 'expired' || (app.isError && errorReply(app.error).code === 'not_authorized')}
          />
        ) : app.isError ? (
          <ErrorNotice error={app.error} onRetry={() => void app.refetch()} />
        ) : (
          <p role="status" className="flex items-center gap-2 text-ink-2">
            <span aria-hidden="true" className="spinner size-4" />
            {TEXTS.app.loading}
          </p>
        )}
      </main>
    )
  }
  if (app.data.phase === 'first_run') return <FirstRunScreen app={app.data} />
  if (app.data.phase === 'locked' || app.data.phase === 'trouble') return <UnlockScreen app={app.data} />
  const { workspace } = app.data
  const identity = workspace === null ? '' : `${workspace.is_demo} ${workspace.log_vkey}`
  return <Workspace key={identity} app={app.data} route={route} />
}

export function App() {
  useLiveUpdates()
  return (
    <>
      <Content />
      <Toasts />
    </>
  )
}
