/** The report screen in a real browser: figures, charts, the breakdown by keyboard, credited orders, the method, views and exports. */
import { readFile } from 'node:fs/promises'
import AxeBuilder from '@axe-core/playwright'
import { expect, type Page, test } from '@playwright/test'
import { type StaticRenderer, serveRenderer } from '../support/static-renderer.ts'
import { fails, type Handlers, type WindowDouble } from '../support/window-double.ts'
import { withDouble } from '../support/window-page.ts'
import { FROM_FILE, HOSTILE, MANY, MANY_WORLD, META, WORLD } from '../support/window-report-facts.ts'
import { reportAnswer, reported } from '../support/window-report.ts'
import { ago, empty } from '../support/window-world.ts'

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

async function open(page: Page, handlers: Handlers = reported(), route = '#/report'): Promise<WindowDouble> {
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => {
    if (/Content Security Policy|Refused to/.test(message.text())) faults.push(message.text())
  })
  double = await withDouble(page, handlers)
  await page.goto(`${renderer.url}/${route}`)
  return double
}
const called = (name: string): Record<string, unknown>[] =>
  (double?.calls ?? []).filter((call) => call.name === name).map((call) => call.input as Record<string, unknown>)
const rows = (page: Page) => page.locator('[role=row][data-row]')
const row = (page: Page, name: string | RegExp) => page.getByRole('row', { name })
const shot = (page: Page, name: string) => page.screenshot({ path: `out/screenshots/report-${name}.png` })
const ready = async (page: Page) => {
  await expect(page.getByRole('treegrid')).toBeVisible()
  await expect(page.getByRole('slider')).toHaveCount(2)
}
const faultsOf = async (page: Page): Promise<readonly string[]> =>
  (await new AxeBuilder({ page }).analyze()).violations.map((each) => `${each.id}: ${each.nodes[0]?.html ?? ''}`)
const never = <T>(): Promise<T> => new Promise<T>(() => {})
const broken = () => fails('internal', 'The store did not answer.', 'Nothing was changed. Try again.')

test.describe('the figures', () => {
  test('show ROAS by one window large and the platforms’ own beside it, and claim no change where nothing compares', async ({
    page,
  }) => {
    await open(page)
    await ready(page)
    const totals = page.getByRole('region', { name: 'Totals' })
    await expect(totals).toContainText('ROAS · 7-day click')
    await expect(totals).toContainText('As reported')
    await expect(totals.getByText('not comparable')).toHaveCount(6)
    await expect(totals).toContainText('Conversions of the last 9 days are still arriving')
    await expect(totals.getByText(/[▲▼]/)).toHaveCount(0)
    await expect(totals.locator('.text-danger')).toHaveCount(0)
    await shot(page, 'light')
  })

  test('claim changes against the period before where both are counted alike', async ({ page }) => {
    await open(page, reported({ isComparable: true }))
    await ready(page)
    const totals = page.getByRole('region', { name: 'Totals' })
    await expect(totals.getByText(/[▲▼]/).first()).toBeVisible()
    await expect(totals).not.toContainText('not comparable')
    await shot(page, 'comparable')
    await page.getByLabel('Compare with').selectOption('off')
    await expect(totals.getByText(/[▲▼]/)).toHaveCount(0)
    expect(called('get_cross_platform_report').at(-1)).not.toHaveProperty('compare_to')
  })

  test('are each currency by itself, or all in one by rates whose dates and source are said', async ({ page }) => {
    await open(page)
    await ready(page)
    await expect(page.getByRole('button', { name: 'JPY', pressed: false })).toBeVisible()
    await expect(row(page, /^Total, JPY/)).toBeVisible()
    await page.getByLabel('Currency', { exact: true }).selectOption('EUR')
    await expect(page.getByText(/^From JPY to EUR by the rates of .+ Source: ECB reference rates/)).toBeVisible()
    await expect(row(page, /^Total in EUR/)).toBeVisible()
    await expect(page.getByRole('button', { name: 'JPY' })).toHaveCount(0)
    expect(called('get_cross_platform_report').at(-1)).toMatchObject({ currency: 'EUR' })
  })

  test('keep a currency apart when a day has no rate, and say so', async ({ page }) => {
    const handlers = reported()
    await open(page, {
      ...handlers,
      get_cross_platform_report: (input) => {
        const { currency, ...rest } = input
        const answer = reportAnswer(rest)
        const missing = [{ currency: 'JPY', first_missing_date: input.start_date, days: 3 }]
        return currency === undefined ? answer : { ...answer, rates: { currency, used: [], missing } }
      },
    })
    await page.getByLabel('Currency', { exact: true }).selectOption('EUR')
    await expect(page.getByText('JPY is kept apart.')).toBeVisible()
    await expect(page.getByText(/There is no rate for JPY on 3 days/)).toBeVisible()
  })

  test('say on which platform a window does not exist, and never show it as zero', async ({ page }) => {
    await open(page)
    await ready(page)
    await page.getByLabel('Attribution').selectOption('click_28d')
    const counted = page.getByRole('list', { name: 'How each platform is counted by 28-day click' })
    await expect(counted).toContainText('not available on this platform')
    const tiktok = row(page, /TikTok/).first()
    await expect(tiktok.getByRole('img', { name: /There is no 28-day click on this platform/ })).toHaveCount(3)
    await tiktok.click({ position: { x: 180, y: 12 } })
    await expect(page.getByText(/Conversions, Value, ROAS: There is no 28-day click on this platform/)).toBeVisible()
    await shot(page, 'not-available')
  })
})

