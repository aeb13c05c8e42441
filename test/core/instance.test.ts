/** One process per workspace, with two real processes. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { acquireInstance, socketAddress } from '../../main/instance.ts'
import { makeTempFolder } from '../support/temp-folder.ts'
import { waitFor } from '../support/wait-for.ts'

const CHILD = join(import.meta.dirname, '../support/instance-child.ts')
const temporaryFolder = makeTempFolder('tmp')

interface Started {
  readonly child: ChildProcessWithoutNullStreams
  readonly lines: unknown[]
}
const started: Started[] = []
function start(folder: string): Started {
  const child = spawn(process.execPath, [CHILD, folder, temporaryFolder])
  const one: Started = { child, lines: [] }
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    const lines = text.split('\n')
    text = lines.pop() ?? ''
    one.lines.push(...lines.map((line) => JSON.parse(line) as unknown))
  })
  started.push(one)
  return one
}
const says = (one: Started, line: unknown) =>
  waitFor(() => one.lines.some((said) => JSON.stringify(said) === JSON.stringify(line)), {
    what: `${JSON.stringify(line)} among ${JSON.stringify(one.lines)}`,
    withinMs: 15_000,
  })
const ended = (one: Started) =>
  waitFor(() => one.child.exitCode !== null || one.child.signalCode !== null, { what: 'its end' })
afterEach(() => {
  for (const { child } of started.splice(0)) child.kill('SIGKILL')
})

const shortFolder = () => makeTempFolder('i')
const longFolder = () => join(makeTempFolder('i'), 'a-long-name-'.repeat(8), 'workspace')

describe.each([
  ['a short path', shortFolder],
  ['a path too long for a socket', longFolder],
])('two processes on one folder with %s', (_, newFolder) => {
  test('the second asks the first to show itself, says so and ends; the first goes on', async () => {
    const folder = newFolder()
    const first = start(folder)
    await says(first, { kind: 'first' })
    for (let n = 0; n < 2; n += 1) {
      const second = start(folder)
      await says(second, { kind: 'second', askedToShow: true })
      await ended(second)
      expect(second.child.exitCode).toBe(0)
    }
    expect(first.lines).toEqual([{ kind: 'first' }, 'shown', 'shown'])
  })

  test('the lock dies with its process, even when that is killed', async () => {
    const folder = newFolder()
    const first = start(folder)
    await says(first, { kind: 'first' })
    first.child.kill('SIGKILL')
    await ended(first)
    const second = start(folder)
    await says(second, { kind: 'first' })
    const third = start(folder)
    await says(third, { kind: 'second', askedToShow: true })
    await says(second, 'shown')
    expect(first.lines).toEqual([{ kind: 'first' }])
  })

  test('the next one may start as soon as the first has let go', async () => {
    const folder = newFolder()
    const first = start(folder)
    await says(first, { kind: 'first' })
    first.child.stdin.write('leave\n')
    await says(first, 'released')
    const next = start(folder)
    await says(next, { kind: 'first' })
    expect(first.lines).toEqual([{ kind: 'first' }, 'released'])
  })
})

test('of six processes that start at once exactly one is the first', async () => {
  const folder = shortFolder()
  const all = Array.from({ length: 6 }, () => start(folder))
  await waitFor(() => all.every(({ lines }) => lines.some((line) => typeof line === 'object')), {
    what: 'six answers',
    withinMs: 25_000,
  })
  const kinds = all.map(({ lines }) => lines.find((line) => typeof line === 'object') as { kind: string })
  expect(kinds.filter(({ kind }) => kind === 'first')).toHaveLength(1)
  expect(kinds.filter(({ kind }) => kind === 'second')).toHaveLength(5)
})

describe('within one process', () => {
  test('a second caller is second too; one that does not want to disturb does not', async () => {
    const folder = shortFolder()
    let shown = 0
    const first = await acquireInstance(folder, { onShow: () => (shown += 1), temporaryFolder })
    const quiet = await acquireInstance(folder, { onShow: () => {}, askToShow: false, temporaryFolder })
    expect([quiet, shown]).toEqual([{ kind: 'second', askedToShow: false }, 0])
    const second = await acquireInstance(folder, { onShow: () => {}, temporaryFolder })
    expect([second, shown]).toEqual([{ kind: 'second', askedToShow: true }, 1])
    if (first.kind === 'first') await first.release()
    const next = await acquireInstance(folder, { onShow: () => {}, temporaryFolder })
    expect(next.kind).toBe('first')
    if (next.kind === 'first') await next.release()
  })

  test('a first one that cannot show itself is reported as not shown', async () => {
    const folder = shortFolder()
    const first = await acquireInstance(folder, {
      onShow: () => {
        throw new Error('the window is gone')
      },
      temporaryFolder,
    })
    expect(await acquireInstance(folder, { onShow: () => {}, temporaryFolder })).toEqual({
      kind: 'second',
      askedToShow: false,
    })
    if (first.kind === 'first') await first.release()
  })

  test('anything else said to the socket is ignored, and it goes on listening', async () => {
    const folder = shortFolder()
    let shown = 0
    const first = await acquireInstance(folder, { onShow: () => (shown += 1), temporaryFolder })
    for (const words of ['quit\n', 'x'.repeat(100_000), 'show\nshow\n'])
      await new Promise<void>((done) => {
        const socket = connect(socketAddress(folder, temporaryFolder), () => socket.write(words))
        socket.on('error', () => {}).on('close', () => done())
      })
    expect(shown).toBe(0)
    expect((await acquireInstance(folder, { onShow: () => {}, temporaryFolder })).kind).toBe('second')
    expect(shown).toBe(1)
    if (first.kind === 'first') await first.release()
  })

  test('the socket and its folder are private; a folder that is not ours alone is refused', async (context) => {
    context.skip(process.platform === 'win32', 'Windows has no permission bits')
    const folder = longFolder()
    const shared = makeTempFolder('tmp')
    const address = socketAddress(folder, shared)
    expect(Buffer.byteLength(address)).toBeLessThanOrEqual(100)
    const first = await acquireInstance(folder, { onShow: () => {}, temporaryFolder: shared })
    expect(statSync(address).mode & 0o077).toBe(0)
    expect(statSync(join(address, '..')).mode & 0o077).toBe(0)
    expect(statSync(folder).mode & 0o077).toBe(0)
    if (first.kind === 'first') await first.release()

    chmodSync(join(address, '..'), 0o777)
    expect(() => socketAddress(folder, shared)).toThrow(expect.objectContaining({ code: 'workspace_damaged' }))
    mkdirSync(join(shared, 'other'))
    expect(socketAddress(join(shared, 'other'), shared)).toBe(join(shared, 'other', 'instance.sock'))
  })
})
