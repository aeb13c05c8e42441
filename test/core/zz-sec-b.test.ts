import { expect, test } from 'vitest'
import { getEntity } from '../../main/reporting/entities.ts'
import { listAccounts } from '../../main/reporting/list-accounts.ts'
import { factsReaders } from '../../main/store/facts-tables.ts'
import { accountIdSchema, entityId } from '../../shared/domain/ids.ts'
import { DAY_MS, NOON, handClock, paperPlatform, syncRig } from '../support/facts-rig.ts'
const account = accountIdSchema.parse('tiktok:7000000000000000001')
const campaign = entityId(account, 'campaign', '1')

test('T2 clock was ahead', async () => {
  const platform = paperPlatform()
  const rig = syncRig(platform, { clock: handClock(NOON + 200 * DAY_MS) })
  await rig.run(90 + 200)
  rig.clock.set(NOON)
  platform.requests.length = 0
  await rig.run(90)
  console.log(platform.requests.filter((r) => r.startsWith('campaign')))
  const acc = listAccounts({ ...rig, connectionState: () => 'ok', writesAllowed: () => true }, {}).accounts[0]
  console.log(acc)
  const found = platform.entities.get(campaign)
  if (!found) throw new Error('x')
  platform.entities.set(campaign, { ...found, status: 'paused', dailyBudgetMicros: 5_000_000n, budgetKind: 'daily' })
  rig.clock.advance(DAY_MS)
  await rig.run(90)
  const e = factsReaders(rig.facts).entities.byId(campaign)
  console.log(
    e?.status,
    e?.dailyBudgetMicros,
    getEntity({ ...rig, openDraftIds: [] }, { entity_id: campaign }).entity.spend_7d,
  )
  expect(e?.status).toBe('paused')
})
