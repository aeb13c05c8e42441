import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { WINDOW_CSP } from '../../electron/security/csp.ts'
import { mayOpen, openExternalLink } from '../../electron/security/external-links.ts'
import { mayLoad } from '../../electron/security/network.ts'
import { placeOfPage } from '../../electron/security/place.ts'
import { answerApp } from '../../electron/security/protocol.ts'
import { isInside } from '../../main/browser-window/static.ts'
import { seen, session, WebContents } from '../support/fake-electron.ts'
import { type OpenShell, openShell } from '../support/open-shell.ts'

let shell: OpenShell
beforeEach(async () => {
  shell = await openShell()
})

const contents = () => seen.windows[0]?.webContents ?? new WebContents()
const ask = (permission: string, details: { isMainFrame: boolean; requestingUrl: string }): boolean | undefined => {
  let answer: boolean | undefined
  session.defaultSession.permissionRequest?.(
    {} as never,
    permission as never,
    (isAllowed) => (answer = isAllowed),
    details,
  )
  return answer
}
const cancelled = (url: string): boolean | undefined => {
  let isCancelled: boolean | undefined
  session.defaultSession.beforeRequest?.({ url, resourceType: 'xhr' }, ({ cancel }) => (isCancelled = cancel))
  return isCancelled
}
const save = (url: string): boolean => {
  let isPrevented = false
  session.defaultSession.emit('will-download', { preventDefault: () => (isPrevented = true) }, { getURL: () => url })
  return !isPrevented
}

describe('the page cannot lead anywhere', () => {
  test.each(['will-navigate', 'will-frame-navigate', 'will-redirect', 'will-attach-webview'])(
    '%s is prevented for the window and for any other contents',
    async (event) => {
      expect(contents().attempt(event, { url: 'app://spendsignoff/index.html' })).toBe(true)
      expect(contents().attempt(event, { url: 'https://x/?app://spendsignoff' })).toBe(true)
    },
  )

  test.each([
    'https://evil.example',
    'app://spendsignoff/index.html',
    'file:///etc/passwd',
    'about:blank',
    'javascript:1',
  ])('a new window on %s is denied and not opened outside', (url) => {
    expect(contents().openHandler?.({ url })).toEqual({ action: 'deny' })
    expect(seen.openedOutside).toEqual([])
  })

  test('a link to a platform opens in the browser, never in a window of ours', () => {
    expect(contents().openHandler?.({ url: 'https://ads.tiktok.com/i18n/dashboard' })).toEqual({ action: 'deny' })
    expect(seen.openedOutside).toEqual(['https://ads.tiktok.com/i18n/dashboard'])
    expect(seen.windows).toHaveLength(1)
  })

  test('what was denied is in the log, without the address', () => {
    contents().openHandler?.({ url: 'https://evil.example/?secret' })
    expect(shell.log.join()).toContain('security.denied')
    expect(shell.log.join()).not.toContain('evil.example')
  })
})

describe('external links', () => {
  test.each([
    'https://ads.tiktok.com/',
    'https://business-api.tiktok.com/portal/auth?app_id=1&state=x',
    'https://ads.google.com/aw/overview',
    'https://adsmanager.facebook.com/adsmanager/manage/campaigns?act=1',
    'https://console.cloud.google.com/apis/credentials',
    'https://accounts.google.com/o/oauth2/v2/auth?client_id=1&state=x',
    'https://www.facebook.com/v26.0/dialog/oauth?client_id=1&state=x',
    // The demo's consent pages are on this machine.
    'http://127.0.0.1:41234/o/oauth2/v2/auth?client_id=1&state=x',
    'http://127.0.0.1:41234/v26.0/dialog/oauth?client_id=1&state=x',
  ])('%s may be opened', (url) => {
    expect(mayOpen(url)).toBe(true)
  })

  test.each([
    'http://ads.tiktok.com/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'smb://ads.tiktok.com/share',
    'ms-msdt:/id',
    'data:text/html,x',
    'https://ads.tiktok.com.evil.example/',
    'https://evil-ads.tiktok.com/',
    'https://tiktok.com/',
    'https://ads.tiktok.com@evil.example/',
    'https://user:pass@ads.tiktok.com/',
    'https://ads.tiktok.com:8443/',
    'https://ads.tiktok.com\\@evil.example/',
    'https://evil.example/?https://ads.tiktok.com/',
    'https://аds.tiktok.com/',
    ' https://ads.tiktok.com/',
    'https://ads.tik\ntok.com/',
    'ads.tiktok.com',
    // Of these hosts the consent page alone.
    'https://accounts.google.com/Logout',
    'https://accounts.google.com/o/oauth2/v2/auth/../../../Logout',
    'https://www.facebook.com/somebody',
    'http://accounts.google.com/o/oauth2/v2/auth',
    'http://127.0.0.1:41234/',
    'https://127.0.0.1:41234/o/oauth2/v2/auth',
    'http://localhost:41234/o/oauth2/v2/auth',
    'http://user@127.0.0.1:41234/o/oauth2/v2/auth',
    '',
    `https://ads.tiktok.com/${'x'.repeat(3_000)}`,
  ])('%j is refused', (url) => {
    expect(mayOpen(url)).toBe(false)
    expect(openExternalLink(url)).toBe(false)
    expect(seen.openedOutside).toEqual([])
  })
})

