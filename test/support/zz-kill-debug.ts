import { spawn } from 'node:child_process'
import { randomBytes, randomInt } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { mkdtempSync, rmSync } from 'node:fs'
import { openFacts } from '../../main/store/open.ts'
import { connectionsOf, contentOf, syncRig, threePaperPlatforms } from './facts-rig.ts'
const DAYS = 75
const folder = mkdtempSync('/tmp/h4/kill-')
const key = randomBytes(32)
async function runUntilKilled(file: string, pages: number) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'sync-child.ts'), file, key.toString('hex')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.on('data', (d: Buffer) => {
    said += d.toString()
    if (said.split('page').length > pages) child.kill('SIGKILL')
  })
  const [, signal] = (await once(child, 'exit')) as [number | null, string | null]
  return signal
}
function rigOn(file: string) {
  const platforms = threePaperPlatforms()
  return syncRig(platforms[0], { facts: openFacts(file, key), connections: () => connectionsOf(platforms) })
}
const text = (v: unknown) =>
  JSON.stringify(v, (_, x) =>
    typeof x === 'bigint' ? `${x}n` : Object.is(x, -0) ? '-0' : x === undefined ? 'undef' : x,
  )
const whole = rigOn(join(folder, 'w.db'))
await whole.run(DAYS)
const expected = contentOf(whole.facts)
for (let k = 0; k < Number(process.argv[2]); k++) {
  const file = join(folder, `t${k}.db`)
  const kills: unknown[] = []
  for (let l = 0; l < (k % 3 === 0 ? 2 : 1); l++) {
    const p = randomInt(1, 420)
    kills.push(p, await runUntilKilled(file, p))
  }
  const mid = openFacts(file, key)
  const before = contentOf(mid)
  mid.close()
  const rig = rigOn(file)
  const end = await rig.run(DAYS)
  const now = contentOf(rig.facts)
  for (const name of Object.keys(expected)) {
    const a = expected[name]!.map(text),
      b = now[name]!.map(text)
    if (text(a) !== text(b)) {
      console.log('DIFF trial', k, kills, name, a.length, b.length, end)
      const sa = new Set(a),
        sb = new Set(b)
      console.log(' missing', a.filter((x) => !sb.has(x)).slice(0, 5))
      console.log(' extra', b.filter((x) => !sa.has(x)).slice(0, 5))
      if (sa.size === sb.size && a.every((x) => sb.has(x)))
        console.log(
          ' order only',
          a.findIndex((x, i) => x !== b[i]),
        )
    }
  }
  rig.facts.close()
  for (const x of ['', '-wal', '-shm']) rmSync(file + x, { force: true })
}
console.log('done')