test.describe('the charts', () => {
  test('are read by keyboard, stand as a table, and go out as a file and as a picture', async ({ page, context }) => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await open(page)
    await ready(page)
    const roas = page.getByRole('slider', { name: /^ROAS by platform/ })
    await roas.focus()
    await page.keyboard.press('ArrowLeft')
    await expect(roas).toHaveAttribute('aria-valuetext', /Google Ads \d.*conversions still arriving/)
    await page.keyboard.press('Home')
    await expect(roas).toHaveAttribute('aria-valuenow', '1')
    await shot(page, 'reading')
    await page.getByRole('button', { name: 'Copy as an image: ROAS by platform' }).click()
    await expect(page.getByText('The picture is on the clipboard')).toBeVisible()
    const kinds = await page.evaluate(async () => (await navigator.clipboard.read()).flatMap((item) => item.types))
    expect(kinds).toEqual(['image/png'])
    await page.keyboard.press('t')
    await expect(page.getByRole('table', { name: 'ROAS by platform' })).toBeVisible()
    await expect(page.getByRole('table', { name: 'ROAS by platform' }).getByText('not complete')).toHaveCount(1)
    await shot(page, 'as-table')
    const saved = page.waitForEvent('download')
    await page.getByRole('button', { name: /^Save .*Spend by platform|Spend by platform.*CSV/ }).click()
    const text = await readFile(await (await saved).path(), 'utf8')
    expect(text.split('\r\n')[0]).toBe('date,currency,google_ads spend,meta spend,tiktok spend,note')
    expect(text.trimEnd().split('\r\n')).toHaveLength(30)
  })

  test('lay the platforms’ own ROAS over the normalised one, dashed, and mark changes of definition', async ({
    page,
  }) => {
    await page.addInitScript(() =>
      localStorage.setItem(
        'spendsignoff.window',
        JSON.stringify({ range: 'custom', customStart: '2026-01-01', customEnd: '2026-03-20' }),
      ),
    )
    await open(page)
    await ready(page)
    await page.getByLabel('Counted by', { exact: true }).selectOption('both')
    await expect(page.getByText('Dashed: as the platforms report it, by their own windows.')).toBeVisible()
    await expect(page.locator('.recharts-line-curve')).toHaveCount(6)
    await expect(page.getByText(/^12 Jan: Meta ended its 7-day/).first()).toBeVisible()
    await shot(page, 'overlay')
    await page.getByLabel('Points', { exact: true }).selectOption('week')
    await expect
      .poll(() => called('get_cross_platform_report').at(-1))
      .toMatchObject({ group_by: 'week', by_platform: true })
    await expect(page.locator('.recharts-line-curve')).toHaveCount(6)
  })
})

