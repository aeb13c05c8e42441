/**
 * Ready-to-paste configuration for AI clients. Pure text: nothing here writes a file, and the token goes only into the
 * text that is handed back.
 */

/** The name under which clients list the server, and the variable that carries the token to the bridge. */
export const MCP_SERVER_NAME = 'spendsignoff'
export const MCP_TOKEN_VARIABLE = 'SPENDSIGNOFF_MCP_TOKEN'

export type McpClientKind = 'claude_desktop' | 'claude_code' | 'cursor' | 'vs_code' | 'gemini_cli' | 'codex' | 'generic'

export interface McpSnippet {
  readonly client: McpClientKind
  readonly label: string
  /** `bridge` works whenever the client may start programs; `http` needs the loopback endpoint. */
  readonly via: 'bridge' | 'http'
  /** Where the text belongs. */
  readonly where: string
  readonly language: 'json' | 'toml' | 'shell'
  readonly text: string
}

export interface SnippetParts {
  readonly token: string
  /** Null when the loopback endpoint is not open: only bridge snippets are made then. */
  readonly httpUrl: string | null
  readonly bridge: { readonly command: string; readonly args: readonly string[] }
}

/** Every snippet that works with what is given, in a fixed order, the bridge first. */
export function mcpSnippets(parts: SnippetParts): readonly McpSnippet[] {
  const { httpUrl } = parts
  return [...bridgeSnippets(parts), ...(httpUrl === null ? [] : httpSnippets(httpUrl, parts.token))]
}

function bridgeSnippets({ token, bridge }: SnippetParts): readonly McpSnippet[] {
  const start = { command: bridge.command, args: [...bridge.args], env: { [MCP_TOKEN_VARIABLE]: token } }
  const servers = json({ mcpServers: { [MCP_SERVER_NAME]: start } })
  const via = 'bridge'
  return [
    {
      client: 'claude_desktop',
      label: 'Claude Desktop',
      via,
      where: 'Settings > Developer > Edit Config (claude_desktop_config.json), then restart Claude Desktop',
      language: 'json',
      text: servers,
    },
    {
      client: 'claude_code',
      label: 'Claude Code',
      via,
      where: 'Run in a terminal',
      language: 'shell',
      text: shell([
        'claude',
        'mcp',
        'add',
        MCP_SERVER_NAME,
        '--scope',
        'user',
        '-e',
        `${MCP_TOKEN_VARIABLE}=${token}`,
        '--',
        bridge.command,
        ...bridge.args,
      ]),
    },
    { client: 'cursor', label: 'Cursor', via, where: '~/.cursor/mcp.json', language: 'json', text: servers },
    {
      client: 'vs_code',
      label: 'VS Code',
      via,
      where: 'Command "MCP: Open User Configuration" (mcp.json of the user, never of a shared project)',
      language: 'json',
      text: json({ servers: { [MCP_SERVER_NAME]: { type: 'stdio', ...start } } }),
    },
    {
      client: 'gemini_cli',
      label: 'Gemini CLI',
      via,
      where: '~/.gemini/settings.json',
      language: 'json',
      text: servers,
    },
    {
      client: 'codex',
      label: 'Codex CLI, ChatGPT desktop',
      via,
      where: '~/.codex/config.toml',
      language: 'toml',
      text: [
        `[mcp_servers.${MCP_SERVER_NAME}]`,
        `command = ${tomlString(bridge.command)}`,
        `args = [${bridge.args.map(tomlString).join(', ')}]`,
        `env = { ${MCP_TOKEN_VARIABLE} = ${tomlString(token)} }`,
        '',
      ].join('\n'),
    },
    {
      client: 'generic',
      label: 'Any other client (stdio)',
      via,
      where: 'The MCP server list of your client',
      language: 'json',
      text: servers,
    },
  ]
}

function httpSnippets(url: string, token: string): readonly McpSnippet[] {
  const headers = { Authorization: `Bearer ${token}` }
  const via = 'http'
  return [
    {
      client: 'claude_code',
      label: 'Claude Code',
      via,
      where: 'Run in a terminal',
      language: 'shell',
      text: shell([
        'claude',
        'mcp',
        'add',
        '--transport',
        'http',
        '--scope',
        'user',
        MCP_SERVER_NAME,
        url,
        '--header',
        `Authorization: Bearer ${token}`,
      ]),
    },
    {
      client: 'cursor',
      label: 'Cursor',
      via,
      where: '~/.cursor/mcp.json',
      language: 'json',
      text: json({ mcpServers: { [MCP_SERVER_NAME]: { url, headers } } }),
    },
    {
      client: 'vs_code',
      label: 'VS Code',
      via,
      where: 'Command "MCP: Open User Configuration" (mcp.json of the user, never of a shared project)',
      language: 'json',
      text: json({ servers: { [MCP_SERVER_NAME]: { type: 'http', url, headers } } }),
    },
    {
      client: 'gemini_cli',
      label: 'Gemini CLI',
      via,
      where: '~/.gemini/settings.json',
      language: 'json',
      text: json({ mcpServers: { [MCP_SERVER_NAME]: { httpUrl: url, headers } } }),
    },
    {
      client: 'generic',
      label: 'Any other client (Streamable HTTP)',
      via,
      where: 'The MCP server list of your client',
      language: 'json',
      text: json({ mcpServers: { [MCP_SERVER_NAME]: { type: 'http', url, headers } } }),
    },
  ]
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

/** One line for a POSIX shell; words with anything unusual are quoted so that the shell reads them as they are. */
function shell(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`))
    .join(' ')
}

/** JSON's escapes are a subset of those of TOML's basic strings, but for DEL. */
function tomlString(text: string): string {
  return JSON.stringify(text).replaceAll('\u007f', String.raw`\u007f`)
}
