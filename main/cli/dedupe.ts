/**
 * `spendsignoff dedupe <file.json>`: credits each order once, for one case of orders, claims and spend or a list of them. One case in, one
 * answer out; a list in, a list out. Opens no workspace and writes nothing.
 */
import { readFileSync, statSync } from 'node:fs'
import { CaseFault, creditCase, readCase } from '../reporting/dedupe/case-file.ts'
import { type Json, type JsonOut, parseExact, writeExact } from '../reporting/dedupe/exact-json.ts'
import { type CommandOptions, EXIT, say } from './command.ts'

const MAX_BYTES = 256 * 1024 * 1024
/** Where a message of the JSON parser quotes the file: of a large one that would be everything. */
const MAX_WORDS = 300

export async function dedupeCommand({ operands }: CommandOptions): Promise<number> {
  const [file = ''] = operands
  const text = readText(file)
  if (text === undefined) return EXIT.no
  let answer: JsonOut
  try {
    const read = parse(text)
    answer = Array.isArray(read)
      ? (read as readonly Json[]).map((item, k) => creditCase(readCase(item, `[${k}]`)))
      : creditCase(readCase(read, ''))
  } catch (error) {
    if (!(error instanceof CaseFault)) throw error
    say(`${file} cannot be used. ${error.message}.`)
    return EXIT.no
  }
  process.stdout.write(`${writeExact(answer)}\n`)
  return EXIT.done
}

function readText(file: string): string | undefined {
  try {
    if (statSync(file).size <= MAX_BYTES) return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file))
    say(`${file} is larger than 256 MB. Split it into several files.`)
  } catch (error) {
    const isText = !(error instanceof TypeError)
    say(
      isText
        ? `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`
        : `${file} is not UTF-8 text. Save it as UTF-8 and try again.`,
    )
  }
  return undefined
}

function parse(text: string): Json {
  try {
    return parseExact(text)
  } catch (error) {
    const words = error instanceof SyntaxError ? error.message : 'it is nested too deeply'
    throw new CaseFault('it is not JSON', words.slice(0, MAX_WORDS))
  }
}
