/**
 * `spendsignoff import <file>`: a platform's export, orders, claims or exchange rates, from the command line. Says what was detected, kept and
 * refused, row by row; stores nothing while a question is open.
 */
import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Reply } from '../../shared/api.ts'
import { accountIdSchema, type Platform } from '../../shared/domain/ids.ts'
import type { OperationName } from '../../shared/operation-names.ts'
import type { OutputOf } from '../../shared/operations.ts'
import {
  type ImportChoices,
  type ImportPreview,
  importChoices,
  MAX_IMPORT_BYTES,
} from '../../shared/schemas/imports.ts'
import type { Core } from '../core.ts'
import { type CommandOptions, EXIT, say } from './command.ts'
import { openForCommand } from './host.ts'

/** Options of `import` alone, as they were typed. */
export interface ImportOptions {
  readonly isDryRun: boolean
  readonly keepsGoodRows: boolean
  readonly kind: string | undefined
  readonly account: string | undefined
  readonly currency: string | undefined
  readonly numberFormat: string | undefined
  readonly dateOrder: string | undefined
  readonly timeZone: string | undefined
}

const PIECE_BYTES = 480_000
const MAX_FILE_NAME = 255
const MAX_SHOWN = 20

export async function importCommand(options: CommandOptions): Promise<number> {
  const [path = ''] = options.operands
  const choices = choicesOf(options)
  if (choices === undefined) return EXIT.misuse
  const bytes = await readBytes(path)
  if (bytes === undefined) return EXIT.no
  const core = await openForCommand(options.workspace)
  if (core === undefined) return EXIT.no
  try {
    return await importBytes(core, { name: basename(path).slice(-MAX_FILE_NAME), bytes, choices, options })
  } finally {
    await core.close()
  }
}

/** Undefined, with words on stderr, for a value that there is not. */
function choicesOf({ importing, platforms }: CommandOptions): ImportChoices | undefined {
  const { account } = importing
  const isId = accountIdSchema.safeParse(account).success
  const said = {
    kind: importing.kind,
    platform: platforms[0],
    account_id: isId ? account : undefined,
    account_name: isId ? undefined : account,
    currency: importing.currency?.toUpperCase(),
    number_format: importing.numberFormat,
    date_order: importing.dateOrder,
    time_zone: importing.timeZone,
  }
  const parsed = importChoices.safeParse(
    Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)),
  )
  if (parsed.success) return parsed.data
  for (const { path, message } of parsed.error.issues) say(`--${path.join('.').replaceAll('_', '-')}: ${message}`)
  return undefined
}

