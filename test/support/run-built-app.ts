/**
 * Runs the built desktop app in plain Node: `electron` is the fake, everything else is the real thing from the bundle. Plays the
 * page and then a person who quits, and prints what came back as one line of JSON.
 * Usage: node run-built-app.ts <built index.js> <app folder>
 */
import { registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'
import { app, invokeEvent, seen } from './fake-electron.ts'
import { waitFor } from './wait-for.ts'

const [, , bundle = '', appFolder = ''] = process.argv
const fake = new URL('fake-electron.ts', import.meta.url).href
registerHooks({
  resolve: (name, context, next) => (name === 'electron' ? { url: fake, shortCircuit: true } : next(name, context)),
})
app.appPath = appFolder
process.argv = [process.execPath, appFolder, '--workspace', 'demo']
await import(pathToFileURL(bundle).href)

const window = await waitFor(() => seen.windows[0], { what: 'the window', withinMs: 20_000 })
const page = { url: 'app://spendsignoff/index.html', origin: 'app://spendsignoff', parent: null }
const call = async (name: string, input: unknown): Promise<unknown> =>
  await seen.handlers.get(`spendsignoff:${name}`)?.(invokeEvent(window.webContents, page), input)

const state = await call('get_app_state', {})
const policy = await call('get_policy', {})
const forged = await seen.handlers.get('spendsignoff:get_policy')?.(invokeEvent(window.webContents, null), {})
app.quit()
await waitFor(() => seen.quits === 1, { what: 'the app to quit', withinMs: 15_000 })
const handlers = seen.handlers.size
process.stdout.write(`${JSON.stringify({ windows: seen.windows.length, handlers, state, policy, forged })}\n`)
