/**
 * `npm run bench [-- facts] [-- --rows 1250000|5000000|all]`: what reports and imports cost on a large workspace, beside plain SQLite and DuckDB
 * on the same data in the same run. Not part of `npm test`: the figures are this machine's. Exit 1 when a goal is missed.
 */
import { parseArgs } from 'node:util'
import { benchFacts } from './facts.bench.ts'
import { say } from './measure.ts'

const SIZES: Readonly<Record<string, readonly number[]>> = { '1250000': [1], '5000000': [4], all: [1, 4] }

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rows: { type: 'string', default: '1250000' }, rounds: { type: 'string', default: '30' } },
})
const scales = SIZES[values.rows]
const rounds = Number(values.rounds)
if (scales === undefined || positionals.some((name) => name !== 'facts') || !(rounds >= 1)) {
  say(`bench [facts] [--rows ${Object.keys(SIZES).join('|')}] [--rounds 30]`)
  process.exitCode = 2
} else {
  let missed = 0
  for (const scale of scales) missed += await benchFacts(scale, rounds)
  if (missed > 0) say(`${missed} goals missed.`)
  process.exitCode = missed > 0 ? 1 : 0
}
