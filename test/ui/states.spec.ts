/**
 * Every screen in every state, and the rules of the Confirm dialog, in a real browser with the real content policy.
 * The core is a double whose answers are parsed by the operation table, so they cannot drift from it.
 */
import AxeBuilder from '@axe-core/playwright'
import { expect, type Page, test } from '@playwright/test'
import { type StaticRenderer, serveRenderer } from '../support/static-renderer.ts'
import { verified } from '../support/window-audit.ts'
import { fails, type Handlers, type WindowDouble } from '../support/window-double.ts'
import { withDouble } from '../support/window-page.ts'
import {
  ACCOUNT,
  APPLIED_HISTORY,
  appState,
  challenge,
  change,
  draft,
  draftAnswer,
  draftId,
  empty,
  filled,
  metricsAnswer,
  RECORDS,
} from '../support/window-world.ts'

let renderer: StaticRenderer
test.beforeAll(async () => {
  renderer = await serveRenderer()
})
test.afterAll(() => renderer.close())

let double: WindowDouble | undefined
let faults: string[] = []
test.beforeEach(() => {
  double = undefined
  faults = []
})
test.afterEach(() => {
  expect(double?.drift ?? [], 'scripted answers fit the table').toEqual([])
  expect(faults, 'no script error and no policy violation').toEqual([])
})

async function open(page: Page, handlers: Handlers, route = '#/overview'): Promise<WindowDouble> {
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => {
    if (/Content Security Policy|Refused to/.test(message.text())) faults.push(message.text())
  })
  double = await withDouble(page, handlers)
  await page.goto(`${renderer.url}/${route}`)
  return double
}

const never = <T>(): Promise<T> => new Promise<T>(() => {})
const broken = () => fails('internal', 'The store did not answer.', 'Nothing was changed. Try again.')
const push = (page: Page) => page.getByRole('button', { name: /^Push .+ to TikTok$/ })
const called = (name: string): unknown[] =>
  (double?.calls ?? []).filter((call) => call.name === name).map((call) => call.input)

const SCREENS = [
  {
    route: '#/overview',
    empty: 'No ad account is connected yet',
    loading: 'Loading figures',
    error: 'The figures could not be read.',
  },
  {
    route: '#/queue',
    empty: 'Nothing needs your decision',
    loading: 'Loading drafts',
    error: 'The drafts could not be read.',
  },
  {
    route: '#/accounts',
    empty: 'No ad account is connected yet',
    loading: 'Loading accounts',
    error: 'The accounts could not be read.',
  },
  { route: '#/audit', empty: 'No records yet', loading: 'Loading records', error: 'The records could not be read.' },
  {
    route: '#/connections',
    empty: 'No AI client is connected',
    loading: 'Loading connections',
    error: 'The AI clients could not be read.',
  },
] as const
const READS = [
  'list_accounts',
  'query_metrics',
  'list_drafts',
  'list_audit',
  'list_connections',
  'list_clients',
] as const
const all = (answer: () => unknown): Handlers => Object.fromEntries(READS.map((name) => [name, answer]))

for (const screen of SCREENS) {
  test.describe(`the screen ${screen.route}`, () => {
    test('says what it is for when it is empty', async ({ page }) => {
      await open(page, empty(), screen.route)
      await expect(page.getByText(screen.empty)).toBeVisible()
    })

    test('shows a skeleton while it loads', async ({ page }) => {
      await open(page, { ...filled(), ...all(never) }, screen.route)
      await expect(page.getByRole('status', { name: screen.loading }).first()).toBeVisible()
    })

    test('says what failed, keeps the rail, and recovers on Try again', async ({ page }) => {
      const core = await open(page, { ...filled(), ...all(broken) }, screen.route)
      await expect(page.getByText(screen.error)).toBeVisible()
      await expect(page.getByText('The store did not answer. Nothing was changed. Try again.').first()).toBeVisible()
      await expect(page.getByRole('navigation', { name: 'Main' })).toBeVisible()
      core.script(filled())
      for (const button of (await page.getByRole('button', { name: 'Try again' }).all()).toReversed())
        await button.click()
      await expect(page.getByText(screen.error)).toHaveCount(0)
    })

    for (const scheme of ['light', 'dark'] as const)
      test(`has no accessibility fault, ${scheme}, filled and empty`, async ({ page }) => {
        await page.emulateMedia({ colorScheme: scheme })
        const core = await open(page, filled(), screen.route)
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
        await expect(page.getByRole('status', { name: /^Loading/ })).toHaveCount(0)
        expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])
        core.script(empty())
        core.changed()
        await expect(page.getByText(screen.empty)).toBeVisible()
        expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])
      })

    test('fits 640 × 400 (1280 × 800 at 200 %) without sideways scrolling of the page', async ({ page }) => {
      await page.setViewportSize({ width: 640, height: 400 })
      await open(page, filled(), screen.route)
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
      await expect(page.getByRole('status', { name: /^Loading/ })).toHaveCount(0)
      const overflow = await page.evaluate(() => {
        const content = document.getElementById('content')
        return [document.documentElement, content].map((each) => (each?.scrollWidth ?? 0) - (each?.clientWidth ?? 0))
      })
      expect(overflow).toEqual([0, 0])
    })
  })
}

