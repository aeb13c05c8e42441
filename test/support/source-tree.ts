/** The repository as the architecture tests see it: its files and their syntax trees. Reads only, changes nothing. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import ts from 'typescript'

export const REPOSITORY = resolve(import.meta.dirname, '../..')
export const PRODUCT_FOLDERS = ['electron', 'main', 'preload', 'renderer', 'shared'] as const

/** A source file, by its path from the root with forward slashes. */
export interface SourceText {
  readonly path: string
  readonly text: string
}

/** Every file under `folder`, as paths from the root with forward slashes, sorted. */
export function filesUnder(folder: string): readonly string[] {
  return readdirSync(join(REPOSITORY, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(REPOSITORY, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .toSorted()
}

/** The text of every file of `paths`. */
export function readAll(paths: readonly string[]): readonly SourceText[] {
  return paths.map((path) => ({ path, text: readFileSync(join(REPOSITORY, path), 'utf8') }))
}

export const isTypeScript = (path: string): boolean => /\.(ts|tsx|mts|cts)$/.test(path)

/** All TypeScript of the product. */
export function productSources(): readonly SourceText[] {
  return readAll(PRODUCT_FOLDERS.flatMap(filesUnder).filter(isTypeScript))
}

/** Parses one file; comments and strings are no longer code then. */
export function parse({ path, text }: SourceText): ts.SourceFile {
  const kind = path.endsWith('.tsx') ? ts.ScriptKind.TSX : ts.ScriptKind.TS
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, kind)
}

/** Visits `node` and everything below it. */
export function visitAll(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node)
  ts.forEachChild(node, (child) => {
    visitAll(child, visit)
  })
}

/** One-based line of a node, for messages. */
export function lineOf(file: ts.SourceFile, node: ts.Node): number {
  return file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1
}
