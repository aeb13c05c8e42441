/**
 * The browser window's session in a real browser: one link, a cookie and a key, several tabs; and another server on this
 * computer that is handed our cookie, as browsers do, and can do nothing with it.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from '@playwright/test'
import { type BrowserApp, startBrowserApp } from '../support/browser-app.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

let app: BrowserApp
test.beforeEach(async () => {
  app = await startBrowserApp(makeTempFolder('session'))
})
test.afterEach(() => app.close())
const WELCOME = 'Your ads, your laptop, your signature.'

test('the key leaves the address at once, and every tab of the browser is signed in', async ({ page, context }) => {
  await page.goto(app.window.newLink())
  await expect(page.getByRole('heading', { name: WELCOME })).toBeVisible()
  expect(page.url()).toBe(`${app.window.url}/`)
  const second = await context.newPage()
  await second.goto(app.window.url)
  await expect(second.getByRole('heading', { name: WELCOME })).toBeVisible()
  await page.reload()
  await expect(page.getByRole('heading', { name: WELCOME })).toBeVisible()
})

test('a second link in the same browser signs the first tab over, not out', async ({ page, context }) => {
  await page.goto(app.window.newLink())
  await expect(page.getByRole('heading', { name: WELCOME })).toBeVisible()
  const second = await context.newPage()
  await second.goto(app.window.newLink())
  await expect(second.getByRole('heading', { name: WELCOME })).toBeVisible()
  await page.getByRole('button', { name: 'Set up a workspace' }).click()
  await page.reload()
  await expect(page.getByRole('heading', { name: WELCOME })).toBeVisible()
})

test('a link with a made-up key does not sign the window out', async ({ page }) => {
  await page.goto(app.window.newLink())
  await expect(page.getByRole('heading', { name: WELCOME })).toBeVisible()
  await page.goto('about:blank')
  await page.goto(`${app.window.url}/#key=${'A'.repeat(43)}`)
  await expect(page.getByRole('heading', { name: WELCOME })).toBeVisible()
  expect(page.url()).toBe(`${app.window.url}/`)
})

test('another local server is sent the cookie by the browser, and the cookie alone opens nothing', async ({ page }) => {
  await page.goto(app.window.newLink())
  await expect(page.getByRole('heading', { name: WELCOME })).toBeVisible()
  let stolen = ''
  const thief = createServer((request, response) => {
    stolen = request.headers.cookie ?? ''
    response.writeHead(200, { 'content-type': 'text/html' }).end('<title>hello</title>')
  })
  await new Promise<void>((done) => thief.listen(0, '127.0.0.1', done))
  try {
    await page.goto(`http://127.0.0.1:${(thief.address() as AddressInfo).port}/`)
    expect(stolen, 'browsers do not tell ports apart').toContain('spendsignoff_')
    expect(await page.evaluate(() => localStorage.length), 'the storage of its own origin is empty').toBe(0)
    for (const key of ['', '1', 'A'.repeat(43)]) {
      const answer = await fetch(`${app.window.url}/api/get_app_state`, {
        method: 'POST',
        headers: { cookie: stolen, origin: app.window.url, 'content-type': 'application/json', 'x-spendsignoff': key },
        body: '{}',
      })
      expect(answer.status).toBe(401)
      expect(await answer.json()).toMatchObject({ ok: false, error: { code: 'not_authorized' } })
    }
  } finally {
    thief.closeAllConnections()
    thief.close()
  }
})

test('without a link the page says that it is not signed in, and what to do', async ({ page }) => {
  await page.goto(app.window.url)
  await expect(page.getByText('This window’s link is no longer valid.')).toBeVisible()
  await expect(page.getByText('open the new link it prints', { exact: false })).toBeVisible()
})
