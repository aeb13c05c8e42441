/** The top level is a map of the product. Whoever adds an entry changes this list, in the open. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { REPOSITORY } from '../support/source-tree.ts'

const FOLDERS = ['.ci', 'electron', 'main', 'preload', 'renderer', 'resources', 'shared', 'test']
const FILES = [
  '.gitignore',
  '.npmrc',
  '.oxlintrc.json',
  'README.md',
  'biome.json',
  'electron-builder.yml',
  'package-lock.json',
  'package.json',
  'tsconfig.json',
]

/** Names .gitignore keeps out of the repository at any level, such as `node_modules/`. */
function ignoredNames(): readonly string[] {
  const lines = readFileSync(join(REPOSITORY, '.gitignore'), 'utf8').split('\n')
  return lines.map((line) => line.trim().replace(/^\/|\/$/g, '')).filter((name) => name !== '' && !name.startsWith('#'))
}

test('the top level has exactly the entries of the map', () => {
  const ignored = [...ignoredNames(), '.git']
  const entries = readdirSync(REPOSITORY, { withFileTypes: true }).filter(({ name }) => !ignored.includes(name))
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  const files = entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name)
  expect({ folders: folders.toSorted(), files: files.toSorted() }).toEqual({
    folders: FOLDERS.toSorted(),
    files: FILES.toSorted(),
  })
})
