/** The table of operations is the contract: what an agent may touch is decided here, so this is where it is checked. */
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { OPERATION_NAMES } from '../../shared/operation-names.ts'
import { OPERATIONS, type Operation } from '../../shared/operations.ts'

const TABLE: readonly (readonly [name: string, operation: Operation])[] = Object.entries(OPERATIONS)
const TOOLS = TABLE.filter(([, { tool }]) => tool !== undefined)

/** A script may start and stop a pull of data; everything else that changes something is a person's. */
const WHAT_THE_COMMAND_LINE_MAY_CONFIGURE = [
  'start_sync',
  'cancel_sync',
  'begin_import',
  'append_import',
  'commit_import',
  'cancel_import',
  'export_report_data',
  'begin_audit_export',
  'cancel_audit_job',
]
/** Words a client could take for permission to decide. */
const WORDS_OF_DECISION = /approve|apply|execute|confirm|arm|reject|publish/
const LONGEST_DEADLINE_MS = 600_000

/** Calls `visit` for a schema and every schema inside it, with the path to it. */
function visitSchemas(schema: z.ZodType, visit: (schema: z.ZodType, path: string) => void, path = ''): void {
  visit(schema, path)
  for (const [key, part] of Object.entries(schema.def)) {
    const parts = key === 'shape' || Array.isArray(part) ? Object.entries(part as object) : [[key, part] as const]
    for (const [name, inner] of parts) if (inner instanceof z.ZodType) visitSchemas(inner, visit, `${path}.${name}`)
  }
}

/** Paths of objects that would let unknown fields through. */
function looseObjects(schema: z.ZodType): readonly string[] {
  const loose: string[] = []
  visitSchemas(schema, (it, path) => {
    if (!(it instanceof z.ZodObject)) return
    const { catchall } = it.def
    if (!(catchall instanceof z.ZodNever)) loose.push(path === '' ? '(the whole)' : path)
  })
  return loose
}

describe('the table of operations', () => {
  test('has exactly the names that preload and transports bind', () => {
    expect(TABLE.map(([name]) => name).toSorted()).toEqual([...OPERATION_NAMES].toSorted())
    expect(new Set(OPERATION_NAMES).size).toBe(OPERATION_NAMES.length)
  })

  test('offers an agent something, so that the rules below are about something', () => {
    expect(TOOLS.length).toBeGreaterThan(5)
    expect(TABLE.filter(([, { effect }]) => effect === 'decide').length).toBeGreaterThan(3)
  })

  test.each(TOOLS)('%s, shown to agents, only reads or drafts, and agents may call it', (_name, operation) => {
    expect(['read', 'draft']).toContain(operation.effect)
    expect(operation.callers).toContain('agent')
    expect(operation.tool?.title.trim()).not.toBe('')
    expect(operation.tool?.description.trim()).not.toBe('')
  })

  test.each(TOOLS)('%s has no word of decision in its name', (name) => {
    expect(name).not.toMatch(WORDS_OF_DECISION)
  })

  test('what agents may call is what agents are shown', () => {
    const callable = TABLE.filter(([, { callers }]) => callers.includes('agent')).map(([name]) => name)
    expect(callable.toSorted()).toEqual(TOOLS.map(([name]) => name).toSorted())
  })

  const powerful = TABLE.filter(([, { effect }]) => effect === 'decide' || effect === 'configure')
  test.each(powerful)('%s belongs to a person at the window', (name, { effect, callers }) => {
    const allowed =
      effect === 'configure' && WHAT_THE_COMMAND_LINE_MAY_CONFIGURE.includes(name) ? ['window', 'cli'] : ['window']
    expect(callers.filter((caller) => !allowed.includes(caller))).toEqual([])
    expect(callers).toContain('window')
  })

  test.each(TABLE)('%s has callers, each named once, and a bounded deadline', (_name, { callers, deadlineMs }) => {
    expect(callers.length).toBeGreaterThan(0)
    expect(new Set(callers).size).toBe(callers.length)
    expect(deadlineMs).toBeGreaterThan(0)
    expect(deadlineMs).toBeLessThanOrEqual(LONGEST_DEADLINE_MS)
  })

  test.each(TABLE)('%s takes and gives an object', (_name, { input, output }) => {
    for (const schema of [input, output]) expect(schema.def.type).toBe('object')
  })

  test.each(TABLE)('%s refuses fields it does not know, at every depth', (_name, { input, output }) => {
    expect({ input: looseObjects(input), output: looseObjects(output) }).toEqual({ input: [], output: [] })
  })

  test.each(TABLE)('%s can be told to an AI client as JSON Schema', (_name, { input, output }) => {
    for (const schema of [z.toJSONSchema(input, { io: 'input' }), z.toJSONSchema(output, { io: 'output' })]) {
      expect(schema).toMatchObject({ type: 'object', additionalProperties: false })
      expect(() => JSON.stringify(schema)).not.toThrow()
    }
  })
})

describe('the search for loose objects', () => {
  test.each([
    ['a loose object', z.object({ a: z.string() }), ['(the whole)']],
    ['one in a list', z.strictObject({ list: z.array(z.object({})) }), ['.list.element']],
    ['one in a choice', z.strictObject({ one: z.union([z.string(), z.looseObject({})]) }), ['.one.1']],
    [
      'one that may be missing',
      z.strictObject({ maybe: z.object({}).nullable().optional() }),
      ['.maybe.innerType.innerType'],
    ],
    ['one in a record', z.strictObject({ by: z.record(z.string(), z.object({})) }), ['.by.valueType']],
  ])('finds %s', (_what, schema, paths) => {
    expect(looseObjects(schema)).toEqual(paths)
  })

  test('is content with strict ones', () => {
    expect(looseObjects(z.strictObject({ a: z.array(z.strictObject({ b: z.string() }).optional()) }))).toEqual([])
  })
})
