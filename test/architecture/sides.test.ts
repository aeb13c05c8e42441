/** Each side of the product is compiled for the place it runs in: code that needs another place does not compile. */
import { readdirSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { filesUnder, isTypeScript, PRODUCT_FOLDERS, REPOSITORY } from '../support/source-tree.ts'

const SIDES = [...PRODUCT_FOLDERS, 'test', 'test/ui'] as const

/** The configuration of one side with everything it extends. */
function configOf(side: string): ts.ParsedCommandLine {
  const file = join(REPOSITORY, side, 'tsconfig.json')
  const host: ts.ParseConfigFileHost = {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: (problem) => {
      throw new Error(ts.flattenDiagnosticMessageText(problem.messageText, '\n'))
    },
  }
  const config = ts.getParsedCommandLineOfConfigFile(file, {}, host)
  if (config === undefined) throw new Error(`No configuration for ${side}`)
  return config
}

/**
 * Whether each of `texts` compiles as one more file of `side`. The files exist in memory only. They are compiled together with
 * the real ones: a single type reference in any of those would bring a foreign place in for all.
 */
function compilesIn(side: string, texts: readonly string[]): readonly boolean[] {
  const { options, fileNames } = configOf(side)
  const probes = new Map(texts.map((text, at) => [join(REPOSITORY, side, `probe-${at}-of-the-sides-test.ts`), text]))
  const real = ts.createCompilerHost(options)
  const host: ts.CompilerHost = {
    ...real,
    fileExists: (file) => probes.has(file) || real.fileExists(file),
    getSourceFile: (file, version, ...rest) => {
      const text = probes.get(file)
      return text === undefined
        ? real.getSourceFile(file, version, ...rest)
        : ts.createSourceFile(file, text, version, true)
    },
  }
  // Nothing is written: a build file of this run would make `tsc -b` believe in the probes.
  const { tsBuildInfoFile: _, ...alone } = { ...options, incremental: false }
  const program = ts.createProgram([...fileNames, ...probes.keys()], alone, host)
  return [...probes.keys()].map((path) => {
    const file = program.getSourceFile(path)
    if (file === undefined) throw new Error('The probe was not compiled')
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].length === 0
  })
}

const DOM = 'export const title: string = document.title'
const NODE = "import { readFileSync } from 'node:fs'\nexport const text: string = readFileSync('x', 'utf8')"
const PROCESS = 'export const id: number = process.pid'
const PLAIN = 'export const sum: number = [1, 2].reduce((a, b) => a + b, 0)'

const PROBES = { plain: PLAIN, dom: DOM, node: NODE, process: PROCESS }

describe('each side knows only the place it runs in', () => {
  test.each<[side: string, knows: Record<keyof typeof PROBES, boolean>]>([
    ['shared', { plain: true, dom: false, node: false, process: false }],
    ['main', { plain: true, dom: false, node: true, process: true }],
    ['electron', { plain: true, dom: false, node: true, process: true }],
    // Electron's own types bring Node's in; that preload imports none of it is the import rules' business.
    ['preload', { plain: true, dom: true, node: true, process: true }],
    ['renderer', { plain: true, dom: true, node: false, process: false }],
  ])('%s', (side, knows) => {
    const compiles = compilesIn(side, Object.values(PROBES))
    expect(Object.fromEntries(Object.keys(PROBES).map((name, at) => [name, compiles[at]]))).toEqual(knows)
  })
})

describe('every side', () => {
  test.each(SIDES)('%s is compiled strictly', (side) => {
    expect(configOf(side).options).toMatchObject({
      strict: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
      erasableSyntaxOnly: true,
      noEmit: true,
    })
  })

  test('is part of `tsc -b`', () => {
    const { references = [] } = ts.readConfigFile(join(REPOSITORY, 'tsconfig.json'), (file) => ts.sys.readFile(file))
      .config as {
      references?: { path: string }[]
    }
    expect(references.map(({ path }) => path.replace(/^\.\//, '')).toSorted()).toEqual([...SIDES].toSorted())
  })

  test('together they compile every file', () => {
    const compiled = new Set(
      SIDES.flatMap((side) => configOf(side).fileNames.map((file) => relative(REPOSITORY, file))),
    )
    const all = [...PRODUCT_FOLDERS, 'test'].flatMap(filesUnder).filter(isTypeScript)
    expect(all.filter((path) => !compiled.has(path))).toEqual([])
  })

  test('has its configuration where this test looks for it', () => {
    const found = [...PRODUCT_FOLDERS, 'test'].flatMap((folder) =>
      readdirSync(join(REPOSITORY, folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => /(^|[\\/])tsconfig[^\\/]*\.json$/.test(file))
        .map((file) => dirname(join(folder, file))),
    )
    expect(found.toSorted()).toEqual([...SIDES].toSorted())
  })
})