test.describe('before the workspace is open', () => {
  test('a first run offers the demo and an account, and opens the demo', async ({ page }) => {
    const core = await open(page, { get_app_state: () => appState({ phase: 'first_run', workspace: null }) }, '')
    await expect(page.getByRole('heading', { name: 'Explore the demo' })).toBeVisible()
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])
    core.script({ ...filled(), open_demo: () => ({ connection_id: 'x_1' }) })
    await page.getByRole('button', { name: 'Open the demo' }).click()
    await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible()
  })

  test('a workspace without a keychain is sealed with a passphrase typed twice', async ({ page }) => {
    const core = await open(
      page,
      {
        get_app_state: () => appState({ phase: 'first_run', workspace: null, keychain: 'missing', shell: 'electron' }),
      },
      '',
    )
    await page.getByRole('button', { name: 'Set up a workspace' }).click()
    await expect(page.getByText('No keychain answers on this computer.')).toBeVisible()
    await page.getByLabel('Passphrase', { exact: true }).fill('short')
    await expect(page.getByText('At least 8 characters.', { exact: true })).toBeVisible()
    await page.getByLabel('Passphrase', { exact: true }).fill('long enough words')
    await page.getByLabel('Repeat the passphrase').fill('something else')
    await expect(page.getByRole('button', { name: 'Create workspace' })).toBeDisabled()
    await page.getByLabel('Repeat the passphrase').fill('long enough words')
    core.script({ ...empty(), create_workspace: () => ({}) })
    await page.getByRole('button', { name: 'Create workspace' }).click()
    await expect(page.getByRole('dialog', { name: 'Connect TikTok' })).toBeVisible()
    expect(called('create_workspace')).toEqual([{ vault: 'passphrase', passphrase: 'long enough words' }])
  })

  test('a locked workspace asks for its passphrase and says when it is wrong', async ({ page }) => {
    const wrong = fails('wrong_passphrase', 'That is not the passphrase of this workspace.', 'Try again.')
    const core = await open(
      page,
      // The core tells nothing of a workspace that it has not opened.
      {
        get_app_state: () => appState({ phase: 'locked', keychain: 'missing', workspace: null }),
        unlock_workspace: () => wrong,
      },
      '',
    )
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])
    await page.getByLabel('Passphrase').fill('guess')
    await page.getByLabel('Passphrase').press('Enter')
    await expect(page.getByText('That is not the passphrase of this workspace.')).toBeVisible()
    core.script({ ...filled(), unlock_workspace: () => ({}) })
    await page.getByRole('button', { name: 'Unlock' }).click()
    await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible()
  })

  for (const [keychain, words] of [
    ['locked', 'The system keychain is locked.'],
    ['missing', 'No system keychain answers.'],
    ['frozen', 'The system keychain does not answer.'],
  ] as const)
    test(`a ${keychain} keychain is told apart from the others`, async ({ page }) => {
      const workspace = { name: 'Mine', is_demo: false, vault: 'keychain', log_vkey: 'k' } as const
      await open(page, { get_app_state: () => appState({ phase: 'locked', keychain, workspace }) }, '')
      await expect(page.getByText(words)).toBeVisible()
    })

  test('a wrong passphrase given at the start is asked for again', async ({ page }) => {
    const trouble = {
      code: 'wrong_passphrase',
      message: 'That is not the passphrase of this workspace.',
      hint: 'Try again.',
      retryable: true,
    }
    await open(page, { get_app_state: () => appState({ phase: 'trouble', workspace: null, trouble }) }, '')
    await expect(page.getByLabel('Passphrase')).toBeFocused()
  })

  test('a lost key is trouble, and nothing offers to make a new one', async ({ page }) => {
    const trouble = {
      code: 'vault_key_missing',
      message: 'The key is not in the keychain.',
      hint: 'Nothing was changed.',
      retryable: true,
    }
    await open(page, { get_app_state: () => appState({ phase: 'trouble', trouble }) }, '')
    await expect(page.getByText('The app will not make a new key over it', { exact: false })).toBeVisible()
    await expect(page.getByRole('button')).toHaveText(['Try again'])
  })
})

