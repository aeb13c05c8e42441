/** The queue with several drafts and drafts of several changes: triage by keyboard, one final list, editing, undoing with a choice. */
import AxeBuilder from '@axe-core/playwright'
import { expect, type Page, test } from '@playwright/test'
import { type StaticRenderer, serveRenderer } from '../support/static-renderer.ts'
import type { Handlers, WindowDouble } from '../support/window-double.ts'
import { withDouble } from '../support/window-page.ts'
import { challengeOf, queueOf, REALLOCATION } from '../support/window-queue.ts'
import { openBreaker, policyAnswer } from '../support/window-settings.ts'
import { draft, draftId, filled } from '../support/window-world.ts'

let renderer: StaticRenderer
test.beforeAll(async () => {
  renderer = await serveRenderer()
})
test.afterAll(() => renderer.close())

let double: WindowDouble | undefined
test.beforeEach(() => {
  double = undefined
})
test.afterEach(() => {
  expect(double?.drift ?? [], 'scripted answers fit the table').toEqual([])
})

async function open(page: Page, handlers: Handlers, route = '#/queue'): Promise<void> {
  double = await withDouble(page, handlers)
  await page.goto(`${renderer.url}/${route}`)
}
const called = (name: string): unknown[] =>
  (double?.calls ?? []).filter((call) => call.name === name).map((call) => call.input)
const THREE = [REALLOCATION('a'), draft('b'), draft('c')]

for (const scheme of ['light', 'dark'] as const)
  test(`a change set is read as one, and axe finds nothing (${scheme})`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: scheme })
    await open(page, queueOf(THREE), `#/queue/${draftId('a')}`)
    const detail = page.getByRole('complementary', { name: 'Details' })
    await expect(detail.getByRole('heading', { name: 'Move budget to Brand exact' })).toBeVisible()
    await expect(detail.getByText('2 changes · Approved, applied and undone together')).toBeVisible()
    await expect(detail.getByRole('row', { name: /Net effect/ })).toContainText('€0.00 per day')
    await page.screenshot({ path: `out/screenshots/queue-set-${scheme}.png` })
    const { violations } = await new AxeBuilder({ page }).analyze()
    expect(violations).toEqual([])
  })

test('several drafts are selected, armed, shown in one list and confirmed by keyboard alone', async ({ page }) => {
  await open(page, queueOf(THREE))
  await expect(page.getByRole('link', { name: /Move budget to Brand exact/ })).toBeVisible()
  for (const key of ['j', 'x', 'j', 'x']) await page.keyboard.press(key)
  await expect(page.getByRole('region', { name: 'Selected drafts' })).toContainText('2 drafts selected')
  await page.keyboard.press('a')
  const dialog = page.getByRole('alertdialog', { name: 'Confirm 3 changes' })
  await expect(dialog).toBeVisible()
  await page.screenshot({ path: 'out/screenshots/queue-batch-confirm.png' })
  const push = dialog.getByRole('button', { name: /^Push 3 changes to / })
  await expect(push).toBeEnabled({ timeout: 5_000 })
  await page.keyboard.press('Control+Enter')
  await expect(dialog).toHaveCount(0)
  expect(called('confirm_drafts')).toHaveLength(1)
  expect(called('confirm_drafts')[0]).toMatchObject({
    confirmations: [{ draft_id: draftId('a') }, { draft_id: draftId('b') }],
  })
  expect(called('confirm_draft')).toEqual([])
})

test('a batch of which one moved shows what was left out, and what could not be confirmed', async ({ page }) => {
  await open(page, {
    ...queueOf(THREE),
    arm_drafts: (input) => ({
      results: input.drafts.map(({ draft_id }, at) => {
        const view = THREE.find((each) => each.draft_id === draft_id) ?? draft('a')
        return at === 0
          ? { draft: { ...view, state: 'stale', state_reason: 'drift' }, challenge: null, error: null }
          : { draft: { ...view, state: 'armed' }, challenge: challengeOf(view), error: null }
      }),
      envelope: [],
    }),
    confirm_drafts: (input) => ({
      results: input.confirmations.map((_, at) => ({
        draft: draft(at === 0 ? 'b' : 'c', { state: at === 0 ? 'approved' : 'armed' }),
        error:
          at === 0
            ? null
            : {
                code: 'guardrail',
                message: 'The envelope is full. Nothing was sent.',
                hint: 'Wait.',
                retryable: false,
              },
      })),
    }),
  })
  await page.getByRole('checkbox', { name: 'Select all 3' }).click({ force: true })
  await page.getByRole('button', { name: 'Approve & push live (3)' }).click()
  const dialog = page.getByRole('alertdialog')
  await expect(dialog.getByText('1 draft is not part of this')).toBeVisible()
  const push = dialog.getByRole('button', { name: /^Push 2 changes/ })
  await expect(push).toBeEnabled({ timeout: 5_000 })
  await push.click()
  await expect(dialog.getByText('1 of 2 were confirmed.')).toBeVisible()
  await expect(dialog.getByText(/The envelope is full\. Nothing was sent\./)).toBeVisible()
  await dialog.getByRole('button', { name: 'Close' }).click()
  await expect(dialog).toHaveCount(0)
})

