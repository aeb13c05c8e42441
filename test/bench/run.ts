/**
 * `npm run bench [-- facts|audit] [-- --rows 1250000|5000000|all] [--records 1000000]`: what reports, imports and the audit log cost on a large
 * workspace, beside plain SQLite, DuckDB and bare hashes and signatures in the same run. Not part of `npm test`: the figures are this machine's.
 * Exit 1 when a goal is missed.
 */
import { parseArgs } from 'node:util'
import { benchAudit } from './audit.bench.ts'
import { benchFacts } from './facts.bench.ts'
import { say } from './measure.ts'

const SIZES: Readonly<Record<string, readonly number[]>> = { '1250000': [1], '5000000': [4], all: [1, 4] }
const NAMES = ['facts', 'audit']
const MAX_RECORDS = 5_000_000

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rows: { type: 'string', default: '1250000' },
    rounds: { type: 'string', default: '30' },
    records: { type: 'string', default: '1000000' },
  },
})
const scales = SIZES[values.rows]
const rounds = Number(values.rounds)
const records = Number(values.records)
const isWanted = (name: string): boolean => positionals.length === 0 || positionals.includes(name)
const isUsable =
  rounds >= 1 && records >= 20_000 && records <= MAX_RECORDS && positionals.every((name) => NAMES.includes(name))
if (scales === undefined || !isUsable) {
  say(
    `bench [${NAMES.join('|')}] [--rows ${Object.keys(SIZES).join('|')}] [--rounds 30] [--records 20000…${MAX_RECORDS}]`,
  )
  process.exitCode = 2
} else {
  let missed = 0
  if (isWanted('facts')) for (const scale of scales) missed += await benchFacts(scale, rounds)
  if (isWanted('audit')) missed += await benchAudit(records)
  if (missed > 0) say(`${missed} goals missed.`)
  process.exitCode = missed > 0 ? 1 : 0
}
