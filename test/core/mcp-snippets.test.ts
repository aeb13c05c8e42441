import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { type McpClientKind, mcpSnippets } from '../../shared/mcp-snippets.ts'

const TOKEN = 'ssm_abc-DEF_123'
const URL = 'http://127.0.0.1:47811/mcp'
const BRIDGE = { command: "/Applications/Ann's Apps/node", args: ['/opt/a "b" $HOME/main.ts', 'mcp'] }
const ALL = mcpSnippets({ token: TOKEN, httpUrl: URL, bridge: BRIDGE })

function textOf(client: McpClientKind, via: 'bridge' | 'http'): string {
  const found = ALL.filter((snippet) => snippet.client === client && snippet.via === via)
  expect(found).toHaveLength(1)
  return found[0]?.text ?? ''
}
/** What a POSIX shell hands to the program when the snippet is pasted. */
function argumentsOf(command: string): string[] {
  return execFileSync('/bin/sh', ['-c', `claude() { printf '%s\\0' "$@"; }; ${command}`])
    .toString('utf8')
    .split('\0')
    .slice(0, -1)
}

describe('a person pastes the configuration of their AI client', () => {
  test.each<McpClientKind>(['claude_desktop', 'cursor', 'gemini_cli', 'generic'])('%s over the bridge', (client) => {
    expect(JSON.parse(textOf(client, 'bridge'))).toEqual({
      mcpServers: { spendsignoff: { ...BRIDGE, env: { SPENDSIGNOFF_MCP_TOKEN: TOKEN } } },
    })
  })

  test('vs_code over the bridge and over HTTP', () => {
    expect(JSON.parse(textOf('vs_code', 'bridge'))).toEqual({
      servers: { spendsignoff: { type: 'stdio', ...BRIDGE, env: { SPENDSIGNOFF_MCP_TOKEN: TOKEN } } },
    })
    expect(JSON.parse(textOf('vs_code', 'http'))).toEqual({
      servers: { spendsignoff: { type: 'http', url: URL, headers: { Authorization: `Bearer ${TOKEN}` } } },
    })
  })

  test.each<[McpClientKind, object]>([
    ['cursor', { url: URL }],
    ['gemini_cli', { httpUrl: URL }],
    ['generic', { type: 'http', url: URL }],
  ])('%s over HTTP', (client, address) => {
    expect(JSON.parse(textOf(client, 'http'))).toEqual({
      mcpServers: { spendsignoff: { ...address, headers: { Authorization: `Bearer ${TOKEN}` } } },
    })
  })

  test('claude_code in a terminal, with paths that would trip a shell', () => {
    expect(argumentsOf(textOf('claude_code', 'bridge'))).toEqual([
      'mcp',
      'add',
      'spendsignoff',
      '--scope',
      'user',
      '-e',
      `SPENDSIGNOFF_MCP_TOKEN=${TOKEN}`,
      '--',
      BRIDGE.command,
      ...BRIDGE.args,
    ])
    expect(argumentsOf(textOf('claude_code', 'http'))).toEqual([
      'mcp',
      'add',
      '--transport',
      'http',
      '--scope',
      'user',
      'spendsignoff',
      URL,
      '--header',
      `Authorization: Bearer ${TOKEN}`,
    ])
  })

  test('codex in TOML', () => {
    expect(textOf('codex', 'bridge')).toBe(
      [
        '[mcp_servers.spendsignoff]',
        `command = "/Applications/Ann's Apps/node"`,
        String.raw`args = ["/opt/a \"b\" $HOME/main.ts", "mcp"]`,
        `env = { SPENDSIGNOFF_MCP_TOKEN = "${TOKEN}" }`,
        '',
      ].join('\n'),
    )
  })
})

test('nothing is offered over HTTP while that door is shut', () => {
  const snippets = mcpSnippets({ token: TOKEN, httpUrl: null, bridge: BRIDGE })
  expect(snippets.map((snippet) => snippet.via)).not.toContain('http')
  expect(snippets).toHaveLength(7)
})

test('Claude Desktop is never sent to a loopback address: its connectors run elsewhere', () => {
  expect(ALL.filter((snippet) => snippet.client === 'claude_desktop').map((snippet) => snippet.via)).toEqual(['bridge'])
})