test.describe('the breakdown', () => {
  test('opens from platform to ad by keyboard, reads each level when it is opened, and adds up', async ({ page }) => {
    await open(page)
    await ready(page)
    await expect(page.getByText('Rows add up to the total')).toBeVisible()
    await rows(page).first().focus()
    for (const name of [/Northwind Outdoor EU/, /Performance Max/, /Broad 25–44/, /Video 1, hook B/]) {
      await page.keyboard.press('ArrowRight')
      await expect(row(page, name).first()).toBeVisible()
      await page.keyboard.press('ArrowRight')
    }
    await expect(row(page, /Video 1, hook B/)).toBeFocused()
    await expect(row(page, /Not reported by ad group/)).toBeVisible()
    await shot(page, 'tree')
    expect(called('get_cross_platform_report').map((input) => [input['group_by'], input['under']])).toEqual(
      expect.arrayContaining([
        ['account', undefined],
        ['campaign', 'google_ads:1002003001'],
        ['ad_group', 'google_ads:1002003001/campaign/9000'],
        ['ad', 'google_ads:1002003001/ad_group/90009000'],
      ]),
    )
    await row(page, /Not reported by ad group/).click()
    await expect(page.getByText(/It stands here so that the rows add up/)).toBeVisible()
    await rows(page).nth(3).focus()
    await page.keyboard.press('p')
    await expect(page.getByRole('dialog', { name: 'Propose a change' })).toBeVisible()
    await page.keyboard.press('Escape')
    await rows(page).nth(1).focus()
    await page.keyboard.press('ArrowLeft')
    await expect(row(page, /Performance Max/)).toHaveCount(0)
  })

  test('says where a part could not be read, and reads it again', async ({ page }) => {
    const core = await open(page)
    await ready(page)
    core.script({ get_cross_platform_report: broken })
    await rows(page).first().focus()
    await page.keyboard.press('ArrowRight')
    await expect(page.getByText('This part could not be read. The store did not answer.')).toBeVisible()
    core.script(reported())
    await page.getByRole('button', { name: 'Try again' }).click()
    await expect(row(page, /Northwind Outdoor EU/)).toBeVisible()
  })

  test('goes into a platform, an account and a campaign, and back by the path and by the browser', async ({ page }) => {
    await open(page)
    await ready(page)
    await page
      .getByRole('button', { name: 'Show only Meta' })
      .or(row(page, /Meta/).getByTitle('Show only Meta'))
      .first()
      .click()
    await expect(page).toHaveURL(/#\/report\/meta$/)
    await row(page, /Northwind Outdoor EU/)
      .getByTitle(/^Show only/)
      .click()
    await expect(page).toHaveURL(/meta%3A2003004001$/)
    await row(page, /Summer prospecting/)
      .getByTitle(/^Show only/)
      .click()
    await expect(row(page, /Lookalike of buyers/)).toBeVisible()
    const path = page.getByRole('navigation', { name: 'Where you are' })
    await expect(path).toContainText('All platforms')
    await shot(page, 'inside')
    expect(called('get_cross_platform_report').at(-1)).toMatchObject({ under: `${META}/campaign/9000` })
    await page.goBack()
    await expect(row(page, /Summer prospecting/)).toBeVisible()
    await path.getByRole('link', { name: 'All platforms' }).click()
    await expect(row(page, /TikTok/).first()).toBeVisible()
  })

  test('holds a thousand campaigns with a handful of rows, sorts both ways, and reads on when asked', async ({
    page,
  }) => {
    await open(page, reported(MANY_WORLD), '#/report/google_ads%3A1002003001')
    await expect(row(page, /Campaign 0000/)).toBeVisible()
    expect(await rows(page).count()).toBeLessThan(60)
    await expect(page.getByText('The total is of all rows, shown and not shown.')).toBeVisible()
    await rows(page).first().focus()
    await page.keyboard.press('End')
    await expect(row(page, /500 of 1,200 rows/)).toBeFocused()
    await page.keyboard.press('Enter')
    await expect(page.getByText('1,000 rows')).toBeVisible()
    await expect(rows(page).and(page.locator('[data-row="500"]'))).toBeFocused()
    await page.keyboard.press('End')
    await page.keyboard.press('Enter')
    await expect(page.getByText(`${MANY.toLocaleString('en-GB')} rows`)).toBeVisible()
    await expect(page.getByText('Rows add up to the total')).toBeVisible()
    await page.keyboard.press('Home')
    await shot(page, 'many')
    await page.getByRole('columnheader', { name: 'Spend' }).getByRole('button').click()
    await expect(page.getByRole('columnheader', { name: 'Spend' })).toHaveAttribute('aria-sort', 'ascending')
  })

  test('shows the columns that are chosen, and saves the table with names that no spreadsheet runs', async ({
    page,
  }) => {
    await open(page, reported(), '#/report/meta%3A2003004001')
    await expect(row(page, /Retargeting/)).toBeVisible()
    await page.getByRole('button', { name: 'Columns' }).click()
    await page.getByRole('checkbox', { name: 'Click rate' }).press('Space')
    await page.getByRole('checkbox', { name: 'Conversions arrived' }).press('Space')
    await shot(page, 'columns')
    await page.keyboard.press('Escape')
    await expect(page.getByRole('columnheader', { name: 'CTR' })).toBeVisible()
    await expect(page.getByText('alert(1)').first()).toBeVisible()
    const saved = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Save the table as CSV' }).click()
    const text = await readFile(await (await saved).path(), 'utf8')
    expect(text).toContain(`"'${HOSTILE.replaceAll('"', '""')}"`)
    expect(text.split('\r\n').filter((line) => line.startsWith('campaign,'))).toHaveLength(3)
    expect(text.split('\r\n').filter((line) => line.startsWith('total,'))).toHaveLength(1)
  })

  test('hands everything over as Parquet and names the folder', async ({ page, context }) => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await open(page)
    await ready(page)
    await page.getByRole('button', { name: 'Parquet…' }).click()
    await page.getByRole('button', { name: 'Write files' }).click()
    await expect(page.getByText(/84 files with 10,080 rows/)).toBeVisible()
    await shot(page, 'parquet')
    expect(await faultsOf(page)).toEqual([])
    await page.getByRole('button', { name: 'Copy the folder’s path' }).click()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(
      '/home/anna/.spendsignoff/exports/report-2026-11-23',
    )
  })
})