test('a value is edited into a new version', async ({ page }) => {
  await open(
    page,
    queueOf(THREE, { revise_draft: () => ({ draft: draft('e', { revises: draftId('b') }) }) }),
    `#/queue/${draftId('b')}`,
  )
  await expect(page.getByRole('button', { name: 'Approve & push live' })).toBeVisible()
  await page.keyboard.press('e')
  const dialog = page.getByRole('dialog', { name: 'Edit this draft' })
  const save = dialog.getByRole('button', { name: 'Make the new version' })
  await expect(save).toBeDisabled()
  await dialog.getByRole('textbox').first().fill('1.2.3')
  await expect(save).toBeDisabled()
  await dialog.getByRole('textbox').first().fill('110.00')
  await page.screenshot({ path: 'out/screenshots/queue-edit.png' })
  await save.click()
  await expect(dialog).toHaveCount(0)
  expect(called('revise_draft')).toMatchObject([{ draft_id: draftId('b'), values: [{ k: 0, new_value: '110.00' }] }])
})

test('what was only partly applied says which, and offers to complete or undo it', async ({ page }) => {
  const partial = REALLOCATION('a', {
    state: 'partial',
    state_reason: 'refused_by_platform',
    state_message: '1 of 2 changes were applied. Change 1 (daily budget): The platform refused the change.',
  })
  const plan = {
    draft: null,
    plan: [
      {
        k: 1,
        entity_id: partial.operations[1]?.entity_id ?? ('' as never),
        field: 'daily_budget' as const,
        currency: 'EUR',
        before: '120.00',
        ours: '101.00',
        now: '95.00',
        state: 'conflict' as const,
        untrusted: { path: ['Northwind', 'Broad'] },
      },
    ],
  }
  await open(
    page,
    queueOf([partial], {
      propose_undo: (input) => (input.conflicts === 'overwrite' ? { ...plan, draft: draft('u') } : plan),
    }),
    `#/queue/${draftId('a')}`,
  )
  await expect(page.getByText('Only some of these changes were applied.')).toBeVisible()
  await expect(page.getByText('Budget is too high for this account.')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Complete the missing change…' })).toBeVisible()
  await page.screenshot({ path: 'out/screenshots/queue-partial.png' })
  await page.getByRole('button', { name: 'Undo…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Somebody changed this since' })
  await expect(dialog).toContainText('€95.00')
  await dialog.getByRole('button', { name: 'Replace them too' }).click()
  await expect(dialog).toHaveCount(0)
  expect(called('propose_undo')).toMatchObject([{}, { conflicts: 'overwrite' }])
})

test('filters and groups', async ({ page }) => {
  await open(page, queueOf(THREE))
  await page.getByRole('combobox', { name: 'Group by' }).selectOption('kind')
  await expect(page.getByRole('heading', { name: 'Daily budget' })).toBeVisible()
  await page.getByRole('combobox', { name: 'Platform' }).selectOption('meta')
  await expect(page.getByText('No draft fits these filters')).toBeVisible()
  await page.getByRole('button', { name: 'Clear filters' }).first().click()
  await expect(page.getByRole('link', { name: /Move budget to Brand exact/ })).toBeVisible()
})

test('an open circuit breaker is said above the drafts, with the way to it', async ({ page }) => {
  await open(page, { ...filled(), get_policy: () => policyAnswer({ breaker: openBreaker() }) })
  await expect(page.getByText('Several changes in a row failed on a platform')).toBeVisible()
  await page.screenshot({ path: 'out/screenshots/queue-breaker.png' })
  expect((await new AxeBuilder({ page }).analyze()).violations.map((each) => each.id)).toEqual([])
})
