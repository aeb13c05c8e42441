/** Accounts without data, and accounts that no connection reaches any more: one rule, whether they are named or not. */
import { beforeAll, expect, test } from 'vitest'
import { listAccounts } from '../../main/reporting/list-accounts.ts'
import { queryMetrics } from '../../main/reporting/query-metrics.ts'
import { accountIdSchema, entityId } from '../../shared/domain/ids.ts'
import { OperationError } from '../../shared/errors.ts'
import { type InputOf, OPERATIONS, type OutputOf } from '../../shared/operations.ts'
import { DAY_MS, paperPlatform, type SyncRig, syncRig } from '../support/facts-rig.ts'

const account = (n: number) => accountIdSchema.parse(`tiktok:700000000000000000${n}`)
const week = { metrics: ['spend' as const], start_date: '2026-11-16', end_date: '2026-11-22' }
const notSynced = expect.objectContaining({ code: 'not_synced' })

let rig: SyncRig
/** Account 1 is read, 2 cannot be read, 3 was read and is then lost. */
beforeAll(async () => {
  const platform = paperPlatform({ accounts: 3 })
  rig = syncRig(platform)
  platform.onPage = (request) => {
    if (request.includes('of 2')) throw new OperationError('account_not_available', 'No permission.', 'Ask the owner.')
  }
  await rig.run(10)
  platform.accounts.splice(2, 1)
  rig.clock.advance(DAY_MS)
  await rig.run(10)
})

function ask(input: Partial<InputOf<'query_metrics'>>): OutputOf<'query_metrics'> {
  const parsed = OPERATIONS.query_metrics.input.parse({ ...week, ...input })
  return OPERATIONS.query_metrics.output.parse(queryMetrics(rig, parsed))
}

test('one named account without data does not blank the answer of the others', () => {
  const both = ask({ account_ids: [account(1), account(2)] })
  expect(both.totals).toEqual(ask({ account_ids: [account(1)] }).totals)
  expect(both.is_partial).toBe(false)
  expect(both.warnings).toEqual(['One account has no data yet and is left out.'])
  expect(ask({ account_ids: [account(1)] }).warnings).toEqual([])
})

test('named accounts of which none has data are answered with not_synced', () => {
  expect(() => ask({ account_ids: [account(2)] })).toThrow(notSynced)
  expect(() => ask({ account_ids: [account(2), account(3)] })).toThrow(notSynced)
})

test('a lost account is in no sum with living ones, named or not, and stays readable by itself', () => {
  const living = ask({ account_ids: [account(1)] }).totals
  expect(ask({}).totals).toEqual(living)
  const named = ask({ account_ids: [account(1), account(3)] })
  expect(named.totals).toEqual(living)
  expect(named.warnings).toEqual(['One account can no longer be reached and is left out.'])
  expect(ask({ account_ids: [account(3)] })).toMatchObject({ totals: [{ currency: 'EUR' }] })
  expect(
    listAccounts({ ...rig, connectionState: () => 'ok', writesAllowed: () => true }, {}).accounts.map(
      (each) => each.connection_state,
    ),
  ).toEqual(['ok', 'ok', 'no_access'])
})

test('a campaign of a lost account follows the same rule', () => {
  const own = entityId(account(1), 'campaign', '1')
  const lost = entityId(account(3), 'campaign', '1')
  const both = ask({ entity_ids: [own, lost], dimensions: ['campaign'] })
  expect(both.rows.map((row) => row.entity_id)).toEqual([own])
  expect(both.totals).toEqual(ask({ entity_ids: [own] }).totals)
  expect(ask({ entity_ids: [lost] }).totals).toHaveLength(1)
})