describe('permissions', () => {
  const ours = { isMainFrame: true, requestingUrl: 'app://spendsignoff/index.html' }

  test('copying text is allowed to our page; reading the clipboard is not', () => {
    expect(ask('clipboard-sanitized-write', ours)).toBe(true)
    expect(ask('clipboard-read', ours)).toBe(false)
    expect(ask('clipboard-sanitized-write', { ...ours, isMainFrame: false })).toBe(false)
    expect(ask('clipboard-sanitized-write', { ...ours, requestingUrl: 'https://evil.example/' })).toBe(false)
  })

  test.each([
    'media',
    'geolocation',
    'notifications',
    'hid',
    'usb',
    'serial',
    'openExternal',
    'fullscreen',
    'local-fonts',
    'unknown',
  ])('%s is denied, asked for or looked up', (permission) => {
    expect(ask(permission, ours)).toBe(false)
    const check = session.defaultSession.permissionCheck
    expect(check?.(null, permission as never, 'app://spendsignoff/', { isMainFrame: true })).toBe(false)
  })

  test('the look-up agrees with the request for what is allowed', () => {
    const check = session.defaultSession.permissionCheck
    const write = 'clipboard-sanitized-write' as never
    expect(check?.(null, write, 'app://spendsignoff/', { isMainFrame: true })).toBe(true)
    expect(check?.(null, write, 'https://evil.example/', { isMainFrame: true })).toBe(false)
    expect(check?.(null, write, 'app://spendsignoff/', { isMainFrame: false })).toBe(false)
  })

  test('no device is ever handed out', () => {
    expect(session.defaultSession.devicePermission?.({ deviceType: 'hid' })).toBe(false)
  })
})

describe('the page has no network', () => {
  const app = placeOfPage(true, undefined)

  test.each([
    'https://example.com/',
    'http://127.0.0.1:5173/',
    'ws://127.0.0.1/',
    'file:///etc/passwd',
    'ftp://x/',
    'app://other/',
    'blob:https://evil.example/1',
    'data:text/html,x',
  ])('a request for %s is cancelled', (url) => {
    expect(cancelled(url)).toBe(true)
    expect(mayLoad(url, app, true)).toBe(false)
  })

  test.each(['app://spendsignoff/assets/index.js', 'blob:app://spendsignoff/0f-1', 'data:image/png;base64,AA=='])(
    'our own %s is not',
    (url) => {
      expect(cancelled(url)).toBe(false)
    },
  )

  test('dictionaries are not fetched, and only files the page made itself can be saved', () => {
    expect(session.defaultSession.isSpellCheckerEnabled).toBe(false)
    expect(save('blob:app://spendsignoff/1')).toBe(true)
    expect(save('https://evil.example/x.exe')).toBe(false)
    expect(save('app://spendsignoff/index.html')).toBe(false)
  })

  test('a development server counts only in a checkout, and only on this machine', () => {
    expect(placeOfPage(false, 'http://localhost:5173').isOurs('http://localhost:5173/x')).toBe(true)
    expect(placeOfPage(false, 'http://localhost:5173').isOurs('http://localhost:5174/x')).toBe(false)
    expect(placeOfPage(true, 'http://localhost:5173').url).toBe('app://spendsignoff/index.html')
    expect(placeOfPage(false, 'http://evil.example:5173').url).toBe('app://spendsignoff/index.html')
    expect(placeOfPage(false, 'nonsense').url).toBe('app://spendsignoff/index.html')
    const dev = placeOfPage(false, 'http://localhost:5173')
    expect(mayLoad('ws://localhost:5173/?token=1', dev, false)).toBe(true)
    expect(mayLoad('ws://localhost:5173/?token=1', app, true)).toBe(false)
  })
})