test.describe('between the demo and a workspace of one’s own', () => {
  const badge = (page: Page) => page.getByRole('button', { name: 'Demo: set up or open your own workspace' })
  const isClean = async (page: Page): Promise<void> =>
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])

  test('the badge opens one’s own workspace, says why when it does not, and nothing of the demo is left', async ({
    page,
  }) => {
    const none = fails('workspace_damaged', 'There is no workspace in this folder.', 'Check the folder.')
    const core = await open(page, { ...filled(), unlock_workspace: () => none }, `#/queue/${draftId('a')}`)
    await badge(page).click()
    await expect(page.getByRole('dialog', { name: 'You are in the demo' })).toBeVisible()
    await isClean(page)
    await page.getByRole('button', { name: 'Open my workspace' }).click()
    const field = page.getByLabel('Passphrase of your workspace')
    await field.press('Enter')
    await expect(page.getByText('There is no workspace in this folder.', { exact: false })).toBeVisible()
    await expect(page.getByText('Your workspace was not opened. The demo is still open.')).toBeVisible()
    await isClean(page)
    core.script({ unlock_workspace: () => fails('wrong_passphrase', 'That is not the passphrase.', 'Try again.') })
    await field.fill('guess')
    await field.press('Enter')
    await expect(page.getByText('That is not the passphrase.')).toBeVisible()
    // The lists of the other workspace are still on their way: until then nothing stands where the demo's were.
    core.script({ ...empty(), unlock_workspace: () => ({}), list_drafts: () => never() })
    await field.fill('my own words')
    await field.press('Enter')
    await expect(page.getByText('My workspace', { exact: true })).toBeVisible()
    await expect(page).toHaveURL(/#\/overview$/)
    await expect(page.getByRole('dialog')).toHaveCount(0)
    await expect(badge(page)).toHaveCount(0)
    await page.keyboard.press('3')
    await expect(page.getByRole('status', { name: 'Loading drafts' })).toBeVisible()
    await expect(page.getByText('New customers FR + BE')).toHaveCount(0)
    expect(called('unlock_workspace')).toEqual([{}, { passphrase: 'guess' }, { passphrase: 'my own words' }])
  })

  test('the badge sets up a workspace, which then asks for an ad account', async ({ page }) => {
    const core = await open(page, filled())
    await badge(page).click()
    await page.getByRole('button', { name: 'Set up my workspace' }).click()
    await page.getByRole('button', { name: 'Back' }).click()
    await page.getByRole('button', { name: 'Set up my workspace' }).click()
    await isClean(page)
    await page.getByLabel('Passphrase', { exact: true }).fill('long enough words')
    await page.getByLabel('Repeat the passphrase').fill('long enough words')
    core.script({ ...empty(), create_workspace: () => ({}) })
    await page.getByRole('button', { name: 'Create workspace' }).click()
    await expect(page.getByRole('dialog', { name: 'Connect TikTok' })).toBeVisible()
    expect(called('create_workspace')).toEqual([{ vault: 'keychain', passphrase: 'long enough words' }])
  })

  test('the demo takes no real credentials: it says so and leads to a workspace', async ({ page }) => {
    await open(page, filled(), '#/connections/tiktok')
    await expect(page.getByText('The demo only talks to the sandbox on this computer.')).toBeVisible()
    await expect(page.getByRole('dialog')).toHaveCount(0)
    await expect(page.getByRole('button', { name: 'Connect TikTok' })).toHaveCount(0)
    await page.getByRole('button', { name: 'Set up a workspace' }).click()
    await expect(page.getByRole('dialog', { name: 'You are in the demo' })).toBeVisible()
  })

  test('a real workspace offers the demo in the palette, and shows why when it does not open', async ({ page }) => {
    const core = await open(page, { ...empty(), open_demo: broken })
    await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible()
    await page.keyboard.press('Control+k')
    await page.getByRole('textbox', { name: 'Go to' }).fill('demo')
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'Open the demo' })
    await expect(dialog).toBeVisible()
    await isClean(page)
    await dialog.getByRole('button', { name: 'Open the demo' }).click()
    await expect(dialog.getByText('The store did not answer.', { exact: false })).toBeVisible()
    core.script({ ...filled(), open_demo: () => ({ connection_id: 'x_1' }) })
    await dialog.getByRole('button', { name: 'Open the demo' }).click()
    await expect(badge(page)).toBeVisible()
    await expect(page.getByRole('dialog')).toHaveCount(0)
  })
})

test('when the app behind the window stops, the window says so, keeps what it has, and comes back', async ({
  page,
}) => {
  const core = await open(page, filled(), '#/queue')
  await expect(page.getByRole('link', { name: /New customers FR/ })).toBeVisible()
  core.script({ wait_for_change: () => fails('app_not_running', 'gone', 'gone', true) })
  core.changed()
  await expect(page.getByText('The app behind this window has stopped.')).toBeVisible()
  await expect(
    page.getByText('Start it again with npm start and open the new link it prints.', { exact: false }),
  ).toBeVisible()
  await expect(page.getByRole('link', { name: /New customers FR/ })).toBeVisible()
  core.script({
    wait_for_change: ({ since }) => new Promise((done) => setTimeout(() => done({ revision: since + 1 }), 200)),
  })
  await expect(page.getByText('The app behind this window has stopped.')).toHaveCount(0, { timeout: 15_000 })
})

