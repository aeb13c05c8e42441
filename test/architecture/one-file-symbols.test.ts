/** Powers that live in one file each: whoever wants to know what the app can do to the machine reads that file. */
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { parse, productSources, visitAll, type SourceText } from '../support/source-tree.ts'

/** True when `node` is `name`, or a cast or parentheses around it, or `globalThis.name` / `window.name`. */
function isGlobal(node: ts.Node, name: string): boolean {
  if (ts.isIdentifier(node)) return node.text === name
  if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node) || ts.isNonNullExpression(node)) {
    return isGlobal(node.expression, name)
  }
  return (
    ts.isPropertyAccessExpression(node) &&
    node.name.text === name &&
    /^(globalThis|window|global)$/.test(node.expression.getText())
  )
}

/** True for `owner.member`, `owner['member']` and `const { member } = owner`. */
function readsMember(node: ts.Node, owner: string, member: string): boolean {
  if (ts.isPropertyAccessExpression(node)) return node.name.text === member && isGlobal(node.expression, owner)
  if (ts.isElementAccessExpression(node)) {
    const key = node.argumentExpression
    return ts.isStringLiteralLike(key) && key.text === member && isGlobal(node.expression, owner)
  }
  if (!ts.isVariableDeclaration(node) || node.initializer === undefined || !isGlobal(node.initializer, owner))
    return false
  return (
    ts.isObjectBindingPattern(node.name) &&
    node.name.elements.some((it) => (it.propertyName ?? it.name).getText() === member)
  )
}

/** True for any use of `name` as an identifier or attribute: import, call, property, JSX. */
const names =
  (name: string) =>
  (node: ts.Node): boolean =>
    (ts.isIdentifier(node) || ts.isStringLiteralLike(node)) && node.text === name && !isTextOnly(node)

/** A string counts as a name only where it is a key: `x['name']` or `{ 'name': … }`. */
function isTextOnly(node: ts.Node): boolean {
  if (!ts.isStringLiteralLike(node)) return false
  return (
    !ts.isElementAccessExpression(node.parent) && !(ts.isPropertyAssignment(node.parent) && node.parent.name === node)
  )
}

/** `import { env } from 'node:process'` is process.env by another name. */
function importsFrom(node: ts.Node, module: RegExp, name: string): boolean {
  if (!ts.isImportSpecifier(node)) return false
  const from = node.parent.parent.parent.moduleSpecifier
  return ts.isStringLiteral(from) && module.test(from.text) && (node.propertyName ?? node.name).text === name
}

interface Power {
  readonly name: string
  /** The one file that may have it; undefined: none may. */
  readonly home: string | undefined
  readonly isUsedBy: (node: ts.Node) => boolean
  /** Code that has the power, and code that only looks like it. */
  readonly uses: readonly string[]
  readonly harmless: readonly string[]
}

