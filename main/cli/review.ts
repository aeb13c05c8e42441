/**
 * `spendsignoff review new-key | show | answer`: the second person's side of a review, on any computer and without a workspace. It signs an
 * opinion on one pack; it decides nothing anywhere, and the workspace that imports the answer still asks its own person.
 */
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import { parseArgs } from 'node:util'
import { type Clock, systemClock } from '../../shared/clock.ts'
import { OperationError } from '../../shared/errors.ts'
import { reviewPassphraseFromEnvironment } from '../environment.ts'
import { cleanUntrusted } from '../reporting/untrusted.ts'
import { MAX_REASON, signAnswer, type Verdict } from '../review/answer.ts'
import { MAX_PACK_CHARS, type Pack, readPack } from '../review/pack.ts'
import { reviewInvalid } from '../review/refusal.ts'
import { MAX_KEY_FILE_BYTES, MAX_REVIEWER_NAME, newReviewerKey, openReviewerKey } from '../review/reviewer-key.ts'
import { CODE_CHARS, packLines } from '../review/words.ts'
import type { Secret } from '../secret.ts'
import { askPassphrase } from './ask-passphrase.ts'
import { EXIT, say } from './command.ts'

export const REVIEW_USAGE = `spendsignoff review new-key --out <file> --name <text>
    makes your own key, sealed with a passphrase, and prints its public part for the owner of the workspace
spendsignoff review show <pack> [--log-key <vkey>] [--json]
    checks a review pack and shows what it is about
spendsignoff review answer <pack> --key <file> --approve|--reject [--reason <text>] --out <file>
                                  [--code <first ${CODE_CHARS} digits of the draft hash>] [--log-key <vkey>]
    shows the change, asks for the code and the key's passphrase, and signs your answer

The passphrase may come in SPENDSIGNOFF_REVIEW_PASSPHRASE. Nothing here decides anything in a workspace.
`

/** Everything of the surroundings that these commands use. */
export interface ReviewPort {
  readonly clock: Clock
  /** The passphrase from the surroundings, or asked for; undefined when nobody can be asked. */
  readonly passphrase: (prompt: string) => Promise<Secret | undefined>
  /** The passphrase of a new key: asked for twice. */
  readonly newPassphrase: () => Promise<Secret | undefined>
  /** One typed line; undefined without a terminal. */
  readonly line: (prompt: string) => Promise<string | undefined>
  readonly out: (text: string) => void
  readonly say: (text: string) => void
}

export function reviewCommand(args: readonly string[]): Promise<number> {
  return runReview(args, terminal())
}

