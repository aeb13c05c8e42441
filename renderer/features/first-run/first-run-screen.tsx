/** The very first screen: look around with no account, or set up the vault for a real one. */
import { useState } from 'react'
import type { OutputOf } from '../../../shared/operations.ts'
import { ErrorNotice } from '../../parts/pieces.tsx'
import { VaultForm } from '../../parts/vault-form.tsx'
import { useAct } from '../../queries.ts'
import { go } from '../../router.ts'
import { TEXTS } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { Icon, type IconName } from '../../ui/icon.tsx'

type AppState = OutputOf<'get_app_state'>
const t = TEXTS.firstRun

function BigChoice({
  icon,
  title,
  text,
  children,
}: {
  icon: IconName
  title: string
  text: string
  children: React.ReactNode
}) {
  return (
    <section aria-label={title} className="flex flex-1 flex-col gap-2 rounded-xl border border-line bg-surface p-5">
      <span className="grid size-9 place-items-center rounded-lg bg-selected text-accent-ink">
        <Icon name={icon} size={18} />
      </span>
      <h2 className="mt-1 text-lg">{title}</h2>
      <p className="flex-1 text-md text-ink-2">{text}</p>
      <div className="mt-2">{children}</div>
    </section>
  )
}

export function FirstRunScreen({ app }: { app: AppState }) {
  const demo = useAct('open_demo')
  const [isSettingUp, setIsSettingUp] = useState(false)
  if (isSettingUp)
    return (
      <main className="flex min-h-full justify-center px-6 py-16">
        <VaultForm app={app} onBack={() => setIsSettingUp(false)} />
      </main>
    )
  return (
    <main className="grid min-h-full justify-items-center overflow-y-auto px-6 py-16 lg:content-center">
      <div className="flex w-full max-w-3xl flex-col gap-6">
        <div>
          <p className="mb-6 flex items-center gap-2 font-semibold">
            <span aria-hidden="true" className="grid size-6 place-items-center rounded-md bg-accent text-on-accent">
              <Icon name="check" />
            </span>
            {TEXTS.app.name}
          </p>
          <h1 className="text-2xl">{t.title}</h1>
          <p className="mt-1 text-lg text-ink-2">{t.intro}</p>
        </div>
        <div className="flex flex-col gap-4 md:flex-row">
          <BigChoice icon="overview" title={t.demo} text={t.demoText}>
            <Button
              look="primary"
              size="large"
              isPending={demo.isPending}
              onPress={() => demo.mutate({}, { onSuccess: () => go('overview') })}
            >
              {demo.isPending ? t.demoBusy : t.demoAction}
            </Button>
          </BigChoice>
          <BigChoice icon="connections" title={t.real} text={t.realText}>
            <Button size="large" isDisabled={demo.isPending} onPress={() => setIsSettingUp(true)}>
              {t.realAction}
            </Button>
          </BigChoice>
        </div>
        {demo.error === null ? null : <ErrorNotice title={t.failed} error={demo.error} />}
      </div>
    </main>
  )
}
