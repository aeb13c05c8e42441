/** Who is told, in a real browser: added, tried, switched off and removed by a person; what was given up is sent again on a word. */
import AxeBuilder from '@axe-core/playwright'
import { expect, type Page, test } from '@playwright/test'
import { type StaticRenderer, serveRenderer } from '../support/static-renderer.ts'
import { fails, type Handlers, type WindowDouble } from '../support/window-double.ts'
import { DELIVERIES, deliveriesAnswer, DESKTOP, HOOK, MAILBOX } from '../support/window-notifications.ts'
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

async function open(page: Page, more: Handlers = {}): Promise<void> {
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => {
    if (/Content Security Policy|Refused to/.test(message.text())) faults.push(message.text())
  })
  double = await withDouble(page, {
    ...filled(),
    list_targets: () => ({ targets: [MAILBOX, HOOK, DESKTOP] }),
    list_deliveries: (input) => deliveriesAnswer(input.state),
    ...more,
  })
  await page.goto(`${renderer.url}/#/settings/notifications`)
}
const called = (name: string): unknown[] =>
  (double?.calls ?? []).filter((call) => call.name === name).map((call) => call.input)
async function violations(page: Page): Promise<string[]> {
  return (await new AxeBuilder({ page }).analyze()).violations.map((each) => each.id)
}

test('says who is told of what and how it went, in light and dark, wide and narrow', async ({ page }) => {
  await open(page)
  await expect(page.getByRole('link', { name: 'Notifications' })).toHaveAttribute('aria-current', 'page')
  const hook = page.getByRole('listitem', { name: HOOK.label })
  await expect(hook).toContainText('Last one was given up')
  await expect(hook).toContainText('The server answered with status 503.')
  await expect(hook).toContainText('2 waiting')
  // A name that a person typed is text, whatever it holds.
  await expect(hook.getByText('<b>Auditor</b>')).toBeVisible()
  await expect(page.getByRole('listitem', { name: DESKTOP.label })).toContainText('shows no desktop notifications')
  await page.screenshot({ path: 'out/screenshots/notifications.png', fullPage: true })
  expect(await violations(page)).toEqual([])
  await page.emulateMedia({ colorScheme: 'dark' })
  await page.screenshot({ path: 'out/screenshots/notifications-dark.png' })
  expect(await violations(page)).toEqual([])
  await page.setViewportSize({ width: 900, height: 600 })
  await page.screenshot({ path: 'out/screenshots/notifications-small.png' })
})

test('with nobody told yet, says what it is for', async ({ page }) => {
  await open(page, {
    list_targets: () => ({ targets: [] }),
    list_deliveries: () => ({ deliveries: [], total: 0, next_cursor: null }),
  })
  await expect(page.getByText('Nobody is told yet')).toBeVisible()
  await page.screenshot({ path: 'out/screenshots/notifications-empty.png' })
  expect(await violations(page)).toEqual([])
})

test('a mailbox is added by keyboard; what is missing keeps Save shut', async ({ page }) => {
  await open(page, { save_target: () => ({ target: MAILBOX }) })
  await page.getByRole('button', { name: 'E-mail…' }).press('Enter')
  const dialog = page.getByRole('dialog', { name: 'Tell a mailbox' })
  const save = dialog.getByRole('button', { name: 'Save' })
  await dialog.getByLabel('Name', { exact: true }).fill('Bookkeeping')
  await dialog.getByLabel('Mail server').fill('mail.example.com')
  await dialog.getByLabel('Encryption', { exact: true }).selectOption('starttls')
  await expect(dialog.getByLabel('Port')).toHaveValue('587')
  await dialog.getByLabel('User').fill('ads')
  await dialog.getByLabel('Password').fill('pear tree')
  await dialog.getByLabel('From').fill('ads')
  await expect(dialog.getByText('An address looks like')).toBeVisible()
  await expect(save).toBeDisabled()
  await dialog.getByLabel('From').fill('ads@example.com')
  await dialog.getByLabel('To', { exact: true }).fill('a@example.com\nb@example.com')
  await page.screenshot({ path: 'out/screenshots/notifications-mail.png' })
  expect(await violations(page)).toEqual([])
  await save.press('Enter')
  await expect(dialog).toBeHidden()
  expect(called('save_target')).toMatchObject([
    {
      label: 'Bookkeeping',
      is_enabled: true,
      includes_names: false,
      allows_private: false,
      channel: { kind: 'email', port: 587, security: 'starttls', user: 'ads', to: ['a@example.com', 'b@example.com'] },
    },
  ])
})

