/** Asynchronous reports: POST /{object}/insights starts one, polls move it on, and its table is read page by page when it is done. */
import { countRows, InsightTables, insightsPage, parseReport } from './insights.ts'
import type { MetaAccount, MetaEntity, MetaObject } from './types.ts'
import { type Call, GraphProblem, invalid, type Params } from './wire.ts'
import { ownerOf } from './world.ts'

/** Far more than a synchronous report may have. */
const MAX_ASYNC_ROWS = 400_000

/** One asynchronous report. Progress moves on with every poll: not started, running, running, completed. */
interface Run {
  readonly id: string
  readonly parent: MetaAccount | MetaEntity
  readonly params: Params
  readonly fields: Call['fields']
  readonly startedAtMs: number
  polls: number
  failure: string | undefined
}
const RUN_LIFE_MS = 30 * 86_400_000
const MAX_RUNS = 200

/** The reports that were started here. Forgotten with the process, as a demo may. */
export class ReportRuns {
  readonly #runs = new Map<string, Run>()
  #next = 6_023_920_149_050
  readonly #tables = new InsightTables()

  /** POST /{object}/insights → the run's id. Parameters are checked now, as Meta does. */
  start(call: Call, parent: MetaObject): unknown {
    if (parent.kind === 'creative' || parent.kind === 'pixel' || parent.kind === 'custom_conversion')
      throw invalid('Unsupported post request.')
    parseReport(call, parent)
    for (const oldest of this.#runs.keys()) {
      if (this.#runs.size < MAX_RUNS) break
      this.#runs.delete(oldest)
    }
    this.#next += 11
    const id = String(this.#next)
    this.#runs.set(id, {
      id,
      parent,
      params: call.params,
      fields: call.fields,
      startedAtMs: call.world.nowMs(),
      polls: 0,
      failure: undefined,
    }) // prettier-ignore
    return { report_run_id: id }
  }

  /** The run of this id, unless it has expired. */
  find(call: Call, id: string): Run | undefined {
    const run = this.#runs.get(id)
    return run !== undefined && call.world.nowMs() - run.startedAtMs < RUN_LIFE_MS ? run : undefined
  }

  /** Makes the next poll of every running report say that the job failed. */
  failRunning(): void {
    for (const run of this.#runs.values()) if (run.polls < 3) run.failure = 'Job Failed'
  }

  /** GET /{run}. */
  poll(call: Call, run: Run): unknown {
    run.polls += 1
    const steps = [
      ['Job Not Started', 0],
      ['Job Running', 45],
      ['Job Completed', 100],
    ] as const
    const [status, percent] =
      run.failure === undefined ? (steps[Math.min(2, run.polls - 1)] ?? steps[2]) : [run.failure, 45]
    const all: Record<string, unknown> = {
      id: run.id,
      account_id: (run.parent.kind === 'account' ? run.parent : ownerOf(run.parent)).id,
      async_status: status,
      async_percent_completion: percent,
      time_ref: Math.floor(run.startedAtMs / 1000),
      ...(percent === 100 ? { time_completed: Math.floor(call.world.nowMs() / 1000) } : {}),
      ...(run.failure === undefined
        ? {}
        : {
            error_code: 2,
            error_subcode: 1504018,
            error_message: 'The report took too long. Ask for less and try again.',
          }),
    }
    const wanted = call.fields.length === 0 ? Object.keys(all) : ['id', ...call.fields.map(({ name }) => name)]
    return Object.fromEntries(wanted.filter((name) => Object.hasOwn(all, name)).map((name) => [name, all[name]]))
  }

  /** GET /{run}/insights: the table as of its start, page by page. */
  read(call: Call, run: Run): unknown {
    if (run.polls < 3 || run.failure !== undefined)
      throw new GraphProblem(100, '(#100) The report is not ready: its status is not Job Completed', {
        subcode: 1504018,
      })
    const asked: Call = { ...call, params: run.params, fields: run.fields }
    const report = parseReport(asked, run.parent)
    let rows = this.#tables.get(run.id)
    if (rows === undefined) {
      rows = countRows(asked, report, MAX_ASYNC_ROWS)
      this.#tables.set(run.id, rows)
    }
    return insightsPage(call, report, rows)
  }
}
