/** The files screen in a real browser: a file is handed over, shown, decided about and stored; nothing is guessed and nothing is half-done. */
import AxeBuilder from '@axe-core/playwright'
import { expect, type Page, test } from '@playwright/test'
import { type StaticRenderer, serveRenderer } from '../support/static-renderer.ts'
import type { Handlers, WindowDouble } from '../support/window-double.ts'
import {
  fileHandlers,
  HOSTILE,
  IMPORTED_ACCOUNT,
  preview,
  questions,
  refusedFile,
  withBadRows,
} from '../support/window-files.ts'
import { withDouble } from '../support/window-page.ts'
import { ACCOUNTS, ago, filled } from '../support/window-world.ts'

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

const [first] = ACCOUNTS
if (first === undefined) throw new Error('the world has accounts')
const withImported = [
  ...ACCOUNTS,
  {
    ...first,
    account_id: IMPORTED_ACCOUNT,
    platform: 'meta' as const,
    connection_state: 'imported',
    untrusted: { ...first.untrusted, name: 'Northwind Outdoor' },
  },
]

async function open(page: Page, more: Handlers = {}): Promise<WindowDouble> {
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => {
    if (/Content Security Policy|Refused to/.test(message.text())) faults.push(message.text())
  })
  const world = filled()
  double = await withDouble(page, {
    ...world,
    ...fileHandlers(),
    list_accounts: () => ({ accounts: withImported, as_of: null, warnings: [] }),
    ...more,
  })
  await page.goto(`${renderer.url}/#/files`)
  return double
}
const called = (name: string): unknown[] =>
  (double?.calls ?? []).filter((call) => call.name === name).map((call) => call.input)
const choose = async (page: Page, bytes = 1_200_000) => {
  const waiting = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: 'Choose a file' }).click()
  const chooser = await waiting
  await chooser.setFiles({ name: 'export.csv', mimeType: 'text/csv', buffer: Buffer.alloc(bytes, 'a,b\n') })
}
const dialog = (page: Page) => page.getByRole('dialog', { name: 'Import a file' })

test('shows what was imported, as text whatever it is called', async ({ page }) => {
  await open(page)
  await expect(page.getByRole('table', { name: 'Imported so far' })).toContainText('orders_export.csv')
  await expect(page.getByText(HOSTILE)).toBeVisible()
  await expect(page.getByText('8,409 orders')).toBeVisible()
  await expect(page.getByText('came with this app')).toBeVisible()
  await page.screenshot({ path: 'out/screenshots/files.png' })
  const { violations } = await new AxeBuilder({ page }).analyze()
  expect(violations.map((each) => each.id)).toEqual([])
  await page.emulateMedia({ colorScheme: 'dark' })
  await page.screenshot({ path: 'out/screenshots/files-dark.png' })
})

