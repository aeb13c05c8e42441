/** Small habits that keep the tree readable, checked on the text of the files. */
import { describe, expect, test } from 'vitest'
import { filesUnder, PRODUCT_FOLDERS, productSources, readAll, type SourceText } from '../support/source-tree.ts'

const MAX_LINES = 400
/** Files that are longer because they are one list that is read as a whole. */
const LONG_ON_PURPOSE: Readonly<Record<string, string>> = {
  'renderer/texts.ts': 'every word of the window, for a translator',
  'renderer/texts-report.ts': 'every word of the report, for a translator',
  'shared/operations.ts': 'the one table of all operations',
}

const TEXT = /\.(ts|tsx|mjs|cjs|js|json|sql|css|html|md|sh|yml|yaml)$/
const productTexts = readAll(PRODUCT_FOLDERS.flatMap(filesUnder).filter((path) => TEXT.test(path)))
const rootTexts = readAll(['.npmrc', '.oxlintrc.json', 'biome.json', 'package.json', 'tsconfig.json'])
/** It holds what it searches for. */
const THIS_FILE = 'test/architecture/files.test.ts'
/** Recorded data is not written by us; everything else in the repository is. */
const testTexts = readAll(
  filesUnder('test').filter((path) => TEXT.test(path) && !path.startsWith('test/fixtures/') && path !== THIS_FILE),
)
const shippedTexts = [...productTexts, ...rootTexts, ...readAll(filesUnder('.ci'))]
const everyText = [...shippedTexts, ...testTexts]

/** `path:line` of every line of `sources` that `pattern` matches. */
function linesWith(pattern: RegExp, sources: readonly SourceText[]): readonly string[] {
  return sources.flatMap(({ path, text }) =>
    text
      .split('\n')
      .flatMap((line, at) => (pattern.test(line) ? [`${path}:${at + 1}: ${line.trim().slice(0, 100)}`] : [])),
  )
}

/** A folder of somebody's machine. Not: the path of an address, a template or a relative import. */
const MACHINE_PATH = /(?<![\w.})])\/(work|tmp|home|root|Users)\//
const LATER = /\b(TODO|FIXME|XXX|HACK)\b/
const REGISTRY = /\b(registry\.[a-z0-9-]+\.[a-z]|artifactory)|\/repository\/npm/i

describe('files', () => {
  test(`of the product have at most ${MAX_LINES} lines`, () => {
    const long = productSources()
      .map(({ path, text }) => ({ path, lines: text.trimEnd().split('\n').length }))
      .filter(({ lines }) => lines > MAX_LINES)
    for (const { path, lines } of long.filter(({ path: it }) => it in LONG_ON_PURPOSE)) {
      console.log(`${path} has ${lines} lines: ${LONG_ON_PURPOSE[path]}`)
    }
    expect(long.filter(({ path }) => !(path in LONG_ON_PURPOSE))).toEqual([])
  })

  test('that are long on purpose are still there and still long', () => {
    const lengths = readAll(Object.keys(LONG_ON_PURPOSE)).map(({ text }) => text.split('\n').length)
    expect(lengths.filter((lines) => lines <= MAX_LINES)).toEqual([])
  })

  test('name no folder of the machine they were written on', () => {
    // Tests may hold such a path as an example of what must not leak.
    expect(linesWith(MACHINE_PATH, shippedTexts)).toEqual([])
  })

  test('name no package registry', () => {
    expect(linesWith(REGISTRY, everyText)).toEqual([])
  })

  test('put nothing off', () => {
    expect(linesWith(LATER, everyText)).toEqual([])
  })

  test('have names in kebab-case', () => {
    const names = [...productTexts, ...testTexts].map(({ path }) => path)
    expect(names.filter((path) => !/^[a-z0-9_./-]+$/.test(path) && !/(?:README|FORMAT)\.md$/.test(path))).toEqual([])
  })
})

const find = (pattern: RegExp, text: string): number => linesWith(pattern, [{ path: 'sample.ts', text }]).length

describe('the search for such lines', () => {
  test('finds folders of a machine and leaves addresses alone', () => {
    expect(find(MACHINE_PATH, "open('/tmp/x')")).toBe(1)
    expect(find(MACHINE_PATH, 'see /Users/somebody')).toBe(1)
    expect(
      find(MACHINE_PATH, "fetch('https://example.com/home/page')\njoin(tmpdir(), 'x')\nimport './work/x.ts'"),
    ).toBe(0)
  })

  test('finds registries and leaves the word alone', () => {
    expect(find(REGISTRY, 'https://registry.example.org/x')).toBe(1)
    expect(find(REGISTRY, '"resolved": "http://10.0.0.1:4873/repository/npm/x"')).toBe(1)
    expect(find(REGISTRY, 'no other registry than the default\nregistry.set(name, tool)')).toBe(0)
  })

  test('finds work put off', () => {
    expect(find(LATER, '// TODO: later')).toBe(1)
    expect(find(LATER, 'const todo = list\n// what is to do')).toBe(0)
  })
})
