/**
 * What both shells are given of the core: they run operations as the window, and nothing else. The caller is stamped here
 * and in the shells, so that no message can claim to be somebody.
 */
import type { Reply } from '../shared/api.ts'
import { OPERATION_NAMES, type OperationName } from '../shared/operation-names.ts'
import { OPERATIONS, type Operation } from '../shared/operations.ts'
import type { Caller } from './ports.ts'

export interface WindowPort {
  /** Never throws: everything that can go wrong is a Reply. */
  run(
    caller: Extract<Caller, { kind: 'window' }>,
    name: string,
    input: unknown,
    signal?: AbortSignal,
  ): Promise<Reply<unknown>>
}

/** The operations that a window may call, from the table. Both shells bind exactly these. */
export const WINDOW_OPERATIONS: readonly OperationName[] = OPERATION_NAMES.filter((name) => {
  const operation: Operation = OPERATIONS[name]
  return operation.callers.includes('window')
})
