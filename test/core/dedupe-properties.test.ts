/** The method's properties hold, and each of them has teeth: every broken copy of the method is caught. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import * as caseFile from '../../main/reporting/dedupe/case-file.ts'
import * as exactJson from '../../main/reporting/dedupe/exact-json.ts'
import type { Method } from '../support/credit-cases.ts'
import { PROPERTIES } from '../support/credit-properties.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

const SOURCES = join(import.meta.dirname, '../../main/reporting/dedupe')
const FILES = ['case-file.ts', 'credit-order.ts', 'exact-json.ts', 'fraction.ts', 'order-id.ts', 'tally.ts']
const golden = exactJson.parseExact(
  readFileSync(join(import.meta.dirname, '../fixtures/attribution/golden_1.json'), 'utf8'),
) as { expected: exactJson.Json }

const method: Method = { creditCase: caseFile.creditCase, writeExact: exactJson.writeExact }
describe('of crediting', () => {
  test.each(PROPERTIES)('%s', (_name, property) => {
    property(method, { numRuns: 300 })
    expect.hasAssertions()
  })
})

/** [what is broken, file, what stands there, what stands there instead] */
const MUTANTS: readonly (readonly [string, string, string, string])[] = [
  ['the end of the window is out', 'credit-order.ts', 'age <= windowS', 'age < windowS'],
  ['the window is a second longer', 'credit-order.ts', '604_800n', '604_801n'],
  [
    'the first click wins',
    'credit-order.ts',
    'left < right ? -1 : left > right ? 1 : 0',
    'left < right ? 1 : left > right ? -1 : 0',
  ],
  [
    'ties go by the name of the platform',
    'credit-order.ts',
    "touch.campaign || ''])} ${platform}`",
    "touch.campaign || '']).slice(64)}${platform}`",
  ],
  [
    'ties go to the first row',
    'credit-order.ts',
    'other.rank < best.rank ? other : best',
    'other.rank < best.rank && false ? other : best',
  ],
  ['a view counts as a click', 'credit-order.ts', "if (touch.kind !== 'click') return []", ''],
  ['undated beats dated', 'credit-order.ts', '(touch.atS === null ? 0 : 1)', '(touch.atS === null ? 1 : 0)'],
  ['a tag is as good as a click id', 'credit-order.ts', '(hasId ? 2 : 0)', '(hasId ? 0 : 0)'],
  ['a click after the order counts', 'credit-order.ts', 'age >= 0 && ', ''],
  [
    'duplicates are not merged',
    'case-file.ts',
    'const id = canonicalOrderId(row.rawOrderId)',
    'const id = row.rawOrderId',
  ],
  [
    'the oldest version counts',
    'credit-order.ts',
    'if (a.updatedAtS > b.updatedAtS) return true',
    'if (a.updatedAtS > b.updatedAtS) return false',
  ],
  ['what was paid back counts', 'credit-order.ts', 'version.netValue > 0n', 'version.netValue >= 0n'],
  ['test orders count', 'credit-order.ts', ' && !version.isTest', ''],
  [
    'every platform with a click is credited',
    'tally.ts',
    'counts[winner.platform].credited += 1',
    'for (const each of platforms) counts[each].credited += 1',
  ],
  [
    'claims are added to the credit',
    'tally.ts',
    '({ ...counts[platform], ...reconciled[platform] })',
    '({ ...counts[platform], credited: counts[platform].credited + Number(reconciled[platform].aggregateOnly?.n ?? 0n), ...reconciled[platform] })',
  ],
  [
    'the range may exceed the orders',
    'tally.ts',
    'const high = smaller(all, loose.reduce(plus, union))',
    'const high = loose.reduce(plus, union)',
  ],
  [
    'touches of older versions are forgotten',
    'case-file.ts',
    'versions.flatMap((row) => row.touches)',
    'versions[0].touches',
  ],
] // prettier-ignore

describe('broken copies', () => {
  /** A copy of the method with one text replaced, and loaded. */
  async function broken(file?: string, from = '', to = ''): Promise<Method & typeof caseFile> {
    const folder = makeTempFolder('mutant')
    for (const name of FILES) copyFileSync(join(SOURCES, name), join(folder, name))
    if (file !== undefined) {
      const parts = readFileSync(join(SOURCES, file), 'utf8').split(from)
      if (parts.length !== 2) throw new Error(`"${from}" stands ${parts.length - 1} times in ${file}`)
      writeFileSync(join(folder, file), parts.join(to))
    }
    const load = async (name: string): Promise<unknown> => import(pathToFileURL(join(folder, name)).href)
    return {
      ...((await load('case-file.ts')) as typeof caseFile),
      ...((await load('exact-json.ts')) as typeof exactJson),
    }
  }
  function killersOf(copy: Method & typeof caseFile): string[] {
    const given = copy.writeExact(copy.creditCase(copy.readCase(golden, '')))
    const killers =
      JSON.stringify(JSON.parse(given)) === JSON.stringify(plain(golden.expected)) ? [] : ['the worked case']
    for (const [name, property] of PROPERTIES) {
      try {
        property(copy, { numRuns: 60, seed: 20_261_123 })
      } catch {
        killers.push(name)
        break
      }
    }
    return killers
  }
  const plain = (value: exactJson.Json): unknown =>
    JSON.parse(JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? Number(each) : each)))

  let intact: string[]
  beforeAll(async () => {
    intact = killersOf(await broken())
  })
  test('an intact copy passes everything', () => {
    expect(intact).toStrictEqual([])
  })
  test.each(MUTANTS)('%s: caught', async (_what, file, from, to) => {
    expect(killersOf(await broken(file, from, to))).not.toStrictEqual([])
  })
})
