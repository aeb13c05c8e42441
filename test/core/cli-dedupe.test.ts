/** `spendsignoff dedupe` as it is called: one case or a list in, the same out, and no workspace anywhere. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeTempFolder } from '../support/temp-folder.ts'

const PROGRAM = join(import.meta.dirname, '../../main/cli/main.ts')
const GOLDEN = join(import.meta.dirname, '../fixtures/attribution/golden_1.json')
const home = join(makeTempFolder('cli'), 'home')
function run(...args: string[]) {
  const env = { ...process.env, SPENDSIGNOFF_HOME: home }
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, 'dedupe', ...args], {
    encoding: 'utf8',
    env,
    timeout: 30_000,
  })
  return { status, stdout, stderr }
}
function fileOf(content: string | Uint8Array): string {
  const file = join(makeTempFolder('dedupe'), 'case.json')
  writeFileSync(file, content)
  return file
}
const golden = JSON.parse(readFileSync(GOLDEN, 'utf8')) as { readonly expected: unknown; readonly orders: unknown[] }

test('one case in, its answer out; a list in, a list out; no workspace is made', () => {
  const one = run(GOLDEN)
  expect(one).toMatchObject({ status: 0, stderr: '' })
  expect(JSON.parse(one.stdout)).toStrictEqual(golden.expected)
  const both = run(fileOf(JSON.stringify([golden, golden])), '--json')
  expect(JSON.parse(both.stdout)).toStrictEqual([golden.expected, golden.expected])
  expect(JSON.parse(run(fileOf('[]')).stdout)).toStrictEqual([])
  expect(existsSync(home)).toBe(false)
})

test('an order whose id looks like a number keeps its place', () => {
  const order = { at: 10, updated_at: 10, net_value: 1, touches: [{ id_type: 'gclid', at: 10 }] }
  const { stdout } = run(
    fileOf(JSON.stringify({ orders: ['9', '10', '__proto__'].map((id) => ({ ...order, order_id: id })) })),
  )
  expect([...stdout.matchAll(/"(\w+)": \[\s+"google"/g)].map(([, id]) => id)).toStrictEqual(['10', '9', '__proto__'])
})

test.each<[string, string | Uint8Array, string]>([
  [
    'a wrong value',
    JSON.stringify([golden, { ...golden, orders: [golden.orders[0], { order_id: 'x' }] }]),
    '[1].orders[1].at: is missing',
  ],
  ['no JSON', '{"orders": [', 'it is not JSON'],
  ['nesting without end', '['.repeat(200_000), 'it is not JSON'],
  ['an empty file', '', 'it is not JSON'],
  ['another encoding', Uint8Array.of(0xff, 0xfe, 0x5b, 0, 0x5d, 0), 'not UTF-8'],
])('%s: the fault on stderr, nothing on stdout, exit 1', (_what, content, words) => {
  const { status, stdout, stderr } = run(fileOf(content))
  expect(stderr).toContain(words)
  expect({ status, stdout }).toStrictEqual({ status: 1, stdout: '' })
})

test('a file that is not there is exit 1; no file and two files are misuse', () => {
  expect(run('/nowhere/at/all.json')).toMatchObject({ status: 1, stdout: '' })
  expect(run().status).toBe(2)
  expect(run(GOLDEN, GOLDEN).status).toBe(2)
})
