/**
 * One MCP server for one AI client: the tools of the operation table, and nothing else. It can read and draft through
 * the AgentPort. It will never decide: it holds no reference to anything that could.
 */
import { randomUUID } from 'node:crypto'
import { McpServer, ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server'
import type { z } from 'zod'
import { type ErrorReply, OperationError } from '../../shared/errors.ts'
import { MAX_INPUT_BYTES } from '../../shared/operations.ts'
import type { Logger } from '../logger.ts'
import type { AgentCaller, AgentPort } from './agent-port.ts'
import type { Leave } from './call-limits.ts'
import { INSTRUCTIONS, LISTED_TOOLS, repeatableName, type Tool, TOOLS } from './catalogue.ts'
import { errorResult, MAX_RESULT_CHARS, type ToolResult, valueResult } from './tool-result.ts'

/** Who may call, and how often. The client registry is one. */
interface Admission {
  /** Throws OperationError `not_authorized` or `rate_limited`. */
  enter(clientId: string, tool: string): Leave
}

interface ServerParts {
  readonly port: AgentPort
  readonly caller: AgentCaller
  readonly appVersion: string
  readonly admission: Admission
  readonly log: Logger
}

/** How long a client may keep the tool list, which changes only with the app's version. */
const LIST_TTL_MS = 60_000

const SERVER_NAME = 'spendsignoff'
const SERVER_TITLE = 'SpendSignoff'

/** Builds a server that is connected to nothing. Cheap and without side effects: HTTP makes one per request. */
export function buildServer(parts: ServerParts): McpServer {
  const mcp = new McpServer(
    { name: SERVER_NAME, title: SERVER_TITLE, version: parts.appVersion },
    {
      capabilities: { tools: { listChanged: true } },
      instructions: INSTRUCTIONS,
      cacheHints: { 'tools/list': { ttlMs: LIST_TTL_MS, cacheScope: 'private' } },
    },
  )
  // Own handlers instead of registerTool: the schemas are converted once per process, wrong arguments answer with the
  // same envelope as every other error, and a guessed name is noted before it is refused.
  mcp.server.setRequestHandler('tools/list', () => ({ tools: LISTED_TOOLS.map((tool) => ({ ...tool })) }))
  mcp.server.setRequestHandler('tools/call', async (request, context) => {
    const tool = TOOLS.get(request.params.name)
    if (tool === undefined) {
      const name = repeatableName(request.params.name)
      parts.port.noteRefusal({ clientId: parts.caller.clientId, tool: name, code: 'unknown_operation' })
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Tool ${name} not found`)
    }
    return callTool(parts, tool, request.params.arguments ?? {}, context.mcpReq.signal)
  })
  return mcp
}

async function callTool(parts: ServerParts, tool: Tool, input: unknown, cancelled: AbortSignal): Promise<ToolResult> {
  let leave: Leave | undefined
  try {
    checkScope(parts, tool)
    leave = parts.admission.enter(parts.caller.clientId, tool.name)
    checkInput(tool, input)
  } catch (error) {
    leave?.({ madeDraft: false })
    if (!(error instanceof OperationError)) return internal(parts, tool, error)
    if (error.code === 'not_authorized' || error.code === 'insufficient_scope') {
      parts.port.noteRefusal({ clientId: parts.caller.clientId, tool: tool.name, code: error.code })
    }
    return errorResult(error.toReply())
  }
  return runWithDeadline(parts, tool, input, cancelled, leave)
}

/** The place of the call is given back when the work has ended, not when the deadline has: slow work still counts. */
async function runWithDeadline(
  parts: ServerParts,
  tool: Tool,
  input: unknown,
  cancelled: AbortSignal,
  leave: Leave,
): Promise<ToolResult> {
  const deadline = new AbortController()
  const timer = setTimeout(() => deadline.abort(), tool.operation.deadlineMs)
  const work = (async (): Promise<ToolResult> => {
    let madeDraft = false
    try {
      const reply = await parts.port.run(parts.caller, tool.name, input, AbortSignal.any([cancelled, deadline.signal]))
      if (!reply.ok) return errorResult(reply.error)
      madeDraft = (reply.value as { created?: unknown }).created !== false
      return describe(tool, reply.value)
    } catch (error) {
      return internal(parts, tool, error)
    } finally {
      leave({ madeDraft })
    }
  })()
  try {
    return await Promise.race([work, whenAborted(deadline.signal, tool.operation.deadlineMs)])
  } finally {
    clearTimeout(timer)
  }
}

function whenAborted(signal: AbortSignal, afterMs: number): Promise<ToolResult> {
  return new Promise((resolve) => {
    signal.addEventListener(
      'abort',
      () => {
        resolve(
          errorResult({
            code: 'timeout',
            message: `The call was given up after ${afterMs / 1000} seconds.`,
            hint: 'Ask for less (a shorter range, a smaller limit, fewer dimensions). Repeat propose_change only with the same idempotency_key.',
            retryable: true,
          }),
        )
      },
      { once: true },
    )
  })
}

/** The core checks effects and scopes again; this one also answers a read-only client in words the user can act on. */
function checkScope(parts: ServerParts, tool: Tool): void {
  if (parts.caller.scopes.includes(tool.scope)) return
  const what = tool.scope === 'mcp.draft' ? 'draft' : 'read'
  throw new OperationError(
    'insufficient_scope',
    `${tool.name} needs the permission ${tool.scope}, which this client does not have. Nothing was stored.`,
    `Ask the user to open SpendSignoff > Connections > AI clients and add this client with the permission to ${what}.`,
    { details: { required_scope: tool.scope, granted_scopes: parts.caller.scopes.join(' ') } },
  )
}

/** Names the wrong fields and what they should be; never repeats a value, which may be anything. Throws `invalid_input`. */
function checkInput(tool: Tool, input: unknown): void {
  const hint = `Read the input schema of ${tool.name} and call again with arguments that fit it.`
  if (Buffer.byteLength(JSON.stringify(input)) > MAX_INPUT_BYTES) {
    throw new OperationError('invalid_input', `The arguments are larger than ${MAX_INPUT_BYTES} bytes.`, hint)
  }
  const parsed = tool.operation.input.safeParse(input)
  if (parsed.success) return
  const issues = parsed.error.issues.slice(0, 5).map(sayIssue)
  throw new OperationError('invalid_input', `Wrong arguments: ${issues.join('; ')}.`, hint)
}

function sayIssue(issue: z.core.$ZodIssue): string {
  const where = issue.path.map((part) => repeatableName(String(part))).join('.')
  const what =
    issue.code === 'unrecognized_keys'
      ? `unknown field ${issue.keys.slice(0, 5).map(repeatableName).join(', ')}`
      : issue.message
  return where === '' ? what : `${where}: ${what}`
}

/** An answer that does not have the promised shape is a bug of ours and does not leave the machine. */
function describe(tool: Tool, value: unknown): ToolResult {
  const parsed = tool.operation.output.parse(value)
  const text = JSON.stringify(parsed)
  if (text.length <= MAX_RESULT_CHARS) return valueResult(parsed as Record<string, unknown>, text)
  const error: ErrorReply = {
    code: 'result_too_large',
    message: `The answer has ${text.length} characters; at most ${MAX_RESULT_CHARS} are sent to an AI client.`,
    hint: howToNarrow(tool),
    retryable: false,
    details: { chars: text.length, max_chars: MAX_RESULT_CHARS },
  }
  return errorResult(error)
}

function howToNarrow(tool: Tool): string {
  const fields = Object.keys(tool.listed.inputSchema['properties'] ?? {})
  const ways: string[] = []
  if (fields.includes('limit')) ways.push('a smaller limit and then next_cursor')
  if (fields.includes('start_date')) ways.push('a shorter date range, fewer metrics or dimensions')
  if (fields.includes('account_id') || fields.includes('account_ids')) ways.push('fewer accounts')
  if (fields.includes('platform')) ways.push('one platform at a time')
  if (fields.includes('name_contains')) ways.push('name_contains or parent_id')
  return ways.length === 0
    ? 'Ask the user to look at it in the SpendSignoff window.'
    : `Call again with ${ways.join(', or ')}.`
}

/** A bug. The client gets an id, the local log gets the rest under the same id. */
function internal(parts: ServerParts, tool: Tool, error: unknown): ToolResult {
  const errorId = randomUUID()
  parts.log.error('mcp.tool_failed', error, { tool: tool.name, client_id: parts.caller.clientId, error_id: errorId })
  return errorResult({
    code: 'internal',
    message: 'Something went wrong inside SpendSignoff.',
    hint: 'Tell the user, with the error_id; the details are in the local log. Do not retry in a loop.',
    retryable: false,
    details: { error_id: errorId },
  })
}
