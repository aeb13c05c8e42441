/** What crosses between the app and the thread that reads. Plain data only; the key crosses once, as bytes, and is wiped on both sides. */
import type { ErrorReply } from '../../../shared/errors.ts'

export interface ReadWorkerData {
  readonly factsFile: string
  /** 32 bytes, moved and not copied; the thread wipes them once the file is open. */
  readonly key: Uint8Array
}

export type ReadRequest =
  | { readonly kind: 'job'; readonly id: number; readonly job: string; readonly input: unknown; readonly nowMs: number }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'close' }

export type ReadReply =
  | { readonly id: number; readonly kind: 'done'; readonly output: unknown }
  | { readonly id: number; readonly kind: 'refused'; readonly error: ErrorReply }
  /** A defect: for the local log, never shown. */
  | { readonly id: number; readonly kind: 'failed'; readonly reason: string }
