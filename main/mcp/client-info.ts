/** What a client says it is, taken from its own messages. Self-reported: for display, never for a decision. */
import { CLIENT_INFO_META_KEY } from '@modelcontextprotocol/server'

/** "name version", or null when this message does not introduce anybody. */
export function clientInfoOf(message: unknown): string | null {
  const params = field(message, 'params')
  const info =
    field(message, 'method') === 'initialize'
      ? field(params, 'clientInfo')
      : field(field(params, '_meta'), CLIENT_INFO_META_KEY)
  const name = field(info, 'name')
  if (typeof name !== 'string') return null
  const version = field(info, 'version')
  return typeof version === 'string' ? `${name} ${version}` : name
}

function field(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined
}
