/**
 * The only door between the page and the main process: one function per operation of the table, and nothing generic. No
 * channel name, no listener, no event object and no Electron API ever reaches the page.
 */
import { contextBridge, ipcRenderer } from 'electron'
import type { WindowApi } from '../shared/api.ts'
import { channelOf, OPERATION_NAMES } from '../shared/operation-names.ts'

// Outside the sandbox a preload has all of Node: a wrong window setting must be a broken window, not an open one.
if (!process.sandboxed) throw new Error('SpendSignoff refuses to run a window without a sandbox.')

const api = Object.fromEntries(
  OPERATION_NAMES.map((name) => [
    name,
    (input: unknown): Promise<unknown> => ipcRenderer.invoke(channelOf(name), input),
  ]),
) as unknown as WindowApi

contextBridge.exposeInMainWorld('spendsignoff', Object.freeze(api))
