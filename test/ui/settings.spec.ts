/** The settings in a real browser: limits are typed, tried on past drafts and saved as a new version; the breaker is closed by a person. */
import AxeBuilder from '@axe-core/playwright'
import { expect, type Page, test } from '@playwright/test'
import { type StaticRenderer, serveRenderer } from '../support/static-renderer.ts'
import { fails, type Handlers, type WindowDouble } from '../support/window-double.ts'
import { withDouble } from '../support/window-page.ts'
import { DOCUMENT, openBreaker, policyAnswer, replayAnswer } from '../support/window-settings.ts'
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

async function open(page: Page, more: Handlers = {}): Promise<WindowDouble> {
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => {
    if (/Content Security Policy|Refused to/.test(message.text())) faults.push(message.text())
  })
  double = await withDouble(page, { ...filled(), replay_policy: () => replayAnswer(), ...more })
  await page.goto(`${renderer.url}/#/settings`)
  return double
}
const called = (name: string): unknown[] =>
  (double?.calls ?? []).filter((call) => call.name === name).map((call) => call.input)
const field = (page: Page, name: string) => page.getByRole('textbox', { name, exact: true })
const check = (page: Page) => page.getByRole('button', { name: 'Check and save…' })
const saving = (page: Page) => page.getByRole('dialog', { name: 'Before this is saved' })
async function hasNoViolations(page: Page): Promise<string[]> {
  return (await new AxeBuilder({ page }).analyze()).violations.map((each) => each.id)
}

test('answers what may never happen, in light and dark, wide and narrow', async ({ page }) => {
  await open(page)
  await expect(page.getByRole('link', { name: 'Settings' })).toHaveAttribute('aria-current', 'page')
  await expect(page.getByText('Closed: changes can be approved.')).toBeVisible()
  await expect(field(page, 'Largest step')).toHaveValue('50')
  await expect(field(page, 'Raise in all accounts, net')).toHaveValue('')
  await expect(check(page)).toBeDisabled()
  await page.screenshot({ path: 'out/screenshots/settings.png' })
  await page.screenshot({ path: 'out/screenshots/settings-whole.png', fullPage: true })
  expect(await hasNoViolations(page)).toEqual([])
  await page.emulateMedia({ colorScheme: 'dark' })
  await page.screenshot({ path: 'out/screenshots/settings-dark.png' })
  expect(await hasNoViolations(page)).toEqual([])
  await page.setViewportSize({ width: 900, height: 600 })
  await page.screenshot({ path: 'out/screenshots/settings-small.png' })
})

test('shows what changed limits would have done, and saves them only on a word', async ({ page }) => {
  const saved: unknown[] = []
  await open(page, {
    set_policy: (input) => {
      saved.push(input)
      return { version: 4, hash: '4'.repeat(64), changes: [] }
    },
  })
  await field(page, 'Raise per account, net').fill('300')
  await field(page, 'Largest step').fill('12,5 %')
  await check(page).click()
  await expect(saving(page)).toContainText('Would have blocked 7 of 40 drafts')
  await expect(saving(page)).toContainText('the limit is 300.00')
  // Titles are of others: text, whatever they hold.
  await expect(saving(page).getByText('<b>Raise it</b> and ignore your limits')).toBeVisible()
  await page.screenshot({ path: 'out/screenshots/settings-replay.png' })
  expect(await hasNoViolations(page)).toEqual([])
  await saving(page).getByLabel('Drafts of the last').selectOption('365')
  await expect.poll(() => (called('replay_policy').at(-1) as { days: number }).days).toBe(365)
  expect(saved).toEqual([])
  await saving(page).getByRole('textbox', { name: /Why/ }).fill('A quieter month.')
  await saving(page).getByRole('button', { name: 'Save as version 4' }).click()
  await expect(saving(page)).toHaveCount(0)
  const limits = { ...DOCUMENT.limits, envelope_net: '300', max_step_percent: '12.5' }
  expect(saved).toEqual([{ expected_version: 3, document: { ...DOCUMENT, limits }, reason: 'A quieter month.' }])
})

test('says beside each field what cannot be read one way, and saves nothing of it', async ({ page }) => {
  await open(page)
  for (const [name, text, words] of [
    ['Largest step of a budget', '1.5', 'Write whole units, like 500.'],
    ['Largest step', 'half', 'Write a percentage like 50 or 12.5.'],
    ['Slipped digit', '1', 'Write a whole number from 2 to 1000.'],
    ['Raise per account, net', '', 'This limit cannot be empty.'],
    ['Smallest daily budget', '1.234', 'This can be read as 1234 or as 1.23. Write it so that only one is meant.'],
  ] as const) {
    await field(page, name).fill(text)
    await expect(page.getByText(words)).toBeVisible()
  }
  await expect(check(page)).toBeDisabled()
  await expect(page.getByText('Correct what is marked above, then go on.')).toBeVisible()
  await page.screenshot({ path: 'out/screenshots/settings-errors.png' })
  await page.getByRole('button', { name: 'Discard changes' }).click()
  await expect(field(page, 'Largest step')).toHaveValue('50')
  await expect(page.getByText('Correct what is marked above, then go on.')).toHaveCount(0)
})

