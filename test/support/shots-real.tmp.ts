import { chromium } from 'playwright'
import { mkdtempSync } from 'node:fs'
import { CHROMIUM_ARGS } from './chromium.ts'
import { startBrowserApp } from './browser-app.ts'
const app = await startBrowserApp(mkdtempSync('/tmp/real-'))
const b = await chromium.launch({ executablePath: '/usr/bin/chromium', args: CHROMIUM_ARGS })
const c = await b.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB', timezoneId: 'UTC' })
const p = await c.newPage()
p.on('console', (x) => { if (x.type() === 'error') console.log(x.text().slice(0, 300)) })
p.on('pageerror', (e) => console.log('PAGEERROR', e.message.slice(0, 300)))
const shot = async (n: string) => { await p.waitForTimeout(500); await p.screenshot({ path: `/tmp/shots/real-${n}.png` }) }
await p.goto(app.window.newLink())
await p.getByRole('button', { name: 'Open the demo' }).click()
await p.waitForTimeout(1200); await shot('syncing')
for (let i = 0; i < 60; i++) { const s = (await app.ask('get_sync', {})).sync; if (s.state === 'done') break; await p.waitForTimeout(500) }
await shot('overview')
await p.getByRole('link', { name: /Queue/ }).click(); await p.waitForTimeout(600)
await p.keyboard.press('j'); await shot('queue')
await p.getByRole('button', { name: 'Approve & push live' }).click()
await p.getByRole('alertdialog').waitFor()
await p.getByLabel('Workspace passphrase').fill((await app.ask('get_app_state', {})).demo_passphrase ?? '')
await shot('confirm')
await p.getByRole('button', { name: /^Push / }).click()
await p.waitForTimeout(400); await shot('progress')
await p.waitForTimeout(2500); await shot('applied')
await p.getByRole('button', { name: 'Undo…' }).click().catch((e: Error) => console.log(e.message.slice(0, 200)))
await p.waitForTimeout(800); await shot('undo')
await p.getByRole('link', { name: /Overview/ }).click(); await shot('overview2')
await p.getByRole('link', { name: /Accounts/ }).click(); await p.waitForTimeout(400); await p.getByRole('button', { name: /Show what is in/ }).first().click(); await shot('accounts')
await p.getByRole('link', { name: /Audit/ }).click(); await p.waitForTimeout(400); await p.getByRole('button', { name: 'Verify the log' }).click(); await p.waitForTimeout(1200); await shot('audit')
await p.getByRole('link', { name: /Connections/ }).click(); await shot('connections')
await p.getByRole('link', { name: /Queue/ }).click(); await p.getByRole('button', { name: 'Your limits' }).click(); await shot('limits')
await b.close(); await app.close(); process.exit(0)
