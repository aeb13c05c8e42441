/** The jobs of the thread that reads: each a question to facts.db, answered with plain data. */
import type { Clock } from '../../../shared/clock.ts'
import type { OutputOf, ParsedInputOf } from '../../../shared/operations.ts'
import type { FactsReadDb } from '../../store/open.ts'
import { dayOf } from '../calendar.ts'
import { createConvertTo } from '../dedupe/convert.ts'
import { getOrderCredit } from '../dedupe/credit-report.ts'
import { dayRatesOf } from '../exchange/held-rates.ts'
import { type ExportInput, type ExportResult, exportReportData } from '../export/export-report-data.ts'
import { getReportMethod } from '../report/method.ts'
import { crossPlatformReport } from '../report/report.ts'

export interface JobContext {
  readonly facts: FactsReadDb
  /** Stands still at the time the job was asked for. */
  readonly clock: Clock
  readonly signal: AbortSignal
}

type ReportInput = ParsedInputOf<'get_cross_platform_report'>
type CreditInput = ParsedInputOf<'get_order_credit'>

export const JOBS = {
  report: (context: JobContext, input: ReportInput): OutputOf<'get_cross_platform_report'> =>
    report(context, input, false),
  /** The same, within what an AI client takes. */
  report_for_agent: (context: JobContext, input: ReportInput): OutputOf<'get_cross_platform_report'> =>
    report(context, input, true),
  method: (context: JobContext, input: ParsedInputOf<'get_report_method'>): OutputOf<'get_report_method'> =>
    getReportMethod(context, input),
  credit: (context: JobContext, input: CreditInput): OutputOf<'get_order_credit'> => credit(context, input),
  export: (context: JobContext, input: ExportInput): Promise<ExportResult> => exportReportData(context, input),
}

export type JobName = keyof typeof JOBS
export type JobInput<J extends JobName> = Parameters<(typeof JOBS)[J]>[1]
export type JobOutput<J extends JobName> = Awaited<ReturnType<(typeof JOBS)[J]>>

export const isJobName = (name: string): name is JobName => Object.hasOwn(JOBS, name)

function report(context: JobContext, input: ReportInput, isAgent: boolean): OutputOf<'get_cross_platform_report'> {
  return crossPlatformReport({ ...context, isAgent, orderCredit: (of) => credit(context, of).credit }, input)
}

function credit(context: JobContext, input: CreditInput): OutputOf<'get_order_credit'> {
  // A date that is none is refused by what asks for it.
  const rateOf = dayRatesOf(context.facts, dayOf(input.start_date) ?? 0, dayOf(input.end_date) ?? 0)
  return getOrderCredit({ ...context, convertTo: createConvertTo(rateOf) }, input)
}
