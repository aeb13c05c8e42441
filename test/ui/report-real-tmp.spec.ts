import { expect, test } from '@playwright/test'
import { startBrowserApp } from '../support/browser-app.ts'
import { makeTempFolder } from '../support/temp-folder.ts'
import { waitFor } from '../support/wait-for.ts'
test('real', async ({ page }) => {
  test.setTimeout(240_000)
  const app = await startBrowserApp(makeTempFolder('rep'))
  page.on('pageerror', (e) => console.log('PAGEERROR', e.message))
  await page.goto(app.window.newLink())
  await page.getByRole('button', { name: 'Open the demo' }).click()
  await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible({ timeout: 60_000 })
  await waitFor(async () => (await app.ask('get_sync', {})).sync.state === 'done', { what: 's', withinMs: 200_000, everyMs: 500 })
  await page.waitForTimeout(8_000)
  for (const [name, route] of [['report', 'report'], ['orders', 'report/orders'], ['method', 'report/method']] as const) {
    await page.evaluate((to) => { location.hash = `#/${to}` }, route)
    await page.waitForTimeout(4_000)
    await page.setViewportSize({ width: 1280, height: 1500 }); await page.waitForTimeout(500); if (name === 'report') { for (const k of [0,1,2,3]) { await page.locator('[role=row][data-row]').nth(k).focus(); await page.keyboard.press('ArrowRight'); await page.waitForTimeout(900) } }
    await page.screenshot({ path: `out/screenshots/real-${name}.png` })
  }
  await app.close()
})
