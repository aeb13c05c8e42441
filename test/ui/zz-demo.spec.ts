import { test } from '@playwright/test'
import { startBrowserApp } from '../support/browser-app.ts'
import { makeTempFolder } from '../support/temp-folder.ts'
const out = '/tmp/look'
test('look', async ({ page }) => {
  test.setTimeout(400_000)
  const app = await startBrowserApp(makeTempFolder('look'))
  page.on('console', (m) => {
    if (m.type() === 'error') console.log('console', m.text())
  })
  page.on('pageerror', (e) => console.log('pageerror', e.message))
  await page.goto(app.window.newLink())
  await page.screenshot({ path: `${out}/first.png` })
  const t0 = Date.now()
  await page.getByRole('button', { name: 'Open the demo' }).click()
  let n = 0
  for (let i = 0; i < 60; i++) {
    await page.waitForTimeout(1500)
    const bar = await page.locator('[role=progressbar]').count()
    const text = (
      await page
        .locator('header')
        .first()
        .innerText()
        .catch(() => '')
    ).replaceAll('\n', ' | ')
    const main = (
      await page
        .locator('main')
        .first()
        .innerText()
        .catch(() => '')
    )
      .replaceAll('\n', ' | ')
      .slice(0, 260)
    console.log(Date.now() - t0, 'bar', bar, text, '##', main)
    if (i % 3 === 0 && n < 12) await page.screenshot({ path: `${out}/sync-${n++}.png` })
    if (i === 6) {
      await page
        .getByRole('button', { name: 'Sync in detail' })
        .click()
        .catch((e) => console.log(String(e).slice(0, 200)))
      await page.waitForTimeout(500)
      await page.screenshot({ path: `${out}/sync-dialog.png` })
      await page.keyboard.press('Escape')
    }
    if (i === 8) {
      await page.goto(`${new URL(page.url()).origin}/#/accounts`)
      await page.waitForTimeout(700)
      await page.screenshot({ path: `${out}/sync-accounts.png` })
    }
    if (i === 10) {
      await page.goto(`${new URL(page.url()).origin}/#/connections`)
      await page.waitForTimeout(700)
      await page.screenshot({ path: `${out}/sync-connections.png` })
      await page.goto(`${new URL(page.url()).origin}/#/`)
    }
    if (i > 12 && bar === 0) break
  }
  console.log('sync done after', Date.now() - t0)
  await page.waitForTimeout(5000)
  for (const scheme of ['light', 'dark'] as const)
    for (const [w, h] of [
      [1280, 800],
      [900, 600],
    ] as const) {
      await page.emulateMedia({ colorScheme: scheme })
      await page.setViewportSize({ width: w, height: h })
      const tag = `${scheme}-${w}`
      for (const [name, hash] of [
        ['overview', '#/'],
        ['queue', '#/queue'],
        ['accounts', '#/accounts'],
        ['readiness', '#/accounts/readiness'],
        ['connections', '#/connections'],
        ['audit', '#/audit'],
      ] as const) {
        await page.goto(`${new URL(page.url()).origin}/${hash}`)
        await page.waitForTimeout(1200)
        await page.screenshot({ path: `${out}/${name}-${tag}.png` })
      }
      await page.goto(`${new URL(page.url()).origin}/#/accounts`)
      await page.waitForTimeout(800)
      await page.locator('[role=row][data-row]').nth(1).focus()
      for (const k of ['ArrowRight', 'ArrowRight', 'ArrowRight', 'ArrowRight']) {
        await page.keyboard.press(k)
        await page.waitForTimeout(500)
      }
      await page.keyboard.press('Enter')
      await page.waitForTimeout(1200)
      await page.screenshot({ path: `${out}/inspector-${tag}.png` })
      await page.getByLabel('Show', { exact: true }).selectOption('ad')
      await page.waitForTimeout(1200)
      await page.screenshot({ path: `${out}/ads-${tag}.png` })
    }
  await app.close()
})
