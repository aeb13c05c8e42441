/** The accounts screen in a real browser: a tree of many thousand rows by keyboard, filters, the inspector, and readiness with its cures. */
import AxeBuilder from '@axe-core/playwright'
import { expect, type Page, test } from '@playwright/test'
import { accountIdSchema } from '../../shared/domain/ids.ts'
import { type StaticRenderer, serveRenderer } from '../support/static-renderer.ts'
import { MANY_ADS } from '../support/window-accounts.ts'
import type { WindowDouble } from '../support/window-double.ts'
import { withDouble } from '../support/window-page.ts'
import { filled } from '../support/window-world.ts'

let renderer: StaticRenderer
test.beforeAll(async () => {
  renderer = await serveRenderer()
})
test.afterAll(() => renderer.close())

let double: WindowDouble | undefined
let faults: string[] = []
test.beforeEach(() => {
  faults = []
})
test.afterEach(() => {
  expect(double?.drift ?? [], 'scripted answers fit the table').toEqual([])
  expect(faults, 'no script error and no policy violation').toEqual([])
})

async function open(page: Page, route: string): Promise<WindowDouble> {
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => {
    if (/Content Security Policy|Refused to/.test(message.text())) faults.push(message.text())
  })
  double = await withDouble(page, filled())
  await page.goto(`${renderer.url}/${route}`)
  return double
}

const called = (name: string): unknown[] =>
  (double?.calls ?? []).filter((call) => call.name === name).map((call) => call.input)
const rows = (page: Page) => page.locator('[role=row][data-row]')

test.describe('the explorer', () => {
  test('opens and closes by keyboard, looks closer with Enter, proposes with P', async ({ page }) => {
    await open(page, '#/accounts')
    await expect(page.getByRole('treegrid')).toBeVisible()
    await rows(page).first().focus()
    await expect(page.getByRole('row', { name: /Campaign 00000/ })).toBeVisible()
    await page.keyboard.press('ArrowLeft')
    await expect(page.getByRole('row', { name: /Campaign 00000/ })).toHaveCount(0)
    await page.keyboard.press('ArrowRight')
    await expect(page.getByRole('row', { name: /Campaign 00000/ })).toBeVisible()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowRight')
    await expect(page.getByRole('row', { name: /Broad 00000/ })).toBeVisible()
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('Enter')
    await expect(page.getByRole('complementary', { name: 'Details of the selected row' })).toContainText('Broad 00000')
    await page.screenshot({ path: 'out/screenshots/accounts-tree.png' })
    await page.keyboard.press('p')
    await expect(page.getByRole('dialog', { name: 'Propose a change' })).toBeVisible()
    await page.keyboard.press('Escape')
    await rows(page).nth(2).focus()
    await page.keyboard.press('ArrowLeft')
    await page.keyboard.press('ArrowLeft')
    await expect(page.getByRole('row', { name: /Broad 00000/ })).toHaveCount(0)
  })

  test('tells who changed something on the platform itself, and with what', async ({ page }) => {
    await open(page, '#/accounts')
    double?.script({
      list_platform_changes: (input) => ({
        changes: [
          {
            account_id: accountIdSchema.parse(String(input.entity_id).split('/')[0]),
            change_id: 'row-1',
            changed_at: '2026-11-23T09:00:00.000Z',
            noticed_at: '2026-11-23T10:00:00.000Z',
            listed_at: null,
            entity_id: input.entity_id ?? null,
            is_shared_budget: false,
            field: 'daily_budget',
            before: '100.00',
            after: '120.00',
            currency: 'EUR',
            match: 'outside',
            draft_id: null,
            untrusted: { what: 'x', entity_name: 'A', account_name: 'B', who: 'Jana Keller', tool: 'Ads Manager' },
          },
        ],
        total: 1,
        next_cursor: null,
        missing: [],
        accounts: [],
        as_of: '2026-11-23T10:00:00.000Z',
      }),
    })
    await rows(page).first().focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    const section = page.getByRole('region', { name: 'Changed outside this app' })
    await expect(section).toContainText('€120.00')
    await expect(section).toContainText('by Jana Keller · Ads Manager')
  })

  test('goes to the end of 50,000 ads with a handful of rows and pages', async ({ page }) => {
    await open(page, '#/accounts')
    await page.getByLabel('Show', { exact: true }).selectOption('ad')
    await expect(page.getByRole('row', { name: /Video 00000/ })).toBeVisible()
    await expect(page.getByRole('grid')).toHaveAttribute('aria-rowcount', String(MANY_ADS + 1))
    await rows(page).first().focus()
    await page.keyboard.press('End')
    await expect(page.getByRole('row', { name: /Video 49999/ })).toBeVisible()
    await expect(page.getByRole('row', { name: /Video 49999/ })).toBeFocused()
    expect(await rows(page).count()).toBeLessThan(80)
    expect(called('browse_entities').length).toBeLessThan(12)
    await page.screenshot({ path: 'out/screenshots/accounts-ads.png' })
  })

  test('searches, filters and sorts in the store, never in the window', async ({ page }) => {
    await open(page, '#/accounts')
    await page.getByLabel('Search by name').fill('hiking')
    await expect(rows(page)).toHaveCount(3)
    await page.getByLabel('Delivery', { exact: true }).selectOption('limited')
    await page.getByRole('button', { name: 'Spend, 7 d' }).click()
    await expect
      .poll(() => called('browse_entities').at(-1))
      .toMatchObject({ name_contains: 'hiking', delivery: 'limited', order_by: 'spend_7d', descending: false })
    await page.getByRole('button', { name: 'Clear' }).click()
    await expect(page.getByRole('treegrid')).toBeVisible()
  })

  for (const scheme of ['light', 'dark'] as const)
    test(`is accessible and fits 900 × 600 in ${scheme}`, async ({ page }) => {
      await page.setViewportSize({ width: 900, height: 600 })
      await page.emulateMedia({ colorScheme: scheme })
      await open(page, '#/accounts')
      await expect(page.getByRole('row', { name: /Campaign 00003/ })).toBeVisible()
      await page.getByRole('row', { name: /Campaign 00002/ }).dblclick()
      await expect(page.getByRole('complementary', { name: 'Details of the selected row' })).toBeVisible()
      await page.screenshot({ path: `out/screenshots/accounts-small-${scheme}.png` })
      const { violations } = await new AxeBuilder({ page }).analyze()
      expect(violations.map((each) => `${each.id}: ${each.nodes[0]?.html ?? ''}`)).toEqual([])
    })
})

