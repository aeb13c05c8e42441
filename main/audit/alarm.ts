/**
 * What the app itself notices of a log or a clock that is not as it should be, put on record where the log still takes records. It only
 * appends: it repairs nothing, and a fault that cannot be recorded is not allowed to stop whoever noticed it.
 */
import type Database from 'better-sqlite3'
import type { Clock } from '../../shared/clock.ts'
import type { Logger } from '../logger.ts'
import { openAuditTable } from '../store/audit-table.ts'
import type { AuditLog } from './audit-log.ts'
import { readRecord } from './list.ts'
import type { NewRecord } from './record.ts'

const SYSTEM = { kind: 'system', id: 'app' } as const

export type Alarm = Extract<NewRecord, { type: 'integrity.alarm' }>['data']

/** The number of the record, or undefined when the log takes none (broken, disk full): then only the local log file has it. */
export function raiseAlarm(
  deps: { readonly audit: AuditLog; readonly log: Logger },
  alarm: Alarm,
  detail?: string,
): number | undefined {
  try {
    return deps.audit.transaction((append) =>
      append({ type: 'integrity.alarm', actor: SYSTEM, data: alarm, text: detail === undefined ? {} : { detail } }),
    )
  } catch (error) {
    deps.log.error('alarm_not_recorded', error, { kind: alarm.kind })
    return undefined
  }
}

/** When the newest record was made, by the clock of then; undefined in an empty log, or when that record is no genuine one. */
export function newestRecordMs(db: Database.Database): number | undefined {
  const table = openAuditTable(db)
  const last = table.lastEntry()
  const entry = last === undefined ? undefined : table.entries(last.seq, 1)[0]
  const record = entry === undefined ? undefined : readRecord(entry)
  return record === undefined ? undefined : Date.parse(record.ts)
}

/** Clocks of one computer drift by less. */
const TOLERANCE_MS = 2_000

/**
 * A wall clock that is earlier than the newest record was set back while the app was closed: a clock.jump with the distance, and 0 for
 * the monotonic clock, which begins anew with each start. A clock set forward cannot be told from time that has passed.
 * @param newestMs from before anything was appended in this run
 * @returns by how much it was set back, at least; undefined when it was not
 */
export function recordClockSetBack(audit: AuditLog, clock: Clock, newestMs: number | undefined): number | undefined {
  if (newestMs === undefined) return undefined
  const wallMs = Math.round(clock.nowMs() - newestMs)
  if (wallMs >= -TOLERANCE_MS) return undefined
  audit.transaction((append) => append({ type: 'clock.jump', actor: SYSTEM, data: { wallMs, monoMs: 0 } }))
  return -wallMs
}
