/** A test that does not run says why, and no test runs alone. Otherwise a green run means nothing. */
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { filesUnder, isTypeScript, lineOf, parse, readAll, visitAll, type SourceText } from '../support/source-tree.ts'

const RUNNERS = new Set(['test', 'it', 'describe', 'suite'])

/** The modifiers of a call such as `test.describe.skip(…)`: describe, skip. Undefined when no runner is called. */
function modifiersOf(callee: ts.Expression): readonly string[] | undefined {
  if (ts.isIdentifier(callee)) return RUNNERS.has(callee.text) ? [] : undefined
  // test.skip.each(rows)(…): the call in the middle belongs to the chain.
  if (ts.isCallExpression(callee)) return modifiersOf(callee.expression)
  if (!ts.isPropertyAccessExpression(callee)) return undefined
  const before = modifiersOf(callee.expression)
  return before === undefined ? undefined : [...before, callee.name.text]
}

const isReason = (node: ts.Expression | undefined): boolean =>
  node !== undefined &&
  (ts.isStringLiteralLike(node) ? node.text.trim().split(/\s+/).length >= 3 : ts.isTemplateExpression(node))

/** What is wrong with one call, or undefined. */
function faultOf(call: ts.CallExpression): string | undefined {
  // test.only.each(rows)(title, …): the first of the two calls is judged.
  if (ts.isCallExpression(call.expression)) return undefined
  const modifiers = modifiersOf(call.expression)
  if (modifiers === undefined) {
    // context.skip('why') of vitest
    const isContextSkip = ts.isPropertyAccessExpression(call.expression) && call.expression.name.text === 'skip'
    const isOnContext = isContextSkip && /^(context|ctx|task|t)$/.test(call.expression.getText().split('.')[0] ?? '')
    return isOnContext && !call.arguments.some(isReason) ? 'skips without a reason' : undefined
  }
  if (modifiers.includes('only')) return 'runs alone'
  if (modifiers.some((it) => it === 'todo' || it === 'skipIf' || it === 'runIf'))
    return 'cannot say why it does not run'
  if (!modifiers.some((it) => it === 'skip' || it === 'fixme' || it === 'fails' || it === 'fail')) return undefined
  // Playwright's form has a condition and then the reason. A title is not a reason.
  return isReason(call.arguments[1]) ? undefined : 'skips without a reason'
}

/** `path:line: fault` for every call in `source` that hides a test. */
function hiddenTests(source: SourceText): readonly string[] {
  const file = parse(source)
  const found: string[] = []
  visitAll(file, (node) => {
    const fault = ts.isCallExpression(node) ? faultOf(node) : undefined
    if (fault !== undefined) found.push(`${source.path}:${lineOf(file, node)}: ${fault}`)
  })
  return found
}

test('every test runs, or says why it does not', () => {
  expect(readAll(filesUnder('test').filter(isTypeScript)).flatMap(hiddenTests)).toEqual([])
})

const faultIn = (text: string): readonly string[] => hiddenTests({ path: 'x.ts', text })

describe('the search for hidden tests', () => {
  test.each([
    "test.skip('title', () => {})",
    "describe.skip('title', () => {})",
    "test.describe.skip('title', () => {})",
    "test.only('title', () => {})",
    "test.only.each(rows)('title', () => {})",
    "it.todo('title')",
    "test.skipIf(isHeadless)('title', () => {})",
    'test.skip(isHeadless)',
    'test.fixme()',
    'context.skip()',
  ])('finds %s', (text) => {
    expect(faultIn(text)).not.toEqual([])
  })

  test.each([
    "test('title', () => {})",
    "test.each(rows)('title', () => {})",
    "test.skip(process.platform === 'win32', 'Windows has no Secret Service')",
    "context.skip('this machine has no second network interface')",
    "// test.only('title')",
    'rows.skip(3)',
  ])('accepts %s', (text) => {
    expect(faultIn(text)).toEqual([])
  })
})
