/** The audit page in a real browser: a million records, one draft's story, the check with its progress, the export, and what all of it proves. */
import AxeBuilder from '@axe-core/playwright'
import { expect, type Page, test } from '@playwright/test'
import { type StaticRenderer, serveRenderer } from '../support/static-renderer.ts'
import { exported, identity, job, millionRecords, NOTE, verified } from '../support/window-audit.ts'
import { fails, type Handlers, type WindowDouble } from '../support/window-double.ts'
import { withDouble } from '../support/window-page.ts'
import { filled, RECORDS } from '../support/window-world.ts'

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

async function open(page: Page, more: Handlers = {}, route = '#/audit'): Promise<void> {
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => {
    if (/Content Security Policy|Refused to/.test(message.text())) faults.push(message.text())
  })
  double = await withDouble(page, { ...filled(), list_audit: millionRecords, ...more })
  await page.goto(`${renderer.url}/${route}`)
}
const called = (name: string): unknown[] =>
  (double?.calls ?? []).filter((call) => call.name === name).map((call) => call.input)
async function violations(page: Page): Promise<string[]> {
  return (await new AxeBuilder({ page }).analyze()).violations.map((each) => each.id)
}
const rows = (page: Page) => page.getByRole('grid', { name: 'Records, newest first' }).getByRole('row')

