/**
 * `spendsignoff verify <zip>`: checks a bundle, without any workspace. `spendsignoff verify --workspace …`: checks the audit log from the first
 * record to the last. The first fault is named.
 */
import { readFileSync, statSync } from 'node:fs'
import type { OutputOf } from '../../shared/operations.ts'
import { MAX_EXTRA_NOTES, MAX_NOTE_CHARS } from '../../shared/schemas/audit.ts'
import type { verifyBundle } from '../audit/bundle/read-bundle.ts'
import { runJob } from './audit-job.ts'
import { type CommandOptions, EXIT, say } from './command.ts'
import { openForCommand } from './host.ts'

/** Handed in: a command cannot reach the audit log by itself. */
type VerifyBundle = typeof verifyBundle

export async function verifyCommand(options: CommandOptions, check: VerifyBundle): Promise<number> {
  const notes = readNotes(options.auditing.checkpoints)
  if (notes === undefined) return EXIT.misuse
  const [file] = options.operands
  return file === undefined ? verifyWorkspace(options, notes) : verifyFile(file, notes, options, check)
}

async function verifyWorkspace(options: CommandOptions, notes: readonly string[]): Promise<number> {
  // A log that is broken in a way the opening sees already is named there.
  const core = await openForCommand(options.workspace)
  if (core === undefined) return EXIT.no
  try {
    const job = await runJob(core, 'begin_verification', notes.length === 0 ? {} : { extra_notes: notes })
    const result = job?.verification ?? undefined
    if (result === undefined) return EXIT.no
    if (options.isJson) process.stdout.write(`${JSON.stringify(result)}\n`)
    else process.stdout.write(inWords(result))
    for (const limit of result.limits) say(`Note: ${limit}`)
    return result.is_ok ? EXIT.done : EXIT.no
  } finally {
    await core.close()
  }
}

function inWords(result: OutputOf<'verify_audit'>): string {
  return result.is_ok
    ? `OK: ${result.size} records, root ${result.root}\nLog key: ${result.vkey}\n`
    : `FAULT: ${result.fault?.message ?? 'unknown'}\n`
}

async function verifyFile(
  file: string,
  notes: readonly string[],
  { auditing, isJson }: CommandOptions,
  check: VerifyBundle,
): Promise<number> {
  const result = await check(file, { vkey: auditing.vkey, extraNotes: notes })
  if (isJson) process.stdout.write(`${JSON.stringify(result)}\n`)
  else if (result.ok)
    process.stdout.write(
      `OK: ${result.records} records (${result.range}) of ${result.size}, root ${result.root}\nLog key: ${result.vkey}\n`,
    )
  else process.stdout.write(`FAULT: ${result.fault.message}\n`)
  for (const limit of result.limits) say(`Note: ${limit}`)
  return result.ok ? EXIT.done : EXIT.no
}

/** Undefined, with words on stderr, for a file that holds no checkpoint. */
function readNotes(files: readonly string[]): readonly string[] | undefined {
  if (files.length > MAX_EXTRA_NOTES) {
    say(`--checkpoint: at most ${MAX_EXTRA_NOTES} at once`)
    return undefined
  }
  try {
    return files.map((file) => {
      if (statSync(file).size > MAX_NOTE_CHARS) throw new Error(`${file} is too long for a checkpoint`)
      return readFileSync(file, 'utf8')
    })
  } catch (error) {
    say(`--checkpoint: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
}
