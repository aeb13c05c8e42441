/**
 * The first minute of a newcomer, in a real browser, against the built window and the real core: explore the demo, see numbers, let an AI
 * client propose over MCP, sign it off, see the platform changed once, find the signed record.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { expect, type Page, test } from '@playwright/test'
import { type BrowserApp, startBrowserApp } from '../support/browser-app.ts'
import { makeTempFolder } from '../support/temp-folder.ts'
import { waitFor } from '../support/wait-for.ts'

const SHOTS = join(import.meta.dirname, '../../out/screenshots')
mkdirSync(SHOTS, { recursive: true })

/** What the browser itself complained about: a blocked style, a refused request, an exception. None is allowed. */
function complaintsOf(page: Page): string[] {
  const seen: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') seen.push(message.text())
  })
  page.on('pageerror', (error) => void seen.push(error.message))
  return seen
}

async function shoot(page: Page, name: string): Promise<void> {
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme })
    await page.waitForTimeout(300) // colours fade
    await page.screenshot({ path: join(SHOTS, `${name}-${scheme}.png`) })
  }
  await page.emulateMedia({ colorScheme: 'light' })
}

async function proposeOverMcp(
  app: BrowserApp,
): Promise<{ draftId: string; entityId: string; before: string; after: string }> {
  const { token, http_url } = await app.ask('add_client', {
    name: 'Story client',
    scopes: ['mcp.read', 'mcp.draft'],
    expires_in_days: 30,
  })
  if (http_url === null) throw new Error('the agent door is shut')
  const client = new Client({ name: 'story', version: '1' })
  await client.connect(
    new StreamableHTTPClientTransport(new URL(http_url), {
      requestInit: { headers: { authorization: `Bearer ${token}` } },
    }),
  )
  const call = async (name: string, args: Record<string, unknown>): Promise<Record<string, never>> =>
    (await client.callTool({ name, arguments: args })).structuredContent as Record<string, never>
  const { accounts } = (await call('list_accounts', { platform: 'tiktok' })) as unknown as {
    accounts: { account_id: string; currency: string }[]
  }
  const account = accounts.find((each) => each.currency === 'EUR')
  const { entities } = (await call('list_entities', {
    account_id: account?.account_id,
    type: 'ad_group',
    status: 'enabled',
    order_by: 'id',
    limit: 100,
  })) as unknown as {
    entities: { entity_id: string; budget_kind: string; daily_budget: { amount: string } | null }[]
  }
  const { drafts } = (await call('list_drafts', {})) as unknown as { drafts: { operations: { entity_id: string }[] }[] }
  const taken = new Set(drafts.map((draft) => draft.operations[0]?.entity_id))
  const target = entities.find((entity) => entity.budget_kind === 'daily' && !taken.has(entity.entity_id))
  const before = target?.daily_budget?.amount ?? ''
  const after = `${Math.round(Number(before) * 0.85)}.00`
  const answer = (await call('propose_change', {
    idempotency_key: 'first-sign-off-story',
    title: 'Lower a budget that has stopped paying back',
    rationale: 'Spend rose for two weeks while orders stayed flat. Fifteen percent less keeps it learning.',
    operations: [
      { kind: 'set_budget', entity_id: target?.entity_id, budget: 'daily', expected_current: before, new_value: after },
    ],
  })) as unknown as { draft: { draft_id: string; state: string } }
  expect(answer.draft.state).toBe('pending')
  await client.close()
  return { draftId: answer.draft.draft_id, entityId: target?.entity_id ?? '', before, after }
}

