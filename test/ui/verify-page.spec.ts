/** The page that checks a bundle, from the disk and without a network: the same verdicts as every other verifier, in words, by keyboard and by drop. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import AxeBuilder from '@axe-core/playwright'
import { expect, type Page, test } from '@playwright/test'
import { sealed, VERIFY_PAGE } from '../support/seal-verify-page.ts'
import { makeTempFolder } from '../support/temp-folder.ts'
import { careful, careless, Dice, otherKey, rawBytes, withKey } from '../support/bundle-mutations.ts'
import { agree, bundleOf, noteText, vectors, verifyHere } from '../support/verifiers.ts'
import { type Files, filesOf } from '../support/zip-files.ts'

const folder = makeTempFolder('verify-page')

let faults: string[] = []
let requests: string[] = []
test.use({ offline: true })
test.beforeEach(() => {
  faults = []
  requests = []
})
test.afterEach(() => {
  expect(faults, 'no script error and no policy violation').toEqual([])
  expect(
    requests.filter((url) => !url.startsWith('file:')),
    'nothing is asked of any network',
  ).toEqual([])
})

async function open(page: Page): Promise<void> {
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text())
  })
  page.on('request', (request) => requests.push(request.url()))
  await page.goto(pathToFileURL(VERIFY_PAGE).href)
}

const KINDS = { good: 'ok', bad: 'fault', open: 'not checked' } as const
/** 'ok', 'not checked', or the name of the fault. */
async function verdictOf(
  page: Page,
  file: string,
  known: { readonly vkey?: string | undefined; readonly notes?: string } = {},
): Promise<string> {
  await page.getByLabel('Key of the log').fill(known.vkey ?? '')
  await page.getByLabel('Checkpoints you received').fill(known.notes ?? '')
  await page.getByLabel(/^Drop the bundle/).setInputFiles(file)
  await page.getByRole('button', { name: 'Check the bundle' }).click()
  const verdict = page.locator('#verdict')
  await expect(verdict).toBeVisible()
  const kind = (await verdict.getAttribute('class'))?.split(' ').at(-1) ?? ''
  const name = /Fault: (\S+)/.exec((await verdict.textContent()) ?? '')?.[1]
  return name ?? KINDS[kind as keyof typeof KINDS]
}

test('the policy of the page lets exactly its own script and style run', () => {
  const page = readFileSync(VERIFY_PAGE, 'utf8')
  expect(page).toBe(sealed(page))
  expect(page).toContain("default-src 'none'")
  expect(page).not.toMatch(/unsafe-|\bon[a-z]+="|innerHTML|eval\(|<(?:link|img|iframe)|(?:src|href)="/)
})

test('the test vectors: the same verdicts as every other verifier', async ({ page }) => {
  await open(page)
  const said: string[] = []
  for (const { bundle, vkey, checkpoints } of vectors.cases) {
    // oxlint-disable-next-line no-await-in-loop
    said.push(await verdictOf(page, bundleOf({ bundle }), { vkey, notes: checkpoints.map(noteText).join('\n') }))
  }
  expect(said).toEqual(vectors.cases.map(({ fault }) => fault ?? 'ok'))
})

test('mutations: refused with the same reason as the product gives', async ({ page }) => {
  await open(page)
  const dice = new Dice(5)
  const other = filesOf(bundleOf({ bundle: 'other-log' }))
  const files = (bundle: string): Files => filesOf(bundleOf({ bundle }))
  const differ: string[] = []
  for (let n = 0; n < 40; n += 1) {
    const bundle = dice.pick(['full', 'redacted', 'range', 'draft'])
    const { name, archive } = [
      () => careless(files(bundle), dice),
      () => careful(files(bundle), dice, other),
      () => withKey(files(bundle), dice, other),
      () => otherKey(files(bundle), dice),
      () => rawBytes(readFileSync(bundleOf({ bundle })), dice),
    ][n % 5]?.() ?? { name: '', archive: new Uint8Array() }
    const file = join(folder, `${n}.zip`)
    writeFileSync(file, archive)
    // oxlint-disable-next-line no-await-in-loop
    const here = await verifyHere(file, { vkey: vectors.vkey })
    // oxlint-disable-next-line no-await-in-loop
    const there = await verdictOf(page, file, { vkey: vectors.vkey })
    if (!agree(here.kind, there)) differ.push(`${name} of ${bundle}: ${here.kind}, page: ${there}`)
  }
  expect(differ).toEqual([])
})