test.describe('the queue', () => {
  test('is walked with J and K, entered with Enter, and its address can be shared', async ({ page }) => {
    await open(page, filled(), '#/queue')
    await expect(page.getByRole('link', { name: /New customers FR/ })).toBeVisible()
    await page.keyboard.press('j')
    await page.keyboard.press('j')
    await expect(page).toHaveURL(new RegExp(`#/queue/${draftId('b')}$`))
    await expect(page.getByRole('heading', { level: 2, name: 'New customers FR + BE' })).toBeVisible()
    await page.keyboard.press('k')
    await expect(page).toHaveURL(new RegExp(`#/queue/${draftId('a')}$`))
    await page.keyboard.press('Enter')
    await expect(page.locator('#draft-detail')).toBeFocused()
  })

  test('back and forward move between screens', async ({ page }) => {
    await open(page, filled(), '#/queue')
    await page.getByRole('link', { name: 'Audit' }).click()
    await expect(page.getByRole('heading', { level: 1, name: 'Audit' })).toBeVisible()
    await page.goBack()
    await expect(page.getByRole('heading', { level: 1, name: 'Queue' })).toBeVisible()
  })

  test('a draft blocked by the limits stands under Decided and says which limit', async ({ page }) => {
    await open(page, filled(), `#/queue/${draftId('f')}`)
    await expect(page.getByRole('button', { name: 'Decided' })).toHaveAttribute('aria-pressed', 'true')
    await expect(page.getByText('this looks like a slipped digit', { exact: false })).toBeVisible()
    const detail = page.getByRole('complementary')
    await expect(detail.getByRole('group', { name: 'Daily budget: from €120.00 to €1,200.00' })).toBeVisible()
    await expect(detail.getByText('Asked for, and not let through')).toBeVisible()
    await expect(page.getByRole('button', { name: 'Approve & push live' })).toHaveCount(0)
  })

  test('a stale draft shows what it was and what it is, and cannot be approved', async ({ page }) => {
    await open(page, filled(), `#/queue/${draftId('g')}`)
    await expect(
      page.getByText('It was €120.00 then and is €135.00 now. Nothing was changed.', { exact: false }),
    ).toBeVisible()
    await expect(page.getByRole('button', { name: 'Approve & push live' })).toHaveCount(0)
    await expect(page.getByRole('button', { name: 'Propose from the current value…' })).toBeVisible()
  })

  test('an unknown outcome is not called a failure; Check again only reads', async ({ page }) => {
    await open(
      page,
      { ...filled(), reconcile_draft: () => ({ draft: draft('h', { state: 'unknown' }) }) },
      `#/queue/${draftId('h')}`,
    )
    await expect(page.getByText('will not be sent again', { exact: false })).toBeVisible()
    await page.getByRole('button', { name: 'Check again' }).click()
    await expect.poll(() => called('reconcile_draft')).toEqual([{ draft_id: draftId('h') }])
  })

  for (const [state, reason, liveValue, words] of [
    ['stale', 'drift', '135.00', ['The value on TikTok has moved', 'It was €120.00 then and is €135.00 now.']],
    ['stale', 'drift', '120.00', ['What this change would do has moved', 'Said by the core.']],
    ['stale', 'policy_changed', '120.00', ['Your limits, or what this change does to spend, have moved']],
    ['unknown', 'no_effect_yet', '120.00', ['TikTok said yes, but still shows €120.00.', 'will not be sent again']],
    ['unknown', 'interrupted', null, ['interrupted while the change was on its way']],
    ['unknown', 'different_value', '', ['shows no daily budget: somebody else changed it too', 'cannot be known']],
    ['apply_failed', 'interrupted', null, ['was not sent to TikTok', 'interrupted before anything went out']],
    ['apply_failed', 'ledger_broken', '120.00', ['was not sent to TikTok', 'The audit log does not verify']],
    ['apply_failed', 'not_editable', '120.00', ['was not sent to TikTok', 'does not let this be changed now']],
    ['apply_failed', 'account_not_available', null, ['was not sent to TikTok', 'no longer connected']],
    ['apply_failed', 'refused_by_platform', null, ['TikTok did not take this change.', 'TikTok refused it.']],
    ['apply_failed', 'a_reason_of_tomorrow', null, ['TikTok did not take this change.', 'Said by the core.']],
  ] as const)
    test(`${state} because of ${reason} (live ${liveValue ?? 'not read'}) is said in plain words, once`, async ({
      page,
    }) => {
      const view = draft('a', { state, state_reason: reason, state_message: 'Said by the core.' })
      const results = [
        {
          k: 0,
          outcome: null,
          live_value: liveValue,
          platform_request_id: null,
          untrusted: { platform_message: null },
        },
      ]
      await open(page, { ...filled(), get_draft: () => ({ ...draftAnswer(view), results }) }, `#/queue/${draftId('a')}`)
      const detail = page.getByRole('complementary')
      for (const each of words) await expect(detail.getByText(each, { exact: false })).toHaveCount(1)
      const isSaid = words.some((each) => each === 'Said by the core.')
      await expect(detail.getByText('Said by the core.')).toHaveCount(isSaid ? 1 : 0)
      await expect(detail.getByRole('button', { name: 'Approve & push live' })).toHaveCount(0)
      const canCheck = state === 'unknown' && reason !== 'different_value'
      await expect(detail.getByRole('button', { name: 'Check again' })).toHaveCount(canCheck ? 1 : 0)
      // Nothing promises an effect that did not come.
      if (state !== 'unknown') await expect(detail.getByText('Takes effect', { exact: false })).toHaveCount(0)
    })

  test('a draft of 48 hours that was just made expires in two days, not tomorrow', async ({ page }) => {
    const fresh = draft('a', { expires_at: new Date(Date.now() + 48 * 3_600_000 - 50_000).toISOString() })
    await open(
      page,
      {
        ...filled(),
        list_drafts: () => ({ drafts: [fresh], open: 1, total: 1, next_cursor: null, as_of: null, warnings: [] }),
      },
      '#/queue',
    )
    await expect(page.getByText('Expires in 2 days')).toBeVisible()
  })

  test('rejecting keeps the reason', async ({ page }) => {
    await open(
      page,
      { ...filled(), reject_draft: () => ({ draft: draft('a', { state: 'rejected' }) }) },
      `#/queue/${draftId('a')}`,
    )
    await page.getByRole('button', { name: 'Reject…' }).click()
    await page.getByRole('textbox').fill('Too early in the season.')
    await page.getByRole('button', { name: 'Reject draft' }).click()
    await expect(page.getByRole('dialog')).toHaveCount(0)
    expect(called('reject_draft')).toEqual([{ draft_id: draftId('a'), reason: 'Too early in the season.' }])
  })

  test('only one’s own draft can be withdrawn', async ({ page }) => {
    await open(page, filled(), `#/queue/${draftId('a')}`)
    await expect(page.getByRole('button', { name: 'Approve & push live' })).toBeVisible()
    await expect(page.getByRole('button', { name: 'Withdraw' })).toHaveCount(0)
    await page.goto(`${renderer.url}/#/queue/${draftId('c')}`)
    await expect(page.getByRole('button', { name: 'Withdraw' })).toBeVisible()
  })
})

