import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import { build } from 'vite'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import config from '../../electron/build.config.ts'
import { OPERATION_NAMES } from '../../shared/operation-names.ts'
import { OPERATIONS } from '../../shared/operations.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

type Api = Readonly<Record<string, (...input: unknown[]) => Promise<unknown>>>
let seen: typeof import('../support/fake-electron.ts').seen
let world: typeof import('../support/fake-electron.ts').world
const exposedApi = (): Api => seen.exposed.get('spendsignoff') as Api
const runIn = (sandboxed: boolean): void => {
  Object.defineProperty(process, 'sandboxed', { value: sandboxed, configurable: true })
}

// A preload runs once per page: each test loads it, and the Electron it meets, anew.
beforeEach(async () => {
  vi.resetModules()
  ;({ seen, world } = await import('../support/fake-electron.ts'))
  runIn(true)
})
afterEach(() => {
  Reflect.deleteProperty(process, 'sandboxed')
})

describe('what the page is given', () => {
  test('one frozen object with one function per operation of the table, and nothing else', async () => {
    await import('../../preload/index.ts')
    expect([...seen.exposed.keys()]).toEqual(['spendsignoff'])
    expect(Object.keys(exposedApi())).toEqual([...OPERATION_NAMES])
    expect(Object.keys(exposedApi()).toSorted()).toEqual(Object.keys(OPERATIONS).toSorted())
    expect(Object.isFrozen(exposedApi())).toBe(true)
    for (const call of Object.values(exposedApi())) expect(typeof call).toBe('function')
  })

  test('a call goes to its own channel with one input; the page can add neither channel nor arguments', async () => {
    world.answerInvoke = () => ({ ok: true, value: 1 })
    await import('../../preload/index.ts')
    const answer = await exposedApi()['get_draft']?.({ draft_id: 'd' }, 'spendsignoff:confirm_draft', 'more')
    expect(answer).toEqual({ ok: true, value: 1 })
    expect(seen.invoked).toEqual([{ channel: 'spendsignoff:get_draft', args: [{ draft_id: 'd' }] }])
  })

  test('outside a sandbox it gives nothing at all', async () => {
    runIn(false)
    await expect(import('../../preload/index.ts')).rejects.toThrow('without a sandbox')
    expect(seen.exposed.size).toBe(0)
  })
})

describe('the built preload', () => {
  test('is one small file that requires electron alone, carries no schemas, and works in a sandbox', async () => {
    const folder = makeTempFolder('preload')
    const settings = preloadSettings()
    await build({
      configFile: false,
      logLevel: 'silent',
      // The settings of the real build, into another folder; `ssr` is how electron-vite builds a preload as well.
      build: {
        ...settings,
        outDir: folder,
        ssr: true,
        rolldownOptions: { ...settings.rolldownOptions, external: ['electron'] },
      },
      ssr: { noExternal: true },
    })
    expect(readdirSync(folder)).toEqual(['index.cjs'])
    const code = readFileSync(join(folder, 'index.cjs'), 'utf8')
    expect(code.length).toBeLessThan(8_000)
    expect(code).not.toMatch(/zod|ipcMain|\.on\(|\.send\(|sendSync|fromCodePoint/)

    const required: string[] = []
    const exposed = new Map<string, unknown>()
    runInNewContext(code, {
      process: { sandboxed: true },
      exports: {},
      module: { exports: {} },
      require: (name: string) => {
        required.push(name)
        return {
          contextBridge: { exposeInMainWorld: (key: string, api: unknown) => exposed.set(key, api) },
          ipcRenderer: { invoke: async () => undefined },
        }
      },
    })
    expect(required).toEqual(['electron'])
    expect(Object.keys(exposed.get('spendsignoff') as object)).toEqual([...OPERATION_NAMES])
  })
})

function preloadSettings() {
  const preload = 'preload' in config ? config.preload : undefined
  if (preload?.build === undefined) throw new Error('the build has no preload')
  const { externalizeDeps: _ours, ...settings } = preload.build as Record<string, unknown> & {
    rolldownOptions?: Record<string, unknown>
  }
  return settings
}
