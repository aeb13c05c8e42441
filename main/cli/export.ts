/** `spendsignoff export --out <zip>`: the audit bundle of the log or a part of it. It is checked before it gets its name, and never replaces a file. */
import { basename, dirname, resolve } from 'node:path'
import { beginAuditExportInput } from '../../shared/schemas/audit.ts'
import { runJob } from './audit-job.ts'
import { type CommandOptions, EXIT, say } from './command.ts'
import { openForCommand } from './host.ts'

export async function exportCommand(options: CommandOptions): Promise<number> {
  const input = inputOf(options)
  if (input === undefined) return EXIT.misuse
  const core = await openForCommand(options.workspace)
  if (core === undefined) return EXIT.no
  try {
    const job = await runJob(core, 'begin_audit_export', input)
    if (job === undefined) return EXIT.no
    if (options.isJson) process.stdout.write(`${JSON.stringify(job)}\n`)
    if (job.export === null) return EXIT.no
    const { file, records, withheld, bytes, sha256 } = job.export
    if (!options.isJson) process.stdout.write(`${file}\nsha256 ${sha256}\n`)
    say(`${records} records, ${withheld} texts not in it, ${bytes} bytes.`)
    return EXIT.done
  } finally {
    await core.close()
  }
}

/** Undefined, with words on stderr, for what cannot be exported. */
function inputOf({ auditing }: CommandOptions): unknown {
  const { out, from, to, draft, account, redact, purpose, recipient } = auditing
  if (out === undefined || out === '') {
    say('--out: the name of the zip file to write')
    return undefined
  }
  const file = resolve(out)
  const said = {
    from,
    to,
    draft_id: draft,
    account_id: account,
    redact: redact === undefined || redact === '' ? [] : redact.split(',').map((each) => each.trim()),
    purpose,
    recipient,
    folder: dirname(file),
    file_name: basename(file),
  }
  const parsed = beginAuditExportInput.safeParse(
    Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)),
  )
  if (parsed.success) return parsed.data
  for (const { path, message } of parsed.error.issues) {
    const name = String(path[0] ?? '')
    say(`--${OPTION_OF[name] ?? name}: ${message}`)
  }
  return undefined
}

const OPTION_OF: Readonly<Record<string, string>> = {
  draft_id: 'draft',
  account_id: 'account',
  folder: 'out',
  file_name: 'out',
}