test.describe('Confirm', () => {
  const withoutPassphrase = (): Handlers => ({
    ...filled(),
    arm_draft: () => ({
      draft: draft('a', { state: 'armed' }),
      challenge: challenge(draft('a'), { factor: 'click' }),
    }),
    confirm_draft: () => ({ draft: draft('a', { state: 'approved' }) }),
  })
  const arm = async (page: Page, handlers: Handlers): Promise<void> => {
    await open(page, handlers, `#/queue/${draftId('a')}`)
    await page.getByRole('button', { name: 'Approve & push live' }).click()
    await expect(page.getByRole('alertdialog', { name: 'Confirm this change' })).toBeVisible()
  }

  test('repeats the change, is not focused, and is dead for the first second', async ({ page }) => {
    await arm(page, withoutPassphrase())
    const dialog = page.getByRole('alertdialog')
    // Read at once: before anything that waits.
    const atOnce = await push(page).evaluate((button) => ({
      isDisabled: (button as HTMLButtonElement).disabled,
      isFocused: document.activeElement === button,
      text: button.textContent,
    }))
    expect(atOnce).toEqual({ isDisabled: true, isFocused: false, text: 'Push €120.00 → €101.00 to TikTok' })
    await page.keyboard.press('Control+Enter')
    expect(called('confirm_draft')).toEqual([])
    for (const words of ['Northwind Outdoor EU', 'Broad 25–44, interest: hiking', 'Daily budget', '9f3c21ab'])
      await expect(dialog.getByText(words).first()).toBeVisible()
    await expect(dialog.getByText('-€19.00 per day (-15.8%)')).toBeVisible()
    await expect(push(page)).toBeEnabled()
    await expect(push(page)).not.toBeFocused()
    await page.keyboard.press('Enter')
    expect(called('confirm_draft'), 'Enter alone never confirms').toEqual([])
  })

  test('Escape gives the confirmation back and nothing is pushed', async ({ page }) => {
    await arm(page, withoutPassphrase())
    await page.keyboard.press('Escape')
    await expect(page.getByRole('alertdialog')).toHaveCount(0)
    await expect.poll(() => called('disarm_draft')).toEqual([{ draft_id: draftId('a') }])
    expect(called('confirm_draft')).toEqual([])
  })

  test('a click beside the dialog does nothing', async ({ page }) => {
    await arm(page, withoutPassphrase())
    await page.mouse.click(8, 8)
    await expect(page.getByRole('alertdialog')).toBeVisible()
    expect(called('disarm_draft')).toEqual([])
  })

  test('Ctrl+Enter confirms once, even when pressed twice', async ({ page }) => {
    await arm(page, { ...withoutPassphrase(), confirm_draft: () => never() })
    await expect(push(page)).toBeEnabled()
    await page.keyboard.press('Control+Enter')
    await page.keyboard.press('Control+Enter')
    await expect
      .poll(() => called('confirm_draft'))
      .toEqual([{ draft_id: draftId('a'), confirm_token: 'T'.repeat(43) }])
  })

  test('asks for the passphrase in a browser, shows the demo’s, and says when it is wrong', async ({ page }) => {
    await arm(page, {
      ...filled(),
      confirm_draft: ({ passphrase }) =>
        passphrase === 'demo-demo'
          ? { draft: draft('a', { state: 'approved' }) }
          : fails('wrong_passphrase', 'That is not the passphrase.', 'Nothing was changed.'),
    })
    await expect(page.getByText('Demo passphrase: demo-demo')).toBeVisible()
    const field = page.getByLabel('Workspace passphrase')
    await field.fill('nonsense')
    await expect(push(page)).toBeEnabled()
    await field.press('Enter')
    expect(called('confirm_draft'), 'Enter in the field never confirms').toEqual([])
    await push(page).click()
    await expect(page.getByText('That is not the passphrase.')).toBeVisible()
    await field.fill('demo-demo')
    await push(page).click()
    await expect(page.getByRole('alertdialog')).toHaveCount(0)
  })

  test('the confirm key does not press the focused Cancel as well', async ({ page }) => {
    await arm(page, { ...withoutPassphrase(), confirm_draft: () => never() })
    await expect(push(page)).toBeEnabled()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Cancel' }).focus()
    await page.keyboard.press('Control+Enter')
    await expect.poll(() => called('confirm_draft')).toHaveLength(1)
    await expect(page.getByRole('alertdialog')).toBeVisible()
    expect(called('disarm_draft')).toEqual([])
  })

  test('an answer that got lost is not called "not confirmed", and cannot be pushed a second time', async ({
    page,
  }) => {
    await arm(page, {
      ...withoutPassphrase(),
      confirm_draft: () => fails('app_not_running', 'The app behind this window has stopped.', 'Start it again.'),
    })
    await push(page).click()
    const dialog = page.getByRole('alertdialog')
    await expect(dialog.getByText('It is not known whether your confirmation was recorded.')).toBeVisible()
    await expect(dialog.getByText('not confirmed')).toHaveCount(0)
    await expect(push(page)).toHaveCount(0)
    await expect(dialog.getByRole('button', { name: 'Read again' })).toHaveCount(0)
    await page.keyboard.press('Control+Enter')
    await dialog.getByRole('button', { name: 'Close' }).click()
    await expect(dialog).toHaveCount(0)
    expect(called('confirm_draft')).toHaveLength(1)
    expect(called('disarm_draft'), 'nothing is given back that may stand').toEqual([])
  })

  test('a reading that is too old must be read again', async ({ page }) => {
    const handlers = withoutPassphrase()
    await arm(page, {
      ...handlers,
      arm_draft: () => ({
        draft: draft('a', { state: 'armed' }),
        challenge: challenge(draft('a'), { factor: 'click', expires_in_ms: 1_500 }),
      }),
    })
    await expect(page.getByText('The reading is more than two minutes old.')).toBeVisible()
    await expect(push(page)).toHaveCount(0)
    await page.keyboard.press('Control+Enter')
    expect(called('confirm_draft')).toEqual([])
    double?.script({
      arm_draft: () => ({
        draft: draft('a', { state: 'armed' }),
        challenge: challenge(draft('a'), { factor: 'click', confirm_token: 'U'.repeat(43) }),
      }),
    })
    await page.getByRole('button', { name: 'Read again' }).click()
    await expect(push(page)).toBeEnabled()
  })

  test('a value that moved opens no dialog: the draft is stale and says so', async ({ page }) => {
    const stale = draft('a', { state: 'stale', state_reason: 'drift' })
    await open(page, filled(), `#/queue/${draftId('a')}`)
    await expect(page.getByRole('button', { name: 'Approve & push live' })).toBeVisible()
    double?.script({ arm_draft: () => ({ draft: stale, challenge: null }), get_draft: () => draftAnswer(stale) })
    await page.getByRole('button', { name: 'Approve & push live' }).click()
    await expect(page.getByText('The value on TikTok has moved since this draft was made.')).toBeVisible()
    await expect(page.getByRole('alertdialog')).toHaveCount(0)
  })

  test('a platform that does not answer leaves the draft waiting, with the reason beside the button', async ({
    page,
  }) => {
    const down = fails('platform_unreachable', 'TikTok did not answer.', 'Try again in a minute.', true)
    await open(page, { ...filled(), arm_draft: () => down }, `#/queue/${draftId('a')}`)
    await page.getByRole('button', { name: 'Approve & push live' }).click()
    await expect(page.getByText('Not approved. Nothing was changed on TikTok.')).toBeVisible()
    await expect(page.getByText('TikTok did not answer. Try again in a minute.')).toBeVisible()
  })

  test('after it, the progress line follows the records, and Undo is offered once applied', async ({ page }) => {
    await arm(page, withoutPassphrase())
    const follow = (state: 'approved' | 'applying' | 'applied', records: number): void => {
      const view = draft('a', { state })
      const history = APPLIED_HISTORY.slice(0, records)
      double?.script({ get_draft: () => ({ ...draftAnswer(view), history }), confirm_draft: () => ({ draft: view }) })
    }
    await expect(push(page)).toBeEnabled()
    follow('approved', 3)
    await push(page).click()
    const line = page.getByRole('list', { name: 'Progress of this change' })
    await expect(line.getByRole('listitem').first()).toHaveText('Intent recordedin progress')
    follow('applying', 5)
    double?.changed()
    await expect(line.getByRole('listitem')).toHaveText([
      'Intent recordedrecord 46',
      'Sent to TikTokrecord 47',
      'Read backin progress',
      'Recordedwaiting',
    ])
    follow('applied', 7)
    double?.changed()
    await expect(line.getByRole('listitem').last()).toHaveText('Recordedrecord 49')
    await expect(page.getByText('TikTok now reads €101.00.')).toBeVisible()
    await expect(page.getByRole('button', { name: 'Undo…' })).toBeVisible()
  })

  for (const scheme of ['light', 'dark'] as const)
    test(`has no accessibility fault, ${scheme}`, async ({ page }) => {
      await page.emulateMedia({ colorScheme: scheme })
      await arm(page, filled())
      expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])
    })

  test('everything that decides fits a 900 × 600 window', async ({ page }) => {
    await page.setViewportSize({ width: 900, height: 600 })
    await arm(page, filled())
    for (const part of [push(page), page.getByLabel('Workspace passphrase'), page.getByText('9f3c21ab')])
      await expect(part).toBeInViewport({ ratio: 1 })
  })
})

