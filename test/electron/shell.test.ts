import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { bindLifecycle, CLOSE_LIMIT_MS } from '../../electron/lifecycle.ts'
import { menuTemplate } from '../../electron/menu.ts'
import { readWindowPlace } from '../../electron/window-bounds.ts'
import { SECURE_WEB_PREFERENCES } from '../../electron/window.ts'
import { describeEnvironment } from '../../main/environment.ts'
import { OperationError } from '../../shared/errors.ts'
import { app, seen, world } from '../support/fake-electron.ts'
import { openShell } from '../support/open-shell.ts'
import { makeTempFolder } from '../support/temp-folder.ts'
import { waitFor } from '../support/wait-for.ts'

const onlyWindow = () => {
  const [window] = seen.windows
  if (window === undefined) throw new Error('no window was opened')
  return window
}

describe('the desktop app starts', () => {
  test('it opens exactly one window, inside the sandbox, on our own page', async () => {
    const { folder } = await openShell()
    expect(seen.isSandboxEnabled).toBe(true)
    expect(seen.windows).toHaveLength(1)
    expect(onlyWindow().options.webPreferences).toEqual({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      plugins: false,
      navigateOnDragDrop: false,
      spellcheck: false,
      preload: join(folder, 'out', 'preload', 'index.cjs'),
      devTools: true,
    })
    expect(onlyWindow().loaded).toEqual(['app://spendsignoff/index.html'])
    expect(onlyWindow().calls).toEqual(['show'])
    expect(onlyWindow().options).toMatchObject({ minWidth: 900, minHeight: 600, show: false })
  })

  test('the settings cannot be changed by anybody who imports them', () => {
    expect(Object.isFrozen(SECURE_WEB_PREFERENCES)).toBe(true)
  })

  test('our scheme gets a real, secure origin and no privilege that weakens a policy', async () => {
    await openShell()
    expect(seen.schemes).toEqual([
      { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } },
    ])
    expect([...seen.protocolHandlers.keys()]).toEqual(['app'])
  })

  test("Chromium's profile stays inside the app's own folder", async () => {
    const { folder } = await openShell()
    expect(app.paths.get('userData')).toBe(join(folder, 'electron'))
  })

  test('the core learns which workspace was asked for, and how an AI client reaches it', async () => {
    const argv = ['electron', '/app', '--enable-features=X', '--workspace', 'demo', '--spendsignoff-node=/opt/node']
    const { starts, ports, folder } = await openShell({ argv })
    expect(starts[0]?.workspace).toBe('demo')
    expect(ports[0]).toMatchObject({
      shell: 'electron',
      homeFolder: folder,
      bridge: { command: '/opt/node', args: [join(folder, 'main', 'cli', 'main.ts'), 'mcp', '--home', folder] },
    })
  })

  test('when the core cannot start, a person reads why, and no window is left behind', async () => {
    await openShell({
      openCore: async () => {
        throw new OperationError('workspace_newer', 'A newer version wrote this.', 'Update SpendSignoff.')
      },
    })
    expect(seen.errorBoxes).toEqual([
      { title: 'SpendSignoff', content: 'A newer version wrote this.\n\nUpdate SpendSignoff.' },
    ])
    expect([seen.windows.length, seen.exits]).toEqual([0, [1]])
  })

  test('a bug at the start says nothing of its inside', async () => {
    await openShell({
      openCore: async () => {
        throw new Error('token abc123 at /home/somebody')
      },
    })
    expect(seen.errorBoxes[0]?.content).not.toMatch(/abc123|somebody/)
    expect(seen.exits).toEqual([1])
  })

  test.each(['no-sandbox', 'remote-debugging-port', 'remote-debugging-pipe', 'disable-web-security'])(
    'an installed app refuses to start with --%s',
    async (name) => {
      const { starts } = await openShell({}, () => {
        app.isPackaged = true
        world.switches.add(name)
      })
      expect([seen.exits, seen.windows.length, starts.length]).toEqual([[1], 0, 0])
    },
  )

  test('installed, there are no developer tools, no reload, and no development server', async () => {
    await openShell({}, () => (app.isPackaged = true))
    expect(onlyWindow().options.webPreferences?.devTools).toBe(false)
    const roles = JSON.stringify(menuTemplate(false, true))
    expect(roles).not.toMatch(/toggleDevTools|reload/)
    expect(JSON.stringify(seen.menu)).toBe(roles)
    expect(JSON.stringify(menuTemplate(true, false))).toMatch(/toggleDevTools/)
  })
})

describe('there is one app', () => {
  test('a second start ends at once, before it opens anything', async () => {
    const { starts } = await openShell({}, () => (world.isFirstInstance = false))
    expect([seen.exits, seen.windows.length, starts.length]).toEqual([[0], 0, 0])
  })

  test('the first one comes to the front, out of the task bar', async () => {
    await openShell()
    onlyWindow().isMinimizedNow = true
    onlyWindow().calls.length = 0
    app.emit('second-instance', {}, ['electron', '.'], '/')
    expect(onlyWindow().calls).toEqual(['restore', 'show', 'focus'])
    expect(seen.windows).toHaveLength(1)
  })

  test('a start of the other shell on the same workspace brings it to the front as well', async () => {
    const { starts } = await openShell()
    onlyWindow().calls.length = 0
    starts[0]?.onShow()
    expect(onlyWindow().calls).toEqual(['show', 'focus'])
  })

  test('when another shell owns the workspace, this one leaves quietly', async () => {
    await openShell({ openCore: async () => undefined })
    expect([seen.exits, seen.windows.length, seen.errorBoxes.length]).toEqual([[0], 0, 0])
  })
})