const POWERS: readonly Power[] = [
  {
    name: 'ipcMain',
    home: 'electron/ipc.ts',
    isUsedBy: names('ipcMain'),
    uses: ["import { ipcMain } from 'electron'", "electron.ipcMain.handle('x', f)", "electron['ipcMain']"],
    harmless: ['// ipcMain', "const why = 'ipcMain is elsewhere'"],
  },
  {
    name: 'new BrowserWindow',
    home: 'electron/window.ts',
    isUsedBy: (node) => ts.isNewExpression(node) && /(^|\.)BrowserWindow$/.test(node.expression.getText()),
    uses: ['new BrowserWindow({})', 'new electron.BrowserWindow()'],
    harmless: [
      "import type { BrowserWindow } from 'electron'",
      'function show(window: BrowserWindow) {}',
      '/* new BrowserWindow() */',
    ],
  },
  {
    name: 'shell.openExternal',
    home: 'electron/security/external-links.ts',
    isUsedBy: names('openExternal'),
    uses: ['void shell.openExternal(url)', 'const { openExternal } = shell', "shell['openExternal'](url)"],
    harmless: ["log('openExternal')", '// shell.openExternal'],
  },
  {
    name: 'safeStorage',
    home: undefined,
    isUsedBy: names('safeStorage'),
    uses: ["import { safeStorage } from 'electron'", 'electron.safeStorage.encryptString(x)'],
    harmless: ['// safeStorage is not used because …'],
  },
  {
    name: 'process.env',
    home: 'main/environment.ts',
    isUsedBy: (node) => readsMember(node, 'process', 'env') || importsFrom(node, /^(node:)?process$/, 'env'),
    uses: [
      "process.env['HOME']",
      'const { env } = process',
      "process['env']",
      'globalThis.process.env',
      "import { env } from 'node:process'",
    ],
    harmless: ['// process.env', 'options.env', "const text = 'process.env'", 'const { pid } = process'],
  },
  {
    name: 'Date.now',
    home: 'shared/clock.ts',
    isUsedBy: (node) => readsMember(node, 'Date', 'now'),
    uses: ['Date.now()', 'const read = Date.now', "Date['now']()", 'const { now } = Date', 'globalThis.Date.now()'],
    harmless: ['clock.now()', 'Date.parse(text)', '/** Date.now */'],
  },
  {
    name: 'new Date() of this moment',
    home: undefined,
    isUsedBy: (node) =>
      (ts.isNewExpression(node) && isGlobal(node.expression, 'Date') && (node.arguments?.length ?? 0) === 0) ||
      (ts.isCallExpression(node) && isGlobal(node.expression, 'Date')),
    uses: ['new Date()', 'new Date', 'Date()', 'new globalThis.Date()'],
    harmless: ['new Date(clock.nowMs())', "new Date('2026-11-23')", 'Date.UTC(2026, 1)', "'new Date()'"],
  },
  {
    name: 'Math.random',
    home: undefined,
    isUsedBy: (node) => readsMember(node, 'Math', 'random'),
    uses: ['Math.random()', 'const { random } = Math', "Math['random']()"],
    harmless: ['Math.round(1.5)', '// Math.random', 'randomBytes(16)'],
  },
  {
    name: 'dangerouslySetInnerHTML',
    home: undefined,
    isUsedBy: names('dangerouslySetInnerHTML'),
    uses: [
      '<p dangerouslySetInnerHTML={{ __html: x }} />',
      "createElement('p', { dangerouslySetInnerHTML: x })",
      "const p = { 'dangerouslySetInnerHTML': x }",
    ],
    harmless: ['<p>dangerouslySetInnerHTML</p>', '// dangerouslySetInnerHTML'],
  },
  {
    name: 'window.spendsignoff',
    home: 'renderer/api.ts',
    isUsedBy: (node) => readsMember(node, 'window', 'spendsignoff') || readsMember(node, 'globalThis', 'spendsignoff'),
    uses: ['window.spendsignoff.get_status({})', "window['spendsignoff']", 'const { spendsignoff } = window'],
    harmless: ["const scheme = 'spendsignoff'", 'contextBridge.exposeInMainWorld(spendsignoff, api)'],
  },
]

/** Files of `sources` that use the power. */
function usersOf(power: Power, sources: readonly SourceText[]): readonly string[] {
  return sources.filter((source) => isUsedIn(power, source)).map(({ path }) => path)
}

function isUsedIn(power: Power, source: SourceText): boolean {
  let isUsed = false
  visitAll(parse(source), (node) => {
    isUsed ||= power.isUsedBy(node)
  })
  return isUsed
}

describe('each power of the app is in one file', () => {
  const sources = productSources()

  test.each(POWERS)('$name', (power) => {
    expect(usersOf(power, sources)).toEqual(power.home === undefined ? [] : [power.home])
  })
})

describe('the search for powers sees code and nothing but code', () => {
  test.each(POWERS.flatMap((power) => power.uses.map((text) => ({ power, text }))))('$text', ({ power, text }) => {
    expect(isUsedIn(power, { path: 'sample.tsx', text })).toBe(true)
  })
  test.each(POWERS.flatMap((power) => power.harmless.map((text) => ({ power, text }))))(
    'not: $text',
    ({ power, text }) => {
      expect(isUsedIn(power, { path: 'sample.tsx', text })).toBe(false)
    },
  )
})