/** The three commands. Never throws for anything a person or a file did wrong. */
export async function runReview(args: readonly string[], port: ReviewPort): Promise<number> {
  let parsed: ReturnType<typeof parse>
  try {
    parsed = parse(args)
  } catch (error) {
    port.say(`${error instanceof Error ? error.message : 'wrong arguments'}\n\n${REVIEW_USAGE}`)
    return EXIT.misuse
  }
  const { values } = parsed
  const [name = '', ...operands] = parsed.positionals
  if (values.help === true) {
    port.out(REVIEW_USAGE)
    return EXIT.done
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  const strange = command === undefined ? [] : Object.keys(values).filter((option) => !command.takes.includes(option))
  if (command === undefined || strange.length > 0 || operands.length !== command.operands) {
    port.say(REVIEW_USAGE)
    return EXIT.misuse
  }
  try {
    return await command.run(operands[0] ?? '', values, port)
  } catch (error) {
    if (!(error instanceof OperationError)) throw error
    port.say(`${error.message} ${error.hint}`)
    return EXIT.no
  }
}

type Values = ReturnType<typeof parse>['values']
interface Command {
  readonly operands: number
  readonly takes: readonly string[]
  readonly run: (file: string, values: Values, port: ReviewPort) => Promise<number>
}
const COMMANDS: Readonly<Record<string, Command>> = {
  'new-key': { operands: 0, takes: ['out', 'name'], run: newKey },
  show: { operands: 1, takes: ['log-key', 'json'], run: show },
  answer: { operands: 1, takes: ['key', 'approve', 'reject', 'reason', 'out', 'code', 'log-key'], run: answer },
}

async function newKey(_file: string, { out, name }: Values, port: ReviewPort): Promise<number> {
  const called = cleanUntrusted(name ?? '', MAX_REVIEWER_NAME)
  if (out === undefined || called === '') return misuse(port)
  const passphrase = await port.newPassphrase()
  if (passphrase === undefined) return noPassphrase(port)
  const { pem, vkey } = newReviewerKey(called, passphrase)
  writeNew(out, pem)
  port.out(`${vkey}\n`)
  port.say(
    `Your key is in ${out}. Keep that file and its passphrase to yourself; without both nobody answers in your name.`,
  )
  port.say(`Send the line above to the owner of the workspace, who adds it as “${called}” under Settings.`)
  return EXIT.done
}

async function show(file: string, values: Values, port: ReviewPort): Promise<number> {
  const pack = readPack(readText(file, MAX_PACK_CHARS * 4), values['log-key'])
  if (values.json === true) port.out(`${JSON.stringify(jsonOf(pack))}\n`)
  else port.out(`${packLines(pack).join('\n')}\n`)
  noteTrust(pack, values['log-key'], port)
  if (pack.expiresAtMs > port.clock.nowMs()) return EXIT.done
  port.say('This draft has expired: an answer would not count any more.')
  return EXIT.no
}

async function answer(file: string, values: Values, port: ReviewPort): Promise<number> {
  const { key, out, approve, reject, code } = values
  if (key === undefined || out === undefined || (approve === true) === (reject === true)) return misuse(port)
  const reason = values.reason ?? ''
  if (reason.length > MAX_REASON) {
    port.say(`The reason is longer than ${MAX_REASON} characters. Nothing was signed.`)
    return EXIT.misuse
  }
  const pack = readPack(readText(file, MAX_PACK_CHARS * 4), values['log-key'])
  for (const line of packLines(pack)) port.say(line)
  noteTrust(pack, values['log-key'], port)
  if (pack.expiresAtMs <= port.clock.nowMs()) {
    port.say('This draft has expired: an answer would not count any more. Nothing was signed.')
    return EXIT.no
  }
  const verdict: Verdict = approve === true ? 'approve' : 'reject'
  const typed = code ?? (await port.line(`Type the code above to ${verdict}: `))
  if (typed === undefined) {
    port.say('Nobody can be asked for the code here. Give it with --code. Nothing was signed.')
    return EXIT.misuse
  }
  if (typed.trim().toLowerCase() !== pack.draftHash.slice(0, CODE_CHARS)) {
    port.say('That is not the code of this draft. Nothing was signed.')
    return EXIT.no
  }
  const pem = readText(key, MAX_KEY_FILE_BYTES)
  const passphrase = await port.passphrase('Passphrase of your key: ')
  if (passphrase === undefined) return noPassphrase(port)
  const signer = openReviewerKey(pem, passphrase)
  writeNew(out, signAnswer(pack, { verdict, reason, atMs: port.clock.nowMs() }, signer))
  port.say(
    `Your answer (${verdict}) is in ${out}, signed with key ${signer.keyId}. Send that file back; it holds no secret.`,
  )
  return EXIT.done
}

/** A pack carries the key that signed it: that it is the right one, only the reader can know. */
function noteTrust(pack: Pack, logKey: string | undefined, port: ReviewPort): void {
  port.say('')
  port.say(
    logKey === undefined
      ? `The signature is good. Whose it is, the pack cannot prove: compare the log’s key with what you know of it.\n  ${pack.logVkey}`
      : 'The signature is good, and of the log you named.',
  )
}

function jsonOf(pack: Pack) {
  return {
    draft_id: pack.draftId,
    draft_hash: pack.draftHash,
    pack_hash: pack.packHash,
    log: pack.origin,
    log_vkey: pack.logVkey,
    vkey: pack.vkey,
    created_at: new Date(pack.createdAtMs).toISOString(),
    expires_at: new Date(pack.expiresAtMs).toISOString(),
    draft: pack.draft,
    untrusted: pack.shown,
    checkpoint: pack.checkpoint,
  }
}

function readText(file: string, maxBytes: number): string {
  try {
    const { size } = statSync(file)
    if (size > maxBytes) throw reviewInvalid('too_large', `${file} is too large to be that.`, 'Name the right file.')
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file))
  } catch (error) {
    if (error instanceof OperationError) throw error
    const why = error instanceof TypeError ? 'it is not text' : error instanceof Error ? error.message : String(error)
    throw reviewInvalid('malformed', `${file} cannot be read: ${why}.`, 'Name the right file.')
  }
}

/** Readable by this user only, and never over something that is there. */
function writeNew(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    throw new OperationError(
      'storage_failed',
      `${file} cannot be written: ${error instanceof Error ? error.message : String(error)}.`,
      'Choose a new file in a folder of yours.',
    )
  }
}

function misuse(port: ReviewPort): number {
  port.say(REVIEW_USAGE)
  return EXIT.misuse
}

function noPassphrase(port: ReviewPort): number {
  port.say('No passphrase was given. Run it in a terminal, or set SPENDSIGNOFF_REVIEW_PASSPHRASE.')
  return EXIT.no
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      out: { type: 'string' },
      name: { type: 'string' },
      key: { type: 'string' },
      approve: { type: 'boolean' },
      reject: { type: 'boolean' },
      reason: { type: 'string' },
      code: { type: 'string' },
      'log-key': { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  })
}

function terminal(): ReviewPort {
  const given = reviewPassphraseFromEnvironment()
  return {
    clock: systemClock,
    passphrase: async (prompt) => given ?? (await askPassphrase(prompt)),
    newPassphrase: async () => {
      if (given !== undefined) return given
      const first = await askPassphrase('Passphrase for your new key: ')
      const second = first === undefined ? undefined : await askPassphrase('The same again: ')
      if (first === undefined || second === undefined || first.reveal() === second.reveal()) return second
      say('The two are not the same.')
      return undefined
    },
    line: async (prompt) => {
      if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined
      const reader = createInterface({ input: process.stdin, output: process.stderr })
      try {
        return await reader.question(prompt)
      } finally {
        reader.close()
      }
    },
    out: (text) => void process.stdout.write(text),
    say,
  }
}