test.describe('readiness', () => {
  test('names what is wrong, worst first, and proposes the cure as a draft', async ({ page }) => {
    await open(page, '#/accounts/readiness')
    await expect(page.getByText('1 to fix first, 1 to look at')).toBeVisible()
    await expect(page.getByText(/received nothing for 9 days/)).toBeVisible()
    await page.screenshot({ path: 'out/screenshots/readiness.png' })
    const { violations } = await new AxeBuilder({ page }).analyze()
    expect(violations.map((each) => `${each.id}: ${each.nodes[0]?.html ?? ''}`)).toEqual([])
    await page.getByRole('button', { name: 'Propose a pause: Video 5' }).click()
    await expect(page.getByRole('link', { name: 'Open the draft' })).toBeVisible()
    expect(called('propose_change')).toEqual([
      expect.objectContaining({
        operations: [expect.objectContaining({ kind: 'set_status', new_status: 'paused' })],
        rationale: '2 ads are disapproved and still switched on.',
      }),
    ])
  })
})

test.describe('connections', () => {
  test('show how long each token lasts, what may be changed, and how much of the allowance is used', async ({
    page,
  }) => {
    await open(page, '#/connections')
    await page.getByRole('button', { name: '1 account' }).first().click()
    await expect(page.getByText('78% of the allowance used')).toBeVisible()
    await page.getByRole('switch', { name: /Changes in/ }).press('Space')
    await expect.poll(() => called('set_account_writes')).toHaveLength(1)
    await page.getByRole('button', { name: 'Check', exact: true }).first().click()
    await expect(page.getByText('One account is for reading only.')).toBeVisible()
    await page.screenshot({ path: 'out/screenshots/connections.png' })
    const { violations } = await new AxeBuilder({ page }).analyze()
    expect(violations.map((each) => `${each.id}: ${each.nodes[0]?.html ?? ''}`)).toEqual([])
  })
})
