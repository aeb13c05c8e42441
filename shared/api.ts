/** The window's view of the core, derived from the table. Types only. */
import type { ErrorReply } from './errors.ts'
import type { OperationName } from './operation-names.ts'
import type { InputOf, OutputOf } from './operations.ts'

/** What crosses IPC and the browser window's transport: always a value or an error, never an exception. */
export type Reply<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: ErrorReply }

/** `window.spendsignoff`: one function per operation name, nothing generic. */
export type WindowApi = { readonly [N in OperationName]: (input: InputOf<N>) => Promise<Reply<OutputOf<N>>> }