async function readBytes(path: string): Promise<Buffer | undefined> {
  try {
    const file = await open(path)
    try {
      const { size } = await file.stat()
      if (size > MAX_IMPORT_BYTES) {
        say('The file is larger than 64 MB. Export a shorter period.')
        return undefined
      }
      if (size > 0) return await file.readFile()
      say('The file is empty.')
    } finally {
      await file.close()
    }
  } catch (error) {
    say(`The file cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
  return undefined
}

interface Handed {
  readonly name: string
  readonly bytes: Buffer
  readonly choices: ImportChoices
  readonly options: CommandOptions
}

async function importBytes(core: Core, { name, bytes, choices: given, options }: Handed): Promise<number> {
  const call = async <N extends OperationName>(operation: N, input: unknown): Promise<OutputOf<N> | undefined> => {
    const reply = (await core.run({ kind: 'cli' }, operation, input)) as Reply<OutputOf<N>>
    if (reply.ok) return reply.value
    say(`${reply.error.message} ${reply.error.hint}`)
    if (options.isJson) print({ error: reply.error })
    return undefined
  }
  const begun = await call('begin_import', { file_name: name, size_bytes: bytes.length })
  if (begun === undefined) return EXIT.no
  const { import_id } = begun
  for (let offset = 0; offset < bytes.length; offset += PIECE_BYTES) {
    const base64 = bytes.subarray(offset, offset + PIECE_BYTES).toString('base64')
    if ((await call('append_import', { import_id, offset, base64 })) === undefined) return EXIT.no
  }
  const first = await call('preview_import', { import_id, choices: given })
  if (first === undefined) return EXIT.no
  const choices = named(first, given)
  const preview = choices === given ? first : await call('preview_import', { import_id, choices })
  if (preview === undefined) return EXIT.no
  const { isDryRun, keepsGoodRows } = options.importing
  describe(preview)
  const isReady = preview.can_store && (preview.rows.bad === 0 || keepsGoodRows)
  if (isDryRun || !isReady) {
    if (options.isJson) print(preview)
    if (preview.can_store && !isReady) say('Nothing was stored. To store the good rows alone, add --keep-good-rows.')
    else say(isReady ? 'A dry run: nothing was stored.' : 'Nothing was stored.')
    return isReady ? EXIT.done : EXIT.no
  }
  const stored = await call('commit_import', { import_id, choices, keeps_good_rows: keepsGoodRows })
  if (stored === undefined) return EXIT.no
  const { import: made } = stored
  if (options.isJson) print(made)
  say(
    `Stored ${made.rows_kept} rows: ${made.rows_new} new, ${made.rows_changed} changed, ${made.rows_same} as before. Refused: ${made.rows_refused}.`,
  )
  return EXIT.done
}

const LABELS: Readonly<Record<Platform, string>> = { google_ads: 'Google Ads', meta: 'Meta', tiktok: 'TikTok' }

/** A script is not asked for the account's name: without one, all files of a platform are of one account, and that is said. */
function named({ platform, questions }: ImportPreview, choices: ImportChoices): ImportChoices {
  if (platform === null || !questions.some(({ field }) => field === 'account_name')) return choices
  const account_name = `${LABELS[platform]} (from files)`
  say(
    `The file does not name its ad account: it counts as “${account_name}”. To keep several accounts apart, add --account.`,
  )
  return { ...choices, account_name }
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}

/** In words, what a person has to check. */
function describe(preview: ImportPreview): void {
  const { file, rows } = preview
  const facts = [
    ['File', `${file.name}, ${file.encoding}${file.sheet === null ? '' : `, sheet "${file.sheet}"`}`],
    ['Layout', preview.layout],
    ['Platform', preview.platform],
    ['Level', preview.level],
    ['Account', accountText(preview)],
    ['Currency', preview.currency],
    ['Days', preview.start_date === null ? null : `${preview.start_date} to ${preview.end_date ?? ''}`],
    ['Numbers', preview.number_format],
    ['Dates', preview.date_order],
    ['Time zone', preview.time_zone],
    ['Window', preview.window?.note ?? null],
    ['Rows', `${rows.total}: ${rows.good} good, ${rows.bad} refused, ${rows.totals} totals`],
    ['Stored before', preview.imported_at],
  ] as const
  for (const [name, value] of facts) if (value !== null) say(`${name}: ${value}`)
  const used = preview.columns.flatMap(({ used_as, untrusted }) =>
    used_as === null ? [] : [`${untrusted.header} = ${used_as}`],
  )
  if (used.length > 0) say(`Used columns: ${used.join('; ')}`)
  for (const check of preview.totals_check)
    if (!check.is_equal)
      say(`Totals differ: ${check.column} is ${check.in_file} in the file, ${check.summed} as summed.`)
  for (const { line, reason } of preview.bad_rows.slice(0, MAX_SHOWN)) say(`Line ${line}: ${reason}`)
  if (rows.bad > MAX_SHOWN) say(`… and ${rows.bad - MAX_SHOWN} more refused rows.`)
  for (const warning of preview.warnings) say(warning)
  for (const { field, text, options } of preview.questions)
    say(`${text} Answer with ${OPTION_OF[field]}${answersText(options)}.`)
}

const OPTION_OF: Readonly<Record<ImportPreview['questions'][number]['field'], string>> = {
  kind: '--kind',
  platform: '--platform',
  account_name: '--account',
  currency: '--currency',
  number_format: '--number-format',
  date_order: '--date-order',
  time_zone: '--time-zone',
}

function answersText(options: readonly { readonly value: string }[]): string {
  if (options.length === 0) return ''
  const some = options.slice(0, 8).map(({ value }) => value)
  return `: ${some.join(', ')}${options.length > some.length ? ' …' : ''}`
}

function accountText({ account }: ImportPreview): string | null {
  return account === null ? null : `${account.untrusted.name}${account.is_new ? ' (new)' : ''}`
}