test('a webhook gets a secret that is shown once; one that is edited keeps what is stored', async ({ page }) => {
  await open(page, { save_target: () => ({ target: HOOK }) })
  await page.getByRole('button', { name: 'Webhook…' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name', { exact: true }).fill('Auditor')
  await dialog.getByLabel('Address').fill('https://hooks.example.com/1')
  await dialog.getByRole('button', { name: 'Make one' }).click()
  await expect(dialog.getByLabel('Signing secret')).toHaveValue(/^whsec_[A-Za-z0-9+/]{43}=$/)
  await dialog.getByText('Allow it without encryption').click()
  await expect(dialog.getByText('Everybody on the way can read it')).toBeVisible()
  await page.screenshot({ path: 'out/screenshots/notifications-hook.png' })
  expect(await violations(page)).toEqual([])
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(dialog).toBeHidden()
  await page.getByRole('listitem', { name: HOOK.label }).getByRole('button', { name: 'Edit…' }).click()
  await expect(dialog.getByLabel('Address')).toHaveValue('')
  await expect(dialog.getByText('https://hooks.example.com is stored.')).toBeVisible()
  await dialog.getByText('Say the names of accounts and campaigns').click()
  await dialog.getByRole('button', { name: 'Save' }).click()
  expect(called('save_target').at(-1)).toMatchObject({
    target_id: HOOK.target_id,
    includes_names: true,
    channel: { kind: 'webhook' },
  })
  expect(Object.keys((called('save_target').at(-1) as { channel: object }).channel)).toEqual(['kind'])
})

test('a refusal of the core stays beside what was typed', async ({ page }) => {
  await open(page, {
    save_target: () =>
      fails(
        'delivery_refused',
        'The address lies in a private network. Nothing was saved.',
        'Allow private addresses.',
      ),
  })
  await page.getByRole('button', { name: 'Webhook…' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name', { exact: true }).fill('Auditor')
  await dialog.getByLabel('Address').fill('https://10.0.0.1/')
  await dialog.getByRole('button', { name: 'Make one' }).click()
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(dialog.getByText('Nothing was saved.')).toBeVisible()
  await expect(dialog.getByLabel('Address')).toHaveValue('https://10.0.0.1/')
})

test('is tested, switched off, removed, and what was given up is sent again', async ({ page }) => {
  const [, , dead] = DELIVERIES
  await open(page, {
    send_test: () => ({ delivery: { ...(dead as NonNullable<typeof dead>), event: 'test' } }),
    save_target: () => ({ target: MAILBOX }),
    remove_target: () => ({ targets: [HOOK, DESKTOP] }),
    resend_delivery: () => ({ delivery: dead as NonNullable<typeof dead> }),
  })
  const hook = page.getByRole('listitem', { name: HOOK.label })
  await hook.getByRole('button', { name: 'Send a test' }).click()
  await expect(hook.getByText('The test did not arrive')).toBeVisible()
  await page.getByRole('listitem', { name: MAILBOX.label }).getByRole('switch').press('Space')
  await expect
    .poll(() => called('save_target'))
    .toMatchObject([{ is_enabled: false, channel: { host: 'mail.example.com' } }])
  await page.getByLabel('Show').selectOption('dead')
  await page.getByRole('button', { name: 'Send again' }).click()
  await expect.poll(() => called('resend_delivery')).toEqual([{ delivery_id: dead?.delivery_id }])
  await hook.getByRole('button', { name: 'Remove…' }).click()
  const asked = page.getByRole('alertdialog')
  expect(await violations(page)).toEqual([])
  await asked.getByRole('button', { name: 'Remove' }).click()
  await expect.poll(() => called('remove_target')).toEqual([{ target_id: HOOK.target_id }])
})

test('what cannot be read says so, and can be tried again', async ({ page }) => {
  await open(page, {
    list_targets: () => fails('storage_failed', 'The disk is full.', 'Make room, then try again.'),
    list_deliveries: () => fails('storage_failed', 'The disk is full.', 'Make room, then try again.'),
  })
  await expect(page.getByText('Who is told could not be read')).toBeVisible()
  await expect(page.getByText('The deliveries could not be read')).toBeVisible()
  expect(await violations(page)).toEqual([])
})
