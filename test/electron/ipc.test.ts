import { beforeEach, describe, expect, test } from 'vitest'
import { WINDOW_OPERATIONS } from '../../main/window-port.ts'
import { OPERATIONS } from '../../shared/operations.ts'
import { type FakeFrame, invokeEvent, seen, WebContents } from '../support/fake-electron.ts'
import { type OpenShell, openShell } from '../support/open-shell.ts'

const page: FakeFrame = { url: 'app://spendsignoff/index.html#/queue', origin: 'app://spendsignoff', parent: null }
let shell: OpenShell
const ourContents = () => {
  const contents = seen.windows[0]?.webContents
  if (contents === undefined) throw new Error('no window was opened')
  return contents
}
const send = async (name: string, frame: FakeFrame | null, contents = ourContents(), input: unknown = { a: 1 }) =>
  await seen.handlers.get(`spendsignoff:${name}`)?.(invokeEvent(contents, frame), input)

beforeEach(async () => {
  shell = await openShell()
})

test('every operation of the window has a handler, and nothing else has', () => {
  expect([...seen.handlers.keys()].toSorted()).toEqual(
    WINDOW_OPERATIONS.map((name) => `spendsignoff:${name}`).toSorted(),
  )
  const inTable = Object.entries(OPERATIONS).filter(([, { callers }]) =>
    (callers as readonly string[]).includes('window'),
  )
  expect(WINDOW_OPERATIONS.toSorted()).toEqual(inTable.map(([name]) => name).toSorted())
})

test('a call of our page reaches the core as the window, and its answer comes back untouched', async () => {
  expect(await send('get_status', page)).toEqual({ ok: true, value: { ran: 'get_status' } })
  expect(shell.core.runs.map(({ caller, name, input }) => ({ caller, name, input }))).toEqual([
    { caller: { kind: 'window' }, name: 'get_status', input: { a: 1 } },
  ])
})

describe('somebody else sends', () => {
  const forged: readonly (readonly [string, FakeFrame | null])[] = [
    ['another site', { url: 'https://evil.example/', origin: 'https://evil.example', parent: null }],
    ['a frame inside our page', { ...page, parent: page }],
    ['a frame that is gone', null],
    ['a local file', { url: 'file:///tmp/index.html', origin: 'file://', parent: null }],
    ['a data page', { url: 'data:text/html,x', origin: 'null', parent: null }],
    ['an empty address', { url: '', origin: 'app://spendsignoff', parent: null }],
    ['our address with a foreign origin', { ...page, origin: 'null' }],
    ['a host that begins like ours', { ...page, url: 'app://spendsignoff.evil/index.html' }],
    ['our name as a user name', { ...page, url: 'app://spendsignoff@evil/index.html' }],
    ['our name in the query', { ...page, url: 'https://x.example/?app://spendsignoff/' }],
    ['another scheme with our host', { ...page, url: 'apps://spendsignoff/index.html' }],
    ['a port', { ...page, url: 'app://spendsignoff:80/index.html' }],
  ]

  test.each(forged)('%s: refused for every operation, and nothing runs', async (_title, frame) => {
    for (const name of WINDOW_OPERATIONS)
      expect(await send(name, frame)).toMatchObject({ ok: false, error: { code: 'not_allowed' } })
    expect(shell.core.runs).toEqual([])
  })

  test('a web contents that is not our window, even with our address', async () => {
    expect(await send('confirm_draft', page, new WebContents())).toMatchObject({ ok: false })
    expect(shell.core.runs).toEqual([])
  })

  test('a frame that goes away while being asked', async () => {
    const vanishing = {
      get parent(): never {
        throw new Error('Render frame was disposed')
      },
    } as unknown as FakeFrame
    expect(await send('confirm_draft', vanishing)).toMatchObject({ ok: false, error: { code: 'not_allowed' } })
    expect(shell.core.runs).toEqual([])
  })

  test('the refusal is noted without what was sent', async () => {
    await send('confirm_draft', null, ourContents(), { passphrase: 'correct horse' })
    expect(shell.log.join()).toContain('ipc.refused')
    expect(shell.log.join()).not.toContain('correct horse')
  })
})

test('when the window closes, its calls are aborted', async () => {
  await send('wait_for_change', page)
  const signal = shell.core.runs[0]?.signal
  expect(signal?.aborted).toBe(false)
  seen.windows[0]?.close()
  expect(signal?.aborted).toBe(true)
})

test('after a crash, calls of the dead page are aborted and the new page may call', async () => {
  await send('wait_for_change', page)
  ourContents().emit('render-process-gone', {}, { reason: 'crashed', exitCode: 1 })
  expect(shell.core.runs[0]?.signal?.aborted).toBe(true)
  await send('get_status', page)
  expect(shell.core.runs[1]?.signal?.aborted).toBe(false)
})

test('a window that was closed and opened again is known; the old one is not', async () => {
  const old = ourContents()
  seen.windows[0]?.close()
  shell.starts[0]?.onShow()
  const reopened = seen.windows[1]?.webContents
  expect(reopened).toBeDefined()
  expect(await send('get_status', page, reopened)).toMatchObject({ ok: true })
  expect(await send('get_status', page, old)).toMatchObject({ ok: false })
})
