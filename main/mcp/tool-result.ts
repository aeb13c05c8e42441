/** The two shapes a tool call can answer. Never holds a stack, a token, or text an ad platform wrote, in an error. */
import type { ErrorReply } from '../../shared/errors.ts'

/** Measured as JSON text. Below the 50,000 characters at which a common host moves a result into a file. */
export const MAX_RESULT_CHARS = 40_000
const MAX_ERROR_TEXT_CHARS = 800
const MAX_DETAILS = 16
const MAX_DETAIL_CHARS = 200

export interface ToolResult {
  content: { type: 'text'; text: string }[]
  structuredContent?: Record<string, unknown>
  isError?: boolean
  [key: string]: unknown
}

/** `text` is the JSON of `value`: some hosts show the model only one of the two. */
export function valueResult(value: Record<string, unknown>, text: string): ToolResult {
  return { content: [{ type: 'text', text }], structuredContent: value }
}

/** The error envelope: `{"error":{code, message, retryable, next_step, …details}}`, at most about 5,000 characters. */
export function errorResult(error: Omit<ErrorReply, 'code'> & { readonly code: string }): ToolResult {
  const details = Object.entries(error.details ?? {})
    .slice(0, MAX_DETAILS)
    .map(([key, value]) => [key, typeof value === 'string' ? value.slice(0, MAX_DETAIL_CHARS) : value])
  const envelope = {
    // First, so that a detail can never replace the code or the words.
    ...Object.fromEntries(details),
    code: error.code,
    message: error.message.slice(0, MAX_ERROR_TEXT_CHARS),
    retryable: error.retryable,
    next_step: error.hint.slice(0, MAX_ERROR_TEXT_CHARS),
  }
  return { content: [{ type: 'text', text: JSON.stringify({ error: envelope }) }], isError: true }
}
