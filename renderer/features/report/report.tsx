/** Figures, charts and the breakdown of what is chosen; and what to know before reading them. */
import type { EntityId } from '../../../shared/domain/ids.ts'
import { errorReply } from '../../api.ts'
import { useNow } from '../../clock.ts'
import { dayLong, dayRange, fill, relativeTime } from '../../format.ts'
import { ErrorNotice, Foreign } from '../../parts/pieces.tsx'
import { platformOf } from '../../parts/words.ts'
import { useAct, useRead } from '../../queries.ts'
import { go, href } from '../../router.ts'
import { REPORT_TEXTS } from '../../texts-report.ts'
import { TEXTS } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { Empty, Notice, SkeletonRows } from '../../ui/state.tsx'
import { Breakdown } from './breakdown.tsx'
import { CurrencyTabs, KpiSkeleton, Kpis } from './kpis.tsx'
import { PlatformLine, RatesLine, WarningLine } from './platform-notes.tsx'
import type { ReportAnswer, Scope } from './scope.ts'
import { ChartsSkeleton, TimeCharts } from './time-charts.tsx'
import { useShownCurrency, useTopLevel } from './use-report.ts'

const t = REPORT_TEXTS

/** All platforms › Meta › Northwind › Summer. Each step back is a link. */
function Path({ scope }: { scope: Scope }) {
  const { focus, accounts } = scope
  const entity: EntityId | null = focus.kind === 'entity' ? focus.entity : null
  const answer = useRead('get_entity', { entity_id: entity as EntityId }, { isEnabled: entity !== null })
  if (focus.kind === 'all') return null
  const account = focus.kind === 'account' ? focus.account : entity?.split('/')[0]
  const platform = focus.kind === 'platform' ? focus.platform : platformOf(account ?? '')
  const name = accounts.find((each) => each.account_id === account)?.untrusted.name ?? account ?? ''
  const path = answer.data?.untrusted.path ?? []
  const steps = [
    { place: null, text: t.path.all },
    { place: platform, text: TEXTS.platforms[platform] },
    ...(account === undefined ? [] : [{ place: account, text: name }]),
    ...(entity === null ? [] : path.slice(1).map((text) => ({ place: entity as string, text }))),
  ]
  return (
    <nav aria-label={t.path.label} className="flex flex-wrap items-center gap-x-1.5 text-md">
      {steps.map(({ place, text }, index) =>
        index === steps.length - 1 ? (
          <span key={text} aria-current="page" className="min-w-0 font-semibold">
            <Foreign text={text} />
          </span>
        ) : (
          <span key={text} className="flex items-center gap-x-1.5">
            {/* A step between has no address of its own: only the one that is shown is known by its id. */}
            {entity !== null && index > 2 ? (
              <Foreign text={text} />
            ) : (
              <a className="text-accent-ink hover:underline" href={href('report', place)}>
                <Foreign text={text} />
              </a>
            )}
            <span aria-hidden="true" className="text-ink-3">
              ›
            </span>
          </span>
        ),
      )}
    </nav>
  )
}

const STALE_AFTER_MS = 36 * 3_600_000

/** What to know first: the first sync is under way, days are missing, or the figures are old. */
function Freshness({ answer }: { answer: ReportAnswer }) {
  const app = useRead('get_app_state', {})
  const start = useAct('start_sync')
  const nowMs = useNow()
  const isRunning = app.data?.sync.state === 'running'
  // The core's word: it leaves out accounts that their platform has shut, which nobody may ever read.
  const isFirst = answer.as_of === null
  const sync = (
    <Button icon="sync" isPending={start.isPending} onPress={() => start.mutate({})}>
      {TEXTS.bar.sync}
    </Button>
  )
  if (isFirst)
    return (
      <Notice
        tone="info"
        title={isRunning ? TEXTS.overview.fillingTitle : TEXTS.overview.halfTitle}
        {...(isRunning ? {} : { action: sync })}
      >
        {isRunning ? TEXTS.overview.filling : TEXTS.overview.half}
      </Notice>
    )
  if (answer.is_partial)
    return (
      <Notice tone="info" title={t.partial}>
        {answer.complete_through === null
          ? t.partialNone
          : fill(TEXTS.overview.complete, { day: dayLong(answer.complete_through) })}
      </Notice>
    )
  if (answer.as_of !== null && nowMs - Date.parse(answer.as_of) > STALE_AFTER_MS && !isRunning)
    return (
      <Notice tone="warn" title={fill(t.stale, { ago: relativeTime(answer.as_of, nowMs) })} action={sync}>
        {t.staleText}
      </Notice>
    )
  return null
}

/** Accounts are connected and nothing of them has been read: no error, only the step that is next. */
function NotSynced() {
  const app = useRead('get_app_state', {})
  const start = useAct('start_sync')
  const isRunning = app.data?.sync.state === 'running'
  const words = TEXTS.overview
  return (
    <Empty
      icon="sync"
      title={isRunning ? words.firstSyncTitle : words.notSyncedTitle}
      {...(isRunning
        ? {}
        : {
            action: (
              <Button look="primary" icon="sync" isPending={start.isPending} onPress={() => start.mutate({})}>
                {TEXTS.bar.sync}
              </Button>
            ),
          })}
    >
      {isRunning ? words.firstSync : words.notSynced}
      {start.error === null ? null : <ErrorNotice error={start.error} />}
    </Empty>
  )
}

function Nothing({ scope }: { scope: Scope }) {
  return (
    <Empty icon="report" title={t.nothingTitle} action={<Button onPress={() => go('files')}>{t.importFile}</Button>}>
      {fill(t.nothing, { range: dayRange(scope.range.start, scope.range.end) })}
    </Empty>
  )
}

export function Report({ scope }: { scope: Scope }) {
  const top = useTopLevel(scope)
  const answer = top.data?.answer
  const shown = useShownCurrency(answer)
  if (top.isError && top.data === undefined && errorReply(top.error).code === 'not_synced') return <NotSynced />
  if (top.isError && top.data === undefined)
    return (
      <div className="flex flex-col gap-4 p-4">
        <Path scope={scope} />
        <ErrorNotice title={t.failed} error={top.error} onRetry={() => void top.refetch()} />
      </div>
    )
  if (top.data === undefined || answer === undefined)
    return (
      <div className="flex flex-col gap-4 p-4">
        <Path scope={scope} />
        <KpiSkeleton />
        <ChartsSkeleton />
        <SkeletonRows rows={6} label={t.loading} />
      </div>
    )
  return (
    <div className="flex flex-col gap-4 p-4">
      <Path scope={scope} />
      {top.isError ? <ErrorNotice title={t.failed} error={top.error} onRetry={() => void top.refetch()} /> : null}
      <Freshness answer={answer} />
      {shown === null ? (
        <Nothing scope={scope} />
      ) : (
        <div
          className={`flex flex-col gap-4 ${top.isPlaceholderData ? 'opacity-60' : ''}`}
          aria-busy={top.isPlaceholderData}
        >
          <div className="flex flex-col gap-2">
            <CurrencyTabs answer={answer} shown={shown} />
            <Kpis answer={answer} shown={shown} scope={scope} />
            <PlatformLine answer={answer} scope={scope} />
            <RatesLine rates={answer.rates} />
            <WarningLine words={answer.warnings} />
          </div>
          <TimeCharts scope={scope} totals={answer} shown={shown} />
          <Breakdown scope={scope} top={top.data} />
        </div>
      )}
    </div>
  )
}
