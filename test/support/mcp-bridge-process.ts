/** The stdio bridge as its own process, the way an AI client starts it: `node mcp-bridge-process.ts <endpoint file>`. */
import { runBridge } from '../../main/mcp/stdio.ts'

await runBridge({
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  endpointFile: process.argv[2] ?? '',
  token: process.env['SPENDSIGNOFF_MCP_TOKEN'] ?? null,
  appVersion: '0.1.0',
})