test('names and reasons written by others are shown as text, with invisible characters made visible', async ({
  page,
}) => {
  const hostile = '<img src=x onerror="window.hacked=1"><b>bold</b> \u202Egnirts\u200B'
  const view = draft('a', {
    operations: [change({ untrusted: { path: [hostile, hostile, hostile] } })],
    untrusted: { title: hostile, rationale: `${hostile}\n<script>window.hacked=1</script>`, origin_name: hostile },
  })
  await open(
    page,
    {
      ...filled(),
      list_drafts: () => ({ drafts: [view], open: 1, total: 1, next_cursor: null, as_of: null, warnings: [] }),
      get_draft: () => draftAnswer(view),
      arm_draft: () => ({ draft: view, challenge: challenge(view) }),
    },
    `#/queue/${draftId('a')}`,
  )
  await page.getByRole('button', { name: 'Approve & push live' }).click()
  await expect(page.getByRole('alertdialog').getByText('<img src=x', { exact: false }).first()).toBeVisible()
  expect(await page.locator('img, #root script, b').count()).toBe(0)
  expect(await page.evaluate(() => 'hacked' in window)).toBe(false)
  const text = await page.evaluate(() => document.body.innerText)
  expect(text).toContain('␣gnirts␣')
  expect(text).not.toMatch(/[\u202E\u200B]/)
})