test('hands a file over in pieces, shows it, stores it on a word', async ({ page }) => {
  await open(page)
  await choose(page)
  await expect(dialog(page)).toContainText('Meta Ads Manager, by ad and day')
  expect(called('append_import').map((input) => (input as { offset: number }).offset)).toEqual([0, 491_520, 983_040])
  await expect(dialog(page)).toContainText('kept as reported')
  await page.screenshot({ path: 'out/screenshots/files-preview.png' })
  const { violations } = await new AxeBuilder({ page }).analyze()
  expect(violations.map((each) => each.id)).toEqual([])
  expect(called('commit_import')).toEqual([])
  await dialog(page).getByRole('button', { name: 'Store 1,214 rows' }).click()
  await expect(dialog(page)).toContainText('1,100 new, 14 changed, 100 as before.')
  await page.screenshot({ path: 'out/screenshots/files-stored.png' })
  await dialog(page).getByRole('button', { name: 'See the report' }).click()
  await expect(page).toHaveURL(/#\/report/)
  expect(called('cancel_import')).toEqual([])
})

test('asks what the file leaves open, and reads it again with the answer', async ({ page }) => {
  const answers: unknown[] = []
  await open(page, {
    preview_import: (input) => {
      if (input.choices !== undefined) answers.push(input.choices)
      return input.choices?.date_order === undefined ? questions() : preview()
    },
  })
  await choose(page)
  await expect(dialog(page)).toContainText('Is 03/04/2026 the 3rd of April or the 4th of March?')
  await expect(dialog(page).getByRole('button', { name: /^Store/ })).toBeDisabled()
  await page.screenshot({ path: 'out/screenshots/files-questions.png' })
  await dialog(page).getByRole('textbox', { name: 'Name of the ad account' }).fill('Alpine Tours')
  await dialog(page).getByRole('button', { name: 'Use this name' }).click()
  await dialog(page).getByLabel('In which currency are the amounts?').selectOption('EUR')
  await dialog(page)
    .getByLabel(/Is 03\/04\/2026/)
    .selectOption('dmy')
  await expect(dialog(page).getByRole('button', { name: /^Store/ })).toBeEnabled()
  expect(answers.at(-1)).toEqual({ account_name: 'Alpine Tours', currency: 'EUR', date_order: 'dmy' })
  await dialog(page)
    .getByRole('button', { name: /^Store/ })
    .click()
  await expect(dialog(page)).toContainText('Stored')
  expect(called('commit_import')).toEqual([
    expect.objectContaining({ choices: { account_name: 'Alpine Tours', currency: 'EUR', date_order: 'dmy' } }),
  ])
})

test('names the rows it cannot read, and leaves them out only when told to', async ({ page }) => {
  await open(page, { preview_import: () => withBadRows() })
  await choose(page)
  await expect(dialog(page)).toContainText('There is no day "2026-02-30".')
  await expect(dialog(page).getByText(HOSTILE).first()).toBeVisible()
  await expect(dialog(page).getByRole('button', { name: /^Store/ })).toBeDisabled()
  await page.screenshot({ path: 'out/screenshots/files-bad-rows.png' })
  await dialog(page).getByText('Store the good rows without them').click()
  await dialog(page).getByRole('button', { name: 'Store 1,214 rows' }).click()
  await expect(dialog(page)).toContainText('Stored')
  expect(called('commit_import')).toEqual([expect.objectContaining({ keeps_good_rows: true })])
})

test('a file that is none, or is refused, says so and leaves nothing behind', async ({ page }) => {
  await open(page, { preview_import: () => refusedFile })
  await choose(page)
  await expect(dialog(page)).toContainText('a web page saved as a spreadsheet')
  await page.screenshot({ path: 'out/screenshots/files-refused.png' })
  await expect(dialog(page).locator(':focus, :scope:focus')).toHaveCount(1)
  await page.keyboard.press('Escape')
  await expect(dialog(page)).toHaveCount(0)
  await expect(page.getByRole('button', { name: 'Choose a file' })).toBeFocused()
  await expect.poll(() => called('cancel_import')).toHaveLength(1)
  await choose(page, 0)
  await expect(dialog(page)).toContainText('The file is empty')
  await page.keyboard.press('Escape')
})

test('says when exactly this file was stored before', async ({ page }) => {
  await open(page, { preview_import: () => preview({ imported_at: ago(3 * 86_400_000) }) })
  await choose(page)
  await expect(dialog(page)).toContainText('Exactly this file was imported 3 days ago')
})

test('removes an imported account only after asking', async ({ page }) => {
  await open(page)
  await page
    .getByRole('listitem')
    .filter({ hasText: 'Northwind Outdoor' })
    .getByRole('button', { name: 'Remove' })
    .click()
  const asking = page.getByRole('alertdialog')
  await expect(asking).toContainText('Remove Northwind Outdoor?')
  expect(called('remove_imported')).toEqual([])
  await asking.getByRole('button', { name: 'Remove' }).click()
  await expect.poll(() => called('remove_imported')).toEqual([{ what: IMPORTED_ACCOUNT }])
  await page.setViewportSize({ width: 900, height: 600 })
  await page.screenshot({ path: 'out/screenshots/files-small.png' })
})
