/** Stores one file in the facts.db it is given until it is killed or done, and says a word for every piece of work. Run by imports-kill.test.ts. */
import { readFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { createImports } from '../../main/imports/import-file.ts'
import { openFacts } from '../../main/store/open.ts'
import { handClock } from './facts-rig.ts'

const [file = '', keyHex = '', report = ''] = process.argv.slice(2)
const facts = openFacts(file, Buffer.from(keyHex, 'hex'))
const clock = handClock()
const imports = createImports({
  facts,
  clock: {
    ...clock,
    // Asked at every step of storing.
    monotonicMs: () => (process.stdout.write('step\n'), clock.monotonicMs()),
  },
  randomBytes,
  record: () => void process.stdout.write('recorded\n'),
  isStopping: () => (process.stdout.write('step\n'), false),
})
await imports.recover()
const bytes = readFileSync(report)
const id = imports.begin('report.csv', bytes.length)
imports.append(id, 0, bytes)
await imports.commit(id, { account_name: 'Shop' }, false)
