/** Reports over all platforms, as the thread that reads gives them, and the way out. No rule of its own. */
import { mkdirSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { OperationError } from '../shared/errors.ts'
import type { AuditLog } from './audit/append.ts'
import type { Logger } from './logger.ts'
import { getExchangeRates } from './reporting/exchange/held-rates.ts'
import { loadStarterRates } from './reporting/exchange/starter.ts'
import { createReadWorker } from './reporting/worker/read-worker.ts'
import type { Handlers } from './run-operation.ts'
import type { Clock } from '../shared/clock.ts'
import type { OpenWorkspace } from './workspace.ts'

export interface ReportSessionDeps {
  readonly opened: OpenWorkspace
  readonly audit: AuditLog
  readonly clock: Clock
  readonly log: Logger
}

/** Exports without a folder of the person's choice go here, inside the workspace. */
const EXPORTS_FOLDER = 'exports'
const PRIVATE = 0o700

export function createReportSession({ opened, audit, clock, log }: ReportSessionDeps) {
  loadStarterRates(opened.facts)
  const reader = createReadWorker({
    factsFile: opened.factsFile,
    factsKey: () => opened.vault.factsKey(),
    clock,
    log,
  })
  const handlers: Handlers = {
    get_cross_platform_report: (input, { caller, signal }) =>
      reader.run(caller.kind === 'agent' ? 'report_for_agent' : 'report', input, signal),
    get_report_method: (input, { signal }) => reader.run('method', input, signal),
    get_order_credit: (input, { signal }) => reader.run('credit', input, signal),
    get_exchange_rates: () => getExchangeRates(opened.facts),
    export_report_data: async (input, { caller, signal }) => {
      const { start_date, end_date } = input
      const folder = exportFolder(opened.folder, input.folder)
      const made = await reader.run('export', { start_date, end_date, folder }, signal)
      audit.transaction((append) =>
        append({
          type: 'data.exported',
          actor: { kind: 'user', id: caller.kind === 'cli' ? 'command-line' : 'owner' },
          data: { format: 'parquet', rows: made.rows, files: made.files, from: start_date, to: end_date },
        }),
      )
      return made
    },
  }
  return { handlers, close: () => reader.close() }
}

/** @throws OperationError invalid_input for a folder that is not absolute: where it would end up depends on where the app was started */
function exportFolder(workspace: string, chosen: string | undefined): string {
  if (chosen === undefined) {
    const folder = join(workspace, EXPORTS_FOLDER)
    mkdirSync(folder, { recursive: true, mode: PRIVATE })
    return folder
  }
  if (isAbsolute(chosen)) return chosen
  throw new OperationError(
    'invalid_input',
    'The folder for the export has to be a full path. Nothing was written.',
    'Give a path that begins at the root of the disk.',
  )
}
