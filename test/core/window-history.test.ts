/** What the accounts inspector makes of two sources: edits noticed by listings, and edits told by the platform's own history. */
import { expect, test } from 'vitest'
import { joined } from '../../renderer/features/accounts/joined-changes.ts'
import { accountId, entityId } from '../../shared/domain/ids.ts'
import type { OutputOf } from '../../shared/operations.ts'

type Told = OutputOf<'list_platform_changes'>['changes'][number]
const account = accountId('meta', '42')
const told = (rest: Partial<Told>): Told => ({
  account_id: account,
  change_id: `row ${rest.changed_at}`,
  changed_at: '2026-11-23T09:00:00.000Z',
  noticed_at: '2026-11-23T10:00:00.000Z',
  listed_at: null,
  entity_id: entityId(account, 'campaign', '1'),
  is_shared_budget: false,
  field: 'daily_budget',
  before: '100.00',
  after: '120.00',
  currency: 'EUR',
  match: 'outside',
  draft_id: null,
  untrusted: { what: 'update_campaign_budget', entity_name: 'A', account_name: 'B', who: 'Jana', tool: 'Ads Manager' },
  ...rest,
})
const listed = {
  field: 'daily_budget',
  before: '100.00',
  after: '120.00',
  noticed_at: '2026-11-23T12:00:00.000Z',
} as const

test('an edit seen twice is shown once, at the moment and with the person of the platform’s history', () => {
  const shown = joined([listed], [told({})])
  expect(shown.map(({ at, after, told: row }) => [at, after, row?.untrusted.who])).toEqual([
    ['2026-11-23T09:00:00.000Z', '120.00', 'Jana'],
  ])
})

test('what only one of them knows is shown as well, newest first, and our own changes are not', () => {
  const shown = joined(
    [listed],
    [
      told({ changed_at: '2026-11-23T13:00:00.000Z', before: '120.00', after: '150.00' }),
      told({ changed_at: '2026-11-23T14:00:00.000Z', match: 'ours', after: '160.00' }),
      told({ changed_at: '2026-11-23T15:00:00.000Z', field: null, after: null }),
    ],
  )
  expect(shown.map(({ at, after, told: row }) => [at, after, row === undefined])).toEqual([
    ['2026-11-23T13:00:00.000Z', '150.00', false],
    ['2026-11-23T12:00:00.000Z', '120.00', true],
  ])
})

test('one row of the history stands for one edit, and a value that it does not tell stays unknown', () => {
  const again = { ...listed, noticed_at: '2026-11-24T12:00:00.000Z' }
  const shown = joined([again, listed], [told({}), told({ changed_at: '2026-11-23T11:00:00.000Z', after: null })])
  expect(shown.map(({ after, told: row }) => [after, row !== undefined])).toEqual([
    ['120.00', false],
    [null, true],
    ['120.00', true],
  ])
})