test.describe('filters and views', () => {
  test('filter by platform and account', async ({ page }) => {
    await open(page)
    await ready(page)
    await page.getByRole('button', { name: 'All accounts' }).click()
    await page.getByRole('checkbox', { name: 'Meta', exact: true }).press('Space')
    await page.getByRole('checkbox', { name: /Agency pages/ }).press('Space')
    await shot(page, 'filter')
    await page.keyboard.press('Escape')
    await expect
      .poll(() => called('get_cross_platform_report').at(-1))
      .toMatchObject({ platforms: ['meta'], account_ids: [FROM_FILE] })
    await expect(page.getByRole('button', { name: 'Meta, 1 account' })).toBeVisible()
  })

  test('are saved as a view, kept over a reload, chosen again and deleted', async ({ page }) => {
    await open(page)
    await ready(page)
    await page.getByLabel('Dates').selectOption('90')
    await page.getByLabel('Attribution').selectOption('click_1d')
    await page.getByRole('button', { name: 'Saved views' }).click()
    await page.getByLabel('Name of this view').fill('Quarter, strict')
    await page.getByRole('button', { name: 'Save view' }).click()
    await page.getByLabel('Dates').selectOption('7')
    await page.reload()
    await ready(page)
    await expect(page.getByLabel('Dates')).toHaveValue('7')
    await page.getByRole('button', { name: 'Saved views' }).click()
    await shot(page, 'views')
    await page.getByRole('button', { name: /^Quarter, strict/ }).click()
    await expect(page.getByLabel('Dates')).toHaveValue('90')
    await expect(page.getByRole('button', { name: 'Quarter, strict' })).toBeVisible()
    await page.getByRole('button', { name: 'Quarter, strict' }).click()
    await page.getByRole('button', { name: 'Delete the view “Quarter, strict”' }).click()
    await expect(page.getByText('No view is saved yet.')).toBeVisible()
  })

  test('that somebody has edited by hand are read with distrust', async ({ page }) => {
    await page.addInitScript(() =>
      localStorage.setItem(
        'spendsignoff.window',
        JSON.stringify({
          range: '28',
          report: {
            currency: 'eur; drop',
            platforms: ['myspace'],
            accounts: [{}, 'x'],
            columns: ['nonsense'],
            sort: 3,
          },
          views: [{ name: '  ' }, 7, { name: 'Fine', range: 'yesterday', report: null }],
        }),
      ),
    )
    await open(page)
    await ready(page)
    await expect(page.getByRole('columnheader', { name: 'Spend' })).toBeVisible()
    // What is left of the view is the usual days and choices: exactly what is shown.
    await page.getByRole('button', { name: 'Fine' }).click()
    await expect(page.getByRole('button', { name: /^Delete the view/ })).toHaveCount(1)
  })
})

