import { chromium } from 'playwright'
import { CHROMIUM_ARGS } from './chromium.ts'
import { serveRenderer } from './static-renderer.ts'
import { withDouble } from './window-page.ts'
import { appState, draftId, empty, filled } from './window-world.ts'
const only = process.argv[2]
const s = await serveRenderer('/tmp/renderer-out')
const b = await chromium.launch({ executablePath: '/usr/bin/chromium', args: CHROMIUM_ARGS })
const shots: [string, () => object, string, ((p: any) => Promise<void>)?][] = [
  ['overview', filled, '#/overview'],
  ['queue', filled, `#/queue/${draftId('b')}`],
  ['queue-applied', filled, `#/queue/${draftId('e')}`],
  ['queue-stale', filled, `#/queue/${draftId('g')}`],
  ['queue-unknown', filled, `#/queue/${draftId('h')}`],
  ['queue-blocked', filled, `#/queue/${draftId('f')}`],
  ['confirm', filled, `#/queue/${draftId('a')}`, async (p) => { await p.getByRole('button', { name: 'Approve & push live' }).click(); await p.waitForTimeout(1300) }],
  ['propose', filled, '#/accounts', async (p) => { await p.getByRole('button', { name: /Propose a change to Summer/ }).first().click(); await p.getByLabel(/New daily budget/).fill('1.500'); await p.waitForTimeout(600) }],
  ['accounts', filled, '#/accounts', async (p) => { await p.getByRole('button', { name: /Show what is in Summer/ }).click(); await p.waitForTimeout(300) }],
  ['audit', filled, '#/audit', async (p) => { await p.getByRole('button', { name: 'Verify the log' }).click(); await p.waitForTimeout(300); await p.getByRole('button', { name: /stored line of record 41/ }).click() }],
  ['connections', filled, '#/connections'],
  ['tiktok', filled, '#/connections/tiktok'],
  ['token', filled, '#/connections', async (p) => { await p.getByRole('button', { name: 'Add AI client' }).click(); await p.getByLabel('Name').fill('Claude'); await p.getByRole('button', { name: 'Create token' }).click(); await p.waitForTimeout(300) }],
  ['overview-empty', empty, '#/overview'],
  ['queue-empty', empty, '#/queue'],
  ['connections-empty', empty, '#/connections'],
  ['first-run', () => ({ ...empty(), get_app_state: () => appState({ phase: 'first_run', workspace: null }) }), '#/'],
  ['unlock', () => ({ ...empty(), get_app_state: () => appState({ phase: 'locked' }) }), '#/'],
  ['trouble', () => ({ ...empty(), get_app_state: () => appState({ phase: 'trouble', trouble: { code: 'vault_key_missing', message: 'The key of this workspace is not in the keychain.', hint: 'Nothing was changed.', retryable: true } }) }), '#/'],
  ['errors', () => ({ get_app_state: () => appState() }), '#/overview'],
]
const modes: [string, 'light' | 'dark', number, number][] = [['l', 'light', 1280, 800], ['d', 'dark', 1280, 800], ['s', 'light', 900, 600]]
for (const [name, world, hash, act] of shots) {
  if (only !== undefined && !only.split(',').includes(name)) continue
  for (const [m, scheme, width, height] of modes) {
    const c = await b.newContext({ viewport: { width, height }, colorScheme: scheme, locale: 'en-GB', timezoneId: 'UTC', reducedMotion: 'reduce' })
    const p = await c.newPage()
    p.on('console', (x) => { if (x.type() === 'error') console.log(name, x.text().slice(0, 300)) })
    p.on('pageerror', (e) => console.log(name, 'PAGEERROR', e.message.slice(0, 300)))
    const d = await withDouble(p, world())
    try {
      await p.goto(s.url + '/' + hash)
      await p.waitForTimeout(700)
      if (act) await act(p)
      await p.waitForTimeout(150)
    } catch (e) { console.log(name, m, String(e).slice(0, 200)) }
    await p.screenshot({ path: `/tmp/shots/${name}-${m}.png` })
    if (d.drift.length) console.log(name, d.drift.slice(0, 3))
    await c.close()
  }
}
await b.close(); await s.close()
