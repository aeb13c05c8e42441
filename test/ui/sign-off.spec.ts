/** What guards Confirm, in a real browser: the factor, the two-person rule and its reviewers, and the review of one draft. */
import AxeBuilder from '@axe-core/playwright'
import { expect, type Page, test } from '@playwright/test'
import type { OutputOf } from '../../shared/operations.ts'
import { type StaticRenderer, serveRenderer } from '../support/static-renderer.ts'
import { fails, type Handlers, type WindowDouble } from '../support/window-double.ts'
import { withDouble } from '../support/window-page.ts'
import { draftId, filled } from '../support/window-world.ts'

const REVIEWER: OutputOf<'list_reviewers'>['reviewers'][number] = {
  reviewer_id: 'rv_abcdefgh234567ab',
  name: '<b>Ana</b>',
  vkey: `review.spendsignoff/${'a'.repeat(26)}+1a2b3c4d+${'A'.repeat(43)}=`,
  key_id: '1a2b3c4d',
  added_at: '2026-11-01T09:00:00.000Z',
  removed_at: null,
}
const SETTINGS: OutputOf<'get_sign_off_settings'> = {
  confirm_factor: 'passphrase',
  effective_factor: 'passphrase',
  factors: [
    { factor: 'click', is_available: true, why_not: null },
    { factor: 'os_prompt', is_available: false, why_not: 'This computer offers no such prompt.' },
    { factor: 'passphrase', is_available: true, why_not: null },
  ],
  second_person: { is_on: true, above_units: null },
  has_passphrase: true,
  passphrase_why_not: null,
}

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

async function open(page: Page, route: string, more: Handlers = {}): Promise<void> {
  page.on('pageerror', (error) => faults.push(error.message))
  double = await withDouble(page, {
    ...filled(),
    get_sign_off_settings: () => SETTINGS,
    list_reviewers: () => ({ reviewers: [REVIEWER] }),
    ...more,
  })
  await page.goto(`${renderer.url}/${route}`)
}
const called = (name: string): unknown[] =>
  (double?.calls ?? []).filter((call) => call.name === name).map((call) => call.input)
async function violations(page: Page): Promise<string[]> {
  return (await new AxeBuilder({ page }).analyze()).violations.map((each) => each.id)
}

test('what Confirm asks for is made weaker only with the passphrase', async ({ page }) => {
  await open(page, '#/settings/confirm', {
    set_sign_off_settings: (input) =>
      input.passphrase === 'right'
        ? { ...SETTINGS, confirm_factor: 'click' }
        : fails(
            'wrong_passphrase',
            'That is not the passphrase of this workspace. Nothing was changed.',
            'Type it again.',
          ),
  })
  await expect(page.getByText('<b>Ana</b>')).toBeVisible()
  await page.screenshot({ path: 'out/screenshots/sign-off.png', fullPage: true })
  expect(await violations(page)).toEqual([])
  await page.emulateMedia({ colorScheme: 'dark' })
  expect(await violations(page)).toEqual([])
  await page.getByText('A click', { exact: true }).click()
  const asked = page.getByRole('dialog', { name: 'Make Confirm ask for less?' })
  await expect(asked.getByRole('button', { name: 'Change' })).toBeDisabled()
  await asked.getByLabel('Vault passphrase').fill('wrong')
  await asked.getByRole('button', { name: 'Change' }).click()
  await expect(asked).toContainText('Nothing was changed.')
  await asked.getByLabel('Vault passphrase').fill('right')
  await asked.getByLabel('Vault passphrase').press('Enter')
  await expect(asked).toBeHidden()
  expect(called('set_sign_off_settings').at(-1)).toEqual({ confirm_factor: 'click', passphrase: 'right' })
})

test('a reviewer is added by their public key and removed on a word', async ({ page }) => {
  await open(page, '#/settings/confirm', {
    add_reviewer: () => ({ reviewer: REVIEWER }),
    remove_reviewer: () => ({ reviewer: { ...REVIEWER, removed_at: '2026-11-24T09:00:00.000Z' } }),
  })
  await page.getByRole('button', { name: 'Add reviewer…' }).click()
  const adding = page.getByRole('dialog', { name: 'Add a reviewer' })
  await adding.getByLabel('Name').fill('Bo')
  await adding.getByLabel('Their public key').fill('ssh-ed25519 AAAA')
  await expect(adding.getByText('begins with “review.spendsignoff/”.', { exact: false }).last()).toBeVisible()
  await expect(adding.getByRole('button', { name: 'Add reviewer' })).toBeDisabled()
  await adding.getByLabel('Their public key').fill(REVIEWER.vkey)
  await adding.getByLabel('Vault passphrase').fill('right')
  expect(await violations(page)).toEqual([])
  await adding.getByRole('button', { name: 'Add reviewer' }).click()
  await expect(adding).toBeHidden()
  expect(called('add_reviewer')).toEqual([{ name: 'Bo', vkey: REVIEWER.vkey, passphrase: 'right' }])
  await page.getByRole('button', { name: 'Remove…' }).click()
  const removing = page.getByRole('dialog', { name: 'Remove this reviewer?' })
  await removing.getByLabel('Vault passphrase').fill('right')
  await removing.getByRole('button', { name: 'Remove reviewer' }).click()
  await expect.poll(() => called('remove_reviewer')).toMatchObject([{ reviewer_id: REVIEWER.reviewer_id }])
})

test('a draft that waits for a second person says so, hands out its pack, and shows the answer that came back', async ({
  page,
}) => {
  const id = draftId('a')
  const waiting: OutputOf<'get_review'> = {
    draft_id: id,
    is_required: true,
    state: 'none',
    reviewers: 1,
    packs: [],
    answers: [],
  }
  let review = waiting
  await open(page, `#/queue/${id}`, {
    get_review: () => review,
    export_review_pack: () => ({
      file_name: 'review-pack.txt',
      text: 'a pack',
      pack_hash: 'ab'.repeat(32),
      expires_at: '2026-11-26T09:00:00.000Z',
    }),
    import_review_answer: () => {
      review = {
        ...waiting,
        state: 'rejected',
        answers: [
          {
            reviewer_id: REVIEWER.reviewer_id,
            name: REVIEWER.name,
            key_id: REVIEWER.key_id,
            verdict: 'reject',
            answered_at: '2026-11-24T09:00:00.000Z',
            received_at: '2026-11-24T09:05:00.000Z',
            is_counted: true,
            untrusted: { reason: 'Too much <i>at once</i>.' },
          },
        ],
      }
      return review
    },
  })
  const panel = page.getByRole('region', { name: 'Second person' })
  await expect(panel).toBeVisible()
  expect(await violations(page)).toEqual([])
  const download = page.waitForEvent('download')
  await panel.getByRole('button', { name: /pack/i }).click()
  expect((await download).suggestedFilename()).toBe('review-pack.txt')
  const chosen = page.waitForEvent('filechooser')
  await panel.getByRole('button', { name: /answer/i }).click()
  await (await chosen).setFiles({ name: 'answer.txt', mimeType: 'text/plain', buffer: Buffer.from('a signed answer') })
  await expect(panel).toContainText('Too much <i>at once</i>.')
  expect(called('import_review_answer')).toEqual([{ text: 'a signed answer' }])
  await page.screenshot({ path: 'out/screenshots/sign-off-review.png' })
  expect(await violations(page)).toEqual([])
})