test('quiet hours, protected entities and an account’s own limits are part of what is tried and saved', async ({
  page,
}) => {
  await open(page)
  await page.getByRole('button', { name: 'Add quiet hours' }).click()
  const second = page.getByRole('listitem', { name: 'Quiet hours 2' })
  await second.getByRole('textbox', { name: 'From' }).fill('12:00')
  await second.getByRole('textbox', { name: 'To' }).fill('12:00')
  await expect(second.getByRole('alert')).toContainText('Beginning and end are the same.')
  await second.getByRole('textbox', { name: 'To' }).fill('13:30')
  await second.getByText('Mon', { exact: true }).click()
  await page.getByRole('button', { name: 'Protect an account' }).click()
  await page.getByRole('dialog').getByRole('button').filter({ hasText: 'EUR' }).first().click()
  await page.getByRole('button', { name: 'Set limits for an account' }).click()
  await page.getByRole('dialog').getByRole('button').filter({ hasText: 'EUR' }).first().click()
  const own = page.getByRole('dialog', { name: /^Limits of/ })
  await field(page, 'Raise per account, net').last().fill('99,90')
  await own.getByText('No such limit here').nth(1).click()
  await page.screenshot({ path: 'out/screenshots/settings-account.png' })
  expect(await hasNoViolations(page)).toEqual([])
  await own.getByRole('button', { name: 'Take over' }).click()
  await expect(page.getByText('2 limits of its own')).toBeVisible()
  await check(page).click()
  await expect(saving(page)).toBeVisible()
  const { document } = called('replay_policy').at(-1) as { document: typeof DOCUMENT }
  expect(document.limits.quiet_hours[1]).toEqual({ days: [2, 3, 4, 5, 6, 7], from: '12:00', to: '13:30' })
  expect(document.protected).toHaveLength(1)
  expect(document.accounts).toEqual([
    { account_id: document.protected[0], currency: 'EUR', envelope_net: '99.90', max_daily_budget: null },
  ])
})

test('limits that make no sense are refused with the words of the core, before anything is saved', async ({ page }) => {
  const refused = () =>
    fails(
      'invalid_value',
      'The net limit for all accounts is larger than the gross limit: it could never be reached. Nothing was saved.',
      'Correct it and save again.',
    )
  await open(page, { replay_policy: refused })
  await field(page, 'Raise per account, net').fill('9000')
  await check(page).click()
  await expect(saving(page)).toContainText('larger than the gross limit')
  await expect(saving(page).getByRole('button', { name: /^Save as/ })).toBeDisabled()
  await page.screenshot({ path: 'out/screenshots/settings-refused.png' })
})

test('a version that came from another window is not overwritten, and what was typed stays until it is let go', async ({
  page,
}) => {
  let version = 3
  const world = await open(page, { get_policy: () => policyAnswer({ version }) })
  await field(page, 'Largest step').fill('20')
  version = 4
  world.changed()
  await expect(page.getByText('The limits were changed elsewhere')).toBeVisible()
  await expect(field(page, 'Largest step')).toHaveValue('20')
  await expect(check(page)).toBeDisabled()
  await page.getByRole('button', { name: 'Show version 4' }).click()
  await expect(field(page, 'Largest step')).toHaveValue('50')
})

test('an open breaker stands first, on every tab, and is closed only after asking', async ({ page }) => {
  const resets: unknown[] = []
  await open(page, {
    get_policy: () => policyAnswer(resets.length === 0 ? { breaker: openBreaker() } : {}),
    reset_breaker: (input) => {
      resets.push(input)
      return { breaker: policyAnswer().breaker }
    },
  })
  await expect(page.getByRole('alert')).toContainText('The circuit breaker is open: nothing is sent')
  await page.screenshot({ path: 'out/screenshots/settings-breaker.png' })
  expect(await hasNoViolations(page)).toEqual([])
  await page.getByRole('navigation', { name: 'Settings' }).getByRole('link', { name: 'Confirm' }).click()
  await expect(page.getByRole('alert').first()).toContainText('The circuit breaker is open: nothing is sent')
  await page.getByRole('link', { name: 'See why, or reset it' }).click()
  await page.getByRole('button', { name: 'Reset…' }).click()
  const asking = page.getByRole('alertdialog')
  await expect(asking).toContainText('approve it again')
  expect(resets).toEqual([])
  await asking.getByRole('textbox').fill('The platform was down.')
  await asking.getByRole('button', { name: 'Reset the circuit breaker' }).click()
  await expect(page.getByText('Closed: changes can be approved.')).toBeVisible()
  expect(resets).toEqual([{ reason: 'The platform was down.' }])
})

test('limits that cannot be read say so and can be asked for again', async ({ page }) => {
  let isBroken = true
  await open(page, {
    get_policy: () =>
      isBroken
        ? fails('workspace_damaged', 'The stored limits are not the ones that were saved.', 'Restore it.')
        : policyAnswer(),
  })
  await expect(page.getByRole('alert')).toContainText('not the ones that were saved')
  isBroken = false
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(field(page, 'Largest step')).toHaveValue('50')
})
