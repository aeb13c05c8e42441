/**
 * Carries out approved drafts in the background, and clears up after a fault between Confirm and outcome (disk full, file locked): what
 * became of a write is written down as soon as the ledger takes it again, exactly as after a crash. It never sends anything a second time.
 */
import type { DraftId } from '../shared/domain/ids.ts'
import type { Executor } from './approval/executor.ts'
import type { ApprovedChange } from './approval/gate.ts'
import type { Reconcile } from './approval/reconcile.ts'
import type { Logger } from './logger.ts'
import type { Problems } from './session-log.ts'
import type { DraftTable } from './store/draft-table.ts'

const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 30_000

export interface ExecutionDeps {
  readonly executor: Pick<Executor, 'run'>
  readonly drafts: Pick<DraftTable, 'get'>
  readonly reconcile: Pick<Reconcile, 'recover'>
  /** Begins to find out by reading what became of a draft. */
  readonly watch: (draftId: DraftId) => void
  readonly problems: Problems
  readonly log: Logger
  readonly closing: AbortSignal
  readonly onChange: () => void
  readonly sleep: (ms: number) => Promise<void>
}

/** The drafts of one confirmation, one after the other. Never throws. */
export function createExecution(deps: ExecutionDeps) {
  /** Tries until it works or the session ends: the next start then does it. The person is told what is wrong meanwhile. */
  async function recover(draftId: DraftId): Promise<void> {
    for (let waitMs = FIRST_WAIT_MS; !deps.closing.aborted; waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2)) {
      try {
        deps.reconcile.recover(draftId)
        deps.problems.clear('outcome_not_written')
        return deps.onChange()
      } catch (error) {
        deps.log.error('recovery_failed', error, { draftId })
        deps.problems.note('outcome_not_written', error)
      }
      await deps.sleep(waitMs)
    }
  }

  return async (approved: readonly (readonly ApprovedChange[])[]): Promise<void> => {
    let hasFailed = false
    for (const changes of approved) {
      const draftId = changes[0]?.draftId
      if (draftId === undefined) continue
      // Once the ledger has failed, nothing more of this confirmation is sent: not minutes later, when the disk has space again.
      if (hasFailed) await recover(draftId)
      else
        await deps.executor.run(changes).catch(async (error: unknown) => {
          deps.log.error('execution_failed', error)
          hasFailed = true
          await recover(draftId)
        })
      if (deps.drafts.get(draftId)?.state === 'unknown') deps.watch(draftId)
    }
  }
}