describe('the app ends', () => {
  test('quitting hides the window, waits for the core, and only then quits', async () => {
    const { core } = await openShell()
    const closing = Promise.withResolvers<undefined>()
    core.onClose = () => closing.promise
    app.quit()
    app.quit() // an impatient person
    expect([seen.quits, core.closes]).toEqual([0, 1])
    expect(onlyWindow().calls.at(-1)).toBe('hide')
    closing.resolve(undefined)
    await waitFor(() => seen.quits === 1, { what: 'the app to quit' })
    expect(core.closes).toBe(1)
  })

  test('a core that fails to close does not keep the app', async () => {
    const { core, log } = await openShell()
    core.onClose = () => Promise.reject(new Error('disk full'))
    app.quit()
    await waitFor(() => seen.quits === 1, { what: 'the app to quit' })
    expect(log.join()).toContain('app.close_failed Error: disk full')
  })

  test('closing the window quits, except on a Mac, where the Dock brings it back', async () => {
    const { core } = await openShell()
    onlyWindow().close()
    app.emit('window-all-closed')
    await waitFor(() => seen.quits === 1, { what: 'the app to quit' })
    expect(core.closes).toBe(1)

    app.removeAllListeners()
    seen.quits = 0
    let shown = 0
    const window = { show: () => void (shown += 1), hide: () => {} }
    bindLifecycle({ core, window, isMac: true, log: { info: () => {}, error: () => {} } })
    app.emit('window-all-closed')
    app.emit('activate')
    expect([seen.quits, shown]).toEqual([0, 1])
  })

  test('the wait is bounded', async () => {
    expect(CLOSE_LIMIT_MS).toBeLessThanOrEqual(15_000)
  })
})

describe('the window is remembered', () => {
  const screens = [{ x: 0, y: 0, width: 1920, height: 1080 }]

  test('it opens where it was closed', async () => {
    const { folder } = await openShell()
    onlyWindow().bounds = { x: 40, y: 50, width: 1000, height: 700 }
    onlyWindow().isMaximizedNow = true
    onlyWindow().close()
    const place = readWindowPlace(join(folder, 'electron', 'window.json'), screens)
    expect(place).toEqual({ x: 40, y: 50, width: 1000, height: 700, isMaximized: true })
    expect(readFileSync(join(folder, 'electron', 'window.json'), 'utf8')).not.toContain('app://')
  })

  test.each([
    ['a screen that is gone', '{"x":5000,"y":10,"width":1000,"height":700}', { width: 1000, height: 700 }],
    ['a title bar above the screen', '{"x":10,"y":-300,"width":1000,"height":700}', { width: 1000, height: 700 }],
    ['too small', '{"x":10,"y":10,"width":20,"height":20}', { x: 10, y: 10, width: 900, height: 600 }],
    ['absurd', '{"x":1e99,"y":"0","width":-1,"height":null}', { width: 900, height: 800 }],
    ['no JSON', 'x', { width: 1280, height: 800 }],
    ['another kind of JSON', '[1]', { width: 1280, height: 800 }],
  ])('a stored place that is %s still gives a window a person can find', async (_title, text, expected) => {
    const { folder } = await openShell()
    const file = join(folder, 'window.json')
    writeFileSync(file, text)
    expect(readWindowPlace(file, screens)).toEqual({ ...expected, isMaximized: false })
  })
})

describe('trouble in the window', () => {
  test('a page that crashes is loaded again three times, not for ever, and its calls are aborted', async () => {
    await openShell()
    const { webContents } = onlyWindow()
    for (let n = 0; n < 5; n += 1) webContents.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 5 })
    expect(webContents.reloads).toBe(3)
  })

  test('a page that cannot be loaded still leaves a window that can be closed', async () => {
    const { log } = await openShell({}, () => (world.failLoad = new Error('ERR_FILE_NOT_FOUND')))
    await waitFor(() => onlyWindow().calls.includes('show'), { what: 'the window' })
    expect(log.join()).toContain('window.load_failed')
  })

  test('a notification is short plain text, and a click on it opens the window', async () => {
    const { ports } = await openShell()
    ports[0]?.notify({ title: 'New draft', body: `<a href="https://evil.example">click</a> & ${'x'.repeat(900)}` })
    const [notification] = seen.notifications
    expect(notification?.isShown).toBe(true)
    expect(notification?.options.body).not.toMatch(/[<>&]/)
    expect(notification?.options.body?.length).toBeLessThanOrEqual(400)
    onlyWindow().calls.length = 0
    notification?.emit('click')
    expect(onlyWindow().calls).toEqual(['show', 'focus'])
  })
})

describe('the prompt of the operating system', () => {
  const onMac = { environment: describeEnvironment({}, 'darwin', '/Users/ana') }
  const startOnMac = async (prepare: () => void) => {
    const folder = makeTempFolder('mac')
    const environment = { ...onMac.environment, homeFolder: folder }
    return (await openShell({ environment }, prepare)).ports[0]
  }

  test('is lent to the core on a Mac with Touch ID; a denied one is a no, not an error', async () => {
    const asked: string[] = []
    const ports = await startOnMac(() => {
      world.hasTouchId = true
      world.touch = async (reason) => void asked.push(reason)
    })
    expect(await ports?.confirmPresence?.('confirm a change')).toBe(true)
    expect(asked).toEqual(['confirm a change'])
    world.touch = async () => {
      throw new Error('Authentication was canceled by user.')
    }
    expect(await ports?.confirmPresence?.('confirm a change')).toBe(false)
  })

  test('is not there without Touch ID, or on another system', async () => {
    expect((await startOnMac(() => undefined))?.confirmPresence).toBeUndefined()
    const { ports } = await openShell({}, () => (world.hasTouchId = true))
    expect(ports[0]?.confirmPresence).toBeUndefined()
  })
})
