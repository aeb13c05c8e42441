/** `spendsignoff sync`: pulls from the connected platforms, with progress on stderr. */
import { setTimeout as wait } from 'node:timers/promises'
import type { Reply } from '../../shared/api.ts'
import type { OutputOf, SyncProgressView } from '../../shared/operations.ts'
import { type CommandOptions, EXIT, say } from './command.ts'
import { openForCommand } from './host.ts'

const POLL_MS = 250

export async function syncCommand(options: CommandOptions): Promise<number> {
  const core = await openForCommand(options.workspace)
  if (core === undefined) return EXIT.no
  const { platforms } = options
  const request = platforms.length === 0 ? {} : { platforms: [...platforms] }
  try {
    const started = (await core.run({ kind: 'cli' }, 'start_sync', request)) as Reply<OutputOf<'start_sync'>>
    if (!started.ok) {
      say(`${started.error.message} ${started.error.hint}`)
      return EXIT.no
    }
    let shown = ''
    let progress: SyncProgressView = started.value.sync
    while (progress.state === 'running') {
      const line = `${progress.step} ${progress.done}/${progress.total}, ${progress.rows} rows`
      if (line !== shown) say(line)
      shown = line
      await wait(POLL_MS)
      const reply = (await core.run({ kind: 'cli' }, 'get_sync', {})) as Reply<OutputOf<'get_sync'>>
      if (!reply.ok) break
      progress = reply.value.sync
    }
    if (options.isJson) process.stdout.write(`${JSON.stringify(progress)}\n`)
    say(
      progress.state === 'done'
        ? `Done: ${progress.rows} rows.`
        : (progress.error?.message ?? `Sync is ${progress.state}.`),
    )
    return progress.state === 'done' ? EXIT.done : EXIT.no
  } finally {
    await core.close()
  }
}
