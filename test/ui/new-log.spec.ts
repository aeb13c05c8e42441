/** The trouble screen of a log that must not be continued: what is said, what is asked, and that nothing happens in passing. */
import AxeBuilder from '@axe-core/playwright'
import { expect, type Page, test } from '@playwright/test'
import { type StaticRenderer, serveRenderer } from '../support/static-renderer.ts'
import { fails, type Handlers } from '../support/window-double.ts'
import { withDouble } from '../support/window-page.ts'
import { appState } from '../support/window-world.ts'

let renderer: StaticRenderer
test.beforeAll(async () => {
  renderer = await serveRenderer()
})
test.afterAll(() => renderer.close())

const RESTORED = {
  code: 'ledger_broken',
  message:
    'The audit log holds 40 records, but 52 were there before: the newest are missing, or the file is an older copy.',
  hint: 'Nothing can be approved until this is explained.',
  retryable: false,
} as const
const OWN = { name: 'My workspace', is_demo: false, vault: 'passphrase', log_vkey: '' } as const
const restored = (more: Partial<Parameters<typeof appState>[0]> = {}) =>
  appState({
    phase: 'trouble',
    workspace: OWN,
    demo_passphrase: null,
    trouble: RESTORED,
    successor: { reason: 'restored', found_size: 40, remembered_size: 52 },
    ...more,
  })

async function open(page: Page, handlers: Handlers) {
  const double = await withDouble(page, handlers)
  await page.goto(renderer.url)
  return double
}
const isClean = async (page: Page): Promise<void> =>
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])

for (const colorScheme of ['light', 'dark'] as const)
  test(`a restored backup is explained, and a new log takes a word and the passphrase (${colorScheme})`, async ({
    page,
  }) => {
    await page.emulateMedia({ colorScheme })
    const double = await open(page, {
      get_app_state: () => restored(),
      begin_successor_log: ({ passphrase }) =>
        passphrase === 'right'
          ? {}
          : fails(
              'wrong_passphrase',
              'That is not the passphrase of this workspace. Nothing was changed.',
              'Type it again.',
            ),
    })
    const asked = () => double.calls.filter((call) => call.name === 'begin_successor_log').map((call) => call.input)
    await expect(
      page.getByRole('heading', { name: 'The audit log is not the one this computer remembers' }),
    ).toBeVisible()
    await expect(
      page.getByText('If you restored nothing, somebody changed these files', { exact: false }),
    ).toBeVisible()
    await expect(page.getByRole('button', { name: 'Try again' })).toBeVisible()
    await isClean(page)
    await page.getByRole('button', { name: 'Begin a new log…' }).click()
    await expect(page.getByRole('list', { name: 'What will be on record' })).toContainText(
      'The gap stays visible for good',
    )
    await expect(page.getByRole('list', { name: 'What changes' })).toContainText('Nothing is sent again')
    await isClean(page)
    const confirm = page.getByRole('button', { name: 'Begin a new log' })
    await expect(confirm).toBeDisabled()
    await page.getByLabel('Passphrase').fill('wrong')
    await expect(confirm).toBeDisabled()
    await page.getByText('I restored this folder from a backup', { exact: false }).click()
    await confirm.click()
    await expect(page.getByText('That is not the passphrase of this workspace', { exact: false })).toBeVisible()
    await page.getByLabel('Passphrase').fill('right')
    await page.getByLabel('Passphrase').press('Enter')
    await expect.poll(asked).toEqual([
      { reason: 'restored', passphrase: 'wrong' },
      { reason: 'restored', passphrase: 'right' },
    ])
    expect(double.drift).toEqual([])
  })

test('a lost signing key in the desktop’s keychain asks for a word alone, and giving up changes nothing', async ({
  page,
}) => {
  const double = await open(page, {
    get_app_state: () =>
      restored({
        shell: 'electron',
        confirm_needs_passphrase: false,
        workspace: { ...OWN, vault: 'keychain' },
        trouble: {
          ...RESTORED,
          code: 'vault_key_missing',
          message: 'The key that signs the audit log is not in its vault.',
        },
        successor: { reason: 'key_lost', found_size: null, remembered_size: null },
      }),
    begin_successor_log: () => ({}),
  })
  await page.setViewportSize({ width: 900, height: 600 })
  await expect(page.getByRole('heading', { name: 'The key that signs the audit log is gone' })).toBeVisible()
  await page.getByRole('button', { name: 'Begin a new log…' }).click()
  await expect(page.getByText('continuity is broken', { exact: false })).toBeVisible()
  await expect(page.getByLabel('Passphrase')).toHaveCount(0)
  await isClean(page)
  await page.getByRole('button', { name: 'Cancel' }).click()
  await expect(page.getByRole('button', { name: 'Try again' })).toBeVisible()
  expect(double.calls.filter((call) => call.name === 'begin_successor_log')).toEqual([])
  await page.getByRole('button', { name: 'Begin a new log…' }).click()
  await page.getByText('The old key can’t be brought back.').click()
  await page.getByRole('button', { name: 'Begin a new log' }).click()
  await expect
    .poll(() => double.calls.filter((call) => call.name === 'begin_successor_log').map((call) => call.input))
    .toEqual([{ reason: 'key_lost' }])
})

test('a damaged log offers nothing of the kind', async ({ page }) => {
  await open(page, { get_app_state: () => restored({ successor: null }) })
  await expect(page.getByRole('heading', { name: 'The workspace can’t be opened' })).toBeVisible()
  await expect(page.getByRole('button')).toHaveText(['Try again'])
})