test('says what was checked and what it cannot tell, and says less of that the more is given', async ({ page }) => {
  await open(page)
  expect(await verdictOf(page, bundleOf({ bundle: 'thief' }))).toBe('ok')
  await expect(page.getByRole('heading', { name: 'This bundle verifies against its own key' })).toBeVisible()
  const limits = page.locator('#limits')
  await expect(limits).toContainText('No key was given')
  await expect(limits).toContainText('an older genuine copy of the log would pass')
  await expect(limits).toContainText('a thief of the signing key')
  await expect(page.locator('#facts')).toContainText(vectors.vkey)
  expect(await verdictOf(page, bundleOf({ bundle: 'thief' }), { vkey: vectors.vkey, notes: noteText('mailed') })).toBe(
    'equivocation',
  )
  await expect(page.locator('#verdict')).toContainText('signed two different histories of 8 records')
  await expect(page.locator('#facts')).toBeHidden()
  // As a mail program leaves it: other line ends, spaces around, two checkpoints in one go.
  const pasted = `\r\n  ${noteText('mailed').replaceAll('\n', '\r\n')}\r\n\r\n${noteText('mailed')}  `
  expect(await verdictOf(page, bundleOf({ bundle: 'rotated' }), { vkey: vectors.vkey, notes: pasted })).toBe('ok')
  await expect(page.getByRole('heading', { name: 'This bundle verifies', exact: true })).toBeVisible()
  await expect(page.locator('#facts')).toContainText('fit: 8, 8 records')
  await expect(page.locator('#facts')).toContainText('changed 2 times, each change signed by both keys')
  await expect(limits).not.toContainText(/No key was given|older genuine copy/)
  await expect(limits).toContainText('covers the first 8 of 17 records')
  expect(await verdictOf(page, bundleOf({ bundle: 'redacted' }), { vkey: vectors.vkey })).toBe('ok')
  await expect(limits).toContainText('texts were withheld or erased; their records are all here')
  expect(await verdictOf(page, bundleOf({ bundle: 'draft' }), { vkey: vectors.vkey, notes: noteText('mailed') })).toBe(
    'ok',
  )
  await expect(limits).toContainText('This is a part of the log')
  await expect(limits).toContainText('could not be compared')
  await expect(limits).toContainText('No checkpoint from outside was compared')
  await expect(page.locator('#facts')).toContainText('none compared')
})

test('takes a bundle that is dropped, and says plainly what is none', async ({ page }) => {
  await open(page)
  await page.getByRole('button', { name: 'Check the bundle' }).click()
  await expect(page.locator('#verdict')).toContainText('Choose the zip file of the bundle')
  const bytes = [...readFileSync(bundleOf({ bundle: 'full' }))]
  const drop = (name: string, content: number[]): Promise<void> =>
    page.evaluate(
      ([fileName, numbers]) => {
        const data = new DataTransfer()
        data.items.add(new File([Uint8Array.from(numbers)], fileName))
        document
          .querySelector('#drop')
          ?.dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: data }))
      },
      [name, content] as const,
    )
  await drop('bundle.zip', bytes)
  await expect(page.locator('#verdict')).toContainText('This bundle verifies')
  await drop('letter.txt', [104, 97, 108, 108, 111])
  await expect(page.locator('#verdict')).toContainText('This is not a zip archive')
  await drop('nothing.zip', [])
  await expect(page.locator('#verdict')).toContainText('This is not a zip archive')
})

test('a browser without Ed25519 is told so, and judges nothing', async ({ page }) => {
  await page.addInitScript(() => {
    crypto.subtle.importKey = () => Promise.reject(new DOMException('Unrecognized name.', 'NotSupportedError'))
  })
  await open(page)
  expect(await verdictOf(page, bundleOf({ bundle: 'full' }))).toBe('not checked')
  await expect(page.locator('#verdict')).toContainText('cannot check Ed25519 signatures')
})

for (const colorScheme of ['light', 'dark'] as const)
  test(`can be used by everybody, ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme })
    await open(page)
    const problems = async (): Promise<readonly string[]> =>
      (await new AxeBuilder({ page }).analyze()).violations.map((each) => `${each.id}: ${each.nodes[0]?.html ?? ''}`)
    expect(await problems()).toEqual([])
    expect(await verdictOf(page, bundleOf({ bundle: 'full' }))).toBe('ok')
    await expect(page.locator('#verdict')).toBeFocused()
    expect(await problems()).toEqual([])
    await page.screenshot({ path: `out/screenshots/verify-page-${colorScheme}.png`, fullPage: true })
    expect(await verdictOf(page, bundleOf({ bundle: 'bad-record' }))).toBe('root_mismatch')
    expect(await problems()).toEqual([])
    await page.setViewportSize({ width: 360, height: 640 })
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360)
  })
