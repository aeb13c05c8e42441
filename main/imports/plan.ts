/** What is settled about a file before its first row is stored, and how far storing it has come. Kept with the file, so that a start after a crash can go on. */
import type { AccountId, Platform } from '../../shared/domain/ids.ts'
import type { MetricLevel } from '../../shared/domain/metric.ts'

export interface ImportPlan {
  /**
   * staging: its rows are still being put aside, and a crash leaves nothing of it. storing: all of them are, and a crash is gone over at the next
   * start. recording: all is in place and the log is to be told. clearing: only the rows put aside are left.
   */
  readonly stage: 'staging' | 'storing' | 'recording' | 'clearing'
  /** Place of the first row that is not stored yet. */
  readonly next: number
  /** Of a platform's report: where its facts go. */
  readonly account: {
    readonly accountId: AccountId
    readonly platform: Platform
    readonly name: string
    readonly currency: string
    readonly timeZone: string
  } | null
  readonly level: MetricLevel | null
  /** False: only what a table says of campaigns is stored. */
  readonly isDaily: boolean
  /** Days that were not over then are not over in the file, however late it is stored. UTC milliseconds. */
  readonly asOfMs: number
  /** Of orders: the shop's. */
  readonly timeZone: string
  /** How it was read: the same bytes read the same way are the same import. */
  readonly choices: string
}

export const readPlan = (json: string): ImportPlan => JSON.parse(json) as ImportPlan
export const writePlan = (plan: ImportPlan): string => JSON.stringify(plan)