test('of a million records shows what is in sight, and reads on as one scrolls, by mouse and by keyboard', async ({
  page,
}) => {
  await open(page)
  await expect(rows(page).nth(1)).toContainText('999999')
  await expect(page.getByText('100 of 1,000,000 records')).toBeVisible()
  expect(await rows(page).count()).toBeLessThan(60)
  await page.screenshot({ path: 'out/screenshots/audit.png' })
  expect(await violations(page)).toEqual([])
  await rows(page).nth(1).click()
  await page.keyboard.press('End')
  await expect(page.getByText('200 of 1,000,000 records')).toBeVisible()
  for (const shown of [300, 400, 500, 600]) {
    await page.keyboard.press('End')
    await expect(page.getByText(`${shown} of 1,000,000 records`)).toBeVisible()
  }
  expect(await rows(page).count()).toBeLessThan(60)
  await page.keyboard.press('Home')
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  await page.keyboard.press('k')
  await expect(page).toHaveURL(/#\/audit\/999998$/)
  await expect(page.getByRole('complementary', { name: 'Record 999,998' })).toBeVisible()
  await page.emulateMedia({ colorScheme: 'dark' })
  await page.screenshot({ path: 'out/screenshots/audit-dark.png' })
  expect(await violations(page)).toEqual([])
  await page.setViewportSize({ width: 900, height: 600 })
  await page.screenshot({ path: 'out/screenshots/audit-small.png' })
})

test('a record is found by its number, with its line, its hash, what signed it, and its texts as texts', async ({
  page,
}) => {
  await open(page, {}, '#/audit/999990')
  const record = page.getByRole('complementary', { name: 'Record 999,990' })
  await expect(record.getByText('<img src=x onerror=alert(1)>').first()).toBeVisible()
  await expect(record).toContainText('Signed by the checkpoint over 999,991 records')
  await expect(record).toContainText('Erased, or not the text that was recorded: title')
  await page.screenshot({ path: 'out/screenshots/audit-record.png' })
  await record.getByRole('button', { name: 'Close' }).click()
  await expect(record).toBeHidden()
  await page.goto(`${renderer.url}/#/audit/12`)
  await expect(page.getByRole('complementary', { name: 'Record 12' })).toContainText('"seq":12')
  await page.goto(`${renderer.url}/#/audit/2000000`)
  await expect(page.getByText('There is no record 2,000,000 in this log.')).toBeVisible()
})

test('is filtered and searched, and says how far it has looked', async ({ page }) => {
  await open(page)
  await page.getByRole('button', { name: 'Writes' }).click()
  await expect(page.getByText(/100 found in \d+ of 1,000,000 records/)).toBeVisible()
  expect(called('list_audit').at(-1)).toMatchObject({ groups: ['writes'] })
  await page.getByRole('textbox', { name: 'Search records' }).fill('nothing like this')
  await expect(page.getByText('No such record among the newest 20,000.')).toBeVisible()
  expect(await violations(page)).toEqual([])
  await page.getByRole('button', { name: 'Search further' }).click()
  await expect(page.getByText('0 found in 40,000 of 1,000,000 records')).toBeVisible()
  await page.getByRole('button', { name: 'Clear filters' }).click()
  await expect(page.getByText('100 of 1,000,000 records')).toBeVisible()
})

test('the check shows how far it is, goes on while one looks elsewhere, and can be stopped', async ({ page }) => {
  let state = job()
  await open(page, { get_audit_job: () => state })
  await page.getByRole('button', { name: 'Verify…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Verify the log' })
  await dialog.getByRole('button', { name: 'Begin the check' }).click()
  const bar = dialog.getByRole('progressbar', { name: 'Checking' })
  await expect(bar).toHaveAttribute('aria-valuenow', '400000')
  await expect(dialog).toContainText('400,000 of 1,000,000 records')
  await expect(dialog).toContainText('about 15 s left')
  await page.screenshot({ path: 'out/screenshots/audit-verifying.png' })
  expect(await violations(page)).toEqual([])
  await dialog.getByRole('button', { name: 'Close' }).click()
  await page.getByRole('link', { name: 'Queue' }).click()
  await page.getByRole('link', { name: 'Audit' }).click()
  await page.getByRole('button', { name: 'Verify…' }).click()
  await expect(bar).toBeVisible()
  state = job({ state: 'cancelled' })
  await dialog.getByRole('button', { name: 'Stop' }).click()
  await expect(dialog).toContainText('The check was stopped. It proves nothing.')
  expect(called('cancel_audit_job')).toHaveLength(1)
})

test('the check says what it found and what it cannot tell; given checkpoints are taken as a mail brings them', async ({
  page,
}) => {
  await open(page, {
    get_audit_job: () =>
      verified({
        witnesses: [
          { source: 'head_pin', size: 1_000_000 },
          { source: 'given', size: 51 },
        ],
      }),
  })
  await page.getByRole('button', { name: 'Verify…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Verify the log' })
  const given = dialog.getByLabel('Checkpoints somebody received')
  await given.fill('a note of mine')
  await expect(dialog.getByText('A checkpoint begins with')).toBeVisible()
  await expect(dialog.getByRole('button', { name: 'Begin the check' })).toBeDisabled()
  await given.fill(
    NOTE.trimEnd()
      .split('\n')
      .map((line) => `> ${line}`)
      .join('\r\n'),
  )
  await dialog.getByRole('button', { name: 'Begin the check' }).click()
  await expect(dialog).toContainText('The log verifies: 1,000,000 records, no fault.')
  await expect(dialog).toContainText('a checkpoint from outside, 51 records')
  await expect(dialog).toContainText('An older genuine copy')
  expect(called('begin_verification')).toEqual([{ extra_notes: [NOTE.trimEnd()] }])
  await page.screenshot({ path: 'out/screenshots/audit-verified.png' })
  expect(await violations(page)).toEqual([])
})

test('an export says what stays out, and hands over file, hash and how to check it', async ({ page }) => {
  await open(page, { get_audit_job: () => exported() })
  await page.getByRole('button', { name: 'Export…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Export for a reviewer' })
  await dialog.getByText('Some days').click()
  await dialog.getByLabel('From').fill('2026-11-01')
  await dialog.getByLabel('To (included, UTC)').fill('2026-11-20')
  await dialog.getByText('Texts about people').click()
  await dialog.getByLabel('Who gets it').fill('The auditor')
  await page.screenshot({ path: 'out/screenshots/audit-export.png' })
  expect(await violations(page)).toEqual([])
  await dialog.getByRole('button', { name: 'Export', exact: true }).click()
  await expect(dialog).toContainText('audit-2026-11-24.zip')
  await expect(dialog).toContainText('812 texts left out')
  expect(called('begin_audit_export')).toEqual([
    { redact: ['personal'], from: '2026-11-01', to: '2026-11-20', recipient: 'The auditor' },
  ])
  await page.screenshot({ path: 'out/screenshots/audit-exported.png' })
})

test('one draft’s whole story stands on one page, and can be exported', async ({ page }) => {
  const story = RECORDS.filter((record) => record.draft_id !== null)
  const draftId = story[0]?.draft_id ?? ''
  await open(
    page,
    { list_audit: () => ({ records: [...story], size: 51, looked_at: 9, next_before_seq: null }) },
    `#/audit/${draftId}`,
  )
  const steps = page.getByRole('list', { name: 'Story of a draft' }).getByRole('listitem')
  await expect(steps).toHaveCount(story.length)
  await expect(steps.first()).toContainText('Draft proposed')
  await expect(steps.last()).toContainText('Change applied')
  await page.screenshot({ path: 'out/screenshots/audit-story.png' })
  expect(await violations(page)).toEqual([])
  await page.getByRole('button', { name: 'Export this story…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Export for a reviewer' })
  await expect(dialog.getByLabel('Draft id')).toHaveValue(draftId)
})

test('says which log it is, what is wrong with it, what all of it proves, and changes its key on a word', async ({
  page,
}) => {
  await open(page, {
    get_log_identity: () =>
      identity({
        alarms: [{ seq: 999_990, at: new Date().toISOString(), kind: 'late_landing', draft_id: null }],
        faults: [
          {
            kind: 'head_not_pinned',
            message: 'The newest state could not be stored in the vault.',
            hint: 'It is tried again.',
          },
        ],
        predecessors: [{ file: 'ledger.abcdefgh.db', log: null }],
      }),
    rotate_signing_key: () => ({ vkey: 'k', key_id: '5e6f7a8b', since: new Date().toISOString() }),
  })
  await expect(page.getByText('The newest state could not be stored in the vault.')).toBeVisible()
  await page.getByRole('button', { name: 'What this proves' }).click()
  const proves = page.getByRole('dialog', { name: 'What this proves, and what it cannot' })
  await expect(proves).toContainText('an older genuine copy of everything')
  await expect(proves).toContainText('a history rewritten by whoever held the signing key')
  await page.screenshot({ path: 'out/screenshots/audit-proves.png' })
  expect(await violations(page)).toEqual([])
  await proves.getByRole('button', { name: 'Close' }).click()
  await page.getByRole('button', { name: 'Identity and keys…' }).click()
  const known = page.getByRole('dialog', { name: 'Identity of this log' })
  await expect(known).toContainText('a write took effect after all')
  await expect(known).toContainText('ledger.abcdefgh.db')
  await page.screenshot({ path: 'out/screenshots/audit-identity.png' })
  expect(await violations(page)).toEqual([])
  await known.getByRole('button', { name: 'Change the key…' }).click()
  const asked = page.getByRole('alertdialog', { name: 'Change the signing key?' })
  await asked.getByText('Somebody may have copied it').click()
  await asked.getByRole('button', { name: 'Change the key' }).click()
  await expect.poll(() => called('rotate_signing_key')).toEqual([{ reason: 'suspicion' }])
})

test('what cannot be read says so, and the rest stays usable', async ({ page }) => {
  const broken = () => fails('storage_failed', 'The disk is full.', 'Make room, then try again.')
  await open(page, { list_audit: broken, get_log_identity: broken, begin_verification: broken })
  await expect(page.getByText('The records could not be read.')).toBeVisible()
  await expect(page.getByText('The identity of the log could not be read.')).toBeVisible()
  await page.getByRole('button', { name: 'Verify…' }).click()
  await page.getByRole('button', { name: 'Begin the check' }).click()
  await expect(page.getByText('The check could not run.')).toBeVisible()
})
