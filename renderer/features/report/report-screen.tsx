/** The report: what did the money bring, counted one way on every platform? Loaded when it is first looked at. */
import { lazy, Suspense } from 'react'
import { REPORT_TEXTS } from '../../texts-report.ts'
import { ScreenHeader } from '../../ui/screen.tsx'
import { KpiSkeleton } from './kpis.tsx'

const ReportView = lazy(async () => ({ default: (await import('./report-view.tsx')).ReportView }))

export function ReportScreen({ id }: { id: string | null }) {
  return (
    <Suspense
      fallback={
        <div>
          <ScreenHeader title={REPORT_TEXTS.title} question={REPORT_TEXTS.question} />
          <div className="p-4">
            <KpiSkeleton />
          </div>
        </div>
      }
    >
      <ReportView id={id} />
    </Suspense>
  )
}
