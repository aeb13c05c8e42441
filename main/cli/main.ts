/**
 * The `spendsignoff` command: for scripts, checks and people who live in a terminal. It reads, syncs, reports, opens the window and verifies.
 * It never decides: no command approves, rejects or changes anything on a platform.
 * Machine output on stdout, words on stderr; exit 0 done, 1 no, 2 misuse.
 */
import { parseArgs } from 'node:util'
import { OperationError } from '../../shared/errors.ts'
import { runBridgeCommand } from './bridge.ts'
import { type CommandOptions, EXIT, isPlatform } from './command.ts'
import { dedupeCommand } from './dedupe.ts'
import { importCommand } from './import.ts'
import { openCommand } from './open.ts'
import { reportCommand } from './report.ts'
import { syncCommand } from './sync.ts'
import { verifyCommand } from './verify.ts'

const USAGE = `spendsignoff <command> [--workspace <folder|demo>] [--json]

  open [--port N]        start the browser window and print its link
  mcp [--home folder]    be the stdio bridge between an AI client and the running app
  sync [--platform P]…   pull from the connected platforms, with progress; P: google_ads, meta or tiktok
  report --from D --to D [--group-by G] [--currency C] [--attribution A] [--parquet folder]
                         spend, conversions and ROAS of all platforms on one definition; G: platform, account,
                         campaign, ad_group, ad, date, week or month; A: click_7d, click_1d, click_28d or
                         click_7d_view_1d; --parquet also writes the facts behind it
  import <file> [--dry-run] [--keep-good-rows] [--kind K] [--platform P] [--account name|id] [--currency C]
         [--number-format F] [--date-order O] [--time-zone Z]
                         store a platform's export, orders, claims or ECB rates; K: platform_report, orders,
                         claims or rates; F: comma_dot, dot_comma, blank_comma or apostrophe_dot; O: ymd, dmy or mdy
  verify --workspace …   check the audit log; the first fault is named
  dedupe <file.json>     credit each order once, for one case of orders and claims or a list of them

It never approves anything: that takes a person in the window.
`

const COMMANDS: Readonly<Record<string, (options: CommandOptions) => Promise<number>>> = {
  open: openCommand,
  mcp: ({ home }) => runBridgeCommand(home),
  sync: syncCommand,
  report: reportCommand,
  verify: verifyCommand,
  dedupe: dedupeCommand,
  import: importCommand,
}

/** How many names of files follow a command; 0 where none is listed. */
const OPERANDS: Readonly<Record<string, number>> = {
  dedupe: 1,
  import: 1,
}

const PLATFORMS_TAKEN: Readonly<Record<string, number>> = { sync: 3, import: 1 }
/** An option that a command does not take is a mistake, not a wish to be overlooked. */
const IMPORT_ONLY = [
  'dry-run',
  'keep-good-rows',
  'kind',
  'account',
  'number-format',
  'date-order',
  'time-zone',
] as const
const REPORT_ONLY = ['from', 'to', 'group-by', 'attribution', 'parquet'] as const

async function main(args: readonly string[]): Promise<number> {
  let parsed: ReturnType<typeof parse>
  try {
    parsed = parse(args)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : 'wrong arguments'}\n\n${USAGE}`)
    return EXIT.misuse
  }
  const [name, ...operands] = parsed.positionals
  const command = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (parsed.values.help === true) {
    process.stdout.write(USAGE)
    return EXIT.done
  }
  const port = parsed.values.port === undefined ? undefined : Number(parsed.values.port)
  const platforms = [...new Set(parsed.values.platform ?? [])]
  if (
    command === undefined ||
    operands.length !== (OPERANDS[name ?? ''] ?? 0) ||
    !platforms.every(isPlatform) ||
    platforms.length > (PLATFORMS_TAKEN[name ?? ''] ?? 0) ||
    (name !== 'import' && IMPORT_ONLY.some((option) => parsed.values[option] !== undefined)) ||
    (name !== 'report' && REPORT_ONLY.some((option) => parsed.values[option] !== undefined)) ||
    (name !== 'import' && name !== 'report' && parsed.values.currency !== undefined) ||
    (port !== undefined && !(Number.isInteger(port) && port >= 0 && port < 65_536))
  ) {
    process.stderr.write(USAGE)
    return EXIT.misuse
  }
  return command({
    workspace: parsed.values.workspace ?? 'default',
    isJson: parsed.values.json === true,
    port,
    home: parsed.values.home,
    platforms,
    operands,
    importing: {
      isDryRun: parsed.values['dry-run'] === true,
      keepsGoodRows: parsed.values['keep-good-rows'] === true,
      kind: parsed.values.kind,
      account: parsed.values.account,
      currency: parsed.values.currency,
      numberFormat: parsed.values['number-format'],
      dateOrder: parsed.values['date-order'],
      timeZone: parsed.values['time-zone'],
    },
    reporting: {
      from: parsed.values.from,
      to: parsed.values.to,
      groupBy: parsed.values['group-by'],
      currency: parsed.values.currency,
      attribution: parsed.values.attribution,
      parquet: parsed.values.parquet,
    },
  })
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      workspace: { type: 'string' },
      json: { type: 'boolean' },
      home: { type: 'string' },
      platform: { type: 'string', multiple: true },
      port: { type: 'string' },
      'dry-run': { type: 'boolean' },
      'keep-good-rows': { type: 'boolean' },
      kind: { type: 'string' },
      account: { type: 'string' },
      currency: { type: 'string' },
      'number-format': { type: 'string' },
      'date-order': { type: 'string' },
      'time-zone': { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
      'group-by': { type: 'string' },
      attribution: { type: 'string' },
      parquet: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  })
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  // Words for a person; a defect is still one, and says so.
  process.stderr.write(
    error instanceof OperationError ? `${error.message} ${error.hint}\n` : `SpendSignoff stopped: ${String(error)}\n`,
  )
  process.exitCode = EXIT.no
}