test('a newcomer signs off one change within minutes, and finds the proof', async ({ page }) => {
  test.setTimeout(180_000)
  const app = await startBrowserApp(makeTempFolder('story'))
  const complaints = complaintsOf(page)
  try {
    await page.goto(app.window.newLink())
    await expect(page.getByRole('heading', { name: 'Explore the demo' })).toBeVisible()
    await shoot(page, '1-first-run')
    await page.getByRole('button', { name: 'Open the demo' }).click()

    await expect(page.getByRole('link', { name: /Overview/ })).toBeVisible({ timeout: 60_000 })
    await page.getByRole('link', { name: /Overview/ }).click()
    await expect(page.getByText(/€[\d,.]+/).first()).toBeVisible({ timeout: 60_000 })
    await waitFor(async () => (await app.ask('get_sync', {})).sync.state === 'done', {
      what: 'the first sync',
      withinMs: 60_000,
      everyMs: 200,
    })
    await expect(
      page
        .getByText('Demo assistant')
        .first()
        .or(page.getByRole('link', { name: /Queue/ })),
    ).toBeVisible()
    await shoot(page, '2-overview')

    const proposed = await proposeOverMcp(app)
    const externalId = proposed.entityId.slice(proposed.entityId.lastIndexOf('/') + 1)
    const writes = (): number => app.sandbox().requests.writesTo(externalId)
    await page.getByRole('link', { name: /Queue/ }).click()
    const row = page.getByText('by Story client')
    await expect(row).toBeVisible()
    await row.click()
    await expect(page.getByText('Spend rose for two weeks while orders stayed flat.', { exact: false })).toBeVisible()
    await shoot(page, '3-queue')

    await page.getByRole('button', { name: 'Approve & push live' }).click()
    const dialog = page.getByRole('alertdialog').or(page.getByRole('dialog'))
    await expect(dialog).toContainText('Confirm this change')
    const push = dialog.getByRole('button', { name: /^Push / })
    await expect(push).not.toBeFocused()
    await dialog.getByLabel('Workspace passphrase').fill('demo')
    await expect(push).toBeEnabled()
    await shoot(page, '4-confirm')
    expect(writes()).toBe(0)
    await push.click()
    await expect(page.getByText('Applied on TikTok').first()).toBeVisible({ timeout: 20_000 })
    await shoot(page, '5-applied')
    expect(writes()).toBe(1)
    expect((app.sandbox().world.adGroup(externalId)?.budgetMinor ?? 0) / 100).toBe(Number(proposed.after))

    await page.getByRole('link', { name: /Audit/ }).click()
    const { records } = await app.ask('list_audit', { draft_id: proposed.draftId, limit: 50 })
    expect(records.map((record) => record.type).toReversed()).toEqual([
      'draft.proposed',
      'draft.armed',
      'draft.approved',
      'apply.intent',
      'apply.sent',
      'apply.outcome',
      'draft.applied',
    ])
    for (const words of ['Draft proposed', 'Confirm opened', 'Approved'])
      await expect(page.getByText(words).first()).toBeVisible()
    await shoot(page, '6-audit')
    await page.getByRole('button', { name: 'Verify…' }).click()
    await page.getByRole('button', { name: 'Begin the check' }).click()
    await expect(page.getByText(/The log verifies/)).toBeVisible({ timeout: 30_000 })
    await shoot(page, '6-audit-verified')
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click()
    await page.getByRole('link', { name: /Connections/ }).click()
    await expect(page.getByText('Story client')).toBeVisible()
    await shoot(page, '7-connections')
    expect(complaints).toEqual([])
  } finally {
    await app.close()
  }
})

test('a draft that was overtaken says so, and nothing is written', async ({ page }) => {
  test.setTimeout(120_000)
  const app = await startBrowserApp(makeTempFolder('story-drift'), 'demo')
  try {
    await waitFor(async () => (await app.ask('list_drafts', {})).drafts.length >= 3, {
      what: 'the demo proposals',
      withinMs: 60_000,
      everyMs: 200,
    })
    const overtaken = await waitFor(
      async () =>
        (await app.ask('list_drafts', {})).drafts.find((draft) => draft.untrusted.title.startsWith('A little more')),
      { what: 'the draft that will drift' },
    )
    await page.goto(app.window.newLink())
    await expect(page.getByRole('link', { name: /Queue/ })).toBeVisible()
    await page.goto(`${app.window.url}/#/queue/${overtaken.draft_id}`)
    await page.getByRole('button', { name: 'Approve & push live' }).click()
    await expect(page.getByText('has moved since this draft was made', { exact: false }).first()).toBeVisible()
    await shoot(page, '8-stale')
    const entityId = overtaken.operations[0]?.entity_id ?? ''
    expect(app.sandbox().requests.writesTo(entityId.slice(entityId.lastIndexOf('/') + 1))).toBe(0)
  } finally {
    await app.close()
  }
})
