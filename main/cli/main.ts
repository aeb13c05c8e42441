/**
 * The `spendsignoff` command: for scripts, checks and people who live in a terminal. It reads, syncs, reports, opens the window and verifies.
 * It never decides: no command approves, rejects or changes anything on a platform.
 * Machine output on stdout, words on stderr; exit 0 done, 1 no, 2 misuse.
 */
import { parseArgs } from 'node:util'
import { OperationError } from '../../shared/errors.ts'
import { verifyBundle } from '../audit/bundle/read-bundle.ts'
import { runBridgeCommand } from './bridge.ts'
import { type CommandOptions, EXIT, isPlatform } from './command.ts'
import { dedupeCommand } from './dedupe.ts'
import { exportCommand } from './export.ts'
import { importCommand } from './import.ts'
import { openCommand } from './open.ts'
import { reportCommand } from './report.ts'
import { reviewCommand } from './review.ts'
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
  export --out <zip> [--from D] [--to D] [--draft id] [--account id] [--redact personal,confidential]
         [--purpose text] [--recipient text]
                         write the audit log, or the days, draft or account named, as a bundle that others can check
  verify <zip> [--vkey K] [--checkpoint file]…
                         check a bundle, without any workspace; K: the log's key as you know it from elsewhere;
                         --checkpoint: one that you received by mail, webhook or with an older bundle
  verify --workspace … [--checkpoint file]…
                         check the audit log; the first fault is named
  dedupe <file.json>     credit each order once, for one case of orders and claims or a list of them
  review …               the second person's side of a review pack: new-key, show and answer; see review --help

It never approves anything: that takes a person in the window.
`

const COMMANDS: Readonly<Record<string, (options: CommandOptions) => Promise<number>>> = {
  open: openCommand,
  mcp: ({ home }) => runBridgeCommand(home),
  sync: syncCommand,
  report: reportCommand,
  export: exportCommand,
  verify: (options) => verifyCommand(options, verifyBundle),
  dedupe: dedupeCommand,
  import: importCommand,
}

/** How many names of files follow a command; 0 where none is listed. */
const OPERANDS: Readonly<Record<string, number>> = {
  dedupe: 1,
  import: 1,
}

const PLATFORMS_TAKEN: Readonly<Record<string, number>> = { sync: 3, import: 1 }
/** What a command takes besides what all take; any other option is a mistake, not a wish to be overlooked. */
const TAKEN: Readonly<Record<string, readonly string[]>> = {
  import: ['dry-run', 'keep-good-rows', 'kind', 'account', 'currency', 'number-format', 'date-order', 'time-zone'],
  report: ['from', 'to', 'group-by', 'currency', 'attribution', 'parquet'],
  export: ['out', 'from', 'to', 'draft', 'account', 'redact', 'purpose', 'recipient'],
  verify: ['vkey', 'checkpoint'],
}
const TAKEN_BY_ALL: readonly string[] = ['workspace', 'json', 'home', 'platform', 'port', 'help']

async function main(args: readonly string[]): Promise<number> {
  // It has commands and options of its own, and no workspace.
  if (args[0] === 'review') return reviewCommand(args.slice(1))
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
    !fits(name ?? '', operands.length, parsed.values) ||
    !platforms.every(isPlatform) ||
    platforms.length > (PLATFORMS_TAKEN[name ?? ''] ?? 0) ||
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
    auditing: {
      out: parsed.values.out,
      from: parsed.values.from,
      to: parsed.values.to,
      draft: parsed.values.draft,
      account: parsed.values.account,
      redact: parsed.values.redact,
      purpose: parsed.values.purpose,
      recipient: parsed.values.recipient,
      vkey: parsed.values.vkey,
      checkpoints: parsed.values.checkpoint ?? [],
    },
  })
}

/** Whether a command takes that many names of files and those options. */
function fits(name: string, operands: number, given: ReturnType<typeof parse>['values']): boolean {
  const taken = [...TAKEN_BY_ALL, ...(TAKEN[name] ?? [])]
  if (!Object.keys(given).every((option) => taken.includes(option))) return false
  if (name !== 'verify') return operands === (OPERANDS[name] ?? 0)
  // Either a bundle, which needs no workspace, or the log of a workspace, whose key is known.
  return operands === 0 ? given.vkey === undefined : operands === 1 && given.workspace === undefined
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
      out: { type: 'string' },
      draft: { type: 'string' },
      redact: { type: 'string' },
      purpose: { type: 'string' },
      recipient: { type: 'string' },
      vkey: { type: 'string' },
      checkpoint: { type: 'string', multiple: true },
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