test.describe('orders credited once', () => {
  test('show claimed beside credited, what cannot be known as a range, and who overlaps', async ({ page }) => {
    await open(page, reported(), '#/report/orders')
    await expect(page.getByText('793 – 1,204')).toBeVisible()
    await expect(page.getByRole('columnheader', { name: 'Cannot be de-duplicated (aggregate only)' })).toBeVisible()
    await expect(page.getByRole('table', { name: 'Overlap' }).getByRole('row', { name: /^Meta/ })).toContainText('110')
    await expect(page.getByRole('row', { name: /^All platforms/ })).toContainText('1,445.5')
    await shot(page, 'orders')
    expect(await faultsOf(page)).toEqual([])
  })

  test('say what to import when there are none', async ({ page }) => {
    const none = () => ({ credit: null, as_of: null, warnings: [] })
    await open(page, { ...reported(), get_order_credit: none }, '#/report/orders')
    await expect(page.getByText('No orders yet')).toBeVisible()
    await shot(page, 'orders-empty')
    expect(await faultsOf(page)).toEqual([])
    await page.getByRole('button', { name: 'Import orders' }).click()
    await expect(page).toHaveURL(/#\/files$/)
  })

  test('say what failed and recover', async ({ page }) => {
    const core = await open(page, { ...reported(), get_order_credit: broken }, '#/report/orders')
    await expect(page.getByText('The credited orders could not be read.')).toBeVisible()
    core.script(reported())
    await page.getByRole('button', { name: 'Try again' }).click()
    await expect(page.getByText('793 – 1,204')).toBeVisible()
  })
})

test.describe('the method', () => {
  test('names per account where its window comes from, what moved, and how fast conversions arrive', async ({
    page,
  }) => {
    await open(page, reported(), '#/report/method')
    await expect(page.getByRole('article')).toHaveCount(5)
    await expect(page.getByText('own window: 1-day click')).toBeVisible()
    await expect(page.getByText('46% after 1 day, 82% after 3 days', { exact: false })).toBeVisible()
    await expect(page.getByRole('table', { name: 'Changes of what numbers mean' })).toContainText('Meta')
    await shot(page, 'method')
    expect(await faultsOf(page)).toEqual([])
  })
})

test.describe('the states', () => {
  test('a skeleton of the final size while it loads', async ({ page }) => {
    await open(page, { ...reported(), get_cross_platform_report: never })
    await expect(page.getByRole('status', { name: 'Loading the report' }).first()).toBeVisible()
    await shot(page, 'loading')
  })

  test('an error that says what failed, and Try again', async ({ page }) => {
    const core = await open(page, { ...reported(), get_cross_platform_report: broken })
    await expect(page.getByText('The report could not be read.')).toBeVisible()
    await shot(page, 'error')
    core.script(reported())
    await page.getByRole('button', { name: 'Try again' }).click()
    await ready(page)
  })

  test('nothing read yet: the first sync is what comes next', async ({ page }) => {
    const none = () => fails('not_synced', 'Nothing has been read yet.', 'Sync first.')
    await open(page, { ...reported(), get_cross_platform_report: none })
    await expect(page.getByRole('main').getByRole('button', { name: 'Sync now' })).toBeVisible()
    await expect(page.getByText('The report could not be read.')).toHaveCount(0)
  })

  test('no account: connect one or bring a file', async ({ page }) => {
    await open(page, empty())
    await expect(page.getByText('There is nothing to report yet')).toBeVisible()
    expect(await faultsOf(page)).toEqual([])
    await shot(page, 'no-accounts')
    await page.getByRole('button', { name: 'Import a file' }).click()
    await expect(page).toHaveURL(/#\/files$/)
  })

  test('nothing in these days', async ({ page }) => {
    await open(page, reported({ accounts: [], isComparable: true }))
    await expect(page.getByText('There is nothing to report yet')).toBeVisible()
    double?.script({
      ...reported(),
      get_cross_platform_report: (input) => reportAnswer(input, { ...WORLD, accounts: [] }),
    })
    double?.changed()
    await expect(page.getByText('No figures in these days')).toBeVisible()
    await shot(page, 'nothing')
  })

  test('the first sync still running, figures that are old, and days that are missing', async ({ page }) => {
    const handlers = reported()
    const core = await open(page, {
      ...handlers,
      get_cross_platform_report: (input) => ({ ...reportAnswer(input), as_of: null }),
    })
    await expect(page.getByText('The first sync did not finish.')).toBeVisible()
    core.script({
      ...handlers,
      get_cross_platform_report: (input) => ({ ...reportAnswer(input), as_of: ago(80 * 3_600_000) }),
    })
    core.changed()
    await expect(page.getByText('These figures were last read 3 days ago.')).toBeVisible()
    await shot(page, 'stale')
    core.script({ ...handlers, get_cross_platform_report: (input) => ({ ...reportAnswer(input), is_partial: true }) })
    core.changed()
    await expect(page.getByText('Some days in this range are not complete.')).toBeVisible()
  })

  test('only what came from files', async ({ page }) => {
    await open(page, reported({ accounts: WORLD.accounts.filter((account) => account.id === FROM_FILE) }))
    await ready(page)
    await rows(page).first().focus()
    await page.keyboard.press('Enter')
    await row(page, /Agency pages/).click({ position: { x: 300, y: 12 } })
    await expect(page.getByText(/From a file: nothing is connected/)).toBeVisible()
    await expect(page.getByText(/Own window: 1-day click/)).toBeVisible()
    await shot(page, 'imported')
  })
})

for (const scheme of ['light', 'dark'] as const)
  for (const [width, height] of [
    [1280, 800],
    [900, 600],
  ] as const)
    test(`is accessible in ${scheme} at ${width} × ${height}`, async ({ page }) => {
      await page.setViewportSize({ width, height })
      await page.emulateMedia({ colorScheme: scheme })
      await open(page)
      await ready(page)
      await rows(page).first().focus()
      await page.keyboard.press('ArrowRight')
      await expect(row(page, /Northwind Outdoor EU/).first()).toBeVisible()
      await page.locator('#content').evaluate((element) => element.scrollTo(0, 0))
      await shot(page, `${scheme}-${width}`)
      expect(await faultsOf(page)).toEqual([])
      await page.getByRole('treegrid').scrollIntoViewIfNeeded()
      await page.screenshot({ path: `out/screenshots/report-${scheme}-${width}-below.png` })
      for (const part of ['orders', 'method'] as const) {
        await page.goto(`${renderer.url}/#/report/${part}`)
        await expect(page.getByText(part === 'orders' ? '793 – 1,204' : 'The formula')).toBeVisible()
        await page.screenshot({ path: `out/screenshots/report-${part}-${scheme}-${width}.png` })
        expect(await faultsOf(page)).toEqual([])
      }
    })

test('fits 640 × 400 (1280 × 800 at 200 %) without sideways scrolling of the page', async ({ page }) => {
  await page.setViewportSize({ width: 640, height: 400 })
  await open(page)
  await ready(page)
  const overflow = () =>
    page.evaluate(() => {
      const content = document.getElementById('content')
      return [document.documentElement, content].map((each) => (each?.scrollWidth ?? 0) - (each?.clientWidth ?? 0))
    })
  expect(await overflow()).toEqual([0, 0])
  for (const part of ['orders', 'method']) {
    await page.goto(`${renderer.url}/#/report/${part}`)
    await expect(page.getByText(part === 'orders' ? '793 – 1,204' : 'The formula')).toBeVisible()
    expect(await overflow()).toEqual([0, 0])
  }
})
