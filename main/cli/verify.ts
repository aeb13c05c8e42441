/** `spendsignoff verify --workspace …`: checks the audit log from the first record to the last. The first fault is named. */
import type { Reply } from '../../shared/api.ts'
import type { OutputOf } from '../../shared/operations.ts'
import { type CommandOptions, EXIT, say } from './command.ts'
import { openForCommand } from './host.ts'

export async function verifyCommand(options: CommandOptions): Promise<number> {
  // A log that is broken in a way the opening sees already is named there.
  const core = await openForCommand(options.workspace)
  if (core === undefined) return EXIT.no
  try {
    const reply = (await core.run({ kind: 'cli' }, 'verify_audit', {})) as Reply<OutputOf<'verify_audit'>>
    if (!reply.ok) {
      say(`${reply.error.message} ${reply.error.hint}`)
      return EXIT.no
    }
    const result = reply.value
    if (options.isJson) process.stdout.write(`${JSON.stringify(result)}\n`)
    else if (result.is_ok)
      process.stdout.write(`OK: ${result.size} records, root ${result.root}\nLog key: ${result.vkey}\n`)
    else process.stdout.write(`FAULT: ${result.fault?.message ?? 'unknown'}\n`)
    for (const limit of result.limits) say(`Note: ${limit}`)
    return result.is_ok ? EXIT.done : EXIT.no
  } finally {
    await core.close()
  }
}
