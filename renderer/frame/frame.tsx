/** Rail, top bar and content. Knows which screens exist; knows nothing of what they do. */
import { type ReactNode, useEffect, useState } from 'react'
import type { OutputOf } from '../../shared/operations.ts'
import { plural } from '../format.ts'
import { useLink } from '../live.ts'
import { ErrorNotice } from '../parts/pieces.tsx'
import { WorkspaceDialog } from '../parts/workspace-dialog.tsx'
import { useRead } from '../queries.ts'
import { go, href, type Route, SCREENS } from '../router.ts'
import { TEXTS } from '../texts.ts'
import { ApiError } from '../api.ts'
import { Icon } from '../ui/icon.tsx'
import { LinkNotice } from './link-notice.tsx'
import { PaletteDialog, ShortcutsDialog } from './dialogs.tsx'
import { TopBar } from './top-bar.tsx'

type AppState = OutputOf<'get_app_state'>

function Rail({ route, waiting }: { route: Route; waiting: number }) {
  return (
    <nav
      aria-label={TEXTS.rail.label}
      className="flex w-14 shrink-0 flex-col gap-0.5 border-r border-line bg-sunken p-2 md:w-44"
    >
      <p className="mb-2 hidden h-7 items-center gap-2 px-2 font-semibold md:flex">
        <span aria-hidden="true" className="grid size-5 place-items-center rounded-md bg-accent text-on-accent">
          <Icon name="check" size={14} />
        </span>
        {TEXTS.app.name}
      </p>
      {SCREENS.map((screen) => {
        const isHere = route.screen === screen
        const badge = screen === 'queue' && waiting > 0 ? waiting : null
        return (
          <a
            key={screen}
            href={href(screen)}
            title={TEXTS.rail[screen]}
            {...(isHere ? { 'aria-current': 'page' as const } : {})}
            className={`relative flex h-8 items-center gap-2.5 rounded-md px-2 font-medium ${isHere ? 'bg-selected text-ink' : 'text-ink-2 hover:bg-hover hover:text-ink'}`}
          >
            <Icon name={screen} className={isHere ? 'text-accent-ink' : ''} />
            <span className="sr-only md:not-sr-only">{TEXTS.rail[screen]}</span>
            {badge === null ? null : (
              <span className="num absolute -top-0.5 right-0 min-w-4 rounded-full bg-accent px-1 text-center text-2xs text-on-accent md:static md:ml-auto md:min-w-5">
                <span aria-hidden="true">{badge}</span>
                <span className="sr-only">{plural(TEXTS.rail.waiting, badge)}</span>
              </span>
            )}
          </a>
        )
      })}
    </nav>
  )
}

type Open = 'palette' | 'keys' | 'workspace' | null

function useFrameKeys(open: (which: Open) => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isDialogOpen = document.querySelector('[role="dialog"], [role="alertdialog"]') !== null
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault()
        if (!isDialogOpen) open('palette')
        return
      }
      const isTyping = event.target instanceof HTMLElement && event.target.closest('input, textarea, select') !== null
      if (isTyping || isDialogOpen || event.ctrlKey || event.metaKey || event.altKey) return
      if (event.key === '?') open('keys')
      const screen = SCREENS[Number(event.key) - 1]
      if (/^[1-8]$/.test(event.key) && screen !== undefined) go(screen)
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [open])
}

export function Frame({ app, route, children }: { app: AppState; route: Route; children: ReactNode }) {
  const [dialog, setDialog] = useState<Open>(null)
  const link = useLink((state) => state.link)
  useFrameKeys(setDialog)
  const status = useRead('get_status', {})
  const waiting = status.data?.open_drafts ?? app.open_drafts
  return (
    <div className="flex h-full min-h-0">
      <a
        href="#content"
        onClick={(event) => {
          event.preventDefault() // the hash is the router's
          document.getElementById('content')?.focus()
        }}
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded focus:bg-raised focus:px-3 focus:py-2"
      >
        {TEXTS.app.skip}
      </a>
      <Rail route={route} waiting={waiting} />
      <div className="flex min-w-0 flex-1 flex-col">
        <TopBar
          app={app}
          route={route}
          onKeys={() => setDialog('keys')}
          onPalette={() => setDialog('palette')}
          onWorkspace={() => setDialog('workspace')}
        />
        {link === 'live' ? null : (
          <div className="border-b border-line p-3">
            <LinkNotice isExpired={link === 'expired'} hasOldData />
          </div>
        )}
        {app.trouble === null ? null : (
          <div className="border-b border-line p-3">
            <ErrorNotice error={new ApiError(app.trouble as ApiError['reply'])} />
          </div>
        )}
        <main id="content" tabIndex={-1} className="min-h-0 flex-1 overflow-y-auto outline-none">
          {children}
        </main>
      </div>
      {dialog === 'keys' ? <ShortcutsDialog onClose={() => setDialog(null)} /> : null}
      {dialog === 'palette' ? (
        <PaletteDialog
          isDemo={app.workspace?.is_demo === true}
          onWorkspace={() => setDialog('workspace')}
          onClose={() => setDialog(null)}
        />
      ) : null}
      {dialog === 'workspace' ? <WorkspaceDialog app={app} onClose={() => setDialog(null)} /> : null}
    </div>
  )
}