describe('app://', () => {
  let root: string
  const get = async (url: string, method = 'GET') => await answerApp(root, { url, method })

  beforeEach(() => {
    root = join(shell.folder, 'out', 'renderer')
    mkdirSync(join(root, 'assets'))
    mkdirSync(join(shell.folder, 'out', 'renderer-evil'))
    writeFileSync(join(root, 'assets', 'index.js'), 'export {}')
    writeFileSync(join(root, 'assets', 'index.js.map'), '{}')
    writeFileSync(join(shell.folder, 'out', 'secret.html'), 'secret')
    writeFileSync(join(shell.folder, 'out', 'renderer-evil', 'secret.html'), 'secret')
    symlinkSync(join(shell.folder, 'out', 'secret.html'), join(root, 'link.html'))
    symlinkSync(join(shell.folder, 'out', 'renderer-evil'), join(root, 'linked'))
  })

  test('serves the page and its files, each with the policy', async () => {
    const page = await get('app://spendsignoff/index.html?x#/queue')
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    expect(await page.text()).toContain('SpendSignoff')
    expect(page.headers.get('content-security-policy')).toBe(WINDOW_CSP)
    expect((await get('app://spendsignoff/')).status).toBe(200)
    expect((await get('app://spendsignoff/assets/index.js')).headers.get('content-type')).toContain('text/javascript')
  })

  test('the policy allows no connection and nothing unsafe', () => {
    expect(WINDOW_CSP).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self' 'sha256-38RhXrc7EdReTKsOm23ZPOCUgniTUUcjky8QOOrQx6o='; " +
        "img-src 'self' data:; font-src 'self'; connect-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    )
    expect(WINDOW_CSP).not.toContain('unsafe')
  })

  test.each([
    '../secret.html',
    '%2e%2e/secret.html',
    '..%2fsecret.html',
    '%2e%2e%2fsecret.html',
    '%252e%252e%252fsecret.html',
    'assets/../../secret.html',
    '..%5csecret.html',
    '..\\secret.html',
    '../renderer-evil/secret.html',
    'link.html',
    'linked/secret.html',
    'index.html%00.js',
    'C:/secret.html',
    '/secret.html',
    'assets/index.js.map',
    'assets',
    '.env.html',
    '%',
  ])('%s is refused', async (path) => {
    const answer = await get(`app://spendsignoff/${path}`)
    expect(answer.status).toBe(403)
    expect(await answer.text()).not.toContain('secret')
  })

  test.each([
    'app://other/index.html',
    'app://spendsignoff.evil/index.html',
    'file:///index.html',
    'app://spendsignoff',
  ])('%s is another host', async (url) => {
    expect((await get(url)).status).toBe(403)
  })

  test('only GET and HEAD; what is absent is 404', async () => {
    for (const method of ['POST', 'PUT', 'DELETE'])
      expect((await get('app://spendsignoff/index.html', method)).status).toBe(403)
    expect((await get('app://spendsignoff/other.js')).status).toBe(404)
  })

  test('the handler that Electron got is this one, on the built window', async () => {
    const handler = seen.protocolHandlers.get('app')
    const fromElectron = (url: string) => handler?.({ url, method: 'GET' } as Request)
    expect((await fromElectron('app://spendsignoff/index.html'))?.status).toBe(200)
    expect((await fromElectron('app://spendsignoff/../secret.html'))?.status).toBe(403)
  })

  test('inside means the folder or below it, not a neighbour with a longer name', () => {
    expect(isInside(`${sep}app`, `${sep}app${sep}x`)).toBe(true)
    expect(isInside(`${sep}app`, `${sep}app`)).toBe(true)
    expect(isInside(`${sep}app`, `${sep}app-evil${sep}x`)).toBe(false)
    expect(isInside(`${sep}app`, sep)).toBe(false)
    expect(isInside(sep, `${sep}x`)).toBe(true)
  })
})
