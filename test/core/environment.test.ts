/** Where things are on each system, from given variables. */
import { delimiter, join, resolve } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import {
  describeEnvironment,
  passphraseFromEnvironment,
  readEnvironment,
  reviewPassphraseFromEnvironment,
} from '../../main/environment.ts'

const none = () => false
const linux = (variables: Record<string, string>, exists: (path: string) => boolean = none) =>
  describeEnvironment(variables, 'linux', '/home/ana', exists)

describe('the folders', () => {
  test('Linux follows the XDG folders, and ignores relative ones', () => {
    expect(linux({}).homeFolder).toBe('/home/ana/.local/share/spendsignoff')
    expect(linux({ XDG_DATA_HOME: '/data' }).homeFolder).toBe('/data/spendsignoff')
    expect(linux({ XDG_DATA_HOME: 'data' }).homeFolder).toBe('/home/ana/.local/share/spendsignoff')
    expect(linux({ XDG_CONFIG_HOME: '/conf' }).configFolder).toBe('/conf')
    expect(linux({}).configFolder).toBe('/home/ana/.config')
  })
  test('macOS and Windows use their own', () => {
    const mac = describeEnvironment({}, 'darwin', '/Users/ana', none)
    expect(mac.homeFolder).toBe('/Users/ana/Library/Application Support/SpendSignoff')
    const windows = describeEnvironment({ LOCALAPPDATA: '/local', APPDATA: '/roaming' }, 'win32', '/Users/ana', none)
    expect([windows.homeFolder, windows.configFolder]).toEqual([join('/local', 'SpendSignoff'), '/roaming'])
  })
  test('SPENDSIGNOFF_HOME wins everywhere; a relative one counts from here and never falls back to the real home', () => {
    for (const platform of ['linux', 'darwin', 'win32'] as const)
      expect(describeEnvironment({ SPENDSIGNOFF_HOME: '/elsewhere' }, platform, '/home/ana', none).homeFolder).toBe(
        '/elsewhere',
      )
    expect(linux({ SPENDSIGNOFF_HOME: '' }).homeFolder).toBe('/home/ana/.local/share/spendsignoff')
    expect(linux({ SPENDSIGNOFF_HOME: 'here' }).homeFolder).toBe(resolve('here'))
  })
  test('PATH without its relative pieces', () => {
    expect(linux({ PATH: ['/usr/bin', '.', '', '/bin'].join(delimiter) }).searchPath).toEqual(['/usr/bin', '/bin'])
  })
})

describe('what is there', () => {
  test('a session bus by its address or its usual socket', () => {
    expect(linux({}).hasSessionBus).toBe(false)
    expect(linux({ DBUS_SESSION_BUS_ADDRESS: 'unix:path=/x' }).hasSessionBus).toBe(true)
    expect(linux({ XDG_RUNTIME_DIR: '/run/user/1' }).hasSessionBus).toBe(false)
    expect(linux({ XDG_RUNTIME_DIR: '/run/user/1' }, (path) => path === '/run/user/1/bus').hasSessionBus).toBe(true)
    expect(describeEnvironment({}, 'darwin', '/Users/ana', none).hasSessionBus).toBe(true)
  })
  test('a display', () => {
    expect(linux({}).hasDisplay).toBe(false)
    expect(linux({ DISPLAY: ':0' }).hasDisplay).toBe(true)
    expect(linux({ WAYLAND_DISPLAY: 'wayland-0' }).hasDisplay).toBe(true)
    expect(describeEnvironment({}, 'win32', '/Users/ana', none).hasDisplay).toBe(true)
  })
  test('the real surroundings can be read', () => {
    expect(readEnvironment().homeFolder.length).toBeGreaterThan(3)
  })
})

describe('the passphrase', () => {
  afterEach(() => {
    delete process.env['SPENDSIGNOFF_PASSPHRASE']
  })
  test('is taken out of the environment, so that programs started later do not inherit it', () => {
    process.env['SPENDSIGNOFF_PASSPHRASE'] = 'correct horse'
    expect(passphraseFromEnvironment()?.reveal()).toBe('correct horse')
    expect(process.env['SPENDSIGNOFF_PASSPHRASE']).toBeUndefined()
    expect(passphraseFromEnvironment()?.reveal()).toBe('correct horse')
    expect(JSON.stringify(passphraseFromEnvironment())).toBe('"[secret]"')
  })
  test('of a reviewer’s own key is another one, and is taken out as well', () => {
    process.env['SPENDSIGNOFF_REVIEW_PASSPHRASE'] = 'a key of my own'
    expect(reviewPassphraseFromEnvironment()?.reveal()).toBe('a key of my own')
    expect(process.env['SPENDSIGNOFF_REVIEW_PASSPHRASE']).toBeUndefined()
    expect(reviewPassphraseFromEnvironment()).toBeUndefined()
  })
})