test.describe('proposing a change', () => {
  const form = async (page: Page): Promise<void> => {
    await open(page, filled(), '#/accounts')
    await page.getByRole('button', { name: 'Propose a change to Campaign 00000' }).click()
  }

  test('an amount that can be read two ways is refused with both readings', async ({ page }) => {
    await form(page)
    const field = page.getByLabel('New value (EUR)')
    await field.fill('1.500')
    await expect(page.getByText('This can be read as €1,500.00 or as €1.50.', { exact: false })).toBeVisible()
    await page.getByLabel('Reason').fill('The campaign is ready for more.')
    await expect(page.getByRole('button', { name: 'Add to queue' })).toBeDisabled()
    await field.fill('1.500,00')
    await expect(page.getByText('Read as €1,500.00')).toBeVisible()
    await expect(page.getByRole('button', { name: 'Add to queue' })).toBeEnabled()
  })

  test('the preview comes from the core, and one form makes one draft', async ({ page }) => {
    await form(page)
    await page.getByLabel('New value (EUR)').fill('101')
    await expect(page.getByText('Within your limits')).toBeVisible()
    await page.getByLabel('Reason').fill('Cost per conversion has risen for a week.')
    await page.getByRole('button', { name: 'Add to queue' }).click()
    await expect(page).toHaveURL(new RegExp(`#/queue/${draftId('a')}$`))
    const [input] = called('propose_change') as { operations: unknown[]; title: string }[]
    expect(input?.operations).toEqual([
      {
        kind: 'set_budget',
        entity_id: `${ACCOUNT}/campaign/0`,
        budget: 'daily',
        expected_current: '120.00',
        new_value: '101.00',
      },
    ])
    expect(input?.title).toBe('Daily budget of Summer prospecting DE')
  })
})

