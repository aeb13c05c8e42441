import { test, expect } from 'vitest'
import { startGoogle } from '../contract/google-harness.ts'
import { startMeta } from '../contract/meta-harness.ts'
import { approvedChange, signal } from '../contract/contract-kit.ts'
test('google', async () => {
  const h = await startGoogle()
  const first = h.accounts[0]!
  for (const b of h.examples.bids) h.changeOutside(b.entityId, b.field, b.newValue)
  h.changeOutside(h.examples.budgetCampaign, 'daily_budget', '77.00')
  h.changeOutside(h.examples.sharedBudget!.campaign, 'daily_budget', '78.00')
  h.changeOutside(h.examples.ad, 'status', 'paused')
  for (const s of h.examples.strategies) {
    const before = await h.adapter.readLive(s.entityId, 'bid_strategy', signal())
    await h.adapter.apply(approvedChange(s.entityId, 'bid_strategy', first.currency, before.value, s.newValue))
  }
  const at = h.clock.nowMs()
  const found = await h.adapter.readChanges(first.accountId, { sinceMs: at - 86_400_000, untilMs: at }, signal())
  console.log(JSON.stringify(found, null, 1))
  await h.close()
})

test('meta', async () => {
  const h = await startMeta()
  const first = h.accounts[0]!
  h.changeOutside(h.examples.budgetCampaign, 'daily_budget', '77.00')
  for (const b of h.examples.bids) h.changeOutside(b.entityId, b.field, b.newValue)
  h.changeOutside(h.examples.ad, 'status', 'paused')
  for (const s of h.examples.strategies) {
    const before = await h.adapter.readLive(s.entityId, 'bid_strategy', signal())
    h.clock.advance(60000)
    await h.adapter.apply(approvedChange(s.entityId, 'bid_strategy', first.currency, before.value, s.newValue))
  }
  const at = h.clock.nowMs()
  const found = await h.adapter.readChanges(first.accountId, { sinceMs: at - 86_400_000, untilMs: at }, signal())
  console.log(found.rows.map(r => [r.entityId?.slice(-20), r.field, r.before, r.after, r.what, r.actor, r.tool].join(' | ')).join('\n'))
  await h.close()
})