test.describe('the overview', () => {
  test('keeps view-through apart, names the window, and says the chart in words', async ({ page }) => {
    await open(page, filled())
    await expect(page.getByText('not in ROAS')).toBeVisible()
    await expect(page.getByText('7-day click', { exact: false }).first()).toBeVisible()
    await expect(page.getByText(/^Spend €[\d,.]+ from .+, up [\d.]+% against the period before/)).toBeVisible()
  })

  test('T turns both charts into tables with the same days', async ({ page }) => {
    await open(page, filled())
    await expect(page.getByRole('figure', { name: 'Spend per day' })).toBeVisible()
    await page.keyboard.press('t')
    const rows = page.getByRole('figure', { name: 'Spend per day' }).getByRole('row')
    await expect(rows).toHaveCount(1 + 28 + 1)
    await expect(rows.nth(1)).toContainText('today, incomplete')
  })

  test('exports a chart as CSV and as a picture', async ({ page }) => {
    await open(page, filled())
    for (const [button, ending] of [
      ['Export Spend per day as CSV', '.csv'],
      ['Export Spend per day as PNG', '.png'],
    ] as const) {
      const download = page.waitForEvent('download')
      await page.getByRole('button', { name: button }).click()
      expect((await download).suggestedFilename()).toMatch(new RegExp(`^spend-.*\\${ending}$`))
    }
  })
})

test('the audit screen says who in names, and shows a record that cannot be read', async ({ page }) => {
  const unreadable = {
    seq: 52,
    type: 'unreadable',
    group: 'log' as const,
    checkpoint_size: 53,
    withheld: [],
    at: '',
    actor: { kind: 'unknown', id: 'unknown' },
    draft_id: null,
    line: '{"seq":52,',
    leaf: 'ab'.repeat(32),
    disclosed: {},
  }
  await open(
    page,
    {
      ...filled(),
      list_audit: () => ({ records: [unreadable, ...RECORDS], size: 53, looked_at: 53, next_before_seq: null }),
    },
    '#/audit',
  )
  await expect(page.getByRole('row', { name: /52 — Record cannot be read Not readable/ })).toBeVisible()
  await expect(page.getByRole('row', { name: /Draft proposed Claude Desktop AI client/ })).toBeVisible()
  await expect(page.getByRole('row', { name: /Confirm opened You/ })).toBeVisible()
  await expect(page.getByText('owner', { exact: true })).toHaveCount(0)
})

test.describe('a comparison with the period before', () => {
  for (const isCounting of [true, false])
    test(
      isCounting ? 'is muted while conversions still arrive' : 'shows a loss in red once they are in',
      async ({ page }) => {
        const answer = (input: Parameters<typeof metricsAnswer>[0]) => ({
          ...metricsAnswer(input),
          ...(isCounting ? {} : { restating_since: null }),
        })
        await open(page, { ...filled(), query_metrics: answer })
        const tile = page.getByRole('definition').filter({ hasText: '▼ -8%' })
        await expect(tile).toBeVisible()
        await expect(page.getByText('still counting', { exact: false })).toHaveCount(isCounting ? 5 : 0)
        await expect(tile.locator('.text-danger')).toHaveCount(isCounting ? 0 : 1)
      },
    )

  test('is not drawn when the period before is incomplete', async ({ page }) => {
    const answer = (input: Parameters<typeof metricsAnswer>[0]) => {
      const whole = metricsAnswer(input)
      return { ...whole, comparison: whole.comparison === null ? null : { ...whole.comparison, is_partial: true } }
    }
    await open(page, { ...filled(), query_metrics: answer })
    await expect(page.getByText('not comparable: the period before is incomplete')).toHaveCount(5)
    await expect(page.getByText('▼', { exact: false })).toHaveCount(0)
  })
})

test('the audit screen names the first fault and where it is', async ({ page }) => {
  const fault = { kind: 'chain_broken', seq: 12, message: 'Record 12 does not follow record 11.' }
  await open(
    page,
    {
      ...filled(),
      get_audit_job: () => verified({ is_ok: false, size: 51, root: '', fault, limits: [], witnesses: [] }),
    },
    '#/audit',
  )
  await page.getByRole('button', { name: 'Verify…' }).click()
  await page.getByRole('button', { name: 'Begin the check' }).click()
  await expect(page.getByText('First fault: chain_broken, at record 12.')).toBeVisible()
  await expect(page.getByText('Record 12 does not follow record 11.')).toBeVisible()
})

test('an AI client’s token is shown once and leaves no trace in the page', async ({ page }) => {
  await open(page, filled(), '#/connections')
  await page.getByRole('button', { name: 'Add AI client' }).click()
  await page.getByLabel('Name').fill('My assistant')
  await page.getByRole('button', { name: 'Create token' }).click()
  const token = 'ssm_exampleexampleexampleexampleexampleexample0'
  await expect(page.getByRole('group', { name: 'Token' })).toHaveText(token)
  await expect(page.getByRole('group', { name: 'Configuration for Claude Desktop' })).toContainText('mcpServers')
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])
  await page.getByRole('button', { name: 'I have copied it' }).click()
  await expect(page.getByRole('dialog')).toHaveCount(0)
  expect(await page.content()).not.toContain(token)
  expect(await page.evaluate(() => JSON.stringify([localStorage, sessionStorage, location.href]))).not.toContain(token)
})

test('the theme chosen by hand is kept', async ({ page }) => {
  await open(page, filled())
  await page.getByRole('button', { name: 'Theme: as the system' }).click()
  await page.getByRole('button', { name: 'Theme: light' }).click()
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark')
  await page.reload()
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark')
})
